"""What is done before the fit: the dark spectrum is read, and means get their keys."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ramanfit.errors import UsageError
from ramanfit.formats import open_scans
from ramanfit.scan.notes import counted
from ramanfit.scan.schedule import Keys

if TYPE_CHECKING:
    from ramanfit.experiment.request import Request
    from ramanfit.experiment.voice import Voice
    from ramanfit.fit.treat import Treatment
    from ramanfit.scan.treated import Treated

Index = np.ndarray


def treatment_of(request: Request) -> Treatment | None:
    """Return what is done to counts before the fit; None: nothing.

    Raises
    ------
    RamanfitError
        If the dark spectrum cannot be read, or there is no such average.
    """
    if request.dark is None and request.average is None:
        return None
    from ramanfit.fit.averages import average_of
    from ramanfit.fit.dark import dark_of
    from ramanfit.fit.treat import Treatment

    average = None if request.average is None else average_of(str(request.average))
    dark = None
    if request.dark is not None:
        options = replace(request.reading.options(request.recipe.axis), select=None)
        dark = dark_of(request.dark, open_scans(request.dark, options, stdin_name=request.reading.stdin_name))
    return Treatment(dark, average, bool(request.placement.get("rows_are_scans")))


def say_dark(treatment: Treatment | None, voice: Voice) -> None:
    """Say what the dark spectrum is."""
    dark = None if treatment is None else treatment.dark
    if dark is None:
        return
    rays = f", {counted(dark.hits, 'cosmic ray')} left out" if dark.hits else ""
    if dark.spectra == 1:
        voice.say(
            f"{dark.source}: one dark spectrum{rays}: its noise cannot be told from the detector's own pattern, "
            "and is read off the residuals of the fits (several spectra in the file are averaged)"
        )
    else:
        voice.say(f"{dark.source}: mean of {dark.spectra} dark spectra{rays}")
    if dark.bad.any():
        at_cm1 = ", ".join(f"{value:.1f}" for value in dark.shift_cm1[dark.bad][:5])
        more = ", ..." if dark.bad.sum() > 5 else ""
        voice.say(f"{dark.source}: not known in the dark, masked in all spectra: {at_cm1}{more} cm-1")


def without_dark(paths: Sequence[str], dark: str | None, voice: Voice) -> list[str]:
    """Return the exports without the dark spectrum, which may lie among them.

    Raises
    ------
    UsageError
        If nothing else is there.
    """
    if dark is None:
        return [*paths]
    left = [path for path in paths if os.path.realpath(path) != os.path.realpath(dark)]
    if not left:
        raise UsageError(f"--dark {dark}: is the only export, and there is nothing to subtract it from")
    if len(left) < len(paths):
        voice.say(f"{dark}: is the dark spectrum, and not fitted")
    return left


def refuse_on_tables(request: Request, path: str) -> None:
    """Make sure that nothing is to be done to spectra where there are only fits of them.

    Raises
    ------
    UsageError
        If something is.
    """
    for option, value in (("--average", request.average), ("--dark", request.dark)):
        if value is not None:
            raise UsageError(f"{option} acts on exports, and {path} is a table of fits")


def means_of(keys: Sequence[Keys], treated: Sequence[Treated | None], average: str | int, voice: Voice) -> list[Keys]:
    """Return the keys of means, and say how many there are.

    Parameters
    ----------
    keys : sequence of Keys
        Of the spectra that were measured, in order of time.
    treated : sequence of Treated or None
        What was done to each scan.
    average : {"all", "point"} or int
    voice : Voice

    Raises
    ------
    UsageError
        If every mean is of one spectrum.
    """
    groups = [None if t is None else t.groups for t in treated]
    repeats = [t.repeats for t in treated if t is not None and t.repeats is not None]
    if repeats and not any((n > 1).any() for n in repeats):
        single = "every file holds a single spectrum"
        why = "no file holds several spectra of one place" if average == "point" else single
        raise UsageError(f"--average {average} has nothing to act on: {why}")
    means = averaged_keys(keys, groups)
    voice.say(f"{counted(sum(map(len, keys)), 'spectrum')} averaged into {sum(map(len, means))}")
    return means


def averaged_keys(keys: Sequence[Keys], groups: Sequence[Index | None]) -> list[Keys]:
    """Return the keys of means: the middle of places and times, scans numbered anew, first to last point.

    Parameters
    ----------
    keys : sequence of Keys
        Of the spectra that were measured, in order of time.
    groups : sequence of int array or None
        See `ramanfit.scan.treated.Treated`; None: there are no means.
    """
    less, made = 0, list[Keys]()
    for k, of in zip(keys, groups, strict=True):
        if of is None:
            made.append(k)
            continue
        rows = [np.flatnonzero(of == mean) for mean in range(int(of.max()) + 1)]
        first = np.array([k.scan[its[0]] for its in rows])
        begun, scan = np.unique(first, return_inverse=True)
        made.append(
            Keys(
                source=k.source,
                started=k.started,
                scan=(int(k.scan.min()) - less + scan).astype(np.int64),
                point=tuple(_name([k.point[i] for i in its]) for its in rows),
                position_um=np.array([k.position_um[its].mean() for its in rows]),
                time_s=np.array([k.time_s[its].mean() for its in rows]),
                xy_um={name: np.array([values[its].mean() for its in rows]) for name, values in k.xy_um.items()},
            )
        )
        less += int(np.ptp(k.scan)) + 1 - len(begun)
    return made


def _name(points: Sequence[str]) -> str:
    """Return the name that points have in common, or the first and the last."""
    return points[0] if len({*points}) == 1 else f"{points[0]}-{points[-1]}"

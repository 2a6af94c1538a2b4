"""Spectra with the fitted baseline taken off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ramanfit.experiment.before import treatment_of, without_dark
from ramanfit.experiment.inputs import exports, scans
from ramanfit.experiment.request import Reading, Request
from ramanfit.experiment.voice import Silent, Voice
from ramanfit.fit.pipeline import Fitted, fit_scan, settled
from ramanfit.recipe.toml import DEFAULT_RECIPE
from ramanfit.scan.notes import counted

if TYPE_CHECKING:
    from ramanfit.experiment.request import AnyPath, Files, NamedRecipe
    from ramanfit.fit.treat import Treatment
    from ramanfit.recipe.recipe import Recipe
    from ramanfit.scan.scan import Scan


def baseline(
    files: Files,
    *,
    recipe: NamedRecipe = DEFAULT_RECIPE,
    keep: bool = False,
    dark: AnyPath | None = None,
    reading: Reading = Reading(),  # noqa: B008 - frozen
    keep_going: bool = False,
    voice: Voice | None = None,
) -> list[Scan]:
    """Return the spectra with the fitted baseline taken off, on the channels inside the recipe's window.

    Parameters
    ----------
    files : str, path, or sequence of these
        Exports, and folders of them.
    recipe : str, path or Recipe
        A shipped recipe by name, a TOML file, or a recipe.
    keep : bool
        Whether the raw spectra and the baselines stand beside the corrected ones.
    dark : str or path, optional
        Export of a dark spectrum that is subtracted first.
    reading : Reading
    keep_going : bool
        Whether to go on after an export that cannot be read.
    voice : Voice, optional
        Told what was assumed; None: nobody is.

    Raises
    ------
    RamanfitError
        If an export cannot be read; if there is none.
    """
    request, voice = Request.of(files, recipe, reading=reading, keep_going=keep_going, dark=dark), voice or Silent()
    treatment = treatment_of(request)
    paths = without_dark(exports(request.files, voice, keep_going=keep_going), request.dark, voice)
    measured = scans(paths, reading.reader(request.recipe.axis), voice, keep_going=keep_going)
    return [*corrected(measured, request.recipe, voice, treatment, keep=keep)]


def names_of(scan: Scan, *, keep: bool = False) -> list[str]:
    """Return the names of what `corrected` returns."""
    name = scan.name or Path(scan.source).stem
    return [f"{name} {what}" for what in (("corrected", "raw", "baseline") if keep else ("corrected",))]


def corrected(
    scans: Iterable[Scan], recipe: Recipe, voice: Voice, treatment: Treatment | None = None, *, keep: bool = False
) -> Iterator[Scan]:
    """Yield the corrected scans; with `keep`, the raw ones and the baselines too, on the same channels.

    That not one spectrum has a fit is told as an error in the end.

    Raises
    ------
    UsageError
        If a dark spectrum does not suit a scan.
    """
    sources, notes, flags = list[str](), list[str](), list[str]()
    failed = True
    for scan in scans:
        said = len(scan.notes)
        if treatment is not None:
            from ramanfit.fit.treat import treat

            scan = treat(settled(scan), recipe, treatment)
        fitted = fit_scan(scan, recipe)
        failed = failed and bool((fitted.quantities.status == "failed").all())
        sources.append(scan.source)
        flags.extend(fitted.quantities.flags)
        notes += fitted.scan.notes[said:]
        yield from _without_baseline(scan, fitted, recipe, said, voice, keep=keep)
    if sources and failed:
        from ramanfit.experiment.fits import all_failed

        voice.survive(all_failed(sources[0], len(flags), notes, flags))


def _without_baseline(scan: Scan, fitted: Fitted, recipe: Recipe, said: int, voice: Voice, *, keep: bool) -> list[Scan]:
    """Return a fitted scan without its baselines; say what is new in its notes."""
    under = fitted.prepared.baseline(fitted.result.coefficients)
    unfitted = ~np.isfinite(under).all(axis=1)
    under[unfitted] = 0.0
    if unfitted.any():
        some = f"{unfitted.sum()} of {counted(len(scan), 'spectrum')}"
        voice.warn(f"{scan.source}: {some} could not be fitted and stay as they were")
    if (fitted.prepared.saturated | fitted.prepared.clipped).any():
        voice.warn(f"{scan.source}: saturated and clipped channels can no longer be told once the baseline is off")
    for note in fitted.scan.notes[said:]:
        voice.say(f"{scan.source}: {note}")
    raw = np.asarray(fitted.prepared.counts, dtype=np.float64)
    mask, shift = fitted.scan.mask, fitted.prepared.model.shift_cm1
    if mask is not None:
        mask = mask[:, np.isin(scan.shift_cm1 + recipe.axis.shift_cm1, shift)]
    cut = scan.with_(shift_cm1=shift, counts=raw, mask=mask, notes=(), treated=None)
    names, counts = names_of(scan, keep=keep), (raw - under, raw, under)
    return [replace(cut, counts=some, name=name) for name, some in zip(names, counts, strict=False)]

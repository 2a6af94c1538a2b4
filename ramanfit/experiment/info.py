"""What is in files of spectra and records of the cell, before anything is fitted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from ramanfit.errors import FormatError, InputError, RamanfitError
from ramanfit.experiment.info_record import apart, describe_record, side_by_side
from ramanfit.experiment.inputs import exports, scans
from ramanfit.experiment.request import Reading, paths_of
from ramanfit.experiment.voice import Silent, Voice
from ramanfit.formats.units import needs_laser
from ramanfit.recipe.parts import Axis
from ramanfit.tables.table import Table

if TYPE_CHECKING:
    from ramanfit.experiment.request import Files
    from ramanfit.scan.scan import Scan


def info(
    files: Files,
    *,
    axis: Axis = Axis(),  # noqa: B008 - frozen
    reading: Reading = Reading(),  # noqa: B008 - frozen
    keep_going: bool = False,
    voice: Voice | None = None,
) -> Table:
    """Return what is in files of spectra and records of the cell, and what is missing: one row per measurement.

    Parameters
    ----------
    files : str, path, or sequence of these
        Exports, and folders of them; records of the cell.
    axis : Axis
        Unit and laser, where the files do not say.
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
    rows = list(described(paths_of(files), reading, axis, voice or Silent(), keep_going=keep_going))
    if not rows:
        raise InputError("no export could be read")
    return Table.concat(rows)


def described(
    files: Sequence[str], reading: Reading, axis: Axis, voice: Voice, *, keep_going: bool = False
) -> Iterator[Table]:
    """Yield one row about every measurement in some files, then one about each record of the cell among them.

    Where there are both, all rows have the columns of both.
    """
    records, others = apart(files)
    paths = exports(others, voice, keep_going=keep_going) if others or not records else []

    def read(path: str) -> list[Scan]:
        return read_leniently(path, reading, axis)

    about = (describe(scan) for scan in scans(paths, read, voice, keep_going=keep_going))
    if not records:
        yield from about
        return
    rows = _described_records(records, voice, keep_going=keep_going)
    if not paths:
        yield from rows
        return
    first, second = next(about, None), next(rows, None)
    both = [table for table in (first, second) if table is not None]
    names = list(dict.fromkeys(name for table in both for name in table.names))
    text = {name for table in both for name in table.names if not isinstance(table.columns[name], np.ndarray)}
    for table in chain([first] if first else [], about, [second] if second else [], rows):
        yield side_by_side(table, names, sorted(text))


def _described_records(records: Sequence[str], voice: Voice, *, keep_going: bool) -> Iterator[Table]:
    for path in records:
        try:
            yield describe_record(path)
        except RamanfitError as error:
            if not keep_going:
                raise
            voice.survive(error)


def read_leniently(path: str, reading: Reading, axis: Axis) -> list[Scan]:
    """Open an export, also when only ``--laser`` or ``--x-unit`` would give its axis a meaning, left empty then."""
    try:
        return reading.reader(axis)(path)
    except FormatError:
        if path == "-":  # can be read once only
            raise
        if axis.laser_nm is None:
            with suppress(FormatError):
                scans = reading.reader(replace(axis, laser_nm=532.0))(path)
                return [scan.with_(metadata=replace(scan.metadata, laser_nm=None)) for scan in scans]
        if axis.unit == "auto":
            with suppress(FormatError):
                scans = reading.reader(replace(axis, unit="rel. 1/cm"))(path)
                return [scan.with_(axis_unit="") for scan in scans]
        raise


def describe(scan: Scan) -> Table:
    """Return one row about a scan."""

    def number(value: float | None) -> np.ndarray:
        return np.array([np.nan if value is None else value])

    about, position = scan.metadata, scan.position_um
    shift_known = about.laser_nm is not None or not needs_laser(scan.axis_unit)
    ends = (float(scan.shift_cm1[0]), float(scan.shift_cm1[-1])) if shift_known else (None, None)
    return Table(
        {
            "source": [scan.source],
            "scan": [scan.name],
            "kind": [scan.kind],
            "spectra": np.array([len(scan)]),
            "channels": np.array([scan.channels]),
            "first_cm1": number(ends[0]),
            "last_cm1": number(ends[1]),
            "axis_unit": [scan.axis_unit],
            "first_position_um": number(None if position is None else float(position[0])),
            "last_position_um": number(None if position is None else float(position[-1])),
            "started": [about.started.isoformat(" ") if about.started else about.started_raw],
            "duration_s": number(about.duration_s),
            "integration_s": number(about.integration_s),
            "accumulations": number(about.accumulations),
            "laser_nm": number(about.laser_nm),
            "missing": ["; ".join(missing(scan))],
        }
    )


def missing(scan: Scan) -> list[str]:
    """Return what a file does not say, each with the option that does."""
    about, many = scan.metadata, len(scan) > 1
    absent = {
        "axis unit: --x-unit": not scan.axis_unit,
        "laser: --laser": about.laser_nm is None,
        "positions: --step": scan.kind == "line" and scan.position_um is None,
        "start: --period": about.started is None,
        "time per spectrum: --dwell": many and scan.offset_s is None and about.duration_s is None,
    }
    return [words for words, is_absent in absent.items() if is_absent]

"""``ramanfit info``: what is in the files, before anything is fitted."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ramanfit.cli import options
from ramanfit.cli.console import Console, talk_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ramanfit.cli.display import Output
    from ramanfit.recipe.parts import Axis
    from ramanfit.scan.scan import Scan
    from ramanfit.tables.table import Table


@click.command("info")
@options.files
@options.axis_options
@options.reading_options
@options.keep_going
@options.output_options
@talk_options
@click.pass_obj
def command(
    console: Console,
    files: Sequence[str],
    axis: Axis,
    reading: options.Reading,
    keep_going: bool,
    output: Output,
) -> None:
    """Say what is in Raman exports, and what is missing.

    One row per measurement. FILES are files, folders (every readable export in them) or - (standard input).

    \b
    Examples:
      ramanfit info scan.txt
      ramanfit info day1/ --json
      ramanfit info spectrum.txt --x-unit nm --laser 532.06
    """
    from ramanfit.cli.inputs import exports, scans

    def read(path: str) -> list[Scan]:
        return read_leniently(path, reading, axis)

    paths = exports(files, console, keep_going=keep_going)
    with output.open() as writer:
        for scan in scans(paths, read, console, keep_going=keep_going):
            writer.write(describe(scan))


def read_leniently(path: str, reading: options.Reading, axis: Axis) -> list[Scan]:
    """Open an export, also when only ``--laser`` or ``--x-unit`` would give its axis a meaning, left empty then."""
    from ramanfit.errors import FormatError

    try:
        return reading.reader(axis)(path)
    except FormatError:
        if path == "-":  # can be read once only
            raise
        if axis.laser_nm is None:
            with suppress(FormatError):
                found = reading.reader(replace(axis, laser_nm=532.0))(path)
                return [scan.with_(metadata=replace(scan.metadata, laser_nm=None)) for scan in found]
        if axis.unit == "auto":
            with suppress(FormatError):
                found = reading.reader(replace(axis, unit="rel. 1/cm"))(path)
                return [scan.with_(axis_unit="") for scan in found]
        raise


def describe(scan: Scan) -> Table:
    """Return one row about a scan."""
    import numpy as np

    from ramanfit.formats.units import needs_laser
    from ramanfit.tables.table import Table

    def number(value: float | None) -> np.ndarray:
        return np.array([np.nan if value is None else value])

    about, place = scan.metadata, scan.position_um
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
            "first_position_um": number(None if place is None else float(place[0])),
            "last_position_um": number(None if place is None else float(place[-1])),
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

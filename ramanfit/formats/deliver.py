"""From an axis and counts as written to a Scan: the unit, the laser, the direction, the metadata."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.formats.information import Information, started, whole
from ramanfit.formats.places import Place
from ramanfit.formats.reader import ReadOptions
from ramanfit.formats.units import SHIFT, file_unit, needs_laser, to_shift
from ramanfit.scan.scan import FloatArray, Metadata, Scan, missing_note
from ramanfit.scan.stored import MOST, StoredCounts

_FARTHEST = 1e9  # in any unit


class Measurement(NamedTuple):
    """An axis and the counts on it, as a file holds them.

    Attributes
    ----------
    path : str
        As the user named the file that holds the axis.
    x : array [M]
        The axis as written.
    counts : array [N, M], or StoredCounts
        What is not finite is masked.
    line : callable
        Gives the line number of a channel, for messages; None where there are no lines.
    unit : str
        The file's word for the axis' unit, empty where it has none.
    laser_nm : float or None
        From the same file.
    header : mapping
        Every key of the file.
    """

    path: str
    x: FloatArray
    counts: FloatArray | StoredCounts
    line: Callable[[int], int | None]
    unit: str = ""
    laser_nm: float | None = None
    header: Mapping[str, str] = MappingProxyType({})


def deliver(
    measurement: Measurement,
    *,
    source: str,
    name: str,
    place: Place,
    options: ReadOptions,
    information: Information | None = None,
    metadata: Metadata | None = None,
    notes: tuple[str, ...] = (),
) -> Scan:
    """Return a measurement as a Scan.

    Parameters
    ----------
    measurement : Measurement
    source, name : str
        As in Scan.
    place : Place
    options : ReadOptions
        Its unit and laser override all others.
    information : Information, optional
        The companion; its values fill the metadata.
    metadata : Metadata, optional
        Instead of that from `information`.
    notes : tuple of str

    Raises
    ------
    FormatError
        If the axis has fewer than two channels or does not rise or fall steadily, if its unit is not known,
        or if it needs a laser and there is none.
    """
    if metadata is None:
        metadata = metadata_from(measurement.header, information)
    laser = options.laser_nm or measurement.laser_nm or metadata.laser_nm
    if laser != metadata.laser_nm:
        metadata = replace(metadata, laser_nm=laser)
    if measurement.x.size < 2:
        raise FormatError(measurement.path, expected="an axis of at least 2 channels", found=str(measurement.x.size))
    wrong = np.flatnonzero(~np.isfinite(measurement.x))
    if wrong.size:
        raise FormatError(
            measurement.path,
            line=measurement.line(int(wrong[0])),
            expected="an axis of finite numbers",
            found=f"{measurement.x[wrong[0]]} on it",
        )
    farthest = measurement.x[np.argmax(np.abs(measurement.x))]
    if abs(farthest) > _FARTHEST:
        raise FormatError(measurement.path, expected="an axis of a Raman spectrum", found=f"{farthest:g} on it")
    unit, said = _unit(measurement, options)
    order = _direction(measurement, measurement.x)
    if needs_laser(unit) and laser is None:
        raise FormatError(
            measurement.path,
            f"the axis is in {unit} and the laser is not known",
            hint="give the laser's wavelength in nm: --laser 532",
        )
    x = measurement.x
    if unit in ("nm", "µm") and not (x > 0).all():
        line = measurement.line(int(np.argmax(x <= 0)))
        raise FormatError(measurement.path, line=line, expected=f"a wavelength in {unit}", found=f"{x.min():g}")
    if unit != SHIFT:
        with np.errstate(all="ignore"):
            x = to_shift(x, unit, laser or 1.0)
        if not np.isfinite(x).all():
            raise FormatError(measurement.path, f"an axis in {unit} with a laser of {laser} nm has no finite shift")
        order = _direction(measurement, x)
    counts, mask = measurement.counts[:, ::order], None
    if isinstance(counts, np.ndarray) and counts.size:
        most = max(counts.max(), -counts.min())
        if not np.isfinite(most):
            lost = ~np.isfinite(counts)
            counts, mask, said = np.where(lost, 0.0, counts), lost, (*said, missing_note(lost))
            most = max(counts.max(), -counts.min())
        if most > MOST:
            raise FormatError(measurement.path, expected="counts of a detector", found=f"{most:g}")
    return Scan(
        shift_cm1=np.ascontiguousarray(x[::order]),
        counts=counts,
        kind=place.kind,
        source=source,
        name=name,
        position_um=place.position_um,
        coordinates_um=place.coordinates_um,
        grid=place.grid,
        offset_s=place.offset_s,
        mask=mask,
        axis_unit=unit if measurement.unit or options.x_unit else "",
        metadata=metadata,
        notes=(*notes, *place.notes, *said),
    )


def metadata_from(header: Mapping[str, str], information: Information | None) -> Metadata:
    """Return the metadata of a file with these keys and this companion."""
    if information is None:
        return Metadata(header=dict(header))
    raw = information.started_raw
    return Metadata(
        started=started(raw),
        started_raw=raw,
        duration_s=information.duration_s,
        integration_s=information.number("Integration Time [s]"),
        accumulations=whole(information.text("Number Of Accumulations")),
        laser_nm=information.laser_nm,
        laser_power_mw=information.number("Laser Power [mW]"),
        information=information.file or None,
        header={**information.header, **header},
    )


def _unit(measurement: Measurement, options: ReadOptions) -> tuple[str, tuple[str, ...]]:
    """Return the axis' unit and what had to be assumed."""
    if options.x_unit:
        says = measurement.unit and file_unit(measurement.unit)
        overruled = (f"the file says that its axis is in {says}: taken as {options.x_unit}, as --x-unit says",)
        return options.x_unit, overruled if says and says != options.x_unit else ()
    if measurement.unit:
        unit = file_unit(measurement.unit)
        if unit is None:
            raise FormatError(
                measurement.path,
                f"the axis is in {measurement.unit!r}, which is no unit of a Raman axis",
                hint="give its unit: --x-unit cm-1 or --x-unit nm",
            )
        return unit, ()
    if (measurement.x <= 0).any():  # no wavelength is negative
        return SHIFT, ()
    return SHIFT, ("the unit of the axis is not in the file: taken as rel. 1/cm (--x-unit nm if it is nm)",)


def _direction(measurement: Measurement, x: FloatArray) -> int:
    """Return 1 for a rising axis and -1 for a falling one."""
    direction = 1 if x[-1] > x[0] else -1
    wrong = np.flatnonzero(np.diff(x) * direction <= 0)
    if wrong.size:
        i = int(wrong[0])
        raise FormatError(
            measurement.path,
            line=measurement.line(i + 1),
            expected=f"an axis that {'rises' if direction > 0 else 'falls'} steadily",
            found=f"{measurement.x[i + 1]:.15g} after {measurement.x[i]:.15g}",
            hint="if the file joins two ranges, give each a file of its own; --layout rows|pairs|long or --axis-column "
            "say how a table lies",
        )
    return direction

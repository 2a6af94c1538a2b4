"""The Scan: what every reader delivers and every later room starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from ramanfit.errors import ScanError
from ramanfit.frozen import dataclass
from ramanfit.scan.stored import StoredCounts

if TYPE_CHECKING:
    from ramanfit.scan.treated import Treated

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Kind = Literal["spectrum", "line", "series", "map"]


@dataclass(frozen=True)
class Metadata:
    """What the instrument wrote about a measurement; None where it did not.

    Attributes
    ----------
    started : datetime or None
        Start of the measurement, local time of the instrument's PC; with a zone where the file has one.
    started_raw : str
        Date and time as written, for localised dates that could not be parsed.
    duration_s, integration_s : float or None
        The whole measurement; one accumulation of one spectrum.
    accumulations : int or None
        Accumulations per spectrum.
    laser_nm, laser_power_mw : float or None
        Excitation.
    information : str or None
        The Information text these values came from.
    header : mapping of str to str
        Every key the files carried, as written.
    """

    started: datetime | None = None
    started_raw: str = ""
    duration_s: float | None = None
    integration_s: float | None = None
    accumulations: int | None = None
    laser_nm: float | None = None
    laser_power_mw: float | None = None
    information: str | None = None
    header: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Scan:
    """Spectra on one axis, checked once and then read-only.

    Parameters
    ----------
    shift_cm1 : array [M]
        Raman shift in cm-1, strictly ascending, finite; at least two channels.
    counts : array [N, M], or StoredCounts
        Counts as recorded; at least one spectrum. An array must be finite, which is checked here. What stays in its
        file is of any type there, and becomes finite float64, or an error, where rows of it are taken: see `settled`.
    kind : {"spectrum", "line", "series", "map"}
    source : str
        The file as the user named it (the `source` column).
    name : str
        The measurement's name inside the file.
    position_um : array [N], optional
        Distance along the line from its first point.
    coordinates_um : array [N, 3], optional
        x, y, z in the instrument's frame.
    grid : (int, int), optional
        Of a map: (lines, points per line), x fastest.
    offset_s : array [N], optional
        Start of each spectrum since the start of the measurement, where the file has it; not a number where a map has
        no spectrum.
    mask : bool array [N, M], optional
        True where a channel must not be used (saturated, spoilt, not a number in its file: the count here is then 0).
    axis_unit : str
        The unit the axis had in the file, e.g. ``"rel. 1/cm"`` or ``"nm"``; empty when none was given.
    metadata : Metadata
    notes : tuple of str
        What a reader had to assume or pass over, to be said on stderr.
    treated : Treated, optional
        What was done to the counts before the fit; None: they are as they were measured.

    Raises
    ------
    ScanError
        If a promise above is broken.
    """

    shift_cm1: FloatArray
    counts: FloatArray | StoredCounts
    kind: Kind = "spectrum"
    source: str = "-"
    name: str = ""
    position_um: FloatArray | None = None
    coordinates_um: FloatArray | None = None
    grid: tuple[int, int] | None = None
    offset_s: FloatArray | None = None
    mask: BoolArray | None = None
    axis_unit: str = "rel. 1/cm"
    metadata: Metadata = field(default_factory=Metadata)
    notes: tuple[str, ...] = ()
    treated: Treated | None = None

    def __post_init__(self) -> None:
        shift, counts = self.shift_cm1, self.counts
        if shift.ndim != 1 or shift.size < 2:
            raise ScanError(f"{self.source}: expected an axis of at least 2 channels, found {shift.size}")
        if counts.ndim != 2 or counts.shape[1] != shift.size or not counts.shape[0]:
            raise ScanError(
                f"{self.source}: expected counts for N spectra of {shift.size} channels, "
                f"found an array of shape {counts.shape}"
            )
        if not np.isfinite(shift).all() or not (np.diff(shift) > 0).all():
            raise ScanError(f"{self.source}: the axis must be finite and strictly ascending")
        if isinstance(counts, np.ndarray) and not np.isfinite(counts).all():
            raise ScanError(f"{self.source}: counts must be finite")
        n = counts.shape[0]
        for name, shape in (
            ("position_um", (n,)),
            ("coordinates_um", (n, 3)),
            ("offset_s", (n,)),
            ("mask", counts.shape),
        ):
            array = getattr(self, name)
            if array is not None and array.shape != shape:
                raise ScanError(f"{self.source}: expected {name} of shape {shape}, found {array.shape}")
        if self.grid is not None and self.grid[0] * self.grid[1] != n:
            raise ScanError(f"{self.source}: a map of {self.grid} cannot hold {n} spectra")
        for array in (shift, counts, self.position_um, self.coordinates_um, self.offset_s, self.mask):
            if isinstance(array, np.ndarray):
                array.flags.writeable = False

    def __len__(self) -> int:
        return int(self.counts.shape[0])

    @property
    def channels(self) -> int:
        """Number of channels M."""
        return int(self.shift_cm1.size)

    def with_(self, **changes: Any) -> Scan:
        """Return a copy with some fields replaced, checked anew."""
        return replace(self, **changes)

    def part(self, rows: slice) -> Scan:
        """Return neighbouring spectra, with nothing of where and when they were measured."""
        counts = self.counts.part(rows) if isinstance(self.counts, StoredCounts) else self.counts[rows]
        mask = None if self.mask is None else self.mask[rows]
        nowhere = dict.fromkeys(("position_um", "coordinates_um", "grid", "offset_s"))
        return self.with_(counts=counts, mask=mask, **nowhere)

    def settled(self) -> Scan:
        """Return the scan with counts masked, and a note, that stay in their file and are not finite there."""
        missing = self.counts.missing() if isinstance(self.counts, StoredCounts) else None
        if missing is None:
            return self
        counts, lost = missing
        mask = lost if self.mask is None else lost | self.mask
        return self.with_(counts=counts, mask=mask, notes=(*self.notes, missing_note(lost)))


def missing_note(lost: BoolArray) -> str:
    """Return what is to be said of counts [N, M] that are missing in their file."""
    return missing_in_words(int(lost.sum()), int(lost.any(axis=1).sum()), len(lost))


def missing_in_words(counts: int, hit: int, spectra: int) -> str:
    """Return what is to be said of so many counts that are missing, in so many of the spectra."""
    return f"{counts} counts of {hit} of {spectra} spectra are empty or no finite numbers: masked"

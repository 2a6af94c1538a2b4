"""A whole experiment put together: scans in order, the cell's record, a reference, and the maps made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from tempfile import SpooledTemporaryFile
from typing import NamedTuple
from weakref import finalize

import numpy as np

from ramanfit.experiment.bands import Bands, read_bands
from ramanfit.experiment.evolution import Evolution, error_of
from ramanfit.fit.curves import Curve, Curves, curves
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import FloatArray, Scan
from ramanfit.tables.columns import ratio_columns
from ramanfit.tables.table import Column, Table, with_columns

IN_MEMORY = 64 << 20  # bytes of spectra kept for drawing before they go to a temporary file


class Excerpt(NamedTuple):
    """What is kept of a scan once it is fitted."""

    bands: Bands
    curves: Curves | None  # only where something will be drawn


def excerpts(scans: Sequence[Scan], recipe: Recipe, lines: Sequence[FloatArray], *, draw: bool) -> list[Excerpt]:
    """Return what is kept of scans, given the lines [N, P, 4] that were fitted to each: see `curves`.

    Scans on one axis are worked on together; no digit depends on that.

    Raises
    ------
    ScanError
        If the recipe's window does not suit a scan's axis.
    """
    kept: list[Excerpt] = []
    for first, count in runs([(scan.shift_cm1.tobytes(), scan.mask is None) for scan in scans]):
        some = scans[first : first + count]
        ends = np.cumsum([len(scan) for scan in some]).tolist()
        counts = some[0].counts if count == 1 else np.concatenate([np.asarray(scan.counts) for scan in some])
        masks = [scan.mask for scan in some if scan.mask is not None]
        whole = Scan(some[0].shift_cm1, counts, source=some[0].source, mask=np.concatenate(masks) if masks else None)
        starts = [0, *ends[:-1]]
        found = curves(whole, recipe, np.concatenate(lines[first : first + count]), starts)
        bands = read_bands(whole, recipe, found)
        for start, end in zip(starts, ends, strict=True):
            rows = slice(start, end)
            kept.append(Excerpt(bands.rows(rows), found.take(rows) if draw else None))
    return kept


@dataclass(frozen=True)
class _Place:
    """Where a scan's spectra stand in the file."""

    curves: Curves  # without counts and mask
    offset: int
    spectra: int


class Spectra(Sequence["Curve | None"]):
    """The spectra of an experiment in the order of its table, kept in a file once there are many.

    ``spectra[row]`` is None where there is no spectrum for a row of the table.
    """

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # closed with this object
        finalize(self, self._file.close)
        self._places: list[_Place] = []
        self._rows: list[tuple[int, int] | None] = []

    def store(self, found: Curves) -> int:
        """Keep the spectra of a scan; return its number for `arrange`."""
        offset = self._file.seek(0, 2)
        self._file.write(found.counts.astype(np.float32).tobytes())
        self._file.write(found.use.tobytes())
        bare = replace(found, counts=np.zeros((len(found), 0)), use=np.zeros((len(found), 0), dtype=bool))
        self._places.append(_Place(bare, offset, len(found)))
        return len(self._places) - 1

    def arrange(self, rows: Iterable[tuple[int, int] | None]) -> None:
        """Say which scan and which spectrum of it each row of the table shows."""
        self._rows = list(rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, row: int) -> Curve | None:  # type: ignore[override]
        return next((found[0] for _, found in self.together([row])), None)

    def together(self, rows: Iterable[int]) -> Iterator[tuple[list[int], Curves]]:
        """Yield rows of the table with their curves, those of one scan at once; rows without a spectrum are left out.

        Parameters
        ----------
        rows : iterable of int
            Not negative.
        """
        wanted: dict[int, list[tuple[int, int]]] = {}
        for row in rows:
            if (where := self._rows[row]) is not None:
                wanted.setdefault(where[0], []).append((row, where[1]))
        for number, pairs in wanted.items():
            place, which = self._places[number], [i for _, i in pairs]
            first, end, m = min(which), max(which) + 1, place.curves.shift_cm1.size
            self._file.seek(place.offset + 4 * m * first)
            counts = np.frombuffer(self._file.read(4 * m * (end - first)), dtype=np.float32).reshape(-1, m)
            self._file.seek(place.offset + 4 * m * place.spectra + m * first)
            use = np.frombuffer(self._file.read(m * (end - first)), dtype=bool).reshape(-1, m)
            inside = np.array(which) - first
            yield (
                [row for row, _ in pairs],
                replace(place.curves.take(which), counts=counts[inside].astype(np.float64), use=use[inside]),
            )


def with_differences(evolution: Evolution) -> Table:
    """Return the wide table with each position and ratio minus that of the reference, and the error of that.

    The reference's own error is in every row of a column: rows differ from one another by less than it says.
    """
    table, more = evolution.table, dict[str, Column]()
    names = [f"{peak}_center_cm1" for peak in evolution.peaks] + [ratio_columns(r)[0] for r in evolution.ratios]
    for name in names:
        value, se = evolution.reference_value(name)
        own = np.asarray(table.columns[name], dtype=np.float64)
        own_se = np.asarray(table.columns[error_of(name)], dtype=np.float64)
        stem = name.removesuffix("_cm1")
        delta = f"{stem}_delta_cm1" if stem != name else f"{stem}_delta"
        more[delta] = own - nine_digits(np.array([value]))
        more[error_of(delta)] = np.hypot(own_se, nine_digits(np.array([se])))
    last = [name for name in table.names if name not in ("redchi2", "flags")][-1]
    return with_columns(table, more, last)


def nine_digits(values: FloatArray) -> FloatArray:
    """Round as tables are written, so that what follows is the same whether a table lies between or not."""
    return np.array([float(f"{value:.9g}") for value in values.ravel().tolist()]).reshape(values.shape)


def map_table(evolution: Evolution, quantity: str) -> Table:
    """Return a map: a row per point, a column per scan, named by its mid-time in s (or its number).

    A missing scan has its column, named by the time it would have had, and nothing in it; neither has a peak's
    quantity where the peak was not detected.
    """
    grid = evolution.shown(quantity)
    columns: dict[str, Column] = {"point": evolution.points, "position_um": evolution.position_um}
    for time_s, values in zip(evolution.scan_time_s.tolist(), grid, strict=True):
        columns[f"{time_s:.9g}"] = values
    return Table(columns)


def default_maps(evolution: Evolution) -> list[str]:
    """Return the quantities that are mapped unless others are asked for."""
    names = [ratio_columns(ratio)[0] for ratio in evolution.ratios]
    return names + [f"{peak}_{part}" for peak in evolution.peaks for part in ("center_cm1", "height")]


def pick_rows(evolution: Evolution, point: str, wanted: Sequence[float] | None, by: str) -> list[int]:
    """Return rows of one point for a waterfall: nearest to the wanted values of a column, or six evenly spaced.

    A value that is passed several times, as a state of charge is, counts where it is passed first.

    Parameters
    ----------
    evolution : Evolution
    point : str
    wanted : sequence of float or None
        None: six from the first to the last.
    by : str
        ``time_s`` or ``soc``.

    Returns
    -------
    list of int
        In order of the table, none twice.
    """
    own = np.flatnonzero(np.array([str(p) == point for p in evolution.table.columns["point"]]))
    if wanted is None:
        return [int(own[i]) for i in np.unique(np.linspace(0, len(own) - 1, min(6, len(own))).round().astype(int))]
    values = np.asarray(evolution.table.columns[by], dtype=np.float64)[own]
    if not np.isfinite(values).any():
        return []
    own, values = own[np.isfinite(values)], values[np.isfinite(values)]
    return sorted({int(own[_first_nearest(values, value)]) for value in wanted})


def _first_nearest(values: FloatArray, wanted: float) -> int:
    """Return the place where values first pass a wanted one, or come nearest to it."""
    off = values - wanted
    passes = np.flatnonzero(off[1:] * off[:-1] <= 0)
    if not len(passes):
        return int(np.abs(off).argmin())
    first = int(passes[0])
    return first + int(np.abs(off[first : first + 2]).argmin())


def runs(names: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Yield first row and number of rows of every run of equal names."""
    first = 0
    for i in range(1, len(names) + 1):
        if i == len(names) or names[i] != names[first]:
            yield first, i - first
            first = i

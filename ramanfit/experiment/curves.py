"""Scans once more, beside the lines that were fitted to them: the curves for figures, and the bands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ramanfit.experiment.bands import BandIntensities, read_bands
from ramanfit.experiment.evolution import nine_digits
from ramanfit.fit.curves import LINE, Curves, curves
from ramanfit.fit.quantities import Quantities
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import FloatArray, Scan


def fitted_lines(quantities: Quantities) -> FloatArray:
    """Return the lines [N, P, 4] that were fitted, rounded as a table holds them: see `ramanfit.fit.curves.LINE`."""
    return nine_digits(np.stack([getattr(quantities, name) for name in LINE], axis=2))


def curves_and_bands(
    scans: Sequence[Scan],
    recipe: Recipe,
    lines: Sequence[FloatArray],
    orders: Sequence[int] | None = None,
    amplitudes: Sequence[FloatArray] | None = None,
) -> list[tuple[Curves, BandIntensities]]:
    """Return curves and bands of every scan.

    Scans on one axis are worked on together; no digit depends on that.

    Parameters
    ----------
    scans : sequence of Scan
    recipe : Recipe
    lines : sequence of array [N, P, 4]
        Of every scan, as a table holds them.
    orders : sequence of int, optional
        Of the polynomials that were fitted with them; None: as the recipe says, searched for where it leaves that open.
    amplitudes : sequence of array [N], optional
        Of the smooth parts that were fitted with them; None: as for orders.

    Raises
    ------
    ScanError
        If the recipe's window does not suit a scan's axis.
    """
    again: list[tuple[Curves, BandIntensities]] = []
    for first, count in runs([(scan.shift_cm1.tobytes(), scan.mask is None) for scan in scans]):
        here = slice(first, first + count)
        alike = scans[here]
        ends = np.cumsum([len(scan) for scan in alike]).tolist()
        counts = alike[0].counts if count == 1 else np.concatenate([np.asarray(scan.counts) for scan in alike])
        masks = [scan.mask for scan in alike if scan.mask is not None]
        whole = Scan(alike[0].shift_cm1, counts, source=alike[0].source, mask=np.concatenate(masks) if masks else None)
        starts = [0, *ends[:-1]]
        drawn = curves(
            whole,
            recipe,
            np.concatenate(lines[here]),
            starts,
            None if orders is None else orders[here],
            None if amplitudes is None else np.concatenate(amplitudes[here]),
        )
        bands = read_bands(whole, recipe, drawn)
        for start, end in zip(starts, ends, strict=True):
            rows = slice(start, end)
            again.append((drawn.take(rows), bands.take(rows)))
    return again


def runs(names: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Yield first row and number of rows of every run of equal names."""
    first = 0
    for i in range(1, len(names) + 1):
        if i == len(names) or names[i] != names[first]:
            yield first, i - first
            first = i

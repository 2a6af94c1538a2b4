"""Intensities at fixed shifts, fitted or not, and how they grow from the first scan on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ramanfit.fit.curves import Curves
from ramanfit.fit.noise import variance
from ramanfit.frozen import dataclass
from ramanfit.recipe.columns import ECHEM, KEYS, XY
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.by_row import ByRow
from ramanfit.scan.scan import BoolArray, FloatArray, Scan
from ramanfit.scan.stored import blocks
from ramanfit.tables.digits import as_written
from ramanfit.tables.schema import Schema, covariates_of
from ramanfit.tables.table import Column, Table, repeat_rows, with_columns

OUTLIER = 6.0  # standard deviations above the band's median: a cosmic ray, where no fit has looked for it
MIN_SNR = 3.0  # an enhancement over less than so many standard errors says nothing


@dataclass(frozen=True, eq=False)
class BandIntensities(ByRow):
    """Mean counts in K bands of N spectra, [N, K], with standard errors; not a number where unknown.

    Attributes
    ----------
    raw, raw_se : array
        Less the recipe's dark counts.
    corrected, corrected_se : array
        Above the fitted baseline: only where the whole band was fitted.
    specific, specific_se : array
        Raw less the line between the two nearest controls, one on either side; not for the controls themselves.
    """

    raw: FloatArray
    raw_se: FloatArray
    corrected: FloatArray
    corrected_se: FloatArray
    specific: FloatArray
    specific_se: FloatArray

    @classmethod
    def unknown(cls, n: int, k: int) -> BandIntensities:
        """Return those of spectra that are not at hand, [n, k]."""
        return cls(*(np.full((n, k), np.nan) for _ in range(6)))


def band_shifts(recipe: Recipe) -> tuple[float, ...]:
    """Return the middles of a recipe's bands: those it names, else where its peaks start."""
    return recipe.bands.at_cm1 or tuple(peak.center_cm1 for peak in recipe.peaks)


def read_bands(scan: Scan, recipe: Recipe, curves: Curves) -> BandIntensities:
    """Read the bands of every spectrum of a scan.

    On peaks and background alike the counts of the channels within the half width are averaged. Standard errors
    are the counts' own noise, ``level + gain * signal`` as the fit found it; that of the baseline is not in them.

    Parameters
    ----------
    scan : Scan
    recipe : Recipe
    curves : Curves
        Of this scan: the baselines, the noise, and the channels that were masked.
    """
    at = band_shifts(recipe)
    controls = sorted(recipe.bands.controls_cm1)
    every = list(dict.fromkeys([*at, *controls]))
    raw, raw_se = (np.full((len(scan), len(every)), np.nan) for _ in range(2))
    corrected, corrected_se = raw.copy(), raw.copy()
    shift = scan.shift_cm1 + recipe.axis.shift_cm1
    half = recipe.bands.half_width_cm1
    measured = np.concatenate([counts.max(axis=1) > counts.min(axis=1) for _, counts in blocks(scan.counts)])
    for k, middle in enumerate(every):
        first, end = np.searchsorted(shift, (middle - half, middle + half), side="left").tolist()
        end += int(end < len(shift) and shift[end] == middle + half)
        if first == end:
            continue
        inside, channels = shift[first:end], slice(first, end)
        window = np.searchsorted(curves.shift_cm1, inside)
        fitted = bool((curves.shift_cm1[np.minimum(window, len(curves.shift_cm1) - 1)] == inside).all())
        counts = np.ascontiguousarray(scan.counts[:, channels], dtype=np.float64)
        dark = 0.0 if scan.treated is None or scan.treated.dark is None else scan.treated.dark[channels]
        clear = curves.use[:, window] if fitted else _clear(scan, channels, counts, curves.noise, dark)
        raw[:, k], raw_se[:, k] = _mean(counts, clear, curves.noise, dark)
        if fitted:
            under = curves.baseline(inside)
            corrected[:, k], corrected_se[:, k] = _mean(counts - under, clear, curves.noise, dark, under)
    for values in (raw, raw_se, corrected, corrected_se):
        values[~measured] = np.nan
    raw -= recipe.bands.dark_counts
    specific, specific_se = (np.full((len(scan), len(at)), np.nan) for _ in range(2))
    for k, middle in enumerate(at):
        below, above = [c for c in controls if c < middle], [c for c in controls if c > middle]
        if middle in controls or not below or not above:
            continue
        low, high = every.index(below[-1]), every.index(above[0])
        w = (middle - below[-1]) / (above[0] - below[-1])
        specific[:, k] = raw[:, k] - (1 - w) * raw[:, low] - w * raw[:, high]
        parts = (raw_se[:, k], (1 - w) * raw_se[:, low], w * raw_se[:, high])
        specific_se[:, k] = np.sqrt(sum(se * se for se in parts))
    here = slice(0, len(at))
    return BandIntensities(
        raw[:, here], raw_se[:, here], corrected[:, here], corrected_se[:, here], specific, specific_se
    )


def _clear(scan: Scan, channels: slice, counts: FloatArray, noise: FloatArray, dark: FloatArray | float) -> BoolArray:
    """Channels outside the fitted window that may be used: not masked, and not far above the others."""
    middle = np.sort(counts, axis=1)[:, counts.shape[1] // 2, None]
    with np.errstate(invalid="ignore"):
        far = counts - middle > OUTLIER * np.sqrt(variance(noise, middle) + dark)
    return np.asarray(~far if scan.mask is None else ~far & ~scan.mask[:, channels])


def _mean(
    counts: FloatArray,
    clear: BoolArray,
    noise: FloatArray,
    dark: FloatArray | float,
    under: FloatArray | float = 0.0,
) -> tuple[FloatArray, FloatArray]:
    """Mean of the clear channels of every spectrum, and its standard error."""
    number = clear.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(clear, counts, 0.0).sum(axis=1) / number
        level = np.where(clear, counts + under, 0.0).sum(axis=1) / number
        of_dark = np.where(clear, dark, 0.0).sum(axis=1) / number
        se = np.sqrt((variance(noise, level[:, None])[:, 0] + of_dark) / number)
    any_clear = number > 0
    return np.where(any_clear, mean, np.nan), np.where(any_clear & (noise[:, 0] > 0), se, np.nan)


def bands_table(keys: Table, bands: Sequence[BandIntensities], recipe: Recipe) -> Table:
    """Return one row per spectrum and band.

    Enhancement and delta compare with the first row of the same point, in time where that is known. An enhancement
    over an intensity below `MIN_SNR` standard errors is left empty.

    Parameters
    ----------
    keys : Table
        One row per spectrum; only the key columns are used.
    bands : sequence of BandIntensities
        Of all scans, in the order of these rows.
    recipe : Recipe
    """
    at = np.array(band_shifts(recipe))
    n, k = len(keys), len(at)
    columns = {name: repeat_rows(keys.columns[name], k) for name in (*KEYS, *XY, *ECHEM) if name in keys.columns}
    columns["band_cm1"] = np.tile(at, n)
    columns["half_width_cm1"] = np.full(n * k, recipe.bands.half_width_cm1)
    first = _first_rows(keys)
    changes: dict[str, Column] = {}
    for kind, prefix in (("raw", ""), ("corrected", "corrected_"), ("specific", "specific_")):
        value = np.concatenate([getattr(b, kind) for b in bands])
        se = np.concatenate([getattr(b, f"{kind}_se") for b in bands])
        columns[kind], columns[f"{kind}_se"] = value.ravel(), se.ravel()
        base, base_se = _of_first(value, se, first)
        itself = np.arange(n)[:, None] == base[1]
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.where(base[0] > MIN_SNR * base_se, value / base[0], np.nan)
            ratio_se = np.abs(ratio) * np.hypot(se / value, base_se / base[0])
        delta_se = np.hypot(se, base_se)
        changes |= {
            f"{prefix}enhancement": ratio.ravel(),
            f"{prefix}enhancement_se": np.where(itself & np.isfinite(ratio), 0.0, ratio_se).ravel(),
            f"{prefix}delta": (value - base[0]).ravel(),
            f"{prefix}delta_se": np.where(itself & np.isfinite(value), 0.0, delta_se).ravel(),
        }
    columns |= changes
    return Table(as_written(columns, Schema.read(columns)))


def bands_with(spectra: Table, bands: Table) -> Table:
    """Return bands with the covariates that their spectra have."""
    own = covariates_of(spectra.names)
    if not own:
        return bands
    more = {name: repeat_rows(spectra.columns[name], len(bands) // len(spectra)) for name in own}
    return with_columns(bands, more, [name for name in bands.names if name in (*KEYS, *XY, *ECHEM)][-1])


def _first_rows(keys: Table) -> list[np.ndarray]:
    """Rows of every point, in order of time; where a time is unknown, in the order they stand."""
    time_s = np.asarray(keys.columns["time_s"], dtype=np.float64)
    rows: dict[str, list[int]] = {}
    for row, point in enumerate(keys.columns["point"]):
        rows.setdefault(str(point), []).append(row)
    in_order = []
    for numbers in rows.values():
        its_rows = np.array(numbers)
        times = time_s[its_rows]
        in_order.append(its_rows[np.argsort(times, kind="stable")] if np.isfinite(times).all() else its_rows)
    return in_order


def _of_first(
    value: FloatArray, se: FloatArray, points: Sequence[np.ndarray]
) -> tuple[tuple[FloatArray, np.ndarray], FloatArray]:
    """Value of the first row that has one, of every row's point, with that row's number; and its standard error."""
    base, base_se = np.full_like(value, np.nan), np.full_like(se, np.nan)
    where = np.full(value.shape, -1)
    for rows in points:
        measured = np.isfinite(value[rows])
        for k in np.flatnonzero(measured.any(axis=0)):
            first = rows[measured[:, k].argmax()]
            base[rows, k], base_se[rows, k], where[rows, k] = value[first, k], se[first, k], first
    return (base, where), base_se

"""The columns of the long and the wide table, and how fits fill them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ramanfit.fit.quantities import FLAGS, Quantities
from ramanfit.scan.schedule import Keys
from ramanfit.tables.table import Column, Table, repeat_rows

KEYS = ("source", "scan", "point", "position_um", "time_s")
ECHEM = ("voltage_v", "current_ma", "capacity_mah", "soc")  # after the keys, where there is a potentiostat's record

COLUMNS: dict[str, tuple[str, str]] = {
    "source": ("", "the file, as it was named"),
    "scan": ("", "number of the scan, from 0, in order of time; of a time series: of the spectrum"),
    "point": ("", "P1, P2, ... along the line; x/y in a map"),
    "position_um": ("um", "distance along the line from its first point"),
    "time_s": ("s", "middle of the spectrum's acquisition since the first scan began"),
    "voltage_v": ("V", "cell voltage at the spectrum's mid-time, with --echem"),
    "current_ma": ("mA", "current then"),
    "capacity_mah": ("mAh", "net charge passed since the record's first row"),
    "soc": ("%", "state of charge: capacity over --capacity, or from the record's first to its last"),
    "peak": ("", "name of the peak in the recipe; wide tables put it before the columns below: G_height"),
    "status": ("", "ok, not_detected or failed"),
    "center_cm1": ("cm-1", "position of the maximum"),
    "center_se": ("cm-1", "its standard error"),
    "fwhm_cm1": ("cm-1", "full width at half maximum"),
    "fwhm_se": ("cm-1", "its standard error"),
    "height": ("counts", "maximum above the baseline; kept, unclipped, when not detected"),
    "height_se": ("counts", "its standard error"),
    "form": ("", "the shape's own parameter, where a recipe has such shapes: see `ramanfit list shapes`"),
    "form_se": ("", "its standard error"),
    "area": ("counts cm-1", "integral; of a Lorentzian pi/2 * height * fwhm; empty for a bwf, which has none"),
    "area_se": ("counts cm-1", "its standard error"),
    "flags": ("", "words joined by |: " + "; ".join(f"{k}: {v}" for k, v in FLAGS.items())),
    "redchi2": ("", "residual variance over the noise between neighbouring channels; 1: noise alone is left"),
    "smooth": ("", "amplitude of the baseline's smooth part, in standard deviations of the spectrum; 0: it has none"),
    "height_limit": ("counts", "long table: what a peak that was not detected is lower than, at 95 % confidence"),
    "ratio": ("", "ratio of heights, I_B/I_G; in the long table on the numerator's row"),
    "ratio_se": ("", "its standard error, from the full covariance, or with --errors bootstrap from the samples'"),
    "ratio_low": ("", "with --errors bootstrap or profile: lower end of the ratio's 95 % interval"),
    "ratio_high": ("", "its upper end"),
    "ratio_sys": ("", "with --sensitivity: largest departure of the ratio with another baseline or model"),
    "center_sys": ("cm-1", "with --sensitivity: largest departure of the position with another baseline or model"),
    "ratio_other": ("", "smooth part of the baseline: the ratio without it; with it where missing_band is flagged"),
    "area_ratio": ("", "ratio of areas"),
    "area_ratio_se": ("", "its standard error, from the full covariance"),
    "center_delta_cm1": ("cm-1", "evolve --reference: center minus that of the reference"),
    "center_delta_se": ("cm-1", "its standard error"),
    "ratio_delta": ("", "evolve --reference: ratio minus that of the reference"),
    "ratio_delta_se": ("", "its standard error"),
    "started": ("", "long table: start of the scan on the instrument's clock, so that `ratio` can join tables"),
    "band_cm1": ("cm-1", "bands: middle of the band; other channels than those within half_width_cm1 do not count"),
    "half_width_cm1": ("cm-1", "bands: half the width of the band"),
    "raw": ("counts", "mean counts in the band, less the recipe's dark counts"),
    "corrected": ("counts", "mean counts above the fitted baseline; empty outside the fitted window"),
    "specific": ("counts", "raw less the line between the two nearest off-peak controls; empty for the controls"),
    "enhancement": ("", "raw over that of the point's first scan; with corrected_, specific_ in front: of those"),
    "delta": ("counts", "raw minus that of the point's first scan; with corrected_, specific_ in front: of those"),
    "_se": ("", "bands: standard error from the counts' noise; of the first scan's own enhancement and delta 0"),
}

UPPER_95 = 1.6449  # standard deviations below which 95 % of Gaussian numbers lie
PEAK_COLUMNS = ("center_cm1", "center_se", "fwhm_cm1", "fwhm_se", "height", "height_se", "area", "area_se")
CENTER_SYS = "center_sys"
PEAK_EXTRAS = ("form", "form_se", CENTER_SYS)  # only where a shape has a form, or they were asked for


def ratio_columns(name: str) -> tuple[str, str, str, str]:
    """Return the four columns of one ratio."""
    return name, f"{name}_se", f"area_{name}", f"area_{name}_se"


def ratio_extras(name: str) -> tuple[str, str, str, str]:
    """Return the columns that one ratio has where there is something in them: interval, systematic error, other."""
    return f"{name}_low", f"{name}_high", f"{name}_sys", f"{name}_other"


def long_table(keys: Keys, q: Quantities, numerators: Mapping[str, str]) -> Table:
    """Return one row per spectrum and peak.

    Parameters
    ----------
    keys : Keys
    q : Quantities
    numerators : mapping of str to str
        Ratio to the peak on whose row it stands.
    """
    return lengthened(wide_table(keys, q), statuses(q), numerators, (keys.started,) * len(keys))


def statuses(q: Quantities) -> dict[str, tuple[str, ...]]:
    """Return the status of every peak, one word per spectrum."""
    return {peak: tuple(q.status[:, p].tolist()) for p, peak in enumerate(q.names)}


def lengthened(
    wide: Table, status: Mapping[str, Sequence[str]], numerators: Mapping[str, str], started: Sequence[str]
) -> Table:
    """Return the long table of a wide one.

    Parameters
    ----------
    wide : Table
    status : mapping of str to sequence of str
        Of every peak, one word per row.
    numerators : mapping of str to str
        Ratio to the peak on whose row it stands.
    started : sequence of str
        Start of every row's scan.
    """
    peaks, n = tuple(status), len(wide)
    p = len(peaks)

    def woven(by_peak: Sequence[Column]) -> np.ndarray:
        return np.stack([np.asarray(column) for column in by_peak], axis=1).ravel()

    columns = {name: repeat_rows(wide.columns[name], p) for name in (*KEYS, *ECHEM) if name in wide.columns}
    columns["peak"] = peaks * n
    columns["status"] = tuple(word for words in zip(*status.values(), strict=True) for word in words)
    columns |= {name: woven([wide.columns[f"{peak}_{name}"] for peak in peaks]) for name in PEAK_COLUMNS}
    empty = np.full(n, np.nan)
    for name in PEAK_EXTRAS:
        if any(f"{peak}_{name}" in wide.columns for peak in peaks):
            columns[name] = woven([wide.columns.get(f"{peak}_{name}", empty) for peak in peaks])
    columns["flags"] = repeat_rows(wide.columns["flags"], p)
    columns["redchi2"] = repeat_rows(wide.columns["redchi2"], p)
    if "smooth" in wide.columns:
        columns["smooth"] = repeat_rows(wide.columns["smooth"], p)
    height, se = (np.asarray(columns[name]) for name in ("height", "height_se"))
    missed = np.array([word == "not_detected" for word in columns["status"]])
    columns["height_limit"] = np.where(missed, np.maximum(height, 0) + UPPER_95 * se, np.nan)
    for ratio, numerator in numerators.items():
        for name in (*ratio_columns(ratio), *(extra for extra in ratio_extras(ratio) if extra in wide.columns)):
            columns[name] = woven([wide.columns[name] if peak == numerator else empty for peak in peaks])
    columns["started"] = repeat_rows(tuple(started), p)
    return Table(columns)


def wide_table(keys: Keys, q: Quantities) -> Table:
    """Return one row per spectrum."""
    columns: dict[str, Column] = {
        "source": (keys.source,) * len(keys),
        "scan": keys.scan,
        "point": keys.point,
        "position_um": keys.position_um,
        "time_s": keys.time_s,
        **keys.echem,
    }
    for p, peak in enumerate(q.names):
        names = [*PEAK_COLUMNS, *(PEAK_EXTRAS[:2] if peak in q.formed else ())]
        columns |= {f"{peak}_{name}": getattr(q, name)[:, p] for name in names}
        if q.center_sys is not None:
            columns[f"{peak}_center_sys"] = q.center_sys[:, p]
    for name, ratio in q.ratios.items():
        values = ratio.value, ratio.se, ratio.area_value, ratio.area_se
        columns |= dict(zip(ratio_columns(name), values, strict=True))
        extras = zip(ratio_extras(name), (ratio.low, ratio.high, ratio.sys, ratio.other), strict=True)
        columns |= {extra: values for extra, values in extras if values is not None}
    columns["redchi2"] = q.redchi2
    if q.amplitude is not None:
        columns["smooth"] = q.amplitude
    columns["flags"] = tuple(q.flags.tolist())
    return Table(columns)

"""The columns of the long and the wide table, and how fits fill them."""

from __future__ import annotations

import numpy as np

from ramanfit.quantities import FLAGS, Quantities
from ramanfit.scan import FloatArray
from ramanfit.series import Keys
from ramanfit.tables import Column, Table

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
    "area": ("counts cm-1", "pi/2 * height * fwhm"),
    "area_se": ("counts cm-1", "its standard error"),
    "flags": ("", "words joined by |: " + "; ".join(f"{k}: {v}" for k, v in FLAGS.items())),
    "redchi2": ("", "residual variance over the noise between neighbouring channels; 1: noise alone is left"),
    "ratio": ("", "ratio of heights, I_B/I_G; in the long table on the numerator's row"),
    "ratio_se": ("", "its standard error, from the full covariance"),
    "area_ratio": ("", "ratio of areas"),
    "area_ratio_se": ("", "its standard error, from the full covariance"),
    "started": ("", "long table: start of the scan on the instrument's clock, so that `ratio` can join tables"),
}

PEAK_COLUMNS = ("center_cm1", "center_se", "fwhm_cm1", "fwhm_se", "height", "height_se", "area", "area_se")


def ratio_columns(name: str) -> tuple[str, str, str, str]:
    """Return the four columns of one ratio."""
    return name, f"{name}_se", f"area_{name}", f"area_{name}_se"


def long_table(keys: Keys, q: Quantities, numerators: dict[str, str]) -> Table:
    """Return one row per spectrum and peak.

    Parameters
    ----------
    keys : Keys
    q : Quantities
    numerators : dict
        Ratio to the peak on whose row it stands.
    """
    n, p = q.height.shape
    columns: dict[str, Column] = {
        "source": (keys.source,) * (n * p),
        "scan": np.repeat(keys.scan, p),
        "point": tuple(point for point in keys.point for _ in range(p)),
        "position_um": np.repeat(keys.position_um, p),
        "time_s": np.repeat(keys.time_s, p),
        **{name: np.repeat(values, p) for name, values in keys.echem.items()},
        "peak": q.names * n,
        "status": tuple(q.status.ravel().tolist()),
    }
    columns |= {name: getattr(q, name).ravel() for name in PEAK_COLUMNS}
    columns["flags"] = tuple(flags for flags in q.flags.tolist() for _ in range(p))
    columns["redchi2"] = np.repeat(q.redchi2, p)
    for name in q.ratios:
        at = q.names.index(numerators[name])
        for column, values in zip(ratio_columns(name), _ratio_values(q, name), strict=True):
            spread = np.full((n, p), np.nan)
            spread[:, at] = values
            columns[column] = spread.ravel()
    columns["started"] = (keys.started,) * (n * p)
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
        columns |= {f"{peak}_{name}": getattr(q, name)[:, p] for name in PEAK_COLUMNS}
    for name in q.ratios:
        columns |= dict(zip(ratio_columns(name), _ratio_values(q, name), strict=True))
    columns["redchi2"] = q.redchi2
    columns["flags"] = tuple(q.flags.tolist())
    return Table(columns)


def _ratio_values(q: Quantities, name: str) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    ratio = q.ratios[name]
    return ratio.value, ratio.se, ratio.area_value, ratio.area_se

"""Experiments and spectra made by hand, with all that figures have to show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ramanfit.experiment.evolution import Evolution
from ramanfit.fit.curves import Curves
from ramanfit.tables.table import Table
from tests.drawing.test_figures import curve, experiment

__all__ = ["carbon", "curve", "curves_of_five", "flagged_experiment", "two_experiments", "waterfall_curves"]
FIVE = ("D4", "D", "D3", "G", "D'")
FLAGS = "at_bound, saturated, spike_in_band, baseline_misfit, line_shape, correlated_noise, high_correlation, outlier"


def flagged_experiment() -> Evolution:
    """A day with flags, a reference, peaks that vanish, and a ratio that goes beyond its axis."""
    evolution = experiment(reference=True, gone=((0, 1), (23, 3)))
    table, n = evolution.table, len(evolution.table)
    ratio, se = (np.array(table.columns[name]) for name in ("ratio", "ratio_se"))
    ratio[3], se[3] = 60.0, 59.6
    flags = tuple({0: "low_snr|outlier", n - 2: "at_bound"}.get(row, "") for row in range(n))
    soc = np.linspace(0, 100, n)
    columns = {**table.columns, "ratio": ratio, "ratio_se": se, "flags": flags, "soc": soc}
    return replace(evolution, fits=evolution.fits.with_table(Table(columns)))


def carbon(names: tuple[str, ...] = FIVE, centers: tuple[float, ...] = (1200, 1350, 1500, 1585, 1622)) -> Curves:
    """Five bands of a carbon, D3 not detected, with masked channels within the axis and beyond it."""
    rng, n = np.random.default_rng(1), len(names)
    shift = np.linspace(900, 1900, 500)
    made = Curves(
        shift,
        np.zeros(500),
        rng.random(500) > 0.01,
        names,
        ("lorentzian",) * n,
        np.array(centers, dtype=float),
        np.resize([150.0, 120, 120, 40, 30], n),
        np.resize([50.0, 400, 40, 380, 120], n),
        np.full(n, np.nan),
        np.arange(n) != 2,
        np.array([700.0, -20.0, 5.0]),
        np.full(3, np.nan),
    )
    counts = made.fit() + rng.normal(0, 6, 500)
    counts[~made.use] += np.resize([200.0, 3000.0], int((~made.use).sum()))
    return replace(made, counts=counts)


def curves_of_five() -> list[tuple[str, str, Curves]]:
    """Five spectra of a gallery, with names and flags of all lengths."""
    long = "20240116_cell-07_Li-Gr_2nd-cycle_532nm_10mW_600gmm_over-cross-section--Line--132--Spec.Data 1, P12"
    return [
        (long, FLAGS, carbon()),
        ("one.txt, P1", "", curve(1)),
        (long, "at_bound", curve(2)),
        ("two.txt, P1", "low_snr", carbon()),
        ("three.txt, P1", "not_measured", curve(3, fitted=False)),
    ]


def waterfall_curves() -> list[tuple[str, float, Curves]]:
    """Six spectra whose right ends lie close together, two of them flagged."""
    return [(f"{k} %, {k / 8:.1f} h{' *' * (k in (20, 40))}", float(k), curve(k)) for k in range(0, 120, 20)]


def two_experiments() -> dict[str, dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]]:
    """A ratio over time at two points of two experiments, with a scan missing in one."""
    time_h = np.arange(12.0)
    gap = np.where(time_h == 5, np.nan, 1.0)
    return {
        point: {
            "dry": (time_h, 1 + 0.1 * k + 0.05 * time_h, np.full(12, 0.03)),
            "wet": (time_h, gap * (1.4 + 0.2 * k - 0.04 * time_h), np.full(12, 0.05)),
        }
        for k, point in enumerate(("P1", "P2"))
    }

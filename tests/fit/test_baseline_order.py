"""Polynomials chosen by BIC: scans with known backgrounds."""

from __future__ import annotations

import numpy as np
import pytest

from ramanfit.fit.baseline_order import with_orders
from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.pipeline import fit_prepared, fit_scan
from ramanfit.fit.prepare import prepare
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray, Scan
from tests.cli.test_fits import TABLE_S1, ramanfit

SHIFT = np.linspace(900.0, 1900.0, 420)
T = (SHIFT - 1400) / 500
PEAKS = lorentzian(SHIFT, 1592, 34) + 1.2 * lorentzian(SHIFT, 1345, 130)
AUTO = with_overrides(load_recipe("li-graphite"), {"baseline.order": "auto"})


def scan(curve: FloatArray, snr: float, n: int = 60, seed: int = 1) -> Scan:
    counts = 1000 + 100 * (PEAKS + curve)
    return Scan(SHIFT, np.random.default_rng(seed).normal(counts, 100 / snr, (n, SHIFT.size)), f"s{seed}")


def order(of: Scan) -> int:
    (found,) = with_orders([prepare(of, AUTO)])
    return len(found.model.basis) - 1


@pytest.mark.parametrize("snr", [10.0, 100.0])
@pytest.mark.parametrize("true", [0, 1, 2, 3])
def test_the_order_of_a_polynomial_is_found(true: int, snr: float) -> None:
    curve = np.polynomial.legendre.Legendre.basis(true)(T) if true else np.zeros_like(T)
    found = [order(scan(curve, snr, seed=seed)) for seed in range(6)]
    assert np.mean(np.array(found) == true) >= 0.8
    assert min(found) == true


def test_many_noisy_spectra_show_together_what_none_shows_alone() -> None:
    curve = 0.1 * np.polynomial.legendre.Legendre.basis(3)(T)
    assert order(scan(curve, 3.0, n=1)) < 3
    assert order(scan(curve, 3.0, n=60)) >= 3


def test_each_scan_has_its_own_order_and_says_so() -> None:
    scans = [scan(T, 30.0, n=6, seed=2), scan(2 * T**3 - T, 30.0, n=6, seed=3)]
    together = fit_prepared([(s, prepare(s, AUTO)) for s in scans], AUTO)
    assert [len(f.prepared.model.basis) - 1 for f in together] == [1, 3]
    assert [f.scan.notes[-1] for f in together] == [f"baseline of order {k}, chosen by BIC" for k in (1, 3)]
    for fitted, s in zip(together, scans, strict=True):
        alone = fit_scan(s, AUTO)
        np.testing.assert_array_equal(fitted.result.chi2, alone.result.chi2)
        fixed = with_overrides(AUTO, {"baseline.order": len(fitted.prepared.model.basis) - 1})
        np.testing.assert_array_equal(fit_scan(s, fixed).result.chi2, alone.result.chi2)


def test_an_empty_scan_is_left_alone() -> None:
    fitted = fit_scan(Scan(SHIFT, np.zeros((3, SHIFT.size)), "empty"), AUTO)
    assert (fitted.quantities.status == "failed").all()


def test_from_the_shell() -> None:
    done = ramanfit("ratio", TABLE_S1, "--baseline-order", "auto")
    assert b"chosen by BIC" in done.stderr
    assert ramanfit("ratio", TABLE_S1, "--baseline-order", "auto", "-j", "2").stdout == done.stdout

"""Real carbons by every carbon recipe: G and D, the bounds that they touch, and which recipe the criterion prefers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ramanfit.errors import ScanError
from ramanfit.experiment.suggest import CARBONS
from ramanfit.fit.noise import weights_of
from ramanfit.fit.pipeline import Fitted, fit_scan
from ramanfit.formats import open_scans
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import Scan

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "carbon"
ALIKE = {"clean.spikes": "false", "baseline.smooth_cm1": "none"}  # the same channels, and parameters that are counted


def carbons(folder: Path = FOLDER) -> Iterator[str]:
    """G and D with errors, bounds touched, and how much the criterion is above the lowest, of every recipe."""
    if not folder.is_dir():
        yield f"left out: {folder} is not here"
        return
    yield _row("spectrum", "recipe", "G cm-1", "FWHM", "D cm-1", "FWHM", "I_D/I_G", "BIC", "bounds")
    for name, scan in _spectra(folder):
        fits = {recipe: done for recipe in CARBONS if (done := _fit(scan, recipe)) is not None}
        for (recipe, done), bic in zip(fits.items(), _criteria(list(fits.values())), strict=True):
            q = done.quantities
            peaks = [q.names.index("G"), q.names.index("D1" if "D1" in q.names else "D")]
            columns = ((q.center_cm1, q.center_se), (q.fwhm_cm1, q.fwhm_se))
            values = [_value(value[0, p], se[0, p]) for p in peaks for value, se in columns]
            ratio = _value(q.ratios["ratio"].value[0], q.ratios["ratio"].se[0], digits=2)
            bounds = ", ".join(key.removeprefix("peaks.") for key in q.held) or "none"
            yield _row(name, recipe, *values, ratio, f"{bic:.0f}", bounds)


def _row(spectrum: str, recipe: str, *values: str) -> str:
    *numbers, bic, bounds = values
    return f"{spectrum:15s} {recipe:10s} " + " ".join(f"{number:>13s}" for number in numbers) + f" {bic:>5s}  {bounds}"


def _spectra(folder: Path) -> Iterator[tuple[str, Scan]]:
    for path in sorted((folder / "dw38c").glob("testDW38C*.txt")):
        yield path.stem, open_scans(str(path))[0]
    for path in sorted((folder / "tpa_flakes").glob("spectrum*.txt")):
        table = np.loadtxt(path)  # two ranges, one after the other, each descending: the second has D and G
        second = table[int(np.flatnonzero(np.diff(table[:, 0]) > 0)[0]) + 1 :][::-1]
        yield f"flake {path.stem.removeprefix('spectrum')}", Scan(second[:, 0], second[:, 1][None], path.name)


def _fit(scan: Scan, recipe: str) -> Fitted | None:
    try:
        return fit_scan(scan, with_overrides(load_recipe(recipe), ALIKE))
    except ScanError:
        return None


def _criteria(fits: list[Fitted]) -> np.ndarray:
    """BIC of fits to the same channels with the weights of the first, above the lowest of them."""
    first = fits[0]
    counts, use = first.prepared.take(np.array([0]))
    weights = weights_of(first.result.noise[:1], first.prepared.model.evaluate(first.result)[:1], use)[0]
    channels = np.count_nonzero(weights) / first.result.stretch[0]
    models = [(done.prepared.model, done.result) for done in fits]
    chi2 = [(weights * (counts - model.evaluate(result)[:1]) ** 2).sum() for model, result in models]
    bic = channels * np.log(chi2) + np.array([model.parameters for model, _ in models]) * np.log(channels)
    return np.asarray(bic - np.nanmin(bic))


def _value(value: float, se: float, digits: int = 1) -> str:
    if np.isnan(value):
        return "not detected"
    return f"{value:.{digits}f} ± " + ("held" if np.isnan(se) else f"{se:.{digits}f}")

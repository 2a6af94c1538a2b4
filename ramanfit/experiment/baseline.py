"""Spectra with the fitted baseline taken off."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ramanfit.fit.pipeline import fit_scan

if TYPE_CHECKING:
    from ramanfit.experiment.voice import Voice
    from ramanfit.recipe.recipe import Recipe
    from ramanfit.scan.scan import Scan


def names_of(scan: Scan, *, keep: bool = False) -> list[str]:
    """Return the names of what `corrected` returns."""
    name = scan.name or Path(scan.source).stem
    return [f"{name} {what}" for what in (("corrected", "raw", "baseline") if keep else ("corrected",))]


def corrected(scan: Scan, recipe: Recipe, voice: Voice, *, keep: bool = False) -> list[Scan]:
    """Return the corrected scan; with `keep`, the raw one and the baselines too, on the same channels."""
    fitted = fit_scan(scan, recipe)
    baseline = fitted.prepared.baseline(fitted.result.coefficients)
    unfitted = ~np.isfinite(baseline).all(axis=1)
    baseline[unfitted] = 0.0
    if unfitted.any():
        voice.warn(f"{scan.source}: {unfitted.sum()} of {len(scan)} spectra could not be fitted and stay as they were")
    if fitted.prepared.saturated.any():
        voice.warn(f"{scan.source}: saturated channels can no longer be told once the baseline is off")
    raw = np.asarray(fitted.prepared.counts, dtype=np.float64)
    cut = scan.with_(shift_cm1=fitted.prepared.model.shift_cm1, counts=raw, mask=None, notes=())
    names, counts = names_of(scan, keep=keep), (raw - baseline, raw, baseline)
    return [replace(cut, counts=some, name=name) for name, some in zip(names, counts, strict=False)]

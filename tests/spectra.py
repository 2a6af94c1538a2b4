"""Random two-peak spectra with a known truth, for tests and for the benchmark."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ramanfit.fit.lineshapes import lorentzian
from ramanfit.fit.model import Model, polynomial_basis
from ramanfit.scan.scan import FloatArray


@dataclass(frozen=True)
class Truth:
    """Peaks in the order of the model: B, G; each array [N, 2]."""

    height: FloatArray
    center: FloatArray
    fwhm: FloatArray

    @property
    def place(self) -> FloatArray:
        return np.stack([self.center, self.fwhm], axis=-1)


def two_peak_model(channels: int = 420) -> Model:
    """B and G over a quadratic, 900 to 1900 cm-1, with the bounds of the default recipe."""
    shift = np.linspace(900.0, 1900.0, channels)
    return Model(
        shift_cm1=shift,
        basis=polynomial_basis(shift, 2),
        names=("B", "G"),
        start=np.array([[1345.0, 120.0], [1590.0, 30.0]]),
        lower=np.array([[1300.0, 20.0], [1540.0, 8.0]]),
        upper=np.array([[1400.0, 400.0], [1640.0, 100.0]]),
    )


def random_spectra(n: int, seed: int, model: Model | None = None) -> tuple[Model, FloatArray, Truth]:
    """Spectra with white noise of 1 to 30 counts, heights of 10 to 350."""
    model = model or two_peak_model()
    rng = np.random.default_rng(seed)
    truth = Truth(
        height=np.stack([rng.uniform(10, 350, n), rng.uniform(20, 250, n)], axis=1),
        center=np.stack([rng.uniform(1325, 1360, n), rng.uniform(1575, 1605, n)], axis=1),
        fwhm=np.stack([rng.uniform(60, 240, n), rng.uniform(15, 60, n)], axis=1),
    )
    t = (model.shift_cm1 - 1400) / 500
    powers = np.stack([np.ones_like(t), t, t * t])
    low, high = np.array([[100.0, -200.0, -80.0], [600.0, 200.0, 80.0]])
    counts = rng.uniform(low, high, (n, 3)) @ powers
    for p in range(2):
        shape = lorentzian(model.shift_cm1, truth.center[:, p, None], truth.fwhm[:, p, None])
        counts += truth.height[:, p, None] * shape
    noise = np.exp(rng.uniform(np.log(1), np.log(30), n))
    return model, counts + noise[:, None] * rng.normal(size=counts.shape), truth

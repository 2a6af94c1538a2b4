"""Spectra whose truth is known: smooth backgrounds, and what a model of two Lorentzians lacks."""

from __future__ import annotations

import numpy as np
from scipy.special import voigt_profile

from ramanfit.scan.scan import FloatArray, Scan

SHIFT = np.linspace(900.0, 1900.0, 420)
COUNTS = 1000.0  # of a G of height 1
SMOOTH = (
    "flat",
    "linear",
    "quadratic",
    "exponential",
    "exponential + hump",
    "sigmoid",
    "two bands",
    "random 2 B",
    "random 5 B",
)
MISSING = ("D4 5 %", "D4 10 %", "D3 5 %", "D3 10 %", "Fano", "D' 10 %")
OTHERWISE = ("Voigt 3", "Voigt 5", "Voigt 8", "correlated 0.42", "etalon", "EM gain")

Made = tuple[Scan, FloatArray]
"""A scan, and the true ratios [n], or ratios and centers of G [n, 2]."""


def background(name: str, rng: np.random.Generator, shift: FloatArray = SHIFT) -> FloatArray:
    """Return the background of one scan, in heights of G."""
    u, x, t = rng.uniform, shift, (shift - 1400) / 500
    if name == "flat":
        return 3 + 0 * t
    if name == "linear":
        return 4 - 1.2 * t
    if name == "quadratic":
        return 4 - 1.2 * t + 0.5 * t * t
    if name.startswith("exponential"):
        falling = 0.5 + u(2, 4) * np.exp(-u(0.6, 1.2) * (t + 1))
        if name == "exponential":
            return falling
        return falling + u(0.8, 1.6) * np.exp(-(((t - u(-0.4, 0.4)) / u(0.7, 1.1)) ** 2))
    if name == "sigmoid":
        return 1 + u(1, 4) / (1 + np.exp(-(t - u(-0.5, 0.3)) / u(0.25, 0.5)))
    if name == "two bands":
        far = 0.5 + 4 * np.exp(-(((x - u(2000, 3200)) / u(900, 1500)) ** 2))
        near = u(0.5, 1.5) * np.exp(-(((x - u(800, 1500)) / u(450, 700)) ** 2))
        return (far + near) * (1 + 0.15 * np.tanh((x - 950) / 150)) * (1 - 0.1 * t)
    length, times_b = u(300, 600), float(name.split()[1])  # "random 2 B": a Gaussian process, twice as high as B
    kernel = np.exp(-((x[:, None] - x) ** 2) / (2 * length**2)) + 1e-9 * np.eye(x.size)
    process = 0.65 * times_b * (np.linalg.cholesky(kernel) @ rng.normal(size=x.size))
    return process - process.min() + 1


def line(
    center: FloatArray | float, fwhm: FloatArray | float, shift: FloatArray = SHIFT, instrument_cm1: float = 0.0
) -> FloatArray:
    """Lorentzians of height 1, broadened by a Gaussian instrument."""
    u = (shift - center) / (np.asarray(fwhm) / 2)
    if not instrument_cm1:
        return np.asarray(1 / (1 + u * u))
    sigma = instrument_cm1 / np.sqrt(8 * np.log(2))
    return np.asarray(np.pi * np.asarray(fwhm) / 2 * voigt_profile(shift - center, sigma, np.asarray(fwhm) / 2))


def scan_of(
    name: str, snr: float, n: int, seed: int, missing: str = "", shift: FloatArray = SHIFT, counts: float = COUNTS
) -> Made:
    """Return a scan of n spectra, and their true ratios and centers of G.

    G at 1583-1602, B at 1333-1352, ratios 0.35-1, shot and read noise.

    Parameters
    ----------
    name : str
        Of a background.
    snr : float
        Height of G over the noise there; 0: whole photons, of which `counts` are in the height of G.
    n : int
    seed : int
    missing : str
        What the spectra have and the model lacks: one of `MISSING` or `OTHERWISE`; "white": the same noise everywhere.
    shift : array
        In cm-1.
    counts : float
        Of a G of height 1.
    """
    rng = np.random.default_rng(seed)
    under, ratio = background(name, rng, shift), rng.uniform(0.35, 1, n)
    center, fwhm = rng.uniform(1583, 1602, n)[:, None], rng.uniform(24, 42, n)[:, None]
    instrument = float(missing.split()[1]) if missing.startswith("Voigt") else 0.0
    g = line(center, fwhm, shift, instrument)
    if missing == "Fano":
        u = (shift - center) / (fwhm / 2)
        g = (1 + 0.05 * u) ** 2 / (1 + u * u) / (1 + 0.05**2)
    signal = under * rng.uniform(0.7, 1.3, n)[:, None] + g
    b = rng.uniform(1333, 1352, n)[:, None], rng.uniform(100, 180, n)[:, None]
    signal += ratio[:, None] * line(*b, shift, instrument)
    if missing.startswith("D"):
        place = {"D4": (1180, 120), "D3": (1500, 120), "D'": (1618, 20)}[missing.split()[0]]
        signal = signal + float(missing.split()[1]) / 100 * line(*place, shift)
    if missing == "etalon":
        signal = signal * (1 + 0.005 * np.sin(2 * np.pi * shift / 60 + rng.uniform(0, 6)))
    return noisy(signal, snr, rng, shift, counts, missing), np.column_stack([ratio, center[:, 0]])


def noisy(
    signal: FloatArray,
    snr: float,
    rng: np.random.Generator,
    shift: FloatArray = SHIFT,
    counts: float | FloatArray = COUNTS,
    kind: str = "",
) -> Scan:
    """Return spectra with shot and read noise; S/N 0: whole photons."""
    if snr == 0:
        return Scan(shift, rng.poisson(counts * signal).astype(np.float64), "line")
    if kind == "EM gain":  # every photon is multiplied by an exponential number: twice the variance, and lopsided
        photons = 2 * snr**2 * np.interp(1592, shift, signal.mean(axis=0)) * signal
        return Scan(shift, counts * signal / photons * rng.gamma(np.maximum(rng.poisson(photons), 1e-9)), "line")
    sd = np.sqrt(0.85 * signal / np.interp(1592, shift, signal.mean(axis=0)) + 0.15) / snr
    if kind == "white":
        sd = np.full(signal.shape, 1 / snr)
    noise = rng.normal(size=signal.shape)
    if kind == "correlated 0.42":
        noise = (noise + 0.55 * np.roll(noise, 1, axis=1)) / np.hypot(1, 0.55)
    return Scan(shift, counts * (signal + sd * noise), "line")

"""How the variance of a channel follows its signal, read off the residuals of a first fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ramanfit.scan import BoolArray, FloatArray

ROUNDS = 4
CLIP = 16.0  # squared differences beyond this many variances count as this: spikes are not noise
EXACT = 1e-20  # level over squared signal below which there is no noise, only rounding
FLOOR = 0.05  # least variance anywhere, in parts of the level


def estimate_noise(
    model: str,
    residual: FloatArray,
    curve: FloatArray,
    use: BoolArray | None = None,
    starts: Sequence[int] = (0,),
) -> FloatArray:
    """Return ``(level, signal, gain)`` of N spectra, [N, 3]: `variance` says what they mean.

    A level of 0 means that there is no noise to see.

    Shot noise and read noise give a variance that is linear in the signal. The gain belongs to the detector
    and is common to all spectra of a file; its dark offset only moves the level, which each spectrum has for itself.
    Both are found from the second differences of the residuals, which a slow misfit does not reach, by
    Fisher scoring for squares of Gaussian numbers (the variance of d^2 is 2 v^2: Carroll & Ruppert,
    Transformation and Weighting in Regression (1988), ch. 3).

    Parameters
    ----------
    model : {"counting", "white"}
        Variance linear in the signal with gain >= 0, or the same in every channel.
    residual, curve : array [N, M]
        Counts minus the fitted curve, and that curve. Weights must follow the fitted curve, not the counts:
        counts that happen to be low would weigh too much.
    use : bool array [N, M], optional
        Channels that count.
    starts : sequence of int
        First row of each file, ascending from 0: one gain for each.
    """
    sizes = np.diff([*starts, len(residual)])
    square, weight = _differences(residual, use)
    total = np.maximum(weight.sum(axis=1), 1)
    mean = (curve[:, 1:-1] * weight).sum(axis=1) / total
    signal = curve[:, 1:-1] - mean[:, None]
    # a first level that spikes do not reach; the median of chi-square with one degree of freedom is 0.455
    middle = square.shape[1] // 2
    level = np.partition(square, middle, axis=1)[:, middle] / 0.455  # np.median would import numpy.ma
    level = np.where(level > 0, level, (square * weight).sum(axis=1) / total)
    gain = np.zeros(len(residual))
    for _ in range(ROUNDS):
        variance = np.maximum(level[:, None] + gain[:, None] * signal, FLOOR * level[:, None])
        w = np.divide(weight, variance * variance, out=np.zeros_like(weight), where=variance > 0)
        d = np.minimum(square, CLIP * variance)
        ws = w * signal
        s0, s1, s2 = w.sum(axis=1), ws.sum(axis=1), (ws * signal).sum(axis=1)
        t0, t1 = (w * d).sum(axis=1), (ws * d).sum(axis=1)
        known = (level > 0) & (s0 > 0)
        s0 = np.where(known, s0, 1.0)
        if model == "counting":
            seen = np.add.reduceat(np.where(known, s2 - s1 * s1 / s0, 0.0), starts)
            found = np.add.reduceat(np.where(known, t1 - s1 * t0 / s0, 0.0), starts)
            whole = np.divide(found, seen, out=np.zeros_like(seen), where=seen > 0)
            gain = np.where(np.repeat(seen > 0, sizes), np.repeat(np.maximum(whole, 0.0), sizes), gain)
        level = np.where(known, np.maximum((t0 - gain * s1) / s0, FLOOR * level), level)
    level = np.where(level > EXACT * mean * mean, level, 0.0)
    return np.stack([level, mean, gain], axis=1)


def variance(noise: FloatArray, curve: FloatArray) -> FloatArray:
    """Return ``level + gain * (curve - signal)``, [N, M], kept above 5 % of the level."""
    level, signal, gain = (noise[:, i, None] for i in range(3))
    return np.asarray(np.maximum(level + gain * (curve - signal), FLOOR * level))


def _differences(residual: FloatArray, use: BoolArray | None) -> tuple[FloatArray, FloatArray]:
    """Squared second differences with the variance of one channel, [N, M - 2], and which of them count."""
    d = residual[:, 2:] + residual[:, :-2]
    d -= 2 * residual[:, 1:-1]
    d *= d
    d /= 6
    if use is None:
        return d, np.ones_like(d)
    return d, (use[:, 2:] & use[:, 1:-1] & use[:, :-2]).astype(float)

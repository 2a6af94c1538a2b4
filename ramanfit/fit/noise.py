"""How the variance of a channel follows its signal, read off the residuals of a first fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ramanfit.fit.engine.compiled.library import core
from ramanfit.scan.scan import BoolArray, FloatArray

ROUNDS = 4
BLOCK = 64  # spectra at a time: what is summed over the channels fits a processor's cache
CLIP = 16.0  # squared differences beyond this many variances count as this: spikes are not noise
EXACT = 1e-20  # level over squared signal below which there is no noise, only rounding
MEDIAN = 0.455  # of chi-square with one degree of freedom
FLOOR = 0.05  # least variance anywhere, in parts of the level
_EVEN = {"counting": False, "white": True}


def is_even(model: str) -> bool:
    """Tell whether a model of `ramanfit.recipe.parts.Noise` has the same variance in every channel.

    Raises
    ------
    ValueError
        If there is no such model.
    """
    if model not in _EVEN:
        raise ValueError(f"no noise model {model!r}: expected {' or '.join(_EVEN)}")
    return _EVEN[model]


def estimate_noise(
    model: str,
    residual: FloatArray,
    curve: FloatArray,
    use: BoolArray | None = None,
    starts: Sequence[int] = (0,),
    extra: FloatArray | None = None,
    scatter: FloatArray | None = None,
    known_gain: FloatArray | None = None,
    *,
    whole: bool = False,
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
    extra : array [N, M], optional
        Variance that is known besides: that of a dark spectrum which was subtracted. It is not in what is returned.
    scatter : array [N, M], optional
        Of means: the variance that their repeats show, as `ramanfit.scan.treated.Treated` has it. It is taken instead
        of the residuals of spectra for which there is one.
    known_gain : array [N], optional
        Of the detector, where others of the file have told it: the levels alone are sought.
    whole : bool
        Whether the curve is still in what is given as residuals.
    """
    even = is_even(model)
    if scatter is None and (compiled := core()) is not None:
        from ramanfit.fit.engine.compiled import kernels

        search = kernels.Search(ROUNDS, FLOOR, CLIP, MEDIAN, EXACT)
        return kernels.noise(compiled, even, residual, curve, use, starts, extra, search, known_gain, whole=whole)
    residual = residual - curve if whole else residual
    sizes = np.diff([*starts, len(residual)])
    light = _Light(residual, curve, use, extra, scatter)
    level, mean = light.level, light.mean
    gain = np.zeros(len(residual)) if known_gain is None else known_gain
    for _ in range(ROUNDS):
        s0, s1, s2, t0, t1 = light.sums(level, gain)
        informed = (level > 0) & (s0 > 0)
        s0 = np.where(informed, s0, 1.0)
        if not even and known_gain is None:
            known = np.add.reduceat(np.where(informed, s2 - s1 * s1 / s0, 0.0), starts)
            toward_gain = np.add.reduceat(np.where(informed, t1 - s1 * t0 / s0, 0.0), starts)
            its = np.divide(toward_gain, known, out=np.zeros_like(known), where=known > 0)
            gain = np.where(np.repeat(known > 0, sizes), np.repeat(np.maximum(its, 0.0), sizes), gain)
        level = np.where(informed, np.maximum((t0 - gain * s1) / s0, FLOOR * level), level)
    level = np.where(level > EXACT * mean * mean, level, 0.0)
    return np.stack([level, mean, gain], axis=1)


class _Light:
    """Second differences of N spectra and the signal that makes their noise.

    Attributes
    ----------
    level : array [N]
        Where the search for it begins.
    mean : array [N]
        Of the signal, in counts.
    """

    def __init__(
        self,
        residual: FloatArray,
        curve: FloatArray,
        use: BoolArray | None,
        extra: FloatArray | None,
        scatter: FloatArray | None,
    ) -> None:
        square, weight = differences(residual, use)
        more = np.zeros_like(square) if extra is None else (extra[:, 2:] + 4 * extra[:, 1:-1] + extra[:, :-2]) / 6
        if scatter is not None:
            seen = scatter[:, 1:-1]
            several = np.asarray(np.isfinite(scatter).any(axis=1))[:, None]
            weight = np.where(several, weight * np.isfinite(seen), weight)
            square = np.where(several, np.nan_to_num(seen), square)
            more[several[:, 0]] = 0.0  # repeats share their dark spectrum: it is not in their scatter
        total = np.maximum(weight.sum(axis=1), 1)
        self.mean = (curve[:, 1:-1] * weight).sum(axis=1) / total
        self._signal, self._square = curve[:, 1:-1] - self.mean[:, None], square
        self._weight, self._more = weight, more
        # a first level that spikes do not reach
        middle = square.shape[1] // 2  # np.median would import numpy.ma
        level = np.partition(square, middle, axis=1)[:, middle] / MEDIAN
        level = np.where(level > 0, level, (square * weight).sum(axis=1) / total)
        if extra is not None:
            level = np.maximum(level - (more * weight).sum(axis=1) / total, FLOOR * level)
        self.level = level

    def sums(self, level: FloatArray, gain: FloatArray) -> FloatArray:
        """Return weighted sums of 1, signal, signal^2, square, signal * square over the channels, [5, N]."""
        sums = np.empty((5, len(level)))
        for s in range(0, len(level), BLOCK):
            block = slice(s, s + BLOCK)
            x, base = self._signal[block], level[block, None]
            v = np.maximum(base + gain[block, None] * x, FLOOR * base) + self._more[block]
            d = np.minimum(self._square[block], CLIP * v) - self._more[block]
            v *= v
            w = np.divide(self._weight[block], v, out=np.zeros_like(v), where=v > 0)
            ws = w * x
            for k, terms in enumerate((w, ws, ws * x, w * d, ws * d)):
                terms.sum(axis=1, out=sums[k, block])
        return sums


def variance(
    noise: FloatArray, curve: FloatArray, extra: FloatArray | None = None, out: FloatArray | None = None
) -> FloatArray:
    """Return ``level + gain * (curve - signal)``, [N, M], kept above 5 % of the level, and `extra` beside it."""
    level, signal, gain = (noise[:, i, None] for i in range(3))
    of_spectrum = np.subtract(curve, signal, out=out)  # in place: fresh memory costs more than what is done with it
    of_spectrum *= gain
    of_spectrum += level
    np.maximum(of_spectrum, FLOOR * level, out=of_spectrum)
    if extra is not None:
        of_spectrum += extra
    return np.asarray(of_spectrum)


def weights_of(
    noise: FloatArray,
    curve: FloatArray,
    use: BoolArray | None,
    extra: FloatArray | None = None,
    stretch: FloatArray | None = None,
    out: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return weights [N, M], and the variance [N] of weight 1.

    A spectrum without noise weighs all channels alike.

    Parameters
    ----------
    noise : array [N, 3]
        See `variance`.
    curve : array [N, M]
        In counts.
    use : bool array [N, M] or None
        Channels that count; None: all.
    extra : array [N, M], optional
        See `estimate_noise`.
    stretch : array [N], optional
        Factor by which correlated channels tell less: see `ramanfit.fit.correlation.correlation`.
    out : array [N, M], optional
        Where the weights are to be.
    """
    noisy = noise[:, 0] > 0
    stretch = np.ones(len(noise)) if stretch is None else stretch
    if (compiled := core()) is not None:
        from ramanfit.fit.engine.compiled.kernels import weights as of_core

        weights = of_core(compiled, noise, curve, use, extra, stretch, FLOOR, out)
    else:
        weights = variance(noise, curve, extra, out)
        weights[~noisy] = 1.0
        weights *= stretch[:, None]
        np.divide(1, weights, out=weights)
        if use is not None:
            weights *= use
    return weights, noisy / stretch


def standardized(
    residual: FloatArray,
    noise: FloatArray,
    curve: FloatArray,
    use: BoolArray | None = None,
    extra: FloatArray | None = None,
    out: FloatArray | None = None,
    *,
    whole: bool = False,
) -> FloatArray:
    """Return residuals [N, M] in standard deviations of their channels, 0 where these are 0 or do not count.

    Parameters
    ----------
    residual, curve : array [N, M]
        In counts.
    noise : array [N, 3]
        See `variance`.
    use : bool array [N, M], optional
        Channels that count.
    extra : array [N, M], optional
        See `estimate_noise`.
    out : array [N, M], optional
        Where they are to be: `residual` itself, perhaps.
    whole : bool
        Whether the curve is still in what is given as residuals.
    """
    if (compiled := core()) is not None:
        from ramanfit.fit.engine.compiled.kernels import standardized as of_core

        return of_core(compiled, residual, noise, curve, use, extra, FLOOR, out, whole=whole)
    residual = residual - curve if whole else residual
    sd = variance(noise, curve, extra)
    np.sqrt(sd, out=sd)
    seen = sd > 0
    if use is not None:
        seen &= use
    if seen.all():
        return np.divide(residual, sd, out=sd if out is None else out)
    to = np.zeros_like(sd) if out is None else out
    np.divide(residual, sd, out=to, where=seen)
    to[~seen] = 0.0
    return to


def differences(residual: FloatArray, use: BoolArray | None) -> tuple[FloatArray, FloatArray]:
    """Return squared second differences with the variance of one channel, [N, M - 2], and which of them count."""
    d = residual[:, 2:] + residual[:, :-2]
    d -= 2 * residual[:, 1:-1]
    d *= d
    d /= 6
    if use is None:
        return d, np.ones_like(d)
    return d, (use[:, 2:] & use[:, 1:-1] & use[:, :-2]).astype(float)

"""Numbers small enough for a page: lists for JSON, counts and curves as whole steps, all of it deflated."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ramanfit.scan.scan import FloatArray
from ramanfit.tables.text import number_cells

LEVELS = 30_000  # at the utmost that a curve goes through, so that differences fit into sixteen bits
NO_NUMBER = -(2**15)  # stands where there is no count
OF_NOISE = 32.0  # a step of counts is at the utmost this part of their noise
HIGHEST_SHIFT = 12

Steps = npt.NDArray[np.int16]


class Stepped(NamedTuple):
    """Counts and the parts of their fits, N spectra of M channels, in whole steps above an offset of each spectrum.

    Attributes
    ----------
    counts : int16 array [N, M]
        What the counts are above the fit, in steps of ``2**shift``; `NO_NUMBER` where there is none.
    parts : int16 array [C, N, M]
        The first above the offset, the others above 0: together they are the fit. 0 where nothing was fitted.
    offset, step : array [N]
        In counts.
    shift : int array [N]
    """

    counts: Steps
    parts: Steps
    offset: FloatArray
    step: FloatArray
    shift: npt.NDArray[np.int64]


def numbers(values: FloatArray) -> list[float | None]:
    """Return numbers with the nine digits of all tables.

    Parameters
    ----------
    values : array [...]

    Returns
    -------
    list of float or None
        All of them, the last axis fastest; None where there is no number.
    """
    finite = np.where(np.isfinite(values), values, np.nan).ravel()
    return [float(cell) if cell else None for cell in number_cells(finite, "")]


def coded(words: Sequence[str]) -> dict[str, Any]:
    """Return every different text once, and which of them stands where."""
    at: dict[str, int] = {}
    indices = [at.setdefault(word, len(at)) for word in words]
    return {"words": list(at), "at": indices}


def stepped(counts: FloatArray, parts: FloatArray, noise: FloatArray) -> Stepped:
    """Return counts and curves as whole steps.

    A step is a power of two: of curves the smallest with which they go through `LEVELS` steps at most; of counts the
    largest that is no more than their noise over `OF_NOISE`, nor than 1 if all are whole numbers.

    Parameters
    ----------
    counts : array [N, M]
        Not a number where there is none.
    parts : array [C, N, M]
        Baselines, then peaks; not a number where nothing was fitted.
    noise : array [N]
        Of the counts.
    """
    there, drawn = np.isfinite(counts), np.isfinite(parts[0])
    fit = parts.sum(axis=0)
    everything = np.stack([np.where(there, counts, np.nan), *(np.where(drawn, x, np.nan) for x in (parts[0], fit))])
    finite = np.isfinite(everything)
    low = np.where(finite, everything, np.inf).min(axis=(0, 2))
    high = np.where(finite, everything, -np.inf).max(axis=(0, 2))
    empty = ~finite.any(axis=(0, 2))
    low[empty], high[empty] = 0.0, 0.0
    finest = np.maximum((high - low) / LEVELS, np.finfo(np.float64).eps * np.maximum(np.abs(low), np.abs(high)))
    step = np.exp2(np.ceil(np.log2(np.where(finest > np.finfo(np.float64).tiny, finest, 1.0))))
    with np.errstate(over="ignore"):
        whole = np.where((np.where(there, counts, 0.0) % 1 == 0).all(axis=1), 1.0, np.inf)
        coarse = np.minimum(noise / OF_NOISE, whole) / step
        shift = np.clip(np.floor(np.log2(np.maximum(coarse, 1.0))), 0, HIGHEST_SHIFT).astype(np.int64)
    offset = np.floor(low / (step * 2.0**shift)) * (step * 2.0**shift)
    of_parts = [parts[0] - offset[:, None], *parts[1:]]
    curves = np.stack([np.rint(np.where(drawn, curve, 0.0) / step[:, None]) for curve in of_parts]).astype(np.int64)
    in_steps = np.rint(
        (np.where(there, counts, low[:, None]) - offset[:, None]) / step[:, None] / 2.0 ** shift[:, None]
    )
    above = in_steps.astype(np.int64) - (curves.sum(axis=0) >> shift[:, None])
    return Stepped(np.where(there, above, NO_NUMBER).astype(np.int16), curves.astype(np.int16), offset, step, shift)


def second_differences(curves: Steps) -> Steps:
    """Return what each value of curves [..., M] is besides a straight line through the two before it."""
    before = np.concatenate([np.zeros_like(curves[..., :2]), curves], axis=-1)  # wraps around, as does its sum
    return np.asarray(before[..., 2:] - 2 * before[..., 1:-1] + before[..., :-2], dtype=np.int16)


def planes(values: Sequence[Steps]) -> bytes:
    """Return arrays one after another: the low bytes of all, then the high bytes; small numbers have none of these."""
    flat = np.concatenate([np.zeros(0, dtype=np.int16), *(array.ravel() for array in values)]).astype(np.int32)
    unsigned = np.where(flat < 0, -2 * flat - 1, 2 * flat).astype("<u2")
    return unsigned.view(np.uint8).reshape(-1, 2).T.tobytes()


def deflated(raw: bytes) -> str:
    """Return bytes as text that is no markup, and small."""
    return base64.b64encode(zlib.compress(raw, 6)).decode()


def json_bytes(values: Any) -> bytes:
    """Return values as JSON."""
    return json.dumps(values, separators=(",", ":"), allow_nan=False).encode()

"""Numbers small enough for a page: lists for JSON, and counts in sixteen bits."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ramanfit.fit.lineshapes import line
from ramanfit.scan.scan import FloatArray
from ramanfit.tables.text import number_cells

LEVELS = 65534  # of counts, from 0; the one above stands for what is no number
NO_NUMBER = LEVELS + 1
MOST_ANGLES, MOST_FORMS = 257, 129  # at which line shapes are given
CLOSE = 3e-6  # of a line's height, between them


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


def quantised(counts: FloatArray) -> tuple[npt.NDArray[np.uint16], FloatArray, FloatArray]:
    """Return counts as steps above an offset, each spectrum with its own.

    Parameters
    ----------
    counts : array [N, M]
        Not a number where there is none.

    Returns
    -------
    steps : uint16 array [N, M]
        ``counts = offset + step * steps`` to within half a step; `NO_NUMBER` where there is none.
    offset, step : array [N]
        A step is the spectrum's range over `LEVELS`; 1 where that is no normal number.
    """
    finite = np.isfinite(counts)
    low = np.where(finite, counts, np.inf).min(axis=1)
    high = np.where(finite, counts, -np.inf).max(axis=1)
    empty = ~finite.any(axis=1)
    low[empty], high[empty] = 0.0, 0.0
    step = (high - low) / LEVELS
    step[step < np.finfo(np.float64).tiny] = 1.0
    filled = np.where(finite, counts, low[:, None])
    steps = np.where(finite, np.rint((filled - low[:, None]) / step[:, None]), NO_NUMBER)
    return steps.astype("<u2"), low, step


def sampled(shape: str, forms: FloatArray) -> dict[str, Any]:
    """Return a line shape as numbers, so that a page draws it without knowing it.

    Between them a cubic through the four nearest is the shape.

    Parameters
    ----------
    shape : str
    forms : array [...]
        All that are drawn; not a number where there is none.

    Returns
    -------
    dict
        ``values`` of a line of height 1 at angles ``arctan(2 (shift - center) / fwhm)``, evenly spaced from -90 to 90
        degrees; one list, or several for forms evenly spaced between the two ``forms``.
    """
    drawn = forms[np.isfinite(forms)]
    low, high = (drawn.min(), drawn.max()) if drawn.size else (np.nan, np.nan)
    every = np.linspace(low, high, MOST_FORMS) if low < high else np.array([low])
    angles = np.linspace(-np.pi / 2, np.pi / 2, MOST_ANGLES)
    values = thinned(np.stack([line(shape, np.tan(angles), 0.0, 2.0, form) for form in every]))
    return {"forms": numbers(every[[0, -1]]), "values": [numbers(row) for row in np.round(thinned(values.T).T, 7)]}


def thinned(values: FloatArray) -> FloatArray:
    """Return every second, fourth ... row, of as many as a cubic between the four nearest needs."""
    while len(values) >= 9:
        kept = values[::2]
        ends = ((5 * kept[[0, -1]] + 15 * kept[[1, -2]] - 5 * kept[[2, -3]] + kept[[3, -4]]) / 16)[:, None]
        inner = (9 * (kept[1:-2] + kept[2:-1]) - kept[:-3] - kept[3:]) / 16
        between = np.concatenate([ends[0], inner, ends[1]])
        if (np.abs(between - values[1::2]) > CLOSE).any():
            break
        values = kept
    return values


def base64_text(steps: npt.NDArray[np.uint16]) -> str:
    """Return little-endian bytes as text.

    Parameters
    ----------
    steps : uint16 array [...]
    """
    return base64.b64encode(steps.astype("<u2").tobytes()).decode()


def json_text(values: Any) -> str:
    """Return JSON that no reader of HTML takes for markup."""
    text = json.dumps(values, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")

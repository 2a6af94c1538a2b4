"""Numbers small enough for a page: lists for JSON, and counts in sixteen bits."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ramanfit.scan.scan import FloatArray
from ramanfit.tables.text import number_cells

LEVELS = 65534  # of counts, from 0; the one above stands for what is no number
NO_NUMBER = LEVELS + 1


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

"""What minimises: `varpro`, batched, on the problems `lorentzians` and `linked`; `reference`, lmfit, one by one.

Model, counts and weights in, a `FitResult` out. `baseline_only` is for peaks that are known already. May import the
models of `fit`, never its pipeline.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ramanfit.fit.model import Model
    from ramanfit.fit.result import FitResult
    from ramanfit.scan.scan import FloatArray


class Engine(Protocol):
    """Fits a model to spectra; parameters as in `ramanfit.fit.engine.varpro.fit`."""

    def __call__(
        self,
        model: Model,
        counts: FloatArray,
        weights: FloatArray | None = None,
        start: FloatArray | None = None,
        *,
        penalty: FloatArray | None = None,
        home: bool = False,
    ) -> FitResult:
        """Return the fits."""


def _varpro(rough: bool) -> Engine:
    from ramanfit.fit.engine import varpro

    return partial(varpro.fit, tolerance=varpro.ROUGH) if rough else varpro.fit


def _lmfit(rough: bool) -> Engine:
    from ramanfit.fit.engine import reference

    return reference.fit


def _baseline_only(rough: bool) -> Engine:
    from ramanfit.fit.engine import baseline_only

    return baseline_only.fit


ENGINES: dict[str, Callable[[bool], Engine]] = {"varpro": _varpro, "lmfit": _lmfit}
"""What can be chosen, by name; an engine is imported when it is asked for. Nothing here needs numpy."""

_FOR_KNOWN_PEAKS = {"baseline_only": _baseline_only}


def engine_named(name: str, *, rough: bool = False) -> Engine:
    """Return an engine of `ENGINES`, or ``baseline_only``; rough: for fits that are not the last.

    Raises
    ------
    ValueError
        If there is no such engine.
    """
    engines = ENGINES | _FOR_KNOWN_PEAKS
    if name not in engines:
        raise ValueError(f"no engine {name!r}: expected {' or '.join(ENGINES)}")
    return engines[name](rough)

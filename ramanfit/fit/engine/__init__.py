"""What minimises: `varpro`, batched, on the problems `lorentzians` and `linked`, or `compiled`; `reference`, lmfit.

Model, counts and weights in, a `FitResult` out. `baseline_only` is for models without a peak. May import the
models of `fit`, never its pipeline.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ramanfit.fit.model import Model
    from ramanfit.fit.result import FitResult
    from ramanfit.fit.weighing import Weighing
    from ramanfit.scan.scan import FloatArray


class Engine(Protocol):
    """Fits a model to spectra; parameters as in `ramanfit.fit.engine.varpro.fit`."""

    def __call__(
        self,
        model: Model,
        counts: FloatArray,
        weights: FloatArray | Weighing | None = None,
        start: FloatArray | None = None,
        *,
        penalty: FloatArray | None = None,
        home: bool = False,
        enough: FloatArray | None = None,
    ) -> FitResult:
        """Return the fits."""


def _varpro(rough: bool) -> Engine:
    from ramanfit.fit.engine import limits
    from ramanfit.fit.engine.compiled import engine

    return partial(engine.fit, tolerance=limits.ROUGH) if rough else engine.fit


def _lmfit(rough: bool) -> Engine:
    from ramanfit.fit.engine import reference

    return reference.fit


ENGINES: dict[str, Callable[[bool], Engine]] = {"varpro": _varpro, "lmfit": _lmfit}
"""What can be chosen, by name; an engine is imported when it is asked for. Nothing here needs numpy."""


def engine_named(name: str, *, rough: bool = False) -> Engine:
    """Return an engine of `ENGINES`; rough: for fits that are not the last.

    Raises
    ------
    ValueError
        If there is no such engine.
    """
    if name not in ENGINES:
        raise ValueError(f"no engine {name!r}: expected {' or '.join(ENGINES)}")
    return ENGINES[name](rough)

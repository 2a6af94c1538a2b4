"""What minimises: `varpro`, batched, on the problems `lorentzians` and `linked`; `reference`, lmfit, one by one.

Model, counts and weights in, a `FitResult` out. `baseline_only` is for peaks that are known already. May import the
models of `fit`, never its pipeline.
"""

from __future__ import annotations

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


def engine_named(name: str, *, rough: bool = False) -> Engine:
    """Return the engine ``varpro`` (batched) or ``lmfit`` (the reference); rough: for fits that are not the last.

    See `Engine` for what it takes.
    """
    if name == "varpro":
        from ramanfit.fit.engine import varpro

        return partial(varpro.fit, tolerance=varpro.ROUGH) if rough else varpro.fit
    if name == "lmfit":
        from ramanfit.fit.engine import reference

        return reference.fit
    if name == "baseline_only":
        from ramanfit.fit.engine import baseline_only

        return baseline_only.fit
    raise ValueError(f"no engine {name!r}: expected varpro or lmfit")

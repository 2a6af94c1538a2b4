"""What minimises: `varpro`, batched, on the problems `lorentzians` and `linked`; `reference`, lmfit, one by one.

Model, counts and weights in, a `FitResult` out. `baseline_only` is for peaks that are known already. May import the
models of `fit`, never its pipeline.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from ramanfit.fit.model import Model
    from ramanfit.fit.result import FitResult
    from ramanfit.scan.scan import FloatArray

    Engine: TypeAlias = Callable[[Model, FloatArray, FloatArray | None, FloatArray | None], FitResult]


def engine_named(name: str, *, rough: bool = False) -> Engine:
    """Return the engine ``varpro`` (batched) or ``lmfit`` (the reference); rough: for fits that are not the last.

    An engine takes model, counts [N, M], weights [N, M] or None, and nonlinear parameters to start from, [N, P, 3] or
    None.
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

"""What weights follow, in place of the weights: to keep and to read these takes longer than to make them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ramanfit.fit.noise import FLOOR, weights_of
from ramanfit.scan.by_row import ByRow, Rows
from ramanfit.scan.scan import BoolArray, FloatArray

if TYPE_CHECKING:
    from ramanfit.fit.engine.compiled.kernels import SightOf
    from ramanfit.fit.engine.compiled.library import Arrays


@dataclass(frozen=True, eq=False)
class Weighing(ByRow):
    """What the weights of N spectra follow, as `weights_of` takes it: whoever needs them makes them.

    Attributes
    ----------
    noise : array [N, 3]
    curve : array [N, M]
    use : bool array [N, M] or None
    extra : array [N, M] or None
    stretch : array [N]
    """

    noise: FloatArray
    curve: FloatArray
    use: BoolArray | None
    extra: FloatArray | None
    stretch: FloatArray

    def __getitem__(self, rows: Rows) -> Weighing:
        return self.take(rows)

    @property
    def unit(self) -> FloatArray:
        """Variance [N] of weight 1."""
        return np.asarray((self.noise[:, 0] > 0) / self.stretch)

    def weights(self) -> FloatArray:
        """Return them, [N, M]."""
        return weights_of(self.noise, self.curve, self.use, self.extra, self.stretch)[0]

    def sight(self, arrays: Arrays, spectra: int, channels: int) -> SightOf:
        """Return the same as the compiled core is told of it.

        Raises
        ------
        ValueError
            If it is of other spectra.
        """
        from ramanfit.fit.engine.compiled.kernels import sight_of

        if self.curve.shape != (spectra, channels):
            raise ValueError(f"curve: expected the shape {(spectra, channels)}, found {self.curve.shape}")
        return sight_of(arrays, self.noise, self.curve, self.use, self.extra, self.stretch, FLOOR)


def as_array(weights: FloatArray | Weighing | None) -> FloatArray | None:
    """Return weights as an array [N, M]; None: there are none."""
    return weights.weights() if isinstance(weights, Weighing) else weights

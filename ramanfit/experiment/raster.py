"""How the points of a map lie in a picture: columns and rows of pixels, and how large these are."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ramanfit.frozen import dataclass
from ramanfit.scan.scan import FloatArray

PIXEL = re.compile(r"(\d{1,9})/(\d{1,9})")
OFF = 0.05  # of a pixel, that a place may lie beside its grid


@dataclass(frozen=True, eq=False)
class Raster:
    """The pixels of P points, as a picture shows them.

    Attributes
    ----------
    row, column : int array [P]
        From the upper left corner.
    shape : (int, int)
        Rows and columns.
    pixel_um : (float, float) or None
        Width and height of a pixel; None: where they lie is not known, or they lie on no even, upright grid.
    """

    row: npt.NDArray[np.int64]
    column: npt.NDArray[np.int64]
    shape: tuple[int, int]
    pixel_um: tuple[float, float] | None

    @property
    def extent(self) -> tuple[float, float]:
        """Width and height of the picture in µm; in pixels where these have no size."""
        width, height = self.pixel_um or (1.0, 1.0)
        return self.shape[1] * width, self.shape[0] * height

    def picture(self, values: FloatArray) -> FloatArray:
        """Return values of the points [P] as [rows, columns], not a number where there is no point."""
        picture = np.full(self.shape, np.nan)
        picture[self.row, self.column] = values
        return picture


def are_pixels(points: Sequence[str]) -> bool:
    """Tell whether points are named as those of a map are, x/y."""
    return all(PIXEL.fullmatch(point) for point in points)


def raster_of(points: Sequence[str], x_um: FloatArray, y_um: FloatArray) -> Raster:
    """Return how the points of a map lie in a picture, in which x rises to the right and y upwards.

    A map that is turned is shown in its own frame, turned by no more than 90 degrees and never mirrored.

    Parameters
    ----------
    points : sequence of str
        Their names [P], x/y.
    x_um, y_um : array [S, P]
        Where each was taken in each scan; not a number where that is not known.
    """
    pairs = [PIXEL.fullmatch(point) for point in points]
    column, row = (np.array([int(pair[i]) for pair in pairs if pair is not None]) for i in (1, 2))
    column, row = column - column.min(), row - row.min()
    shape = int(row.max()) + 1, int(column.max()) + 1
    step = _steps(row, column, x_um, y_um)
    if step is None:
        return Raster(row, column, shape, None)
    across, down = step
    if across[0] * down[1] - across[1] * down[0] > 0:  # the lines rise in the picture
        row = shape[0] - 1 - row
        down = -down
    if across[0] < 0:
        row, column = shape[0] - 1 - row, shape[1] - 1 - column
    return Raster(row, column, shape, (float(np.hypot(*across)), float(np.hypot(*down))))


def _steps(
    row: npt.NDArray[np.int64], column: npt.NDArray[np.int64], x_um: FloatArray, y_um: FloatArray
) -> tuple[FloatArray, FloatArray] | None:
    """Return the steps [2] from pixel to pixel in a row and in a column; None where they are not those of a grid."""
    scan, point = np.nonzero(np.isfinite(x_um) & np.isfinite(y_um))
    if len(scan) < 2:
        return None
    at = np.column_stack([x_um[scan, point], y_um[scan, point]])
    # each scan may lie somewhere else, all have the same steps
    begins = np.eye(len(x_um))[scan][:, np.unique(scan)]
    indices = np.column_stack([column[point], row[point]]).astype(np.float64)
    indices = indices[:, np.ptp(indices, axis=0) > 0]
    design = np.hstack([indices, begins])
    solution = np.linalg.lstsq(design, at, rcond=None)[0]
    steps = list(solution[: indices.shape[1]])
    if not steps:
        return None
    if len(steps) == 1:  # one line of pixels, which are as high as they are wide
        turned = np.array([steps[0][1], -steps[0][0]])
        steps = [*steps, turned] if np.ptp(column) else [-turned, *steps]
    across, down = steps
    lengths = np.hypot(*across), np.hypot(*down)
    square = abs(across @ down) <= OFF * lengths[0] * lengths[1]
    even = np.abs(at - design @ solution).max() <= OFF * min(lengths)
    return (across, down) if min(lengths) > 0 and square and even else None

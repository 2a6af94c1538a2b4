"""A map: its pixels, and how what the plan's points show is spread over them."""

from __future__ import annotations

import numpy as np

from ramanfit.frozen import dataclass
from ramanfit.recipe.settings import check_types, choice, expect
from ramanfit.scan.scan import FloatArray

FWHM = 4 * np.log(2)


@dataclass(frozen=True)
class PlannedMap:
    """Pixels, x fastest, lines downwards, and the pattern on them.

    Every pixel is a mixture of the plan's points: of each peak one line, whose position, width and height lie between
    theirs. A ``gradient`` runs from the first point at the left edge to the last at the right edge, evenly through
    those between. With ``grains`` the first point is what lies between grains, and the last their middle.

    Attributes
    ----------
    nx, ny : int
        Pixels in a line, and lines.
    step_x_um, step_y_um : float
        Width and height of a pixel.
    center_x_um, center_y_um : float
        Middle of the map, on the instrument.
    pattern : {"gradient", "grains"}
    grains : int
        How many; where they lie is drawn from the plan's seed.
    grain_um : float
        Full width of one at half its height.
    """

    nx: int
    ny: int
    step_x_um: float = 1.0
    step_y_um: float = 1.0
    center_x_um: float = 0.0
    center_y_um: float = 0.0
    pattern: str = "gradient"
    grains: int = 6
    grain_um: float = 3.0

    def __post_init__(self) -> None:
        check_types(self, "map")
        choice(self.pattern, ("gradient", "grains"), "map.pattern")
        for name in ("nx", "ny", "step_x_um", "step_y_um", "grains", "grain_um"):
            value = getattr(self, name)
            expect(value > 0, f"map.{name}", "more than 0", value)
        expect(self.pixels > 1, "map.nx", "more than one pixel", self.pixels)

    @property
    def pixels(self) -> int:
        """How many there are."""
        return self.nx * self.ny

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the pixels, x/y from 0, as WITec labels them."""
        return tuple(f"{i % self.nx}/{i // self.nx}" for i in range(self.pixels))

    @property
    def coordinates_um(self) -> FloatArray:
        """x, y, z of every pixel, [N, 3], as WITec has them: the first lies half the map from the middle."""
        row, column = np.divmod(np.arange(self.pixels), self.nx)
        return np.column_stack(
            [
                self.center_x_um + (column - self.nx / 2) * self.step_x_um,
                self.center_y_um - (row - self.ny / 2) * self.step_y_um,
                np.zeros(self.pixels),
            ]
        )

    def shares(self, points: int, seed: int) -> FloatArray:
        """Return how much of each point of the plan every pixel has, [N, points]; they add up to 1.

        Parameters
        ----------
        points : int
        seed : int
            Of the grains' places.
        """
        row, column = np.divmod(np.arange(self.pixels), self.nx)
        if self.pattern == "gradient":
            share = column / max(self.nx - 1, 1)
        else:
            rng = np.random.default_rng([seed, 1])  # another one than that of the noise
            size = np.array([self.nx * self.step_x_um, self.ny * self.step_y_um])
            middle = rng.uniform(0.0, 1.0, (self.grains, 2)) * size
            at = np.column_stack([(column + 0.5) * self.step_x_um, (row + 0.5) * self.step_y_um])
            square = ((at[:, None] - middle) ** 2).sum(axis=2)
            share = np.exp(-FWHM * square / self.grain_um**2).max(axis=1)
        knot = share * (points - 1)
        return np.asarray(np.maximum(0.0, 1.0 - np.abs(knot[:, None] - np.arange(points))))

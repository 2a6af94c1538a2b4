"""The position axis: ticks at the points, their names, and what lies at its ends."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ramanfit.drawing.axes import along
from ramanfit.drawing.figures.words import POINTS, shortened
from ramanfit.experiment.evolution import Evolution
from ramanfit.scan.scan import FloatArray


def point_ticks(evolution: Evolution, most: int = 10) -> tuple[FloatArray, list[str]]:
    """Return ticks on the position axis.

    Parameters
    ----------
    evolution : Evolution
    most : int
        Of many points every second, third, ... gets a tick.

    Returns
    -------
    ticks : array [ticks]
        Where they stand, as `along` gives it.
    names : list of str
        Point and position in µm.
    """
    positions = along(evolution)
    step = -(-len(positions) // most)
    positioned = np.isfinite(evolution.position_um)
    names = [
        f"{point} ({position:g})" if there else str(point)
        for point, position, there in zip(evolution.points, evolution.position_um, positioned, strict=True)
    ]
    return positions[::step], names[::step]


def point_label(evolution: Evolution) -> str:
    """Return the words for the position axis."""
    return "point (position in µm)" if np.isfinite(evolution.position_um).any() else "point"


def point_name(evolution: Evolution, p: int) -> str:
    """Return the name of a point with its position."""
    position = evolution.position_um[p]
    return f"{evolution.points[p]} ({position:g} µm)" if np.isfinite(position) else evolution.points[p]


def name_ends(ax: Axes, ends: Sequence[str], at: Sequence[float], away_in: float, *, along: str = "x") -> None:
    """Write at the ends of the position axis what lies there.

    Parameters
    ----------
    ax : Axes
    ends : (str, str)
        What lies at the lowest position, and at the highest.
    at : (float, float)
        Where these positions are on the axis.
    away_in : float
        How many inches outside the frame they stand.
    along : {"x", "y"}
        Which axis it is.
    """
    figure = ax.get_figure()
    assert isinstance(figure, Figure)
    size, flat = mpl.rcParams["xtick.labelsize"], along == "x"
    limits, box, page = (ax.get_xlim() if flat else ax.get_ylim()), ax.get_position(), figure.get_size_inches()
    long = float(box.width * page[0] if flat else box.height * page[1])
    below_letter = 0 if flat else 12 / POINTS  # the panel's letter stands at its upper end
    room = (long * abs(at[1] - at[0]) / abs(limits[1] - limits[0]) - below_letter) / 2
    for place, name, side, inwards in zip(at, ends, ("low", "high"), (-4, 4 if flat else -12), strict=True):
        low = side == "low"
        ax.annotate(
            shortened(figure, name, 0.85 * room, size),  # bold is wider
            (place, 0) if flat else (0, place),
            xycoords=("data", "axes fraction") if flat else ("axes fraction", "data"),
            xytext=(inwards, -away_in * POINTS) if flat else (-away_in * POINTS, 0 if low else inwards),
            textcoords="offset points",
            ha=("left" if low else "right") if flat else "center",
            va="top" if flat else ("bottom" if low else "top"),
            rotation=0 if flat else 90,
            fontsize=size,
            weight="bold",
            parse_math=False,
        )

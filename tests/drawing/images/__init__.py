"""Figures as small pictures that later ones are compared with.

    python -m tests.drawing.images        draws them anew, after a look at the difference

Each is drawn of values made by hand, never of a fit, so that no number in a fit moves a picture. They are drawn with
the font that comes with matplotlib, at 72 dots per inch and both widths, in 32 colours.

The tolerance is `MOST`, of the root mean square difference of the three colours (0 to 255). The same figure differs by
0, on any machine with the same matplotlib and FreeType; frames thicker by 0.05 pt give 2 to 3, a label that is missing
5 and more, lines moved by 2 % of their axis 9 and more (`tests/drawing/test_looks.py` measures the last two).
Where matplotlib or FreeType are others than those in `made_with.json`, letters have other widths; the tests are
skipped, and say so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
from matplotlib import ft2font
from matplotlib.figure import Figure
from PIL import Image

from ramanfit.drawing import figures
from ramanfit.drawing.figures.compare import compare_figure
from ramanfit.drawing.figures.images import images_figure
from ramanfit.drawing.figures.over_pixels import traces_over_pixels
from tests.drawing.made import curve, curves_of_five, flagged_experiment, two_experiments, waterfall_curves
from tests.drawing.test_abscissa import bands_of, cycle, spectra
from tests.drawing.test_images import mapped

HERE = Path(__file__).parent
DPI = 72
SHADES = 32  # a few kB for a picture
MOST = 2.0
WIDTHS = ("single", "double")
FONT = {"font.family": ["DejaVu Sans"]}

FIGURES: Mapping[str, Callable[[str], Figure]] = {
    "profile": lambda width: figures.profile_figure(flagged_experiment(), width, ends=("Li", "SE")),
    "waterfall": lambda width: figures.waterfall_figure(
        waterfall_curves(), "state of charge, time", width, title="P5 (20 µm)"
    ),
    "spectrum": lambda width: figures.spectrum_figure("cell-07--Line--012, P3", "at_bound, low_snr", curve(), width),
    "gallery": lambda width: figures.gallery_figure(curves_of_five(), width),
    "map": lambda width: figures.map_figure(cycle(), ["ratio", "G_height"], width, ends=("Li", "SE")),
    "traces": lambda width: figures.traces_figure(cycle(), width, "voltage"),
    "bands": lambda width: figures.bands_figure(cycle(), bands_of(cycle()), width),
    "contour": lambda width: figures.contour_figure(cycle(), "P4", spectra(cycle(), 3), width),
    "images": lambda width: images_figure(mapped(), ["ratio", "G_height"], width),
    "medians": lambda width: traces_over_pixels(mapped(), width),
    "compare": lambda width: compare_figure(two_experiments(), ("dry", "wet"), "time (h)", "I_B/I_G", width),
}


def drawn(name: str, width: str) -> Figure:
    """Return a figure in the font of the pictures."""
    with figures.laid_over(FONT):
        return FIGURES[name](width)


def save(figure: Figure, path: Path) -> None:
    """Write a figure as the pictures are written."""
    drawn = BytesIO()
    with mpl.rc_context(FONT):
        figure.savefig(drawn, dpi=DPI)
    with Image.open(drawn) as picture:
        picture.convert("RGB").quantize(SHADES).save(path, optimize=True)


def path_of(name: str, width: str) -> Path:
    """Return where the picture of a figure lies."""
    return HERE / f"{name}-{width}.png"


def made_with() -> dict[str, str]:
    """Return what decides how letters are drawn."""
    minor = ".".join(mpl.__version__.split(".")[:2])
    return {"matplotlib": minor, "freetype": ft2font.__freetype_version__}


def others() -> str:
    """Return why pictures cannot be compared; empty where they can."""
    then = json.loads((HERE / "made_with.json").read_text(encoding="utf-8"))
    return "" if then == made_with() else f"pictures were made with {then}, and here is {made_with()}"

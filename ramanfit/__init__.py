"""From a WITec Raman export to I_B/I_G with its standard error.

>>> from ramanfit import fit_scan, load_recipe, open_scans
>>> (scan,) = open_scans("scan.txt")  # doctest: +SKIP
>>> fit_scan(scan, load_recipe("li-graphite")).quantities.ratios["ratio"].value  # doctest: +SKIP

What the commands do, as functions of paths that return tables:

>>> from ramanfit import evolve, ratios
>>> ratios("day1/", recipe="li-graphite").to_pandas()  # doctest: +SKIP
>>> evolve("day1/", echem="cell.mpt").save("evolution/")  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ramanfit.drawing.plot import plot
    from ramanfit.errors import RamanfitError
    from ramanfit.experiment.baseline import baseline
    from ramanfit.experiment.calibrate import calibrate
    from ramanfit.experiment.compare import compare
    from ramanfit.experiment.curves import curves
    from ramanfit.experiment.evolve import bands, evolve
    from ramanfit.experiment.export import export
    from ramanfit.experiment.info import info
    from ramanfit.experiment.ratios import fit_files, ratios
    from ramanfit.experiment.request import Echem, Reading
    from ramanfit.experiment.voice import Silent
    from ramanfit.fit.pipeline import Fitted, fit_scan
    from ramanfit.fit.second_opinion import verify
    from ramanfit.formats import ReadOptions, open_scans
    from ramanfit.recipe.recipe import Recipe
    from ramanfit.recipe.toml import load_recipe
    from ramanfit.scan.scan import Scan
    from ramanfit.synthetic.write import simulate

from ramanfit.errors import __version__

# imported when asked for (PEP 562), so that `ramanfit --help` does not wait for numpy
_HOMES = {
    "Echem": "experiment.request",
    "Fitted": "fit.pipeline",
    "RamanfitError": "errors",
    "ReadOptions": "formats",
    "Reading": "experiment.request",
    "Recipe": "recipe.recipe",
    "Scan": "scan.scan",
    "Silent": "experiment.voice",
    "bands": "experiment.evolve",
    "baseline": "experiment.baseline",
    "calibrate": "experiment.calibrate",
    "compare": "experiment.compare",
    "curves": "experiment.curves",
    "evolve": "experiment.evolve",
    "export": "experiment.export",
    "fit_files": "experiment.ratios",
    "fit_scan": "fit.pipeline",
    "info": "experiment.info",
    "load_recipe": "recipe.toml",
    "open_scans": "formats",
    "plot": "drawing.plot",
    "ratios": "experiment.ratios",
    "simulate": "synthetic.write",
    "verify": "fit.second_opinion",
}

__all__ = [
    "Echem",
    "Fitted",
    "RamanfitError",
    "ReadOptions",
    "Reading",
    "Recipe",
    "Scan",
    "Silent",
    "__version__",
    "bands",
    "baseline",
    "calibrate",
    "compare",
    "curves",
    "evolve",
    "export",
    "fit_files",
    "fit_scan",
    "info",
    "load_recipe",
    "open_scans",
    "plot",
    "ratios",
    "simulate",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ramanfit' has no attribute {name!r}")
    return getattr(import_module(f"ramanfit.{_HOMES[name]}"), name)

"""From a WITec Raman export to I_B/I_G with its standard error.

>>> from ramanfit import fit_scan, load_recipe, open_scans
>>> (scan,) = open_scans("scan.txt")  # doctest: +SKIP
>>> fit_scan(scan, load_recipe("li-graphite")).quantities.ratios["ratio"].value  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ramanfit.errors import RamanfitError
    from ramanfit.fit.pipeline import Fitted, fit_scan
    from ramanfit.fit.second_opinion import verify
    from ramanfit.formats import ReadOptions, open_scans
    from ramanfit.recipe.recipe import Recipe
    from ramanfit.recipe.toml import load_recipe
    from ramanfit.scan.scan import Scan

from ramanfit.errors import __version__

# imported when asked for (PEP 562), so that `ramanfit --help` does not wait for numpy
_HOMES = {
    "Fitted": "fit.pipeline",
    "RamanfitError": "errors",
    "ReadOptions": "formats",
    "Recipe": "recipe.recipe",
    "Scan": "scan.scan",
    "fit_scan": "fit.pipeline",
    "load_recipe": "recipe.toml",
    "open_scans": "formats",
    "verify": "fit.second_opinion",
}

__all__ = [
    "Fitted",
    "RamanfitError",
    "ReadOptions",
    "Recipe",
    "Scan",
    "__version__",
    "fit_scan",
    "load_recipe",
    "open_scans",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ramanfit' has no attribute {name!r}")
    return getattr(import_module(f"ramanfit.{_HOMES[name]}"), name)

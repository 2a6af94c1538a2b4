"""Baselines that are subtracted before a fit, as much of the field does it: they take part of broad peaks with them."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from types import NoneType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from ramanfit.errors import RecipeError
from ramanfit.fit.masks import bridged
from ramanfit.recipe.parts import Baseline
from ramanfit.recipe.settings import LARGEST, expect, nearest, unknown
from ramanfit.recipe.toml_text import parse_toml
from ramanfit.scan.scan import BoolArray, FloatArray

OF_MANY = ("collab_pls",)  # of pybaselines, for several spectra at once
MOST_CHANNELS = 10_000  # that an option asks for, or knots
MOST = {  # of other whole numbers
    **dict.fromkeys(("max_iter", "max_iter_2", "max_iters", "repetitions", "num_smooths"), 1000),
    **dict.fromkeys(("poly_order", "spline_degree", "filter_order"), 20),
    **dict.fromkeys(("diff_order", "original_criteria"), 5),
}
HALF_WIDTH = 2  # channels on both sides of an anchor whose median it is


Own: TypeAlias = Callable[[FloatArray, FloatArray, BoolArray | None, Baseline], FloatArray]


class Method(NamedTuple):
    """A way to find a baseline, and where it comes from.

    Attributes
    ----------
    meaning, reference : str
    own : callable or None
        Takes what `background` takes, masked channels bridged; None: pybaselines has it, by the same name.
    """

    meaning: str
    reference: str
    own: Own | None = None


def _through_regions(
    shift_cm1: FloatArray, counts: FloatArray, use: BoolArray | None, baseline: Baseline
) -> FloatArray:
    inside = np.zeros(len(shift_cm1), dtype=bool)
    for low, high in baseline.regions:
        inside |= (shift_cm1 >= low) & (shift_cm1 <= high)
    order = baseline.order if isinstance(baseline.order, int) else 2
    expect(int(inside.sum()) > order, "baseline.regions", f"more than {order} channels in them", int(inside.sum()))
    t = (2 * shift_cm1 - shift_cm1[0] - shift_cm1[-1]) / (shift_cm1[-1] - shift_cm1[0])
    powers = np.vander(t, order + 1)
    weights = (np.ones(counts.shape, dtype=bool) if use is None else use)[:, inside].astype(np.float64)
    enough = weights.sum(axis=1) > order
    baselines = np.full(counts.shape, np.nan)
    # every product is one of small matrices per spectrum: its digits do not depend on what stands beside it
    weighted = np.ascontiguousarray(weights[enough])[:, None, :] * powers[inside].T
    right = weighted @ np.ascontiguousarray(counts[enough][:, inside])[..., None]
    solved = np.linalg.solve(weighted @ powers[inside], right)[..., 0]
    baselines[enough] = (solved[:, None, :] @ powers.T)[:, 0]
    return baselines


def _through_anchors(
    shift_cm1: FloatArray, counts: FloatArray, use: BoolArray | None, baseline: Baseline
) -> FloatArray:
    from scipy.interpolate import PchipInterpolator

    anchors_cm1 = baseline.anchors_cm1
    low, high = float(shift_cm1[0]), float(shift_cm1[-1])
    at = sorted(set(anchors_cm1))
    expect(len(at) > 1, "baseline.anchors_cm1", "two or more", list(anchors_cm1))
    expect(low <= at[0] and at[-1] <= high, "baseline.anchors_cm1", f"shifts in {low:g}-{high:g}", list(anchors_cm1))
    middle = np.abs(shift_cm1 - np.array(at)[:, None]).argmin(axis=1)
    near = np.clip(middle[:, None] + np.arange(-HALF_WIDTH, HALF_WIDTH + 1), 0, len(shift_cm1) - 1)
    levels = np.sort(counts[:, near], axis=2)[..., HALF_WIDTH]
    inside = np.clip(shift_cm1, at[0], at[-1])  # level beyond the ends
    return np.asarray(PchipInterpolator(at, levels, axis=1)(inside))


METHODS: dict[str, Method] = {
    "regions": Method(
        "least-squares polynomial of baseline.order through baseline.regions",
        "general practice; Gan et al., Chemom. Intell. Lab. Syst. 82, 59 (2006) for its iterated forms",
        _through_regions,
    ),
    "anchors": Method(
        "monotone cubic through the medians of 5 channels at baseline.anchors_cm1",
        "Fritsch & Butland, SIAM J. Sci. Stat. Comput. 5, 300 (1984)",
        _through_anchors,
    ),
    "modpoly": Method(
        "polynomial of baseline.order fitted again to the smaller of itself and the counts",
        "Lieber & Mahadevan-Jansen, Appl. Spectrosc. 57, 1363 (2003)",
    ),
    "imodpoly": Method(
        "the same with the noise taken into account and peaks left out first",
        "Zhao et al., Appl. Spectrosc. 61, 1225 (2007)",
    ),
    "asls": Method(
        "asymmetric least squares, options lam and p", "Eilers, Anal. Chem. 75, 3631 (2003); Eilers & Boelens (2005)"
    ),
    "arpls": Method(
        "asymmetrically reweighted penalised least squares, option lam", "Baek et al., Analyst 140, 250 (2015)"
    ),
    "airpls": Method(
        "adaptive iteratively reweighted penalised least squares, option lam", "Zhang et al., Analyst 135, 1138 (2010)"
    ),
    "rubberband": Method("lower half of the convex hull", "general practice"),
}
"""The usual ones; all further algorithms of pybaselines go by their names there."""


def background(shift_cm1: FloatArray, counts: FloatArray, use: BoolArray | None, baseline: Baseline) -> FloatArray:
    """Return the baselines of spectra, [N, M].

    Parameters
    ----------
    shift_cm1 : array [M]
        Rising; need not be evenly spaced.
    counts : array [N, M]
    use : bool array [N, M], optional
        Other channels are bridged by straight lines first.
    baseline : Baseline
        With a method other than "fit".

    Returns
    -------
    array
        Not a number, all over, where the method found nothing.

    Raises
    ------
    RecipeError
        If there is no such method or it has no such option, or the regions hold too few channels.
    """
    options = checked_options(baseline)
    filled = bridged(counts, use)
    if own := _own(baseline.method):
        return own(shift_cm1, filled, use, baseline)
    from pybaselines import Baseline as Algorithms

    algorithm = getattr(Algorithms(shift_cm1), baseline.method)
    baselines = np.full(counts.shape, np.nan)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for i, spectrum in enumerate(filled):  # pybaselines takes one at a time
            try:
                baselines[i] = algorithm(spectrum, **options)[0]
            except Exception:  # whatever it is that ends fifty algorithms of others on an odd spectrum
                continue
    baselines[~np.isfinite(baselines).all(axis=1)] = np.nan
    return baselines


def checked_options(baseline: Baseline) -> dict[str, Any]:
    """Return what a method is called with.

    Raises
    ------
    RecipeError
        If there is no such method, or it has no such option.
    """
    options = _parsed(baseline.options)
    if _own(baseline.method):
        expect(not options, "baseline.options", f"nothing with method {baseline.method!r}", baseline.options)
        return {}
    methods = algorithms()
    if baseline.method not in methods:
        raise unknown("baseline", baseline.method, ["fit", *METHODS, *methods])
    parameters = inspect.signature(methods[baseline.method]).parameters
    names = list(parameters)[2:]  # without self and data
    for name, value in options.items():
        if name not in names:
            raise RecipeError(f"baseline.options: {baseline.method} has no {name!r}", hint=nearest(name, names))
        usual = parameters[name].default
        if isinstance(usual, int | float) and isinstance(value, str):
            expect(False, f"baseline.options: {name}", "a number", value)
        _check_bounded(name, value, whole=isinstance(usual, int | NoneType))
    if "poly_order" in names and isinstance(baseline.order, int):
        options = {"poly_order": baseline.order, **options}
    return options


def _check_bounded(name: str, value: object, *, whole: bool) -> None:
    """Make sure that an option ends: a number of steps, channels or knots; what is no such number is finite."""
    key = f"baseline.options: {name}"
    if isinstance(value, list | dict):
        expect(False, key, "a number or a word", value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    most = MOST.get(name, MOST_CHANNELS if whole else LARGEST)
    expect(abs(value) <= most, key, f"at most {most:g}", value)  # also not a number


def algorithms() -> dict[str, Callable[..., Any]]:
    """Return all algorithms of pybaselines that need nothing but a spectrum, by name."""
    from pybaselines import Baseline as Algorithms

    methods = {}
    for name in dir(Algorithms):
        method = getattr(Algorithms, name)
        if name.startswith("_") or not callable(method) or name in OF_MANY:
            continue
        _, *parameters = inspect.signature(method).parameters.values()
        needed = [p.name for p in parameters if p.default is p.empty and p.kind != p.VAR_KEYWORD]
        if needed == ["data"]:
            methods[name] = method
    return methods


def _own(name: str) -> Own | None:
    return METHODS[name].own if name in METHODS else None


def _parsed(options: str) -> dict[str, Any]:
    try:
        return dict(parse_toml(f"options = {{ {options} }}", "")["options"])
    except RecipeError:
        raise RecipeError(f'baseline.options: expected settings such as "lam=1e6, p=0.01", found {options!r}') from None

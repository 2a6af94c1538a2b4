"""The list of flags: each is raised somewhere, and the README names all of them."""

from __future__ import annotations

from importlib import import_module

import numpy as np

from ramanfit.fit.flags import FLAGS, Judged, flags_of
from ramanfit.fit.pipeline import fit_scan
from ramanfit.fit.result import Status
from ramanfit.recipe.toml import load_recipe
from ramanfit.scan.scan import Scan
from tests.fit.test_quantities import SHIFT, spectra


def test_every_flag_is_raised_by_a_function_or_a_module_that_is_there() -> None:
    for word, flag in FLAGS.items():
        assert flag.meaning
        assert callable(flag.raised) or word in vars(import_module(flag.raised)).values(), word


def test_every_function_tells_of_every_fit() -> None:
    recipe = load_recipe("li-graphite")
    done = fit_scan(Scan(SHIFT, spectra(4), "line"), recipe)
    status = np.full((4, 2), "ok")
    fits = Judged(done.result, done.prepared, recipe, status, np.full((4, 2), 10.0))
    for word, flag in FLAGS.items():
        if callable(flag.raised):
            raised = flag.raised(fits)
            assert (raised.shape, raised.dtype) == ((4,), bool), word


def test_words_come_in_the_order_of_the_list() -> None:
    recipe = load_recipe("li-graphite")
    done = fit_scan(Scan(SHIFT, spectra(2), "line"), recipe)
    done.result.status[0] = Status.FAILED
    done.result.at_bound[1, 0, 0] = True
    status = np.array([["failed", "failed"], ["ok", "not_detected"]])
    fits = Judged(done.result, done.prepared, recipe, status, np.array([[1.0, 1.0], [4.0, 1.0]]))
    assert flags_of(fits).tolist() == ["failed", "at_bound|not_detected|low_snr"]

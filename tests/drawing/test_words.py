"""Words find room: whatever files, flags and peaks are called, none is clipped, and none lies over another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ramanfit.drawing import figures
from ramanfit.drawing.figures.words import broken, plain, shortened, spread, width_in, wrapped
from ramanfit.fit.curves import Curves
from ramanfit.fit.flags import FLAGS
from tests.drawing.made import carbon, curve, flagged_experiment
from tests.drawing.readable import assert_readable
from tests.drawing.texts import assert_clear_of_curves

names = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x17E, exclude_characters="\x7f\xad"), max_size=120
).filter(lambda name: bool(name.strip()) and name.isprintable())
flags = st.lists(st.sampled_from(sorted(FLAGS)), max_size=len(FLAGS), unique=True).map(", ".join)
few = settings(
    max_examples=5, deadline=None, phases=(Phase.explicit, Phase.generate), suppress_health_check=[HealthCheck.too_slow]
)


def page() -> Figure:
    figure = Figure(figsize=(3.25, 1))
    FigureCanvasAgg(figure)
    return figure


@given(names, st.floats(0.3, 3.0))
@settings(max_examples=30, deadline=None)
def test_a_name_that_is_too_long_loses_its_middle_and_no_more_than_it_must(name: str, room: float) -> None:
    figure = page()
    short = shortened(figure, name, room, 6.5)
    assert width_in(figure, short, 6.5) <= room
    if short == plain(name):
        return
    head, tail = short.split("…") if "…" not in name else (short[:1], short[-1:])
    assert plain(name).startswith(head)
    assert plain(name).endswith(tail)
    if "…" not in name:
        longer = (
            f"{name[: len(head) + (len(head) == len(tail))]}…{name[len(name) - len(tail) - (len(head) > len(tail)) :]}"
        )
        assert width_in(figure, longer, 6.5) > room


@given(flags.filter(bool), st.floats(1.0, 3.0))
@settings(max_examples=25, deadline=None)
def test_flags_are_all_there_on_lines_that_fit(words: str, room: float) -> None:
    figure = page()
    lines = wrapped(figure, words.split(", "), room, 5.5)
    assert " ".join(lines) == words
    assert all(width_in(figure, line, 5.5) <= room for line in lines)


@given(names, st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_a_broken_name_is_whole_where_there_is_room(name: str, most: int) -> None:
    figure = page()
    lines = broken(figure, name, 1.2, 6.5, most)
    assert len(lines) <= most
    assert all(width_in(figure, line, 6.5) <= 1.2 for line in lines)
    assert "".join(lines) == plain(name) or "…" in "".join(lines)


@given(st.lists(st.tuples(st.floats(-1, 8), st.floats(0.05, 0.6)), min_size=1, max_size=9))
@settings(max_examples=100, deadline=None)
def test_labels_are_apart_and_move_no_more_than_they_must(labels: list[tuple[float, float]]) -> None:
    """Against the same problem solved by projected steps on its dual, which knows nothing of pools."""
    wanted, sizes = (np.array(column) for column in zip(*labels, strict=True))
    placed = spread(wanted, sizes, 0.0, 7.0)
    order = np.argsort(wanted, kind="stable")
    gaps = (sizes[order][1:] + sizes[order][:-1]) / 2
    assert (np.diff(placed[order]) >= gaps - 1e-9).all()
    assert placed[order][0] - sizes[order][0] / 2 >= -1e-9
    assert placed[order][-1] + sizes[order][-1] / 2 <= 7 + 1e-9
    optimize = pytest.importorskip("scipy.optimize")
    n = len(wanted)
    rows = np.vstack([np.eye(n)[1:] - np.eye(n)[:-1], np.eye(n)[:1], -np.eye(n)[-1:]])
    least = np.concatenate([gaps, [sizes[order][0] / 2], [sizes[order][-1] / 2 - 7]])
    # nearest point under linear bounds: Lawson & Hanson's least distance programming
    target = wanted[order]
    off = least - rows @ target
    dual, residual = optimize.nnls(np.vstack([rows.T, off]), np.append(np.zeros(n), 1.0))
    if residual < 1e-9:
        return
    r = np.vstack([rows.T, off]) @ dual - np.append(np.zeros(n), 1.0)
    best = target - r[:-1] / r[-1]
    assert np.sum((placed[order] - target) ** 2) <= np.sum((best - target) ** 2) + 1e-6


@pytest.mark.parametrize("width", ["single", "double"])
@given(title=names, words=flags, other=names)
@few
def test_a_gallery_is_readable(width: str, title: str, words: str, other: str) -> None:
    items = [(title, words, carbon()), (other, "", curve(1)), ("one.txt, P1", "at_bound", curve(2, fitted=False))]
    figure = figures.gallery_figure(items, width)
    assert_readable(figure)
    shown = " ".join(text.get_text() for text in figure.texts)
    assert all(flag in shown for flag in words.split(", "))


@pytest.mark.parametrize("width", ["single", "double"])
@given(
    title=names,
    words=flags,
    peaks=st.lists(st.text("BDG'42_in", min_size=1, max_size=9), min_size=1, max_size=6, unique=True),
    first=st.floats(880, 1850),
    step=st.floats(1, 150),
)
@few
def test_a_spectrum_is_readable_and_its_peaks_are_named_above_it(
    width: str, title: str, words: str, peaks: list[str], first: float, step: float
) -> None:
    of = carbon(tuple(peaks), tuple(first + step * k for k in range(len(peaks))))
    figure = figures.spectrum_figure(title, words, of, width)
    assert_readable(figure)
    named = {name if seen else f"({name})" for name, seen in zip(peaks, of.detected, strict=True)}
    assert_clear_of_curves(figure, figure.axes[0], named)


@pytest.mark.parametrize("width", ["single", "double"])
@given(
    title=names,
    values=st.lists(st.floats(0, 100), min_size=1, max_size=9),
    scale=st.sampled_from([1e-3, 1.0, 1e4]),
)
@few
def test_a_waterfall_is_readable(width: str, title: str, values: list[float], scale: float) -> None:
    def scaled(k: int) -> Curves:
        of = curve(k)
        return replace(of, counts=scale * of.counts, height=scale * of.height, coefficients=scale * of.coefficients)

    picked = [(f"{value:.0f} %, {value:.1f} h *", value, scaled(k)) for k, value in enumerate(values)]
    figure = figures.waterfall_figure(picked, "state of charge, time", width, title=title)
    assert_readable(figure)
    assert not figure.axes[0].get_yticks().size


@pytest.mark.parametrize("width", ["single", "double"])
@given(ends=st.tuples(names, names))
@settings(few, max_examples=2)
def test_the_ends_of_a_line_are_readable(width: str, ends: tuple[str, str]) -> None:
    assert_readable(figures.profile_figure(flagged_experiment(), width, ends=ends))
    assert_readable(figures.map_figure(flagged_experiment(), ["ratio", "G_height"], width, ends=ends))

"""Figures against time, scan, voltage, capacity, state of charge and covariates: each value where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ramanfit.drawing import figures
from ramanfit.drawing.abscissa import Abscissa, abscissa_of, across
from ramanfit.drawing.axes import robust_range
from ramanfit.drawing.figures.bands import means_of
from ramanfit.drawing.figures.contour import grids_of
from ramanfit.drawing.waterfall import Picked, waterfall_figure
from ramanfit.errors import RecipeError, UsageError
from ramanfit.experiment.cell import at
from ramanfit.experiment.evolution import Evolution
from ramanfit.experiment.maps import default_maps
from ramanfit.experiment.picks import strongest_point
from ramanfit.experiment.request import Drawing
from ramanfit.fit.curves import Curves
from ramanfit.fit.doubt import COUNTS_DOUBTFUL, DOUBTFUL
from ramanfit.fit.flags import FLAGS
from ramanfit.tables.table import Table, with_columns
from tests.drawing.readable import assert_readable
from tests.drawing.test_figures import curve, experiment, panel

SCANS, POINTS = 24, 6
NAMES = {
    "time": "time_s",
    "scan": "scan",
    "voltage": "voltage_v",
    "capacity": "capacity_mah",
    "soc": "soc",
    "dose": "dose",
}


def cycle(flagged: tuple[tuple[int, int], ...] = ((2, 0), (9, 3)), word: str = "outlier", **options: bool) -> Evolution:
    """A full cycle: voltage and charge go up for half of the scans, then down; the dose only rises."""
    evolution = experiment(SCANS, POINTS, **options)  # type: ignore[arg-type]
    record = evolution.record
    assert record is not None
    half = record.time_s[-1] / 2
    way = 1 - np.abs(record.time_s / half - 1)
    record = replace(record, voltage_v=3 + way**2, soc=100 * way, capacity_mah=4 * way)
    scan = np.asarray(evolution.table.columns["scan"])
    cell = at(record, np.asarray(evolution.table.columns["time_s"]))
    table = with_columns(evolution.table, {**cell, "dose": scan**2 + 1.0}, "time_s")
    rows = [int(evolution.rows[pair]) for pair in flagged]
    words = [str(words) for words in table.columns["flags"]]
    for row in rows:
        words[row] = "|".join(w for w in (words[row], word) if w)
    return replace(evolution, fits=evolution.fits.with_table(table.with_(flags=tuple(words))), record=record)


def x_of(evolution: Evolution, name: str) -> np.ndarray:
    return evolution.grid(NAMES[name]) / (3600 if name == "time" else 1)


def lines_of(ax: Axes, p: int) -> list[Line2D]:
    """The lines of a point, by its colour: whole ones alone."""
    colour = to_rgba(figures.style.COLOURS[p])  # type: ignore[attr-defined]
    return [line for line in ax.lines if to_rgba(line.get_color()) == colour and len(line.get_xydata()) == SCANS]  # type: ignore[arg-type]


def mesh_of(ax: Axes) -> np.ma.MaskedArray:
    mesh = next(c for c in ax.collections if isinstance(c, QuadMesh))
    cells = np.ma.asarray(mesh.get_array())
    shape = np.asarray(mesh.get_coordinates()).shape
    return np.ma.masked_array(cells.reshape(shape[0] - 1, shape[1] - 1))


# -- lines --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", NAMES)
def test_every_value_of_a_trace_is_the_tables_at_its_own_place(x: str) -> None:
    evolution = cycle()
    figure = figures.traces_figure(evolution, x=x)
    for name in ("B_height", "G_height", "B_center_cm1", "G_center_cm1", "ratio"):
        words = {"ratio": "I_"}.get(name, name.split("_")[0] + (" height" if "height" in name else " position"))
        value = evolution.shown(name)
        for p in range(POINTS):
            drawn = np.concatenate([line.get_xydata() for line in lines_of(panel(figure, words), p)])  # type: ignore[misc]
            pairs = {tuple(pair) for pair in drawn.tolist() if np.isfinite(pair).all()}
            expected = np.column_stack([x_of(evolution, x)[:, p], value[:, p]])
            assert pairs == {tuple(pair) for pair in expected.tolist() if np.isfinite(pair).all()}
    assert_readable(figure)


def test_a_line_that_turns_is_whole_and_says_its_way() -> None:
    evolution = cycle(gone=())  # type: ignore[arg-type]
    figure = figures.traces_figure(evolution, x="voltage")
    for p in range(POINTS):
        rises, falls = lines_of(panel(figure, "G height"), p)
        assert (rises.get_linestyle(), falls.get_linestyle()) == ("-", "--")
        up, down = (np.isfinite(np.asarray(line.get_ydata(), dtype=float)) for line in (rises, falls))
        top = int(np.nanargmax(evolution.grid("voltage_v")[:, p]))
        assert up[: top + 1].sum() == top  # scan 5 is missing
        assert abs(int(np.flatnonzero(up)[-1]) - top) <= 1
        assert (up & down).sum() == 1  # they meet
        assert (up | down).sum() == SCANS - 1
    said = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert {"voltage rises", "voltage falls"} <= set(said)
    plain = figures.traces_figure(evolution, x="dose")
    assert not [text for legend in plain.legends for text in legend.get_texts() if "rises" in text.get_text()]


@given(st.lists(st.floats(-0.04, 0.04), min_size=61, max_size=61), st.floats(0.1, 1e4), st.booleans())
def test_noise_is_no_turn(noise: list[float], size: float, down: bool) -> None:
    """A cycle of 31 scans up and 30 down turns once, and what only goes one way not at all."""
    way = np.concatenate([np.linspace(0, 1, 31), np.linspace(1, 0, 31)[1:]])
    sign = -1 if down else 1
    for course, turns in ((way, True), (np.linspace(0, 1, 61), False)):
        values = sign * size * (course + np.array(noise))[:, None]
        evolution = experiment(61, 1, missing=(), gone=(), record=False)
        table = with_columns(evolution.table, {"dose": values[:, 0]}, "time_s")
        abscissa = abscissa_of(replace(evolution, fits=evolution.fits.with_table(table)), "dose")
        assert abscissa.turns == turns
        changes = np.flatnonzero(np.diff(abscissa.falls.astype(int)))
        assert len(changes) == turns
        if turns:
            assert abs(int(changes[0]) - 30) <= 4
        assert bool(abscissa.falls[0]) == down


def test_flagged_values_are_open_and_explained() -> None:
    flagged = ((2, 0), (9, 3), (12, 5))
    evolution = cycle(flagged)
    figure = figures.traces_figure(evolution)
    for words in ("G height", "B position", "I_"):
        opened = [line for line in panel(figure, words).lines if line.get_markerfacecolor() == "white"]
        drawn = {tuple(pair) for line in opened for pair in np.asarray(line.get_xydata()).tolist()}
        name = {"G height": "G_height", "B position": "B_center_cm1", "I_": "ratio"}[words]
        assert drawn == {(float(evolution.time_s[pair] / 3600), float(evolution.shown(name)[pair])) for pair in flagged}
    said = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert "flagged as doubtful" in said
    harmless = figures.traces_figure(cycle(flagged, "spike_in_band"))
    assert not [line for ax in harmless.axes for line in ax.lines if line.get_markerfacecolor() == "white"]
    assert not [t for legend in harmless.legends for t in legend.get_texts() if "flagged" in t.get_text()]


def test_flags_that_count_are_flags() -> None:
    assert {*DOUBTFUL} < {*FLAGS}
    assert {*COUNTS_DOUBTFUL} < {*DOUBTFUL}
    assert {*DOUBTFUL}.isdisjoint({"not_detected", "failed", "not_measured", "spike_in_band", "low_snr"})


def test_points_are_told_apart_without_colour_and_lone_ones_have_their_errors() -> None:
    evolution = experiment(gone=((3, 1), (5, 1), (1, 1)), missing=())
    figure = figures.traces_figure(evolution)
    ax = panel(figure, "G height")
    markers = [line.get_marker() for p in range(POINTS) for line in lines_of(ax, p)]
    assert len({*markers}) == POINTS
    bars = [c for c in ax.collections if hasattr(c, "get_segments") and len(c.get_segments())]
    segments = np.concatenate([np.asarray(c.get_segments()) for c in bars])
    alone = [(s, 1) for s in (0, 2, 4)]
    np.testing.assert_allclose(segments[:, :, 0].mean(axis=1), [evolution.time_s[pair] / 3600 for pair in alone])
    np.testing.assert_allclose(np.ptp(segments[:, :, 1], axis=1) / 2, 2.0)
    assert {text.get_text() for text in figure.legends[0].get_texts()} == {
        f"P{k + 1} ({5 * k} µm)" for k in range(POINTS)
    }


def test_the_reference_stands_in_positions_and_ratio() -> None:
    evolution = experiment(reference=True)
    figure = figures.traces_figure(evolution)
    for words, name in (("B position", "B_center_cm1"), ("G position", "G_center_cm1"), ("I_", "ratio")):
        ax = panel(figure, words)
        level = [line for line in ax.lines if len(np.atleast_1d(line.get_xdata())) == 2]
        assert [float(np.asarray(line.get_ydata())[0]) for line in level] == [evolution.reference_value(name)[0]]
        assert ax.get_ylim()[0] <= evolution.reference_value(name)[0] <= ax.get_ylim()[1]
    assert not [line for line in panel(figure, "G height").lines if len(np.atleast_1d(line.get_xdata())) == 2]


# -- cells --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", NAMES)
def test_cells_of_a_map_are_the_tables_in_their_order(x: str) -> None:
    """Rising and falling abscissae: true axes; those that turn: in order of time, ticks where they are passed."""
    evolution = cycle()
    figure = figures.map_figure(evolution, ["ratio"], x=x)
    ax = figure.axes[0]
    cells, expected = mesh_of(ax), evolution.shown("ratio").T
    assert cells.mask[:, 5].all()
    np.testing.assert_array_equal(cells.mask, ~np.isfinite(expected))
    np.testing.assert_array_equal(cells.compressed(), expected[np.isfinite(expected)])
    low, high = ax.get_xlim()
    turning = x in ("voltage", "capacity", "soc")
    lowest = figure.axes[1] if x != "dose" else ax
    assert ("in order of time" in lowest.get_xlabel()) == turning
    if turning:
        ticks, names = lowest.get_xticks(), [text.get_text() for text in lowest.get_xticklabels()]
        row = np.argsort(evolution.time_s.ravel())[: SCANS * POINTS - POINTS]
        passed = np.interp(ticks, evolution.time_s.ravel()[row] / 3600, evolution.grid(NAMES[x]).ravel()[row])
        np.testing.assert_allclose(passed, [float(name) for name in names], atol=1e-6)
        assert len(names) > len({*names})  # up and down
    else:
        middles = np.nanmean(np.delete(x_of(evolution, x), 5, axis=0), axis=1)
        assert low < middles.min() < middles.max() < high
    assert_readable(figure)


def test_an_abscissa_that_falls_goes_from_low_to_high_all_the_same() -> None:
    evolution = cycle()
    scan = np.asarray(evolution.table.columns["scan"])
    table = evolution.table.with_(dose=100.0 - 3.0 * scan)
    falling = replace(evolution, fits=evolution.fits.with_table(table))
    cells = across(falling, abscissa_of(falling, "dose"), 0.1)
    assert (np.diff(cells.edges) > 0).all()
    assert cells.scans.tolist() == list(range(SCANS))[::-1]
    np.testing.assert_allclose((cells.edges[1:] + cells.edges[:-1]) / 2, 100.0 - 3.0 * cells.scans)


def test_flagged_cells_have_a_dot() -> None:
    flagged = ((2, 0), (9, 3))
    evolution = cycle(flagged)
    figure = figures.map_figure(evolution, ["ratio"])
    (dots,) = (line for line in figure.axes[0].lines if line.get_marker() == "o")
    times, places = np.asarray(dots.get_xdata()), np.asarray(dots.get_ydata())
    for (scan, point), time_h, place in zip(sorted(flagged, key=lambda pair: pair[1]), times, places, strict=True):
        assert place == 5.0 * point
        assert time_h == pytest.approx(evolution.scan_time_s[scan] / 3600, abs=0.02)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "not measured",
        "measured, not detected",
        "flagged",
    ]


def test_a_noisy_point_does_not_flatten_the_others() -> None:
    rng = np.random.default_rng(1)
    value = np.tile(np.linspace(1.0, 2.0, 100)[:, None], (1, 6)) + rng.normal(0, 0.01, (100, 6))
    se = np.full(value.shape, 0.01)
    clean = robust_range(value, se)
    assert clean == (value.min(), value.max())
    value[:, 2] += rng.normal(0, 3, 100)
    se[:, 2] = 3.0
    low, high = robust_range(value, se)
    assert low == pytest.approx(clean[0], abs=0.1)
    assert high == pytest.approx(clean[1], abs=0.1)
    value[50, 4] = 1000.0  # alone, whatever is said of its error
    assert robust_range(value, se)[1] < 3


def test_what_lies_beyond_a_scale_is_counted() -> None:
    evolution = cycle(gone=())  # type: ignore[arg-type]
    ratio = np.array(evolution.table.columns["ratio"], dtype=np.float64)
    ratio[[10, 40, 41]] = 500.0
    odd = replace(evolution, fits=evolution.fits.with_table(evolution.table.with_(ratio=ratio)))
    figure = figures.map_figure(odd, ["ratio"])
    (words,) = (ax.get_ylabel() for ax in figure.axes if "beyond" in ax.get_ylabel())
    assert words.endswith("\n3 values beyond")
    assert next(c for c in figure.axes[0].collections if isinstance(c, QuadMesh)).get_clim()[1] < 2


def test_positions_are_shown_as_differences_to_the_reference() -> None:
    evolution = cycle()
    for low, colours in ((-3.0, "RdYlBu_r"), (1.0, "viridis")):
        scan = np.asarray(evolution.table.columns["scan"])
        delta = low + 0.3 * scan
        table = with_columns(
            evolution.table, {"G_center_delta_cm1": delta, "G_center_delta_se": 0 * delta + 0.3}, "ratio_se"
        )
        compared = replace(evolution, fits=evolution.fits.with_table(table))
        figure = figures.map_figure(compared, ["G_center_cm1"])
        mesh = next(c for c in figure.axes[0].collections if isinstance(c, QuadMesh))
        expected = compared.shown("G_center_delta_cm1").T
        np.testing.assert_array_equal(mesh_of(figure.axes[0]).compressed(), expected[np.isfinite(expected)])
        assert mesh.get_cmap().name == colours
        if low < 0:
            assert mesh.get_clim()[0] == -mesh.get_clim()[1]


# -- contour ------------------------------------------------------------------------------------------------


def spectra(evolution: Evolution, p: int, masked: int = 30) -> dict[int, Curves]:
    rows = evolution.rows[:, p]
    made = {int(row): curve(int(row)) for row in rows if row >= 0}
    first = made[int(rows[0])]
    first.use[masked] = False
    return made


@pytest.mark.parametrize("x", [None, "voltage", "dose"])
@pytest.mark.parametrize("width", ["single", "double"])
def test_a_contour_holds_counts_less_baseline(x: str | None, width: str) -> None:
    evolution = cycle()
    made = spectra(evolution, 3)
    figure = figures.contour_figure(evolution, "P4", made, width, x)
    cells = mesh_of(figure.axes[0])
    assert cells.shape == (400, SCANS)
    assert cells.mask[:, 5].all()
    assert cells.mask[30, 0]
    assert cells.mask.sum() == 400 + sum(int((~one.use).sum()) for one in made.values())
    for scan, row in enumerate(evolution.rows[:, 3].tolist()):
        if row >= 0:
            one = made[row]
            there = one.use
            np.testing.assert_array_equal(cells[there, scan], (one.counts - one.baseline())[there])
    assert_readable(figure)


def test_spectra_that_were_not_fitted_are_blank_and_axes_stay_apart() -> None:
    other = replace(curve(1), shift_cm1=np.linspace(901, 1901, 400))
    grids = grids_of([0, 1, -1, 2], {0: curve(0), 1: other, 2: curve(2, fitted=False)})
    assert len(grids) == 2
    (_, first), (_, second) = grids
    assert np.isfinite(first).any(axis=1).tolist() == [True, False, False, False]
    assert np.isfinite(second).any(axis=1).tolist() == [False, True, False, False]


def test_the_strongest_point_is_told_by_its_heights() -> None:
    assert strongest_point(experiment()) == "P6"  # heights grow along the line


# -- bands --------------------------------------------------------------------------------------------------


def bands_of(evolution: Evolution, seed: int = 0) -> Table:
    rng = np.random.default_rng(seed)
    n, at_cm1 = len(evolution.table), (900.0, 1350.0, 1590.0, 2000.0)
    enhancement = 1 + rng.normal(0, 0.05, n * 4)
    specific = np.tile([np.nan, 1.0, 1.0, np.nan], n)
    columns = {"band_cm1": np.tile(at_cm1, n), "enhancement": enhancement, "enhancement_se": np.full(n * 4, 0.05)}
    return Table({**columns, "specific": specific})


def titled(figure: Figure) -> list[Axes]:
    return [ax for ax in figure.axes if ax.get_title()]


@pytest.mark.parametrize("x", ["time", "voltage"])
@pytest.mark.parametrize("width", ["single", "double"])
def test_bands_have_one_scale_and_the_voltage_beneath(x: str, width: str) -> None:
    evolution = cycle()
    figure = figures.bands_figure(evolution, bands_of(evolution), width, x)
    assert len({ax.get_ylim() for ax in titled(figure)}) == 1
    assert [("control" in ax.get_title()) for ax in titled(figure)] == [True, False, False, True]
    beneath = [ax for ax in figure.axes if not ax.get_title()]
    assert bool(beneath) == (x == "time")
    for ax in beneath:
        assert ax.get_xlim() == titled(figure)[0].get_xlim()
    assert_readable(figure)


def test_many_scans_are_drawn_as_means_with_their_scatter() -> None:
    evolution = experiment(100, 2, missing=(), gone=())
    bands = bands_of(evolution)
    figure = figures.bands_figure(evolution, bands)
    value = np.asarray(bands.columns["enhancement"]).reshape(-1, 4)[evolution.rows][:, :, 0]
    for p, container in enumerate(titled(figure)[0].containers):
        drawn = np.asarray(container.lines[0].get_ydata())  # type: ignore[attr-defined]
        bins = [value[k : k + 5, p] for k in range(0, 100, 5)]
        np.testing.assert_allclose(drawn, [part.mean() for part in bins])
        halves = [np.ptp(segment[:, 1]) / 2 for segment in container.lines[2][0].get_segments()]  # type: ignore[attr-defined]
        np.testing.assert_allclose(halves, [part.std(ddof=1) / np.sqrt(5) for part in bins])


@given(st.integers(1, 7), st.integers(2, 40), st.integers(0, 2**31))
def test_means_hold_every_value_once_and_none_spans_a_turn(several: int, scans: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(scans, 2))
    value = np.where(rng.random((scans, 2)) < 0.2, np.nan, rng.normal(size=(scans, 2)))
    falls = np.arange(scans) >= rng.integers(0, scans)
    means = means_of(Abscissa("soc", x, "state of charge (%)", falls), value, np.ones_like(value), several)
    turn = int(falls.argmax()) if falls.any() else 0
    assert len(means.value) == sum(-(-n // several) for n in (turn, scans - turn) if n)


# -- names --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "x", "error", "words"),
    [
        (cycle, "voltag", RecipeError, "voltage"),
        (experiment, "voltage", UsageError, "--echem"),
        (lambda: experiment(timed=False, record=False), "time", UsageError, "--period"),
        (cycle, "dos", RecipeError, "dose"),
    ],
)
def test_what_cannot_be_drawn_against_is_said(
    make: Callable[[], Evolution], x: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as raised:
        figures.traces_figure(make(), x=x)
    assert words in f"{raised.value} {raised.value.hint}"  # type: ignore[attr-defined]


def test_without_times_the_scan_has_to_do() -> None:
    assert abscissa_of(experiment(timed=False, record=False)).name == "scan"
    assert abscissa_of(experiment()).name == "time"


@pytest.mark.parametrize("width", ["single", "double"])
@pytest.mark.parametrize("x", NAMES)
def test_words_are_readable_whatever_is_drawn_against(x: str, width: str) -> None:
    evolution = cycle()
    assert_readable(figures.map_figure(evolution, default_maps(evolution), width, x), x)
    assert_readable(figures.traces_figure(evolution, width, x), x)


@pytest.mark.parametrize("width", ["single", "double"])
def test_white_cells_of_a_map_are_explained_within_the_page(width: str) -> None:
    evolution = cycle(((3, 2),))
    measured = np.flatnonzero(np.asarray(evolution.table.columns["scan"]) != 5)
    figure = figures.map_figure(replace(evolution, fits=evolution.fits.rows(measured)), ["ratio"], width)
    figure.canvas.draw()
    (legend,) = figure.legends
    assert legend.get_texts()[0].get_text() == "not measured"
    assert legend.get_window_extent().x0 >= 0


@pytest.mark.parametrize("soc", [[0, 20, 40, 60], [0, 40, 60, 30]])
def test_a_state_of_charge_that_turns_gives_no_colours(soc: list[float]) -> None:
    """A full cycle passes the same charge twice; what follows in time must not look the same."""
    evolution = cycle()
    picked = [Picked(row, made) for row, made in list(spectra(evolution, 3).items())[:4]]
    rows = [row for row, _ in picked]
    column = np.full(len(evolution.table), np.nan)
    column[rows] = soc
    known = replace(evolution, fits=evolution.fits.with_table(evolution.table.with_(soc=column)))
    figure = waterfall_figure(known, picked, Drawing())
    lines = [line for line in figure.axes[0].lines if line.get_linewidth() == 1.1 and len(line.get_xdata()) > 10]
    greens = [to_rgb(line.get_color())[1] for line in lines]  # rises along the colours
    assert len(greens) == 4
    assert greens == sorted(greens)

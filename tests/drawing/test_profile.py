"""Profile and waterfall: every value is the table's, and what a figure cannot show it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

from ramanfit.drawing import figures
from ramanfit.drawing.waterfall import Picked, waterfall_figure
from ramanfit.experiment.evolution import Evolution
from ramanfit.experiment.picks import strongest_point
from ramanfit.experiment.request import Drawing
from tests.drawing.made import flagged_experiment
from tests.drawing.test_figures import curve, experiment, panel

SHOWN = {"B position": "B_center_cm1", "G position": "G_center_cm1", "I_": "ratio"}


def bars(ax: Axes) -> list[ErrorbarContainer]:
    return [container for container in ax.containers if isinstance(container, ErrorbarContainer)]


def key(figure: Figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


@pytest.mark.parametrize(("words", "quantity"), SHOWN.items())
def test_every_value_is_the_tables_with_its_error_and_flag(words: str, quantity: str) -> None:
    evolution = flagged_experiment()
    value, se = evolution.shown(quantity), evolution.errors(quantity)
    flagged = np.array([bool(words) for words in evolution.fits.flags])[evolution.rows]
    drawn: dict[tuple[float, float], tuple[float, bool]] = {}
    for bar in bars(panel(figures.profile_figure(evolution), words)):
        data, _, (halves,) = bar.lines
        if data.get_marker() == "*":
            continue
        for x, y, segment in zip(data.get_xdata(), data.get_ydata(), halves.get_segments(), strict=True):
            drawn[float(x), float(y)] = (
                (segment[1][1] - segment[0][1]) / 2,
                str(data.get_markerfacecolor()) == "white",
            )
    expected = {
        (evolution.position_um[p], value[s, p]): (pytest.approx(se[s, p]), bool(flagged[s, p]))
        for s in (0, 4, 10, 14, 19, 23)
        for p in range(6)
        if np.isfinite(value[s, p])
    }
    assert drawn == expected


def test_points_of_a_scan_are_joined_and_gaps_stay() -> None:
    evolution = flagged_experiment()
    ax = panel(figures.profile_figure(evolution), "G position")
    joined = [line for line in ax.lines if line.get_linestyle() == "-" and len(line.get_xdata()) == 6]
    for line, scan in zip(joined, (0, 4, 10, 14, 19, 23), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), evolution.position_um)
        np.testing.assert_array_equal(line.get_ydata(), evolution.shown("G_center_cm1")[scan])


def test_positions_that_fall_are_joined_in_order() -> None:
    evolution = experiment()
    turned = evolution.table.with_(position_um=25.0 - np.asarray(evolution.table.columns["position_um"]))
    ax = panel(figures.profile_figure(replace(evolution, fits=evolution.fits.with_table(turned))), "G position")
    line = next(line for line in ax.lines if line.get_linestyle() == "-" and len(line.get_xdata()) == 6)
    np.testing.assert_array_equal(line.get_xdata(), np.arange(0, 30, 5.0))
    np.testing.assert_array_equal(line.get_ydata(), evolution.shown("G_center_cm1")[0][::-1])


def test_what_is_beyond_the_axis_flagged_or_not_there_has_a_sign_that_is_explained() -> None:
    figure = figures.profile_figure(flagged_experiment())
    assert {"flagged as doubtful", "not detected", "goes on beyond the axis"} <= set(key(figure))
    ax = panel(figure, "I_")
    low, high = ax.get_ylim()
    assert high < 3
    arrows = [line for line in ax.lines if line.get_marker() == "^" and str(line.get_markerfacecolor()) == "none"]
    assert [(line.get_xdata().tolist(), line.get_ydata().tolist()) for line in arrows] == [([15.0], [high])]
    assert low < 0.5
    plain = figures.profile_figure(experiment(gone=()))
    assert not {"flagged as doubtful", "not detected", "goes on beyond the axis"} & set(key(plain))


def test_scans_are_named_by_state_of_charge_and_differ_in_more_than_colour() -> None:
    figure = figures.profile_figure(flagged_experiment())
    assert "state of charge, time" in [text.get_text() for text in figure.texts]
    assert key(figure)[0] == "2 %, 0.0 h"  # the mean over the scan: 0 to 3.6 %
    assert len({bar.lines[0].get_marker() for bar in bars(figure.axes[0])}) == 7
    untold = figures.profile_figure(experiment(record=False))
    assert "time" in [text.get_text() for text in untold.texts]


def test_the_ends_of_the_line_stand_at_its_lowest_and_its_highest_position() -> None:
    evolution = flagged_experiment()
    for figure, along in (
        (figures.profile_figure(evolution, ends=("Li", "SE")), 0),
        (figures.map_figure(evolution, ["ratio"], ends=("Li", "SE")), 1),
    ):
        at = {
            text.get_text(): text.xy[along]
            for ax in figure.axes
            for text in ax.texts
            if text.get_text() in ("Li", "SE")
        }
        assert at.keys() == {"Li", "SE"}
        assert at["Li"] < at["SE"]


def test_a_waterfall_shows_counts_above_the_baseline_and_its_bar_is_as_long_as_it_says() -> None:
    evolution = flagged_experiment()
    picked = [Picked(row, curve(row)) for row in (5, 65, 137)]
    figure = waterfall_figure(evolution, picked, Drawing())
    (ax,) = figure.axes
    spectra = [line for line in ax.lines if len(line.get_xdata()) == 400]
    zeros = [
        float(line.get_ydata()[0]) for line in ax.lines if len(line.get_xdata()) == 2 and line.get_linewidth() == 0.3
    ]
    for (_, of), data, fit, zero in zip(picked, spectra[::2], spectra[1::2], zeros, strict=True):
        np.testing.assert_allclose(data.get_ydata() - zero, np.where(of.use, of.counts - of.baseline(), np.nan))
        np.testing.assert_allclose(fit.get_ydata() - zero, of.fit() - of.baseline())
    (words,) = [text.get_text() for text in ax.texts if text.get_text().endswith("counts")]
    bar = next(line for line in ax.lines if line.get_xdata()[0] < 0 and len({*line.get_xdata()}) == 1)
    assert np.ptp(bar.get_ydata()) == pytest.approx(float(words.split()[0]))
    assert "P6 (25 µm)" in [text.get_text() for text in figure.texts]
    assert next(text.get_text() for text in ax.texts if "%" in text.get_text()) == "4 %, 0.0 h"


def test_the_strongest_point_is_the_one_with_the_highest_peaks() -> None:
    assert strongest_point(experiment()) == "P6"
    all_gone = tuple((s, p) for s in range(24) for p in (4, 5))
    evolution: Evolution = experiment(gone=all_gone)  # G is nowhere at P5 and P6, B is
    assert strongest_point(evolution) == "P4"

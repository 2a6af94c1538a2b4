"""Figures of several experiments, and marks of events: what is drawn is what the tables say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from matplotlib.figure import Figure

from ramanfit.drawing.compare import traces_of, words
from ramanfit.drawing.figures.compare import compare_figure
from ramanfit.drawing.figures.marks import mark_events, worth_marking
from ramanfit.experiment.compare import comparison
from ramanfit.experiment.voice import Silent
from tests.experiment.test_compare import experiment, numbers


@pytest.mark.parametrize("width", ["single", "double"])
@pytest.mark.parametrize("x", ["time", "voltage"])
def test_every_value_drawn_is_the_tables(x: str, width: str, tmp_path: Path) -> None:
    one = experiment(tmp_path / "one", 1, missing=(7,))
    compared = comparison([str(one), str(experiment(tmp_path / "other", 2))], (), (), x, Silent())
    figure = compare_figure(traces_of(compared, "ratio"), compared.names, "x", words(compared, "ratio"), width)
    table = compared.table
    scale = 3600 if x == "time" else 1
    assert [ax.get_title() for ax in figure.axes] == ["P1", "P2"]
    assert len({ax.get_ylim() for ax in figure.axes}) == 1
    for ax in figure.axes:
        lines = [line for line in ax.lines if line.get_linestyle() != "None"]
        for name, line in zip(compared.names, lines, strict=True):
            rows = np.array(table.columns["experiment"]) == name
            rows &= np.array(table.columns["point"]) == ax.get_title()
            at, value = (np.asarray(data, dtype=float) for data in line.get_data())
            drawn = np.isfinite(value)
            assert (~drawn).sum() == (name == "one")  # the line breaks at the missing scan
            np.testing.assert_allclose(at[drawn] * scale, numbers(table, compared.x)[rows], rtol=1e-12)
            np.testing.assert_array_equal(value[drawn], numbers(table, "ratio")[rows])
        looks = {(line.get_color(), str(line.get_linestyle()), line.get_marker()) for line in lines}
        assert all(len({look[k] for look in looks}) == 2 for k in range(3))


def test_words_of_axes(tmp_path: Path) -> None:
    paths = [str(experiment(tmp_path / name, 1)) for name in ("one", "other")]
    compared = comparison(paths, (), ("G_fwhm_cm1", "area_ratio"), "time", Silent())
    assert words(compared, "G_center_cm1") == "G position (cm⁻¹)"
    assert words(compared, "area_ratio") == "area ratio"


def test_marks_of_events_stand_where_the_events_are() -> None:
    ax = Figure().add_subplot()
    marks = [
        ("vanishes", "P1", 3600.0, 7200.0, 4.5),
        ("steepest", "P2", 0.0, 1800.0, np.nan),
        ("appears", "P9", 1.0, 2.0, 3.0),
    ]
    bars = mark_events(ax, marks, {"P1": "#123456", "P2": "#654321"}, lambda point, s: (s / 3600, 77.0))
    assert [list(np.asarray(bar.get_xdata(), dtype=float)) for bar in bars] == [[1.0, 2.0], [0.0, 0.5]]
    assert [bar.get_color() for bar in bars] == ["#123456", "#654321"]
    assert [bar.get_ydata()[0] for bar in bars] == [4.5, 77.0]
    assert worth_marking(marks, 36000.0) == marks
    assert worth_marking(marks, 3600.0) == [marks[0], marks[2]]
    signs = [line for line in ax.lines if line not in bars]
    assert [(sign.get_marker(), float(sign.get_xdata()[0])) for sign in signs] == [("1", 1.5), ("|", 0.25)]

"""`--style`: laid over ours, the same bytes each time, and nothing in it passed over silently."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pytest

from ramanfit.drawing import figures
from ramanfit.drawing.folder import check_style
from ramanfit.errors import InputError, RecipeError
from ramanfit.experiment.voice import Silent
from tests.drawing.test_figures import experiment, panel


def sheet(folder: Path, text: str) -> Path:
    path = folder / "mine.mplstyle"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_style_lies_over_ours_and_gives_the_same_bytes(tmp_path: Path) -> None:
    path = sheet(
        tmp_path, "axes.labelsize: 9  # large\naxes.prop_cycle: cycler(color=['k', 'r', 'b', 'g', 'c', 'm'])\n"
    )
    before = dict(mpl.rcParams)
    with figures.laid_over(figures.read_style(path).settings):
        drawn = [figures.traces_figure(experiment()) for _ in range(2)]
    plain = figures.traces_figure(experiment())
    assert dict(mpl.rcParams) == before
    assert panel(drawn[0], "G height").yaxis.label.get_fontsize() == 9
    assert panel(plain, "G height").yaxis.label.get_fontsize() == 7
    lines = [
        line for line in panel(drawn[0], "G height").lines if line.get_linestyle() == "-" and len(line.get_xdata()) > 2
    ]
    assert [line.get_color() for line in lines] == ["k", "r", "b", "g", "c", "m"]
    for k, figure in enumerate([*drawn, plain]):
        figures.save(figure, tmp_path / f"{k}.svg")
    first, second, ours = ((tmp_path / f"{k}.svg").read_bytes() for k in range(3))
    assert first == second != ours


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("axes.lebelsize: 9\n", ["line 1", "axes.lebelsize", "axes.labelsize"]),
        ("axes.labelsize: 9\nlines.linewidth: thick\n", ["lines.linewidth", "thick"]),
        ("axes.labelsize 9\n", ["colon", "axes.labelsize 9"]),
        ("axes.labelsize: 9\naxes.labelsize: 8\n", ["Duplicate", "line 2"]),
    ],
)
def test_what_matplotlib_would_only_log_is_refused(text: str, words: list[str], tmp_path: Path) -> None:
    path = sheet(tmp_path, text)
    with pytest.raises(RecipeError) as refused:
        figures.read_style(path)
    said = f"{refused.value.message} {refused.value.hint or ''}"
    assert str(path) in said
    assert all(word in said for word in words)


def test_what_is_no_style_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        figures.read_style(tmp_path / "nowhere.mplstyle")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\xff\xfe")
    with pytest.raises(RecipeError, match="UTF-8"):
        figures.read_style(tmp_path / "picture.png")


def test_what_the_page_decides_is_said(tmp_path: Path) -> None:
    class Heard(Silent):
        said = ""

        def say(self, message: str) -> None:
            self.said += message

    heard, path = Heard(), sheet(tmp_path, "figure.figsize: 3, 3\nsavefig.dpi: 600\nfont.size: 8\n")
    check_style(path, heard)
    assert heard.said.endswith("as the page decides it: figure.figsize, savefig.dpi")
    assert figures.read_style(path).settings == {"font.size": 8.0}

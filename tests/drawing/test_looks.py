"""Figures look as they did: compared with pictures in `tests/drawing/images`, which says how, and how closely."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from tests.drawing.images import FIGURES, MOST, WIDTHS, drawn, others, path_of, save

ALL = [(name, width) for name in FIGURES for width in WIDTHS]


def difference(one: Path, other: Path) -> float:
    """Return the root mean square difference of two pictures, 255 where they are not of one size."""
    first, second = (255 * imread(path)[..., :3].astype(float) for path in (one, other))
    return float(np.sqrt(((first - second) ** 2).mean())) if first.shape == second.shape else 255.0


@pytest.mark.skipif(bool(others()), reason=others() or "same")
@pytest.mark.parametrize(("name", "width"), ALL)
def test_a_figure_looks_as_it_did(name: str, width: str, tmp_path: Path) -> None:
    save(drawn(name, width), tmp_path / "now.png")
    assert difference(tmp_path / "now.png", path_of(name, width)) <= MOST, "python -m tests.drawing.images, and look"


@pytest.mark.parametrize(("name", "width"), ALL)
def test_the_tolerance_sees_a_missing_label_and_a_moved_line(name: str, width: str, tmp_path: Path) -> None:
    for change in ("as it is", "no label", "moved"):
        figure = drawn(name, width)
        ax = figure.axes[0]
        if change == "no label":
            figure.axes[-1].set_xlabel("")
            figure.axes[-1].set_ylabel("")
            for text in [*figure.texts][:1]:
                text.remove()
        if change == "moved":
            low, high = ax.get_ylim()
            ax.set_ylim(low + 0.02 * (high - low), high + 0.02 * (high - low))
        save(figure, tmp_path / f"{change}.png")
    assert difference(tmp_path / "as it is.png", tmp_path / "no label.png") > MOST
    assert difference(tmp_path / "as it is.png", tmp_path / "moved.png") > MOST


def test_every_picture_has_its_figure_and_is_small() -> None:
    there = {path.name: path.stat().st_size for path in path_of("", "").parent.glob("*.png")}
    assert there.keys() == {path_of(*each).name for each in ALL}
    assert max(there.values()) < 32_000

"""The page of a map: images instead of position and time, medians instead of a line for every pixel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ramanfit.drawing.report import choice, payload
from ramanfit.drawing.report.choice import shown_rows
from ramanfit.drawing.report.payload import payload_of
from tests.drawing.browsing import browser, opened
from tests.drawing.test_report import experiment, page, unpacked

__all__ = ["browser"]
NX, NY = 3, 2
PIXELS = [f"{i % NX}/{i // NX}" for i in range(NX * NY)]


def test_the_page_knows_where_pixels_lie() -> None:
    evolution, spectra = experiment(2, NX * NY, names=PIXELS)
    raster = payload_of(evolution, spectra).data["axes"]["raster"]
    assert raster == {
        "row": [0, 0, 0, 1, 1, 1],
        "column": [0, 1, 2, 0, 1, 2],
        "shape": [NY, NX],
        "extent": [NX, NY],
        "unit": "pixels",
        "words": "3 × 2",
    }
    assert payload_of(*experiment(2, 3)).data["axes"]["raster"] is None


def test_of_too_many_pixels_whole_images_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "MOST_ROWS", 4 * NX * NY)
    evolution, _ = experiment(5, NX * NY, names=PIXELS)
    kept = np.asarray(evolution.table.columns["scan"])[shown_rows(evolution)]
    np.testing.assert_array_equal(np.bincount(kept), [6, 0, 6, 0, 6])


def test_the_page_says_how_many_spectra_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload, "MOST_SPECTRA", 5)
    text = page(*experiment(2, NX * NY, names=PIXELS))
    data, _ = unpacked(text)
    assert len(data["spectra"]["axis"]) == 5
    assert data["rows"] == 12
    assert "Not in this page, which holds ${spectra.axis.length} of ${data.rows} spectra" in text


def test_a_click_in_an_image_selects_its_pixel(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver import Keys

    evolution, spectra = experiment(3, NX * NY, names=PIXELS, flags={2: "at_bound"})
    shown = opened(browser, tmp_path, evolution, spectra)
    assert shown.texts("#maps-title") == ["Images"]
    assert "3 × 2 pixels" in shown.texts("#steering")[0]
    # three images abreast or one above another: the middle of the whole is in the second
    boxes = shown.run(
        "return [...document.querySelectorAll('#maps [data-quantity=\"ratio\"] rect.box')].map(b => "
        "['x', 'y', 'width', 'height'].map(k => Number(b.getAttribute(k))))"
    )
    assert len(boxes) == 3
    whole = shown.run(
        "const v = document.querySelector('#maps [data-quantity=\"ratio\"] svg').viewBox.baseVal;"
        "return [v.width, v.height]"
    )
    left, top, wide, high = boxes[1]
    x, y = (left + 2.5 / 3 * wide) / whole[0], (top + 1.5 / 2 * high) / whole[1]
    shown.click_map("ratio", x, 1 - y)
    assert shown.chosen == 6 + 5
    shown.press('#maps [data-quantity="ratio"]', Keys.ARROW_LEFT)
    assert shown.chosen == 6 + 4
    shown.press('#maps [data-quantity="ratio"]', Keys.ARROW_UP)
    assert shown.chosen == 6 + 1
    shown.press('#maps [data-quantity="ratio"]', Keys.ARROW_UP)  # no pixel there
    assert shown.chosen == 6 + 1
    panels = shown.run("return document.querySelectorAll('#traces .plot').length")
    lines = shown.run("return document.querySelectorAll('#traces path.trace').length")
    assert lines == 2 * panels  # the median and the selected pixel
    shown.quiet()


def test_one_map_has_no_traces(browser: Any, tmp_path: Path) -> None:
    shown = opened(browser, tmp_path, *experiment(1, NX * NY, names=PIXELS))
    assert shown.run("return document.getElementById('traces').hidden")
    shown.quiet()


def test_medians_of_a_map_are_those_of_its_pixels() -> None:
    evolution, spectra = experiment(2, NX * NY, names=PIXELS, absent={"B": {1}})
    medians = payload_of(evolution, spectra).data["medians"]
    ratio = np.asarray(evolution.table.columns["ratio"])
    for scan, rows in enumerate((slice(0, 6), slice(6, 12))):
        np.testing.assert_allclose(medians["ratio"][scan], np.nanquantile(ratio[rows], [0.25, 0.5, 0.75]), rtol=1e-8)

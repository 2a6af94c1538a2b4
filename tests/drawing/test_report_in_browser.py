"""The report in a browser: what is drawn, chosen, sorted and filtered, and what is unusual."""

from __future__ import annotations

import contextlib
import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ramanfit.experiment.cell import Record
from ramanfit.tables.rounding import for_people
from tests.drawing.browsing import browser, opened
from tests.drawing.test_report import HOSTILE, PEAKS, PLACES, experiment

__all__ = ["browser"]


def read_csv(content: bytes) -> dict[str, Any]:
    """Columns of a table: numbers where all cells are."""
    head, *rows = csv.reader(io.StringIO(content.decode()))
    columns: dict[str, Any] = dict(zip(head, zip(*rows, strict=True), strict=True))
    for name, cells in columns.items():
        with contextlib.suppress(ValueError):
            columns[name] = np.array([float(cell) if cell else np.nan for cell in cells])
    return columns


def test_a_click_in_a_map_shows_the_fit(browser: Any, tmp_path: Path) -> None:
    evolution, spectra = experiment(6, 4, absent={"B": {9}}, flags={2: "at_bound"})
    shown = opened(browser, tmp_path, evolution, spectra)
    shown.click_map("ratio", 3.5 / 6, 1.5 / 4)
    row = shown.chosen
    assert row == evolution.rows[3, 1]
    assert shown.one("#fit-title").text == "P2, 5 µm, scan 3"
    curve = spectra[row]
    assert curve is not None
    saved = read_csv(shown.saved("fit", "csv"))
    assert list(saved) == [
        "source",
        "scan",
        "point",
        "shift_cm1",
        "counts",
        "used",
        "baseline",
        "G",
        "B",
        "fit",
        "residual",
    ]
    np.testing.assert_allclose(saved["shift_cm1"], curve.shift_cm1)
    np.testing.assert_array_equal(saved["used"], curve.use)
    noise = np.diff(curve.counts, 2).std() / 6**0.5
    close = {"atol": 1e-4 * np.ptp([curve.counts, curve.fit()]), "rtol": 0}
    np.testing.assert_allclose(saved["counts"], curve.counts, atol=noise / 50)
    np.testing.assert_allclose(saved["residual"], curve.counts - curve.fit(), atol=noise / 50 + close["atol"])
    np.testing.assert_allclose(saved["baseline"], curve.baseline(), **close)
    np.testing.assert_allclose(saved["fit"], curve.fit(), **close)
    np.testing.assert_allclose(saved["G"], curve.peak(curve.peaks.index("G")), **close)
    people = for_people(evolution.table.rows(np.array([row])))
    cells = shown.texts("#fit-values tbody td")
    assert cells == [people[f"{p}_{q}"][0] for p in PEAKS for q in (*PLACES, "area")]
    # what was not detected has no peak, no ratio and no position, but is there
    shown.click_map("ratio", 2.5 / 6, 1.5 / 4)
    assert shown.chosen == 9
    assert shown.texts("#fit-plot svg .strong") == ["G"]
    assert "not_detected" in shown.one("#fit-flags").text
    assert shown.texts("#fit-values tbody td")[4:6] == ["–", "–"]
    shown.quiet()


def test_keys_move_the_selection_past_missing_scans(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    evolution, spectra = experiment(4, 3, missing=(2,))
    shown = opened(browser, tmp_path, evolution, spectra)
    shown.click_map("G_height", 1.5 / 5, 0.5 / 3)
    assert shown.chosen == evolution.rows[1, 0]
    at = '#maps [data-quantity="G_height"]'
    shown.press(at, Keys.ARROW_RIGHT, Keys.ARROW_UP)
    assert shown.chosen == evolution.rows[3, 1]
    shown.press(at, Keys.ARROW_UP, Keys.ARROW_UP, Keys.ARROW_LEFT)
    assert shown.chosen == evolution.rows[1, 2]
    shown.press('#traces [data-quantity="ratio"]', Keys.ARROW_DOWN)
    assert shown.chosen == evolution.rows[1, 1]
    # a missing scan cannot be chosen
    shown.click_map("G_height", 2.5 / 5, 0.5 / 3)
    assert shown.chosen == evolution.rows[1, 1]
    shown.quiet()


def test_the_table_sorts_filters_and_pages(browser: Any, tmp_path: Path) -> None:
    evolution, spectra = experiment(20, 3, absent={"B": {7, 30}}, flags={50: "at_bound", 4: "low_snr"})
    shown = opened(browser, tmp_path, evolution, spectra)

    def rows() -> list[int]:
        return [
            int(r)
            for r in shown.run("return [...document.querySelectorAll('#table tbody tr')].map(r => r.dataset.row)")
        ]

    def head(name: str) -> Any:
        return shown.one(f'#table th[data-column="{name}"]')

    assert rows()[:6] == [50, 7, 30, 4, 0, 1]
    assert shown.chosen == -1  # an overview is what it opens on
    assert head("flags").get_attribute("aria-sort") == "ascending"
    assert len(rows()) == 25
    head("ratio").find_element("css selector", "button").click()
    ratio = np.asarray(evolution.table.columns["ratio"])
    assert rows() == np.argsort(ratio)[:25].tolist()
    assert (head("ratio").get_attribute("aria-sort"), head("flags").get_attribute("aria-sort")) == ("ascending", None)
    head("ratio").find_element("css selector", "button").click()
    assert rows() == np.argsort(np.where(np.isnan(ratio), np.inf, -ratio), kind="stable")[:25].tolist()
    shown.one("#page-after").click()
    shown.one("#page-after").click()
    assert rows()[-2:] == [7, 30]  # what has no ratio is last in both directions
    shown.one("#flagged").click()
    assert sorted(rows()) == [4, 7, 30, 50]
    shown.press("#filter", "p2 not_det")
    assert rows() == [7]
    shown.press("#table tbody button", "\n")
    assert shown.chosen == 7
    assert shown.run("return document.activeElement.closest('tr')?.dataset.row") == "7"
    assert not shown.one("#next").is_enabled()
    shown.one("#filter").clear()
    shown.press("#filter", "P1")
    assert rows() == [30]
    shown.press("#filter", "1")
    assert shown.one("#page-place").text == "no spectrum matches"
    shown.one("#flagged").click()
    shown.one("#filter").clear()
    shown.press("#filter", " ")
    assert shown.one("#page-place").text == "1–25 of 60"
    shown.quiet()


def test_previous_and_next_follow_the_table(browser: Any, tmp_path: Path) -> None:
    shown = opened(browser, tmp_path, *experiment(20, 3, flags={50: "at_bound", 4: "low_snr"}))
    assert not shown.one("#previous").is_enabled()
    shown.one("#next").click()
    assert shown.chosen == 50
    shown.one("#next").click()
    assert shown.chosen == 4
    assert shown.one("#place").text == "2 of 60 in the table"
    for _ in range(24):
        shown.one("#next").click()
    assert shown.one("#table tbody tr[aria-current]").get_attribute("data-row") == str(shown.chosen)
    assert shown.one("#page-place").text == "26–50 of 60"
    shown.quiet()


def test_names_are_inert(browser: Any, tmp_path: Path) -> None:
    evolution, spectra = experiment(2, 3, names=HOSTILE[:3], flags={0: HOSTILE[0]})
    shown = opened(browser, tmp_path, evolution, spectra, HOSTILE[0])
    assert shown.texts("h1") == [HOSTILE[0]]
    assert shown.texts("#fit-title") == ["Overview"]
    shown.one("#next").click()
    assert shown.texts("#fit-title")[0].startswith(HOSTILE[0])
    assert shown.texts("#fit-flags b") == [HOSTILE[0]]
    shown.click_map("ratio", 0.25, 0.5)
    assert shown.texts("#fit-title")[0].startswith(HOSTILE[1])
    assert shown.texts("img") == []
    shown.quiet()


def test_quantities_can_be_chosen(browser: Any, tmp_path: Path) -> None:
    shown = opened(browser, tmp_path, *experiment(3, 2))
    for quantity in ("ratio", "G_fwhm_cm1"):
        shown.one("#maps details:not([id]) summary").click() if quantity == "ratio" else None
        shown.one(f'#maps input[value="{quantity}"]').click()
    names = shown.run("return [...document.querySelectorAll('#maps .plot')].map(p => p.dataset.quantity)")
    assert names == ["G_center_cm1", "G_fwhm_cm1", "G_height", "B_center_cm1", "B_height"]
    shown.quiet()


GAPS = Record(
    "cell",
    np.arange(0.0, 2400.0, 30.0),
    voltage_v=np.where(np.arange(80) % 20 < 5, np.nan, np.linspace(3, 4, 80)),
    soc=np.linspace(0, 90, 80),
)
EDGES: dict[str, dict[str, Any]] = {
    "one": {"scans": 1, "points": 1},
    "untimed": {"timed": False},
    "untimed with a record": {"timed": False, "record": GAPS},
    "one scan untimed": {"scans": 1, "timed": False},
    "no spectra": {"spectra": False},
    "nothing detected": {"absent": {"G": set(range(12)), "B": set(range(12))}},
    "reference": {"reference": True},
    "25 points": {"points": 25},
    "record with gaps": {"record": GAPS},
    "a pause": {"missing": (1, 2)},
}


@pytest.mark.parametrize("name", EDGES)
def test_what_is_unusual_is_drawn_too(name: str, browser: Any, tmp_path: Path) -> None:
    evolution, spectra = experiment(**EDGES[name])
    shown = opened(browser, tmp_path, evolution, spectra)
    assert len(shown.texts("#table tbody tr")) == min(len(evolution.table), 25)
    assert len(shown.texts("#maps .plot")) == 5
    assert len(shown.texts("#traces .plot")) == 3
    drawn = shown.run("return document.body.innerHTML")
    assert "NaN" not in drawn.partition('<script type="text/plain"')[0]
    assert "undefined" not in drawn.partition('<script type="text/plain"')[0]
    if name == "no spectra":
        shown.one("#next").click()
        assert "not at hand" in shown.one("#fit-plot").text
    if name == "nothing detected":
        assert shown.texts("#maps .colours") == []
        assert shown.texts("#traces .plot .words").count("nothing detected") == 3
    if name == "reference":
        assert "reference" in shown.one('#traces [data-quantity="ratio"]').text
        assert shown.one("footer section h2").text == "Reference"
    assert shown.texts("#maps path.cell") == ([""] if name == "record with gaps" else [])
    shown.quiet()


def test_it_fits_a_phone(browser: Any, tmp_path: Path) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    )
    try:
        shown = opened(browser, tmp_path, *experiment(20, 3, names=["a point with a long name"] * 3, record=GAPS))
        assert shown.run("return document.documentElement.scrollWidth") == 360
        shown.quiet()
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

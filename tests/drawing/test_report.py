"""The report: what the page is given against the experiment, and the page itself in a browser."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ramanfit import load_recipe
from ramanfit.drawing.report import SCRIPTS, _asset, payload, report_html
from ramanfit.drawing.report.packing import LEVELS, sampled
from ramanfit.drawing.report.payload import embedded, payload_of
from ramanfit.experiment.cell import Record
from ramanfit.experiment.evolution import Evolution
from ramanfit.experiment.provenance import record_of
from ramanfit.experiment.spectra import Spectra
from ramanfit.fit.curves import Curves
from ramanfit.fit.lineshapes import line
from ramanfit.recipe.column_kind import ALWAYS, PEAK, RATIO
from ramanfit.recipe.columns import ECHEM, KINDS, column_name, kinds_of
from ramanfit.recipe.peaks import SHAPES
from ramanfit.tables.digits import nine_digits
from ramanfit.tables.fit_table import FitTable
from ramanfit.tables.rounding import for_people, with_error
from ramanfit.tables.table import Column, Table
from tests.spectra import random_spectra, two_peak_model

ROOT = Path(__file__).resolve().parents[2]
RECIPE = load_recipe("li-graphite")
PEAKS = ("G", "B")
OF_RATIO = [kind.name for kind in kinds_of(RATIO, ALWAYS)]
RECORD = record_of(RECIPE, [], ["ramanfit", "evolve", "scans of a day/", "-o", "out"])


def experiment(
    scans: int = 4,
    points: int = 3,
    *,
    timed: bool = True,
    absent: dict[str, set[int]] | None = None,
    names: list[str] | None = None,
    flags: dict[int, str] | None = None,
    channels: int = 120,
    missing: tuple[int, ...] = (),
    spectra: bool = True,
    reference: bool = False,
    record: Record | None = None,
    shape: str = "lorentzian",
) -> tuple[Evolution, Spectra]:
    """An experiment as `evolve` gathers it; `absent` names rows in which a peak was not detected."""
    instrument = 8.0
    form = SHAPES[shape]
    numbers = [s for s in range(scans + len(missing)) if s not in missing]
    n = scans * points
    model, counts, truth = random_spectra(n, 3, two_peak_model(channels))
    absent, flags = absent or {}, dict(flags or {})
    columns: dict[str, Column] = {
        "source": tuple(f"scan {s}.txt" for s in numbers for _ in range(points)),
        "scan": np.repeat(numbers, points),
        "point": tuple(names or [f"P{p + 1}" for p in range(points)]) * scans,
        "position_um": np.tile(5.0 * np.arange(points), scans),
        "time_s": np.array([600.0 * s + 25 * p if timed else np.nan for s in numbers for p in range(points)]),
    }
    if record is not None:
        columns |= {name: np.linspace(0, 1, n) for name in ECHEM}
    status = {}
    for peak in PEAKS:
        k = "BG".index(peak)
        gone = np.isin(np.arange(n), list(absent.get(peak, ())))
        parts = (truth.center[:, k], truth.fwhm[:, k], truth.height[:, k], truth.height[:, k] * truth.fwhm[:, k])
        for name, values in zip(("center_cm1", "fwhm_cm1", "height", "area"), parts, strict=True):
            shown = values if name == "height" else np.where(gone, np.nan, values)
            columns[column_name(name, peak)] = shown
            columns[column_name(KINDS[name].error, peak)] = 0.013 * shown
        if form is not None and peak == "G":
            columns["G_form"] = np.where(gone, np.nan, np.linspace(form.lower, form.upper / 3, n))
            columns["G_form_se"] = 0.1 * np.asarray(columns["G_form"])
        status[peak] = tuple("not_detected" if x else "ok" for x in gone)
        for row in np.flatnonzero(gone).tolist():
            flags[row] = "not_detected"
    both = np.isfinite(np.asarray(columns["G_area"]) * np.asarray(columns["B_area"]))
    ratio = np.where(both, truth.height[:, 0] / truth.height[:, 1], np.nan)
    for name, values in zip(OF_RATIO, (ratio, 0.02 * ratio, 4 * ratio, 0.1 * ratio), strict=True):
        columns[name] = values
    columns["redchi2"] = np.linspace(0.9, 1.1, n)
    columns["flags"] = tuple(flags.get(row, "") for row in range(n))
    fits = FitTable(Table(columns), status, ("",) * n)
    store = Spectra()
    if spectra:
        b_g = [1, 0]
        own = np.full((n, 2), np.nan)
        if shape == "voigt":
            own = instrument / truth.fwhm[:, b_g]
        else:
            own[:, 0] = columns.get("G_form", own[:, 0])
        left = np.array([[word == "not_detected" for word in status[peak]] for peak in PEAKS]).T
        left[::2] = False  # not detected, and in the fit all the same
        drawn = Curves(
            shift_cm1=model.shift_cm1,
            counts=counts,
            use=np.arange(counts.size).reshape(counts.shape) % 50 > 0,
            peaks=PEAKS,
            shapes=(shape, "voigt" if shape == "voigt" else "lorentzian"),
            center_cm1=np.where(left, np.nan, truth.center[:, b_g]),
            fwhm_cm1=np.where(left, np.nan, truth.fwhm[:, b_g]),
            height=np.where(left, np.nan, truth.height[:, b_g]),
            form=own,
            detected=np.array([[word == "ok" for word in status[peak]] for peak in PEAKS]).T,
            coefficients=np.tile([500.0, -20.0, 5.0], (n, 1)),
            noise=np.full((n, 3), np.nan),
            instrument_cm1=instrument if shape == "voigt" else 0.0,
        )
        whole = [slice(points * s, points * (s + 1)) for s in range(scans)]
        store.arrange([(store.store(drawn.take(rows)), points) for rows in whole])
    else:
        store.arrange([(None, n)])
    nothing = np.array([np.nan])
    last = fits.rows(np.array([n - 1]))
    nowhere = last.table.with_(scan=nothing, point=("reference",), time_s=nothing, position_um=nothing)
    return Evolution(fits, ("ratio",), last.with_table(nowhere) if reference else None, record), store


PLACES = ("center_cm1", "fwhm_cm1", "height")


def page(evolution: Evolution, spectra: Spectra, title: str = "a day") -> str:
    return report_html(evolution, spectra, RECORD, title).decode()


class Elements(HTMLParser):
    """Tags of a page with their attributes, and the text of its script elements by id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: dict[str, str] = {}
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = dict(attrs).get("id") or tag if tag in ("script", "style") else ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts[self._inside] = self.scripts.get(self._inside, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


def unpacked(text: str) -> tuple[dict[str, Any], np.ndarray]:
    scripts = Elements(text).scripts
    return json.loads(scripts["data"]), np.frombuffer(base64.b64decode(scripts["counts"]), dtype="<u2")


# -- what the page is given -----------------------------------------------------------------------------------


def test_the_page_holds_the_numbers_of_the_table() -> None:
    absent = {"G": {1, 5}, "B": {5, 7}}
    evolution, spectra = experiment(absent=absent, missing=(2,), record=Record("cell", np.arange(9.0)))
    data, _ = unpacked(page(evolution, spectra))
    of_peaks = [kind.named(peak) for peak in PEAKS for kind in kinds_of(PEAK, ALWAYS)]
    for name in ("scan", "time_s", *ECHEM, *of_peaks, *OF_RATIO):
        own = np.asarray(evolution.table.columns[name], dtype=np.float64)
        found = np.array([np.nan if v is None else v for v in data["columns"][name]])
        np.testing.assert_array_equal(found, nine_digits(own), err_msg=name)
    for peak, rows in absent.items():
        assert {row for row, letter in enumerate(data["status"][peak]) if letter == "n"} == rows
        assert {row for row, v in enumerate(data["columns"][f"{peak}_center_cm1"]) if v is None} == rows
    for name in ("source", "point", "flags"):
        coded = data["texts"][name]
        assert tuple(coded["words"][at] for at in coded["at"]) == evolution.table.columns[name]
    assert data["axes"]["scans"] == [0, 1, 2, 3, 4]
    assert data["axes"]["points"] == ["P1", "P2", "P3"]
    assert data["maps"] == ["ratio", "G_center_cm1", "G_height", "B_center_cm1", "B_height"]


def test_the_page_holds_the_spectra_and_their_fits() -> None:
    evolution, spectra = experiment(absent={"B": {2}})
    data, steps = unpacked(page(evolution, spectra))
    held = data["spectra"]
    first = 0
    for row in range(len(evolution.table)):
        k, curve = held["at"][row], spectra[row]
        assert k == row
        assert curve is not None
        m = len(curve.shift_cm1)
        counts = held["offset"][k] + held["step"][k] * steps[first : first + m]
        first += m
        np.testing.assert_allclose(held["channels"][held["axis"][k]], curve.shift_cm1, rtol=1e-8)
        assert np.abs(counts - curve.counts).max() <= 0.51 * np.ptp(curve.counts) / LEVELS
        np.testing.assert_allclose(held["coefficients"][k], curve.coefficients, rtol=1e-8)
        assert held["masked"][k] == np.flatnonzero(~curve.use).tolist()


def between(way: float, values: np.ndarray) -> np.ndarray:
    """A cubic through the four nearest of evenly spaced values, as the page draws it."""
    if len(values) < 4:
        return np.asarray(values[0])
    at = way * (len(values) - 1)
    first = int(min(max(np.floor(at) - 1, 0), len(values) - 4))
    a, b, c, d = (at - first - i for i in range(4))
    weights = np.array([-b * c * d / 6, a * c * d / 2, -a * b * d / 2, a * b * c / 6])
    return np.asarray(weights @ values[first : first + 4])


@pytest.mark.parametrize("shape", SHAPES)
def test_the_numbers_of_a_line_are_its_shape(shape: str) -> None:
    form = SHAPES[shape]
    low, high = (np.nan, np.nan) if form is None else (form.lower, form.upper)
    if shape == "voigt":  # lines of 4 to 160 cm-1 behind an instrument of 8
        low, high = 0.05, 2.0
    given_to_page = sampled(shape, np.array([low, np.nan, high]))
    values = np.array(given_to_page["values"])
    assert len(json.dumps(given_to_page)) < 400_000
    for way in (0.0, 0.3333, 0.71, 1.0):
        row = between(way, values)
        for v in (-1e4, -7.3, -1.0, -0.21, 0.0, 0.05, 1.0, 3.3, 40.0):
            wanted = line(shape, np.array(v), 0.0, 2.0, low + way * (high - low))
            assert between(np.arctan(v) / np.pi + 0.5, row) == pytest.approx(wanted, abs=4e-5)


def test_no_script_knows_a_shape() -> None:
    assert not [name for name in SHAPES for script in SCRIPTS if name in _asset(script).lower()]


@pytest.mark.skipif(not shutil.which("node"), reason="no node")
@pytest.mark.parametrize("shape", SHAPES)
def test_the_page_draws_what_was_fitted(shape: str, tmp_path: Path) -> None:
    evolution, spectra = experiment(2, 3, absent={"B": {2}}, shape=shape)
    drawn = payload_of(evolution, spectra)
    program = (
        f"const held = {{data: {json.dumps(json.dumps(drawn.data))}, counts: {json.dumps(drawn.counts)}}};\n"
        "globalThis.document = {getElementById: (id) => ({textContent: held[id]})};\n"
        f"{_asset('drawing.js')}{_asset('data.js')}\n"
        "const curves = placeOf.map((_, row) => spectrumOf(row));\n"
        "console.log(JSON.stringify(curves.map((s) => [s.counts, s.shift.map(s.fit), s.shift.map(s.baseline)])));"
    )
    (tmp_path / "page.js").write_text(program)
    done = subprocess.run(["node", str(tmp_path / "page.js")], capture_output=True, check=True)
    for row, values in enumerate(json.loads(done.stdout)):
        curve = spectra[row]
        assert curve is not None
        close = 0.51 * np.ptp(curve.counts) / LEVELS
        for script, own in zip(values, (curve.counts, curve.fit(), curve.baseline()), strict=True):
            np.testing.assert_allclose(script, own, atol=close)
    assert [bool(lines) for lines in drawn.data["spectra"]["undetected"]] == [row == 2 for row in range(6)]


def test_a_day_is_small_and_the_same_twice() -> None:
    evolution, spectra = experiment(144, 6, channels=700)
    written = report_html(evolution, spectra, RECORD, "a day")
    assert len(written) < 3_000_000
    assert written == report_html(evolution, spectra, RECORD, "a day")


def test_of_too_many_spectra_the_flagged_and_worst_are_kept() -> None:
    n = 1000
    redchi2 = np.where(np.arange(n) == 500, 9.0, 1.0)
    flags = tuple("at_bound" if row in (3, 997) else "" for row in range(n))
    kept = embedded(Table({"redchi2": redchi2, "flags": flags}), 100)
    assert len(set(kept.tolist())) == 100
    assert {3, 500, 997} <= set(kept.tolist())
    assert np.diff(kept[kept > 500]).max() < 20
    assert embedded(Table({"redchi2": redchi2, "flags": ("at_bound",) * n}), 100).tolist() == list(range(100))


def test_of_too_many_rows_whole_scans_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload, "MOST_ROWS", 20)
    monkeypatch.setattr(payload, "MOST_SPECTRA", 6)
    evolution, spectra = experiment(20, 3)
    data, _ = payload_of(evolution, spectra)
    assert data["rows"] == 60
    assert data["columns"]["scan"] == [float(s) for s in range(0, 20, 3) for _ in range(3)]
    at = np.array(data["spectra"]["at"])
    assert sorted(at[at >= 0].tolist()) == list(range(6))
    assert set(at[at < 0].tolist()) == {payload.LEFT_OUT}


def test_a_long_record_keeps_its_ends_and_peaks() -> None:
    time = np.arange(50_000.0)
    voltage = 3.7 + 0.1 * np.sin(time / 9000)
    voltage[31_234], voltage[100:300] = 1.5, np.nan
    evolution, spectra = experiment(record=Record("cell", time, voltage_v=voltage))
    thinned = payload_of(evolution, spectra).data["record"]
    assert len(thinned["time_s"]) <= payload.MOST_RECORD
    assert (thinned["time_s"][0], thinned["time_s"][-1]) == (0, 49_999)
    assert min(v for v in thinned["voltage_v"] if v is not None) == 1.5
    assert None in thinned["voltage_v"]
    assert thinned["soc"] is None


# -- the page as text -----------------------------------------------------------------------------------------

HOSTILE = ["</script><img src=x onerror=alert(1)>", "<b>P2</b>", "$title ${x} \\u003c &amp; ' \"", "\udcff<!--"]


def test_no_name_becomes_markup() -> None:
    plain, spectra = experiment(points=4)
    hostile, spectra = experiment(points=4, names=HOSTILE, flags={0: HOSTILE[0]}, reference=True)
    assert hostile.reference is not None
    pristine = hostile.reference.with_table(hostile.reference.table.with_(source=(HOSTILE[0],)))
    hostile = replace(hostile, reference=pristine)
    record = {**RECORD, "command": HOSTILE, "inputs": [{"file": HOSTILE[3], "sha256": None}]}
    written = report_html(hostile, spectra, record, HOSTILE[0]).decode()
    tags = {tag for tag, _ in Elements(written).tags}
    assert tags - {tag for tag, _ in Elements(page(plain, spectra)).tags} == {"td", "sub"}  # of the reference
    data, _ = unpacked(written)
    assert data["axes"]["points"] == HOSTILE


def test_nothing_is_fetched_and_only_its_own_script_runs() -> None:
    text = page(*experiment())
    tags = Elements(text).tags
    assert not [name for _, attributes in tags for name in attributes if name in ("src", "href", "style", "onclick")]
    policy = next(a["content"] for _, a in tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert not re.search(r"unsafe|https?:|data:|\*", policy)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", "".join(Elements(text).scripts.values()))


# -- the page in a browser ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    binary = next((p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("no Chromium with chromedriver")
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--window-size=1400,1000",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(driver)) as found:
        yield found


class Opened:
    """A page in the browser, and what a reader does with it."""

    def __init__(self, browser: Any, path: Path, text: bytes) -> None:
        path.write_bytes(text)
        self.browser, self.url = browser, path.as_uri()
        browser.get_log("browser"), browser.get_log("performance")
        browser.get(self.url)

    def run(self, script: str, *arguments: object) -> Any:
        return self.browser.execute_script(script, *arguments)

    def one(self, selector: str) -> Any:
        return self.browser.find_element("css selector", selector)

    def texts(self, selector: str) -> list[str]:
        return [
            str(x)
            for x in self.run("return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", selector)
        ]

    @property
    def chosen(self) -> int:
        return int(self.one("#fit").get_attribute("data-row"))

    def click_map(self, quantity: str, across: float, up: float) -> None:
        """Click at parts of a map's width and height, from its lower left corner."""
        from selenium.webdriver import ActionChains

        canvas = self.one(f'#maps [data-quantity="{quantity}"] canvas')
        self.run("arguments[0].scrollIntoView({block: 'center'})", canvas)
        size = canvas.size
        at = round((across - 0.5) * size["width"]), round((0.5 - up) * size["height"])
        ActionChains(self.browser).move_to_element_with_offset(canvas, *at).click().perform()

    def press(self, selector: str, *keys: str) -> None:
        self.one(selector).send_keys(*keys)

    def quiet(self) -> None:
        """Nothing was complained about, and nothing asked for but the page itself."""
        assert self.browser.get_log("browser") == []
        events = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
        assert [url for url in asked if url.partition("#")[0] != self.url] == []


def opened(browser: Any, folder: Path, evolution: Evolution, spectra: Spectra, title: str = "a day") -> Opened:
    return Opened(browser, folder / "report.html", report_html(evolution, spectra, RECORD, title))


def test_a_click_in_a_map_shows_the_fit(browser: Any, tmp_path: Path) -> None:
    evolution, spectra = experiment(6, 4, absent={"B": {9}}, flags={2: "at_bound"})
    shown = opened(browser, tmp_path, evolution, spectra)
    shown.click_map("ratio", 3.5 / 6, 1.5 / 4)
    row = shown.chosen
    assert row == evolution.rows[3, 1]
    assert shown.one("#fit-title").text == "P2, 5 µm, scan 3"
    curve = spectra[row]
    assert curve is not None
    found = shown.run(
        "const s = spectrumOf(arguments[0]);return [s.counts, s.shift.map(s.fit), s.shift.map(s.baseline), s.residual]",
        row,
    )
    for values, own in zip(
        found, (curve.counts, curve.fit(), curve.baseline(), curve.counts - curve.fit()), strict=True
    ):
        known = curve.use if values is found[3] else np.ones_like(curve.use)
        assert np.array([v is not None for v in values])[known].all()
        np.testing.assert_allclose(
            np.array(values, dtype=float)[known], own[known], atol=0.51 * np.ptp(curve.counts) / LEVELS
        )
    people = for_people(evolution.table.rows(np.array([row])))
    cells = shown.texts("#fit-values tbody td")
    assert cells == [people[f"{p}_{q}"][0] for p in PEAKS for q in (*PLACES, "area")]
    # what was not detected has no peak, no ratio and no position, but is there
    shown.click_map("ratio", 2.5 / 6, 1.5 / 4)
    assert shown.chosen == 9
    assert shown.run("return spectrumOf(9).drawn") == ["G"]
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
    assert shown.chosen == 50
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
    assert shown.chosen == 4
    assert shown.one("#place").text == "2 of 60 in the table"
    for _ in range(24):
        shown.one("#next").click()
    assert shown.one("#table tbody tr[aria-current]").get_attribute("data-row") == str(shown.chosen)
    assert shown.one("#page-place").text == "26–50 of 60"
    shown.quiet()


def test_numbers_are_rounded_as_everywhere(browser: Any, tmp_path: Path) -> None:
    shown = opened(browser, tmp_path, *experiment(1, 1))
    rng = np.random.default_rng(1)
    pairs = [(v, s) for v in (0.0, -3.21, 1590.123456) for s in 10 ** rng.uniform(-5, 6, 60)]
    found = shown.run("return arguments[0].map(([v, s]) => withError(v, s))", pairs)
    assert found == [with_error(v, s) for v, s in pairs]


def test_names_are_inert(browser: Any, tmp_path: Path) -> None:
    evolution, spectra = experiment(2, 3, names=HOSTILE[:3], flags={0: HOSTILE[0]})
    shown = opened(browser, tmp_path, evolution, spectra, HOSTILE[0])
    assert shown.texts("h1") == [HOSTILE[0]]
    assert shown.texts("#fit-title")[0].startswith(HOSTILE[0])
    assert shown.texts("#fit-flags b") == [HOSTILE[0]]
    shown.click_map("ratio", 0.25, 0.5)
    assert shown.texts("#fit-title")[0].startswith(HOSTILE[1])
    assert shown.texts("img") == []
    shown.quiet()


def test_quantities_can_be_chosen(browser: Any, tmp_path: Path) -> None:
    shown = opened(browser, tmp_path, *experiment(3, 2))
    for quantity in ("ratio", "G_fwhm_cm1"):
        shown.one("#maps details summary").click() if quantity == "ratio" else None
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
    assert "NaN" not in drawn.partition('<script type="application/json"')[0]
    assert "undefined" not in drawn.partition('<script type="application/json"')[0]
    if name == "no spectra":
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


# -- evolve ---------------------------------------------------------------------------------------------------


def test_evolve_writes_the_report(tmp_path: Path) -> None:
    def evolve(*arguments: str | Path) -> None:
        command = [sys.executable, "-m", "ramanfit", "evolve", *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)})

    scans = ROOT / "sample_spectra" / "operando"
    evolve(scans, "--no-figures", "-o", tmp_path / "out")
    first = (tmp_path / "out" / "report.html").read_bytes()
    data, steps = unpacked(first.decode())
    assert data["rows"] == 72
    assert len(steps) == sum(len(data["spectra"]["channels"][axis]) for axis in data["spectra"]["axis"])
    assert "name = &quot;li-graphite&quot;" in first.decode()
    evolve(scans, "--no-figures", "-o", tmp_path / "out")
    assert (tmp_path / "out" / "report.html").read_bytes() == first
    evolve(scans, "--no-figures", "--no-report", "-o", tmp_path / "bare")
    assert not (tmp_path / "bare" / "report.html").exists()

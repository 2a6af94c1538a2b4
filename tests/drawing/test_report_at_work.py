"""What one does in the report, by keyboard alone, at three widths, light and dark."""

from __future__ import annotations

import importlib.util
import re
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ramanfit.drawing.report import _asset
from ramanfit.experiment.cell import Record
from ramanfit.experiment.evolution import Evolution
from ramanfit.experiment.spectra import Spectra
from tests.drawing.browsing import Opened, browser, look, opened
from tests.drawing.test_report import HOSTILE, experiment
from tests.drawing.test_report_in_browser import read_csv

__all__ = ["browser"]
SCANS, POINTS = 12, 4
GONE_FROM, STEP_AT = 7, 5.2  # B of P2; in G of all points, in scans
LOOKS = [(width, theme) for width in (1400, 800, 390) for theme in ("light", "dark")]
MAP, TRACE, FIT = '#maps [data-quantity="ratio"]', '#traces [data-quantity="ratio"]', "#fit-plot .plot"
each_look = pytest.mark.parametrize(("width", "theme"), LOOKS)


def day(names: list[str] | None = None) -> tuple[Evolution, Spectra]:
    """A cell that is charged and discharged, in which G makes a step and B vanishes at P2."""
    n = SCANS * POINTS
    gone = {row for row in range(n) if row % POINTS == 1 and row // POINTS >= GONE_FROM}
    flags = {5: "at_bound|low_snr", 9: "low_snr", 30: "at_bound"}
    time = np.arange(0.0, 7200.0, 60.0)
    cell = Record("cell", time, voltage_v=3.0 + np.abs(time - 3600) / 3600, soc=np.linspace(0, 90, 120))
    evolution, spectra = experiment(SCANS, POINTS, absent={"B": gone}, flags=flags, record=cell, names=names)
    scan = np.asarray(evolution.table.columns["scan"])
    noise = np.random.default_rng(0).normal(size=n)
    table = evolution.table.with_(
        B_height=np.where(np.isin(np.arange(n), list(gone)), 0.0, 100.0),
        B_height_se=np.full(n, 2.0),
        G_center_cm1=1590 - 8 / (1 + np.exp(-(scan - STEP_AT) / 0.4)) + 0.05 * noise,
        G_center_se=np.full(n, 0.05),
        voltage_v=3.0 + np.abs(np.asarray(evolution.table.columns["time_s"]) - 3600) / 3600,
        soc=np.linspace(0, 90, n),
    )
    return replace(evolution, fits=evolution.fits.with_table(table)), spectra


@each_look
def test_one_steps_zooms_and_compares_by_keyboard(width: int, theme: str, browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver import Keys

    look(browser, width, theme)
    evolution, spectra = day()
    shown = opened(browser, tmp_path, evolution, spectra)
    assert shown.texts("#fit-title") == ["Overview"]
    assert shown.one("#overview table").is_displayed()
    assert not shown.one("#spectrum").is_displayed()
    # a map: the first key finds the first spectrum, the others go on from it
    shown.tab_to(MAP)
    shown.type(Keys.ARROW_RIGHT)
    assert shown.chosen == evolution.rows[0, 0]
    shown.type(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_UP)
    assert shown.chosen == evolution.rows[2, 1]
    assert shown.address == "#P2/scan-2"
    assert re.fullmatch(r"P2, 5 µm, scan 2: I_B/I_G [\d.]+ ± [\d.]+; 0\.34\d\d h; low_snr", shown.one("#said").text)
    whole = ticks_of(shown, MAP)
    shown.type("+", "+")
    assert shown.run("return document.activeElement.matches(arguments[0])", MAP)
    near = ticks_of(shown, '#maps [data-quantity="B_height"]')
    assert near != whole
    assert float(near[0]) - 0.2 <= 0.34 <= float(near[-1])  # about the spectrum that is selected
    traced = ticks_of(shown, TRACE)
    assert traced == near  # traces show the same part
    for _ in range(3):
        shown.with_shift(Keys.ARROW_RIGHT)
    assert float(ticks_of(shown, TRACE)[0]) > float(traced[0])
    shown.type("0")
    # traces
    shown.tab_to(TRACE)
    shown.type(Keys.ARROW_RIGHT, "+")
    assert shown.chosen == evolution.rows[3, 1]
    assert ticks_of(shown, TRACE) != traced
    shown.type("0")
    # spectra: the same keys, and two of them compared
    shown.tab_to(FIT)
    shown.type("+")
    inside = read_csv(shown.saved("fit", "csv"))["shift_cm1"]
    assert (inside.min(), inside.max()) == pytest.approx((1150, 1650), abs=10)
    shown.tab_to(FIT)
    shown.type("0", "c", Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert (shown.chosen, shown.compared) == (evolution.rows[5, 1], evolution.rows[3, 1])
    assert shown.texts("#fit-title") == ["P2, 5 µm, scan 5 against P2, 5 µm, scan 3"]
    assert shown.address == "#P2/scan-5~P2/scan-3"
    saved = read_csv(shown.saved("fit", "csv"))
    both = [spectra[int(evolution.rows[scan, 1])] for scan in (5, 3)]
    own, other = (curve for curve in both if curve is not None)
    noise = np.diff(own.counts, 2).std() + np.diff(other.counts, 2).std()
    np.testing.assert_allclose(saved["difference"], own.counts - other.counts, atol=noise / 50)
    span = np.ptp([own.fit(), other.fit(), own.counts, other.counts])
    np.testing.assert_allclose(saved["fit_difference"], own.fit() - other.fit(), atol=3e-4 * span)
    shown.tab_to(FIT)
    shown.type("c")
    assert shown.compared == -1
    shown.type(Keys.ESCAPE)
    assert (shown.chosen, shown.address) == (-1, "")
    assert shown.run("return document.documentElement.scrollWidth <= window.innerWidth")
    shown.quiet()


@each_look
def test_one_chooses_what_is_shown_and_takes_it_away(width: int, theme: str, browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver import Keys

    look(browser, width, theme)
    evolution, spectra = day()
    shown = opened(browser, tmp_path, evolution, spectra, x="soc")
    # what it is drawn against
    assert shown.one("#against").get_attribute("value") == "soc"
    assert shown.texts("#against option")[:2] == ["time (h)", "scan"]
    assert axis_of(shown, "#traces") == "state of charge (%)"
    shown.press("#against", Keys.ARROW_UP, Keys.ARROW_UP)
    assert shown.one("#against").get_attribute("value") == "voltage"
    assert axis_of(shown, "#traces") == "voltage (V)"
    assert axis_of(shown, "#maps") == "voltage (V), in order of time"
    assert len(shown.texts("#traces .trace.back")) == 3 * POINTS  # it turns: the way back is dashed
    shown.press("#against", Keys.ARROW_UP, Keys.ARROW_UP)
    # events: in the list, in maps and traces, and the way to their spectra
    listed = shown.texts("#events tbody tr")
    assert listed[1].startswith("P2B vanishes: last seen in scan 6 (1.01 h, 3.0")
    assert re.fullmatch(
        r"P1G position \(cm⁻¹\) changes most, by -8\.\d+ ± [\d.]+, at 0\.86\d+ ± [\d.]+ h, .*", listed[0]
    )
    assert len(shown.texts('#maps [data-quantity="G_center_cm1"] .sign')) == POINTS
    assert len(shown.texts('#traces [data-quantity="B_height"] .sign')) == 1
    shown.press("#events tbody tr:nth-child(2) button", Keys.ENTER)
    assert shown.chosen == evolution.rows[GONE_FROM, 1]
    # points and quantities
    shown.press("#points-chooser summary", Keys.ENTER)
    for point in (0, 2):
        shown.press(f'#points-chooser input[value="{point}"]', Keys.SPACE)
    assert len(shown.texts('#traces [data-quantity="ratio"] g > path.trace')) == 2
    shown.press("#traces .chooser summary", Keys.ENTER)
    shown.press('#traces input[value="G_height"]', Keys.SPACE)
    saved = read_csv(shown.saved("traces", "csv"))
    assert list(saved) == [
        *("source", "scan", "point", "position_um", "time_s", "B_height", "B_height_se", "ratio", "ratio_se", "flags"),
    ]
    assert set(saved["point"]) == {"P2", "P4"}
    rows = evolution.rows[:, [1, 3]].ravel()
    np.testing.assert_allclose(saved["ratio"], np.asarray(evolution.table.columns["ratio"])[rows], rtol=1e-8)
    # pictures: of the size of what they show, with its words
    shown.press("#points-chooser summary", Keys.ENTER)
    shown.press("#traces .chooser summary", Keys.ENTER)
    for section, words in (("maps", "G position (cm⁻¹)"), ("traces", "B height (counts)"), ("fit", "residual")):
        drawing = shown.saved(section, "svg").decode()
        assert drawing.startswith("<svg")
        assert words in drawing
        assert not re.search(r"var\(|class=|style=|<script", drawing)
        assert drawing.count("data:image/png") == (5 if section == "maps" else 0)
        colours = pixels_of(shown.saved(section, "png"))
        assert colours > (200 if section == "maps" else 8)
    # the table: its filter takes what is read in it
    for wanted, rows_left in (("at_bound, low_snr", [5]), ("p2 scan 1", [5]), ("low_snr", [5, 9]), ("0.1736", [5])):
        shown.one("#filter").clear()
        shown.press("#filter", wanted)
        assert [int(row) for row in shown.run(ROWS)] == rows_left
    assert read_csv(shown.saved("table", "csv"))["scan"].tolist() == [1]
    shown.one("#filter").clear()
    shown.press("#filter", "P", Keys.BACKSPACE)
    shown.press('#table th[data-column="ratio"] button', Keys.ENTER)
    assert int(shown.run(ROWS)[0]) == int(np.nanargmin(np.asarray(evolution.table.columns["ratio"], dtype=float)))
    shown.press("#table tbody tr:nth-child(3) button", Keys.ENTER)
    assert shown.chosen == int(shown.run(ROWS)[2])
    if width == 1400:
        assert shown.run("const w = document.querySelector('#table .wide'); return w.scrollWidth <= w.clientWidth")
    shown.quiet()


@each_look
def test_it_is_accessible(width: int, theme: str, browser: Any, tmp_path: Path) -> None:
    look(browser, width, theme)
    shown = opened(browser, tmp_path, *day())
    shown.run(axe())
    complaints = complaints_of(shown)
    shown.run("location.hash = '#P2/scan-5~P1/scan-3'")
    shown.wait("return document.getElementById('fit').dataset.other >= 0")
    for details in shown.run("return [...document.querySelectorAll('details')]"):
        shown.run("arguments[0].open = true", details)
    complaints += complaints_of(shown)
    assert complaints == []
    # axe does not look into drawings
    faint = shown.run(
        "const rgb = (c) => c.match(/[\\d.]+/g).slice(0, 3).map(Number);"
        "return [...document.querySelectorAll('main svg text')].map(e => [e.textContent, rgb(getComputedStyle(e).fill),"
        "rgb(getComputedStyle(document.body).backgroundColor)])"
    )
    assert len(faint) > 50
    assert [words for words, ink, paper in faint if contrast(ink, paper) < 4.5] == []


def test_an_image_is_zoomed_and_walked_through(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver import Keys

    look(browser, 1400, "light")
    names = [f"{i % 6}/{i // 6}" for i in range(24)]
    shown = opened(browser, tmp_path, *experiment(2, 24, names=names), address="#3/2/scan-0")
    assert shown.chosen == names.index("3/2")
    shown.tab_to(MAP)
    shown.type(Keys.PAGE_DOWN)
    assert shown.chosen == 24 + names.index("3/2")
    shown.type("+")
    saved = read_csv(shown.saved("maps", "csv"))
    assert set(saved["point"]) == {f"{x}/{y}" for x in (2, 3, 4) for y in (1, 2)}
    shown.quiet()


def test_an_address_opens_a_spectrum_whatever_its_name(browser: Any, tmp_path: Path) -> None:
    look(browser, 800, "light")
    names = [*HOSTILE[:3], "a/b~c%41"]
    evolution, spectra = day(names)
    shown = opened(browser, tmp_path, evolution, spectra)
    shown.one("#next").click()
    for row in (5, 2, 3, 4):
        shown.run("document.querySelector('#filter').value = ''")
        link = shown.run("return location.hash") if row == shown.chosen else None
        shown.press("#filter", f"scan {row // POINTS}")
        shown.one(f'#table tr[data-row="{row}"] button').click()
        shown.one("#filter").clear()
        link = link or shown.run("return location.hash")
        again = opened(browser, tmp_path, evolution, spectra, address=str(link))
        assert again.chosen == row
        shown = again
    lost = opened(browser, tmp_path, evolution, spectra, address="#<b>/scan-1%")
    assert lost.chosen == -1
    assert lost.one("#nowhere").is_displayed()
    lost.quiet()


def test_every_colour_of_words_and_lines_is_read_on_its_paper() -> None:
    style = _asset("style.css")
    light, dark, *_ = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    of_light = dict(re.findall(r"(--[\w-]+): (#\w+)", light))
    for colours in (of_light, {**of_light, **dict(re.findall(r"(--[\w-]+): (#\w+)", dark))}):
        inks = ["--ink", "--soft", "--accent", "--warn", "--sum", "--dot", *(f"--p{i}" for i in range(8))]
        for ink in inks:
            for paper in ("--paper", "--panel"):
                assert contrast(channels(colours[ink]), channels(colours[paper])) >= 4.5, (ink, paper)
        assert contrast(channels(colours["--warn"]), channels(colours["--warn-back"])) >= 4.5


ROWS = "return [...document.querySelectorAll('#table tbody tr')].map(r => r.dataset.row)"


def ticks_of(shown: Opened, panel: str) -> list[str]:
    """Numbers along the shared axis, which stand beneath the lowest panel of a stack."""
    section = panel.split(" ")[0]
    script = (
        "const all = [...document.querySelectorAll(arguments[0] + ' svg')].at(-1);"
        "return [...all.querySelectorAll('text[text-anchor=middle]')].filter(e => !e.classList.length ||"
        " e.getAttribute('class') === '').map(e => e.textContent).filter(t => /^[\\d.]+$/.test(t))"
    )
    return [str(text) for text in shown.run(script, section)]


def axis_of(shown: Opened, section: str) -> str:
    return shown.texts(f"{section} .plot svg .words")[-1]


def contrast(one: Any, other: Any) -> float:
    """Of two colours, as WCAG 2 defines it."""
    values = []
    for colour in (one, other):
        part = np.asarray(colour, dtype=float)[:3] / 255
        linear = np.where(part <= 0.03928, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
        values.append(float(linear @ [0.2126, 0.7152, 0.0722]))
    return (max(values) + 0.05) / (min(values) + 0.05)


def channels(hexadecimal: str) -> list[int]:
    digits = hexadecimal[1:] if len(hexadecimal) == 7 else "".join(2 * digit for digit in hexadecimal[1:])
    return [int(digits[i : i + 2], 16) for i in (0, 2, 4)]


def pixels_of(png: bytes) -> int:
    """How many colours a picture has: that it can be unpacked, and is not empty."""
    assert png.startswith(b"\x89PNG")
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    at, packed = 8, b""
    while at < len(png):
        (length,), name = struct.unpack(">I", png[at : at + 4]), png[at + 4 : at + 8]
        packed += png[at + 8 : at + 8 + length] if name == b"IDAT" else b""
        at += length + 12
    assert depth == 8
    raw = np.frombuffer(zlib.decompress(packed), dtype=np.uint8).reshape(height, -1)
    some = raw[::8, 1:].reshape(-1, {2: 3, 6: 4}[kind]).astype(np.int64)
    assert raw.shape[1] == 1 + width * some.shape[1]
    return len(np.unique(some @ 256 ** np.arange(some.shape[1])))


def axe() -> str:
    """The script of the accessibility checker, from the newest package that has it."""
    for package in ("axe_playwright_python", "axe_core_python"):
        found = importlib.util.find_spec(package)
        for place in (found.submodule_search_locations or ()) if found else ():
            return (Path(place) / "axe.min.js").read_text(encoding="utf-8")
    pytest.skip("no package with axe")


def complaints_of(shown: Opened) -> list[str]:
    """Serious and critical findings, and where."""
    script = (
        "const done = arguments[0]; axe.run(document).then(r => done(r.violations.map(v => "
        "[v.impact, v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 120) + ' ' + n.failureSummary).join(' | ')])))"
    )
    found = shown.browser.execute_async_script(script)
    return [f"{impact} {what}: {where}" for impact, what, where in found if impact in ("serious", "critical")]

"""The report: what the page is given against the experiment, and the page itself in a browser."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ramanfit import load_recipe
from ramanfit.drawing.report import SCRIPTS, _asset, choice, payload, report_html
from ramanfit.drawing.report.choice import embedded
from ramanfit.drawing.report.payload import payload_of
from ramanfit.experiment.cell import Record
from ramanfit.experiment.evolution import Evolution
from ramanfit.experiment.provenance import record_of
from ramanfit.experiment.spectra import Spectra
from ramanfit.fit.curves import Curves
from ramanfit.recipe.column_kind import ALWAYS, PEAK, RATIO
from ramanfit.recipe.columns import ECHEM, KINDS, column_name, kinds_of
from ramanfit.recipe.peaks import SHAPES
from ramanfit.tables.digits import nine_digits
from ramanfit.tables.fit_table import FitTable
from ramanfit.tables.rounding import for_people
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
            columns["G_form_se"] = 0.1 * np.abs(np.asarray(columns["G_form"]))
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
    """What the page is given, and the steps of its counts and curves."""
    scripts = Elements(text).scripts
    data, packed = (zlib.decompress(base64.b64decode(scripts[name])) for name in ("data", "spectra"))
    low, high = np.frombuffer(packed, dtype=np.uint8).astype(np.int64).reshape(2, -1)
    codes = low + 256 * high
    return json.loads(data), np.where(codes % 2, -(codes + 1) // 2, codes // 2)


def held_curves(data: dict[str, Any], steps: np.ndarray, k: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Counts of a spectrum of the page, its baseline and its peaks, each from its second differences."""
    held = data["spectra"]
    lengths = [len(held["channels"][axis]) for axis in held["axis"]]
    first, every, m = sum(lengths[:k]), sum(lengths), lengths[k]
    parts = [steps[c * every + first :][:m].cumsum().cumsum() for c in range(1, 2 + len(held["peaks"]))]
    parts = [(part + 2**15) % 2**16 - 2**15 for part in parts]
    step, shift, offset = held["step"][k], held["shift"][k], held["offset"][k]
    counts = offset + step * 2**shift * (steps[first : first + m] + (sum(parts) >> shift))
    return counts, [offset + step * parts[0], *(step * part for part in parts[1:])]


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


@pytest.mark.parametrize("shape", SHAPES)
def test_the_page_holds_the_spectra_and_their_fits(shape: str) -> None:
    evolution, spectra = experiment(2, 3, absent={"B": {2, 3}}, shape=shape)
    data, steps = unpacked(page(evolution, spectra))
    held = data["spectra"]
    for row in range(len(evolution.table)):
        k, curve = held["at"][row], spectra[row]
        assert k == row
        assert curve is not None
        counts, (baseline, *peaks) = held_curves(data, steps, k)
        np.testing.assert_allclose(held["channels"][held["axis"][k]], curve.shift_cm1, rtol=1e-8)
        noise = np.diff(curve.counts, 2).std() / 6**0.5
        assert np.abs(counts - curve.counts).max() <= noise / 50
        close = {"atol": 1e-4 * np.ptp([curve.counts, curve.fit()]), "rtol": 0}
        np.testing.assert_allclose(baseline, curve.baseline(), **close)
        np.testing.assert_allclose(baseline + sum(peaks), curve.fit(), **close)
        for p, peak in enumerate(peaks):
            np.testing.assert_allclose(peak, curve.peak(p), **close)
        assert held["masked"][k] == np.flatnonzero(~curve.use).tolist()
    assert [letters[1] for letters in held["drawn"]] == ["o", "o", "u", "-", "o", "o"]


def test_cells_are_what_every_table_shows() -> None:
    evolution, spectra = experiment(absent={"B": {5}}, record=Record("cell", np.arange(9.0)))
    cells = payload_of(evolution, spectra).data["cells"]
    people = for_people(evolution.table)
    for name in ("ratio", "G_center_cm1", "B_height", "B_area", "redchi2"):
        assert cells[name] == people[name]
    assert cells["time_h"][:5] == ["0.0000", "0.0069", "0.0139", "0.1667", "0.1736"]


def test_no_script_knows_a_shape_or_rounds_a_result() -> None:
    scripts = {script: _asset(script) for script in SCRIPTS}
    assert not [name for name in SHAPES for script in scripts.values() if name in script.lower()]
    assert not [name for name, script in scripts.items() if re.search(r"Math\.(atan|exp|tan|log\()|±", script)]


def test_a_day_is_small_and_the_same_twice() -> None:
    evolution, spectra = experiment(144, 6, channels=700)
    written = report_html(evolution, spectra, RECORD, "a day")
    assert len(written) <= 2_000_000
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
    monkeypatch.setattr(choice, "MOST_ROWS", 20)
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
    assert len(thinned["time_h"]) <= payload.MOST_RECORD
    assert (thinned["time_h"][0], thinned["time_h"][-1]) == (0, pytest.approx(49_999 / 3600))
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
    assert tags == {tag for tag, _ in Elements(page(plain, spectra)).tags}
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
    channels = sum(len(data["spectra"]["channels"][axis]) for axis in data["spectra"]["axis"])
    assert len(steps) == channels * (2 + len(data["spectra"]["peaks"]))
    assert "name = &quot;li-graphite&quot;" in first.decode()
    evolve(scans, "--no-figures", "-o", tmp_path / "out")
    assert (tmp_path / "out" / "report.html").read_bytes() == first
    evolve(scans, "--no-figures", "--no-report", "-o", tmp_path / "bare")
    assert not (tmp_path / "bare" / "report.html").exists()

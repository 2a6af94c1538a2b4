"""`evolve` and `bands` as processes, on a simulated day with its truth, and on what goes wrong with scans."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ramanfit import load_recipe
from ramanfit.synthetic.plan import load_plan
from ramanfit.synthetic.simulate import run_plan

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_spectra"
PLAN = Path(__file__).resolve().parents[1] / "day.toml"
PEAKS = ("G", "B")
TABLES = "--no-figures", "--no-report"


def ramanfit(*arguments: str | Path, status: int = 0, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "ramanfit", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == status, done.stderr
    return done


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def column(table: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(row[name] or "nan") for row in table])


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scans of a day and what `evolve` made of them."""
    folder = tmp_path_factory.mktemp("day")
    ramanfit("simulate", PLAN, "-o", folder / "scans")
    cell = next((folder / "scans").glob("*.mpt"))
    shutil.move(cell, folder / "cell.mpt")
    shutil.move(folder / "scans" / "truth.csv", folder / "truth.csv")
    ramanfit("evolve", "scans", "--echem", "cell.mpt", "--capacity", "4mAh", *TABLES, "-o", "out", folder=folder)
    return folder


# -- the day and its truth ----------------------------------------------------------------------------------


def test_places_times_and_states_of_charge_are_exact(day: Path) -> None:
    found, truth = rows(day / "out" / "ratios.csv"), rows(day / "truth.csv")
    assert [(r["scan"], r["point"]) for r in found] == [(r["scan"], r["point"]) for r in truth]
    assert len(found) == 142 * 6
    assert {int(r["scan"]) for r in found} == set(range(144)) - {17, 63}
    for name in ("time_s", "position_um", "current_ma", "capacity_mah", "soc"):
        np.testing.assert_allclose(column(found, name), column(truth, name), rtol=1e-8, atol=1e-9)
    # the record's rows are 30 s apart, and the true voltage has kinks between them
    np.testing.assert_allclose(column(found, "voltage_v"), column(truth, "voltage_v"), atol=5e-4)
    outside = [r for r in found if not r["soc"]]
    assert outside
    assert all(r["voltage_v"] == r["current_ma"] == r["capacity_mah"] == "" for r in outside)


@pytest.mark.parametrize(
    "name", [*(f"{p}_{q}" for p in PEAKS for q in ("center_cm1", "fwhm_cm1", "height", "area")), "ratio", "area_ratio"]
)
def test_values_agree_with_the_truth_within_their_errors(name: str, day: Path) -> None:
    found, truth = rows(day / "out" / "ratios.csv"), rows(day / "truth.csv")
    z = (column(found, name) - column(truth, name)) / column(found, name.removesuffix("_cm1") + "_se")
    z = z[np.isfinite(z)]
    assert len(z) > 700
    assert 0.92 < z.std() < 1.08  # 1 and the scatter of some 750 values
    assert abs(z.mean()) < 0.12
    assert np.abs(z).max() < 5
    assert 0.92 < (np.abs(z) < 1.96).mean() < 0.975


def test_what_has_vanished_is_empty_and_what_is_there_is_found(day: Path) -> None:
    found, truth = rows(day / "out" / "ratios.csv"), rows(day / "truth.csv")
    gone = 0
    for peak in PEAKS:
        snr = column(truth, f"{peak}_height") / column(found, f"{peak}_height_se")
        for row, true, strength in zip(found, truth, snr, strict=True):
            if true[f"{peak}_height"] == "":
                gone += 1
                assert row[f"{peak}_center_cm1"] == row[f"{peak}_fwhm_cm1"] == row["ratio"] == ""
                assert row[f"{peak}_height"] != ""
                assert "not_detected" in row["flags"]
            elif strength > 8:
                assert row[f"{peak}_center_cm1"] != ""
    assert gone > 100
    long = rows(day / "out" / "peaks.csv")
    assert sum(r["status"] == "not_detected" for r in long) >= gone
    assert "0" not in {r["center_cm1"] for r in long}


def test_a_cosmic_ray_spoils_no_fit(day: Path) -> None:
    truth = rows(day / "truth.csv")
    inside = [any(900 <= float(shift) <= 1900 for shift in r["spike_cm1"].split("|") if shift) for r in truth]
    assert sum(inside) > 30
    redchi2 = column(rows(day / "out" / "ratios.csv"), "redchi2")
    assert redchi2.max() < 1.5


def test_maps_are_the_table_by_place_and_time(day: Path) -> None:
    table = rows(day / "out" / "ratios.csv")
    for name in ("ratio", "G_center_cm1", "G_height", "B_center_cm1", "B_height"):
        found = rows(day / "out" / f"map_{name}.csv")
        assert [r["point"] for r in found] == ["P1", "P2", "P3", "P4", "P5", "P6"]
        times = list(found[0])[2:]
        assert times == [f"{75 + 600 * k}" for k in range(144)]
        for r in found:
            assert r[times[17]] == r[times[63]] == ""
        cells = {(r["point"], t): r[t] for r in found for t in times}
        for r in table:
            gone = any(name == f"{peak}_height" and r[f"{peak}_center_cm1"] == "" for peak in "GB")
            assert cells[r["point"], times[int(r["scan"])]] == ("" if gone else r[name])


def test_bands_agree_with_the_simulated_signal(day: Path) -> None:
    plan = load_plan(str(PLAN))
    experiment = run_plan(plan, load_recipe("li-graphite"))
    shift = experiment.shift_cm1
    table = rows(day / "out" / "bands.csv")
    middles = np.unique(column(table, "band_cm1"))
    assert middles.tolist() == [900, 1350, 1590, 2000]
    scan, point = column(table, "scan").astype(int), np.array([int(r["point"][1:]) - 1 for r in table])
    mean = {}
    for middle in middles:
        inside = np.abs(shift - middle) <= 5
        mean[middle] = experiment.signal[..., inside].mean(axis=-1) + plan.detector.offset_counts
    raw = np.array([mean[float(r["band_cm1"])][s, p] for r, s, p in zip(table, scan, point, strict=True)])
    z = (column(table, "raw") - raw) / column(table, "raw_se")
    assert np.isfinite(z).all()
    assert 0.95 < z.std() < 1.06
    assert np.abs(z).max() < 5.5
    on_peak = np.isin(column(table, "band_cm1"), (1350, 1590))
    control = np.array(
        [
            mean[900][s, p] + (float(r["band_cm1"]) - 900) / 1100 * (mean[2000][s, p] - mean[900][s, p])
            for r, s, p in zip(table, scan, point, strict=True)
        ]
    )
    z = (column(table, "specific") - (raw - control))[on_peak] / column(table, "specific_se")[on_peak]
    assert 0.95 < z.std() < 1.06
    assert np.isnan(column(table, "specific")[~on_peak]).all()
    assert np.isnan(column(table, "corrected")[~on_peak]).all()  # at and beyond the edges of the window
    first = scan == 0
    assert (column(table, "enhancement")[first] == 1).all()
    assert (column(table, "delta_se")[first] == 0).all()
    growth = column(table, "enhancement")
    true = raw / np.array([mean[float(r["band_cm1"])][0, p] for r, p in zip(table, point, strict=True)])
    z = (growth - true)[~first] / column(table, "enhancement_se")[~first]
    assert 0.9 < z.std() < 1.1  # one first scan is in all of a point's rows


def test_tables_made_one_by_one_give_the_same_files(day: Path) -> None:
    """As make does it, around a missing scan."""
    some = sorted((day / "scans").glob("*Spec.Data*"))[14:21]
    echem = "--echem", "cell.mpt", "--capacity", "4mAh"
    tables = []
    for path in some:
        table = day / "tables" / f"{path.stem}.csv"
        table.parent.mkdir(exist_ok=True)
        ramanfit("fit", f"scans/{path.name}", "-o", table, folder=day)
        tables.append(str(table))
    names = [f"scans/{path.name}" for path in some]
    ramanfit("evolve", *names, *echem, *TABLES, "-o", "at-once", folder=day)
    ramanfit("evolve", *reversed(tables), *echem, *TABLES, "-o", "joined", folder=day)
    written = {path.name for path in (day / "at-once").iterdir()} - {"run.json"}
    assert {"ratios.csv", "peaks.csv", "bands.csv", "map_ratio.csv"} <= written
    for name in written:
        assert (day / "joined" / name).read_bytes() == (day / "at-once" / name).read_bytes(), name
    numbers = {int(r["scan"]) for r in rows(day / "at-once" / "ratios.csv")}
    assert numbers == {0, 1, 2, 4, 5, 6, 7}
    piped = ramanfit("evolve", *names, *echem, folder=day).stdout
    assert piped == (day / "at-once" / "ratios.csv").read_text()
    # its own long table is input again
    ramanfit("evolve", "at-once/peaks.csv", *TABLES, "-o", "again", folder=day)
    assert (day / "again" / "ratios.csv").read_bytes() == (day / "at-once" / "ratios.csv").read_bytes()


def test_a_table_of_another_recipe_has_no_curves(day: Path) -> None:
    """What is drawn is what was fitted; where the recipe makes another fit, that is said."""
    path = min((day / "scans").glob("*Spec.Data*"))
    ramanfit("fit", f"scans/{path.name}", "--baseline-order", "1", "-o", "line.csv", folder=day)
    other = ramanfit("evolve", "line.csv", *TABLES, "-o", "other", folder=day)
    assert "another fit than this recipe makes" in other.stderr
    assert {r["corrected"] for r in rows(day / "other" / "bands.csv")} == {""}
    same = ramanfit("evolve", "line.csv", "--baseline-order", "1", *TABLES, "-o", "other", folder=day)
    assert "another fit" not in same.stderr


def test_a_table_whose_source_was_a_stream_is_joined_without_it(day: Path) -> None:
    path = min((day / "scans").glob("*Spec.Data*"))
    with path.open("rb") as stream:
        done = subprocess.run(
            [sys.executable, "-m", "ramanfit", "fit", "-"], stdin=stream, capture_output=True, cwd=ROOT
        )
    (day / "streamed.csv").write_bytes(done.stdout)
    assert b"\n-," in done.stdout
    joined = ramanfit("evolve", "streamed.csv", *TABLES, "-o", "streamed", folder=day)
    assert "not at hand" in joined.stderr
    assert len(rows(day / "streamed" / "ratios.csv")) == done.stdout.count(b"\n-,") / 2


def test_jobs_do_not_show(day: Path) -> None:
    ramanfit(
        "evolve", "scans", "--echem", "cell.mpt", "--capacity", "4mAh", *TABLES, "-j", "2", "-o", "two", folder=day
    )
    for path in (day / "out").glob("*.csv"):
        assert path.read_bytes() == (day / "two" / path.name).read_bytes()


# -- options ------------------------------------------------------------------------------------------------


def test_a_reference_gives_rows_and_differences(tmp_path: Path) -> None:
    pristine = SAMPLES / "pristine-graphite"
    ramanfit("evolve", SAMPLES / "operando", "--reference", pristine, *TABLES, "-o", tmp_path / "out")
    table = rows(tmp_path / "out" / "ratios.csv")
    reference = table.pop()
    assert (reference["point"], reference["scan"], reference["time_s"]) == ("reference", "", "")
    assert len(table) == 72
    for name in ("G_center", "B_center", "ratio"):
        unit = "_cm1" if "center" in name else ""
        own = column(table, name + unit) - float(reference[name + unit])
        np.testing.assert_allclose(column(table, f"{name}_delta{unit}"), own, atol=1e-6)
        se = np.hypot(column(table, f"{name}_se"), float(reference[f"{name}_se"]))
        np.testing.assert_allclose(column(table, f"{name}_delta_se"), se, rtol=1e-5)  # errors have six digits
    assert reference["ratio_delta"] == ""
    peaks = rows(tmp_path / "out" / "peaks.csv")
    assert [r["status"] for r in peaks[-2:]] == ["ok", "ok"]
    # a table with a reference in it keeps it
    ramanfit("evolve", tmp_path / "out" / "peaks.csv", *TABLES, "-o", tmp_path / "again")
    assert (tmp_path / "again" / "ratios.csv").read_bytes() == (tmp_path / "out" / "ratios.csv").read_bytes()
    fitted = tmp_path / "pristine.csv"
    ramanfit("fit", pristine, "-o", fitted)
    ramanfit("evolve", SAMPLES / "operando", "--reference", fitted, *TABLES, "-o", tmp_path / "third")
    assert (tmp_path / "third" / "ratios.csv").read_bytes() == (tmp_path / "out" / "ratios.csv").read_bytes()


@pytest.mark.parametrize(
    "asked",
    [
        ["--order", "serpentine", "--dwell", "25s"],
        ["--step", "5um", "--first-point", "x1"],
        ["--average", "3"],
        ["--from-name", r"Line--(?P<number>\d+)"],
        ["--timezone", "Europe/Berlin"],
    ],
)
def test_what_is_asked_of_the_scans_is_not_asked_of_the_reference(asked: list[str], tmp_path: Path) -> None:
    """One spectrum of graphite has no turns, no repeats, and another name."""
    undated = tmp_path / "pristine.txt"
    (pristine,) = (SAMPLES / "pristine-graphite").glob("*Spec.Data*")
    shutil.copy(pristine, undated)
    text = ramanfit("evolve", SAMPLES / "operando", *asked, "--reference", undated).stdout
    table = list(csv.DictReader(io.StringIO(text)))
    alone = list(csv.DictReader(io.StringIO(ramanfit("ratio", undated).stdout)))
    assert table[-1]["point"] == "reference"
    assert table[-1]["ratio"] == alone[0]["ratio"]


def test_more_maps_and_no_such_quantity(tmp_path: Path) -> None:
    ramanfit("evolve", SAMPLES / "operando", "--quantity", "G_fwhm_cm1", *TABLES, "-o", tmp_path)
    assert (tmp_path / "map_G_fwhm_cm1.csv").exists()
    wrong = ramanfit("evolve", SAMPLES / "operando", "--quantity", "G_fhwm_cm1", *TABLES, "-o", tmp_path, status=2)
    assert "unknown quantity 'G_fhwm_cm1'" in wrong.stderr
    assert "did you mean G_fwhm_cm1?" in wrong.stderr
    assert "passed over" not in wrong.stderr  # before any file is read


def test_without_a_folder_the_wide_table_goes_out() -> None:
    evolved = ramanfit("evolve", SAMPLES / "operando", "--tsv").stdout
    assert evolved == ramanfit("ratio", SAMPLES / "operando", "--tsv").stdout
    assert "--tsv" not in ramanfit("evolve", SAMPLES / "operando", "--tsv", "-o", "x", status=2).stdout


def test_a_record_without_clock_or_without_overlap_is_said(tmp_path: Path) -> None:
    record = tmp_path / "cell.csv"
    record.write_text("time_s,voltage_v\n0,3.0\n7200,3.6\n")
    done = ramanfit("ratio", SAMPLES / "operando", "--echem", record, "--echem-offset", "-30s")
    assert "no absolute time" in done.stderr
    table = list(csv.DictReader(io.StringIO(done.stdout)))
    volts = column(table, "voltage_v")
    np.testing.assert_allclose(volts, 3 + (column(table, "time_s") + 30) / 12000, rtol=1e-6)
    assert {r["soc"] for r in table} == {""}
    assert list(table[0])[5:9] == ["voltage_v", "current_ma", "capacity_mah", "soc"]
    far = ramanfit("ratio", SAMPLES / "operando", "--echem", record, "--echem-offset", "5d")
    assert "no spectrum was taken while it recorded" in far.stderr
    assert "--echem FILE" in ramanfit("ratio", SAMPLES / "operando", "--capacity", "4mAh", status=2).stderr


def test_bands_where_the_user_wants_them(tmp_path: Path) -> None:
    done = ramanfit("bands", SAMPLES / "operando", "--at", "1100,1590", "--half-width", "10", "--dark", "705")
    table = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(table) == 72 * 2
    assert {r["half_width_cm1"] for r in table} == {"10"}
    with_dark = ramanfit("bands", SAMPLES / "operando", "--at", "1100,1590", "--half-width", "10")
    raw = column(list(csv.DictReader(io.StringIO(with_dark.stdout))), "raw")
    np.testing.assert_allclose(raw - 705, column(table, "raw"), rtol=1e-8)
    assert max(column(table, "enhancement")) > max(
        column(list(csv.DictReader(io.StringIO(with_dark.stdout))), "enhancement")
    )
    far = ramanfit("bands", SAMPLES / "operando", "--at", "5000")
    assert {r["raw"] for r in csv.DictReader(io.StringIO(far.stdout))} == {""}


# -- what goes wrong with scans -----------------------------------------------------------------------------


def graph(path: Path, counts: np.ndarray, shift: np.ndarray) -> None:
    """A line scan as WITec writes it."""
    n = len(counts)
    head = ["//Exported ASCII-File", "[Header]", "FileName = x.wip", "GraphName = L", f"SizeX = {n}", "SizeY = 1"]
    head += [f"SizeGraph = {shift.size}", "ScanUnit = µm", f"ScanLength = {5 * n}", "XAxisUnit = rel. 1/cm"]
    head += ["DataUnit = CCD cts", "", "[Data]", "\t".join(["X-Axis", *(f"L({i})" for i in range(n))])]
    body = ["\t".join(f"{v:.8E}" for v in row) for row in np.column_stack([shift, counts.T]).tolist()]
    path.write_bytes(("\r\n".join([*head, *body]) + "\r\n").encode("cp1252"))


def spectra(n: int, shift: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    line = sum(h / (1 + ((shift - c) / (w / 2)) ** 2) for h, c, w in ((200, 1590, 30), (150, 1345, 120)))
    return 800 + line + 3 * rng.normal(size=(n, shift.size))


def test_short_aborted_and_shifted_scans_are_rows_all_the_same(tmp_path: Path) -> None:
    shift = np.linspace(850, 2050, 500)
    graph(tmp_path / "L1.txt", spectra(6, shift, 1), shift)
    graph(tmp_path / "L2.txt", spectra(4, shift, 2), shift)
    aborted = spectra(6, shift, 3)
    aborted[4:] = 0
    graph(tmp_path / "L3.txt", aborted, shift)
    other = np.linspace(880, 1990, 460)
    graph(tmp_path / "L5.txt", spectra(6, other, 4), other)
    done = ramanfit("evolve", tmp_path, "--period", "10min", "--dwell", "25s", *TABLES, "-o", tmp_path / "out")
    table = rows(tmp_path / "out" / "ratios.csv")
    assert [int(r["scan"]) for r in table] == [0] * 6 + [1] * 4 + [2] * 6 + [4] * 6
    assert "1 scan is missing" in done.stderr
    assert [r["flags"] for r in table[14:16]] == ["not_measured"] * 2
    assert all(r["ratio"] for r in [*table[:14], *table[16:]])
    grid = rows(tmp_path / "out" / "map_ratio.csv")
    times = list(grid[0])[2:]
    assert len(times) == 5
    assert [r[times[1]] != "" for r in grid] == [True] * 4 + [False] * 2
    assert [r[times[2]] != "" for r in grid] == [True] * 4 + [False] * 2
    assert {r[times[3]] for r in grid} == {""}
    np.testing.assert_allclose(column(table, "time_s")[-6:], 2400 + 25 * (np.arange(6) + 0.5))


def test_the_lines_of_a_map_as_scans(tmp_path: Path) -> None:
    shift = np.linspace(850, 2050, 400)
    counts = spectra(12, shift, 1)
    graph(tmp_path / "map.txt", counts, shift)
    text = (tmp_path / "map.txt").read_text("cp1252")
    text = text.replace("SizeX = 12", "SizeX = 4").replace("SizeY = 1", "SizeY = 3")
    text = text.replace("ScanLength = 60", "ScanWidth = 8\nScanHeight = 3")
    (tmp_path / "map.txt").write_text(text, "cp1252")
    placed = "--dwell", "10s", "--period", "1min"
    ramanfit("evolve", tmp_path / "map.txt", "--rows-are-scans", *placed, *TABLES, "-o", tmp_path / "out")
    table = rows(tmp_path / "out" / "ratios.csv")
    assert [(r["scan"], r["point"]) for r in table[3:6]] == [("0", "P4"), ("1", "P1"), ("1", "P2")]
    np.testing.assert_allclose(column(table, "time_s")[4:8], [65, 75, 85, 95])
    ramanfit("evolve", tmp_path / "map.txt", *TABLES, "-o", tmp_path / "space")
    assert {r["scan"] for r in rows(tmp_path / "space" / "ratios.csv")} == {"0"}


def test_tables_whose_exports_are_gone_lack_the_bands_and_say_so(tmp_path: Path) -> None:
    ramanfit("fit", SAMPLES / "table-s1", "-o", tmp_path / "t.csv")
    text = (tmp_path / "t.csv").read_text().replace(str(SAMPLES), "/gone")
    (tmp_path / "t.csv").write_text(text)
    done = ramanfit("evolve", tmp_path / "t.csv", *TABLES, "-o", tmp_path / "out")
    assert "not at hand" in done.stderr
    assert not (tmp_path / "out" / "bands.csv").exists()
    assert len(rows(tmp_path / "out" / "ratios.csv")) == 6
    assert "name the exports" in ramanfit("bands", tmp_path / "t.csv", status=1).stderr


@pytest.mark.posix
def test_memory_does_not_grow_with_the_number_of_scans(tmp_path: Path) -> None:
    """Four times the scans of one size: the peak grows by the results alone, a few kB a scan."""
    shift = np.linspace(850, 2050, 1024)
    body = spectra(60, shift, 1)
    peaks = []
    for number in (40, 160):
        folder = tmp_path / str(number)
        folder.mkdir()
        graph(folder / "L000.txt", body, shift)
        for k in range(1, number):
            os.link(folder / "L000.txt", folder / f"L{k:03}.txt")
        program = (
            "import resource, sys\nfrom ramanfit.__main__ import main\n"
            f"sys.argv = ['ramanfit', 'evolve', '-q', *{[str(p) for p in sorted(folder.glob('*.txt'))]!r}, "
            f"*{TABLES!r}, '-o', {str(folder / 'out')!r}]\n"
            "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout) * (1 if sys.platform == "darwin" else 1024))
    spectra_bytes = 120 * 60 * 1024 * 8
    assert peaks[1] - peaks[0] < spectra_bytes / 2


@pytest.mark.posix
def test_a_run_that_fails_or_is_killed_leaves_the_earlier_files(tmp_path: Path) -> None:
    out = tmp_path / "out"
    ramanfit("evolve", SAMPLES / "operando", *TABLES, "-o", out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    (tmp_path / "broken.txt").write_text("1\t2\n2\tx\n3\t4\n")
    ramanfit("evolve", SAMPLES / "operando", tmp_path / "broken.txt", *TABLES, "-o", out, status=1)
    process = subprocess.Popen(
        [sys.executable, "-m", "ramanfit", "evolve", SAMPLES / "operando", *TABLES, "-o", out],
        stderr=subprocess.DEVNULL,
    )
    time.sleep(0.4)
    process.send_signal(signal.SIGTERM)
    process.wait()
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_what_was_done_names_the_record(tmp_path: Path) -> None:
    record = tmp_path / "cell.csv"
    record.write_text("time_s,voltage_v\n0,3.0\n7200,3.6\n")
    ramanfit(
        "evolve", SAMPLES / "operando", "--echem", record, *TABLES, "-o", tmp_path, "--meta", tmp_path / "meta.json"
    )
    inputs = [item["file"] for item in json.loads((tmp_path / "meta.json").read_text())["inputs"]]
    assert str(record) in inputs
    assert len(inputs) == 25


def test_the_wide_table_of_a_file_is_the_same_whichever_others_are_in_the_run(tmp_path: Path) -> None:
    """Byte for byte, scan numbers and `outlier` apart: files with strong peaks, with none, curved, spiked, cut."""
    from tests.fit.test_company import SHIFT, spectrum

    kinds = (["both"] * 6, ["none", "none"], ["curved"] * 4, ["spikes", "smoothed", "both"], ["floor"], ["flat", "G"])
    names = [f"s{i}.txt" for i in range(len(kinds))]
    for i, (name, some) in enumerate(zip(names, kinds, strict=True)):
        columns = [spectrum(kind, 100 * i + k, "li-graphite") for k, kind in enumerate(some)]
        np.savetxt(tmp_path / name, np.column_stack([SHIFT, *columns]), fmt="%.8g", delimiter="\t")

    def table(*files: str) -> dict[str, list[tuple[str, ...]]]:
        lines = csv.DictReader(io.StringIO(ramanfit("ratio", *files, folder=tmp_path).stdout))
        found: dict[str, list[tuple[str, ...]]] = {}
        for row in lines:
            words = "|".join(word for word in row["flags"].split("|") if word != "outlier")
            kept = {**row, "flags": words, "scan": "", "time_s": ""}
            found.setdefault(row["source"], []).append(tuple(kept.values()))
        return found

    together = table(*names)
    for name in names:
        assert together[name] == table(name)[name]
    assert {**table(*names[3:]), **table(*reversed(names[:3]))} == together

"""`fit`, `ratio` and `baseline` as processes, on the shipped samples and on real files."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import curve_fit

from ramanfit.formats import open_scans

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_spectra"
SHARED = ROOT.parent / "shared" / "data"
real_files = pytest.mark.skipif(not SHARED.is_dir(), reason="the real files are not here")
(TABLE_S1,) = (SAMPLES / "table-s1").glob("*Spec.Data*")
(PRISTINE,) = (SAMPLES / "pristine-graphite").glob("*Spec.Data*")


def ramanfit(
    *arguments: str | Path, status: int = 0, stdin: bytes | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "ramanfit", *map(str, arguments)],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        env={**os.environ, **(env or {})},
    )
    assert done.returncode == status, done.stderr.decode()
    return done


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def column(table: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(row[name] or "nan") for row in table])


# -- the samples and their truth ----------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["table-s1", "pristine-graphite", "operando"])
def test_the_truth_comes_back(folder: str) -> None:
    found = rows(ramanfit("ratio", SAMPLES / folder).stdout)
    truth = rows((SAMPLES / folder / "truth.csv").read_bytes())
    assert [(r["scan"], r["point"]) for r in found] == [(r["scan"], r["point"]) for r in truth]
    np.testing.assert_allclose(column(found, "time_s"), column(truth, "time_s"))
    np.testing.assert_array_equal(column(found, "position_um"), column(truth, "position_um"))
    errors = {"ratio": "ratio_se", "area_ratio": "area_ratio_se"}
    errors |= {
        f"{p}_{q}": f"{p}_{q.removesuffix('_cm1')}_se"
        for p in "GB"
        for q in ("center_cm1", "fwhm_cm1", "height", "area")
    }
    z = {name: (column(found, name) - column(truth, name)) / column(found, se) for name, se in errors.items()}
    for name, values in z.items():
        assert np.abs(values).max() <= 4, name
    assert not any(row["flags"] for row in found)


def test_pristine_graphite_is_0_14() -> None:
    (row,) = rows(ramanfit("ratio", PRISTINE).stdout)
    assert f"{float(row['ratio']):.2f}" == "0.14"


def test_the_printed_table_s1_disagrees_with_itself_in_p1_only(tmp_path: Path) -> None:
    from tests.tables.test_read import TABLE_S1 as PRINTED

    table = tmp_path / "s1.csv"
    table.write_text(PRINTED)
    done = ramanfit("ratio", table)
    assert [row["point"] for row in rows(done.stdout) if row["flags"] == "ratio_mismatch"] == ["P1"]
    assert b"P1: printed ratio 3.42, but its heights give 3.19" in done.stderr
    assert done.stderr.count(b"printed ratio") == 1
    ramanfit("ratio", table, "--check", status=3)


# -- one table from many ways -------------------------------------------------------------------------------


def test_fit_piped_into_ratio_is_ratio() -> None:
    direct = ramanfit("ratio", SAMPLES / "operando").stdout
    assert ramanfit("ratio", "-", stdin=ramanfit("fit", SAMPLES / "operando").stdout).stdout == direct
    assert direct.count(b"\n") == 73


def test_tables_with_and_without_a_smooth_part_are_one_experiment(tmp_path: Path) -> None:
    scans = sorted((SAMPLES / "operando").glob("*Spec.Data*"))[:2]
    tables, alone = [], []
    for scan, smooth in zip(scans, ("auto", "none"), strict=True):
        tables.append(tmp_path / f"{smooth}.csv")
        ramanfit("fit", scan, "--smooth", smooth, "-o", tables[-1])
        alone.append(rows(ramanfit("ratio", scan, "--smooth", smooth).stdout))
    joined = ramanfit("ratio", *tables).stdout
    assert joined == ramanfit("ratio", *reversed(tables)).stdout
    found = rows(joined)
    assert [*found[0]] == [*alone[0][0]]
    apart = {*alone[0][0]} - {*alone[1][0]}
    assert apart == {"smooth", "ratio_other"}
    numbered = {"scan", "time_s"}  # of one experiment
    for row, expected in zip(found, [row for table in alone for row in table], strict=True):
        wanted = dict.fromkeys(apart, "") | expected
        assert {k: v for k, v in row.items() if k not in numbered} == {k: wanted[k] for k in row if k not in numbered}
    ramanfit("evolve", *tables, "--smooth", "auto", "-o", tmp_path / "evolution")
    assert (tmp_path / "evolution" / "ratios.csv").read_bytes() == joined
    again = tmp_path / "evolution" / "peaks.csv"
    assert ramanfit("ratio", again).stdout == joined


def test_processes_do_not_show_in_the_bytes() -> None:
    assert ramanfit("fit", SAMPLES / "operando", "-j", "2").stdout == ramanfit("fit", SAMPLES / "operando").stdout
    assert ramanfit("fit", TABLE_S1, "-j", "2").stdout == ramanfit("fit", TABLE_S1).stdout


def test_gz_and_standard_input_give_the_same_numbers() -> None:
    plain = rows(ramanfit("fit", TABLE_S1, "--dwell", "25s").stdout)
    piped = rows(
        ramanfit(
            "fit", "-", "--dwell", "25s", "--stdin-name", "x.txt.gz", stdin=gzip.compress(TABLE_S1.read_bytes())
        ).stdout
    )
    assert {row.pop("source") for row in piped} == {"x.txt.gz"}
    assert [row.pop("source") for row in plain]
    assert {row.pop("started") for row in piped} == {""}  # standard input has no Information text beside it
    assert {row.pop("started") for row in plain} == {"2024-01-15T09:00:00"}
    assert piped == plain


def test_the_lmfit_engine_writes_the_same_table() -> None:
    mine, other = (rows(ramanfit("fit", TABLE_S1, "--engine", e).stdout) for e in ("varpro", "lmfit"))
    for name in ("center_cm1", "center_se", "fwhm_cm1", "height", "height_se", "area_se"):
        np.testing.assert_allclose(column(mine, name), column(other, name), rtol=2e-3)
    verdict = ramanfit("fit", TABLE_S1, "--verify", "3").stderr
    assert b"3 spectra refitted with lmfit" in verdict
    ramanfit("fit", TABLE_S1, "--verify", "3", "--engine", "lmfit", status=2)


def test_baseline_is_read_back_with_positions_and_peaks(tmp_path: Path) -> None:
    corrected = ramanfit("baseline", TABLE_S1).stdout
    before, after = rows(ramanfit("ratio", TABLE_S1).stdout), rows(ramanfit("ratio", "-", stdin=corrected).stdout)
    np.testing.assert_array_equal(column(after, "position_um"), column(before, "position_um"))
    z = (column(after, "ratio") - column(before, "ratio")) / column(before, "ratio_se")
    assert np.abs(z).max() < 0.5
    ramanfit("baseline", TABLE_S1, "--keep", "-o", tmp_path / "parts")
    parts = {path.stem.rpartition(" ")[2]: path for path in (tmp_path / "parts").iterdir()}
    assert set(parts) == {"corrected", "raw", "baseline"}
    counts = {k: np.loadtxt(p, skiprows=21, encoding="cp1252")[:, 1:] for k, p in parts.items()}
    np.testing.assert_allclose(counts["raw"], counts["corrected"] + counts["baseline"], atol=1e-5)
    ramanfit("baseline", SAMPLES / "operando", status=2)  # twelve measurements, one standard output


# -- options ------------------------------------------------------------------------------------------------


def test_recipe_precedence_option_environment_file() -> None:
    wide, narrow = ramanfit("fit", PRISTINE).stdout, ramanfit("fit", PRISTINE, "--window", "1000,1800").stdout
    assert wide != narrow
    assert ramanfit("fit", PRISTINE, env={"RAMANFIT_WINDOW": "1000,1800"}).stdout == narrow
    both = ramanfit("fit", PRISTINE, "--window", "900,1900", env={"RAMANFIT_WINDOW": "1000,1800"}).stdout
    assert both == wide


def test_schedule_options() -> None:
    arguments = ["--period", "10min", "--dwell", "20s", "--step", "2um", "--start", "1um", "--first-point", "x3"]
    table = rows(ramanfit("ratio", SAMPLES / "operando", *arguments, "--order", "serpentine").stdout)
    assert [row["point"] for row in table[:3]] == ["x3", "x4", "x5"]
    np.testing.assert_array_equal(column(table, "time_s")[:12], [*range(10, 120, 20), *range(710, 600, -20)])
    np.testing.assert_array_equal(column(table, "position_um")[:6], [1, 3, 5, 7, 9, 11])


def test_meta_records_what_was_done(tmp_path: Path) -> None:
    meta = tmp_path / "run.json"
    ramanfit("fit", PRISTINE, "--meta", meta, "--set", "baseline.order=3", "-o", tmp_path / "t.csv")
    record = json.loads(meta.read_text())
    assert record["recipe"]["baseline"]["order"] == 3
    digests = {entry["file"]: entry["sha256"] for entry in record["inputs"]}
    assert digests[str(PRISTINE)] == hashlib.sha256(PRISTINE.read_bytes()).hexdigest()
    assert len(digests) == 2  # and its Information text
    assert record["command"][:2] == ["ramanfit", "fit"]


def test_an_instrument_width_is_recorded_and_takes_part_in_every_line(tmp_path: Path) -> None:
    plain = rows(ramanfit("fit", PRISTINE).stdout)
    done = ramanfit("fit", PRISTINE, "--instrument-width", "6", "--verify", "1", "--meta", tmp_path / "run.json")
    wide = rows(done.stdout)
    np.testing.assert_allclose(column(wide, "center_cm1"), column(plain, "center_cm1"), atol=0.05)
    assert (column(wide, "height") > column(plain, "height")).all()
    assert (column(wide, "fwhm_cm1") < column(plain, "fwhm_cm1")).all()
    np.testing.assert_allclose(column(wide, "area"), column(plain, "area"), rtol=0.05)  # the sample is Lorentzian
    np.testing.assert_allclose(column(wide, "area"), np.pi / 2 * column(wide, "height") * column(wide, "fwhm_cm1"))
    assert b"1 spectrum refitted with lmfit: largest difference 0.000" in done.stderr
    instrument = json.loads((tmp_path / "run.json").read_text())["recipe"]["instrument"]
    assert instrument == {"fwhm_cm1": 6.0, "source": "as given with --instrument-width"}
    (tmp_path / "t.csv").write_bytes(done.stdout)
    for files, out in ((PRISTINE, "a"), (tmp_path / "t.csv", "b")):
        arguments = ["--instrument-width", "6", "--no-figures", "--no-report", "-o", tmp_path / out]
        ramanfit("evolve", files, *arguments)
    for name in ("peaks.csv", "ratios.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("words", ["fit --csv t.nc", "ratio --md t.csv", "ratio --csv t.xlsx", "fit --tsv t.CSV"])
def test_a_form_and_an_ending_that_ask_for_different_things_are_refused(words: str, tmp_path: Path) -> None:
    verb, option, name = words.split()
    done = ramanfit(verb, SAMPLES / "table-s1", option, "-o", tmp_path / name, status=2)
    assert "ask for two forms" in done.stderr.decode()
    assert not [*tmp_path.iterdir()]


def test_a_recipe_that_says_nothing_of_the_peaks_of_a_table_is_refused(tmp_path: Path) -> None:
    fits = tmp_path / "fits.csv"
    ramanfit("fit", SAMPLES / "table-s1", "-q", "-o", fits)
    done = ramanfit("ratio", fits, "--recipe", "graphite", status=2)
    assert f"none of its ratios can be made of the peaks of {fits}: B, G" in done.stderr.decode()


def test_a_recipe_that_does_not_suit_one_axis_costs_that_export_alone(tmp_path: Path) -> None:
    for name, low, high in (("a", 900, 1900), ("b", 1110, 1640), ("c", 900, 1900)):
        lines = [f"{x}\t{100 + 1000 / (1 + ((x - 1590) / 10) ** 2) + x % 7:.2f}\n" for x in range(low, high, 2)]
        (tmp_path / f"{name}.txt").write_text("".join(lines))
    regions = ["--baseline", "regions", "--set", "baseline.regions=[[1000, 1100], [1650, 1800]]"]
    done = ramanfit("ratio", *(tmp_path / f"{name}.txt" for name in "abc"), "-k", *regions, status=2)
    assert {Path(row["source"]).name for row in rows(done.stdout)} == {"a.txt", "c.txt"}
    assert "baseline.regions: expected more than 2 channels" in done.stderr.decode()


def test_check_turns_flags_into_status_3(tmp_path: Path) -> None:
    ramanfit("fit", PRISTINE, "--check")
    target = tmp_path / "t.csv"
    short = ["--set", "peaks.G.center_cm1=1580", "--set", "peaks.G.center_max_cm1=1583"]
    done = ramanfit("fit", PRISTINE, "--check", *short, "-o", target, status=3)
    assert b"at_bound" in done.stderr
    assert b"at_bound" in target.read_bytes()  # written all the same
    said = ramanfit("fit", PRISTINE, *short).stderr
    assert b": peaks.G.center_max_cm1 = 1583: --set peaks.G.center_max_cm1=1593.8\n" in said
    assert ramanfit("fit", PRISTINE, *short, "-q").stderr == b""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--recipe", "li-grafite"], b"li-graphite"),
        (["--set", "peaks.G.centre_cm1=1600"], b"center_cm1"),
        (["--window", "1700,1800"], b"every peak"),
        (["--baseline-order", "9"], b"baseline.order"),
        (["--first-point", "left"], b"first-point"),
        (["-o", "table.doc"], b".csv"),
    ],
)
def test_wrong_use_is_status_2_and_one_line(arguments: list[str], words: bytes) -> None:
    done = ramanfit("fit", PRISTINE, *arguments, status=2)
    assert words in done.stderr
    assert done.stdout == b""
    assert done.stderr.count(b"ramanfit: ") == 1


def test_an_axis_outside_the_window_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "nm.txt"
    path.write_text("".join(f"{x}\t{x % 7}\n" for x in np.linspace(530, 662, 300)))
    done = ramanfit("fit", path, TABLE_S1)
    assert b"--x-unit nm" in done.stderr
    assert b"nm.txt: no spectrum can be fitted: expected more than 9 channels" in done.stderr
    assert [row["status"] for row in rows(done.stdout)[:3]] == ["failed", "failed", "ok"]
    assert rows(done.stdout)[0]["flags"] == "failed"
    assert not rows(done.stdout)[0]["height"]
    ramanfit("evolve", path, "-o", tmp_path / "out", status=1)  # gaps, and figures all the same
    assert (tmp_path / "out" / "report.html").exists()
    back = ramanfit("baseline", path, status=1)
    assert b"1 of 1 spectrum could not be fitted and stay as they were" in back.stderr
    back = ramanfit("baseline", path, "-q", status=1)
    assert b"nm.txt: the only spectrum failed: expected more than 9 channels" in back.stderr
    assert back.stdout  # as it was
    assert b"failed" not in ramanfit("baseline", path, TABLE_S1, "-q", "-o", f"{tmp_path}/two/").stderr


# -- what cannot be read ------------------------------------------------------------------------------------

GOOD = b"".join(b"%d\t%d\t%d\n" % (x, x % 7, x % 11) for x in range(900, 1900, 2))
BAD = {
    "empty": (b"", b"empty"),
    "cut mid-row": (GOOD[:-3], b":500: expected 3 numbers, found 2"),
    "ragged": (GOOD.replace(b"1000\t", b"1000\t5\t", 1), b":51: expected 3 numbers, found 4"),
    "binary": (bytes(range(256)) * 40, b"binary"),
    "utf-16": (GOOD.decode().encode("utf-16-le"), b"UTF-16"),
    "axis twice": (GOOD.replace(b"1002\t", b"1000\t", 1), b":52:"),
    "unsorted axis": (GOOD.replace(b"1002\t", b"1902\t", 1), b":53:"),
    "one channel": (b"1500\t3\t4\n", b"channel"),
    "nan": (GOOD.replace(b"1000\t", b"NaN\t", 1), b":51:"),
    "git lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n", b"LFS"),
    "missing part": (
        b"//Exported ASCII-File\n[Header]\nSizeX = 2\nSizeGraph = 3\nXAxisUnit = nm\n",
        b"cannot be found",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line_and_the_earlier_output_stays(case: str, tmp_path: Path) -> None:
    data, words = BAD[case]
    path, good, out = tmp_path / "scan.txt", tmp_path / "good.txt", tmp_path / "out.csv"
    path.write_bytes(data)
    good.write_bytes(TABLE_S1.read_bytes())
    out.write_text("earlier")
    done = ramanfit("fit", path, "-o", out, status=1)
    assert words in done.stderr, done.stderr
    assert b"scan.txt" in done.stderr
    assert done.stderr.count(b"ramanfit: ") == 1
    assert b"Traceback" not in done.stderr
    assert out.read_text() == "earlier"
    kept = ramanfit("fit", path, good, "-k", "-o", out, status=1)
    assert words in kept.stderr
    assert len(rows(out.read_bytes())) == 12
    ramanfit("fit", path, good, "-k", "-j", "2", "-o", out, status=1)
    assert len(rows(out.read_bytes())) == 12


def test_an_export_with_holes_goes_through_every_command(tmp_path: Path) -> None:
    """A spectrum without a number is not measured; the others are what they are without the holes."""
    text = TABLE_S1.read_bytes().decode("cp1252").splitlines()
    first = next(i for i, line in enumerate(text) if line.startswith(" 1.0266"))
    for i in range(len(text)):
        cells = text[i].split("\t")
        if len(cells) == 7 and cells[0].startswith(" "):
            cells[1] = "NaN"
            if first <= i < first + 10:
                cells[3] = ""
            text[i] = "\t".join(cells)
    holed = tmp_path / "holed.txt"
    holed.write_bytes("\r\n".join([*text, ""]).encode("cp1252"))
    done = ramanfit("ratio", holed)
    whole, table = rows(ramanfit("ratio", TABLE_S1).stdout), rows(done.stdout)
    assert [row["flags"] for row in table] == ["not_measured", *(row["flags"] for row in whole[1:])]
    assert done.stderr.count(b"1034 counts of 2 of 6 spectra are empty or no finite numbers: masked") == 1
    z = (column(table, "ratio") - column(whole, "ratio")) / column(whole, "ratio_se")
    assert np.nanmax(np.abs(z)) < 0.5
    tidy = rows(ramanfit("export", holed, "-o", "-").stdout)
    assert sum(not row["counts"] for row in tidy) == 1034
    for command, name in (("export", "again.txt"), ("baseline", "flat.txt")):  # holes stay holes
        ramanfit(command, holed, "-o", tmp_path / name)
        (scan,) = open_scans(str(tmp_path / name))
        assert scan.mask is not None
        lost = scan.mask.sum(axis=1)
        assert lost.tolist() == [scan.channels, 0, 10, 0, 0, 0]


@real_files
def test_files_that_were_refused_or_fitted_wrong() -> None:
    table = rows(ramanfit("ratio", SHARED / "field" / "witec_line_one_nan.txt").stdout)
    assert [row["point"] for row in table if row["ratio"]] == ["P1", "P2", "P3", "P4", "P5", "P6"]
    (row,) = rows(ramanfit("ratio", SHARED / "field" / "clipped_at_60000.txt").stdout)
    assert row["flags"] == "saturated"
    assert abs(float(row["ratio"]) - 0.75) < 3 * float(row["ratio_se"])


def test_zeros_are_rows_with_a_status(tmp_path: Path) -> None:
    path = tmp_path / "zeros.txt"
    path.write_bytes(b"".join(b"%d\t0\t0\n" % x for x in range(900, 1900, 2)))
    done = ramanfit("fit", path)  # a scan that was cut short must not stop a folder of them
    assert b"warning:" in done.stderr
    table = rows(done.stdout)
    assert [row["status"] for row in table] == ["failed"] * 4
    assert all(row["flags"] == "not_measured" and row["height"] == "" for row in table)


def test_a_folder_without_spectra(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("none here\n")
    assert b"no spectrum" in ramanfit("fit", tmp_path, status=1).stderr
    assert b"gone" in ramanfit("fit", tmp_path / "gone", status=1).stderr


@pytest.mark.parametrize("target", ["missing/t.csv", "/dev/full"])
def test_what_cannot_be_written_is_status_1(target: str, tmp_path: Path) -> None:
    done = ramanfit("fit", PRISTINE, "-q", "-o", target if target[0] == "/" else tmp_path / target, status=1)
    assert done.stderr.count(b"ramanfit: ") == 1


# -- real measurements --------------------------------------------------------------------------------------


@real_files
def test_four_positions_of_a_disordered_carbon() -> None:
    files = sorted((SHARED / "carbon" / "dw38c").glob("test*"))
    table = rows(ramanfit("ratio", *files, "--recipe", "carbon-2").stdout)
    assert len(table) == 4
    for row in table:
        assert {"baseline_misfit", "line_shape"} <= {*row["flags"].split("|")}  # two Lorentzians do not describe it
    white = rows(ramanfit("ratio", files[0], "--recipe", "carbon-2", "--set", "noise.model=white").stdout)[0]
    # an independent unweighted fit of position 1: G 1580.0 +- 0.5, I_D/I_G 1.02, A_D/A_G 2.43
    assert float(white["G_center_cm1"]) == pytest.approx(1580.0, abs=0.05)
    assert 0.45 < float(white["G_center_se"]) < 0.65  # theirs takes neighbouring channels for independent
    assert float(white["ratio"]) == pytest.approx(1.02, abs=0.005)
    assert float(white["area_ratio"]) == pytest.approx(2.43, abs=0.01)


ONE_G = """
name = "one-g"
[window]
low_cm1 = 1450
high_cm1 = 1750
[baseline]
order = 1
[noise]
model = "white"
[[peaks]]
name = "G"
center_cm1 = 1580
center_min_cm1 = 1540
center_max_cm1 = 1640
fwhm_cm1 = 20
fwhm_min_cm1 = 5
fwhm_max_cm1 = 60
"""


@real_files
def test_few_layer_graphene_is_where_an_independent_fit_puts_it(tmp_path: Path) -> None:
    """One Lorentzian and a line over 1450-1750, unweighted: G 1581.41 +- 0.05, FWHM 15.97."""
    recipe = tmp_path / "one-g.toml"
    recipe.write_text(ONE_G)
    (path,) = (SHARED / "witec" / "graph_ascii").glob("FLG36*Data 1.txt")
    (row,) = rows(ramanfit("fit", path, "--recipe", recipe).stdout)
    assert float(row["center_cm1"]) == pytest.approx(1581.41, abs=0.005)
    assert float(row["center_se"]) == pytest.approx(0.05, abs=0.005)
    assert float(row["fwhm_cm1"]) == pytest.approx(15.97, abs=0.005)
    assert float(row["time_s"]) == 3


WATER = """
name = "water"
[window]
low_cm1 = 2700
high_cm1 = 3900
[baseline]
order = 1
[[peaks]]
name = "H2O"
center_cm1 = 3560
center_min_cm1 = 3400
center_max_cm1 = 3700
fwhm_cm1 = 200
fwhm_min_cm1 = 50
fwhm_max_cm1 = 500
"""


@real_files
def test_real_line_scans_go_through(tmp_path: Path) -> None:
    """Depth scans through hydrous melt inclusions: the band of water, where it is strongest, as scipy sees it."""
    recipe = tmp_path / "water.toml"
    recipe.write_text(WATER)
    files = sorted(p for p in (SHARED / "witec" / "line_scans").glob("1*.txt") if "Information" not in p.name)
    table = rows(ramanfit("fit", *files, "--recipe", recipe, "--set", "noise.model=white").stdout)
    assert len(table) == 80
    assert [row["scan"] for row in table] == ["0"] * 40 + ["1"] * 40
    assert column(table, "time_s")[40] - column(table, "time_s")[0] == 16 * 60 + 2  # 9:54:25 and 10:10:27
    np.testing.assert_allclose(column(table, "position_um")[:40], 1.5 * np.arange(40))
    best = max(range(40), key=lambda i: float(table[i]["height"]))
    assert table[best]["status"] == "ok"
    data = np.loadtxt(files[0], skiprows=20, encoding="cp1252")
    inside = (data[:, 0] >= 2700) & (data[:, 0] <= 3900)
    x, y = data[inside, 0], data[inside, 1 + best]

    def curve(x: np.ndarray, h: float, c: float, w: float, a: float, b: float) -> np.ndarray:
        return np.asarray(h / (1 + ((x - c) / (w / 2)) ** 2) + a + b * (x - 3300))

    found, covariance = curve_fit(curve, x, y, [50, 3560, 200, 750, 0])
    for name, value, error in zip(
        ("height", "center_cm1", "fwhm_cm1"), found, np.sqrt(np.diag(covariance)), strict=False
    ):
        assert float(table[best][name]) == pytest.approx(value, abs=0.02 * error)


def test_how_a_table_lies_is_decided_by_hand(tmp_path: Path) -> None:
    x, y = range(1000, 1030, 2), range(500, 515)
    path = tmp_path / "square.csv"
    rows = [[a, *((7 * a * b) % 911 for b in x)] for a in y]
    path.write_text("\n".join(",".join(map(str, row)) for row in [["", *x], *rows]) + "\n")
    refused = ramanfit("info", path, status=1).stderr.decode()
    assert "could be the axis" in refused
    assert "--layout rows|columns|pairs|long" in refused
    for layout, first in (("rows", "1000"), ("columns", "500")):
        shown = ramanfit("info", path, "--layout", layout, "--csv").stdout.decode().splitlines()
        assert dict(zip(shown[0].split(","), shown[1].split(","), strict=True))["first_cm1"] == first
    assert "no column of that name" in ramanfit("info", path, "--axis-column", "shift", status=1).stderr.decode()
    graph = ramanfit("info", TABLE_S1, "--layout", "rows", status=1).stderr.decode()
    assert "--layout rows: says how a table of numbers lies" in graph

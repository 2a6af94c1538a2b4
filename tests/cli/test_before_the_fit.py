"""`--dark` and `--average` as processes: what comes out, what is said, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ramanfit.formats import open_scans
from tests.cli.test_fits import PRISTINE, SAMPLES, column, ramanfit, rows
from tests.exports import table
from tests.poisson import CASES, DARK, READ, SHIFT, simulate

OPERANDO = sorted((SAMPLES / "operando").glob("*Spec.Data*"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("before")
    rng = np.random.default_rng(0)
    counts, _, _ = simulate(CASES["as P6 of Table S1"], 12, seed=1)
    counts[3, 200] += 2000
    (where / "scan.txt").write_bytes(table(SHIFT, counts))
    (where / "dark.txt").write_bytes(table(SHIFT, DARK + rng.normal(0, READ, (9, SHIFT.size))))
    (where / "one.txt").write_bytes(table(SHIFT, DARK + rng.normal(0, READ, (1, SHIFT.size))))
    (where / "short.txt").write_bytes(table(SHIFT[:400], DARK + rng.normal(0, READ, (1, 400))))
    return where


def test_means_have_the_middle_of_their_places_and_times() -> None:
    plain, means = (rows(ramanfit("ratio", SAMPLES / "operando", *more).stdout) for more in ((), ("--average", "2")))
    assert [r["point"] for r in means[:4]] == ["P1-P2", "P3-P4", "P5-P6", "P1-P2"]
    for name in ("position_um", "time_s"):
        np.testing.assert_allclose(column(means, name), column(plain, name).reshape(-1, 2).mean(axis=1))
    assert [r["scan"] for r in means] == [r["scan"] for r in plain][::2]
    np.testing.assert_allclose(
        column(means, "G_center_cm1"), column(plain, "G_center_cm1").reshape(-1, 2).mean(axis=1), atol=1
    )


def test_all_of_a_file_are_one(folder: Path) -> None:
    done = ramanfit("ratio", folder / "scan.txt", "--average", "all", "-v", "--dark", folder / "dark.txt")
    said = done.stderr.decode()
    (row,) = rows(done.stdout)
    assert row["point"] == "P1-P12"
    assert abs(float(row["ratio"]) - 275.1 / 230.6) < 4 * float(row["ratio_se"])
    assert f"{folder / 'dark.txt'}: mean of 9 dark spectra\n" in said
    assert "12 spectra averaged into 1\n" in said
    assert f"{folder / 'scan.txt'}: P1-P12: cosmic ray masked at {SHIFT[200]:.1f}-{SHIFT[200]:.1f} cm-1" in said


def test_the_result_does_not_depend_on_processes(folder: Path) -> None:
    asked = ("ratio", *OPERANDO[:4], "--average", "3")
    assert ramanfit(*asked).stdout == ramanfit(*asked, "--jobs", "2").stdout


def test_the_dark_spectrum_is_subtracted_everywhere(folder: Path) -> None:
    scan, dark = folder / "scan.txt", folder / "dark.txt"
    plain, less = (rows(ramanfit("bands", scan, *more).stdout) for more in ((), ("--dark", dark)))
    np.testing.assert_allclose(column(less, "raw"), column(plain, "raw") - DARK, atol=5)
    inside = np.isfinite(column(plain, "corrected"))
    np.testing.assert_allclose(column(less, "corrected")[inside], column(plain, "corrected")[inside], atol=12)
    a_number = rows(ramanfit("bands", scan, "--dark", "600").stdout)
    np.testing.assert_allclose(column(a_number, "raw"), column(plain, "raw") - 600, rtol=1e-6)
    np.testing.assert_array_equal(column(a_number, "corrected"), column(plain, "corrected"))


def test_the_dark_spectrum_is_an_input(folder: Path, tmp_path: Path) -> None:
    meta, dark = tmp_path / "meta.json", folder / "one.txt"
    done = ramanfit("fit", folder, "--dark", dark, "--meta", meta, "--select", "*scan*", "-k", "--average", "all")
    assert {Path(i["file"]).name for i in json.loads(meta.read_text())["inputs"]} >= {"scan.txt", "one.txt"}
    said = done.stderr.decode()
    assert f"{dark}: is the dark spectrum, and not fitted\n" in said
    assert (
        f"{dark}: one dark spectrum: its noise cannot be told from the detector's own pattern, and is read off the "
        "residuals of the fits (several spectra in the file are averaged)\n"
    ) in said
    before = dark.read_bytes()
    refused = ramanfit("fit", folder / "scan.txt", "--dark", dark, "--meta", dark, status=2).stderr.decode()
    assert refused == f"ramanfit: {dark}: cannot be written: it is the input {dark}\n"
    assert dark.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (
            ("ratio", "scan.txt", "--dark", "short.txt"),
            2,
            "scan.txt: its axis is not that of the dark spectrum short.txt: 420 channels, 900.00 to 1900.00 cm-1, and "
            "400 channels, 900.00 to 1852.27 cm-1",
        ),
        (("ratio", "dark.txt", "--dark", "dark.txt"), 2, "--dark dark.txt: is the only export, and there is nothing"),
        (("ratio", "scan.txt", "--dark", "705"), 1, "705: No such file or directory"),
        (
            ("ratio", "scan.txt", "--average", "point"),
            2,
            "--average point has nothing to act on: no file holds several spectra of one place",
        ),
        (
            ("fit", "one.txt", "--average", "3"),
            2,
            "--average 3 has nothing to act on: every file holds a single spectrum",
        ),
        (
            ("fit", "one.txt", "--average", "1"),
            2,
            "Invalid value for '--average': expected all, point or a number of spectra from 2 on, found '1'",
        ),
        (("ratio", "fits.csv", "--average", "all"), 2, "--average acts on exports, and fits.csv is a table of fits"),
        (("evolve", "fits.csv", "--dark", "dark.txt"), 2, "--dark acts on exports, and fits.csv is a table of fits"),
        (
            ("watch", ".", "-o", "out", "--average", "all"),
            2,
            "--average is for exports that are all there: use it with evolve",
        ),
        (
            ("bands", "scan.txt", "--dark", "dark.txt", "--set", "bands.dark_counts=600"),
            2,
            "--dark dark.txt subtracts what the dark detector shows, and bands.dark_counts = 600 would do so again: "
            "leave out one of them",
        ),
    ],
)
def test_what_cannot_act_is_an_error(folder: Path, arguments: tuple[str, ...], status: int, message: str) -> None:
    if not (folder / "fits.csv").exists():
        ramanfit("fit", PRISTINE, "-o", folder / "fits.csv")
    named = [folder / word if word in (".", "out") or word[-4:] in (".txt", ".csv") else word for word in arguments]
    said = ramanfit(*named, status=status).stderr.decode().replace(f"{folder}/", "")
    assert f"ramanfit: {message}" in said


def test_a_baseline_is_taken_off_what_is_left_of_the_dark(folder: Path, tmp_path: Path) -> None:
    scan, dark = folder / "scan.txt", folder / "dark.txt"
    done = ramanfit("baseline", scan, "--dark", dark, "--keep", "-o", tmp_path)
    assert f"{dark}: mean of 9 dark spectra\n" in done.stderr.decode()
    raw, under, left = (np.mean(_counts(tmp_path / f"scan {what}.txt")) for what in ("raw", "baseline", "corrected"))
    counts, _, _ = simulate(CASES["as P6 of Table S1"], 12, seed=1)
    assert raw == pytest.approx(counts.mean() - DARK, abs=3)
    assert raw - under == pytest.approx(left, abs=1e-3)
    refused = ramanfit("baseline", scan, "--dark", dark, "-o", dark, status=2).stderr.decode()
    assert refused == f"ramanfit: {dark}: cannot be written: it is the input {dark}\n"


def _counts(path: Path) -> np.ndarray:
    (scan,) = open_scans(str(path))
    return np.asarray(scan.counts)


def test_the_help_says_what_dark_may_be() -> None:
    said = " ".join(ramanfit("bands", "--help-all").stdout.decode().split())
    assert "--dark FILE An export of the dark detector, subtracted first; several spectra in it are averaged." in said
    assert (
        "--dark is also taken as a number of counts, the same in all channels, which is subtracted from raw "
        "intensities alone; a file with such a name is ./705."
    ) in said
    assert "--average all|N|point Average repeats before the fit: all spectra of a file, every N, or those at" in said

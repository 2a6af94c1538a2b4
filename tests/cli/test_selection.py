"""Rows and columns that are picked, on exports and on tables alike; fits as numbers."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from tests.cli.test_inputs import OPERANDO, SAMPLES, TABLE_S1, ramanfit, rows

PICKS = (
    ["--points", "P3,P4"],
    ["--from", "1h"],
    ["--to", "4000s", "--points", "P1"],
    ["--from", "10min", "--to", "1h"],
    ["--columns", "G_center_cm1,ratio"],
    ["--columns", "point,time_s,ratio,ratio_se", "--points", "P2"],
)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("tables")
    made = []
    for path in OPERANDO:
        made.append(folder / f"{path.stem}.csv")
        ramanfit("fit", path, "-o", made[-1])
    return made


@pytest.mark.parametrize("verb", ["ratio", "evolve", "bands", "curves"])
@pytest.mark.parametrize("pick", PICKS[:4])
def test_the_same_selection_on_exports_and_tables_gives_the_same_bytes(
    verb: str, pick: list[str], tables: list[Path]
) -> None:
    of_exports = ramanfit(verb, *OPERANDO, *pick).stdout
    assert ramanfit(verb, *tables, *pick).stdout == of_exports
    whole = rows(ramanfit(verb, *OPERANDO))
    kept = rows(ramanfit(verb, *OPERANDO, *pick))
    assert 0 < len(kept) < len(whole)
    assert all(row in whole for row in kept)


@pytest.mark.parametrize("pick", PICKS[4:])
def test_the_same_columns_of_exports_and_tables(pick: list[str], tables: list[Path]) -> None:
    of_exports = ramanfit("ratio", *OPERANDO, *pick).stdout
    assert ramanfit("ratio", *tables, *pick).stdout == of_exports
    assert ramanfit("evolve", *OPERANDO, *pick).stdout == of_exports


def test_a_folder_of_evolve_holds_the_rows_that_are_picked(tmp_path: Path) -> None:
    ramanfit("evolve", *OPERANDO, "--points", "P3,P4", "--from", "1h", "--no-report", "-o", tmp_path)
    for name, several in (("ratios", 1), ("peaks", 2), ("bands", 4)):
        found = list(csv.DictReader(io.StringIO((tmp_path / f"{name}.csv").read_text())))
        assert {row["point"] for row in found} == {"P3", "P4"}
        assert min(float(row["time_s"]) for row in found) >= 3600
        assert len(found) == several * 12
    assert (tmp_path / "map.png").exists()


@pytest.mark.parametrize(
    ("pick", "words"),
    [
        (["--points", "P9"], b"no point 'P9': choose one of P1, P2"),
        (["--columns", "G_centre_cm1"], b"no column 'G_centre_cm1': did you mean G_center_cm1?"),
        (["--cycle", "1"], b"--cycle needs --echem"),
        (["--from", "5d"], b"no row is left"),
    ],
)
def test_a_selection_that_picks_nothing_is_refused(pick: list[str], words: bytes) -> None:
    assert words in ramanfit("ratio", *OPERANDO[:2], *pick, status=2).stderr


def test_a_column_of_bands_is_known_before_any_work(tmp_path: Path) -> None:
    wrong = ramanfit("bands", TABLE_S1, "--columns", "corected", status=2)
    assert wrong.stderr.splitlines()[0] == b"ramanfit: --columns: no column 'corected': did you mean corrected?"
    named = "point,band_cm1,corrected,corrected_se,specific_enhancement"
    assert list(rows(ramanfit("bands", TABLE_S1, "--columns", named))[0]) == named.split(",")


def test_a_time_that_is_not_known_and_columns_of_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("".join(f"{900 + 2 * k}\t{100 + k % 7}\n" for k in range(500)))
    assert b"--from: no spectrum has a time" in ramanfit("ratio", tmp_path, "--from", "1h", status=2).stderr
    refused = ramanfit("evolve", TABLE_S1, "--columns", "ratio", "-o", tmp_path / "out", status=2)
    assert b"leave it out with -o DIR" in refused.stderr


def test_a_cycle_of_the_cell(tmp_path: Path) -> None:
    record = next(SAMPLES.glob("operando/*.mpt"))
    whole = rows(ramanfit("ratio", *OPERANDO, "--echem", record))
    (cycle, *_) = sorted({row["cycle"] for row in whole if row["cycle"]})
    picked = rows(ramanfit("ratio", *OPERANDO, "--echem", record, "--cycle", cycle))
    assert picked == [row for row in whole if row["cycle"] == cycle]


def test_people_are_shown_what_a_paper_prints_and_all_on_demand() -> None:
    short = ramanfit("ratio", TABLE_S1, "--md").stdout.decode()
    assert "area" not in short
    assert short.startswith("| point | position_um | time_s | G_center_cm1 |")
    assert "B_area" in ramanfit("ratio", TABLE_S1, "--md", "--columns", "all").stdout.decode()
    assert "±" in ramanfit("ratio", TABLE_S1, "--md", "--columns", "ratio").stdout.decode()


# -- curves -------------------------------------------------------------------------------------------------

RECIPES = (
    ["--recipe", "li-graphite"],
    ["--recipe", "li-graphite-doublet"],
    ["--recipe", "li-graphite", "--instrument-width", "6"],
    ["--recipe", "carbon-bwf"],
    ["--recipe", "li-graphite", "--baseline", "arpls", "--set", "baseline.options=lam=1e6"],
    [
        "--recipe",
        "li-graphite",
        "--smooth",
        "none",
        "--set",
        "peaks.G.shape=pseudo-voigt",
        "--set",
        "detection.doublets=[]",
    ],
)


@pytest.mark.parametrize("recipe", RECIPES)
def test_curves_add_up_to_the_counts(recipe: list[str]) -> None:
    table = rows(ramanfit("curves", TABLE_S1, *recipe))
    names = list(table[0])
    assert names[:7] == ["source", "scan", "point", "shift_cm1", "counts", "used", "baseline"]
    assert names[-2:] == ["fit", "residual"]
    values = {name: np.array([float(row[name] or 0) for row in table]) for name in names[3:]}
    peaks = [values[name] for name in names[7:-2]]
    assert len(peaks) >= 2
    np.testing.assert_allclose(values["baseline"] + sum(peaks), values["fit"], rtol=1e-6)
    np.testing.assert_allclose(values["fit"] + values["residual"], values["counts"], rtol=1e-6, atol=1e-5)
    assert set(values["used"]) <= {0.0, 1.0}


def test_curves_hold_the_counts_of_the_file_and_the_height_of_the_table() -> None:
    from ramanfit.formats import open_scans

    (scan,) = open_scans(str(TABLE_S1))
    table = [row for row in rows(ramanfit("curves", TABLE_S1)) if row["point"] == "P6"]
    shift = np.array([float(row["shift_cm1"]) for row in table])
    at = np.searchsorted(scan.shift_cm1, shift - 1e-4)
    np.testing.assert_allclose([float(row["counts"]) for row in table], np.asarray(scan.counts[5])[at], rtol=1e-8)
    fitted = rows(ramanfit("ratio", TABLE_S1))[5]
    peak = np.array([float(row["G"]) for row in table])
    assert peak.max() == pytest.approx(float(fitted["G_height"]), rel=5e-3)
    assert shift[peak.argmax()] == pytest.approx(float(fitted["G_center_cm1"]), abs=2)


def test_a_spectrum_without_a_fit_has_counts_alone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("".join(f"{900 + 2 * k}\t7\n" for k in range(500)))
    table = rows(ramanfit("curves", tmp_path))
    assert {row["counts"] for row in table} == {"7"}
    assert {row[name] for row in table for name in ("baseline", "G", "B", "fit", "residual")} == {""}


def test_a_peak_that_is_called_as_a_column_is_refused(tmp_path: Path) -> None:
    text = ramanfit("recipe", "li-graphite").stdout.decode().replace('"G"', '"fit"')
    (tmp_path / "r.toml").write_text(text)
    refused = ramanfit("curves", TABLE_S1, "--recipe", tmp_path / "r.toml", status=2)
    assert b"curves have a column fit" in refused.stderr

"""`plot` as a process, and the figures that `evolve` writes."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

ROOT = Path(__file__).resolve().parents[2]
OPERANDO = ROOT / "sample_spectra" / "operando"
ONE = next((ROOT / "sample_spectra" / "pristine-graphite").glob("*Spec.Data*"))
FIGURES = ("map", "traces", "profile", "bands", "waterfall")


def ramanfit(*arguments: str | Path, status: int = 0) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "ramanfit", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == status, done.stderr
    return done


@pytest.fixture(scope="module")
def one_scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one scan of six points."""
    folder = tmp_path_factory.mktemp("scan")
    for file in OPERANDO.glob("*--000--*"):
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def test_one_spectrum_goes_down_the_pipe_as_png() -> None:
    drawn = imread(io.BytesIO(ramanfit("plot", ONE).stdout))
    assert drawn.shape[1] == 7 * 300
    assert len(np.unique(drawn.reshape(-1, drawn.shape[2]), axis=0)) > 20


def test_a_figure_for_every_spectrum_of_a_folder(one_scan: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "figures"
    ramanfit("plot", one_scan, "-o", out)
    names = sorted(path.name for path in out.iterdir())
    assert len(names) == 6
    assert [name.rsplit("_", 1)[1] for name in names] == [f"P{k}.png" for k in range(1, 7)]


def test_points_and_scans_are_picked(tmp_path: Path) -> None:
    ramanfit("plot", OPERANDO, "--scan", 3, "--scan", 5, "--point", "P2", "-o", tmp_path)
    assert sorted(path.stem.rsplit("_", 2)[1] for path in tmp_path.iterdir()) == ["03", "05"]
    done = ramanfit("plot", OPERANDO, "--point", "P9", status=2)
    assert b"unknown point 'P9'" in done.stderr


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_worst_side_by_side(ending: str, tmp_path: Path) -> None:
    ramanfit("plot", OPERANDO, "--worst", 4, "-o", tmp_path / f"worst.{ending}")
    assert (tmp_path / f"worst.{ending}").stat().st_size > 5000


def test_the_worst_are_the_flagged_ones(one_scan: Path, tmp_path: Path) -> None:
    """Where a spectrum holds nothing but its background, that one comes first."""
    for file in one_scan.iterdir():
        lines = file.read_bytes().decode("cp1252").split("\r\n")
        for i, line in enumerate(lines):
            cells = line.split("\t")
            if "Spec.Data" in file.name and len(cells) == 7 and i > 30:
                cells[3] = f"{800 - 0.1 * i + 3 * (i * 7919 % 11 - 5)}"
            lines[i] = "\t".join(cells)
        (tmp_path / file.name).write_bytes("\r\n".join(lines).encode("cp1252"))
    ramanfit("plot", tmp_path, "--worst", 1, "-o", tmp_path / "worst.svg")
    drawn = (tmp_path / "worst.svg").read_text(encoding="utf-8")
    assert ", P3<" in drawn
    assert "not_detected" in drawn


def test_a_waterfall_by_state_of_charge_and_by_time(tmp_path: Path) -> None:
    cell = next(OPERANDO.glob("*.mpt"))
    by_soc, by_time = tmp_path / "soc.svg", tmp_path / "time.svg"
    ramanfit("plot", OPERANDO, "--waterfall", "--echem", cell, "--soc", "0,50,100", "-o", by_soc)
    assert "charge" in by_soc.read_text(encoding="utf-8")
    ramanfit("plot", OPERANDO, "--waterfall", "--point", "P3", "--times", "0,1h", "-o", by_time)
    assert "P3 (10 µm)" in by_time.read_text(encoding="utf-8")
    assert " min" in by_time.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--waterfall", "--worst", "3"], "different figures"),
        (["--soc", "0,50"], "--waterfall"),
        (["--waterfall", "--soc", "0", "--times", "0"], "both pick"),
        (["-o", "figure.tiff", "--worst", "2"], ".png .svg .pdf"),
        ([], "do not fit into one file"),
        (["-o", "figure.png"], "figures do not fit into one file"),
        (["--waterfall", "--point", "P9"], "P9"),
    ],
)
def test_what_does_not_go_together_is_said(arguments: list[str], words: str) -> None:
    assert words in ramanfit("plot", OPERANDO, *arguments, status=2).stderr.decode()


def test_evolve_writes_all_figures_in_all_forms(tmp_path: Path) -> None:
    cell = next(OPERANDO.glob("*.mpt"))
    for out in ("a", "b"):
        ramanfit("evolve", OPERANDO, "--echem", cell, "--format", "svg,pdf", "--no-report", "-o", tmp_path / out)
    names = {path.name for path in (tmp_path / "a").iterdir()}
    assert {f"{name}.{ending}" for name in FIGURES for ending in ("png", "svg", "pdf")} <= names
    for name in names - {"run.json"}:  # which names the command
        same = (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
        assert same, name


def test_the_waterfalls_numbers_lie_beside_it(tmp_path: Path) -> None:
    ramanfit("evolve", OPERANDO, "--point", "P2", "--times", "0,30min", "--no-report", "-o", tmp_path)
    table = list(csv.DictReader(io.StringIO((tmp_path / "waterfall.csv").read_text(encoding="utf-8"))))
    assert {row["point"] for row in table} == {"P2"}
    spectra = {row["scan"] for row in table}
    assert len(spectra) == 2
    off = np.array([float(row["counts"]) - float(row["fit"]) for row in table if row["counts"]])
    assert abs(off.mean()) < 0.2 * off.std()

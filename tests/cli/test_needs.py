"""Names that figures need, and styles: refused before any fit, with what would be right."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from ramanfit.errors import RecipeError, UsageError
from ramanfit.experiment.gather import gather
from ramanfit.experiment.request import Drawing, Request
from ramanfit.experiment.voice import Silent
from tests.cli.test_fits import SAMPLES, ramanfit

OPERANDO = SAMPLES / "operando"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two scans, the table of their fits, and two styles."""
    where = tmp_path_factory.mktemp("needs")
    (where / "scans").mkdir()
    for file in OPERANDO.glob("*--00[0-1]--*"):
        (where / "scans" / file.name).write_bytes(file.read_bytes())
    ramanfit("fit", where / "scans", "-o", where / "fits.csv")
    (where / "bad.mplstyle").write_text("axes.lebelsize: 9\n", encoding="utf-8")
    (where / "good.mplstyle").write_text("axes.labelsize: 9\nfigure.figsize: 3, 3\n", encoding="utf-8")
    return where


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("evolve", "scans", "-o", "out", "--point", "P9"), "unknown point 'P9'"),
        (
            ("evolve", "scans", "-o", "out", "--first-point", "A4", "--point", "P1"),
            "choose one of A4, A5, A6, A7, A8, A9",
        ),
        (("evolve", "scans", "-o", "out", "--points", "P1,P2", "--point", "P3"), "choose one of P1, P2"),
        (("evolve", "scans", "-o", "out", "--soc", "0,50"), "--soc needs the cell's record: --echem FILE"),
        (
            ("evolve", "scans", "-o", "out", "--times", "0,6"),
            "expected times with their units such as 0h,6h, found '0,6'",
        ),
        (("evolve", "scans", "-o", "out", "--quantity", "voltage_v"), "--quantity voltage_v needs the cell's record"),
        (
            ("evolve", "scans", "-o", "out", "--quantity", "ratio_delta"),
            "--quantity ratio_delta needs --reference FILE",
        ),
        (("evolve", "scans", "-o", "out", "--quantity", "G_width"), "G_fwhm_cm1"),
        (("evolve", "scans", "-o", "out", "--style", "bad.mplstyle"), "line 1: unknown key 'axes.lebelsize'"),
        (("evolve", "scans", "-o", "out", "--ends", "Li"), "expected two names such as Li,SE, found 'Li'"),
        (("evolve", "scans", "-o", "out", "--ends", "Li,SE", "--no-figures"), "--ends is for figures"),
        (("evolve", "scans", "--style", "good.mplstyle"), "--style is for figures: name a folder for them with -o DIR"),
        (("watch", "scans", "-o", "out", "--once", "--quantity", "G_width"), "G_fwhm_cm1"),
        (("watch", "scans", "-o", "out", "--once", "--soc", "0"), "--soc needs the cell's record"),
        (("watch", "scans", "-o", "out", "--once", "--style", "bad.mplstyle"), "axes.lebelsize"),
        (("plot", "scans", "--waterfall", "--point", "P9", "-o", "a.png"), "unknown point 'P9'"),
        (("plot", "scans", "--waterfall", "--soc", "0", "-o", "a.png"), "--soc needs the cell's record"),
        (("plot", "scans", "--waterfall", "--times", "1h,6", "-o", "a.png"), "such as 1h,6h, found '1h,6'"),
        (("plot", "scans", "--worst", "2", "--style", "bad.mplstyle", "-o", "a.png"), "axes.labelsize"),
        (("evolve", "fits.csv", "-o", "out", "--point", "P9"), "unknown point 'P9'"),
        (("evolve", "fits.csv", "-o", "out", "--soc", "0"), "--soc needs the cell's record"),
        (("evolve", "fits.csv", "-o", "out", "--quantity", "G_width"), "G_fwhm_cm1"),
    ],
)
def test_what_figures_need_is_refused_before_any_fit(folder: Path, arguments: tuple[str, ...], words: str) -> None:
    named = [folder / word if (folder / word).exists() or word in ("out", "a.png") else word for word in arguments]
    done = ramanfit(*named, "--engine", "varpro", status=2)
    said = " ".join(done.stderr.decode().split())
    assert words in said
    assert "spectra flagged" not in said
    assert not (folder / "out" / "ratios.csv").exists()
    assert not (folder / "a.png").exists()


@pytest.mark.parametrize("drawing", [Drawing(point="P9"), Drawing(soc=(0.0,))])
def test_no_fit_is_made_where_a_name_is_wrong(drawing: Drawing, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fitted(*_: object) -> None:
        raise AssertionError("fitted")

    monkeypatch.setattr("ramanfit.experiment.gather.fit_all", fitted)
    with pytest.raises((RecipeError, UsageError)):
        gather(Request.of(folder / "scans", "li-graphite"), Silent(), draw=True, drawing=drawing)
    with pytest.raises(AssertionError, match="fitted"):
        gather(Request.of(folder / "scans", "li-graphite"), Silent(), draw=True, drawing=Drawing(point="P6"))


def test_a_style_that_is_no_file_and_one_that_would_be_lost(folder: Path) -> None:
    missing = ramanfit("plot", folder / "scans", "--worst", 2, "--style", folder / "none.mplstyle", status=1)
    assert b"none.mplstyle: cannot be read: No such file" in missing.stderr
    good = folder / "good.mplstyle"
    lost = ramanfit("plot", folder / "scans", "--worst", 2, "--style", good, "-o", good, status=2)
    assert b"cannot be written: it is the input" in lost.stderr


def test_a_style_changes_figures_and_says_what_it_cannot(folder: Path, tmp_path: Path) -> None:
    plain, styled = tmp_path / "plain.svg", tmp_path / "styled.svg"
    ramanfit("plot", folder / "scans", "--worst", 2, "-o", plain)
    done = ramanfit("plot", folder / "scans", "--worst", 2, "--style", folder / "good.mplstyle", "-o", styled)
    assert b"without effect, as the page decides it: figure.figsize" in done.stderr
    assert plain.read_bytes() != styled.read_bytes()


def test_a_waterfall_takes_the_point_with_the_strongest_peaks_and_names_it(folder: Path, tmp_path: Path) -> None:
    ramanfit("plot", folder / "scans", "--waterfall", "-o", tmp_path / "a.svg")
    heights: dict[str, float] = defaultdict(float)
    for row in csv.DictReader((folder / "fits.csv").read_text(encoding="utf-8").splitlines()):
        heights[row["point"]] += float(row["height"]) if row["status"] == "ok" else 0.0
    strongest = max(heights, key=lambda point: heights[point])
    assert f"{strongest} (" in (tmp_path / "a.svg").read_text(encoding="utf-8")

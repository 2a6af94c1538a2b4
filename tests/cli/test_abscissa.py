"""`--x` as a process: what it draws, and what is refused before anything is fitted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.test_fits import SAMPLES, ramanfit

FIGURES = ("map", "traces", "bands", "contour")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with four scans, the cell's record, a table of covariates, and an export that no fit survives."""
    where = tmp_path_factory.mktemp("abscissa")
    for name in ("scans", "broken"):
        (where / name).mkdir()
    for path in SAMPLES.glob("operando/*--00[0-3]--*"):
        shutil.copy(path, where / "scans")
    shutil.copy(next(SAMPLES.glob("operando/*.mpt")), where / "cell.mpt")
    names = sorted(path.name for path in (where / "scans").glob("*Spec.Data*"))
    doses = [f"{name},{k**2},{word}" for k, (name, word) in enumerate(zip(names, "abcd", strict=True))]
    (where / "doses.csv").write_text("\n".join(["file,dose,batch", *doses]) + "\n")
    (where / "broken" / "scan.txt").write_text("no spectrum\n")
    return where


@pytest.mark.parametrize("x", ["voltage", "dose"])
def test_figures_are_drawn_against_what_is_asked_for(folder: Path, x: str) -> None:
    given = ("--echem", folder / "cell.mpt", "--covariates", folder / "doses.csv", "--no-report", "--format", "svg")
    target = folder / f"against-{x}"
    ramanfit("evolve", folder / "scans", *given, "--x", x, "-o", target)
    words = {"voltage": "voltage (V)", "dose": "dose"}[x]
    for name in FIGURES:
        assert words in (target / f"{name}.svg").read_text(encoding="utf-8")
        assert (target / f"{name}.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--x", "voltag", "-o", "out"), "unknown abscissa 'voltag': did you mean voltage?"),
        (("--x", "voltage", "-o", "out"), "--x voltage needs the cell's record: --echem FILE"),
        (("--x", "soc", "-o", "out"), "--x soc needs the cell's record: --echem FILE"),
        (("--x", "doze", "-o", "out", "--covariates", "doses.csv"), "unknown abscissa 'doze': did you mean dose?"),
        (("--x", "scan"), "--x is for figures: name a folder for them with -o DIR"),
        (("--point", "P2"), "--point is for figures: name a folder for them with -o DIR"),
        (("--times", "0h,1h"), "--times is for figures: name a folder for them with -o DIR"),
        (("--format", "svg"), "--format is for figures: name a folder for them with -o DIR"),
        (("--quantity", "G_fwhm_cm1"), "--quantity is for figures: name a folder for them with -o DIR"),
        (
            ("--x", "scan", "--no-figures", "-o", "out"),
            "--x is for figures, and --no-figures leaves them out",
        ),
    ],
)
def test_what_cannot_be_drawn_against_is_refused_before_any_fit(
    folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    """The folder holds no spectrum: had anything been read, that would have been the error."""
    named = [folder / word if word in ("out", "doses.csv") else word for word in arguments]
    said = ramanfit("evolve", folder / "broken", *named, status=2).stderr.decode()
    assert message in " ".join(said.split()).replace(" hint:", ":")
    assert not (folder / "out").exists()


def test_watch_refuses_the_same(folder: Path) -> None:
    said = ramanfit("watch", folder / "broken", "-o", folder / "out", "--x", "voltage", status=2).stderr.decode()
    assert "--x voltage needs the cell's record: --echem FILE" in said
    assert not (folder / "out").exists()


def test_words_are_no_abscissa_and_nothing_is_written(folder: Path) -> None:
    """Only the columns themselves tell what they hold."""
    target = folder / "words"
    given = ("--covariates", folder / "doses.csv", "--x", "batch", "-o", target)
    said = ramanfit("evolve", folder / "scans", *given, status=2).stderr.decode()
    assert "--x batch: expected numbers in this column, found words" in said
    assert not [*target.glob("*")]


def test_tables_of_fits_tell_what_they_hold(folder: Path) -> None:
    fits = folder / "fits.csv"
    ramanfit("fit", folder / "scans", "-o", fits)
    said = ramanfit("evolve", fits, "--x", "voltage", "-o", folder / "tables", status=2).stderr.decode()
    assert "--x voltage needs the cell's record: --echem FILE" in said
    assert not [*(folder / "tables").glob("*")]

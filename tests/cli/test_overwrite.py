"""An output that is also an input is refused, whatever name it is called by, and nothing is written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ramanfit.cli import ramanfit
from ramanfit.cli.console import Console
from tests.cli.test_fits import PRISTINE, ROOT, TABLE_S1

pytestmark = pytest.mark.posix  # links, devices, what a shell opened

NAME = "SYNTHETIC-table-s1--Line--000--Spec.Data 1"  # what the line's measurement is called inside its file
LINKS: dict[str, Callable[[Path, Path], Path]] = {
    "its name": lambda source, link: source,
    "another spelling": lambda source, link: source.absolute(),
    "a symlink": lambda source, link: _symlink(source, link),
    "a hard link": lambda source, link: _hard_link(source, link),
    "a symlink to a symlink": lambda source, link: _symlink(
        _symlink(source, link.parent.parent / f"first-{link.name}"), link
    ),
}


def _symlink(source: Path, link: Path) -> Path:
    link.symlink_to(os.path.relpath(source, link.parent))
    return link


def _hard_link(source: Path, link: Path) -> Path:
    os.link(source, link)
    return link


@pytest.fixture
def day(tmp_path: Path) -> Path:
    """A folder with all that commands read."""
    folder = tmp_path / "day"
    folder.mkdir()
    (folder / "line.txt").write_bytes(TABLE_S1.read_bytes())
    (folder / "line--Information.txt").write_bytes(next(TABLE_S1.parent.glob("*Information.txt")).read_bytes())
    (tmp_path / "pristine.txt").write_bytes(PRISTINE.read_bytes())
    (tmp_path / "base.toml").write_text('base = "graphite"\n[baseline]\norder = 1\n')
    (tmp_path / "mine.toml").write_text('base = "base.toml"\n')
    (tmp_path / "cell.csv").write_text("time_s,voltage_v\n0,3.0\n600,3.5\n")
    shift = [500 + 0.5 * k for k in range(100)]
    counts = [100 + 900 / (1 + ((x - 520.1) / 2) ** 2) + (7 * k) % 11 for k, x in enumerate(shift)]
    (tmp_path / "si.txt").write_text("".join(f"{x}\t{y:.3f}\n" for x, y in zip(shift, counts, strict=True)))
    (tmp_path / "split").mkdir()
    (tmp_path / "split" / "one-x.dat").write_text("".join(f"{x}\n" for x in shift))
    (tmp_path / "split" / "one-y.dat").write_text("".join(f"{y:.3f}\n" for y in counts))
    shutil.copy(PRISTINE.parent / "plan.toml", tmp_path / "plan.toml")
    (tmp_path / "out").mkdir()
    return tmp_path


def contents(folder: Path) -> dict[str, bytes | str]:
    return {
        path.relative_to(folder).as_posix(): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def refused(day: Path, arguments: list[str | Path], capfd: pytest.CaptureFixture[str], *names: Path | str) -> None:
    """The command ends with 2 and one line that names all `names`, and leaves every file as it was."""
    before = contents(day)
    assert Console().run(ramanfit, [*map(str, arguments), "-q"]) == 2
    out, err = capfd.readouterr()
    assert not out
    assert err.startswith("ramanfit: ")
    assert err.count("\n") == 1, err
    assert "cannot be written: it is" in err
    for name in names:
        assert str(name) in err, err
    assert contents(day) == before


READ = {  # what a fitting command reads, and how it is named
    "a file": ("day/line.txt", ["day/line.txt"]),
    "a file in a folder": ("day/line.txt", ["day"]),
    "its Information text": ("day/line--Information.txt", ["day/line.txt"]),
    "the Information text in a folder": ("day/line--Information.txt", ["day"]),
    "the other part": ("split/one-y.dat", ["split/one-x.dat"]),
    "a part in a folder": ("split/one-y.dat", ["split"]),
    "the recipe": ("mine.toml", ["day", "--recipe", "mine.toml"]),
    "what the recipe is laid over": ("base.toml", ["day", "--recipe", "mine.toml"]),
    "the cell's record": ("cell.csv", ["day", "--echem", "cell.csv"]),
    "an alternative": ("mine.toml", ["day", "--sensitivity", "--set", 'alternatives.recipes=["mine.toml"]']),
}


@pytest.mark.parametrize("kind", LINKS)
@pytest.mark.parametrize("read", READ)
def test_whatever_fit_reads_is_not_replaced(
    read: str, kind: str, day: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(day)
    source, arguments = READ[read]
    output = LINKS[kind](Path(source), Path("out/result.csv"))
    refused(day, ["fit", *arguments, "--csv", "-o", output], capfd, output, source)
    refused(day, ["fit", *arguments, "-o", "peaks.csv", "--meta", output], capfd, output, source)


SINGLE = {  # verbs that write one file, without it
    "info": ["info", "day"],
    "fit": ["fit", "day"],
    "ratio": ["ratio", "day"],
    "bands": ["bands", "day"],
    "plot": ["plot", "day", "--worst", "1"],
    "baseline": ["baseline", "day"],
    "export": ["export", "day", "--form", "txt"],
    "export as a table": ["export", "day", "--form", "csv"],
    "export as netCDF": ["export", "day", "--form", "nc"],
}


@pytest.mark.parametrize("kind", LINKS)
@pytest.mark.parametrize("verb", SINGLE)
def test_every_verb_that_writes_a_file_leaves_its_inputs(
    verb: str, kind: str, day: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(day)
    output = LINKS[kind](Path("day/line.txt"), Path("out/result.txt"))
    form = ["--csv"] if verb in ("info", "fit", "ratio", "bands") else []
    refused(day, [*SINGLE[verb], *form, "-o", output], capfd, output, "day/line.txt")


@pytest.mark.parametrize("kind", LINKS)
@pytest.mark.parametrize("source", ["si.txt", "mine.toml", "base.toml"])
def test_calibrate_leaves_its_inputs(
    source: str, kind: str, day: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(day)
    output = LINKS[kind](Path(source), Path("out/result.toml"))
    refused(day, ["calibrate", "si.txt", "--base", "mine.toml", "-o", output], capfd, output, source)


FOLDERS = {  # verbs that write into a folder, a file that they would write there, without the folder
    "evolve, a table": (["evolve"], "peaks.csv"),
    "evolve, a map": (["evolve"], "map_ratio.csv"),
    "evolve, one more map": (["evolve", "--quantity", "G_fwhm_cm1"], "map_G_fwhm_cm1.csv"),
    "evolve, a figure": (["evolve"], "traces.png"),
    "evolve, a figure in another form": (["evolve", "--format", "svg"], "profile.svg"),
    "evolve, the waterfall": (["evolve"], "waterfall.csv"),
    "evolve, the report": (["evolve"], "report.html"),
    "watch, a table": (["watch", "--once"], "ratios.csv"),
    "watch, a scan's table": (["watch", "--once"], "fits/line.txt.csv"),
    "watch, the settings": (["watch", "--once"], "fits/settings.json"),
    "plot": (["plot"], "line_0_P1.png"),
    "baseline": (["baseline"], f"{NAME} corrected.txt"),
    "baseline, the raw spectra": (["baseline", "--keep"], f"{NAME} raw.txt"),
    "export": (["export"], f"{NAME}.txt"),
    "export, the Information text": (["export"], "SYNTHETIC-table-s1--Line--000--Information.txt"),
    "export as a table": (["export", "--form", "csv"], f"{NAME}.csv"),
}


@pytest.mark.parametrize("kind", ["a symlink", "a hard link", "a symlink to a symlink"])
@pytest.mark.parametrize("verb", FOLDERS)
def test_every_verb_that_fills_a_folder_leaves_its_inputs(
    verb: str, kind: str, day: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(day)
    arguments, name = FOLDERS[verb]
    output = Path("out") / name
    output.parent.mkdir(exist_ok=True)
    LINKS[kind](Path("day/line.txt"), output)
    refused(day, [arguments[0], "day", *arguments[1:], "-o", "out/"], capfd, output, "day/line.txt")


@pytest.mark.parametrize("verb", ["evolve", "watch"])
def test_a_reference_is_an_input(
    verb: str, day: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(day)
    more = ["--once"] if verb == "watch" else []
    shutil.move("pristine.txt", "out/bands.csv")
    refused(
        day,
        [verb, "day", "--reference", "out/bands.csv", *more, "-o", "out"],
        capfd,
        "out/bands.csv: ",
        "out/bands.csv",
    )


@pytest.mark.parametrize("source", ["plan.toml", "mine.toml", "base.toml"])
@pytest.mark.parametrize("kind", ["a symlink", "a hard link"])
def test_simulate_leaves_its_plan(
    kind: str, source: str, day: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(day)
    Path("base.toml").write_text('base = "li-graphite"\n')
    LINKS[kind](Path(source), Path("out/truth.csv"))
    arguments = ["simulate", "plan.toml", "--recipe", "mine.toml", "--force", "-o", "out"]
    refused(day, arguments, capfd, "out/truth.csv", source)


def test_tables_and_the_exports_they_name_are_inputs(
    day: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(day)
    assert Console().run(ramanfit, ["fit", "day", "-q", "-o", "out/peaks.csv"]) == 0
    capfd.readouterr()
    refused(day, ["ratio", "out/peaks.csv", "-o", "out/peaks.csv"], capfd, "out/peaks.csv")
    refused(day, ["evolve", "out/peaks.csv", "-o", "out"], capfd, "out/peaks.csv")
    for verb in (["bands"], ["plot", "--worst", "1", "-o", "x.png"], ["evolve", "--no-figures", "-o", "out2"]):
        arguments = [verb[0], "out/peaks.csv", *verb[1:], "--meta", "day/line.txt", "-q"]
        refused(day, arguments, capfd, "day/line.txt")


def test_two_outputs_are_two_files(
    day: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(day)
    refused(day, ["fit", "day", "-o", "x.csv", "--meta", "x.csv"], capfd, "x.csv")
    refused(day, ["fit", "day", "-o", "x.csv", "--meta", "./day/../x.csv"], capfd, "the output x.csv")
    refused(day, ["evolve", "day", "-o", "out", "--meta", "out/report.html"], capfd, "out/report.html")
    Path("x.csv").symlink_to("y.csv")
    refused(day, ["ratio", "day", "-o", "x.csv", "--meta", "y.csv"], capfd, "y.csv", "x.csv")
    assert Console().run(ramanfit, ["fit", "day", "-q", "-o", os.devnull, "--csv", "--meta", os.devnull]) == 0


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = f'ramanfit() {{ PYTHONPATH="{ROOT}" "{sys.executable}" -m ramanfit "$@"; }}; {command}'
    return subprocess.run(["bash", "-c", program], cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            "ramanfit fit - -o day/line.txt --csv < day/line.txt",
            "day/line.txt: cannot be written: it is standard input",
        ),
        ("ramanfit fit day/line.txt >> day/line.txt", "standard output: cannot be written: it is the input day/line"),
        ("ramanfit fit day -o /dev/stdout --csv >> day/line.txt", "/dev/stdout: cannot be written: it is the input"),
        ("ramanfit fit day --meta x > x", "x: cannot be written: it is also standard output"),
    ],
)
def test_what_the_shell_opened_counts_too(command: str, said: str, day: Path) -> None:
    before = contents(day)
    done = run(command, day)
    assert done.returncode == 2
    assert f"ramanfit: {said}" in done.stderr
    assert done.stderr.count("\n") == 1
    assert {name: data for name, data in contents(day).items() if name != "x"} == before


@pytest.mark.parametrize(
    "command",
    [
        "ramanfit fit day -o out/peaks.csv && ramanfit fit day -o out/peaks.csv",
        "ramanfit evolve day --no-report -o out && ramanfit evolve day --no-report -o out --meta out/run.json",
        "ramanfit fit day -o day/peaks.csv && ramanfit fit day -o day/peaks.csv",
        "ramanfit export day -o out/ && ramanfit export day -o out/",
        "ramanfit baseline day -o day/ && ramanfit baseline day/line.txt -o day/",
        "ramanfit watch day -o day --no-report --no-figures --once --interval 0s",
        "ramanfit fit day > all.txt --meta /dev/stderr",
        "ramanfit fit day/line.txt --csv -o day/line.csv && ramanfit fit day/line.txt --csv -o day/line.csv",
    ],
)
def test_what_is_no_input_is_replaced_as_ever(command: str, day: Path) -> None:
    before = contents(day)
    done = run(command, day)
    assert done.returncode == 0, done.stderr
    assert before.items() <= contents(day).items()

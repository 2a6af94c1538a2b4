"""The README: every command, recipe and figure of the sample in it holds.

``python -m tests.test_readme`` renews its table.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.drawing.images import MOST, others
from tests.drawing.test_looks import difference
from tests.pictures import MANUAL, chromium, evolved, map_picture, report_picture

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
SHOWN = ("point", "position_um", "G_center_cm1", "G_height", "B_center_cm1", "B_height", "ratio")
TABLE = re.compile(r"(<!-- table: .*? -->\n)(.*?)(<!-- end of table -->)", re.S)


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^ *```{language}\n(.*?)^ *```", TEXT, re.S | re.M)
    return [textwrap.dedent(block) for block in found]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the samples and a `ramanfit` on its path."""
    shutil.copytree(ROOT / "sample_spectra", tmp_path / "sample_spectra")
    program = tmp_path / "bin" / "ramanfit"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m ramanfit "$@"\n')
    program.chmod(0o755)
    return tmp_path


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )


def human_table() -> str:
    """The sample's Table S1 in human digits, with the columns that the README shows."""
    samples = [str(ROOT / "sample_spectra" / name) for name in ("table-s1", "pristine-graphite")]
    done = subprocess.run(
        [sys.executable, "-m", "ramanfit", "ratio", *samples, "--md", "-q"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in done.stdout.splitlines()]
    picked = [lines[0].index(name) for name in SHOWN]
    return "".join("| " + " | ".join(line[i] for i in picked) + " |\n" for line in lines)


def test_the_first_two_blocks_are_one_line_each_and_self_contained() -> None:
    first, second = blocks("sh")[:2]
    for block in (first, second):
        assert block.count("\n") == 1
        assert block.startswith("python3 -m venv .venv && .venv/bin/pip install ")
    assert first.rstrip().endswith(".venv/bin/ramanfit ratio sample_spectra/table-s1 sample_spectra/pristine-graphite")
    assert "-m pytest" in second


def test_the_table_shown_is_the_table_made() -> None:
    found = TABLE.search(TEXT)
    assert found
    assert found.group(2) == human_table()


def test_it_is_short() -> None:
    assert len(re.sub(r"<!--.*?-->|```.*?```|\|.*?\n", "", TEXT, flags=re.S).split()) <= 1500
    assert len(TEXT.split()) <= 1500


def test_every_page_and_picture_that_is_named_is_there() -> None:
    named = set(re.findall(r"\]\((ramanfit/[^)]*)\)", TEXT))
    assert all((ROOT / name).exists() for name in named)
    assert {path.name for path in (ROOT / "ramanfit" / "manual").glob("*.md")} <= {Path(name).name for name in named}


@pytest.fixture(scope="module")
def evolution(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return evolved(tmp_path_factory.mktemp("pictures"))


@pytest.mark.skipif(bool(others()), reason=others() or "same")
def test_the_picture_of_the_map_is_what_the_line_makes(evolution: Path, tmp_path: Path) -> None:
    map_picture(evolution, tmp_path / "map.png")
    assert difference(tmp_path / "map.png", MANUAL / "map.png") <= MOST, "python -m tests.pictures"


@pytest.mark.skipif(not chromium(), reason="no Chromium")
def test_the_picture_of_the_report_is_what_the_line_makes(evolution: Path, tmp_path: Path) -> None:
    report_picture(evolution, tmp_path / "report.png")
    assert difference(tmp_path / "report.png", MANUAL / "report.png") <= 8, "python -m tests.pictures"  # letters differ


LINES = [line for block in blocks("sh")[2:] for line in block.splitlines()]


@pytest.mark.posix
@pytest.mark.parametrize("line", LINES)
def test_a_one_liner_works_as_printed(line: str, clone: Path) -> None:
    works_as_printed(line, clone)


def works_as_printed(line: str, clone: Path) -> None:
    """Run a line of the README or the manual in a folder with the samples."""
    if ".xlsx" in line:
        pytest.importorskip("openpyxl")
    if "--recipe mine.toml" in line:
        shell("ramanfit recipe li-graphite > mine.toml", clone)
    before = set(clone.rglob("*"))
    done = shell(line, clone)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout or set(clone.rglob("*")) > before


@pytest.fixture
def made(clone: Path) -> Path:
    """A folder in which the README's Makefile has been run once."""
    if os.name != "posix" or shutil.which("make") is None:
        pytest.skip("there is no make")
    (clone / "Makefile").write_text(blocks("make")[0])
    shutil.copytree(clone / "sample_spectra" / "operando", clone / "scans")
    shutil.move(next((clone / "scans").glob("*.mpt")), clone / "cell.mpt")
    done = shell("make -j2", clone)
    assert done.returncode == 0, done.stderr
    return clone


def test_the_makefile_equals_one_command(made: Path) -> None:
    assert shell("ramanfit evolve scans -q --echem cell.mpt --no-report -o at-once", made).returncode == 0
    for path in {*(made / "at-once").iterdir()} - {made / "at-once" / "run.json"}:  # which names the run
        same = (made / "evolution" / path.name).read_bytes() == path.read_bytes()
        assert same, path.name  # a comparison of bytes would be explained for minutes
    assert (made / "evolution" / "report.html").exists()


def test_the_makefile_does_only_what_is_new(made: Path) -> None:
    assert "ramanfit" not in shell("make -j2", made).stdout
    changed = sorted((made / "scans").glob("*Spec.Data*"))[3]
    later = (made / "evolution" / "report.html").stat().st_mtime + 10
    os.utime(changed, (later, later))
    again = shell("make -j2", made).stdout
    assert again.count("ramanfit fit") == 1
    assert again.count("ramanfit evolve") == 1


def test_tables_come_in_natural_order(made: Path) -> None:
    for path in [*(made / "scans").glob("*--00[0-9]--*")]:
        path.rename(path.with_name(path.name.replace("--00", "--")))
    shown = shell("make -n -B", made).stdout
    evolve = next(line for line in shown.splitlines() if line.startswith("ramanfit evolve"))
    assert re.findall(r"Line--(\d+)--", evolve) == [*map(str, range(10)), "010", "011"]


def test_make_k_goes_on_after_a_broken_scan_and_the_report_says_which_is_missing(made: Path) -> None:
    broken = made / "scans" / "SYNTHETIC-operando--Line--012--Spec.Data 1.txt"
    broken.write_text("//Exported ASCII-File\n[Header]\nSizeGraph = 4\n[Data]\n1\tnonsense\n")
    done = shell("make -j2 -k", made)
    assert done.returncode != 0
    assert "no tables/SYNTHETIC-operando--Line--012" in done.stderr
    report = (made / "evolution" / "report.html").read_text(encoding="utf-8")
    assert re.search(
        r"<h2 id=.not-read.>Not read</h2><ul><li>tables/SYNTHETIC-operando--Line--012--[^<]*</li></ul>", report
    )
    assert len((made / "evolution" / "ratios.csv").read_text().splitlines()) == 73


def test_a_scan_that_cannot_be_read_stops_make_and_leaves_no_half_made_table(made: Path) -> None:
    broken = made / "scans" / "broken--Line--099--Spec.Data 1.txt"
    broken.write_text("//Exported ASCII-File\n[Header]\nSizeGraph = 4\n[Data]\n1\tnonsense\n")
    before = (made / "evolution" / "ratios.csv").read_bytes()
    done = shell("make -j2", made)
    assert done.returncode != 0
    assert "broken--Line" in done.stderr
    assert not list((made / "tables").glob("broken*"))
    assert (made / "evolution" / "ratios.csv").read_bytes() == before


if __name__ == "__main__":
    README.write_text(TABLE.sub(lambda m: m.group(1) + human_table() + m.group(3), TEXT), encoding="utf-8")

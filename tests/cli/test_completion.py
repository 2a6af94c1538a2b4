"""Completion: Click's own protocol, and real shells in a terminal."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from ramanfit import load_recipe
from ramanfit.cli import COMMANDS
from ramanfit.cli.shells import SHELLS, script
from ramanfit.cli.verbs.manual import pages
from ramanfit.recipe.toml import shipped_recipes

ROOT = Path(__file__).resolve().parents[2]
TABLE = (
    "source,scan,point,position_um,time_s,G_center_cm1,ratio,flags\na.txt,0,P1,0,1,1590,1,\na.txt,0,P22,5,2,1591,1,\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a table, a recipe, a folder of scans, and a `ramanfit` on its path."""
    (tmp_path / "ratios.csv").write_text(TABLE)
    (tmp_path / "scan one.txt").write_text("1 2\n")
    (tmp_path / "scans").mkdir()
    (tmp_path / "mine.toml").write_text('base = "graphite"\nname = "mine"\n')
    program = tmp_path / "bin" / "ramanfit"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m ramanfit "$@"\n')
    program.chmod(0o755)
    return tmp_path


def environment(folder: Path) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("RAMANFIT_")}
    return clean | {"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder), "TERM": "xterm"}


def answers(line: str, folder: Path, shell: str = "bash") -> list[str]:
    """What a shell is told by Click's protocol: types with names."""
    words = line.split(" ")
    number = words[-1] if shell == "fish" else str(len(words) - 1)
    done = subprocess.run(
        [sys.executable, "-m", "ramanfit"],
        env=environment(folder)
        | {
            "PYTHONPATH": str(ROOT),
            "_RAMANFIT_COMPLETE": f"{shell}_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": number,
        },
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def names(line: str, folder: Path) -> list[str]:
    return [answer.removeprefix("plain,") for answer in answers(line, folder) if answer.startswith("plain,")]


def test_names_are_completed(folder: Path) -> None:
    assert names("ramanfit ", folder) == [*COMMANDS]
    assert names("ramanfit help ev", folder) == ["evolve"]
    assert names("ramanfit manual ", folder) == [*pages()]
    assert names("ramanfit completion ", folder) == [*SHELLS]
    assert names("ramanfit recipe ", folder) == [*shipped_recipes()]
    assert names("ramanfit calibrate --base sil", folder) == ["silicon"]
    assert names("ramanfit fit --average ", folder) == ["all", "point"]
    assert names("ramanfit evolve --format svg,p", folder) == ["svg,pdf", "svg,png"]
    assert names("ramanfit fit --set axis.la", folder) == ["axis.laser_nm="]
    assert "--help-all" in names("ramanfit fit --h", folder)


def test_columns_are_those_of_the_recipe_or_of_the_tables_on_the_line(folder: Path) -> None:
    assert {"G_center_cm1", "ratio", "all"} <= {*names("ramanfit ratio x.txt --columns ", folder)}
    ours = names("ramanfit ratio x.txt --recipe mine.toml --columns point,D", folder)
    assert {"point,D_center_cm1", "point,D'_height"} <= {*ours}
    assert names("ramanfit ratio x.txt --recipe nonsense --columns ", folder) == []
    header = TABLE.splitlines()[0].split(",")
    assert names("ramanfit ratio ratios.csv --columns ", folder) == [*header, "all"]
    assert {"center_cm1", "height"} <= {*names("ramanfit fit x.txt --columns ", folder)}
    assert names("ramanfit evolve ratios.csv --quantity ", folder) == [
        name for name in header if name not in ("source", "point", "flags")
    ]
    assert "D_fwhm_cm1" in names("ramanfit evolve scans --recipe graphite --quantity D_", folder)


def test_points_are_those_of_the_tables_on_the_line(folder: Path) -> None:
    assert names("ramanfit ratio ratios.csv --points ", folder) == ["P1", "P22"]
    assert names("ramanfit ratio ratios.csv --points P1,", folder) == ["P1,P22"]
    assert names("ramanfit plot ratios.csv --point P2", folder) == ["P22"]
    assert names("ramanfit ratio scans --points ", folder) == []


def test_every_key_of_the_recipe_is_offered(folder: Path) -> None:
    offered = {name.removesuffix("=") for name in names("ramanfit fit --set ", folder)}
    recipe = load_recipe("li-graphite")
    assert {"name", "baseline.order", "ratios.ratio.numerator"} <= offered
    assert {f"peaks.{peak.name}.center_max_cm1" for peak in recipe.peaks} <= offered


def test_every_option_that_takes_a_file_completes_files() -> None:
    met = 0
    for name, (module, _) in COMMANDS.items():
        command = importlib.import_module(module).command
        context = click.Context(command, info_name=name, help_option_names=["-h", "--help"])
        for parameter in command.params:
            metavar = parameter.make_metavar(context)
            if re.search(r"\b(FILE|FILES|DIR|LIST|PLAN)\b", metavar):
                met += 1
                kinds = {item.type for item in parameter.shell_complete(context, "x")}
                assert kinds == ({"dir"} if metavar == "DIR" else {"file"}), (name, parameter.name)
    assert met > 50


@pytest.mark.parametrize(
    "line",
    [
        "ramanfit ",
        "ramanfit ratio ratios.csv --points ",
        "ramanfit ratio --columns ",
        "ramanfit fit --set p",
        "ramanfit evolve --quantity G",
        "ramanfit fit --recipe l",
        "ramanfit evolve --",
    ],
)
def test_completion_is_quick_because_nothing_heavy_is_imported(line: str, folder: Path) -> None:
    program = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr));"
        "sys.argv = ['ramanfit']; from ramanfit.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(folder)
        | {"PYTHONPATH": str(ROOT), "_RAMANFIT_COMPLETE": "bash_complete", "COMP_WORDS": line}
        | {"COMP_CWORD": str(line.count(" "))},
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.stdout
    assert not {*done.stderr.split()} & {"numpy", "scipy", "pandas", "rich", "matplotlib", "lmfit"}


def test_other_shells_are_answered_alike(folder: Path) -> None:
    line = "ramanfit ratio ratios.csv --points "
    assert answers(line, folder, "zsh")[1::3] == ["P1", "P22"]
    assert answers(line, folder, "fish") == ["plain,P1", "plain,P22"]
    assert answers("ramanfit ev", folder, "fish")[0].startswith("plain,evolve\tGive position")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_printed(shell: str, folder: Path) -> None:
    done = subprocess.run(
        [folder / "bin" / "ramanfit", "completion", shell], capture_output=True, text=True, check=True
    )
    assert done.stdout == script(shell)
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    assert subprocess.run([shell, "-n"], input=done.stdout, text=True, capture_output=True).stderr == ""


# -- real shells --------------------------------------------------------------------------------------------

START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
TYPED = [
    ("ramanfit evol", "ramanfit evolve "),
    ("ramanfit fit --recipe li-graphite-d", "li-graphite-doublet"),
    ("ramanfit ratio ratios.csv --points P2", "P22"),
    ("ramanfit ratio ratios.csv --columns point,G_c", "point,G_center_cm1"),
    ("ramanfit evolve scans --quantity G_fw", "G_fwhm_"),
    ("ramanfit fit --set axis.las", "axis.laser_nm="),
    ("ramanfit manual cov", "covariates"),
    ("ramanfit evolve rati", "ratios.csv"),
    ("ramanfit fit x.txt --echem rati", "ratios.csv"),
    ("ramanfit evolve x.txt -o sca", "-o scans"),
]


@pytest.mark.posix
@pytest.mark.parametrize("shell", SHELLS)
def test_a_real_shell(shell: str, folder: Path) -> None:
    """Tab is pressed in a shell on a terminal; `echo` then shows the line that it made."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    pty = pytest.importorskip("pty")
    (folder / "script").write_text(script(shell))
    made = folder / "made"
    process, terminal = pty.fork()
    if process == 0:  # the shell
        os.chdir(folder)
        os.execvpe(shell, START[shell], environment(folder))
    try:
        seen(terminal, 1.0)
        os.write(terminal, b"source ./script\n")
        seen(terminal, 1.5)
        for typed, expected in TYPED:
            made.unlink(missing_ok=True)
            # the line becomes the words of a command that writes them down
            os.write(terminal, typed.encode() + b"\t")
            seen(terminal, 1.5)
            os.write(terminal, b"\x01" + b"printf '%s ' " + b"\x05" + b" > made\n")
            until = time.monotonic() + 30
            while not (made.exists() and made.read_text()) and time.monotonic() < until:
                seen(terminal, 0.2)
            assert expected.rstrip() in made.read_text(), (typed, made.read_text())
    finally:
        os.write(terminal, b"\x03\nexit\n")
        time.sleep(0.2)
        with contextlib.suppress(OSError):
            os.close(terminal)
        with contextlib.suppress(OSError):
            os.kill(process, 9)
        os.waitpid(process, 0)


def seen(terminal: int, quiet_s: float) -> bytes:
    """Read until the terminal has been quiet for a while."""
    text = b""
    while select.select([terminal], [], [], quiet_s)[0]:
        try:
            text += os.read(terminal, 65536)
        except OSError:
            break
    return text

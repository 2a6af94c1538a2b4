"""How commands end that found nothing to fit, or were interrupted: as processes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from ramanfit.experiment.voice import Silent
from tests.cli.test_shell import ENVIRONMENT, PROGRAM, run

MISSED = "X-Axis\tA\nrel. 1/cm\tCCD cts\n" + "".join(f"{x}\t{x % 7}\n" for x in range(2500, 2900))


@pytest.fixture
def missed(tmp_path: Path) -> Path:
    path = tmp_path / "missed.txt"
    path.write_text(MISSED)
    return path


@pytest.mark.parametrize("command", ["fit", "ratio"])
def test_that_all_spectra_failed_is_said_with_the_reason_also_with_q(command: str, missed: Path) -> None:
    done = run(command, "-q", str(missed))
    assert done.returncode == 1
    assert done.stderr.startswith(f"ramanfit: {missed}: the only spectrum failed: expected more than")
    assert done.stderr.count("\n") == 1
    rows = done.stdout.splitlines()
    assert len(rows) == (3 if command == "fit" else 2)  # the rows are there
    checked = run(command, "-q", "--check", str(missed))
    assert (checked.returncode, checked.stdout) == (3, done.stdout)


def test_one_fit_is_enough(missed: Path, tmp_path: Path) -> None:
    good = tmp_path / "good.txt"
    good.write_text(
        "X-Axis\tA\nrel. 1/cm\tCCD cts\n"
        + "".join(f"{x}\t{900 / (1 + ((x - 1590) / 15) ** 2) + 100 + x % 7}\n" for x in range(900, 1900, 3))
    )
    done = run("fit", "-q", str(good), str(missed))
    assert (done.returncode, done.stderr) == (0, "")


def test_from_python_the_voice_hears_of_it(missed: Path) -> None:
    from ramanfit import fit_files

    voice = Silent()
    fit_files(str(missed), voice=voice)
    assert [error.exit_code for error in voice.errors] == [1]


@pytest.mark.posix
@pytest.mark.parametrize("number", range(6))
def test_an_interrupt_at_any_moment_ends_with_130(number: int, tmp_path: Path) -> None:
    """Imports, reading, writing, workers: the delay is random, the seed is not."""
    rng = random.Random(number)
    source = tmp_path / "s"
    source.mkdir()
    for i in range(40):
        (source / f"{i}.txt").write_text(MISSED.replace("2", "1", 1))
    jobs = [] if number % 2 else ["--jobs", "2"]
    with subprocess.Popen(
        [*PROGRAM, "evolve", str(source), "-o", "out", *jobs],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        time.sleep(0.25 + rng.uniform(0, 1.5))  # before 0.25 s it is the interpreter that starts
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does: workers too
        said = process.communicate(timeout=120)[1]
    assert process.returncode in (130, -signal.SIGINT, 0, 1)  # or it had ended before; a shell reports both as 130
    assert "Traceback" not in said
    assert "internal error" not in said
    assert not [*tmp_path.rglob(".ramanfit-*")]


@pytest.mark.posix
@pytest.mark.parametrize("made", ["ImportError", "Swallowed"])
def test_an_interrupt_that_a_library_loses_still_ends_with_130(made: str) -> None:
    lost = {
        "ImportError": "raise ImportError('failed') from None",
        "Swallowed": "pass",
    }[made]
    body = f"""
import signal, sys, click
from ramanfit.cli.console import Console, end_on_signals
end_on_signals()
@click.command()
def loses():
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        {lost}
sys.exit(Console().run(loses, ["--"]))
"""
    done = subprocess.run(
        [PROGRAM[0], "-c", body], capture_output=True, text=True, env=ENVIRONMENT, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")

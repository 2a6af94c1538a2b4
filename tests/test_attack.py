"""A few attacks of every class; ``python -m tests.attack`` makes many."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.attack import watches
from tests.attack.__main__ import ATTACKS
from tests.attack.disks import full_disks, full_tmpdir, limited
from tests.attack.kills import kills
from tests.attack.registry import Tried, attack, table
from tests.attack.shop import COMMANDS, alive, bring, environment, orphans, program, run

pytestmark = [
    pytest.mark.posix,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are told apart by /proc"),
]
FEW = [command for command in COMMANDS if command.name in ("fit --jobs", "evolve", "list")]
WRITERS = {"fit", "ratio", "evolve", "bands", "curves", "baseline", "plot", "info", "list", "export"} | {
    "simulate",
    "watch",
}
TOGETHER = (  # faults that a watch meets at once; each is told of
    ("a loop of links", "FIFO", "a name of 255 bytes", "damaged table", "replaced under the same time stamp"),
    ("socket", "table removed", "table of the same size and time", "ratios.csv removed", "run.json damaged"),
    ("deleted", "deleted and back", "grows", "broken export", "late Information text"),
    ("output removed", "killed and started again"),
    ("folder empty for a while",),
)


def test_every_command_that_writes_is_attacked() -> None:
    assert {command.words[0] for command in COMMANDS} == WRITERS
    assert {"--jobs", "--meta"} <= {word for command in COMMANDS for word in command.words}


def test_the_classes_are_entered_and_counted() -> None:
    assert {"kills", "full disks", "full TMPDIR", "watch, one fault", "watch, several faults"} <= ATTACKS.keys()
    assert ATTACKS["kills"].number >= 300
    assert sum(ATTACKS[name].number for name in ("full disks", "full TMPDIR")) >= 200
    assert ATTACKS["hostile files"].number >= 100
    assert ATTACKS["hostile settings"].number >= 200
    assert sum(attack.number for name, attack in ATTACKS.items() if name.startswith("watch")) >= 60
    lines = table({"kills": (3, 2)}).splitlines()
    assert [line.split() for line in lines] == [["class", "tried", "survived"], ["kills", "3", "2"]]

    @attack("none", 1)
    def none(folder: Path, numbers: random.Random, number: int):  # type: ignore[no-untyped-def]
        yield Tried("nothing", "")

    assert [tried.wrong for tried in ATTACKS.pop("none").run(Path(), random.Random(0), 1)] == [""]


def test_kills(tmp_path: Path) -> None:
    assert not [tried for tried in kills(tmp_path, random.Random(5), 4, FEW) if tried.wrong]


def test_full_disks(tmp_path: Path) -> None:
    assert not [tried for tried in full_disks(tmp_path, random.Random(5), 3, FEW) if tried.wrong]
    assert not [tried for tried in full_tmpdir(tmp_path, random.Random(5), 1, FEW[1:]) if tried.wrong]


@pytest.mark.parametrize("faults", TOGETHER, ids=" + ".join)
def test_a_watch_survives_several_faults_at_once(faults: tuple[str, ...], tmp_path: Path) -> None:
    place = watches.Place(tmp_path / "place", "several")
    try:
        assert watches.survived(place, {name: watches.FAULTS[name] for name in faults}) == ""
        for name in faults:
            assert watches.FAULTS[name].says in place.said()
    finally:
        place.end()


def test_a_watch_survives_that_its_folder_is_away(tmp_path: Path) -> None:
    place = watches.Place(tmp_path / "place", "away")
    try:
        assert watches.survived(place, {"away": watches.FAULTS["folder away"]}) == ""
        assert place.said().count("No such file or directory") == 1  # said once, not at every look
        assert "goes on" in place.said()
    finally:
        place.end()


def test_a_workbook_that_does_not_fit_is_told_in_one_line(tmp_path: Path) -> None:
    env = environment("workbook", tmp_path / "tmp")
    bring((0,), tmp_path / "scans")
    done = run(limited(program("ratio", "scans", "-q", "-o", "a.xlsx"), 1), env, tmp_path)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()  # no trace of a generator behind it
    assert line.startswith(f"ramanfit: the temporary folder {tmp_path / 'tmp'}: cannot be written: ")
    assert {path.name for path in tmp_path.iterdir()} == {"scans", "tmp"}


def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    bring(range(12), tmp_path / "scans")
    for i in range(60):  # enough for a while
        for file in (tmp_path / "scans").glob("SYN*--00[0-9]--*"):
            os.link(file, file.with_name(file.name.replace("SYN", f"{i}SYN")))
    env = environment("parent", tmp_path / "tmp")
    words = program("fit", "scans", "--jobs", "2", "-o", "fit.csv")
    with subprocess.Popen(words, env=env, cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        while len(alive("parent")) < 3:
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
    assert not orphans("parent")
    assert not (tmp_path / "fit.csv").exists()


@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.1, 0.3, 0.6, 1.0])
def test_a_worker_that_is_killed_ends_the_command_with_a_message(after_s: float, tmp_path: Path) -> None:
    bring(range(12), tmp_path / "scans")
    for i in range(200):
        for file in (tmp_path / "scans").glob("SYN*--00[0-9]--*"):
            os.link(file, file.with_name(file.name.replace("SYN", f"{i}SYN")))
    env = environment(f"worker-{after_s}", tmp_path / "tmp")
    words = program("fit", "scans", "--jobs", "2", "-o", "fit.csv")
    with subprocess.Popen(words, env=env, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        try:
            while len(found := alive(f"worker-{after_s}")) < 3:
                assert process.poll() is None
                time.sleep(0.02)
            time.sleep(after_s)
            assert process.poll() is None
            os.kill(max({*found} - {process.pid}), signal.SIGKILL)
            said = process.communicate(timeout=60)[1].splitlines()
        finally:
            process.kill()
    assert process.returncode == 1
    assert "ramanfit: a worker process was killed" in said[-2:]  # a hint after it
    assert "internal error" not in said
    assert not orphans(f"worker-{after_s}")
    assert not (tmp_path / "fit.csv").exists()


HOLDS = """
import sys, time
from pathlib import Path
from ramanfit.tables.passing import passing_folder
owner, folder = passing_folder(Path(sys.argv[1]))
(folder / "half").write_text("half")
print("ready", flush=True)
time.sleep(600)
"""


def test_litter_of_the_dead_is_swept_and_that_of_the_living_stays(tmp_path: Path) -> None:
    env = environment("litter", tmp_path / "tmp")
    (tmp_path / "out").mkdir()
    words = [sys.executable, "-c", HOLDS, str(tmp_path / "out")]
    living, dead = (subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True) for _ in range(2))
    try:
        for process in (living, dead):
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        dead.kill()
        dead.wait()
        foreign = tmp_path / "out" / ".ramanfit.of-somebody.tmp"
        foreign.write_text("mine")
        assert len(list((tmp_path / "out").iterdir())) == 5
        assert run(program("list", "flags", "-o", "out/flags.csv"), env, tmp_path).returncode == 0
        left = sorted(path.name for path in (tmp_path / "out").iterdir())
        assert len(left) == 4  # the lock and the folder of the living, somebody's file, and the result
        assert {"flags.csv", foreign.name} <= {*left}
        living.kill()
        living.wait()
        assert run(program("list", "flags", "-o", "out/flags.csv"), env, tmp_path).returncode == 0
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [foreign.name, "flags.csv"]
    finally:
        for process in (living, dead):
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


@pytest.mark.parametrize(
    "words",
    [("fit", "-"), ("evolve", "-", "-o", "out"), ("fit", "--files-from", "-"), ("fit", "a.txt", "--echem", "-")],
)
def test_closed_standard_input_is_an_error(words: tuple[str, ...], tmp_path: Path) -> None:
    env = environment("closed", tmp_path / "tmp")
    shutil.copy(next(watches.OPERANDO.glob("*--000--Spec*")), tmp_path / "a.txt")
    done = run(["sh", "-c", '"$@" <&-', "closed", *program(*words)], env, tmp_path)
    assert done.returncode == 1
    assert "-: standard input is closed" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("name", ["SYNTHETIC-operando--Line--000--Information.txt", "other.txt", "P (X-Axis).txt"])
def test_nothing_waits_for_a_fifo_in_a_folder(name: str, tmp_path: Path) -> None:
    env = environment("fifo", tmp_path / "tmp")
    scans = tmp_path / "scans"
    scans.mkdir()
    shutil.copy(next(watches.OPERANDO.glob("*--000--Spec*")), scans)
    if name.startswith("P "):
        (scans / "P (Header).txt").write_text("[Header]\nGraphName = P\nSizeGraph = 1\n")
        (scans / "P (Y-Axis).txt").write_text("1\n")
    os.mkfifo(scans / name)
    for words in (("fit", "scans", "-k", "-v"), ("evolve", "scans", "-k", "-v", *watches.TABLES, "-o", "out")):
        done = run(program(*words), env, tmp_path)
        assert done.returncode == name.startswith("P ")
        assert "a FIFO, socket or device" in done.stderr


@pytest.mark.parametrize("source", ["fifo", "/dev/stdin", "-", "/proc/self/fd/0"])
def test_a_source_that_was_a_stream_is_not_opened_again(source: str, tmp_path: Path) -> None:
    env = environment("stream", tmp_path / "tmp")
    shutil.copy(next(watches.OPERANDO.glob("*--000--Spec*")), tmp_path / "scan.txt")
    os.mkfifo(tmp_path / "fifo")
    made = run(program("fit", "scan.txt"), env, tmp_path)
    (tmp_path / "fits.csv").write_text(made.stdout.replace("scan.txt", source))
    with contextlib.ExitStack() as stack:
        # standard input is another export, as it was when the table was made
        opened = stack.enter_context((tmp_path / "scan.txt").open("rb"))
        done = subprocess.run(
            program("evolve", "fits.csv", *watches.TABLES, "-o", "out"),
            env=env, cwd=tmp_path, stdin=opened, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 0
    assert "not at hand" in done.stderr
    assert not (tmp_path / "out" / "bands.csv").exists()

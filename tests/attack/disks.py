"""Full disks: a message in one line, files whole or the earlier ones, no litter, and all is well once there is room."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.attack.registry import Tried, attack
from tests.attack.shop import COMMANDS, Writing, contents, environment, litter, run, workshop

SMALLEST, LARGEST = 4, 400  # kB
CHANGING = ("run.json", "meta.json", "taken.jsonl")


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[bool]:
    """Lay a file system of its own under a folder; False where that is not allowed."""
    folder.mkdir(exist_ok=True)
    mount = shutil.which("mount")
    command = [mount or "false", "-t", "tmpfs", "-o", f"size={kilobytes}k", "none", str(folder)]
    mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def limited(words: Sequence[str], kilobytes: int) -> list[str]:
    """Return a command none of whose files may be larger."""
    return ["bash", "-c", f"ulimit -f {kilobytes}; exec " + '"$@"', "limited", *words]


@attack("full disks", 144)
def full_disks(
    folder: Path, numbers: random.Random, number: int, commands: Sequence[Writing] = COMMANDS
) -> Iterator[Tried]:
    """Run every command in turn with too small a disk for its results."""
    workshop(folder)
    whole: dict[str, dict[str, bytes]] = {}
    for i in range(number):
        command = commands[i % len(commands)]
        env = environment(f"disk-{i}", folder / "tmp")
        if command.name not in whole:
            results = folder / "results"
            shutil.rmtree(results, ignore_errors=True)
            results.mkdir()
            run(command.started_with("results"), env, folder)
            whole[command.name] = contents(results)
            shutil.rmtree(results)
        wanted = whole[command.name]
        total = sum(map(len, wanted.values())) // 1024
        size = numbers.randint(SMALLEST, max(SMALLEST, min(LARGEST, total)))
        yield Tried(f"{command.name} on {size} kB", _on_small_disk(folder, command, size, env, wanted))


def _on_small_disk(folder: Path, command: Writing, size: int, env: dict[str, str], wanted: dict[str, bytes]) -> str:
    results = folder / "results"
    shutil.rmtree(results, ignore_errors=True)
    with small_disk(results, size) as mounted:
        words = command.started_with("results")
        done = run(words if mounted else limited(words, size), env, folder)
        wrong = _judged(done, contents(results), wanted, exact=command.words[0] not in ("simulate", "watch", "export"))
        left = litter(folder, results, results / "fits", folder / "tmp")
        if wrong or left:
            return wrong or f"litter: {left}"
        if mounted:
            subprocess.run(["mount", "-o", "remount,size=100m", str(results)], check=True)
        again = run(words, env, folder)
        return "" if again.returncode == 0 else f"not well with more room: {again.stderr.splitlines()[-1:]}"


def _judged(
    done: subprocess.CompletedProcess[str], found: dict[str, bytes], wanted: dict[str, bytes], *, exact: bool
) -> str:
    if done.returncode not in (0, 1):
        return f"exit status {done.returncode}: {done.stderr.splitlines()[-1:]}"
    if "Traceback" in done.stderr or "internal error" in done.stderr:
        return done.stderr.splitlines()[-1]
    if done.returncode == 1 and "cannot be written" not in done.stderr:
        return f"does not say what is wrong: {done.stderr.splitlines()[-1:]}"
    alike = {name: data for name, data in wanted.items() if Path(name).name not in CHANGING}
    if done.returncode == 0 and any(found.get(name) != data for name, data in alike.items()):
        return "ends well without its files"
    if exact and any(found[name] != data for name, data in alike.items() if name in found):
        return "a file is not whole"
    return ""


@attack("full TMPDIR", 72)
def full_tmpdir(
    folder: Path, numbers: random.Random, number: int, commands: Sequence[Writing] = COMMANDS
) -> Iterator[Tried]:
    """Run every command in turn with hardly any room for temporary files."""
    workshop(folder)
    for i in range(number):
        command, size = commands[i % len(commands)], numbers.choice((4, 8, 16, 64))
        results = folder / "results"
        shutil.rmtree(results, ignore_errors=True)
        results.mkdir()
        with small_disk(folder / "tmp", size) as mounted:
            env = environment(f"tmp-{i}", folder / "tmp")
            (folder / "tmp" / "filler").write_bytes(bytes(1024 * size - 4096) if mounted else b"")
            done = run(command.started_with("results"), env, folder)
        ok = done.returncode == 0 or (done.returncode == 1 and "Traceback" not in done.stderr)
        yield Tried(f"{command.name}, {size} kB", "" if ok else f"exit status {done.returncode}: {done.stderr[-300:]}")

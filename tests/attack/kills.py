"""SIGKILL at any moment: files are whole, or the earlier ones; no process lives on; the next run leaves no litter."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from ramanfit.experiment.run import check_run
from tests.attack.registry import Tried, attack
from tests.attack.shop import COMMANDS, Writing, contents, environment, litter, orphans, run, workshop

CHANGING = ("run.json", "meta.json", "taken.jsonl")  # hold what the passing of time or the folder's name changes


@attack("kills", 324)
def kills(folder: Path, numbers: random.Random, number: int, commands: Sequence[Writing] = COMMANDS) -> Iterator[Tried]:
    """Kill every command in turn, at a moment of its usual duration."""
    workshop(folder)
    usual: dict[str, tuple[float, dict[str, bytes], dict[str, bytes]]] = {}
    for i in range(number):
        command = commands[i % len(commands)]
        if command.name not in usual:
            usual[command.name] = _usual(folder, command)
        seconds, earlier, whole = usual[command.name]
        moment = numbers.uniform(0.0, 1.1 * seconds)
        wrong = _killed(folder, command, f"kill-{i}", moment, earlier, whole)
        yield Tried(f"{command.name} after {moment:.2f} s", wrong)


def _usual(folder: Path, command: Writing) -> tuple[float, dict[str, bytes], dict[str, bytes]]:
    """Return how long a command takes, what it makes of the earlier scans, and of the present ones."""
    made = []
    seconds = 0.0
    for scans in ("earlier", "scans"):
        results = folder / "results"
        shutil.rmtree(results, ignore_errors=True)
        results.mkdir()
        words = [scans if word == "scans" else word for word in command.started_with(results.name)]
        begun = time.monotonic()
        done = run(words, environment("usual", folder / "tmp"), folder)
        seconds = time.monotonic() - begun
        if done.returncode:
            raise RuntimeError(f"{command.name}: {done.stderr}")
        made.append(contents(results))
    return seconds, made[0], made[1]


def _killed(
    folder: Path, command: Writing, mark: str, moment: float, earlier: dict[str, bytes], whole: dict[str, bytes]
) -> str:
    """Kill a command that writes over earlier results; return what went wrong."""
    results, env = folder / "results", environment(mark, folder / "tmp")
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir()
    if command.words[0] != "watch":  # which would take the tables of others for its own
        for name, data in earlier.items():
            (results / name).parent.mkdir(exist_ok=True)
            (results / name).write_bytes(data)
    process = subprocess.Popen(
        command.started_with("results"), env=env, cwd=folder, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(moment)
    process.kill()
    process.wait()
    if left := orphans(mark):
        return f"{len(left)} processes lived on"
    found = contents(results)
    for name, data in found.items():
        if Path(name).name in CHANGING:
            if name.endswith(".json"):
                json.loads(data)
        elif data not in (earlier.get(name), whole.get(name)) and "fits" not in name:
            return f"{name} is neither the earlier one nor whole"
    new = {n for n in whole if n in found and found[n] == whole[n] != earlier.get(n) and Path(n).name not in CHANGING}
    old = {n for n in earlier if n in found and found[n] == earlier[n] != whole.get(n) and Path(n).name not in CHANGING}
    if new and old and command.words[0] == "evolve" and not check_run(results):
        return f"a mixture that is not noticed: {sorted(new)} beside {sorted(old)}"
    done = run(command.started_with("results"), env, folder)
    if done.returncode:
        return f"the next run fails: {done.stderr.splitlines()[-1:]}"
    if left_over := litter(folder, results, results / "fits", folder / "tmp"):
        return f"litter after the next run: {left_over}"
    found = contents(results)
    wanted = {name: data for name, data in whole.items() if Path(name).name not in CHANGING}
    if any(found.get(name) != data for name, data in wanted.items()):
        return "the next run makes something else"
    if command.words[0] == "evolve" and (check_run(results) or found.keys() - whole.keys()):
        return "the next run leaves files of another"
    return ""

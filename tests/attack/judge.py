"""What an attack is: files, a command, and how it must end; and whether it did."""

from __future__ import annotations

import random
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.attack.forks import KILLED, Ended, Forks
from tests.attack.registry import Tried

MEMORY = 600 << 20  # bytes that a command may take for a small input
_ODD = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")
_LINE = re.compile(r"(ramanfit: |  hint: )\S.*")


@dataclass(frozen=True)
class Attack:
    """One hostile input.

    Attributes
    ----------
    name : str
    arguments : sequence of str
        Of the command; ``out/`` is where it may write.
    files : mapping of str to bytes
        In the folder where the command runs.
    status : tuple of int
        Exit statuses that are allowed.
    says : tuple of str
        Regular expressions, all of which standard error must match somewhere.
    prepare : callable, optional
        Makes in the folder what bytes do not.
    check : callable, optional
        ``check(folder, ended)`` returns what is wrong with the result, or an empty text.
    more : mapping
        Keywords of `Forks.run`.
    fast : bool
        Whether it is in the part that every test run takes.
    """

    name: str
    arguments: Sequence[str]
    files: Mapping[str, bytes] = field(default_factory=dict)
    status: tuple[int, ...] = (1,)
    says: tuple[str, ...] = ()
    prepare: Callable[[Path], None] | None = None
    check: Callable[[Path, Ended], str] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    fast: bool = True
    memory: int = MEMORY


def some_of(attacks: Iterable[Attack], numbers: random.Random, number: int) -> list[Attack]:
    """Return so many of the attacks, in their order."""
    every = list(attacks)
    return [every[i] for i in sorted(numbers.sample(range(len(every)), min(number, len(every))))]


def judged(attacks: Iterable[Attack], forks: Forks) -> Iterator[Tried]:
    """Carry attacks out, one after another."""
    for attack in attacks:
        folder = Path(tempfile.mkdtemp(prefix="attack-"))
        try:
            (folder / "out").mkdir()
            for name, content in attack.files.items():
                (folder / name).write_bytes(content)
            if attack.prepare is not None:
                attack.prepare(folder)
            ended = forks.run(attack.arguments, folder, **attack.more)
            wrong = _wrong(attack, folder, ended)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        yield Tried(attack.name, wrong)


def _wrong(attack: Attack, folder: Path, ended: Ended) -> str:
    """Return all that is wrong with the way a command ended; an empty text if nothing is."""
    said = ended.err.decode("utf-8", "backslashreplace")
    wrong = []
    if ended.status not in attack.status:
        by = "killed" if ended.status >= KILLED else "status"
        wrong.append(f"{by} {ended.status}, expected {' or '.join(map(str, attack.status))}")
    if "internal error" in said or "Traceback" in said:
        wrong.append("an internal error")
    if odd := _ODD.search(said):
        wrong.append(f"{odd.group()!r} reached standard error")
    lines = said.split("\n")[:-1] if said.endswith("\n") else said.split("\n") if said else []
    wrong += [f"no line of the program's: {line[:80]!r}" for line in lines if not _LINE.fullmatch(line)][:1]
    if ended.status and not said:
        wrong.append("nothing said")
    wrong += [f"{text!r} not said" for text in attack.says if not re.search(text, said)]
    if ended.status in (1, 2) and " failed: " not in said:  # rows without fits are written
        if ended.out:
            wrong.append(f"an output beside the error: {ended.out[:60]!r}")
        if left := sorted(str(path.relative_to(folder)) for path in (folder / "out").rglob("*") if path.is_file()):
            wrong.append(f"files beside the error: {left[0]}")
    if litter := sorted(folder.rglob(".ramanfit-*")):
        wrong.append(f"litter: {litter[0].name}")
    if ended.memory > attack.memory:
        wrong.append(f"{ended.memory >> 20} MB of memory")
    if attack.check is not None and not wrong:
        try:
            wrong += filter(None, [attack.check(folder, ended)])
        except Exception as error:  # a reader of others does not take the result
            wrong.append(f"{type(error).__name__}: {error}")
    return "; ".join(wrong) + (f" | {said[:300]}" if wrong else "")

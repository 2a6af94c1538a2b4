"""Damage files so that they reach new lines of the readers: ``python -m tests.fuzz.guided``.

Options: ``--reader NAME`` (table), ``--minutes M`` (15), ``--folder FOLDER``, ``--input FILE``.

Where ``python -m tests.fuzz`` damages blindly, this keeps every input that ran a branch of `ramanfit.formats` that none
before it ran, and damages those further. It needs Atheris (``pip install atheris``), which counts the branches; no test
and no extra needs it. It begins with the sound files of a reader and with what the folder of an earlier run holds, and
keeps its inputs in that folder, those that went wrong as ``wrong-*``.

Every input is read twice, the second time in blocks of a few lines. Both must give the same scans, all of whose counts
are finite, or both a FormatError of one line, without a warning and within five seconds. The exit status is 1 if one
input did anything else; ``--input FILE`` reads that one alone and lets its error through.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

try:
    import atheris
except ImportError:
    sys.exit("python -m tests.fuzz.guided needs Atheris: pip install atheris")

with atheris.instrument_imports(include=["ramanfit.formats"]):  # also what is imported only where it is used
    from ramanfit.formats import READERS
    from ramanfit.formats.bytes_in import Source

from ramanfit.errors import FormatError
from ramanfit.scan.scan import Scan
from tests.fuzz.damage import damaged
from tests.fuzz.run import OPTIONS, Input, read
from tests.fuzz.seeds import small

LONGEST_S, LONGEST_BYTES = 5.0, 4096
PIECE = 64  # bytes
NOWHERE = Path(os.devnull)  # inputs of one file need no folder


in_blocks = Source.blocks


def in_pieces(source: Source) -> Iterator[bytes]:
    """Yield the blocks of a source cut into pieces of whole lines; else a small file is always one block."""
    for block in in_blocks(source):
        ends = source.ends_with_newline
        while len(block) > PIECE and 0 < (end := block.find(source._newline, PIECE) + 1) < len(block):
            source.ends_with_newline = True  # of the last piece alone it is told otherwise
            yield block[:end]
            block = block[end:]
        source.ends_with_newline = ends
        yield block


def outcome(content: bytes, blocks: Callable[[Source], Iterator[bytes]]) -> list[Scan] | FormatError:
    """Read an input, whose first byte chooses the options, in blocks of a kind."""
    Source.blocks = blocks  # type: ignore[method-assign]
    options = OPTIONS[content[0] % len(OPTIONS)] if content else OPTIONS[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return read(Input({"input": content[1:]}, options, measured=False), NOWHERE)


def check(content: bytes) -> None:
    """Read an input in whole blocks and in pieces; AssertionError where that is not the same."""
    start = time.perf_counter()
    whole, pieces = (outcome(content, blocks) for blocks in (in_blocks, in_pieces))
    seconds = time.perf_counter() - start
    if isinstance(whole, FormatError) or isinstance(pieces, FormatError):
        if type(whole) is not type(pieces):  # which of two errors is told first may differ
            raise AssertionError(f"{whole} in one block, but {pieces} in pieces")
    elif not all(map(alike, whole, pieces)) or len(whole) != len(pieces):
        raise AssertionError("other numbers in one block than in pieces")
    if seconds > LONGEST_S:
        raise AssertionError(f"longer than {LONGEST_S:g} s")


def alike(one: Scan, other: Scan) -> bool:
    counts = np.array_equal(np.asarray(one.counts), np.asarray(other.counts))
    return counts and np.array_equal(one.shift_cm1, other.shift_cm1)


class Findings:
    """What went wrong, one input for every place in the code and kind of error."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._met, self.inputs = folder, dict[str, Path](), 0

    def take(self, content: bytes) -> None:
        """Read an input; note what is wrong with it, so that the search goes on."""
        self.inputs += 1
        try:
            check(content)
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
            if where not in self._met:
                name = f"wrong-{hashlib.sha256(content).hexdigest()[:12]}"
                self._met[where] = self._folder / name
                self._met[where].write_bytes(content)
                print(f"{where}: {str(error)[:200]}\n  {self._met[where]}", flush=True)

    def end(self) -> None:
        """Say what was found and leave, past Atheris, which would not return."""
        print(f"{self.inputs} inputs, {len(self._met)} kinds of wrong ones", flush=True)
        os._exit(int(bool(self._met)))


def mutate(content: bytes, longest: int, seed: int) -> bytes:
    """Damage an input as a file of lines and fields, or let Atheris do it byte by byte."""
    rng = random.Random(seed)
    if rng.random() < 0.5 or not content:
        mutated: bytes = atheris.Mutate(content, longest)
        return mutated
    return (content[:1] + damaged(content[1:], rng))[:longest]


def main() -> None:
    names = [reader.name for reader in READERS]
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.guided")
    parser.add_argument("--reader", choices=names, default="table", metavar="NAME", help=f"one of: {', '.join(names)}")
    parser.add_argument("--minutes", type=float, default=15, metavar="M")
    parser.add_argument("--folder", type=Path, metavar="FOLDER", help="where inputs are kept from run to run")
    parser.add_argument("--input", type=Path, metavar="FILE", help="only this one")
    asked = parser.parse_args()
    if asked.input is not None:
        check(asked.input.read_bytes())
        return
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="guided-"))
    folder.mkdir(parents=True, exist_ok=True)
    for number, files in enumerate(small(asked.reader)):
        if len(files) == 1:
            ((name, raw),) = files.items()
            for option in range(len(OPTIONS)):
                (folder / f"seed-{number}-{option}-{name}").write_bytes(bytes([option]) + raw)
    findings, until = Findings(folder), time.monotonic() + 60 * asked.minutes

    def one(content: bytes) -> None:
        if time.monotonic() > until:
            findings.end()
        findings.take(content)

    atheris.Setup([sys.argv[0], str(folder), f"-max_len={LONGEST_BYTES}", "-verbosity=0"], one, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

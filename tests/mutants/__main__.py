"""Change the package in one place at a time and see whether the nearest tests notice.

python -m tests.mutants                       all changes
python -m tests.mutants --only fit --jobs 2   those of one room, two at a time

Every change is made to a copy in a temporary folder. Exit status 1: a change was not noticed; 2: the table is not of
this package, or the tests fail without any change.
"""

from __future__ import annotations

import argparse
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutants.run import ROOT, passes
from tests.mutants.table import MUTATIONS, Mutation


def main(words: list[str] | None = None) -> int:
    """Run the changes and print the table; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="ROOM", help="changes of one room")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="changes that are tried at a time")
    options = parser.parse_args(words)
    rooms = list(dict.fromkeys(mutation.room for mutation in MUTATIONS))
    if options.only not in (None, *rooms):
        parser.error(f"--only: expected one of {', '.join(rooms)}, found {options.only!r}")
    chosen = [mutation for mutation in MUTATIONS if options.only in (None, mutation.room)]
    try:
        lines = [mutation.place((ROOT / "ramanfit" / mutation.file).read_text("utf-8")) for mutation in chosen]
    except LookupError as error:
        print(error, file=sys.stderr)
        return 2
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it: so would the tests
    sound, said = passes(None, sorted({file for mutation in chosen for file in mutation.tests}))
    if not sound:
        print(f"{said}\nthe tests fail without any change", file=sys.stderr)
        return 2
    with ThreadPoolExecutor(max(options.jobs, 1)) as pool:
        survived = [lived for lived, _ in pool.map(lambda mutation: passes(mutation, mutation.tests), chosen)]
    print(table(chosen, lines, survived), end="")
    return int(any(survived))


def table(chosen: list[Mutation], lines: list[int], survived: list[bool]) -> str:
    """Return how many changes of each room were noticed, and those that were not."""
    rooms = list(dict.fromkeys(mutation.room for mutation in chosen))
    rows = [("room", "tried", "noticed")]
    for room in [*rooms, "all"]:
        its = [lived for mutation, lived in zip(chosen, survived, strict=True) if room in (mutation.room, "all")]
        rows.append((room, str(len(its)), str(its.count(False))))
    text = "".join(f"{room:<14}{tried:>6}{noticed:>9}\n" for room, tried, noticed in rows)
    for mutation, line, lived in zip(chosen, lines, survived, strict=True):
        if lived:
            place = Path("ramanfit", mutation.file).as_posix()
            text += f"survived: {place}:{line}: {mutation.old.strip()} -> {mutation.new.strip()}\n"
    return text


if __name__ == "__main__":
    sys.exit(main())

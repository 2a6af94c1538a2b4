"""Attack the commands: ``python -m tests.attack [CLASS] ... [--number N] [--seed S]``, all classes without a name.

The table says how many attempts of each class were made and survived; what was not is listed. The exit status is 1 if
anything was not.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.attack import disks, hostile_files, hostile_settings, kills, watches  # noqa: F401 - they enter their classes
from tests.attack.registry import ATTACKS, table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.attack")
    parser.add_argument("classes", nargs="*", metavar="CLASS", help=f"of: {', '.join(ATTACKS)}")
    parser.add_argument("--number", type=int, metavar="N", help="attempts of each class")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    asked = parser.parse_args()
    if unknown := set(asked.classes) - ATTACKS.keys():
        parser.error(f"no class {', '.join(sorted(unknown))}: choose from {', '.join(ATTACKS)}")
    counts: dict[str, tuple[int, int]] = {}
    for name in asked.classes or ATTACKS:
        tried = survived = 0
        with TemporaryDirectory() as folder:
            for attempt in ATTACKS[name].run(
                Path(folder), random.Random(asked.seed), asked.number or ATTACKS[name].number
            ):
                tried += 1
                survived += not attempt.wrong
                if attempt.wrong:
                    print(f"{name}: {attempt.what}: {attempt.wrong}", flush=True)
        counts[name] = tried, survived
        print(f"{name}: {survived} of {tried}", file=sys.stderr, flush=True)
    print(table(counts))
    return int(any(tried != survived for tried, survived in counts.values()))


if __name__ == "__main__":
    sys.exit(main())

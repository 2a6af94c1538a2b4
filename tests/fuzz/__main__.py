"""Damage files and read them: ``python -m tests.fuzz [--reader NAME] [--inputs N] [--seed S] [--input I]``.

Every input must give valid scans or a FormatError, within a second and with memory of at most four times the
larger of file and result. The table says what came out; the exit status is 1 if one input did anything else, and
``--input I`` with the same other options reads that one again and lets its error through.
"""

from __future__ import annotations

import argparse
import sys

from ramanfit.formats import READERS
from tests.fuzz.run import Inputs, fuzz, read, workshop


def main() -> int:
    names = [reader.name for reader in READERS]
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--reader", choices=names, metavar="NAME", help=f"one of: {', '.join(names)}")
    parser.add_argument("--inputs", type=int, default=10_000, metavar="N", help="for each reader")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.add_argument("--input", type=int, metavar="I", help="only this one; needs --reader")
    asked = parser.parse_args()
    if asked.input is not None:
        if asked.reader is None:
            parser.error("--input needs --reader")
        with workshop() as folder:
            print(read(Inputs(asked.reader, asked.seed).get(asked.input, asked.inputs), folder))
        return 0
    print(f"{'reader':20}{'inputs':>8}{'read':>8}{'refused':>9}{'wrong':>7}{'worst s':>9}{'memory':>8}")
    failed = False
    for name in [asked.reader] if asked.reader else names:
        t = fuzz(name, asked.inputs, asked.seed)
        wrong = sum(map(len, t.wrong.values()))
        failed |= bool(wrong)
        print(f"{name:20}{t.inputs:8}{t.read:8}{t.refused:9}{wrong:7}{t.seconds:9.3f}{t.memory:8.2f}", flush=True)
        for what, numbers in t.wrong.items():
            print(f"  {len(numbers)} x {what} (--input {numbers[0]})", flush=True)
    return int(failed)


sys.exit(main())

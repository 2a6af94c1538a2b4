"""cfityk, the command line of Fityk: a script that loads every column as a data set of its own."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

PROGRAM = "cfityk"
_MODEL = (
    "@*: F = Lorentzian(height=~{max(y if x > 1580 and x < 1605) - min(y)}, center=~1592, hwhm=~16.5)"
    " + Lorentzian(height=~{max(y if x > 1325 and x < 1360) - min(y)}, center=~1342, hwhm=~70)"
    " + Quadratic(a0=~{min(y)}, a1=~0, a2=~0)"
)


def script(files: Sequence[Path]) -> str:
    lines = ["set verbosity = -1"]
    for file in files:
        columns = len(file.open().readline().split())
        lines.append(f"@+ < '{file}:1:2..{columns}::'" if columns > 2 else f"@+ < '{file}:1:2::'")
    return "\n".join([*lines, _MODEL, "@*: fit", "@*: print 'ratio', F[1].height / F[0].height", ""])


def ratios(said: str) -> np.ndarray:
    return np.array([float(number) for number in re.findall(r"ratio (\S+)", said)])


def version() -> str:
    return subprocess.run([PROGRAM, "-V"], capture_output=True, text=True).stdout.split()[-1]

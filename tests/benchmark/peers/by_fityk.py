"""cfityk, the command line of Fityk: a script that loads columns as data sets."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

PROGRAM, AT_A_TIME = "cfityk", 10
_MODEL = (
    "@*: F = Lorentzian(height=~{max(y if x > 1580 and x < 1605) - min(y)}, center=~1592, hwhm=~16.5)"
    " + Lorentzian(height=~{max(y if x > 1325 and x < 1360) - min(y)}, center=~1342, hwhm=~70)"
    " + Quadratic(a0=~{min(y)}, a1=~0, a2=~0)"
)


def script(files: Sequence[Path]) -> str:
    """Return a script that takes some columns at a time: its time grows with the square of what it holds."""
    lines = ["set verbosity = -1"]
    for file in files:
        columns = len(file.open().readline().split())
        for first in range(2, columns + 1, AT_A_TIME):
            last = min(first + AT_A_TIME - 1, columns)
            lines += ["reset", f"@+ < '{file}:1:{first}..{last}::'" if last > first else f"@+ < '{file}:1:{first}::'"]
            lines.append(_MODEL)
            for k in range(last - first + 1):
                lines += ["print 'begin', 7", f"@{k}: fit", f"@{k}: print 'ratio', F[1].height / F[0].height"]
    return "\n".join([*lines, ""])


def ratios(said: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the ratios, and of which an error was told."""
    parts = said.split("begin 7\n")[1:]
    found = [re.search(r"ratio (\S+)", part) for part in parts]
    return (
        np.array([float(one[1]) if one else np.nan for one in found]),
        np.array(["Error" in part or "not converged" in part for part in parts]),
    )


def version() -> str:
    return subprocess.run([PROGRAM, "-V"], capture_output=True, text=True).stdout.split()[-1]

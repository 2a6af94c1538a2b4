"""One peer on files, as a script of a user's would be: ``python run.py PEER OUT FILE ...``.

OUT gets the seconds of the fits and the version, then a line for each spectrum: ratio, error, whether the peer is
content. Nothing but NumPy and the peer is imported.
"""

from __future__ import annotations

import sys
import time
import warnings
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import numpy as np


def main() -> None:
    peer, out, *files = sys.argv[1:]
    warnings.simplefilter("ignore")
    adapter = import_module(f"by_{peer}")
    lines, seconds = [], 0.0
    for file in files:
        table = np.loadtxt(file, ndmin=2)
        begun = time.process_time()
        for ratio, error, good in adapter.fit(table[:, 0], table[:, 1:].T):
            lines.append(f"{float(ratio)!r},{float(error)!r},{int(good)}")
        seconds += time.process_time() - begun
    head = f"{seconds!r},{version(adapter.PACKAGE)},{adapter.ERRORS}"
    Path(out).write_text("\n".join([head, *lines]))


if __name__ == "__main__":
    main()

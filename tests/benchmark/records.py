"""What reading a long record of the cell costs on top of parsing its numbers."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ramanfit.experiment.cell import read_record
from tests.benchmark.measure import against

ROWS = 1_000_000


def records() -> Iterator[str]:
    """A million rows of EC-Lab's text, and of Maccor's, whose times are days and h:m:s."""
    with tempfile.TemporaryDirectory() as folder:
        for name, head, numbers, line in (
            (
                "EC-Lab",
                "EC-Lab ASCII FILE\nNb header lines : 4\n\nmode\ttime/s\tEwe/V\t<I>/mA\t(Q-Qo)/mA.h\tcycle number\n",
                None,
                "1\t{i}.000\t{v:.6f}\t0.100000\t{q:.9f}\t0\n",
            ),
            (
                "Maccor",
                "Today's Date\t03/28/2022\n\nDate of Test:\t08/23/2021\n"
                "Rec\tCycle P\tStep\tTestTime\tStepTime\tCap. [Ah]\tCurrent [A]\tVoltage [V]\n",
                (0, 1, 2, 5, 6, 7),
                "{i}\t0\t1\t{t}\t{t}\t{q:.9f}\t0.1\t{v:.6f}\n",
            ),
        ):
            path = Path(folder) / f"{name}.txt"
            with path.open("w", encoding="ascii") as file:
                file.write(head)
                for i in range(ROWS):
                    t = f"{i // 86400}d {i // 3600 % 24:02d}:{i // 60 % 60:02d}:{i % 60:02d}.00"
                    file.write(line.format(i=i, t=t, q=i * 0.1 / 3600, v=3.1 + i * 1e-6))
            start = time.process_time()
            np.loadtxt(path, skiprows=4, delimiter="\t", usecols=numbers)
            parsed = time.process_time()
            read_record(str(path))
            on_top = time.process_time() - parsed - (parsed - start)
            yield against(f"{name}: 10^6 rows, seconds of CPU on top of numpy.loadtxt", on_top, "<=", 2)

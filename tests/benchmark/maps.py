"""What everything about an experiment costs, tables, figures and report, over the ratios alone."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

from tests.benchmark.commands import DAY, RAMANFIT, run
from tests.benchmark.measure import against

MAPS, SIDE = 3, 100
ROUNDS = 3
PLAN = """
name = "map{number}"
seed = {number}
[scan]
kind = "map"
period_s = 20000.0
dwell_s = 1.0
integration_s = 0.9
started = 2024-01-1{number}T09:00:00
[map]
nx = {side}
ny = {side}
step_x_um = 0.5
step_y_um = 0.5
pattern = "grains"
grains = 60
grain_um = 6.0
[background]
polynomial = [120.0, -30.0]
[[points]]
name = "between"
peaks.G = {{ center_cm1 = 1583, fwhm_cm1 = 30, height = 300 }}
peaks.B = {{ center_cm1 = 1338, fwhm_cm1 = 100, height = 150 }}
[[points]]
name = "grain"
peaks.G = {{ center_cm1 = 1595, fwhm_cm1 = 40, height = 200 }}
peaks.B = {{ center_cm1 = 1346, fwhm_cm1 = 120, height = {height} }}
"""


def cpu_s() -> float:
    """Seconds of the processor that all commands so far have taken: others on the machine do not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def maps() -> Iterator[str]:
    """Three maps of 10,000 pixels, 142 scans of six points: all there is to write over `ratio`, in turns, CPU time."""
    with tempfile.TemporaryDirectory() as folder:
        plan, inputs, day = (Path(folder) / name for name in ("plan.toml", "maps", "day"))
        for number in range(1, MAPS + 1):
            plan.write_text(PLAN.format(number=number, side=SIDE, height=200 + 100 * number))
            run(*RAMANFIT, "simulate", str(plan), "-o", str(inputs), "--force")
        run(*RAMANFIT, "simulate", str(DAY), "-o", str(day))
        ways = {
            f"{what}, {verb}": partial(run, *RAMANFIT, verb, str(files), "-q", "-o", f"{files} of {verb}{ending}")
            for what, files in (("maps", inputs), ("day", day))
            for verb, ending in (("ratio", ".csv"), ("evolve", ""))
        }
        spent: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                before = cpu_s()
                way()
                spent[name].append(cpu_s() - before)
        seconds = {name: median(its) for name, its in spent.items()}
        yield against(
            f"{MAPS} maps of {SIDE**2} pixels, evolve with everything over ratio",
            seconds["maps, evolve"] / seconds["maps, ratio"],
            "<=",
            2,
        )
        report = Path(f"{inputs} of evolve", "report.html").stat().st_size / 1e6
        yield against("size of their report.html in MB", report, "<=", 20)
        yield f"142 scans of 6 points, the same: {seconds['day, evolve'] / seconds['day, ratio']:.3g}"

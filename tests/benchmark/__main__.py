"""Measure and compare with the goals: ``python -m tests.benchmark [PART] ...``, all without a part.

The parts: engine, shapes, minimum, errors, truth, alarms, windows, mixed, evolution, intervals, detection, spikes,
clipping, before, commands, smooth, evolve, project, table, records, carbons, maps, events, report, watch,
kernels, core, files, large, cluster; and, only where it is named, peers: beside other programs, those of the extra
``peers``.

Every figure is a ratio of two things measured in this run, in turns, on one core: the machine is noisy, ratios
are less so. `compiled` needs numba (the extra ``benchmark``) and is left out without it.
"""

from __future__ import annotations

import compileall
import os
import sys
from itertools import chain
from pathlib import Path

for _library in ("OPENBLAS", "OMP", "MKL", "NUMBA"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"  # before numpy is imported: one core

from tests.benchmark import (  # noqa: E402
    alarms,
    before,
    carbons,
    clusters,
    commands,
    core,
    departures,
    engines,
    events,
    inputs,
    kernels,
    maps,
    peers,
    records,
    reports,
    statistics,
    truth,
    watches,
)

PARTS = {
    "engine": engines.speed,
    "shapes": engines.shapes,
    "minimum": engines.minimum,
    "errors": statistics.errors,
    "truth": lambda: chain(truth.truth(), departures.backgrounds(), departures.departures()),
    "alarms": lambda: chain(alarms.alarms(), alarms.broadened(), alarms.smoothed(), alarms.cost()),
    "windows": departures.windows,
    "mixed": departures.mixed,
    "evolution": departures.evolution,
    "intervals": truth.intervals,
    "detection": lambda: chain(truth.detection(), departures.broad()),
    "spikes": lambda: chain(truth.spikes(), truth.narrow_lines()),
    "clipping": truth.clipping,
    "before": before.before,
    "commands": commands.cold_starts,
    "smooth": commands.smooth_cost,
    "evolve": commands.whole_day,
    "project": commands.large_project,
    "table": commands.big_table,
    "records": records.records,
    "carbons": carbons.carbons,
    "maps": maps.maps,
    "events": events.events,
    "report": reports.reports,
    "watch": watches.idle,
    "kernels": kernels.kernels,
    "core": core.core,
    "files": inputs.many_files,
    "large": inputs.large_text,
    "streamed": inputs.streamed_project,
    "cluster": clusters.cluster,
    "peers": peers.peers,
}
ASIDE = {"peers"}  # only where it is named: it needs the extra of its name


def main() -> None:
    # as pip leaves it: a checkout may hold no bytecode, and may be told to write none
    compileall.compile_dir(Path(__file__).parents[2] / "ramanfit", quiet=2)
    wanted = sys.argv[1:] or [part for part in PARTS if part not in ASIDE]
    unknown = set(wanted) - set(PARTS)
    if unknown:
        sys.exit(f"no part {', '.join(sorted(unknown))}: choose from {', '.join(PARTS)}")
    for name in wanted:
        print(f"\n{name}", flush=True)
        for line in PARTS[name]():
            print(f"  {line}", flush=True)


main()

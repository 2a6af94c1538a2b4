"""What a watch costs while nothing happens."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ramanfit import load_recipe
from ramanfit.experiment.listing import Look
from ramanfit.experiment.request import Request
from ramanfit.experiment.taken import TakenExport, TakenIn, table_name
from ramanfit.experiment.voice import Silent
from ramanfit.experiment.watched import Watched
from tests.benchmark.measure import against

FILES = 20_000
INTERVAL_S = 5.0  # as the command's
LOOKS = 12
EXPORT = b"".join(b"%d\t%d\n" % (shift, 700 + shift % 7) for shift in range(1200, 1800, 20))
TABLE = b"source,scan,point,peak,status,height,flags,started\nx,0,P1,G,ok,5,,2024-01-16T18:00:00\n"


def idle() -> Iterator[str]:
    """CPU seconds per second of a watch that has taken in all of a large folder."""
    with TemporaryDirectory() as name:
        scans, output = Path(name) / "scans", Path(name) / "out"
        scans.mkdir()
        (output / "fits").mkdir(parents=True)
        long_ago = time.time() - 3600.0
        digest, of_table = hashlib.sha256(EXPORT).hexdigest(), hashlib.sha256(TABLE).hexdigest()
        watched = Watched(scans, output, Request([str(scans)], load_recipe("li-graphite")), Silent())
        taken = TakenIn(output / "fits")
        for number in range(FILES):
            export = scans / f"scan {number}.txt"
            export.write_bytes(EXPORT)
            os.utime(export, (long_ago, long_ago))
            table = table_name(export.name)
            (output / "fits" / table).write_bytes(TABLE)
            taken.add(TakenExport(export.name, {export.name: ([*Look.of(export.stat())], digest)}, table, of_table))
        watched = Watched(scans, output, Request([str(scans)], load_recipe("li-graphite")), Silent())
        watched.look()
        watched.look()
        assert len(watched.tables()) == FILES
        begun_s, cpu_s, longest_s = time.perf_counter(), time.process_time(), 0.0
        for _ in range(LOOKS):
            time.sleep(INTERVAL_S)
            before_s = time.process_time()
            watched.look()
            longest_s = max(longest_s, time.process_time() - before_s)
        share = (time.process_time() - cpu_s) / (time.perf_counter() - begun_s)
        yield against(f"idle watch over {FILES} exports, percent of a core", 100 * share, "<=", 2.0)
        yield f"longest look: {longest_s:.3f} s of CPU"

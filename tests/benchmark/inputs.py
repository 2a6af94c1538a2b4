"""What reading costs beside the fit: many small files, and large ones."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from tests.benchmark.commands import CHANNELS, RAMANFIT, peak_memory, write_table
from tests.benchmark.made import scan_of
from tests.benchmark.measure import against, processor_time
from tests.exports import dataset, mat
from tests.wip_writer import Builder, table

FILES, SPECTRA = 2000, 4000
AXIS = np.linspace(100.0, 2300.0, CHANNELS)
WINDOW = int(((AXIS >= 900) & (AXIS <= 1900)).sum())  # channels that are fitted


def many_files() -> Iterator[str]:
    """One spectrum a file, and all in one file: the difference is what a file costs, in processor time."""
    scan, _ = scan_of("flat", 50.0, FILES, 1, shift=AXIS)
    counts = np.asarray(scan.counts).round(2)
    with tempfile.TemporaryDirectory() as folder:
        many, one, out = Path(folder) / "many", Path(folder) / "one.txt", str(Path(folder) / "out.csv")
        many.mkdir()
        for k in range(FILES):
            write_table(many / f"{k:04d}.txt", AXIS, counts[k : k + 1])
        write_table(one, AXIS, counts)
        command = [*RAMANFIT, "fit", "-q", "-o", out, "--smooth", "none"]
        ways = {
            "many": partial(subprocess.run, [*command, str(many)], check=True),
            "one": partial(subprocess.run, [*command, str(one)], check=True),
        }
        seconds = processor_time(ways, 3)
    each = 1000 * (seconds["many"] - seconds["one"]) / FILES
    yield against(f"{FILES} files of one spectrum over one file of all", seconds["many"] / seconds["one"], "<=", 6)
    yield against("what a file costs beside its fit, in ms", each, "<=", 1)


def large_text() -> Iterator[str]:
    """20,000 and 100,000 spectra of 1,024 channels as text: memory, and time for five times as many."""
    scan, _ = scan_of("flat", 50.0, SPECTRA, 1, shift=AXIS)
    with tempfile.TemporaryDirectory() as folder:
        base, out = Path(folder) / "base.txt", str(Path(folder) / "out.csv")
        write_table(base, AXIS, np.asarray(scan.counts).round(2))
        took = {}
        for times in (5, 25):
            path = Path(folder) / f"{times}.txt"
            with base.open("rb") as lines, path.open("wb") as wide:
                for line in lines:
                    first, _, others = line.rstrip(b"\r\n").partition(b"\t")
                    wide.write(first + (b"\t" + others) * times + b"\r\n")
            command = [*RAMANFIT, "fit", str(path), "-q", "-o", out, "--smooth", "none"]
            took[times] = processor_time({"fit": partial(subprocess.run, command, check=True)}, 1)["fit"]
            window_mb = times * SPECTRA * WINDOW * 8 / 2**20
            _, used_mb = peak_memory(command)
            room_mb = 1.3 * window_mb + 150
            yield against(f"{times * SPECTRA} spectra: peak memory over its room", used_mb / room_mb, "<=", 1)
            yield f"of it {used_mb:.0f} MB, for counts of {window_mb:.0f} MB that are fitted"
            path.unlink()
    yield against("time for 5 times as many spectra", took[25] / took[5], "<=", 5.5)


def streamed_project() -> Iterator[str]:
    """Maps of 100,000 and of a million spectra of 256 channels, in either order, and as a matrix: memory, and time."""
    shift = np.linspace(900.0, 1900.0, 256)
    scan, _ = scan_of("flat", 50.0, 20_000, 1, shift=shift)
    counts = np.asarray(scan.counts).round().clip(0, 65_000)
    with tempfile.TemporaryDirectory() as folder:
        yield from _streamed(Path(folder) / "map.wip", counts.astype(np.uint16), shift, "csv", 1)
        yield from _streamed(Path(folder) / "map.wip", counts.astype(np.float32), shift, "parquet", 2)
        yield from _streamed(Path(folder) / "map.mat", counts.astype(np.float32), shift, "csv", 1)


def _streamed(path: Path, counts: np.ndarray, shift: np.ndarray, form: str, jobs: int) -> Iterator[str]:
    """Whole numbers stand with x fastest, others with y."""
    took, used_mb = {}, {}
    for times in (5, 50):
        lines = np.tile(counts, (times, 1)).reshape(-1, 1000, shift.size)
        if path.suffix == ".mat":
            turned = lines.transpose(1, 0, 2).reshape(-1, shift.size)
            sizes = {"imagesize": np.array(lines.shape[:2], np.uint16), "data": turned}
            path.write_bytes(mat({"v": {**dataset(shift, (), type="image"), **sizes}}))
            del turned, sizes
        else:
            project = Builder()
            axis = project.add("TDLUTTransformation", table([*(1e7 / (1e7 / 532 - shift))], "nm", 2))
            by_row = counts.dtype == np.uint16
            project.graph(lines, kind=6 if by_row else 9, inverted=by_row, axis=axis, laser=project.laser())
            path.write_bytes(project.build())
            del project
        del lines
        out = str(path.with_suffix(f".{form}"))
        command = [*RAMANFIT, "fit", str(path), "-q", "-o", out, "--smooth", "none", "--jobs", str(jobs)]
        took[times] = processor_time({"fit": partial(subprocess.run, command, check=True)}, 1)["fit"]
        _, used_mb[times] = peak_memory(command)
        yield f"{times * len(counts)} spectra: {took[times]:.0f} s of the processor, {used_mb[times]:.0f} MB"
    what = f"{path.suffix} of {counts.dtype} to {form}, {jobs} at a time"
    yield against(f"{what}: peak memory of a million spectra in MB", used_mb[50], "<=", 400)
    yield against(f"{what}: time for 10 times as many spectra", took[50] / took[5], "<=", 11)

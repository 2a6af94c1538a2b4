"""Whole commands: cold starts, and a table of 10,000 spectra."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from ramanfit.scan.scan import FloatArray
from tests.benchmark.made import scan_of
from tests.benchmark.measure import against, processor_time, typical
from tests.spectra import random_spectra, two_peak_model
from tests.wip_writer import Builder, spectral

SAMPLE = next(Path(__file__).resolve().parents[2].glob("sample_spectra/pristine-graphite/*Spec.Data*"))
DAY = Path(__file__).resolve().parents[1] / "day.toml"
SPECTRA, CHANNELS = 10_000, 1024
RAMANFIT = [sys.executable, "-m", "ramanfit"]
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
ENVIRONMENT["OPENBLAS_NUM_THREADS"] = "1"
"""As installed, with compiled modules at hand; threads, which ramanfit does not start, cost `import numpy` half as much
again."""


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)


def cold_starts() -> Iterator[str]:
    """From the shell's prompt to the end in processor time, median of many."""
    seconds = processor_time(
        {
            "bare": lambda: run(sys.executable, "-c", "pass"),
            "numpy": lambda: run(sys.executable, "-c", "import numpy"),
            "help": lambda: run(*RAMANFIT, "--help"),
            "fit": lambda: run(*RAMANFIT, "fit", str(SAMPLE)),
            "fit --smooth none": lambda: run(*RAMANFIT, "fit", str(SAMPLE), "--smooth", "none"),
        },
        25,
    )
    yield against("ramanfit fit one.txt over import numpy", seconds["fit"] / seconds["numpy"], "<=", 1.7)
    yield against("the same with --smooth none", seconds["fit --smooth none"] / seconds["numpy"], "<=", 1.5)
    yield against("ramanfit --help over bare Python", seconds["help"] / seconds["bare"], "<=", 2)


def smooth_cost() -> Iterator[str]:
    """What the smooth part costs: whole commands with it over those with ``--smooth none``."""
    with tempfile.TemporaryDirectory() as folder:
        for name, goal in (("flat", 1.15), ("exponential + hump", 2.0)):
            for files, n in ((1, 1), (1, 4000), (144, 6), (2000, 1)):
                inputs = Path(folder) / f"{name} {files} {n}"
                inputs.mkdir()
                for k in range(files):
                    scan, _ = scan_of(name, 50.0, n, k)
                    write_table(inputs / f"{k:04d}.txt", scan.shift_cm1, np.asarray(scan.counts).round(2))
                command = [*RAMANFIT, "ratio", str(inputs), "-q", "-o", str(Path(folder) / "out.csv")]
                ways = {way: partial(run, *command, "--smooth", way) for way in ("none", "auto")}
                seconds = typical(ways, 15 if files * n == 1 else 5)
                limit = 1.3 if files * n == 1 else goal
                what = f"{name}: {files} x {n} spectra, with the smooth part over without"
                yield against(what, seconds["auto"] / seconds["none"], "<=", limit)


def whole_day() -> Iterator[str]:
    """142 scans of six points, with the cell's record, from exports to tables, figures and report."""
    with tempfile.TemporaryDirectory() as folder:
        scans, out = Path(folder) / "scans", str(Path(folder) / "out")
        run(*RAMANFIT, "simulate", str(DAY), "-o", str(scans))
        evolve = [*RAMANFIT, "evolve", str(scans), "--echem", str(next(scans.glob("*.mpt"))), "-q", "-o", out]
        seconds = processor_time(
            {
                "numpy": lambda: run(sys.executable, "-c", "import numpy"),
                "tables": lambda: run(*evolve, "--no-figures", "--no-report"),
                "all": lambda: run(*evolve),
            },
            9,
        )
        report = (Path(out) / "report.html").stat().st_size / 1e6
    yield against("evolve without figures and report over import numpy", seconds["tables"] / seconds["numpy"], "<=", 6)
    yield against("with all figures and the report over that", seconds["all"] / seconds["tables"], "<=", 10)
    yield against("size of report.html in MB", report, "<=", 2)


def large_project() -> Iterator[str]:
    """A project of 205 MB, one map of 50,000 spectra of 1,024 channels: opened, then fitted."""
    _, counts, _ = random_spectra(1000, seed=5, model=two_peak_model(CHANNELS))
    lines = np.tile(counts.astype(np.float32), (50, 1)).reshape(250, 200, CHANNELS)
    project = Builder()
    axis = project.add("TDSpectralTransformation", spectral(0, Polynom=[558.7, 0.033, 0.0]))
    project.spectra(lines, axis=axis)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.wip"
        path.write_bytes(project.build())
        size = path.stat().st_size / 2**20
        del project, lines, counts
        seconds = typical(
            {
                "numpy": lambda: run(sys.executable, "-c", "import numpy"),
                "info": lambda: run(*RAMANFIT, "info", str(path)),
            },
            5,
        )
        yield f"file: {size:.0f} MB"
        yield against("ramanfit info map.wip over import numpy", seconds["info"] / seconds["numpy"], "<=", 4)
        _, info_mb = peak_memory([*RAMANFIT, "info", str(path)])
        yield against("its peak memory over the file's size", info_mb / size, "<=", 0.5)
        _, fit_mb = peak_memory([*RAMANFIT, "ratio", "-q", str(path), "-o", str(Path(folder) / "ratios.csv")])
        yield against("that of ramanfit ratio, the mapped file in it", fit_mb / size, "<=", 4)


def write_table(path: Path, shift: FloatArray, counts: FloatArray) -> None:
    """A Table export in the default digits of Project FIVE, with label and unit line."""
    with path.open("w", newline="\r\n") as file:
        n = len(counts)
        file.write("\t".join(["X-Axis", *(f"Map--000--Spec.Data 1({i})" for i in range(n))]) + "\n")
        file.write("\t".join(["rel. 1/cm", *["CCD cts"] * n]) + "\n")
        row = "\t".join(["% .9E"] * (n + 1)) + "\n"
        for x, values in zip(shift.tolist(), counts.T, strict=True):
            file.write(row % (x, *values.tolist()))


def peak_memory(command: list[str]) -> tuple[float, float]:
    """Seconds and peak resident MB of a command."""
    program = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stderr=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    start = time.perf_counter()
    said = subprocess.run([sys.executable, "-c", program, *command], check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - start, int(said.split()[-1]) / 1024


def big_table() -> Iterator[str]:
    """10,000 spectra of 1,024 channels from text to the long table."""
    from ramanfit.fit.pipeline import fit_scan
    from ramanfit.formats import open_scans
    from ramanfit.recipe.toml import load_recipe
    from ramanfit.scan.schedule import Schedule, Visit, place
    from ramanfit.tables.columns import long_table
    from ramanfit.tables.forms import open_writer

    shift = np.linspace(100.0, 2300.0, CHANNELS)
    inside = (shift >= 900) & (shift <= 1900)
    # on the table's own channels: interpolated noise goes together from channel to channel, and is taken for structure
    _, counts, _ = random_spectra(SPECTRA, 3, replace(two_peak_model(), shift_cm1=shift[inside]))
    wide = np.full((SPECTRA, CHANNELS), 300.0) + np.random.default_rng(4).normal(0, 5, (SPECTRA, CHANNELS))
    wide[:, inside] = 300 + counts
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "map.txt", Path(folder) / "peaks.csv"
        write_table(path, shift, wide.round(2))
        array_mb = wide.nbytes / 2**20
        yield f"file: {path.stat().st_size / 2**20:.0f} MB, array: {array_mb:.0f} MB"
        parts = dict.fromkeys(("loadtxt", "whole", "reading", "fitting", "writing"), float("inf"))
        memory = 0.0
        recipe = load_recipe("li-graphite")
        for _ in range(2):
            clock = [time.perf_counter()]
            np.loadtxt(path, delimiter="\t", skiprows=2)
            clock.append(time.perf_counter())
            scan = open_scans(str(path))[0]
            clock.append(time.perf_counter())
            fitted = fit_scan(scan, recipe)
            clock.append(time.perf_counter())
            keys, _ = place([Visit.of(scan)], Schedule())
            with open_writer(out, "csv") as writer:
                writer.write(long_table(keys[0], fitted.quantities, {"ratio": "B"}))
            clock.append(time.perf_counter())
            del scan, fitted
            seconds, memory = peak_memory([*RAMANFIT, "fit", str(path), "-o", str(out), "-q"])
            measured = [clock[1] - clock[0], seconds, *np.diff(clock)[1:]]
            parts = {name: min(parts[name], s) for name, s in zip(parts, measured, strict=True)}
    one = parts["loadtxt"]
    yield against("whole command over numpy.loadtxt alone", parts["whole"] / one, "<=", 4)
    yield "of it, in the same unit: " + ", ".join(
        f"{name} {parts[name] / one:.2f}" for name in ("reading", "fitting", "writing")
    )
    yield against("peak memory over the array's size", memory / array_mb, "<=", 4)

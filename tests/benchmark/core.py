"""With and without the compiled core: whole commands and the pipeline against a plain lmfit loop and numpy.loadtxt."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from ramanfit.fit.engine.compiled import library
from ramanfit.fit.pipeline import fit_scan
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray, Scan
from tests.benchmark.commands import RAMANFIT, write_table
from tests.benchmark.made import scan_of
from tests.benchmark.measure import against, processor_time, typical

SPECTRA, MANY, CHANNELS, LOOP, ROUNDS, FEW_ROUNDS = 4000, 20_000, 1024, 30, 5, 3
GOALS = {"none": (200, 300, 1.5), "auto": (120, 180, 2.2)}  # times a plain loop, with many spectra; times loadtxt
MISFITS = (("exponential + hump", 30.0, ""), ("flat", 50.0, "Fano"), ("flat", 50.0, "D3 10 %"))


def lmfit_loop(shift: FloatArray, counts: FloatArray) -> None:
    """What people write: two Lorentzians and a parabola, unbounded, one spectrum after another."""
    from lmfit.models import LorentzianModel, QuadraticModel

    inside = (shift >= 1000) & (shift <= 1800)
    model = LorentzianModel(prefix="g_") + LorentzianModel(prefix="b_") + QuadraticModel()
    g = {"g_center": 1590, "g_sigma": 15, "g_amplitude": 5e4}
    b = {"b_center": 1345, "b_sigma": 60, "b_amplitude": 1e5}
    for y in counts[:, inside]:
        model.fit(y, model.make_params(**g, **b, a=0, b=0, c=y.min()), x=shift[inside])


def core() -> Iterator[str]:
    """4,000 spectra of 1,024 channels, in processor time; medians of rounds, in which everything runs once."""
    shift = np.linspace(100.0, 2300.0, CHANNELS)
    scan, _ = scan_of("flat", 50.0, SPECTRA, 1, shift=shift)
    counts = np.asarray(scan.counts)
    cores = ["numpy", *(["compiled"] if library.available() else [])]
    recipe = load_recipe("li-graphite")
    recipes = {"auto": recipe, "none": with_overrides(recipe, {"baseline.smooth_cm1": "none"})}
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "map.txt", str(Path(folder) / "out.csv")
        write_table(path, shift, counts.round(2))
        ways: dict[str, Callable[[], object]] = {"loadtxt": partial(np.loadtxt, path, delimiter="\t", skiprows=2)}
        ways["loop"] = partial(lmfit_loop, shift, counts[:LOOP])
        for name in cores:
            environment = {**os.environ, library.CHOICE: name}
            for smooth in GOALS:
                command = [*RAMANFIT, "fit", str(path), "-q", "-o", out, "--smooth", smooth]
                ways[f"command {name} {smooth}"] = partial(subprocess.run, command, env=environment, check=True)
                ways[f"memory {name} {smooth}"] = partial(with_core, name, scan, recipes[smooth])
        seconds = processor_time(ways, ROUNDS)
    loop = seconds["loop"] * SPECTRA / LOOP
    for name in cores:
        for smooth, (times, _, reading) in GOALS.items():
            command_s = seconds[f"command {name} {smooth}"]
            what = f"{name}, --smooth {smooth}: whole command"
            yield against(f"{what}, times as fast as a plain lmfit loop", loop / command_s, ">=", times)
            yield against(f"{what} over numpy.loadtxt", command_s / seconds["loadtxt"], "<=", reading)
    for smooth in GOALS if len(cores) > 1 else ():
        gained = seconds[f"memory numpy {smooth}"] / seconds[f"memory compiled {smooth}"]
        yield f"--smooth {smooth}: pipeline in memory, times as fast with the core: {gained:.3g}"
    yield from many()
    yield from misfits(cores[-1], recipes)


def many() -> Iterator[str]:
    """20,000 spectra, in processor time; with two workers by the clock, which needs a machine with nothing to do."""
    shift = np.linspace(100.0, 2300.0, CHANNELS)
    scan, _ = scan_of("flat", 50.0, MANY, 1, shift=shift)
    counts = np.asarray(scan.counts)
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "map.txt", str(Path(folder) / "out.csv")
        write_table(path, shift, counts.round(2))
        ways: dict[str, Callable[[], object]] = {"loop": partial(lmfit_loop, shift, counts[:LOOP])}
        for smooth in GOALS:
            for jobs in ("1", "2"):
                command = [*RAMANFIT, "fit", str(path), "-q", "-o", out, "--smooth", smooth, "--jobs", jobs]
                ways[f"{smooth} {jobs}"] = partial(subprocess.run, command, check=True)
        seconds, clock = processor_time(ways, FEW_ROUNDS), typical(ways, FEW_ROUNDS)
    for smooth, (_, times, _) in GOALS.items():
        what, faster = f"{MANY} spectra, --smooth {smooth}", seconds["loop"] * MANY / LOOP / seconds[f"{smooth} 1"]
        yield against(f"{what}: times as fast as a plain lmfit loop", faster, ">=", times)
        yield against(f"{what}: --jobs 2, by the clock", clock[f"{smooth} 1"] / clock[f"{smooth} 2"], ">=", 1.6)


def misfits(name: str, recipes: dict[str, Recipe]) -> Iterator[str]:
    """Spectra that the model does not describe, over spectra that it does, in memory."""
    for smooth, recipe in recipes.items():
        scans = {case: scan_of(case[0], case[1], 2000, 3, case[2])[0] for case in (("flat", 50.0, ""), *MISFITS)}
        ways = {str(case): partial(with_core, name, scan, recipe) for case, scan in scans.items()}
        seconds = processor_time(ways, FEW_ROUNDS)
        fitting, *others = seconds.values()
        worst = max(others) / fitting
        yield against(f"{name}, --smooth {smooth}: a misfitting model over one that fits", worst, "<=", 2)


def with_core(name: str, scan: Scan, recipe: Recipe) -> None:
    """Fit a scan in memory with a core."""
    os.environ[library.CHOICE] = name
    fit_scan(scan, recipe)
    del os.environ[library.CHOICE]

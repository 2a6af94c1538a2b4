"""Every example that `--help` shows, run as it stands, in a folder that holds what it names."""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ramanfit import load_recipe
from ramanfit.cli.group import COMMANDS
from tests.wip_writer import Builder, spectral

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_spectra"
SHIFT = np.linspace(850.0, 1950.0, 500)


def examples() -> list[str]:
    found = []
    for name in ["", *COMMANDS]:
        text = subprocess.run(
            [sys.executable, "-m", "ramanfit", *name.split(), "--help"], capture_output=True, text=True, check=True
        ).stdout
        block = text[text.index("Examples:\n") :].split("\n\n")[0].splitlines()[1:]
        found += [line.split("   ")[0].strip() for line in (line.strip() for line in block)]
    return list(dict.fromkeys(found))


EXAMPLES = examples()


def light(shift: np.ndarray, lines: list[tuple[float, float]], width: float = 25.0) -> np.ndarray:
    return 500 + sum(height / (1 + ((shift - center) / (width / 2)) ** 2) for center, height in lines)


def write(path: Path, axis: np.ndarray, counts: np.ndarray, seed: int = 0) -> None:
    noisy = np.random.default_rng(seed).poisson(counts)
    np.savetxt(path, np.column_stack([axis, noisy]), fmt="%.8g", delimiter="\t")


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a day of scans, and all else that the examples name."""
    folder = tmp_path_factory.mktemp("laboratory")
    (table_s1,) = (SAMPLES / "table-s1").glob("*Spec.Data*")
    shutil.copy(table_s1, folder / "scan.txt")
    (folder / "scan.txt.gz").write_bytes(gzip.compress(table_s1.read_bytes()))
    for name in ("day1", "scans"):
        (folder / name).mkdir()
        for path in SAMPLES.glob("operando/*--00[0-3]--*"):
            shutil.copy(path, folder / name)
    shutil.copy(next(SAMPLES.glob("operando/*.mpt")), folder / "cell.mpt")
    (pristine,) = (SAMPLES / "pristine-graphite").glob("*Spec.Data*")
    shutil.copy(pristine, folder / "pristine.txt")
    shutil.copy(next(folder.glob("scans/*Spec.Data*")), folder / "dark.txt")  # on the axis of the scans
    write(folder / "spectrum.txt", SHIFT, light(SHIFT, [(1582.0, 900.0), (1350.0, 300.0), (1620.0, 90.0)]))
    (folder / "table-s1.csv").write_text("point,G_height,B_height\nP1,100,120\nP2,90,70\n")
    counts = light(SHIFT, [(1590.0, 400.0), (1345.0, 300.0)])
    repeats = np.random.default_rng(2).poisson(np.tile(counts + 700, (10, 1)))
    np.savetxt(folder / "repeats.txt", np.column_stack([SHIFT, *repeats]), fmt="%.8g", delimiter="\t")
    write(folder / "no-light.txt", SHIFT, np.full(SHIFT.size, 700.0))
    for number in range(30):
        cell = folder / "cells" / f"cell{number:02d}"
        cell.mkdir(parents=True)
        write(cell / "after.txt", SHIFT, light(SHIFT, [(1590.0, 400.0), (1345.0, 300.0)]), seed=number)
    silicon = np.arange(300.0, 1900.0, 1.7)
    write(folder / "si.txt", silicon, light(silicon, [(520.45, 4000.0)], 4.5))
    styrene = np.arange(500.0, 1800.0, 1.5)
    centers = (620.9, 795.8, 1001.4, 1031.8, 1155.3, 1450.5, 1583.1, 1602.3)
    write(folder / "ps.txt", styrene, light(styrene, [(center, 2000.0) for center in centers], 8.0))
    shutil.copy(SAMPLES / "operando" / "plan.toml", folder / "plan.toml")
    nm = 556.0 + 0.04 * np.arange(1024)
    counts = light(1e7 * (1 / 532.0 - 1 / nm), [(1590.0, 400.0), (1345.0, 300.0)])
    for name, shape, caption in (("day.wip", (1, 4), "Line 3"), ("map.wip", (2, 2), "Map 1")):
        project = Builder()
        project.spectra(
            np.random.default_rng(1).poisson(np.tile(counts, (*shape, 1))).astype(np.uint16),
            kind=6,
            axis=project.add("TDSpectralTransformation", spectral(0, Polynom=[556.0, 0.04, 0.0])),
            caption=caption,
        )
        (folder / name).write_bytes(project.build())
    tables = folder / "tables"
    tables.mkdir()
    bare = folder / "bare"
    bare.mkdir()
    for path in sorted(folder.glob("scans/*Spec.Data*")):
        undated = bare / f"s{path.name.split('--')[2]}.txt"
        write(undated, SHIFT, light(SHIFT, [(1590.0, 400.0), (1345.0, 300.0)]), seed=len(path.name))
        run(f"ramanfit fit {undated} -o tables/{undated.stem}.csv -q", folder)
    run("ramanfit recipe li-graphite > my.toml", folder)
    run("ramanfit evolve scans/ --echem cell.mpt --no-figures --no-report -q -o cell1/", folder)
    shutil.copytree(folder / "cell1", folder / "cell2")
    return folder


def run(line: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    shim = folder / "bin" / "ramanfit"
    if not shim.exists():
        shim.parent.mkdir()
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ramanfit "$@"\n')
        shim.chmod(0o755)
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{shim.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line],
        cwd=folder,
        env=env,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, (line, done.stderr.decode())
    return done


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


PROMISES: dict[str, Callable[[Path, bytes], object]] = {
    "ramanfit ratio day1/ -o ratios.csv": lambda folder, _: len(table(folder / "ratios.csv")) == 4 * 6,
    "ramanfit info day1/ --json": lambda _, out: len(json.loads(out)) == 4,
    "zcat scan.txt.gz | ramanfit fit - --jsonl": lambda _, out: (
        {json.loads(line)["source"] for line in out.splitlines()} == {"-"}
    ),
    "ramanfit ratio table-s1.csv --md": lambda _, out: out.startswith(b"|"),
    "ramanfit evolve tables/*.csv --period 10min -o evolution/": lambda folder, _: (
        [row["time_s"] for row in table(folder / "evolution" / "ratios.csv")] == ["0", "600", "1200", "1800"]
    ),
    "ramanfit evolve scans/ --echem cell.mpt -o evolution/": lambda folder, _: all(
        row["voltage_v"] for row in table(folder / "evolution" / "ratios.csv")
    ),
    "ramanfit evolve scans/ --reference pristine.txt --format pdf -o evolution/": lambda folder, _: (
        folder / "evolution" / "map.pdf"
    ).exists(),
    "ramanfit evolve scans/ --no-figures -o tables/": lambda folder, _: not [*folder.glob("tables/*.png")],
    "ramanfit compare cell1/ cell2/ -o compared/": lambda folder, _: (
        {row["experiment"] for row in table(folder / "compared" / "compare.csv")} == {"cell1", "cell2"}
        and (folder / "compared" / "ratio.png").exists()
    ),
    "ramanfit plot scan.txt --point P3 > p3.png": lambda folder, _: (folder / "p3.png").read_bytes()[1:4] == b"PNG",
    "ramanfit plot scans/ --worst 12 -o worst.pdf": lambda folder, _: (
        (folder / "worst.pdf").read_bytes()[:4] == b"%PDF"
    ),
    "ramanfit fit scan.txt --recipe calibrated.toml": lambda _, out: out.count(b"\n") == 1 + 2 * 6,
    "ramanfit calibrate si.txt > calibrated.toml": lambda folder, _: load_recipe(str(folder / "calibrated.toml")),
    "ramanfit recipe li-graphite > my.toml": lambda folder, _: load_recipe(str(folder / "my.toml")),
    "ramanfit recipe --check my.toml": lambda _, out: out == b"my.toml: good\n",
    "ramanfit recipe --schema > recipe.json": lambda folder, _: json.loads((folder / "recipe.json").read_text()),
    "ramanfit completion bash > ramanfit.bash": lambda folder, _: run("source ./ramanfit.bash", folder),
    "ramanfit help evolve": lambda _, out: b"--recipe" in out and b"--verify" not in out,
    "ramanfit evolve --help-all": lambda _, out: b"--recipe" in out and b"--verify" in out,
    "ramanfit list recipes --json": lambda _, out: json.loads(out),
}


@pytest.mark.posix
def test_every_promise_is_of_an_example() -> None:
    assert set(PROMISES) <= set(EXAMPLES)
    assert len(EXAMPLES) > 50


@pytest.mark.posix
@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_does_what_it_says(line: str, laboratory: Path) -> None:
    folder = laboratory
    for needed in ("h5netcdf", "h5py"):
        if line.endswith((".nc", ".nxs")):
            pytest.importorskip(needed)
    if line == "ramanfit fit scan.txt --recipe calibrated.toml":
        run("ramanfit calibrate si.txt > calibrated.toml", folder)
    if "--x-unit nm" in line:  # the file of another instrument
        folder = laboratory / "in-nm"
        folder.mkdir(exist_ok=True)
        shutil.copytree(laboratory / "bin", folder / "bin", dirs_exist_ok=True)
        nm = np.arange(541.0, 560.0, 0.05)
        for name in ("si.txt", "spectrum.txt"):
            write(folder / name, nm, light(1e7 * (1 / 532.1 - 1 / nm), [(520.45, 4000.0)], 4.5))
    if "synthetic/" in line:
        shutil.rmtree(folder / "synthetic", ignore_errors=True)
        if not line.startswith("ramanfit simulate"):
            run("ramanfit simulate plan.toml -o synthetic/", folder)
    if line.endswith("-o tables/"):  # where another example finds what fit wrote
        folder = laboratory / "apart"
        for name in ("bin", "scans"):
            shutil.copytree(laboratory / name, folder / name, dirs_exist_ok=True)
    command = line.split("#")[0].strip()
    written = command.split(" -o ")[-1].split()[0] if " -o " in command else (*command.split(" > "), "")[1]
    if command.startswith("ramanfit watch") and "--once" not in command:
        command = f"timeout --foreground -s INT 15 {command} || true"
    done = run(command, folder)
    if not written:
        assert done.stdout or b"the same bytes" in done.stderr
    else:
        target = folder / written
        assert any(target.iterdir()) if target.is_dir() else target.stat().st_size
    if line in PROMISES:
        assert PROMISES[line](folder, done.stdout)

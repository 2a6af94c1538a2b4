"""The scripts of the manual's page on clusters, run as a queue runs them, as far as a shell can."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from ramanfit.cli.verbs.manual import pages
from tests.cluster import ROOT
from tests.test_readme import clone

__all__ = ["clone"]
pytestmark = pytest.mark.posix

FIT, MERGE, _, DASK = re.findall(r"```bash\n(.*?)```", pages()["cluster"], re.S)
SHARES = 8


@pytest.fixture
def lab(clone: Path) -> Path:
    """Twelve scans, and the two scripts."""
    shutil.copytree(clone / "sample_spectra" / "operando", clone / "scans")
    (clone / "fit.sbatch").write_text(FIT)
    (clone / "merge.sbatch").write_text(MERGE)
    return clone


def bash(lab: Path, *words: str, status: int = 0, env: Mapping[str, str] | None = None) -> str:
    path = f"{lab / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", *words], cwd=lab, env={**os.environ, **(env or {}), "PATH": path}, capture_output=True, text=True
    )
    assert done.returncode == status, done.stderr
    return done.stderr


def task(lab: Path, k: int, status: int = 0) -> str:
    return bash(lab, "fit.sbatch", status=status, env={"SLURM_ARRAY_TASK_ID": str(k)})


def test_an_array_job_equals_one_run(lab: Path) -> None:
    for k in (3, 1, 8, 2, 5, 4, 6):  # as a queue likes
        assert task(lab, k) == ""
    said = bash(lab, "merge.sbatch", status=1)
    assert said == "no tables/00007.csv: sbatch --array=7 fit.sbatch\n"
    task(lab, 7)
    bash(lab, "merge.sbatch")
    bash(lab, "-c", "ramanfit ratio -q scans -o at-once.csv")
    assert (lab / "ratios.csv").read_bytes() == (lab / "at-once.csv").read_bytes()


def test_scans_without_a_time_stay_in_their_order(lab: Path) -> None:
    """Names that a shell sorts otherwise than people do."""
    shutil.rmtree(lab / "scans")
    (lab / "scans").mkdir()
    shift, rng = np.linspace(900.0, 1900.0, 300), np.random.default_rng(1)
    light = 700 + 400 / (1 + ((shift - 1590) / 15) ** 2) + 250 / (1 + ((shift - 1345) / 65) ** 2)
    for number in (1, 2, 10, 11, 3, 20, 100, 9, 12):
        table = np.column_stack([shift, rng.poisson(light), rng.poisson(light)])
        np.savetxt(lab / "scans" / f"x--{number}--Spec.Data 1.txt", table, fmt="%.8g", delimiter="\t")
    for k in range(1, SHARES + 1):
        task(lab, k)
    bash(lab, "merge.sbatch")
    bash(lab, "-c", "ramanfit ratio -q scans -o at-once.csv")
    assert (lab / "ratios.csv").read_bytes() == (lab / "at-once.csv").read_bytes()


def test_a_share_that_fails_leaves_no_table(lab: Path) -> None:
    broken = sorted((lab / "scans").glob("*Spec.Data*"))[0]
    broken.write_text("//Exported ASCII-File\n[Header]\nSizeGraph = 4\n[Data]\n1\tnonsense\n")
    assert "nonsense" in task(lab, 1, status=1)
    assert not (lab / "tables" / "00001.csv").exists()


def test_the_number_of_shares_is_one() -> None:
    (array,), (shares,) = re.findall(r"--array=1-(\d+)", FIT), re.findall(r"shares=(\d+)", FIT)
    assert array == shares == re.findall(r"1 (\d+)\)", MERGE)[0] == str(SHARES)


def test_a_cluster_inside_a_job(lab: Path) -> None:
    pytest.importorskip("distributed")
    program = lab / "bin" / "dask"
    run = f'exec "{sys.executable}" -m "distributed.cli.dask_$kind" "$@"'
    program.write_text(f'#!/bin/sh\nkind=$1; shift\nPYTHONPATH="{ROOT}" {run}\n')
    program.chmod(0o755)
    begin = "srun() { \"$@\"; }\ntrap 'kill $(jobs -p) 2> /dev/null' EXIT\n"
    script = DASK.replace("dask scheduler", "dask scheduler --host 127.0.0.1 --port 0 --no-dashboard")
    bash(lab, "-euo", "pipefail", "-c", begin + script)
    bash(lab, "-c", 'ramanfit ratio "$PWD/scans" -o at-once.csv')
    assert (lab / "ratios.csv").read_bytes() == (lab / "at-once.csv").read_bytes()


def test_an_executor_as_the_page_has_it(lab: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", pages()["cluster"], re.S)
    (lab / "pool.py").write_text(block)
    done = subprocess.run(
        [sys.executable, "pool.py"],
        cwd=lab,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")

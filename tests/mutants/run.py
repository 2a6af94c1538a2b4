"""Tests of a copy of the package, with a change or without."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutants.table import Mutation

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("ramanfit", "tests", "sample_spectra", "README.md", "pyproject.toml")
LONGEST_S = 900.0  # a change that makes tests wait for ever is noticed as well
PASSED, NO_SUCH_FILE, NO_TESTS = 0, 4, 5  # pytest's exit codes


def passes(mutation: Mutation | None, tests: Sequence[str]) -> tuple[bool, str]:
    """Return whether tests pass in a copy of the tree with a change, and what they say; None: without a change.

    Raises
    ------
    RuntimeError
        If there are no such tests.
    """
    with TemporaryDirectory(prefix="mutant-") as name:
        folder = Path(name)
        for entry in COPIED:
            if (ROOT / entry).is_dir():
                shutil.copytree(ROOT / entry, folder / entry)
            else:
                shutil.copy2(ROOT / entry, folder / entry)
        if mutation is not None:
            file = folder / "ramanfit" / mutation.file
            text = file.read_text("utf-8")
            mutation.place(text)
            file.write_text(text.replace(mutation.old, mutation.new), "utf-8")
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
        # the same examples of properties every time
        environment = {**os.environ, "PYTHONPATH": name, "CI": "1"}
        try:
            done = subprocess.run(
                [*command, *(f"tests/{test}" for test in tests)],
                cwd=folder,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=LONGEST_S,
                text=True,
            )
        except subprocess.TimeoutExpired:
            return False, ""
    if done.returncode in (NO_SUCH_FILE, NO_TESTS):
        raise RuntimeError(done.stdout)
    return done.returncode == PASSED, done.stdout

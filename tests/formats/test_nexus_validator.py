"""The validator of the NeXus community on what is exported: run where it is installed (pip install pynxtools)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ramanfit.formats.graph_ascii import graph_ascii
from ramanfit.scan.scan import Scan

ROOT = Path(__file__).resolve().parents[2]
OPERANDO = ROOT / "sample_spectra" / "operando"
PROJECT = ROOT.parent / "shared" / "data" / "witec" / "wip" / "LineScans.WIP"
VALIDATOR = Path(sys.executable).with_name("pynx")

h5py = pytest.importorskip("h5py")
pytestmark = pytest.mark.skipif(not VALIDATOR.exists(), reason="pynxtools is not installed")


def export(target: Path, *arguments: str | Path, stdin: bytes | None = None) -> None:
    command = [sys.executable, "-m", "ramanfit", "export", "-q", *map(str, arguments), "-o", str(target)]
    done = subprocess.run(command, input=stdin, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr


def verdict(file: Path) -> tuple[dict[str, bool], list[str]]:
    """Return for every entry whether it is valid, and what is wrong."""
    done = subprocess.run([VALIDATOR, "validate", file], capture_output=True, text=True)
    said = done.stdout + done.stderr
    found = re.findall(r"The entry `(\w+)` in file .* is (valid|NOT valid) according to the `NXraman`", said)
    print(*(line for line in said.splitlines() if "The entry" in line or "WARNING" in line), sep="\n")
    wrong = [line for line in said.splitlines() if line.startswith(("WARNING", "ERROR"))]
    return {name: word == "valid" for name, word in found}, wrong


def test_every_entry_of_a_day_is_valid(tmp_path: Path) -> None:
    export(tmp_path / "a.nxs", OPERANDO, "--timezone", "Europe/Berlin")
    assert verdict(tmp_path / "a.nxs") == (
        {"entry": True} | {f"entry{number}": True for number in range(1, 12)},
        [],
    )
    with h5py.File(tmp_path / "a.nxs") as file:
        assert file["entry3/start_time"][()] == b"2024-01-15T10:30:00+01:00"
        assert file["entry3/end_time"][()] == b"2024-01-15T10:32:30+01:00"


def test_the_validator_notices_what_is_missing(tmp_path: Path) -> None:
    export(tmp_path / "a.nxs", next(OPERANDO.glob("*Spec*")))
    with h5py.File(tmp_path / "a.nxs", "r+") as file:
        del file["entry/instrument/scattering_configuration"]
        del file["entry/definition"].attrs["version"]
    valid, wrong = verdict(tmp_path / "a.nxs")
    assert valid == {"entry": False}
    assert any("scattering_configuration" in line for line in wrong)


def test_a_map_of_which_nothing_else_is_known_is_valid(tmp_path: Path) -> None:
    row, column = np.divmod(np.arange(6.0), 3)
    where = np.stack([2 * column, -3 * row, 0 * row], axis=1)
    mask = np.eye(6, 9, dtype=bool)
    scan = Scan(np.arange(9.0) + 100, np.ones((6, 9)), "map", name="m", grid=(2, 3), coordinates_um=where, mask=mask)
    (tmp_path / "map.txt").write_bytes(graph_ascii(scan))
    export(tmp_path / "a.nxs", tmp_path / "map.txt")
    assert verdict(tmp_path / "a.nxs") == ({"entry": True}, [])
    export(tmp_path / "b.nxs", "-", stdin=graph_ascii(scan))  # whose bytes cannot be had again
    assert verdict(tmp_path / "b.nxs") == ({"entry": True}, [])


@pytest.mark.skipif(not PROJECT.exists(), reason="the shared data are not here")
def test_measurements_of_one_project_share_its_bytes(tmp_path: Path) -> None:
    export(tmp_path / "a.nxs", PROJECT)
    valid, wrong = verdict(tmp_path / "a.nxs")
    assert len(valid) > 1
    assert all(valid.values())
    assert not wrong
    with h5py.File(tmp_path / "a.nxs") as file:
        notes = [entry["source_file"] for entry in file.values()]
        assert all(note == notes[0] for note in notes)
        data = notes[0]["data"]
        raw = PROJECT.read_bytes()
        assert data.id.get_storage_size() == len(raw)
        at = data.id.get_offset()
    assert (tmp_path / "a.nxs").read_bytes()[at : at + len(raw)] == raw
    assert (tmp_path / "a.nxs").stat().st_size < 4 * len(raw)

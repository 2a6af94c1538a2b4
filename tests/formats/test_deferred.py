"""Large tables stay in their file: what is read of them later is what would have been read at once."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ramanfit.errors import FormatError, InputError, RamanfitError
from ramanfit.fit.pipeline import fit_scan
from ramanfit.formats import deferred, open_scans
from ramanfit.formats.deferred import TextCounts
from ramanfit.formats.fixed_compiled import CHOICE
from ramanfit.recipe.toml import load_recipe
from ramanfit.scan.scan import Scan

SAMPLES = Path(__file__).resolve().parents[2] / "sample_spectra"
EXPORTS = sorted(SAMPLES.glob("*/*Spec.Data*"))
N, M = 7, 40
SHIFT, COUNTS = np.linspace(1900, 900, M), np.random.default_rng(2).normal(1000, 50, (N, M))
ROWS = [[x, *COUNTS[:, k]] for k, x in enumerate(SHIFT)]
TABLE = "\r\n".join(
    [
        "\t".join(["X-Axis", *(f"Map--000--Spec.Data 1({i})" for i in range(N))]),
        "\t".join(["rel. 1/cm", *["CCD cts"] * N]),
        *("\t".join(f"{value: .9E}" for value in row) for row in ROWS),
        "",
    ]
).encode()
ANY_FIXTURE = settings(deadline=None, suppress_health_check=[*HealthCheck])


@pytest.fixture(params=["compiled", "numpy"], autouse=True)
def everything_is_large(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOICE, request.param)
    monkeypatch.setattr(deferred, "LARGE", 0)
    monkeypatch.setattr(deferred, "LARGE_FOR_NUMPY", 0)


def at_once(path: Path) -> Scan:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deferred, "LARGE", 1 << 60)
        patch.setattr(deferred, "LARGE_FOR_NUMPY", 1 << 60)
        (scan,) = open_scans(str(path))
    assert isinstance(scan.counts, np.ndarray)
    return scan


def told(scan: Scan) -> dict[str, object]:
    return {
        name: value.tobytes() if isinstance(value, np.ndarray) else value
        for name, value in vars(scan).items()
        if name != "counts"
    }


@pytest.mark.parametrize("path", EXPORTS, ids=lambda path: path.name[:40])
def test_samples(path: Path) -> None:
    (scan,), expected = open_scans(str(path)), at_once(path)
    assert isinstance(scan.counts, TextCounts)
    assert np.asarray(scan.counts).tobytes() == np.ascontiguousarray(expected.counts).tobytes()
    assert told(scan) == told(expected)


def test_fits_are_the_same() -> None:
    path, recipe = next(SAMPLES.glob("table-s1/*Spec.Data*")), load_recipe("li-graphite")
    one, other = (fit_scan(scan, recipe).quantities for scan in (open_scans(str(path))[0], at_once(path)))
    for whose, values in one.columns().items():
        np.testing.assert_array_equal(values, other.columns()[whose])


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "map.txt"
    path.write_bytes(TABLE)
    return path


@pytest.mark.parametrize(
    "key",
    [
        3,
        slice(2, 5),
        [6, 0, 3],
        np.array([True, False] * 3 + [True]),
        (slice(None), slice(4, 9)),
        (slice(1, 3), [5, 2]),
        ([0, 6], slice(None, None, -2)),
        ([], slice(None)),
    ],
    ids=str,
)
def test_parts(table: Path, key: object) -> None:
    (scan,), expected = open_scans(str(table)), at_once(table).counts
    rows, channels = key if isinstance(key, tuple) else (key, slice(None))
    some = np.asarray(scan.counts[key])
    np.testing.assert_array_equal(some, np.asarray(expected)[:, channels][rows])


def test_spectra_far_apart(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deferred, "_FAR", 1)
    monkeypatch.setattr(deferred, "_AT_ONCE", 100)
    (scan,) = open_scans(str(table))
    np.testing.assert_array_equal(scan.counts[[0, 6]], np.asarray(at_once(table).counts)[[0, 6]])


def test_a_disk_that_fails_is_told(table: Path) -> None:
    (scan,) = open_scans(str(table))
    assert isinstance(scan.counts, TextCounts)
    with (table.parent / "other").open("wb") as unreadable:
        os.dup2(unreadable.fileno(), scan.counts._file.descriptor)
    with pytest.raises(InputError, match=r"map\.txt: Bad file descriptor"):
        np.asarray(scan.counts)


@ANY_FIXTURE
@given(at=st.integers(TABLE.index(b"\n ") + 1, len(TABLE) - 1), damage=st.binary(max_size=3), cut=st.booleans())
def test_what_is_broken_is_told_as_if_read_at_once(table: Path, at: int, damage: bytes, cut: bool) -> None:
    table.write_bytes(TABLE[:at] + damage + (b"" if cut else TABLE[at + len(damage) :]))

    def outcome(read: object) -> object:
        try:
            scan = at_once(table) if read == "at once" else open_scans(str(table))[0]
        except RamanfitError as error:
            return str(error)
        return told(scan), np.ascontiguousarray(scan.counts).tobytes()

    assert outcome("later") == outcome("at once")


@pytest.mark.parametrize("left", [len(TABLE) // 2, 0])
def test_a_file_that_shrinks_is_told(table: Path, left: int) -> None:
    (scan,) = open_scans(str(table))
    os.truncate(table, left)
    with pytest.raises(FormatError, match="changed while it was read"):
        np.asarray(scan.counts)


def test_a_file_that_is_rewritten_is_told(table: Path) -> None:
    (scan,) = open_scans(str(table))
    with table.open("r+b") as file:
        file.seek(len(TABLE) - 30)
        file.write(b"words")
    with pytest.raises(FormatError, match="changed while it was read"):
        np.asarray(scan.counts)


@pytest.fixture
def descriptors() -> Path:
    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("no list of open files")
    return folder


def test_the_file_is_closed_with_the_last_of_its_counts(table: Path, descriptors: Path) -> None:
    before = len([*descriptors.iterdir()])
    (scan,) = open_scans(str(table))
    some = scan.counts[:, 3:9]
    del scan
    assert len([*descriptors.iterdir()]) == before + 1
    assert np.asarray(some).shape == (N, 6)
    del some
    assert len([*descriptors.iterdir()]) == before


def test_what_cannot_be_read_again_is_read_at_once(table: Path, tmp_path: Path) -> None:
    packed = tmp_path / "map.txt.gz"
    packed.write_bytes(gzip.compress(TABLE))
    (tmp_path / "utf16.txt").write_bytes(TABLE.decode().encode("utf-16"))
    for path in (packed, tmp_path / "utf16.txt"):
        (scan,) = open_scans(str(path))
        assert isinstance(scan.counts, np.ndarray)
        np.testing.assert_array_equal(scan.counts, at_once(table).counts)

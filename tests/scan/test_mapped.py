"""What is read of a file in blocks is what its map shows, whatever the order, the type and the size of a block."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ramanfit.errors import FormatError, InputError
from ramanfit.scan import mapped as mapped_module
from ramanfit.scan import stored as stored_module
from ramanfit.scan.mapped import SpectraOfFile, mapped
from ramanfit.scan.stored import StoredCounts, blocks

TYPES = ["<i8", "<i4", "<i2", "i1", "<u8", "<u4", "<u2", "u1", "<f4", "<f8"]
BEHIND = 5  # bytes before the first count: nothing is aligned


def of_file(path: Path, numbers: npt.NDArray[Any], *, by_columns: bool) -> npt.NDArray[Any]:
    """Counts [A, B, M] as a view of a mapped file, in which they stand with A fastest or with B."""
    stands = numbers.transpose(1, 0, 2) if by_columns else numbers
    path.write_bytes(bytes(BEHIND) + np.ascontiguousarray(stands).tobytes() + b"more")
    with path.open("rb") as file:
        shown = mapped(file.fileno())[BEHIND : BEHIND + numbers.nbytes].view(numbers.dtype).reshape(stands.shape)
    return shown.transpose(1, 0, 2) if by_columns else shown


@settings(deadline=None, max_examples=300)
@given(
    data=st.data(),
    kind=st.sampled_from(TYPES),
    by_columns=st.booleans(),
    held=st.integers(1, 3000),
    far=st.sampled_from([0, 1, 4, 1000]),
)
def test_blocks_hold_what_the_file_does(data: st.DataObject, kind: str, by_columns: bool, held: int, far: int) -> None:
    a, b, m = (data.draw(st.integers(1, size)) for size in (9, 9, 7))
    numbers = data.draw(hnp.arrays(np.dtype(kind), (a, b, m), fill=st.nothing()))
    if kind == "<f8":
        numbers = np.where(np.abs(numbers) > stored_module.MOST, np.nan, numbers)
    with np.errstate(invalid="ignore"):
        rows = numbers.reshape(a * b, m).astype(float)
    absent = data.draw(st.none() | hnp.arrays(np.bool_, a * b))
    rows = np.where(np.isfinite(rows), rows, 0.0)
    rows[np.zeros(a * b, dtype=bool) if absent is None else absent] = 0.0
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for module in (mapped_module, stored_module):
            patch.setattr(module, "HELD", held)
        patch.setattr(mapped_module, "_FAR", far)
        shown = of_file(Path(folder, "map"), numbers, by_columns=by_columns)
        assert SpectraOfFile.of(shown, "map") is not None
        counts = StoredCounts(shown, absent=absent, filled=True)
        low, high = sorted(data.draw(st.integers(0, a * b)) for _ in range(2))
        channels = data.draw(st.permutations(range(m)))
        part = counts[:, channels].part(slice(low, high))
        some = data.draw(st.lists(st.integers(0, high - low - 1))) if high > low else []
        one = data.draw(st.integers(0, a * b - 1))
        for _ in range(2):  # what is held from before changes nothing
            for where, block in blocks(counts, data.draw(st.integers(1, 60))):
                np.testing.assert_array_equal(block, rows[where])
            np.testing.assert_array_equal(np.asarray(part), rows[low:high][:, channels])
            np.testing.assert_array_equal(part[some], rows[low:high][some][:, channels])
            np.testing.assert_array_equal(counts[one], rows[one])


def test_threads_that_share_a_map_read_what_one_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped_module, "HELD", 3 * 50 * 8 * 4)  # three lines
    numbers = np.arange(40 * 50 * 8, dtype=np.float32).reshape(40, 50, 8)
    counts = StoredCounts(of_file(tmp_path / "map", numbers, by_columns=True))
    parts = [slice(start, start + 70) for start in range(0, 2000, 70)] * 20
    with ThreadPoolExecutor(4) as pool:
        for where, block in zip(parts, pool.map(counts.__getitem__, parts), strict=True):
            np.testing.assert_array_equal(block, numbers.reshape(-1, 8)[where])


@pytest.mark.parametrize("by_columns", [False, True])
@pytest.mark.parametrize("left", [BEHIND, 3000, 11_000])
def test_a_file_that_shrinks_is_an_error_and_no_crash(tmp_path: Path, by_columns: bool, left: int) -> None:
    path = tmp_path / "map"
    shown = of_file(path, np.ones((20, 30, 10), dtype=np.uint16), by_columns=by_columns)
    counts = StoredCounts(shown, str(path))
    os.truncate(path, left)
    with pytest.raises(FormatError, match="map: was changed while it was read"):
        np.asarray(counts)


def test_a_disk_that_fails_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    counts = StoredCounts(of_file(tmp_path / "map", np.ones((2, 3, 4)), by_columns=True), "map.wip")
    monkeypatch.setattr(os, "pread", fails)
    with pytest.raises(InputError, match=r"map\.wip: Input/output error"):
        np.asarray(counts)


@pytest.mark.parametrize("by_columns", [False, True])
def test_what_was_read_is_not_held(tmp_path: Path, by_columns: bool) -> None:
    """64 MB of counts, of which the map shows nothing."""
    if not Path("/proc/self/status").exists():
        pytest.skip("the system does not tell")
    shown = of_file(tmp_path / "map", np.ones((250, 128, 1000), dtype=np.uint16), by_columns=by_columns)

    def resident_kb() -> int:
        return int(re.search(r"RssFile:\s+(\d+)", Path("/proc/self/status").read_text())[1])  # type: ignore[index]

    before = resident_kb()
    assert sum(int(block.sum()) for _, block in blocks(StoredCounts(shown))) == shown.size
    assert resident_kb() - before < 1000


def test_the_file_is_closed_with_its_map(tmp_path: Path) -> None:
    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("no list of open files")
    before = len([*folder.iterdir()])
    counts = StoredCounts(of_file(tmp_path / "map", np.ones((2, 3, 4)), by_columns=True))
    assert len([*folder.iterdir()]) > before
    del counts
    assert len([*folder.iterdir()]) == before


@pytest.mark.parametrize(
    ("view", "read"),
    [
        (lambda counts: counts, True),
        (lambda counts: counts[:, ::2], True),
        (lambda counts: counts[1:, 1:], True),
        (lambda counts: np.broadcast_to(counts[:1], counts.shape), True),
        (lambda counts: counts[:1, :1], True),
        (lambda counts: counts[:, :, 1:3], True),
        (lambda counts: counts[:, ::-1], False),
        (lambda counts: counts[:, :, ::2], False),
        (lambda counts: counts.transpose(2, 0, 1), False),
        (lambda counts: counts[:0], False),
        (lambda counts: np.array(counts), False),
    ],
)
@pytest.mark.parametrize("by_columns", [False, True])
def test_any_view_is_shown_as_it_is(tmp_path: Path, view: Any, read: bool, by_columns: bool) -> None:
    shown = view(of_file(tmp_path / "map", np.arange(60.0).reshape(3, 4, 5), by_columns=by_columns))
    assert (SpectraOfFile.of(shown, "-") is not None) is read
    np.testing.assert_array_equal(np.asarray(StoredCounts(shown)), np.asarray(shown).reshape(-1, shown.shape[2]))

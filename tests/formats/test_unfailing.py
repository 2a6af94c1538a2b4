"""A file for HDF5 that never fails: what is read is what was written, on a disk that is full, too."""

from __future__ import annotations

import errno
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.formats.unfailing import Unfailing, unfailing


class Full(io.BytesIO):
    """A disk with room for some bytes."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def write(self, data: bytes) -> int:  # type: ignore[override]
        if self.tell() + len(data) > self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)

    def truncate(self, size: int | None = None) -> int:
        if (self.tell() if size is None else size) > self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().truncate(size)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.binary(max_size=20)),
        st.tuples(st.just("seek"), st.integers(0, 60)),
        st.tuples(st.just("read"), st.integers(0, 30)),
    ),
    max_size=20,
)


@given(STEPS, st.integers(0, 80))
def test_it_is_a_file_and_tells_of_the_failure_later(steps: list[tuple[str, object]], room: int) -> None:
    disk = Full(room)
    ours, model = Unfailing(disk), io.BytesIO()
    for what, value in steps:
        if what == "read":
            found, expected = ours.read(value), model.read(value)  # type: ignore[arg-type]
            assert found[: len(expected)] == expected
            assert not any(found[len(expected) :])  # zeros where nothing was
            ours.seek(model.tell())
        else:
            assert getattr(ours, what)(value) == getattr(model, what)(value)
        assert ours.tell() == model.tell()
    if len(model.getvalue()) > room:
        with pytest.raises(OSError, match="No space"):
            ours.check()
    else:
        ours.check()
        assert disk.getvalue() == model.getvalue()
    assert ours.seek(0, 2) == len(model.getvalue())


def fail_after(data: bytes) -> None:
    with unfailing(Full(3)) as kept:
        kept.write(data)
        raise RuntimeError("unable to flush")


def test_the_failure_of_the_file_is_told_and_not_what_a_library_made_of_it() -> None:
    with pytest.raises(OSError, match="No space"):
        fail_after(b"four")
    with pytest.raises(RuntimeError, match="unable"):
        fail_after(b"six")
    with pytest.raises(OSError, match="No space"), unfailing(Full(3)) as kept:
        kept.truncate(4)


def test_hdf5_survives_a_disk_that_is_full_at_any_byte() -> None:
    h5py = pytest.importorskip("h5py")
    whole = io.BytesIO()
    with h5py.File(whole, "w") as root:
        root["x"] = range(500)
    for room in range(0, len(whole.getvalue()), 137):
        with pytest.raises(OSError, match="No space"), unfailing(Full(room)) as kept, h5py.File(kept, "w") as root:
            root["x"] = range(500)

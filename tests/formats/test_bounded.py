"""A .gz that holds far more than any export does is refused before it is in memory."""

from __future__ import annotations

import gzip
import io
import random
import tracemalloc
from pathlib import Path

import pytest

from ramanfit.errors import FormatError
from ramanfit.formats import ReadOptions, open_scans
from ramanfit.formats.bytes_in import GZ_FREE, GZ_RATIO, Source

BLOCK = b"1\t2\n" * (1 << 18)


def members(block: bytes, count: int) -> bytes:
    return gzip.compress(block, 9) * count


def whole(source: Source) -> None:
    with source:
        source.content()


@pytest.mark.parametrize("where", ["file", "stream"])
@pytest.mark.parametrize("block", [bytes(1 << 20), BLOCK], ids=["zeros", "rows"])
def test_a_bomb_is_refused_before_it_is_in_memory(where: str, block: bytes, tmp_path: Path) -> None:
    bomb = members(block, 200)
    path = tmp_path / "b.wip.gz"
    path.write_bytes(bomb)
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match=r"a \.gz that holds at most 16 MiB or 100 times") as caught:
            whole(Source.open(str(path)) if where == "file" else Source.open("-", stream=io.BytesIO(bomb)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.hint == "if it is sound, unpack it first"
    assert peak < 4 * GZ_FREE


def test_what_is_packed_well_but_small_is_read_and_so_is_what_is_large_and_packed_as_text_is() -> None:
    assert len(Source.open("-", stream=io.BytesIO(members(bytes(1 << 20), 15))).content()) == 15 << 20
    digits = random.Random(0).randbytes(1 << 18).hex().encode()
    packed = members(digits, 40)
    assert 1 < 40 * len(digits) / len(packed) < GZ_RATIO
    assert len(Source.open("-", stream=io.BytesIO(packed)).content()) == 40 * len(digits) > GZ_FREE


def test_counts_that_no_detector_shows_are_refused() -> None:
    text = b"".join(b"%d\t%d\n" % (x, x) for x in range(900, 1000)) + b"1000\t1e308\n"
    with pytest.raises(FormatError, match=r"expected counts of a detector, found 1e\+308"):
        open_scans("-", ReadOptions(), stream=io.BytesIO(text))

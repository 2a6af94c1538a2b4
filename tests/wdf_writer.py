"""Writes small Renishaw .wdf files, by the maker's description of the format alone."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

FILETIME = 132_775_608_489_219_970  # 2021-10-01 11:20:48.921997 UTC
SINGLE, SERIES, MAP = 1, 2, 3
X, Y, Z, TIME, FLAGS = 3, 4, 5, 11, 17
MICRON, FILETIMES = 5, 24


def block(name: str, content: bytes, size: int | None = None) -> bytes:
    return struct.pack("<4sIQ", name.encode(), 0, 16 + len(content) if size is None else size) + content


def origin(kind: int, unit: int, name: str, values: Any) -> bytes:
    """One set of origins: times and flags are integers, all else is float64."""
    code = "<u8" if kind & 0x7FFFFFFF in (TIME, 16, FLAGS) else "<f8"
    return struct.pack("<II16s", kind, unit, name.encode()) + np.asarray(values).astype(code).tobytes()


def area(points: Sequence[int], first: Sequence[float], step: Sequence[float], flags: int = 0) -> bytes:
    return block("WMAP", struct.pack("<II3f3f3II", flags, 0, *first, *step, *points, 0))


def settings(**named: int | str) -> bytes:
    """A script, and in a list of properties another list with these, whose names are told by the outer one."""
    inner = outer = b""
    for key, (name, value) in enumerate(named.items(), 10):
        outer += struct.pack("<cxHI", b"k", key, len(name)) + name.replace("_", " ").encode()
        if isinstance(value, int):
            inner += struct.pack("<cxHi", b"i", key, value)
        else:
            inner += struct.pack("<cxHI", b"u", key, len(value)) + value.encode()
    outer = struct.pack("<cxHI", b"p", 9, len(inner)) + inner + outer
    return block("WXDM", b"Sub Main()\r\nEnd Sub\0PSET" + struct.pack("<I", len(outer)) + outer)


def wdf(
    x: Any,
    counts: Any,
    *,
    kind: int = SINGLE,
    unit: int = 1,
    origins: Sequence[bytes] | None = None,
    more: bytes = b"",
    collected: int | None = None,
    flags: int = 0,
    version: int = 5,
    laser_nm: float = 532.0,
    title: str = "Single scan measurement 1",
    fields: Mapping[int, bytes] = {},
) -> bytes:
    """A file; the bytes of `fields` stand in its header where their keys say, whatever belongs there."""
    rows = np.atleast_2d(np.asarray(counts, dtype="<f4"))
    n, m = rows.shape
    if origins is None:
        origins = [origin(TIME, FILETIMES, "Time", FILETIME + 10_000_000 * (1 + np.arange(n)))]
    head = bytearray(512)
    struct.pack_into("<4sIQQ", head, 0, b"WDF1", 1, 512, flags)
    struct.pack_into("<IQQIIII", head, 60, m, n, n if collected is None else collected, 2, 1, m, len(origins))
    struct.pack_into("<24s4HIIQQIf", head, 96, b"WiRE", version, 2, 0, 9499, 1, kind, FILETIME, FILETIME + 10**7 * n, 6,
                     1e7 / laser_nm)  # fmt: skip
    struct.pack_into("<32s160s", head, 208, "Löwe".encode(), title.encode())
    for at, raw in fields.items():
        head[at : at + len(raw)] = raw
    lists = struct.pack("<II", 4, 16) + struct.pack("<f", 20), struct.pack("<II", 1, unit)
    return b"".join(
        (
            bytes(head),
            block("DATA", rows.tobytes()),
            block("YLST", lists[0]),
            block("XLST", lists[1] + np.asarray(x, dtype="<f4").tobytes()),
            block("ORGN", struct.pack("<I", len(origins)) + b"".join(origins)) if origins else b"",
            block("TEXT", b"made for a test\0"),
            more,
            settings(Exposure_Time=1500),
        )
    )


def mapped(
    x: Any,
    counts: Any,
    size: tuple[int, int],
    *,
    order: str = "rows",
    first: tuple[float, float] = (-4.5, 2.25),
    step: tuple[float, float] = (1.5, -0.5),
    places: bool = True,
    **options: Any,
) -> bytes:
    """A map of (lines, points per line), whose counts are given by line, x fastest, and written in another order."""
    ny, nx = size
    index = np.arange(ny * nx).reshape(ny, nx)
    if order == "to and fro":
        index[1::2] = index[1::2, ::-1]
    turn = (index.T if order == "columns" else index).ravel()
    row, column = np.divmod(turn, nx)
    n = ny * nx
    origins = [origin(TIME, FILETIMES, "Time", FILETIME + 10_000_000 * (1 + np.arange(n)))]
    if places:
        origins += [
            origin(X | 1 << 31, MICRON, "X", first[0] + column * step[0]),
            origin(Y | 1 << 31, MICRON, "Y", first[1] + row * step[1]),
        ]
    flags = {"rows": 0, "columns": 2, "to and fro": 4}[order]
    where = area((nx, ny, 1), (*first, 0), (*step, 1), flags)
    return wdf(x, np.asarray(counts)[turn], kind=MAP, origins=origins, more=where, **options)

"""Ways to damage a file: cut, flipped bytes, hostile sizes, lines and fields out of place."""

from __future__ import annotations

import hashlib
import json
import random
import struct
from collections.abc import Callable
from typing import Any

SIZES = (0, 1, 2, 3, 7, 255, 256, 65535, 65536, 1 << 20, 1 << 24, (1 << 30) - 1, (1 << 31) - 1, 1 << 31, (1 << 32) - 1)
VALUES = (
    *(struct.pack("<I", size) for size in SIZES),
    *(struct.pack("<H", size & 0xFFFF) for size in SIZES),
    *(struct.pack("<Q", size) for size in (1 << 32, (1 << 63) - 1, (1 << 64) - 1)),
    *(
        struct.pack(code, float(value))
        for code in ("<f", "<d")
        for value in ("nan", "inf", "-inf", "1e30", "-0", "5e-324")
    ),
)
WORDS = (
    *(b"", b" ", b"nan", b"inf", b"-inf", b"1e999", b"-1e308", b"1e-400", b"0", b"-1", b"1,5", b"1.5.5", b"1e", b"+-1"),
    *(
        b"9" * 400,
        b"0x1F",
        b"1_000",
        b"1d5",
        b"\xb5m",
        b"\xc2\xb5m",
        b"nm",
        b"rel. 1/cm",
        b"furlong",
        b"#",
        b'"',
        b"\0",
    ),
    *(
        b"[Data]",
        b"[Header]",
        b"[XData]",
        b"[SpectrumData]",
        b"[",
        b"=",
        b"a = b",
        b"2147483648",
        b"1e18",
        "٣".encode(),
    ),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\x1a", b"(0/0)", b"(" * 50, b"A" * 5000),
)
ENDS = (b"\n", b"\r\n", b"\r", b"\n\n", b" \n", b"\t\n", b"\x0b", b"\x85", b"")


def flip(raw: bytes, rng: random.Random) -> bytes:
    out = bytearray(raw)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
        if out:
            out[rng.randrange(len(out))] = rng.choice((rng.randrange(256), 0, 255))
    return bytes(out)


def cut(raw: bytes, rng: random.Random) -> bytes:
    return raw[: rng.randrange(len(raw) + 1)]


def insert(raw: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(raw) + 1)
    return raw[:at] + rng.randbytes(rng.choice((1, 2, 3, 4, 8, 100))) + raw[at:]


def remove(raw: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(raw) + 1)
    return raw[:at] + raw[at + rng.choice((1, 2, 3, 4, 8, 100)) :]


def repeat(raw: bytes, rng: random.Random) -> bytes:
    start, end = sorted(rng.randrange(len(raw) + 1) for _ in range(2))
    return raw[:end] + raw[start:end] * rng.choice((1, 1, 1, 5)) + raw[end:]


def value(raw: bytes, rng: random.Random) -> bytes:
    """A hostile number where a size may stand: near the beginning more often."""
    reach = len(raw) if rng.random() < 0.5 else min(len(raw), 1024)
    new = rng.choice(VALUES)
    at = rng.randrange(reach + 1) // rng.choice((1, 4, 4, 4)) * 4
    return raw[:at] + new + raw[at + len(new) :]


def line(raw: bytes, rng: random.Random) -> bytes:
    """Lines removed, repeated, exchanged, or with another end."""
    lines = raw.splitlines(keepends=True)
    if not lines:
        return raw
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(6)
    if kind == 0:
        del lines[i]
    elif kind == 1:
        lines[i:i] = lines[j : j + 1] * rng.choice((1, 1, 3, 200))
    elif kind == 2:
        lines[i], lines[j] = lines[j], lines[i]
    elif kind == 3:
        lines[i] = lines[i].rstrip(b"\r\n") + rng.choice(ENDS)
    elif kind == 4:
        lines[i:i] = [rng.choice(WORDS) + b"\n"]
    else:
        end = rng.choice(ENDS)
        lines = [part.rstrip(b"\r\n") + end for part in lines]
    return b"".join(lines)


def field(raw: bytes, rng: random.Random) -> bytes:
    """A word in place of a field or beside it; or another separator everywhere."""
    lines = raw.splitlines(keepends=True)
    if not lines:
        return raw
    i = rng.randrange(len(lines))
    separator = next((s for s in (b"\t", b";", b",", b"=", b":", b" ") if s in lines[i]), b" ")
    if rng.random() < 0.05:
        return raw.replace(separator, rng.choice((b",", b";", b"\t", b" ", b"", b"  ", b"\t\t")))
    fields = lines[i].rstrip(b"\r\n").split(separator)
    end = lines[i][len(lines[i].rstrip(b"\r\n")) :]
    k = rng.randrange(len(fields))
    fields[k : k + rng.choice((0, 1, 1, 1))] = [rng.choice(WORDS)] * rng.choice((0, 1, 1, 1, 1, 2))
    lines[i] = separator.join(fields) + end
    return b"".join(lines)


BINARY: tuple[Callable[[bytes, random.Random], bytes], ...] = (flip, cut, insert, remove, repeat, value, value, value)
TEXT: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flip,
    cut,
    insert,
    remove,
    repeat,
    line,
    field,
    field,
    field,
)


SEAL = b"\n[ramanfit seal] "
ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 1, 2, 1 << 31, 1 << 63, 10**400, 1.5, -0.0, 1e308, float("nan"), float("inf"), "", "x", "nm"),
    *("\n", "\0", "\ud800", "A" * 5000, [], {}, [[]], [1, 2], [0, "<f8", [2, 6]], [8, ">f8", [6]], [0, "|O", [1]]),
    *([-8, "<f8", [6]], [0, "<f4", [12]], [0, "<f8", [1 << 40, 6]], [0, "<f8", [2, 3, 6]], "map", "2024-02-30T00:00"),
)


def resealed(raw: bytes, rng: random.Random) -> bytes:
    """A file of ours that somebody changed, within or in what its seal says, and sealed again."""
    head, _, tail = raw.rpartition(SEAL)
    size = int(tail[:16]) if tail[:16].isdigit() else 0
    body, index = (head[:-size], head[-size:]) if 0 < size <= len(head) else (head, b"")
    kind = rng.randrange(4)
    if kind == 0:
        body = rng.choice(BINARY)(body, rng)
    elif kind == 1:
        index = rng.choice((flip, cut, insert, remove, repeat))(index, rng)
    else:
        try:
            index = json.dumps(_odd(json.loads(index), rng)).encode()
        except (ValueError, RecursionError):
            index = flip(index, rng)
    whole = body + index + SEAL + b"%016d " % len(index)
    return whole + hashlib.sha256(whole).hexdigest().encode() + b"\n"


def _odd(value: Any, rng: random.Random) -> Any:
    """A value of JSON with something odd somewhere in it."""
    if isinstance(value, dict) and value and rng.random() < 0.95:
        name = rng.choice(list(value))
        if rng.random() < 0.1:
            return {key: item for key, item in value.items() if key != name}
        return {**value, name: _odd(value[name], rng)}
    if isinstance(value, list) and value and rng.random() < 0.8:
        at = rng.randrange(len(value))
        return [*value[:at], _odd(value[at], rng), *value[at + 1 :]]
    if type(value) is int and rng.random() < 0.5:
        return value + rng.choice((-8, -1, 1, 8))
    return rng.choice(ODD)


def damaged(raw: bytes, rng: random.Random) -> bytes:
    """Return a file damaged in one way or several."""
    if SEAL in raw and rng.random() < 0.9:
        for _ in range(rng.choice((1, 1, 2))):
            raw = resealed(raw, rng)
        return raw
    ways = BINARY if b"\0" in raw else TEXT
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        raw = rng.choice(ways)(raw, rng)
    return raw

"""Writers of the exports that ramanfit only reads, so that tests can make files of any content and damage them."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

_CLASSES = {"f8": 6, "f4": 7, "i1": 8, "u1": 9, "i2": 10, "u2": 11, "i4": 12, "u4": 13}
_TYPES = {"f8": 9, "f4": 7, "i1": 1, "u1": 2, "i2": 3, "u2": 4, "i4": 5, "u4": 6}


def element(kind: int, data: bytes, stated: int | None = None) -> bytes:
    """A MATLAB element, of which `stated` bytes are stated."""
    return struct.pack("<II", kind, len(data) if stated is None else stated) + data + bytes(-len(data) % 8)


def array(kind: int, dims: Sequence[int], content: bytes, name: str = "", flags: int = 0) -> bytes:
    """A MATLAB array of any class."""
    head = element(6, struct.pack("<BBHI", kind, flags, 0, 0)) + element(5, struct.pack(f"<{len(dims)}i", *dims))
    return element(14, head + element(1, name.encode()) + content)


def value(content: Any, name: str = "") -> bytes:
    """A MATLAB array: text, numbers, lists of lists as cells, mappings as DataSet objects."""
    if isinstance(content, str):
        text = content.encode("utf-16-le")
        return array(4, (int(bool(text)), len(text) // 2), element(4, text), name)
    if isinstance(content, list):
        dims = (len(content), len(content[0]))
        return array(1, dims, b"".join(value(row[j]) for j in range(dims[1]) for row in content), name)
    if isinstance(content, Mapping):
        names = b"".join(key.encode().ljust(15, b"\0") for key in content)
        fields = b"".join(map(value, content.values()))
        head = element(1, b"dataset") + element(5, struct.pack("<i", 15)) + element(1, names)
        return array(3, (1, 1), head + fields, name)
    numbers = np.atleast_2d(content)
    code = numbers.dtype.str[1:]
    return array(_CLASSES[code], numbers.shape, element(_TYPES[code], numbers.tobytes("F")), name)


def mat(variables: Mapping[str, Any]) -> bytes:
    """A MATLAB 5 file; `bytes` are variables already."""
    parts = [v if isinstance(v, bytes) else value(v, name) for name, v in variables.items()]
    first = b"MATLAB 5.0 MAT-file, Platform: PCWIN, Created on: Thu Jul 23 19:05:28 2015"
    return first.ljust(124) + b"\x00\x01IM" + b"".join(parts)


def dataset(
    x: Any, counts: Any, unit: str = "rel. 1/cm", along: Any = (), along_unit: str = "", **fields: Any
) -> dict[str, Any]:
    """The fields of a line or a series as WITec Project writes them."""
    nothing = np.empty((0, 0), np.uint8)
    return {
        "name": "Line--018--Spec.Data 1",
        "type": "data",
        "author": "",
        "date": np.array([2015.0, 7, 9, 13, 35, 16]),
        "imagesize": nothing,
        "data": np.asarray(counts, dtype=np.float32),
        "axisscale": [[np.array(along, dtype=float), along_unit], [np.array(x, dtype=float), unit]],
        "imageaxisscale": [[nothing, nothing], [nothing, nothing]],
        "history": [["Created by Project FOUR (Version 4.0)"]],
        **fields,
    }


def image(x: Any, counts: Any, size: tuple[int, int], unit: str = "rel. 1/cm", pitch: float = 1.0) -> dict[str, Any]:
    """The fields of a map of (lines, points per line), whose counts are given with x fastest."""
    ny, nx = size
    turned = np.asarray(counts).reshape(ny, nx, -1).transpose(1, 0, 2).reshape(ny * nx, -1)
    scales = [[np.arange(ny) * pitch, "µm"], [np.arange(nx) * pitch, "µm"]]
    size_bytes = np.array(size, dtype=np.uint8)
    return dataset(x, turned, unit, type="image", imagesize=size_bytes, imageaxisscale=scales)


def spc(
    x: Any,
    counts: Any,
    *,
    exponents: Sequence[int] | None = None,
    short: bool = False,
    ends: tuple[float, float] | None = None,
    unit: int = 13,
    version: bytes = b"K",
    flags: int = 0,
) -> bytes:
    """An SPC file: float32 or, with `exponents`, integers; evenly spaced between `ends`, else with its axis."""
    rows = np.atleast_2d(counts)
    n, m = rows.shape
    many = n > 1
    flags |= short * 0x01 | many * 0x14 | (ends is None) * 0x80
    first, last = ends or (x[0], x[-1])
    exponent = -128 if exponents is None else exponents[0]
    head = struct.pack("<B1sBbiddiBBB", flags, version, 0, exponent, m, first, last, n, unit, 0, 20)
    parts = [head.ljust(45, b"\0") + b"WITec".ljust(467, b"\0")]
    if ends is None:
        parts.append(np.asarray(x, dtype="<f4").tobytes())
    for i, row in enumerate(rows):
        own = -128 if exponents is None else exponents[i]
        junk = struct.pack("<ffIIff", np.nan, 1e33, 17, 2143141888, np.nan, -1e33)
        parts.append(struct.pack("<BbHf", 0x20, own, i % 65536, i) + junk)
        parts.append(row.astype("<f4" if own == -128 else "<i2" if short else "<i4").tobytes())
    return b"".join(parts)


def truematch(x: Any, counts: Any, *, version: int = 1, laser_nm: float = 532.0, newline: str = "\n") -> bytes:
    """A TrueMatch file with one spectrum for every row of counts, in nm."""
    rows = np.atleast_2d(counts)
    lines = ["[WITEC_TRUEMATCH_ASCII_HEADER]", f"Version = {version}.0", ""]
    if version > 1:
        lines += ["[XData]", *(repr(float(a)) for a in x), ""]
    for i, row in enumerate(rows):
        lines += [
            *("[SpectrumHeader]", f"Title = Particle {i}", f"ExcitationWavelength = {laser_nm!r}"),
            *(f"SpectrumSize = {row.size}", "XDataKind = nm", "", "[SampleMetaData]"),
            *(
                ("double Integration_Time = 0.25", f"int Spectrum_Number = {i}")
                if version > 1
                else ("Length = 2640.5",)
            ),
            *("", "[SpectrumData]"),
            *(repr(float(b)) if version > 1 else f"{float(a)!r}\t{float(b)!r}" for a, b in zip(x, row, strict=True)),
            "",
        ]
    return newline.join([*lines, ""]).encode()


def column(values: Any) -> bytes:
    """One number per line, as in ``-x.dat`` and ``-y.dat``, whose exponents have three digits."""
    written = (f"{float(v): .8E}".split("E") for v in values)
    return "".join(f"{mantissa}E{int(exponent):+04d}\r\n" for mantissa, exponent in written).encode()


def table(x: Any, counts: Any, style: str = "% .9E", separator: str = "\t") -> bytes:
    """Rows of an axis value and counts."""
    rows = np.vstack([np.asarray(x, dtype=float), counts]).T.tolist()
    return "".join(separator.join(style % v for v in row) + "\n" for row in rows).encode()


def bwtek(shift: Any, counts: Any) -> bytes:
    """B&W Tek's export of one spectrum."""
    head = (
        "File Version;BWRam4.11_11\nDate;2022-01-24 13:44:33\nintigration times(ms);60000\naverage number;2\n"
        "laser_wavelength;532,02\nPixel;Wavelength;Raman Shift;Raw data #1;Dark Subtracted #1;\n"
        "0;   ;   ;1490,5000;5,5000;\n"
    )
    rows = "".join(f"{i};1,5;{x:.2f};1490,5000;{y:.4f};\n" for i, (x, y) in enumerate(zip(shift, counts, strict=True)))
    return (head + rows.replace(".", ",")).encode()


_SQUEEZED, _DIFFERENCES, _REPEATS = "@ABCDEFGHI abcdefghi", "%JKLMNOPQR jklmnopqr", " STUVWXYZs"


def _lettered(value: int, letters: str) -> str:
    digits = str(abs(value))
    return letters[int(digits[0]) + (10 if value < 0 else 0)] + digits[1:]


def ordinates(y: Sequence[int], form: str) -> str:
    """Whole numbers as JCAMP-DX writes those of a row: AFFN, PAC, SQZ, SQZDUP, DIF or DIFDUP."""
    if form in ("AFFN", "PAC"):
        return "".join(f" {v}" if form == "AFFN" else f"{v:+d}" for v in y)
    words = [_lettered(v, _SQUEEZED) for v in y]
    if form.startswith("DIF"):
        words[1:] = [_lettered(b - a, _DIFFERENCES) for a, b in pairwise(y)]
    if not form.endswith("DUP"):
        return "".join(words)
    runs: list[tuple[str, int]] = []
    for word in words:
        same = bool(runs) and runs[-1][0] == word
        runs[-1:] = [(word, runs[-1][1] + 1)] if same else [*runs[-1:], (word, 1)]
    return "".join(min(word * n, word + _lettered(n, _REPEATS), key=len) for word, n in runs)


def jcamp(
    y: Sequence[int], form: str = "AFFN", *, first: float = 100, step: float = 1, row: int = 7, **labels: Any
) -> bytes:
    """A JCAMP-DX file of one Raman spectrum; `labels` are put before the table, those that are None left out."""
    said = {
        **{"TITLE": "x", "JCAMP-DX": "4.24", "DATA TYPE": "RAMAN SPECTRUM", "XUNITS": "1/CM", "YUNITS": "COUNTS"},
        **{"XFACTOR": 1, "YFACTOR": 1, "FIRSTX": first, "LASTX": first + step * (len(y) - 1), "NPOINTS": len(y)},
        **{name.replace("_", " "): value for name, value in labels.items()},
    }
    lines = [f"##{name}={value}" for name, value in said.items() if value is not None]
    if form == "XY":
        lines += ["##XYPOINTS=(XY..XY)", *(f"{first + step * i:.9g}, {v}" for i, v in enumerate(y))]
    else:
        lines.append("##XYDATA=(X++(Y..Y))")
        check = 0  # whether the next row begins with the ordinate that the last one ended with
        for at in range(0, len(y), row):
            part = y[at - check : at + row]
            lines.append(f"{first + step * (at - check):.9g}{ordinates(part, form)}")
            check = int(form.startswith("DIF") and len(part) > 1)
        if check:
            lines.append(f"{first + step * (len(y) - 1):.9g}{ordinates(y[-1:], form)}")
    return ("\n".join([*lines, "##END="]) + "\n").encode()


def workbook(packed: bool = True, **sheets: Sequence[Sequence[object]]) -> bytes:
    """An Excel workbook of rows of cells, by the titles of its sheets; always the same bytes."""
    import openpyxl

    saved, made, book = io.BytesIO(), io.BytesIO(), openpyxl.Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    book.save(saved)
    with zipfile.ZipFile(saved) as before, zipfile.ZipFile(made, "w") as after:
        for name in before.namelist():
            content = re.sub(rb"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2024-01-01T00:00:00Z", before.read(name))
            after.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED)
    return made.getvalue()

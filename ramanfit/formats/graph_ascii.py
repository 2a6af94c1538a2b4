"""Graph ASCII in one file: a header of keys, ``[Data]``, labels, perhaps units, rows of numbers.

Scans are written in the layout of Project FIVE, which WITec's users and `read` read back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.deferred import deferred
from ramanfit.formats.deliver import Measurement, deliver
from ramanfit.formats.information import companion, information_text, stem_of, whole
from ramanfit.formats.number_rows import read_rows
from ramanfit.formats.places import from_header, read_labels
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.text import Style, as_bytes, decode, first_line, header_number, lines_before_rows, one_line
from ramanfit.formats.units import file_unit
from ramanfit.formats.writer import Companion, Writer
from ramanfit.scan.scan import FloatArray, Scan
from ramanfit.scan.schedule import Keys, Taken
from ramanfit.scan.stored import StoredCounts

WITEC = 9  # digits behind the point in Project FIVE's exports
EXACT = 16  # those that make the same number again

DATA = re.compile(rb"(?:^|[\r\n])[ \t]*\[Data\][ \t]*(?:[\r\n]|$)")
_FIRST = b"//Exported ASCII-File"
_LONGEST_HEADER = 1000  # lines; real ones have 20


def is_header(head: bytes) -> bool:
    """Tell whether a file begins as Graph ASCII does, in one file or as the header of a split export."""
    first = first_line(head).strip()
    return first == _FIRST or (first == b"[Header]" and b"GraphName" in head[:1000])


def has_data(head: bytes) -> bool:
    """Tell whether the numbers follow in the same file."""
    return DATA.search(head) is not None


def sniff(head: bytes) -> bool:
    """Tell whether a file is Graph ASCII with its numbers."""
    return is_header(head) and has_data(head)


def read_header(source: Source) -> dict[str, str]:
    """Read ``key = value`` lines up to ``[Data]`` or the end of the file."""
    lines: list[bytes] = []
    while line := source.peek():
        source.skip(line)
        if line.strip() == b"[Data]":
            break
        lines.append(line.strip(b"\r\n"))
        if len(lines) > _LONGEST_HEADER:
            raise FormatError(
                source.path, line=source.line, expected=f"[Data] within {_LONGEST_HEADER} lines", found="none"
            )
    pairs = (line.partition("=") for line in decode(b"\n".join(lines)).split("\n"))
    return {key.strip(): value.strip() for key, sign, value in pairs if sign}


def split_labels(lines: Sequence[str], style: Style) -> tuple[list[str], str]:
    """Return the labels of the columns and the unit of the axis, from the lines before the numbers."""
    separator = style.separator.decode() or None
    rows = [row for line in lines[-2:] if (row := line.replace('"', "").strip().split(separator))]
    unit = ""
    if rows and file_unit(rows[-1][0]) is not None:
        unit = rows.pop()[0].strip()
    return (rows[-1] if rows else []), unit


def size_notes(header: dict[str, str], channels: int) -> tuple[str, ...]:
    """Say where the header's number of channels is not that of the data, which is trusted."""
    promised = whole(header.get("SizeGraph", ""))
    if promised is None or promised == channels:
        return ()
    return (f"the header promises {promised} channels, the file holds {channels}",)


def read(source: Source, options: ReadOptions) -> list[Scan]:
    """Read the one measurement of a Graph ASCII file.

    Raises
    ------
    FormatError
        With the line that is wrong.
    """
    header = read_header(source)
    lines, style = lines_before_rows(source, 10)
    if style is None:
        raise FormatError(
            source.path, line=source.line, expected="rows of numbers after [Data]", found="the end of the file"
        )
    labels, unit = split_labels(lines, style)
    counts: FloatArray | StoredCounts
    if (large := deferred(source, style)) is not None:
        x, counts, line = large.x, large.counts, large.line
    else:
        rows = read_rows(source, style, len(labels))
        x, counts, line = rows.values[:, 0].copy(), rows.values[:, 1:].T, rows.line
    information, notes = companion(source.file)
    notes += size_notes(header, x.size)
    if not source.ends_with_newline:
        notes += ("the last line has no end: its last number may be cut short",)
    measurement = Measurement(source.path, x, counts, line, unit=header.get("XAxisUnit") or unit, header=header)
    return [
        deliver(
            measurement,
            source=source.path,
            name=header.get("GraphName") or source.stem,
            place=from_header(header, len(counts), read_labels(labels[1:]), options.line_spacing),
            options=options,
            information=information,
            notes=notes,
        )
    ]


def graph_ascii(scan: Scan, file_name: str = "", digits: int = WITEC) -> bytes:
    """Return spectra and places in the layout of Project FIVE: CRLF, tabs, a blank for a plus sign, NAN where masked.

    Parameters
    ----------
    scan : Scan
        Of a line, pitch and start are those of its first two points; of a series, the first two times.
    file_name : str
        The project it came from.
    digits : int
        Behind the point, of shifts and counts.
    """
    n = len(scan)
    header = {"FileName": file_name, **_header_of(scan), "XAxisUnit": "rel. 1/cm", "DataUnit": "CCD cts"}
    lines = ["//Exported ASCII-File", "[Header]", *(f"{key} = {value}" for key, value in header.items())]
    lines += ["", "[Data]", "\t".join(["X-Axis", *_labels_of(scan)]), "\t".join(["rel. 1/cm", *["CCD cts"] * n])]
    row = "\t".join([f"% .{digits}E"] * (n + 1))
    counts = np.asarray(scan.counts) if scan.mask is None else np.where(scan.mask, np.nan, np.asarray(scan.counts))
    lines += [row % tuple(values) for values in np.vstack([scan.shift_cm1, counts]).T.tolist()]
    return as_bytes(lines)


def left_out(scan: Scan) -> list[str]:
    """Return what Graph ASCII cannot say of a scan: where a reader of its header finds other places or times."""
    place = from_header(_header_of(scan), len(scan), read_labels(_labels_of(scan)), "witec")
    if place.kind != scan.kind:
        return [f"what makes it a {scan.kind} (it is read as a {place.kind})"]
    lost = []
    if not _same(place.offset_s, scan.offset_s):
        lost.append("times that are not evenly spaced")
    if not (_same(place.position_um, scan.position_um) and _same(place.coordinates_um, scan.coordinates_um)):
        lost.append("places that are no even line or upright map")
    return lost


def _same(told: FloatArray | None, measured: FloatArray | None) -> bool:
    """Tell whether a header tells the places or times that were measured, to a millionth of their extent."""
    if measured is None or told is None:
        return measured is None
    return np.allclose(told, measured, rtol=1e-12, atol=1e-6 * float(np.ptp(measured, axis=0).max()))


def _labels_of(scan: Scan) -> list[str]:
    name, index = one_line(scan.name), range(len(scan))
    if scan.grid is not None:
        return [f"{name}({i % scan.grid[1]}/{i // scan.grid[1]})" for i in index]
    return [name] if len(scan) == 1 and not name.endswith(")") else [f"{name}({i})" for i in index]


def _header_of(scan: Scan) -> dict[str, str]:
    rows, columns = scan.grid or (1, len(scan))
    sizes = {"SizeX": str(columns), "SizeY": str(rows), "SizeGraph": str(scan.channels)}
    return {"GraphName": one_line(scan.name), **sizes, **dict(_where_and_when(scan))}


def _where_and_when(scan: Scan) -> list[tuple[str, str]]:
    n, where = len(scan), scan.coordinates_um
    if scan.kind == "series":
        if scan.offset_s is None:
            return [("SeriesUnit", "s")]
        step = scan.offset_s[1] - scan.offset_s[0] if n > 1 else 1.0
        return [
            ("SeriesUnit", "s"),
            ("SeriesOffset", header_number(scan.offset_s[0])),
            ("SeriesScale", header_number(step)),
        ]
    if where is None and scan.kind == "line" and scan.position_um is not None:
        where = np.zeros((n, 3))
        where[:, 0] = scan.position_um
    if where is None:
        return []
    if scan.kind == "spectrum":
        return [("PositionUnit", "µm"), *_vector("Position", where[0])]
    if scan.grid is not None:
        rows, columns = scan.grid
        across, down = where[min(1, columns - 1)] - where[0], where[0] - where[columns * min(1, rows - 1)]
        width, height = columns * across[0], rows * down[1]
        middle = where[0] + np.array([width / 2, -height / 2, 0.0])
        sides = [("ScanWidth", header_number(width)), ("ScanHeight", header_number(height))]
        return [("ScanUnit", "µm"), *sides, *_vector("ScanOrigin", middle)]
    reach = n * (where[1] - where[0]) if n > 1 else np.zeros(3)
    length = ("ScanLength", header_number(float(np.linalg.norm(reach))))
    return [("ScanUnit", "µm"), length, *_vector("ScanStart", where[0]), *_vector("ScanStop", where[0] + reach)]


def _vector(name: str, values: np.ndarray) -> list[tuple[str, str]]:
    return [(name + axis, header_number(value)) for axis, value in zip("XYZ", values, strict=True)]


def _write(keys: Sequence[Keys], taken: Iterable[Taken], file: BinaryIO, timezone: str | None) -> str:
    for one in taken:
        file.write(graph_ascii(_named(one.scan), digits=EXACT))
    return ""


def _information_beside(target: str) -> Path:
    path = Path(target)
    return path.with_name(f"{stem_of(path.stem)}--Information.txt")


def _named(scan: Scan) -> Scan:
    return scan if scan.name else scan.with_(name=Path(scan.source).stem)


READER = Reader(
    name="WITec Graph ASCII",
    parses="header with positions or times, one column per spectrum; tabs or commas; unit line or none",
    skips="Information texts of video images",
    unseen="timed series with a table of times; maps in one file; a decimal comma",
    sniff=sniff,
    read=read,
)
WRITER = Writer(
    name="Graph ASCII",
    write=_write,
    single=True,
    left_out=lambda scan: left_out(_named(scan)),
    companion=Companion(
        path=_information_beside,
        content=lambda scan: information_text(_named(scan)),
        holds="start, laser and integration time",
    ),
)

"""Exports in parts: Graph ASCII as (Header), (X-Axis), (Y-Axis), and the pair NAME-x.dat, NAME-y.dat."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ramanfit.errors import FormatError, InputError
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.deliver import Measurement, deliver
from ramanfit.formats.graph_ascii import has_data, is_header, read_header, size_notes
from ramanfit.formats.information import companion
from ramanfit.formats.number_rows import Rows, read_rows
from ramanfit.formats.places import Labels, from_companions, from_header
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.text import first_line, lines_before_rows, row_style
from ramanfit.scan.scan import Scan

_GRAPH = re.compile(
    r"(?P<stem>.+?)[ _(-]+(?P<role>header|x[-_ ]?axis|y[-_ ]?axis)\)?(?P<ending>\.\w+)?(?:\.gz)?", re.IGNORECASE
)
_PAIR = re.compile(r"(?P<stem>.+)[-_](?P<role>[xy])(?P<ending>\.(?:dat|txt|asc))(?:\.gz)?", re.IGNORECASE)
_NAMES = {"header": "(Header).txt", "x": "(X-Axis).txt", "y": "(Y-Axis).txt"}


class Part(NamedTuple):
    """One file of several, as its name tells.

    Attributes
    ----------
    stem : str
        What the names of all parts begin with.
    role : {"header", "x", "y"}
    pair : bool
        Whether it is one of ``-x.dat`` and ``-y.dat``, which have no header.
    """

    stem: str
    role: str
    pair: bool


def part_of(name: str) -> Part | None:
    """Return which part of which export a file name stands for, None for an ordinary name."""
    found = _GRAPH.fullmatch(name)
    if found:
        role = found["role"].lower()
        return Part(found["stem"], role if role == "header" else role[0], pair=False)
    found = _PAIR.fullmatch(name)
    return Part(found["stem"], found["role"].lower(), pair=True) if found else None


def one_number_per_line(head: bytes) -> bool:
    """Tell whether the first lines hold one number each."""
    lines = [line for line in head[:2000].splitlines()[:20] if line.strip()]
    return bool(lines) and all(row_style(line, single=True) for line in (lines[:-1] or lines))


def is_part(name: str, head: bytes) -> bool:
    """Tell whether a file is a part of a split export, by its name and its content."""
    part = part_of(name)
    if part is None or part.role == "header":
        return is_header(head) and not has_data(head)
    return one_number_per_line(head)


def sniff(head: bytes) -> bool:
    """Tell whether a file looks like a part: a header without numbers, or one number per line."""
    if is_header(head):
        return not has_data(head)
    return row_style(first_line(head)) is None and one_number_per_line(head)


def partners(part: Part, names: Iterable[str]) -> dict[str, str]:
    """Return the file names of an export's parts by role; the shorter name where two could be it."""
    found: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (-len(name), name)):
        other = part_of(name)
        if other is not None and other.pair == part.pair and other.stem == part.stem:
            found[other.role] = name
    return found


def read(source: Source, options: ReadOptions) -> list[Scan]:
    """Read the one measurement that a part belongs to; the other parts must lie beside it.

    Raises
    ------
    FormatError
        If a part is missing, naming it, or with the line that is wrong.
    """
    part = None if source.file is None else part_of(source.file.name)
    if part is None or source.file is None:
        what = "a header without numbers" if is_header(source.head) else "one number per line"
        raise FormatError(
            source.path,
            f"{what}: a part of an export in several files, whose other parts cannot be found",
            hint="parts are named NAME (Header).txt, (X-Axis).txt, (Y-Axis).txt, or NAME-x.dat, NAME-y.dat",
        )
    try:
        names = [file.name for file in source.file.parent.iterdir()]
    except OSError as error:
        raise InputError(f"{source.file.parent}: {error.strerror}") from error
    files = partners(part, names)
    files[part.role] = source.file.name
    for role in ("x", "y") if part.pair else ("header", "x", "y"):
        if role not in files:
            ending = source.file.name.removesuffix(".gz").rpartition(".")[2]
            missing = f"{part.stem}-{role}.{ending}" if part.pair else f"{part.stem} {_NAMES[role]}"
            raise FormatError(source.path, f"a part of this export is missing: {missing}")
    paths = {role: str(Path(source.path).with_name(name)) for role, name in files.items()}

    header: dict[str, str] = {}
    if not part.pair:
        with Source.open(paths["header"]) as opened:
            if not is_header(opened.head):
                raise FormatError(opened.path, expected="the header of a Graph ASCII export", found="something else")
            header = read_header(opened)
    axis, numbers = _numbers(paths["x"]), _numbers(paths["y"])
    x, y = axis.values[:, 0], numbers.values[:, 0]
    if not x.size or not y.size or y.size % x.size:
        raise FormatError(
            paths["y"],
            expected=f"a multiple of the {x.size} numbers of {Path(paths['x']).name}",
            found=str(y.size),
        )
    counts = y.reshape(-1, x.size)
    information, notes = companion(source.file.with_name(part.stem + ".txt"))
    notes += size_notes(header, x.size)
    none = Labels("", None, False)
    if part.pair:
        place = from_companions(len(counts), none, information, part.stem, options.line_spacing)
    else:
        place = from_header(header, len(counts), none, options.line_spacing)
    measurement = Measurement(paths["x"], x, counts, axis.line, unit=header.get("XAxisUnit", ""), header=header)
    return [
        deliver(
            measurement,
            source=source.path,
            name=header.get("GraphName") or part.stem,
            place=place,
            options=options,
            information=information,
            notes=notes,
        )
    ]


def _numbers(path: str) -> Rows:
    """Read a file of one number per line."""
    with Source.open(path) as source:
        lines, style = lines_before_rows(source, 10, single=True)
        if style is None or lines:
            found = repr(lines[0][:40]) if lines else "none"
            raise FormatError(path, line=1, expected="one number per line", found=found)
        return read_rows(source, style)


READER = Reader(
    name="WITec split export",
    parses="NAME (Header), (X-Axis), (Y-Axis), and NAME-x.dat with NAME-y.dat, one number per line",
    skips="nothing",
    unseen="split line scans; a decimal comma",
    sniff=sniff,
    read=read,
)

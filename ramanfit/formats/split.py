"""Exports in parts: Graph ASCII as (Header), (X-Axis), (Y-Axis), and the pair NAME-x.dat, NAME-y.dat."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ramanfit.errors import FormatError, InputError
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.deliver import Measurement, deliver
from ramanfit.formats.graph_ascii_read import has_data, is_header, read_header, size_notes
from ramanfit.formats.information import companion
from ramanfit.formats.number_rows import Rows, read_rows
from ramanfit.formats.places import Labels, from_companions, from_header
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.streams import is_stream
from ramanfit.formats.text import first_line, lines_before_rows, row_style
from ramanfit.scan.scan import Scan

_GRAPH = re.compile(
    r"(?P<stem>.+?)[ _(-]+(?P<role>header|x[-_ ]?axis|y[-_ ]?axis)\)?(?P<ending>\.\w+)?(?:\.gz)?", re.IGNORECASE
)
_PAIR = re.compile(r"(?P<stem>.+)[-_](?P<role>[xy])(?P<ending>\.(?:dat|txt|asc))(?:\.gz)?", re.IGNORECASE)
_NAMES = {"header": "(Header).txt", "x": "(X-Axis).txt", "y": "(Y-Axis).txt"}


class SplitFile(NamedTuple):
    """One file of a split export, as its name tells.

    Attributes
    ----------
    stem : str
        What the names of all files of the export begin with.
    role : {"header", "x", "y"}
    pair : bool
        Whether it is one of ``-x.dat`` and ``-y.dat``, which have no header.
    """

    stem: str
    role: str
    pair: bool


def split_file_of(name: str) -> SplitFile | None:
    """Return which file of which split export a name stands for, None for an ordinary name."""
    graph = _GRAPH.fullmatch(name)
    if graph:
        role = graph["role"].lower()
        return SplitFile(graph["stem"], role if role == "header" else role[0], pair=False)
    pair = _PAIR.fullmatch(name)
    return SplitFile(pair["stem"], pair["role"].lower(), pair=True) if pair else None


def one_number_per_line(head: bytes) -> bool:
    """Tell whether the first lines hold one number each."""
    lines = [line for line in head[:2000].splitlines()[:20] if line.strip()]
    return bool(lines) and all(row_style(line, single=True) for line in (lines[:-1] or lines))


def is_split_file(name: str, head: bytes) -> bool:
    """Tell whether a file belongs to a split export, by its name and its content."""
    split_file = split_file_of(name)
    if split_file is None or split_file.role == "header":
        return is_header(head) and not has_data(head)
    return one_number_per_line(head)


def sniff(head: bytes) -> bool:
    """Tell whether a file could be of a split export: a header without numbers, or one number per line."""
    if is_header(head):
        return not has_data(head)
    return row_style(first_line(head)) is None and one_number_per_line(head)


def no_spectrum(source: Source) -> str:
    """Return why a file in a folder is not taken for a part of a split export, an empty string if it is."""
    if is_header(source.head) or (source.file is not None and split_file_of(source.file.name)):
        return ""
    return "one number per line, and no part of a split export by its name"


def partners(split_file: SplitFile, names: Iterable[str]) -> dict[str, str]:
    """Return the names of an export's files by role; the shorter name where two could be it."""
    names_by_role: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (-len(name), name)):
        other = split_file_of(name)
        if other is not None and other.pair == split_file.pair and other.stem == split_file.stem:
            names_by_role[other.role] = name
    return names_by_role


def read(source: Source, options: ReadOptions) -> list[Scan]:
    """Read the one measurement that a file of a split export belongs to; the others must lie beside it.

    Raises
    ------
    FormatError
        If a file of the export is missing, naming it, or with the line that is wrong.
    """
    split_file = None if source.file is None else split_file_of(source.file.name)
    if split_file is None or source.file is None:
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
    files = partners(split_file, names)
    files[split_file.role] = source.file.name
    for role in ("x", "y") if split_file.pair else ("header", "x", "y"):
        if role not in files:
            ending = source.file.name.removesuffix(".gz").rpartition(".")[2]
            missing = f"{split_file.stem}-{role}.{ending}" if split_file.pair else f"{split_file.stem} {_NAMES[role]}"
            raise FormatError(source.path, f"a part of this export is missing: {missing}")
    paths = {role: str(Path(source.path).with_name(name)) for role, name in files.items()}
    for role, path in paths.items():
        if role != split_file.role and is_stream(path):
            raise FormatError(path, expected="a part of this export", found="a FIFO, socket or device")

    header: dict[str, str] = {}
    if not split_file.pair:
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
    information, notes = companion(source.file.with_name(split_file.stem + ".txt"))
    notes += size_notes(header, x.size)
    none = Labels("", None, False)
    if split_file.pair:
        place = from_companions(len(counts), none, information, split_file.stem, options.line_spacing)
    else:
        place = from_header(header, len(counts), none, options.line_spacing)
    measurement = Measurement(paths["x"], x, counts, axis.line, unit=header.get("XAxisUnit", ""), header=header)
    return [
        deliver(
            measurement,
            source=source.path,
            name=header.get("GraphName") or split_file.stem,
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
            first = repr(lines[0][:40]) if lines else "none"
            raise FormatError(path, line=1, expected="one number per line", found=first)
        return read_rows(source, style)


READER = Reader(
    name="WITec split export",
    parses="NAME (Header), (X-Axis), (Y-Axis), and NAME-x.dat with NAME-y.dat, one number per line",
    skips="nothing",
    unseen="split line scans; a decimal comma",
    sniff=sniff,
    read=read,
    no_spectrum=no_spectrum,
    owns=is_split_file,
)

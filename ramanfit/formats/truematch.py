"""TrueMatch ASCII: spectra of single particles, each with its own axis, laser and description."""

from __future__ import annotations

import io
import re

from ramanfit.errors import FormatError
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.deliver import Measurement, deliver
from ramanfit.formats.information import number, wavelength, whole
from ramanfit.formats.number_rows import Rows, read_rows
from ramanfit.formats.places import Place
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.text import decode, row_style
from ramanfit.scan.scan import FloatArray, Metadata, Scan

_FIRST = b"[WITEC_TRUEMATCH_ASCII_HEADER]"
_SECTION = re.compile(rb"^[ \t]*\[([A-Za-z_]+)\][ \t\r]*\n?", re.MULTILINE)
_TYPE = re.compile(r"^(?:double|float|int|string|bool)\s+")


def sniff(head: bytes) -> bool:
    """Tell whether the first line is TrueMatch's."""
    return head.lstrip().startswith(_FIRST)


def read(source: Source, options: ReadOptions) -> list[Scan]:
    """Read every spectrum of a TrueMatch file as a measurement of its own.

    Raises
    ------
    FormatError
        With the line that is wrong.
    """
    text = source.rest()
    marks = list(_SECTION.finditer(text))
    scans: list[Scan] = []
    header: dict[str, str] = {}
    axis: Rows | None = None
    line, counted = 1, 0
    for mark, end in zip(marks, [*(m.start() for m in marks[1:]), len(text)], strict=False):  # no section, no pair
        line, counted = line + text.count(b"\n", counted, mark.end()), mark.end()
        name, body = mark[1], text[mark.end() : end]
        if name == b"SpectrumHeader":
            header = _keys(body)
        elif name == b"XData":
            axis = _rows(body, source.path, line, 1)
        elif name == b"SpectrumData":
            rows = _rows(body, source.path, line, 1 if axis else 2)
            x, counts = (axis or rows).values[:, 0], rows.values[:, -1]
            if x.size != counts.size:
                raise FormatError(source.path, line=line, expected=f"{x.size} numbers", found=str(counts.size))
            scans.append(_scan(source, header, x, counts, axis or rows, options))
        else:
            header.update(_keys(body))
    if not scans:
        raise FormatError(source.path, expected="a section [SpectrumData]", found="the end of the file")
    return scans


def _scan(
    source: Source, header: dict[str, str], x: FloatArray, counts: FloatArray, rows: Rows, options: ReadOptions
) -> Scan:
    promised = whole(header.get("SpectrumSize", ""))
    notes: tuple[str, ...] = ()
    if promised not in (None, x.size):
        notes = (f"the header promises {promised} channels, the file holds {x.size}",)
    measurement = Measurement(
        source.path,
        x.copy(),
        counts[None, :],
        rows.line,
        unit=header.get("XDataKind", ""),
        laser_nm=wavelength(header.get("ExcitationWavelength", "")),
    )
    return deliver(
        measurement,
        source=source.path,
        name=header.get("Title") or source.stem,
        place=Place("spectrum"),
        options=options,
        metadata=Metadata(integration_s=number(header.get("Integration_Time", "")), header=dict(header)),
        notes=notes,
    )


def _keys(body: bytes) -> dict[str, str]:
    pairs = (line.partition("=") for line in decode(body).splitlines())
    return {_TYPE.sub("", key.strip()): value.strip() for key, sign, value in pairs if sign}


def _rows(body: bytes, path: str, line: int, columns: int) -> Rows:
    with Source(io.BytesIO(body), path) as section:
        section.line = line
        while (first := section.peek()) and not first.strip():
            section.skip(first)
        style = row_style(first, single=columns == 1)
        if style is None or style.columns != columns:
            shown = repr(first.strip()[:40].decode("latin-1")) if first else "nothing"
            expected = "an axis value and a count" if columns == 2 else "one number per line"
            raise FormatError(path, line=section.line, expected=expected, found=shown)
        return read_rows(section, style)


READER = Reader(
    name="WITec TrueMatch",
    parses="version 1.0: title, laser, axis in nm, counts; version 2: one [XData] for all spectra, integration time",
    skips="the particle's measures, which go into the header",
    unseen="version 2, known only from the reader in the vendor's Python package",
    sniff=sniff,
    read=read,
)

"""B&W Tek's BWRam export: a header of ``key;value``, then one row per pixel with many columns."""

from __future__ import annotations

import re
from array import array
from datetime import datetime

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.deliver import Measurement, deliver
from ramanfit.formats.information import number, wavelength, whole
from ramanfit.formats.places import Place
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.text import decode
from ramanfit.formats.units import SHIFT
from ramanfit.scan.notes import counted
from ramanfit.scan.scan import Metadata, Scan

_AXIS, _COUNTS = "Raman Shift", re.compile(r"Dark Subtracted( #1)?")


def sniff(head: bytes) -> bool:
    """Tell whether the first line names BWRam."""
    return re.match(rb"File Version;BW(Ram|Spec)", head) is not None


def read(source: Source, options: ReadOptions) -> list[Scan]:
    """Read the dark-subtracted spectrum over the Raman shift.

    Raises
    ------
    FormatError
        With the line that is wrong.
    """
    lines = enumerate((line for block in source.blocks() for line in decode(block).splitlines()), 1)
    header: dict[str, str] = {}
    for row, line in lines:
        if line.startswith("Pixel;"):
            columns = [column.strip() for column in line.split(";")]
            at = next((i for i, column in enumerate(columns) if _COUNTS.fullmatch(column)), None)
            if at is None or _AXIS not in columns:
                raise FormatError(
                    source.path, line=row, expected=f"columns {_AXIS} and Dark Subtracted", found="others"
                )
            break
        key, _, value = line.partition(";")
        header[key] = value.strip()
    else:
        raise FormatError(source.path, expected="a line of columns that begins with Pixel", found="none")
    shift, counts, where = array("d"), array("d"), array("q")
    blank = 0
    for row, line in lines:
        if not line.strip():
            continue
        fields = line.split(";")
        if len(fields) != len(columns):
            raise FormatError(source.path, line=row, expected=f"{len(columns)} fields", found=str(len(fields)))
        pair = [fields[columns.index(_AXIS)], fields[at]]
        if not pair[0].strip():
            blank += 1
            continue
        x, y = number(pair[0]), number(pair[1])
        if x is None or y is None:
            field = repr(pair[0 if x is None else 1].strip()[:40])
            raise FormatError(source.path, line=row, expected="a number", found=field)
        shift.append(x)
        counts.append(y)
        where.append(row)
    notes = (f"{counted(blank, 'pixel')} without a Raman shift passed over",) if blank else ()
    measurement = Measurement(
        source.path, np.array(shift), np.array([counts]), where.__getitem__, unit=SHIFT, header=header
    )
    return [
        deliver(
            measurement,
            source=source.path,
            name=source.stem,
            place=Place("spectrum"),
            options=options,
            metadata=_metadata(header),
            notes=notes,
        )
    ]


def _metadata(header: dict[str, str]) -> Metadata:
    raw = header.get("Date", "")
    try:
        started = datetime.fromisoformat(raw).replace(tzinfo=None)
    except ValueError:
        started = None
    milliseconds = number(header.get("intigration times(ms)", ""))  # the instrument's own spelling
    return Metadata(
        started=started,
        started_raw=raw,
        integration_s=None if milliseconds is None else milliseconds / 1000,
        accumulations=whole(header.get("average number", "")),
        laser_nm=wavelength(header.get("laser_wavelength", "")),
        header=header,
    )


READER = Reader(
    name="B&W Tek BWRam",
    parses="the columns Raman Shift and Dark Subtracted, with decimal commas or points",
    skips="pixels without a shift; dark, reference and raw columns",
    unseen="more than one spectrum in a file",
    sniff=sniff,
    read=read,
)

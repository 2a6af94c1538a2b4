"""Galactic SPC: one spectrum, or many on a common axis.

The layout is that of Galactic's own header file, SPC.H: a header of 512 bytes, the axis unless it is evenly
spaced, then for every spectrum 32 bytes and its counts, as float32 or as integers with an exponent.
"""

from __future__ import annotations

import struct
from functools import partial

import numpy as np
import numpy.typing as npt

from ramanfit.errors import FormatError
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.deliver import Measurement, deliver
from ramanfit.formats.information import companion
from ramanfit.formats.places import Labels, from_companions
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.registry import begins
from ramanfit.formats.units import SHIFT
from ramanfit.scan.scan import FloatArray, Scan

_HEADER, _SUBHEADER = 512, 32  # bytes
_FIELDS = struct.Struct("<BBxbiddiB")  # flags, version, exponent, channels, first, last, spectra, unit
_SHORT, _MANY, _OWN_AXES, _AXIS = 0x01, 0x04, 0x40, 0x80  # flags
_FLOAT = -128  # for an exponent
_UNITS = {0: "", 1: "1/cm", 2: "µm", 3: "nm", 13: SHIFT, 14: "eV"}


def read(source: Source, options: ReadOptions) -> list[Scan]:
    """Read the one measurement of an SPC file; where and when it was taken may be in its Information text.

    Raises
    ------
    FormatError
        If the file holds fewer bytes than its header promises, or has an axis
        for every spectrum or its bytes in the order of other processors.
    """
    raw, path = source.content(), source.path
    flags, version, exponent, channels, first, last, spectra, kind = _FIELDS.unpack_from(raw.data)
    hint = "export the graph from WITec Project as Table or Graph ASCII"
    if version != ord("K"):
        raise FormatError(path, "byte 1", expected="an SPC file in Intel's order of bytes", found="4C", hint=hint)
    if flags & _OWN_AXES:
        raise FormatError(path, "byte 0", expected="one axis for all spectra", found="one for each", hint=hint)
    if channels < 2:
        raise FormatError(path, "byte 4", expected="at least 2 channels", found=str(channels))
    if not flags & _MANY:
        spectra = 1
    elif spectra < 1:
        raise FormatError(path, "byte 24", expected="at least 1 spectrum", found=str(spectra))
    width = 2 if flags & _SHORT and exponent != _FLOAT else 4
    start = _HEADER + (4 * channels if flags & _AXIS else 0)
    each = _SUBHEADER + width * channels
    if raw.size < start + spectra * each:
        raise FormatError(
            path,
            expected=f"{start + spectra * each} bytes for {spectra} spectra of {channels} channels",
            found=str(raw.size),
        )
    with np.errstate(all="ignore"):  # an axis that is not finite is refused later
        x = raw[_HEADER:start].view("<f4").astype(np.float64)
        if not flags & _AXIS:
            x = np.linspace(first, last, channels)
    records = raw[start : start + spectra * each].reshape(spectra, each)
    exponents = np.full(spectra, exponent)
    if flags & _MANY and exponent != _FLOAT:  # else those of the sub-headers do not count
        exponents = records[:, 1].view(np.int8).astype(int)
    if width == 2 and (exponents == _FLOAT).any():
        raise FormatError(path, expected="integers of 16 bits in all spectra", found="some in float32", hint=hint)
    information, notes = companion(source.file)
    counts = _counts(records[:, _SUBHEADER:], exponents, width)
    return [
        deliver(
            Measurement(path, x, counts, lambda _: None, unit=_UNITS.get(kind, f"SPC unit {kind}")),
            source=path,
            name=source.stem,
            place=from_companions(spectra, Labels("", None, False), information, source.stem, options.line_spacing),
            options=options,
            information=information,
            notes=notes,
        )
    ]


def _counts(records: npt.NDArray[np.uint8], exponents: npt.NDArray[np.int_], width: int) -> FloatArray:
    """Return counts [N, M]: an integer is a fraction of 2**32 (2**16), scaled by 2**exponent."""
    floats = exponents == _FLOAT
    with np.errstate(invalid="ignore"):  # as above
        if floats.all():
            return records.view("<f4").astype(np.float64)
        counts = records.view(f"<i{width}").astype(np.float64)
        np.ldexp(counts, (exponents - 8 * width)[:, None], out=counts)
        if floats.any():
            counts[floats] = records[floats].view("<f4")
    return counts


READER = Reader(
    name="SPC",
    parses="Galactic's new format, one spectrum or many on one axis; axis written out or evenly spaced; "
    "counts in float32, or in integers with an exponent; axis in Raman shift, nm, µm, 1/cm or eV",
    skips="date, comment and log; the times in WITec's sub-headers, which only count the spectra",
    unseen="integers, evenly spaced axes, and axes in nm from WITec",
    sniff=partial(begins, "spc"),
    read=read,
)

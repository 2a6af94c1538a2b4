"""Files of other programs that are no text: what they are, told by their first bytes or else by their name, and the way
from each of them to one that is read.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_CSV = "save the sheet as CSV or as text with tabs"
_LABSPEC = "in LabSpec: File, Save As, as text (.txt)"
_UNPACK = "unpack it and name the files in it; only .gz is read as it is"
_NEVER = rb"(?!)"


class Foreign(NamedTuple):
    """A kind of file.

    Attributes
    ----------
    what : str
        What it is.
    way : str or None
        What to do about it.
    begins : bytes
        Pattern of its first bytes.
    endings : tuple of str
        What names of such files end in, where the bytes do not tell.
    holds_any : bool
        Whether files of many programs begin so, so that the name tells more.
    """

    what: str
    way: str | None = None
    begins: bytes = _NEVER
    endings: tuple[str, ...] = ()
    holds_any: bool = False


_FOREIGN = (  # in this order: within a zip archive or a compound file the bytes behind the first ones tell
    Foreign("a LabSpec file (NGSNextGen)", _LABSPEC, rb"NGSNextGen"),
    Foreign("a LabSpec file in XML", _LABSPEC, rb"\s*<\?xml.{0,4000}<LSX"),
    Foreign("a LabSpec file", _LABSPEC, endings=(".l6s", ".l6m", ".l6v", ".l5s", ".l5m", ".tsf", ".ngs", ".ngc")),
    Foreign("a file of Renishaw WiRE 2 (.wxd)", "in WiRE: File, Save As, as .wdf or text", rb"#WXD", (".wxd",)),
    Foreign("a Bruker OPUS file", "in OPUS: File, Save File As, as a data point table (.dpt)", rb"\n\n\xfe\xfe"),
    Foreign("an Andor file (.sif)", "in Solis: File, Export As, as ASCII (.asc)", rb"Andor Technology", (".sif",)),
    Foreign(
        "a Princeton Instruments file (.spe)",
        "in LightField: Export, as CSV; in WinSpec: Tools, Convert to ASCII",
        rb"(?=.{0,200}\0).{108}[\0-\x08]\0.{3988}UU",  # the type of its numbers, and the header's last value
        (".spe",),
    ),
    Foreign("a Thermo OMNIC file", "in OMNIC: File, Save As, as CSV text", rb"Spectral (Data|Exte) File", (".spa",)),
    Foreign("a JASCO file (.jws)", "in Spectra Manager: export as ASCII", endings=(".jws",)),
    Foreign(
        "a PerkinElmer file (.sp)",
        "in Spectrum: File, Save As, as ASCII",
        rb"PEPE|PE .{0,30}SPECTRUM +BINARY",
        (".sp",),
    ),
    Foreign("an Avantes file", "in AvaSoft: File, Convert Graph, To ASCII", rb"AVS8[0-9]", (".roh", ".trm", ".raw8")),
    Foreign(
        "an SPC file of a form that is not read",
        "open it in the program that wrote it, and save it there as text",
        endings=(".spc",),
    ),
    Foreign("an Origin project", "in Origin: File, Export, as ASCII", rb"CPYU?A ", (".opj", ".opju", ".ogw", ".ogwu")),
    Foreign("an Igor Pro file", "in Igor: Data, Save Waves, as delimited text", endings=(".ibw", ".pxp")),
    Foreign("an HDF5 file, such as MATLAB writes with -v7.3", "save it in MATLAB with -v6", rb"MATLAB 7\.3"),
    Foreign("an Ocean Optics file (.ProcSpec)", "save it there as ASCII", rb"PK\x03\x04.*(OOISignatures|ps_\d+\.xml)"),
    Foreign("a Word document", "save the numbers in it as plain text", rb"PK\x03\x04.*word/"),
    Foreign("a presentation", None, rb"PK\x03\x04.*ppt/"),
    Foreign("an OpenDocument spreadsheet", _CSV, rb"PK\x03\x04.{26}mimetypeapplication/vnd\.oasis\.opendocument\.spr"),
    Foreign(
        "an Excel workbook (.xlsx)", f"in Excel: {_CSV}", rb"PK\x03\x04.*\[Content_Types\]\.xml", (".xlsx", ".xlsm")
    ),
    Foreign("a zip archive", _UNPACK, rb"PK(\x03\x04|\x05\x06)", holds_any=True),
    Foreign(
        "an Excel workbook (.xls)",
        f"in Excel: {_CSV}",
        rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1.*(W\0o\0r\0k\0b|B)\0o\0o\0k\0|\t[\0\x02\x04\x08][\x04-\x10]\0",
        (".xls",),
    ),
    Foreign(
        "a compound file, as old Office, instrument and Windows programs write",
        "export a table of text from the program that wrote it",
        rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        holds_any=True,
    ),
    Foreign("an archive", _UNPACK, rb"7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|.{257}ustar"),
    Foreign("a compressed file", _UNPACK, rb"BZh[1-9]1AY&SY|\xfd7zXZ\0|\x28\xb5\x2f\xfd|\x04\x22\x4d\x18"),
    Foreign("a netCDF file", "export the spectra in it as text", rb"CDF[\x01\x02\x05]"),
    Foreign("an array of NumPy", "save it with numpy.savetxt, shift and counts in columns", rb"\x93NUMPY"),
    Foreign("a data base", "export a table of it as CSV", rb"SQLite format 3\0"),
    Foreign(
        "a picture, no spectrum", None, rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*|BM.{4}\0\0\0\0|RIFF|\0\0\0\x0cjP"
    ),
    Foreign("a film, no spectrum", None, rb".{4}ftyp|\x1aE\xdf\xa3"),
    Foreign("a PDF document, no spectrum", None, rb"%PDF"),
)


_ANY = b"|".join(one.begins for one in _FOREIGN)


def by_content(head: bytes) -> Foreign | None:
    """Return what a file with these first bytes is, None for a text and for what is not known."""
    if re.match(_ANY, head, re.DOTALL) is None:
        return None
    return next((one for one in _FOREIGN if re.match(one.begins, head, re.DOTALL)), None)


def by_name(name: str) -> Foreign | None:
    """Return what a binary file of this name is meant to be, None where its ending is not known."""
    ending = name.lower().removesuffix(".gz")
    return next((one for one in _FOREIGN if one.endings and ending.endswith(one.endings)), None)

"""Files of other programs that are no text: what they are, told by their first bytes or else by their name, and the way
from each of them to one that is read.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_CSV = "save the sheet as CSV or as text with tabs"
_LABSPEC = "in LabSpec: File, Save As, as text (.txt)"
_ZIP, _COMPOUND = (b"PK\x03\x04",), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BLANKS = (b" ", b"\t", b"\r", b"\n", b"\v", b"\f")
_UNPACK = "unpack it and name the files in it; only .gz is read as it is"


class Foreign(NamedTuple):
    """A kind of file.

    Attributes
    ----------
    what : str
        What it is.
    way : str or None
        What to do about it.
    begins : tuple of bytes
        Its first bytes, each of which may be the beginning; empty, the bytes do not tell.
    endings : tuple of str
        What names of such files end in, where the bytes do not tell.
    holds_any : bool
        Whether files of many programs begin so, so that the name tells more.
    at : int
        Where the first bytes stand, if others come before them.
    pattern : bytes
        What the file matches besides, from its very first byte on.
    """

    what: str
    way: str | None = None
    begins: tuple[bytes, ...] = ()
    endings: tuple[str, ...] = ()
    holds_any: bool = False
    at: int = 0
    pattern: bytes = b""

    def fits(self, head: bytes) -> bool:
        """Tell whether these are the first bytes of such a file."""
        if not head.startswith(self.begins, self.at):
            return False
        return not self.pattern or re.match(self.pattern, head, re.DOTALL) is not None


_FOREIGN = (  # in this order: within a zip archive or a compound file the bytes behind the first ones tell
    Foreign("a LabSpec file (NGSNextGen)", _LABSPEC, (b"NGSNextGen",)),
    Foreign("a LabSpec file in XML", _LABSPEC, (b"<", *_BLANKS), pattern=rb"\s*<\?xml.{0,4000}<LSX"),
    Foreign("a LabSpec file", _LABSPEC, endings=(".l6s", ".l6m", ".l6v", ".l5s", ".l5m", ".tsf", ".ngs", ".ngc")),
    Foreign("a file of Renishaw WiRE 2 (.wxd)", "in WiRE: File, Save As, as .wdf or text", (b"#WXD",), (".wxd",)),
    Foreign("a Bruker OPUS file", "in OPUS: File, Save File As, as a data point table (.dpt)", (b"\n\n\xfe\xfe",)),
    Foreign("an Andor file (.sif)", "in Solis: File, Export As, as ASCII (.asc)", (b"Andor Technology",), (".sif",)),
    Foreign(
        "a Princeton Instruments file (.spe)",
        "in LightField: Export, as CSV; in WinSpec: Tools, Convert to ASCII",
        (b"UU",),
        (".spe",),
        at=4098,  # the header's last value
        pattern=rb"(?=.{0,200}\0).{108}[\0-\x08]\0",  # the type of its numbers
    ),
    Foreign(
        "a Thermo OMNIC file",
        "in OMNIC: File, Save As, as CSV text",
        (b"Spectral Data File", b"Spectral Exte File"),
        (".spa",),
    ),
    Foreign("a JASCO file (.jws)", "in Spectra Manager: export as ASCII", endings=(".jws",)),
    Foreign(
        "a PerkinElmer file (.sp)",
        "in Spectrum: File, Save As, as ASCII",
        (b"PEPE", b"PE "),
        (".sp",),
        pattern=rb"PEPE|PE .{0,30}SPECTRUM +BINARY",
    ),
    Foreign(
        "an Avantes file",
        "in AvaSoft: File, Convert Graph, To ASCII",
        tuple(b"AVS8%d" % i for i in range(10)),
        (".roh", ".trm", ".raw8"),
    ),
    Foreign(
        "an SPC file of a form that is not read",
        "open it in the program that wrote it, and save it there as text",
        endings=(".spc",),
    ),
    Foreign(
        "an Origin project",
        "in Origin: File, Export, as ASCII",
        (b"CPYA ", b"CPYUA "),
        (".opj", ".opju", ".ogw", ".ogwu"),
    ),
    Foreign("an Igor Pro file", "in Igor: Data, Save Waves, as delimited text", endings=(".ibw", ".pxp")),
    Foreign("an HDF5 file, such as MATLAB writes with -v7.3", "save it in MATLAB with -v6", (b"MATLAB 7.3",)),
    Foreign(
        "an Ocean Optics file (.ProcSpec)", "save it there as ASCII", _ZIP, pattern=rb".*(OOISignatures|ps_\d+\.xml)"
    ),
    Foreign("a Word document", "save the numbers in it as plain text", _ZIP, pattern=rb".*word/"),
    Foreign("a presentation", None, _ZIP, pattern=rb".*ppt/"),
    Foreign(
        "an OpenDocument spreadsheet",
        _CSV,
        (b"mimetypeapplication/vnd.oasis.opendocument.spr",),
        at=30,
        pattern=b"PK\x03\x04",
    ),
    Foreign(
        "an Excel workbook (.xlsx)", f"in Excel: {_CSV}", _ZIP, (".xlsx", ".xlsm"), pattern=rb".*\[Content_Types\]\.xml"
    ),
    Foreign("a zip archive", _UNPACK, (*_ZIP, b"PK\x05\x06"), holds_any=True),
    Foreign(
        "an Excel workbook (.xls)",
        f"in Excel: {_CSV}",
        (_COMPOUND, b"\t"),
        (".xls",),
        pattern=_COMPOUND + rb".*(W\0o\0r\0k\0b|B)\0o\0o\0k\0|\t[\0\x02\x04\x08][\x04-\x10]\0",
    ),
    Foreign(
        "a compound file, as old Office, instrument and Windows programs write",
        "export a table of text from the program that wrote it",
        (_COMPOUND,),
        holds_any=True,
    ),
    Foreign("an archive", _UNPACK, (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07")),
    Foreign("an archive", _UNPACK, (b"ustar",), at=257),
    Foreign("a compressed file", _UNPACK, (b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")),
    Foreign("a compressed file", _UNPACK, (b"1AY&SY",), at=4, pattern=rb"BZh[1-9]"),
    Foreign("a netCDF file", "export the spectra in it as text", (b"CDF\x01", b"CDF\x02", b"CDF\x05")),
    Foreign("an array of NumPy", "save it with numpy.savetxt, shift and counts in columns", (b"\x93NUMPY",)),
    Foreign("a data base", "export a table of it as CSV", (b"SQLite format 3\0",)),
    Foreign(
        "a picture, no spectrum",
        None,
        (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"RIFF", b"\0\0\0\x0cjP"),
    ),
    Foreign("a picture, no spectrum", None, (b"\0\0\0\0",), at=6, pattern=b"BM"),
    Foreign("a film, no spectrum", None, (b"\x1aE\xdf\xa3",)),
    Foreign("a film, no spectrum", None, (b"ftyp",), at=4),
    Foreign("a PDF document, no spectrum", None, (b"%PDF",)),
)


def by_content(head: bytes) -> Foreign | None:
    """Return what a file with these first bytes is, None for a text and for what is not known."""
    return next((one for one in _FOREIGN if one.fits(head)), None)


def by_name(name: str) -> Foreign | None:
    """Return what a binary file of this name is meant to be, None where its ending is not known."""
    ending = name.lower().removesuffix(".gz")
    return next((one for one in _FOREIGN if one.endings and ending.endswith(one.endings)), None)

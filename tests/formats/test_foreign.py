"""Files of other programs: told by their first bytes, else by their name; an error by name, passed over in a folder."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from pathlib import Path

import pytest

from ramanfit.errors import FormatError
from ramanfit.formats import find_exports, open_scans
from ramanfit.formats.foreign import _FOREIGN
from tests.exports import jcamp
from tests.formats.test_find import TABLE

NOISE = bytes(range(256)) * 4
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def zipped(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, NOISE)
    return made.getvalue()


def spe() -> bytes:
    head = bytearray(4100)
    struct.pack_into("<H", head, 42, 1024)
    struct.pack_into("<h", head, 108, 3)
    struct.pack_into("<f", head, 1992, 2.5)
    struct.pack_into("<H", head, 4098, 0x5555)
    return bytes(head) + NOISE


def old_spc() -> bytes:
    return struct.pack("<BBhfff", 0, 0x4D, 20, 1024.0, 4000.0, 400.0) + bytes(300)


KINDS = {
    "spectrum.ngs": (b"NGSNextGen\x01\0\0\0\x01\0\0\0\nDataMatrix" + NOISE, "a LabSpec file", "in LabSpec: .* text"),
    "spectrum.xml": (b"<?xml version='1.0'?>\n<LSX_Data Format='1'>", "a LabSpec file in XML", "in LabSpec"),
    "spectrum.0": (b"\n\n\xfe\xfe" + NOISE, "a Bruker OPUS file", r"data point table \(.dpt\)"),
    "spectrum.sif": (b"Andor Technology Multi-Channel File\n65538 1\n" + NOISE, "an Andor file", r"ASCII \(.asc\)"),
    "spectrum.spe": (spe(), "a Princeton Instruments file", "LightField: Export, as CSV"),
    "spectrum.spc": (old_spc(), "an SPC file in the old format", "the new format"),
    "spectrum.spa": (b"Spectral Data File" + NOISE, "a Thermo OMNIC file", "CSV"),
    "spectrum.sp": (b"PEPE2D constant interval DataSet file" + NOISE, "a PerkinElmer file", "ASCII"),
    "spectrum.raw8": (b"AVS82\0" + NOISE, "an Avantes file", "ASCII"),
    "old.opj": (b"CPYA 4.2673 552#\n" + NOISE, "an Origin project", "in Origin: .* ASCII"),
    "new.opju": (b"CPYUA 4.3380 178\n" + NOISE, "an Origin project", "in Origin: .* ASCII"),
    "new.mat": (b"MATLAB 7.3 MAT-file" + NOISE, "an HDF5 file", "-v6"),
    "data.h5": (b"\x89HDF\r\n\x1a\n" + NOISE, "an HDF5 file", "-v6"),
    "book.xls": (OLE + "Root Entry Workbook".encode("utf-16-le") + NOISE, r"an Excel workbook \(.xls\)", "CSV"),
    "ancient.xls": (b"\t\x08\x10\0\0\x06\x05\0" + NOISE, r"an Excel workbook \(.xls\)", "CSV"),
    "letter.doc": (OLE + "WordDocument".encode("utf-16-le") + NOISE, "a compound file", "table of text"),
    "letter.docx": (zipped("[Content_Types].xml", "word/document.xml"), "a Word document", "plain text"),
    "talk.pptx": (zipped("[Content_Types].xml", "ppt/slides/slide1.xml"), "a presentation", None),
    "sheet.ods": (
        b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet" + NOISE,
        "an OpenDocument spreadsheet",
        "CSV",
    ),
    "spectrum.ProcSpec": (zipped("ps_0.xml", "OOISignatures.xml"), "an Ocean Optics file", "ASCII"),
    "all.zip": (zipped("a.txt", "b.txt"), "a zip archive", "unpack it"),
    "empty.zip": (b"PK\x05\x06" + bytes(18), "a zip archive", "unpack it"),
    "all.7z": (b"7z\xbc\xaf\x27\x1c" + NOISE, "an archive", "unpack it"),
    "all.rar": (b"Rar!\x1a\x07\0" + NOISE, "an archive", "unpack it"),
    "all.tar": (b"a.txt".ljust(257, b"\0") + b"ustar\x0000" + bytes(248), "an archive", "unpack it"),
    "a.txt.bz2": (b"BZh91AY&SY" + NOISE, "a compressed file", "only .gz"),
    "a.txt.xz": (b"\xfd7zXZ\0" + NOISE, "a compressed file", "only .gz"),
    "cube.nc": (b"CDF\x01" + NOISE, "a netCDF file", "text"),
    "table.parquet": (b"PAR1" + NOISE, "a table in parquet", "CSV"),
    "counts.npy": (b"\x93NUMPY\x01\0" + NOISE, "an array of NumPy", "savetxt"),
    "runs.db": (b"SQLite format 3\0" + NOISE, "a data base", "CSV"),
    "a.png": (b"\x89PNG\r\n\x1a\n" + NOISE, "a picture", None),
    "a.jpg": (b"\xff\xd8\xff\xe0" + NOISE, "a picture", None),
    "a.gif": (b"GIF89a" + NOISE, "a picture", None),
    "a.tif": (b"II*\0" + NOISE, "a picture", None),
    "a.bmp": (b"BM\x36\x10\0\0\0\0\0\0" + NOISE, "a picture", None),
    "a.mp4": (b"\0\0\0\x18ftypmp42" + NOISE, "a film", None),
    "a.pdf": (b"%PDF-1.7\n", "a PDF document", None),
    "page.html": (b"\n<!DOCTYPE html>\n<html>", "a web page", "the file itself"),
    "notes.rtf": (b"{\\rtf1\\ansi 100 200}", "a text with formats", "plain text"),
    "numbers.bin": (NOISE, "binary data, no text export", None),
}
BY_NAME = {
    "map.l6m": "a LabSpec file",
    "SPECTRUM.L6S": "a LabSpec file",
    "old.tsf": "a LabSpec file",
    "spectrum.ngc": "a LabSpec file",
    "old.wxd": "a file of Renishaw WiRE 2",
    "spectrum.jws": "a JASCO file",
    "wave.ibw": "an Igor Pro file",
    "reflection.roh": "an Avantes file",
    "spectrum.spc": "an SPC file of a form that is not read",
    "late.xls": r"an Excel workbook \(.xls\)",
}


def refused(file: Path) -> FormatError:
    with pytest.raises(FormatError) as caught:
        open_scans(str(file))
    assert caught.value.exit_code == 1
    return caught.value


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("renamed", [False, True])
def test_the_first_bytes_tell(tmp_path: Path, name: str, renamed: bool) -> None:
    content, what, way = KINDS[name]
    file = tmp_path / ("measured.dat" if renamed else name)
    file.write_bytes(content)
    error = refused(file)
    assert re.search(what, error.message)
    assert error.hint is None if way is None else re.search(way, error.hint or "")


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("content", [NOISE, OLE + NOISE, zipped("a.xml")])
def test_else_the_name_tells(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert re.search(BY_NAME[name], refused(tmp_path / name).message)


def test_on_standard_input_only_the_bytes_tell() -> None:
    with pytest.raises(FormatError, match="an Andor file"):
        open_scans("-", stream=io.BytesIO(KINDS["spectrum.sif"][0]))
    with pytest.raises(FormatError, match="binary data"):
        open_scans("-", stream=io.BytesIO(NOISE))


def test_a_folder_passes_them_over_and_says_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "P1.txt").write_text(TABLE)
    for name, (content, _, _) in KINDS.items():
        (tmp_path / name).write_bytes(content)
    for name in BY_NAME.keys() - KINDS.keys():
        (tmp_path / name).write_bytes(NOISE)
    files, passed = find_exports([str(tmp_path)])
    assert [Path(file).name for file in files] == ["P1.txt"]
    reasons = {Path(over.path).name: over.reason for over in passed}
    assert reasons.keys() == KINDS.keys() | BY_NAME.keys()
    for name, reason in reasons.items():
        assert re.search(KINDS[name][1] if name in KINDS else BY_NAME[name], reason)


@pytest.mark.parametrize("ending", sorted({ending for one in _FOREIGN for ending in one.endings} | {".jdx", ".0"}))
def test_a_text_is_read_whatever_its_name(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"a{ending}"
    file.write_text(TABLE)
    assert open_scans(str(file))[0].channels == 20
    file.write_bytes(jcamp([1, 2, 3, 4]))
    assert open_scans(str(file))[0].channels == 4


@pytest.mark.parametrize("first", ["BM1", "GIF", "PK", "RIF", "MM", "CDF", "Andor", "WDF", "BZh", "PEP"])
def test_words_that_begin_alike_are_no_such_file(tmp_path: Path, first: str) -> None:
    (tmp_path / "a.txt").write_text(f"{first}\tcounts\n{TABLE}")
    assert open_scans(str(tmp_path / "a.txt"))[0].channels == 20

"""Every format, once: opening a file, searching a folder, ``list readers`` and ``export`` all follow from `FORMATS`.

A new format is a module of this room with a `READER`, a `WRITER` or both, and one line here. The module is imported
when a file of its kind is met or asked for: what tells binary files apart stands here, and nothing here needs numpy.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ramanfit.formats.reader import Reader
    from ramanfit.formats.writer import Writer


class Format(NamedTuple):
    """What must be known of a format before its module is imported.

    Attributes
    ----------
    module : str
        In this room.
    begins : bytes
        Pattern of the first bytes of a binary file; empty for a text, which its reader's `sniff` tells.
    endings : tuple of str
        What names of its files end in.
    opens : bytes
        Pattern of the first bytes of each of its texts; without it the reader is not even asked.
    owns : bool
        Whether its reader knows texts by their names as well.
    reads : bool
        Whether the module has a `READER`.
    form : str
        Ending of the files that its `WRITER` makes; empty if it has none.
    extra : str
        What installs the packages that it needs.
    packages : tuple of str
        Those packages.
    """

    module: str
    begins: bytes = b""
    endings: tuple[str, ...] = ()
    opens: bytes = b""
    owns: bool = False
    reads: bool = True
    form: str = ""
    extra: str = ""
    packages: tuple[str, ...] = ()


FORMATS = (  # in the order in which they are asked, and listed
    Format("wip", rb"WIT_(PRCT|PR06|DATA|DA06)", (".wip", ".wid")),
    Format("matlab", rb"MATLAB 5\.0 MAT-file", (".mat",)),
    Format("spc", rb"(?!PK).[KL].{323}\0{187}", (".spc",)),  # no zip; the header's version, and its reserved end
    Format("renishaw", rb"WDF1", (".wdf",)),
    Format("xlsx", rb"PK\x03\x04.*xl/", (".xlsx", ".xlsm"), extra="xlsx", packages=("openpyxl",)),
    Format("own_hdf5", rb"\x89HDF\r\n\x1a\n", (".nc", ".nxs")),
    Format("tidy_parquet", rb"PAR1", (".parquet",)),
    Format("truematch", opens=rb"\s*\[WITEC"),
    Format("bwtek", opens=rb"File Version;BW"),
    Format("jcamp", endings=(".jdx", ".dx", ".jcm", ".jcamp"), opens=rb"\s*(##|\$\$)"),
    Format("split", owns=True),
    Format("graph_ascii_read"),
    Format("graph_ascii", reads=False, form="txt"),
    Format("tidy"),
    Format("table", endings=(".txt", ".dat", ".asc", ".csv", ".tsv", ".prn", ".xy")),
    Format("netcdf", reads=False, form="nc", extra="netcdf", packages=("h5netcdf",)),
    Format("nexus", reads=False, form="nxs", extra="nexus", packages=("h5py",)),
)
FORMS = {one.form: one for one in FORMATS if one.form}
"""The formats that are written, by ending."""


def begins(module: str, head: bytes) -> bool:
    """Tell whether a file begins as the binary format of a module does."""
    return any(one.module == module and _begins(one, head) for one in FORMATS)


def binary_reader(head: bytes) -> Reader | None:
    """Return the reader of a binary file; None for a text and for what is not known."""
    binary = next((one for one in FORMATS if one.begins and _begins(one, head)), None)
    return None if binary is None else _reader(binary)


def text_reader(head: bytes, name: str | None) -> Reader | None:
    """Return the reader of a text, None if none knows it; by its name, if it has one, before its content."""
    owner = None if name is None else owner_of(name, head)
    return owner or next((reader for reader in _text_readers(head) if reader.sniff(head)), None)


def owner_of(name: str, head: bytes) -> Reader | None:
    """Return the reader that a text belongs to by its name as well as by its content."""
    claiming = (_reader(one) for one in FORMATS if one.owns)
    return next((reader for reader in claiming if reader.owns(name, head)), None)


def _text_readers(head: bytes) -> Iterator[Reader]:
    return (_reader(one) for one in FORMATS if one.reads and not one.begins and re.match(one.opens, head))


def readers() -> tuple[Reader, ...]:
    """Return all readers."""
    return tuple(_reader(one) for one in FORMATS if one.reads)


def writer(form: str) -> Writer:
    """Return what writes files of an ending of `FORMS`."""
    its_writer: Writer = _module(FORMS[form].module).WRITER
    return its_writer


def _reader(one: Format) -> Reader:
    its_reader: Reader = _module(one.module).READER
    return its_reader


@cache
def _module(name: str) -> Any:
    return import_module(f"ramanfit.formats.{name}")


def _begins(one: Format, head: bytes) -> bool:
    return bool(one.begins) and re.match(one.begins, head, re.DOTALL) is not None

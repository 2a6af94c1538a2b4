"""Files that are known and no spectra in a form that can be read: what they are, and what to do instead."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import NamedTuple

from ramanfit.formats import information
from ramanfit.formats.foreign import Foreign, by_content, by_name
from ramanfit.formats.graph_ascii_read import DATA, is_header
from ramanfit.formats.text import decode
from ramanfit.formats.tidy_labels import sniff as is_tidy

_NEW_SPC = "open it in the program that wrote it, and save it there as text or as SPC of the new format (4B)"


class Refusal(NamedTuple):
    """Why a file is not read.

    Attributes
    ----------
    what : str
        What the file is.
    hint : str or None
        What to do about it.
    broken : bool
        Whether a spectrum was meant to be there, so that it must not be passed over in a folder.
    foreign : bool
        Whether it is another program's, which a reader of another package may know.
    """

    what: str
    hint: str | None = None
    broken: bool = False
    foreign: bool = False


def is_fit_table(head: bytes) -> bool:
    """Tell whether a file begins as a table of fits: one of ramanfit's, or anybody's with ``NAME_height``."""
    if is_tidy(head):
        return False
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    first = head[: head.find(b"\n") + 1 or len(head)].decode("utf-8", "replace").strip()
    if first.startswith(("{", "[")):
        text = head.decode("utf-8", "replace")
        ours = text.lstrip("[{ \r\n").startswith('"source"')
        return ours or '_height"' in text or ('"peak"' in text and '"height"' in text)
    names = [name.strip().strip('"') for name in re.split(r"[,\t;]", first)]
    ours = names[:3] == ["source", "scan", "point"]
    return ours or {"peak", "height"} <= set(names) or any(name.endswith("_height") for name in names)


def _utf16(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    some = head[:400]
    return len(some) >= 8 and any(
        some[i::2].count(0) > 0.9 * len(some[i::2]) and not some[1 - i :: 2].count(0) for i in (0, 1)
    )


def _binary(head: bytes) -> bool:
    some = head[:4096]  # text that a crash left with a few NULs in it is not meant: that has a line to blame
    return len(some.translate(None, bytes([*range(8, 14), 0x1A, *range(32, 256)]))) > len(some) / 50


def _old_spc(head: bytes) -> bool:
    """Tell whether a file begins with SPC's header of the old format, whose number of channels is a float."""
    binary = len(head) >= 256 and head[1:2] == b"M" and b"\0" in head[:256]
    channels: float = struct.unpack_from("<f", head, 4)[0] if binary else 0.0
    return 2 <= channels < 1e7 and channels.is_integer()


def _web_page(head: bytes) -> bool:
    return re.match(rb"(?i)\s{0,99}(<!doctype html|<html)", head) is not None


def _image(head: bytes) -> bool:
    if not is_header(head):
        return False
    header = head[: data.start()] if (data := DATA.search(head)) else head
    return b"PointsPerLine" in header and b"LinesPerImage" in header


def _video(head: bytes) -> bool:
    may_be = information.sniff(head) and b"video" in head.lower()
    return may_be and information.parse(decode(head)).kind == "video"


# In this order: the first that fits is told.
_REFUSALS: tuple[tuple[Callable[[bytes], bool], Refusal], ...] = (
    (lambda head: not head or head.isspace(), Refusal("the file is empty", None, True)),
    (
        lambda head: head.startswith(b"version https://git-lfs"),
        Refusal("a git-LFS pointer instead of the data", "fetch the data: git lfs pull", True),
    ),
    (
        lambda head: b"\xef\xbf\xbd" in head[:8] and (b"\0" in head[:600] or b"WITec" in head[:600]),
        Refusal("an SPC file ruined by a conversion to UTF-8", "get the original file", True),
    ),
    (_old_spc, Refusal("an SPC file in the old format (4D)", _NEW_SPC, foreign=True)),
    (
        lambda head: head.startswith((b"EC-Lab ASCII", b"BT-Lab ASCII", b"BIO-LOGIC MODULAR")),
        Refusal("a potentiostat's record (EC-Lab), no spectrum", "ramanfit evolve SCANS --echem FILE joins it to them"),
    ),
    (is_fit_table, Refusal("a table of results of ramanfit, no spectrum")),
    (_video, Refusal("the Information text of a video image, no spectrum")),
    (
        information.sniff,
        Refusal(
            "the Information text of a measurement, no spectrum",
            "name the file of the spectra; the Information text beside it is found",
        ),
    ),
    (_image, Refusal("a WITec ASCII image, no spectra", "export the graph of the scan instead")),
    (_web_page, Refusal("a web page, as a failed download leaves it", "get the file itself", True)),
    (lambda head: head.startswith(b"{\\rtf"), Refusal("a text with formats (RTF)", "save it as plain text", True)),
    (_utf16, Refusal("text in UTF-16", "save it as UTF-8 or ANSI, or export it again")),
)


def refusal(head: bytes, name: str = "") -> Refusal | None:
    """Return why a file with these first bytes is not read, None if nothing speaks against it.

    Parameters
    ----------
    head : bytes
    name : str
        The file's; it tells what binary data are that do not tell themselves.
    """
    why = next((why for fits, why in _REFUSALS if fits(head)), None)
    if why is not None:
        return why
    foreign = by_content(head)
    if foreign.holds_any if foreign else _binary(head):
        foreign = by_name(name) or foreign or Foreign("binary data, no text export")
    return None if foreign is None else Refusal(foreign.what, foreign.way, foreign=True)

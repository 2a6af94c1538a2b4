"""What a comma inside a number means: the decimal sign, or the mark between thousands."""

from __future__ import annotations

import re

# Not behind a digit, behind four or more or a leading zero, not before just three or before an exponent: no thousands.
_NO_THOUSANDS = {
    sign: rb"[%b](?!\d{3}(?!\d))|(?<!\d)[%b]|\d{4}[%b]|(?<![\d.,])0+[%b]|[%b]\d{3}[eE]" % ((sign,) * 5)
    for sign in (b",", b".")
}
_THOUSANDS = rb"\d,\d{3}[,.]\d"
_FARTHEST = 20_000  # no axis of a Raman spectrum goes farther, in 1/cm or nm

DECIMAL, THOUSANDS, EITHER, BOTH = "decimal", "thousands", "either", "both"


def comma(text: bytes, first_fields: tuple[bytes, ...]) -> str:
    """Return what the commas of some rows are.

    Parameters
    ----------
    text : bytes
        Rows whose separator is no comma.
    first_fields : tuple of bytes
        Some numbers of the axis.

    Returns
    -------
    str
        `DECIMAL`; `THOUSANDS`; `EITHER` if every comma stands before three digits and nothing else tells; `BOTH` if
        commas and points are decimal signs.
    """
    if b"," not in text:
        return DECIMAL
    points = b"." in text
    if re.search(_NO_THOUSANDS[b","], text):
        return BOTH if points else DECIMAL
    if re.search(_THOUSANDS, text):
        return THOUSANDS
    if points:
        return THOUSANDS if re.search(_NO_THOUSANDS[b"."], text) else EITHER
    for field in first_fields:
        whole = field.strip().replace(b",", b"")
        if b"," in field and whole.isdigit() and float(whole[:20]) > _FARTHEST:
            return DECIMAL
    return EITHER


def breaks_thousands(text: bytes) -> bool:
    """Tell whether a comma in some rows stands where none does between thousands."""
    return re.search(_NO_THOUSANDS[b","], text) is not None


def unquoted(text: bytes) -> bytes | None:
    """Return rows of fields in quotation marks, parted by commas, as rows parted by semicolons without marks.

    None if a mark is missing.
    """
    pieces = text.split(b'"')
    if len(pieces) % 2 == 0 or any(b"\n" in inside or b"\r" in inside for inside in pieces[1::2]):
        return None
    pieces[::2] = [outside.replace(b",", b";") for outside in pieces[::2]]
    return b"".join(pieces)

"""Text on its way to a terminal: what files call themselves cannot move a cursor, colour a line or begin another."""

from __future__ import annotations

_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def visible(text: str) -> str:
    r"""Return a text on one line, with what is no sign shown as Python writes it: ``\x1b``, ``\n``, ``\u202e``.

    A byte of a name that is no UTF-8 is shown as that byte.
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _written(character) for character in text)


def _written(character: str) -> str:
    number = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if 0xDC80 <= number <= 0xDCFF:  # how Python keeps a byte that it cannot decode
        number -= 0xDC00
    if number <= 0xFF:
        return f"\\x{number:02x}"
    if character.isspace():  # a blank of another width
        return " " if number not in (0x2028, 0x2029) else f"\\u{number:04x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"

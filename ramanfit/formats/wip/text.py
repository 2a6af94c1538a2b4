"""The Information texts inside a project: RTF, of which only the words count."""

from __future__ import annotations

import re

from ramanfit.formats.information import Information, parse, parse_name
from ramanfit.formats.wip.project import Item, Project

_LONGEST = 1 << 20
_TOKEN = re.compile(
    r"\\'([0-9a-fA-F]{2})|\\u(-?\d{1,5}) ?(?:\\'[0-9a-fA-F]{2}|[^\\{}])?|\\([a-zA-Z]{1,32})(?:-?\d{1,10})? ?"
    r"|\\(.)|([{}])|[\r\n]+|([^\\{}\r\n]+)"
)
_SIGNS = {"par": "\n", "line": "\n", "tab": "\t"}
_UNSEEN = frozenset(("fonttbl", "colortbl", "stylesheet", "info", "pict"))  # groups that hold no words


def plain_text(rtf: str) -> str:
    """Return the words of an RTF text, with its line ends and tabs."""
    words: list[str] = []
    unseen: list[bool] = [False]  # by depth of brackets
    for code, unicode, control, sign, bracket, run in _TOKEN.findall(rtf):
        if bracket == "{":
            unseen.append(unseen[-1])
        elif bracket:
            unseen = unseen[:-1] or [False]
        elif control in _UNSEEN or sign == "*":
            unseen[-1] = True
        elif not unseen[-1]:
            if code:
                words.append(bytes.fromhex(code).decode("cp1252", "replace"))
            elif unicode:
                words.append((int(unicode) % 0x10000).to_bytes(2, "little").decode("utf-16-le", "replace"))
            else:
                words.append(_SIGNS.get(control, "") or (sign if sign in "\\{}" else "") or run)
    return "".join(words)


def informations(project: Project) -> dict[str, list[Information]]:
    """Return the Information texts by the stem of the measurement's name, as `parse_name` gives it.

    Raises
    ------
    FormatError
        If a text cannot be reached.
    """
    by_stem: dict[str, list[Information]] = {}
    for item in project.items:
        if item.kind != "TDText":
            continue
        _, stem, is_information = parse_name(item.caption)
        stream = item.tag.find("TDStream")
        if is_information and stream is not None:
            raw = stream["StreamData"].raw()[:_LONGEST].tobytes().decode("cp1252", "replace")
            by_stem.setdefault(stem, []).append(parse(plain_text(raw)))
    return by_stem


def information_of(graph: Item, texts: dict[str, list[Information]]) -> tuple[Information | None, tuple[str, ...]]:
    """Return the Information text of a graph, also of what was made of it (``Average<Line_000_Spec.Data 1``).

    Returns
    -------
    information : Information or None
    notes : tuple of str
        Why none was taken although there were some.
    """
    names = (graph.caption, graph.caption.rpartition("<")[2])
    candidates = [texts[stem] for name in names if (stem := parse_name(name)[1]) in texts]
    if not candidates:
        return None, ()
    if len(candidates[0]) > 1:
        return None, (f"{len(candidates[0])} Information texts could belong to it: none was taken",)
    return candidates[0][0], ()

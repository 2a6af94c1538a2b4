"""The parts of the manual that are made from the code: options, columns, flags, recipes, formats, errors.

``python -m tests.reference`` renews them; `tests/cli/test_reference.py` holds them.
"""

from __future__ import annotations

import ast
import importlib
import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click

from ramanfit import errors
from ramanfit.cli import COMMANDS
from ramanfit.cli.options.declare import GROUPS, group_of
from ramanfit.cli.verbs.list import LISTS
from ramanfit.recipe.toml import DEFAULT_RECIPE, recipe_text

PACKAGE = Path(errors.__file__).parent
MANUAL = PACKAGE / "manual"
PART = re.compile(r"(<!-- made: ([\w ]+) -->\n)(.*?)(<!-- end -->\n)", re.S)
WIDTH = 120
USAGE = ("UsageError", "RecipeError", "BadParameter")
"""Errors whose exit status is 2."""


def item(name: str, text: str) -> str:
    """Return a point of a list, its lines broken between words."""
    return textwrap.fill(
        f"- {name}: {text}",
        WIDTH,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _listed(what: str, *fields: str) -> Callable[[], str]:
    def text() -> str:
        table = LISTS[what]()
        lines = []
        for row in zip(*(table.columns[name] for name in table.names), strict=True):
            cells = dict(zip(table.names, map(str, row), strict=True))
            named = len(fields) > 1
            words = "; ".join(f"{name}: {cells[name]}" if named else cells[name] for name in fields if cells[name])
            lines.append(item(f"`{cells['name']}`", words))
        return "\n".join(lines) + "\n"

    return text


def _columns() -> str:
    table = LISTS["columns"]()
    rows = zip(*(table.columns[name] for name in ("name", "unit", "meaning")), strict=True)
    return "".join(
        item(f"`{name}`" + (f" ({unit})" if unit else ""), str(meaning)) + "\n" for name, unit, meaning in rows
    )


def _flags() -> str:
    table = LISTS["flags"]()
    rows = zip(*(table.columns[name] for name in ("name", "meaning", "false_alarms", "what_to_do")), strict=True)
    return "\n".join(
        f"### {name}\n\n"
        + textwrap.fill(f"{str(meaning)[:1].upper()}{str(meaning)[1:]}.", WIDTH, break_on_hyphens=False)
        + f"\n\n{item('False alarms', str(false))}\n{item('What to do', str(do))}\n"
        for name, meaning, false, do in rows
    )


def commands() -> dict[str, click.Command]:
    """Return the commands by name."""
    return {name: importlib.import_module(module).command for name, (module, _) in COMMANDS.items()}


def _options() -> str:
    """Every option once, in the groups of the help, with the commands that take it."""
    takers: dict[str, dict[tuple[str, str], list[str]]] = {title: {} for title in GROUPS}
    for name, command in commands().items():
        with click.Context(command, info_name=name, help_option_names=["-h", "--help"]) as context:
            for parameter in command.get_params(context):
                if isinstance(parameter, click.Option) and not parameter.hidden:
                    record: Any = parameter.get_help_record(context)
                    takers[group_of(parameter)].setdefault(record, []).append(name)
    lines = []
    for title, options in takers.items():
        lines += [f"### {title}\n"]
        for (spelling, words), names in options.items():
            of = "every command" if len(names) == len(COMMANDS) else ", ".join(names)
            lines.append(item(f"`{spelling}`", f"{' '.join(words.split())} ({of})"))
        lines.append("")
    return "\n".join(lines)


def _commands() -> str:
    return "".join(item(f"`ramanfit {name}`", words) + "\n" for name, (_, words) in COMMANDS.items())


class Raised(NamedTuple):
    """An error as the code has it: its message with ``…`` for what is known only then, and its hint."""

    room: str
    kind: str
    message: str
    hint: str


def raised() -> Iterator[Raised]:
    """Yield every error that the package can raise in its own words."""
    kinds = {name for name, value in vars(errors).items() if isinstance(value, type)} | {"UsageError", "BadParameter"}
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            kind = ast.unparse(node.func).rpartition(".")[2]
            if kind not in kinds or not node.args:
                continue
            given = {word.arg: _words(word.value) for word in node.keywords}
            words = [_words(argument) for argument in node.args if not isinstance(argument, ast.Starred)]
            contrast = ", ".join(f"{word} {given[word]}" for word in ("expected", "found") if given.get(word))
            message = ": ".join(part for part in (*words, contrast) if part)
            if re.search(r"\w", message):
                yield Raised(room, kind, message, given.get("hint", ""))


def _words(node: ast.expr) -> str:
    """Return the text of an expression, ``…`` for what it holds of values."""
    if isinstance(node, ast.Constant):
        return str(node.value) if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        parts = [str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values]
        return re.sub("…+", "…", "".join(parts))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _words(node.left) + _words(node.right)
    if isinstance(node, ast.IfExp):
        return _words(node.body) or _words(node.orelse)
    return "…"


def plain(message: str) -> str:
    """Return a message as it stands between back quotes, in one line."""
    return " ".join(message.replace("`", "'").split())


def _errors(*rooms: str) -> Callable[[], str]:
    def text() -> str:
        entries = sorted({(one.message, one.hint) for one in raised() if one.room in rooms})
        return "".join(
            item(
                f"`{' '.join(message.replace('`', chr(39)).split())}`",
                " ".join(hint.split()).strip("… ") or "see above",
            )
            + "\n"
            for message, hint in entries
        )

    return text


PARTS: dict[str, Callable[[], str]] = {
    "commands": _commands,
    "options": _options,
    "columns": _columns,
    "flags": _flags,
    "recipes": _listed("recipes", "description"),
    "shapes": _listed("shapes", "formula"),
    "baselines": _listed("baselines", "meaning", "subtracted", "reference"),
    "readers": _listed("readers", "parses", "skips", "unseen"),
    "keys": lambda: f"```toml\n{recipe_text(DEFAULT_RECIPE)}```\n",
    "errors of files": _errors("formats", "scan"),
    "errors of recipes": _errors("recipe", "fit"),
    "errors of experiments": _errors("experiment", "tables", "synthetic", "drawing"),
    "errors of the command line": _errors("cli"),
}


def renewed(page: str) -> str:
    """Return a page with its made parts as the code has them now."""
    return PART.sub(lambda found: found[1] + PARTS[found[2]]() + found[4], page)


if __name__ == "__main__":
    for path in MANUAL.glob("*.md"):
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")

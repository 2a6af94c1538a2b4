"""Help in groups: what a newcomer needs, or everything, as wide as the terminal; no word is broken."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Iterable, Iterator

import click

from ramanfit.cli import TOPICS
from ramanfit.cli.console import wrapped
from ramanfit.cli.options.declare import GROUPS, group_of
from ramanfit.cli.verb import EVERYTHING

ON_A_PAGE = 20
"""A command with so many options shows all of them; of others `--help` shows those that are in `FIRST`."""

FIRST = frozenset(
    {"--x-unit", "--laser", "--recipe", "--set", "--window", "--at", "--period", "--dwell", "--step", "--points"}
    | {"--echem", "--columns", "--output", "--interval", "--once", "--reference"}
    | {"--waterfall", "--worst", "--form", "--keep", "--jobs", "--quiet"}
)
"""What a newcomer needs, by its longest spelling."""

WIDEST = 120
_NAMES = 30  # columns that names of options may take; text of a longer one begins on the next line
_GLUE = "\0"  # between an option and its value


def format_verb(verb: click.Command, ctx: click.Context) -> str:
    """Return the help of a verb: usage, what it does, examples, options by groups, and where to read on."""
    width, params = _width(ctx), verb.get_params(ctx)
    options = [option for option in params if isinstance(option, click.Option) and not option.hidden]
    shown = options
    if len(options) > ON_A_PAGE and not ctx.meta.get(EVERYTHING):
        shown = [option for option in options if FIRST & {*option.opts}]
    groups = {title: [option for option in shown if group_of(option) == title] for title in GROUPS}
    whole = len(shown) == len(options)
    parts = [_usage(verb, ctx, width), *_said(verb.help or "", width)]
    records = {title: [_record(option, ctx, whole) for option in some] for title, some in groups.items() if some}
    column = min(_NAMES, width // 3, max(len(names) for some in records.values() for names, _ in some))
    parts += [[f"{title}:", *_pairs(some, column, width)] for title, some in records.items()]
    more = "" if whole else f"All {len(options)} options: {ctx.command_path} --help-all.  "
    parts.append(wrapped(f"{more}Manual: ramanfit manual {TOPICS.get(verb.name or '', '[TOPIC]')}", width))
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def format_group(group: click.Group, commands: Iterable[tuple[str, str]], ctx: click.Context) -> str:
    """Return the help of the program: what it does, examples, options, commands."""
    width = _width(ctx)
    records = [option.get_help_record(ctx) for option in group.get_params(ctx)]
    pairs = [record for record in records if record]
    parts = [
        ["Usage: ramanfit [OPTIONS] COMMAND [ARGS]..."],
        *_said(group.help or "", width),
        ["Options:", *_pairs(pairs, max(len(names) for names, _ in pairs), width)],
        ["Commands:", *_pairs(list(commands), max(len(name) for name, _ in commands), width)],
        wrapped("One command: ramanfit help COMMAND.  Manual: ramanfit manual [TOPIC]", width),
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _width(ctx: click.Context) -> int:
    from shutil import get_terminal_size

    return min(ctx.terminal_width or get_terminal_size().columns, WIDEST)


def _usage(command: click.Command, ctx: click.Context, width: int) -> list[str]:
    return wrapped(f"Usage: {ctx.command_path} {' '.join(command.collect_usage_pieces(ctx))}", width, "       ")


def _record(option: click.Option, ctx: click.Context, whole: bool) -> tuple[str, str]:
    """Return the names of an option and what is said of it; in short, the first part without the environment."""
    if not whole:
        option = copy.copy(option)
        option.show_envvar = False
    names, text = option.get_help_record(ctx) or ("", "")
    if whole:
        return names, text
    says, gap, default = re.sub(r"\s*\[env var: [^]]*\]", "", text).partition("  [")
    return names, f"{says.partition('; ')[0].rstrip('.')}.{gap}{default}"


def _pairs(pairs: Iterable[tuple[str, str]], column: int, width: int) -> Iterator[str]:
    """Yield lines of names and, beside or below them, texts."""
    for names, text in pairs:
        lines = wrapped(text, width, indent := " " * (column + 4), indent)
        if len(names) <= column:
            lines[:1] = [f"  {names:<{column}}  {lines[0].lstrip()}".rstrip()]
        else:
            yield f"  {names}"
        yield from lines


def _said(text: str, width: int) -> Iterator[list[str]]:
    """Yield the paragraphs of a docstring: prose, or after a ``\\b`` lines that stand as they are where they fit."""
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        lines = paragraph.splitlines()
        if lines[0].strip() != "\b":
            yield wrapped(" ".join(paragraph.split()), width, "  ", "  ")
            continue
        yield [folded for line in lines[1:] for folded in _folded(f"  {line}", width)]


def _folded(line: str, width: int) -> list[str]:
    """Return a line that stands as it is, or folded where it is too wide: a command goes on after a backslash."""
    if len(line) <= width:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()))
    says = re.match(r"(\s*\S.*?)( {2,})(\S.*)", line)
    head, text = (says[1], says[3]) if says else (line, "")
    at = len(says[1] + says[2]) if says else 0
    if says and len(head) <= width and width - at >= width / 3:
        below = wrapped(text, width, " " * at, " " * at)
        return [head.ljust(at) + below[0].lstrip(), *below[1:]]
    command = " ramanfit " in f"{head} "
    glued = re.sub(r"( --?[a-z][\w-]*) (?=[^-|>])", rf"\1{_GLUE}", head.strip()) if command else head.strip()
    lines = wrapped(glued, width - 2 * command, f"{indent}    " if command else indent, indent)
    lines = [part.replace(_GLUE, " ") + " \\" * (command and part is not lines[-1]) for part in lines]
    return lines + (wrapped(text, width, f"{indent}    ", f"{indent}    ") if text else [])

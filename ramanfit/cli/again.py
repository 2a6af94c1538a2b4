"""A command that ran once is run again, in a process of its own, with its outputs turned aside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import click

from ramanfit.cli import COMMANDS
from ramanfit.errors import OtherRunError
from ramanfit.tables.sink import is_device

REPEATABLE = ("fit", "ratio", "evolve", "bands", "curves", "plot")
STDOUT_NAME = "standard-output"
_START = """\
import json, sys
sys.path[:], sys.argv, words = json.loads(sys.argv[1])
from ramanfit.__main__ import main
main(words)
"""


class Words(NamedTuple):
    """A command line.

    Attributes
    ----------
    verb : str
    arguments : list of str
        What follows the verb.
    target : str or None
        Where its results go; None: to standard output.
    """

    verb: str
    arguments: list[str]
    target: str | None

    def into(self, folder: Path, record: str, *, several: bool) -> list[str]:
        """Return the command line that writes into a folder instead.

        Parameters
        ----------
        folder : path
        record : str
            Name of the record in it.
        several : bool
            Whether the target is a folder.
        """
        words = [*self.arguments]
        ends = words.index("--") if "--" in words else len(words)
        more = ["--meta", str(folder / record), "-q"]
        if self.target is not None:
            more += ["-o", f"{folder}{os.sep}" if several else str(folder / Path(self.target).name)]
        return [self.verb, *words[:ends], *more, *words[ends:]]  # of an option that is given twice, the last counts


def words_of(command: Sequence[str], record: Path) -> Words:
    """Return the parts of a command line.

    Raises
    ------
    OtherRunError
        If it is none that can be run again.
    """
    from ramanfit.cli.group import ramanfit

    try:
        rest = ramanfit.make_parser(click.Context(ramanfit)).parse_args([*command])[1]
        verb = rest[0] if rest else ""
        if verb in REPEATABLE:
            found: click.Command = import_module(COMMANDS[verb][0]).command
            values = found.make_parser(click.Context(found)).parse_args([*rest[1:]])[0]
            names = [option.name for option in found.params if "-o" in option.opts]
            target = values.get(names[0]) if names and names[0] else None
            known = isinstance(target, str) and not is_device(target)
            return Words(verb, rest[1:], target if known else None)
    except click.UsageError as error:
        raise OtherRunError(f"{record}: its command is none of this version: {error.format_message()}") from error
    hint = "run evolve on the folder, whose record can be made again" if verb == "watch" else None
    raise OtherRunError(
        f"{record}: {verb or 'no command'} cannot be run again: expected {', '.join(REPEATABLE)}", hint=hint
    )


def run_again(
    words: Sequence[str], command: Sequence[str], folder: Path, settings: Mapping[str, str] | None, stdout: Path
) -> int:
    """Run a command line and return its exit status.

    Parameters
    ----------
    words : sequence of str
        What is run.
    command : sequence of str
        What it is called in records and reports.
    folder : path
        Where it runs.
    settings : mapping or None
        Variables of the environment that it takes settings from; None: those that are there.
    stdout : path
        The file that takes its standard output.
    """
    paths = [str(Path(path).absolute()) for path in sys.path]
    environment = dict(os.environ)
    if settings is not None:
        others = os.environ.keys() - _settings_of_environment()
        environment = {**{name: os.environ[name] for name in others}, **settings}
    start = json.dumps([paths, ["ramanfit", *command], [*words]])
    with stdout.open("wb") as file:
        done = subprocess.run(
            [sys.executable, "-c", _START, start], cwd=folder, env=environment, stdout=file, check=False
        )
    return done.returncode


def _settings_of_environment() -> set[str]:
    found = {"RAMANFIT_SET"}
    for verb in REPEATABLE:
        found |= {str(option.envvar) for option in import_module(COMMANDS[verb][0]).command.params if option.envvar}
    return found

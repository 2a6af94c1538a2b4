"""Help: every option in one group, short and whole, at every width of a terminal."""

from __future__ import annotations

import importlib
import io
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout

import click
import pytest

from ramanfit.cli import COMMANDS, TOPICS, ramanfit
from ramanfit.cli.console import Console
from ramanfit.cli.help import FIRST, ON_A_PAGE
from ramanfit.cli.options.declare import GROUPS, group_of
from ramanfit.cli.verb import Verb
from ramanfit.cli.verbs.manual import pages

WIDTHS = (60, 80, 100, 120)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def command(name: str) -> click.Command:
    found: click.Command = importlib.import_module(COMMANDS[name][0]).command
    return found


def options(name: str) -> Iterator[click.Option]:
    context = click.Context(command(name), info_name=name, help_option_names=["-h", "--help"])
    return (p for p in command(name).get_params(context) if isinstance(p, click.Option))


def said(*arguments: str) -> str:
    with redirect_stdout(io.StringIO()) as out:
        assert Console().run(ramanfit, arguments) == 0
    return out.getvalue()


def spellings(text: str) -> list[str]:
    return re.findall(r"^  (?:-\w, )?(--[a-z0-9-]+)", text, re.M)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_in_one_group(name: str) -> None:
    assert isinstance(command(name), Verb)
    for option in options(name):
        assert group_of(option) in GROUPS, option.opts
    text = said(name, "--help-all")
    assert sorted(spellings(text)) == sorted(option.opts[-1] for option in options(name))
    titles = re.findall(r"^([A-Z][\w ]+):$", text, re.M)
    assert titles == [title for title in GROUPS if title in {group_of(option) for option in options(name)}]


@pytest.mark.parametrize("name", COMMANDS)
def test_short_help_is_a_page_and_says_where_the_rest_is(name: str) -> None:
    text = said(name, "--help")
    assert len(text.splitlines()) <= 50
    count = len(list(options(name)))
    last = text.splitlines()[-1]
    assert f"ramanfit manual {TOPICS.get(name, '[TOPIC]')}" in last
    assert ({*spellings(text)} == {option.opts[-1] for option in options(name)}) is (count <= ON_A_PAGE)
    assert (f"All {count} options: ramanfit {name} --help-all." in last) is (count > ON_A_PAGE)
    assert "--recipe" in text or name not in ("fit", "ratio", "evolve", "bands", "curves", "plot", "watch")


@pytest.mark.parametrize("flag", ["--help", "--help-all"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_lines_are_as_wide_as_the_terminal_and_words_whole(
    name: str, width: int, flag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = [name, flag] if name else ["--help"]
    monkeypatch.setenv("COLUMNS", "120")
    words = said(*arguments).split()
    monkeypatch.setenv("COLUMNS", str(width))
    text = said(*arguments)
    assert max(map(len, text.splitlines())) <= width
    assert [word for word in text.split() if word != "\\"] == words


def test_a_narrower_help_is_longer() -> None:
    lengths = []
    for width in WIDTHS:
        done = subprocess.run(
            [sys.executable, "-m", "ramanfit", "evolve", "--help-all"],
            env={"COLUMNS": str(width)},
            capture_output=True,
            text=True,
            check=True,
        )
        lengths.append(len(done.stdout.splitlines()))
    assert lengths == sorted(lengths, reverse=True)
    assert len({*lengths}) == len(WIDTHS)


def test_an_example_that_is_folded_is_the_same_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def commands(width: int) -> list[list[str]]:
        monkeypatch.setenv("COLUMNS", str(width))
        block = said("evolve", "--help").partition("Examples:\n")[2].partition("\n\n")[0]
        return [shlex.split(line) for line in block.replace("\\\n", "").splitlines()]

    assert commands(60) == commands(100)


def test_the_program_on_a_narrow_terminal_is_folded() -> None:
    for width, folded in ((60, True), (80, False), (200, False)):
        program = [sys.executable, "-m", "ramanfit", "--help"]
        done = subprocess.run(program, env={"COLUMNS": str(width)}, capture_output=True, text=True, check=True)
        assert max(map(len, done.stdout.splitlines())) <= min(width, 80)
        assert ("\n        what is in the file\n" in done.stdout) is folded


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_is_its_own(name: str) -> None:
    assert said("help", name) == said(name, "--help")


def test_help_of_nothing_and_of_nonsense(capsys: pytest.CaptureFixture[str]) -> None:
    assert said("help") == said("--help")
    assert Console().run(ramanfit, ["help", "evolv"]) == 2
    assert "no command 'evolv': did you mean evolve?" in capsys.readouterr().err


def test_what_the_help_names_is_there() -> None:
    assert {*TOPICS} <= {*COMMANDS}
    assert {*TOPICS.values()} <= {*pages()}
    assert {spelling for name in COMMANDS for option in options(name) for spelling in option.opts} >= FIRST


def test_what_is_left_open_has_a_default_that_is_shown() -> None:
    """Where an option's value comes from when it is not given: of those that change numbers or places."""
    text = said("evolve", "--help-all").partition("\nInput:")[2]
    for name in ("--window", "--baseline", "--period", "--order", "--step", "--first-point", "--engine", "--jobs"):
        its = text.partition(f"{name} ")[2].partition("\n  -")[0]
        assert re.search(r"(\[|; )default: ", " ".join(its.split())), name


@pytest.mark.parametrize("name", COMMANDS)
def test_the_environment_is_named_where_everything_is(name: str) -> None:
    inherited = [option for option in options(name) if option.envvar]
    whole, short = said(name, "--help-all"), said(name, "--help")
    for option in inherited:
        assert str(option.envvar) in whole
        assert str(option.envvar) not in short or len(list(options(name))) <= ON_A_PAGE

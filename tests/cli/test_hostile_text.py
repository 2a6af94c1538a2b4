"""Text that means harm: what files, columns and recipes call themselves, on a terminal, in messages, in tables."""

from __future__ import annotations

import sys
import unicodedata
import warnings
from pathlib import Path

import click
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.cli.console import LONGEST, Console, talk_options
from ramanfit.cli.terminal import aligned
from ramanfit.cli.visible import visible
from ramanfit.errors import RamanfitError
from ramanfit.recipe.toml import load_recipe
from ramanfit.recipe.toml_text import format_toml, parse_toml
from ramanfit.tables.read import read_fit_table
from ramanfit.tables.table import Table
from tests.cli.test_shell import on_a_terminal

ANY = st.text(st.characters(), max_size=20)  # surrogates too


@given(ANY)
def test_nothing_but_signs_reaches_a_terminal(text: str) -> None:
    shown = visible(text)
    assert all(unicodedata.category(character)[0] not in "CZ" or character == " " for character in shown)
    assert shown == text or not text.isprintable()


def test_what_is_no_sign_is_shown_as_python_writes_it() -> None:
    assert visible("a\x1b[31m\n\r\t\x00\x7f\x9b\u202e\u2028\U000e0001\udce9 \u00e9\u03bc") == (
        r"a\x1b[31m\n\r\t\x00\x7f\x9b\u202e\u2028\U000e0001\xe9" + " \u00e9\u03bc"
    )


@pytest.mark.parametrize("kind", ["say", "warn", "survive", "raise", "hint", "usage", "debug"])
def test_every_message_is_one_line_without_escapes(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    name = "a\x1b[31m\nramanfit: b\r.txt"

    @click.command()
    @talk_options
    @click.pass_obj
    def says(console: Console) -> None:
        if kind in ("say", "warn"):
            getattr(console, kind)(name)
        elif kind == "survive":
            console.survive(RamanfitError(name))
        elif kind == "usage":
            raise click.UsageError(name.replace("\n", ""))
        elif kind == "hint":
            raise RamanfitError("x", hint=name)
        else:
            raise RamanfitError(name)

    Console().run(says, ["--debug"] if kind == "debug" else ["-v"])
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert "\r" not in said
    assert r"\x1b[31m" in said
    assert all(line.startswith(("ramanfit: ", "  hint: ", "Traceback", " ")) for line in said.splitlines()[:3])
    if kind not in ("usage", "hint", "debug"):
        assert said.count("\n") == 1
        assert r"\nramanfit: b" in said


def test_a_line_has_an_end(capsys: pytest.CaptureFixture[str]) -> None:
    Console().say("x" * 1_000_000)
    assert len(capsys.readouterr().err) < LONGEST + 100


def test_a_warning_of_python_is_one_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    @click.command()
    @talk_options
    def warns() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("over\nflow", RuntimeWarning, stacklevel=1)

    before = warnings.showwarning
    assert Console().run(warns, []) == 0
    assert warnings.showwarning is before
    said = capsys.readouterr().err
    assert said.startswith("ramanfit: warning: RuntimeWarning: over\\nflow (test_hostile_text.py:")
    assert said.count("\n") == 1


def test_an_internal_error_says_that_and_where_to_report_it(capsys: pytest.CaptureFixture[str]) -> None:
    @click.command()
    @talk_options
    def breaks() -> None:
        raise KeyError("x")

    assert Console().run(breaks, []) == 1
    error, hint = capsys.readouterr().err.splitlines()
    assert error.startswith("ramanfit: internal error: KeyError")
    assert "report it" in hint
    assert "issue" in hint


@given(ANY, ANY.filter(bool))
def test_a_table_on_a_terminal_has_no_escapes(cell: str, name: str) -> None:
    text = aligned(Table({f"n{name}": [cell, "b"], "x": np.array([1.0, 2.0])}), 80)
    assert all(character.isprintable() or character == "\n" for character in text)


@pytest.mark.posix
def test_csv_on_a_terminal_has_no_escapes_and_in_a_pipe_it_is_as_it_was(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes(b"source,scan,point,G_height,B_height\na\x1b[31m.txt,0,P1,100,90\n")
    assert r"a\x1b[31m.txt" in on_a_terminal("ratio", str(table), "--csv", columns=200)
    from tests.cli.test_shell import run

    assert "a\x1b[31m.txt" in run("ratio", str(table), "--csv").stdout


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_a_text_in_toml_has_no_escapes_and_is_read_back(text: str) -> None:
    written = format_toml(text)
    assert not any(unicodedata.category(character) == "Cc" for character in written)
    assert parse_toml(f"x = {written}", "")["x"] == text


@pytest.mark.posix
@pytest.mark.skipif(sys.platform == "darwin", reason="names there are UTF-8")
def test_a_name_that_is_no_utf8_comes_back_from_a_table(tmp_path: Path) -> None:
    data = b"source,scan,point,G_height,B_height\ncaf\xe9.txt,0,'=1+1,100,90\n"
    table = read_fit_table("t.csv", data, load_recipe("li-graphite").every_ratio)[0].table
    assert table.columns["source"] == ("caf\udce9.txt",)
    assert table.columns["point"] == ("=1+1",)

"""The manual: topics, how it is shown, and every block of commands in it run in a laboratory."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ramanfit.cli import COMMANDS
from ramanfit.cli.verbs.manual import pages
from tests.cli.test_examples import laboratory, run

__all__ = ["laboratory"]
PAGES = pages()
BLOCKS = [(topic, block) for topic, page in PAGES.items() for block in re.findall(r"```sh\n(.*?)```", page, re.S)]


def manual(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "ramanfit", "manual", *arguments], capture_output=True, text=True)


def test_topics_are_named_with_their_titles() -> None:
    listed = manual().stdout.splitlines()
    assert [line.split()[0] for line in listed] == [*PAGES]
    assert all(page.splitlines()[0].lstrip("# ") in line for line, page in zip(listed, PAGES.values(), strict=True))


@pytest.mark.parametrize("topic", PAGES)
def test_a_topic_is_plain_where_it_is_piped(topic: str) -> None:
    assert manual(topic).stdout == PAGES[topic]
    assert all(len(line) <= 132 for line in PAGES[topic].splitlines())


def test_a_topic_that_is_not_there_is_told_with_the_nearest() -> None:
    wrong = manual("table")
    assert wrong.returncode == 2
    assert "no topic 'table': did you mean tables?" in wrong.stderr


@pytest.mark.posix
@pytest.mark.parametrize(("topic", "block"), BLOCKS)
def test_every_block_runs(topic: str, block: str, laboratory: Path) -> None:
    done = run(block, laboratory)
    if "make -s" in block:
        assert len((laboratory / "summary.csv").read_text().splitlines()) == 31
        return
    for word in re.findall(r"-o (\S+)|> (\S+)$", block):
        assert (laboratory / "".join(word)).exists()
    if " -o " not in block and " > " not in block.replace("cat >", ""):
        assert done.stdout


@pytest.mark.parametrize("topic", PAGES)
def test_options_that_are_named_are_there(topic: str) -> None:
    commands = [importlib.import_module(module).command for module, _ in COMMANDS.values()]
    options = {spelling for command in commands for parameter in command.params for spelling in parameter.opts}
    options.add("--version")  # of the program itself
    assert {*re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGES[topic])} <= options

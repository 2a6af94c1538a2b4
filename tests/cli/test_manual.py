"""The manual: topics, how it is shown, and every block of commands in it run in a laboratory."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from ramanfit.cli import COMMANDS
from ramanfit.cli.verbs.manual import pages
from ramanfit.recipe.toml import recipe_from_toml, recipe_text
from tests.cli.test_examples import laboratory, run
from tests.test_readme import ROOT, clone, works_as_printed
from tests.test_readme import blocks as readme_blocks

__all__ = ["clone", "laboratory"]
PAGES = pages()


def blocks(language: str) -> list[tuple[str, str]]:
    pattern = re.compile(rf"```{language}\n(.*?)```", re.S)
    return [(topic, block) for topic, page in PAGES.items() for block in pattern.findall(page)]


LINES = re.findall(r"```sh\n(.*?)```", PAGES["lines"], re.S)[0].splitlines()
BLOCKS = [(topic, block) for topic, block in blocks("sh") if topic != "lines"]


def manual(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "ramanfit", "manual", *arguments], capture_output=True, text=True)


def test_topics_are_named_with_their_titles() -> None:
    listed = manual().stdout.splitlines()
    assert [line.split()[0] for line in listed] == [*PAGES]
    assert all(page.splitlines()[0].lstrip("# ") in line for line, page in zip(listed, PAGES.values(), strict=True))


@pytest.mark.parametrize("topic", PAGES)
def test_a_topic_is_plain_where_it_is_piped(topic: str) -> None:
    assert manual(topic).stdout == PAGES[topic]
    prose = re.sub(r"```.*?```|^\|.*?\n", "", PAGES[topic], flags=re.S | re.M)
    assert all(len(line) <= 140 for line in prose.splitlines())


def test_a_topic_that_is_not_there_is_told_with_the_nearest() -> None:
    wrong = manual("table")
    assert wrong.returncode == 2
    assert "no topic 'table': did you mean tables?" in wrong.stderr


def test_a_word_of_a_heading_leads_to_its_topic() -> None:
    assert "no topic 'flags': see `ramanfit manual columns`" in manual("flags").stderr
    assert "no topic 'Excel': see `ramanfit manual tasks`" in manual("Excel").stderr


@pytest.mark.posix
@pytest.mark.parametrize("topic", ["start", "tasks", "makefile"])
def test_code_on_a_terminal_is_as_it_stands(topic: str) -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "60", "TERM": "xterm"}
    command = [sys.executable, "-m", "ramanfit", "manual", topic]
    with subprocess.Popen(command, stdout=theirs, env=environment):
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # Linux says the end so
            while chunk := os.read(ours, 65536):
                shown += chunk
    os.close(ours)
    lines = re.sub(r"\x1b\[[\d;]*m", "", shown.decode()).replace("\r\n", "\n").split("\n")
    code = [line for block in re.findall(r"```\w+\n(.*?)```", PAGES[topic], re.S) for line in block.splitlines()]
    assert {line.expandtabs() for line in code} <= {*lines}
    assert all(len(line) <= 60 for line in lines if line not in {one.expandtabs() for one in code})


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


@pytest.mark.posix
@pytest.mark.parametrize("line", LINES)
def test_every_one_liner_works_as_printed(line: str, clone: Path) -> None:
    works_as_printed(line, clone)


def test_the_makefile_is_that_of_the_readme() -> None:
    assert [block for _, block in blocks("make")] == readme_blocks("make")


def test_the_recipes_are_recipes() -> None:
    texts = [block for topic, block in blocks("toml") if topic == "recipes"]
    assert [peak.name for peak in recipe_from_toml(texts[0], "recipes.md").peaks] == ["G", "B"]
    graphite = recipe_text("graphite")
    start, end = graphite.index('[[peaks]]\nname = "D\'"'), graphite.index("[[ratios]]")
    tied = recipe_from_toml(graphite[:start] + texts[1] + graphite[end:], "recipes.md")
    assert [peak.free for peak in tied.peaks] == [3, 3, 0]


@pytest.mark.parametrize(("number", "said"), [(0, "peaks.csv"), (1, "0.14")])
def test_the_python_lines_run(number: int, said: str, clone: Path) -> None:
    (spectrum,) = (clone / "sample_spectra" / "pristine-graphite").glob("*Spec.Data*")
    shutil.copy(spectrum, clone / "scan.txt")
    code = [block for topic, block in blocks("python") if topic == "python"][number].strip().rpartition("\n")
    done = subprocess.run(
        [sys.executable, "-c", f"{code[0]}\nprint({code[2]})"],
        cwd=clone,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert said in done.stdout, done.stderr
    assert not done.stderr


@pytest.mark.parametrize("topic", PAGES)
def test_options_that_are_named_are_there(topic: str) -> None:
    commands = [importlib.import_module(module).command for module, _ in COMMANDS.values()]
    options = {spelling for command in commands for parameter in command.params for spelling in parameter.opts}
    page = re.sub(r"```bash\n.*?```|`(python -m|make|pip|dask) [^`]*`", "", PAGES[topic], flags=re.S)
    assert {*re.findall(r"(?<![\w-])--[a-z][a-z-]+", page)} <= options | {
        "--help",
        "--help-all",
        "--version",
        "--debug",
    }

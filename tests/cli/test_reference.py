"""The reference parts of the manual are what the code says, and nothing is missing in them."""

from __future__ import annotations

import re

import pytest

from ramanfit.cli.verbs.manual import pages
from tests.reference import PART, PARTS, commands, plain, raised, renewed

PAGES = pages()


@pytest.mark.parametrize("topic", PAGES)
def test_made_parts_are_as_the_code_has_them(topic: str) -> None:
    assert renewed(PAGES[topic]) == PAGES[topic], "python -m tests.reference"


def test_every_part_stands_once() -> None:
    assert sorted(found[2] for page in PAGES.values() for found in PART.finditer(page)) == sorted(PARTS)


def test_every_command_and_option_is_named() -> None:
    text = PAGES["options"]
    for name, command in commands().items():
        assert f"`ramanfit {name}`" in text
        for parameter in command.params:
            for spelling in parameter.opts:
                if spelling.startswith("--"):
                    assert re.search(rf"{re.escape(spelling)}[ `,]", text), (name, spelling)


def test_every_error_is_named() -> None:
    text = " ".join(PAGES["errors"].split())
    missing = [one for one in raised() if f"`{plain(one.message)}`" not in text]
    assert not missing

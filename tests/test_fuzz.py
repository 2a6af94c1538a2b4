"""A few damaged files for every reader; ``python -m tests.fuzz`` takes many."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.errors import FormatError
from ramanfit.formats import READERS
from tests.fuzz import records
from tests.fuzz.damage import BINARY, TEXT, damaged
from tests.fuzz.run import OPTIONS, Input, read, workshop
from tests.fuzz.seeds import SEEDS, small
from tests.records import LAYOUTS

NAMES = [reader.name for reader in READERS]


def test_every_reader_has_sound_files() -> None:
    assert SEEDS.keys() == set(NAMES)
    with pytest.raises(LookupError, match="no sound files for the reader 'x'"):
        small("x")


@pytest.mark.parametrize("name", NAMES)
def test_sound_files_are_read(name: str) -> None:
    with workshop() as folder:
        for files in small(name):
            found = read(Input(files, OPTIONS[1], measured=False), folder)
            assert not isinstance(found, FormatError), found


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=150)
@given(numbers=st.randoms(use_true_random=False), options=st.sampled_from(OPTIONS))
def test_damaged_files_are_read_or_refused(name: str, numbers: random.Random, options: object) -> None:
    files = numbers.choice(small(name))
    part = numbers.choice(list(files))
    hurt = {**files, part: damaged(files[part], numbers)}
    with workshop() as folder:
        read(Input(hurt, options, measured=False), folder)  # type: ignore[arg-type]


def test_damage_of_every_kind_is_done_to_files_of_any_size() -> None:
    for way in {*BINARY, *TEXT}:
        for raw in (b"", b"a", b"1\t2\n3\t4\n", bytes(50)):
            for seed in range(50):
                assert isinstance(way(raw, random.Random(seed)), bytes)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_damaged_records_of_a_cell_are_read_or_refused(layout: str, tmp_path: Path) -> None:
    tried, lines, wrong = records.fuzz(layout, 0.4, 7, tmp_path)
    assert tried >= 2
    assert lines > 200
    assert not wrong

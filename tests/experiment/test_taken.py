"""What a watch keeps of what it has taken in, and how it finds changes."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.errors import InputError
from ramanfit.experiment.listing import Listing
from ramanfit.experiment.taken import GONE, NAME, TakenExport, TakenIn, digest_of, table_name

TABLE = 'source,flags,height\n"a, b",,1\nc,outlier|low_snr,2\n'


def entry(name: str) -> TakenExport:
    return TakenExport(name, {name: ([1, 2, 3, 4], "aa")}, f"{name}.csv", "bb")


def test_the_last_line_of_an_export_counts(tmp_path: Path) -> None:
    taken = TakenIn(tmp_path)
    for name in ("a", "b", "c\udcff"):
        taken.add(entry(name))
    taken.add(TakenExport("a", {}, "a.csv", "cc", gone=True))
    taken.forget("b")
    assert {one.export: one.sha256 for one in TakenIn(tmp_path)} == {"a": "cc", "c\udcff": "bb"}
    assert TakenIn(tmp_path).get("c\udcff") == entry("c\udcff")


@given(st.binary(max_size=200), st.integers(0, 400))
def test_damage_costs_an_entry_and_no_more(tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int) -> None:
    folder = tmp_path_factory.mktemp("taken")
    taken = TakenIn(folder)
    for name in "abc":
        taken.add(entry(name))
    data = (folder / NAME).read_bytes()
    (folder / NAME).write_bytes(data[:at] + noise + data[at:])
    damaged = TakenIn(folder)
    assert len(damaged) >= 2 or b"\n" in noise or b"\r" in noise
    damaged.add(entry("d"))
    assert TakenIn(folder).get("d") == entry("d")


def test_a_list_that_grew_long_is_made_short(tmp_path: Path) -> None:
    taken = TakenIn(tmp_path)
    for _ in range(300):
        taken.add(entry("a"))
    assert len(TakenIn(tmp_path)) == 1
    assert len((tmp_path / NAME).read_bytes().splitlines()) == 1


def test_rows_are_marked_and_unmarked(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TABLE)
    taken = TakenIn(tmp_path)
    taken.add(entry("a"))
    taken.mark(entry("a"), gone=True)
    text = (tmp_path / "a.csv").read_text()
    assert text == TABLE.replace('b",,', f'b",{GONE},').replace("low_snr", f"low_snr|{GONE}")
    kept = TakenIn(tmp_path).get("a")
    assert kept is not None
    assert kept.gone
    assert kept.sha256 == digest_of(tmp_path / "a.csv")
    taken.mark(kept, gone=False)
    assert (tmp_path / "a.csv").read_text() == TABLE
    (tmp_path / "a.csv").write_text("height\n1\n")
    with pytest.raises(InputError, match="cannot be marked"):
        taken.mark(kept, gone=True)


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=255))
def test_a_table_has_a_name_that_every_disk_takes(export: str) -> None:
    assert len(table_name(export).encode()) <= 255
    assert table_name(export).endswith(".csv")
    assert table_name(export) != table_name(export + "x")


def test_a_listing_finds_what_changes(tmp_path: Path) -> None:
    numbers, listing = random.Random(3), Listing(tmp_path)
    listing.look()
    there: dict[str, bytes] = {}
    for _ in range(60):
        before = dict(there)
        name = f"{numbers.randrange(6)}.txt"
        if name in there and numbers.random() < 0.4:
            (tmp_path / name).unlink()
            del there[name]
        else:
            there[name] = b"%d\t1\n" % numbers.randrange(10**6)
            (tmp_path / f".{name}").write_bytes(there[name])
            os.utime(tmp_path / f".{name}", (1e9, 1e9))
            (tmp_path / f".{name}").replace(tmp_path / name)
        changes = listing.look()
        assert changes.gone == before.keys() - there.keys()
        assert changes.changed >= {n for n in there if there[n] != before.get(n)}
        assert listing.files.keys() == there.keys()
    assert listing.look().changed == frozenset()

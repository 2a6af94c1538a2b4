"""The table of changes is that of this package; ``python -m tests.mutants`` makes them."""

from __future__ import annotations

import pytest

from tests.mutants.__main__ import main, table
from tests.mutants.run import ROOT
from tests.mutants.table import MUTATIONS, Mutation


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: f"{mutation.file}: {mutation.old.strip()}")
def test_what_is_changed_stands_once_and_has_tests_near_it(mutation: Mutation) -> None:
    assert mutation.place((ROOT / "ramanfit" / mutation.file).read_text("utf-8")) > 0
    assert mutation.old != mutation.new
    assert mutation.tests
    assert all((ROOT / "tests" / test).is_file() for test in mutation.tests)


def test_every_room_is_changed_somewhere() -> None:
    rooms = {path.parent.name for path in (ROOT / "ramanfit").glob("*/__init__.py")}
    assert rooms | {"engine"} == {mutation.room for mutation in MUTATIONS}


def test_a_change_that_is_not_there_once_is_an_error() -> None:
    change = Mutation("fit/noise.py", "x = 1", "x = 2", ())
    assert change.place("y = 0\nx = 1\n") == 2
    for text in ("y = 0\n", "x = 1\nx = 1\n"):
        with pytest.raises(LookupError, match=r"ramanfit/fit/noise.py: expected 'x = 1' once, found it [02] times"):
            change.place(text)


def test_the_table_counts_by_room_and_names_what_survived() -> None:
    changes = [Mutation("fit/noise.py", "a", "b", ()), Mutation("fit/engine/starts.py", "c", "d", ())]
    assert table(changes, [3, 14], [False, True]).splitlines() == [
        "room           tried  noticed",
        "fit                1        1",
        "engine             1        0",
        "all                2        1",
        "survived: ramanfit/fit/engine/starts.py:14: c -> d",
    ]


def test_there_is_no_other_room() -> None:
    with pytest.raises(SystemExit):
        main(["--only", "cellar"])

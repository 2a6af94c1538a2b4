"""Tables as a person sees them: what stands where, at every width."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.cli.terminal import aligned
from ramanfit.tables.table import Column, Table

FITS = Table(
    {
        "source": ["scan.txt"] * 3,
        "scan": np.array([0, 0, 0]),
        "point": ["P1", "P2", "P3"],
        "G_center_cm1": np.array([1590.123, 1588.2, 1601.0]),
        "G_center_se": np.array([0.0812, 1.23, np.nan]),
        "voltage_v": np.full(3, np.nan),
        "ratio": np.array([1.876, np.nan, -0.25]),
        "ratio_se": np.array([0.0123, np.nan, 0.1]),
        "flags": ["", "not_detected", "low_snr|at_bound"],
    }
)


def shown(table: Table, width: int = 80, **how: bool) -> list[str]:
    return aligned(table, width, **how).split("\n")[:-1]


def cells_before(line: str, mark: str) -> int:
    """Cells of a terminal that stand before a mark, by what Unicode says of East Asian letters."""
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in line[: line.index(mark)]
    )


def test_a_table_that_fits() -> None:
    assert shown(FITS) == [
        "source scan.txt  scan 0",
        "",
        "point    G_center_cm1          ratio  flags",
        "P1     1590.12 ± 0.08  1.876 ± 0.012",
        "P2      1588.2 ± 1.2                  not_detected",
        "P3        1601         -0.25 ± 0.10   low_snr|at_bound",
    ]
    assert shown(FITS, header=False)[2:] == [
        "P1  1590.12 ± 0.08  1.876 ± 0.012",
        "P2   1588.2 ± 1.2                  not_detected",
        "P3     1601         -0.25 ± 0.10   low_snr|at_bound",
    ]


def test_flagged_rows_are_yellow_and_names_bold() -> None:
    lines = shown(FITS, colour=True)
    assert [re.sub(r"\x1b\[\d+m", "", line).rstrip() for line in lines] == shown(FITS)
    assert lines[2].startswith("\x1b[1mpoint")
    assert ["\x1b[33m" in line for line in lines[3:]] == [False, True, True]
    assert not any("\x1b" in line for line in shown(FITS))


NUMBERS = st.one_of(st.just(float("nan")), st.floats(-1e6, 1e6))


@given(
    st.integers(1, 4).flatmap(
        lambda n: st.tuples(
            st.lists(st.text(max_size=12), min_size=n, max_size=n),
            st.lists(st.lists(NUMBERS, min_size=n, max_size=n), min_size=1, max_size=8),
        )
    ),
    st.integers(60, 130),
)
def test_the_aligned_table_shows_every_number_and_keeps_its_width(
    columns: tuple[list[str], list[list[float]]], width: int
) -> None:
    points, numbers = columns
    values = {f"value_{i}": np.array(column) for i, column in enumerate(numbers)}
    shown = aligned(Table({"point": points, **values}), width)
    assert all(len(line) <= width for line in shown.splitlines() if line.isascii())
    cells = shown.split()
    for column in numbers:
        for number in column:
            assert number != number or f"{number + 0.0:.6g}" in cells


def test_a_narrow_terminal_stacks_blocks_that_repeat_the_points() -> None:
    table = Table(
        {
            "source": ["scan.txt"] * 2,
            "scan": ["", ""],
            "point": ["P1", "P2"],
            "G_center_cm1": np.array([1590.123, 1588.2]),
            "G_center_se": np.array([0.0812, 1.23]),
            "ratio": np.array([1.876, np.nan]),
            "ratio_se": np.array([0.0123, np.nan]),
            "flags": ["", "not_detected"],
        }
    )
    assert aligned(table, 36).split("\n") == [
        "source scan.txt",
        "",
        "point    G_center_cm1          ratio",
        "P1     1590.12 ± 0.08  1.876 ± 0.012",
        "P2      1588.2 ± 1.2",
        "",
        "point  flags",
        "P1",
        "P2     not_detected",
        "",
    ]


def test_nothing_to_show_is_shown_as_nothing() -> None:
    for n in (0, 2):
        assert aligned(Table({"point": [""] * n, "ratio": np.full(n, np.nan)}), 80, colour=True) == ""


@pytest.mark.parametrize(("width", "count"), [(60, 3), (66, 2), (132, 1)])
def test_every_block_repeats_what_tells_the_rows_apart(width: int, count: int) -> None:
    more = {f"{peak}_{what}": np.arange(3) + 1000.5 for peak in "GB" for what in ("height", "area", "fwhm_cm1")}
    lines = shown(Table({**FITS.columns, **more}), width)
    assert max(map(len, lines)) <= width
    blocks = "\n".join(lines[2:]).split("\n\n")
    assert len(blocks) == count
    for block in blocks:
        assert [line.split()[0] for line in block.split("\n")] == ["point", "P1", "P2", "P3"]
    named = [name for block in blocks for name in block.split("\n")[0].split()[1:]]
    assert named == ["G_center_cm1", "ratio", "flags", *more]


def test_texts_are_wrapped_in_their_columns_and_numbers_never() -> None:
    words = "counts above the fitted baseline; empty outside the fitted window"
    table = Table(
        {"name": ["a", "b"], "count": np.array([123456.0, 1.0]), "meaning": [words, ""], "unit": [words, "s"]}
    )
    assert shown(table) == [
        "name   count  meaning                          unit",
        "a     123456  counts above the fitted          counts above the fitted baseline;",
        "              baseline; empty outside the      empty outside the fitted window",
        "              fitted window",
        "b          1                                   s",
    ]
    assert shown(table, 50) == [
        "name   count  meaning",
        "a     123456  counts above the fitted baseline;",
        "              empty outside the fitted window",
        "b          1",
        "",
        "name  unit",
        "a     counts above the fitted baseline; empty",
        "      outside the fitted window",
        "b     s",
    ]


def test_rows_without_room_for_their_names_have_a_line_per_value() -> None:
    table = Table({"source": ["a day of scans/one.txt", ""], "kind": ["line", ""], "ratio": np.array([1.5, np.nan])})
    assert shown(table, 30) == ["source  a day of scans/one.txt", "kind    line", "ratio   1.5", ""]
    assert shown(table, 20) == shown(table, 30)  # a path is not broken
    flagged = Table({**table.columns, "flags": ["low_snr", ""]})
    lines = aligned(flagged, 20, colour=True).split("\n")
    assert all(line.startswith("\x1b[1m") for line in lines[:4])
    assert all("\x1b[33m" in line for line in lines[:4])


def test_a_shared_path_that_is_too_long_stands_alone() -> None:
    path = "a folder/" * 9 + "scan.txt"
    assert shown(Table({**FITS.columns, "source": [path] * 3}))[:4] == [f"source {path}", "scan 0", "", shown(FITS)[2]]


def test_long_names_are_told_by_their_ends() -> None:
    table = Table({"source": [f"{'folder/' * 9}{name}.txt" for name in ("one", "two")], "ratio": np.array([1.0, 2.0])})
    assert shown(table)[1:] == ["…older/folder/folder/one.txt      1", "…older/folder/folder/two.txt      2"]
    wide = Table({"source": ["試料" * 20 + "一", "試料" * 20 + "二"], "ratio": np.array([1.0, 2.0])})
    assert [cells_before(line, digit) for line, digit in zip(shown(wide)[1:], "12", strict=True)] == [33, 33]


def test_letters_of_any_width_are_aligned() -> None:
    names = ["試料", "ab", "é", "e\u0301", "Ω±µ", "한글 라만"]
    table = Table({"point": names, "ratio": np.full(6, 7.0), "status": [*names[1:], "ok"], "flags": ["|"] * 6})
    lines = shown(table)[1:]
    assert {cells_before(line, "7") for line in lines} == {cells_before(shown(table)[0], "ratio") + 4}
    assert len({cells_before(line, "|") for line in lines}) == 1


@pytest.mark.parametrize("width", [20, 80])
def test_what_a_file_calls_itself_is_harmless(width: int) -> None:
    hostile = [
        "\x1b[2J\x1b]0;title\a",
        "a\rb\nc\td",
        "[bold red]x[/bold red] :smile: \\[",
        "\ud800\u202e\u200b",
        "http://x.y",
    ]
    table = Table({"point": hostile, "note": hostile, "ratio": np.arange(5.0)})
    text = aligned(table, width)
    assert all(c.isprintable() or c == "\n" for c in text)
    for harmless in (r"\x1b[2J\x1b]0;title\x07", r"a\rb\nc\td", r"\ud800\u202e\u200b", "http://x.y"):
        assert harmless in text
    if width == 80:
        assert "[bold red]x[/bold red] :smile: \\[" in text
    coloured = aligned(table, width, colour=True)
    assert set(re.findall(r"\x1b[^m]*m", coloured)) <= {"\x1b[0m", "\x1b[1m"}


def test_what_a_paper_prints_of_two_peaks_fits_100_columns() -> None:
    n = 6
    rng = np.random.default_rng(0)
    columns: dict[str, Column] = {"point": [f"P{i + 1}" for i in range(n)], "position_um": np.arange(n) * 5.0}
    columns["time_s"] = 86000.5 + 600 * np.arange(n)
    for peak, center in (("G", 1590.0), ("B", 1350.0)):
        for name, size, se in (("center", center, 0.29), ("fwhm", 134.0, 2.8), ("height", 1331.4, 21.7)):
            unit = "" if name == "height" else "_cm1"
            columns[f"{peak}_{name}{unit}"] = size + rng.random(n)
            columns[f"{peak}_{name}_se"] = np.full(n, se)
    columns |= {"ratio": 1 + rng.random(n), "ratio_se": np.full(n, 0.032)}
    columns["flags"] = ["at_bound|low_snr", *[""] * (n - 1)]
    lines = aligned(Table(columns), 100).splitlines()
    assert max(map(len, lines)) <= 100
    assert {"position", "G_center", "B_center"} <= {*lines[0].split()}  # folded
    assert len([line for line in lines if "1590." in line or "1591." in line]) == n
    assert "1590.64(29)" in lines[2]  # errors in parentheses
    assert lines[-n - 1].split() == ["point", "flags"]  # words stand below

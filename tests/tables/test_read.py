"""Tables of fits as input: our own long table, and the printed Table S1."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.errors import FormatError
from ramanfit.fit.pipeline import fit_scan
from ramanfit.formats import is_fit_table
from ramanfit.recipe.column_kind import ASKED, PEAK
from ramanfit.recipe.columns import KINDS, column_name
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.clock import chronological
from ramanfit.scan.scan import Metadata, Scan
from ramanfit.scan.schedule import Schedule, Visit, place
from ramanfit.tables.columns import long_table, wide_table
from ramanfit.tables.forms import open_writer
from ramanfit.tables.join import join
from ramanfit.tables.read import read_fit_table
from ramanfit.tables.table import Table
from tests.fit.test_quantities import SHIFT, spectra

RECIPE = load_recipe("li-graphite")
TABLE_S1 = """\
point,G_center_cm1,G_height,B_center_cm1,B_height,ratio
P1,1604.7,22.6,1337.5,72.2,3.42
P2,1598.3,45.8,1332.4,89.9,1.96
P3,1597.5,73.2,1329.9,132.1,1.81
P4,1595.9,124.5,1331.3,239.2,1.92
P5,1588.3,176.8,1352.0,331.6,1.88
P6,1593.1,230.6,1355.5,275.1,1.19
pristine,1583.6,96.2,1336.3,13.5,0.14
"""


def test_only_p1_of_the_printed_table_disagrees_with_itself() -> None:
    fits, (p1,) = read_fit_table("s1.csv", TABLE_S1.encode(), RECIPE.ratios)
    table = fits.table
    assert (p1.point, p1.printed) == ("P1", "3.42")
    assert p1.computed == pytest.approx(3.19, abs=0.005)
    assert table.columns["flags"] == ("ratio_mismatch", "", "", "", "", "", "")
    printed = [float(row["ratio"]) for row in csv.DictReader(io.StringIO(TABLE_S1))]
    np.testing.assert_allclose(np.asarray(table.columns["ratio"])[1:], printed[1:], atol=0.0075)


@given(st.floats(5, 500), st.floats(5, 500), st.integers(0, 2), st.integers(1, 3))
def test_rounding_alone_is_no_disagreement(b: float, g: float, digits: int, ratio_digits: int) -> None:
    row = f"P1,{g:.{digits}f},{b:.{digits}f},{b / g:.{ratio_digits}f}"
    _, disagreements = read_fit_table("t", f"point,G_height,B_height,ratio\n{row}\n".encode(), RECIPE.ratios)
    assert not disagreements


def written(table: Table, form: str, tmp_path: object) -> bytes:
    path = tmp_path / f"table.{form}"  # type: ignore[operator]
    with open_writer(path, form) as writer:
        writer.write(table)
    return bytes(path.read_bytes())


@pytest.mark.parametrize("form", ["csv", "tsv", "json", "jsonl"])
def test_the_long_table_becomes_the_wide_one_byte_for_byte(form: str, tmp_path: object) -> None:
    counts = spectra(7)
    counts[2] = 0
    counts[4] = 800 + np.random.default_rng(1).normal(size=SHIFT.size)
    scan = Scan(SHIFT, counts, "line", source='a "b", c.txt', position_um=np.arange(7) * 1.5)
    q = fit_scan(scan, RECIPE).quantities
    keys = place([Visit.of(scan)], Schedule(dwell_s=25))[0][0]
    long = written(long_table(keys, q, {"ratio": "B"}), form, tmp_path)
    assert is_fit_table(long)
    again, disagreements = read_fit_table("t", long, RECIPE.ratios)
    assert written(again.table, "csv", tmp_path) == written(wide_table(keys, q), "csv", tmp_path)
    assert not disagreements


def test_a_wide_table_stays_what_it_is(tmp_path: object) -> None:
    scan = Scan(SHIFT, spectra(3), "line", source="x")
    q = fit_scan(scan, RECIPE).quantities
    wide = written(wide_table(place([Visit.of(scan)], Schedule())[0][0], q), "csv", tmp_path)
    again, _ = read_fit_table("t", wide, RECIPE.ratios)
    assert written(again.table, "csv", tmp_path) == wide


def test_a_peak_that_one_table_never_saw_joins_with_its_form(tmp_path: object) -> None:
    recipe = with_overrides(RECIPE, {"peaks.B.shape": "pseudo-voigt"})
    flat = 800 + np.random.default_rng(1).normal(size=(2, SHIFT.size))
    singly, wide = [], []
    for i, counts in enumerate((spectra(2), flat)):
        scan = Scan(SHIFT, counts, "line", source=f"s{i}", metadata=Metadata(started=datetime(2024, 1, 10, 9, i)))
        q = fit_scan(scan, recipe).quantities
        keys = place([Visit.of(scan)], Schedule())[0][0]
        singly.append(written(long_table(keys, q, {"ratio": "B"}), "csv", tmp_path))
        wide.append(wide_table(keys, q))
    joined, _ = join([read_fit_table(f"t{i}", data, recipe.ratios)[0] for i, data in enumerate(singly)])
    assert joined.table.names == wide[0].names == wide[1].names
    form = np.asarray(joined.table.columns["B_form"])
    assert np.isfinite(form[:2]).all()
    assert np.isnan(form[2:]).all()


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS.values() if kind.there == ASKED])
@pytest.mark.parametrize("asked_first", [True, False])
def test_what_only_one_table_was_asked_for_is_empty_in_the_other(kind: str, asked_first: bool) -> None:
    of = "G" if KINDS[kind].owner == PEAK else ""
    name = column_name(kind, of)
    usual, values = "point,G_height,B_height,ratio,area_ratio,derived,derived_se", "P1,50,20,0.4,2,3,1"
    plain = read_fit_table("plain", f"{usual}\n{values}\n".encode(), RECIPE.ratios)[0]
    asked = read_fit_table("asked", f"{usual},{name}\n{values},7\n".encode(), RECIPE.ratios)[0]
    joined, _ = join([asked, plain] if asked_first else [plain, asked])
    assert joined.table.names == asked.table.names
    assert set(asked.table.names) - set(plain.table.names) == {name}
    np.testing.assert_array_equal(np.asarray(joined.table.columns[name]), [7, np.nan] if asked_first else [np.nan, 7])


def test_tables_that_name_their_peaks_in_another_order_are_joined() -> None:
    texts = (b"point,G_height,B_height\nP1,50,20\n", b"point,B_height,G_height\nP1,30,40\n")
    tables = [read_fit_table("t", text, RECIPE.ratios)[0] for text in texts]
    joined, _ = join(tables)
    assert joined.table.names == tables[0].table.names
    np.testing.assert_array_equal(np.asarray(joined.table.columns["G_height"]), [50, 40])
    np.testing.assert_array_equal(np.asarray(joined.table.columns["ratio"]), [0.4, 0.75])


def test_tables_made_one_by_one_join_to_what_one_command_gives(tmp_path: object) -> None:
    """As make does it: one table a scan, in the order of names, then one table of all."""
    begun = [datetime(2024, 1, 10, 9, m) for m in (20, 0, 10)]
    scans = [
        Scan(SHIFT, spectra(2, seed=i), "line", source=f"s{i}", metadata=Metadata(started=t, duration_s=50))
        for i, t in enumerate(begun)
    ]
    fits = [fit_scan(scan, RECIPE).quantities for scan in scans]
    visits = [Visit.of(scan) for scan in scans]
    order = chronological(visits, Schedule(), [])
    at_once = place([visits[i] for i in order], Schedule())[0]
    expected = Table.concat([wide_table(k, fits[i]) for k, i in zip(at_once, order, strict=True)])
    singly = [
        written(long_table(place([v], Schedule())[0][0], q, {"ratio": "B"}), "csv", tmp_path)
        for v, q in zip(visits, fits, strict=True)
    ]
    joined, notes = join([read_fit_table(f"t{i}", data, RECIPE.ratios)[0] for i, data in enumerate(singly)])
    assert not notes
    assert written(joined.table, "csv", tmp_path) == written(expected, "csv", tmp_path)
    assert joined.started == tuple(t.isoformat() for t in sorted(begun) for _ in range(2))
    assert np.asarray(joined.table.columns["time_s"]).tolist() == [12.5, 37.5, 612.5, 637.5, 1212.5, 1237.5]


def test_tables_without_a_start_follow_each_other() -> None:
    tables = [read_fit_table(name, TABLE_S1.encode(), RECIPE.ratios)[0] for name in ("t", "u")]
    joined, notes = join(tables)
    assert "do not say when" in notes[0]
    assert np.asarray(joined.table.columns["scan"]).tolist() == [0] * 7 + [1] * 7
    with pytest.raises(FormatError, match="the columns of the first table"):
        join([tables[0], read_fit_table("u", b"point,B_height,G_height,X_height\nP1,1,2,3\n", RECIPE.ratios)[0]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("point,G_height,B_height\nP1,1\n", "t:2: expected 3 cells, found 2"),
        ("point,G_height,B_height\nP1,1,x\n", ":2: B_height: expected a number, found 'x'"),
        ("point,G_height,B_height\n", "expected a table of fits, found no row"),
        ("point,D_height,X_height\nP1,1,2\n", "expected B_height and G_height, found heights of D, X"),
        ("scan,point,peak,height\n0,P1,G,1\n0,P1,G,2\n", "peak G stands twice"),
        ('[{"G_height": 1', "not JSON"),
    ],
)
def test_bad_tables_are_refused_with_the_place(text: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read_fit_table("t", text.encode(), RECIPE.ratios)


def test_exports_are_no_tables() -> None:
    assert not is_fit_table(b"//Exported ASCII-File\n[Header]\n")
    assert not is_fit_table(b"X-Axis\tMap(0/0)\n 1.0\t 2.0\n")
    assert not is_fit_table(b"shift,height\n1,2\n")
    assert not is_fit_table(b"")


@pytest.mark.parametrize("cell", ["1,590.1", "Mar-90", "#REF!", "TRUE", "1590 cm-1", "1_590", "0x10", "\u0661", "'5"])
@pytest.mark.parametrize("form", ["csv", "semicolon", "long", "json", "jsonl"])
def test_what_a_spreadsheet_made_of_a_number_is_refused_with_its_place(form: str, cell: str) -> None:
    wide, quoted = {"source": "a", "scan": 0, "point": "P1", "G_height": 5, "B_height": 4}, f'"{cell}"'
    data, place = {
        "csv": (f"point,G_height,B_height\nP1,5,4\nP2,5,{quoted}\n", r"t:3: B_height: "),
        "semicolon": (f"point;G_height;B_height\nP1;5;{quoted}\n", r"t:2: B_height: "),
        "long": (
            f"source,scan,point,peak,status,height\na,0,P1,G,ok,5\na,0,P1,B,ok,{quoted}\n",
            r"t:3: height: ",
        ),
        "json": (json.dumps([wide, {**wide, "B_height": cell}]), r"t: row 2, B_height: "),
        "jsonl": ("\n".join(map(json.dumps, [wide, {**wide, "B_height": cell}])), r"t:2: B_height: "),
    }[form]
    with pytest.raises(FormatError, match=f"{place}expected a number, found {re.escape(repr(cell))}"):
        read_fit_table("t", data.encode(), load_recipe("li-graphite").every_ratio)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("[1, 2]", "t: row 1: expected an object of columns and cells, found a number"),
        ('[["G_height"]]', "t: row 1: expected an object of columns and cells, found an array"),
        ('{"G_height": 1}\nnull', "t:2: expected an object of columns and cells, found null"),
        ('[{"G_height": {"x": 1}}]', "t: row 1, G_height: expected a number or a text, found an object"),
        ("[" * 100_000, "t: expected an array of rows, found arrays in arrays in arrays"),
        (f'[{{"G_height": {"9" * 5000}}}]', "t: expected numbers, found an integer of thousands of digits"),
        ('[{"peak": "G", "height": 1}, {"height": 1}]', "t: row 2, peak: expected the name of a peak, found none"),
        ("scan,G_height,B_height\n1.5,1,2\n", "t:2: scan: expected the number of a scan, found '1.5'"),
        (f"scan,G_height,B_height\n1{'0' * 30},1,2\n", "t:2: scan: expected the number of a scan"),
        ("point,G_height,B_height\nP1,1e999,2\n", "t:2: G_height: expected a finite number, found '1e999'"),
        ("point,G_height,G_height\nP1,1,2\n", "t:1: expected columns of different names, found G_height twice"),
        (f"point,G_height,B_height\n{'x' * 200_000},1,2\n", "t:2: expected a row of cells, found field larger"),
    ],
)
def test_what_is_no_table_of_fits_is_told_with_its_place(data: str, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        read_fit_table("t", data.encode(), load_recipe("li-graphite").every_ratio)
    assert caught.value.message.startswith(message)
    assert len(caught.value.message) < 300


def test_digits_without_end_do_not_break_the_check_of_a_ratio() -> None:
    data = b"point,G_height,B_height,ratio\nP1,1,2,0e99999\n"
    read_fit_table("t", data, load_recipe("li-graphite").every_ratio)

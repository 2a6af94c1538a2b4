"""What leaves the program: read back by other libraries, and never half written."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from uncertainties import ufloat, ufloat_fromstr

from ramanfit.errors import InputError, RecipeError
from ramanfit.recipe.marked import marked, unmarked
from ramanfit.tables import forms as writers
from ramanfit.tables.documents import DOCUMENTS, Collected
from ramanfit.tables.forms import FORMS, check_form, form_of, open_writer
from ramanfit.tables.rounding import for_people, plus_minus, shorthand, with_error
from ramanfit.tables.sink import Sink
from ramanfit.tables.table import Table
from ramanfit.tables.text import ENCODERS, Delimited, Encoder

ROOT = Path(__file__).resolve().parents[2]
EXTRAS = {"xlsx": "openpyxl", "parquet": "pyarrow"}


def needs(form: str) -> None:
    """Skip where the package of a form's extra is not installed."""
    if form in EXTRAS:
        pytest.importorskip(EXTRAS[form])


def written(table: Table, form: str, tmp_path: Path, header: bool = True) -> bytes:
    needs(form)
    target = tmp_path / f"table.{form}"
    with open_writer(target, form, header=header) as writer:
        writer.write(table)
    return target.read_bytes()


def example() -> Table:
    return Table(
        {
            "source": ["a.txt", 'b|c, "d".txt', "=1+1"],
            "n": np.array([1, -2, 2**53 + 1]),
            "center_cm1": np.array([1590.123456789012, np.nan, -0.0]),
            "center_se": np.array([0.0812, 0.3, np.inf]),
            "flags": ["", "at_bound|low_snr", "#N/A"],
        }
    )


# -- Table --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"a": ["x"], "b": ["x", "y"]},
        {"a": [1.0, 2.0]},
        {"a": "text"},
        {"a": np.zeros((2, 2))},
        {"a": np.array([True])},
    ],
)
def test_a_table_refuses_what_is_no_table(columns: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Table(columns)  # type: ignore[arg-type]


def test_infinite_numbers_are_missing_and_the_source_array_is_not_touched() -> None:
    values = np.array([1.0, np.inf, -np.inf, np.nan])
    table = Table({"a": values})
    assert np.isfinite(table.columns["a"]).tolist() == [True, False, False, False]
    assert np.isinf(values).sum() == 2


def test_concat_keeps_rows_and_order() -> None:
    table = example()
    both = Table.concat([table, table]).to_pandas()
    pd.testing.assert_frame_equal(both, pd.concat([table.to_pandas()] * 2, ignore_index=True))
    with pytest.raises(ValueError, match="columns"):
        Table.concat([table, Table({"n": np.array([1])})])


# -- forms for machines -------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
ROWS = st.lists(st.tuples(TEXT, st.floats(), st.integers(-(2**63), 2**63 - 1)), max_size=8)


def table_of(rows: list[tuple[str, float, int]], name: str = "text") -> Table:
    texts, floats, integers = zip(*rows, strict=True) if rows else ((), (), ())
    return Table({name: texts, "float": np.array(floats, float), "integer": np.array(integers, np.int64)})


def encoded(encoder: Encoder, tables: list[Table]) -> str:
    return b"".join([*(encoder.add(table) for table in tables), encoder.end()]).decode()


def same_number(found: float, original: float) -> bool:
    return math.isclose(found, original, rel_tol=5.0000001e-9, abs_tol=1e-307)


@given(ROWS, TEXT.filter(bool), st.sampled_from([",", "\t"]))
def test_delimited_text_is_read_back_by_the_csv_module(
    rows: list[tuple[str, float, int]], name: str, delimiter: str
) -> None:
    text = encoded(Delimited(delimiter), [table_of(rows, name)])
    names, *found = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    assert [unmarked(cell) for cell in names] == [name, "float", "integer"]
    assert [unmarked(row[0]) for row in found] == [row[0] for row in rows]
    assert [int(row[2]) for row in found] == [row[2] for row in rows]
    for row, (_, value, _) in zip(found, rows, strict=True):
        assert same_number(float(row[1]), value) if math.isfinite(value) else row[1] == ""


@given(st.text(st.sampled_from("'=+-@\t\r1e. x"), max_size=6))
def test_a_text_that_a_spreadsheet_would_run_has_an_apostrophe_and_is_read_back(text: str) -> None:
    cell = marked(text)
    assert unmarked(cell) == text
    runs = cell[:1] in ("\t", "\r") or (len(cell) > 1 and cell[:1] in ("=", "+", "-", "@"))
    if runs:  # a number: nothing to run
        assert re.fullmatch(r"[+-]\d*\.?\d*(e[+-]?\d+)?", cell)
        float(cell)


def test_numbers_and_lone_signs_have_no_apostrophe() -> None:
    for text in ("-", "-5", "+1.5e-3", "a=1", "", "P1", "'a'"):
        assert marked(text) == text
    for text in ("=1+1", "-2+3", "@SUM(1)", "+cmd", "\t=1", "\r", "'=1", "-5cm", "\uff1d1"):
        assert marked(text) == f"'{text}"


@given(ROWS, TEXT.filter(bool), st.sampled_from(["json", "jsonl"]))
def test_json_is_read_back_by_the_json_module(rows: list[tuple[str, float, int]], name: str, form: str) -> None:
    text = encoded(ENCODERS[form](True, False), [table_of(rows, name)])
    found = json.loads(text) if form == "json" else [json.loads(line) for line in text.split("\n")[:-1]]
    assert [list(row) for row in found] == [[name, "float", "integer"]] * len(rows)
    for row, (words, value, integer) in zip(found, rows, strict=True):
        assert row[name] == (words or None)
        assert row["integer"] == integer
        assert same_number(row["float"], value) if math.isfinite(value) else row["float"] is None


@given(ROWS, st.integers(0, 8), st.sampled_from(sorted(ENCODERS)))
def test_batches_do_not_show(rows: list[tuple[str, float, int]], cut: int, form: str) -> None:
    parts = [table_of(rows[:cut]), table_of(rows[cut:])]
    assert encoded(ENCODERS[form](True, False), parts) == encoded(ENCODERS[form](True, False), [table_of(rows)])


@given(st.lists(TEXT, min_size=1))
def test_a_single_column_keeps_its_empty_rows(cells: list[str]) -> None:
    text = encoded(Delimited(","), [Table({"a": cells})])
    assert [[unmarked(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""))] == [
        ["a"],
        *([cell] for cell in cells),
    ]


def test_numbers_have_a_point_and_no_more_than_nine_digits(tmp_path: Path) -> None:
    assert written(example(), "csv", tmp_path).decode() == (
        "source,n,center_cm1,center_se,flags\n"
        "a.txt,1,1590.12346,0.0812,\n"
        '"b|c, ""d"".txt",-2,,0.3,at_bound|low_snr\n'
        "'=1+1,9007199254740993,0,,#N/A\n"
    )


def test_no_header(tmp_path: Path) -> None:
    full = written(example(), "tsv", tmp_path)
    assert written(example(), "tsv", tmp_path, header=False) == full.split(b"\n", 1)[1]


def test_undecodable_file_names_leave_as_they_came(tmp_path: Path) -> None:
    table = Table({"source": [os.fsdecode(b"a\xff.txt")]})
    assert written(table, "csv", tmp_path) == b"source\na\xff.txt\n"
    assert json.loads(written(table, "json", tmp_path)) == [{"source": "a\udcff.txt"}]
    assert "a" in pd.read_excel(io.BytesIO(written(table, "xlsx", tmp_path)))["source"][0]
    assert "a" in pd.read_parquet(io.BytesIO(written(table, "parquet", tmp_path)))["source"][0]


READ = {
    "csv": lambda data: pd.read_csv(io.BytesIO(data), keep_default_na=False, na_values=[""]),
    "tsv": lambda data: pd.read_csv(io.BytesIO(data), sep="\t", keep_default_na=False, na_values=[""]),
    "json": lambda data: pd.read_json(io.BytesIO(data)),
    "jsonl": lambda data: pd.read_json(io.BytesIO(data), lines=True),
    "xlsx": lambda data: pd.read_excel(io.BytesIO(data), keep_default_na=False, na_values=[""]),
    "parquet": lambda data: pd.read_parquet(io.BytesIO(data)),
}


@pytest.mark.parametrize("form", READ)
def test_pandas_reads_the_same_table_from_every_form(form: str, tmp_path: Path) -> None:
    columns = dict(example().columns) | {"n": np.array([1, -2, 3])}  # Excel and JSON readers know 53 bits
    found = READ[form](written(Table(columns), form, tmp_path))
    assert list(found) == list(columns)
    for name, values in columns.items():
        if isinstance(values, np.ndarray):
            expected = [float(f"{value:.9g}") for value in values]
            np.testing.assert_allclose(
                found[name].to_numpy(float), expected, rtol=1e-15
            )  # pandas' JSON errs in the last bit
        else:
            cells = [cell if isinstance(cell, str) else "" for cell in found[name]]
            assert (list(map(unmarked, cells)) if form in ("csv", "tsv") else cells) == list(values)


def test_a_workbook_has_no_date_of_its_own(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(written(example(), "xlsx", tmp_path))) as book:
        assert {entry.date_time for entry in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        dates = re.findall(rb"\d{4}-\d\d-\d\dT[\d:]+Z", book.read("docProps/core.xml"))
    assert set(dates) == {b"1980-01-01T00:00:00Z"}


# -- forms for people ---------------------------------------------------------------------------------------


@given(st.floats(-1e5, 1e5), st.floats(1e-4, 1e4))
def test_digits_are_those_of_the_particle_data_group(value: float, se: float) -> None:
    leading = se / 10.0 ** math.floor(math.log10(se)) * 100
    assume(all(abs(leading - edge) > 1e-6 for edge in (355, 950)))  # there the outside opinion errs in the last bit
    value_text, se_text = with_error(value, se, plus_minus).split(" ± ")
    expected_value, expected_se = f"{ufloat(value, se):f}".split("+/-")
    assert (float(value_text), se_text) == (float(expected_value), expected_se)


@given(st.floats(-1e5, 1e5), st.floats(1e-4, 1e4))
def test_shorthand_is_understood(value: float, se: float) -> None:
    number = ufloat_fromstr(with_error(value, se, shorthand))
    value_text, se_text = with_error(value, se, plus_minus).split(" ± ")
    assert number.nominal_value == pytest.approx(float(value_text), abs=1e-12)
    assert number.std_dev == pytest.approx(float(se_text))


@pytest.mark.parametrize(
    ("value", "se", "text"),
    [
        (1590.123, 0.0812, "1590.12 ± 0.08"),
        (1590.123, 0.0355, "1590.12 ± 0.04"),
        (1590.123, 0.0354, "1590.123 ± 0.035"),
        (1590.123, 0.0951, "1590.12 ± 0.10"),
        (-0.001, 0.2, "0.00 ± 0.20"),
        (12345.6, math.nan, "12345.6"),
        (12345.6, 0.0, "12345.6"),
        (math.nan, 0.1, ""),
    ],
)
def test_value_and_error(value: float, se: float, text: str) -> None:
    assert with_error(value, se) == text


def test_systematic_errors_and_intervals_have_the_digits_of_errors() -> None:
    table = Table(
        {"ratio": _one(1.23456), "ratio_se": _one(0.0234), "ratio_low": _one(1.18765), "ratio_sys": _one(0.4351)}
    )
    assert for_people(table) == {"ratio": ["1.235 ± 0.023"], "ratio_low": ["1.188"], "ratio_sys": ["0.4"]}
    missing = Table({name: _one(np.nan) for name in table.names})
    assert for_people(missing) == {"ratio": [""], "ratio_low": [""], "ratio_sys": [""]}


def _one(value: float) -> np.ndarray:
    return np.array([value])


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4))
def test_markdown_shows_what_the_cells_hold(rows: list[tuple[str, str]]) -> None:
    table = Table({"a|b": [row[0] for row in rows], "*c*": [row[1] for row in rows]})
    text = encoded(Collected(DOCUMENTS["md"]), [table])
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    cells = [
        "".join(child.content for child in token.children or [])
        for before, token in pairwise(tokens)
        if before.type in ("td_open", "th_open")
    ]
    assert cells == ["a|b", "*c*", *(" ".join(cell.split()) for row in rows for cell in row)]


LATEX = {r"\textasciitilde{}": "~", r"\textasciicircum{}": "^", r"\textbackslash{}": "\\"}


@given(TEXT)
def test_latex_shows_what_the_cells_hold(cell: str) -> None:
    text = encoded(Collected(DOCUMENTS["tex"]), [Table({"a_b": [cell]})])
    body = text.split("\\midrule\n")[1].split(" \\\\\n\\bottomrule")[0]
    plain = re.sub(r"\\text\w+\{\}|\\(.)", lambda match: LATEX.get(match[0], match[1]), body)
    assert plain == " ".join(cell.split())
    assert not re.search(r"(?<!\\)[&%$#_]", body)


def test_latex_table(tmp_path: Path) -> None:
    table = Table(
        {"point": ["P_1"], "ratio": np.array([1.876]), "ratio_se": np.array([0.0123]), "tiny": np.array([1.5e-7])}
    )
    assert written(table, "tex", tmp_path).decode().splitlines() == [
        r"% \usepackage{booktabs}",
        r"\begin{tabular}{lrr}",
        r"\toprule",
        r"point & ratio & tiny \\",
        r"\midrule",
        r"P\_1 & $1.876(12)$ & $1.5 \times 10^{-7}$ \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


# -- choice of form -----------------------------------------------------------------------------------------


def test_the_ending_chooses() -> None:
    assert [form_of(f"dir.x/TABLE.{form.upper()}") for form in FORMS] == list(FORMS)
    assert form_of("/dev/stdout") == "csv"
    with pytest.raises(RecipeError, match=r"found \.txt") as caught:
        form_of("out.txt")
    assert caught.value.exit_code == 2


def test_every_form_is_written_by_an_encoder_or_as_a_document() -> None:
    assert sorted([*ENCODERS, *DOCUMENTS, "parquet"]) == sorted(FORMS)


@pytest.mark.parametrize("form", FORMS)
def test_the_line_of_names_is_left_out_where_that_is_offered(form: str, tmp_path: Path) -> None:
    whole, without = (written(example(), form, tmp_path, header) for header in (True, False))
    assert whole.endswith(without)
    assert (whole != without) == FORMS[form].headless


@pytest.mark.parametrize("form", ["xlsx", "parquet"])
def test_a_missing_extra_is_named_before_any_file_is_touched(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "find_spec", lambda name: None)
    with pytest.raises(InputError) as caught:
        open_writer(tmp_path / f"a.{form}", form)
    assert f"ramanfit-cli[{form}]" in str(caught.value.hint)
    assert not list(tmp_path.iterdir())
    check_form("csv")


def test_tables_of_other_columns_are_refused(tmp_path: Path) -> None:
    with open_writer(tmp_path / "a.csv", "csv") as writer:
        writer.write(Table({"a": ["x"]}))
        with pytest.raises(ValueError, match="columns"):
            writer.write(Table({"b": ["x"]}))


# -- whole or not at all ------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_failed_run_leaves_the_earlier_file(form: str, failure: type[BaseException], tmp_path: Path) -> None:
    needs(form)
    target = tmp_path / f"a.{form}"
    target.write_bytes(b"earlier")

    def fail() -> None:
        with open_writer(target, form) as writer:
            writer.write(example())
            raise failure

    with pytest.raises(failure):
        fail()
    assert target.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [target]


def script(body: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{body}", *map(str, arguments)]


HALF_WRITTEN = """
import time
from ramanfit.cli.console import end_on_signals
from ramanfit.tables.sink import Sink
end_on_signals()
with Sink(sys.argv[1]) as sink:
    sink.write(b"half")
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.posix
@pytest.mark.parametrize(("name", "left_over"), [("SIGKILL", 1), ("SIGTERM", 0), ("SIGHUP", 0)])
def test_a_kill_leaves_the_earlier_file(name: str, left_over: int, tmp_path: Path) -> None:
    number = getattr(signal, name)  # Windows has not all of them
    target = tmp_path / "a.csv"
    target.write_bytes(b"earlier")
    with subprocess.Popen(script(HALF_WRITTEN, target), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        status = process.wait(timeout=30)
    assert status == (-number if name == "SIGKILL" else 128 + number)
    assert target.read_bytes() == b"earlier"
    assert len(list(tmp_path.iterdir())) == 1 + left_over


NEVER_ENTERED = """
from ramanfit.tables.sink import Sink
sink = Sink(sys.argv[1])
sink.write(b"half")
sys.exit(3)  # as a signal's handler does, before the block that cleans up has begun
"""


def test_what_no_block_cleans_up_is_gone_in_the_end(tmp_path: Path) -> None:
    assert subprocess.run(script(NEVER_ENTERED, tmp_path / "a.csv"), check=False).returncode == 3
    assert not list(tmp_path.iterdir())


FULL_DISK = """
import resource, signal
from ramanfit.errors import InputError
from ramanfit.tables.sink import Sink
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    with Sink(sys.argv[1]) as sink:
        sink.write(b"x" * 100_000)
except InputError as error:
    sys.exit(str(error))
"""


@pytest.mark.posix
def test_a_full_disk_leaves_the_earlier_file(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_bytes(b"earlier")
    done = subprocess.run(script(FULL_DISK, target), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == f"{target}: cannot be written: File too large\n"
    assert target.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.posix
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_behind_standard_output_is_noticed(unbuffered: str, tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("wb") as output:
        done = subprocess.run(
            script(FULL_DISK, "-"),
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            check=False,
        )
    assert "standard output: cannot be written: File too large" in done.stderr


def put(target: Path | str, data: bytes = b"new") -> None:
    with Sink(target) as sink:
        sink.write(data)


def test_the_file_is_not_there_before_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    with Sink(target) as sink:
        sink.write(b"new")
        assert not target.exists()
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.posix
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_permissions_follow_the_umask_or_the_earlier_file(mask: int, tmp_path: Path) -> None:
    earlier, new = tmp_path / "earlier", tmp_path / "new"
    earlier.touch()
    earlier.chmod(0o640)
    before = os.umask(mask)
    try:
        put(new)
        put(earlier)
    finally:
        os.umask(before)
    assert stat.S_IMODE(new.stat().st_mode) == 0o666 & ~mask
    assert stat.S_IMODE(earlier.stat().st_mode) == 0o640


@pytest.mark.posix
@pytest.mark.parametrize("exists", [True, False])
def test_a_symlink_stays_one(exists: bool, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    real, link = tmp_path / "elsewhere" / "a.csv", tmp_path / "link.csv"
    link.symlink_to(real)
    if exists:
        real.write_bytes(b"earlier")
    put(link)
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert list(real.parent.iterdir()) == [real]


@pytest.mark.parametrize("name", [".", "nowhere/a.csv", "a" * 300])
def test_what_cannot_be_opened_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written") as caught:
        put(tmp_path / name)
    assert str(tmp_path) in caught.value.message
    assert not list(tmp_path.iterdir())


@pytest.mark.posix
def test_a_protected_file_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.csv"
    target.write_bytes(b"earlier")
    target.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everything
    with pytest.raises(InputError, match="Permission denied"):
        put(target)
    assert target.read_bytes() == b"earlier"


@pytest.mark.posix
def test_devices_are_written_as_they_are() -> None:
    put("/dev/null")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    if Path("/dev/full").exists():
        with pytest.raises(InputError, match="/dev/full: cannot be written: No space left on device"):
            put("/dev/full")


@pytest.mark.posix
def test_a_named_pipe_is_written_as_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    put(pipe)
    reader.join(timeout=30)
    assert read == [b"new"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.posix
@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/fd/1"])
def test_standard_output_by_any_name_is_appended_to(name: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"earlier\n")
    with log.open("ab") as appended:
        body = "from ramanfit.tables.sink import Sink\nwith Sink(sys.argv[1]) as sink: sink.write(b'new')"
        subprocess.run(script(body, name), stdout=appended, check=True)
    assert log.read_bytes() == b"earlier\nnew"
    assert list(tmp_path.iterdir()) == [log]

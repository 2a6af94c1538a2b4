"""The list of columns: every one of it is written, read back, rounded and has words, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.drawing.axes import label
from ramanfit.experiment.evolution import Evolution
from ramanfit.fit.derived import DerivedValues
from ramanfit.fit.pipeline import fit_scan
from ramanfit.fit.quantities import Quantities, RatioValues
from ramanfit.recipe import column_kind
from ramanfit.recipe.column_kind import (
    ALWAYS,
    ASKED,
    BAND,
    CELL,
    DERIVED,
    KEY,
    LONG,
    MAP,
    PEAK,
    RATIO,
    REFERENCE,
    SOME,
    SPECTRUM,
)
from ramanfit.recipe.columns import ECHEM, KEYS, KINDS, XY, column_name, kinds_of
from ramanfit.recipe.names import taken_by
from ramanfit.recipe.peaks import Ratio
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.scan.scan import FloatArray, Scan
from ramanfit.scan.schedule import Keys, Schedule, Visit, place
from ramanfit.tables.columns import COLUMNS, lengthened, wide_table
from ramanfit.tables.digits import nine_digits
from ramanfit.tables.fit_table import FitTable
from ramanfit.tables.forms import open_writer
from ramanfit.tables.read import read_fit_table
from ramanfit.tables.rounding import for_people
from ramanfit.tables.schema import Entry, Schema, covariates_of
from ramanfit.tables.table import Table, column_of_cells
from tests.fit.test_quantities import SHIFT, spectra

PEAKS, RATIOS = ("G", "B'_2"), (Ratio("B'_2", "G", "ratio"), Ratio("G", "B'_2", "I_G_B"))
DERIVED_NAMES = ("fraction", "G_minus_B")
NAMES = (PEAKS, [r.name for r in RATIOS], DERIVED_NAMES)
STANDS_WITH = {r.name: r.numerator for r in RATIOS} | {"fraction": "G", "G_minus_B": "B'_2"}
N = 3


def numbers(seed: int, *shape: int) -> FloatArray:
    values = np.random.default_rng(seed).uniform(1.0, 2.0, shape)
    return nine_digits(values.ravel()).reshape(shape)


def others(owner: str, seed: int, fields: Iterable[str]) -> dict[str, FloatArray]:
    """Columns that have no field of their own."""
    kinds = [kind for kind in kinds_of(owner, ALWAYS, ASKED) if kind.name not in fields]
    return {kind.name: numbers(seed + i, N) for i, kind in enumerate(kinds)}


def ratio_values(r: int, value: FloatArray) -> RatioValues:
    values = RatioValues(value, *numbers(50 + r, 3, N))
    return values.with_more(**others(RATIO, 60 + 10 * r, values.columns()))


def whole() -> Quantities:
    """Quantities with every column that is declared."""
    own = {kind.name: numbers(i, N, 2) for i, kind in enumerate(kinds_of(PEAK, ALWAYS, SOME))}
    return Quantities(
        names=PEAKS,
        status=np.full((N, 2), "ok"),
        formed=PEAKS,
        ratios={
            ratio.name: ratio_values(r, own["height"][:, 1 - r] / own["height"][:, r]) for r, ratio in enumerate(RATIOS)
        },
        derived={
            name: DerivedValues(*numbers(70 + i, 2, N)).with_more(derived_sys=numbers(75 + i, N))
            for i, name in enumerate(DERIVED_NAMES)
        },
        redchi2=numbers(90, N),
        flags=np.array(["", "at_bound", "low_snr|swapped"]),
        of_peaks={kind.name: numbers(20 + i, N, 2) for i, kind in enumerate(kinds_of(PEAK, ASKED))},
        of_spectra=others(SPECTRUM, 91, Quantities.__dataclass_fields__),
        **own,
    )


def keys() -> Keys:
    cell = {name: numbers(80 + i, N) for i, name in enumerate(ECHEM)}
    place = {"x_um": numbers(70, N), "y_um": numbers(71, N)}
    return Keys(
        "line.txt",
        "2024-01-10T09:00:00",
        np.arange(N),
        ("P1", "P2", "P3"),
        1.5 * np.arange(N),
        numbers(9, N),
        cell,
        place,
    )


WIDE = wide_table(keys(), whole())
FITS = FitTable.of(keys(), whole())
LONG_ONE = FITS.long(STANDS_WITH)


def written(table: Table, form: str, folder: Path) -> bytes:
    path = folder / f"table.{form}"
    with open_writer(path, form) as writer:
        writer.write(table)
    return path.read_bytes()


def test_every_declared_column_is_in_the_wide_table() -> None:
    declared = [entry.name for entry in Schema.of(*NAMES).values() if entry.kind.there != REFERENCE]
    assert list(WIDE.names) == declared


def test_a_plain_fit_fills_the_columns_that_are_always_there_and_no_other() -> None:
    scan = Scan(SHIFT, spectra(3), "line", position_um=np.arange(3.0))
    (of_scan,), _ = place([Visit.of(scan)], Schedule(dwell_s=25))
    recipe = with_overrides(load_recipe("li-graphite"), {"baseline.smooth_cm1": "none"})
    table = wide_table(of_scan, fit_scan(scan, recipe).quantities)
    always = [entry for entry in Schema.of(["G", "B"], ["ratio"]).values() if entry.kind.there == ALWAYS]
    assert list(table.names) == [entry.name for entry in always]
    assert all(np.isfinite(np.asarray(table.columns[entry.name])).all() for entry in always if not entry.kind.text)


def test_every_declared_column_is_in_the_long_table() -> None:
    kinds = [kind for kind in KINDS.values() if kind.owner not in (RATIO, DERIVED, BAND) and kind.there != REFERENCE]
    of_ratios = [kind.named(r.name) for r in RATIOS for kind in kinds_of(RATIO, ALWAYS, ASKED)]
    of_derived = [kind.named(name) for name in DERIVED_NAMES for kind in kinds_of(DERIVED, ALWAYS, ASKED)]
    assert set(LONG_ONE.names) == {*(kind.name for kind in kinds), *of_ratios, *of_derived}
    assert LONG_ONE.names[:14] == (*KEYS, *XY, *ECHEM, "peak")


@pytest.mark.parametrize("form", ["csv", "tsv", "json", "jsonl"])
@pytest.mark.parametrize("table", [WIDE, LONG_ONE], ids=["wide", "long"])
def test_every_column_is_read_back(table: Table, form: str, tmp_path: Path) -> None:
    again, _ = read_fit_table("t", written(table, form, tmp_path), RATIOS)
    assert written(again.table, "csv", tmp_path) == written(WIDE, "csv", tmp_path)


def test_a_column_that_is_not_declared_is_refused() -> None:
    for undeclared in ({"of_peaks": {"nonsense": numbers(1, N, 2)}}, {"of_spectra": {"nonsense": numbers(1, N)}}):
        fields = {**vars(whole()), **undeclared}
        with pytest.raises(ValueError, match=r"no such column in ramanfit\.recipe\.columns: .*'nonsense'"):
            wide_table(keys(), Quantities(**fields))


def test_the_list_shows_every_column() -> None:
    assert list(COLUMNS) == list(KINDS)
    assert all(meaning for _, meaning in COLUMNS.values())


def test_what_a_column_refers_to_is_there() -> None:
    owners = {KEY, MAP, CELL, SPECTRUM, PEAK, RATIO, DERIVED, BAND}
    for kind in KINDS.values():
        assert kind.owner in owners
        assert kind.there in (ALWAYS, SOME, ASKED, LONG, REFERENCE)
        for other in filter(None, (kind.error, kind.delta, *({kind.digits} - {column_kind.AS_ERROR}))):
            assert KINDS[other].owner == kind.owner
        assert not kind.error or kind.owner == BAND or KINDS[kind.error].there == kind.there


def test_every_number_of_a_fit_has_words_for_an_axis() -> None:
    errors = {kind.error for kind in KINDS.values()}
    evolution = Evolution(FITS, tuple(r.name for r in RATIOS))
    for entry in evolution.schema.values():
        if entry.kind.owner in (KEY, BAND) or entry.kind.text or entry.kind.name in errors:
            continue
        assert entry.kind.words, entry.name
        assert entry.of.replace("_", " ") in label(evolution, entry.name).replace("_", " ") or entry.of == "ratio"
    assert label(evolution, "B'_2_center_sys") == "B'_2 position, systematic error (cm⁻¹)"
    assert label(evolution, "area_I_G_B") == "area I G B"
    assert label(evolution, "I_G_B_delta") == "I G B − reference"
    assert label(evolution, "G_minus_B_delta") == "G minus B − reference"
    assert label(evolution, "nothing_known") == "nothing known"


def test_every_error_is_merged_into_its_value() -> None:
    errors = {entry.error for entry in Schema.of(*NAMES).values()}
    for table in (WIDE, LONG_ONE):
        cells = for_people(table)
        assert not errors & set(cells)
        assert set(table.names) - {entry.error for entry in Schema.read(table.names).values()} == set(cells)
    assert "±" in for_people(WIDE)["area_I_G_B"][0]


def test_names_alone_say_as_much_as_peaks_and_ratios() -> None:
    known = Schema.of(*NAMES)
    assert dict(Schema.read(known)) == dict(known)
    assert list(Schema.read(reversed([*known]))) == list(reversed([*known]))
    of_bands = Schema.read(["raw", "raw_se", "corrected_enhancement", "corrected_enhancement_se", "delta", "delta_se"])
    assert [entry.error for entry in of_bands.values()][::2] == ["raw_se", "corrected_enhancement_se", "delta_se"]
    assert "corrected_raw" not in Schema.read(["corrected_raw"])


def test_a_ratio_without_areas_is_one_too() -> None:
    assert Schema.read(["x", "x_se", "y", "x_low"])["x_low"] == Entry("x_low", KINDS["ratio_low"], "x")
    assert "y" not in Schema.read(["x", "x_se", "y"])


some_names = st.one_of(
    st.from_regex(r"[xyG](_se|_low|_sys|_delta|_other){0,2}", fullmatch=True),
    st.from_regex(r"(area_){0,2}([xG]|ratio|derived)", fullmatch=True),
    st.builds(column_name, st.sampled_from(sorted(KINDS)), st.sampled_from([*PEAKS, "x", "ratio"])),
    st.sampled_from(sorted(KINDS)),
).filter(lambda name: name[0].isalpha())


@settings(max_examples=500)
@given(st.lists(some_names, max_size=3), st.lists(some_names, max_size=3))
def test_names_that_a_recipe_takes_are_read_back_as_what_they_are(ratios: list[str], derived: list[str]) -> None:
    """The columns of what is accepted have different names, and these alone say what they are."""
    accepted: dict[str, list[str]] = {RATIO: [], DERIVED: []}
    for owner, names in ((RATIO, ratios), (DERIVED, derived)):
        for name in names:
            before = [*accepted[RATIO], *accepted[DERIVED]]
            if not taken_by(name, PEAKS, before, derived=owner == DERIVED):
                accepted[owner].append(name)
    known = Schema.of(PEAKS, *accepted.values())
    usual = [entry for entry in known.values() if entry.kind.there == ALWAYS]
    kinds = sum(len(kinds_of(owner)) * len(names) for owner, names in accepted.items())
    assert len(known) == len(Schema.of(PEAKS, [])) + kinds
    assert list(Schema.read(known).values()) == list(known.values())
    assert list(Schema.read(entry.name for entry in usual).values()) == usual


@given(st.sampled_from(sorted(KINDS)), st.sampled_from(PEAKS))
def test_no_ratio_takes_a_column_of_something_else(kind: str, peak: str) -> None:
    owner, name = KINDS[kind].owner, column_name(kind, peak)
    if owner == PEAK:
        assert taken_by(name, PEAKS, ())
    if owner not in (RATIO, DERIVED, BAND):
        assert taken_by(kind, PEAKS, ())
    assert taken_by(name, (), (), derived=True) or owner != PEAK


def test_names_clash_only_where_they_do() -> None:
    for name in ("x_se", "area_x", "D_height", "x_low"):
        assert not taken_by(name, PEAKS, ["y"])
    assert taken_by("x_se", PEAKS, ["x"]) == "'x_se' beside 'x': both may have x_se"
    assert taken_by("G_height", PEAKS, []) == "'G_height' beside G_height of the peak G"
    assert taken_by("soc", PEAKS, []) == "'soc' beside the column soc"
    assert taken_by("D_height", PEAKS, [], derived=True) == "'D_height', which is read as height of something"


def test_differences_stay_out_of_the_long_table() -> None:
    fields = dict(WIDE.columns) | {"G_center_delta_cm1": numbers(1, N)}
    status = dict.fromkeys(PEAKS, ("ok",) * N)
    assert "center_delta_cm1" not in lengthened(Table(fields), status, {}, ("",) * N).names


def test_what_stands_after_the_keys_and_means_nothing_else_is_a_covariate() -> None:
    own, ending = ["dose", "sample"], ["G_height", "G_height_se", "unknown", "flags"]
    assert covariates_of([*KEYS, *own, *ending]) == own
    assert covariates_of([*KEYS, *ECHEM, *own, "peak", "status", "new"]) == own
    assert covariates_of([*own, *KEYS, *ending]) == []  # no table of ours
    assert covariates_of([*KEYS, *ending]) == []


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1", "", "2.5e3"], [1, np.nan, 2500]),
        (["-4"], [-4]),
        (["1", "x"], None),
        (["1_000"], None),
        (["nan", "1"], None),
        (["inf"], None),
        (["", ""], None),
    ],
)
def test_cells_are_numbers_where_all_of_them_are(cells: list[str], numbers: list[float] | None) -> None:
    made = column_of_cells(cells)
    if numbers is None:
        assert made == tuple(cells)
    else:
        np.testing.assert_array_equal(made, numbers)

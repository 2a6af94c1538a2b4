"""Which columns are shown, and what a workbook looks like."""

from __future__ import annotations

import io

import numpy as np
import pytest

from ramanfit.errors import UsageError
from ramanfit.tables.rounding import for_people
from ramanfit.tables.select import as_printed, with_columns_asked
from ramanfit.tables.table import Table

TABLE = Table(
    {
        "source": ["a.txt", "a.txt"],
        "scan": np.array([0, 0]),
        "point": ["P1", "P2"],
        "position_um": np.array([0.0, 5.0]),
        "time_s": np.array([12.5, 37.5]),
        "G_center_cm1": np.array([1590.0, 1591.0]),
        "G_center_se": np.array([0.1, 0.1]),
        "G_fwhm_cm1": np.array([30.0, 31.0]),
        "G_fwhm_se": np.array([1.0, 1.0]),
        "G_height": np.array([100.0, 101.0]),
        "G_height_se": np.array([2.0, 2.0]),
        "G_area": np.array([1e4, 1e4]),
        "G_area_se": np.array([1e2, 1e2]),
        "ratio": np.array([1.5, 1.6]),
        "ratio_se": np.array([0.1, 0.1]),
        "area_ratio": np.array([2.0, 2.0]),
        "area_ratio_se": np.array([0.1, 0.1]),
        "redchi2": np.array([1.23456, 0.98765]),
        "flags": ["", "low_snr"],
    }
)
KEYS = ("source", "scan", "point", "position_um", "time_s")


def test_columns_come_in_the_order_asked_for_behind_the_keys_unless_one_is_named() -> None:
    assert with_columns_asked(TABLE, ["ratio", "G_center_cm1"]).names == (*KEYS, "ratio", "G_center_cm1")
    assert with_columns_asked(TABLE, ["ratio", "point"]).names == ("ratio", "point")
    assert with_columns_asked(TABLE, ["ratio", "point"], errors=True).names == ("ratio", "ratio_se", "point")
    assert with_columns_asked(TABLE, ["all"]) is TABLE
    with pytest.raises(UsageError, match="no column 'G_centre': did you mean G_center_"):
        with_columns_asked(TABLE, ["G_centre"])


def test_a_paper_prints_place_time_position_width_height_ratio_and_flags() -> None:
    assert as_printed(TABLE).names == (
        *("point", "position_um", "time_s"),
        *("G_center_cm1", "G_center_se", "G_fwhm_cm1", "G_fwhm_se", "G_height", "G_height_se"),
        *("ratio", "ratio_se", "flags"),
    )
    nowhere = np.full(2, np.nan)
    untimed = TABLE.with_(position_um=nowhere, time_s=nowhere, source=["a.txt", "b.txt"], point=["P1", "P1"])
    assert as_printed(untimed).names[:2] == ("source", "point")  # else rows could not be told apart
    other = Table({"name": ["a"], "x": np.array([1.0])})
    assert as_printed(other) is other


def test_redchi2_has_three_digits_for_people() -> None:
    assert for_people(TABLE)["redchi2"] == ["1.23", "0.988"]


def test_a_workbook_has_bold_names_that_stay_a_filter_widths_and_formats() -> None:
    openpyxl = pytest.importorskip("openpyxl")
    from ramanfit.tables.documents import xlsx

    sheet = openpyxl.load_workbook(io.BytesIO(xlsx(TABLE))).active
    assert all(cell.font.bold for cell in sheet[1])
    assert not any(cell.font.bold for cell in sheet[2])
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:S3")
    assert sheet.column_dimensions["F"].width > len("G_center_cm1")
    formats = {name.value: cell.number_format for name, cell in zip(sheet[1], sheet[2], strict=True)}
    assert formats["G_center_cm1"] == "0.00"
    assert formats["ratio"] == "0.000"
    values = {name.value: cell.value for name, cell in zip(sheet[1], sheet[2], strict=True)}
    assert values["redchi2"] == 1.23456

"""Maps as images: every pixel drawn is the table's, in true proportion, on one scale; what is not there is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.transforms import Bbox

from ramanfit.drawing.figures.images import images_figure, round_length, scale_of, shown_scans
from ramanfit.drawing.figures.over_pixels import bands_over_pixels, quartiles, traces_over_pixels
from ramanfit.experiment.evolution import Evolution
from ramanfit.experiment.maps import default_maps, map_table
from ramanfit.experiment.raster import raster_of
from ramanfit.tables.fit_table import FitTable
from ramanfit.tables.table import Table

NX, NY = 7, 4
STEP = (0.5, 2.0)
GONE = (1, 9)  # scan, pixel where G was not detected
LOST = (0, 5)  # not measured at all


def mapped(scans: int = 3, *, placed: bool = True, nx: int = NX, ny: int = NY, timed: bool = True) -> Evolution:
    """Maps made by hand, whose ratio is 1 + x in µm + 100 times y in µm + the scan's number over 10."""
    there = [(s, p) for s in range(scans) for p in range(nx * ny) if (s, p) != LOST]
    scan, pixel = (np.array(column) for column in zip(*there, strict=True))
    n = len(there)
    x, y = 20 + STEP[0] * (pixel % nx), -5 - STEP[1] * (pixel // nx)
    lost = np.array([pair == GONE for pair in there])
    columns: dict[str, Any] = {
        "source": tuple(f"map{s}.txt" for s in scan),
        "scan": scan,
        "point": tuple(f"{p % nx}/{p // nx}" for p in pixel),
        "position_um": np.full(n, np.nan),
        "time_s": 3600.0 * scan + 2.0 * pixel if timed else np.full(n, np.nan),
    }
    if placed:
        columns |= {"x_um": x, "y_um": y}
    for k, peak in enumerate("BG"):
        out = lost & (peak == "G")
        for name, value, se in (("center_cm1", 1340 + 250 * k + x, 0.3), ("fwhm_cm1", 40 + x, 0.5)):
            columns[f"{peak}_{name}"] = np.where(out, np.nan, value)
            columns[f"{peak}_{name.split('_')[0]}_se"] = np.where(out, np.nan, se)
        columns[f"{peak}_height"] = np.where(out, -0.4, 100.0 + 3 * scan + 10 * x)
        columns[f"{peak}_height_se"] = np.full(n, 2.0)
    columns["ratio"] = np.where(lost, np.nan, 1 + x + 100 * y + scan / 10)
    columns["ratio_se"] = np.where(lost, np.nan, 0.02)
    columns["flags"] = ("",) * n
    status = {p: tuple("not_detected" if out and p == "G" else "ok" for out in lost) for p in "BG"}
    return Evolution(FitTable(Table(columns), status, ("",) * n), ("ratio",))


def images(figure: Figure) -> list[np.ma.MaskedArray]:
    return [np.ma.asarray(ax.images[0].get_array()) for ax in figure.axes if ax.images]


def test_every_pixel_is_the_tables_and_none_else() -> None:
    evolution = mapped()
    names = default_maps(evolution)
    drawn = images(images_figure(evolution, names))
    assert len(drawn) == 3 * len(names)
    columns = evolution.table.columns
    for k, name in enumerate(names):
        values = {
            (int(scan), point): value
            for scan, point, value in zip(columns["scan"], columns["point"], columns[name], strict=True)
        }
        for scan in range(3):
            picture = drawn[3 * k + scan]
            assert picture.shape == (NY, NX)
            for row in range(NY):
                for column in range(NX):
                    gone = (scan, column + NX * row) in (GONE, LOST) and (
                        name[0] in "Gr" or (scan, column + NX * row) == LOST
                    )
                    expected = np.nan if gone else values[scan, f"{column}/{row}"]
                    np.testing.assert_equal(float(np.ma.filled(picture, np.nan)[row, column]), expected)


def test_all_scans_of_a_quantity_have_one_scale() -> None:
    figure = images_figure(mapped(), ["ratio", "G_height"])
    limits = [ax.images[0].get_clim() for ax in figure.axes if ax.images]
    assert len({*limits[:3]}) == len({*limits[3:]}) == 1
    assert limits[0] != limits[3]


@pytest.mark.parametrize("width", ["single", "double"])
@pytest.mark.parametrize("scans", [1, 2, 9])
def test_pixels_are_in_true_proportion_and_the_bar_is_as_long_as_it_says(width: str, scans: int) -> None:
    figure = images_figure(mapped(scans), default_maps(mapped(scans)), width)
    figure.canvas.draw()
    drawn = [ax for ax in figure.axes if ax.images]
    bars = [(ax, line) for ax in drawn for line in ax.lines]
    ((below, bar),) = bars
    for ax in drawn:
        box = ax.get_window_extent()
        assert box.height / box.width == pytest.approx(NY * STEP[1] / (NX * STEP[0]), rel=1e-6)
        assert ax.images[0].get_window_extent().width == pytest.approx(box.width, rel=1e-6)  # the whole frame
        assert box.width == pytest.approx(below.get_window_extent().width)
    ends = below.transData.transform(np.column_stack([bar.get_xdata(), bar.get_ydata()]))
    length = float(below.texts[-1].get_text().removesuffix(" µm"))
    um_in_pixels = below.get_window_extent().width / (NX * STEP[0])
    assert np.hypot(*(ends[1] - ends[0])) == pytest.approx(length * um_in_pixels)
    assert length in (1, 0.5, 0.2)


def test_a_map_without_places_is_drawn_in_pixels() -> None:
    evolution = mapped(placed=False)
    assert evolution.raster.pixel_um is None
    figure = images_figure(evolution, ["ratio"])
    ax = figure.axes[0]
    box = ax.get_window_extent()
    assert box.height / box.width == pytest.approx(NY / NX)
    assert ax.texts[-1].get_text() == "2 pixels"


def test_what_was_measured_without_a_value_is_hatched_and_explained() -> None:
    figure = images_figure(mapped(), ["G_height"])
    patches = [[patch for patch in ax.patches if isinstance(patch, PathPatch)] for ax in figure.axes if ax.images]
    assert [len(found) for found in patches] == [0, 1, 0]  # what was not measured is blank
    box = patches[1][0].get_path().get_extents()
    column, row = GONE[1] % NX, GONE[1] // NX
    expected = Bbox.from_extents(
        column * STEP[0], (NY - 1 - row) * STEP[1], (column + 1) * STEP[0], (NY - row) * STEP[1]
    )
    np.testing.assert_allclose(box.get_points(), expected.get_points())
    assert patches[1][0].get_hatch()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["measured, no value"]
    assert not images_figure(mapped(), ["B_height"]).legends


def test_a_value_far_from_the_others_does_not_flatten_them() -> None:
    values = np.linspace(1.0, 2.0, 101)[None, :].repeat(2, axis=0)
    values[0, 50], values[1, 3] = 1e6, np.nan
    low, high, _ = scale_of(values, np.full(values.shape, 0.01))
    assert low == 1.0
    assert 2.0 <= high <= 2.25  # a quarter of what most values span
    assert scale_of(np.full((1, 4), 3.0), np.full((1, 4), np.nan)) == (2.5, 3.5, "viridis")
    assert scale_of(np.full((1, 4), np.nan), np.full((1, 4), np.nan)) == (0.0, 1.0, "viridis")


def test_many_values_above_the_others_are_not_cut_off() -> None:
    """Grains in a map: 3 % of its pixels, from the others' values upwards."""
    rng = np.random.default_rng(2)
    values = np.concatenate([rng.uniform(1.0, 2.0, 970), np.linspace(2.0, 2.8, 30)])[None, :]
    se = np.full(values.shape, 0.02)
    assert scale_of(values, se)[:2] == (values.min(), values.max())
    values[0, -1] = 30.0  # alone
    assert scale_of(values, se)[1] == values[0, -2]


@pytest.mark.parametrize("width", ["single", "double"])
def test_flagged_pixels_have_dots_and_values_beyond_the_scale_are_counted(width: str) -> None:
    evolution = mapped()
    ratio = np.array(evolution.table.columns["ratio"])
    flags = ["", *["outlier"] * 2, *[""] * (len(ratio) - 3)]
    ratio[5:8] = 1e4
    table = evolution.table.with_(ratio=ratio, flags=tuple(flags))
    figure = images_figure(replace(evolution, fits=evolution.fits.with_table(table)), ["ratio"], width)
    ((x, y),) = [line.get_data() for ax in figure.axes if ax.images for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(x, (np.array([1, 2]) + 0.5) * STEP[0])
    np.testing.assert_allclose(y, (NY - 0.5) * STEP[1])
    assert any(ax.get_ylabel().endswith("\n3 beyond") for ax in figure.axes)
    said = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert "flagged as doubtful" in said


def test_of_many_scans_those_evenly_spaced_are_shown() -> None:
    assert shown_scans(mapped(21), "double") == [0, 4, 8, 12, 16, 20]
    assert shown_scans(mapped(21), "single") == [0, 10, 20]
    assert len(images(images_figure(mapped(21), ["ratio"]))) == 6


@given(st.floats(1e-6, 1e6))
def test_a_scale_bar_is_a_round_length(most: float) -> None:
    length = round_length(most)
    assert 0.4 * most * (1 - 1e-9) <= length <= most * (1 + 1e-8)
    assert f"{length:e}"[0] in "125"
    assert set(f"{length:e}"[1:8]) <= {".", "0"}


@settings(max_examples=50)
@given(
    st.floats(-180, 180), st.floats(0.01, 50), st.floats(0.01, 50), st.booleans(), st.integers(1, 6), st.integers(2, 6)
)
def test_a_picture_keeps_places_up_to_a_turn(
    angle: float, wide: float, high: float, rising: bool, ny: int, nx: int
) -> None:
    """However a map lies, its picture has its distances, and is not mirrored."""
    turn = np.exp(1j * np.radians(angle))
    column, row = np.tile(np.arange(nx), ny), np.repeat(np.arange(ny), nx)
    at = 7 - 3j + (column * wide + 1j * (row if rising else -row) * high) * turn
    raster = raster_of([f"{x}/{y}" for x, y in zip(column, row, strict=True)], at.real[None], at.imag[None])
    assert raster.pixel_um is not None
    shown_wide, shown_high = raster.pixel_um
    assert shown_wide == pytest.approx(wide)
    assert shown_high == pytest.approx(high if ny > 1 else wide)
    shown = raster.column * shown_wide - 1j * raster.row * shown_high
    np.testing.assert_allclose(
        np.abs(shown - shown[0]), np.abs(at - at[0]), rtol=1e-6, atol=1e-9 * np.abs(at - at[0]).max()
    )
    steps, shown_steps = at[1:] - at[0], shown[1:] - shown[0]
    angles = np.angle(shown_steps / steps)
    assert np.abs(np.exp(1j * angles) - np.exp(1j * angles[0])).max() < 1e-5  # one turn for all: no mirror
    assert np.abs(angles[0]) <= np.pi / 2 + 1e-6


def test_places_on_no_grid_have_no_pixels() -> None:
    points = [f"{x}/{y}" for y in range(3) for x in range(3)]
    x, y = np.tile(np.arange(3.0), 3), -np.repeat(np.arange(3.0), 3)
    assert raster_of(points, x[None], y[None]).pixel_um == pytest.approx((1.0, 1.0))
    assert raster_of(points, (x + 0.5 * y)[None], y[None]).pixel_um is None  # sheared
    assert raster_of(points, (x**2)[None], y[None]).pixel_um is None
    assert raster_of(points, x[None], 0 * y[None]).pixel_um is None  # a section in depth
    two = np.stack([x, 2 * x]), np.stack([y, 2 * y])
    assert raster_of(points, *two).pixel_um is None  # the second map has other pixels
    moved = np.stack([x, x + 30]), np.stack([y, y - 4])
    assert raster_of(points, *moved).pixel_um == pytest.approx((1.0, 1.0))


def test_traces_are_medians_over_the_pixels() -> None:
    evolution = mapped()
    figure = traces_over_pixels(evolution)
    ax = next(ax for ax in figure.axes if "G height" in ax.get_ylabel())
    x, y = ax.lines[0].get_data()
    at = np.asarray(evolution.table.columns["scan"])
    ok = np.array([word == "ok" for word in evolution.status["G"]])
    height = np.asarray(evolution.table.columns["G_height"])
    np.testing.assert_allclose(y, [np.median(height[(at == scan) & ok]) for scan in range(3)])
    np.testing.assert_allclose(x, evolution.scan_time_s / 3600)
    band = ax.collections[0].get_paths()[0].vertices
    for scan in range(3):
        ends = np.quantile(height[(at == scan) & ok], [0.25, 0.75])
        here = np.asarray(band)[np.isclose(np.asarray(band)[:, 0], x[scan]), 1]
        np.testing.assert_allclose([here.min(), here.max()], ends)


def test_bands_of_a_map_are_medians_on_one_scale() -> None:
    evolution = mapped()
    n = len(evolution.table)
    at = np.tile([900.0, 1590.0], n)
    growth = np.where(at == 900, 1.0, 1 + np.repeat(np.asarray(evolution.table.columns["scan"]), 2))
    figure = bands_over_pixels(evolution, Table({"band_cm1": at, "enhancement": growth}))
    one, other = figure.axes
    np.testing.assert_allclose(one.lines[0].get_ydata(), [1, 1, 1])
    np.testing.assert_allclose(other.lines[0].get_ydata(), [1, 2, 3])
    assert one.get_ylim() == other.get_ylim()


def test_a_shift_beyond_the_spectra_is_said_and_leaves_the_scale_alone() -> None:
    evolution = mapped()
    n = len(evolution.table)
    at = np.tile([1590.0, 2000.0], n)
    growth = np.where(at == 2000, np.nan, 1 + 0.01 * np.repeat(np.asarray(evolution.table.columns["scan"]), 2))
    figure = bands_over_pixels(evolution, Table({"band_cm1": at, "enhancement": growth}))
    drawn, empty = figure.axes
    assert drawn.get_ylim() == empty.get_ylim()
    assert drawn.get_ylim()[0] > 0.95
    assert empty.texts[0].get_text() == "no counts at this shift"


def test_medians_say_of_how_many_pixels_they_are() -> None:
    figure = traces_over_pixels(mapped())
    said = {ax.get_ylabel().split("\n")[0]: ax.get_title(loc="right") for ax in figure.axes}
    assert said["G height"] == f"n = {NX * NY - 1}–{NX * NY}"  # one is lost, one is gone


def test_quartiles_of_nothing_are_no_numbers() -> None:
    assert np.isnan(quartiles(np.full((2, 3), np.nan))).all()


def test_a_maps_table_has_places() -> None:
    table = map_table(mapped(), "ratio")
    assert table.names[:4] == ("point", "position_um", "x_um", "y_um")
    where = zip(table.columns["x_um"], table.columns["y_um"], strict=True)
    for point, place in zip(table.columns["point"], where, strict=True):
        column, row = map(int, str(point).split("/"))
        assert place == pytest.approx((20 + STEP[0] * column, -5 - STEP[1] * row))
    assert "x_um" not in map_table(mapped(placed=False), "ratio").columns

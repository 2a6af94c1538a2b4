"""WITec projects of every version, type, axis and place, written here by the description of the format alone."""

from __future__ import annotations

import gzip
import io
import math
import struct
import subprocess
import sys
import tempfile
import tracemalloc
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ramanfit.errors import FormatError
from ramanfit.fit.parts import Whole
from ramanfit.fit.pipeline import fit_scan
from ramanfit.fit.prepare import prepare
from ramanfit.formats import ReadOptions, open_scans
from ramanfit.formats.units import CM1_PER_EV
from ramanfit.formats.wip.text import plain_text
from ramanfit.recipe.toml import load_recipe
from ramanfit.scan.scan import Scan
from ramanfit.scan.stored import StoredCounts
from tests.wip_writer import (
    TYPES,
    UNITS,
    Builder,
    Tags,
    elements,
    encode,
    i32,
    information,
    linear,
    space,
    spectral,
    step,
    table,
    text,
)

SHIFT = np.array([1e7 / 532.0 - 1e7 / (560.0 + i) for i in range(5)])
COUNTS = np.arange(30.0).reshape(2, 3, 5)


def scans(project: Builder | bytes, **options: object) -> list[Scan]:
    raw = project if isinstance(project, bytes) else project.build()
    return open_scans("-", ReadOptions(**options), stream=io.BytesIO(raw), stdin_name="p.wip")  # type: ignore[arg-type]


def one(project: Builder | bytes, **options: object) -> Scan:
    (scan,) = scans(project, **options)
    return scan


def refuse(project: Builder | bytes, **options: object) -> FormatError:
    with pytest.raises(FormatError) as caught:
        scans(project, **options)
    assert str(caught.value).startswith("p.wip:")
    assert "\n" not in str(caught.value)
    return caught.value


# -- versions, types, orders


@pytest.mark.parametrize("version", range(9))
@pytest.mark.parametrize("data_file", [False, True])
def test_versions(version: int, data_file: bool) -> None:
    project = Builder(version, data_file)
    project.spectra(COUNTS, inverted=version >= 7, place=project.add("TDSpaceTransformation", space()))
    scan = one(project)
    np.testing.assert_array_equal(scan.counts, COUNTS.reshape(6, 5))
    np.testing.assert_allclose(scan.shift_cm1, SHIFT, rtol=1e-13)
    assert (scan.kind, scan.grid, scan.name, scan.source) == ("map", (2, 3), "Line--001--Spec.Data 1", "p.wip")
    assert (scan.metadata.laser_nm, scan.axis_unit) == (532.0, "nm")
    assert scan.metadata.header["XAxisUnit"] == "rel. 1/cm"
    assert not scan.notes


def test_a_version_of_the_future_is_said() -> None:
    project = Builder(9)
    project.spectra(COUNTS)
    assert "version 9 of the project is newer than any that is known (8)" in one(project).notes


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_every_type_and_order(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(TYPES)))
    shape = tuple(data.draw(st.integers(low, 5)) for low in (1, 1, 2))
    seed = data.draw(st.integers(0, 2**32 - 1))
    raw = np.random.default_rng(seed).bytes(8 * int(np.prod(shape)))
    dtype = np.dtype(TYPES[kind])
    values = np.frombuffer(raw, np.uint8)[: int(np.prod(shape)) * dtype.itemsize]
    values = (values & 1 if kind == 8 else values).view(dtype).reshape(shape)
    values = np.nan_to_num(values) if kind > 8 else values
    values = values.clip(-1e100, 1e100) if kind == 10 else values  # no detector shows more
    project = Builder()
    if data.draw(st.booleans()):  # the data begin at any byte
        project.add("TDText", [], "x" * data.draw(st.integers(0, 7)))
    project.spectra(values, kind=kind, inverted=data.draw(st.booleans()))
    scan = one(project)
    truth = values.reshape(-1, shape[2]).astype(np.float64)
    assert isinstance(scan.counts, StoredCounts)
    np.testing.assert_array_equal(scan.counts, truth)
    rows = data.draw(st.lists(st.integers(0, len(truth) - 1), max_size=9))
    np.testing.assert_array_equal(scan.counts[rows], truth[rows])
    channels = slice(*sorted(data.draw(st.tuples(st.integers(0, shape[2]), st.integers(0, shape[2])))))
    some = scan.counts[:, channels]
    assert some.shape == truth[:, channels].shape
    np.testing.assert_array_equal(some, truth[:, channels])
    np.testing.assert_array_equal(some[:, ::-1][-1], truth[-1, channels][::-1])
    bits = np.arange(shape[2]) % 2 == 0
    np.testing.assert_array_equal(scan.counts[rows, bits], truth[rows][:, bits])


def test_falling_axis_turns_the_counts() -> None:
    project = Builder()
    project.spectra(COUNTS, axis=project.add("TDSpectralTransformation", spectral(0, Polynom=[564.0, -1.0, 0.0])))
    scan = one(project)
    np.testing.assert_array_equal(scan.counts, COUNTS.reshape(6, 5)[:, ::-1])
    np.testing.assert_allclose(scan.shift_cm1, SHIFT)


# -- axes


def shift_of(nm: list[float], laser: float = 532.0) -> list[float]:
    return [1e7 / laser - 1e7 / x for x in nm]


def on_axis(kind: str, tags: object, channels: int = 5, **options: object) -> Scan:
    project = Builder()
    counts = np.arange(2.0 * channels).reshape(1, 2, channels)
    project.spectra(counts, axis=project.add(kind, tags))  # type: ignore[arg-type]
    return one(project, **options)


def test_polynomial_of_second_order_at_most() -> None:
    scan = on_axis("TDSpectralTransformation", spectral(0, Polynom=[560.0, 0.5, 0.01, 7.0]))
    np.testing.assert_allclose(scan.shift_cm1, shift_of([560 + 0.5 * p + 0.01 * p * p for p in range(5)]))


def test_grating() -> None:
    n_c, lambda_c, gamma, delta, m, d, x, f = 2.0, 580.0, 0.43, -0.01, 1.0, 1666.7, 0.026, 300.0
    values = {"nC": n_c, "LambdaC": lambda_c, "Gamma": gamma, "Delta": delta, "m": m, "d": d, "x": x, "f": f}
    scan = on_axis("TDSpectralTransformation", spectral(1, **values))
    # from the geometry: the middle pixel sees lambda_c under the angle gamma to the incoming beam
    alpha = math.asin(m * lambda_c / (2 * d * math.cos(gamma / 2))) - gamma / 2
    assert d / m * (math.sin(alpha) + math.sin(alpha + gamma)) == pytest.approx(lambda_c)
    wavelengths = []
    for p in range(5):
        # a pixel lies x (nC - p) from the middle on a camera that is tilted by delta, f from the mirror
        along = x * (n_c - p)
        off_axis = math.atan2(along - f * math.sin(delta), f * math.cos(delta)) + delta
        wavelengths.append(d / m * (math.sin(alpha) + math.sin(alpha + gamma - off_axis)))
    assert wavelengths[2] == pytest.approx(lambda_c)
    np.testing.assert_allclose(scan.shift_cm1, shift_of(wavelengths), rtol=1e-11)


@pytest.mark.parametrize(
    ("first", "last", "channels"),
    [(0.0, 9.0, (0, 10)), (2.0, 6.0, (2, 7)), (1.5, 6.5, (2, 7)), (-3.0, 40.0, (0, 10)), (7.0, 3.0, None)],
)
def test_free_polynomial_ends_with_its_bins(first: float, last: float, channels: tuple[int, int] | None) -> None:
    tags = spectral(
        2, FreePolynomOrder=3, FreePolynomStartBin=first, FreePolynomStopBin=last, FreePolynom=[560.0, 1.0, 0.0, 1e-3]
    )
    if channels is None:
        with pytest.raises(FormatError, match="at least 2 channels"):
            on_axis("TDSpectralTransformation", tags, 10)
        return
    scan = on_axis("TDSpectralTransformation", tags, 10)
    pixels = range(*channels)
    np.testing.assert_allclose(scan.shift_cm1, shift_of([560 + p + 1e-3 * p**3 for p in pixels]))
    np.testing.assert_array_equal(scan.counts, np.arange(20.0).reshape(2, 10)[:, slice(*channels)])
    said = [note for note in scan.notes if "channels beyond" in note]
    assert said == ([f"{10 - len(pixels)} channels beyond the calibrated ones passed over"] if len(pixels) < 10 else [])


def in_unit(nm: float, unit: str, laser: float) -> float:
    """From a wavelength to each unit, by its definition."""
    ev = 1e7 / CM1_PER_EV
    return {
        "nm": nm,
        "µm": nm / 1000,
        "1/cm": 1e7 / nm,
        "rel. 1/cm": 1e7 / laser - 1e7 / nm,
        "eV": ev / nm,
        "meV": 1000 * ev / nm,
        "rel. eV": ev / nm - ev / laser,
        "rel. meV": 1000 * (ev / nm - ev / laser),
    }[unit]


@pytest.mark.parametrize("unit", UNITS)
def test_a_table_in_every_unit(unit: str) -> None:
    nm = [560.0, 561.0, 562.5, 564.0, 566.0]
    scan = on_axis("TDLUTTransformation", table([in_unit(x, unit, 532.0) for x in nm], unit, 2))
    np.testing.assert_allclose(scan.shift_cm1, shift_of(nm), rtol=1e-10)
    assert scan.axis_unit == unit
    assert not any("unit of the axis" in note for note in scan.notes)


@pytest.mark.parametrize("index", range(8))
def test_the_unit_that_is_shown_moves_nothing(index: int) -> None:
    project = Builder()
    project.spectra(COUNTS, laser=project.laser(532.0, index))
    scan = one(project, x_unit="cm-1")
    np.testing.assert_allclose(scan.shift_cm1, SHIFT)
    assert scan.metadata.header["XAxisUnit"] == UNITS[index]


@pytest.mark.parametrize("unit", ["a.u.", ""])
def test_a_table_without_a_unit_is_in_nm(unit: str) -> None:
    nm = [560.0, 561.0, 562.5, 564.0, 566.0]
    tags = table(nm, unit, 0)
    scan = on_axis("TDLUTTransformation", tags)
    np.testing.assert_allclose(scan.shift_cm1, shift_of(nm))
    assert "the unit of the axis is not in the file: taken as nm (--x-unit)" in scan.notes
    np.testing.assert_array_equal(on_axis("TDLUTTransformation", tags, x_unit="cm-1").shift_cm1, nm)


@pytest.mark.parametrize("double", [True, False])
def test_linear_axis(double: bool) -> None:
    scan = on_axis("TDLinearTransformation", linear(560.0, 0.5, "nm", 2, model=-1.0, double=double))
    np.testing.assert_allclose(scan.shift_cm1, shift_of([560.5, 561.0, 561.5, 562.0, 562.5]))


def test_the_laser_overrides_that_of_the_project() -> None:
    project = Builder()
    project.spectra(COUNTS)
    scan = one(project, laser_nm=531.5)
    np.testing.assert_allclose(scan.shift_cm1, shift_of([560.0, 561, 562, 563, 564], 531.5))
    assert scan.metadata.laser_nm == 531.5


def test_a_graph_without_a_laser_does_not_stand_in_the_way_of_others() -> None:
    project = Builder()
    project.spectra(COUNTS, laser=project.laser(0.0), caption="White light")
    project.spectra(COUNTS, caption="Line_000_Spec.Data 1")
    error = refuse(project)
    assert str(error) == "p.wip::White light: the axis is in nm and the laser is not known"
    assert "--laser" in (error.hint or "")
    assert [scan.name for scan in scans(project, select="Line*")] == ["Line_000_Spec.Data 1"]
    assert len(scans(project, laser_nm=532.0)) == 2


# -- places and times


def placed(tags: object, counts: np.ndarray, kind: str = "TDSpaceTransformation", **given: object) -> Scan:
    options = {name: given.pop(name) for name in ("line_spacing",) if name in given}
    project = Builder()
    project.spectra(counts, place=project.add(kind, tags), **given)  # type: ignore[arg-type]
    return one(project, **options)


def test_line_along_z() -> None:
    # the first axis of the scan is turned onto -z
    rotation = (0.0, 0.0, -1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0)
    tags = space((5.0, 6.0, 20.0), (0.5, 0, 0, 0, 1, 0, 0, 0, 1), rotation, line_points=4)
    counts = np.arange(20.0).reshape(1, 4, 5)
    scan = placed(tags, counts, index=1)
    assert scan.kind == "line"
    np.testing.assert_allclose(scan.position_um, [0, 0.5, 1, 1.5])
    np.testing.assert_allclose(scan.coordinates_um, [[5, 6, 20], [5, 6, 19.5], [5, 6, 19], [5, 6, 18.5]])
    assert scan.notes == ("line pitch 0.5 µm = 2 µm / 4 (--line-spacing endpoints: 0.666667 µm)",)
    ends = placed(tags, counts, index=1, line_spacing="endpoints")
    np.testing.assert_allclose(ends.position_um, [0, 2 / 3, 4 / 3, 2])


def test_line_that_ended_early() -> None:
    tags = space(scale=(0.5, 0, 0, 0, 1, 0, 0, 0, 1), line_points=10)
    scan = placed(tags, np.arange(20.0).reshape(1, 4, 5), index=1)
    np.testing.assert_allclose(scan.position_um, [0, 0.5, 1, 1.5])
    assert scan.notes[0].startswith("line pitch 0.5 µm = 5 µm / 10 ")


def test_line_of_lines() -> None:
    """A line along y: one point per scan line."""
    tags = space(scale=(1, 0, 0, 0, -2.0, 0, 0, 0, 1))
    scan = placed(tags, np.arange(20.0).reshape(4, 1, 5), index=1)
    assert scan.kind == "line"
    np.testing.assert_allclose(scan.position_um, [0, 2, 4, 6])


@settings(max_examples=50)
@given(
    angle=st.floats(-math.pi, math.pi),
    size=st.tuples(st.integers(2, 4), st.integers(2, 4)),
    pitch=st.tuples(st.floats(0.01, 100), st.floats(0.01, 100)),
    world=st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)),
    inverted=st.booleans(),
)
def test_turned_map(
    angle: float, size: tuple[int, int], pitch: tuple[float, float], world: tuple[float, float], inverted: bool
) -> None:
    (nx, ny), (dx, dy) = size, pitch
    cos, sin = math.cos(angle), math.sin(angle)
    tags = space(
        (*world, 3.0), (dx, 0, 0, 0, -dy, 0, 0, 0, 1), (cos, sin, 0, -sin, cos, 0, 0, 0, 1), (nx / 2, ny / 2, 0)
    )
    scan = placed(tags, np.arange(nx * ny * 5.0).reshape(ny, nx, 5), inverted=inverted)
    assert (scan.kind, scan.grid) == ("map", (ny, nx))
    truth = []
    for row in range(ny):
        for column in range(nx):
            x, y = (column - nx / 2) * dx, -(row - ny / 2) * dy
            truth.append([world[0] + x * cos - y * sin, world[1] + x * sin + y * cos, 3.0])
    np.testing.assert_allclose(scan.coordinates_um, truth, atol=1e-9)
    np.testing.assert_array_equal(scan.counts, np.arange(nx * ny * 5.0).reshape(-1, 5))


def test_single_spectrum_at_a_place() -> None:
    scan = placed(space((1.0, 2.0, 3.0), unit="mm"), np.arange(5.0).reshape(1, 1, 5), index=2)
    assert scan.kind == "spectrum"
    np.testing.assert_allclose(scan.coordinates_um, [[1000, 2000, 3000]])
    strange = placed(space(unit="furlong"), COUNTS)
    assert strange.coordinates_um is None
    assert "the project does not say where the spectra were taken (--step)" in strange.notes
    project = Builder()
    place = project.add("TDSpaceTransformation", space(unit="furlong"))
    project.spectra(SERIES, place=project.add("TDLinearTransformation", linear(0, 1, "s", 3)), second=place, index=5)
    assert one(project).coordinates_um is None


SERIES = np.arange(20.0).reshape(1, 4, 5)


@pytest.mark.parametrize(("unit", "seconds"), [("s", 1.0), ("ms", 1e-3), ("min", 60.0), ("h", 3600.0)])
def test_series(unit: str, seconds: float) -> None:
    scan = placed(linear(2.0, 1.5, unit, 3), SERIES, "TDLinearTransformation", index=5)
    assert scan.kind == "series"
    np.testing.assert_allclose(scan.offset_s, np.array([2.0, 3.5, 5, 6.5]) * seconds)
    slow = placed(table([0, 1, 5, 5.5], unit, 3), SERIES, "TDLUTTransformation", index=5)
    np.testing.assert_allclose(slow.offset_s, np.array([0, 1, 5, 5.5]) * seconds)


def test_series_at_a_place() -> None:
    project = Builder()
    place = project.add("TDSpaceTransformation", space((7.0, 8.0, 9.0)))
    project.spectra(SERIES, place=project.add("TDLinearTransformation", linear(0, 1, "s", 3)), second=place, index=5)
    scan = one(project)
    np.testing.assert_array_equal(scan.coordinates_um, [[7, 8, 9]] * 4)
    assert scan.position_um is None


def test_a_line_that_is_a_table_of_places() -> None:
    scan = placed(table([3.0, 2.0, 0.5, -1.0], "mm", 1), SERIES, "TDLUTTransformation", index=1)
    assert scan.kind == "line"
    np.testing.assert_array_equal(scan.position_um, [0, 1000, 2500, 4000])


@pytest.mark.parametrize(
    ("kind", "tags"),
    [
        ("TDSpaceTransformation", space((1e308, 0, 0), (1e308, 0, 0, 0, 1, 0, 0, 0, 1))),
        (
            "TDSpaceTransformation",
            space(scale=(1e200, 0, 0, 0, 1, 0, 0, 0, 1), rotation=(1e200, 0, 0, 0, 1, 0, 0, 0, 1)),
        ),
        ("TDLinearTransformation", linear(0, 1e38, "h", 3, model=-1e38)),
        ("TDLUTTransformation", table([0.0, 1e300, 2.0, 3.0], "s", 3)),
    ],
)
def test_places_beyond_all_reason(kind: str, tags: Tags) -> None:
    project = Builder()
    project.spectra(SERIES, place=project.add(kind, tags))
    assert "expected a transformation to values below 1e+15" in str(refuse(project))


@pytest.mark.parametrize(
    "tags",
    [
        spectral(0, Polynom=[1e308, 1e308, 1e308]),
        spectral(1, nC=2.0, LambdaC=580.0, Gamma=0.43, Delta=-0.01, m=1.0, d=0.0, x=0.026, f=300.0),
        spectral(1, nC=2.0, LambdaC=1e9, Gamma=0.43, Delta=-0.01, m=1.0, d=1666.0, x=0.026, f=300.0),
        spectral(2, FreePolynomOrder=1, FreePolynomStartBin=0.0, FreePolynomStopBin=9.0, FreePolynom=[1e300, 1e300]),
    ],
)
def test_calibrations_beyond_all_reason(tags: Tags) -> None:
    with pytest.raises(FormatError, match="TDSpectralTransformation': expected a transformation to values below"):
        on_axis("TDSpectralTransformation", tags)


def test_polynomials_without_coefficients() -> None:
    with pytest.raises(FormatError):
        on_axis("TDSpectralTransformation", spectral(0, Polynom=[]))


def test_what_is_neither_a_place_nor_a_time() -> None:
    scan = placed(linear(1.0, 0.5, "mW", 0), SERIES, "TDLinearTransformation", index=5)
    assert (scan.kind, scan.offset_s) == ("series", None)
    assert scan.notes == ("the spectra were taken at 1 to 2.5 mW, not at known times",)


@pytest.mark.parametrize(
    ("index", "counts", "kind", "option"),
    [
        (5, SERIES, "series", "--dwell"),
        (1, SERIES, "line", "--step"),
        (0, COUNTS, "map", "--step"),
        (2, SERIES[:, :1], "spectrum", ""),
    ],
)
def test_places_that_are_not_in_the_project(index: int, counts: np.ndarray, kind: str, option: str) -> None:
    project = Builder()
    project.spectra(counts, index=index)
    scan = one(project)
    assert scan.kind == kind
    assert [option in note for note in scan.notes] == ([True] if option else [])


@pytest.mark.parametrize("inverted", [True, False])
def test_lines_that_were_not_finished_are_not_measured(inverted: bool) -> None:
    counts = np.arange(1.0, 181).reshape(3, 2, 30)
    counts[1] = np.nan
    project = Builder()
    axis = project.add("TDSpectralTransformation", spectral(0, Polynom=[570.0, 0.8, 0.0]))
    project.spectra(counts, inverted=inverted, valid=[True, False, True], axis=axis)
    scan = one(project)
    assert "1 of 3 scan lines were not finished: not measured" in scan.notes
    assert not np.asarray(scan.counts)[2:4].any()
    recipe = load_recipe("li-graphite")
    assert prepare(scan, recipe).measured.tolist() == [True, True, False, False, True, True]
    assert fit_scan(scan, recipe).quantities.flags.tolist()[2:4] == ["not_measured"] * 2


def test_a_count_that_is_no_number_is_masked_or_told_with_its_byte() -> None:
    """Masked once the scan is settled, as a fit does it; whoever takes it unsettled hears of it."""
    counts = np.arange(180.0).reshape(3, 2, 30)
    counts[2, 1, 7] = np.nan
    lost = np.zeros((6, 30), dtype=bool)
    lost[5, 7] = True
    for inverted in (True, False):
        project = Builder()
        axis = project.add("TDSpectralTransformation", spectral(0, Polynom=[570.0, 0.8, 0.0]))
        project.spectra(counts, inverted=inverted, axis=axis)
        raw = project.build()
        scan = one(raw)  # nothing is read before it is needed
        byte = raw.index(struct.pack("<f", np.nan))
        with pytest.raises(FormatError) as caught:
            np.asarray(scan.counts)
        assert str(caught.value) == f"p.wip: byte {byte}, spectrum 5, channel 7: expected a finite count, found nan"
        with pytest.raises(FormatError, match="spectrum 5, channel 7"):
            scan.counts[5]
        settled = scan.settled()
        assert settled.notes[-1] == "1 counts of 1 of 6 spectra are empty or no finite numbers: masked"
        np.testing.assert_array_equal(settled.mask, lost)
        np.testing.assert_array_equal(settled.counts, np.nan_to_num(counts.reshape(6, 30)))
        assert settled.settled() is settled
        assert fit_scan(scan, load_recipe("li-graphite")).scan.mask is not None


# -- what is said of a measurement

WORDS = (
    "Line_000\n\nGeneral:\nTime:\t11:01:23\nDate:\tMontag, 6. Juli 2015\nSample Name:\t\nConfiguration:\tRaman\n\n"
    "UHTS300:\nExcitation Wavelength [nm]:\t532.070\n\nDU401:\nIntegration Time [s]:\t0.5\n"
    "Vertical Shift Speed [µs]:\t[8.25]\nNumber Of Accumulations:\t3\nIntegration Time [s]:\t1.01222\n"
)


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        ("Line_000_Spec.Data 1", "Line_000 Information"),
        ("Line--000--Spec.Data 1", "Line--000--Information"),
        ("SC=+450 / Line_000_Spec.Data 1_F (CRR)", "SC=+450 / Line_000 Information"),
        ("Spectral Stitch[26 spectra]<Line_000_Spec.Data 1", "Line_000 Information"),
    ],
)
def test_information(graph: str, words: str) -> None:
    project = Builder()
    project.spectra(COUNTS, caption=graph)
    project.add("TDText", information("Other\n\nGeneral:\nTime:\t1:00:00\n"), "Other_001 Information")
    project.add("TDText", information(WORDS), words)
    about = one(project).metadata
    assert (about.started, about.started_raw) == (datetime(2015, 7, 6, 11, 1, 23), "Montag, 6. Juli 2015 11:01:23")
    assert (about.integration_s, about.accumulations) == (1.01222, 3)
    assert about.laser_nm == 532.0  # of the axis
    assert about.information is None  # no file of its own
    assert about.header["Vertical Shift Speed [µs]"] == "[8.25]"
    assert about.header["Sample Name"] == ""


def test_two_informations_are_none() -> None:
    project = Builder()
    project.spectra(COUNTS, caption="Line_000_Spec.Data 1")
    for _ in range(2):
        project.add("TDText", information(WORDS), "Line_000 Information")
    scan = one(project)
    assert scan.metadata.started is None
    assert "2 Information texts could belong to it: none was taken" in scan.notes


def test_rich_text() -> None:
    rtf = (
        r"{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\*\generator Riched20;}\uc1 a\'b5\u956?\u-10187?b\{\}\\"
        + "\r\n\\par\\tab c}\0"
    )
    assert plain_text(rtf) == "aµμ�b{}\\\n\tc\0"
    assert plain_text("}}}{{{\\") == ""


LASER, TIME, SUM = (
    "{C59F0865-BCA6-42CC-970B-E78863813092}",
    "{C7BF2E9E-4588-4FE7-A661-8BC5F9ABBEA9}",
    "{09449FFD-F53F-48FE-A687-D17A866CDB64}",
)


def test_trace() -> None:
    """What was done with a measurement leads back to it."""
    project = Builder(8)
    project.spectra(COUNTS, laser=0, more=[("GUID", 9, text("{c}"))])
    project.trace = elements(
        [
            step(["{A}"], [], "25.05.2023 13:58:55", {LASER: 532.25, TIME: 0.75, SUM: 4}),
            step(["{B}", "{D}"], ["{A}", "{B}"], "26.05.2023 08:00:00", {}),
            step(["{C}"], ["{X}", "{B}"], "27.05.2023 08:00:00", {}),
        ]
    )
    scan = one(project)
    about = scan.metadata
    assert (about.laser_nm, about.integration_s, about.accumulations) == (532.25, 0.75, 4)
    assert (about.started, about.started_raw) == (datetime(2023, 5, 25, 13, 58, 55), "25.05.2023 13:58:55")
    np.testing.assert_allclose(scan.shift_cm1, shift_of([560.0, 561, 562, 563, 564], 532.25))


def test_time_of_the_object_itself() -> None:
    project = Builder()
    project.spectra(COUNTS, more=[("CreationOrChangeLocalTime", 9, text("25.05.2023 13:58:55"))])
    scan = one(project)
    assert scan.metadata.started == datetime(2023, 5, 25, 13, 58, 55)
    assert "start taken from the time at which the graph was made or last changed" in scan.notes


# -- many graphs


def many(folder: Path) -> Path:
    project = Builder()
    for name in ("Line_000_Spec.Data 1", "Line_001_Spec.Data 1", "Stitch[26 spectra]<Line_000_Spec.Data 1"):
        project.spectra(COUNTS, caption=name)
    micrometres = project.add("TDLinearTransformation", linear(0, 1, "µm", 1))
    project.graph(COUNTS, axis=micrometres, caption="Cross section", index=3)
    project.graph(COUNTS, caption="Histogram", index=4)
    project.graph(COUNTS[:0], caption="Nothing")
    project.spectra(COUNTS, caption="On the way", more=[("IsIntermediateResult", 8, b"\1")])
    project.add("TDImage", [], "Sum")
    project.add("TDBitmap", [], "Video")
    project.add("TDText", information("Notes"), "Notes")
    file = folder / "day.WIP"
    file.write_bytes(project.build())
    return file


def test_what_is_no_spectrum_is_passed_over(tmp_path: Path) -> None:
    found = open_scans(str(many(tmp_path)))
    assert [scan.name for scan in found] == [
        "Line_000_Spec.Data 1",
        "Line_001_Spec.Data 1",
        "Stitch[26 spectra]<Line_000_Spec.Data 1",
    ]
    assert "passed over in this project: 3 graphs, 1 image, 1 picture" in found[0].notes
    assert found[1].notes == ("the project does not say where the spectra were taken (--step)",)


@pytest.mark.parametrize(
    ("name", "number"), [("Line_00?_*", 2), ("Stitch[26 spectra]<Line_000_Spec.Data 1", 1), ("Stitch*", 1)]
)
def test_names_and_patterns_pick(tmp_path: Path, name: str, number: int) -> None:
    file = many(tmp_path)
    assert len(open_scans(str(file), ReadOptions(select=name))) == number
    picked = open_scans(f"{file}::{name}")
    assert len(picked) == number
    assert {scan.source for scan in picked} == {f"{file}::{name}"}
    with pytest.raises(FormatError, match="no measurement named 'Z'"):
        open_scans(f"{file}::Z")


def test_a_project_without_spectra_says_what_is_in_it() -> None:
    project = Builder()
    project.add("TDBitmap", [], "Video")
    for _ in range(2):
        project.add("TDImage", [], "Sum")
    project.graph(COUNTS)
    assert str(refuse(project)) == "p.wip: a WITec project without a spectrum: 1 graph, 2 images, 1 picture"
    assert str(refuse(Builder())) == "p.wip: a WITec project without a spectrum: empty"


def test_compressed_and_from_a_pipe(tmp_path: Path) -> None:
    file = many(tmp_path)
    packed = tmp_path / "day.wip.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    for path, stream in ((str(packed), None), ("-", file.read_bytes())):
        found = open_scans(path, stream=None if stream is None else io.BytesIO(stream))
        np.testing.assert_array_equal(found[2].counts, COUNTS.reshape(6, 5))


# -- the shell


def ramanfit(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "ramanfit", *arguments], capture_output=True, text=True, check=False)


def test_the_shell_sees_every_graph_and_fits_the_one_that_is_picked(tmp_path: Path) -> None:
    nm = np.linspace(560.0, 600.0, 300)
    shift = 1e7 / 532 - 1e7 / nm
    curve = 500 + 900 / (1 + ((shift - 1590) / 20) ** 2) + 700 / (1 + ((shift - 1340) / 80) ** 2)
    noise = np.random.default_rng(3).normal(0, 5, (2, 3, 300))
    project = Builder()
    axis = project.add("TDSpectralTransformation", spectral(0, Polynom=[560.0, 40 / 299, 0.0]))
    place = project.add("TDSpaceTransformation", space())
    for name in ("A", "B/1"):
        project.spectra(curve + noise, axis=axis, place=place, caption=name, inverted=name == "A")
    file = tmp_path / "p.wip"
    file.write_bytes(project.build())
    listed = ramanfit("info", str(file), "--csv")
    assert [line.split(",")[1] for line in listed.stdout.splitlines()] == ["scan", "A", "B/1"]
    meta = tmp_path / "meta.json"
    whole = ramanfit("ratio", f"{file}::B*", "--csv", "--meta", str(meta))
    assert whole.returncode == 0, whole.stderr
    rows = [line.split(",") for line in whole.stdout.splitlines()]
    ratio = rows[0].index("ratio")
    assert [row[2] for row in rows[1:]] == [f"{x}/{y}" for y in range(2) for x in range(3)]
    assert all(abs(float(row[ratio]) - 7 / 9) < 0.05 for row in rows[1:])
    assert "p.wip::B*" in meta.read_text()
    other = ramanfit("ratio", str(file), "--select", "A", "--csv")
    assert [line.split(",")[2:] for line in other.stdout.splitlines()] == [row[2:] for row in rows]


def test_a_large_project_is_not_read_before_it_is_fitted(tmp_path: Path) -> None:
    """20,000 spectra, 160 MB as float64: only what is asked for becomes numbers, a block at a time."""
    project = Builder()
    axis = project.add("TDSpectralTransformation", spectral(0, Polynom=[560.0, 0.04, 0.0]))
    counts = np.arange(250 * 80 * 1000, dtype=np.uint16).reshape(250, 80, 1000)
    project.spectra(counts, kind=6, inverted=False, axis=axis)
    file = tmp_path / "large.wip"
    file.write_bytes(project.build())
    del project
    tracemalloc.start()
    try:
        (scan,) = open_scans(str(file))
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
        np.testing.assert_array_equal(scan.counts[5000:5100], counts.reshape(-1, 1000)[5000:5100])
        assert tracemalloc.get_traced_memory()[1] < 12 << 20
        for part in Whole.of(scan).parts():
            assert prepare(part, load_recipe("li-graphite")).measured.all()
        assert tracemalloc.get_traced_memory()[1] < 48 << 20
    finally:
        tracemalloc.stop()


def test_counts_that_no_detector_shows_are_told_when_they_are_taken() -> None:
    project = Builder()
    counts = np.ones((2, 3, 4))
    counts[1, 1, 2] = -1e101
    project.spectra(counts, kind=10)
    scan = one(project)
    np.testing.assert_array_equal(scan.counts[:4], 1)
    with pytest.raises(FormatError, match=r"expected counts of a detector, found 1e\+101"):
        np.asarray(scan.counts)


# -- wrong bytes


def small_project() -> bytes:
    project = Builder(5)
    place = project.add("TDSpaceTransformation", space())
    axis = project.add("TDLUTTransformation", table([560.0, 561.0, 562.0, 563.0, 564.0], "nm", 2))
    project.graph(COUNTS, axis=axis, laser=project.laser(), place=place, inverted=False, caption="Line_000_Spec.Data 1")
    project.add("TDText", information(WORDS), "Line_000 Information")
    project.trace = elements([step(["{A}"], ["{B}"], "25.05.2023 13:58:55", {LASER: 532.25, TIME: 0.75, SUM: 4})])
    return project.build()


SMALL = small_project()


def with_tag(name: str, kind: int, payload: bytes) -> bytes:
    """The small project with the content of one tag replaced by as many bytes."""
    at = SMALL.index(struct.pack("<I", len(name)) + name.encode() + struct.pack("<I", kind)) + 4 + len(name) + 20
    return SMALL[:at] + payload + SMALL[at + len(payload) :]


@pytest.mark.parametrize(
    ("name", "kind", "payload", "words"),
    [
        ("SizeX", 5, i32(4), "GraphData/Data': expected 160 bytes, 4 x 2 x 5 of 4 bytes, found 120"),
        ("SizeX", 5, i32(-1), "TDGraph/SizeX': expected an integer from 0 to 2147483648, found -1"),
        ("SizeGraph", 5, i32(2**31 - 1), "expected 51539607528 bytes"),
        ("DataType", 5, i32(11), "GraphData/DataType': expected an integer from 1 to 10, found 11"),
        ("DataType", 5, i32(0), "expected an integer from 1 to 10, found 0"),
        ("XTransformationID", 5, i32(77), "XTransformationID': expected the ID of an object of the project, found 77"),
        ("LUTSize", 5, i32(4), "LUTSize': expected a table for 5 values, found one of 4"),
        ("LUT", 2, struct.pack("<d", math.nan), "LUT': expected a finite number, found nan"),
        ("LUT", 2, struct.pack("<d", 562.0), "expected an axis that rises steadily, found 561 after 562"),
        ("UnitIndex", 5, i32(8), "UnitIndex': expected an integer from 0 to 7, found 8"),
        ("Scale", 2, struct.pack("<d", math.inf), "ViewPort3D/Scale': expected a finite number, found inf"),
        ("NumberOfData", 5, i32(4), "NumberOfData': expected the number of data, at least 5, found 4"),
        ("NumberOfData", 5, i32(6), "tag 'WITec Project/Data': expected a tag 'DataClassName 5' inside, found "),
        ("StandardUnit", 9, struct.pack("<I", 900), "StandardUnit': expected a text of at most 2 bytes, found 900"),
        ("NumElements", 5, i32(3), "expected a tag 'Element1' inside"),
    ],
)
def test_wrong_content(name: str, kind: int, payload: bytes, words: str) -> None:
    assert words in str(refuse(with_tag(name, kind, payload)))


@pytest.mark.parametrize(
    ("at", "payload", "words"),
    [
        (8, struct.pack("<I", 2**32 - 1), "byte 8: expected a name of at most 255 bytes, found 4294967295"),
        (8, struct.pack("<I", 256), "byte 8: expected a name of at most 255 bytes, found 256"),
        (12, b"X", "byte 12, tag 'XITec Project': expected a root named 'WITec Project', found 'XITec Project'"),
        (25, struct.pack("<I", 11), "byte 25, tag 'WITec Project': expected a type from 0 to 9, found 11"),
        (25, struct.pack("<I", 7), "expected tags, found bytes"),
        (29, struct.pack("<Q", 46), "byte 29, tag 'WITec Project': expected content from byte 45 on, found from 46 on"),
        (
            37,
            struct.pack("<Q", 44),
            "byte 37, tag 'WITec Project': expected content that ends from byte 45 on",
        ),
        (37, struct.pack("<Q", 2**63), f"the project is cut short: expected {2**63} bytes, found {len(SMALL)}"),
        (37, struct.pack("<Q", 100), "byte 80, in tag 'WITec Project': expected a tag, found 20 bytes"),
        (56, struct.pack("<I", 6), None),  # an integer without a sign is one, too
        (56, struct.pack("<I", 9), "tag 'WITec Project/Version': expected numbers, found text"),
        (56, struct.pack("<I", 2), "tag 'WITec Project/Version': expected numbers, found 4 bytes of f64"),
    ],
)
def test_wrong_tags(at: int, payload: bytes, words: str | None) -> None:
    raw = SMALL[:at] + payload + SMALL[at + len(payload) :]
    if words is None:
        assert one(raw)
    else:
        assert words in str(refuse(raw))


def test_two_tags_of_one_name_and_two_objects_of_one_number() -> None:
    twice = b"WIT_PR06" + encode("WITec Project", 0, [("Data", 0, []), ("Data", 0, [])], 8)
    assert "expected one tag 'Data', found a second one" in str(refuse(twice))
    project = Builder()
    project.spectra(COUNTS)
    kind, tags = project.items[0]
    project.items.append((kind, tags))
    assert "expected an ID of its own, found 11" in str(refuse(project))


def test_every_cut_is_refused() -> None:
    for end in range(8, len(SMALL)):
        refuse(SMALL[:end])


@settings(max_examples=600, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_wrong_bytes_are_read_or_refused(data: st.DataObject) -> None:
    raw = bytearray(SMALL)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw) - 1))
        some = data.draw(st.one_of(st.binary(min_size=1, max_size=8), st.sampled_from([b"\0" * 4, b"\xff" * 4])))
        raw[at : at + len(some)] = some
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "p.wip"
        file.write_bytes(raw)
        try:
            for scan in open_scans(str(file)):
                assert np.isfinite(np.asarray(scan.counts)).all()
        except FormatError as error:
            said = str(error)
        else:
            return
    assert said.startswith(str(file))
    assert "\n" not in said

"""Renishaw's .wdf: what is written is read, in whichever order it lies; what is broken is refused."""

from __future__ import annotations

import io
import struct
import tracemalloc
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ramanfit.errors import FormatError
from ramanfit.formats import ReadOptions, find_exports, open_scans
from ramanfit.scan.scan import Scan
from tests import wdf_writer as w

X = np.array([954.34375, 900.5, 850.25, 700.0], dtype=np.float32)  # falling, as WiRE has it
COUNTS = np.arange(24, dtype=np.float32).reshape(6, 4) + 0.5
START = datetime(2021, 10, 1, 11, 20, 48, 921997, timezone.utc)


def read(raw: bytes, **options: Any) -> Scan:
    (scan,) = open_scans("-", ReadOptions(**options), stream=io.BytesIO(raw), stdin_name="s.wdf")
    return scan


def refuse(raw: bytes) -> str:
    with pytest.raises(FormatError) as caught:
        read(raw)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_spectrum() -> None:
    scan = read(w.wdf(X, COUNTS[0], title="Si, 50 × \0rubbish"))
    np.testing.assert_array_equal(scan.shift_cm1, X[::-1])
    np.testing.assert_array_equal(scan.counts, COUNTS[:1, ::-1])
    about = scan.metadata
    assert (scan.kind, scan.name, scan.axis_unit, scan.notes) == ("spectrum", "s", "rel. 1/cm", ())
    assert (about.started, about.duration_s, about.integration_s, about.accumulations) == (START, 1.0, 1.5, 2)
    assert about.laser_nm == pytest.approx(532, abs=2e-5)  # stored as float32 in 1/cm
    assert about.header == {
        "Title": "Si, 50 ×",
        "Comment": "made for a test",
        "User": "Löwe",
        "Measurement": "single",
        "Scan": "static",
        "Exposure Time": "1500",
    }


def test_the_clock_of_wire_3_has_no_zone() -> None:
    assert read(w.wdf(X, COUNTS[0], version=3)).metadata.started == START.replace(tzinfo=None)
    assert read(w.wdf(X, COUNTS[0], fields={136: bytes(8)})).metadata.started is None
    assert read(w.wdf(X, COUNTS[0], fields={136: b"\xff" * 8})).metadata.started is None


def test_a_series_in_time() -> None:
    times = w.FILETIME + np.array([13, 40, 71, 99, 130, 157]) * 1_000_000
    scan = read(w.wdf(X, COUNTS, kind=w.SERIES, origins=[w.origin(w.TIME | 1 << 31, w.FILETIMES, "Time", times)]))
    assert scan.kind == "series"
    np.testing.assert_allclose(scan.offset_s, [0, 2.7, 5.8, 8.6, 11.7, 14.4])
    np.testing.assert_array_equal(scan.counts, COUNTS[:, ::-1])
    unknown = read(w.wdf(X, COUNTS, kind=w.SERIES, origins=[]))
    assert unknown.offset_s is None
    assert unknown.notes == ("the file does not say when each spectrum was taken (--dwell)",)
    wrong = read(w.wdf(X, COUNTS, kind=w.SERIES, origins=[w.origin(w.TIME, w.FILETIMES, "Time", times[::-1])]))
    assert wrong.offset_s is None
    assert "times of the spectra are not understood (--dwell)" in wrong.notes


def test_a_series_in_depth_is_a_line() -> None:
    depth = np.array([-1.0, -0.5, 0, 0.5, 1, 1.5])
    scan = read(w.wdf(X, COUNTS, kind=w.SERIES, origins=[w.origin(w.Z | 1 << 31, 8, "Z", depth / 1000)]))
    assert (scan.kind, scan.notes) == ("line", ("a series in depth: z from -1 to 1.5 µm",))
    np.testing.assert_allclose(scan.position_um, depth + 1)


def test_spectra_of_no_kind() -> None:
    scan = read(w.wdf(X, COUNTS, kind=0, origins=[]))
    assert (scan.kind, scan.position_um) == ("line", None)
    assert "does not say what its 6 spectra are" in scan.notes[0]


def line(points: tuple[int, int, int], flags: int = 0x80, **options: Any) -> bytes:
    places = [w.origin(w.X, 5, "X", np.arange(6) * 0.3), w.origin(w.Y, 5, "Y", 7 + np.arange(6) * 0.4)]
    return w.wdf(X, COUNTS, kind=w.MAP, origins=places, more=w.area(points, (0, 7, 0), (0.3, 0.4, 1), flags), **options)


@pytest.mark.parametrize(("points", "flags"), [((6, 1, 1), 0x80), ((6, 1, 1), 0), ((1, 6, 0), 0)])
def test_a_line(points: tuple[int, int, int], flags: int) -> None:
    scan = read(line(points, flags))
    assert scan.kind == "line"
    np.testing.assert_allclose(scan.position_um, np.arange(6) * 0.5, atol=1e-12)
    np.testing.assert_allclose(scan.coordinates_um[-1], [1.5, 9, 0])  # type: ignore[index]
    short = read(line(points, flags, collected=4))
    assert (len(short), short.notes) == (4, ("4 of 6 spectra were measured",))


@pytest.mark.parametrize("places", [True, False])
@pytest.mark.parametrize("order", ["rows", "columns", "to and fro"])
@given(data=st.data())
def test_a_map_is_read_bit_for_bit_in_any_order(order: str, places: bool, data: st.DataObject) -> None:
    ny, nx, m = (data.draw(st.integers(2, 5)) for _ in range(3))
    finite = st.floats(-(2.0**99), 2.0**99, width=32)
    counts = data.draw(arrays(np.float32, (ny * nx, m), elements=finite))
    x = np.sort(data.draw(arrays(np.float32, m, elements=st.floats(-3e3, 1e4, width=32), unique=True)))[::-1]
    first, step = ((data.draw(st.floats(-1e5, 1e5, width=32)), data.draw(st.floats(-1e5, 1e5, width=32))), (2.0, -3.0))
    raw = w.mapped(x, counts, (ny, nx), order=order, places=places, first=first, step=step)
    scan = read(raw)
    assert (scan.kind, scan.grid, scan.notes) == ("map", (ny, nx), ())
    np.testing.assert_array_equal(scan.shift_cm1, x[::-1])
    np.testing.assert_array_equal(np.asarray(scan.counts), counts[:, ::-1])
    turn = np.sort(scan.offset_s) if order != "rows" else scan.offset_s
    np.testing.assert_array_equal(turn, np.arange(ny * nx))
    if places:
        row, column = np.divmod(np.arange(ny * nx), nx)
        at = np.stack([first[0] + 2 * column, first[1] - 3 * row, 0 * row], axis=1)
        np.testing.assert_array_equal(scan.coordinates_um, at)


@given(n=st.integers(1, 4), data=st.data())
def test_spectra_are_read_bit_for_bit(n: int, data: st.DataObject) -> None:
    m = data.draw(st.integers(2, 6))
    counts = data.draw(arrays(np.float32, (n, m), elements=st.floats(-(2.0**99), 2.0**99, width=32)))
    x = np.sort(data.draw(arrays(np.float32, m, elements=st.floats(1, 1e4, width=32), unique=True)))
    scan = read(w.wdf(x, counts, kind=w.SERIES if n > 1 else w.SINGLE))
    np.testing.assert_array_equal(scan.shift_cm1, x)
    np.testing.assert_array_equal(np.asarray(scan.counts), counts)


def test_what_an_interrupted_map_lacks_is_not_measured() -> None:
    for order in ("rows", "to and fro"):
        scan = read(w.mapped(X, COUNTS, (2, 3), order=order, collected=4))
        left = [3] if order == "rows" else [5]
        assert scan.notes == ("4 of 6 spectra were measured",)
        lacking = [i for i in (3, 4, 5) if i not in left]
        assert not np.asarray(scan.counts)[lacking].any()
        np.testing.assert_array_equal(np.asarray(scan.counts)[[0, 1, 2, *left]], COUNTS[[0, 1, 2, *left], ::-1])
        assert np.isnan(scan.offset_s).nonzero()[0].tolist() == lacking  # type: ignore[arg-type]


def test_a_slice_in_depth_and_a_volume() -> None:
    places = [w.origin(w.X, 5, "X", np.arange(6) % 3), w.origin(w.Z, 5, "Z", np.arange(6) // 3)]
    scan = read(w.wdf(X, COUNTS, kind=w.MAP, origins=places, more=w.area((3, 1, 2), (0, 0, 0), (1, 1, 1))))
    assert scan.grid == (2, 3)
    assert read(line((3, 1, 2))).grid == (2, 3)  # a line and its depths
    volume = read(w.wdf(X, [*COUNTS, *COUNTS[:2]], kind=w.MAP, more=w.area((2, 2, 2), (0, 0, 0), (1, 1, 1))))
    assert (volume.grid, volume.notes) == (None, ("the map is no grid of lines and points",))


def test_points_that_lie_on_no_grid_keep_their_places() -> None:
    at = np.random.default_rng(3).normal(0, 9, (6, 2))
    places = [w.origin(w.X, 5, "X", at[:, 0]), w.origin(w.Y, 5, "Y", at[:, 1])]
    for points, flags in (((1, 1, 1), 1), ((3, 2, 1), 0)):
        scan = read(w.wdf(X, COUNTS, kind=w.MAP, origins=places, more=w.area(points, (0, 0, 0), (9, 9, 1), flags)))
        assert (scan.kind, scan.grid, scan.notes) == ("map", None, ("the map is no grid of lines and points",))
        np.testing.assert_array_equal(scan.coordinates_um[:, :2], at)  # type: ignore[index]


def test_positions_in_no_length() -> None:
    places = [w.origin(w.X, 16, "X", np.arange(6.0)), w.origin(w.Y, 5, "Y", np.arange(6.0))]
    scan = read(w.wdf(X, COUNTS, kind=w.MAP, origins=places, more=w.area((6, 1, 1), (0, 0, 0), (1, 1, 1), 0x80)))
    assert scan.position_um is None
    assert scan.notes[0] == "positions along X are not understood (--step)"


def test_what_is_not_read_is_said() -> None:
    flags = w.origin(w.FLAGS, 0, "Flags", [0, 1, 5, 0, 1 << 33, 2])
    hot = w.origin(9, 21, "Temperature", np.arange(6) * 10.0)
    assert read(w.wdf(X, COUNTS, kind=w.SERIES, origins=[hot, flags], flags=4)).notes == (
        "cosmic rays were removed while it was measured",
        "not read: Temperature of each spectrum",
        "WiRE says of 2 spectra: saturated",
        "WiRE says of 1 spectrum: an error while it was measured",
        "WiRE says of 1 spectrum: a cosmic ray was accepted",
        "the file does not say when each spectrum was taken (--dwell)",
    )


@pytest.mark.parametrize(("unit", "name"), [(1, "rel. 1/cm"), (3, "nm"), (5, "µm"), (2, "1/cm"), (4, "eV"), (0, "")])
def test_units(unit: int, name: str) -> None:
    wavenumber = 1e7 / 532 - X.astype(float)
    x = {3: 1e7 / wavenumber, 5: 1e4 / wavenumber, 2: wavenumber, 4: wavenumber / 8065.543937}.get(unit, X)
    scan = read(w.wdf(x, COUNTS[0], unit=unit))
    assert scan.axis_unit == name
    np.testing.assert_allclose(scan.shift_cm1, X[::-1], atol=0.01)
    np.testing.assert_array_equal(scan.counts[0], COUNTS[0][::-1])


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (w.wdf(X, COUNTS[0], unit=16), "the axis is in 'WiRE unit 16'"),
        (w.wdf(X, COUNTS[0], fields={60: b"\1\0\0\0"}), "byte 60: expected at least 2 channels, found 1"),
        (w.wdf(X, COUNTS[0], collected=0), "byte 72: expected at least 1 measured spectrum, found 0 of 1"),
        (w.wdf(X, COUNTS[0], collected=2), "found 2 of 1"),
        (w.wdf(X, COUNTS[0], flags=1), "byte 16: expected one axis for all spectra, found one for each"),
        (w.wdf(X, COUNTS[0], flags=8), "found several tracks"),
        (w.wdf(X, COUNTS[0], fields={84: b"\5\0\0\0"}), "byte 84: expected spectra of 4 channels, found pictures of"),
        (w.wdf(X, COUNTS[0], fields={64: b"\xff" * 8}), "block DATA: expected 295147905179352825840 bytes for"),
        (w.wdf(X, COUNTS[0], fields={92: b"\xff" * 4}), "block ORGN: expected 137438953444 bytes for"),
        (w.wdf(X, COUNTS, kind=w.MAP), "block WMAP: expected the area of the map, found none"),
        (w.wdf([1, np.nan, 3, 4], COUNTS[0]), "expected an axis of finite numbers, found nan"),
        (w.wdf([1, 3, 2, 4], COUNTS[0]), "an axis that rises steadily"),
        (b"WDF1" + bytes(200), "expected a header of 512 bytes, found 204"),
        (w.wdf(X, COUNTS[0]).replace(b"XLST", b"xlst"), "expected 24 bytes for 4 channels, found none: WDF1"),
        (w.wdf(X, COUNTS[0])[:600], "found none"),
    ],
)  # fmt: skip
def test_refused(raw: bytes, words: str) -> None:
    assert words in refuse(raw)


def test_no_size_is_believed() -> None:
    raw = w.wdf(X, COUNTS[0], fields={64: struct.pack("<QQ", 1 << 40, 1 << 40)})
    tracemalloc.start()
    refuse(raw)
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_every_cut_is_refused_or_said() -> None:
    raw = w.mapped(X, COUNTS, (2, 3), order="to and fro")
    whole = read(raw)
    settings = raw.index(b"WXDM")
    for end in range(16, len(raw)):
        if end < settings:
            refuse(raw[:end])
            continue
        scan = read(raw[:end])
        np.testing.assert_array_equal(np.asarray(scan.counts), np.asarray(whole.counts))
        assert scan.grid == (2, 3)
        assert scan.notes == (
            (f"byte {settings}: a block that does not end inside the file, not read",) if end > settings else ()
        )


def test_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.wdf").write_bytes(w.wdf(X, COUNTS[0]))
    (tmp_path / "b.wdf").write_bytes(w.wdf(X, COUNTS[0])[:700])
    (tmp_path / "c.wxd").write_bytes(b"#WXD" + b"0" * 40 + bytes(2000))
    files, passed = find_exports([str(tmp_path)])
    assert [Path(file).name for file in files] == ["a.wdf", "b.wdf"]
    assert [over.reason for over in passed] == ["a file of Renishaw WiRE 2 (.wxd)"]

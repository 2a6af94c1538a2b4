"""SPC files: every form of counts and axis that the format knows, and what is refused."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ramanfit.errors import FormatError
from ramanfit.formats import ReadOptions, find_exports, open_scans
from ramanfit.scan.scan import Scan
from tests.exports import spc

X = [100.5, 200.25, 301.0, 450.125]
COUNTS = np.array([[7.0, 8.0, 900.5, 10.0], [11.0, -12.0, 1300.0, 14.25]])


def read(raw: bytes, **options: Any) -> Scan:
    (scan,) = open_scans("-", ReadOptions(**options), stream=io.BytesIO(raw), stdin_name="s.spc")
    return scan


def refuse(raw: bytes) -> FormatError:
    with pytest.raises(FormatError) as caught:
        read(raw)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("n", [1, 2])
def test_floats(n: int) -> None:
    scan = read(spc(X, COUNTS[:n]))
    np.testing.assert_array_equal(scan.shift_cm1, X)
    np.testing.assert_array_equal(scan.counts, COUNTS[:n])
    assert (scan.kind, scan.name, scan.axis_unit) == ("spectrum" if n == 1 else "line", "s", "rel. 1/cm")


def test_the_name_tells_the_kind(tmp_path: Path) -> None:
    for name, kind in (("Witec-Map.spc", "map"), ("Witec-timeseries.spc", "series"), ("b.spc", "line")):
        (tmp_path / name).write_bytes(spc(X, COUNTS))
        (scan,) = open_scans(str(tmp_path / name))
        assert scan.kind == kind
        assert scan.notes
    assert len(find_exports([str(tmp_path)])[0]) == 3


def test_information_beside_it(tmp_path: Path) -> None:
    (tmp_path / "18 Line--018--Information.txt").write_bytes(
        "Line--018\n\nGeneral:\nSystem ID:\t1\nLine Scan:\nStart Point [µm]:\t(0, 0, 8)\nEnd Point [µm]:\t(0, 0, 0)\n"
        "Number of Points:\t2\nExcitation Wavelength [nm]:\t532.1\n".encode("cp1252")
    )
    (tmp_path / "14 Line--018--Spec.Data 1.spc").write_bytes(spc([533.0, 534, 535, 536], COUNTS, unit=3))
    (scan,) = open_scans(str(tmp_path / "14 Line--018--Spec.Data 1.spc"))
    np.testing.assert_array_equal(scan.position_um, [0, 4])
    assert scan.shift_cm1[0] == pytest.approx(1e7 / 532.1 - 1e7 / 533)


def test_evenly_spaced_axis() -> None:
    scan = read(spc(X, COUNTS, ends=(100.1, 400.1)))
    np.testing.assert_allclose(scan.shift_cm1, [100.1, 200.1, 300.1, 400.1], rtol=1e-15)
    falling = read(spc(X, COUNTS, ends=(400.0, 100.0)))
    np.testing.assert_array_equal(falling.shift_cm1, [100, 200, 300, 400])
    np.testing.assert_array_equal(falling.counts, COUNTS[:, ::-1])


@pytest.mark.parametrize("short", [False, True])
def test_integers_with_exponents(short: bool) -> None:
    bits = 16 if short else 32
    whole = np.array([[1, -2, 30000, 0], [5, 6, -32768, 8]])
    scan = read(spc(X, whole, exponents=[10, -3], short=short))
    np.testing.assert_array_equal(scan.counts, whole * 2.0 ** (np.array([[10], [-3]]) - bits))
    single = read(spc(X, whole[0], exponents=[bits], short=short))
    np.testing.assert_array_equal(single.counts, whole[:1])


def test_floats_among_integers() -> None:
    whole = np.array([[1, -2, 3, 4], [5, 6, 7, 8]])
    np.testing.assert_array_equal(read(spc(X, whole, exponents=[32, -128])).counts, whole)
    assert "integers of 16 bits" in str(refuse(spc(X, whole, exponents=[16, -128], short=True)))


@pytest.mark.parametrize(("unit", "name"), [(13, "rel. 1/cm"), (3, "nm"), (2, "µm"), (1, "1/cm"), (14, "eV"), (0, "")])
def test_units(unit: int, name: str) -> None:
    shift = np.array(X)
    wavenumber = 1e7 / 532 - shift
    x = {3: 1e7 / wavenumber, 2: 1e4 / wavenumber, 1: wavenumber, 14: wavenumber / 8065.543937}.get(unit, shift)
    scan = read(spc(x, COUNTS, unit=unit, ends=(x[0], x[-1])), laser_nm=532.0)
    assert scan.axis_unit == name
    assert scan.shift_cm1[0] == pytest.approx(X[0])
    assert scan.shift_cm1[-1] == pytest.approx(X[-1])


def test_units_of_no_raman_axis() -> None:
    error = refuse(spc(X, COUNTS, unit=6))
    assert "'SPC unit 6'" in str(error)
    assert read(spc(X, COUNTS, unit=6), x_unit="cm-1").axis_unit == "rel. 1/cm"
    assert "laser" in str(refuse(spc([533, 534, 535, 536], COUNTS, unit=3)))


def test_what_follows_the_spectra_is_passed_over() -> None:
    np.testing.assert_array_equal(read(spc(X, COUNTS) + b"log = 1\r\n").counts, COUNTS)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (spc(X, COUNTS, version=b"L"), "byte 1: expected an SPC file in Intel's order of bytes"),
        (spc(X, COUNTS, flags=0x40), "byte 0: expected one axis for all spectra"),
        (spc(X, COUNTS)[:-1], "expected 624 bytes for 2 spectra of 4 channels, found 623"),
        (spc(X, COUNTS)[:4] + b"\xff\xff\xff\x7f" + spc(X, COUNTS)[8:], "for 2 spectra of 2147483647 channels"),
        (spc(X, COUNTS)[:24] + b"\xff\xff\xff\x7f" + spc(X, COUNTS)[28:], "bytes for 2147483647 spectra"),
        (spc(X, COUNTS)[:24] + bytes(4) + spc(X, COUNTS)[28:], "byte 24: expected at least 1 spectrum"),
        (spc(X, COUNTS)[:4] + b"\xff\xff\xff\xff" + spc(X, COUNTS)[8:], "byte 4: expected at least 2 channels"),
        (spc([1, np.nan, 3, 4], COUNTS), "expected an axis of finite numbers, found nan"),
        (spc([1, np.inf, -np.inf, 4], COUNTS), "expected an axis of finite numbers, found inf"),
        (spc([1, 3, 2, 4], COUNTS), "an axis that rises steadily"),
        (spc(X, COUNTS, ends=(np.inf, 1)), "expected an axis of finite numbers"),
        (b"\x00M\x00\x00\x00\x00\x80\x44" + bytes(300), "an SPC file in the old format"),
    ],
)
def test_refused(raw: bytes, words: str) -> None:
    assert words in str(refuse(raw))


def test_a_count_that_is_no_number_is_masked() -> None:
    scan = read(spc(X, [[1, 2, np.inf, 4], [1, 2, 3, 4]]))
    assert scan.mask is not None
    assert np.argwhere(scan.mask).tolist() == [[0, 2]]


def test_other_files_with_the_same_second_byte() -> None:
    assert "zip archive" in str(refuse(b"PK\x03\x04\x14\0\x06\0\x08\0" + bytes(range(256)) * 3))
    assert "picture" in str(refuse(b"BM\x36\x10\x0e\0\0\0\0\0\x36\0" + bytes(600)))


def test_every_cut_is_refused() -> None:
    raw = spc(X, COUNTS)
    for end in range(len(raw)):
        refuse(raw[:end])

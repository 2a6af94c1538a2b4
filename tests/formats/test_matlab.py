"""MATLAB files: what an object says of its spectra, and what is refused before SciPy sees it."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import struct
import tracemalloc
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.io import loadmat, savemat

from ramanfit.errors import FormatError, InputError
from ramanfit.formats import ReadOptions, find_exports, matlab_large, open_scans
from ramanfit.scan import mapped, stored
from ramanfit.scan.scan import Scan
from ramanfit.scan.stored import StoredCounts
from tests.exports import array, dataset, element, image, mat, value

X = [100.5, 200.25, 301.0, 450.125]
COUNTS = np.arange(24.0).reshape(6, 4) ** 2


def read(raw: bytes, **options: Any) -> Scan:
    (scan,) = open_scans("-", ReadOptions(**options), stream=io.BytesIO(raw))
    return scan


def refuse(raw: bytes) -> FormatError:
    with pytest.raises(FormatError) as caught:
        read(raw)
    assert "\n" not in str(caught.value)
    return caught.value


def test_the_writer_against_scipy() -> None:
    found = loadmat(io.BytesIO(mat({"v": image(X, COUNTS, (3, 2))})), uint16_codec="utf-16-le")["v"][0, 0]
    np.testing.assert_array_equal(found["data"][1], COUNTS[2])  # second of the first column
    assert found["name"].item() == "Line--018--Spec.Data 1"
    assert found["imageaxisscale"][0, 1].item() == "µm"
    assert found["imagesize"].tolist() == [[3, 2]]


@pytest.mark.parametrize(("unit", "scale"), [("µm", 1.0), ("mm", 1e3)])
def test_line(unit: str, scale: float) -> None:
    raw = mat({"v": dataset(X, COUNTS, along=np.arange(6) * 0.5, along_unit=unit)})
    scan = read(raw)
    assert (scan.kind, scan.name, scan.axis_unit) == ("line", "Line--018--Spec.Data 1", "rel. 1/cm")
    np.testing.assert_array_equal(scan.shift_cm1, X)
    np.testing.assert_array_equal(scan.counts, COUNTS)
    np.testing.assert_array_equal(scan.position_um, np.arange(6) * 0.5 * scale)
    np.testing.assert_allclose(read(raw, line_spacing="endpoints").position_um, np.arange(6) * 0.6 * scale)
    assert scan.metadata.header["history"] == "Created by Project FOUR (Version 4.0)"


def test_places_that_are_not_evenly_spaced_are_kept() -> None:
    along = [0, 1, 2, 4, 8, 16]
    np.testing.assert_array_equal(read(mat({"v": dataset(X, COUNTS, along=along, along_unit="µm")})).position_um, along)


def test_series() -> None:
    scan = read(mat({"v": dataset(X, COUNTS, along=np.arange(6) * 2.0, along_unit="min")}))
    assert (scan.kind, scan.position_um) == ("series", None)
    np.testing.assert_array_equal(scan.offset_s, np.arange(6) * 120.0)


@pytest.mark.parametrize("size", [(3, 2), (2, 3), (1, 6), (6, 1)])
def test_map_is_turned(size: tuple[int, int]) -> None:
    scan = read(mat({"v": image(X, COUNTS, size, pitch=2.0)}))
    assert (scan.kind, scan.grid) == ("map", size)
    np.testing.assert_array_equal(scan.counts, COUNTS)
    row, column = np.divmod(np.arange(6), size[1])
    np.testing.assert_array_equal(scan.coordinates_um, np.column_stack([2.0 * column, -2.0 * row, 0.0 * row]))


def test_sizes_of_a_map_are_bytes() -> None:
    counts = np.ones((400, 3))
    assert read(mat({"v": image([1, 2, 3], counts, (20, 20))})).grid == (20, 20)  # 400 is no byte


@pytest.mark.parametrize("size", [[4, 2], [-3, -2], [6], [2, 3, 1], [0, 0]])
def test_map_that_cannot_be(size: list[int]) -> None:
    fields = {**image(X, COUNTS, (3, 2)), "imagesize": np.array(size, dtype=np.int8)}
    scan = read(mat({"v": fields}))
    assert (scan.kind, scan.grid, scan.coordinates_um) == ("map", None, None)
    assert "cannot hold 6 spectra" in scan.notes[0]


def test_without_places_the_information_counts(tmp_path: Path) -> None:
    file = tmp_path / "a.mat"
    file.write_bytes(mat({"v": dataset(X, COUNTS, name="Time Series_000_Spec.Data 1")}))
    (scan,) = open_scans(str(file))
    assert scan.kind == "series"
    (tmp_path / "a Information.txt").write_bytes(
        "a\n\nGeneral:\nSystem ID:\t1\nLine Scan:\nStart Point [µm]:\t(0, 0, 0)\nEnd Point [µm]:\t(0, 0, 12)\n"
        "Number of Points:\t6\nExcitation Wavelength [nm]:\t532.1\n".encode("cp1252")
    )
    (scan,) = open_scans(str(file))
    assert (scan.kind, scan.metadata.laser_nm) == ("line", 532.1)
    np.testing.assert_allclose(scan.position_um, np.arange(6) * 2.0)


def test_units_of_the_axis() -> None:
    raw = mat({"v": dataset([533.0, 535.0, 537.0, 539.0], COUNTS, "nm")})
    with pytest.raises(FormatError, match="the laser is not known"):
        read(raw)
    scan = read(raw, laser_nm=532.0)
    assert scan.shift_cm1[0] == pytest.approx(1e7 / 532 - 1e7 / 533)
    assert (scan.axis_unit, scan.metadata.laser_nm) == ("nm", 532.0)
    assert "not in the file" in read(mat({"v": dataset(X, COUNTS, "")})).notes[-1]


def test_several_objects_and_other_variables() -> None:
    raw = mat({"a": np.eye(3), "first": dataset(X, COUNTS, name="A"), "second": dataset(X, COUNTS[:2], name="B")})
    assert [(s.name, len(s)) for s in open_scans("-", stream=io.BytesIO(raw))] == [("A", 6), ("B", 2)]


def test_no_object_says_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "a.mat"
    savemat(file, {"counts": np.eye(3), "note": "text", "cells": np.array([[1, "a"]], dtype=object)})
    message = str(refuse(file.read_bytes()))
    assert "expected a DataSet object" in message
    assert "counts (double 3 x 3), note (char 1 x 4), cells (cell 1 x 2)" in message
    assert "found nothing" in str(refuse(mat({})))
    (tmp_path / "b.txt").write_text("".join(f"{i}.5\t1\n" for i in range(20)))
    files, passed = find_exports([str(tmp_path)])
    assert [Path(name).name for name in files] == ["b.txt"]
    assert passed[0].reason == "a MATLAB file without a DataSet object"


def test_a_name_of_several_lines_stays_on_one() -> None:
    assert "a?b (double 1 x 1)" in str(refuse(mat({"a\nb": np.ones(1)})))
    assert "a?b.data: expected" in str(refuse(mat({"a\nb": {**dataset(X, COUNTS), "data": "text"}})))


def packed(variable: bytes, level: int = 6) -> bytes:
    """A variable compressed, as MATLAB does without -v6."""
    data = zlib.compress(variable, level)
    return struct.pack("<II", 15, len(data)) + data


def test_compressed_variables_are_what_they_were() -> None:
    first, second = value(dataset(X, COUNTS, name="A"), "a"), value(image(X, COUNTS, (3, 2)), "b")
    other = value(np.eye(50), "other")
    plain = open_scans("-", stream=io.BytesIO(mat({"a": first, "b": second})))
    for raw in (
        mat({"": packed(first), "o": packed(other), "b": packed(second)}),
        mat({"a": first, "o": other, "b": packed(second)}),
        mat({"": packed(first, 0), "o": other, "b": second}),
    ):
        for large in (0, 1 << 60):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(matlab_large, "LARGE", large)
                scans = open_scans("-", stream=io.BytesIO(raw))
            for scan, expected in zip(scans, plain, strict=True):
                assert isinstance(scan.counts, StoredCounts) == (large == 0)
                np.testing.assert_array_equal(np.asarray(scan.counts), expected.counts)
                np.testing.assert_array_equal(scan.shift_cm1, expected.shift_cm1)
                assert (scan.name, scan.kind, scan.grid, scan.notes) == (
                    *(expected.name, expected.kind),
                    *(expected.grid, expected.notes),
                )


def test_a_compressed_file_that_is_broken_or_a_trap() -> None:
    variable = value(dataset(X, COUNTS), "v")
    raw = mat({"v": packed(variable)})
    for end in range(19, len(raw)):
        refuse(raw[:end])
    for at in range(136, len(raw), 3):
        damaged = raw[:at] + bytes([raw[at] ^ 0x55]) + raw[at + 1 :]
        with contextlib.suppress(FormatError):
            np.testing.assert_array_equal(np.asarray(read(damaged).counts), COUNTS)
    cut = zlib.compress(variable)[:-20]
    assert "cut short" in str(refuse(mat({"v": struct.pack("<II", 15, len(cut)) + cut})))
    assert "broken compressed data" in str(refuse(mat({"v": struct.pack("<II", 15, 40) + bytes(40)})))
    zeros = bytes(17 << 20)
    bomb = variable + zeros * 3
    tracemalloc.start()
    try:
        assert "at most 16 MiB or 100 times its compressed size" in str(refuse(mat({"v": packed(bomb, 9)})))
        assert tracemalloc.get_traced_memory()[1] < 24 << 20
    finally:
        tracemalloc.stop()
    assert "(unpacked): byte" in str(refuse(mat({"v": packed(variable[:8] + variable[16:])})))


def test_compressed_files_of_others_and_newer_files(tmp_path: Path) -> None:
    savemat(tmp_path / "a.mat", {"x": np.zeros(9), "words": "some"}, do_compression=True)
    assert "found x (double 1 x 9), words (char 1 x 4)" in str(refuse((tmp_path / "a.mat").read_bytes()))
    (tmp_path / "b.mat").write_bytes(mat({"v": packed(value(dataset(X, COUNTS), "v"))}))
    files, passed = find_exports([str(tmp_path)])
    assert [Path(name).name for name in files] == ["b.mat"]
    assert passed[0].reason == "a MATLAB file without a DataSet object"
    assert "HDF5" in str(refuse(b"MATLAB 7.3 MAT-file".ljust(512) + b"\x89HDF\r\n\x1a\n" + bytes(100)))
    assert "little-endian" in str(refuse(mat({}).replace(b"\x00\x01IM", b"\x01\x00MI")))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"data": np.zeros((2, 5), np.float32)}, "v.axisscale: expected 5 numbers, one for each channel, found 4"),
        ({"data": "text"}, "v.data: expected counts of spectra by channels"),
        ({"data": np.empty((0, 4), np.float32)}, "v.data: expected counts"),
        ({"axisscale": np.zeros(4)}, "v.axisscale: expected cells of 2 by 2"),
        ({"axisscale": [["", ""]]}, "v.axisscale: expected cells of 2 by 2"),
        ({"axisscale": [["", ""], ["", ""]]}, "v.axisscale: expected finite numbers"),
        ({"type": "image", "imagesize": "x"}, "v.imagesize: expected finite numbers"),
    ],
)
def test_wrong_fields(fields: dict[str, Any], words: str) -> None:
    assert words in str(refuse(mat({"v": {**dataset(X, COUNTS), **fields}})))


def test_an_object_without_data() -> None:
    assert "v.data: expected this field, found none" in str(refuse(mat({"v": {"name": "x"}})))


def deep(levels: int) -> bytes:
    inside = value(np.zeros(1))
    for _ in range(levels):
        inside = array(1, (1, 1), inside)
    return inside


def inserted(field: bytes) -> bytes:
    """A file whose object has this array in the place of its author's name."""
    sound = mat({"v": dataset(X, COUNTS)})
    before, after = sound.split(value(""), 1)
    size = struct.unpack_from("<I", before, 132)[0] + len(field) - len(value(""))
    return before[:132] + struct.pack("<I", size) + before[136:] + field + after


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (array(1, (1 << 15, 1 << 15), b""), "expected 1073741824 arrays"),
        (array(1, (1 << 30, 1 << 30), b""), "arrays, found"),
        (array(4, (1, 1 << 30), element(4, b"")), "expected 1073741824 numbers, found 0"),
        (array(6, (1 << 30, 1), element(9, bytes(8))), "expected 1073741824 numbers, found 1"),
        (array(6, (-1, 1), element(9, bytes(8))), "the sizes of 2 to 32 dimensions"),
        (array(6, (1, 1), element(9, bytes(8), stated=1 << 31)), "found one of 2147483648 bytes"),
        (array(6, (1, 1), element(9, bytes(8)), flags=8), "found complex double"),
        (array(5, (1, 1), element(9, bytes(8))), "found sparse"),
        (array(16, (1, 1), element(9, bytes(8))), "found function"),
        (array(2, (1, 1), element(5, struct.pack("<i", 0)) + element(1, b"")), "the length of a field's name"),
        (deep(20), "more than 8 levels"),
        (array(1, (1, 5000), element(14, b"") * 5000), "arrays of at most 4 times the file's size"),
        (array(4, (1, 100_000), element(2, bytes(100_000))), "arrays of at most 4 times the file's size"),
        (array(6, (1, 100_000), element(1, bytes(100_000))), "arrays of at most 4 times the file's size"),
    ],
)
def test_hostile_sizes(field: bytes, words: str) -> None:
    assert words in str(refuse(inserted(field)))


def test_a_sound_field_may_be_inserted() -> None:
    for field in (value("x" * 50), value(np.zeros((5, 5))), deep(3)):
        np.testing.assert_array_equal(read(inserted(field)).counts, COUNTS)


def test_every_cut_is_refused() -> None:
    raw = mat({"v": dataset(X, COUNTS)})
    for end in range(19, len(raw)):
        refuse(raw[:end])


KINDS = ["i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8"]


def at_once_and_in_blocks(path: Path, held: int = 1 << 23, **options: Any) -> list[Scan]:
    scans = []
    for large in (1 << 60, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(matlab_large, "LARGE", large)
            for module in (mapped, matlab_large, stored):
                patch.setattr(module, "HELD", held)
            (scan,) = open_scans(str(path), ReadOptions(**options))
            assert isinstance(scan.counts, StoredCounts) == (large == 0)
            settled = scan.settled()
            scans.append(settled.with_(counts=np.asarray(settled.counts)))
    return scans


@settings(deadline=None, max_examples=200)
@given(data=st.data(), kind=st.sampled_from(KINDS), held=st.integers(1, 400), on_map=st.booleans())
def test_blocks_hold_what_scipy_loads(data: st.DataObject, kind: str, held: int, on_map: bool) -> None:
    a, b, m = (data.draw(st.integers(low, 7)) for low in (1, 1, 2))
    numbers = data.draw(hnp.arrays(np.dtype(kind), (a * b, m), fill=st.nothing()))
    if kind == "f8":
        numbers = np.where(np.abs(numbers) > 1e100, np.nan, numbers)
    x = [100.0 + k for k in range(m)]
    fields = dataset(x, [], along=np.arange(a * b), along_unit="s")
    if on_map:
        fields = image(x, np.empty((a * b, 0)), (a, b))
    turned = numbers.reshape(a, b, m).transpose(1, 0, 2).reshape(a * b, m) if on_map else numbers
    variables = {"before": np.eye(3), "v": {**fields, "data": turned}, "behind": "words"}
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.mat")
        path.write_bytes(mat(variables))
        once, blocks = at_once_and_in_blocks(path, held)
        packed = Path(folder, "a.mat.gz")
        packed.write_bytes(gzip.compress(path.read_bytes()))
        from_memory = at_once_and_in_blocks(packed, held)[1]
    for one in (blocks, from_memory):
        for name, its_value in vars(once).items():
            its = getattr(one, name)
            if isinstance(its_value, np.ndarray):
                assert its.tobytes() == np.ascontiguousarray(its_value).tobytes()
            elif name != "source":
                assert its == its_value
    with np.errstate(invalid="ignore"):
        expected = numbers.astype(float)
    np.testing.assert_array_equal(once.counts, np.where(np.isfinite(expected), expected, 0.0))


def test_several_large_objects_and_one_that_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matlab_large, "LARGE", 10)
    variables = {"a": dataset(X, COUNTS, name="A"), "b": dataset(X, COUNTS[:2], name="B")}
    raw = mat({**variables, "c": {**image(X, COUNTS + 1, (3, 2)), "name": "C"}, "other": np.eye(9)})
    scans = open_scans("-", stream=io.BytesIO(raw))
    assert [(scan.name, isinstance(scan.counts, StoredCounts)) for scan in scans] == [
        ("A", True),
        ("B", False),
        ("C", True),
    ]
    for scan, counts in zip(scans, (COUNTS, COUNTS[:2], COUNTS + 1), strict=True):
        np.testing.assert_array_equal(np.asarray(scan.counts), counts)


def test_of_two_with_one_name_the_first_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (value(dataset(X, COUNTS + k, name=str(k)), "v") for k in (0, 1))
    for large in (10, 1 << 60):
        monkeypatch.setattr(matlab_large, "LARGE", large)
        scan = read(mat({"a": first, "b": second}))
        assert scan.name == "0"
        np.testing.assert_array_equal(np.asarray(scan.counts), COUNTS)


def test_counts_that_no_detector_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = mat({"v": dataset(X, COUNTS, data=np.where(COUNTS == 1, 1e101, COUNTS))})
    assert "expected counts of a detector, found 1e+101" in str(refuse(raw))
    monkeypatch.setattr(matlab_large, "LARGE", 0)
    with pytest.raises(FormatError, match=r"expected counts of a detector, found 1e\+101"):
        np.asarray(read(raw).counts)


def test_a_large_file_that_is_cut_or_shrinks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(matlab_large, "LARGE", 0)
    raw = mat({"v": dataset(X, COUNTS)})
    for end in range(19, len(raw)):
        refuse(raw[:end])
    path = tmp_path / "a.mat"
    path.write_bytes(raw)
    take = mapped.SpectraOfFile.take

    def shrinks(spectra: mapped.SpectraOfFile, rows: Any) -> Any:
        os.truncate(path, raw.index(COUNTS[-1:, -1:].astype("f4").tobytes()))
        return take(spectra, rows)

    monkeypatch.setattr(mapped.SpectraOfFile, "take", shrinks)
    with pytest.raises(FormatError, match="was changed while it was read"):
        open_scans(str(path))


def test_a_temporary_folder_that_is_full_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(matlab_large, "LARGE", 0)
    monkeypatch.setattr("tempfile.TemporaryFile", Full)
    with pytest.raises(InputError, match=r"the temporary folder .*: cannot be written: No space left"):
        read(mat({"v": dataset(X, COUNTS)}))

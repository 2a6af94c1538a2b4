"""Public .wdf files, in ``../shared/wdf`` or where RAMANFIT_WDF says, against what other readers read of them."""

from __future__ import annotations

import contextlib
import gc
import io
import logging
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ramanfit.formats import open_scans
from ramanfit.formats.units import to_shift
from ramanfit.scan.scan import Scan

FOLDER = Path(os.environ.get("RAMANFIT_WDF", Path(__file__).resolve().parents[3] / "shared" / "wdf"))
FILES = sorted(FOLDER.rglob("*.wdf"))
pytestmark = pytest.mark.skipif(not FILES, reason="the public .wdf files are not here")

KINDS: dict[str, tuple[object, ...]] = {  # kind, spectra, grid
    "6x6": ("map", 36, (6, 6)),
    "Si-map": ("map", 88, (11, 8)),
    "SiWafer_DepthSeries": ("line", 10, None),
    "SiWafer_MapImageAcquisition_7points": ("map", 7, None),
    "SiWafer_MapImageAcquisition_circleFilledRaster": ("map", 21, None),
    "SiWafer_MapImageAcquisition_circleFilledSnake": ("map", 21, None),
    "SiWafer_MapImageAcquisition_line": ("line", 12, None),
    "SiWafer_MapImageAcquisition_rectangleFilledRaster": ("map", 99, (9, 11)),
    "SiWafer_MapImageAcquisition_rectangleFilledSnake": ("map", 49, (7, 7)),
    "SiWafer_StreamHR_ImageAcquisition_line": ("line", 13, None),
    "SiWafer_StreamHR_ImageAcquisition_rectangleFilled": ("map", 70, (7, 10)),
    "SiWafer_StreamLineImageAcquisition_DataOptimisedExposureTime": ("map", 56, (7, 8)),
    "SiWafer_StreamLineImageAcquisition_DataOptimisedExposureTime-1": ("map", 231, (21, 11)),
    "Streamline": ("map", 2205, (49, 45)),
    "depth": ("line", 40, None),
    "interrupted_acquisition": ("map", 16, (4, 4)),
    "line": ("line", 235, None),
    "profil": ("line", 401, None),
    "renishaw_test_focustrack": ("series", 3, None),
    "renishaw_test_focustrack_invariant": ("series", 10, None),
    "renishaw_test_linescan": ("line", 5, None),
    "renishaw_test_map": ("map", 9, (3, 3)),
    "renishaw_test_map2": ("map", 400, (20, 20)),
    "renishaw_test_streamline": ("map", 2205, (49, 45)),
    "renishaw_test_timeseries": ("series", 3, None),
    "renishaw_test_undefined": ("line", 2, None),
    "renishaw_test_zscan": ("line", 40, None),
    "static_repeatability": ("series", 50, None),
    "streamline": ("map", 2205, (49, 45)),
    "undefined": ("line", 2, None),
}


def one(file: Path) -> Scan:
    (scan,) = open_scans(str(file))
    return scan


def each(file: Path) -> str:
    return f"{file.parent.name}-{file.stem}"


@pytest.mark.parametrize("file", FILES, ids=each)
def test_what_it_is(file: Path) -> None:
    scan = one(file)
    assert (scan.kind, len(scan), scan.grid) == KINDS.get(file.stem, ("spectrum", 1, None))
    assert not any("not understood" in note for note in scan.notes)
    if scan.coordinates_um is not None and scan.grid is not None:
        at = scan.coordinates_um.reshape(*scan.grid, 3)
        assert np.ptp(at[:, :, 0], axis=0).max() < 1e-6
        assert np.ptp(at[:, :, 1], axis=1).max() < 1e-6


def same(scan: Scan, x: Any, spectra: Any) -> None:
    """Compare with an axis in the file's unit and spectra, both as they lie in the file."""
    x, spectra = np.asarray(x, dtype=np.float64), np.asarray(spectra, dtype=np.float64).reshape(-1, len(x))
    shift = to_shift(x, scan.axis_unit, scan.metadata.laser_nm or 1.0)
    order = np.argsort(shift)
    np.testing.assert_array_equal(scan.shift_cm1, shift[order])
    counts = np.array(scan.counts)
    if scan.grid is not None:
        by_place = counts.reshape(*scan.grid, -1)
        if "Snake" in scan.source:
            by_place[1::2] = by_place[1::2, ::-1]
        if "treamline" in scan.source or "StreamLine" in scan.source:
            by_place = by_place.transpose(1, 0, 2)
        counts = by_place.reshape(counts.shape)
    assert not counts[len(spectra) :].any()  # those that were not measured
    np.testing.assert_array_equal(counts[: len(spectra)], spectra[:, order])


@pytest.mark.filterwarnings("ignore")  # of a reader that leaves files open
@pytest.mark.parametrize("file", FILES, ids=each)
def test_another_reader_reads_the_same(file: Path) -> None:
    other = pytest.importorskip("renishawWiRE")
    scan = one(file)
    its = None
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        with contextlib.suppress(ValueError):
            its = other.WDFReader(str(file))
        gc.collect()  # the file it leaves open
    if its is None:
        pytest.skip("it refuses maps without a grid")
    its.close()
    same(scan, its.xdata, np.reshape(its.spectra, (-1, len(its.xdata)))[: its.count])
    if scan.metadata.laser_nm is not None:
        assert scan.metadata.laser_nm == pytest.approx(its.laser_length, rel=1e-14)
    where = scan.coordinates_um
    if scan.kind in ("line", "map") and where is not None and its.count == its.capacity:
        there = np.stack([its.xpos, its.ypos], axis=1)
        ours, theirs = (a[np.lexsort(np.round(a, 3).T)] for a in (where[:, :2], there))
        np.testing.assert_allclose(ours, theirs, atol=1e-9)
    times = next(
        (np.asarray(head[4]) for head in getattr(its, "origin_list_header", ()) if head[1].name == "Time"), None
    )
    if scan.offset_s is not None and times is not None and its.count == its.capacity:
        np.testing.assert_allclose(np.sort(scan.offset_s), np.sort(times - times[0]), atol=4e-6)


@pytest.mark.parametrize("file", FILES, ids=each)
def test_rosettasciio_reads_the_same(file: Path) -> None:
    other = pytest.importorskip("rsciio.renishaw")
    if file.stem in ("undefined", "renishaw_test_undefined", "single-spectrum_undefined-type"):
        pytest.skip("it refuses spectra of no kind, or takes one of them")
    scan = one(file)
    if scan.kind == "map" and scan.grid is None:
        pytest.skip("it takes one spectrum of a map without a grid")
    logging.disable(logging.CRITICAL)
    try:
        its = other.file_reader(str(file))[0]
    finally:
        logging.disable(logging.NOTSET)
    *places, axis = its["axes"]
    same(scan, axis["axis"], its["data"])
    if scan.kind == "map" and scan.grid is not None and scan.coordinates_um is not None:
        y, x = (a["offset"] + np.arange(a["size"]) * np.float64(a["scale"]) for a in places)
        at = scan.coordinates_um.reshape(*scan.grid, 3)[: len(y)]
        np.testing.assert_allclose(at[:, :, 0], np.tile(x, (len(y), 1)), rtol=1e-7, atol=2e-6)  # float32 there
        np.testing.assert_allclose(at[:, :, 1], np.tile(y[:, None], len(x)), rtol=1e-7, atol=4e-6)
    elif scan.kind == "line" and places[0]["scale"] is not None:
        np.testing.assert_allclose(scan.position_um, np.arange(len(scan)) * np.float64(places[0]["scale"]), rtol=1e-6)
    elif scan.kind == "series" and places[0]["name"] == "Time":  # its "ns" are 100 ns
        last = (len(scan) - 1) * places[0]["scale"] * 1e-7
        assert scan.offset_s is not None
        assert scan.offset_s[-1] == pytest.approx(last, rel=1e-9)


@pytest.mark.parametrize("file", [f for f in FILES if f.with_suffix(".txt").is_file()], ids=each)
def test_the_text_that_wire_exported_has_the_same_numbers(file: Path) -> None:
    scan, text = one(file), one(file.with_suffix(".txt"))
    np.testing.assert_allclose(scan.shift_cm1, text.shift_cm1, atol=6e-7)  # six digits behind the point
    np.testing.assert_allclose(np.asarray(scan.counts), np.asarray(text.counts), atol=6e-7)

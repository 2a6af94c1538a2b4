"""Maps in netCDF: xarray finds the right spectrum at every pixel, by number and by place."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.errors import InputError
from ramanfit.formats import open_scans
from ramanfit.formats.graph_ascii import graph_ascii
from ramanfit.formats.netcdf import netcdf
from ramanfit.scan.scan import Scan
from ramanfit.scan.schedule import Schedule, Taken, Visit, place

pytest.importorskip("h5netcdf")
xarray = pytest.importorskip("xarray")
ROOT = Path(__file__).resolve().parents[2]
X = np.arange(4.0) + 100


def a_map(lines: int, width: int, turn: float = 0.0, start: tuple[float, float] = (7.0, -3.0), **more: Any) -> Scan:
    """A map whose counts tell the pixel: 1000 line + column, then the channel as a fraction."""
    row, column = np.divmod(np.arange(lines * width), width)
    across, down = 1.5 * column, -2.0 * row
    where = np.column_stack(
        [
            start[0] + np.cos(turn) * across - np.sin(turn) * down,
            start[1] + np.sin(turn) * across + np.cos(turn) * down,
            np.full(lines * width, 0.25),
        ]
    )
    counts = (1000 * row + column)[:, None] + np.arange(4) / 8
    return Scan(X, counts, "map", name="m", grid=(lines, width), coordinates_um=where, **more)


def opened(*scans: Scan, **schedule: Any) -> Any:
    keys, _ = place([Visit.of(scan) for scan in scans], Schedule(**schedule))
    file = io.BytesIO()
    netcdf(keys, [Taken(scan, its) for scan, its in zip(scans, keys, strict=True)], file)
    file.seek(0)
    with xarray.open_dataset(file, engine="h5netcdf") as data:
        return data.load()


@given(lines=st.integers(1, 5), width=st.integers(1, 5), block=st.integers(1, 100))
def test_every_pixel_has_its_spectrum(lines: int, width: int, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ramanfit.formats.netcdf.BLOCK", block)  # some lines at a time
        data = opened(a_map(lines, width))
    assert dict(data.sizes) == {"y": lines, "x": width, "shift_cm1": 4}
    for y in range(lines):
        for x in range(width):
            pixel = data.isel(y=y, x=x)
            assert pixel.counts.values.tolist() == [1000 * y + x + k / 8 for k in range(4)]
            assert (float(pixel.x_um), float(pixel.y_um)) == (7 + 1.5 * x, -3 - 2.0 * y)
            assert str(pixel.point.values) == f"{x}/{y}"
    assert data.x_um.dims == ("x",)
    assert data.y_um.dims == ("y",)
    assert data.counts.sel(shift_cm1=102).dims == ("y", "x")


def test_a_turned_map_has_its_places_at_every_pixel() -> None:
    data = opened(a_map(3, 4, turn=0.3))
    scan = a_map(3, 4, turn=0.3)
    assert data.x_um.dims == data.y_um.dims == ("y", "x")
    np.testing.assert_array_equal(data.x_um.values.ravel(), scan.coordinates_um[:, 0])  # type: ignore[index]
    np.testing.assert_array_equal(data.y_um.values.ravel(), scan.coordinates_um[:, 1])  # type: ignore[index]


def test_masked_channels_of_a_map_lie_at_their_pixels() -> None:
    mask = np.zeros((6, 4), dtype=bool)
    mask[4, 2] = True
    data = opened(a_map(2, 3, mask=mask))
    assert data.masked.dims == ("y", "x", "shift_cm1")
    assert np.argwhere(data.masked.values).tolist() == [[1, 1, 2]]


def test_several_maps_of_one_grid_have_a_dimension_of_scans() -> None:
    data = opened(a_map(2, 3), a_map(2, 3).with_(counts=np.full((6, 4), 9.0)))
    assert dict(data.sizes) == {"scan": 2, "y": 2, "x": 3, "shift_cm1": 4}
    assert data.scan.values.tolist() == [0, 1]
    assert (data.counts.sel(scan=1) == 9).all()
    assert data.counts.sel(scan=0).isel(y=1, x=2).values[0] == 1002
    assert data.x_um.dims == ("x",)
    moved = opened(a_map(2, 3), a_map(2, 3, start=(0.0, 0.0)))
    assert moved.x_um.dims == ("scan", "y", "x")
    assert moved.x_um.sel(scan=1).values[0].tolist() == [0, 1.5, 3]


@pytest.mark.parametrize(
    ("scans", "schedule"),
    [
        ([a_map(2, 3), a_map(3, 2)], {}),
        ([a_map(2, 3).with_(grid=None, coordinates_um=None)], {}),
        ([a_map(2, 3)], {"rows_are_scans": True}),
        ([a_map(2, 3), Scan(X, np.ones((6, 4)), "line")], {}),
    ],
)
def test_what_is_no_map_of_one_grid_lies_along_spectra(scans: list[Scan], schedule: dict[str, Any]) -> None:
    data = opened(*scans, **schedule)
    assert data.counts.dims == ("spectrum", "shift_cm1")
    np.testing.assert_array_equal(data.counts, np.concatenate([scan.counts for scan in scans]))


def test_maps_that_only_look_alike_are_refused() -> None:
    odd = Scan(X, np.ones((2, 4)), "line")
    with pytest.raises(InputError, match="is no map of"):
        opened(a_map(2, 1), odd, first_point="0/0")


def test_a_map_goes_out_and_comes_back(tmp_path: Path) -> None:
    (tmp_path / "m.txt").write_bytes(graph_ascii(a_map(2, 3)))
    (first,) = open_scans(str(tmp_path / "m.txt"))
    command = [sys.executable, "-m", "ramanfit", "export", "-q", str(tmp_path / "m.txt"), "-o", str(tmp_path / "m.nc")]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    (back,) = open_scans(str(tmp_path / "m.nc"))
    with xarray.open_dataset(tmp_path / "m.nc") as data:
        np.testing.assert_array_equal(data.counts.values.reshape(6, 4), first.counts)
    for name in ("counts", "shift_cm1", "coordinates_um"):
        np.testing.assert_array_equal(np.asarray(getattr(back, name)), np.asarray(getattr(first, name)))
    assert back.grid == first.grid == (2, 3)

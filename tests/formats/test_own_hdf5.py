"""Our own netCDF and NeXus: what was written is read, bit for bit; what was changed, or is of others, is refused."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.errors import FormatError
from ramanfit.formats import ReadOptions, find_exports, open_scans
from ramanfit.formats.netcdf import netcdf
from ramanfit.formats.nexus import nexus
from ramanfit.formats.sealed import Seal
from ramanfit.scan.scan import Metadata, Scan
from ramanfit.scan.schedule import Schedule, Taken, Visit, place

ROOT = Path(__file__).resolve().parents[2]
OPERANDO = ROOT / "sample_spectra" / "operando"
X = np.arange(4.0) * 2.5 + 100

pytest.importorskip("h5netcdf")
h5py = pytest.importorskip("h5py")


def written(form: str, scans: Sequence[Scan], **schedule: Any) -> bytes:
    keys, _ = place([Visit.of(scan) for scan in scans], Schedule(**schedule))
    taken = [Taken(scan, its) for scan, its in zip(scans, keys, strict=True)]
    file = io.BytesIO()
    if form == "nc":
        netcdf(keys, taken, file)
    else:
        nexus(keys, taken, file)
    return file.getvalue()


def read(raw: bytes, options: ReadOptions = ReadOptions()) -> list[Scan]:  # noqa: B008 - frozen
    return open_scans("-", options, stream=io.BytesIO(raw), stdin_name="a.nc")


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
places = st.floats(-1e6, 1e6)
zones = st.none() | st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
maybe = st.none() | st.floats(0.001, 1e6)


def array(draw: st.DrawFn, *shape: int, values: st.SearchStrategy[float] = places) -> np.ndarray:
    size = int(np.prod(shape))
    return np.array(draw(st.lists(values, min_size=size, max_size=size)), dtype=float).reshape(shape)


@st.composite
def scans(draw: st.DrawFn, m: int | None = None) -> Scan:
    """Scans of every kind, with all that can be known of them."""
    m = m or draw(st.integers(2, 5))
    kind = draw(st.sampled_from(["spectrum", "line", "series", "map"]))
    grid = draw(st.none() | st.tuples(st.integers(1, 3), st.integers(1, 3))) if kind == "map" else None
    n = 1 if kind == "spectrum" else grid[0] * grid[1] if grid else draw(st.integers(1, 4))
    started = draw(st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=zones))
    return Scan(
        np.cumsum(array(draw, m, values=st.floats(0.01, 50))) - 100,
        array(draw, n, m, values=st.floats(-1e100, 1e100)),
        kind=kind,  # type: ignore[arg-type]
        source=draw(st.text(min_size=1, max_size=10)),
        name=draw(texts),
        position_um=array(draw, n) if draw(st.booleans()) else None,
        coordinates_um=array(draw, n, 3) if draw(st.booleans()) else None,
        grid=grid,
        offset_s=array(draw, n) if draw(st.booleans()) else None,
        mask=array(draw, n, m) > 0 if draw(st.booleans()) else None,
        axis_unit=draw(st.sampled_from(["rel. 1/cm", "nm", ""])),
        metadata=Metadata(
            started=started,
            started_raw=draw(texts),
            duration_s=draw(maybe),
            integration_s=draw(maybe),
            accumulations=draw(st.none() | st.integers(0, 1000)),
            laser_nm=draw(maybe),
            laser_power_mw=draw(maybe),
            header=draw(st.dictionaries(texts, texts, max_size=3)),
        ),
    )


def assert_same(back: Scan, scan: Scan) -> None:
    for name in ("shift_cm1", "counts", "position_um", "coordinates_um", "offset_s", "mask"):
        mine, its = (None if (v := getattr(s, name)) is None else np.asarray(v) for s in (scan, back))
        assert (mine is None) == (its is None), name
        if mine is not None and its is not None:
            assert mine.dtype == its.dtype
            assert mine.shape == its.shape
            assert mine.tobytes() == its.tobytes(), name
    assert back.name == scan.name or not scan.name
    assert (back.kind, back.grid, back.axis_unit, back.metadata) == (
        scan.kind,
        scan.grid,
        scan.axis_unit,
        scan.metadata,
    )
    assert str(back.metadata.started) == str(scan.metadata.started)  # equal ones may be told in other zones


@pytest.mark.parametrize("form", ["nc", "nxs"])
@given(scan=scans())
def test_a_scan_comes_back_bit_for_bit(form: str, scan: Scan) -> None:
    (back,) = read(written(form, [scan]))
    assert_same(back, scan)
    assert back.source == "a.nc"
    assert not back.notes


@pytest.mark.parametrize("form", ["nc", "nxs"])
@given(several=st.lists(scans(m=3), min_size=2, max_size=3))
def test_several_scans_come_back_bit_for_bit(form: str, several: list[Scan]) -> None:
    several = [scan.with_(shift_cm1=several[0].shift_cm1) for scan in several]
    back = read(written(form, several))
    assert len(back) == len(several)
    for one, scan in zip(back, several, strict=True):
        assert_same(one, scan)


def process(*arguments: str | Path, status: int = 0, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "ramanfit", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == status, done.stderr
    return done


def after_source(table: bytes) -> list[bytes]:
    return [line.partition(b",")[2] for line in table.splitlines()]


@pytest.mark.parametrize("ending", ["nc", "nxs", "csv", "tsv", "jsonl", "parquet"])
def test_fits_of_what_was_exported_are_those_of_the_original(tmp_path: Path, ending: str) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    file = tmp_path / f"a.{ending}"
    process("export", OPERANDO, "-o", file)
    assert after_source(process("fit", "-q", file).stdout) == after_source(process("fit", "-q", OPERANDO).stdout)
    assert find_exports([str(tmp_path)])[0] == [str(file)]
    piped = process("fit", "-q", "-", stdin=gzip.compress(file.read_bytes())).stdout
    assert after_source(piped) == after_source(process("fit", "-q", file).stdout)


def test_reading_needs_no_library_of_hdf5(tmp_path: Path) -> None:
    process("export", OPERANDO, "-o", tmp_path / "a.nc")
    code = "import sys, ramanfit; ramanfit.open_scans(sys.argv[1]); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.nc")], capture_output=True, cwd=ROOT)
    assert b"numpy" in done.stdout.split()
    assert not {b"h5py", b"h5netcdf"} & set(done.stdout.split())


def test_what_options_placed_is_said(tmp_path: Path) -> None:
    scan = Scan(X, np.ones((2, 4)), "line", position_um=np.array([0.0, 1.0]))
    for schedule, said in (({}, 0), ({"step_um": 3.0}, 1), ({"period_s": 9.0, "dwell_s": 2.0}, 1)):
        (back,) = read(written("nc", [scan], **schedule))
        assert len(back.notes) == said
        assert_same(back, scan)


def test_what_the_user_knows_better_is_followed() -> None:
    raw = written("nc", [Scan(X, np.ones((1, 4)), name="one"), Scan(X, np.ones((1, 4)), name="two")])
    assert [one.metadata.laser_nm for one in read(raw, ReadOptions(laser_nm=633.0))] == [633.0, 633.0]
    assert [one.name for one in read(raw, ReadOptions(select="t*"))] == ["two"]
    with pytest.raises(FormatError, match="says how a table of numbers lies"):
        read(raw, ReadOptions(layout="rows"))


# -- what is refused ------------------------------------------------------------------------------------------


SOUND = written("nc", [Scan(X, np.ones((2, 4)), "line", mask=np.eye(2, 4, dtype=bool))])


@given(st.integers(0, len(SOUND) - 1), st.integers(1, 255))
def test_any_byte_that_was_changed_is_noticed(at: int, by: int) -> None:
    changed = bytearray(SOUND)
    changed[at] ^= by
    with pytest.raises(FormatError):
        read(bytes(changed))


@given(st.integers(8, len(SOUND) - 1))
def test_a_file_cut_short_is_refused(end: int) -> None:
    with pytest.raises(FormatError):
        read(SOUND[:end])


@pytest.mark.parametrize("form", ["nc", "nxs"])
def test_a_file_cut_short_is_said_to_be(form: str, tmp_path: Path) -> None:
    whole = written(form, [Scan(np.arange(4000.0), np.ones((20, 4000)))])
    file = tmp_path / f"a.{form}"
    for lost in (1, 100, 1000, len(whole) // 2, len(whole) - 100):
        file.write_bytes(whole[:-lost])
        with pytest.raises(FormatError, match="cut short"):
            open_scans(str(file))
        if lost < 1000:  # known to be ours: not passed over
            assert find_exports([str(tmp_path)])[0] == [str(file)]


def with_index(change: Callable[[dict[str, Any]], None]) -> bytes:
    """A file whose index was changed by somebody who can set a seal."""
    body, _, tail = SOUND.rpartition(b"\n[ramanfit seal] ")
    size = int(tail[:16])
    index = json.loads(body[-size:])
    change(index)
    file = io.BytesIO(body[:-size])
    index.pop("ramanfit")
    Seal(file).close(**index)
    return file.getvalue()


def put(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda index: index["scans"][0].update({name: value})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (put("counts", [0, "<f8", [1 << 40, 4]]), "bytes of the file"),
        (put("counts", [-8, "<f8", [2, 4]]), "bytes of the file"),
        (put("counts", [0, "<f8", [2, 5]]), "array of any by 4"),
        (put("counts", [0, "<f8", [0, 4]]), "at least one spectrum"),
        (put("counts", [0, "|O8", [2, 4]]), "numbers of the kind f"),
        (put("counts", [0, "<f1", [2, 4]]), "numbers of the kind f"),
        (put("counts", [1e300, "<f8", [2, 4]]), "bytes of the file"),
        (put("counts", [True, "<f8", [2, 4]]), "bytes of the file"),
        (put("counts", [0, "<f8", [True, 4]]), "sizes of dimensions"),
        (put("counts", None), "where an array lies"),
        (put("masked", [0, "<f8", [2, 4]]), "numbers of the kind iu"),
        (put("kind", "cube"), "spectrum or line"),
        (put("kind", ["map"]), "spectrum or line"),
        (put("grid", [3, 3]), "lines and points"),
        (put("grid", [-1, -2]), "lines and points"),
        (put("header", {"a": 1}), "a text"),
        (put("header", None), "texts by name"),
        (put("laser_nm", float("inf")), "a number"),
        (put("laser_nm", -1), "a wavelength"),
        (put("laser_nm", 10**400), "a number"),
        (put("started", "yesterday"), "a date and time"),
        (put("started", "9999-12-31T23:59:59-23:00"), "a date and time"),
        (put("accumulations", 1e9), "a whole number"),
        (put("source", 3), "a text"),
        (lambda index: index.update(scans=[]), "a list of measurements"),
        (lambda index: index.update(scans=[3]), "a measurement"),
        (lambda index: index.update(holds="fits"), "a table of fits"),
        (lambda index: index.update(holds=["x"]), "spectra"),
    ],
)
def test_a_hostile_index_is_refused(change: Callable[[dict[str, Any]], None], words: str) -> None:
    with pytest.raises(FormatError, match=words) as caught:
        read(with_index(change))
    assert "\n" not in str(caught.value)


def sealed(text: bytes, size: int) -> bytes:
    body = SOUND[:100] + text + b"\n[ramanfit seal] %016d " % size
    return body + hashlib.sha256(body).hexdigest().encode() + b"\n"


@pytest.mark.parametrize("text", [b"[" * 100_000, b"{", b"[]", b'{"scans": [', b"\xff", b"9" * 5000, b"null"])
def test_a_seal_over_something_else_is_refused(text: bytes) -> None:
    with pytest.raises(FormatError, match="seal: expected an index"):
        read(sealed(text, len(text)))
    with pytest.raises(FormatError, match="size of its index"):
        read(sealed(text, 1 << 40))


def foreign(make: Callable[[Any], None]) -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w") as root:
        make(root)
    return file.getvalue()


FOREIGN: dict[str, Callable[[Any], object]] = {
    "empty": lambda root: None,
    "huge": lambda root: root.create_dataset("counts", (1 << 40, 1 << 20), "f8", chunks=(1, 1024), compression="gzip"),
    "external": lambda root: root.__setitem__("counts", h5py.ExternalLink("/etc/passwd", "/x")),
    "objects": lambda root: root.create_dataset("counts", data=[["a"]], dtype=h5py.string_dtype()),
    "types": lambda root: root.create_dataset("counts", data=np.zeros(3, [("a", "i4"), ("b", "S9")])),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_files_of_others_are_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.nc").write_bytes(foreign(FOREIGN[name]))  # type: ignore[arg-type]
    with pytest.raises(FormatError, match="an HDF5 file of another program") as caught:
        open_scans(str(tmp_path / "a.nc"))
    assert caught.value.expected == "a .nc or .nxs as ramanfit wrote it"
    (tmp_path / "b.csv").write_text("".join(f"{x},5\n" for x in range(100, 130)))
    files, passed = find_exports([str(tmp_path)])
    assert files == [str(tmp_path / "b.csv")]
    assert passed[0].reason == "an HDF5 file of another program, or one that was cut short"


def test_what_another_program_changed_is_refused_and_not_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "a.nxs"
    file.write_bytes(written("nxs", [Scan(X, np.ones((1, 4)))]))
    with h5py.File(file, "r+") as root:
        root["entry/data/counts"][0, 0] = 7
    with pytest.raises(FormatError, match=r"changed"):
        open_scans(str(file))
    assert find_exports([str(tmp_path)])[0] == [str(file)]

"""Properties of the readers: what is written is read, exactly; what is damaged is refused, never misread."""

from __future__ import annotations

import gzip
import io
import re
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.io import loadmat

from ramanfit.errors import FormatError, InputError
from ramanfit.formats import ReadOptions, find_exports, open_scans
from ramanfit.formats.fixed import Fixed
from ramanfit.formats.fixed_compiled import CHOICE, reader
from ramanfit.scan.scan import Scan
from tests.exports import dataset, image, mat, spc, truematch

SLOW_OK = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
FORMATS = ["% .5E", "% .9E", "% .14E", "%.15g", "three digits", "repr"]
needs_compiled = pytest.mark.skipif(reader() is None, reason="no compiled parser here")
TEXT = st.text("abcXYZ 0123456789_-=+/()<>µ°äé", min_size=1, max_size=20).map(str.strip).filter(bool)


def written(value: float, style: str) -> str:
    if style == "repr":
        return repr(value)
    if style == "three digits":
        mantissa, exponent = f"{value: .8E}".split("E")
        return f"{mantissa}E{int(exponent):+04d}"
    return style % value


@dataclass(frozen=True)
class Layout:
    """How a scan is put down."""

    kind: str
    separator: str
    newline: str
    encoding: str
    decimal: str
    style: str
    blank_lines: bool
    last_newline: bool
    descending: bool
    packed: bool


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    separator = draw(st.sampled_from(["\t", ",", ";", " ", ", ", "; "]))
    return Layout(
        kind=draw(st.sampled_from(["bare", "label", "unit", "both", "graph", "graph unit", "split", "pair", "quoted"])),
        separator=separator,
        newline=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        encoding=draw(st.sampled_from(["cp1252", "utf-8", "utf-8-sig"])),
        decimal="." if "," in separator else draw(st.sampled_from([".", ","])),
        style=draw(st.sampled_from(FORMATS)),
        blank_lines=draw(st.booleans()),
        last_newline=draw(st.booleans()),
        descending=draw(st.booleans()),
        packed=draw(st.booleans()),
    )


def two_digits(value: float) -> float:
    """No instrument's counts need three digits of exponent, which would make some rows longer than others."""
    return value if abs(value) > 1e-90 else 0.0


@st.composite
def spectra(draw: st.DrawFn) -> tuple[list[float], list[list[float]]]:
    """An axis on quarters, so that every style keeps it apart and shows a decimal point; any counts."""
    channels, n = draw(st.integers(2, 9)), draw(st.integers(1, 5))
    steps = draw(st.lists(st.integers(1, 40), min_size=channels, max_size=channels))
    x = (np.cumsum(steps) + draw(st.integers(-60, 900)) + 0.25).tolist()
    count = st.one_of(
        st.integers(0, 65535).map(float), st.floats(-1e6, 1e6).map(two_digits), st.floats(-1e90, 1e90).map(two_digits)
    )
    return x, [[draw(count) for _ in x] for _ in range(n)]


def put(
    folder: Path, layout: Layout, x: list[float], counts: list[list[float]], name: str
) -> tuple[Path, list[list[str]]]:
    """Write a scan; return the file and the fields as written with a decimal point."""
    n, m = len(counts), len(x)
    order = range(m - 1, -1, -1) if layout.descending else range(m)
    fields = [[written(v, layout.style) for v in (x[i], *(c[i] for c in counts))] for i in order]
    body = [layout.separator.join(f.replace(".", layout.decimal) for f in row) for row in fields]
    if layout.kind == "quoted":
        body = [f' "{line}"' for line in body]
    sep = layout.separator.strip(" ") or "\t"
    labels = sep.join(["X-Axis", *(f"{name}({i})" for i in range(n))])
    units = sep.join(["rel. 1/cm", *["CCD cts"] * n])
    header = [
        *("//Exported ASCII-File", "[Header]", "FileName = ", f"GraphName = {name}"),
        *(f"SizeX = {n}", "SizeY = 1", f"SizeGraph = {m}", "ScanUnit = µm", "ScanLength = 60"),
        *("XAxisUnit = rel. 1/cm", "DataUnit = CCD cts"),
    ]
    lines = {
        "bare": [],
        "quoted": [],
        "label": [labels],
        "unit": [units],
        "both": [labels, units],
        "graph": [*header, "", "[Data]", labels],
        "graph unit": [*header, "", "[Data]", labels, units],
    }
    axis = [row[0].replace(".", layout.decimal) for row in fields]
    values = [row[1 + i].replace(".", layout.decimal) for i in range(n) for row in fields]
    ending = ".gz" if layout.packed else ""
    files = {
        "split": {"s (Header).txt": header, "s (X-Axis).txt": axis, "s (Y-Axis).txt": values},
        "pair": {"s-x.dat": axis, "s-y.dat": values},
    }.get(layout.kind) or {"s.txt": lines[layout.kind] + body}
    for file, content in files.items():
        if layout.blank_lines and content is not header:
            content = [line for part in content for line in (part, "")]
        text = layout.newline.join(content) + layout.newline * layout.last_newline
        raw = text.encode(layout.encoding, "replace")
        (folder / (file + ending)).write_bytes(gzip.compress(raw, 1) if layout.packed else raw)
    return folder / (next(iter(files)) + ending), fields


@settings(SLOW_OK, max_examples=150)
@given(layouts(), spectra(), TEXT, st.booleans())
def test_what_is_written_is_read(
    layout: Layout, scan: tuple[list[float], list[list[float]]], name: str, piped: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file, fields = put(Path(folder), layout, *scan, name)
        if piped and layout.kind not in ("split", "pair"):
            (found,) = open_scans("-", stream=io.BytesIO(file.read_bytes()), stdin_name="s.txt")
        else:
            (found,) = open_scans(str(file))
            if len(scan[0]) >= 8:  # fewer rows are no spectrum when nobody named the file
                assert find_exports([folder])[0] == [str(file)]
    expected = np.array([[float(field) for field in row] for row in fields])
    if layout.descending:
        expected = expected[::-1]
    np.testing.assert_array_equal(found.shift_cm1, expected[:, 0])
    np.testing.assert_array_equal(found.counts, expected[:, 1:].T)
    if "graph" in layout.kind or layout.kind == "split":
        assert found.name == name
        assert found.position_um is not None
        np.testing.assert_allclose(found.position_um, np.arange(len(found)) * 60 / len(found))


def stream(raw: bytes, **options: Any) -> list[Scan]:
    return open_scans("-", ReadOptions(**options), stream=io.BytesIO(raw), stdin_name="s")


def numbers(kind: Any, elements: Any = None) -> Any:
    """An axis on quarters and counts of this type, spectra by channels."""
    shapes = st.tuples(st.integers(1, 6), st.integers(2, 9))
    return shapes.flatmap(
        lambda shape: st.tuples(
            st.integers(-400, 9000).map(lambda first: first / 4 + np.cumsum(np.arange(shape[1]) % 3 + 1) / 4),
            arrays(kind, shape, elements=elements),
        )
    )


FLOAT32 = st.floats(-(2.0**99), 2.0**99, width=32)


@settings(SLOW_OK)
@given(numbers(np.float32, FLOAT32), st.booleans())
def test_spc_in_floats(scan: tuple[np.ndarray, np.ndarray], falls: bool) -> None:
    x, counts = scan
    order = -1 if falls else 1
    (found,) = stream(spc(x[::order], counts[:, ::order]))
    np.testing.assert_array_equal(found.shift_cm1, x)
    np.testing.assert_array_equal(found.counts, counts)


@settings(SLOW_OK)
@given(st.data(), st.booleans())
def test_spc_in_integers(data: st.DataObject, short: bool) -> None:
    x, counts = data.draw(numbers(np.int16 if short else np.int32))
    exponents = data.draw(st.lists(st.integers(-127, 127), min_size=len(counts), max_size=len(counts)))
    (found,) = stream(spc(x, counts, exponents=exponents, short=short, ends=(x[0], x[-1])))
    np.testing.assert_array_equal(found.shift_cm1, np.linspace(x[0], x[-1], x.size))
    scaled = [
        [Fraction(int(c)) * Fraction(2) ** (e - (16 if short else 32)) for c in row]
        for row, e in zip(counts, exponents, strict=True)
    ]
    np.testing.assert_array_equal(found.counts, np.array(scaled, dtype=float))


@settings(SLOW_OK)
@given(numbers(np.float64, st.floats(-1e90, 1e90)), st.sampled_from([1, 2]), st.sampled_from(["\n", "\r\n"]))
def test_truematch(scan: tuple[np.ndarray, np.ndarray], version: int, newline: str) -> None:
    x, counts = scan[0] - scan[0][0] + 533.0, scan[1]
    found = stream(truematch(x, counts, version=version, laser_nm=532.25, newline=newline))
    assert [one.name for one in found] == [f"Particle {i}" for i in range(len(counts))]
    for one, row in zip(found, counts, strict=True):
        np.testing.assert_array_equal(one.shift_cm1, 1e7 * (1 / 532.25 - 1 / x))
        np.testing.assert_array_equal(one.counts, [row])
        assert one.metadata.laser_nm == 532.25
        assert one.metadata.integration_s == (0.25 if version == 2 else None)


@settings(SLOW_OK)
@given(numbers(np.float32, FLOAT32), st.sampled_from(["line", "series", "map"]), st.floats(0.125, 100))
def test_matlab_as_scipy_reads_it(scan: tuple[np.ndarray, np.ndarray], kind: str, step: float) -> None:
    x, counts = scan
    n = len(counts)
    size = (n // 2, 2) if n % 2 == 0 else (n, 1)
    along, unit = np.arange(n) * step, "s" if kind == "series" else "µm"
    raw = mat({"v": image(x, counts, size, pitch=step) if kind == "map" else dataset(x, counts, "", along, unit)})
    (found,) = stream(raw)
    outside = loadmat(io.BytesIO(raw))["v"][0, 0]
    assert found.kind == kind
    np.testing.assert_array_equal(found.shift_cm1, x)
    np.testing.assert_array_equal(found.counts, counts)
    np.testing.assert_array_equal(outside["axisscale"][1, 0][0], x)
    if kind == "map":
        assert found.grid == size
        assert found.coordinates_um is not None
        np.testing.assert_array_equal(found.coordinates_um[:, 0], np.tile(outside["imageaxisscale"][1, 0][0], size[0]))
    else:
        np.testing.assert_array_equal(found.offset_s if kind == "series" else found.position_um, along)
        np.testing.assert_array_equal(found.counts, outside["data"])


@st.composite
def fixed_rows(draw: st.DrawFn) -> tuple[int, bytes]:
    """Rows of fixed width; how many numbers they have."""
    columns, digits, exponent = draw(st.integers(1, 5)), draw(st.integers(1, 14)), draw(st.integers(2, 3))
    usual = draw(st.integers(0, 40))  # numbers that are written as most are, behind others
    newline, separator = draw(st.sampled_from([b"\n", b"\r\n"])), draw(st.sampled_from([b"\t", b",", b" ", b";"]))
    powers = st.one_of(st.integers(-5, 6), st.integers(-22, 22), st.integers(-99, 99))
    rows = []
    for _ in range(draw(st.integers(1, 4))):
        numbers = []
        for _ in range(columns):
            mantissa = f"{draw(st.integers(0, 10 ** (digits + 1) - 1)):0{digits + 1}d}"
            power = f"{draw(powers):+0{exponent + 1}d}"
            numbers.append(f"{draw(st.sampled_from(' +-'))}{mantissa[0]}.{mantissa[1:]}E{power}".encode())
        most, same = Random(draw(st.integers(0, 99))), draw(st.booleans())
        level = most.randrange(10 ** (digits + 1))
        for _ in range(usual):
            mantissa = f"{level if same else most.randrange(10 ** (digits + 1)):0{digits + 1}d}"
            numbers.append(
                f" {mantissa[0]}.{mantissa[1:]}E{most.randrange(10) * (not same):+0{exponent + 1}d}".encode()
            )
        rows.append(separator.join(numbers) + newline)
    return columns + usual, b"".join(rows)


def by_float(block: bytes, columns: int) -> np.ndarray | None:
    """Parse with Python alone; None for what is no table of so many columns."""
    lines = block.decode("latin-1").replace("\r\n", "\n").split("\n")[:-1]
    try:
        rows = [[float(field) for field in _split(line)] for line in lines]
    except ValueError:
        return None
    return np.array(rows) if all(len(row) == columns for row in rows) else None


def _split(line: str) -> list[str]:
    separator = next((s for s in "\t,;" if s in line), None)
    return line.split(separator)


@settings(SLOW_OK, max_examples=400)
@given(fixed_rows())
def test_fixed_width_equals_float_bit_for_bit(case: tuple[int, bytes]) -> None:
    columns, block = case
    layout = Fixed.of(block[: block.index(b"\n") + 1], columns)
    assert layout is not None
    values, truth = layout.parse(block), by_float(block, columns)
    assert truth is not None
    if values is not None:
        assert values.tobytes() == truth.tobytes()
    digits, powers = block.index(b"E") - block.index(b".") - 1, re.findall(rb"E([+-]\d+)", block)
    exact = all(abs(int(power) - digits) <= 22 for power in powers)
    assert (values is not None) is exact  # the general parser is asked only where one operation is not exact


@needs_compiled
@settings(SLOW_OK, max_examples=400)
@given(fixed_rows(), st.integers(0), st.binary(min_size=1, max_size=3))
def test_compiled_and_numpy_read_and_refuse_the_same(case: tuple[int, bytes], at: int, damage: bytes) -> None:
    columns, block = case
    layout = Fixed.of(block[: block.index(b"\n") + 1], columns)
    assert layout is not None
    at %= len(block)
    for text in (block, block[:at] + damage + block[at + len(damage) :], block[:at], block * 3):
        numbers = {}
        for choice in ("compiled", "numpy"):
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv(CHOICE, choice)
                values = layout.parse(text)
                even = layout.even_rows(text)
                assert (even is None) is (values is None)
                if values is not None and even is not None:
                    assert even.tolist() == [len(set(row[1:])) < 2 for row in values.tolist()]
                numbers[choice] = None if values is None else values.tobytes()
        assert numbers["compiled"] == numbers["numpy"]


def test_a_single_number_without_a_line_end_has_a_layout() -> None:
    layout = Fixed.of(b" 1.2500E+01", 1)
    assert layout is not None
    assert layout.parse(b" 1.2500E+01\n") == [[12.5]]


def test_fixed_width_equals_float_on_many_numbers() -> None:
    rng = np.random.default_rng(7)
    for digits in (1, 5, 7, 8, 9, 13, 14):
        values = rng.integers(0, 10 ** (digits + 1), 40_000) * 10.0 ** rng.integers(-9, 5, 40_000)
        text = [f"{v: .{digits}E}" for v in np.where(rng.random(40_000) < 0.1, -values, values)]
        block = "\n".join("\t".join(text[i : i + 40]) for i in range(0, 40_000, 40)).encode() + b"\n"
        layout = Fixed.of(block[: block.index(b"\n") + 1], 40)
        assert layout is not None
        parsed = layout.parse(block)
        assert parsed is not None
        assert parsed.tobytes() == np.array([float(t) for t in text]).tobytes()


@pytest.mark.parametrize("choice", ["numpy", pytest.param("compiled", marks=needs_compiled)])
@pytest.mark.parametrize(
    ("columns", "block"),
    [
        (2, b" 1.00000E+01\t 2.00000E+01\r\n"),
        (2, b"-1.234567891E-02,+9.876543210E+04\n 0.000000000E+00,-5.555555555E-05\n"),
        (1, b" 8.77366723E+001\n-9.10310020E-002\n"),
        (3, b" 1.5E+00; 2.5E+00; 3.5E+00\n"),
    ],
)
def test_no_damaged_byte_is_misread(columns: int, block: bytes, choice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every byte at every place: the fast parser agrees with `float` or leaves the block alone."""
    monkeypatch.setenv(CHOICE, choice)
    layout = Fixed.of(block[: block.index(b"\n") + 1], columns)
    assert layout is not None
    left_alone = 0
    for at in range(len(block)):
        for byte in range(256):
            damaged = block[:at] + bytes([byte]) + block[at + 1 :]
            values = layout.parse(damaged)
            if values is None:
                left_alone += 1
                continue
            truth = by_float(damaged, columns)
            assert truth is not None, damaged
            assert values.tobytes() == truth.tobytes(), damaged
    assert left_alone


@pytest.fixture(scope="module")
def exports() -> dict[str, bytes]:
    """One small sound file of each kind, by the name it must have."""
    x, counts = [100.25, 200.5, 300.75, 400.25], [[1.0, 2, 3, 4], [5.0, 6, 7, 8]]
    found: dict[str, bytes] = {}
    for number, (kind, style) in enumerate(
        [("both", "% .5E"), ("graph unit", "% .9E"), ("bare", "%.15g"), ("quoted", "repr"), ("label", "three digits")]
    ):
        layout = Layout(kind, "\t", "\r\n", "cp1252", ".", style, False, True, False, False)
        with tempfile.TemporaryDirectory() as folder:
            file, _ = put(Path(folder), layout, x, counts, "Line--018--Spec.Data 1")
            found[f"{number}.txt"] = file.read_bytes()
    found["4.txt.gz"] = gzip.compress(found["1.txt"], 1)
    found["true.txt"] = (
        b"[WITEC_TRUEMATCH_ASCII_HEADER]\nVersion = 1.0\n\n[SpectrumHeader]\nTitle = A\n"
        b"ExcitationWavelength = 532.2\nSpectrumSize = 3\nXDataKind = nm\n\n"
        b"[SpectrumData]\n533.5\t1\n534.5\t2\n535.5\t3\n"
    )
    found["bw.txt"] = (
        b"File Version;BWRam4.11_11\nDate;2022-01-24 13:44:33\nlaser_wavelength;532,02\n"
        b"Pixel;Raman Shift;Dark Subtracted #1;\n0;   ;5,5;\n1;100,25;-7,5;\n2;102,25;9,5;\n"
    )
    found["i Information.txt"] = (
        "Line--018\n\nGeneral:\nSystem ID:\t1\nStart Time:\t8:52:34 AM\nStart Date:\tWednesday, March 9, 2022\n"
        "Duration:\t0h 1m 49s\nLine Scan:\n"
        "Start Point [µm]:\t(0.00, 0.00, 20.00)\nEnd Point [µm]:\t(0.00, 0.00, 1.00)\n"
        "Number of Points:\t2\nExcitation Wavelength [nm]:\t532.067\nNumber Of Accumulations:\t1\n"
        "Integration Time [s]:\t2.00\n"
    ).encode("cp1252")
    return found


def outcome(file: Path, options: ReadOptions = ReadOptions()) -> list[Scan] | FormatError | InputError:  # noqa: B008
    """Return the scans or the one kind of error that is allowed."""
    try:
        return open_scans(str(file), options)
    except (FormatError, InputError) as error:
        return error


def damage(raw: bytes, data: st.DataObject) -> bytes:
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw)))
        piece = data.draw(
            st.one_of(
                st.binary(min_size=0, max_size=3),
                st.sampled_from(
                    [b"\n", b"\t", b",", b"nan", b"1e999", b"-", b"\0\0", b"1e308", b"\xff", b"9" * 400, b"= nm"]
                ),
            )
        )
        end = at + data.draw(st.sampled_from([0, 0, 1, 1, 2, 5, 40, len(raw)]))
        raw = raw[:at] + piece + raw[end:]
    return raw


@settings(SLOW_OK, max_examples=800)
@given(data=st.data())
def test_damaged_files_are_read_or_refused(exports: dict[str, bytes], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(exports)))
    raw = damage(exports[name], data)
    options = ReadOptions(laser_nm=data.draw(st.sampled_from([None, 532.0])))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(raw)
        named = file
        if "Information" in name:  # damage reaches its spectrum
            named = Path(folder) / "i.txt"
            named.write_bytes(exports["2.txt"])
        found = outcome(named, options)
        if isinstance(found, list):
            assert found
            assert all(np.isfinite(scan.counts).all() for scan in found)
        else:
            assert str(named) in str(found)
            assert "\n" not in str(found)
        assert isinstance(found, list) or "Information" not in name  # its damage does not touch the spectrum
        find_exports([str(file)])


@settings(SLOW_OK, max_examples=200)
@given(data=st.data())
def test_damaged_parts_are_read_or_refused(data: st.DataObject) -> None:
    layout = Layout(data.draw(st.sampled_from(["split", "pair"])), "\t", "\n", "cp1252", ".", "% .5E", *[False] * 4)
    with tempfile.TemporaryDirectory() as folder:
        file, _ = put(Path(folder), layout, [100.25, 200.5], [[1.0, 2], [5.0, 6]], "n")
        victim = data.draw(st.sampled_from(sorted(Path(folder).iterdir())))
        victim.write_bytes(damage(victim.read_bytes(), data))
        found = outcome(file)
        assert isinstance(found, list) or (folder in str(found) and "\n" not in str(found))


@settings(SLOW_OK, max_examples=200)
@given(st.integers(0, 4), st.data())
def test_cutting_a_file_short_never_changes_a_number(
    exports: dict[str, bytes], which: int, data: st.DataObject
) -> None:
    """A cut file gives fewer channels, or is refused; a cut last number is refused or said."""
    raw = exports[f"{which}.txt"]
    (whole,) = open_scans("-", stream=io.BytesIO(raw))
    cut = raw[: data.draw(st.integers(0, len(raw)))]
    try:
        (scan,) = open_scans("-", stream=io.BytesIO(cut))
    except FormatError:
        return
    m = scan.channels
    np.testing.assert_array_equal(scan.counts[:, : m - 1], whole.counts[:, : m - 1])
    said = any("cut short" in note for note in scan.notes)
    plain = which in (2, 3)  # %.15g without a header: 12 and 1 are both numbers, and nothing tells them apart
    assert said or plain or np.array_equal(scan.counts, whole.counts[:, :m])

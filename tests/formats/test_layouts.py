"""Tables of numbers however they lie: what is written is read as the same spectra, or refused; never as others."""

from __future__ import annotations

import io
import random
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ramanfit.errors import FormatError
from ramanfit.formats import ReadOptions, open_scans
from ramanfit.scan.scan import Scan

AXES = ["Raman shift (cm-1)", "Wavenumber [cm-1]", "Shift", "Raman Shift / cm-1", "wavenumber", "#Wave", "X-Axis"]
TIMES = ["time", "Time (s)", "t / s", "#Time"]
NO_SPECTRA = ["Error", "Sigma", "Std", "Intensity error", "Baseline", "Background", "Fit", "Residual", "Dark"]
FOOTERS = [
    "##END=",
    ">>>>>End Spectral Data<<<<<",
    "# done",
    "\nLaser: 532 nm\nOperator: A. B.",
    "# 2 spectra, 3 channels",
]


class Written(NamedTuple):
    """A table and what it holds.

    Attributes
    ----------
    named : bool
        Whether labels say what every column is.
    """

    text: str
    measurements: list[tuple[np.ndarray, np.ndarray]]
    named: bool
    what: str


def axis(rng: random.Random, channels: int) -> np.ndarray:
    """A Raman axis on quarters, its steps of similar size."""
    step = rng.choice([1, 2, 4, 7])
    steps = [step + rng.choice([0, 0, 1]) for _ in range(channels)]
    return (np.cumsum(steps) + rng.randint(300, 5000)) / 4 + 0.25


def counts(rng: random.Random, spectra: int, channels: int) -> np.ndarray:
    decimals = rng.choice([0, 0, 1, 3])
    return np.round([[rng.uniform(10, 60000) for _ in range(channels)] for _ in range(spectra)], decimals)


def number(value: float, comma: bool) -> str:
    text = f"{value:.15g}"
    return text.replace(".", ",") if comma else text


def table(rng: random.Random) -> Written:
    spectra, channels = rng.randint(1, 5), rng.randint(8, 40)
    x, y = axis(rng, channels), counts(rng, spectra, channels)
    if rng.random() < 0.4:
        x, y = x[::-1], y[:, ::-1]
    kind = rng.choice(["columns", "columns", "rows", "pairs", "long"])
    labelled = rng.random() < 0.7
    separator = rng.choice(["\t", ";", ",", " "])
    comma = separator != "," and rng.random() < 0.3
    header, rows, measurements, named, what = {"columns": columns, "rows": in_rows, "pairs": pairs, "long": long}[kind](
        rng, x, y, labelled
    )
    if separator == " " and header is not None:  # labels with blanks in them are none in a table of blanks
        separator = "\t"
    lines = []
    if rng.random() < 0.3:
        lines += ["# measured by A. B.", "Laser = 532 nm"][: rng.randint(1, 2)]
    if header is not None:
        lines.append(separator.join(number(cell, comma) if isinstance(cell, float) else cell for cell in header))
    trailing = separator * (rng.random() < 0.1 and separator in ",;")
    lines += [separator.join("" if np.isnan(v) else number(v, comma) for v in row) + trailing for row in rows]
    if trailing and header is not None:
        lines[-len(rows) - 1] += trailing
    if rng.random() < 0.25:
        lines.append(rng.choice(FOOTERS))
    newline = rng.choice(["\n", "\r\n"])
    text = newline.join(lines).replace("\n", newline).replace("\r\r", "\r") + newline * (rng.random() < 0.9)
    return Written(
        text, measurements, named, f"{kind} {what}{' labelled' if labelled else ''}{' comma' if comma else ''}"
    )


def columns(rng: random.Random, x: np.ndarray, y: np.ndarray, labelled: bool):  # type: ignore[no-untyped-def]
    index = rng.random() < 0.25
    beside = rng.sample(NO_SPECTRA, rng.choice([0, 0, 0, 1, 2])) if labelled else []
    header = [rng.choice(AXES), *(f"sample {i}" for i in range(len(y))), *beside]
    body = [x, *y, *(np.array([rng.uniform(1, 50) for _ in x]).round(3) for _ in beside)]
    if index:
        header = [rng.choice(["", "index", "Unnamed: 0"]), *header]
        body = [np.arange(len(x)), *body]
    return header if labelled else None, np.array(body).T, [(x, y)], labelled, f"index {index} beside {beside}"


def in_rows(rng: random.Random, x: np.ndarray, y: np.ndarray, labelled: bool):  # type: ignore[no-untyped-def]
    keys = rng.choice([1, 1, 2])
    n = len(y)
    if keys == 1:
        first = [np.arange(n) * rng.choice([1.0, 60.0, 2.5])]
        names = [rng.choice(TIMES)] if labelled else [""]
    else:
        first = [np.arange(n) % 2 * 1.5, np.arange(n) // 2 * 1.0]
        names = ["X", "Y"] if labelled else ["", ""]
    return (
        [*names, *map(float, x)],
        np.column_stack([*first, y]),
        [(x, y)],
        labelled,
        f"keys {keys}",
    )


def pairs(rng: random.Random, x: np.ndarray, y: np.ndarray, labelled: bool):  # type: ignore[no-untyped-def]
    if len(y) < 2:
        y = np.vstack([y, y[:, ::-1]])
    same = rng.random() < 0.5
    axes = [x if same or not i else x + 0.25 * i for i in range(len(y))]
    label = rng.choice(AXES[:5])
    header = [cell for i in range(len(y)) for cell in (label, f"sample {i}")]
    body = [column for its_axis, its_counts in zip(axes, y, strict=True) for column in (its_axis, its_counts)]
    measurements = [(x, y)] if same else [(a, b[None]) for a, b in zip(axes, y, strict=True)]
    return header if labelled else None, np.array(body).T, measurements, labelled, f"same {same}"


def long(rng: random.Random, x: np.ndarray, y: np.ndarray, labelled: bool):  # type: ignore[no-untyped-def]
    n, m = y.shape
    keys = rng.choice([0, 1, 2])
    first = [[], [np.arange(n) * 30.0], [np.arange(n) * 2.0, np.zeros(n)]][keys]
    names = [[], [rng.choice(TIMES)], ["#X", "#Y"]][keys]
    header = [*names, rng.choice(["#Wave", "Raman shift (cm-1)"]), rng.choice(["#Intensity", "Counts"])]
    body = [*(np.repeat(column, m) for column in first), np.tile(x, n), y.ravel()]
    return header if labelled else None, np.array(body).T, [(x, y)], labelled, f"keys {keys}"


def read(text: str | bytes, name: str = "a.txt", **options: object) -> list[Scan]:
    raw = text if isinstance(text, bytes) else text.encode()
    return open_scans("-", ReadOptions(**options), stream=io.BytesIO(raw), stdin_name=name)  # type: ignore[arg-type]


def check(written: Written) -> FormatError | None:
    """Read a table; return why it was refused, or None if what was read is what was written."""
    try:
        scans = read(written.text, laser_nm=532.0)
    except FormatError as error:
        return error
    assert len(scans) == len(written.measurements), written
    for scan, (x, y) in zip(scans, written.measurements, strict=True):
        order = 1 if x[-1] > x[0] else -1
        np.testing.assert_array_equal(scan.shift_cm1, x[::order], err_msg=written.what)
        np.testing.assert_array_equal(scan.counts, y[:, ::order], err_msg=written.what)
        assert scan.mask is None
    return None


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_what_is_written_is_read_or_refused(rng: random.Random) -> None:
    check(table(rng))


def test_little_is_refused_and_nothing_that_names_its_columns() -> None:
    tables = [table(random.Random(seed)) for seed in range(400)]
    refused = [(written, error) for written in tables if (error := check(written)) is not None]
    assert not [(written.what, str(error)) for written, error in refused if written.named]
    assert len(refused) <= 0.1 * len(tables), [(written.what, str(error)) for written, error in refused]


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("label", ["time_s", "Time (s)"])
def test_our_own_name_of_a_time_is_the_middle_of_a_spectrum(label: str, long: bool) -> None:
    x = 900.25 + 25.5 * np.arange(40)
    times = [0.0, 600.0, 1200.0]
    rows = [[label, *x], *([t, *np.sqrt(x)] for t in times)]
    if long:
        rows = [[label, "shift_cm1", "counts"], *([t, shift, np.sqrt(shift)] for t in times for shift in x)]
    text = "".join(",".join(map(str, row)) + "\n" for row in rows)
    (scan,) = open_scans("-", ReadOptions(), stream=io.BytesIO(text.encode()))
    ours = label == "time_s"
    assert scan.kind == "series"
    assert scan.offset_s is not None
    np.testing.assert_array_equal(scan.offset_s + 300 * ours, times)
    said = f"{label!r}: taken as when each spectrum began (time_s is the middle of it)"
    assert (said in scan.notes) is not ours


def test_our_own_name_of_a_place() -> None:
    x = 900.25 + 25.5 * np.arange(40)
    rows = "".join(f"{at},{t},{shift},{shift / 7}\n" for at, t in ((0, 30), (2.5, 90)) for shift in x)
    for labels in ("position_um,time_s,shift_cm1,counts", "#position_um,time_s,shift_cm1,counts"):
        (scan,) = open_scans("-", ReadOptions(), stream=io.BytesIO(f"{labels}\n{rows}".encode()))
        np.testing.assert_array_equal(scan.position_um, [0, 2.5])
        np.testing.assert_array_equal(scan.offset_s, [0, 60])
        assert not [note for note in scan.notes if "passed over" in note or "taken as" in note]

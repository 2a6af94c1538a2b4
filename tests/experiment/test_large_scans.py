"""A large scan that is fitted in parts gives the bytes, and the words, of the scan fitted at once."""

from __future__ import annotations

import errno
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramanfit.errors import InputError
from ramanfit.experiment import fit_files, fits_in_order, kept, large_scans
from ramanfit.experiment.fits import fit_with_cell
from ramanfit.experiment.request import Request
from ramanfit.experiment.voice import Silent
from ramanfit.fit import batch, parts
from ramanfit.fit.lineshapes import lorentzian
from ramanfit.recipe.toml import load_recipes, with_overrides
from ramanfit.scan import mapped, stored
from ramanfit.scan.scan import FloatArray
from ramanfit.scan.stored import StoredCounts
from ramanfit.tables import documents
from ramanfit.tables.documents import Parquet
from ramanfit.tables.table import Table
from ramanfit.tables.text import ENCODERS
from tests.wip_writer import Builder, table

CHUNK, PART = 8, 16
SHIFT = np.linspace(1000.0, 1800.0, 160)


class Heard(Silent):
    """Keeps what is said."""

    quiet = False

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def say(self, message: str) -> None:
        self.lines.append(message)

    detail = warn = say


@dataclass(frozen=True)
class Case:
    """A scan with what may be wrong in it."""

    n: int
    seed: int
    wrong: frozenset[str]
    form: str
    recipes: tuple[str, ...]
    smooth: str
    by: str
    jobs: int = 2


WRONG = ("dead", "saturated", "missing", "cosmic", "unmeasured", "weak", "apart", "wide", "sum")
cases = st.builds(
    Case,
    n=st.integers(33, 70),
    seed=st.integers(0, 2**32 - 1),
    wrong=st.frozensets(st.sampled_from(WRONG)),
    form=st.sampled_from(["wip", "wip by columns", "text"]),
    recipes=st.sampled_from([("li-graphite",), ("carbon-2",), ("li-graphite", "silicon")]),
    smooth=st.sampled_from(["auto", "none"]),
    by=st.sampled_from(["one", "threads", "executor"]),
    jobs=st.integers(1, 3),
)


def counts_of(case: Case) -> FloatArray:
    rng, n = np.random.default_rng(case.seed), case.n
    g = 1590 + rng.normal(0, 1, n)
    width = np.where(rng.random(n) < 0.2 * ("wide" in case.wrong), 150.0, 40.0)
    light = 300 + 0.1 * (SHIFT - 1000) + 400 * lorentzian(SHIFT, g[:, None], width[:, None])
    light = light + 200 * lorentzian(SHIFT, 1350.0, 60.0)
    some = rng.permutation(n)
    if "weak" in case.wrong:
        light[some[:5]] = 300
    if "apart" in case.wrong:
        light[n // 2] = 300 + 400 * lorentzian(SHIFT, 1615.0, 40.0) + 200 * lorentzian(SHIFT, 1350.0, 60.0)
    if "sum" in case.wrong:
        light[some[7]] *= 200
    counts = rng.poisson(light).astype(float)
    if "cosmic" in case.wrong:
        counts[some[:6], rng.integers(5, 150, 6)] += 3000
    if "saturated" in case.wrong:
        burnt = counts[some[6:9]]
        counts[some[6:9]] = np.minimum(burnt, 0.8 * burnt.max(axis=1, keepdims=True))
    if "unmeasured" in case.wrong:
        counts[10:27] = 0
    if "dead" in case.wrong:
        counts[:, 50] = 3
    if "missing" in case.wrong:
        counts[some[9:12], 80:90] = np.nan
        counts[some[12]] = np.nan
        counts[:, 20] = np.nan
    return np.asarray(counts)


def write(case: Case, folder: Path) -> Path:
    counts = counts_of(case)
    if case.form == "text":
        np.savetxt(folder / "scan.txt", np.column_stack([SHIFT, *counts]), fmt="%.9g", delimiter="\t")
        return folder / "scan.txt"
    project = Builder()
    axis = project.add("TDLUTTransformation", table([*(1e7 / (1e7 / 532 - SHIFT))], "nm", 2))
    lines = counts[: case.n // 3 * 3].reshape(-1, 3, SHIFT.size)
    project.graph(lines, kind=9, axis=axis, laser=project.laser(), inverted=case.form == "wip", index=0)
    (folder / "scan.wip").write_bytes(project.build())
    return folder / "scan.wip"


def request_of(case: Case, path: Path, **more: Any) -> Request:
    recipe = load_recipes(case.recipes)
    smooth = {} if case.smooth == "auto" else {"baseline.smooth_cm1": "none"}
    placement = {"step_um": 2.0} if case.form == "text" else {}
    return Request([str(path)], with_overrides(recipe, smooth), placement=placement, **more)


def told(request: Request) -> tuple[list[str], dict[str, bytes]]:
    voice = Heard()
    fits = fit_with_cell(request, voice)
    encoders = {**{form: make(True, False) for form, make in ENCODERS.items()}, "parquet": Parquet()}
    written = dict.fromkeys(encoders, b"")
    for fitted in fits.tables():
        for form, encoder in encoders.items():
            rows = fitted.long(request.recipe.stands_with) if form == "csv" else fitted.table
            written[form] += encoder.add(rows)
    return voice.lines, {form: data + encoders[form].end() for form, data in written.items()}


def in_parts(patch: pytest.MonkeyPatch, *, large: int) -> None:
    for module in (batch, large_scans):
        patch.setattr(module, "CHUNK", CHUNK)
    patch.setattr(parts, "PART", PART)
    patch.setattr(fits_in_order, "PART", PART)
    patch.setattr(fit_files, "LARGE", large)
    for module in (fits_in_order, kept):
        patch.setattr(module, "IN_MEMORY", large)
    patch.setattr(kept, "WORTH_IT", 1)
    for module in (mapped, stored):
        patch.setattr(module, "HELD", 4096)
    patch.setattr(stored, "BLOCK", 3000)


def assert_alike(case: Case) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = write(case, Path(folder))
        in_parts(patch, large=10**9)
        at_once = told(request_of(case, path))
        in_parts(patch, large=PART)
        with ThreadPoolExecutor(case.jobs) as pool:
            by = {"one": {}, "threads": {"jobs": 3}, "executor": {"executor": pool}}[case.by]
            pieces = told(request_of(case, path, **by))
    assert pieces[0] == at_once[0]
    assert pieces[1] == at_once[1]


@settings(max_examples=12, deadline=None)
@given(case=cases)
def test_parts_have_the_bytes_and_the_words_of_the_whole(case: Case) -> None:
    assert_alike(case)


@pytest.mark.parametrize("form", ["wip", "wip by columns", "text"])
@pytest.mark.parametrize("recipes", [("li-graphite",), ("carbon-2",), ("li-graphite", "silicon")])
def test_all_that_may_be_wrong_at_once(form: str, recipes: tuple[str, ...]) -> None:
    assert_alike(Case(70, 1, frozenset(WRONG), form, recipes, "auto", "threads"))
    assert_alike(Case(69, 2, frozenset(WRONG) - {"missing"}, form, recipes, "none", "one"))


@given(data=st.data(), by_columns=st.booleans(), integers=st.booleans())
def test_a_part_holds_the_rows_of_the_whole(data: st.DataObject, by_columns: bool, integers: bool) -> None:
    a, b, m = (data.draw(st.integers(1, 9)) for _ in range(3))
    numbers = np.arange(a * b * m, dtype=np.uint16 if integers else np.float32).reshape(
        (b, a, m) if by_columns else (a, b, m)
    )
    whole = numbers.transpose(1, 0, 2) if by_columns else numbers
    rows = whole.reshape(a * b, m).astype(float)
    low, high = sorted(data.draw(st.lists(st.integers(0, a * b), min_size=2, max_size=2)))
    channels = data.draw(st.permutations(range(m)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "HELD", data.draw(st.integers(1, 200)))
        part = StoredCounts(whole)[:, channels].part(slice(low, high))
        np.testing.assert_array_equal(np.asarray(part), rows[low:high][:, channels])
        if len(part):
            some = data.draw(st.lists(st.integers(0, len(part) - 1), min_size=1))
            np.testing.assert_array_equal(part[some], rows[low:high][some][:, channels])
            np.testing.assert_array_equal(part[some[0]], rows[low + some[0], channels])


def test_a_temporary_folder_that_is_full_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    path = write(Case(60, 1, frozenset(), "wip", ("li-graphite",), "none", 1), tmp_path)
    in_parts(monkeypatch, large=PART)
    monkeypatch.setattr("tempfile.TemporaryFile", Full)
    with pytest.raises(InputError, match=r"the temporary folder .*: cannot be written: No space left"):
        told(request_of(Case(60, 1, frozenset(), "wip", ("li-graphite",), "none", 1), path))


def test_parquet_comes_in_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(documents, "_ROW_GROUP", 10)
    encoder, written = Parquet(), b""
    rng = np.random.default_rng(1)
    values, words = rng.normal(size=27), [f"P{i % 5}" if i % 4 else "" for i in range(27)]
    values[3] = np.nan
    for rows in (slice(0, 4), slice(4, 11), slice(11, 12), slice(12, 27)):
        written += encoder.add(Table({"a": values[rows], "n": np.arange(27)[rows], "b": words[rows]}))
    written += encoder.end()
    file = parquet.ParquetFile(io.BytesIO(written))
    assert file.num_row_groups == 2
    read = file.read().to_pydict()
    assert read["n"] == [*range(27)]
    assert read["b"] == [word or None for word in words]
    assert read["a"] == [None if value != value else float(f"{value:.9g}") for value in values.tolist()]

"""What the commands do, from Python: the same numbers, without a word."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import ramanfit
from ramanfit.errors import InputError, OutputIsInputError, RamanfitError, RecipeError, UsageError
from ramanfit.experiment.request import Drawing, Request
from ramanfit.recipe.column_kind import BAND, LONG, MAP
from ramanfit.recipe.columns import KINDS
from ramanfit.recipe.parts import Axis
from ramanfit.recipe.peaks import Derived
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.tables.forms import open_writer
from ramanfit.tables.table import Table
from tests.cli.test_fits import PRISTINE, ROOT, SAMPLES, TABLE_S1
from tests.cli.test_fits import ramanfit as command

CELL = next((SAMPLES / "operando").glob("*.mpt"))


@pytest.fixture(autouse=True)
def _silent(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Nothing that a test here calls says a word."""
    yield
    assert capfd.readouterr() == ("", "")


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three scans of the operando sample."""
    folder = tmp_path_factory.mktemp("experiment") / "day"
    folder.mkdir()
    for path in (SAMPLES / "operando").glob("*--00[012]--*"):
        shutil.copy2(path, folder)
    return folder


def csv(table: Table, folder: Path) -> bytes:
    with open_writer(folder / "table.csv", "csv") as writer:
        writer.write(table)
    return (folder / "table.csv").read_bytes()


def test_one_row_per_spectrum_and_peak(day: Path, tmp_path: Path) -> None:
    found = csv(ramanfit.fit_files(str(day), echem=CELL, jobs=2), tmp_path)
    assert found == command("fit", day, "--echem", CELL).stdout


def test_one_row_per_spectrum(day: Path, tmp_path: Path) -> None:
    files = [TABLE_S1, str(PRISTINE)]
    assert csv(ramanfit.ratios(files), tmp_path) == command("ratio", *files).stdout
    found = csv(ramanfit.ratios(day, placement={"period_s": 600.0}, recipe="graphite"), tmp_path)
    assert found == command("ratio", day, "--period", "10min", "--recipe", "graphite").stdout


def test_tables_of_fits_are_files_too(day: Path, tmp_path: Path) -> None:
    peaks = tmp_path / "peaks.csv"
    command("fit", day, "-o", peaks)
    assert csv(ramanfit.ratios(peaks), tmp_path) == command("ratio", peaks).stdout
    assert csv(ramanfit.evolve(peaks).ratios, tmp_path) == command("evolve", peaks).stdout


def test_a_frame_goes_on_where_the_table_ends() -> None:
    frame = ramanfit.ratios(SAMPLES / "table-s1").to_pandas()
    assert frame["point"].tolist() == [f"P{k}" for k in range(1, 7)]
    truth = pd.read_csv(SAMPLES / "table-s1" / "truth.csv").set_index("point")["ratio"]
    frame = frame.set_index("point")
    assert ((frame["ratio"] - truth) / frame["ratio_se"]).abs().max() < 4


def test_an_experiment_is_saved_as_the_command_writes_it(day: Path, tmp_path: Path) -> None:
    command("evolve", day, "--reference", PRISTINE, "--no-figures", "--no-report", "-o", tmp_path / "one", "-q")
    evolved = ramanfit.evolve(day, reference=PRISTINE)
    written = evolved.save(tmp_path / "other")
    assert sorted(written) == sorted(path.name for path in (tmp_path / "one").iterdir())
    assert sorted(written) == sorted(path.name for path in (tmp_path / "other").iterdir())
    for name in {*written} - {"run.json"}:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes(), name
    assert set(evolved.maps) == {"ratio", "G_center_cm1", "G_height", "B_center_cm1", "B_height"}
    assert evolved.bands is not None
    assert len(evolved.peaks) == 2 * len(evolved.ratios)
    with pytest.raises(RecipeError, match="quantity"):
        evolved.save(tmp_path / "third", ["nonsense"])
    assert not (tmp_path / "third").exists()


def test_an_experiment_that_is_asked_for_everything_fills_every_column(day: Path) -> None:
    settings = {"baseline.smooth_cm1": "auto", "errors.method": "profile", "peaks.B.shape": "pseudo-voigt"}
    recipe, cell = with_overrides(load_recipe("li-graphite"), settings), ramanfit.Echem(str(CELL))
    recipe = replace(recipe, derived=(Derived("fraction", "height(B) / (height(B) + height(G))"),))
    evolution = ramanfit.evolve(day, recipe=recipe, echem=cell, reference=PRISTINE, sensitivity=True).evolution
    columns = evolution.table.columns
    filled = {
        entry.kind.name
        for name, entry in evolution.schema.items()
        if name in columns and (entry.kind.text or np.isfinite(np.asarray(columns[name])).any())
    }
    assert filled == {kind.name for kind in KINDS.values() if kind.there != LONG and kind.owner not in (MAP, BAND)}


def test_figures_and_report_of_an_experiment(day: Path, tmp_path: Path) -> None:
    from ramanfit.drawing.folder import write_figures

    command("evolve", day, "--echem", CELL, "--soc", "0,1", "--no-report", "-o", tmp_path / "one", "-q")
    (tmp_path / "other").mkdir()
    evolved = ramanfit.evolve(day, echem=ramanfit.Echem(str(CELL)), draw=True)
    for name in write_figures(tmp_path / "other", evolved, Drawing(soc=(0.0, 1.0)), ramanfit.Silent()):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes(), name


def test_bands(day: Path, tmp_path: Path) -> None:
    found = csv(ramanfit.bands(day, at_cm1=(1350, 1590), half_width_cm1=8), tmp_path)
    assert found == command("bands", day, "--at", "1350,1590", "--half-width", "8").stdout
    assert csv(ramanfit.bands(day), tmp_path) == command("bands", day).stdout


@pytest.mark.parametrize("order", ["auto", "1"])
def test_curves_have_the_baseline_that_was_fitted(order: str, day: Path, tmp_path: Path) -> None:
    """Bands of fits and of the tables of them are the same: from tables, the order is searched for anew."""
    arguments = ("--baseline-order", order)
    at_once = command("bands", day, *arguments).stdout
    command("fit", day, *arguments, "-o", tmp_path / "peaks.csv")
    assert command("bands", tmp_path / "peaks.csv", *arguments).stdout == at_once


def test_baseline(tmp_path: Path) -> None:
    from ramanfit.formats.graph_ascii import graph_ascii

    (one,) = ramanfit.baseline(TABLE_S1)
    assert graph_ascii(one) == command("baseline", TABLE_S1).stdout
    names = [scan.name for scan in ramanfit.baseline(TABLE_S1, keep=True)]
    assert [name.rpartition(" ")[2] for name in names] == ["corrected", "raw", "baseline"]


@pytest.mark.parametrize("form", ["csv", "jsonl", "nc"])
def test_export(form: str, day: Path, tmp_path: Path) -> None:
    assert ramanfit.export(day, tmp_path / f"a.{form}") == [str(tmp_path / f"a.{form}")]
    command("export", day, "-o", tmp_path / f"b.{form}")
    assert (tmp_path / f"a.{form}").read_bytes() == (tmp_path / f"b.{form}").read_bytes()


def test_export_into_a_folder(day: Path, tmp_path: Path) -> None:
    written = ramanfit.export(day, f"{tmp_path}/one/")
    command("export", day, "-o", f"{tmp_path}/other/")
    assert len(written) == 3
    for path in (tmp_path / "other").iterdir():
        assert path.read_bytes() == (tmp_path / "one" / path.name).read_bytes()
    with pytest.raises(RecipeError, match="form"):
        ramanfit.export(day, tmp_path / "x.txt", form="nonsense")
    with pytest.raises(UsageError, match="3 measurements"):
        ramanfit.export(day, tmp_path / "x.txt")


def test_info(day: Path, tmp_path: Path) -> None:
    assert csv(ramanfit.info([day, PRISTINE]), tmp_path) == command("info", day, PRISTINE).stdout


def test_calibrate(tmp_path: Path) -> None:
    shift = np.arange(500.0, 545.0, 0.5)
    counts = 100 + 900 / (1 + ((shift - 521.2) / 2) ** 2) + np.arange(shift.size) * 7 % 11
    (tmp_path / "si.txt").write_text("".join(f"{x}\t{y:.3f}\n" for x, y in zip(shift, counts, strict=True)))
    calibration = ramanfit.calibrate(tmp_path / "si.txt", reference_cm1=520.7)
    command("calibrate", tmp_path / "si.txt", "--reference", "520.7", "-o", tmp_path / "c.toml")
    recipe = ramanfit.load_recipe(str(tmp_path / "c.toml"))
    assert recipe.axis.shift_cm1 == pytest.approx(calibration.shift_cm1, abs=5e-5)
    with pytest.raises(UsageError):
        ramanfit.calibrate(tmp_path / "si.txt", standard="polystyrene", reference_cm1=520.7)


def test_plot(day: Path, tmp_path: Path) -> None:
    from ramanfit.drawing import figures

    command("plot", TABLE_S1, "-o", f"{tmp_path}/one/", "-q")
    drawn = ramanfit.plot(TABLE_S1)
    assert all(isinstance(figure, Figure) for figure in drawn.values())
    assert {f"{name}.png" for name in drawn} == {path.name for path in (tmp_path / "one").iterdir()}
    name, figure = next(iter(drawn.items()))
    figures.save(figure, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes() == (tmp_path / "one" / f"{name}.png").read_bytes()
    assert list(ramanfit.plot(day, worst=2)) == ["worst"]
    assert list(ramanfit.plot(day, waterfall=True, times_s=[0.0])) == ["waterfall"]
    with pytest.raises(UsageError):
        ramanfit.plot(day, waterfall=True, worst=2)
    with pytest.raises(UsageError):
        ramanfit.plot(day, soc=[20.0])


def test_simulate(tmp_path: Path) -> None:
    plan = SAMPLES / "pristine-graphite" / "plan.toml"
    written = ramanfit.simulate(plan, tmp_path / "one", seed=5)
    command("simulate", plan, "--seed", "5", "-o", tmp_path / "other")
    assert sorted(written) == sorted(map(str, (tmp_path / "one").iterdir()))
    for path in (tmp_path / "other").iterdir():
        assert path.read_bytes() == (tmp_path / "one" / path.name).read_bytes()
    with pytest.raises(InputError, match="exists already"):
        ramanfit.simulate(plan, tmp_path / "one")


def test_a_recipe_is_a_name_a_file_or_a_value(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('base = "graphite"\n')
    graphite = ramanfit.load_recipe("graphite")
    tables = [ramanfit.ratios(PRISTINE, recipe=one) for one in ("graphite", tmp_path / "mine.toml", graphite)]
    assert len({csv(table, tmp_path) for table in tables}) == 1
    with pytest.raises(RecipeError, match="nonsense"):
        ramanfit.ratios(PRISTINE, recipe="nonsense")
    with pytest.raises(UsageError, match="has no ratio"):
        ramanfit.ratios(PRISTINE, recipe="silicon")


def test_errors_are_those_of_the_package(tmp_path: Path) -> None:
    calls = (ramanfit.fit_files, ramanfit.ratios, ramanfit.evolve, ramanfit.bands, ramanfit.info, ramanfit.baseline)
    for call in (*calls, ramanfit.calibrate, ramanfit.plot):
        with pytest.raises(InputError, match=r"nowhere\.txt"):
            call(tmp_path / "nowhere.txt")
    (tmp_path / "t.csv").write_text("point,G_height,B_height\nP1,1,2\n")
    with pytest.raises(UsageError, match="do not mix"):
        ramanfit.ratios([tmp_path / "t.csv", PRISTINE])


def test_errors_that_are_survived_are_kept(tmp_path: Path) -> None:
    (tmp_path / "broken.txt").write_text("")
    voice = ramanfit.Silent()
    table = ramanfit.fit_files([tmp_path / "broken.txt", PRISTINE], keep_going=True, voice=voice)
    assert len(table) == 2
    (error,) = voice.errors
    assert isinstance(error, RamanfitError)
    assert "broken.txt" in error.message


def test_nothing_is_written_over_an_input(tmp_path: Path) -> None:
    shutil.copy(TABLE_S1, tmp_path / "peaks.csv")
    before = (tmp_path / "peaks.csv").read_bytes()
    evolved = ramanfit.evolve(tmp_path / "peaks.csv")
    with pytest.raises(OutputIsInputError, match=r"peaks\.csv: cannot be written: it is the input"):
        evolved.save(tmp_path)
    with pytest.raises(OutputIsInputError):
        ramanfit.export(tmp_path / "peaks.csv", tmp_path / "peaks.csv")
    shutil.copy(SAMPLES / "pristine-graphite" / "plan.toml", tmp_path / "truth.csv")
    with pytest.raises(OutputIsInputError):
        ramanfit.simulate(tmp_path / "truth.csv", tmp_path, force=True)
    assert (tmp_path / "peaks.csv").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"peaks.csv", "truth.csv"}


def test_the_axis_is_given_where_a_file_does_not_say(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("".join(f"{540 + 0.1 * k}\t{100 + k % 7}\n" for k in range(100)))
    table = ramanfit.info(tmp_path / "x.txt", axis=Axis(unit="nm", laser_nm=532.0))
    assert table.columns["first_cm1"][0] == pytest.approx(1e7 / 532 - 1e7 / 540)


def test_a_request_knows_the_files_of_its_recipe(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('base = "graphite"\n')
    (tmp_path / "mine.toml").write_text('base = "base.toml"\n')
    request = Request.of(PRISTINE, tmp_path / "mine.toml", echem=CELL)
    assert request.files == (str(PRISTINE),)
    assert request.recipe_files == (str(tmp_path / "mine.toml"), str(tmp_path / "base.toml"))
    assert request.echem == ramanfit.Echem(str(CELL))
    with pytest.raises(TypeError):
        Request.of(PRISTINE, "graphite", nonsense=1)


def test_what_prints_and_parses_stays_out() -> None:
    program = f"""
import sys, ramanfit
assert not set(sys.modules) & {{"numpy", "click", "rich", "pandas", "matplotlib"}}
for name in ramanfit.__all__:
    getattr(ramanfit, name)
ramanfit.fit_files({str(PRISTINE)!r}); ramanfit.ratios({str(PRISTINE)!r}); ramanfit.info({str(PRISTINE)!r})
ramanfit.baseline({str(PRISTINE)!r}); ramanfit.bands({str(PRISTINE)!r}); ramanfit.evolve({str(PRISTINE)!r})
ramanfit.plot({str(PRISTINE)!r})
assert not {{name.partition(".")[0] for name in sys.modules}} & {{"click", "rich"}}
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

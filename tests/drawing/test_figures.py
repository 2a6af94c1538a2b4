"""Figures: what is drawn is what the table says, gaps are gaps, words are readable, files are whole."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.image import imread

from ramanfit.drawing import figures
from ramanfit.drawing.axes import trusted_range
from ramanfit.errors import InputError, RecipeError
from ramanfit.experiment.cell import Record
from ramanfit.experiment.evolution import Evolution
from ramanfit.experiment.maps import default_maps
from ramanfit.fit.curves import Curves
from ramanfit.tables.fit_table import FitTable
from ramanfit.tables.table import Table
from tests.drawing.readable import assert_readable

ROOT = Path(__file__).resolve().parents[2]
PEAKS = ("B", "G")


def experiment(
    scans: int = 24,
    points: int = 6,
    *,
    missing: tuple[int, ...] = (5,),
    gone: tuple[tuple[int, int], ...] = ((3, 1), (4, 1)),
    timed: bool = True,
    placed: bool = True,
    record: bool = True,
    reference: bool = False,
) -> Evolution:
    """An experiment made by hand: `gone` are (scan, point) where G was not detected."""
    there = [(s, p) for s in range(scans) if s not in missing for p in range(points)]
    scan, point = (np.array(column) for column in zip(*there, strict=True))
    n = len(there)
    lost = np.array([pair in gone for pair in there])
    columns: dict[str, Any] = {
        "source": tuple(f"scan{s:03d}.txt" for s in scan),
        "scan": scan,
        "point": tuple(f"P{p + 1}" for p in point),
        "position_um": 5.0 * point if placed else np.full(n, np.nan),
        "time_s": 600.0 * scan + 25.0 * point if timed else np.full(n, np.nan),
    }
    for k, peak in enumerate(PEAKS):
        out = lost & (peak == "G")
        columns[f"{peak}_center_cm1"] = np.where(out, np.nan, 1340 + 250 * k + 0.3 * scan + point)
        columns[f"{peak}_center_se"] = np.where(out, np.nan, 0.3)
        columns[f"{peak}_fwhm_cm1"] = np.where(out, np.nan, 100 - 70 * k + 0.1 * scan)
        columns[f"{peak}_fwhm_se"] = np.where(out, np.nan, 0.5)
        columns[f"{peak}_height"] = np.where(out, -0.4, 100.0 + 3 * scan + 10 * point)
        columns[f"{peak}_height_se"] = np.full(n, 2.0)
    columns["ratio"] = np.where(lost, np.nan, 0.5 + 0.02 * scan + 0.1 * point)
    columns["ratio_se"] = np.where(lost, np.nan, 0.02)
    columns["flags"] = tuple("not_detected" if out else "" for out in lost)
    status = {p: tuple("not_detected" if out and p == "G" else "ok" for out in lost) for p in PEAKS}
    table = Table(columns)
    cell = None
    if record:
        t = np.linspace(0.0, 600.0 * scans, 50)
        cell = Record(
            source="cell.csv",
            time_s=t,
            started=None,
            voltage_v=3 + 0.5 * np.sin(t / 5000),
            current_ma=np.ones(50),
            capacity_mah=t / 3600,
            soc=100 * t / t[-1],
        )
    fits = FitTable(table, status, ("",) * n)
    return Evolution(fits, ("ratio",), fits.rows(np.array([0])) if reference else None, cell)


def panels(figure: Figure) -> list[Axes]:
    return [ax for ax in figure.axes if ax.get_label() != "<colorbar>"]


def panel(figure: Figure, words: str) -> Axes:
    return next(ax for ax in figure.axes if words in ax.get_ylabel())


# -- what is drawn ------------------------------------------------------------------------------------------


def test_a_map_holds_the_tables_values_and_only_these() -> None:
    evolution = experiment()
    figure = figures.map_figure(evolution, default_maps(evolution))
    meshes = [[c for c in ax.collections if isinstance(c, QuadMesh)] for ax in figure.axes]
    drawn = [found[0] for found in meshes if found][: len(default_maps(evolution))]
    for mesh, name in zip(drawn, default_maps(evolution), strict=True):
        cells = np.ma.asarray(mesh.get_array()).reshape(len(evolution.points), -1)
        assert isinstance(cells, np.ma.MaskedArray)
        expected = evolution.shown(name)
        assert cells.mask[:, 5].all()  # the missing scan
        np.testing.assert_array_equal(cells.mask.T, ~np.isfinite(expected))
        np.testing.assert_array_equal(cells.T[~cells.mask.T], expected[np.isfinite(expected)])
        if name.startswith("G") or name == "ratio":
            assert cells.mask[1, 3:5].all()
        assert not (cells.compressed() == 0).any()


def test_what_was_not_detected_is_hatched_and_what_is_missing_is_not() -> None:
    evolution = experiment()
    figure = figures.map_figure(evolution, ["G_height"])
    hatched = [c for c in figure.axes[0].collections if c.get_hatch()]
    assert len(hatched) == 1
    mask = np.ma.getmaskarray(np.ma.asarray(hatched[0].get_array())).reshape(6, -1)
    assert [tuple(cell) for cell in np.argwhere(~mask)] == [(1, 3), (1, 4)]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["not measured", "measured, not detected"]
    (key,) = figures.map_figure(experiment(gone=()), ["G_height"]).legends  # of the scan that is missing
    assert [text.get_text() for text in key.get_texts()] == ["not measured"]


def test_a_pause_is_as_wide_as_it_lasted() -> None:
    figure = figures.map_figure(experiment(missing=(5, 6, 7)), ["ratio"])
    mesh = next(c for c in figure.axes[0].collections if isinstance(c, QuadMesh))
    edges = np.asarray(mesh.get_coordinates())[0, :, 0] * 60  # minutes: 24 scans every ten
    np.testing.assert_allclose(np.diff(edges), [10.0] * 24, atol=1e-6)


def test_traces_break_where_nothing_was_detected() -> None:
    evolution = experiment()
    ax = panel(figures.traces_figure(evolution), "G height")
    line = [line for line in ax.lines if line.get_linestyle() == "-" and len(np.atleast_1d(line.get_xdata())) == 24][1]
    y = np.asarray(line.get_ydata(), dtype=float)
    np.testing.assert_array_equal(np.isnan(y), [s in (3, 4, 5) for s in range(24)])
    np.testing.assert_array_equal(y[~np.isnan(y)], evolution.shown("G_height")[:, 1][~np.isnan(y)])


def test_the_cells_voltage_stands_on_the_same_time_axis() -> None:
    evolution = experiment()
    assert evolution.record is not None
    for figure in (figures.map_figure(evolution, ["ratio"]), figures.traces_figure(evolution)):
        ax = panel(figure, "voltage")
        np.testing.assert_allclose(np.asarray(ax.lines[0].get_xdata()) * 3600, evolution.record.time_s)
        assert ax.get_xlim() == figure.axes[0].get_xlim()
        assert ax.get_xlabel() == "time (h)"
        assert "(V)" in ax.get_ylabel()
        assert any(other.get_xlabel() == "state of charge (%)" for other in figure.axes)


def test_a_profile_has_error_bars_and_the_reference() -> None:
    evolution = experiment(reference=True)
    figure = figures.profile_figure(evolution)
    for ax in panels(figure):
        assert len({bar.lines[0].get_marker() for bar in ax.containers}) == 6 + 1
    assert figure.axes[-1].get_xticklabels()[-1].get_text() == "scan000"
    scan = figure.axes[1].containers[0]
    bars: Any = scan.lines[2][0]
    halves = [(segment[1][1] - segment[0][1]) / 2 for segment in bars.get_segments()]
    np.testing.assert_allclose(halves, 0.3)


def test_an_axis_is_stretched_by_what_is_known() -> None:
    value = np.array([[1.0, 2.0, 3.0, 500.0]])
    assert trusted_range(value, np.array([[0.1, 0.1, 0.1, 90.0]])) == (1.0, 3.0)
    assert trusted_range(value, np.full((1, 4), np.nan)) == (1.0, 500.0)
    assert trusted_range(np.full((1, 4), np.nan), np.full((1, 4), np.nan)) == (0.0, 1.0)
    evolution = experiment(gone=())
    ratio = evolution.table.columns["ratio"].copy()  # type: ignore[union-attr]
    se = evolution.table.columns["ratio_se"].copy()  # type: ignore[union-attr]
    ratio[40], se[40] = 60.0, 55.0
    odd = replace(evolution, fits=evolution.fits.with_table(evolution.table.with_(ratio=ratio, ratio_se=se)))
    ax = panel(figures.traces_figure(odd), "I_")
    assert ax.get_ylim()[1] < 3
    marks = [line for line in ax.lines if line.get_marker() == "^" and len(np.atleast_1d(line.get_xdata()))]
    assert [float(np.asarray(line.get_ydata())[0]) for line in marks] == [ax.get_ylim()[1]]


# -- how it reads -------------------------------------------------------------------------------------------

ODD: dict[str, Callable[[], Evolution]] = {
    "as usual": experiment,
    "one point": lambda: experiment(points=1, gone=()),
    "one scan": lambda: experiment(scans=1, missing=(), gone=()),
    "one spectrum": lambda: experiment(scans=1, points=1, missing=(), gone=(), record=False),
    "many points": lambda: experiment(points=25),
    "no times": lambda: experiment(timed=False, record=False),
    "no positions": lambda: experiment(placed=False),
    "nothing detected": lambda: experiment(gone=tuple((s, p) for s in range(24) for p in range(6))),
    "a reference": lambda: experiment(reference=True),
}


def curve(seed: int = 0, *, fitted: bool = True) -> Curves:
    rng = np.random.default_rng(seed)
    shift = np.linspace(900, 1900, 400)
    found = Curves(
        shift,
        np.zeros(400),
        np.arange(400) != 77,
        PEAKS,
        ("lorentzian", "bwf"),
        np.array([1340.0, 1590.0]),
        np.array([100.0, 30.0]),
        np.array([80.0, 120.0]) + seed,
        np.array([np.nan, -0.2]),
        np.array([True, True]),
        np.array([700.0, -20.0, 5.0]) if fitted else np.full(3, np.nan),
        np.full(3, np.nan),
    )
    level = found.fit() if fitted else np.full(400, 700.0)
    counts = level + rng.normal(0, 4, 400)
    counts[77] += 3000
    return replace(found, counts=counts)


def of_evolution(evolution: Evolution, width: str) -> dict[str, Figure]:
    return {
        "map": figures.map_figure(evolution, default_maps(evolution), width),
        "traces": figures.traces_figure(evolution, width),
        "profile": figures.profile_figure(evolution, width),
    }


def of_spectra(width: str) -> dict[str, Figure]:
    picked = [(f"{k} %", float(k), curve(k)) for k in range(0, 60, 10)]
    return {
        "waterfall": figures.waterfall_figure(picked, "state of charge", width, title="P5 (20 µm)"),
        "spectrum": figures.spectrum_figure("scan000.txt, P1", "at_bound, low_snr", curve(), width),
        "unfitted": figures.spectrum_figure("scan000.txt, P1", "", curve(fitted=False), width),
        "gallery": figures.gallery_figure([(f"scan{k}.txt, P1", "at_bound", curve(k)) for k in range(7)], width),
    }


@pytest.mark.parametrize("width", ["single", "double"])
@pytest.mark.parametrize("kind", [*ODD, "spectra"])
def test_words_are_readable_inside_the_page_and_apart(kind: str, width: str) -> None:
    for name, figure in (of_evolution(ODD[kind](), width) if kind in ODD else of_spectra(width)).items():
        assert_readable(figure, name)


def test_every_axis_has_a_unit_or_needs_none() -> None:
    without = {"scan", "point", "$I_\\mathrm{B}/I_\\mathrm{G}$", "residual", "counts"}
    for name, figure in (of_evolution(experiment(), "double") | of_spectra("double")).items():
        for ax in panels(figure):
            for words in (ax.get_xlabel(), ax.get_ylabel()):
                assert not words or words in without or "(" in words, (name, words)


def test_widths_are_those_of_the_columns() -> None:
    for width, inches in (("single", 3.25), ("double", 7.0)):
        for figure in of_spectra(width).values():
            assert figure.get_figwidth() == inches


def test_colours_are_told_apart_by_all_eyes() -> None:
    """Simulated deuteranopia and protanopia (Machado et al. 2009, 10.1109/TVCG.2009.113) leave the lines distinct."""
    colours = np.array([mpl.colors.to_rgb(c) for c in figures.style.COLOURS[:6]])  # type: ignore[attr-defined]
    deutan = np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    )
    protan = np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    )
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    for seen in (linear, linear @ deutan.T, linear @ protan.T):
        clipped = np.clip(seen, 0, 1) ** (1 / 2.4)
        distance = np.linalg.norm(clipped[:, None] - clipped[None], axis=2)
        assert distance[np.triu_indices(6, 1)].min() > 0.15


# -- files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_same_figure_gives_the_same_bytes(ending: str, tmp_path: Path) -> None:
    for k in range(2):
        figures.save(figures.traces_figure(experiment()), tmp_path / f"{k}.{ending}")
    first, second = ((tmp_path / f"{k}.{ending}").read_bytes() for k in range(2))
    assert first == second
    head = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert first.startswith(head)


def test_a_raster_has_300_dots_an_inch_and_a_vector_keeps_its_words(tmp_path: Path) -> None:
    figure = figures.traces_figure(experiment())
    figures.save(figure, tmp_path / "a.png")
    assert imread(tmp_path / "a.png").shape[1] == 7 * 300
    figures.save(figure, tmp_path / "a.svg")
    assert "G height" in (tmp_path / "a.svg").read_text(encoding="utf-8")


def test_what_cannot_be_saved_is_said(tmp_path: Path) -> None:
    figure = figures.spectrum_figure("one", "", curve())
    with pytest.raises(RecipeError, match=r"\.png \.svg \.pdf, found \.tiff"):
        figures.save(figure, tmp_path / "a.tiff")
    with pytest.raises(InputError, match="nowhere"):
        figures.save(figure, tmp_path / "nowhere" / "a.png")


def test_drawing_leaves_matplotlibs_settings_alone() -> None:
    before = dict(mpl.rcParams)
    figures.map_figure(experiment(), ["ratio"])
    assert dict(mpl.rcParams) == before


@pytest.mark.posix
def test_a_home_that_cannot_be_written_to_is_no_obstacle(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(stat.S_IRUSR | stat.S_IXUSR)
    sample = next((ROOT / "sample_spectra" / "pristine-graphite").glob("*Spec.Data*"))
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MPL", "XDG"))}
    done = subprocess.run(
        [sys.executable, "-m", "ramanfit", "plot", str(sample)],
        capture_output=True,
        cwd=ROOT,
        env={**environment, "HOME": str(home)},
    )
    home.chmod(stat.S_IRWXU)
    assert done.returncode == 0, done.stderr
    assert imread(io.BytesIO(done.stdout)).shape[0] > 500

"""Experiments side by side: differences against numpy, matching of points, and what cannot be compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import ramanfit
from ramanfit.errors import FormatError, InputError, RecipeError, UsageError
from ramanfit.experiment.compare_names import names_of
from ramanfit.tables.forms import open_writer
from ramanfit.tables.table import Table


class Heard(ramanfit.Silent):
    """Keeps what it is warned of."""

    def __init__(self) -> None:
        self.warned: list[str] = []

    def warn(self, message: str) -> None:
        self.warned.append(message)


def experiment(
    folder: Path,
    seed: int,
    *,
    scans: int = 30,
    period: float = 600.0,
    points: tuple[str, ...] = ("P1", "P2"),
    missing: tuple[int, ...] = (),
    position: float = 0.0,
    **more: object,
) -> Path:
    """Write the table of an experiment whose true ratio and G position are straight lines in time."""
    rng = np.random.default_rng(seed)
    numbers = np.setdiff1d(np.arange(scans), missing)
    scan, point = np.repeat(numbers, len(points)), points * len(numbers)
    k = np.tile(np.arange(len(points)), len(numbers))
    time_s = period * scan + 25.0 * k + 12.5
    n = len(scan)
    columns: dict[str, object] = {
        "source": ("x.txt",) * n,
        "scan": scan,
        "point": point,
        "position_um": position + 5.0 * k,
        "time_s": time_s,
        "voltage_v": 3 + 1e-5 * time_s,
        "G_center_cm1": 1583 + 5e-4 * time_s + k + 0.4 * rng.normal(size=n),
        "G_center_se": np.full(n, 0.4),
        "G_fwhm_cm1": 30 + rng.normal(size=n),
        "G_fwhm_se": np.ones(n),
        "ratio": 0.5 + 2e-5 * time_s + 0.03 * rng.normal(size=n),
        "ratio_se": np.full(n, 0.03),
        "area_ratio": np.ones(n),
        "area_ratio_se": np.ones(n),
        "flags": ("",) * n,
        **more,
    }
    columns = {name: cells for name, cells in columns.items() if cells is not None}
    folder.mkdir(parents=True, exist_ok=True)
    with open_writer(folder / "ratios.csv", "csv") as writer:
        writer.write(Table(columns))  # type: ignore[arg-type]
    return folder


def numbers(table: Table, name: str) -> np.ndarray:
    return np.asarray(table.columns[name], dtype=np.float64)


def test_differences_are_those_of_numpy(tmp_path: Path) -> None:
    one = experiment(tmp_path / "one", 1, missing=(7, 20))
    other = experiment(tmp_path / "other", 2, period=660.0)
    table = ramanfit.compare([one, other])
    assert table.names[0] == "experiment"
    assert list(dict.fromkeys(table.columns["experiment"])) == ["one", "other"]
    name, point = np.array(table.columns["experiment"]), np.array(table.columns["point"])
    for quantity, error in (("ratio", "ratio_se"), ("G_center_cm1", "G_center_se")):
        at = table.names.index(error)
        assert table.names[at + 1 : at + 3] == (f"{quantity}_diff", f"{quantity}_diff_se")
        for p in ("P1", "P2"):
            mine, first = (name == "other") & (point == p), (name == "one") & (point == p)
            t, t0 = numbers(table, "time_s")[mine], numbers(table, "time_s")[first]
            v0, s0 = numbers(table, quantity)[first], numbers(table, error)[first]
            expected = numbers(table, quantity)[mine] - np.interp(t, t0, v0)
            i = np.clip(np.searchsorted(t0, t) - 1, 0, len(t0) - 2)
            f = (t - t0[i]) / (t0[i + 1] - t0[i])
            f[t == t0[0]] = 0.0
            se = np.sqrt(numbers(table, error)[mine] ** 2 + ((1 - f) * s0[i]) ** 2 + (f * s0[i + 1]) ** 2)
            known = (t >= t0[0]) & (t <= t0[-1]) & (t0[i + 1] - t0[i] < 700)
            diff, diff_se = (numbers(table, f"{quantity}{ending}")[mine] for ending in ("_diff", "_diff_se"))
            assert 20 < known.sum() < len(t)
            np.testing.assert_array_equal(np.isfinite(diff), known)
            np.testing.assert_allclose(diff[known], expected[known], rtol=1e-7, atol=1e-7)
            np.testing.assert_allclose(diff_se[known], se[known], rtol=1e-7)


def test_differences_of_alike_experiments_scatter_by_their_errors(tmp_path: Path) -> None:
    z = []
    for k in range(20):
        one = experiment(tmp_path / f"a{k}", 100 + k)
        table = ramanfit.compare([one, experiment(tmp_path / f"b{k}", 200 + k, period=571.0)])
        other = np.array(table.columns["experiment"]) == f"b{k}"
        for quantity in ("ratio", "G_center_cm1"):
            z.append(numbers(table, f"{quantity}_diff")[other] / numbers(table, f"{quantity}_diff_se")[other])
    every = np.concatenate(z)
    every = every[np.isfinite(every)]
    assert len(every) > 2000
    assert 0.9 < every.std() < 1.1
    assert abs(every.mean()) < 0.1


@pytest.mark.parametrize("x", ["time", "scan", "voltage", "voltage_v"])
def test_an_experiment_differs_by_nothing_from_itself(x: str, tmp_path: Path) -> None:
    one = experiment(tmp_path / "one", 1, missing=(4,))
    table = ramanfit.compare([one, one], x=x)
    assert list(dict.fromkeys(table.columns["experiment"])) == ["one (1)", "one (2)"]
    assert (numbers(table, "ratio_diff") == 0).all()
    assert (numbers(table, "G_center_cm1_diff") == 0).all()
    first, again = np.split(numbers(table, "ratio_diff_se"), 2)
    assert (first == 0).all()
    np.testing.assert_allclose(again, 0.03 * np.sqrt(2))


def test_a_voltage_that_comes_again_is_compared_in_its_own_half_cycle(tmp_path: Path) -> None:
    scan = np.repeat(np.arange(30), 2)
    up = np.where(scan < 15, 3 + 0.05 * scan, 3 + 0.05 * (29.5 - scan))
    one = experiment(tmp_path / "one", 1, voltage_v=up)
    assert not np.isfinite(numbers(ramanfit.compare([one, one], x="voltage"), "ratio_diff")[60:]).all()
    half = np.where(scan < 15, 0.0, 1.0)
    two = experiment(tmp_path / "two", 2, voltage_v=up, half_cycle=half)
    other = experiment(tmp_path / "other", 3, voltage_v=up, half_cycle=half)
    table = ramanfit.compare([two, other], x="voltage")
    ratio = numbers(table, "ratio")
    np.testing.assert_allclose(numbers(table, "ratio_diff")[60:], ratio[60:] - ratio[:60], atol=1e-7)


def test_points_are_matched_by_name_else_by_position(tmp_path: Path) -> None:
    one = experiment(tmp_path / "one", 1)
    moved = experiment(tmp_path / "moved", 2, points=("A", "B", "C"))
    heard = Heard()
    table = ramanfit.compare([one, moved], voice=heard)
    point, diff = np.array(table.columns["point"]), numbers(table, "ratio_diff")
    assert np.isfinite(diff[point == "A"]).any()
    assert np.isfinite(diff[point == "B"]).any()
    assert not np.isfinite(diff[point == "C"]).any()
    assert any("C" in words and "moved" in words for words in heard.warned)
    far = experiment(tmp_path / "far", 3, points=("A", "B"), position=100.0)
    heard = Heard()
    assert not np.isfinite(numbers(ramanfit.compare([one, far], voice=heard), "ratio_diff")[60:]).any()
    assert any("no difference" in words for words in heard.warned)


def test_what_one_lacks_is_empty_and_said(tmp_path: Path) -> None:
    one = experiment(tmp_path / "one", 1)
    bare = experiment(tmp_path / "bare", 2, ratio=None, ratio_se=None, area_ratio=None, area_ratio_se=None)
    heard = Heard()
    table = ramanfit.compare([one, bare], voice=heard)
    assert np.isnan(numbers(table, "ratio")[60:]).all()
    assert np.isnan(numbers(table, "ratio_diff")[60:]).all()
    assert np.isfinite(numbers(table, "G_center_cm1_diff")[60:]).any()
    assert heard.warned == ["bare: has no ratio: empty there"]
    nothing = dict.fromkeys(("G_center_cm1", "G_center_se", "G_fwhm_cm1", "G_fwhm_se"))
    ratio = experiment(tmp_path / "ratio", 3, **nothing)
    with pytest.raises(InputError, match="no quantity in common"):
        ramanfit.compare([bare, ratio])


def test_refusals(tmp_path: Path) -> None:
    one, other = (experiment(tmp_path / name, k) for k, name in enumerate(("one", "other")))
    with pytest.raises(UsageError, match="two experiments"):
        ramanfit.compare([one])
    with pytest.raises(InputError, match="holds no ratios"):
        ramanfit.compare([one, tmp_path])
    with pytest.raises(InputError, match="cannot be read"):
        ramanfit.compare([one, tmp_path / "none"])
    with pytest.raises(RecipeError, match="quantity 'G_fwhm'") as error:
        ramanfit.compare([one, other], quantities=["G_fwhm"])
    assert "G_fwhm_cm1" in str(error.value.hint)
    with pytest.raises(RecipeError, match="column for --x"):
        ramanfit.compare([one, other], x="dose")
    with pytest.raises(InputError, match="no column soc"):
        ramanfit.compare([one, other], x="soc")
    untimed = experiment(tmp_path / "untimed", 4, time_s=np.full(60, np.nan), voltage_v=None)
    with pytest.raises(InputError, match="no number in the column time_s") as missing:
        ramanfit.compare([one, untimed])
    assert missing.value.hint == "--x scan compares scan by scan"
    assert np.isfinite(numbers(ramanfit.compare([one, untimed], x="scan"), "ratio_diff")).all()
    long = tmp_path / "long.csv"
    long.write_text("scan,point,peak,height\n0,P1,G,1\n")
    with pytest.raises(FormatError, match="rows of peaks"):
        ramanfit.compare([one, long])
    table = ramanfit.compare([one, other], quantities=["G_fwhm_cm1"])
    assert {"G_fwhm_cm1_diff", "G_fwhm_cm1_diff_se"} <= {*table.names}


def test_names(tmp_path: Path) -> None:
    a, b = str(tmp_path / "d1" / "evolution" / "ratios.csv"), str(tmp_path / "d2" / "evolution" / "ratios.csv")
    assert names_of([a, b]) == ("d1/evolution", "d2/evolution")
    assert names_of([a, str(tmp_path / "cell.csv")]) == ("evolution", "cell")
    assert names_of([a, a]) == (names_of([a, a])[0], names_of([a, a])[0].replace("(1)", "(2)"))
    assert names_of([a, b], ["x", "y"]) == ("x", "y")
    for wrong in (["x"], ["x", "x"], ["x", ""]):
        with pytest.raises(UsageError, match="--name"):
            names_of([a, b], wrong)

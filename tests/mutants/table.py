"""What is changed, and which tests stand nearest to it.

Chosen before it was looked which tests notice. What changes nothing that could be noticed is not here.
"""

from __future__ import annotations

from typing import NamedTuple


class Mutation(NamedTuple):
    """One change of the package.

    Attributes
    ----------
    file : str
        Inside `ramanfit/`.
    old, new : str
        The text, which must stand exactly once in the file, and what takes its place.
    tests : tuple of str
        The nearest tests, inside `tests/`.
    """

    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def room(self) -> str:
        """Where the file stands; the engine is a room of its own."""
        parts = self.file.split("/")
        return "engine" if parts[:2] == ["fit", "engine"] else parts[0]

    def place(self, text: str) -> int:
        """Return the line of the change in the file's text, from 1.

        Raises
        ------
        LookupError
            If the old text is not there exactly once.
        """
        if (count := text.count(self.old)) != 1:
            raise LookupError(f"ramanfit/{self.file}: expected {self.old!r} once, found it {count} times")
        return text[: text.index(self.old)].count("\n") + 1


def _of(file: str, old: str, new: str, *tests: str) -> Mutation:
    return Mutation(file, old, new, tests)


MUTATIONS = (
    # scan
    _of("scan/by_row.py", "axis = -1 if name in cls.last else 0", "axis = 0", "scan/test_by_row.py"),
    _of("scan/clock.py", "OFF_BEAT = 0.25", "OFF_BEAT = 0.49", "scan/test_schedule.py"),
    _of("scan/clock.py", "MOST_MISSING = 4", "MOST_MISSING = 400", "scan/test_schedule.py"),
    _of("scan/clock.py", "at[1] if at[0] < last else at[0]", "at[0]", "scan/test_clock.py"),
    _of("scan/schedule.py", "visit.offset_s + cycle / 2", "visit.offset_s + cycle", "scan/test_schedule.py"),
    _of("scan/stored.py", "byte = self._offset + sum(", "byte = sum(", "formats/test_wip.py"),
    # recipe
    _of("recipe/recipe.py", "takes[ratio.numerator] == takes[ratio.denominator]", "True", "recipe/test_recipe.py"),
    _of("recipe/recipe.py", "2.5 * broadest", "1.0 * broadest", "fit/test_smooth.py"),
    _of("recipe/peaks.py", "least=-0.95, largest=0.95", "least=-0.95, largest=1.0", "recipe/test_recipe.py"),
    _of("recipe/parts.py", "50 <= self.samples", "5 <= self.samples", "recipe/test_recipe.py"),
    # formats
    _of("formats/units.py", "return laser_cm1 - x\n", "return x - laser_cm1\n", "formats/test_formats.py"),
    _of("formats/spc.py", "exponents - 8 * width", "exponents - 32", "formats/test_spc.py"),
    _of(
        "formats/other_tables.py",
        "_LEAST_ROWS = 8",
        "_LEAST_ROWS = 80",
        "formats/test_find.py",
        "formats/test_formats.py",
    ),
    _of("formats/row_parser.py", "None if breaks_thousands(text) else", "", "formats/test_tables.py"),
    _of("formats/matlab_guard.py", "_MOST = 4 ", "_MOST = 400 ", "formats/test_matlab.py"),
    _of("formats/wip/axis.py", "np.floor(last) + 1", "np.floor(last)", "formats/test_wip.py"),
    _of("formats/graph_ascii.py", "WITEC = 9", "WITEC = 8", "formats/test_formats.py", "synthetic/test_samples.py"),
    # fit
    _of("fit/noise.py", "FLOOR = 0.05", "FLOOR = 1e-9", "fit/test_noise.py"),
    _of("fit/noise.py", "CLIP = 16.0", "CLIP = 1e9", "fit/test_noise.py"),
    _of("fit/noise.py", "d /= 6", "d /= 5", "fit/test_noise.py"),
    _of("fit/noise.py", "np.maximum(its, 0.0)", "its", "fit/test_noise.py"),
    _of("fit/judge.py", "DOUBT = 8.0", "DOUBT = 3.2", "fit/test_judge.py"),
    _of("fit/judge.py", "- more * np.log(channels)", "- 2 * more * np.log(channels)", "fit/test_judge.py"),
    _of("fit/judge.py", "np.array([-0.35, 0.35])", "np.array([0.0, 0.0])", "fit/test_judge.py"),
    _of("fit/steps.py", "SPIKE_ROUNDS = 3", "SPIKE_ROUNDS = 1", "fit/test_curves.py", "fit/test_cosmic_rays.py"),
    _of("fit/batch.py", "rows = start + np.flatnonzero(", "rows = np.flatnonzero(", "fit/test_batch.py"),
    _of("fit/clipping.py", "at = counts >= level", "at = counts > level", "fit/test_prepare.py"),
    _of("fit/clipping.py", "NEAR = 3", "NEAR = 0", "fit/test_clipping.py"),
    _of("fit/clipping.py", "CHANCE = 1e-4", "CHANCE = 10.0", "fit/test_clipping.py"),
    _of("fit/prepare.py", "<= needed_channels(recipe)", "< needed_channels(recipe)", "fit/test_prepare.py"),
    _of("fit/clipping.py", "WHOLE = 10", "WHOLE = 1", "fit/test_clipping.py"),
    _of("fit/clipping.py", "ends.high > CEILING", "ends.high < CEILING", "fit/test_clipping.py"),
    _of("fit/clipping.py", "inner = inner[below.all(axis=0)]", "inner = inner[:]", "fit/test_clipping.py"),
    _of("fit/curves.py", "way = (x - low)", "way = (high - x)", "fit/test_curves.py"),
    _of("fit/model.py", "free = self.lower < self.upper", "free = self.lower <= self.upper", "fit/test_model.py"),
    _of("fit/build.py", "if shift_cm1.size <= needed", "if shift_cm1.size < needed", "fit/test_model.py"),
    _of("fit/lineshapes.py", "(1 + v * 4 * s", "(1 - v * 4 * s", "fit/test_lineshapes.py"),
    _of("fit/lineshapes.py", "-value - scale * b * by_b", "value - scale * b * by_b", "fit/test_lineshapes.py"),
    _of("fit/model.py", "instrument_cm1 / fwhm_cm1", "fwhm_cm1 / instrument_cm1", "fit/test_instrument_width.py"),
    _of("fit/masks.py", "way = (channels - before)", "way = (after - channels)", "fit/test_masks.py"),
    _of("fit/residuals.py", "SPLIT = 8.0", "SPLIT = 30.0", "fit/test_residuals.py"),
    _of("fit/held.py", "np.abs(high - values) < np.abs(values - low)", "values < low + 1", "fit/test_held.py"),
    _of("fit/held.py", "(0.0, 1.0), atol", "(0.0,), atol", "fit/test_held.py"),
    _of("fit/held.py", "& fits.seen)", ")", "fit/test_held.py"),
    _of("fit/held.py", "moved = max(moved, 0.0)", "pass", "fit/test_held.py"),
    _of("fit/held.py", "both & (broader > 0)", "both & (broader >= 0)", "fit/test_held.py"),
    _of("fit/held.py", "| (fits.seen[:, p] & ~fits.seen[:, leader])", "", "fit/test_held.py"),
    _of("fit/flags.py", "STRUCTURE = 5.0", "STRUCTURE = 2.5", "fit/test_residuals.py"),
    _of("fit/flags.py", "NARROW = 3.0", "NARROW = 1.5", "fit/test_residuals.py"),
    _of("fit/quantities.py", "((a, 1.0), (b, -1.0))", "((a, 1.0), (b, 1.0))", "fit/test_quantities.py"),
    _of("fit/unseen.py", "np.fmin(snr,", "np.fmax(snr,", "fit/test_missing.py"),
    _of("fit/cosmic_rays.py", "FINE = 5.0", "FINE = 3.5", "fit/test_cosmic_rays.py"),
    _of("fit/cosmic_rays.py", "WIDEST = 3 ", "WIDEST = 5 ", "fit/test_cosmic_rays.py"),
    _of("fit/cosmic_rays.py", "MISFIT = 0.05", "MISFIT = 0.0", "fit/test_curves.py", "fit/test_cosmic_rays.py"),
    _of("fit/intervals.py", "Z_95 = 1.959964", "Z_95 = 1.644854", "fit/test_intervals.py"),
    _of("fit/intervals.py", "np.sqrt(used / fitted.dof)", "np.sqrt(fitted.dof / used)", "fit/test_intervals.py"),
    _of(
        "fit/baseline_order.py",
        "max(summed.argmin(), pooled",
        "min(summed.argmin(), pooled",
        "fit/test_baseline_order.py",
    ),
    _of("fit/baseline_subtract.py", "HALF_WIDTH = 2", "HALF_WIDTH = 0", "fit/test_baseline_subtract.py"),
    _of("fit/sensitivity.py", "np.abs(differences[name])", "differences[name]", "fit/test_sensitivity.py"),
    _of("fit/smooth.py", "FUNCTIONS = 12", "FUNCTIONS = 4", "fit/test_smooth.py"),
    _of("fit/smooth.py", "np.sqrt(np.pi / 2)", "np.sqrt(np.pi)", "fit/test_smooth.py"),
    _of("fit/amplitude.py", "APART = 4.0", "APART = 1e9", "fit/test_amplitude.py"),
    _of("fit/missing.py", "BAND = 4.0", "BAND = 40.0", "fit/test_missing.py"),
    _of("fit/correlation.py", "CLEAR = 5.0", "CLEAR = 500.0", "fit/test_correlation.py"),
    _of("fit/correlation.py", "COMMON = 4 ", "COMMON = 1000 ", "fit/test_correlation.py"),
    _of(
        "fit/correlation.py",
        "1 + 2 * float(_typical(rho.sum(axis=1)))",
        "1 + float(_typical(rho.sum(axis=1)))",
        "fit/test_correlation.py",
    ),
    _of("fit/verdicts.py", "LINE = 4.5", "LINE = 45.0", "fit/test_verdicts.py"),
    _of("fit/verdicts.py", "MISFIT = 3.72", "MISFIT = 1.72", "fit/test_verdicts.py"),
    _of("fit/verdicts.py", "3 * u * u - 1", "3 * u * u + 1", "fit/test_verdicts.py"),
    _of("fit/missing.py", "SHARPER = 4.0", "SHARPER = 300.0", "fit/test_missing.py"),
    # fit/engine
    _of("fit/engine/starts.py", "CENTERS, WIDTHS = 9, 5", "CENTERS, WIDTHS = 4, 2", "fit/engine/test_starts.py"),
    _of("fit/engine/starts.py", "SWEEPS = 2", "SWEEPS = 1", "fit/engine/test_starts.py"),
    _of(
        "fit/engine/starts.py", "np.asarray(rest * np.abs(rest)", "np.asarray(rest * rest", "fit/engine/test_starts.py"
    ),
    _of("fit/engine/limits.py", "MAX_STEP = 0.5", "MAX_STEP = 50.0", "fit/engine/test_varpro.py"),
    _of("fit/engine/limits.py", "SUSPECT_SNR2 = 25.0", "SUSPECT_SNR2 = 0.0", "fit/engine/test_varpro.py"),
    _of("fit/engine/algebra.py", "SINGULAR = 1e-12", "SINGULAR = 0.0", "fit/engine/test_algebra.py"),
    _of("fit/engine/layout.py", "links[p].fwhm_ratio if kind == FWHM else 1.0", "1.0", "fit/engine/test_linked.py"),
    _of("fit/engine/linked.py", "-wider / (2 * half)", "wider / (2 * half)", "fit/engine/test_linked.py"),
    _of("fit/engine/lorentzians.py", "-2 / fwhm * height", "2 / fwhm * height", "fit/engine/test_varpro.py"),
    _of("fit/engine/baseline_only.py", "axis=1) - free", "axis=1)", "fit/test_smooth.py"),
    _of("fit/engine/problem.py", "[p:q] += penalty.T", "[p:q] += 2 * penalty.T", "fit/test_smooth.py"),
    # tables
    _of("tables/rounding.py", "354 < leading", "355 < leading", "tables/test_forms_and_sink.py"),
    _of("tables/rounding.py", "if leading > 949", "if leading > 999", "tables/test_forms_and_sink.py"),
    _of("tables/numerals.py", 'DECIMAL = "%.9g"', 'DECIMAL = "%.8g"', "tables/test_forms_and_sink.py"),
    _of("tables/columns.py", "UPPER_95 = 1.6449", "UPPER_95 = 1.2816", "tables/test_height_limit.py"),
    _of("tables/read.py", "low - d_printed <= printed", "low <= printed", "tables/test_read.py"),
    # experiment
    _of("experiment/suggest.py", "DECISIVE = 10.0", "DECISIVE = -1e9", "experiment/test_suggest.py"),
    _of("experiment/suggest.py", "(fits.height > 0).all()", "True", "experiment/test_suggest.py"),
    _of("experiment/suggest.py", "- more * np.log(spectra.channels)", "", "experiment/test_suggest.py"),
    _of("experiment/fits.py", "if doubted <= COMPARED else None", "", "experiment/test_suggest.py"),
    _of("experiment/instrument_width.py", "FEWEST = 2.0", "FEWEST = 1.0", "experiment/test_calibration.py"),
    _of("experiment/instrument_width.py", "0.2166 * natural_cm1**2", "0.0", "experiment/test_calibration.py"),
    _of("experiment/bands.py", "MIN_SNR = 3.0", "MIN_SNR = 0.0", "experiment/test_bands.py"),
    _of("experiment/bands.py", "OUTLIER = 6.0", "OUTLIER = 60.0", "experiment/test_bands.py"),
    _of("experiment/outliers.py", "APART = 6.0", "APART = 3.0", "experiment/test_outliers.py"),
    _of("experiment/outliers.py", "SIDE = 3", "SIDE = 2", "experiment/test_outliers.py"),
    _of("experiment/calibration.py", "NEIGHBOUR_CM1 = 40.0", "NEIGHBOUR_CM1 = 5.0", "experiment/test_calibration.py"),
    _of("experiment/cell/record.py", "by = shift + offset_s", "by = shift - offset_s", "experiment/test_cell.py"),
    _of(
        "experiment/cell/counters.py",
        "np.cumsum((low + high) / 2)",
        "np.cumsum(high)",
        "experiment/test_cell_layouts.py",
    ),
    _of(
        "experiment/evolution.py",
        "weight = 1 / se[measured] ** 2",
        "weight = 1 / se[measured]",
        "experiment/test_evolution.py",
    ),
    # drawing
    _of("drawing/axes.py", "TRUSTED = 10.0", "TRUSTED = 1e9", "drawing/test_axes.py"),
    _of("drawing/axes.py", "step > 1.5 * usual", "step > 15 * usual", "drawing/test_axes.py"),
    _of("drawing/report/choice.py", "WORST = 0.25", "WORST = 0.0", "drawing/test_report.py"),
    _of("drawing/report/packing.py", "in_steps = np.rint(", "in_steps = np.floor(", "drawing/test_packing.py"),
    # synthetic
    _of("synthetic/simulate.py", "(index + 0.5)", "(index + 0.0)", "synthetic/test_simulate.py"),
    _of(
        "synthetic/simulate.py",
        "rng.poisson(signal / detector.gain)",
        "rng.poisson(signal)",
        "synthetic/test_simulate.py",
    ),
    _of("synthetic/plan/cell.py", "SWITCH_S = 1e-3", "SWITCH_S = 0.0", "synthetic/test_simulate.py"),
    # cli
    _of("cli/types.py", "or total < self._minimum", "or total <= self._minimum", "cli/test_shell.py"),
    _of("cli/types.py", '"Ah": 1e3, "uAh": 1e-3', '"Ah": 1e3, "uAh": 1e-6', "cli/test_types.py"),
    _of("cli/console.py", "INTERRUPTED = 130", "INTERRUPTED = 1", "cli/test_shell.py"),
)

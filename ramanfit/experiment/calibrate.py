"""From spectra of a standard to the correction of an axis and the instrument's width, and to the recipe with both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ramanfit.errors import RecipeError
from ramanfit.experiment.calibration import Calibration, Standard, calibration_of, standard_named
from ramanfit.experiment.inputs import exports, scans
from ramanfit.experiment.request import Reading, paths_of
from ramanfit.experiment.voice import Silent, Voice
from ramanfit.recipe.parts import Axis
from ramanfit.recipe.toml import load_recipe, with_overrides
from ramanfit.recipe.toml_text import format_toml

if TYPE_CHECKING:
    from ramanfit.experiment.request import Files
    from ramanfit.recipe.recipe import Recipe


def calibrate(
    files: Files,
    *,
    standard: str | Standard = "silicon",
    reference_cm1: float | None = None,
    axis: Axis = Axis(),  # noqa: B008 - frozen
    reading: Reading = Reading(),  # noqa: B008 - frozen
    keep_going: bool = False,
    voice: Voice | None = None,
) -> Calibration:
    """Measure how far an axis is off and, on silicon, how wide the instrument's profile is.

    Parameters
    ----------
    files : str, path, or sequence of these
        Spectra of the standard, taken with the settings of the measurement.
    standard : {"silicon", "polystyrene"} or Standard
    reference_cm1 : float, optional
        Accepted shift of silicon.
    axis : Axis
        Unit and laser, where the files do not say.
    reading : Reading
    keep_going : bool
        Whether to go on after an export that cannot be read.
    voice : Voice, optional
        Told what was assumed and what speaks against the result; None: nobody is.

    Returns
    -------
    Calibration
        Its `shift_cm1` is what ``axis.shift_cm1`` of a recipe wants, its `width` what ``instrument.fwhm_cm1`` does.

    Raises
    ------
    RamanfitError
        If an export cannot be read; if no line of the standard was found.
    """
    voice = voice or Silent()
    if not isinstance(standard, Standard):
        standard = standard_named(standard, reference_cm1)
    paths = exports(paths_of(files), voice, keep_going=keep_going)
    measured = list(scans(paths, reading.reader(axis), voice, keep_going=keep_going))
    calibration = calibration_of(measured, standard, axis.laser_nm)
    if doubt := calibration.doubt():
        voice.warn(doubt)
    return calibration


def calibrated_recipe(result: Calibration, base: str, sources: Sequence[str], *, in_nm: bool) -> str:
    """Return a recipe that corrects the axis and knows the instrument's width, with what they rest on as comments.

    Parameters
    ----------
    result : Calibration
    base : str
        Name or file of the recipe that it is laid over.
    sources : sequence of str
        Names of the files that were measured.
    in_nm : bool
        Whether the axis is in nm: then the laser is corrected instead of the shifts.
    """
    standard = result.standard
    where = sources[0] if len(sources) == 1 else f"{len(sources)} files"
    lines = [
        f"# {standard.name} ({standard.source}), from {where}:",
        "#",
        "#   accepted       found  error  left  spectra",
    ]
    for line in result.lines:
        left = result.residual_cm1(line)
        lines.append(
            f"#   {line.reference_cm1:8.2f}  {line.found_cm1:10.3f}  {line.se_cm1:5.3f} {left:5.2f}  {line.spectra:7d}"
        )
    lines += [
        "#",
        f"# {result.shift_cm1:+.3f} ± {result.shift_se:.3f} cm-1 put{'s' * (len(result.lines) == 1)} them right.",
    ]
    if result.laser_nm == result.laser_nm:
        was, right = result.laser_nm, result.effective_laser_nm
        lines.append(f"# The axis was made with {was:.3f} nm; with {right:.3f} nm it would be right.")
    accepted = ", ".join(f"{line.reference_cm1:g}" for line in result.lines)
    words = f"{standard.name} at {accepted} cm-1 ({standard.source}), from {where}"
    setting = f"laser_nm = {result.effective_laser_nm:.4f}" if in_nm else f"shift_cm1 = {result.shift_cm1:.4f}"
    said, instrument = _instrument(result, load_recipe(base), where)
    axis = ["", "[axis]", setting, f"calibration = {format_toml(words)}"]
    return "\n".join([*lines, *said, "", f"base = {format_toml(base)}", *axis, *instrument, ""])


def _instrument(result: Calibration, base: Recipe, where: str) -> tuple[list[str], list[str]]:
    """Return what is said of the instrument's width, and the lines that set it: none where it cannot be."""
    width, standard = result.width, result.standard
    if width is None:
        return ["#", f"# No instrument width: {standard.name} has no line whose own width is known well enough."], []
    said = ["#", f"# The line is {width.measured_cm1:.2f} ± {width.measured_se:.2f} cm-1 wide."]
    if width.why_not:
        return [*said, f"# No instrument width: {width.why_not}."], []
    middle = (base.window.low_cm1 + base.window.high_cm1) / 2
    there = width.at(middle)
    elsewhere = f"{there:.2f} cm-1 in the middle of the window, {middle:g} cm-1, where it is set for all peaks"
    if there != there:
        there = width.fwhm_cm1
        elsewhere = f"set as it is for all peaks: the axis ends before the middle of the window, {middle:g} cm-1"
    said += [
        f"# Its own width is {standard.natural_cm1:g} ± {standard.natural_se:g} cm-1",
        f"# ({standard.natural_source}),",
        f"# so the instrument's profile is {width.fwhm_cm1:.2f} ± {width.fwhm_se:.2f} cm-1 wide there, and",
        f"# {elsewhere}.",
    ]
    words = (
        f"{standard.name}, from {where}: {width.measured_cm1:.2f} cm-1 measured, {standard.natural_cm1:g} its own "
        f"({standard.natural_source}): {width.fwhm_cm1:.2f} ± {width.fwhm_se:.2f} at {width.line_cm1:g} cm-1"
    )
    fwhm = f"{there:.4f}"
    try:
        with_overrides(base, {"instrument.fwhm_cm1": float(fwhm)})
    except RecipeError as error:
        return [*said, f"# It is not set: {error.message}."], []
    return said, ["", "[instrument]", f"fwhm_cm1 = {fwhm}", f"source = {format_toml(words)}"]

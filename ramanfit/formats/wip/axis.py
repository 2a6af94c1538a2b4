"""The spectral axis of a graph, from the calibration of the spectrograph or a table."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ramanfit.formats.information import wavelength
from ramanfit.formats.units import SHIFT, file_unit
from ramanfit.formats.wip.graphs import Graph
from ramanfit.formats.wip.project import Item, Project
from ramanfit.formats.wip.tags import Tag
from ramanfit.scan.scan import FloatArray

_SHOWN = ("nm", "µm", "1/cm", SHIFT, "eV", "meV", "rel. eV", "rel. meV")
_SPECTRAL = 2  # UnitKind
_HISTOGRAM, _MASK = 4, 6  # ImageIndex
_HIGHEST_ORDER = 100
_LARGEST = 1e15
_TRANSFORMATIONS = ("TDSpectralTransformation", "TDLUTTransformation", "TDLinearTransformation")
_GRATING = ("nC", "LambdaC", "Gamma", "Delta", "m", "d", "x", "f")


class AxisCalibration(NamedTuple):
    """What makes a graph's functions spectra.

    Attributes
    ----------
    transformation : Item
        From channels to a unit.
    interpretation : Item or None
        The laser, and the unit in which the axis is shown.
    unit : str or None
        Of the transformation; None where a table does not say it.
    """

    transformation: Item
    interpretation: Item | None
    unit: str | None


class SpectralAxis(NamedTuple):
    """A spectral axis.

    Attributes
    ----------
    x : array [M]
        As stored: wavelengths, unless a table is in another unit.
    unit : str
        Of these.
    assumed : bool
        Whether the unit is not in the file.
    laser_nm : float or None
    shown : str
        The unit in which the software shows it.
    inside : slice
        The channels that are calibrated; `x` has no others.
    """

    x: FloatArray
    unit: str
    assumed: bool
    laser_nm: float | None
    shown: str
    inside: slice


def calibration_of(project: Project, graph: Graph) -> AxisCalibration | None:
    """Return what calibrates the functions of a graph, None if they are no spectra."""
    if graph.role in (_HISTOGRAM, _MASK) or graph.channels < 2 or not graph.spectra:
        return None
    tag = graph.item.tag["TDGraph"]
    transformation = project.refer(tag, "XTransformationID")
    if transformation is None or transformation.kind not in _TRANSFORMATIONS:
        return None
    about = transformation.tag["TDTransformation"]
    seen_as = project.refer(tag, "XInterpretationID") or project.refer(about, "InterpretationID")
    if seen_as is not None and seen_as.kind != "TDSpectralInterpretation":
        return None
    if transformation.kind == "TDSpectralTransformation":
        return AxisCalibration(transformation, seen_as, "nm")
    unit, kind = file_unit(about["StandardUnit"].text()), about["UnitKind"].integer(0, 100)
    if seen_as is None and kind != _SPECTRAL and (kind or unit is None):
        return None
    return AxisCalibration(transformation, seen_as, unit)


def read_axis(calibration: AxisCalibration, channels: int) -> SpectralAxis:
    """Return the axis of spectra of so many channels.

    Raises
    ------
    FormatError
        If the calibration is none.
    """
    item, seen_as, unit = calibration
    inside = slice(0, channels)
    if item.kind == "TDSpectralTransformation":
        x, inside = _spectrograph(item, channels)
    elif item.kind == "TDLUTTransformation":
        x = read_table(item, channels)
    else:
        x = read_linear(item, channels)
    laser, shown = (None, "") if seen_as is None else _interpretation(seen_as)
    return SpectralAxis(x, unit or "nm", unit is None, laser, shown or unit or "nm", inside)


def read_table(item: Item, count: int) -> FloatArray:
    """Return the values of a table of them, a TDLUTTransformation.

    Parameters
    ----------
    item : Item
    count : int
        How many there must be.

    Returns
    -------
    array [count]
        In the unit of the transformation.

    Raises
    ------
    FormatError
        If the table is not for so many values.
    """
    tag = item.tag["TDLUTTransformation"]
    size = tag["LUTSize"].integer()
    if size != count:
        raise tag["LUTSize"].wrong(f"a table for {count} values", f"one of {size}")
    return within_reason(tag["LUT"], tag["LUT"].numbers(count))


def read_linear(item: Item, count: int) -> FloatArray:
    """Return the values of a TDLinearTransformation.

    Parameters
    ----------
    item : Item
    count : int

    Returns
    -------
    array [count]
        Its values at 0 .. count - 1, in the unit of the transformation.
    """
    tag = item.tag["TDLinearTransformation"]
    model, world, scale = (_double(tag, name).number() for name in ("ModelOrigin", "WorldOrigin", "Scale"))
    with np.errstate(over="ignore", invalid="ignore"):
        return within_reason(tag, np.asarray(scale * (np.arange(count) - model) + world))


def within_reason(tag: Tag, values: FloatArray) -> FloatArray:
    """Return values as they are if they could be wavelengths, times or places, in any unit.

    Parameters
    ----------
    tag : Tag
        What gave them, for the message.
    values : array [...]

    Returns
    -------
    array [...]

    Raises
    ------
    FormatError
        If they could not.
    """
    if not (np.abs(values) < _LARGEST).all():  # nor not a number
        raise tag.wrong(f"a transformation to values below {_LARGEST:g}", "one to others")
    return values


def _double(tag: Tag, name: str) -> Tag:
    return tag.find(f"{name}_D") or tag[name]


def _interpretation(item: Item) -> tuple[float | None, str]:
    """Return the laser, None where it is impossible, and the unit in which the axis is shown."""
    index = item.tag["TDInterpretation"]["UnitIndex"].integer(0, len(_SHOWN) - 1)
    return wavelength(str(item.tag["TDSpectralInterpretation"]["ExcitationWaveLength"].number())), _SHOWN[index]


def _spectrograph(item: Item, channels: int) -> tuple[FloatArray, slice]:
    """Return wavelengths in nm, and the channels that have one."""
    tag = item.tag["TDSpectralTransformation"]
    kind = tag["SpectralTransformationType"].integer(0, 2)
    inside = slice(0, channels)
    pixel = np.arange(channels, dtype=np.float64)
    if kind == 0:
        x = _polynomial(pixel, tag["Polynom"].numbers()[:3])  # the software ignores higher orders
    elif kind == 1:
        x = _grating(pixel, *(tag[name].number() for name in _GRATING))
    else:
        order = tag["FreePolynomOrder"].integer(0, _HIGHEST_ORDER)
        first, last = (tag[f"FreePolynom{end}Bin"].number() for end in ("Start", "Stop"))
        # beyond these bins the software repeats the wavelengths at them, which is no calibration
        inside = slice(int(np.ceil(np.clip(first, 0, channels))), int(np.clip(np.floor(last) + 1, 0, channels)))
        x = _polynomial(pixel[inside], tag["FreePolynom"].numbers()[: order + 1])
    return within_reason(tag, x), inside


def _polynomial(pixel: FloatArray, coefficients: FloatArray) -> FloatArray:
    """Return the sum of ``coefficients[k] * pixel**k``."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(sum((c * pixel**k for k, c in enumerate(coefficients)), np.zeros_like(pixel)))


def _grating(
    pixel: FloatArray, n_c: float, lambda_c: float, gamma: float, delta: float, m: float, d: float, x: float, f: float
) -> FloatArray:
    """Return the wavelengths that a grating sends to pixels.

    ``lambda = d/m (sin alpha + sin beta)``, with the angle of incidence alpha from the wavelength `lambda_c` at the
    middle pixel `n_c`, the angle `gamma` between the beams, the tilt `delta` of the camera, the order `m`, the groove
    distance `d` in nm, the pixel's width `x` and the focal length `f` in mm (Lerner & Thevenon, The Optics of
    Spectroscopy (1988)).
    """
    with np.errstate(all="ignore"):
        alpha = np.arcsin(np.divide(lambda_c * m, d) / (2 * np.cos(gamma / 2))) - gamma / 2
        beta = gamma + alpha - delta - np.arctan2(x * (n_c - pixel) - f * np.sin(delta), f * np.cos(delta))
        return np.asarray(np.divide(d, m) * (np.sin(alpha) + np.sin(beta)))

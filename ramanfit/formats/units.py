"""The units an axis can have, and the way from each of them to the Raman shift."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from ramanfit.scan.scan import FloatArray

SHIFT = "rel. 1/cm"
CM1_PER_EV = 8065.543937349212  # e / (h c), exact constants of the SI of 2019

_SPELLINGS = {
    "rel. 1/cm": SHIFT,
    "rel.1/cm": SHIFT,
    "rel 1/cm": SHIFT,
    "cm-1": SHIFT,
    "cm^-1": SHIFT,
    "cm−1": SHIFT,
    "cm⁻¹": SHIFT,
    "1/cm": "1/cm",  # WITec: absolute wavenumber
    "nm": "nm",
    "µm": "µm",
    "ev": "eV",
    "mev": "meV",
    "rel. ev": "rel. eV",
    "rel. mev": "rel. meV",
}
_MICRO = str.maketrans("μ", "µ")  # U+03BC, the Greek letter, for U+00B5, the sign
LENGTHS_UM = {"m": 1e6, "mm": 1e3, "µm": 1.0, "nm": 1e-3, "å": 1e-4, "pm": 1e-6}
TIMES_S = {"h": 3600.0, "min": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}


@lru_cache(maxsize=1024)  # a folder's files all have the same keys
def plain(text: str) -> str:
    """Return a unit or a key in one spelling: lower case, one kind of µ."""
    text = " ".join(text.translate(_MICRO).split()).casefold().translate(_MICRO)
    return re.sub(r"\bum\b", "µm", text)


def file_unit(text: str) -> str | None:
    """Return the unit a file's own word stands for, None for a word that is no axis unit."""
    return _SPELLINGS.get(plain(text))


def option_unit(text: str) -> str | None:
    """Return the unit a user's word stands for: here ``1/cm`` means the shift."""
    unit = file_unit(text)
    return SHIFT if unit == "1/cm" else unit


def label_unit(label: str) -> str | None:
    """Return the unit told by a column's label such as ``Raman shift / cm-1`` or ``Wavelength (nm)``."""
    if len(label) > 80:
        return None
    match = re.search(r"[(\[/,]\s*([^()\[\],]+?)\s*[)\]]?$", label)
    unit = file_unit(match[1]) if match else file_unit(label)
    if unit in (None, "1/cm") and re.search(r"(?i)shift", label):
        return SHIFT
    return unit


def needs_laser(unit: str) -> bool:
    """Tell whether an axis in this unit becomes a shift only with the laser's wavelength."""
    return unit in ("nm", "µm", "1/cm", "eV", "meV")


def to_shift(x: FloatArray, unit: str, laser_nm: float) -> FloatArray:
    """Convert an axis to Raman shift.

    Parameters
    ----------
    x : array [M]
        Axis values in `unit`; wavelengths must be positive.
    unit : str
        One of the canonical units.
    laser_nm : float
        Excitation wavelength, used only where `needs_laser` says so.

    Returns
    -------
    array [M]
        Raman shift in cm-1.
    """
    laser_cm1 = 1e7 / laser_nm
    if unit == "nm":
        return 1e7 * (1 / laser_nm - 1 / x)
    if unit == "µm":
        return 1e7 * (1 / laser_nm - 1e-3 / x)
    if unit == "1/cm":
        return laser_cm1 - x
    if unit in ("eV", "meV"):
        return laser_cm1 - x * (CM1_PER_EV if unit == "eV" else CM1_PER_EV / 1000)
    # WITec counts relative energy as photon minus laser, so that Stokes lines are negative
    # (wit_io's conversion, 1.2398e3 * (1/x - 1/x0)); no export with this axis was seen.
    if unit in ("rel. eV", "rel. meV"):
        return -x * (CM1_PER_EV if unit == "rel. eV" else CM1_PER_EV / 1000)
    return np.asarray(x)

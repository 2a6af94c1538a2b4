"""Names of ratios and derived values: none may have the columns of something else, or be read back as it."""

from __future__ import annotations

from collections.abc import Iterable

from ramanfit.recipe.column_kind import BAND, DERIVED, PEAK, RATIO
from ramanfit.recipe.columns import KINDS, kinds_of


def columns_of(name: str) -> set[str]:
    """Return all columns that a ratio or a derived value of this name may have."""
    return {kind.named(name) for owner in (RATIO, DERIVED) for kind in kinds_of(owner)}


def _further(name: str) -> set[str]:
    """Return the columns that those of a name would have, were they names themselves."""
    return {further for column in columns_of(name) for further in columns_of(column)}


def taken_by(name: str, peaks: Iterable[str], others: Iterable[str], *, derived: bool = False) -> str:
    """Say what has a column that a ratio or a derived value of this name would have; empty: nothing.

    Parameters
    ----------
    name : str
    peaks : iterable of str
    others : iterable of str
        Names of the other ratios and derived values.
    derived : bool
        Whether it is a derived value, which only its name tells from a ratio, or from a column of any peak or of bands.
    """
    own = columns_of(name)
    for kind in KINDS.values():
        if kind.name in own and kind.owner not in (RATIO, DERIVED, BAND):  # a long table has those of peaks so named
            return f"{name!r} beside the column {kind.name}"
    of_peaks = {kind.named(peak): peak for peak in peaks for kind in kinds_of(PEAK)}
    for column in sorted(own & {*of_peaks}):
        return f"{name!r} beside {column} of the peak {of_peaks[column]}"
    for other in others:
        for column in sorted(own & columns_of(other), key=lambda column: (len(column), column)):
            return f"{name!r} beside {other!r}: both may have {column}"
        if derived and (_further(name) & columns_of(other) or _further(other) & own):
            return f"{name!r} beside {other!r}: names alone could not tell their columns apart"
    if derived:
        if name == RATIO:
            return f"{name!r}, which is read as a ratio"
        for kind in KINDS.values():
            if kind.owner in (PEAK, BAND) and f"_{name}".endswith(f"_{kind.name.lstrip('_')}"):
                return f"{name!r}, which is read as {kind.name.lstrip('_')} of something"
    return ""

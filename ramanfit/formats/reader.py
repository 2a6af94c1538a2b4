"""What every reader is given and what every reader says of itself."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from ramanfit.errors import RecipeError
from ramanfit.formats.units import option_unit
from ramanfit.frozen import dataclass

if TYPE_CHECKING:
    from ramanfit.formats.bytes_in import Source
    from ramanfit.scan.scan import Scan

LAYOUTS = ("columns", "rows", "pairs", "long")
"""How a table of numbers can lie."""


@dataclass(frozen=True)
class ReadOptions:
    """What the user knows better than the file.

    Attributes
    ----------
    x_unit : str or None
        Unit of the axis, ``"rel. 1/cm"`` (also ``cm-1``, ``1/cm``) or ``"nm"``; overrides the file.
    laser_nm : float or None
        Excitation wavelength in nm; overrides the file.
    line_spacing : {"witec", "endpoints"}
        Pitch of a line of length L with N points: L/N, as the instrument does it, or L/(N - 1).
    select : str or None
        Glob on `Scan.name`.
    layout : {"columns", "rows", "pairs", "long"} or None
        How a table of numbers lies; None: as its labels and numbers say.
    axis_column : str or None
        Label of a table's axis, or the number of its column, from 1 on.

    Raises
    ------
    RecipeError
        If a value is none of these.
    """

    x_unit: str | None = None
    laser_nm: float | None = None
    line_spacing: str = "witec"
    select: str | None = None
    layout: str | None = None
    axis_column: str | None = None

    def __post_init__(self) -> None:
        if self.x_unit is not None:
            unit = option_unit(self.x_unit)
            if unit is None:
                raise RecipeError(
                    f"x unit: expected rel. 1/cm or nm, found {self.x_unit!r}",
                )
            object.__setattr__(self, "x_unit", unit)
        if self.laser_nm is not None and not 0 < self.laser_nm < float("inf"):
            raise RecipeError(f"laser: expected a wavelength in nm, found {self.laser_nm}")
        if self.line_spacing not in ("witec", "endpoints"):
            raise RecipeError(f"line spacing: expected witec or endpoints, found {self.line_spacing!r}")
        if self.layout not in (None, *LAYOUTS):
            raise RecipeError(f"layout: expected {', '.join(LAYOUTS)}, found {self.layout!r}")

    def by_hand(self) -> str:
        """Return the options that say how a table lies, as they are typed; empty if there are none."""
        given = {"--layout": self.layout, "--axis-column": self.axis_column}
        return " ".join(f"{name} {value}" for name, value in given.items() if value is not None)

    def selects(self, name: str) -> bool:
        """Tell whether a measurement of this name is wanted; a name is also a pattern for itself."""
        return self.select is None or name == self.select or fnmatchcase(name, self.select)

    def selects_group(self, name: str) -> bool:
        """Tell whether a measurement of this name is wanted because of the words that it begins with."""
        return self.select is not None and (name.startswith(f"{self.select} ") or fnmatchcase(name, f"{self.select} *"))


class Lacking(str):
    """Why a file in a folder is passed over that would be read if a package were installed."""

    __slots__ = ()


def _by_content(name: str, head: bytes) -> bool:
    return False


def _a_spectrum(source: Source) -> str:
    return ""


class Reader(NamedTuple):
    """One kind of export.

    Attributes
    ----------
    name : str
        As `ramanfit list readers` shows it.
    parses, skips, unseen : str
        What it reads; what it meets and passes over; what it has never seen on a real file.
    sniff : callable
        ``sniff(head)`` is True when the first bytes of a file are this reader's business.
    read : callable
        ``read(source, options)`` gives the file's measurements, or raises a FormatError.
    no_spectrum : callable
        ``no_spectrum(source)`` says why a file in a folder, which `sniff` or `owns` told, is no spectrum all the same;
        an empty text if it is one, or is broken, so that the user hears of it.
    owns : callable
        ``owns(name, head)`` is True for a text that is this reader's business by the file's name as well.
    by_hand : bool
        Whether `ReadOptions.layout` and `ReadOptions.axis_column` decide how it reads.
    groups : bool
        Whether names begin with that of a part of the file, which selects all of its measurements.
    """

    name: str
    parses: str
    skips: str
    unseen: str
    sniff: Callable[[bytes], bool]
    read: Callable[[Source, ReadOptions], list[Scan]]
    no_spectrum: Callable[[Source], str] = _a_spectrum
    owns: Callable[[str, bytes], bool] = _by_content
    by_hand: bool = False
    groups: bool = False

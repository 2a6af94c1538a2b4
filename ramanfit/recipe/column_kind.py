"""What is said of a column where it is declared, in `ramanfit.recipe.columns`."""

from __future__ import annotations

from typing import NamedTuple

# whose
KEY, MAP, CELL, SPECTRUM, PEAK = "key", "map", "cell", "spectrum", "peak"
RATIO, DERIVED, BAND = "ratio", "derived", "band"
ALWAYS = "always"
SOME = "some peaks"  # only where a peak's shape has it
ASKED = "asked for"  # only where there is something in it
LONG = "long table"  # only there
REFERENCE = "reference"  # only with `evolve --reference`
AS_ERROR = "as error"


class ColumnKind(NamedTuple):
    """One column, for every peak, ratio or spectrum.

    Attributes
    ----------
    name : str
        As in the long table. A wide one puts the peak before it (``G_height``); ``ratio`` and ``derived`` in it stand
        for the name of the ratio or derived value.
    unit, meaning : str
    owner : {"key", "map", "cell", "spectrum", "peak", "ratio", "derived", "band"}
    words : str
        On an axis, with the unit; {} is the peak, or the ratio's symbol. Empty: the name, with blanks.
    error : str
        Kind of the column with its standard error; empty: there is none. What begins with _ is put after the name.
    digits : str
        How many a person sees where it has no error: empty: six; `AS_ERROR`: those of an error; the kind of a standard
        error: those that suit it.
    there : {"always", "some peaks", "asked for", "long table", "reference"}
    delta : str
        Kind of the column with its difference to a reference; empty: there is none.
    text : bool
        Whether it holds words, not numbers.
    """

    name: str
    unit: str
    meaning: str
    owner: str
    words: str = ""
    error: str = ""
    digits: str = ""
    there: str = ALWAYS
    delta: str = ""
    text: bool = False

    def named(self, of: str = "") -> str:
        """Return the name in a wide table: of a peak, a ratio, a derived value or, of bands, what is before it."""
        if not of:
            return self.name
        return self.name.replace(self.owner, of, 1) if self.owner in (RATIO, DERIVED) else f"{of}_{self.name}"

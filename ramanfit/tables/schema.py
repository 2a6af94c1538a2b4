"""The columns of one table: what each name means, from its peaks, ratios, derived values or from the names alone."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ramanfit.recipe.column_kind import BAND, CELL, DERIVED, KEY, LONG, MAP, PEAK, RATIO, SPECTRUM, ColumnKind
from ramanfit.recipe.columns import KEYS, KINDS, column_name, kinds_of

_OF_PEAK = f"(?:(.+)_)?({'|'.join(kind.name for kind in kinds_of(PEAK))})"
_BANDS = ("", "corrected", "specific")  # what an enhancement or a delta may be of, besides raw counts


class Entry(NamedTuple):
    """A column of a table.

    Attributes
    ----------
    name : str
        In this table.
    kind : ColumnKind
    of : str
        The peak, ratio or derived value that it belongs to; empty: the spectrum, or in a long table the row's peak.
    """

    name: str
    kind: ColumnKind
    of: str = ""

    @property
    def error(self) -> str:
        """Name of the column with its standard error; empty: there is none."""
        error = self.kind.error
        return self.name + error if error.startswith("_") else error and column_name(error, self.of)

    @property
    def delta(self) -> str:
        """Name of the column with its difference to a reference; empty: there is none."""
        return self.kind.delta and column_name(self.kind.delta, self.of)

    @property
    def beside(self) -> str:
        """Name of the standard error whose digits suit it; empty: there is none."""
        return column_name(self.kind.digits, self.of) if self.kind.digits in KINDS else ""

    @property
    def is_ratio(self) -> bool:
        """Whether it is a ratio of heights or areas, or the difference of one to a reference's."""
        return self.kind.owner == RATIO and bool(self.kind.error)


class Schema(Mapping[str, Entry]):
    """Columns by their names, in the order of a table; a name that means nothing here is not in it.

    Parameters
    ----------
    entries : iterable of Entry
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = {entry.name: entry for entry in entries}

    def __getitem__(self, name: str) -> Entry:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    @classmethod
    def of(cls, peaks: Iterable[str], ratios: Iterable[str], derived: Iterable[str] = ()) -> Schema:
        """Return all columns that the wide table of these peaks, ratios and derived values may have.

        They are in its order: keys, places on a map, what the cell did, peaks, ratios, derived, then numbers and words
        of the spectrum.
        """
        entries = [
            Entry(kind.name, kind) for owner in (KEY, MAP, CELL) for kind in kinds_of(owner) if kind.there != LONG
        ]
        for owner, names in ((PEAK, peaks), (RATIO, ratios), (DERIVED, derived)):
            kinds = [kind for kind in kinds_of(owner) if kind.there != LONG]
            entries += [Entry(kind.named(of), kind, of) for of in names for kind in kinds]
        of_spectrum = sorted(kinds_of(SPECTRUM), key=lambda kind: kind.text)
        return cls([*entries, *(Entry(kind.name, kind) for kind in of_spectrum)])

    @classmethod
    def read(cls, names: Iterable[str]) -> Schema:
        """Return what the names of any table mean, in its own order.

        A ratio is what has a standard error and a ratio of areas beside it. What nothing else explains and has a
        standard error is a derived value, or a ratio where it has a column of those alone.
        """
        names = dict.fromkeys(names)
        meant = _named([name for name in names if column_name("area_ratio", name) in names], names, RATIO)
        plain = {entry.name: entry for entry in plain_entries()}
        for name in names:
            if name not in meant:
                of_peak = re.fullmatch(_OF_PEAK, name)
                if name in plain:
                    meant[name] = plain[name]
                elif of_peak:
                    meant[name] = Entry(name, KINDS[of_peak[2]], of_peak[1] or "")
        rest = [name for name in names if name not in meant]
        ratios = [name for name in rest if _of_ratios_alone(name) & {*names}]
        derived = _named([name for name in rest if name not in ratios], names, DERIVED)
        meant = derived | _named(ratios, names, RATIO) | meant
        return cls(meant[name] for name in names if name in meant)

    def select(self, owner: str, *there: str) -> list[Entry]:
        """Return the columns of an owner; only those that are there in one of some cases, where any is named."""
        return [e for e in self.values() if e.kind.owner == owner and (not there or e.kind.there in there)]

    def names_of(self, owner: str) -> list[str]:
        """Return the peaks, ratios or derived values whose columns are here."""
        return list(dict.fromkeys(entry.of for entry in self.select(owner)))


def covariates_of(names: Sequence[str]) -> list[str]:
    """Return those columns of a table of fits that somebody put after its keys, and that mean nothing else.

    Parameters
    ----------
    names : sequence of str
        Of a long or a wide table; where it does not begin with the keys, it is not one of ours, and has none.
    """
    if tuple(names[: len(KEYS)]) != KEYS:
        return []
    further = names[len(KEYS) :]
    if further and further[0].endswith("_center_cm1"):  # of a peak, as in most tables
        return []
    schema, own = Schema.read(names), list[str]()
    for name in further:
        if name not in schema:
            own.append(name)
        elif schema[name].kind.owner not in (MAP, CELL):
            break
    return own


def plain_entries() -> list[Entry]:
    """Return the columns that are no peak's, ratio's or derived value's."""
    named = (PEAK, RATIO, DERIVED, BAND)
    entries = [Entry(kind.name, kind) for kind in KINDS.values() if kind.owner not in named]
    for kind in kinds_of(BAND):
        of_several = kind.name in ("enhancement", "delta")
        bands = [Entry(kind.named(of), kind) for of in (_BANDS if of_several else ("",))]
        entries += bands
        entries += [Entry(band.error, KINDS[kind.error]) for band in bands if kind.error]
    return entries


def _named(candidates: Iterable[str], names: Collection[str], owner: str) -> dict[str, Entry]:
    """Return the columns of those candidates that have a standard error and are themselves no column of another."""
    found = [name for name in candidates if column_name(f"{owner}_se", name) in names]
    entries = {of: [Entry(kind.named(of), kind, of) for kind in kinds_of(owner)] for of in found}
    others = {entry.name for of in found for entry in entries[of] if entry.name != of}
    return {entry.name: entry for of in found if of not in others for entry in entries[of]}


def _of_ratios_alone(name: str) -> set[str]:
    """Return the columns that a ratio of this name may have and a derived value may not; ``ratio`` is one itself."""
    its, derived = ({kind.named(name) for kind in kinds_of(owner)} for owner in (RATIO, DERIVED))
    return its - derived | ({name} & {RATIO})

"""Quantities of scans until their table is written: in memory, of many spectra in a temporary file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import IO, NamedTuple
from weakref import finalize

import numpy as np

from ramanfit.errors import InputError
from ramanfit.fit.flags import VERDICTS
from ramanfit.fit.quantities import Quantities
from ramanfit.scan.middle import median
from ramanfit.scan.scan import FloatArray

IN_MEMORY = 1 << 15  # spectra whose quantities are kept there
WORTH_IT = 256  # spectra at least that go to the file together


class Away(NamedTuple):
    """Where in the file the quantities of some spectra are."""

    offset: int
    spectra: int


class Drawer:
    """A temporary file of quantities, made when there are many."""

    def __init__(self) -> None:
        self._spectra = 0
        self._file: IO[bytes] | None = None

    def put(self, quantities: Quantities) -> Quantities | Away:
        """Return quantities as they are, or where they are now.

        Raises
        ------
        InputError
            If the temporary folder takes no more.
        """
        n = len(quantities.flags)
        self._spectra += n
        if self._spectra <= IN_MEMORY or n < WORTH_IT:
            return quantities
        import pickle
        import tempfile

        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with this object
                finalize(self, self._file.close)
            offset = self._file.seek(0, 2)
            pickle.dump(quantities, self._file, protocol=5)
            self._file.flush()
        except OSError as error:
            where = tempfile.gettempdir()
            raise InputError(f"the temporary folder {where}: cannot be written: {error.strerror or error}") from error
        return Away(offset, n)

    def get(self, away: Away) -> Quantities:
        """Return quantities that are in the file."""
        import pickle

        assert self._file is not None
        self._file.seek(away.offset)
        quantities: Quantities = pickle.load(self._file)
        return quantities


class Kept:
    """The quantities of a scan, some spectra after the others.

    Parameters
    ----------
    drawer : Drawer, optional
        Where they may be put; None: they stay in memory.
    """

    def __init__(self, drawer: Drawer | None = None) -> None:
        self._blocks: list[Quantities | Away] = []
        self._drawer = drawer

    def add(self, quantities: Quantities) -> None:
        """Keep those of the next spectra."""
        self._blocks.append(quantities if self._drawer is None else self._drawer.put(quantities))

    def into(self, drawer: Drawer) -> None:
        """Put what is still in memory where it belongs."""
        if self._drawer is None:
            self._drawer = drawer
            self._blocks = [drawer.put(block) if isinstance(block, Quantities) else block for block in self._blocks]

    def __iter__(self) -> Iterator[Quantities]:
        for block in self._blocks:
            if isinstance(block, Quantities):
                yield block
            else:
                assert self._drawer is not None
                yield self._drawer.get(block)

    def alone(self) -> Quantities:
        """Return the quantities of a scan that was fitted at once."""
        (only,) = self
        return only


class Tally:
    """What is told of the fits of a scan.

    Attributes
    ----------
    flags : Counter
        How many spectra have these flags, by all words of one joined.
    held : Counter
        How many spectra a bound of the recipe holds, by its dotted key.
    places_cm1 : mapping of str to list of array
        By verdict, where it is seen best.
    all_failed : bool
        Whether no spectrum has a fit.
    """

    def __init__(self) -> None:
        self.flags, self.held = Counter[str](), Counter[str]()
        self.places_cm1: dict[str, list[FloatArray]] = {}
        self.all_failed = True

    def add(self, quantities: Quantities) -> None:
        """Count some spectra in."""
        flags = quantities.flags.tolist()
        some = Counter(flags)
        self.flags.update(some)
        self.held.update({key: int(rows.sum()) for key, rows in quantities.held.items()})
        self.all_failed = self.all_failed and bool((quantities.status == "failed").all())
        if quantities.place_cm1 is None:
            return
        for word in VERDICTS:
            joined = {words for words in some if word in words.split("|")}
            if joined:
                at = quantities.place_cm1[[words in joined for words in flags]]
                self.places_cm1.setdefault(word, []).append(at[np.isfinite(at)])

    def join(self, other: Tally) -> None:
        """Count the spectra of another in."""
        self.flags.update(other.flags)
        self.held.update(other.held)
        self.all_failed = self.all_failed and other.all_failed
        for word, places in other.places_cm1.items():
            self.places_cm1.setdefault(word, []).extend(places)

    def count(self, word: str) -> int:
        """Return how many spectra have a flag."""
        return sum(count for words, count in self.flags.items() if word in words.split("|"))

    def place_cm1(self, word: str) -> float | None:
        """Return the median of where a verdict is seen best; None: it is nowhere."""
        at = np.concatenate([np.empty(0), *self.places_cm1.get(word, ())])
        return float(median(at)) if at.size else None

"""A large scan in parts: what only all of its spectra tell is found first, block by block."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ramanfit.fit.batch import CHUNK
from ramanfit.fit.clipping import dead_channels, dead_note
from ramanfit.frozen import dataclass
from ramanfit.scan.scan import BoolArray, Scan, missing_in_words
from ramanfit.scan.stored import StoredCounts

LARGE = 4 * CHUNK  # spectra, above which a scan is fitted in parts
PART = CHUNK  # spectra of a part: whole chunks, which share nothing with each other


@dataclass(frozen=True, eq=False)
class Whole:
    """A scan that is fitted in parts, with the same results as at once.

    Attributes
    ----------
    stored : Scan
        As it was read.
    scan : Scan
        With all its notes; what is missing is 0 in its counts, and in no mask.
    dead : bool array [M]
        Channels that show one value in all spectra.
    """

    stored: Scan
    scan: Scan
    dead: BoolArray

    @classmethod
    def of(cls, stored: Scan) -> Whole:
        """Look at all spectra of a scan, whose counts need not be settled."""
        scan, lost, hit = stored, 0, 0
        masked = np.ones(scan.channels, dtype=bool)  # in all spectra
        for rows in slices(len(scan)):
            part = scan.part(rows)
            missing = part.counts.missing() if isinstance(part.counts, StoredCounts) else None
            if missing is not None:
                lost, hit = lost + int(missing[1].sum()), hit + int(missing[1].any(axis=1).sum())
            masks = [mask for mask in (part.mask, None if missing is None else missing[1]) if mask is not None]
            masked &= np.logical_or.reduce(masks).all(axis=0) if masks else False
        if lost and isinstance(scan.counts, StoredCounts):
            note = missing_in_words(lost, hit, len(scan))
            scan = scan.with_(counts=scan.counts.filled(), notes=(*scan.notes, note))
        dead = dead_channels(scan.counts) & ~masked
        if dead.any():
            scan = scan.with_(notes=(*scan.notes, dead_note(scan.shift_cm1[dead])))
        return cls(stored, scan, dead)

    def parts(self) -> Iterator[Scan]:
        """Yield all spectra, a part at a time."""
        return map(self.part, slices(len(self.stored)))

    def part(self, rows: slice) -> Scan:
        """Return some spectra, settled, without the notes of all."""
        part = self.stored.part(rows).settled()
        mask = part.mask
        if self.dead.any():
            mask = np.zeros(part.counts.shape, dtype=bool) if mask is None else mask.copy()
            mask[:, self.dead] = True
        return part.with_(mask=mask, notes=())


def slices(spectra: int) -> Iterator[slice]:
    """Yield the rows of all parts."""
    for start in range(0, spectra, PART):
        yield slice(start, min(start + PART, spectra))

"""The spectra of an experiment, kept for drawing: in a file once there are many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import IO, TYPE_CHECKING
from weakref import finalize

import numpy as np

if TYPE_CHECKING:
    from ramanfit.fit.curves import Curves

IN_MEMORY = 64 << 20  # bytes of spectra kept for drawing before they go to a temporary file


class Spectra(Sequence["Curves | None"]):
    """The spectra of an experiment in the order of its table.

    ``spectra[row]`` is None where there is no spectrum for a row of the table.
    """

    def __init__(self) -> None:
        self._scans: list[Curves] = []  # without counts and masks
        self._offsets: list[int] = []  # where in the file those of a scan begin: counts, then masks
        self._rows: list[tuple[int, int] | None] = []  # number of the scan, and of the spectrum in it

    @cached_property
    def _file(self) -> IO[bytes]:
        from tempfile import SpooledTemporaryFile  # what is fitted and not drawn does not wait for it

        file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # closed with this object
        finalize(self, file.close)
        return file

    def store(self, curves: Curves) -> int:
        """Keep the spectra of a scan; return its number for `arrange`."""
        self._offsets.append(self._file.seek(0, 2))
        self._file.write(curves.counts.astype(np.float64).tobytes())
        self._file.write(curves.use.tobytes())
        n = len(curves)
        self._scans.append(replace(curves, counts=np.zeros((n, 0)), use=np.zeros((n, 0), dtype=bool)))
        return len(self._scans) - 1

    def arrange(self, scans: Iterable[tuple[int | None, int]]) -> None:
        """Say which scans the rows of the table show one after another.

        Parameters
        ----------
        scans : iterable of (int or None, int)
            The scan's number, None where its spectra are not at hand; how many rows it has.
        """
        self._rows = [None if number is None else (number, i) for number, n in scans for i in range(n)]

    def only(self, rows: Sequence[int]) -> None:
        """Keep some rows of the table, in this order."""
        self._rows = [self._rows[row] for row in rows]

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, row: int) -> Curves | None:  # type: ignore[override]
        return next((curves.take(0) for _, curves in self.together([row])), None)

    def together(self, rows: Iterable[int]) -> Iterator[tuple[list[int], Curves]]:
        """Yield rows of the table with their curves, those of one scan at once; rows without a spectrum are left out.

        Parameters
        ----------
        rows : iterable of int
            Not negative.
        """
        wanted: dict[int, list[tuple[int, int]]] = {}
        for row in rows:
            if (where := self._rows[row]) is not None:
                wanted.setdefault(where[0], []).append((row, where[1]))
        for number, pairs in wanted.items():
            scan, offset, which = self._scans[number], self._offsets[number], [i for _, i in pairs]
            first, end, m = min(which), max(which) + 1, scan.shift_cm1.size
            self._file.seek(offset + 8 * m * first)
            counts = np.frombuffer(self._file.read(8 * m * (end - first))).reshape(-1, m)
            self._file.seek(offset + 8 * m * len(scan) + m * first)
            use = np.frombuffer(self._file.read(m * (end - first)), dtype=bool).reshape(-1, m)
            inside = np.array(which) - first
            yield (
                [row for row, _ in pairs],
                replace(scan.take(which), counts=counts[inside], use=use[inside]),
            )

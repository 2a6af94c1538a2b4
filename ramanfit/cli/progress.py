"""A progress bar on stderr, drawn with rich once a run takes long enough to be waited for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ramanfit.experiment.voice import NoProgress

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

_PATIENCE_S = 0.5  # what ends sooner needs no bar, and rich costs 50 ms to import


class Progress(NoProgress):
    """A bar for a person at a terminal.

    Parameters
    ----------
    total : int
        Steps until the end.
    what : str
        What is counted.
    """

    def __init__(self, total: int, what: str) -> None:
        self._total, self._what = total, what
        self._done = 0
        self._started = time.monotonic()
        self._bar: RichProgress | None = None

    def advance(self, steps: int = 1) -> None:
        """Move on by some steps."""
        self._done += steps
        if self._bar is not None:
            self._bar.advance(self._task, steps)
        elif time.monotonic() - self._started > _PATIENCE_S:
            self._draw()

    def _draw(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        columns = (TextColumn(self._what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = RichProgress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False)
        self._task = self._bar.add_task(self._what, total=self._total, completed=self._done)
        self._bar.start()

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

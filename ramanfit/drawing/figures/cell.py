"""The cell beside an experiment: its voltage in a panel beneath, its state of charge above."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from ramanfit.drawing.abscissa import Abscissa
from ramanfit.drawing.axes import time_unit
from ramanfit.drawing.figures.style import INK, NUMBER_IN, inches_of, round_y
from ramanfit.drawing.ticks import alike, passes
from ramanfit.experiment.abscissas import CELL, SCAN, TIME
from ramanfit.experiment.evolution import Evolution
from ramanfit.scan.scan import FloatArray

VOLTAGE_IN = 0.62
SOC_IN = 0.3


class Beside:
    """The cell's record on the horizontal axis of a figure.

    Parameters
    ----------
    evolution : Evolution
    abscissa : Abscissa
    in_time : bool
        Whether the axis is one of times, whatever is written under it.
    """

    def __init__(self, evolution: Evolution, abscissa: Abscissa, *, in_time: bool = False) -> None:
        self.record = evolution.record if evolution.timed else None
        self._x = None if self.record is None else self._along(evolution, abscissa, in_time=in_time)
        follows_time = in_time or abscissa.name in (TIME, SCAN)
        self.has_voltage = self._x is not None and self.record is not None and self.record.voltage_v is not None
        self.has_soc = (
            self._x is not None
            and self.record is not None
            and self.record.soc is not None
            and follows_time
            and abscissa.name != "soc"
        )

    def _along(self, evolution: Evolution, abscissa: Abscissa, *, in_time: bool) -> FloatArray | None:
        """Return where the rows of the record stand, in the unit of the axis; None: nowhere."""
        assert self.record is not None
        if in_time or abscissa.name == TIME:
            return self.record.time_s / time_unit(evolution)[0]
        if abscissa.name == SCAN:
            at = (evolution.scan_time_s, evolution.scans.astype(np.float64))
            return np.interp(self.record.time_s, *at, left=np.nan, right=np.nan)
        if abscissa.name in CELL and abscissa.name != "voltage":
            values: FloatArray | None = getattr(self.record, CELL[abscissa.name])
            return values
        return None

    def draw_voltage(self, ax: Axes) -> None:
        """Draw the voltage."""
        assert self.record is not None
        assert self._x is not None
        assert self.record.voltage_v is not None
        ax.plot(self._x, self.record.voltage_v, color=INK, linewidth=0.8)
        ax.set_ylabel("voltage\n(V)")
        ax.margins(y=0.12)
        round_y(ax)

    def draw_soc(self, ax: Axes) -> None:
        """Write round states of charge above an axis, where they are passed: several times, if need be."""
        assert self.record is not None
        assert self._x is not None
        assert self.record.soc is not None
        low, high = ax.get_xlim()
        there = (self._x >= low) & (self._x <= high) & np.isfinite(self.record.soc)
        apart = NUMBER_IN * (high - low) / inches_of(ax)[0]
        ticks = passes(self._x[there], self.record.soc[there], apart)
        above = ax.twiny()
        above.set_xlim(low, high)
        above.set_xticks([place for place, _ in ticks], alike([value for _, value in ticks]))
        above.set_xlabel("state of charge (%)", labelpad=3)

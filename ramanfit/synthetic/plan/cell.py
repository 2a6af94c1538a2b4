"""What the potentiostat does to the cell, step by step."""

from __future__ import annotations

from ramanfit.frozen import dataclass
from ramanfit.recipe.settings import check_types, choice, expect
from ramanfit.synthetic.plan.points import number

SWITCH_S = 1e-3
"""What the potentiostat takes from step to step: no two rows of a record share a time."""

_HOUR_S = 3600.0


@dataclass(frozen=True)
class CellStep:
    """Constant current for a while.

    Attributes
    ----------
    start_s, end_s : float
        Since the record's first row.
    current_ma : float
    charge_mah : float
        What has passed before it, net.
    """

    start_s: float
    end_s: float
    current_ma: float
    charge_mah: float

    @property
    def charge_after_mah(self) -> float:
        """What has passed at its end, net."""
        return self.charge_mah + self.current_ma * (self.end_s - self.start_s) / _HOUR_S


@dataclass(frozen=True)
class PlannedCell:
    """A cell whose voltage follows from its state of charge alone, and its record.

    Attributes
    ----------
    current_ma : float or tuple of (float, float)
        Positive: charge. One current all the time, or (hours, current) of one step after another.
    capacity_mah : float
        From 0 to 100 % state of charge; the record begins at 0 %.
    voltage_v : tuple of float
        Knots evenly spaced from 0 to 100 % state of charge, linear between.
    lead_s : float
        From the start of the record to the start of the first scan; negative: the record starts later.
    interval_s : float
        From row to row within a step.
    duration_s : float, optional
        The record lasts no longer; without it, until the last scan ends. It ends with the last step at the latest.
    decimal : {"point", "comma"}
        As the PC that writes the record is set.
    """

    current_ma: float | tuple[tuple[float, float], ...]
    capacity_mah: float
    voltage_v: tuple[float, ...]
    lead_s: float = 0.0
    interval_s: float = 60.0
    duration_s: float | None = None
    decimal: str = "point"

    def __post_init__(self) -> None:
        check_types(self, "cell", but=("current_ma",))
        choice(self.decimal, ("point", "comma"), "cell.decimal")
        expect(self.capacity_mah > 0, "cell.capacity_mah", "more than 0", self.capacity_mah)
        for name in ("interval_s", "duration_s"):
            value = getattr(self, name)
            expect(value is None or value > SWITCH_S, f"cell.{name}", f"more than {SWITCH_S:g}", value)
        expect(len(self.voltage_v) >= 2, "cell.voltage_v", "two numbers or more", list(self.voltage_v))
        object.__setattr__(self, "current_ma", _currents(self.current_ma))

    def steps(self, lasts_s: float) -> tuple[CellStep, ...]:
        """Return the steps of a record that lasts `lasts_s` or until the last one ends."""
        planned = self.current_ma if isinstance(self.current_ma, tuple) else ((lasts_s / _HOUR_S, self.current_ma),)
        steps: list[CellStep] = []
        start = charge = 0.0
        for hours, current in planned:
            if lasts_s - start <= SWITCH_S:
                break
            steps.append(CellStep(start, min(start + hours * _HOUR_S, lasts_s), current, charge))
            start, charge = steps[-1].end_s, steps[-1].charge_after_mah
        return tuple(steps)


def _currents(value: object) -> float | tuple[tuple[float, float], ...]:
    key = "cell.current_ma"
    if not isinstance(value, list | tuple):
        return number(value, key)
    pairs = bool(value) and all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in value)
    expect(pairs, key, "a number or a list of [hours, current]", value)
    steps = tuple((number(hours, key), number(current, key)) for hours, current in value)
    expect(all(hours * _HOUR_S > SWITCH_S for hours, _ in steps), key, "more than 0 hours in every step", value)
    return steps

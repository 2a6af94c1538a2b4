"""Records of a cell as every vendor writes them, from one truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

START = datetime(2024, 1, 15, 9, 0, 0)


@dataclass(frozen=True)
class Truth:
    """A cell's rows; each current flowed since the row before.

    Attributes
    ----------
    time_s, voltage_v, current_ma : array [K]
    half_cycle, step : array [K]
        A half cycle is a run of one direction, rests included; a step a run of one current.
    """

    time_s: np.ndarray
    voltage_v: np.ndarray
    current_ma: np.ndarray
    half_cycle: np.ndarray
    step: np.ndarray

    @property
    def passed_mah(self) -> np.ndarray:
        """What passed between each row and the one before."""
        return self.current_ma * np.diff(self.time_s, prepend=self.time_s[0]) / 3600

    @property
    def net_mah(self) -> np.ndarray:
        """The net charge since the first row."""
        return self.passed_mah.cumsum()

    def anew(self, runs: np.ndarray, passed: np.ndarray) -> np.ndarray:
        """A counter that starts again from 0 with every run."""
        total = passed.cumsum()
        first = np.searchsorted(runs, runs)
        return total - np.where(first > 0, total[first - 1], 0.0)


def truth_of(steps: Sequence[tuple[float, int]], interval_s: float = 30.0) -> Truth:
    """Return the truth of some steps of a current in mA and a number of rows."""
    current, step = [steps[0][0]], [0]
    for number, (ma, rows) in enumerate(steps):
        current += [ma] * rows
        step += [number] * rows
    ma, k = np.array(current), np.arange(len(current))
    flow = np.sign(ma)
    flow = flow[np.maximum.accumulate(np.where(flow != 0, k, 0))]
    half_cycle = np.concatenate([[0], (flow[1:] != flow[:-1]) & (flow[:-1] != 0)]).cumsum()
    time_s = k * interval_s
    return Truth(time_s, 3.2 + 0.1 * np.sin(time_s / 500), ma, half_cycle, np.array(step))


def table(names: Sequence[str], columns: Sequence[Sequence[object]], mark: str = ",", newline: str = "\n") -> str:
    rows = [names, *zip(*columns, strict=True)]
    return "".join(mark.join(map(str, row)) + newline for row in rows)


def numbers(values: np.ndarray, factor: float = 1.0) -> list[str]:
    return [repr(float(value * factor)) for value in values]


def hms(time_s: np.ndarray, form: str = "{h:02d}:{m:02d}:{s:06.3f}") -> list[str]:
    return [
        form.format(d=int(t // 86400), h=int(t // 3600), hd=int(t % 86400 // 3600), m=int(t % 3600 // 60), s=t % 60)
        for t in time_s.tolist()
    ]


def clocks(time_s: np.ndarray, form: str = "%Y-%m-%d %H:%M:%S") -> list[str]:
    return [(START + timedelta(seconds=t)).strftime(form) for t in time_s.tolist()]


def words(truth: Truth) -> list[str]:
    return ["CC Chg" if ma > 0 else "CC DChg" if ma < 0 else "Rest" for ma in truth.current_ma]


def eclab(truth: Truth) -> str:
    names = ["mode", "ox/red", "time/s", "Ewe/V", "<I>/mA", "(Q-Qo)/mA.h", "half cycle", "Capacity/mA.h", ""]
    head = ["EC-Lab ASCII FILE", "", "", "Acquisition started on : 01/15/2024 09:00:00.000"]
    head[1] = f"Nb header lines : {len(head) + 1}"
    size = np.abs(truth.anew(truth.half_cycle, truth.passed_mah))
    columns = [numbers(c) for c in (truth.time_s, truth.voltage_v, truth.current_ma, truth.net_mah)]
    columns = [*columns, truth.half_cycle.tolist(), numbers(size), [""] * len(size)]
    ones = ["1"] * len(size)
    first, body = table(names, [ones, ones, *columns], "\t", "\r\n").split("\r\n", 1)
    return "\r\n".join([*head, first, body.replace(".", ",")])


def arbin(truth: Truth, units: bool = True) -> str:
    names = "Data_Point,Test_Time(s),Date_Time,Step_Index,Cycle_Index,Current(A),Voltage(V),Charge_Capacity(Ah)"
    names = [*names.split(","), "Discharge_Capacity(Ah)"]
    if not units:
        names = [name.partition("(")[0] for name in names]
    up, down = np.maximum(truth.passed_mah, 0).cumsum(), np.maximum(-truth.passed_mah, 0).cumsum()
    dates = clocks(truth.time_s, "%m/%d/%Y %H:%M:%S")
    times, volts = numbers(truth.time_s), numbers(truth.voltage_v)
    columns = [range(len(up)), times, dates, (truth.step + 1).tolist(), (truth.half_cycle // 2 + 1).tolist()]
    return table(names, [*columns, numbers(truth.current_ma, 1e-3), volts, numbers(up, 1e-3), numbers(down, 1e-3)])


def neware(truth: Truth) -> str:
    """Step times beside total times, and an unsigned capacity that starts again with every step."""
    names = [
        "DataPoint",
        "Step Index",
        "Step Type",
        "Time",
        "Total Time",
        "Current(A)",
        "Voltage(V)",
        "Capacity(Ah)",
        "Date",
    ]
    first = np.searchsorted(truth.step, truth.step)
    size = np.abs(truth.anew(truth.step, truth.passed_mah))
    columns = [range(len(size)), truth.step.tolist(), words(truth), hms(truth.time_s - truth.time_s[first])]
    columns += [hms(truth.time_s), numbers(truth.current_ma, 1e-3), numbers(truth.voltage_v), numbers(size, 1e-3)]
    return table(names, [*columns, clocks(truth.time_s)])


def neware_layers(truth: Truth) -> str:
    """Cycles, steps and records in one table, each layer further in."""
    lines = ["Cycle Index,Chg. Cap.(Ah),DChg. Cap.(Ah)", ",Step Index,Step Type,Step Time,Capacity(Ah)"]
    lines += [",,DataPoint,Time,Total Time,Current(A),Voltage(V),Capacity(Ah),Date", "1,0.1,0.2"]
    plain = [line.split(",") for line in neware(truth).splitlines()[1:]]
    before = ""
    for point, step, kind, time, total, current, volts, size, date in plain:
        if step != before:
            lines.append(f",{step},{kind},00:01:00,0.1")
            before = step
        lines.append(f",,{point},{time},{total},{current},{volts},{size},{date}")
    return "\n".join(lines) + "\n"


def maccor(truth: Truth) -> str:
    """Currents and capacities without a sign; the state says which way."""
    head = "Today's Date\t03/28/2022\r\n\r\nDate of Test:\t08/23/2021\r\n"
    names = [
        "Rec#",
        "Cyc#",
        "Step",
        "TestTime",
        "StepTime",
        "Amp-hr",
        "Watt-hr",
        "Amps",
        "Volts",
        "State",
        "ES",
        "DPt Time",
    ]
    size = np.abs(truth.anew(truth.step, truth.passed_mah))
    day = hms(truth.time_s, "{d}d {hd:02d}:{m:02d}:{s:05.2f}")
    state = ["C" if ma > 0 else "D" if ma < 0 else "R" for ma in truth.current_ma]
    zeros = ["0"] * len(size)
    columns = [range(1, len(size) + 1), (truth.half_cycle // 2).tolist(), truth.step.tolist(), day, day]
    columns += [numbers(size, 1e-3), zeros, numbers(np.abs(truth.current_ma), 1e-3), numbers(truth.voltage_v)]
    return head + table(names, [*columns, state, zeros, clocks(truth.time_s, "%m/%d/%Y %I:%M:%S %p")], "\t", "\r\n")


def bdf(truth: Truth) -> str:
    names = ["test_time_second", "voltage_volt", "current_ampere", "unix_time_second", "cycle_count", "net_capacity_ah"]
    unix = START.timestamp() + truth.time_s
    columns = [numbers(c) for c in (truth.time_s, truth.voltage_v, truth.current_ma / 1000, unix)]
    return table(names, [*columns, (truth.half_cycle // 2).tolist(), numbers(truth.net_mah, 1e-3)])


def bdf_labels(truth: Truth) -> str:
    """The labels people read; discharging is positive, as some write it, and a column of words says so."""
    names = ["Test Time / h", "Current / A", "Voltage / V", "Step Type / 1", "Cycle Count / 1"]
    names += ["Charging Capacity / Ah", "Discharging Capacity / Ah"]
    up = truth.anew(truth.step, np.maximum(truth.passed_mah, 0))
    down = truth.anew(truth.step, np.maximum(-truth.passed_mah, 0))
    columns = [numbers(truth.time_s, 1 / 3600), numbers(truth.current_ma, -1e-3), numbers(truth.voltage_v)]
    kinds = ["charge" if ma > 0 else "discharge" if ma < 0 else "rest" for ma in truth.current_ma]
    return table(names, [*columns, kinds, (truth.half_cycle // 2).tolist(), numbers(up, 1e-3), numbers(down, 1e-3)])


def gamry(truth: Truth) -> str:
    head = ["EXPLAIN", "TAG\tPWR800_CHARGE", "DATE\tLABEL\t1/15/2024\tDate", "TIME\tLABEL\t09:00:00\tTime"]
    head += ["OCVCURVE\tTABLE\t2", "\tPt\tT\tVf\tVm\tAch", "\t#\ts\tV vs. Ref.\tV\tV", "\t0\t0.5\t3.0\t0\t0"]
    head += ["EOC\tQUANT\t3.1\tOpen Circuit (V)", "CURVE\tTABLE\t9", "\tPt\tT\tVf\tIm\tVu", "\t#\ts\tV vs. Ref.\tA\tV"]
    columns = zip(numbers(truth.time_s), numbers(truth.voltage_v), numbers(truth.current_ma, 1e-3), strict=True)
    return "\r\n".join([*head, *(f"\t{k}\t{t}\t{v}\t{i}\t0" for k, (t, v, i) in enumerate(columns))]) + "\r\n"


def basytec(truth: Truth) -> str:
    names = ["~Time[h]", "DataSet", "U[V]", "I[A]", "Ah[Ah]"]
    head = "~Resultfile from Basytec Battery Test System\n~\n~Date and Time of Data Converting: 15.03.2024 10:23:47\n"
    columns = [numbers(truth.time_s, 1 / 3600), range(len(truth.time_s)), numbers(truth.voltage_v)]
    return head + table(names, [*columns, numbers(truth.current_ma, 1e-3), numbers(truth.net_mah, 1e-3)], " ")


def ours(truth: Truth) -> str:
    columns = [truth.time_s, truth.voltage_v, truth.current_ma, truth.net_mah]
    return table(["time_s", "voltage_v", "current_ma", "capacity_mah"], [numbers(c) for c in columns])


def two_columns(truth: Truth) -> str:
    """A date and a time of day, decimal commas."""
    names = ["Date", "Time", "Voltage (mV)", "Current (µA)"]
    volts, current = numbers(truth.voltage_v, 1e3), numbers(truth.current_ma, 1e3)
    dates, times = clocks(truth.time_s, "%d.%m.%Y"), clocks(truth.time_s, "%H:%M:%S")
    rows = [[v.replace(".", ",") for v in values] for values in (volts, current)]
    return table(names, [dates, times, *rows], ";")


LAYOUTS: dict[str, Callable[[Truth], str]] = {
    "eclab": eclab,
    "arbin": arbin,
    "arbin without units": lambda truth: arbin(truth, units=False),
    "neware": neware,
    "neware in layers": neware_layers,
    "maccor": maccor,
    "bdf": bdf,
    "bdf labels": bdf_labels,
    "gamry": gamry,
    "basytec": basytec,
    "ours": ours,
    "date and time": two_columns,
}
STARTED = (
    "eclab",
    "arbin",
    "arbin without units",
    "neware",
    "neware in layers",
    "maccor",
    "bdf",
    "gamry",
    "date and time",
)

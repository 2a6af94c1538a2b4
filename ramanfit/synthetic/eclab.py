"""The cell of a synthetic experiment as BioLogic's EC-Lab exports it: ASCII with a header, one row per record.

As in EC-Lab's own files: cp1252, CRLF, tabs, a decimal comma where the PC is set to it (though never in the date), and
charge that starts again from 0 with every half cycle, which a rest does not end.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from ramanfit.formats.text import as_bytes
from ramanfit.scan.scan import FloatArray
from ramanfit.synthetic.plan import SWITCH_S, CellStep, Plan, PlannedCell
from ramanfit.synthetic.simulate import LABEL, cell_at

_GALVANOSTATIC, _REST = 1, 3  # EC-Lab's modes
_COLUMNS = (
    *("mode", "ox/red", "error", "control changes", "Ns changes", "counter inc.", "Ns", "time/s", "control/mA"),
    *("Ewe/V", "<I>/mA", "dQ/mA.h", "(Q-Qo)/mA.h", "half cycle", "Q charge/discharge/mA.h", "Q discharge/mA.h"),
    *("Q charge/mA.h", "Capacity/mA.h", "cycle number"),
)


def cell_name(plan: Plan) -> str:
    """Return the file name of the cell's record."""
    return f"{LABEL}-{plan.name}-cell.mpt"


def cell_text(plan: Plan) -> bytes:
    """Return the record of a plan's cell; its time 0 is ``Acquisition started on``."""
    cell, steps = plan.cell, plan.cell_steps
    assert cell is not None
    lines = [*_header(plan, cell, steps), "\t".join(_COLUMNS) + "\t"]
    lines[1] = f"Nb header lines : {len(lines):<28d}"
    half_cycle, turned_mah, direction = 0, 0.0, 0.0
    for number, step in enumerate(steps):
        turn = np.sign(step.current_ma)
        if turn and direction and turn != direction:
            half_cycle, turned_mah = half_cycle + 1, step.charge_mah
        direction = turn or direction
        lines += _rows(cell, steps, number, half_cycle, turned_mah)
    return as_bytes(lines)


def row_times(step: CellStep, interval_s: float) -> FloatArray:
    """Return when the rows of a step are written: at its first moment, every `interval_s` from there, and at its end.

    Returns
    -------
    array [rows]
        In s since the record's first row.
    """
    times = np.arange(step.start_s, step.end_s - SWITCH_S / 2, interval_s)
    times[0] += SWITCH_S if step.start_s else 0.0
    return np.append(times[times < step.end_s], step.end_s)


def _header(plan: Plan, cell: PlannedCell, steps: tuple[CellStep, ...]) -> list[str]:
    started = plan.scan.started - timedelta(milliseconds=round(1000 * cell.lead_s))
    settings = {
        "Ns": [str(number) for number in range(len(steps))],
        "Is": [f"{step.current_ma:.3f}" for step in steps],
        "unit Is": ["mA"] * len(steps),
        "t1 (h:m:s)": [_clock(step.end_s - step.start_s) for step in steps],
        "dt1 (s)": [f"{cell.interval_s:.4f}"] * len(steps),
    }
    return [
        "EC-Lab ASCII FILE",
        "",  # how many lines there are
        "",
        "Galvanostatic Cycling with Potential Limitation",
        "",
        f"Run on channel : 1 ({LABEL})",
        "User : ramanfit simulate",
        "Electrode connection : standard",
        "Potential control : Ewe",
        f"Acquisition started on : {started:%m/%d/%Y %H:%M:%S}.{started.microsecond // 1000:03d}",
        "Loaded Setting File : NONE",
        "Saved on :",
        f"\tFile : {cell_name(plan).replace('.mpt', '.mpr')}",
        f"\tDirectory : D:\\{LABEL}\\",
        f"Device : {LABEL}",
        f"Comments : {LABEL}: computed by ramanfit simulate, no cell was measured",
        f"Battery capacity : {_local(f'{cell.capacity_mah:.3f}', cell)} mA.h",
        f"Electrode surface area : {_local('0.000', cell)} cm²",
        "Cycle Definition : Charge/Discharge alternance",
        *(
            f"{name:<20}" + "".join(f"{_local(value, cell):<20}" for value in values)
            for name, values in settings.items()
        ),
        "",
    ]


def _rows(cell: PlannedCell, steps: tuple[CellStep, ...], number: int, half_cycle: int, turned_mah: float) -> list[str]:
    """Return the rows of a step, whose half cycle began with a charge of `turned_mah`."""
    step = steps[number]
    times = row_times(step, cell.interval_s)
    state = cell_at(cell, steps, times)
    half_mah = state.capacity_mah - turned_mah
    mode = _GALVANOSTATIC if step.current_ma else _REST
    rows = []
    for i, (time, volt, total, half) in enumerate(
        zip(times.tolist(), state.voltage_v.tolist(), state.capacity_mah.tolist(), half_mah.tolist(), strict=True)
    ):
        changed = int(number > 0 and i == 0)
        cells = [
            *(mode, int(step.current_ma > 0), 0, changed, changed, 0, number),
            *(_double(time), _single(step.current_ma), _single(volt), _double(step.current_ma)),
            *(_double(total - step.charge_mah), _double(total), half_cycle, _double(half)),
            *(_double(max(-half, 0.0)), _double(max(half, 0.0)), _double(abs(half)), _double(half_cycle // 2)),
        ]
        rows.append(_local("\t".join(map(str, cells)), cell))
    return rows


def _double(value: float) -> str:
    return _scientific(value, 15)


def _single(value: float) -> str:
    return _scientific(value, 7)


def _scientific(value: float, digits: int) -> str:
    mantissa, _, exponent = f"{value + 0.0:.{digits}E}".partition("E")  # + 0.0: no minus before a zero
    return f"{mantissa}E{exponent[0]}{int(exponent[1:]):03d}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds, 4), 60)
    return f"{int(minutes) // 60}:{int(minutes) % 60:02d}:{rest:.4f}"


def _local(numbers: str, cell: PlannedCell) -> str:
    return numbers.replace(".", ",") if cell.decimal == "comma" else numbers

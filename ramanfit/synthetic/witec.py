"""Synthetic experiments in WITec's own layout: Graph ASCII, Information text, and the truth beside them.

Every file says SYNTHETIC in its name and its head. The layout is that of Project FIVE's exports: cp1252,
CRLF, tabs, numbers with nine decimals and a blank for a plus sign. Settings of camera, grating and objective
are left out of the Information text, for there are none.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from ramanfit.formats.graph_ascii import graph_ascii
from ramanfit.formats.information import clock_lines, duration_line
from ramanfit.formats.text import as_bytes
from ramanfit.recipe.columns import ECHEM, column_name
from ramanfit.scan.scan import FloatArray, Scan
from ramanfit.synthetic.plan import Plan
from ramanfit.synthetic.simulate import LABEL, Experiment
from ramanfit.tables.table import Column, Table

_KINDS = {"line": "Line", "spectrum": "Spectrum", "map": "Scan"}


def stem(plan: Plan, scan: int) -> str:
    """Return WITec's name of the scan's measurement; `scan` counts from 0."""
    return f"{LABEL}-{plan.name}--{_KINDS[plan.scan.kind]}--{scan:03d}"


def spectra_name(plan: Plan, scan: int) -> str:
    """Return the file name of a scan's spectra."""
    return f"{stem(plan, scan)}--Spec.Data 1.txt"


def information_name(plan: Plan, scan: int) -> str:
    """Return the file name of a scan's Information text."""
    return f"{stem(plan, scan)}--Information.txt"


def spectra_text(experiment: Experiment, number: int) -> bytes:
    """Return the spectra of a scan as Graph ASCII in one file.

    A line lies along x from 0; its pitch is WITec's own, length over number of points. A map lies around its middle.
    """
    plan, counts = experiment.plan, experiment.counts[number]
    n, line = len(counts), plan.scan.kind == "line"
    coordinates_um = np.zeros((n, 3)) if plan.map is None else plan.map.coordinates_um
    if line:
        coordinates_um[:, 0] = np.arange(n) * plan.scan.step_um
    scan = Scan(
        shift_cm1=experiment.shift_cm1,
        counts=counts,
        kind=plan.scan.kind,  # type: ignore[arg-type]
        name=f"{stem(plan, number)}--Spec.Data 1",
        coordinates_um=coordinates_um,
        grid=None if plan.map is None else (plan.map.ny, plan.map.nx),
    )
    return graph_ascii(scan, rf"D:\{LABEL}\{plan.name}.wip")


def information(experiment: Experiment, scan: int) -> bytes:
    """Return the Information text of a scan, in the English locale."""
    plan = experiment.plan
    n = plan.spectra
    started = plan.scan.started + timedelta(seconds=scan * plan.scan.period_s)
    middle_cm1 = experiment.shift_cm1[experiment.shift_cm1.size // 2]
    middle_nm = 1 / (1 / plan.axis.laser_nm - 1e-7 * middle_cm1)
    lines = [
        stem(plan, scan),
        "",
        "General:",
        f"System ID:\t{LABEL}",
        *clock_lines(started),
        duration_line(n * plan.scan.dwell_s),
        "User Name:\tramanfit simulate",
        f"Sample Name:\t{LABEL} {plan.name}",
        "Configuration:\tRaman CCD1",
        "",
    ]
    if plan.scan.kind == "line":
        lines += [
            "Line Scan:",
            "Start Point [µm]:\t(0.00, 0.00, 0.00)",
            f"End Point [µm]:\t({n * plan.scan.step_um:.2f}, 0.00, 0.00)",
            f"Number of Points:\t{n}",
            "Used Actuator:\tSample Positioner",
            "",
        ]
    if plan.map is not None:
        lines += [
            "Image Scan:",
            f"Points per Line:\t{plan.map.nx}",
            f"Lines per Image:\t{plan.map.ny}",
            f"Scan Width [µm]:\t{plan.map.nx * plan.map.step_x_um:.3f}",
            f"Scan Height [µm]:\t{plan.map.ny * plan.map.step_y_um:.3f}",
            f"Scan Origin X [µm]:\t{plan.map.center_x_um:.3f}",
            f"Scan Origin Y [µm]:\t{plan.map.center_y_um:.3f}",
            "Scan Origin Z [µm]:\t0.000",
            "",
        ]
    lines += [
        f"{LABEL} spectrometer:",
        f"Excitation Wavelength [nm]:\t{plan.axis.laser_nm:.3f}",
        f"Center Wavelength [nm]:\t{middle_nm:.3f}",
        f"Spectral Center [rel. 1/cm]:\t{middle_cm1:.3f}",
        "",
        f"{LABEL} camera:",
        f"Number Of Accumulations:\t{plan.scan.accumulations}",
        f"Integration Time [s]:\t{plan.scan.integration_s:.5f}",
        "",
        "Sample Location (global position):" if plan.scan.kind == "spectrum" else "Scan Table:",
        *(f"Position {axis} [µm]:\t0.000" for axis in ("XYZ" if plan.scan.kind == "spectrum" else "XY")),
        "",
    ]
    return as_bytes(lines)


def truth_table(experiment: Experiment) -> Table:
    """Return the true values as a wide table without standard errors: one row per spectrum that is there.

    With the state of the cell and the cosmic rays if the plan has any.
    """
    plan = experiment.plan
    present, n = list(plan.scan.present), plan.spectra
    columns: dict[str, Column] = {
        "source": tuple(spectra_name(plan, scan) for scan in present for _ in range(n)),
        "scan": np.repeat(present, n),
        "point": plan.names * len(present),
        "position_um": np.tile(experiment.position_um, len(present)),
        "time_s": experiment.time_s[present].ravel(),
    }
    if plan.map is not None:
        x_um, y_um, _ = plan.map.coordinates_um.T
        columns |= {"x_um": np.tile(x_um, len(present)), "y_um": np.tile(y_um, len(present))}
    if experiment.cell is not None:
        for name in ECHEM[:4]:  # cycles are the record's to count
            columns[name] = getattr(experiment.cell, name)[present].ravel()
    true: dict[str, FloatArray] = {}
    for k, name in enumerate(peak.name for peak in experiment.recipe.peaks):
        for quantity in ("center_cm1", "fwhm_cm1", "height", "area"):
            true[column_name(quantity, name)] = getattr(experiment, quantity)[present, :, k].ravel()
    columns |= true
    for ratio in experiment.recipe.ratios:
        for kind, quantity in (("ratio", "height"), ("area_ratio", "area")):
            above, below = (true[column_name(quantity, name)] for name in (ratio.numerator, ratio.denominator))
            columns[column_name(kind, ratio.name)] = above / below
    if plan.spikes is not None:
        columns["spikes"] = experiment.hits[present].ravel()
        hit = experiment.hit[present].reshape(-1, experiment.shift_cm1.size)
        columns["spike_cm1"] = tuple("|".join(f"{x:.2f}" for x in experiment.shift_cm1[row]) for row in hit)
    return Table(columns)

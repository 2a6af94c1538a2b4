"""A Scan as WITec's Graph ASCII text, with its Information text: `ramanfit` and WITec's users read them back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

import numpy as np

from ramanfit.formats.places import from_header, read_labels
from ramanfit.scan.scan import FloatArray, Scan

WITEC = 9  # digits behind the point in Project FIVE's exports
EXACT = 16  # those that make the same number again

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def graph_ascii(scan: Scan, file_name: str = "", digits: int = WITEC) -> bytes:
    """Return spectra and places in the layout of Project FIVE: CRLF, tabs, a blank for a plus sign.

    Parameters
    ----------
    scan : Scan
        Of a line, pitch and start are those of its first two points; of a series, the first two times.
    file_name : str
        The project it came from.
    digits : int
        Behind the point, of shifts and counts.
    """
    n = len(scan)
    header = {"FileName": file_name, **_header(scan), "XAxisUnit": "rel. 1/cm", "DataUnit": "CCD cts"}
    lines = ["//Exported ASCII-File", "[Header]", *(f"{key} = {value}" for key, value in header.items())]
    lines += ["", "[Data]", "\t".join(["X-Axis", *_labels(scan)]), "\t".join(["rel. 1/cm", *["CCD cts"] * n])]
    row = "\t".join([f"% .{digits}E"] * (n + 1))
    lines += [row % tuple(values) for values in np.vstack([scan.shift_cm1, np.asarray(scan.counts)]).T.tolist()]
    return as_bytes(lines)


def left_out(scan: Scan) -> list[str]:
    """Return what Graph ASCII cannot say of a scan: where a reader of its header finds other places or times."""
    lost = ["masked channels"] if scan.mask is not None and scan.mask.any() else []
    place = from_header(_header(scan), len(scan), read_labels(_labels(scan)), "witec")
    if place.kind != scan.kind:
        return [*lost, f"what makes it a {scan.kind} (it is read as a {place.kind})"]
    if not _same(place.offset_s, scan.offset_s):
        lost.append("times that are not evenly spaced")
    if not (_same(place.position_um, scan.position_um) and _same(place.coordinates_um, scan.coordinates_um)):
        lost.append("places that are no even line or upright map")
    return lost


def _same(told: FloatArray | None, measured: FloatArray | None) -> bool:
    """Tell whether a header tells the places or times that were measured, to a millionth of their extent."""
    if measured is None or told is None:
        return measured is None
    return np.allclose(told, measured, rtol=1e-12, atol=1e-6 * float(np.ptp(measured, axis=0).max()))


def information_text(scan: Scan) -> bytes | None:
    """Return an Information text with start, laser and integration time; None if none of them is known."""
    metadata = scan.metadata
    lines = [stem_of(one_line(scan.name)), "", "General:"]
    if metadata.started:
        lines += clock_lines(metadata.started)
    elif metadata.started_raw:
        lines.append(f"Start Date:\t{one_line(metadata.started_raw)}")
    if metadata.duration_s is not None:
        lines.append(duration_line(metadata.duration_s))
    more = [
        ("Excitation Wavelength [nm]", None if metadata.laser_nm is None else _digits(metadata.laser_nm)),
        ("Laser Power [mW]", None if metadata.laser_power_mw is None else _digits(metadata.laser_power_mw)),
        ("Number Of Accumulations", None if metadata.accumulations is None else str(metadata.accumulations)),
        ("Integration Time [s]", None if metadata.integration_s is None else _digits(metadata.integration_s)),
    ]
    told = [f"{key}:\t{value}" for key, value in more if value is not None]
    if told:
        lines += ["", "Spectrometer:", *told]
    return as_bytes([*lines, ""]) if len(lines) > 3 else None


def stem_of(name: str) -> str:
    """Return the part of a measurement's name that its Information text shares."""
    return re.sub(r"((--|[ _])Spec\.Data\b| \(Data\)).*$", "", name)


def clock_lines(started: datetime) -> list[str]:
    """Return date and time of an Information text, in the English locale."""
    date = f"{_DAYS[started.weekday()]}, {_MONTHS[started.month - 1]} {started.day}, {started.year}"
    return [
        f"Start Time:\t{started.hour % 12 or 12}:{started:%M:%S} {'AM' if started.hour < 12 else 'PM'}",
        f"Start Date:\t{date}",
    ]


def duration_line(duration_s: float) -> str:
    """Return the duration of an Information text, in whole seconds."""
    seconds = round(duration_s)
    return f"Duration:\t{seconds // 3600}h {seconds // 60 % 60}m {seconds % 60}s"


def as_bytes(lines: Iterable[str]) -> bytes:
    """Return lines in the code page of WITec's PCs, or in UTF-8 where a name needs it."""
    text = "".join(f"{line}\r\n" for line in lines)
    try:
        data = text.encode("cp1252")
        data.decode()
    except UnicodeDecodeError:
        return data
    except UnicodeEncodeError:
        pass
    return text.encode("utf-8", "replace")  # also where the code page's bytes would be taken for UTF-8


def one_line(name: str) -> str:
    """Return a name without tabs, line ends, control characters and outer blanks, which would spoil the layout."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())


def _labels(scan: Scan) -> list[str]:
    name, index = one_line(scan.name), range(len(scan))
    if scan.grid is not None:
        return [f"{name}({i % scan.grid[1]}/{i // scan.grid[1]})" for i in index]
    return [name] if len(scan) == 1 and not name.endswith(")") else [f"{name}({i})" for i in index]


def _header(scan: Scan) -> dict[str, str]:
    rows, columns = scan.grid or (1, len(scan))
    sizes = {"SizeX": str(columns), "SizeY": str(rows), "SizeGraph": str(scan.channels)}
    return {"GraphName": one_line(scan.name), **sizes, **dict(_where_and_when(scan))}


def _where_and_when(scan: Scan) -> list[tuple[str, str]]:
    n, where = len(scan), scan.coordinates_um
    if scan.kind == "series":
        if scan.offset_s is None:
            return [("SeriesUnit", "s")]
        step = scan.offset_s[1] - scan.offset_s[0] if n > 1 else 1.0
        return [("SeriesUnit", "s"), ("SeriesOffset", _digits(scan.offset_s[0])), ("SeriesScale", _digits(step))]
    if where is None and scan.kind == "line" and scan.position_um is not None:
        where = np.zeros((n, 3))
        where[:, 0] = scan.position_um
    if where is None:
        return []
    if scan.kind == "spectrum":
        return [("PositionUnit", "µm"), *_vector("Position", where[0])]
    if scan.grid is not None:
        rows, columns = scan.grid
        across, down = where[min(1, columns - 1)] - where[0], where[0] - where[columns * min(1, rows - 1)]
        width, height = columns * across[0], rows * down[1]
        middle = where[0] + np.array([width / 2, -height / 2, 0.0])
        sides = [("ScanWidth", _digits(width)), ("ScanHeight", _digits(height))]
        return [("ScanUnit", "µm"), *sides, *_vector("ScanOrigin", middle)]
    reach = n * (where[1] - where[0]) if n > 1 else np.zeros(3)
    length = ("ScanLength", _digits(float(np.linalg.norm(reach))))
    return [("ScanUnit", "µm"), length, *_vector("ScanStart", where[0]), *_vector("ScanStop", where[0] + reach)]


def _vector(name: str, values: np.ndarray) -> list[tuple[str, str]]:
    return [(name + axis, _digits(value)) for axis, value in zip("XYZ", values, strict=True)]


def _digits(value: float) -> str:
    return f"{value:.15g}"

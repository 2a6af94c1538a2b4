"""A Scan as WITec's Graph ASCII text in one file, which `ramanfit` and WITec's users read back."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ramanfit.scan import Scan


def graph_ascii(scan: Scan, file_name: str = "") -> bytes:
    """Return spectra and places in the layout of Project FIVE: CRLF, tabs, a blank for a plus sign.

    Parameters
    ----------
    scan : Scan
        Of a line, pitch and start are those of its first two points; of a series, the first two times.
    file_name : str
        The project it came from.
    """
    n = len(scan)
    rows, columns = scan.grid or (1, n)
    index = range(n)
    labels = [scan.name if n == 1 else f"{scan.name}({i})" for i in index]
    if scan.grid is not None:
        labels = [f"{scan.name}({i % columns}/{i // columns})" for i in index]
    header = [
        ("FileName", file_name),
        ("GraphName", scan.name),
        ("SizeX", str(columns)),
        ("SizeY", str(rows)),
        ("SizeGraph", str(scan.channels)),
        *_place(scan),
        ("XAxisUnit", "rel. 1/cm"),
        ("DataUnit", "CCD cts"),
    ]
    lines = ["//Exported ASCII-File", "[Header]", *(f"{key} = {value}" for key, value in header)]
    lines += ["", "[Data]", "\t".join(["X-Axis", *labels]), "\t".join(["rel. 1/cm", *["CCD cts"] * n])]
    row = "\t".join(["% .9E"] * (n + 1))
    lines += [row % tuple(values) for values in np.vstack([scan.shift_cm1, np.asarray(scan.counts)]).T.tolist()]
    return as_bytes(lines)


def as_bytes(lines: Iterable[str]) -> bytes:
    """Return lines in the code page of WITec's PCs, or in UTF-8 where a name needs it."""
    text = "".join(f"{line}\r\n" for line in lines)
    try:
        return text.encode("cp1252")
    except UnicodeEncodeError:
        return text.encode()


def _place(scan: Scan) -> list[tuple[str, str]]:
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

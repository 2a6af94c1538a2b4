"""What netCDF and NeXus share: the packages they need, and what a scan knows beside its numbers as plain values."""

from __future__ import annotations

import json

from ramanfit.scan.scan import Scan


def about(scan: Scan) -> dict[str, str | float | int]:
    """Return what is known of a scan, by names with units; what is unknown is left out."""
    metadata = scan.metadata
    values: dict[str, str | float | int | None] = {
        "source": scan.source,
        "name": scan.name,
        "kind": scan.kind,
        "axis_unit_in_file": scan.axis_unit,
        "started": metadata.started.isoformat() if metadata.started else metadata.started_raw,
        "duration_s": metadata.duration_s,
        "integration_s": metadata.integration_s,
        "accumulations": metadata.accumulations,
        "laser_nm": metadata.laser_nm,
        "laser_power_mw": metadata.laser_power_mw,
        "grid": f"{scan.grid[0]} x {scan.grid[1]}, x fastest" if scan.grid else None,
        "header": json.dumps(dict(metadata.header), ensure_ascii=False) if metadata.header else None,
    }
    return {name: value for name, value in values.items() if value not in (None, "")}


def valid(text: str) -> str:
    """Return text that HDF5 takes: UTF-8 without NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")

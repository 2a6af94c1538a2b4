"""What a header of LabSpec (Horiba) says: lines ``#Key=<tab>value`` before the numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from ramanfit.formats.information import number, wavelength, whole
from ramanfit.scan.scan import Metadata

_DATES = ("%d.%m.%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S")


def is_labspec(header: Mapping[str, str]) -> bool:
    """Tell whether keys are those of LabSpec."""
    return "Acq. time (s)" in header or "AxisType[0]" in header


def axis_unit(header: Mapping[str, str]) -> str:
    """Return the unit of the spectral axis, an empty text if the header does not say."""
    unit = next((header.get(f"AxisUnit[{key[9:-1]}]", "") for key, kind in header.items() if _is_axis(key, kind)), "")
    return "rel. 1/cm" if unit == "1/cm" else unit  # LabSpec's word for the shift


def _is_axis(key: str, kind: str) -> bool:
    return key.startswith("AxisType[") and kind.casefold().startswith("spectr")


def key_labels(header: Mapping[str, str]) -> list[str]:
    """Return labels for the columns before spectra in rows: ``X (µm)``, ``Time (s)``."""
    labels = []
    for number_of in range(2, 6):
        kind = header.get(f"AxisType[{number_of}]")
        if kind:
            unit = header.get(f"AxisUnit[{number_of}]", "")
            labels.append(f"{kind} ({unit})" if unit else kind)
    return labels


def metadata(header: Mapping[str, str]) -> Metadata:
    """Return what the header says of laser, time and date; a date whose order of day and month is open stays text."""
    laser = header.get("Laser (nm)") or header.get("Laser") or ""
    raw = header.get("Acquired") or header.get("Date") or ""
    return Metadata(
        started=_when(raw),
        started_raw=raw,
        integration_s=number(header.get("Acq. time (s)", "")),
        accumulations=whole(header.get("Accumulations", "")),
        laser_nm=wavelength(re.sub(r"\s*nm.*", "", laser)),
        header=dict(header),
    )


def _when(raw: str) -> datetime | None:
    for form in _DATES:
        try:
            return datetime.strptime(raw.strip(), form)
        except ValueError:
            pass
    return None

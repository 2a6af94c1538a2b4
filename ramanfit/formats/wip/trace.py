"""What the software wrote down of each step, from version 8 on: with which laser, for how long, when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from ramanfit.formats.information import started, wavelength
from ramanfit.formats.wip.tags import Tag

# The vendor's names of these parameters: Laser.ExcitationWavelength, Measurement.WantedIntegrationTime,
# Measurement.SpectralAccumulations, Laser.Power, General.DurationSeconds.
_LASER = "{C59F0865-BCA6-42CC-970B-E78863813092}"
_INTEGRATION = "{C7BF2E9E-4588-4FE7-A661-8BC5F9ABBEA9}"
_ACCUMULATIONS = "{09449FFD-F53F-48FE-A687-D17A866CDB64}"
_POWER = "{DE90D5DF-6355-4003-8C30-69F4ECA394D6}"
_DURATION = "{3BD5B7C3-02B3-4226-8541-B4FA098F9FAA}"


class TracedStep(NamedTuple):
    """One step: a measurement, or something that was done with its data.

    Attributes
    ----------
    inputs : tuple of str
        GUIDs of the data it started from.
    started_raw : str
        Local time as written.
    values : mapping of str to float
        By the GUID of the parameter.
    """

    inputs: tuple[str, ...]
    started_raw: str
    values: Mapping[str, float]

    @property
    def measured(self) -> bool:
        """Whether it was a measurement of spectra."""
        return _INTEGRATION in self.values

    @property
    def metadata(self) -> dict[str, str | float | datetime | None]:
        """What is known of it, by the names of `ramanfit.scan.scan.Metadata`."""
        accumulations = self.values.get(_ACCUMULATIONS)
        return {
            "started": started(self.started_raw),
            "started_raw": self.started_raw,
            "duration_s": self.values.get(_DURATION),
            "integration_s": self.values.get(_INTEGRATION),
            "accumulations": None if accumulations is None else int(accumulations),
            "laser_nm": wavelength(str(self.values.get(_LASER, ""))),
            "laser_power_mw": self.values.get(_POWER),
        }


def read_trace(trace: Tag | None) -> dict[str, TracedStep]:
    """Return the steps by the GUIDs of the data they made.

    Raises
    ------
    FormatError
        If the trace is not whole.
    """
    steps: dict[str, TracedStep] = {}
    for element in _elements(trace):
        values: dict[str, float] = {}
        for group in _elements(element.find("ParamSets")):
            for parameter in _elements(group.find("Params")):
                value = parameter.find("DoubleValue", "IntValue")
                if value is not None:
                    values[parameter["ParamGuid"].text().upper()] = value.number()
        when = element.find("CreationLocalTime")
        step = TracedStep(tuple(_guids(element.find("Inputs"))), "" if when is None else when.text(), values)
        steps |= dict.fromkeys(_guids(element.find("Outputs")), step)
    return steps


def measurement_of(guid: str, steps: Mapping[str, TracedStep]) -> TracedStep | None:
    """Return the measurement that data came from, through all that was done with them."""
    seen: set[str] = set()
    waiting = [guid]
    while waiting:
        guid = waiting.pop()
        step = steps.get(guid)
        if guid in seen or step is None:
            continue
        if step.measured:
            return step
        seen.add(guid)
        waiting += reversed(step.inputs)
    return None


def _guids(tag: Tag | None) -> Iterator[str]:
    return (element["DataGuid"].text().upper() for element in _elements(tag))


def _elements(tag: Tag | None) -> Iterator[Tag]:
    """Yield the elements of a list; nothing where there is none."""
    if tag is not None:
        yield from (tag[f"Element{i}"] for i in range(tag["NumElements"].integer()))

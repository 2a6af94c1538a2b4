"""Values with units on the command line: durations, lengths, wavelengths, windows."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"


class Quantity(click.ParamType):  # type: ignore[type-arg]  # no generic before click 8.2
    """A number with a unit, turned into the base unit; a bare number is in the base unit.

    Parameters
    ----------
    name : str
        What help and errors call it.
    units : dict of str to float
        How many base units each unit is.
    example : str
    minimum : float
        The least value allowed.
    compound : bool
        Whether several may follow one another, as in ``1h30min``.
    """

    def __init__(
        self,
        name: str,
        units: dict[str, float],
        example: str,
        *,
        minimum: float = -math.inf,
        compound: bool = False,
    ) -> None:
        self.name, self._units, self._example = name, units, example
        self._minimum, self._compound = minimum, compound
        unit = "|".join(sorted(map(re.escape, units), key=len, reverse=True))
        self._part = rf"\s*({_NUMBER})\s*({unit})?\s*"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the value in base units."""
        if isinstance(value, (int, float)):
            return float(value)
        text, part = str(value), re.compile(self._part)
        total, end, parts = 0.0, 0, 0
        while end < len(text) and (match := part.match(text, end)):
            number, unit = match.groups()
            if unit is None and (parts or match.end() < len(text)):
                break  # only a number that stands alone needs no unit
            total += float(number) * (self._units[unit] if unit else 1.0)
            end, parts = match.end(), parts + 1
        good = parts and end == len(text) and (parts == 1 or self._compound)
        if not good or not math.isfinite(total) or total < self._minimum:
            self._refuse(text, param, ctx)
        return total

    def _refuse(self, text: str, param: click.Parameter | None, ctx: click.Context | None) -> NoReturn:
        least = f" of at least {self._minimum:g}" if math.isfinite(self._minimum) else ""
        units = ", ".join(self._units)
        self.fail(f"expected a {self.name}{least} such as {self._example} ({units}), found {text!r}", param, ctx)


class WindowRange(click.ParamType):  # type: ignore[type-arg]
    """``LOW,HIGH`` in cm-1."""

    name = "LOW,HIGH"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        """Return both ends."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(rf"\s*({_NUMBER})\s*,\s*({_NUMBER})\s*", str(value))
        low, high = map(float, match.groups()) if match else (0.0, 0.0)
        if not low < high < math.inf:
            self.fail(f"expected LOW,HIGH in cm-1 such as 900,1900, found {str(value)!r}", param, ctx)
        return low, high


class SmoothLength(click.ParamType):  # type: ignore[type-arg]
    """Length of the baseline's smooth part in cm-1, ``auto`` or ``none``."""

    name = "length"
    _words = ("auto", "none")

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float | str:
        """Return a word or the length."""
        text = str(value).strip()
        match = re.fullmatch(rf"({_NUMBER})(?:\s*(?:cm-1|1/cm))?", text)
        length = float(match[1]) if match else 0.0
        if text not in self._words and not 0 < length < math.inf:
            self.fail(f"expected auto, none or a length in cm-1 such as 250, found {str(value)!r}", param, ctx)
        return text if text in self._words else length

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Complete the words."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(word) for word in self._words if word.startswith(incomplete)]


class WidthOrNone(click.ParamType):  # type: ignore[type-arg]
    """Width of the instrument in cm-1, or ``none``; with where it is from."""

    name = "width"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float | str, str]:
        """Return the width, and that it was given."""
        if isinstance(value, tuple):
            return value
        text = str(value).strip()
        match = re.fullmatch(rf"({_NUMBER})(?:\s*(?:cm-1|1/cm))?", text)
        width = float(match[1]) if match else 0.0
        if text == "none":
            return text, ""
        if not 0 < width < math.inf:
            self.fail(f"expected none or a width in cm-1 such as 4.5, found {str(value)!r}", param, ctx)
        return width, "as given with --instrument-width"


class FileName(click.ParamType):  # type: ignore[type-arg]
    """Name of a file or folder, which the shell completes; whether it can be opened is found out by who does."""

    def __init__(self, name: str, kind: str = "file") -> None:
        self.name, self._kind = name, kind

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name as it was typed."""
        return str(value)

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """Return what help calls it."""
        return self.name

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Leave it to the shell."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type=self._kind)]


class Several(click.ParamType):  # type: ignore[type-arg]
    """Values of one kind, separated by commas."""

    def __init__(self, kind: click.ParamType, name: str) -> None:  # type: ignore[type-arg]
        self._kind, self.name = kind, name

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Any, ...]:
        """Return the values."""
        if isinstance(value, tuple):
            return value
        return tuple(self._kind.convert(text.strip(), param, ctx) for text in str(value).split(","))

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Complete the last of them."""
        from click.shell_completion import CompletionItem

        before, comma, last = incomplete.rpartition(",")
        items = self._kind.shell_complete(ctx, param, last)
        return [CompletionItem(f"{before}{comma}{i.value}") for i in items if i.value not in before.split(",")]


class SeveralTimes(Several):
    """Times with their units, separated by commas; 0 needs none."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Any, ...]:
        """Return the times in s."""
        texts = [text.strip() for text in str(value).split(",")]
        if isinstance(value, str) and any(re.fullmatch(_NUMBER, text) and float(text) for text in texts):
            hint = ",".join(f"{text}h" if re.fullmatch(_NUMBER, text) else text for text in texts)
            self.fail(f"expected times with their units such as {hint}, found {value!r}", param, ctx)
        return super().convert(value, param, ctx)


class Ends(click.ParamType):  # type: ignore[type-arg]
    """Names of the two ends of a line."""

    name = "LOW,HIGH"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return both."""
        if isinstance(value, tuple):
            return value
        names = [name.strip() for name in str(value).split(",")]
        if len(names) != 2 or not all(names):
            self.fail(f"expected two names such as Li,SE, found {str(value)!r}", param, ctx)
        return names[0], names[1]


class Moment(click.ParamType):  # type: ignore[type-arg]
    """A date and time by the clock of the lab."""

    name = "YYYY-MM-DDTHH:MM:SS"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return it, without a zone."""
        if isinstance(value, datetime):
            return value
        try:
            return datetime.fromisoformat(str(value)).replace(tzinfo=None)
        except ValueError:
            self.fail(f"expected a date and time such as 2024-01-15T09:00:00, found {str(value)!r}", param, ctx)


class RecordUnits(click.ParamType):  # type: ignore[type-arg]
    """Units of time, voltage, current and charge, one of each kind at most."""

    name = "A,Ah"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Return the units as they were typed."""
        if isinstance(value, tuple):
            return value
        from ramanfit.experiment.cell.columns import sizes_of

        units = tuple(text.strip() for text in str(value).split(","))
        try:
            sizes_of(units)
        except ValueError as error:
            self.fail(f"expected units such as A,Ah or s,V,mA,mAh: {error}", param, ctx)
        return units


class AxisUnit(click.ParamType):  # type: ignore[type-arg]
    """Unit of the axis, in the recipe's word for it."""

    name = "unit"
    _words: ClassVar = {"nm": "nm", "auto": "auto"} | dict.fromkeys(("cm-1", "1/cm", "rel. 1/cm"), "rel. 1/cm")

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return ``auto``, ``rel. 1/cm`` or ``nm``."""
        if value not in self._words:
            self.fail(f"expected cm-1, nm or auto, found {str(value)!r}", param, ctx)
        return self._words[str(value)]


DURATION = Quantity(
    "duration",
    {"s": 1, "sec": 1, "ms": 1e-3, "min": 60, "m": 60, "h": 3600, "d": 86400},
    "10min",
    minimum=0,
    compound=True,
)
TIMES = SeveralTimes(DURATION, "TIME,...")
OFFSET = Quantity("duration", {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400}, "-90s", compound=True)
CAPACITY = Quantity("capacity", {"mAh": 1, "Ah": 1e3, "uAh": 1e-3, "µAh": 1e-3}, "1.5mAh", minimum=1e-9)
LENGTH = Quantity("length", {"um": 1, "µm": 1, "μm": 1, "nm": 1e-3, "mm": 1e3, "cm": 1e4}, "5um")
WAVELENGTH = Quantity("wavelength", {"nm": 1, "um": 1e3, "µm": 1e3}, "532nm", minimum=100)
RECORD_UNITS = RecordUnits()
FILE, FOLDER, FILE_OR_FOLDER = FileName("FILE"), FileName("DIR", "dir"), FileName("FILE|DIR")

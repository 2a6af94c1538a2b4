"""What the columns of a record are, by the names they go by, and in which units."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ramanfit.frozen import dataclass

_SECONDS = dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0)
_MINUTES = dict.fromkeys(("min", "mins", "minute", "minutes"), 60.0)
_HOURS = dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0)
_DAYS = dict.fromkeys(("d", "day", "days"), 86400.0)
UNITS: dict[str, dict[str, float]] = {
    "time": {**_SECONDS, **_MINUTES, **_HOURS, **_DAYS, "ms": 1e-3},
    "voltage": {"v": 1.0, "volt": 1.0, "volts": 1.0, "vvsref": 1.0, "mv": 1e-3},
    "current": {"a": 1e3, "amp": 1e3, "amps": 1e3, "ampere": 1e3, "ma": 1.0, "µa": 1e-3, "ua": 1e-3, "na": 1e-6},
    "charge": {
        **{"ah": 1e3, "amp-hr": 1e3, "mamp-hr": 1.0, "amperehour": 1e3, "mah": 1.0, "µah": 1e-3, "uah": 1e-3},
        **{"c": 1 / 3.6, "mc": 1e-3 / 3.6},
    },
}
"""Of each kind of quantity: the units and their size in s, V, mA, mAh."""

# Names in order of preference, without unit, brackets, blanks, dots and case.
CELL_VOLTAGES = ("ecell", "ewe-ece", "voltage", "cellvoltage", "terminalvoltage", "u", "volts", "volt", "mvolts")
VOLTAGES = (*CELL_VOLTAGES, "ewe", "e", "vf", "potential", "we1potential", "v")
COUNTER_VOLTAGES = ("ece", "ecv")  # the working electrode's voltage less this one is the cell's
CURRENTS = ("i", "current", "amps", "mamps", "cur", "im", "we1current")
SET_CURRENTS = ("control",)
INCREMENTS = ("dq",)  # what passed since the row before
CHARGED = (
    *("qcharge", "chargecapacity", "chargingcapacity", "chgcap", "chgcapacity", "capacitychg", "capchg"),
    *("capacitancechg", "capacity-chg", "chargecap"),
)
DISCHARGED = (
    *("qdischarge", "dischargecapacity", "dischargingcapacity", "dchgcap", "dchgcapacity", "capacitydchg"),
    *("capdchg", "capacitancedchg", "capacity-dchg", "dischargecap"),
)
NET_CHARGES = ("q-qo", "netcapacity", "netcharge")
SIGNED_CHARGES = ("qcharge/discharge", "dQ")
SIZES_OF_CHARGE = ("capacity", "cap", "stepcapacity", "amp-hr", "mamp-hr", "charge", "q", "ah")
SECTIONS = ("halfcycle", "ns", "cyclenumber", "loop", "step", "stepindex", "stepid", "steptype", "stepnumber")
CYCLES = ("cyclenumber", "cycleindex", "cycle", "cycleid", "cyclecount", "cycledimensionless", "cyc", "cyclep")
HALF_CYCLES = ("halfcycle",)
DIRECTIONS = ("state", "steptype", "stepname", "status", "md")
TEST_TIMES = ("testtime", "totaltime", "cumulativetime", "elapsedtime", "runtime", "test", "correctedtime")
TIMES = ("time", "t")
CLOCKS = (
    *("timestamp", "datetime", "dpttime", "realtime", "absolutetime", "unixtime", "epoch", "epochtime", "systime"),
    *("systemtime", "datestamp", "dateandtime", "date"),
)
DATES = ("date", "day")

# Names that are units.
_CARRIED = {"volts": "v", "volt": "v", "mvolts": "mv", "amps": "a", "mamps": "ma", "amp-hr": "ah", "mamp-hr": "mah"}


@dataclass(frozen=True)
class Name:
    """A column's name taken apart.

    Attributes
    ----------
    plain : str
        Without unit, blanks, dots and brackets, in lower case: ``q-qo`` of ``(Q-Qo)/mA.h``. Only ``dQ``, which counts
        from the start of a step, keeps its capital: EC-Lab's ``dq`` is what passed since the row before.
    unit : str
        In lower case, ``mah`` of ``mA.h``; empty where there is none.
    """

    plain: str
    unit: str


def name_of(text: str) -> Name:
    """Take a column's name apart: ``<Ewe>/V``, ``time_s``, ``Voltage (V)``, ``Test Time / s``, ``Amp-hr``."""
    text = text.strip().strip("\"'#~").strip().replace("μ", "µ")
    if text in ("<Ewe/V>", "<Ece/V>"):
        text = text[:-3] + ">/V"
    plain, unit = text, ""
    for way in (r"(.*\S)\s*[(\[]([^()\[\]]+)[)\]]", r"(.+?)\s*/\s*([^/]+)", r"(.+)/([^/]+)", r"(.+)_([A-Za-zµ.]+)"):
        match = re.fullmatch(way, text)
        tried = re.sub(r"[.·*\s]", "", match[2]).lower() if match else ""
        if match and (any(tried in units for units in UNITS.values()) or _is_form(tried) or tried == "1"):
            plain, unit = match[1], "" if tried == "1" or _is_form(tried) else tried
            break
    short = re.sub(r"[<>()\[\]\s_.#]", "", plain)
    short = short if short == "dQ" else short.lower()
    return Name(short, unit or _CARRIED.get(short, ""))


def _is_form(unit: str) -> bool:
    """Tell whether it is how times are written, ``h:min:s.ms``."""
    return re.search(r"h\w*:m|m\w*:s", unit) is not None


def has_role(name: Name) -> str:
    """Return what kind of quantity a column's name promises: time, voltage, current, charge; empty: none of them."""
    if name.plain in (*TEST_TIMES, *TIMES, *CLOCKS) and name.unit in ("", *UNITS["time"]):
        return "time"
    charges = (*NET_CHARGES, *SIGNED_CHARGES, *SIZES_OF_CHARGE, *CHARGED, *DISCHARGED, *INCREMENTS)
    for kind, plains in (("voltage", VOLTAGES), ("current", CURRENTS), ("charge", charges)):
        if name.plain in plains and name.unit in ("", *UNITS[kind]):
            return kind
    return ""


@dataclass(frozen=True)
class Located:
    """A column that was looked for.

    Attributes
    ----------
    index : int
    factor : float or None
        To s, V, mA or mAh; None: its unit is not known.
    """

    index: int
    factor: float | None


def find(names: Sequence[Name], wanted: Sequence[str], kind: str, known: Mapping[str, float]) -> Located | None:
    """Return the most preferred column that is there.

    Parameters
    ----------
    names : sequence of Name
    wanted : sequence of str
    kind : {"time", "voltage", "current", "charge"}
    known : mapping of str to float
        Sizes of units of columns that do not say theirs, by kind.
    """
    units = UNITS[kind]
    for plain in wanted:
        for i, name in enumerate(names):
            if name.plain == plain and (name.unit in units or not name.unit):
                return Located(i, units.get(name.unit) if name.unit else known.get(kind))
    return None


def position(names: Sequence[Name], wanted: Sequence[str]) -> int | None:
    """Return where the most preferred column without a unit is."""
    plains = [name.plain for name in names]
    return next((plains.index(plain) for plain in wanted if plain in plains), None)


def sizes_of(units: Sequence[str]) -> dict[str, float]:
    """Return the size of each unit by its kind: ``A, Ah`` is ``{"current": 1000, "charge": 1000}``.

    Raises
    ------
    ValueError
        If one is no unit, or two are of one kind.
    """
    sizes: dict[str, float] = {}
    for unit in units:
        plain = unit.strip().replace("μ", "µ").replace(".", "")
        kind = next((kind for kind, those in UNITS.items() if plain.lower() in those), "")
        if not kind:
            raise ValueError(f"{unit!r} is no unit of time, voltage, current or charge")
        if kind in sizes:
            raise ValueError(f"{unit!r} is a second unit of {kind}")
        sizes[kind] = UNITS[kind][plain.lower()]
    return sizes


ARBIN = {"testtime", "stepindex", "cycleindex", "chargecapacity", "dischargecapacity"}
"""Names of which, all together, only Arbin's exports are made: s, V, A and Ah where they do not say so."""


def vendor_of(names: Sequence[Name]) -> str:
    """Return whose layout the names are: Arbin, EC-Lab, Maccor; empty where they could be anybody's."""
    plains = {name.plain for name in names}
    if plains >= ARBIN:
        return "Arbin"
    if "q-qo" in plains and plains & {"ecell", "ewe", "qcharge/discharge"}:
        return "EC-Lab"
    if (plains >= {"volts", "state"} and plains & {"amps", "mamps"}) or (
        {"rec", "testtime", "steptime"} <= plains and "step" in plains
    ):
        return "Maccor"
    return ""

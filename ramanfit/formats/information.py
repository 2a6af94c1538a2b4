"""The Information text beside a measurement: when it was taken, for how long, with which laser, along which line.

It is read in the locales that were met, and written in English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ramanfit.errors import RamanfitError
from ramanfit.formats.bytes_in import Source, strip_endings
from ramanfit.formats.streams import is_stream
from ramanfit.formats.text import as_bytes, decode, header_number, one_line
from ramanfit.formats.units import plain
from ramanfit.scan.scan import Scan

_ENTRY = re.compile(r"([^:\t]+):(\t| *\t| +)(.*)")
_SECTIONS = {"line scan": "line", "image scan": "map", "time series": "series", "video system": "video"}
_NAME = re.compile(
    r"(?P<number>\d{1,4} +)?(?P<stem>.+?)"
    r"(?P<end>(?:--|[ _])Spec\.Data\b.*| \(Data\).*|(?P<information>(?:--|[ _-])Information))?",
    re.IGNORECASE,
)
_LONGEST = 1 << 20
_LARGEST = 1e15
_MONTHS = {
    name: month
    for month, names in enumerate(
        (
            ("january", "januar", "január"),
            ("february", "februar", "február"),
            ("march", "märz", "március"),
            ("april", "április"),
            ("may", "mai", "május"),
            ("june", "juni", "június"),
            ("july", "juli", "július"),
            ("august", "augusztus"),
            ("september", "szeptember"),
            ("october", "oktober", "október"),
            ("november",),
            ("december", "dezember"),
        ),
        start=1,
    )
    for name in names
}
_ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ENGLISH_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class Information(NamedTuple):
    """An Information text.

    Attributes
    ----------
    file : str
        Its path; empty if it was not read from one.
    title : str
        Name of the measurement, its first line.
    kind : str
        ``line``, ``map``, ``series``, ``spectrum``, or ``video`` for what is no spectrum.
    entries : tuple of (section, key, value)
        As written, in their order.
    """

    file: str
    title: str
    kind: str
    entries: tuple[tuple[str, str, str], ...]

    def text(self, key: str) -> str:
        """Return the last value of a key that is not empty, else an empty string.

        The last, because camera and measurement may both have an integration time.
        """
        wanted = plain(key)
        for _, its_key, value in reversed(self.entries):
            if value and plain(its_key) == wanted:
                return value
        return ""

    def number(self, key: str) -> float | None:
        """Return the last value of a key as a finite number, None where there is none."""
        return number(self.text(key).strip("[]"))

    def vector(self, key: str) -> tuple[float, float, float] | None:
        """Return a value such as ``(0.00, 0.00, 20.00)``."""
        values = [number(field) for field in self.text(key).strip("()").split(",")]
        if len(values) != 3 or None in values:
            return None
        return values[0] or 0.0, values[1] or 0.0, values[2] or 0.0

    @property
    def laser_nm(self) -> float | None:
        """Excitation wavelength, None when missing or impossible."""
        return wavelength(self.text("Excitation Wavelength [nm]"))

    @property
    def started_raw(self) -> str:
        """Date and time as written."""
        date = self.text("Start Date") or self.text("Date")
        return f"{date} {self.text('Start Time') or self.text('Time')}".strip()

    @property
    def duration_s(self) -> float | None:
        """Duration of the whole measurement."""
        amounts = re.findall(r"(\d{1,9})\s*([dhms])\b", self.text("Duration"))
        return sum(float(n) * {"d": 86400, "h": 3600, "m": 60, "s": 1}[u] for n, u in amounts) if amounts else None

    @property
    def header(self) -> dict[str, str]:
        """All keys; one that comes again is told apart by its section."""
        header: dict[str, str] = {}
        for section, key, value in self.entries:
            header[f"{section}: {key}" if key in header else key] = value
        return header


def number(text: str) -> float | None:
    """Return a number that an instrument could have written, None for anything else."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if abs(value) < _LARGEST else None


def whole(text: str) -> int | None:
    """Return a count, None for anything else."""
    value = number(text)
    return int(value) if value is not None and value.is_integer() and value >= 0 else None


def wavelength(text: str) -> float | None:
    """Return a laser's wavelength in nm, None for anything else."""
    value = number(text)
    return value if value is not None and 100 <= value <= 100_000 else None


def started(raw: str) -> datetime | None:
    """Return a date and time, None where the words are of a language that is not known.

    English (12 h), German and Hungarian names of months, ISO dates and ``25.05.2023`` are read; a date such
    as ``3/9/2022`` is not, for it means two days. A zone counts where it stands behind the clock as ``+02:00``.
    """
    clock = re.search(r"(\d{1,2}):(\d{2}):(\d{2})\s*([AP]M)?\b", raw, re.IGNORECASE)
    if clock is None:
        return None
    rest = raw[: clock.start()] + " " + raw[clock.end() :]
    iso = re.search(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b", rest)
    dotted = re.search(r"\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})\b", rest)
    if iso:
        year, month, day = (int(digits) for digits in iso.groups())
    elif dotted:
        day, month, year = (int(digits) for digits in dotted.groups())
    else:
        months = {_MONTHS[w] for w in re.findall(r"[^\W\d_]+", rest.casefold()) if w in _MONTHS}
        years, days = re.findall(r"\b\d{4}\b", rest), re.findall(r"\b\d{1,2}\b", rest)
        if not (len(months) == len(years) == len(days) == 1):
            return None
        year, month, day = int(years[0]), months.pop(), int(days[0])
    hour = int(clock[1])
    if clock[4]:
        hour = hour % 12 + (12 if clock[4].upper() == "PM" else 0)
    zone = re.match(r"[+-]\d{2}:\d{2}\b", raw[clock.end() :])
    try:
        return datetime.fromisoformat(
            f"{year:04}-{month:02}-{day:02}T{hour:02}:{clock[2]}:{clock[3]}{zone[0] if zone else ''}"
        )
    except ValueError:
        return None


def parse(text: str, file: str = "") -> Information:
    """Read an Information text."""
    title, section, kind = "", "", "spectrum"
    entries: list[tuple[str, str, str]] = []
    for line in text.splitlines():
        entry = _ENTRY.fullmatch(line)
        if entry:
            entries.append((section, entry[1].strip(), entry[3].strip()))
        elif line.rstrip().endswith(":"):
            section = line.strip().rstrip(":")
            kind = next((k for s, k in _SECTIONS.items() if section.lower().startswith(s)), kind)
        elif line.strip() and not title and not entries:
            title = line.strip()
    if title.lower().startswith("video"):
        kind = "video"
    return Information(file, title, kind, tuple(entries))


def sniff(head: bytes) -> bool:
    """Tell whether a file is an Information text, of a spectrum or of a video image."""
    if b"General:" not in head[:4096]:
        return False
    lines = [line.strip() for line in head[:4096].splitlines() if line.strip()]
    return b"General:" in lines[:4] and any(
        line.startswith((b"System ID:", b"Start Time:", b"Time:", b"Start Date:", b"Duration:")) for line in lines
    )


def parse_name(name: str) -> tuple[str, str, bool]:
    """Return a file name's export number, the measurement's stem, and whether it is an Information text."""
    match = _NAME.fullmatch(strip_endings(name))
    if match is None:
        return "", name.casefold(), False
    return (match["number"] or "").strip(), match["stem"].casefold(), match["information"] is not None


@lru_cache(maxsize=8)
def _informations(folder: Path, changed: int) -> Mapping[str, list[tuple[str, Path]]]:
    """Return the Information texts of a folder by stem; `changed` renews the cache."""
    by_stem: dict[str, list[tuple[str, Path]]] = {}
    for file in folder.iterdir():
        export, stem, is_information = parse_name(file.name)
        if is_information:
            by_stem.setdefault(stem, []).append((export, file))
    return by_stem


def companion(file: Path | None) -> tuple[Information | None, tuple[str, ...]]:
    """Find the Information text that belongs to a file of spectra.

    The stems must agree; the number that an export puts before the name differs between the two, and counts
    only where several texts have that stem. Texts of video images are passed over.

    Returns
    -------
    information : Information or None
    notes : tuple of str
        Why none was taken although there were some.
    """
    if file is None:
        return None, ()
    export, stem, _ = parse_name(file.name)
    try:
        candidates = _informations(file.parent, file.parent.stat().st_mtime_ns).get(stem, [])
    except OSError:
        return None, ()
    texts: list[tuple[str, Information]] = []
    for its_export, path in candidates:
        if is_stream(str(path)):
            return None, (f"Information text not read: {path.name} is a FIFO, socket or device",)
        try:
            with Source.open(str(path)) as source:
                if sniff(source.head):
                    text = parse(decode(source.rest()[:_LONGEST]), str(path))
                    if text.kind != "video":
                        texts.append((its_export, text))
        except RamanfitError as error:
            return None, (f"Information text not read: {error}",)
    same = [text for its_export, text in texts if its_export == export]
    chosen = same if len(same) == 1 else [text for _, text in texts]
    if len(chosen) == 1:
        return chosen[0], ()
    if chosen:
        return None, (f"{len(chosen)} Information texts could belong to it: none was taken",)
    return None, ()


def information_text(scan: Scan) -> bytes | None:
    """Return an Information text with start, laser and integration time; None if none of them is known."""
    metadata = scan.metadata
    lines = [stem_of(one_line(scan.name)), "", "General:"]
    if metadata.started and metadata.started.tzinfo is None:
        lines += clock_lines(metadata.started)
    elif metadata.started:
        lines.append(f"Start Date:\t{metadata.started.isoformat(' ', 'seconds')}")
    elif metadata.started_raw:
        lines.append(f"Start Date:\t{one_line(metadata.started_raw)}")
    if metadata.duration_s is not None:
        lines.append(duration_line(metadata.duration_s))
    more = [
        ("Excitation Wavelength [nm]", None if metadata.laser_nm is None else header_number(metadata.laser_nm)),
        ("Laser Power [mW]", None if metadata.laser_power_mw is None else header_number(metadata.laser_power_mw)),
        ("Number Of Accumulations", None if metadata.accumulations is None else str(metadata.accumulations)),
        ("Integration Time [s]", None if metadata.integration_s is None else header_number(metadata.integration_s)),
    ]
    told = [f"{key}:\t{value}" for key, value in more if value is not None]
    if told:
        lines += ["", "Spectrometer:", *told]
    return as_bytes([*lines, ""]) if len(lines) > 3 else None


def stem_of(name: str) -> str:
    """Return the part of a measurement's name that its Information text shares."""
    return re.sub(r"((--|[ _])Spec\.Data\b| \(Data\)).*$", "", name)


def clock_lines(start: datetime) -> list[str]:
    """Return date and time of an Information text, in the English locale."""
    date = f"{_ENGLISH_DAYS[start.weekday()]}, {_ENGLISH_MONTHS[start.month - 1]} {start.day}, {start.year}"
    return [
        f"Start Time:\t{start.hour % 12 or 12}:{start:%M:%S} {'AM' if start.hour < 12 else 'PM'}",
        f"Start Date:\t{date}",
    ]


def duration_line(duration_s: float) -> str:
    """Return the duration of an Information text, in whole seconds."""
    seconds = round(duration_s)
    return f"Duration:\t{seconds // 3600}h {seconds // 60 % 60}m {seconds % 60}s"

"""JCAMP-DX: ``##LABEL=value`` and a table, one block or many.

McDonald and Wilks, Applied Spectroscopy 42 (1988) 151. What the labels say of the table is checked against it.
"""

from __future__ import annotations

import re
from datetime import datetime

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.formats import information
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.deliver import Measurement, deliver
from ramanfit.formats.information import number, wavelength, whole
from ramanfit.formats.jcamp_blocks import HINT, LabelledBlock, blocks_of, plain_label
from ramanfit.formats.jcamp_rows import Ordinates, unit_of
from ramanfit.formats.places import Place
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.text import decode, one_line
from ramanfit.formats.units import SHIFT, file_unit, label_unit
from ramanfit.scan.scan import FloatArray, Metadata, Scan

_VERSION = re.compile(rb"(?i)(?:^|[\r\n])[ \t]*##[ \t]*JCAMP[-/_ \t]*DX[ \t]*=")
_SAID = re.compile(rb"(?i)[\r\n][ \t]*##[ \t]*(DATA[-/_ \t]*TYPE|[XY][-/_ \t]*UNITS)[ \t]*=([^\r\n$]*)")
_LASER = re.compile(
    r"[$.]?(RAMAN)?(LASER|EXCITATION)(LASER|LINE)?(WAVELENGTH|(?P<wavenumber>WAVENUMBER|FREQUENCY))?\(?(?P<unit>NM|CM1|1CM)?\)?"
)
_DATE = re.compile(r"(\d\d)?(\d\d)/(\d\d?)/(\d\d?)(?=$|\s)")
_LARGEST_SHIFT = 5000.0  # beyond it an axis in 1/cm holds wavenumbers


def sniff(head: bytes) -> bool:
    """Tell whether there are labels from the first line on, and the standard's version among them."""
    return head.lstrip()[:2] in (b"##", b"$$") and _VERSION.search(head) is not None


def no_spectrum(source: Source) -> str:
    """Return what the file holds if its head says so and that is no Raman spectrum."""
    said = [(plain_label(decode(label)), one_line(decode(value))) for label, value in _SAID.findall(source.head)]
    kinds = [value for label, value in said if label == "DATATYPE" and value.upper() not in ("", "LINK")]
    if not kinds or any("RAMAN" in value.upper() for _, value in said):
        return ""
    return f"JCAMP-DX of other data than a Raman spectrum: {kinds[0][:40]}"


def read(source: Source, options: ReadOptions) -> list[Scan]:
    """Read every Raman spectrum of the file as a measurement of its own.

    Raises
    ------
    FormatError
        With the line that is wrong; also if there is no such spectrum.
    """
    everything = list(blocks_of(source))
    blocks = [block for block in everything if block.kind != "LINK"]
    for link in everything:
        planned = whole(link.text("BLOCKS"))
        if planned is not None and link.kind == "LINK" and len(everything) < planned:  # some count the link itself
            raise FormatError(
                source.path, line=link.line("BLOCKS"), expected=f"{planned} blocks", found=str(len(everything) - 1)
            )
    spectra = [block for block in blocks if block.is_raman and block.rows]
    if not spectra:
        for label, line in (table for block in blocks for table in block.passed.items()):
            what = f"##{label}= is a form of JCAMP-DX that is not read"
            raise FormatError(source.path, what, line=line, hint=HINT)
        kinds = ", ".join(dict.fromkeys(block.kind for block in blocks if not block.is_raman))
        expected = "##DATA TYPE=RAMAN SPECTRUM" if kinds else "a table such as ##XYDATA=(X++(Y..Y))"
        hint = "if it is one, the label is to be corrected" if kinds else None
        raise FormatError(source.path, expected=expected, found=kinds[:200] or "none", hint=hint)
    others = len(blocks) - len(spectra)
    notes = (f"{others} block{'s' * (others > 1)} without a Raman spectrum passed over",) if others else ()
    return [_scan(block, source, options, notes) for block in spectra]


def _scan(block: LabelledBlock, source: Source, options: ReadOptions, notes: tuple[str, ...]) -> Scan:
    rows = block.rows
    if rows is None or not rows.y:
        raise FormatError(source.path, expected="a table of numbers", found="an empty one")
    points = block.number("NPOINTS")
    if points is not None and points != len(rows.y):
        raise FormatError(
            source.path,
            f"##NPOINTS={points:.15g}",
            line=block.line("NPOINTS"),
            expected="as many points as there are",
            found=f"{len(rows.y)} of them",
            hint="the file is cut short, or a row is missing" if points > len(rows.y) else None,
        )
    if points is None and not block.ended:
        raise FormatError(
            source.path, expected="##NPOINTS= or ##END=, which tell whether all is there", found="neither"
        )
    factors = [1.0 if (factor := block.number(label)) is None else factor for label in ("XFACTOR", "YFACTOR")]
    for label, factor in zip(("XFACTOR", "YFACTOR"), factors, strict=True):
        if not factor:
            raise FormatError(source.path, line=block.line(label), expected="a factor", found="0")
    x = _axis(block, rows, factors[0])
    header = {written: "\n".join(values) for written, values in block.header.items()}
    if not block.kind:
        notes = (*notes, "the file does not name its data type: taken as a Raman spectrum")
    date, time = block.text("LONGDATE") or block.text("DATE"), block.text("TIME")
    if ":" not in date:
        date = f"{date} {time}{':00' if re.fullmatch(r'[0-9]{1,2}:[0-9]{2}', time) else ''}".strip()
    with np.errstate(all="ignore"):  # what becomes infinite is masked and said
        counts = np.frombuffer(rows.y) * factors[1]
    return deliver(
        Measurement(source.path, x, counts[None, :], rows.line, unit=_unit(block.text("XUNITS"), x), header=header),
        source=source.path,
        name=one_line(block.text("TITLE")) or source.stem,
        place=Place("spectrum"),
        options=options,
        metadata=Metadata(started=_started(date), started_raw=date, laser_nm=_laser(block), header=header),
        notes=(*notes, *(f"##{label}= behind the spectrum passed over" for label in block.passed)),
    )


def _axis(block: LabelledBlock, rows: Ordinates, factor: float) -> FloatArray:
    """Return the axis, checked against the labels and against the first number of every row."""
    first, last = block.number("FIRSTX"), block.number("LASTX")
    if block.pairs:
        x = np.array(rows.x) * factor
    elif first is None or last is None:
        missing = "FIRSTX" if first is None else "LASTX"
        raise FormatError(block.path, expected=f"##{missing}= with ##XYDATA=(X++(Y..Y))", found="none")
    else:
        x = np.linspace(first, last, len(rows.y))
        step = abs(last - first) / max(x.size - 1, 1)
        if len(rows.lines) < len(rows.y) or rows.units[0] * abs(factor) > step / 10:
            _check_rows(block, rows, x, factor, step)
            _check_step(block, x, step)
            return x
        x = np.array(rows.starts) * factor  # one for every point: they need not be even
    for label, end, at in (("FIRSTX", first, 0), ("LASTX", last, -1)):
        near = np.abs(np.diff(x[:2] if at == 0 else x[-2:])).sum() / 2
        if end is not None and not abs(end - x[at]) <= near + unit_of(block.text(label)) + abs(factor) * 1e-9:
            raise FormatError(
                block.path,
                f"##{label}={end:.15g}",
                line=block.line(label),
                expected=f"what the table {'begins' if at == 0 else 'ends'} with",
                found=f"{x[at]:.15g} there",
            )
    return x


def _check_rows(block: LabelledBlock, rows: Ordinates, x: FloatArray, factor: float, step: float) -> None:
    """See that every row begins where its first channel is, within its last digit and less than half a channel."""
    for line, channel, check, start, unit in zip(
        rows.lines, rows.channels, rows.checks, rows.starts, rows.units, strict=True
    ):
        places = x[channel : channel + 1 + check]  # some write that of the first new ordinate
        if not any(abs(start * factor - place) <= 0.4 * step + 0.5 * unit * abs(factor) for place in places):
            raise FormatError(
                block.path,
                line=line,
                expected=f"{x[min(channel, x.size - 1)] / factor:.9g} as its first number, after those before",
                found=f"{start:.15g}",
                hint="##FIRSTX=, ##LASTX= or ##XFACTOR= is wrong, or a point is missing",
            )


def _check_step(block: LabelledBlock, x: FloatArray, step: float) -> None:
    said, gaps = block.number("DELTAX"), x.size - 1
    if said is None or abs(abs(said) - step) * gaps <= step / 2 + gaps * unit_of(block.text("DELTAX")) / 2:
        return
    raise FormatError(
        block.path,
        f"##DELTAX={said:.15g}",
        line=block.line("DELTAX"),
        expected="the step that ##FIRSTX=, ##LASTX= and ##NPOINTS= give",
        found=f"{step:.9g}",
    )


def _unit(written: str, x: FloatArray) -> str:
    text = written.strip().upper()
    if text in ("NANOMETERS", "NANOMETRES", "MICROMETERS", "MICROMETRES"):
        return "nm" if text.startswith("NANO") else "µm"
    unit = file_unit(written) or label_unit(written) or written
    if unit in ("1/cm", SHIFT):  # the standard's 1/CM is the shift of a Raman spectrum
        return "1/cm" if x.min() > _LARGEST_SHIFT else SHIFT
    return unit


def _started(date: str) -> datetime | None:
    """Return a date with a time; a year of two digits counts where it can be no day."""
    match = _DATE.match(date)
    if match is None:
        return information.started(date)
    century, year, month, day = match.groups()
    if century is None and int(year) < 32:
        return None
    return information.started(f"{century or 19}{year}-{month}-{day} {date[match.end() :]}")


def _laser(block: LabelledBlock) -> float | None:
    """Return the laser's wavelength from whatever label of the maker's own holds it."""
    for label, (text, _) in block.values.items():
        match = _LASER.fullmatch(re.sub(r"[^\w$.()]", "", label))
        value = re.fullmatch(r"([\d.,]+)\s*(nm|cm-1|1/cm|cm\^-1)?", text.strip(), re.IGNORECASE) if match else None
        if match is None or value is None:
            continue
        laser = number(value[1])
        inverse = "CM" in (value[2] or "").upper() or match["wavenumber"] or "CM" in (match["unit"] or "")
        if laser and inverse:
            laser = 1e7 / laser
        if laser is not None and 150 <= laser <= 3000:
            return wavelength(str(laser))
    return None


READER = Reader(
    name="JCAMP-DX",
    parses="Raman spectra as (X++(Y..Y)) in AFFN, PAC, SQZ, DIF and DUP with their checks, and as (XY..XY); "
    "axis in Raman shift, nm, µm or 1/cm; one block or many linked ones",
    skips="blocks of other data than Raman spectra; tables of peaks beside a spectrum",
    unseen="an axis in µm; NTUPLES, which are refused",
    sniff=sniff,
    read=read,
    no_spectrum=no_spectrum,
)

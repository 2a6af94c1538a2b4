"""What the labels of a table's columns say: which is the axis, which are spectra, which are neither."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from math import isfinite

from ramanfit.formats.text import is_number
from ramanfit.formats.units import file_unit, label_unit

AXIS, INDEX, TIME, PLACE, RECORD, SPECTRUM = "axis", "index", "time", "place", "record", "spectrum"
ERROR, FIT, BASELINE, PROCESSED = "error", "fit", "baseline", "processed"
BESIDE = (ERROR, FIT, BASELINE, PROCESSED)
"""What stands beside spectra and is none."""

_LONGEST = 200  # characters of a label that are looked at
_COUNTS = re.compile(r"(?i)\b(intens\w*|counts?|cts|signal|absorbance|ccd)\b")
_AXIS = re.compile(
    r"(?i)\W*(x[-_ ]?axis\b|raman[-_ ]?shift|(.*[\W_])?shift\d*\b|(.*[\W_])?wave[-_ ]?(numbers?|lengths?)?s?\d*\b"
    r"|wellen(zahl|länge)|(.*[\W_])?(raman)?verschiebung|nombres? d.ondes?|décalage|número de onda|desplazamiento"
    r"|lambda\b|freq|energy)"
)
_TIME = re.compile(r"(?i)(.*[\W_])?(time|zeit|seconds)(_(s|ms|min|h))?\b|t\s*([/(\[].*)?$")
_PLACE = re.compile(r"(?i)[xyz](a|[-_ ]?(pos(ition)?|um|µm|mm|nm))?\s*([/(\[].*)?|pos(ition)?(_(um|µm|mm|nm))?\b.*")
_INDEX = re.compile(r"(?i)|#|index|idx|row|n[or]?\.?|unnamed: ?\d+|pixels?|channels?|points?|id|spectrum|scan")
_RECORD = re.compile(
    r"(?i).*\b(voltage|current|capacity|potential|charge|temperature|ewe|ecell|[iu]\s*\[[av]\]|mode|cycle|step|"
    r"angle|(2[-_ ]?)?theta|degrees?|m/z|retention|binding)\b"
)
_WORDS = {
    ERROR: {"error", "errors", "err", "yerr", "sigma", "std", "stdev", "stddev", "stderr", "uncertainty", "variance"},
    FIT: {"fit", "fitted", "fitting", "bestfit", "residual", "residuals", "residuum"},
    BASELINE: {"baseline", "background", "bkg", "bgd", "dark"},
}
_EXACT = {
    **dict.fromkeys(("sd", "dy", "di", "weight", "weights", "variance", "esd"), ERROR),
    **dict.fromkeys(("model", "difference", "component"), FIT),
    **dict.fromkeys(("bg", "reference"), BASELINE),
}
_PROCESSED = {
    *("corrected", "subtracted", "smoothed", "normalized", "normalised", "processed", "despiked", "filtered"),
    *("denoised", "detrended", "smooth", "norm"),
}
_OF_A_KIND = {*("raw", "original", "measured", "unprocessed", "intensity", "counts", "signal", "spectrum", "data")}
_UNIT = re.compile(r"\s*(\[.*\]|\(.*\)|a\.?\s?u\.?|arb.*|(ccd )?c(oun)?ts?|)\s*", re.IGNORECASE)


def words(label: str) -> list[str]:
    """Return the words of a label without what stands in brackets, in lower case."""
    plain = re.sub(r"[(\[][^()\[\]]{0,80}[)\]]", " ", label[:_LONGEST])
    return re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain).lower())


@lru_cache(maxsize=4096)  # the files of a folder have the same labels
def role(label: str) -> str:
    """Return what a column of this label holds; `SPECTRUM` if it says nothing else."""
    text = label[:_LONGEST].strip().strip("\"'").strip().lstrip("#% ")
    counts = _COUNTS.search(text) is not None
    unit = label_unit(text)
    if not counts and (_AXIS.match(text) or (unit is not None and not (unit == "µm" and _PLACE.fullmatch(text)))):
        return AXIS
    its = words(text)
    if _PROCESSED & set(its):
        return PROCESSED
    for kind, names in _WORDS.items():
        if names & set(its):
            return kind
    exact = _EXACT.get(" ".join(its))
    if exact is not None:
        return exact
    if counts:
        return SPECTRUM
    for pattern, kind in ((_INDEX, INDEX), (_TIME, TIME), (_PLACE, PLACE), (_RECORD, RECORD)):
        if pattern.fullmatch(text) or (kind in (TIME, RECORD) and pattern.match(text)):
            return kind
    return SPECTRUM


def same_sample(label: str) -> str:
    """Return what a label says beside how its spectrum was treated, to find the raw one of a corrected one."""
    treatment = _PROCESSED | _OF_A_KIND | {word for names in _WORDS.values() for word in names}
    digits = re.findall(r"\d+", label)
    return " ".join([word for word in words(label) if word not in treatment] + digits)


def is_abscissa(label: str) -> bool:
    """Tell whether a label is x, x1, x_2 ..., which beside y, y1, y_2 ... is an axis."""
    return re.fullmatch(r"(?i)x[-_ ]?\d*", label.strip().lstrip("#% ")) is not None


def is_raw(label: str) -> bool:
    """Tell whether a label says that its spectrum is as measured."""
    return bool({"raw", "original", "measured", "unprocessed"} & set(words(label)))


def numeric(label: str) -> float | None:
    """Return a label that is a number, None for any other."""
    raw = label.strip().strip("\"'").replace(",", ".").encode("latin-1", "replace")
    if len(raw) > 40 or not is_number(raw):
        return None
    try:
        value = float(raw)
    except ValueError:  # a word for what is not there
        return None
    return value if isfinite(value) else None


def are_units(labels: Sequence[str]) -> bool:
    """Tell whether a line holds nothing but units."""
    return any(label.strip() for label in labels) and all(
        _UNIT.fullmatch(label[:_LONGEST]) or file_unit(label[:_LONGEST]) is not None for label in labels
    )

"""The columns of the tables, each declared once: what it is called, what it means, and whose it is.

`ramanfit.tables.schema` makes of these the columns of a table with its peaks and ratios. They are listed here because
no ratio or derived value of a recipe may be called as one of them: see `ramanfit.recipe.names`.
"""

from __future__ import annotations

from ramanfit.recipe.column_kind import (
    ALWAYS,
    AS_ERROR,
    ASKED,
    BAND,
    CELL,
    DERIVED,
    KEY,
    LONG,
    MAP,
    PEAK,
    RATIO,
    REFERENCE,
    SOME,
    SPECTRUM,
    ColumnKind,
)

KINDS: dict[str, ColumnKind] = {
    kind.name: kind
    for kind in (
        ColumnKind("source", "", "the file, as it was named", KEY, text=True),
        ColumnKind("scan", "", "number of the scan, from 0, in order of time; of a time series: of the spectrum", KEY),
        ColumnKind("point", "", "P1, P2, ... along the line; x/y in a map", KEY, text=True),
        ColumnKind("position_um", "um", "distance along the line from its first point", KEY),
        ColumnKind("time_s", "s", "middle of the spectrum's acquisition since the first scan began", KEY),
        ColumnKind("x_um", "um", "of a map: where, in the instrument's own coordinates", MAP, "x (µm)", there=ASKED),
        ColumnKind("y_um", "um", "the other one, which rises upwards in a picture", MAP, "y (µm)", there=ASKED),
        ColumnKind(
            "voltage_v", "V", "cell voltage at the spectrum's mid-time, with --echem", CELL, "voltage (V)", there=ASKED
        ),
        ColumnKind("current_ma", "mA", "current then", CELL, "current (mA)", there=ASKED),
        ColumnKind(
            "capacity_mah", "mAh", "net charge passed since the record's first row", CELL, "capacity (mAh)", there=ASKED
        ),
        ColumnKind(
            "soc",
            "%",
            "state of charge: capacity over --capacity, or from the record's least to its largest",
            CELL,
            "state of charge (%)",
            there=ASKED,
        ),
        ColumnKind("cycle", "", "number of the cycle then, as the record counts", CELL, "cycle", there=ASKED),
        ColumnKind("half_cycle", "", "number of the charge or discharge then", CELL, "half cycle", there=ASKED),
        ColumnKind(
            "peak",
            "",
            "name of the peak in the recipe; wide tables put it before the columns below: G_height",
            KEY,
            there=LONG,
            text=True,
        ),
        ColumnKind("status", "", "ok, not_detected or failed", PEAK, there=LONG, text=True),
        ColumnKind(
            "center_cm1",
            "cm-1",
            "position of the maximum",
            PEAK,
            "{} position (cm⁻¹)",
            "center_se",
            delta="center_delta_cm1",
        ),
        ColumnKind(
            "center_se",
            "cm-1",
            "its standard error; errors have six significant digits, and values end with the same decimal",
            PEAK,
        ),
        ColumnKind(
            "fwhm_cm1",
            "cm-1",
            "full width at half maximum; with an instrument width, of the line before the instrument broadened it",
            PEAK,
            "{} FWHM (cm⁻¹)",
            "fwhm_se",
        ),
        ColumnKind("fwhm_se", "cm-1", "its standard error", PEAK),
        ColumnKind(
            "height",
            "counts",
            "maximum above the baseline; with an instrument width, of the line before the instrument broadened it; "
            "kept, unclipped, when not detected",
            PEAK,
            "{} height (counts)",
            "height_se",
        ),
        ColumnKind("height_se", "counts", "its standard error", PEAK),
        ColumnKind(
            "form",
            "",
            "the shape's own parameter, where a recipe has such shapes: see `ramanfit list shapes`",
            PEAK,
            "{} form",
            "form_se",
            there=SOME,
        ),
        ColumnKind("form_se", "", "its standard error", PEAK, there=SOME),
        ColumnKind(
            "area",
            "counts cm-1",
            "integral; of a Lorentzian pi/2 * height * fwhm; empty for a bwf, which has none",
            PEAK,
            "{} area (counts cm⁻¹)",
            "area_se",
        ),
        ColumnKind("area_se", "counts cm-1", "its standard error", PEAK),
        ColumnKind("flags", "", "words joined by |", SPECTRUM, text=True),
        ColumnKind(
            "redchi2",
            "",
            "residual variance over the noise between neighbouring channels; 1: noise alone is left",
            SPECTRUM,
            "redchi2",
        ),
        ColumnKind(
            "smooth",
            "",
            "amplitude of the baseline's smooth part, in standard deviations of the spectrum; 0: it has none",
            SPECTRUM,
            "smooth",
            there=ASKED,
        ),
        ColumnKind(
            "height_limit",
            "counts",
            "long table: what a peak that was not detected is lower than, at 95 % confidence",
            PEAK,
            there=LONG,
        ),
        ColumnKind(
            "ratio",
            "",
            "ratio of heights, I_B/I_G; in the long table on the numerator's row",
            RATIO,
            "{}",
            "ratio_se",
            delta="ratio_delta",
        ),
        ColumnKind(
            "ratio_se",
            "",
            "its standard error, from the full covariance, or with --errors bootstrap from the samples'",
            RATIO,
        ),
        ColumnKind(
            "ratio_low",
            "",
            "with --errors bootstrap or profile: lower end of the ratio's 95 % interval",
            RATIO,
            "{}, low end of 95 %",
            digits="ratio_se",
            there=ASKED,
        ),
        ColumnKind("ratio_high", "", "its upper end", RATIO, "{}, high end of 95 %", digits="ratio_se", there=ASKED),
        ColumnKind(
            "ratio_sys",
            "",
            "with --sensitivity: largest departure of the ratio with another baseline or model",
            RATIO,
            "{}, systematic error",
            digits=AS_ERROR,
            there=ASKED,
        ),
        ColumnKind(
            "center_sys",
            "cm-1",
            "with --sensitivity: largest departure of the position with another baseline or model",
            PEAK,
            "{} position, systematic error (cm⁻¹)",
            digits=AS_ERROR,
            there=ASKED,
        ),
        ColumnKind(
            "ratio_other",
            "",
            "smooth part of the baseline: the ratio without it; with it where missing_band is flagged",
            RATIO,
            "{}, other baseline",
            there=ASKED,
        ),
        ColumnKind("area_ratio", "", "ratio of areas", RATIO, "{}", "area_ratio_se"),
        ColumnKind("area_ratio_se", "", "its standard error, from the full covariance", RATIO),
        ColumnKind(
            "derived",
            "",
            "value of a formula of the recipe, [[derived]], by its name: fraction; in the long table on the row of the "
            "formula's first peak",
            DERIVED,
            "{}",
            "derived_se",
            delta="derived_delta",
        ),
        ColumnKind("derived_se", "", "its standard error, from the full covariance", DERIVED),
        ColumnKind(
            "derived_sys",
            "",
            "with --sensitivity: its largest departure with another baseline or model",
            DERIVED,
            "{}, systematic error",
            digits=AS_ERROR,
            there=ASKED,
        ),
        ColumnKind(
            "center_delta_cm1",
            "cm-1",
            "evolve --reference: center minus that of the reference",
            PEAK,
            "{} position − reference (cm⁻¹)",
            "center_delta_se",
            there=REFERENCE,
        ),
        ColumnKind("center_delta_se", "cm-1", "its standard error", PEAK, there=REFERENCE),
        ColumnKind(
            "ratio_delta",
            "",
            "evolve --reference: ratio minus that of the reference",
            RATIO,
            "{} − reference",
            "ratio_delta_se",
            there=REFERENCE,
        ),
        ColumnKind("ratio_delta_se", "", "its standard error", RATIO, there=REFERENCE),
        ColumnKind(
            "derived_delta",
            "",
            "evolve --reference: derived value minus that of the reference",
            DERIVED,
            "{} − reference",
            "derived_delta_se",
            there=REFERENCE,
        ),
        ColumnKind("derived_delta_se", "", "its standard error", DERIVED, there=REFERENCE),
        ColumnKind(
            "started",
            "",
            "long table: start of the scan on the instrument's clock, so that `ratio` can join tables",
            KEY,
            there=LONG,
            text=True,
        ),
        ColumnKind(
            "band_cm1",
            "cm-1",
            "bands: middle of the band; other channels than those within half_width_cm1 do not count",
            BAND,
        ),
        ColumnKind("half_width_cm1", "cm-1", "bands: half the width of the band", BAND),
        ColumnKind("raw", "counts", "mean counts in the band, less the recipe's dark counts", BAND, error="_se"),
        ColumnKind(
            "corrected",
            "counts",
            "mean counts above the fitted baseline; empty outside the fitted window",
            BAND,
            error="_se",
        ),
        ColumnKind(
            "specific",
            "counts",
            "raw less the line between the two nearest off-peak controls; empty for the controls",
            BAND,
            error="_se",
        ),
        ColumnKind(
            "enhancement",
            "",
            "raw over that of the point's first scan; with corrected_, specific_ in front: of those",
            BAND,
            error="_se",
        ),
        ColumnKind(
            "delta",
            "counts",
            "raw minus that of the point's first scan; with corrected_, specific_ in front: of those",
            BAND,
            error="_se",
        ),
        ColumnKind(
            "_se",
            "",
            "bands: standard error from the counts' noise; of the first scan's own enhancement and delta 0",
            BAND,
        ),
    )
}
"""By name, in the order of ``ramanfit list columns``."""


def kinds_of(owner: str, *there: str) -> tuple[ColumnKind, ...]:
    """Return the columns of an owner in the order of the tables, those that are always there first.

    Parameters
    ----------
    owner : str
    *there : str
        Only those that are there in one of these cases; none named: in any.
    """
    own = [kind for kind in KINDS.values() if kind.owner == owner and (not there or kind.there in there)]
    return tuple(sorted(own, key=lambda kind: kind.there != ALWAYS))


def column_name(kind: str, of: str = "") -> str:
    """Return the name of a column in a wide table: ``column_name("height", "G")`` is ``G_height``."""
    return KINDS[kind].named(of)


KEYS = tuple(kind.name for kind in kinds_of(KEY, ALWAYS))
XY = tuple(kind.name for kind in kinds_of(MAP))  # after the keys, where there is a map
ECHEM = tuple(kind.name for kind in kinds_of(CELL))  # then, where there is a potentiostat's record

"""From a Scan to what may be fitted: axis correction, window, masked channels, unmeasured spectra."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ramanfit.errors import ScanError
from ramanfit.fit.build import build_model, needed_channels, unsuited_model, window_channels
from ramanfit.fit.clipping import CEILING, clipped_channels, extremes, is_sum, saturated_channels
from ramanfit.fit.cosmic_rays import gross_spikes
from ramanfit.fit.model import Model
from ramanfit.frozen import dataclass
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import BoolArray, FloatArray, Scan
from ramanfit.scan.stored import StoredCounts, blocks

HELD = 1 << 24  # counts of a window that are held as numbers, wherever they came from: each step takes them again
SUMS = f"counts above {CEILING:.0f}: sums of accumulations, or scaled; what lies there is not masked"


UNFIT = "no spectrum can be fitted: "
"""How the note begins that says why no spectrum of a scan suits the recipe."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """One scan cut to a recipe's window.

    Attributes
    ----------
    model : Model
        The recipe on the channels inside the window.
    counts : array [N, M], or StoredCounts
        A view of the scan where that is possible; `take` gives some of them as float64.
    use : bool array [N, M] or None
        Channels that may be fitted; None: all.
    measured : bool array [N]
        False for empty and constant spectra, as an aborted scan leaves them, and for those that are `unfit`.
    saturated, clipped : bool array [N]
        At least one channel inside the window is saturated; or was cut at a floor.
    unfit : bool array [N]
        Spectra with too few channels for the model, or none where a peak is looked for: there is no fit.
    notes : tuple of str
        What is to be said of the whole scan.
    spikes : bool array [N, M] or None
        Channels masked because of cosmic rays; None: none, or not looked for.
    under : array [N, M] or None
        What is subtracted before the fit, in counts; None: the baseline is part of the fit.
    extra : array [M] or None
        Variance of the dark spectrum that was subtracted; None: none was.
    scatter : array [N, M] or None
        Of means, see `ramanfit.scan.treated.Treated`.
    """

    model: Model
    counts: FloatArray | StoredCounts
    use: BoolArray | None
    measured: BoolArray
    saturated: BoolArray
    clipped: BoolArray
    unfit: BoolArray
    notes: tuple[str, ...] = ()
    spikes: BoolArray | None = None
    under: FloatArray | None = None
    extra: FloatArray | None = None
    scatter: FloatArray | None = None

    def like(self, other: Prepared) -> bool:
        """Tell whether two scans can be fitted together: one model on one axis."""
        mine, its = self.model.shift_cm1, other.model.shift_cm1
        same = len(self.model.basis) == len(other.model.basis)
        same = same and (self.extra is None) == (other.extra is None)
        return same and (mine is its or np.array_equal(mine, its))

    def without(self, spikes: BoolArray) -> Prepared:
        """Return the same with cosmic rays masked as well."""
        use = ~spikes if self.use is None else self.use & ~spikes
        return replace(self, use=use, spikes=spikes)

    def extra_of(self, rows: npt.NDArray[np.intp]) -> FloatArray | None:
        """Return the variance [n, M] that some spectra have from what was subtracted; None: nothing was."""
        return None if self.extra is None else np.tile(self.extra, (len(rows), 1))

    def cosmic_rays(self) -> list[tuple[int, float, float]]:
        """Return row, first and last shift in cm-1 of every cosmic ray that is masked."""
        if self.spikes is None:
            return []
        edge = np.diff(np.pad(self.spikes, ((0, 0), (1, 1))).astype(np.int8), axis=1)
        (rows, first), (_, last) = np.nonzero(edge == 1), np.nonzero(edge == -1)
        shift = self.model.shift_cm1
        return list(zip(rows.tolist(), shift[first].tolist(), shift[last - 1].tolist(), strict=True))

    def baseline(self, coefficients: FloatArray) -> FloatArray:
        """Return what lies under the peaks [N, M], of coefficients [N, Q]."""
        fitted = self.model.baseline(coefficients)
        return fitted if self.under is None else fitted + self.under

    def take(self, rows: npt.NDArray[np.intp]) -> tuple[FloatArray, BoolArray | None]:
        """Return counts and usable channels of some spectra, not to be written to."""
        beside = len(rows) and rows[-1] - rows[0] == len(rows) - 1
        some = slice(rows[0], rows[-1] + 1) if beside else rows
        counts = np.asarray(self.counts[some], dtype=np.float64, order="C")
        return counts, None if self.use is None else self.use[some]

    def masks(self, rows: npt.NDArray[np.intp]) -> bool:
        """Tell whether a channel of some spectra must not be used."""
        return self.use is not None and not self.use[rows].all()


class Light(NamedTuple):
    """What the counts of N spectra show of the detector.

    Attributes
    ----------
    measured, sums : bool array [N]
        Not constant; more than a detector of 16 bits shows.
    saturated, clipped : bool array [N]
    bad : bool array [N, M] or None
        Channels that must not be used; None: none.
    """

    measured: BoolArray
    sums: BoolArray
    saturated: BoolArray
    clipped: BoolArray
    bad: BoolArray | None


def seen_light(
    counts: FloatArray | StoredCounts, bad: BoolArray | None, level: float | None, *, raw: bool = True
) -> Light:
    """Tell what was measured, and which channels show no light.

    Parameters
    ----------
    counts : array [N, M], or StoredCounts
    bad : bool array [N, M] or None
        Channels that are masked already.
    level : float or None
        See `ramanfit.fit.clipping.saturated_channels`.
    raw : bool
        Whether the counts are as they were measured: what was done to them leaves no plateau that means anything.
    """
    measured, saturated, clipped, sums = np.zeros((4, len(counts)), dtype=bool)
    for rows, some in blocks(counts):
        use = None if bad is None or not bad[rows].any() else ~bad[rows]
        ends = extremes(some, use)
        measured[rows] = ends.high > ends.low
        if not raw:
            continue
        sums[rows] = is_sum(ends)
        burnt, cut = saturated_channels(some, use, level, ends), clipped_channels(some, use, ends)
        for flag, at in ((saturated, burnt), (clipped, cut)):
            if at is not None:
                flag[rows] = at.any(axis=1)
                bad = np.zeros(counts.shape, dtype=bool) if bad is None else bad
                bad[rows] |= at
    return Light(measured, sums, saturated, clipped, bad)


def prepare(scan: Scan, recipe: Recipe) -> Prepared:
    """Cut a scan to the recipe's window and mask what must not be fitted.

    What was done to the counts before says itself what was saturated or clipped: that is judged on what was measured.
    Where the window does not suit the axis, all spectra are `unfit`, on the whole axis.

    Raises
    ------
    FormatError
        If a count that was still in its file is not finite.
    """
    shift, level = scan.shift_cm1 + recipe.axis.shift_cm1, recipe.clean.saturation_counts
    inside, notes, suited = window_channels(shift, recipe), list[str](), True
    try:
        model = build_model(shift[inside], recipe)
    except ScanError as error:
        inside, model, suited = np.ones(shift.size, dtype=bool), unsuited_model(shift, recipe), False
        notes.append(f"{UNFIT}{str(error).removeprefix('-: ')} ({error.hint})")
    channels = np.flatnonzero(inside)
    whole = slice(channels[0], channels[-1] + 1)
    counts = scan.counts[:, whole] if channels.size == whole.stop - whole.start else scan.counts[:, inside]
    if isinstance(counts, StoredCounts) and len(counts) * counts.shape[1] <= HELD:
        counts = np.asarray(counts)
        counts.flags.writeable = False  # as those of a scan are
    bad = None if scan.mask is None else scan.mask[:, inside]
    before = scan.treated
    light = seen_light(counts, bad, level, raw=before is None)
    bad = light.bad
    if level == CEILING and light.sums.any() and before is None:
        notes.append(SUMS)
    under = None
    if suited and not recipe.baseline.in_fit:
        under = _subtracted(scan, shift, inside, recipe)
        lost = ~np.isfinite(under).all(axis=1)
        if lost.any():  # without a baseline no channel may be fitted
            under[lost] = 0.0
            bad = np.zeros(counts.shape, dtype=bool) if bad is None else bad
            bad[lost] = True
    few = np.full(len(scan), not suited)
    if bad is not None and suited:
        few = (~bad).sum(axis=1) <= needed_channels(recipe)
    return Prepared(
        model=model,
        counts=counts,
        use=~bad if bad is not None and bad.any() else None,
        measured=light.measured & ~few,
        saturated=light.saturated if before is None else before.saturated,
        clipped=light.clipped if before is None else before.clipped,
        unfit=light.measured & few,
        under=under,
        extra=None if before is None or before.dark is None else before.dark[inside],
        scatter=None if before is None or before.scatter is None else before.scatter[:, inside],
        notes=tuple(notes),
    )


def _subtracted(scan: Scan, shift_cm1: FloatArray, inside: BoolArray, recipe: Recipe) -> FloatArray:
    """Return the baselines [N, M] of the channels inside the window, from all that the method may see."""
    from ramanfit.fit.baseline_subtract import background

    margin, level = recipe.baseline.margin_cm1, recipe.clean.saturation_counts
    near = (shift_cm1 >= recipe.window.low_cm1 - margin) & (shift_cm1 <= recipe.window.high_cm1 + margin)
    for low, high in recipe.window.exclude:
        near &= (shift_cm1 < low) | (shift_cm1 > high)
    under = np.empty((len(scan), int(inside.sum())))
    for rows, some in blocks(scan.counts[:, near]):
        counts = np.array(some, dtype=np.float64)
        use = np.ones(counts.shape, dtype=bool) if scan.mask is None else ~scan.mask[rows][:, near]
        raw = scan.treated is None
        for at in (saturated_channels(counts, use, level), clipped_channels(counts, use)) if raw else ():
            use &= True if at is None else ~at
        if recipe.clean.spikes:
            use &= ~gross_spikes(counts, use)
        under[rows] = background(shift_cm1[near], counts, use, recipe.baseline)[:, inside[near]]
    return under

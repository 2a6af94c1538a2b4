"""Verdicts on right models, and on lines that an instrument has broadened: how often each is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from unittest.mock import patch

import numpy as np
from scipy.signal import savgol_filter

from ramanfit.fit.pipeline import fit_prepared
from ramanfit.fit.prepare import Prepared, prepare
from ramanfit.fit.steps import Steps
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import Scan
from tests.benchmark.departures import BREAKS_SILENCE, Outcome, spread, variants
from tests.benchmark.made import SMOOTH, scan_of
from tests.benchmark.measure import in_turns

SCANS = 400
VERDICTS = sorted(BREAKS_SILENCE)


def alarms() -> Iterator[str]:
    """False verdicts, in % of spectra and of scans of six: order 2 where it is right, and the default everywhere."""
    yield "right models, S/N 20 and 100 in turns; in % of spectra / of scans of six"
    yield f"{'background, noise':32s} {'baseline':8s}" + "".join(f"{name:>20s}" for name in VERDICTS)
    for label, recipe in variants().items():
        for name in SMOOTH if label == "default" else SMOOTH[:3]:
            for kind in ("", "white", "EM gain"):
                scans = [scan_of(name, (20.0, 100.0)[k % 2], 6, 13 * k, kind)[0] for k in range(SCANS)]
                cells = "".join(f"{s:13.2f} / {n:4.1f}" for s, n in shares(scans, recipe))
                what = f"{name}, {kind or 'Poisson'}"
                yield f"{what:32s} {label:8s}{cells}"


def shares(scans: Sequence[Scan], recipe: Recipe) -> list[tuple[float, float]]:
    """Return for each verdict in how many % of spectra, and of scans, it was given."""
    fits = fit_prepared([(scan, prepare(scan, recipe)) for scan in scans], recipe)
    flags = [[words.split("|") for words in fitted.quantities.flags] for fitted in fits]
    given = {name: [[name in words for words in scan] for scan in flags] for name in VERDICTS}
    return [
        (100 * np.mean(np.concatenate(rows)), 100 * np.mean([any(scan) for scan in rows])) for rows in given.values()
    ]


def broadened() -> Iterator[str]:
    """Lines broadened by an instrument that the model does not know: how often `line_shape` says so."""
    recipe, at = variants()["default"], VERDICTS.index("line_shape")
    for width in (3, 5, 8):
        for n in (1, 6, 20, 48):
            for snr in (20.0, 100.0):
                scans = [scan_of("quadratic", snr, n, 7 * k, f"Voigt {width}")[0] for k in range(max(240 // n, 20))]
                yield (
                    f"instrument {width} cm-1, scans of {n}, S/N {snr:.0f}: line_shape in "
                    f"{shares(scans, recipe)[at][1]:.0f} % of scans"
                )


def smoothed() -> Iterator[str]:
    """Spectra whose channels share their noise: spread of z of the ratio, spikes and doublets that are none."""
    recipe = variants()["default"]
    for way in ("native", "Savitzky-Golay 11/3", "resampled x 4"):
        for name in ("quadratic", "exponential + hump"):
            for snr in (20.0, 100.0):
                made = []
                for k in range(80):
                    scan, truth = scan_of(name, snr, 6, 11 * k)
                    counts, shift = np.asarray(scan.counts), scan.shift_cm1
                    if way.startswith("Sav"):
                        counts = savgol_filter(counts, 11, 3, axis=1)
                    elif way != "native":
                        shift = np.linspace(shift[0], shift[-1], 4 * shift.size - 3)
                        counts = np.array([np.interp(shift, scan.shift_cm1, row) for row in counts])
                    made.append((Scan(shift, counts, "line"), truth))
                fits = fit_prepared([(scan, prepare(scan, recipe)) for scan, _ in made], recipe)
                o = Outcome.of([fitted.quantities for fitted in fits], [truth for _, truth in made])
                z = (o.ratio - o.truth) / o.se
                flags = np.concatenate([fitted.quantities.flags for fitted in fits])
                hit = [np.zeros(6) if f.prepared.spikes is None else f.prepared.spikes.any(axis=1) for f in fits]
                said = [
                    100 * np.mean([word in words.split("|") for words in flags])
                    for word in ("correlated_noise", "doublet_preferred")
                ]
                yield (
                    f"{way}, {name}, S/N {snr:.0f}: z {spread(z):.2f}, spikes in {100 * np.mean(hit):.1f} %, "
                    f"correlated_noise {said[0]:.0f} %, doublet_preferred {said[1]:.1f} %"
                )


def cost() -> Iterator[str]:
    """What the verdicts cost: fits of 2,000 spectra, with them over without."""
    for label, recipe in variants().items():
        for name in ("quadratic", "exponential + hump"):
            scan, _ = scan_of(name, 50.0, 2000, 1)
            ready = [(scan, prepare(scan, recipe))]
            ways = {"with": partial(fit_prepared, ready, recipe), "without": partial(_without, ready, recipe)}
            seconds = in_turns(ways, 5)
            yield f"{name}, {label}: fits with verdicts over fits without: {seconds['with'] / seconds['without']:.3g}"


def _without(ready: list[tuple[Scan, Prepared]], recipe: Recipe) -> None:
    with patch.object(Steps, "judge_shapes", lambda self, final: final):
        fit_prepared(ready, recipe)

"""Read, fit, put in order of time, and say how it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ramanfit.errors import RecipeError, ScanError
from ramanfit.experiment.before import means_of, say_dark, treatment_of, without_dark
from ramanfit.experiment.fit_files import outcomes
from ramanfit.experiment.fits_in_order import Fits
from ramanfit.experiment.inputs import exports, say_notes
from ramanfit.experiment.kept import Drawer
from ramanfit.experiment.one_experiment import mixture
from ramanfit.experiment.repeats import Met
from ramanfit.experiment.scan_fits import COMPARED, Job, Keep, ScanFits
from ramanfit.experiment.spectra import Spectra
from ramanfit.experiment.voice import tell
from ramanfit.experiment.with_cell import cell_record, keys_with_cell
from ramanfit.fit.flags import FLAGS, VERDICTS
from ramanfit.fit.held import in_words
from ramanfit.fit.prepare import UNFIT
from ramanfit.scan.clock import chronological
from ramanfit.scan.middle import median
from ramanfit.scan.notes import counted
from ramanfit.scan.schedule import Keys, Schedule, place

if TYPE_CHECKING:
    from ramanfit.experiment.request import Request
    from ramanfit.experiment.suggest import Doubtful
    from ramanfit.experiment.voice import Voice
    from ramanfit.fit.sensitivity import Departures
    from ramanfit.recipe.recipe import Recipe


VERDICT_LINES = 6  # of what is wrong with the model that are said unasked


def fit_all(request: Request, voice: Voice, keep: Keep = Keep()) -> Fits:  # noqa: B008 - frozen
    """Fit all exports of a request; say what had to be assumed.

    Raises
    ------
    RamanfitError
        The first error of an input, unless going on was asked for.
    """
    if request.has_covariates:
        from ramanfit.experiment.covariates import check_covariates

        check_covariates(request)
    recipe, job = request.recipe, job_of(request, keep._replace(doubtful=not voice.quiet and not request.recipe.beside))
    for part in [part for part in recipe.parts if not part.baseline.in_fit]:
        voice.warn(
            f"{part.baseline.method} is subtracted before the fit: it takes part of broad peaks with it, and no "
            "standard error knows; --sensitivity shows how much"
        )
    say_dark(job.treatment, voice)
    paths = without_dark(exports(request.files, voice, keep_going=request.keep_going), request.dark, voice)
    scans: list[ScanFits] = []
    inputs: list[str] = []
    drawer = Drawer() if keep.apart else None
    spectra, numbers = Spectra(), list[int | None]()
    doubted, met, repeated = 0, Met(), dict[str, list[str]]()

    def is_new(scan: ScanFits) -> bool:
        new, note = met.meet(scan.known_by, scan.visit.source)
        if note:
            repeated.setdefault(note, []).append(scan.visit.source)
        return new

    with voice.progress(len(paths), "exports") as bar, outcomes(paths, job, request, voice, drawer) as fitted:
        for outcome in fitted:
            if outcome.error is not None:
                if not request.keep_going:
                    raise outcome.error
                voice.survive(outcome.error)
            new = [scan for scan in outcome.scans if is_new(scan)]
            for scan in new:
                numbers.append(None if scan.curves is None else spectra.store(scan.curves))
                scan.curves = None
                doubted += scan.doubtful is not None
                scan.doubtful = scan.doubtful if doubted <= COMPARED else None
                if drawer is not None:
                    scan.kept.into(drawer)
            scans += new
            inputs += outcome.inputs
            bar.advance(1)
    notes = repeated
    for scan in scans:
        for note in scan.notes:
            notes.setdefault(note, []).append(scan.visit.source)
    say_notes(notes, voice, len(scans))
    for name in job.alternatives:
        _say_departures(name, [scan.departures[name] for scan in scans if name in scan.departures], voice)
    schedule, assumed = Schedule(**request.placement), list[str]()
    order = chronological([scan.visit for scan in scans], schedule, assumed)
    scans = [scans[i] for i in order]
    keys, more = place([scan.visit for scan in scans], schedule)
    for note in (*assumed, *more):
        tell(note, voice)
    if job.treatment is not None and job.treatment.average is not None:
        keys = means_of(keys, [scan.treated for scan in scans], job.treatment.average, voice)
    _say_cosmic_rays(keys, scans, voice)
    _say_verdicts(keys, scans, recipe, voice)
    for scan in scans:
        if scan.doubtful is not None:
            _say_better_recipe(scan.doubtful, scan.visit.source, recipe, voice)
    _tell_if_all_failed(scans, voice)
    spectra.arrange((numbers[i], len(k)) for i, k in zip(order, keys, strict=True))
    return Fits(scans, keys, spectra, inputs)


def fit_with_cell(request: Request, voice: Voice, *, solutions: bool = False) -> Fits:
    """Fit all exports of a request; their keys hold what the cell did, where its record was given."""
    verify = second_opinion(request)
    fits = fit_all(request, voice, Keep(fits=verify, solutions=solutions, apart=not (verify or solutions)))
    if (why := mixture([scan.visit.source for scan in fits.scans], fits.started)) is not None:
        voice.warn(f"{why}: several experiments? Numbers of scans and times count through all of them")
    record = cell_record(request, fits.started, voice)
    return replace(fits, keys=keys_with_cell(fits.keys, record, voice))


def job_of(request: Request, keep: Keep = Keep()) -> Job:  # noqa: B008 - frozen
    """Return how the exports of a request become fits.

    Raises
    ------
    RamanfitError
        If the recipe's alternatives were asked for and are not valid, or there are several recipes; if a dark spectrum
        cannot be read.
    """
    recipe, reading = request.recipe, request.reading
    others: Mapping[str, Recipe] = {}
    if request.sensitivity:
        if recipe.beside:
            raise RecipeError("--sensitivity repeats the fits of one recipe: give one --recipe")
        from ramanfit.fit.sensitivity import alternatives

        others = alternatives(recipe)
    treatment = treatment_of(request)
    return Job(reading.options(recipe.axis), reading.stdin_name, recipe, request.engine, keep, others, treatment)


def _say_cosmic_rays(keys: Sequence[Keys], scans: Sequence[ScanFits], voice: Voice) -> None:
    """Say how many cosmic rays were masked and, to who wants to know more, where."""
    count = sum(len(scan.cosmic_rays) for scan in scans)
    if not count:
        return
    hit = sum(len({row for row, _, _ in scan.cosmic_rays}) for scan in scans)
    spectra = counted(sum(map(len, keys)), "spectrum")
    voice.say(f"{counted(count, 'cosmic ray')} masked in {hit} of {spectra} (-v: where)")
    for k, scan in zip(keys, scans, strict=True):
        for row, low, high in scan.cosmic_rays:
            voice.detail(f"{k.source}: {k.point[row]}: cosmic ray masked at {low:.1f}-{high:.1f} cm-1")


def _say_verdicts(keys: Sequence[Keys], scans: Sequence[ScanFits], recipe: Recipe, voice: Voice) -> None:
    """Say of every scan what is wrong with the model, where, and what to try; of many scans, the first."""
    lines = []
    for k, scan in zip(keys, scans, strict=True):
        spectra, tally = counted(len(k), "spectrum"), scan.tally
        if tally.held:
            lines.append(
                (f"{k.source}: at_bound in {tally.count('at_bound')} of {spectra}", in_words(recipe, tally.held))
            )
        for word in VERDICTS:
            if count := tally.count(word):
                at = None if word == "correlated_noise" else tally.place_cm1(word)
                near = "" if at is None else f", near {at:.0f} cm-1"
                lines.append((f"{k.source}: {word} in {count} of {spectra}{near}", FLAGS[word].remedy))
    for said, remedy in lines[:VERDICT_LINES]:
        voice.say(f"{said}: {remedy}")
    for said, remedy in lines[VERDICT_LINES:]:
        voice.detail(f"{said}: {remedy}")
    if len(lines) > VERDICT_LINES:
        more = counted(len(lines) - VERDICT_LINES, "more line")
        voice.say(f"{more} of this kind (-v: all; `ramanfit list flags` explains them)")


def _tell_if_all_failed(scans: Sequence[ScanFits], voice: Voice) -> None:
    """Tell as an error, with the reason, that not one spectrum has a fit: the rows are written, and hold nothing.

    Where nothing was measured, as in a scan that was cut short, nothing went wrong with the fits: that is a warning.
    """
    if not scans or not all(scan.tally.all_failed for scan in scans):
        return
    notes = [note for scan in scans for note in scan.notes]
    flags = [words for scan in scans for words in scan.tally.flags]
    error = all_failed(scans[0].visit.source, sum(scan.visit.spectra for scan in scans), notes, flags)
    if {*flags} == {"not_measured"}:
        voice.warn(error.message)
    else:
        voice.survive(error)


def all_failed(source: str, count: int, notes: Sequence[str], flags: Sequence[str]) -> ScanError:
    """Return the error that not one of so many spectra has a fit, with the first reason in the notes, or in flags."""
    reasons = [note.removeprefix(UNFIT) for note in notes if note.startswith(UNFIT)]
    found = [word for words in flags for word in words.split("|") if word]
    why = reasons[0] if reasons else FLAGS[min(found, key=lambda word: word == "failed", default="failed")].meaning
    what = "the only spectrum" if count == 1 else f"all {count} spectra"
    return ScanError(f"{source}: {what} failed: {why}")


def _say_better_recipe(spectra: Doubtful, source: str, recipe: Recipe, voice: Voice) -> None:
    """Say which shipped recipe describes a carbon better, if one does."""
    from ramanfit.experiment.suggest import better_recipe

    if (better := better_recipe(spectra, recipe)) is not None:
        asked = counted(better.spectra, "flagged spectrum", "flagged spectra")
        voice.say(
            f"{source}: of the shipped carbon recipes {better.name} has the lowest BIC, by {better.gain:.0f} over "
            f"{asked}{', though bounds hold some of its values too' * better.on_bounds}: {better.options}"
        )


def _say_departures(alternative: str, scans: Sequence[Departures], voice: Voice) -> None:
    """Say by how much an alternative differs, the median over the spectra."""
    words = []
    for column in scans[0] if scans else ():
        values: np.ndarray = np.concatenate([scan[column] for scan in scans])
        if (values := values[np.isfinite(values)]).size:
            words.append(f"{column} {median(values):+.3g}")
    voice.say(f"sensitivity, {alternative}: {', '.join(words) or 'nothing to compare'} (median)")


def second_opinion(request: Request) -> bool:
    """Tell whether fits are to be repeated with lmfit.

    Raises
    ------
    RecipeError
        If they were made with it, or with several recipes.
    """
    if request.verify is not None and request.engine == "lmfit":
        raise RecipeError("--verify compares with lmfit: leave out --engine lmfit")
    if request.verify is not None and request.recipe.beside:
        raise RecipeError("--verify compares the fits of one recipe: give one --recipe")
    return request.verify is not None


def say_second_opinion(request: Request, fits: Fits, voice: Voice) -> None:
    """Repeat some fits with lmfit, if that was asked for, and say how far it is."""
    if request.verify is None:
        return
    kept = [scan.fitted for scan in fits.scans if scan.fitted is not None]
    from ramanfit.fit.second_opinion import verify

    verdict = verify(kept, request.recipe, request.verify)
    voice.say(
        f"verify: {counted(verdict.spectra, 'spectrum')} refitted with lmfit: largest difference "
        f"{verdict.difference_se:.2g} standard errors ({verdict.worst or 'none'}), standard errors within "
        f"{verdict.se_difference:.1g}, {verdict.better} with a lower chi-square"
    )

"""Large scans: fitted in parts, of which only quantities are kept, with the results that they have at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ramanfit.experiment.kept import Drawer, Kept, Tally
from ramanfit.experiment.repeats import Print
from ramanfit.experiment.scan_fits import Job, ScanFits, left_of
from ramanfit.fit.batch import CHUNK
from ramanfit.fit.hands import Hands
from ramanfit.fit.parts import Whole, slices
from ramanfit.fit.pipeline import Fitted, Spread, fit_in_turn, fit_prepared
from ramanfit.fit.prepare import Prepared, prepare
from ramanfit.frozen import dataclass
from ramanfit.recipe.recipe import Recipe
from ramanfit.scan.scan import FloatArray, Scan
from ramanfit.scan.schedule import Visit

if TYPE_CHECKING:
    from ramanfit.experiment.suggest import Doubtful


def goes_in_parts(job: Job) -> bool:
    """Tell whether large scans can be fitted in parts.

    They cannot where more than quantities is kept, where counts are treated first, or where a polynomial is chosen
    that suits all spectra.
    """
    recipes = (*job.recipe.parts, *job.alternatives.values())
    return job.keep.apart and job.treatment is None and all(recipe.baseline.order != "auto" for recipe in recipes)


@dataclass(frozen=True, eq=False)
class Large:
    """A large scan that waits to be fitted."""

    whole: Whole

    def fitted(self, job: Job, visit: Visit, known_by: Print | None, spread: Spread, drawer: Drawer | None) -> ScanFits:
        """Return what is left of the scan once it is fitted."""
        recipe, scan = job.recipe.parts[-1], self.whole.scan
        made = ScanFits(visit, Kept(drawer), Tally(), [], (), known_by=known_by)
        notes, departures = [*scan.notes], dict[str, dict[str, list[FloatArray]]]()
        doubted = [np.empty(0, dtype=np.intp)]
        alone = job._replace(keep=job.keep._replace(doubtful=False))
        fits = self._fits(slices(len(scan)), recipe, job.engine, spread)
        for rows, fitted in zip(slices(len(scan)), fits, strict=True):
            (left,) = left_of(alone, [fitted], [fitted.scan.with_(notes=())], [(visit, known_by)], spread)
            made.kept.add(left.quantities)
            made.tally.join(left.tally)
            made.cosmic_rays += [(rows.start + row, low, high) for row, low, high in left.cosmic_rays]
            _put_among(notes, left.notes)
            for name, of_part in left.departures.items():
                for column, values in of_part.items():
                    departures.setdefault(name, {}).setdefault(column, []).append(values)
            if job.keep.doubtful:
                from ramanfit.experiment.suggest import in_doubt

                doubted.append(rows.start + in_doubt(fitted))
        made.notes = tuple(notes)
        made.departures = {
            name: {column: np.concatenate(values) for column, values in columns.items()}
            for name, columns in departures.items()
        }
        made.doubtful = self._doubtful(np.concatenate(doubted), recipe, job.engine, spread)
        return made

    def _fits(self, parts: Iterable[slice], recipe: Recipe, engine: str, spread: Spread) -> Iterable[Fitted]:
        """Return the fits of parts; threads read what they fit, others are sent it."""

        def ready(rows: slice) -> tuple[Scan, Prepared]:
            part = self.whole.part(rows)
            return part, prepare(part, recipe)

        if spread is map or (isinstance(spread, Hands) and spread.here):
            return spread(lambda rows: fit_prepared([ready(rows)], recipe, engine)[0], parts)
        return fit_in_turn(map(ready, parts), recipe, engine, spread)

    def _doubtful(self, rows: np.ndarray, recipe: Recipe, engine: str, spread: Spread) -> Doubtful | None:
        """Return what another recipe may be tried on: the chunks that hold it are fitted once more."""
        if not len(rows):
            return None
        from ramanfit.experiment.suggest import asked, join, spectra_of

        numbers = asked(rows)
        starts = (numbers // CHUNK * CHUNK).tolist()
        parts = (slice(start, min(start + CHUNK, len(self.whole.scan))) for start in starts)
        again = self._fits(parts, recipe, engine, spread)
        return join([spectra_of(fitted, numbers[i : i + 1] - starts[i]) for i, fitted in enumerate(again)])


def _put_among(notes: list[str], more: Sequence[str]) -> None:
    """Put the notes of a part among those of all, in the order in which a scan that had them all would have them."""
    for i, note in enumerate(more):
        if note not in notes:
            later = [notes.index(other) for other in more[i + 1 :] if other in notes]
            notes.insert(later[0] if later else len(notes), note)

"""What there is to write about an experiment."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ramanfit.errors import InputError
from ramanfit.experiment.events import events_table
from ramanfit.experiment.maps import default_maps, map_table
from ramanfit.experiment.overwrite import refuse_inputs
from ramanfit.frozen import dataclass
from ramanfit.recipe.settings import unknown
from ramanfit.tables.fit_table import FitTable
from ramanfit.tables.table import Column, Table

if TYPE_CHECKING:
    from ramanfit.experiment.evolution import Evolution
    from ramanfit.experiment.spectra import Spectra
    from ramanfit.experiment.voice import Voice
    from ramanfit.recipe.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Gathered:
    """An experiment with all that is written about it.

    Attributes
    ----------
    evolution : Evolution
        Its table holds the differences to the reference, if there is one.
    spectra : Spectra
        In the order of the table.
    bands : Table or None
        One row per spectrum and band; None: no spectra were at hand.
    inputs : list of str
        All files that were read.
    recipe : Recipe
    """

    evolution: Evolution
    spectra: Spectra
    bands: Table | None
    inputs: list[str]
    recipe: Recipe

    @property
    def fits(self) -> FitTable:
        """All fits, with the reference's rows at the end."""
        fits, reference = self.evolution.fits, self.evolution.reference
        if reference is None:
            return fits
        n = len(reference)
        nothing = np.full(n, np.nan)
        blank: dict[str, Column] = {
            name: ("",) * n if isinstance(values, tuple) else nothing for name, values in fits.table.columns.items()
        }
        alike = Table({name: reference.table.columns.get(name, empty) for name, empty in blank.items()})
        status = {peak: reference.status.get(peak, ("failed",) * n) for peak in fits.status}
        # a reference has no scan, and whole numbers cannot be empty
        numbered = fits.table.with_(scan=np.asarray(fits.table.columns["scan"], dtype=np.float64))
        return FitTable.concat([fits.with_table(numbered), FitTable(alike, status, ("",) * n)])

    @property
    def ratios(self) -> Table:
        """The wide table: one row per spectrum."""
        return self.fits.table

    @property
    def peaks(self) -> Table:
        """The long table: one row per spectrum and peak."""
        there = {*self.evolution.ratios, *self.evolution.derived}
        return self.fits.long({name: peak for name, peak in self.recipe.stands_with.items() if name in there})

    def bands_at_hand(self) -> Table:
        """Return the bands.

        Raises
        ------
        InputError
            If no spectra were at hand.
        """
        if self.bands is None:
            raise InputError("the spectra that the tables name are not at hand", hint="name the exports themselves")
        return self.bands

    @property
    def maps(self) -> dict[str, Table]:
        """The usual maps by quantity: a row per point, a column per scan."""
        return {name: map_table(self.evolution, name) for name in self.map_names()}

    @cached_property
    def events(self) -> Table:
        """When peaks vanish and appear, and where positions and ratios change most: one row per event."""
        return events_table(self.evolution, self.recipe)

    def map_names(self, quantities: Sequence[str] = ()) -> list[str]:
        """Return the quantities that are mapped: the usual ones, then others that are asked for."""
        return list(dict.fromkeys([*default_maps(self.evolution), *quantities]))

    def tables(self, quantities: Sequence[str] = ()) -> dict[str, Table]:
        """Return all tables by the names of their files.

        Parameters
        ----------
        quantities : sequence of str
            Columns that are mapped besides the usual ones.

        Raises
        ------
        RecipeError
            If one of them is no column of numbers.
        """
        columns = self.evolution.table.columns
        numbers = [name for name, values in columns.items() if not isinstance(values, tuple)]
        for name in quantities:
            if name not in numbers:
                raise unknown("quantity", name, numbers)
        maps = {f"map_{name}": map_table(self.evolution, name) for name in self.map_names(quantities)}
        tables = {"peaks": self.peaks, "ratios": self.ratios, **maps, "events": self.events}
        return tables if self.bands is None else {**tables, "bands": self.bands}

    def save(
        self, folder: str | os.PathLike[str], quantities: Sequence[str] = (), voice: Voice | None = None
    ) -> list[str]:
        """Write all tables as CSV into a folder, made if needed, and the record of the run; return the names.

        They are made beside the folder and moved in when all are there, as those of the command are.

        Parameters
        ----------
        folder : path
        quantities : sequence of str
            Columns that are mapped besides the usual ones.
        voice : Voice, optional
            Told what an earlier run left in the folder; None: nobody is.

        Raises
        ------
        RecipeError
            If a quantity is no column of numbers.
        InputError
            If a file cannot be written, or the folder's `run.json` is no record of a run.
        OutputIsInputError
            If one of them is an input.
        """
        from ramanfit.experiment.provenance import circumstances, record_of
        from ramanfit.experiment.run import RUN, made_beside, move_in
        from ramanfit.experiment.voice import Silent

        target = Path(folder)
        refuse_inputs([str(target / f"{name}.csv") for name in self.tables(quantities)], (), self.inputs)
        record = {**record_of(self.recipe, self.inputs, ()), **circumstances(target / RUN, {})}
        with made_beside(target) as beside:
            names = self.write_tables(beside, quantities)
            for line in move_in(beside, names, target, record):
                (voice or Silent()).warn(line)
        return [*names, RUN]

    def write_tables(self, folder: Path, quantities: Sequence[str] = ()) -> list[str]:
        """Write all tables as CSV into a folder that is there; return the names of the files.

        Raises
        ------
        RecipeError
            If a quantity is no column of numbers.
        InputError
            If a file cannot be written.
        """
        from ramanfit.tables.forms import open_writer

        files = {folder / f"{name}.csv": table for name, table in self.tables(quantities).items()}
        for file, table in files.items():
            with open_writer(file, "csv") as writer:
                writer.write(table)
        return [file.name for file in files]

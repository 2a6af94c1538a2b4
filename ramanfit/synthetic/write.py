"""A synthetic experiment on disk, in WITec's own layout, with its true values beside it."""

from __future__ import annotations

import os
from pathlib import Path

from ramanfit.errors import InputError
from ramanfit.experiment.overwrite import refuse_inputs
from ramanfit.experiment.voice import Silent, Voice
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.toml import DEFAULT_RECIPE, load_recipe, recipe_files
from ramanfit.synthetic.eclab import cell_name, cell_text
from ramanfit.synthetic.plan import load_plan
from ramanfit.synthetic.simulate import run_plan
from ramanfit.synthetic.witec import information, information_name, spectra_name, spectra_text, truth_table
from ramanfit.tables.forms import open_writer
from ramanfit.tables.sink import Sink


def simulate(
    plan: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    recipe: str | os.PathLike[str] | Recipe = DEFAULT_RECIPE,
    seed: int | None = None,
    force: bool = False,
    voice: Voice | None = None,
) -> list[str]:
    """Write a synthetic experiment beside its true values; return the files.

    The same plan and seed make the same files.

    Parameters
    ----------
    plan : path
        A TOML file: axis, scan, detector, background, spikes, cell, map and points.
    folder : path
        Made if needed.
    recipe : str, path or Recipe
        Whose peaks and ratios the truth lists.
    seed : int, optional
        Instead of the plan's own.
    force : bool
        Whether files that are there already are replaced.
    voice : Voice, optional
        Told what happens; None: nobody is.

    Raises
    ------
    RecipeError
        If plan or recipe are not valid.
    OutputIsInputError
        If a file would replace plan or recipe.
    InputError
        If a file is there already, or cannot be written.
    """
    voice = Silent() if voice is None else voice
    planned = load_plan(os.fspath(plan))
    experiment = run_plan(planned, recipe if isinstance(recipe, Recipe) else load_recipe(os.fspath(recipe)), seed)
    target = Path(folder)
    scans = planned.scan.present
    spectra = [target / spectra_name(planned, scan) for scan in scans]
    informations = [target / information_name(planned, scan) for scan in scans]
    records = [target / cell_name(planned)] if planned.cell else []
    truth = target / "truth.csv"
    written = [*spectra, *informations, *records, truth]
    files = [] if isinstance(recipe, Recipe) else recipe_files(os.fspath(recipe))
    refuse_inputs([str(path) for path in written], (), [os.fspath(plan), *files])
    for path in written:
        if path.exists() and not force:
            raise InputError(f"{path}: exists already", hint="--force replaces it")
    target.mkdir(parents=True, exist_ok=True)
    with voice.progress(len(scans), "scans") as progress:
        for scan, spectra_path, information_path in zip(scans, spectra, informations, strict=True):
            with Sink(spectra_path) as sink:
                sink.write(spectra_text(experiment, scan))
            with Sink(information_path) as sink:
                sink.write(information(experiment, scan))
            progress.advance()
    for path in records:
        with Sink(path) as sink:
            sink.write(cell_text(planned))
    with open_writer(truth, "csv") as writer:  # last: where it is, all is
        writer.write(truth_table(experiment))
    voice.say(f"wrote {os.fspath(folder)}: {len(scans)} × {planned.spectra} synthetic spectra and their truth.csv")
    return [str(path) for path in written]

"""``ramanfit simulate``: a synthetic experiment in WITec's own layout."""

from __future__ import annotations

from pathlib import Path

import click

from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.options import complete_recipe
from ramanfit.errors import InputError
from ramanfit.recipe.toml import DEFAULT_RECIPE


@click.command("simulate", short_help="Write a synthetic experiment beside its true values.")
@click.argument("plan", metavar="PLAN")
@click.option("-o", "--output", "folder", metavar="DIR", required=True, help="Folder, made if needed.")
@click.option(
    "--recipe",
    metavar="NAME|FILE",
    default=DEFAULT_RECIPE,
    envvar="RAMANFIT_RECIPE",
    show_envvar=True,
    shell_complete=complete_recipe,
    help="Recipe whose peaks and ratios the truth lists.",
)
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Seed, instead of the plan's.")
@click.option("--force", is_flag=True, help="Replace files that are there already.")
@talk_options
@click.pass_obj
def command(console: Console, plan: str, folder: str, recipe: str, seed: int | None, force: bool) -> None:
    """Write a synthetic experiment beside its true values.

    PLAN is a TOML file: axis, scan, detector, background, spikes, cell and points; the samples' plans show the
    keys. Every scan becomes a Graph ASCII file with its Information text, the cell a potentiostat's record (.mpt),
    all named SYNTHETIC; truth.csv holds what a fit should find. A value that changes is a list: knots evenly spaced
    over the scans, linear between. The same plan and seed make the same files.

    \b
    Examples:
      ramanfit simulate plan.toml -o synthetic/
      ramanfit simulate plan.toml -o synthetic/ --seed 7 --force
      ramanfit ratio synthetic/ -o found.csv
    """
    from ramanfit.recipe.toml import load_recipe
    from ramanfit.synthetic.eclab import cell_name, cell_text
    from ramanfit.synthetic.plan import load_plan
    from ramanfit.synthetic.simulate import run_plan
    from ramanfit.synthetic.witec import information, information_name, spectra_name, spectra_text, truth_table
    from ramanfit.tables.forms import open_writer
    from ramanfit.tables.sink import Sink

    planned = load_plan(plan)
    experiment = run_plan(planned, load_recipe(recipe), seed)
    target = Path(folder)
    scans = planned.scan.present
    spectra = [target / spectra_name(planned, scan) for scan in scans]
    informations = [target / information_name(planned, scan) for scan in scans]
    records = [target / cell_name(planned)] if planned.cell else []
    truth = target / "truth.csv"
    for path in (*spectra, *informations, *records, truth):
        if path.exists() and not force:
            raise InputError(f"{path}: exists already", hint="--force replaces it")
    target.mkdir(parents=True, exist_ok=True)
    with console.progress(len(scans), "scans") as progress:
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
    console.say(f"{folder}: {len(scans)} x {len(planned.points)} synthetic spectra and their truth.csv")

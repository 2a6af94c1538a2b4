"""``ramanfit simulate``: a synthetic experiment in WITec's own layout."""

from __future__ import annotations

import click

from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.options.declare import FITTED, OUTPUT, RUNNING, grouped, inherited, own_option
from ramanfit.cli.options.recipe import complete_recipe
from ramanfit.cli.types import FILE, FOLDER
from ramanfit.cli.verb import Verb
from ramanfit.recipe.toml import DEFAULT_RECIPE


@click.command("simulate", cls=Verb, short_help="Write a synthetic experiment beside its true values.")
@click.argument("plan", metavar="PLAN", type=FILE)
@own_option(OUTPUT, "-o", "--output", "folder", type=FOLDER, required=True, help="Folder, made if needed.")
@grouped(
    FITTED,
    inherited(
        "--recipe",
        metavar="NAME|FILE",
        default=DEFAULT_RECIPE,
        shell_complete=complete_recipe,
        help="Recipe whose peaks and ratios the truth lists.",
    ),
)
@own_option(RUNNING, "--seed", type=click.IntRange(min=0), metavar="N", help="Seed, instead of the plan's.")
@own_option(OUTPUT, "--force", is_flag=True, help="Replace files that are there already.")
@talk_options
@click.pass_obj
def command(console: Console, plan: str, folder: str, recipe: str, seed: int | None, force: bool) -> None:
    """Write a synthetic experiment beside its true values.

    PLAN is a TOML file: axis, scan, detector, background, spikes, cell, map and points; the samples' plans show
    the keys. Every scan becomes a Graph ASCII file with its Information text, the cell a potentiostat's record (.mpt),
    all named SYNTHETIC; truth.csv holds what a fit should find. A value that changes is a list: knots evenly spaced
    over the scans, linear between. The same plan and seed make the same files.

    \b
    Examples:
      ramanfit simulate plan.toml -o synthetic/
      ramanfit simulate plan.toml -o synthetic/ --seed 7 --force
      ramanfit ratio synthetic/ -o found.csv
    """
    from ramanfit.synthetic.write import simulate

    simulate(plan, folder, recipe=recipe, seed=seed, force=force, voice=console)

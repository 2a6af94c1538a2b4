"""Options that pick rows of an experiment, and columns of a table."""

from __future__ import annotations

import click

from ramanfit.cli.candidates import complete_points
from ramanfit.cli.options.declare import PLACED, resolved
from ramanfit.cli.types import DURATION, Several
from ramanfit.experiment.picked import Pick

pick_options = resolved(
    "pick",
    Pick,
    PLACED,
    (
        click.option(
            "--points",
            type=Several(click.STRING, "P3,P4"),
            shell_complete=complete_points,
            help="Only these points.",
        ),
        click.option("--from", "from_s", type=DURATION, help="Only from this time on."),
        click.option("--to", "to_s", type=DURATION, help="Only up to this time."),
        click.option("--cycle", type=int, metavar="N", help="Only this cycle of the cell."),
    ),
)

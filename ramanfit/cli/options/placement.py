"""Options of time and place, each a keyword of `ramanfit.scan.schedule.Schedule`."""

from __future__ import annotations

import re

import click

from ramanfit.cli.options.declare import PLACED, inherited, resolved
from ramanfit.cli.types import DURATION, LENGTH, Moment


def _numbered(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.search(r"(?<!\d)\d{1,9}\Z", value, re.ASCII):
        raise click.BadParameter(f"expected a name that ends in a number, such as P1, found {value!r}")
    return value


placement_options = resolved(
    "placement",
    lambda **values: {name: value for name, value in values.items() if value is not None},
    PLACED,
    (
        inherited(
            "--period",
            "period_s",
            type=DURATION,
            help="From the start of a scan to that of the next.  [default: as files say]",
        ),
        inherited(
            "--dwell",
            "dwell_s",
            type=DURATION,
            help="From the start of a point to that of the next.  [default: as files say]",
        ),
        inherited(
            "--order",
            type=click.Choice(["forward", "reverse", "serpentine"]),
            help="In which order the points of a line were measured.  [default: forward]",
        ),
        inherited(
            "--step", "step_um", type=LENGTH, help="Distance between neighbouring points.  [default: as files say]"
        ),
        inherited("--start", "start_um", type=LENGTH, help="Position of the first point.  [default: as files say]"),
        inherited(
            "--first-point",
            metavar="NAME",
            callback=_numbered,
            help="Name of the first point, which counts up.  [default: P1]",
        ),
        click.option(
            "--rows-are-scans", is_flag=True, default=None, help="The lines of a map are one line scan after another."
        ),
        click.option("--timezone", metavar="NAME", help="Of clocks that name none, e.g. Europe/Berlin."),
        click.option("--t0", type=Moment(), help="When the first scan began, for files that do not say."),
    ),
)

"""Options of whole experiments: the cell's record, the reference, figures and what they show."""

from __future__ import annotations

from typing import Any

import click

from ramanfit.cli.candidates import complete_point, complete_quantity
from ramanfit.cli.options.declare import CELL, FIGURES, Function, grouped, resolved
from ramanfit.cli.types import CAPACITY, FILE, OFFSET, RECORD_UNITS, TIMES, Ends, Several
from ramanfit.experiment.request import Drawing, Echem, one_way_to_pick


def _resolve_echem(
    echem: tuple[str, ...],
    offset_s: float | None,
    capacity_mah: float | None,
    first_percent: float | None,
    units: tuple[str, ...] | None,
) -> Echem | None:
    if not echem:
        beside = {
            "--echem-offset": offset_s,
            "--capacity": capacity_mah,
            "--soc-start": first_percent,
            "--echem-units": units,
        }
        for name, value in beside.items():
            if value is not None:
                raise click.UsageError(f"{name} needs --echem FILE")
        return None
    path = echem[0] if len(echem) == 1 else echem
    return Echem(path, offset_s or 0.0, capacity_mah, first_percent, units or ())


echem_options = resolved(
    "echem",
    _resolve_echem,
    CELL,
    (
        click.option(
            "--echem",
            multiple=True,
            type=FILE,
            help="The cell's record: .mpt, .mpr, .csv, .txt, .DTA, .xlsx; several are joined by their clocks.",
        ),
        click.option("--echem-offset", "offset_s", type=OFFSET, help="Added to the record's times.  [default: 0s]"),
        click.option(
            "--echem-units", "units", type=RECORD_UNITS, metavar="A,Ah", help="Of its columns that do not name theirs."
        ),
        click.option(
            "--capacity", "capacity_mah", type=CAPACITY, help="100 % state of charge.  [default: least to largest]"
        ),
        click.option(
            "--soc-start",
            "first_percent",
            type=float,
            metavar="%",
            help="State of charge at the record's start.  [default: 0]",
        ),
    ),
)


_PICKS = (
    click.option(
        "--soc", type=Several(click.FLOAT, "%,%,..."), help="Waterfall: spectra nearest to these states of charge."
    ),
    click.option("--times", "times_s", type=TIMES, help="Waterfall: spectra nearest to these times, e.g. 0h,6h."),
    click.option(
        "--point",
        metavar="NAME",
        shell_complete=complete_point,
        help="Waterfall: of this point.  [default: with the strongest peaks]",
    ),
)


def waterfall_picks(command: Function) -> Function:
    """Add the options that pick the spectra of a waterfall: `soc`, `times_s` and `point`."""
    return grouped(FIGURES, *_PICKS)(command)


figure_width = grouped(
    FIGURES,
    click.option(
        "--width",
        type=click.Choice(["single", "double"]),
        default="double",
        help="Columns of a journal that figures fill.",
    ),
)

figure_style = grouped(
    FIGURES,
    click.option("--style", type=FILE, help="Matplotlib style (.mplstyle) that is laid over ours in figures."),
)


def _resolve_drawing(**values: Any) -> Drawing:
    one_way_to_pick(values["soc"], values["times_s"])
    for option, value in (("--x", values["x"]), ("--ends", values["ends"]), ("--style", values["style"])):
        if value is not None and not values["figures"]:
            raise click.UsageError(f"{option} is for figures, and --no-figures leaves them out: give one")
    return Drawing(**values)


evolution_options = resolved(
    "drawing",
    _resolve_drawing,
    FIGURES,
    (
        click.option(
            "--reference", multiple=True, type=FILE, help="Export or table of a reference, e.g. pristine graphite."
        ),
        click.option(
            "--quantity",
            "quantities",
            multiple=True,
            metavar="COLUMN",
            shell_complete=complete_quantity,
            help="One more column to map, e.g. G_fwhm_cm1.",
        ),
        click.option(
            "--no-figures", "figures", flag_value=False, default=True, show_default=False, help="Write no figures."
        ),
        click.option(
            "--no-report", "report", flag_value=False, default=True, show_default=False, help="Write no report.html."
        ),
        click.option(
            "--format",
            "formats",
            type=Several(click.Choice(["svg", "pdf", "png"]), "svg,pdf"),
            default=(),
            show_default=False,
            metavar="svg,pdf",
            help="Forms of figures besides PNG.",
        ),
        figure_width,
        click.option(
            "--x",
            metavar="WHAT",
            help="What figures over time are drawn against: time, scan, voltage, capacity, soc or a covariate.",
        ),
        click.option(
            "--ends",
            type=Ends(),
            metavar="LOW,HIGH",
            help="What lies at the lowest and the highest position, e.g. Li,SE: written at the axis.",
        ),
        figure_style,
        *_PICKS,
    ),
)

"""Options of reading: which files, and what is known better than they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ramanfit.cli.candidates import words
from ramanfit.cli.options.declare import INPUT, RUNNING, grouped, inherited, resolved, setting
from ramanfit.cli.types import FILE, WAVELENGTH, AxisUnit
from ramanfit.experiment.request import Reading

if TYPE_CHECKING:
    from ramanfit.recipe.parts import Axis


def _named(files: tuple[str, ...], files_from: str | None) -> tuple[str, ...]:
    """Return FILES and those that a list names, one a line or separated by NUL."""
    if files_from is not None:
        from ramanfit.experiment.inputs import listed

        files = (*files, *listed(files_from))
    if not files:
        raise click.MissingParameter(param_type="argument", param_hint="'FILES...'")
    return files


files = resolved(
    "files",
    _named,
    INPUT,
    (
        click.argument("files", metavar="FILES...", nargs=-1, type=click.Path(allow_dash=True)),
        click.option(
            "--files-from",
            metavar="LIST",
            type=click.Path(allow_dash=True),
            help="A file, or -, that names inputs: one a line, or separated by NUL.",
        ),
    ),
)
keep_going = grouped(
    RUNNING,
    click.option(
        "-k", "--keep-going", is_flag=True, help="Go on after an input that cannot be read; exit with 1 at the end."
    ),
)
dark_option = grouped(
    INPUT,
    click.option(
        "--dark",
        type=FILE,
        help="An export of the dark detector, subtracted first; several spectra in it are averaged.",
    ),
)

AXIS = (
    setting(
        "--x-unit",
        "axis.unit",
        type=AxisUnit(),
        metavar="cm-1|nm|auto",
        shell_complete=words("cm-1", "nm", "auto"),
        help="Unit of the axis, where the file is silent or wrong.  [default: as it says]",
    ),
    setting(
        "--laser",
        "axis.laser_nm",
        type=WAVELENGTH,
        metavar="NM",
        help="Excitation, to turn an axis in nm into shifts.  [default: as the file says]",
    ),
)
"""Options that are also settings of the recipe, for commands without one."""


def _resolve_axis(x_unit: str | None, laser: float | None) -> Axis:
    from ramanfit.recipe.parts import Axis

    return Axis(unit=x_unit or "auto", laser_nm=laser)


axis_options = resolved("axis", _resolve_axis, INPUT, AXIS)
reading_options = resolved(
    "reading",
    Reading,
    INPUT,
    (
        inherited(
            "--line-spacing",
            type=click.Choice(["witec", "endpoints"]),
            default="witec",
            help="Pitch of a line of length L and N points: L/N as the instrument has it, or L/(N-1).",
        ),
        click.option("--select", metavar="PATTERN", help="Only measurements whose name matches, e.g. 'Line*'."),
        click.option(
            "--layout",
            type=click.Choice(["columns", "rows", "pairs", "long"]),
            help="How a table of numbers lies, where its labels do not tell.  [default: as they tell]",
        ),
        click.option("--axis-column", metavar="NAME", help="Label, or number, of a table's axis.  [default: as found]"),
        click.option("--stdin-name", metavar="NAME", default="-", help="What standard input (-) is called."),
    ),
)

"""What an experiment may be drawn against, and whether that can be there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ramanfit.errors import UsageError
from ramanfit.experiment.fit_tables import table_files
from ramanfit.formats.streams import is_stream
from ramanfit.recipe.settings import unknown
from ramanfit.tables.schema import covariates_of

if TYPE_CHECKING:
    from ramanfit.experiment.request import Request
    from ramanfit.tables.table import Table

TIME, SCAN = "time", "scan"
CELL = {"voltage": "voltage_v", "capacity": "capacity_mah", "soc": "soc"}


def check_abscissa(request: Request, name: str | None) -> None:
    """Make sure, before any fit, that an abscissa can be there; of tables of fits only they themselves can tell.

    Raises
    ------
    RecipeError
        If it is none, naming the nearest.
    UsageError
        If what it needs is not given.
    """
    if name in (None, TIME, SCAN) or table_files(request.files):
        return
    if name in CELL:
        if request.echem is None:
            raise UsageError(f"--x {name} needs the cell's record: --echem FILE")
        return
    if request.covariates is not None and is_stream(request.covariates):
        return
    from ramanfit.experiment.covariates import names_of_covariates

    covariates = names_of_covariates(request)
    if name not in covariates:
        raise unknown("abscissa", str(name), [TIME, SCAN, *CELL, *covariates])


def column_of(table: Table, name: str) -> str:
    """Return the column that an abscissa is read from.

    Raises
    ------
    RecipeError
        If there is no such abscissa, naming the nearest.
    UsageError
        If the table has no such column, or words in it.
    """
    column = CELL.get(name, name)
    covariates = [name for name in covariates_of(table.names) if not isinstance(table.columns[name], tuple)]
    if name in CELL:
        if column not in table.columns:
            raise UsageError(f"--x {name} needs the cell's record: --echem FILE")
    elif name not in covariates:
        if name in covariates_of(table.names):
            raise UsageError(f"--x {name}: expected numbers in this column, found words")
        raise unknown("abscissa", name, [TIME, SCAN, *CELL, *covariates])
    return column

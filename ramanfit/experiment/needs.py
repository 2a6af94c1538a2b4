"""What figures need, by name: checked before any fit, or before any is repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ramanfit.errors import RamanfitError, UsageError
from ramanfit.formats import find_exports
from ramanfit.formats.streams import is_stream
from ramanfit.recipe.settings import unknown
from ramanfit.scan.schedule import Schedule, Visit, place

if TYPE_CHECKING:
    from ramanfit.experiment.request import Drawing, Request
    from ramanfit.tables.table import Table

NO_RECORD = "--soc needs the cell's record: --echem FILE"


def check_exports(request: Request, drawing: Drawing) -> None:
    """Make sure that exports, of which none is fitted yet, have what figures need.

    Raises
    ------
    UsageError
        If states of charge are asked for, and there is no record.
    RecipeError
        If there is no such point.
    """
    if drawing.soc is not None and request.echem is None:
        raise UsageError(NO_RECORD)
    if drawing.point is not None:
        _check_point(request, drawing.point)


def check_table(table: Table, request: Request, drawing: Drawing) -> None:
    """Make sure that tables of fits have what figures need, before the exports that they name are fitted again.

    Raises
    ------
    UsageError, RecipeError
        As `check_exports`; or if there is no such column, or no time.
    """
    if drawing.soc is not None and request.echem is None and "soc" not in table.columns:
        raise UsageError(NO_RECORD)
    points = list(dict.fromkeys(map(str, table.columns["point"])))
    points = [point for point in points if request.pick.points is None or point in request.pick.points]
    if drawing.point is not None and drawing.point not in points:
        raise unknown("point", drawing.point, points)
    _check_times(table, drawing)
    joined_later = (request.echem, request.covariates, request.from_name, drawing.reference or None)
    numbers = [name for name, values in table.columns.items() if not isinstance(values, tuple)]
    for name in drawing.quantities if joined_later == (None,) * 4 else ():
        if name not in numbers:
            raise unknown("quantity", name, numbers)


def check_known(table: Table, drawing: Drawing) -> None:
    """Make sure that a whole table has the times and the states of charge that figures need.

    Raises
    ------
    UsageError
        If none of its spectra has any.
    """
    _check_times(table, drawing)
    if drawing.soc is not None and not np.isfinite(np.asarray(table.columns.get("soc", np.nan))).any():
        raise UsageError("--soc: no spectrum has a state of charge: the record has none, or not at these times")


def _check_times(table: Table, drawing: Drawing) -> None:
    if drawing.times_s is not None and not np.isfinite(np.asarray(table.columns["time_s"], dtype=np.float64)).any():
        raise UsageError("--times: no spectrum has a time (--period and --dwell supply it)")


def _check_point(request: Request, point: str) -> None:
    """Read exports, usually the first alone, until one has the point.

    What can be read only once, and what cannot be read, is left to the fit; so are means: they have other names.
    """
    wanted = request.pick.points
    if wanted is not None and point not in wanted:
        raise unknown("point", point, wanted)
    if request.average is not None or any(map(is_stream, request.files)):
        return
    met: dict[str, None] = {}
    schedule, read = Schedule(**request.placement), request.reading.reader(request.recipe.axis)
    for path in find_exports(request.files, errors=[])[0]:
        try:
            keys, _ = place([Visit.of(scan) for scan in read(path)], schedule)
        except RamanfitError:
            return
        met |= dict.fromkeys(name for each in keys for name in each.point)
        if point in met:
            return
    if met:
        raise unknown("point", point, met)

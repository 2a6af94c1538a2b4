"""From a table of numbers to its measurements: spectra in columns, rows or pairs of columns, or below each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ramanfit.errors import FormatError
from ramanfit.formats import labels as said
from ramanfit.formats.layout import (
    Lot,
    Numbers,
    choose_axis,
    counts_up,
    ended,
    first_row_axis,
    header_axis,
    lies_in_rows,
    rises,
    rows,
)
from ramanfit.formats.long_form import is_long, joined, long, restarts, stretches
from ramanfit.formats.reader import ReadOptions
from ramanfit.scan.scan import FloatArray


def lots(table: Numbers, options: ReadOptions, key_labels: Sequence[str]) -> list[Lot]:
    """Return the measurements of a table.

    Parameters
    ----------
    table : Numbers
    options : ReadOptions
        `layout` and `axis_column` decide by hand; `select` may name a column that is left out otherwise.
    key_labels : sequence of str
        What the header says of columns before spectra in rows.

    Raises
    ------
    FormatError
        If the table can be read in more than one way, or not as it is asked for.
    """
    layout = options.layout
    if options.axis_column is not None and layout in ("rows", "pairs"):
        raise FormatError(table.path, f"--axis-column does not go with --layout {layout}")
    headed = header_axis(table)
    if layout == "rows" or (layout is None and options.axis_column is None):
        in_rows = _in_rows(table, headed, key_labels, by_hand=layout == "rows")
        if in_rows is not None:
            return in_rows
    numbers = sum(said.numeric(label) is not None for label in table.labels)
    kinds = [said.role(label) for label in table.labels]
    if layout is None and options.axis_column is None:
        if numbers >= 3 and 2 * numbers >= len(kinds) and headed is None and kinds[0] != said.AXIS:
            raise table.undecided("most labels are numbers, but they do not rise as an axis does")
        groups = _labelled_pairs(table, kinds) or _pairs_by_content(table, kinds)
        if groups:
            return _pairs(table, groups, kinds, options)
    if layout == "pairs":
        return _pairs(table, _forced_pairs(table, kinds), kinds, options)
    return _columns(table, kinds, options)


def _in_rows(
    table: Numbers, headed: tuple[int, FloatArray] | None, key_labels: Sequence[str], *, by_hand: bool
) -> list[Lot] | None:
    if headed is not None:
        first, axis = headed
        if not by_hand and not lies_in_rows(table, first, axis):
            return None
        return rows(table, first, axis, table.values, key_labels, table.label_line)
    if not by_hand and table.labels:
        return None
    before = first_row_axis(table.values) if not by_hand else _any_first_row(table)
    if before is None:
        return None
    if not by_hand and rises(table.values[:, 0]):
        raise table.undecided("both the first row and the first column rise as an axis does")
    axis = table.values[0, before:]
    return rows(table, before, axis, table.values[1:], key_labels, table.line(0))


def _any_first_row(table: Numbers) -> int:
    values = table.values
    before = first_row_axis(values)
    if before is not None:
        return before
    for first in range(min(3, values.shape[1] - 2)):
        its = values[0, first:]
        if values.shape[0] > 1 and ((its[1:] > its[:-1]).all() or (its[1:] < its[:-1]).all()):
            return first
    raise FormatError(
        table.path,
        line=table.line(0),
        expected="labels or a first row that rise or fall as an axis does, for --layout rows",
        found=" ".join(f"{value:.15g}" for value in values[0, :4]) + (" ..." if values.shape[1] > 4 else ""),
    )


def _labelled_pairs(table: Numbers, kinds: Sequence[str]) -> list[range]:
    """Return the columns of each group that begins with an axis, by labels; none if there is only one axis."""
    axes = [i for i, kind in enumerate(kinds) if kind == said.AXIS]
    if not axes:
        axes = [i for i, label in enumerate(table.labels) if said.is_abscissa(label)]
    if len(axes) < 2 or axes[0] != 0:
        return []
    groups = [range(a, b) for a, b in zip(axes, [*axes[1:], len(kinds)], strict=True)]
    has_spectra = all(any(kinds[i] in (said.SPECTRUM, said.PLACE) for i in group[1:]) for group in groups)
    return groups if has_spectra else []


def _pairs_by_content(table: Numbers, kinds: Sequence[str]) -> list[range]:
    """Return pairs of columns whose first members all rise, or fall, alike."""
    values = table.values
    columns = values.shape[1]
    if columns < 3 or (said.AXIS in kinds and all(label.strip() for label in table.labels)):
        return []
    if not rises(values[:, 2]) or not rises(values[:, 0]) or counts_up(ended(values[:, 0])):
        return []
    if rises(values[:, 1]):
        return []  # all of them rise: nothing can be told from that
    groups = [range(i, i + 2) for i in range(0, columns - 1, 2)]
    ends = [_ends(values[:, group[0]]) for group in groups if rises(values[:, group[0]])]
    low, high = max(a for a, _ in ends), min(b for _, b in ends)
    alike = high - low > 0.2 * max(b - a for a, b in ends)
    if columns % 2 or len(ends) < len(groups) or not alike:
        raise table.undecided(f"{table.label(2)} rises as the first column does: an axis of its own, or a spectrum?")
    return groups


def _ends(x: FloatArray) -> tuple[float, float]:
    x = ended(x)
    return float(min(x[0], x[-1])), float(max(x[0], x[-1]))


def _forced_pairs(table: Numbers, kinds: Sequence[str]) -> list[range]:
    columns = table.values.shape[1]
    groups = _labelled_pairs(table, kinds)
    if not groups and columns % 2:
        raise FormatError(table.path, expected="an even number of columns, for --layout pairs", found=str(columns))
    return groups or [range(i, i + 2) for i in range(0, columns, 2)]


def _pairs(table: Numbers, groups: Sequence[range], kinds: Sequence[str], options: ReadOptions) -> list[Lot]:
    """Return one measurement of spectra that share an axis, else one for each axis."""
    apart: list[Lot] = []
    for number, group in enumerate(groups, 1):
        size = ended(table.values[:, group[0]]).size
        its_kinds = [kinds[i] for i in group] if kinds else []
        its_labels = tuple(table.labels[i] for i in group) if kinds else ()
        alone = table._replace(values=table.values[:size, group.start : group.stop], labels=its_labels)
        (lot,) = _spectra(alone, 0, its_kinds, options)[:1]
        label = its_labels[1].strip() if its_labels else ""
        apart.append(lot._replace(name=label or str(number)))
    first = apart[0]
    if all(np.array_equal(first.x, other.x) for other in apart[1:]):
        notes = (f"{len(apart)} pairs of columns on one axis",)
        return [first._replace(counts=np.concatenate([lot.counts for lot in apart]), name="", notes=notes)]
    names = [lot.name for lot in apart]
    if len(set(names)) < len(names):
        apart = [lot._replace(name=str(number)) for number, lot in enumerate(apart, 1)]
    notes = (f"{len(apart)} pairs of columns, each with an axis of its own",)
    return [lot._replace(notes=(*lot.notes, *notes)) for lot in apart]


def _columns(table: Numbers, kinds: Sequence[str], options: ReadOptions) -> list[Lot]:
    if table.values.shape[1] < 2:
        raise FormatError(table.path, expected="two or more columns of numbers", found="1")
    by_hand = options.layout is not None or options.axis_column is not None
    if not by_hand and not kinds and is_long(table.values):
        columns = range(table.values.shape[1])
        return long(table, columns[-2], columns[-1], columns[:-2])
    if options.layout == "long" and options.axis_column is None and said.AXIS not in kinds:
        axis = table.values.shape[1] - 2  # before the counts
    else:
        axis = choose_axis(table, kinds, options.axis_column)
    keys = [i for i, kind in enumerate(kinds) if i != axis and kind in (said.TIME, said.PLACE, said.INDEX)]
    if options.layout == "long" or (keys and (_begins_again(table, axis, keys) or _constant(table, keys))):
        counts = [i for i in range(table.values.shape[1]) if i != axis and i not in keys]
        if kinds:
            counts, notes = _wanted(table, counts, kinds)
        else:
            keys, counts, notes = counts[:-1], counts[-1:], ()
        if len(counts) != 1:
            raise table.undecided(
                f"a table with one row for each channel has one column of counts, this one {len(counts)}"
            )
        return long(table, axis, counts[0], keys, notes)
    return [one for lot in _spectra(table, axis, kinds, options) for one in joined(lot, table)]


def _begins_again(table: Numbers, axis: int, keys: Sequence[int]) -> bool:
    """Tell whether the axis begins again, if only because times or places say that another spectrum does."""
    x = table.values[:, axis]
    placed = any(said.role(table.labels[i]) != said.INDEX for i in keys)
    return restarts(x) or (placed and len(stretches(x)) > 1)


def _constant(table: Numbers, keys: Sequence[int]) -> bool:
    """Tell whether times and places are those of one spectrum: the table holds only it."""
    named = [table.values[:, i] for i in keys if said.role(table.labels[i]) != said.INDEX]
    return any((values == values[0]).all() for values in named)


def _spectra(table: Numbers, axis: int, kinds: Sequence[str], options: ReadOptions) -> list[Lot]:
    """Return the measurement of the columns that are spectra, and one for a column that is asked for by name."""
    values, notes = table.values, list[str]()
    columns = [i for i in range(values.shape[1]) if i != axis]
    label = table.labels[axis] if table.labels else ""
    left = [i for i in columns if kinds and _is_beside_the_point(kinds[i], values[:, i])]
    if not kinds and axis == 1 and counts_up(values[:, 0]):
        left = [0]
    if left:
        columns = [i for i in columns if i not in left]
        notes.append(f"the axis is {table.label(axis)!r}; left out: {_names(table, left)}")
    columns, said_of = _wanted(table, columns, kinds)
    its_lots: list[Lot] = []
    wanted = options.select
    for i in [i for i in range(values.shape[1]) if i != axis and i not in columns]:
        if wanted is not None and table.labels and wanted.casefold() == table.label(i).casefold():
            its_lots.append(Lot(values[:, axis].copy(), values[:, i : i + 1].T, table.line, label, wanted))
    if not columns and its_lots:
        return its_lots
    if not columns:
        names = _names(table, [i for i in range(values.shape[1]) if i != axis])
        raise table.undecided(f"no column is a spectrum by its label: {names}", "FILE::LABEL reads one by its label")
    if columns == list(range(columns[0], columns[-1] + 1)):
        counts = values[:, columns[0] : columns[-1] + 1].T
    else:
        counts = values[:, columns].T
    return [Lot(values[:, axis].copy(), counts, table.line, label, "", (), (*notes, *said_of)), *its_lots]


def _is_beside_the_point(kind: str, values: FloatArray) -> bool:
    """Tell whether a column beside the axis is another axis, a time, or numbers its rows."""
    return kind in (said.AXIS, said.TIME) or (kind == said.INDEX and counts_up(values, from_start=False))


def _wanted(table: Numbers, columns: list[int], kinds: Sequence[str]) -> tuple[list[int], tuple[str, ...]]:
    """Return which of some columns are spectra, and what is to be said of the others."""
    if not kinds:
        return columns, ()
    beside = [i for i in columns if kinds[i] in said.BESIDE]
    plain = [i for i in columns if i not in beside]
    raw = [i for i in plain if said.is_raw(table.labels[i])]
    processed = [i for i in beside if kinds[i] == said.PROCESSED]
    if not plain and processed:
        plain, beside = processed, [i for i in beside if i not in processed]
    elif processed:
        samples = {said.same_sample(table.labels[i]) for i in plain}
        alone = [i for i in processed if said.same_sample(table.labels[i]) not in {*samples, ""}]
        if alone and not raw:
            raise table.undecided(
                f"is {table.label(alone[0])!r} a spectrum of its own, or another one corrected?",
                hint=f"FILE::'{table.label(alone[0])}' reads it alone; rename it to read it beside the others",
            )
    if not plain and len(beside) == 1 and kinds[beside[0]] == said.BASELINE:
        return beside, (f"the only spectrum is labelled {table.label(beside[0])!r}",)
    if not plain or not beside:
        return plain, ()
    by_name = f" (FILE::'{table.label(beside[0])}' reads it)" if len(beside) == 1 else " (FILE::LABEL reads one)"
    taken = f"{_names(table, plain)} taken; " if processed and len(plain) <= 3 else ""
    return plain, (f"{taken}no spectra by their labels: {_names(table, beside)}{by_name}",)


def _names(table: Numbers, columns: Sequence[int]) -> str:
    shown = ", ".join(repr(table.label(i)) for i in columns[:5])
    return shown + (f" and {len(columns) - 5} more" if len(columns) > 5 else "")

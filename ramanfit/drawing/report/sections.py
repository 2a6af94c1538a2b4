"""The parts of the page that need no drawing: what it is about, the reference, and how it was made."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from ramanfit.drawing.axes import is_ratio, label
from ramanfit.drawing.report.against import HOUR_S
from ramanfit.experiment.evolution import Evolution, fmax, fmin, median_of
from ramanfit.recipe.toml import from_dict, to_toml
from ramanfit.tables.rounding import for_people, plain
from ramanfit.tables.table import Table

_ELSEWHERE = ("command", "recipe", "inputs", "not_read", "cite")  # of a record, what stands in a place of its own


def summary(evolution: Evolution) -> str:
    """Return how much was measured and how much of it is flagged, as items of a description list."""
    table = evolution.table
    there = int((evolution.rows >= 0).any(axis=1).sum())
    missing = len(evolution.scans) - there
    words = [str(cell) for cell in table.columns["flags"]]
    flagged = sum(map(bool, words))
    counts = Counter(word for cell in words for word in cell.split("|") if word)
    items = [
        ("spectra", str(len(table)), ""),
        ("scans", str(there), f"{missing} missing" if missing else ""),
        ("points", str(len(evolution.points)), _span(evolution.position_um, "µm")),
        ("flagged", str(flagged), ", ".join(f"{word} {count}" for word, count in counts.most_common())),
    ]
    if evolution.timed:
        span = float(np.ptp(np.asarray(evolution.table.columns["time_s"]))) / HOUR_S
        items.append(("time span", f"{plain(span, 3)} h", ""))
    return "".join(
        f"<div><dt>{name}</dt><dd>{escape(value)}{f' <small>{escape(more)}</small>' if more else ''}</dd></div>"
        for name, value, more in items
    )


def over_scans(evolution: Evolution, quantities: Sequence[str]) -> str:
    """Return medians over the points in the first and the last scan, and the range of all, as a table.

    Parameters
    ----------
    evolution : Evolution
    quantities : sequence of str
        Columns with a standard error.
    """
    if not quantities:
        return ""
    there = np.flatnonzero((evolution.rows >= 0).any(axis=1))
    ends = there[[0, -1]] if len(there) > 1 else there
    heads = ["", *(f"scan {scan}" for scan in evolution.scans[ends].tolist()), "lowest", "highest"]
    rows = []
    for name in quantities:
        shown = evolution.shown(name)
        medians = [float(median_of(shown[scan][:, None])[0]) for scan in ends]
        reach = [float(pick(shown.reshape(1, -1))[0]) for pick in (fmin, fmax)]
        rows.append([_typeset(evolution, name), *(plain(value, 5) or "–" for value in (*medians, *reach))])
    return _table(heads, rows, named=True, about="Medians over the points, and the range of all values")


def not_read(record: Mapping[str, Any]) -> str:
    """Return which inputs could not be read, as a section; empty if all could."""
    items = "".join(f"<li>{escape(message)}</li>" for message in record.get("not_read", ()))
    return items and f'<section aria-labelledby="not-read"><h2 id="not-read">Not read</h2><ul>{items}</ul></section>'


def reference(evolution: Evolution) -> str:
    """Return the rows of the reference as a section with a table; empty if there is none."""
    if evolution.reference is None:
        return ""
    columns = evolution.reference.table.columns
    names = [name for name in evolution.quantities if name in columns]
    kept = {n: columns[n] for name in names for n in (name, evolution.schema[name].error) if n in columns}
    cells = for_people(Table({"source": columns["source"], **kept, "flags": columns["flags"]}))
    heads = ["source", *(_typeset(evolution, name) for name in names), "flags"]
    rows = _table(heads, zip(*cells.values(), strict=True), "The reference")
    return f'<section aria-labelledby="reference-title"><h2 id="reference-title">Reference</h2>{rows}</section>'


def recipe_text(record: Mapping[str, Any]) -> str:
    """Return the recipe of a record as TOML, ready for ``--recipe``."""
    return to_toml(from_dict(record["recipe"]))


def provenance(record: Mapping[str, Any]) -> str:
    """Return versions, how to cite them, command line and inputs of a record."""
    versions = [(name, str(value)) for name, value in record.items() if name not in _ELSEWHERE]
    items = [*versions, ("command", shlex.join(record["command"])), ("how to cite", record["cite"])]
    listed = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in items)
    inputs = [(entry["file"], entry["sha256"] or "standard input") for entry in record["inputs"]]
    return f'<dl class="facts">{listed}</dl>{_table(["input", "SHA-256"], inputs, "Inputs")}'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], about: str, *, named: bool = False) -> str:
    """Return a table whose heads are HTML, as is the first cell of each row where this names the row."""
    head = "".join(f'<th scope="col">{name}</th>' if name else "<td></td>" for name in heads)
    body = ""
    for row in rows:
        first = f'<th scope="row">{row[0]}</th>' if named else f"<td>{escape(row[0])}</td>"
        body += f"<tr>{first}{''.join(f'<td>{escape(cell)}</td>' for cell in row[1:])}</tr>"
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    # a region that scrolls must be reachable by keyboard
    return f'<div class="wide" tabindex="0" role="region" aria-label="{escape(about)}">{table}</div>'


def _typeset(evolution: Evolution, name: str) -> str:
    words = escape(label(evolution, name))
    return re.sub(r"_(\w)", r"<sub>\1</sub>", words) if is_ratio(evolution, name) else words


def _span(values: np.ndarray, unit: str) -> str:
    finite = values[np.isfinite(values)]
    return f"{finite.min():g} to {finite.max():g} {unit}" if len(finite) else ""

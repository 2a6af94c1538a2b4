"""The parts of the page that need no drawing: what it is about, the reference, and how it was made."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from ramanfit.drawing.axes import is_ratio, label, time_unit
from ramanfit.experiment.evolution import Evolution
from ramanfit.recipe.toml import from_dict, to_toml
from ramanfit.tables.rounding import for_people
from ramanfit.tables.table import Table

_ELSEWHERE = ("command", "recipe", "inputs", "not_read")  # of a record, what stands in a place of its own


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
        scale, axis = time_unit(evolution)
        unit = axis.removeprefix("time ").strip("()")
        items.append(
            ("time span", f"{float(np.ptp(np.asarray(evolution.table.columns['time_s']))) / scale:.1f} {unit}", "")
        )
    return "".join(
        f"<div><dt>{name}</dt><dd>{escape(value)}{f' <small>{escape(more)}</small>' if more else ''}</dd></div>"
        for name, value, more in items
    )


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
    rows = _table(heads, zip(*cells.values(), strict=True))
    return f'<section aria-labelledby="reference-title"><h2 id="reference-title">Reference</h2>{rows}</section>'


def recipe_text(record: Mapping[str, Any]) -> str:
    """Return the recipe of a record as TOML, ready for ``--recipe``."""
    return to_toml(from_dict(record["recipe"]))


def provenance(record: Mapping[str, Any]) -> str:
    """Return versions, command line and inputs of a record."""
    versions = [(name, str(value)) for name, value in record.items() if name not in _ELSEWHERE]
    items = [*versions, ("command", shlex.join(record["command"]))]
    listed = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in items)
    inputs = [(entry["file"], entry["sha256"] or "standard input") for entry in record["inputs"]]
    return f'<dl class="facts">{listed}</dl>{_table(["input", "SHA-256"], inputs)}'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    # a region that scrolls must be reachable by keyboard
    return f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _typeset(evolution: Evolution, name: str) -> str:
    words = escape(label(evolution, name))
    return re.sub(r"_(\w)", r"<sub>\1</sub>", words) if is_ratio(evolution, name) else words


def _span(values: np.ndarray, unit: str) -> str:
    finite = values[np.isfinite(values)]
    return f"{finite.min():g} to {finite.max():g} {unit}" if len(finite) else ""

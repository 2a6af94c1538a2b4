"""One page for an experiment: maps, traces, every fit and all numbers, in a file that needs nothing else.

`payload` gathers what the page's scripts draw, with `choice`, `curves`, `against` and `happenings`, and `packing` makes
it small; `sections` writes what needs no script. `page.html`, `style.css` and the scripts lie beside them and are put
into the page as they are. Curves, digits and words are made here: a script places them, and knows no line shape.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Mapping
from importlib.resources import files
from string import Template
from typing import Any

from ramanfit.drawing.abscissa import abscissa_of
from ramanfit.drawing.report.packing import deflated, json_bytes
from ramanfit.drawing.report.payload import payload_of
from ramanfit.drawing.report.sections import not_read, over_scans, provenance, recipe_text, reference, summary
from ramanfit.experiment.evolution import Evolution
from ramanfit.experiment.spectra import Spectra
from ramanfit.tables.table import Table

SCRIPTS = (  # one after another
    "drawing.js",
    "data.js",
    "view.js",
    "panels.js",
    "traces.js",
    "images.js",
    "fit.js",
    "values.js",
    "save.js",
    "overview.js",
    "table.js",
    "page.js",
)

__all__ = ["report_html"]


def report_html(
    evolution: Evolution,
    spectra: Spectra,
    record: Mapping[str, Any],
    title: str,
    events: Table | None = None,
    x: str | None = None,
) -> bytes:
    """Return a page that opens from disk and asks the network for nothing.

    The same experiment and record give the same bytes.

    Parameters
    ----------
    evolution : Evolution
    spectra : Spectra
        In the order of the evolution's table; rows beyond its end have no spectrum.
    record : mapping
        What was done, as `ramanfit.experiment.provenance.record_of` makes it.
    title : str
    events : Table or None
        As `ramanfit.experiment.events.events_table` makes it.
    x : str or None
        What maps and traces are drawn against when the page opens: see `ramanfit.drawing.abscissa`; None: time.

    Returns
    -------
    bytes
        HTML, UTF-8.

    Raises
    ------
    RecipeError
        If there is no such abscissa, naming the nearest.
    UsageError
        If nothing is known of it.
    """
    against = abscissa_of(evolution, x).name
    drawn = payload_of(evolution, spectra, events)
    script, style = "".join(map(_asset, SCRIPTS)), _asset("style.css")
    page = Template(_asset("page.html")).substitute(
        policy=f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "base-uri 'none'; form-action 'none'",
        title=html.escape(title),
        summary=summary(evolution),
        not_read=not_read(record),
        over_scans=over_scans(evolution, drawn.data["maps"]),
        reference=reference(evolution),
        recipe=html.escape(recipe_text(record)),
        provenance=provenance(record),
        data=deflated(json_bytes({**drawn.data, "x": against, "title": title})),
        spectra=drawn.spectra,
        script=script,
        style=style,
    )
    return page.encode("utf-8", "replace")  # a file's name may hold a byte that is no text


def _asset(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

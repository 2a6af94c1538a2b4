"""Draws all pictures anew."""

from __future__ import annotations

import json

from tests.drawing.images import FIGURES, HERE, WIDTHS, drawn, made_with, path_of, save

for name in FIGURES:
    for width in WIDTHS:
        save(drawn(name, width), path_of(name, width))
(HERE / "made_with.json").write_text(json.dumps(made_with(), indent=1) + "\n", encoding="utf-8")

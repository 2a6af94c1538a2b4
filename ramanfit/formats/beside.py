"""The files that an export is read with: other parts of it, and Information texts."""

from __future__ import annotations

from pathlib import Path

from ramanfit.errors import FormatError, InputError
from ramanfit.formats import split
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.information import measurement


def files_beside(file: Path) -> list[Path]:
    """Return the files beside an export that are read with it, or may be.

    These are the other parts of a split export, and Information texts of the same stem.
    """
    part = split.part_of(file.name)
    if part is not None:
        try:
            with Source.open(str(file)) as source:
                part = part if split.is_part(file.name, source.head) else None
        except (InputError, FormatError):
            part = None
    stems = {measurement(file.name)[1]}
    if part is not None:
        stems.add(measurement(f"{part.stem}.txt")[1])
    beside = []
    for other in sorted(file.parent.iterdir()):
        _, stem, is_information = measurement(other.name)
        its_part = split.part_of(other.name)
        same = part is not None and its_part is not None and (its_part.stem, its_part.pair) == (part.stem, part.pair)
        if other.name != file.name and (same or (is_information and stem in stems)):
            beside.append(other)
    return beside

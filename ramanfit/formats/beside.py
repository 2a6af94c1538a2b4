"""The files that an export is read with: other parts of it, and Information texts."""

from __future__ import annotations

from pathlib import Path

from ramanfit.errors import FormatError, InputError
from ramanfit.formats import split
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.information import parse_name
from ramanfit.formats.streams import is_stream


def files_beside(file: Path) -> list[Path]:
    """Return the files beside an export that are read with it, or may be.

    These are the other files of a split export, and Information texts of the same stem.
    """
    export = split.split_file_of(file.name)
    if export is not None and is_stream(str(file)):
        export = None  # what is read once is not looked at before
    if export is not None:
        try:
            with Source.open(str(file)) as source:
                export = export if split.is_split_file(file.name, source.head) else None
        except (InputError, FormatError):
            export = None
    stems = {parse_name(file.name)[1]}
    if export is not None:
        stems.add(parse_name(f"{export.stem}.txt")[1])
    beside = []
    for path in sorted(file.parent.iterdir()):
        _, stem, is_information = parse_name(path.name)
        other = split.split_file_of(path.name)
        same = export is not None and other is not None and (other.stem, other.pair) == (export.stem, export.pair)
        if path.name != file.name and (same or (is_information and stem in stems)):
            beside.append(path)
    return beside

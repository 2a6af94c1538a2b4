"""What a watch has taken in: one line in ``taken.jsonl`` for each table, the last of a table counts."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ramanfit.errors import InputError, RecipeError
from ramanfit.frozen import dataclass
from ramanfit.tables.sink import Sink

if TYPE_CHECKING:
    from ramanfit.experiment.request import Request
    from ramanfit.experiment.voice import Voice

NAME = "taken.jsonl"
SETTINGS = "settings.json"
GONE = "source_gone"  # what rows say whose export is gone
LONGEST = 200  # bytes of a table's name that are the export's


@dataclass(frozen=True)
class TakenExport:
    """An export that was taken in, and its table.

    Attributes
    ----------
    export : str
        Name of the file that stands for it.
    parts : mapping of str to (list of int, str)
        Every file of it: how it looked, and the SHA-256 of what it held.
    table : str
        Name of the table.
    sha256 : str
        Of the table.
    dated : bool
        Whether every row has the start of its scan.
    gone : bool
        Whether the export is no longer there, which the rows of the table say.
    """

    export: str
    parts: Mapping[str, tuple[list[int], str]] = field(default_factory=dict)
    table: str = ""
    sha256: str = ""
    dated: bool = True
    gone: bool = False

    def holds(self, parts: Mapping[str, tuple[list[int], str]]) -> bool:
        """Tell whether the table is of files with this content."""
        return {name: digest for name, (_, digest) in self.parts.items()} == {n: d for n, (_, d) in parts.items()}


class TakenIn:
    """All entries by the name of their export; a mapping that is kept in a file.

    Parameters
    ----------
    folder : path
        Of the tables.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._entries: dict[str, TakenExport] = {}
        lines = _lines(folder / NAME)
        for line in lines:
            if (entry := _entry(line)) is not None:
                self._entries[entry.export] = entry
            elif (name := _forgotten(line)) is not None:
                self._entries.pop(name, None)
        if len(lines) > 2 * len(self._entries) + 100:
            with Sink(folder / NAME) as sink:
                for entry in self:
                    sink.write(_line(asdict(entry)))

    def __iter__(self) -> Iterator[TakenExport]:
        return iter(tuple(self._entries.values()))

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, export: str) -> TakenExport | None:
        """Return what was taken in of an export, None if nothing was."""
        return self._entries.get(export)

    def add(self, entry: TakenExport) -> None:
        """Keep an entry.

        Raises
        ------
        InputError
            If it cannot be written: then it is not kept at all.
        """
        self._append(asdict(entry))
        self._entries[entry.export] = entry

    def forget(self, export: str) -> None:
        """Keep an entry no longer; where that cannot be written, it is forgotten once more after a restart."""
        if self._entries.pop(export, None) is not None:
            self._append({"forget": export})

    def mark(self, entry: TakenExport, *, gone: bool) -> None:
        """Say in all rows of a table that its export is gone, or is back.

        Raises
        ------
        InputError
            If the table cannot be read or written.
        """
        path = self.folder / entry.table
        try:
            rows = [*csv.reader(io.StringIO(path.read_bytes().decode("utf-8", "surrogateescape"), newline=""))]
            at = rows[0].index("flags")
            for row in rows[1:]:
                words = [word for word in row[at].split("|") if word not in ("", GONE)]
                row[at] = "|".join([*words, GONE] if gone else words)
        except (OSError, ValueError, IndexError) as error:
            raise InputError(f"{path}: cannot be marked: {error}") from error
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(rows)
        data = text.getvalue().encode("utf-8", "surrogateescape")
        with Sink(path) as sink:
            sink.write(data)
        self.add(replace(entry, gone=gone, sha256=hashlib.sha256(data).hexdigest()))

    def _append(self, line: Mapping[str, object]) -> None:
        path = self.folder / NAME
        try:
            with path.open("ab") as file:
                at = file.tell()
                try:
                    file.write(b"\n" * bool(at and not _ends_well(path)) + _line(line))
                    file.flush()
                except OSError:
                    file.truncate(at)
                    raise
        except OSError as error:
            raise InputError(f"{path}: cannot be written: {error.strerror}") from error


def table_name(export: str) -> str:
    """Return the name of an export's table: the export's with an ending, cut where that would be too long."""
    raw = os.fsencode(export)
    if len(raw) <= LONGEST:
        return f"{export}.csv"
    return f"{raw[:LONGEST].decode('utf-8', 'ignore')}~{hashlib.sha256(raw).hexdigest()[:12]}.csv"


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def keep_settings(fits: Path, request: Request, voice: Voice) -> None:
    """Make sure that all tables of a folder are made alike.

    Raises
    ------
    RecipeError
        If those that are there were made with other settings.
    InputError
        If the folder holds something else.
    """
    text = json.dumps(request.settings(), indent=2, ensure_ascii=False) + "\n"
    path = fits / SETTINGS
    try:
        before = path.read_bytes().decode("utf-8", "replace")
        json.loads(before)
    except FileNotFoundError:
        before = None
    except ValueError:
        voice.warn(f"{path}: is damaged: every export is fitted once more")
        (fits / NAME).unlink(missing_ok=True)
        before = None
    if before is not None and before != text:
        raise RecipeError(
            f"{path}: the tables here were made with other settings",
            hint=f"watch into another folder, or remove {fits} to have all scans fitted again",
        )
    if (
        before is None
        and any(not one.name.startswith(".") for one in fits.iterdir() if one.name != SETTINGS)
        and not path.exists()
    ):
        raise InputError(f"{fits}: expected a folder of tables made by watch, found other files")
    if before is None:
        with Sink(path) as sink:
            sink.write(text.encode())


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().splitlines()
    except OSError:
        return []


def _ends_well(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _line(values: Mapping[str, object]) -> bytes:
    return (json.dumps(values) + "\n").encode()


def _entry(line: bytes) -> TakenExport | None:
    """Return the entry that a line holds; None if it is damaged, so that its export is fitted once more."""
    try:
        values = json.loads(line)
        values["parts"] = {str(name): ([*map(int, look)], str(sha)) for name, (look, sha) in values["parts"].items()}
        entry = TakenExport(**values)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    texts = (entry.export, entry.table, entry.sha256)
    plain = all(isinstance(text, str) for text in texts) and Path(entry.table).name == entry.table
    return entry if plain and isinstance(entry.dated, bool) and isinstance(entry.gone, bool) else None


def _forgotten(line: bytes) -> str | None:
    try:
        name = json.loads(line)["forget"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return name if isinstance(name, str) else None

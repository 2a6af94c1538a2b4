"""A run that is made again: what its record says, and what is not the same the second time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ramanfit.errors import FormatError, InputError, OtherRunError
from ramanfit.experiment.provenance import sha256_of
from ramanfit.experiment.run import RUN, files_of_run
from ramanfit.formats import split_selection
from ramanfit.tables.sink import STDOUT
from ramanfit.tables.table import Table

PROGRAMS = {"ramanfit": "ramanfit", "numpy": "NumPy", "python": "Python", "core": "core"}
MUST_AGREE = ("input", "recipe", "output")  # what a run made again must share with the first; versions are only told
SAME, DIFFERS, MISSING, NEW = "same", "differs", "missing", "new"
CHANGED, UNKNOWN = "changed since", "not recorded"
STREAMS = {STDOUT: {"input": "standard input", "output": "standard output"}}
SHOWN = 12  # digits of a digest


class Row(NamedTuple):
    """Something that was compared.

    Attributes
    ----------
    what : {"program", "recipe", "input", "output"}
    name : str
    status : {"same", "differs", "missing", "new", "changed since", "not recorded"}
        A file that is ``changed since`` is made again as it was, but no longer there as it was made.
    recorded, now : str
        Values, or the first digits of a SHA-256; empty: there is none.
    """

    what: str
    name: str
    status: str
    recorded: str = ""
    now: str = ""

    @property
    def agrees(self) -> bool:
        """Whether this is as it must be in a run made again."""
        known = self.recorded or self.what != "recipe"  # a setting that this version brings is told, no more
        return self.status == SAME or self.what not in MUST_AGREE or not known


class Recorded(NamedTuple):
    """The record of a run.

    Attributes
    ----------
    path : path
    record : dict
    command : list of str
        Without the program's name.
    inputs : dict
        Digests by file; None: of what could be read only once.
    outputs : dict or None
        Digests of the files that were written, by their plain names, ``"-"`` standard output; None: it does not say.
    """

    path: Path
    record: dict[str, Any]
    command: list[str]
    inputs: dict[str, str | None]
    outputs: dict[str, str] | None

    @property
    def is_folder(self) -> bool:
        """Whether it lies among the files that it names."""
        return files_of_run(self.record) is not None

    @property
    def environment(self) -> dict[str, str] | None:
        """Variables that the command took settings from; None: an earlier version did not note them."""
        noted = self.record.get("environment")
        return {str(name): str(value) for name, value in noted.items()} if isinstance(noted, dict) else None

    def folder(self, given: str | None) -> Path:
        """Return the folder that the command ran in: the one given, the one that the record says, or the current one.

        Raises
        ------
        InputError
            If there is no such folder.
        """
        said = self.record.get("folder")
        folder = Path(given) if given is not None else self.path.parent / said if isinstance(said, str) else Path()
        if not folder.is_dir():
            raise InputError(
                f"{self.path}: the command ran in {folder}, which is no folder here",
                hint="--folder DIR: where the files are that it names",
            )
        return folder

    def changed(self, folder: Path) -> list[Row]:
        """Return the inputs that are not what they were."""
        rows = []
        for name, digest in self.inputs.items():
            now = None if name == "-" or digest is None else sha256_of(str(folder / split_selection(name)[0]))
            if now is not None and now != digest:
                rows.append(Row("input", name, DIFFERS, _short(digest), _short(now)))
        return rows

    def gone(self, folder: Path) -> list[Row]:
        """Return the inputs that are not there any more."""
        rows = []
        for name, digest in self.inputs.items():
            if name != "-" and not (folder / split_selection(name)[0]).exists():
                rows.append(Row("input", name, MISSING, _short(digest)))
        return rows


def read_record(path: str) -> Recorded:
    """Read the record of a run: a folder's `run.json`, or what ``--meta`` wrote.

    Raises
    ------
    InputError
        If it cannot be read.
    FormatError
        If it is something else.
    OtherRunError
        If it names no command that can be run again.
    """
    if Path(path).is_dir():
        path = str(Path(path) / RUN)
    try:
        record = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError):
        record = None
    command = record.get("command") if isinstance(record, dict) else None
    if not isinstance(record, dict) or "ramanfit" not in record or not _is_texts(command):
        raise FormatError(
            path,
            expected="the record of a run",
            found="another file",
            hint="a record is run.json in a folder of evolve, or what --meta FILE wrote",
        )
    try:
        files = files_of_run(record)
    except OtherRunError as error:
        error.message = f"{path}: {error.message}"
        raise
    if not command:
        raise OtherRunError(f"{path}: a run from Python: it names no command that could be run again")
    outputs = files if files is not None else _digests(record["outputs"]) if "outputs" in record else None
    plain = None if outputs is None else {Path(name).name: digest or "" for name, digest in outputs.items()}
    return Recorded(Path(path), record, command[1:], _digests(record.get("inputs")), plain)


def made_files(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the digests of files in a folder, by name."""
    return {name: sha256_of(str(folder / name)) for name in sorted(names)}


def compared(recorded: Recorded, again: Mapping[str, Any], made: Mapping[str, str], there: Path | None) -> list[Row]:
    """Return what is the same and what differs.

    Parameters
    ----------
    recorded : Recorded
    again : mapping
        The record of the run that was made again.
    made : mapping
        Digests of the files that it wrote, by name.
    there : path or None
        The folder with the files of the first run; None: they are nowhere.
    """
    was, now = recorded.record, again
    rows = [
        Row("program", said, DIFFERS, str(was.get(key, "")), str(now.get(key, "")))
        for key, said in PROGRAMS.items()
        if was.get(key) != now.get(key)
    ]
    libraries, these = was.get("libraries"), now.get("libraries", {})
    for name, version in (libraries if isinstance(libraries, dict) else {}).items():
        if name in these and these[name] != version:
            rows.append(Row("program", name, DIFFERS, str(version), str(these[name])))
    rows += _settings(was.get("recipe"), now["recipe"])
    rows += _files("input", recorded.inputs, _digests(now["inputs"]))
    return [*rows, *_outputs(recorded.outputs, made, there)]


def as_table(rows: Iterable[Row]) -> Table:
    """Return rows as a table."""
    return Table({name: tuple(getattr(row, name) for row in rows) for name in Row._fields})


def verdict(rows: Iterable[Row]) -> str:
    """Return in a line what differs; empty: nothing that must be the same does."""
    rows = list(rows)
    parts = []
    for what in MUST_AGREE:
        other = [row for row in rows if row.what == what and not row.agrees]
        if other:
            said = [f"{STREAMS.get(row.name, {}).get(what, row.name)} {row.status}" for row in other]
            shown = ", ".join(said[:3]) + f" and {len(said) - 3} more" * (len(said) > 3)
            parts.append(f"{what}s: {shown}")
    of_programs = [row for row in rows if row.what == "program" and row.recorded]
    programs = [f"{row.name} {row.recorded} then, {row.now} now" for row in of_programs]
    return "; ".join([*parts, *programs]) if parts else ""


def _outputs(recorded: Mapping[str, str] | None, made: Mapping[str, str], there: Path | None) -> Iterator[Row]:
    stands = {name: _digest_there(there, name) for name in {**made, **(recorded or {})}}
    if recorded is None:  # a record of before it named them: what is there stands for what was made
        for name, digest in made.items():
            status = UNKNOWN if stands[name] is None else SAME if stands[name] == digest else DIFFERS
            yield Row("output", name, status, _short(stands[name]), _short(digest))
        return
    for row in _files("output", recorded, made):
        if row.name == STDOUT and row.status == NEW:  # a terminal had it, or a device
            yield row._replace(status=UNKNOWN)
            continue
        there_now = stands[row.name]
        if row.status == SAME and there_now is not None and there_now != recorded[row.name]:
            yield row._replace(status=CHANGED, now=_short(there_now))
        else:
            yield row


def _files(what: str, was: Mapping[str, str | None], now: Mapping[str, str | None]) -> Iterator[Row]:
    for name in {**was, **now}:
        one, other = was.get(name), now.get(name)
        status = NEW if name not in was else MISSING if name not in now else SAME if one == other else DIFFERS
        yield Row(what, name, status, _short(one), _short(other))


def _settings(was: object, now: Mapping[str, Any]) -> Iterator[Row]:
    first, second = (dict(_flat(recipe)) for recipe in (was if isinstance(was, dict) else {}, now))
    for key in {**first, **second}:
        if first.get(key) != second.get(key):
            yield Row("recipe", key, DIFFERS, first.get(key, ""), second.get(key, ""))


def _flat(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield settings by dotted keys; what stands in a list of named things goes by its name."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _flat(one, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        for number, one in enumerate(value):
            yield from _flat(one, f"{key}.{one.get('name', number)}")
    else:
        yield key, json.dumps(value, ensure_ascii=False)


def _digests(listed: object) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for one in listed if isinstance(listed, list) else ():
        name, digest = (one.get("file"), one.get("sha256")) if isinstance(one, dict) else (None, None)
        if isinstance(name, str):
            found[name] = digest if isinstance(digest, str) else None
    return found


def _digest_there(folder: Path | None, name: str) -> str | None:
    path = None if folder is None or name == "-" else folder / name
    return sha256_of(str(path)) if path is not None and path.is_file() else None


def _short(digest: str | None) -> str:
    return (digest or "")[:SHOWN]


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)

"""One run, one folder: its files are made beside it, moved in together, and named in ``run.json``."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ramanfit.errors import InputError, OtherRunError, __version__
from ramanfit.experiment.listing import look_at
from ramanfit.experiment.outputs import make_folder
from ramanfit.experiment.provenance import as_json
from ramanfit.tables.passing import let_go, passing_folder, sweep
from ramanfit.tables.sink import Sink

RUN = "run.json"
FILES, MOVING = "files", "moving_in"
BLOCK = 1 << 20


@contextmanager
def made_beside(target: Path) -> Iterator[Path]:
    """Yield a passing folder beside a target, in it where that is another disk or closed; it is gone in the end.

    What an earlier run left that was killed is removed.

    Raises
    ------
    InputError
        If it cannot be made.
    """
    make_folder(target)
    real = Path(os.path.realpath(target))
    sweep(real)
    beside = os.access(real.parent, os.W_OK | os.X_OK) and real.parent.stat().st_dev == real.stat().st_dev
    home = real.parent if beside else real
    try:
        owner, folder = passing_folder(home)
    except OSError as error:
        raise InputError(f"{target}: cannot be written: {error.strerror}") from error
    try:
        yield folder
    except InputError as error:  # whoever wrote knows the passing name
        error.message = error.message.replace(str(folder), str(target))
        raise
    finally:
        let_go(owner)


def move_in(made: Path, names: Iterable[str], target: Path, record: Mapping[str, Any]) -> list[str]:
    """Move the files of a run into its target, and write its `RUN` last; return what is to be said about it.

    Until all are there, `RUN` is the earlier one and says what is being moved in. Files of the earlier run that this
    one did not make are removed, if they still are what that run made.

    Parameters
    ----------
    made : path
        The folder that the files are in.
    names : iterable of str
    target : path
    record : mapping
        What was done: `ramanfit.experiment.provenance.record_of`.

    Raises
    ------
    InputError
        If a file cannot be put in place; the earlier files stay if none can.
    """
    said: list[str] = []
    names = list(dict.fromkeys(names))
    refuse_foreign_run(target)
    if _damaged(target):
        said.append(f"{target / RUN}: cannot be read: what the run before made and this one does not is left as it is")
    new = {name: _sha256(made / name) for name in names}
    earlier = _read(target) or {}
    moving, before = _named(earlier, MOVING), _named(earlier, FILES)
    if moving:
        said.append(f"{target}: the run before was interrupted while its files were moved in; this one replaces them")
    for name in (*names, RUN):
        _expect_replaceable(target / name)
    # first, so that a full disk is met while everything is as it was
    _write(made / RUN, {**record, FILES: _listed(new)})
    _write(target / RUN, {"ramanfit": __version__, **earlier, MOVING: _listed({**moving, **new})})
    for name in names:
        _move(made / name, target / name)
    for name, digest in {**before, **moving}.items():
        old = target / name
        if name in new or not _is_plain(old):
            continue
        if _sha256(old) in (digest, before.get(name)):
            with suppress(OSError):
                old.unlink()
        else:
            said.append(f"{old}: left as it is: the run before made it, and it was changed since")
    _move(made / RUN, target / RUN)
    return said


def check_run(folder: str | os.PathLike[str]) -> list[str]:
    """Return what is wrong with a folder that `evolve` wrote, a line each: files that are not those of one run.

    A folder without `RUN` says nothing, and a file that was removed is missed by nobody.
    """
    record = _read(Path(folder))
    if record is None:
        return (
            [f"{Path(folder) / RUN}: cannot be read: files of several runs may stand here"] if _damaged(folder) else []
        )
    if MOVING in record:
        return [
            f"{os.fspath(folder)}: a run was interrupted while its files were moved in: files of two runs stand here"
        ]
    other = [name for name, digest in _named(record, FILES).items() if _differs(Path(folder) / name, digest)]
    if not other:
        return []
    return [f"{os.fspath(folder)}: not of the run that {RUN} names, or changed since: {', '.join(other)}"]


def check_tables(paths: Iterable[str]) -> list[str]:
    """Return what `check_run` says of the folders that tables lie in, where their run made these."""
    folders: dict[Path, list[str]] = {}
    for path in paths:
        folders.setdefault(Path(path).parent, []).append(Path(path).name)
    said: list[str] = []
    for folder, names in folders.items():
        record = _read(folder) or {}
        if {*names} & {*_named(record, FILES), *_named(record, MOVING)} or _damaged(folder):
            said += check_run(folder)
    return said


def looks_of_run(folder: Path) -> object:
    """Return what the files are like that a folder's `RUN` names, and itself."""
    names = (RUN, *_named(_read(folder) or {}, FILES))
    return [look_at(folder / name) for name in names]


def is_run(path: str | None, folder: str | os.PathLike[str]) -> bool:
    """Tell whether a path is a folder's `RUN`, which holds all that the record of a command does."""
    return path is not None and os.path.realpath(path) == os.path.realpath(Path(folder) / RUN)


def refuse_foreign_run(target: Path) -> None:
    """Make sure that a folder's `RUN` is not somebody else's, which would be replaced.

    Raises
    ------
    InputError
        If it is one that no run of this program wrote.
    """
    record = _read(target)
    if record is not None and "ramanfit" not in record:
        raise InputError(f"{target / RUN}: expected the record of a run, found another file", hint="write elsewhere")


def _read(folder: Path) -> dict[str, Any] | None:
    """Return what a folder's `RUN` holds; None if there is none that can be read."""
    try:
        record = json.loads((folder / RUN).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else {}


def _damaged(folder: str | os.PathLike[str]) -> bool:
    return _is_plain(Path(folder) / RUN) and _read(Path(folder)) is None


def _named(record: Mapping[str, Any], key: str) -> dict[str, str]:
    """Return the files that a record names with their digests: plain names alone, so that it cannot point elsewhere."""
    listed = record.get(key)
    named = {}
    for one in listed if isinstance(listed, list) else ():
        name, digest = (one.get("file"), one.get("sha256")) if isinstance(one, dict) else (None, None)
        if isinstance(name, str) and isinstance(digest, str) and name == Path(name).name and name != RUN:
            named[name] = digest
    return named


def files_of_run(record: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the files that a folder's record names with their digests; None: it is no record of a folder.

    Raises
    ------
    OtherRunError
        If its files were being moved in when it was interrupted.
    """
    if MOVING in record:
        raise OtherRunError("the run was interrupted while its files were moved in: nothing says what it made")
    return _named(record, FILES) if FILES in record else None


def _listed(files: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"file": name, "sha256": digest} for name, digest in files.items()]


def _write(path: Path, record: Mapping[str, Any]) -> None:
    with Sink(path) as sink:
        sink.write(as_json(record))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _differs(path: Path, digest: str) -> bool:
    try:
        return _is_plain(path) and _sha256(path) != digest
    except OSError:
        return True


def _is_plain(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def _expect_replaceable(path: Path) -> None:
    if path.is_dir() or (path.exists() and not os.access(path, os.W_OK)):
        number = errno.EISDIR if path.is_dir() else errno.EACCES
        raise InputError(f"{path}: cannot be written: {os.strerror(number)}")


def _move(made: Path, target: Path) -> None:
    """Put a file in place of another, whose mode it takes; through a link, and onto another file system."""
    final = Path(os.path.realpath(target))
    try:
        if not final.exists() or _is_plain(final):
            if final.exists():
                made.chmod(stat.S_IMODE(final.stat().st_mode))
            made.replace(final)
            return
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise InputError(f"{target}: cannot be written: {error.strerror}") from error
    with Sink(target) as sink, made.open("rb") as file:
        while block := file.read(BLOCK):
            sink.write(block)

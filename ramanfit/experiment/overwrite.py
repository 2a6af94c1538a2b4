"""No result replaces what it is made from: outputs that are also inputs are refused."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from ramanfit.errors import InputError, OutputIsInputError
from ramanfit.formats import find_exports, split_selection
from ramanfit.formats.beside import files_beside
from ramanfit.tables.sink import STDOUT, is_device

Identity = tuple[int, int]
"""Device and number of a file, the same by whatever name it is reached."""


def refuse_inputs(outputs: Iterable[str | None], files: Sequence[str] = (), others: Iterable[str] = ()) -> None:
    """Make sure that no output is an input by any of its names, and no two outputs are one file.

    A file without a byte in it is nothing that could be lost.

    Parameters
    ----------
    outputs : iterable of str
        Files that would be written, ``"-"`` for standard output; None is none.
    files : sequence of str
        Exports, tables, folders, ``"-"``: see `ramanfit.formats.find_exports`. What is read beside them counts too.
    others : iterable of str
        Single files that are read.

    Raises
    ------
    OutputIsInputError
        Naming both.
    """
    written = [output for output in outputs if output is not None]
    _refuse_twice(written)
    targets = {identity: output for output in written if (identity := _identity(output, sys.stdout, least=1))}
    if not targets:
        return
    for path in (*others, *_read(files, targets.keys())):
        identity = _identity(split_selection(path)[0], sys.stdin)
        if identity in targets:
            output = "standard output" if targets[identity] == STDOUT else targets[identity]
            source = "standard input" if path == "-" else f"the input {path}"
            raise OutputIsInputError(f"{output}: cannot be written: it is {source}")


def _refuse_twice(outputs: Sequence[str]) -> None:
    """Make sure that no two outputs are one file; names that are hard links of one another are replaced one by one."""
    opened = _identity(STDOUT, sys.stdout) if STDOUT in outputs else None
    names: dict[str, str] = {}
    for output in outputs:
        if is_device(output):
            continue
        real = os.path.realpath(output)
        same = STDOUT if opened and _identity(output, None) == opened else names.get(real)
        if same:
            other = "standard output" if same == STDOUT else f"the output {same}"
            raise OutputIsInputError(f"{output}: cannot be written: it is also {other}")
        names[real] = output


def _identity(path: str, opened: TextIO | None, least: int = 0) -> Identity | None:
    """Return which file a name stands for, ``-`` being one that is open; None for what is no file of so many bytes."""
    try:
        if path != "-":
            about = Path(path).stat()
        elif opened is None:
            return None
        else:
            about = os.fstat(opened.fileno())
    except (OSError, ValueError):
        return None
    return (about.st_dev, about.st_ino) if stat.S_ISREG(about.st_mode) and about.st_size >= least else None


def _read(files: Sequence[str], targets: Iterable[Identity]) -> Iterator[str]:
    """Yield all files that are read for FILES; none where no target lies in their folders."""
    wanted = set(targets)
    folders = dict.fromkeys(_folder(path) for path in files if path != "-")
    if "-" in files:
        yield "-"
    if not any(_holds(folder, wanted) for folder in folders):
        return
    with suppress(InputError):  # which the command will say
        for path in find_exports(files, errors=[])[0]:
            yield path
            if path != "-":
                with suppress(OSError):
                    yield from map(str, files_beside(Path(split_selection(path)[0])))


def _folder(path: str) -> str:
    file = split_selection(path)[0]
    return file if os.path.isdir(file) else os.path.dirname(file) or "."  # noqa: PTH112, PTH120 - of every input


def _holds(folder: str, wanted: set[Identity]) -> bool:
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                about = entry.stat()
                if (about.st_dev, about.st_ino) in wanted:
                    return True
    return False

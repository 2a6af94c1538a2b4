"""Readers that other packages bring: entry points of the group ``ramanfit.formats``, each of which names a `Reader`.

They are looked up, and their packages imported, only for a file that no reader of ramanfit's own knows. One that fails
is named where it is asked for, and spoils nothing else.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from ramanfit.errors import FormatError, RamanfitError
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.scan.scan import Scan

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from ramanfit.formats.bytes_in import Source

GROUP = "ramanfit.formats"


class Outsider(NamedTuple):
    """A reader of another package.

    Attributes
    ----------
    name, package : str
        Of the entry point, and of what was installed.
    reader : Reader or None
        None where it cannot be used.
    trouble : str
        Why not.
    """

    name: str
    package: str
    reader: Reader | None
    trouble: str = ""


@functools.cache
def outsiders() -> tuple[Outsider, ...]:
    """Return the readers of other packages, in the order of their names."""
    from importlib.metadata import entry_points

    points = sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value))
    return tuple(map(_load, dict.fromkeys(points)))


def outside_reader(source: Source) -> tuple[Reader | None, tuple[str, ...]]:
    """Return the first reader of another package that knows a file, or None, and which of them failed."""
    name, troubles = source.file.name if source.file else "", list[str]()
    for outsider in outsiders():
        reader = outsider.reader
        if reader is None:
            troubles.append(outsider.trouble)
            continue
        try:
            if reader.sniff(source.head) or reader.owns(name, source.head):
                return reader._replace(read=functools.partial(_read, outsider)), ()
        except Exception as error:
            troubles.append(_failed(outsider.name, outsider.package, error))
    return None, tuple(troubles)


def _load(point: EntryPoint) -> Outsider:
    package = point.dist.name if point.dist is not None else point.module
    try:
        reader = point.load()
        if not isinstance(reader, Reader):
            raise TypeError(f"{point.value} is no ramanfit.formats.Reader but a {type(reader).__name__}")
    except (Exception, SystemExit) as error:
        return Outsider(point.name, package, None, _failed(point.name, package, error))
    return Outsider(point.name, package, reader)


def _read(outsider: Outsider, source: Source, options: ReadOptions) -> list[Scan]:
    """Read with a reader of another package; FormatError for whatever goes wrong in it."""
    assert outsider.reader is not None
    try:
        scans = list(outsider.reader.read(source, options))
        strange = next((type(scan).__name__ for scan in scans if not isinstance(scan, Scan)), None)
        if strange or not scans:
            raise TypeError(f"expected scans, found {strange or 'none'}")
    except RamanfitError:
        raise
    except Exception as error:
        raise FormatError(source.path, _failed(outsider.name, outsider.package, error)) from error
    return scans


def _failed(name: str, package: str, error: BaseException) -> str:
    words = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return f"the reader {name} of the package {package} failed: {words}"

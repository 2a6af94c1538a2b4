"""From FILES to scans, telling the person on the way what was passed over and assumed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from ramanfit.cli.console import Console
from ramanfit.errors import InputError, RamanfitError
from ramanfit.formats import find_exports
from ramanfit.scan.scan import Scan


def exports(files: Sequence[str], console: Console, *, keep_going: bool = False) -> list[str]:
    """Return the exports that FILES name, folders opened, and say what was passed over in them.

    With `keep_going`, a folder without spectra is said and left out.

    Raises
    ------
    InputError
        If there is none.
    """
    errors: list[InputError] = []
    paths, passed = find_exports(files, errors=errors if keep_going else None)
    for error in errors:
        console.survive(error)
    if passed:
        kinds = Counter(item.reason for item in passed)
        listed = ", ".join(f"{count} x {reason}" for reason, count in kinds.items())
        console.say(f"passed over {len(passed)} of {len(passed) + len(paths)} files: {listed}")
    if not paths:
        raise InputError(f"{' '.join(files)}: no readable export found")
    return paths


def scans(
    paths: Sequence[str],
    read: Callable[[str], list[Scan]],
    console: Console,
    *,
    keep_going: bool = False,
) -> Iterator[Scan]:
    """Yield the scans of all exports in order, and say at the end what their readers had to assume.

    Parameters
    ----------
    paths : sequence of str
        As `exports` returns them.
    read : callable
        Opens one of them; see `ramanfit.cli.options.Reading.reader`.
    console : Console
    keep_going : bool
        An export that cannot be read is said and left out.
    """
    notes: dict[str, list[str]] = {}
    for path in paths:
        try:
            found = read(path)
        except RamanfitError as error:
            if not keep_going:
                raise
            console.survive(error)
            continue
        for scan in found:
            for note in scan.notes:
                notes.setdefault(note, []).append(scan.source)
            yield scan
    say_notes(notes, console)


def say_notes(notes: Mapping[str, Sequence[str]], console: Console) -> None:
    """Say each note once, with the name of its source or the number of its sources."""
    for note, sources in notes.items():
        console.say(f"{sources[0] if len(sources) == 1 else f'{len(sources)} measurements'}: {note}")

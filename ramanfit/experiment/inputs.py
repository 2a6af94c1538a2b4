"""From FILES to scans, telling a voice on the way what was passed over and assumed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from ramanfit.errors import InputError, RamanfitError
from ramanfit.experiment.repeats import Met, print_of
from ramanfit.experiment.voice import Voice, tell
from ramanfit.formats import find_exports
from ramanfit.formats.reader import Lacking
from ramanfit.formats.streams import whole_input
from ramanfit.scan.notes import counted
from ramanfit.scan.scan import Scan

_NAMED = 5  # files that are passed over for want of a package


def exports(files: Sequence[str], voice: Voice, *, keep_going: bool = False) -> list[str]:
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
        voice.survive(error)
    if passed:
        kinds = Counter(item.reason for item in passed)
        listed = ", ".join(f"{count} × {reason}" for reason, count in kinds.items())
        voice.note(
            f"passed over {len(passed)} of {len(passed) + len(paths)} files: {listed}",
            f"{counted(len(paths), 'file')} with spectra, {counted(len(passed), 'other file')} passed over",
        )
    for reason in {item.reason: None for item in passed if isinstance(item.reason, Lacking)}:
        lacking = [item.path for item in passed if item.reason == reason]
        names = ", ".join(lacking[:_NAMED]) + (f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else "")
        voice.say(f"{names}: passed over: {reason}")
    if not paths:
        raise InputError(f"{' '.join(files)}: no readable export found")
    return paths


def listed(path: str) -> tuple[str, ...]:
    """Return the names in a list, one a line or, where it has a NUL, separated by NULs; ``-`` is standard input.

    Raises
    ------
    InputError
        If it cannot be read, or names nothing.
    """
    data = whole_input(path)
    lines = data.split(b"\0") if b"\0" in data else data.splitlines()
    names = tuple(os.fsdecode(line) for line in lines if line.strip())
    if not names:
        raise InputError(f"{path}: expected names of files, found none")
    return names


def scans(
    paths: Sequence[str],
    read: Callable[[str], list[Scan]],
    voice: Voice,
    *,
    keep_going: bool = False,
) -> Iterator[Scan]:
    """Yield the scans of all exports in order, and say at the end what their readers had to assume.

    Parameters
    ----------
    paths : sequence of str
        As `exports` returns them.
    read : callable
        Opens one of them; see `ramanfit.experiment.request.Reading.reader`.
    voice : Voice
    keep_going : bool
        An export that cannot be read is said and left out.
    """
    notes, met, count = dict[str, list[str]](), Met(), 0
    for path in paths:
        try:
            measured = read(path)
        except RamanfitError as error:
            if not keep_going:
                raise
            voice.survive(error)
            continue
        for scan in measured:
            new, repeated = met.meet(print_of(scan), scan.source)
            for note in (repeated, *scan.notes) if new else (repeated,):
                if note:
                    notes.setdefault(note, []).append(scan.source)
            if new:
                count += 1
                yield scan
    say_notes(notes, voice, count)


def say_notes(notes: Mapping[str, Sequence[str]], voice: Voice, of: int = 0) -> None:
    """Say each note once, with the name of its source or the number of its sources, of so many in all."""
    alike = Counter[str]()  # measurements whose notes are the same in few words
    for note, sources in notes.items():
        alike[getattr(note, "short", note)] += len(sources)
    for note, sources in notes.items():
        where = alike[getattr(note, "short", note)]
        whose = sources[0] if len(sources) == 1 else f"{len(sources)} measurements"
        tell(note, voice, f"{whose}: ", f" in {where} of {of} measurements" if where < of else "")

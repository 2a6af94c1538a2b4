"""What numbers depend on beside recipe and counts: whether two processes give the same."""

from __future__ import annotations

import hashlib
import platform
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

LIBRARIES = ("numpy", "scipy", "lmfit", "pybaselines")


class Made(NamedTuple):
    """What a process computes with.

    Attributes
    ----------
    versions : tuple of (str, str)
        Library and version; ramanfit's with the first digits of a digest of its text.
    arithmetic : str
        What decides the order in which numbers are added up, as far as it is known: it shows in last digits.
    """

    versions: tuple[tuple[str, str], ...]
    arithmetic: str


@lru_cache(maxsize=1)
def made_with() -> Made:
    """Return what this process computes with."""
    import ramanfit
    from ramanfit.fit.engine.compiled.library import said

    package, digest = Path(ramanfit.__file__).parent, hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n"))
    mine = ("ramanfit", f"{ramanfit.__version__} ({digest.hexdigest()[:8]})")
    return Made((mine, *((name, _version(name)) for name in LIBRARIES)), f"{said()} ({platform.machine()})")


def differences(there: Made, here: Made) -> str:
    """Return the versions that differ, in words; empty: none does."""
    ours = dict(here.versions)
    return ", ".join(
        f"{name} {version} there, {ours.get(name, 'none')} here"
        for name, version in there.versions
        if version != ours.get(name)
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"

"""Binary exports, told by their first bytes; what reads them is imported when one is met."""

from __future__ import annotations

import struct
from importlib import import_module
from types import ModuleType

PROJECTS = {  # what a WITec file begins with, and the name of its root
    b"WIT_PRCT": "WITec Project",
    b"WIT_PR06": "WITec Project",
    b"WIT_DATA": "WITec Data",
    b"WIT_DA06": "WITec Data",
}
MATLAB = b"MATLAB 5.0 MAT-file"
SPC_HEADER = 512  # bytes
_SPC_RESERVED = slice(325, SPC_HEADER)  # zero by definition


def is_project(head: bytes) -> bool:
    """Tell whether a file begins as a WITec project or data file does."""
    return head[:8] in PROJECTS


def is_matlab(head: bytes) -> bool:
    """Tell whether a file is MATLAB's, of the versions 5 to 7."""
    return head.startswith(MATLAB)


def is_spc(head: bytes) -> bool:
    """Tell whether a file begins with SPC's header of the new format, in either order of bytes."""
    return len(head) >= SPC_HEADER and head[1:2] in (b"K", b"L") and not any(head[_SPC_RESERVED])


def is_old_spc(head: bytes) -> bool:
    """Tell whether a file begins with SPC's header of the old format, whose number of channels is a float."""
    binary = len(head) >= 256 and head[1:2] == b"M" and b"\0" in head[:256]
    channels: float = struct.unpack_from("<f", head, 4)[0] if binary else 0.0
    return 2 <= channels < 1e7 and channels.is_integer()


MODULES = {"wip": is_project, "matlab": is_matlab, "spc": is_spc}


def module_of(head: bytes) -> ModuleType | None:
    """Return the module of readers that knows a binary file, with its `READER` and `no_spectrum`."""
    name = next((name for name, tells in MODULES.items() if tells(head)), None)
    return None if name is None else import_module(f"ramanfit.formats.{name}")

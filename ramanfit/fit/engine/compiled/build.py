"""The hook by which an installer compiles the core, where it finds a compiler; without one there is NumPy alone.

No header of Python is needed: the core is loaded by ctypes. `RAMANFIT_CORE=numpy` leaves it out; `CXX` names the
compiler. By hand, in a checkout: ``python ramanfit/fit/engine/compiled/build.py``.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface as _Hook
except ImportError:  # by hand
    _Hook = object

HERE = Path(__file__).resolve().parent
LIBRARY = HERE / "_core.so"
NUMBERS = (HERE.parents[2] / "formats" / "_fixed.so", HERE.parents[2] / "tables" / "_numerals.so")
FLAGS = ("-std=c++17", "-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast", "-fno-exceptions")
MORE_FLAGS = ("-fno-rtti", "-fPIC", "-Wno-psabi")
SOURCES = ("clipping", "fit", "noise", "places", "scores", "smooth", "spikes")
VARIANTS = {
    "v1": ("-DWIDTH=2",),
    "v3": ("-DWIDTH=4", "-march=x86-64-v3"),
    "v4": ("-DWIDTH=8", "-march=x86-64-v4", "-mprefer-vector-width=512"),
}


def compiler() -> str | None:
    """Return a C++ compiler; None: there is none, or it is not wanted."""
    if os.name != "posix" or os.environ.get("RAMANFIT_CORE") == "numpy":
        return None
    return os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")


def build(target: Path = LIBRARY) -> str:
    """Compile the core; return why there is none, or nothing."""
    cxx = compiler()
    if not cxx:
        return "no C++ compiler"
    target.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        parts: list[tuple[str, str, tuple[str, ...]]] = [("levels.cc", "levels", ())]
        names = VARIANTS if platform.machine() in ("x86_64", "AMD64") else ("v1",)
        for source in SOURCES:
            parts += [(f"{source}.cc", f"{source}_{name}", (*VARIANTS[name], f"-DLEVEL={name}")) for name in names]
        jobs = []
        for source, name, flags in parts:
            made = str(Path(folder) / f"{name}.o")
            command = [cxx, *FLAGS, *MORE_FLAGS, *flags, "-c", str(HERE / source), "-o", made]
            jobs.append((made, subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)))
        said = [(made, job.communicate()[1], job.returncode) for made, job in jobs]
        done = [made for made, _, failed in said if not failed]  # an old compiler may not know the newest processors
        needed = {str(Path(folder) / f"{name}.o") for name in ("levels", *(f"{source}_v1" for source in SOURCES))}
        if not needed <= {*done}:
            return f"{cxx} failed: {''.join(error for _, error, _ in said).strip()[:500]}"
        whole = Path(folder) / "core.so"
        linked = subprocess.run([cxx, "-shared", "-o", str(whole), *done], capture_output=True, text=True, check=False)
        if linked.returncode:
            return f"{cxx} failed: {linked.stderr.strip()[:500]}"
        beside = target.with_suffix(".new")
        shutil.copy(whole, beside)
        beside.replace(target)  # whoever runs keeps the old one
    return ""


def build_numbers() -> str:
    """Compile what reads and writes numbers as text; return why it is not there, or nothing."""
    cxx = compiler()
    if not cxx or sys.byteorder != "little":
        return "no C++ compiler, or a processor with the highest byte first"
    for target in NUMBERS:
        target.unlink(missing_ok=True)
        beside, source = target.with_suffix(".new"), target.with_name(f"{target.stem.removeprefix('_')}.cc")
        command = [cxx, *FLAGS, *MORE_FLAGS, "-shared", str(source), "-o", str(beside)]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            return f"{cxx} failed: {made.stderr.strip()[:500]}"
        beside.replace(target)
    return ""


class CoreBuildHook(_Hook):  # type: ignore[misc]
    """What hatchling calls before it makes a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and say what the wheel holds and where it runs."""
        if why := build() or build_numbers():
            self.app.display_warning(f"ramanfit runs on NumPy alone: {why}")
            return
        root = Path(self.root).resolve()
        build_data["artifacts"] += [f"/{made.relative_to(root).as_posix()}" for made in (LIBRARY, *NUMBERS)]
        build_data["pure_python"] = False
        system = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{system}"


if __name__ == "__main__":
    sys.exit(build() or build_numbers() or None)

"""How the house stands at any commit: rooms, floors, imports between rooms, long modules.

    python -m tests.house                 the working tree
    python -m tests.house v0.1.0 HEAD     two commits side by side

A room is an entry of `ramanfit/` that is no door (`__init__`, `__main__`, `py.typed`). A floor is one step of the
longest chain of imports between rooms; rooms that import one another in a circle share a floor and are named.
Every import counts, also those inside functions and for type checkers.
"""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "ramanfit"
DOORS = ("__init__.py", "__main__.py", "py.typed")


@dataclass(frozen=True)
class House:
    """The package as text: path inside it to the text of every file."""

    files: Mapping[str, str]

    @property
    def rooms(self) -> list[str]:
        """Names of the rooms."""
        entries = {path.partition("/")[0] for path in self.modules}  # the manual is text
        return sorted(entry.removesuffix(".py") for entry in entries if entry not in DOORS)

    @property
    def modules(self) -> dict[str, str]:
        """The Python files."""
        return {path: text for path, text in self.files.items() if path.endswith(".py")}

    def imports(self) -> Iterator[tuple[str, str, str]]:
        """Yield room, the file, and another room that it imports."""
        rooms = set(self.rooms)
        for path, text in self.modules.items():
            room = path.partition("/")[0].removesuffix(".py")
            for name in imported(text):
                other = name.partition(".")[2].partition(".")[0]
                if name.startswith(f"{PACKAGE}.") and other in rooms and other != room:
                    yield room, path, other

    def arrows(self) -> dict[str, set[str]]:
        """Return the other rooms that every room imports."""
        arrows: dict[str, set[str]] = {room: set() for room in self.rooms}
        for room, _, other in self.imports():
            if room in arrows:
                arrows[room].add(other)
        return arrows

    def floors(self) -> dict[str, int]:
        """Return the floor of every room, 1 for those that import no other."""
        arrows = self.arrows()
        reach = {room: _reachable(room, arrows) for room in arrows}
        circle = {room: frozenset({room} | {o for o in reach[room] if room in reach[o]}) for room in arrows}
        known: dict[frozenset[str], int] = {}

        def floor(own: frozenset[str]) -> int:
            if own not in known:
                below = {circle[o] for room in own for o in arrows[room]} - {own}
                known[own] = 1 + max((floor(other) for other in below), default=0)
            return known[own]

        return {room: floor(circle[room]) for room in arrows}

    def circles(self) -> list[list[str]]:
        """Return groups of rooms that import one another."""
        arrows = self.arrows()
        reach = {room: _reachable(room, arrows) for room in arrows}
        groups = {frozenset({room} | {o for o in reach[room] if room in reach[o]}) for room in arrows}
        return sorted(sorted(group) for group in groups if len(group) > 1)

    def lengths(self) -> dict[str, int]:
        """Return the lines of every module."""
        return {path: text.count("\n") for path, text in self.modules.items()}


def imported(text: str) -> Iterator[str]:
    """Yield every module named in an import, however deep it stands."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            if node.module == PACKAGE:
                yield from (f"{PACKAGE}.{alias.name}" for alias in node.names)
            else:
                yield node.module


def _reachable(room: str, arrows: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    ahead = [room]
    while ahead:
        for other in arrows[ahead.pop()]:
            if other not in reached:
                reached.add(other)
                ahead.append(other)
    return reached


def in_tree() -> House:
    """Return the house of the working tree."""
    folder = ROOT / PACKAGE
    made = ("__pycache__", "_core.so", "_fixed.so", "_numerals.so")
    paths = [path for path in folder.rglob("*") if path.is_file() and not {*made} & {*path.parts}]
    return House({path.relative_to(folder).as_posix(): path.read_text("utf-8", "replace") for path in sorted(paths)})


def at(commit: str) -> House:
    """Return the house of a commit."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True).stdout.decode(
            "utf-8", "replace"
        )

    names = git("ls-tree", "-r", "--name-only", commit, f"{PACKAGE}/").splitlines()
    return House({name.partition("/")[2]: git("show", f"{commit}:{name}") for name in names})


def counts(house: House) -> dict[str, str]:
    """Return what is counted, by what it is called."""
    imports = list(house.imports())
    lengths = house.lengths()
    longest = max(lengths, key=lambda path: lengths[path])
    circles = "; ".join(" ".join(group) for group in house.circles())
    return {
        "rooms": str(len(house.rooms)),
        "floors": str(max(house.floors().values())),
        "circles": circles or "none",
        "imports between rooms": str(len(imports)),
        "arrows between rooms": str(sum(map(len, house.arrows().values()))),
        "modules": str(len(lengths)),
        "median module": f"{statistics.median(lengths.values()):g} lines",
        "longest module": f"{lengths[longest]} lines, {longest}",
        "above 320 lines": str(sum(length > 320 for length in lengths.values())),
        "lines": str(sum(lengths.values())),
    }


def main(commits: list[str]) -> None:
    """Print the counts of the working tree, or of commits side by side."""
    houses = {commit: at(commit) for commit in commits} or {"working tree": in_tree()}
    columns = {name: counts(house) for name, house in houses.items()}
    wide = [max(len(name), *(len(value) for value in column.values())) for name, column in columns.items()]
    print(" " * 24 + "  ".join(name.ljust(w) for name, w in zip(columns, wide, strict=True)).rstrip())
    for what in next(iter(columns.values())):
        cells = (column[what].ljust(w) for column, w in zip(columns.values(), wide, strict=True))
        print(what.ljust(24) + "  ".join(cells).rstrip())
    for name, house in houses.items():
        floors = house.floors()
        print(f"\n{name}, from the lowest floor up:")
        for level in range(1, max(floors.values()) + 1):
            print(f"  {level:2d}  " + "  ".join(sorted(room for room, own in floors.items() if own == level)))


if __name__ == "__main__":
    main(sys.argv[1:])

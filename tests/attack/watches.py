"""A watch whose folder, output, tables and disk fail: it says so once, lives on, and heals when the cause is gone."""

from __future__ import annotations

import contextlib
import csv
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.attack.disks import small_disk
from tests.attack.registry import Tried, attack
from tests.attack.shop import OPERANDO, PLAN, TABLES, bring, environment, program, run

PATIENCE_S = 90.0  # a watch that has not healed by then does not
INTERVAL = "0.1s"
GONE = "source_gone"


class Place:
    """A watched folder, its results, and the process that watches."""

    def __init__(self, folder: Path, mark: str) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self.folder, self.scans, self.out = folder, folder / "scans", folder / "out"
        self.said_in, self.env = folder / "said", environment(mark, folder / "tmp")
        self.undo: list[Callable[[], object]] = []
        self.disks = contextlib.ExitStack()
        bring((0, 1, 2), self.scans)
        self.out.mkdir()

    def start(self) -> None:
        with self.said_in.open("ab") as said:
            words = program("watch", "scans", *TABLES, "--interval", INTERVAL, "-o", "out")
            self.process = subprocess.Popen(
                words, env=self.env, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.disks.close()

    def said(self) -> str:
        return self.said_in.read_text(encoding="utf-8", errors="replace")

    def table(self, number: int) -> Path:
        (table,) = (self.out / "fits").glob(f"*--{number:03d}--*.csv")
        return table

    def export(self, number: int) -> Path:
        (export,) = self.scans.glob(f"*--{number:03d}--Spec.Data*")
        return export

    def wanted(self) -> set[str]:
        """Return the exports that the results should show."""
        return {path.name for path in self.scans.glob("*Spec.Data*") if path.is_file()}

    def shown(self) -> set[str]:
        """Return the exports that they do show, those that are gone left out."""
        try:
            with (self.out / "ratios.csv").open(encoding="utf-8", errors="surrogateescape", newline="") as file:
                rows = [*csv.DictReader(file)]
        except OSError:
            return set()
        counts = Counter(Path(row["source"]).name for row in rows if GONE not in row["flags"])
        return {name for name, count in counts.items() if count == 6}

    def healed(self) -> bool:
        return bool(self.wanted()) and self.shown() == self.wanted() and (self.out / "run.json").exists()


def until(found: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float = PATIENCE_S) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        if found():
            return True
        time.sleep(0.05)
    return False


class Fault(NamedTuple):
    """Something that goes wrong.

    Attributes
    ----------
    begin : callable
        Does it to a place, and leaves in `Place.undo` what takes it back.
    says : str
        What the watch must say of it meanwhile, empty: nothing.
    """

    begin: Callable[[Place], object]
    says: str = ""


def _away(place: Place) -> None:
    place.scans.rename(place.folder / "away")
    place.undo.append(lambda: (place.folder / "away").rename(place.scans))


def _emptied(place: Place) -> None:
    place.scans.rename(place.folder / "share")
    place.scans.mkdir()

    def back() -> None:
        for file in (place.folder / "share").iterdir():
            file.rename(place.scans / file.name)

    place.undo.append(back)


def _out_removed(place: Place) -> None:
    shutil.rmtree(place.out)


def _long_name(place: Place) -> None:
    export = place.export(1)
    name = "x" * (255 - len("--Spec.Data 1.txt")) + "--Spec.Data 1.txt"
    export.rename(place.scans / name)


def _loop(place: Place) -> None:
    (place.scans / "a.txt").symlink_to("b.txt")
    (place.scans / "b.txt").symlink_to("a.txt")
    (place.scans / "c.txt").symlink_to("nothing")


def _fifo(place: Place) -> None:
    os.mkfifo(place.scans / "fifo.txt")
    os.mkfifo(place.scans / "SYNTHETIC-operando--Line--007--Information.txt")


def _socket(place: Place) -> None:
    listener = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(place.scans)  # names of sockets are short
    try:
        listener.bind("socket.txt")
    finally:
        os.chdir(here)
        listener.close()


def _table(data: bytes | None) -> Callable[[Place], object]:
    def damage(place: Place) -> None:
        table = place.table(0)
        table.unlink() if data is None else table.write_bytes(data)

    return damage


def _same_length(place: Place) -> None:
    table = place.table(1)
    about = table.stat()
    table.write_bytes(table.read_bytes()[::-1])
    os.utime(table, ns=(about.st_atime_ns, about.st_mtime_ns))


def _same_stamp(place: Place) -> None:
    export = place.export(2)
    about, before = export.stat(), place.table(2).read_bytes()
    data = bytearray(export.read_bytes())
    other = next(OPERANDO.glob("*--009--Spec*")).read_bytes()
    end = min(len(data), len(other))
    data[end // 2 : end] = other[end // 2 : end]
    export.write_bytes(other if len(other) == len(data) else _padded(other, len(data)))
    os.utime(export, ns=(about.st_atime_ns, about.st_mtime_ns))
    place.undo.append(lambda: until(lambda: place.table(2).read_bytes() != before, place.process))


def _padded(data: bytes, size: int) -> bytes:
    return data[:size] if len(data) > size else data + b"\n" * (size - len(data))


def _deleted(place: Place) -> None:
    place.export(0).unlink()


def _deleted_and_back(place: Place) -> None:
    export = place.export(1)
    export.rename(place.folder / "kept")
    until(lambda: export.name not in place.shown(), place.process)
    place.undo.append(lambda: (place.folder / "kept").rename(export))


def _renamed(place: Place) -> None:
    export = place.export(0)
    export.rename(export.with_name(f"renamed--000--{export.name.rpartition('--')[2]}"))


def _broken(place: Place) -> None:
    (place.scans / "broken.txt").write_text("[Header]\nGraphName = x\nSizeGraph = 4\n[Data]\n1\tnonsense\n")


def _grows(place: Place) -> None:
    data = next(OPERANDO.glob("*--008--Spec*"))
    with (place.scans / data.name).open("wb") as file:
        whole = data.read_bytes()
        for k in range(0, len(whole), len(whole) // 4):
            file.write(whole[k : k + len(whole) // 4])
            file.flush()
            time.sleep(0.07)


def _settings(place: Place) -> None:
    place.end()
    (place.out / "fits" / "settings.json").write_bytes(b"")
    place.start()


def _killed(place: Place) -> None:
    bring((3,), place.scans)
    time.sleep(random.random() / 2)
    place.process.kill()
    place.process.wait()
    place.start()


def _file(name: str, data: bytes | None) -> Callable[[Place], object]:
    def spoil(place: Place) -> None:
        path = place.out / name
        path.unlink() if data is None else path.write_bytes(data)

    return spoil


def _late_information(place: Place) -> None:
    for file in OPERANDO.glob("*--010--*"):
        if "Spec" in file.name:
            shutil.copy(file, place.scans)
    time.sleep(0.5)
    bring((10,), place.scans)


FAULTS: dict[str, Fault] = {
    "folder away": Fault(_away, "scans: No such file or directory"),
    "folder empty for a while": Fault(_emptied, "no file is in it any more"),
    "output removed": Fault(_out_removed, "was removed"),
    "a name of 255 bytes": Fault(_long_name),
    "a loop of links": Fault(_loop, "a link that leads nowhere"),
    "FIFO": Fault(_fifo, "a FIFO, socket or device"),
    "socket": Fault(_socket, "a FIFO, socket or device"),
    "empty table": Fault(_table(b""), "is not as it was written"),
    "damaged table": Fault(_table(b"source,scan\n\xff\x00,"), "is not as it was written"),
    "table removed": Fault(_table(None), "was removed"),
    "table of the same size and time": Fault(_same_length, "is not as it was written"),
    "replaced under the same time stamp": Fault(_same_stamp),
    "deleted": Fault(_deleted, GONE),
    "deleted and back": Fault(_deleted_and_back, GONE),
    "renamed": Fault(_renamed, "is now"),
    "broken export": Fault(_broken, "broken.txt"),
    "grows": Fault(_grows),
    "settings damaged": Fault(_settings, "is damaged"),
    "killed and started again": Fault(_killed),
    "run.json damaged": Fault(_file("run.json", b"{")),
    "ratios.csv removed": Fault(_file("ratios.csv", None)),
    "ratios.csv of another": Fault(_file("ratios.csv", b"mine")),
    "list of tables damaged": Fault(_file("fits/taken.jsonl", b'{"export": 1}\n\x00')),
    "late Information text": Fault(_late_information),
}
WITH_OTHERS = [name for name in FAULTS if name not in ("folder empty for a while", "folder away", "output removed")]


def survived(place: Place, faults: dict[str, Fault]) -> str:
    """Let faults happen to a watch at once; return what went wrong."""
    place.start()
    if not until(place.healed, place.process):
        return f"never began: {place.said()[-300:]}"
    for fault in faults.values():
        try:
            fault.begin(place)
        except (OSError, ValueError):  # another fault was there before
            continue
    for name, fault in faults.items():
        if not until(lambda fault=fault: fault.says in place.said(), place.process, 30.0) and len(faults) == 1:  # type: ignore[misc]
            return f"nothing is said of {name}: {place.said()[-300:]}"
    for undo in reversed(place.undo):
        with contextlib.suppress(OSError):
            if undo() is False:
                return f"does not see it: {place.said()[-300:]}"
    bring((5,), place.scans)
    if not until(place.healed, place.process):
        differs = sorted(place.wanted() ^ place.shown())
        return f"does not heal ({place.process.poll()}): {differs}: {place.said()[-500:]}"
    errors = Counter(line for line in place.said().splitlines() if "Traceback" in line or "cannot" in line)
    if "Traceback" in errors or any(count > 3 for count in errors.values()):
        return f"says the same again and again: {errors.most_common(1)}"
    place.process.send_signal(signal.SIGTERM)
    if place.process.wait(timeout=60) != 128 + signal.SIGTERM:
        return f"ends with {place.process.returncode}"
    return ""


@attack("watch, one fault", 2 * len(FAULTS))
def one_fault(folder: Path, numbers: random.Random, number: int) -> Iterator[Tried]:
    """Every fault alone, in turn."""
    for i in range(number):
        name = list(FAULTS)[i % len(FAULTS)]
        place = Place(folder / "place", f"watch-{i}")
        try:
            yield Tried(name, survived(place, {name: FAULTS[name]}))
        finally:
            place.end()


@attack("watch, several faults", 24)
def several_faults(folder: Path, numbers: random.Random, number: int) -> Iterator[Tried]:
    """Two to five faults at once."""
    for i in range(number):
        names = numbers.sample(WITH_OTHERS, numbers.randint(2, 5))
        if i % 3 == 0:
            names.append(numbers.choice([name for name in FAULTS if name not in WITH_OTHERS]))
        place = Place(folder / "place", f"faults-{i}")
        try:
            yield Tried(" + ".join(names), survived(place, {name: FAULTS[name] for name in names}))
        finally:
            place.end()


@attack("watch, full disk", 8)
def full_disk(folder: Path, numbers: random.Random, number: int) -> Iterator[Tried]:
    """The disk of the results is full for a while."""
    for i in range(number):
        place = Place(folder / "place", f"full-{i}")
        with small_disk(place.out, numbers.randint(48, 120)) as mounted:
            if not mounted:
                return
            place.start()
            try:
                filler = place.out / "filler"
                until(place.healed, place.process, 20.0)
                with contextlib.suppress(OSError), filler.open("wb") as file:
                    while True:
                        file.write(bytes(1024))
                        file.flush()
                bring((3, 4), place.scans)
                said = until(lambda: "No space left" in place.said(), place.process, 30.0)  # noqa: B023
                filler.unlink()
                subprocess.run(["mount", "-o", "remount,size=100m", str(place.out)], check=True)
                healed = until(place.healed, place.process)
                often = place.said().count("No space left")
                wrong = "" if said else "says nothing; "
                wrong += "" if healed else f"does not heal: {place.said()[-500:]}; "
                yield Tried("full disk", wrong + (f"says it {often} times" if often > 8 else ""))
            finally:
                place.end()


@attack("watch, an hour", 1)
def an_hour(folder: Path, numbers: random.Random, number: int) -> Iterator[Tried]:
    """An hour of arrivals in a minute, one a second, faults among them."""
    for i in range(number):
        place = Place(folder / "place", f"hour-{i}")
        shutil.rmtree(place.scans)
        run(program("simulate", PLAN, "-o", "all"), place.env, folder)
        files = sorted(path for path in (folder / "all").glob("*.txt"))
        place.scans.mkdir()
        place.start()
        try:
            for minute in range(60):
                begun = time.monotonic()
                for file in files[2 * minute : 2 * minute + 2]:
                    shutil.copy(file, place.scans)
                if minute % 10 == 9:
                    with contextlib.suppress(OSError, ValueError):
                        FAULTS[numbers.choice(WITH_OTHERS)].begin(place)
                time.sleep(max(0.0, 1.0 - (time.monotonic() - begun)))
            for undo in reversed(place.undo):
                with contextlib.suppress(OSError):
                    undo()
            healed = until(lambda: len(place.wanted()) >= 50 and place.healed(), place.process)  # noqa: B023
            yield Tried("an hour of arrivals", "" if healed else f"does not heal: {place.said()[-800:]}")
        finally:
            place.end()

"""Hostile files: tables that a spreadsheet has rewritten, JSON of all kinds, bombs, loops, names that mean harm.

Every command must end at once, in order: with a result, or with one clean line that says which file, where and what.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.attack.forks import Ended, Forks
from tests.attack.judge import Attack, judged, some_of
from tests.attack.registry import Tried, attack

ESCAPE = "\x1b[31mred\x1b[0m"
TITLE = "\x1b]0;owned\x07"
NAMES = {  # what a file, a point, a column may be called
    "escape": f"a{ESCAPE}",
    "title": f"a{TITLE}",
    "newline": "two\nramanfit: lines",
    "return": "over\rwritten",
    "csi": "a\x9b31mred",
    "backspace": "abc\b\b\bxyz",
    "bidi": "a\u202etxt.exe",
    "formula": "=cmd|' /C calc'!A0",
    "at": "@SUM(1+1)",
    "plus": "+1+cmd",
    "minus": "-2+3",
    "tab": "\t=1+1",
    "quotes": 'a"b,c;d',
    "markup": "<img src=x onerror=alert(1)>",
    "script": "</script><script>alert(1)</script>",
    "latex": r"\input{/etc/passwd}",
    "rich": "[bold red]x[/]",
    "percent": "%s%n{0}",
    "bytes": "caf\udce9\udcff",
    "wide": "\U0001f600" * 20,
    "apostrophe": "'=1+1",
}
FORMS = ("csv", "tsv", "json", "jsonl", "md", "tex", "xlsx", "parquet")
SPREADSHEET = {  # how a spreadsheet shows, or rewrites, a number
    "thousands": "1,590.1",
    "decimal-comma": "1590,1",
    "european": "1.590,1",
    "month": "Mar-90",
    "day": "01.02.2024",
    "iso-day": "2024-02-01",
    "clock": "0:10:00",
    "ref": "#REF!",
    "div": "#DIV/0!",
    "na": "#N/A",
    "hashes": "########",
    "true": "TRUE",
    "currency": "$1590.10",
    "percent": "12%",
    "error-beside": "1590.1 ± 0.2",
    "unit": "1590 cm-1",
    "space": "1 590.1",
    "nbsp": "1\u00a0590.1",
    "apostrophe": "'1590",
    "underscore": "1_590",
    "hex": "0x636",
    "arabic": "\u0661\u0665\u0669\u0660",
    "fraction": "1/2",
    "formula": "=A1+1",
    "inf": "1e999",
    "digits": "9" * 5000,
    "bracket": "(1590.1)",
    "words": "see note",
    "escape": ESCAPE,
}
WIDE = ("source", "scan", "point", "position_um", "time_s", "G_center_cm1", "G_height", "B_center_cm1", "B_height")
ROW = ("a.txt", "0", "P1", "0", "10", "1590.1", "100", "1350", "90")


def delimited(*changed: Mapping[str, str], separator: str = ",", names: tuple[str, ...] = WIDE) -> bytes:
    """A wide table, one row for each mapping of columns to other cells."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(names)
    writer.writerows([change.get(name, cell) for name, cell in zip(WIDE, ROW, strict=True)] for change in changed)
    return text.getvalue().encode("utf-8", "surrogateescape")


def spectrum(name: str = "A", channels: int = 300) -> bytes:
    """A table of two lines on a slope."""
    rows = []
    for i in range(channels):
        x = 900 + 1000 * i / channels
        lines = sum(h / (1 + (2 * (x - c) / w) ** 2) for h, c, w in ((900, 1590, 30), (700, 1350, 60)))
        rows.append(f"{x:.3f}\t{700 + 0.1 * x + lines + 5 * ((i * 7919) % 13 - 6):.3f}")
    head = f"X-Axis\t{name}\nrel. 1/cm\tCCD cts\n"
    return (head + "\n".join(rows) + "\n").encode("utf-8", "surrogateescape")


FILES = {"a.txt": spectrum()}


def _tables() -> Iterator[Attack]:
    for name, cell in SPREADSHEET.items():
        column = "G_center_cm1"
        content = delimited({}, {column: cell})
        place = (rf"t\.csv:3: {column}",)
        yield Attack(f"table, {name} in a position", ["ratio", "t.csv"], {"t.csv": content}, (1,), place)
    for column in ("scan", "time_s", "position_um", "B_height"):
        for name in ("thousands", "month", "ref", "true", "clock", "digits"):
            content = delimited({}, {column: SPREADSHEET[name]}, separator=";")
            place = (rf"t\.csv:3: {column}",)
            yield Attack(
                f"table, {name} in {column}", ["evolve", "t.csv", "-o", "out/e"], {"t.csv": content}, (1,), place
            )
    for name, cell in {"huge": str(10**30), "half": "1.5", "negative": "-1e18", "float": "1e300"}.items():
        yield Attack(
            f"table, {name} scan", ["ratio", "t.csv"], {"t.csv": delimited({}, {"scan": cell})}, (1,), ("scan",)
        )
    long = (
        "source,scan,point,position_um,time_s,peak,status,center_cm1,height\na,0,P1,,,G,ok,1590,5\na,0,P1,,,B,ok,{},5\n"
    )
    for name in ("month", "thousands", "ref"):
        cell = f'"{SPREADSHEET[name]}"'
        place = (r"t\.csv:3: center_cm1",)
        yield Attack(f"long table, {name}", ["ratio", "t.csv"], {"t.csv": long.format(cell).encode()}, (1,), place)
    odd = {
        "only names": delimited(),
        "nothing": b"",
        "a cell of a megabyte": delimited({"point": "x" * (1 << 20)}),
        "a thousand quotes": b",".join([b'"' * 1000] * 3),
        "an open quote": delimited({}) + b'"',
        "names twice": delimited({}, names=(*WIDE[:-1], "G_height")),
        "NUL": delimited({"point": "a\0b"}),
        "UTF-16": delimited({}).decode().encode("utf-16"),
        "lone returns": delimited({}).replace(b"\n", b"\r"),
        "ten thousand columns": b",".join(b"c%d" % i for i in range(10_000))
        + b",G_height,B_height\n"
        + b"1," * 10_001
        + b"1\n",
    }
    for name, content in odd.items():
        yield Attack(f"table, {name}", ["ratio", "t.csv"], {"t.csv": content}, (0, 1))


def _json() -> Iterator[Attack]:
    row = dict(zip(WIDE, ROW, strict=True))
    documents = {
        "numbers": "[1, 2]",
        "lists": '[["G_height", "B_height"], [1, 2]]',
        "null": "[null]",
        "text": '["G_height"]',
        "a table and a number": json.dumps([row, 3]),
        "a cell that is a table": json.dumps([{**row, "G_height": {"value": 3}}]),
        "a cell that is a list": json.dumps([{**row, "G_height": [1, 2]}]),
        "true": json.dumps([{**row, "G_height": True}]),
        "NaN": '[{"peak": "G", "G_height": NaN, "B_height": Infinity, "source": "a", "scan": 0, "point": "P1"}]',
        "an integer of 5000 digits": json.dumps([{**row, "G_height": 1}]).replace(
            '"G_height": 1', f'"G_height": {"9" * 5000}'
        ),
        "deep": "[" * 100_000,
        "deep and closed": "[" * 20_000 + "]" * 20_000,
        "deep tables": '{"source":' * 20_000,
        "cut": json.dumps([row])[:-9],
        "empty": "[]",
        "an object": json.dumps({"source": row}),
        "lines and a number": json.dumps(row) + "\n3\n",
        "lines and null": json.dumps(row) + "\nnull\n",
        "lines, cut": json.dumps(row) + "\n" + json.dumps(row)[:20] + "\n",
        "rows of other names": json.dumps([row, {"G_height": 1, "B_height": 2}]),
        "a peak that is a number": '[{"source": "a", "scan": 0, "point": "P1", "peak": 3, "height": 1}]',
        "surrogates": json.dumps([{**row, "point": "\udcff\ud800"}]),
        "peak missing in a row": '[{"source":"a","peak":"G","height":1,"scan":0},{"source":"a","height":1,"scan":0}]',
    }
    for name, text in documents.items():
        # as a table by its ending, and by its first bytes
        content = text.encode("utf-8", "surrogatepass")
        allowed = (0, 1) if name in ("true", "NaN", "rows of other names", "surrogates") else (1,)
        yield Attack(
            f"JSON, {name}", ["ratio", "t.json"], {"t.json": content}, allowed, () if 0 in allowed else (r"t\.json",)
        )


def _bombs() -> Iterator[Attack]:
    def zeros(megabytes: int, piece: bytes = bytes(1 << 20)) -> bytes:
        return gzip.compress(piece, 9) * megabytes  # members, one after another

    line = (b"9" * 63 + b"\n") * (1 << 14)
    row = b"1\t2\n" * (1 << 18)
    for command in ("info", "fit"):
        yield Attack(
            f"{command} 3 GB of zeros", [command, "b.txt.gz"], {"b.txt.gz": zeros(3000)}, (1,), (r"b\.txt\.gz",)
        )
        yield Attack(
            f"{command} 3 GB of lines", [command, "b.txt.gz"], {"b.txt.gz": zeros(3000, line)}, (1,), (r"b\.txt\.gz",)
        )
        yield Attack(
            f"{command} 3 GB of rows", [command, "b.txt.gz"], {"b.txt.gz": zeros(3000, row)}, (1,), (r"b\.txt\.gz",)
        )
    yield Attack(
        "bomb of a binary format",
        ["info", "b.wip.gz"],
        {"b.wip.gz": gzip.compress(b"WIT_PR06") + zeros(3000)},
        (1,),
        (r"b\.wip\.gz",),
    )
    yield Attack("bomb on standard input", ["info", "-"], {}, (1,), (), more={"stdin": zeros(3000, row)})
    yield Attack(
        "bomb of a cell's record",
        ["fit", "a.txt", "--echem", "b.mpt.gz"],
        {"a.txt": spectrum(), "b.mpt.gz": zeros(3000)},
        (1,),
        (r"b\.mpt",),
    )
    yield Attack(
        "bomb of a table of fits",
        ["ratio", "b.csv.gz"],
        {"b.csv.gz": gzip.compress(delimited({})) + zeros(3000)},
        (1,),
        (r"b\.csv",),
    )
    sound = gzip.compress(spectrum())
    for name, content in {
        "cut": sound[:-30],
        "head alone": sound[:10],
        "wrong sum": sound[:-8] + b"\0" * 8,
        "rubbish behind": sound + b"rubbish",
        "in itself": gzip.compress(sound),
        "of nothing": gzip.compress(b""),
        "twice": sound + sound,
        "named bomb": b"\x1f\x8b\x08\x08" + bytes(6) + b"x" * 100_000,
    }.items():
        yield Attack(f"gz, {name}", ["fit", "b.txt.gz"], {"b.txt.gz": content}, (1,), (r"b\.txt\.gz",))


def _exports() -> Iterator[Attack]:
    plain = spectrum()
    lines = plain.split(b"\n")
    odd = {
        "NUL in the middle": plain.replace(b"\n1", b"\n\x001", 1),
        "one line of 20 MB": b"1\t" * 10_000_000,
        "a million empty lines": b"\n" * 1_000_000 + plain,
        "a number of a megabyte": plain.replace(b"700", b"7" * 1_000_000, 1),
        "1e308": plain.replace(lines[5].split(b"\t")[1], b"1e308"),
        "-1e308": plain.replace(lines[5].split(b"\t")[1], b"-1e308"),
        "1e308 everywhere": b"".join(b"%d\t1e308\n" % i for i in range(900, 1900, 2)),
        "1e-308 everywhere": b"".join(b"%d\t1e-308\n" % i for i in range(900, 1900, 2)),
        "axis of 1e300": b"".join(b"%de300\t%d\n" % (i, i) for i in range(100, 400)),
        "axis of one value": b"".join(b"5\t%d\n" % i for i in range(300)),
        "zeros": b"".join(b"%d\t0\n" % i for i in range(900, 1900, 2)),
        "10,000 columns": b"\n".join(b"%d" % i + b"\t1" * 10_000 for i in range(900, 920)),
        "cut in a number": plain[:-200],
        "header of escapes": spectrum(ESCAPE + TITLE),
        "unit of escapes": plain.replace(b"rel. 1/cm", b"\x1b[31m1/cm"),
        "graph of escapes": b"//Exported ASCII-File\n[Header]\nGraphName = \x1b[2Jx\nSizeX = \x1b[31m\n[Data]\n"
        + plain,
        "size of a billion": b"//Exported ASCII-File\n[Header]\nGraphName = x\nSizeX = 1000000000\nSizeY = 1000000000\n"
        b"SizeGraph = 9\n[Data]\n" + plain,
    }
    for name, content in odd.items():
        yield Attack(f"export, {name}", ["fit", "a.txt"], {"a.txt": content}, (0, 1))
        yield Attack(f"info, {name}", ["info", "a.txt"], {"a.txt": content}, (0, 1))

    def loop(folder: Path) -> None:
        (folder / "a.txt").symlink_to("b.txt")
        (folder / "b.txt").symlink_to("a.txt")

    def folders(folder: Path) -> None:
        (folder / "d").mkdir()
        (folder / "d" / "d").symlink_to(folder / "d")
        (folder / "d" / "a.txt").symlink_to("a.txt")
        (folder / "d" / "s.txt").write_bytes(plain)

    def nowhere(folder: Path) -> None:
        (folder / "a.txt").symlink_to("nowhere")

    for command in (
        ["info"],
        ["fit"],
        ["ratio"],
        ["export", "-o", "out/a.csv"],
        ["bands"],
        ["evolve", "-o", "out/e"],
        ["plot", "-o", "out/"],
        ["baseline", "-o", "out/b.csv"],
        ["curves"],
        ["calibrate"],
    ):
        yield Attack(
            f"{command[0]}, a loop of links", [command[0], "a.txt", *command[1:]], {}, (1,), (r"a\.txt",), loop
        )
        yield Attack(
            f"{command[0]}, no standard input",
            [command[0], "-", *command[1:]],
            {},
            (1,),
            ("standard input is closed",),
            more={"stdin": None},
        )
    yield Attack("a folder of loops", ["fit", "d"], {}, (0, 1), (), folders)
    yield Attack("a link to nothing", ["fit", "a.txt"], {}, (1,), (r"a\.txt",), nowhere)
    yield Attack(
        "a loop as output",
        ["fit", "s.txt", "-o", "a.csv"],
        {"s.txt": plain},
        (1,),
        (r"a\.csv",),
        lambda f: (f / "a.csv").symlink_to("a.csv"),
    )
    for option in ("--dark", "--covariates", "--echem", "--recipe", "--files-from"):
        status = (2,) if option == "--recipe" else (1,)
        yield Attack(
            f"{option}, a loop of links",
            ["fit", "s.txt", option, "a.txt"],
            {"s.txt": plain},
            status,
            (r"a\.txt",),
            loop,
        )
        yield Attack(f"{option}, a folder", ["fit", "s.txt", option, "."], {"s.txt": plain}, (1, 2), ())
        if option != "--recipe":
            yield Attack(
                f"{option}, no standard input",
                ["fit", "s.txt", option, "-"],
                {"s.txt": plain},
                (1,),
                ("-",),
                more={"stdin": None},
            )
    yield Attack("a name of 4,000 bytes", ["fit", "x" * 4000], {}, (1,), ())


def _disks() -> Iterator[Attack]:
    for form in ("nc", "nxs", "txt", "csv", "parquet"):
        for size in (500, 2000, 4000):  # what is said fits, and no result does
            more = {"file_size": size}
            arguments = ["export", "a.txt", "-o", f"out/a.{form}"]
            yield Attack(
                f"{form}, a disk with {size} bytes", arguments, FILES, (1,), (), None, None, more, fast=size == 2000
            )
    yield Attack(
        "xlsx, a disk with 2000 bytes",
        ["ratio", "a.txt", "-o", "out/a.xlsx"],
        FILES,
        (1,),
        ("cannot be written",),
        more={"file_size": 2000},
    )


def _names() -> Iterator[Attack]:
    for kind, name in NAMES.items():
        file = name.replace("/", "_") + ".txt"
        given = f"./{file}"

        def put(folder: Path, file: str = file, name: str = name) -> None:
            (folder / file).write_bytes(spectrum(name))

        def reads_back(folder: Path, ended: Ended, given: str = given) -> str:
            return _read_back(folder, given)

        yield Attack(
            f"broken file called {kind}",
            ["fit", given],
            {},
            (1,),
            (),
            lambda f, file=file: (f / file).write_bytes(b"no spectrum"),
        )
        yield Attack(f"missing file called {kind}", ["fit", given], {}, (1,), ())
        yield Attack(f"file called {kind}", ["ratio", given, "-o", "out/a.csv"], {}, (0,), (), put, reads_back)
        for form in FORMS[1:]:
            yield Attack(
                f"{form} of a file called {kind}",
                ["ratio", given, "-o", f"out/a.{form}"],
                {},
                (0,),
                (),
                put,
                _sound,
                fast=form in ("xlsx", "json"),
            )
        yield Attack(
            f"report of a file called {kind}",
            ["evolve", given, "-o", "out/e"],
            {},
            (0,),
            (),
            put,
            _sound,
            fast=kind in ("bytes", "script"),
        )
        yield Attack(f"graph called {kind}", ["ratio", "a.txt", "-v"], {"a.txt": spectrum(name)}, (0, 1), ())
        content = delimited({"point": name, "source": name})
        yield Attack(
            f"point called {kind} in a table",
            ["ratio", "t.csv", "-o", "out/a.csv"],
            {"t.csv": content},
            (0,),
            (),
            None,
            lambda f, e, n=name: _points(f, n),
        )
        yield Attack(
            f"column called {kind}",
            ["fit", "a.txt", "--covariates", "c.csv"],
            {"a.txt": spectrum(), "c.csv": _covariate(name)},
            (0, 1, 2),
            (),
        )
        if "\n" not in name and "\t" not in name:
            yield Attack(
                f"folder called {kind}", ["export", "a.txt", "-o", f"out/{name}/"], {"a.txt": spectrum()}, (0,), ()
            )


def _covariate(name: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["file", name, "sample"], ["a.txt", "1", name]])
    return text.getvalue().encode("utf-8", "surrogateescape")


def _cells(folder: Path) -> list[dict[str, str]]:
    with (folder / "out" / "a.csv").open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        return list(csv.DictReader(file))


def _runs(cell: str) -> bool:
    """Whether a spreadsheet would take a text for a formula."""
    return cell.startswith(("=", "+", "-", "@", "\t", "\r"))


def _read_back(folder: Path, source: str) -> str:
    cells = _cells(folder)
    if any(_runs(row["source"]) or _runs(row["point"]) for row in cells):
        return f"a spreadsheet would run {cells[0]['source']!r}"
    return "" if cells[0]["source"] == source else f"{cells[0]['source']!r} instead of {source!r}"


def _points(folder: Path, name: str) -> str:
    from ramanfit.recipe.marked import unmarked
    from ramanfit.recipe.toml import load_recipe
    from ramanfit.tables.read import read_fit_table

    if _runs(_cells(folder)[0]["point"]):
        return "a spreadsheet would run the point"
    path = folder / "out" / "a.csv"
    table = read_fit_table(str(path), path.read_bytes(), load_recipe("li-graphite").every_ratio)[0].table
    found = table.columns["point"][0]
    return "" if found == unmarked(name).strip() else f"{found!r} read back instead of {name!r}"


def _sound(folder: Path, ended: Ended) -> str:
    """Open what was written with somebody else's reader."""
    for path in (folder / "out").rglob("*"):
        if path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))
        elif path.suffix == ".xlsx":
            import openpyxl

            for row in openpyxl.load_workbook(path).active.iter_rows():
                for cell in row:
                    if cell.data_type in ("f", "e"):
                        return f"a formula or an error: {cell.value!r}"
        elif path.suffix == ".parquet":
            import pyarrow.parquet

            pyarrow.parquet.read_table(path)
        elif (
            path.suffix in (".html", ".md", ".tex", ".csv")
            and b"<img src=x" in path.read_bytes()
            and path.suffix == ".html"
        ):
            return f"markup in {path.name}"
    return ""


def attacks() -> Iterator[Attack]:
    """All of them."""
    for some in (_tables, _json, _bombs, _exports, _disks, _names):
        yield from some()


@attack("hostile files", 500)
def run(folder: Path, numbers: random.Random, number: int) -> Iterator[Tried]:
    """Carry out so many of the attacks; yield what was tried and what went wrong."""
    with Forks() as forks:
        yield from judged(some_of(attacks(), numbers, number), forks)

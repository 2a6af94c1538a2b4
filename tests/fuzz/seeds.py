"""Sound files to be damaged, for every reader in `READERS` by its name."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from ramanfit.errors import RamanfitError
from ramanfit.formats import READERS
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.graph_ascii import graph_ascii
from ramanfit.formats.own_hdf5 import SPECTRA, sealing
from ramanfit.formats.refusals import refusal
from ramanfit.formats.sealed import Seal
from ramanfit.scan.scan import Metadata, Scan
from tests.exports import bwtek, column, dataset, image, jcamp, mat, spc, table, truematch, workbook
from tests.wdf_writer import MAP, SERIES, area, mapped, origin, wdf
from tests.wip_writer import Builder, linear, space

Files = dict[str, bytes]  # the files of one export; one of them is damaged

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
LARGEST_REAL = 500_000  # bytes


def axis(channels: int) -> np.ndarray:
    return np.linspace(100.25, 100.25 + 2 * channels, channels).round(2)


def counts(spectra: int, channels: int) -> np.ndarray:
    return np.random.default_rng(1).poisson(700, (spectra, channels)).astype(float)


def _mat(channels: int) -> Iterator[Files]:
    x, y = axis(channels), counts(6, channels)
    yield {"a.mat": mat({"v": dataset(x, y, along=np.arange(6) * 0.4, along_unit="µm")})}
    yield {"a.mat": mat({"v": image(x, y, (2, 3))})}
    yield {"a.mat": mat({"other": np.eye(2), "v": dataset(x + 532, y, "nm", np.arange(6) * 1.0, "s")})}


def _spc(channels: int) -> Iterator[Files]:
    x, y = axis(channels), counts(4, channels)
    yield {"a.spc": spc(x, y)}
    yield {"a.spc": spc(x, y[:1])}
    yield {"a.spc": spc(x, y, exponents=[32, 31, 30, -128], ends=(x[0], x[-1]))}
    yield {"a.spc": spc(x + 532, y, exponents=[16] * 4, short=True, unit=3)}


def _truematch(channels: int) -> Iterator[Files]:
    x, y = np.linspace(533, 533 + channels / 50, channels).round(3), counts(2, channels)
    yield {"a.txt": truematch(x, y)}
    yield {"a.txt": truematch(x, y, version=2, newline="\r\n")}


def _bwtek(channels: int) -> Iterator[Files]:
    yield {"a.txt": bwtek(axis(channels), counts(1, channels)[0])}


def _jcamp(channels: int) -> Iterator[Files]:
    y = [int(v) for v in counts(1, channels)[0] // 50]
    for form in ("AFFN", "PAC", "SQZ", "SQZDUP", "DIF", "DIFDUP", "XY"):
        yield {
            "a.jdx": jcamp(y, form, row=3 if channels < 10 else 30, LONGDATE="2024/05/06 07:08:09", **{"$LASER": 532})
        }
    link = b"##TITLE=all\n##JCAMP-DX=4.24\n##DATA TYPE=LINK\n##BLOCKS=2\n"
    yield {"a.jdx": link + jcamp(y, "DIF", DELTAX=1) + jcamp(y, "AFFN", XUNITS="NANOMETERS", first=540) + b"##END=\n"}


def _split(channels: int) -> Iterator[Files]:
    x, y = axis(channels), counts(3, channels)
    header = _graph("line", 3, channels).partition(b"\r\n[Data]")[0]
    yield {"n (Header).txt": header, "n (X-Axis).txt": column(x), "n (Y-Axis).txt": column(y.ravel())}
    yield {"n-x.dat": column(x), "n-y.dat": column(y.ravel())}


def _graph_ascii(channels: int) -> Iterator[Files]:
    yield {"a.txt": _graph("line", 3, channels)}
    yield {"a.txt": _graph("map", 6, channels)}
    yield {"a.txt": _graph("series", 2, channels)}
    yield {"a.txt": _graph("spectrum", 1, channels).replace(b"\t", b", ")}


def _graph(kind: str, n: int, channels: int) -> bytes:
    place = np.zeros((n, 3))
    place[:, 0] = np.arange(n)
    if kind == "map":
        place[:, :2] = np.column_stack([np.arange(n) % 3, -(np.arange(n) // 3)])
    return graph_ascii(
        Scan(
            axis(channels),
            counts(n, channels),
            kind,  # type: ignore[arg-type]
            name="Line--018--Spec.Data 1",
            coordinates_um=None if kind == "series" else place,
            grid=(2, 3) if kind == "map" else None,
            offset_s=np.arange(n) * 2.5 if kind == "series" else None,
        )
    )


def _table(channels: int) -> Iterator[Files]:
    x, y = axis(channels), counts(3, channels)
    labels = "X-Axis\tS(0)\tS(1)\tS(2)\nrel. 1/cm\tCCD cts\tCCD cts\tCCD cts\n"
    yield {"a.txt": labels.encode() + table(x, y)}
    yield {"a.csv": b"# Laser = 532 nm\nRaman shift (cm-1);a;b;c\n" + table(x, y, "%.15g", ";").replace(b".", b",")}
    yield {"a.txt": table(x, y[:1], "%.3f", " ")}
    yield from _other_tables(x, y)


def _other_tables(x: np.ndarray, y: np.ndarray) -> Iterator[Files]:
    """Spectra in rows, pairs, one row per channel; row numbers, errors, footers, thousands, UTF-16."""
    head = "#Acq. time (s)=\t60\n#Laser=\t532nm\n#AxisType[1]=Spectr\n#AxisUnit[1]=1/cm\n#AxisType[2]=Time\n"
    shifts = "\t".join(map(str, x))
    lines = [f"{60 * i}\t" + "\t".join(map(str, its)) for i, its in enumerate(y)]
    yield {"a.txt": (head + "\t" + shifts + "\n" + "\n".join(lines) + "\n").encode()}
    yield {"a.txt": ("\t\t" + shifts + "\n" + "\n".join(f"{i}\t{line}" for i, line in enumerate(lines))).encode()}
    yield {"a.csv": ("time," + shifts + "\n" + "\n".join(lines) + "\n").replace("\t", ",").encode()}
    long = [f"{i}.5\t0\t{a}\t{b:g}\n" for i, its in enumerate(y) for a, b in zip(x[::-1], its, strict=True)]
    yield {"a.txt": ("#X\t\t#Y\t\t#Wave\t\t#Intensity\n" + "".join(long)).encode()}
    both = "".join(f"{a},{b:g},{a + 1},{c:g}\n" for a, b, c in zip(x, y[0], y[1], strict=True))
    yield {"a.csv": ("Raman shift (cm-1),A,Raman shift (cm-1),B\n" + both).encode()}
    beside = "".join(f"{i},{a},{b:g},{b / 10:g},\n" for i, (a, b) in enumerate(zip(x, y[0], strict=True)))
    yield {"a.csv": (",Wavenumber (cm-1),Raw,Error,\n" + beside + "# done\n").encode()}
    yield {"a.txt": "".join(f"{a}\t{b / 3:,.1f}\n" for a, b in zip(x, 9e6 + y[0], strict=True)).encode("utf-16")}
    yield {"a.csv": "".join(f'{a},"{b / 3:,.1f}"\n' for a, b in zip(x, 9e6 + y[0], strict=True)).encode()}
    joined = table(axis(len(x) + 3), counts(1, len(x) + 3), "%.2f", "\t")
    yield {"a.txt": joined + joined + b">>>>>End Spectral Data<<<<<\n"}


def _tidy(channels: int) -> Iterator[Files]:
    x, y = axis(channels), counts(3, channels)
    rows = [
        f"a.txt,0,P{i + 1},{i},{i + 0.5},{a},{b:g}\n" for i, its in enumerate(y) for a, b in zip(x, its, strict=True)
    ]
    yield {"a.csv": ("source,scan,point,position_um,time_s,shift_cm1,counts\n" + "".join(rows)).encode()}

    if channels > 1000:  # the lines of a csv are read the same way, quicker
        return
    names = ("source", "scan", "point", "position_um", "time_s", "started", "shift_cm1", "counts")
    objects = [
        dict(zip(names, ("a.txt", 0, "0/0", None, i + 0.5, "2024-01-15T10:00:00", a, b), strict=True))
        for i, its in enumerate(y)
        for a, b in zip(x.tolist(), its.tolist(), strict=True)
    ]
    yield {"a.json": ("[\n" + ",\n".join(map(json.dumps, objects)) + "\n]\n").encode()}
    yield {"a.jsonl": "".join(f"{json.dumps(row)}\n" for row in objects).encode()}


def _own_hdf5(channels: int) -> Iterator[Files]:
    """Files as HDF5 has them for a reader of the seal alone: arrays somewhere behind the first bytes."""
    x, y = axis(channels), counts(6, channels)
    metadata = Metadata(started=datetime(2024, 1, 15, 10), laser_nm=532.0, header={"Sample Name": "a"})
    where = np.arange(18.0).reshape(6, 3)
    for kind, more in (
        ("line", {"position_um": np.arange(6.0)}),
        ("map", {"grid": (2, 3), "coordinates_um": where, "mask": y > 720}),
        ("series", {"offset_s": np.arange(6.0)}),
    ):
        scan = Scan(x, y, kind, "a.txt", "a", metadata=metadata, **more)  # type: ignore[arg-type]
        file = io.BytesIO(b"\x89HDF\r\n\x1a\n" + bytes(88))
        seal = Seal(file)
        mask = None if scan.mask is None else seal.append(scan.mask.astype("i1"))
        entry = sealing(seal, scan, seal.append(x), seal.append(y), mask)
        seal.close(SPECTRA, scans=[entry] * 2 if kind == "map" else [entry], placed=kind == "line")
        yield {"a.nc": file.getvalue()}


def _parquet(channels: int) -> Iterator[Files]:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    x, y = axis(channels), counts(2, channels)
    n = y.size
    columns = {
        "source": ["a.txt"] * n,
        "scan": [0] * n,
        "point": [f"P{i + 1}" for i in range(2) for _ in range(channels)],
        "position_um": [float(i) for i in range(2) for _ in range(channels)],
        "time_s": [0.5] * n,
        "shift_cm1": [*x, *x],
        "counts": y.ravel().tolist(),
    }
    for compression in ("snappy", "none"):
        file = io.BytesIO()
        parquet.write_table(pyarrow.table(columns), file, compression=compression)
        yield {"a.parquet": file.getvalue()}


def _wip(channels: int) -> Iterator[Files]:
    for kind, tags, index in (
        ("TDSpaceTransformation", space(scale=(0.5, 0, 0, 0, 1, 0, 0, 0, 1), line_points=4), 1),
        ("TDSpaceTransformation", space(), 0),
        ("TDLinearTransformation", linear(2.0, 1.5, "s", 3), 5),
    ):
        project = Builder()
        y = counts(4, channels).reshape((2, 2, -1) if index == 0 else (1, 4, -1))
        project.spectra(y, place=project.add(kind, tags), index=index)
        yield {"a.wip": project.build()}


def _wdf(channels: int) -> Iterator[Files]:
    x, y = axis(channels)[::-1], counts(6, channels)
    yield {"a.wdf": wdf(x, y[0])}
    yield {"a.wdf": wdf(x[::-1] + 532, y[:3], kind=SERIES, unit=3)}
    for order in ("rows", "columns", "to and fro"):
        yield {"a.wdf": mapped(x, y, (2, 3), order=order, collected=5 if order == "rows" else None)}
    places = [origin(kind, 5, "XYZ"[kind - 3], np.arange(6) * 0.5) for kind in (3, 4, 5)]
    yield {"a.wdf": wdf(x, y, kind=MAP, origins=places, more=area((6, 1, 1), (0, 0, 0), (0.5, 0.5, 1), 0x80))}


def _xlsx(channels: int) -> Iterator[Files]:
    x, y = axis(channels), counts(2, channels)
    columns = np.vstack([x, y]).T.tolist()
    yield {"a.xlsx": workbook(Data=[["Raman shift (cm-1)", "a", "b"], *columns])}
    yield {"a.xlsx": workbook(False, Data=[["Raman shift (cm-1)", "a", "b"], *columns])}  # so that damage reaches cells
    yield {
        "a.xlsx": workbook(
            False, Notes=[["nothing"]], Data=[["", *x[:9999].tolist()], *[[0.0, *its[:9999]] for its in y]]
        )
    }


SEEDS: dict[str, Callable[[int], Iterator[Files]]] = {
    "WITec project": _wip,
    "MATLAB": _mat,
    "SPC": _spc,
    "Renishaw WiRE": _wdf,
    "Excel": _xlsx,
    "WITec TrueMatch": _truematch,
    "B&W Tek BWRam": _bwtek,
    "JCAMP-DX": _jcamp,
    "WITec split export": _split,
    "WITec Graph ASCII": _graph_ascii,
    "table": _table,
    "tidy rows": _tidy,
    "tidy rows in parquet": _parquet,
    "netCDF and NeXus of ramanfit": _own_hdf5,
}


def small(reader: str) -> list[Files]:
    """Exports of a few channels, quick to read; LookupError for a reader without any."""
    if reader not in SEEDS:
        raise LookupError(f"no sound files for the reader {reader!r}: write them in tests/fuzz/seeds.py")
    return list(SEEDS[reader](6))


def large(reader: str) -> list[Files]:
    """Exports large enough to see how memory grows with size: synthetic, and the real ones where they are."""
    return [*SEEDS[reader](50_000), *_real(reader)]


def _real(name: str) -> Iterator[Files]:
    for file in sorted(DATA.rglob("*")):
        if file.is_file() and file.stat().st_size <= LARGEST_REAL:
            try:
                with Source.open(str(file)) as source:
                    head = source.head
            except RamanfitError:
                continue
            first = next((reader.name for reader in READERS if reader.sniff(head)), None)
            if first == name != "WITec split export" and refusal(head) is None:
                yield {file.name: file.read_bytes()}

"""Writes small WITec projects, by the description of the format alone."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

Tags = list[tuple[str, int, object]]

TYPES = {
    1: np.int64,
    2: np.int32,
    3: np.int16,
    4: np.int8,
    5: np.uint32,
    6: np.uint16,
    7: np.uint8,
    8: np.bool_,
    9: np.float32,
    10: np.float64,
}
UNITS = ("nm", "µm", "1/cm", "rel. 1/cm", "eV", "meV", "rel. eV", "rel. meV")
EYE = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def i32(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}i", *values)


def f64(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


def text(*words: str) -> bytes:
    raw = [word.encode("cp1252") for word in words]
    return b"".join(struct.pack("<I", len(word)) + word for word in raw)


def encode(name: str, kind: int, payload: object, at: int) -> bytes:
    """One tag that begins at a byte of the file."""
    raw = name.encode("cp1252")
    start = at + 4 + len(raw) + 20
    if kind == 0:
        body = b""
        for child in payload:  # type: ignore[attr-defined]
            body += encode(*child, start + len(body))
    else:
        body = bytes(payload)  # type: ignore[call-overload]
    return struct.pack("<I", len(raw)) + raw + struct.pack("<IQQ", kind, start, start + len(body)) + body


def about(number: int, caption: str, index: int = 0, more: Tags = []) -> tuple[str, int, Tags]:  # noqa: B006 - never changed
    return (
        "TData",
        0,
        [
            ("Version", 5, i32(0)),
            ("ID", 5, i32(number)),
            ("ImageIndex", 5, i32(index)),
            ("Caption", 9, text(caption)),
            *more,
        ],
    )


def transformation(unit: str, kind: int) -> tuple[str, int, Tags]:
    return (
        "TDTransformation",
        0,
        [
            ("Version", 5, i32(0)),
            ("StandardUnit", 9, text(unit)),
            ("UnitKind", 5, i32(kind)),
            ("InterpretationID", 5, i32(0)),
            ("IsCalibrated", 8, b"\1"),
        ],
    )


def spectral(kind: int, **values: Sequence[float] | float | int) -> Tags:
    tags: Tags = [("SpectralTransformationType", 5, i32(kind))]
    for name, value in values.items():
        if isinstance(value, int):
            tags.append((name, 5, i32(value)))
        else:
            tags.append((name, 2, f64(*(value if isinstance(value, Sequence) else [value]))))
    return [transformation("nm", 2), ("TDSpectralTransformation", 0, tags)]


def table(values: Sequence[float], unit: str, kind: int, size: int | None = None) -> Tags:
    tags: Tags = [("LUTSize", 5, i32(len(values) if size is None else size)), ("LUT", 2, f64(*values))]
    return [transformation(unit, kind), ("TDLUTTransformation", 0, [*tags, ("LUTIsIncreasing", 8, b"\1")])]


def linear(world: float, scale: float, unit: str, kind: int, model: float = 0.0, double: bool = True) -> Tags:
    tags: Tags = []
    for name, value in (("WorldOrigin", world), ("ModelOrigin", model), ("Scale", scale)):
        if double:
            tags.append((f"{name}_D", 2, f64(value)))
        tags.append((name, 3, struct.pack("<f", value)))
    return [transformation(unit, kind), ("TDLinearTransformation", 0, tags)]


def space(
    world: Sequence[float] = (0.0, 0.0, 0.0),
    scale: Sequence[float] = EYE,
    rotation: Sequence[float] = EYE,
    model: Sequence[float] = (0.0, 0.0, 0.0),
    line_points: int = 0,
    unit: str = "µm",
) -> Tags:
    port: Tags = [
        ("ModelOrigin", 2, f64(*model)),
        ("WorldOrigin", 2, f64(*world)),
        ("Scale", 2, f64(*scale)),
        ("Rotation", 2, f64(*rotation)),
    ]
    tags: Tags = [("ViewPort3D", 0, port), ("LineInformationValid", 8, bytes([line_points > 0]))]
    return [transformation(unit, 1), ("TDSpaceTransformation", 0, [*tags, ("NumberOfLinePoints", 5, i32(line_points))])]


def information(words: str) -> Tags:
    """RTF as the instrument writes it."""
    lines = [line.replace("\t", r"\tab ").replace("µ", r"\'b5") for line in words.split("\n")]
    rtf = (
        "{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fnil Arial;}{\\f1\\fnil\\fcharset0 Arial;}}\r\n"
        "{\\colortbl ;\\red0\\green0\\blue255;}\r\n\\viewkind4\\uc1\\pard\\tx2400\\cf1\\b\\f0\\fs32 "
        + "\r\n\\par \\cf2\\b0\\fs16 ".join(lines)
        + "\r\n\\par }\r\n \0"
    )
    raw = rtf.encode("cp1252")
    return [("TDStream", 0, [("Version", 5, i32(0)), ("StreamSize", 5, i32(len(raw))), ("StreamData", 7, raw)])]


@dataclass
class Builder:
    """A project in the making: `add` objects, then `build`."""

    version: int = 7
    data_file: bool = False
    items: list[tuple[str, Tags]] = field(default_factory=list)
    trace: Tags | None = None

    def add(self, kind: str, tags: Tags, caption: str = "", index: int = 0, more: Tags = []) -> int:  # noqa: B006
        number = len(self.items) + 11
        self.items.append((kind, [about(number, caption or f"{kind} {number}", index, more), *tags]))
        return number

    def laser(self, nm: float = 532.0, unit: int = 3) -> int:
        tags: Tags = [
            ("TDInterpretation", 0, [("Version", 5, i32(0)), ("UnitIndex", 5, i32(unit))]),
            ("TDSpectralInterpretation", 0, [("Version", 5, i32(0)), ("ExcitationWaveLength", 2, f64(nm))]),
        ]
        return self.add("TDSpectralInterpretation", tags)

    def graph(
        self,
        counts: np.ndarray,  # [lines, points, channels]
        kind: int = 9,
        inverted: bool = True,
        axis: int = 0,
        laser: int = 0,
        place: int = 0,
        second: int = 0,
        valid: Sequence[bool] | None = None,
        caption: str = "Line--001--Spec.Data 1",
        index: int = 0,
        more: Tags = [],  # noqa: B006
    ) -> int:
        lines, points, channels = counts.shape
        ordered = counts if inverted else counts.transpose(1, 0, 2)
        tags: Tags = [
            ("Version", 5, i32(1)),
            ("SizeX", 5, i32(points)),
            ("SizeY", 5, i32(lines)),
            ("SizeGraph", 5, i32(channels)),
            ("SpaceTransformationID", 5, i32(place)),
            ("XTransformationID", 5, i32(axis)),
            ("XInterpretationID", 5, i32(laser)),
            ("ZInterpretationID", 5, i32(0)),
            (
                "GraphData",
                0,
                [
                    ("Dimension", 5, i32(2)),
                    ("DataType", 5, i32(kind)),
                    ("Ranges", 5, i32(points, lines * channels)),
                    ("Data", 7, np.ascontiguousarray(ordered).astype(TYPES[kind]).tobytes()),
                ],
            ),
            ("LineValid", 8, bytes([True] * lines if valid is None else valid)),
        ]
        if second or self.version >= 7:
            tags.append(("SecondaryTransformationID", 5, i32(second)))
        if self.version >= 7 or inverted:
            tags.append(("DataFieldInverted", 8, bytes([inverted])))
        return self.add("TDGraph", [("TDGraph", 0, tags)], caption, index, more)

    def spectra(self, counts: np.ndarray, **given: object) -> int:
        """A graph on an axis of 560, 561 ... nm."""
        given.setdefault("axis", self.add("TDSpectralTransformation", spectral(0, Polynom=[560.0, 1.0, 0.0])))
        given.setdefault("laser", self.laser())
        return self.graph(counts, **given)  # type: ignore[arg-type]

    def build(self) -> bytes:
        root = "WITec Data" if self.data_file else "WITec Project"
        magic = {
            (False, False): b"WIT_PRCT",
            (True, False): b"WIT_DATA",
            (False, True): b"WIT_PR06",
            (True, True): b"WIT_DA06",
        }[self.data_file, self.version >= 6]
        data: Tags = []
        for i, (kind, tags) in enumerate(self.items):
            data += [(f"DataClassName {i}", 9, text(kind)), (f"Data {i}", 0, tags)]
        data.append(("NumberOfData", 5, i32(len(self.items))))
        tree: Tags = [("Version", 5, i32(self.version)), ("NextDataID", 5, i32(99)), ("Data", 0, data)]
        if self.trace is not None:
            tree.append(("Trace", 0, self.trace))
        return magic + encode(root, 0, tree, 8)


def elements(parts: Sequence[Tags]) -> Tags:
    return [("NumElements", 5, i32(len(parts))), *((f"Element{i}", 0, part) for i, part in enumerate(parts))]


def step(outputs: Sequence[str], inputs: Sequence[str], when: str, values: dict[str, float | int]) -> Tags:
    """One element of the trace."""
    parameters: list[Tags] = []
    for guid, value in values.items():
        is_int = isinstance(value, int)
        name, kind, raw = ("IntValue", 5, i32(int(value))) if is_int else ("DoubleValue", 2, f64(value))
        parameters.append([("ParamGuid", 9, text(guid)), (name, kind, raw)])
    return [
        ("TraceGuid", 9, text("{0}")),
        ("CreationLocalTime", 9, text(when)),
        ("Inputs", 0, elements([[("DataGuid", 9, text(guid))] for guid in inputs])),
        ("Outputs", 0, elements([[("DataGuid", 9, text(guid))] for guid in outputs])),
        ("ParamSets", 0, elements([[("Params", 0, elements(parameters))]])),
    ]

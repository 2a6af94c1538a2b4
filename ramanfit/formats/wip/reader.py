"""WITec projects and data files: every graph of spectra in them, its counts left in the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from ramanfit.errors import FormatError
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.deliver import Measurement, deliver, metadata_from
from ramanfit.formats.information import Information, started
from ramanfit.formats.reader import Reader, ReadOptions
from ramanfit.formats.registry import begins
from ramanfit.formats.wip.axis import AxisCalibration, SpectralAxis, calibration_of, read_axis
from ramanfit.formats.wip.graphs import Graph, read_counts, read_graph
from ramanfit.formats.wip.place import read_place
from ramanfit.formats.wip.project import NEWEST, Project
from ramanfit.formats.wip.text import information_of, informations
from ramanfit.formats.wip.trace import TracedStep, measurement_of, read_trace
from ramanfit.scan.notes import counted
from ramanfit.scan.scan import Metadata, Scan

_SHOWN = {"TDGraph": "graph", "TDImage": "image", "TDBitmap": "picture", "TDText": "text"}


class _SpectralGraph(NamedTuple):
    graph: Graph
    calibration: AxisCalibration


class _Described(NamedTuple):
    """What a project says of its measurements beside their numbers."""

    texts: dict[str, list[Information]]
    steps: Mapping[str, TracedStep]


def read(source: Source, options: ReadOptions) -> list[Scan]:
    """Read every graph of spectra as a measurement of its own.

    Graphs without a spectral axis, histograms, masks, images and pictures are passed over.

    Raises
    ------
    FormatError
        With the byte and the tag that is wrong, or the name of the graph that cannot be read; also if there is no
        spectrum. A graph that `options` does not select may be unreadable.
    """
    project = Project(source.content(), source.path)
    spectral_graphs, passed = _spectra(project)
    if not spectral_graphs:
        raise FormatError(source.path, _none(passed))
    described = _Described(informations(project), read_trace(project.trace))
    scans: list[Scan] = []
    for spectral in spectral_graphs:
        try:
            scans.append(_scan(project, spectral, described, options))
        except FormatError:
            if options.selects(spectral.graph.item.name):
                raise
    del passed["text"]
    notes = [f"passed over in this project: {_words(passed)}"] if passed else []
    if project.version > NEWEST:
        notes.append(f"version {project.version} of the project is newer than any that is known ({NEWEST})")
    if notes and scans:
        scans[0] = replace(scans[0], notes=(*scans[0].notes, *notes))
    return scans


def no_spectrum(source: Source) -> str:
    """Return why a project has no spectrum; an empty string if it has one, or is broken."""
    try:
        spectral_graphs, passed = _spectra(Project(source.content(), source.path))
    except FormatError:
        return ""
    return "" if spectral_graphs else _none(passed)


def _none(passed: Counter[str]) -> str:
    return f"a WITec project without a spectrum: {_words(passed) or 'empty'}"


def _words(passed: Counter[str]) -> str:
    return ", ".join(f"{n} {kind}{'s' if n != 1 else ''}" for kind, n in sorted(passed.items()))


def _spectra(project: Project) -> tuple[list[_SpectralGraph], Counter[str]]:
    """Return the graphs of spectra, and the number of all else that a person would see in the project."""
    graphs: list[_SpectralGraph] = []
    passed: Counter[str] = Counter()
    for item in project.items:
        if item.kind not in _SHOWN or item.hidden:
            continue
        graph = read_graph(item) if item.kind == "TDGraph" else None
        calibration = None if graph is None else calibration_of(project, graph)
        if graph is not None and calibration is not None:
            graphs.append(_SpectralGraph(graph, calibration))
        else:
            passed[_SHOWN[item.kind]] += 1
    return graphs, passed


def _scan(project: Project, spectral: _SpectralGraph, described: _Described, options: ReadOptions) -> Scan:
    graph, calibration = spectral
    name = graph.item.name
    counts, unfinished = read_counts(graph)  # first: then sizes are those of the data
    axis = read_axis(calibration, graph.channels)
    metadata, notes = _metadata(project, graph, axis, described)
    if unfinished:
        notes += (f"{unfinished} of {graph.height} scan lines were not finished: not measured",)
    if (lost := graph.channels - axis.x.size) > 0:
        notes += (f"{counted(lost, 'channel')} beyond the calibrated ones passed over",)
    if axis.assumed and options.x_unit is None:
        notes += ("the unit of the axis is not in the file: taken as nm (--x-unit)",)
    measurement = Measurement(
        f"{project.path}::{name}",
        axis.x,
        counts[:, axis.inside],
        lambda _: None,
        unit=axis.unit,
        laser_nm=axis.laser_nm,
    )
    return deliver(
        measurement,
        source=project.path,
        name=name,
        place=read_place(project, graph, options.line_spacing),
        options=options if axis.assumed else replace(options, x_unit=None),
        metadata=metadata,
        notes=notes,
    )


def _metadata(
    project: Project, graph: Graph, axis: SpectralAxis, described: _Described
) -> tuple[Metadata, tuple[str, ...]]:
    """Return what the Information text says, else the trace of the measurement, else the object itself."""
    item = graph.item
    header = {"GraphName": item.caption, "ID": str(item.id), "XAxisUnit": axis.shown}
    measured_in = project.refer(item.tag["TDGraph"], "ZInterpretationID")
    if measured_in is not None and measured_in.kind == "TDZInterpretation":
        header["DataUnit"] = measured_in.tag["TDZInterpretation"]["UnitName"].text()
    information, notes = information_of(item, described.texts)
    metadata = metadata_from(header, information)
    step = measurement_of(item.guid, described.steps)
    if step is not None:
        missing = {name: value for name, value in step.metadata.items() if not getattr(metadata, name)}
        metadata = replace(metadata, **missing)  # type: ignore[arg-type]
    created = item.word("CreationOrChangeLocalTime")
    if not metadata.started_raw and created:
        metadata = replace(metadata, started=started(created), started_raw=created)
        notes += ("start taken from the time at which the graph was made or last changed",)
    return metadata, notes


READER = Reader(
    name="WITec project",
    parses="projects (.wip) and data files (.wid) of versions 0 to 8: every graph with a spectral axis, its place or "
    "time, the Information text or trace of its measurement; counts stay in the file until they are fitted",
    skips="images, pictures, histograms, masks, hidden steps, user texts; scan lines that were not finished",
    unseen="versions 0 to 4, 6 and 8; polynomial and free-polynomial calibrations; series with a table of times",
    sniff=partial(begins, "wip"),
    read=read,
    no_spectrum=no_spectrum,
)

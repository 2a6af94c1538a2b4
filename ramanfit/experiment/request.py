"""What is asked for, as plain values: which files, how they are read, placed and fitted, and what is drawn of them."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from ramanfit.errors import UsageError
from ramanfit.experiment.picked import Pick

if TYPE_CHECKING:
    from ramanfit.fit.hands import Submits
    from ramanfit.formats import ReadOptions
    from ramanfit.recipe.parts import Axis
    from ramanfit.recipe.recipe import Recipe
    from ramanfit.scan.scan import Scan

    AnyPath = str | os.PathLike[str]
    Files = AnyPath | Sequence[AnyPath]
    NamedRecipe = AnyPath | Recipe | Sequence[AnyPath]


class Reading(NamedTuple):
    """How files are read.

    Attributes
    ----------
    line_spacing : {"witec", "endpoints"}
        Pitch of a line of length L and N points: L/N as the instrument has it, or L/(N-1).
    select : str or None
        Glob on a measurement's name.
    stdin_name : str
        What standard input is called.
    layout : {"columns", "rows", "pairs", "long"} or None
        How a table of numbers lies; None: as its labels and numbers say.
    axis_column : str or None
        Label, or number from 1 on, of a table's axis.
    """

    line_spacing: str = "witec"
    select: str | None = None
    stdin_name: str = "-"
    layout: str | None = None
    axis_column: str | None = None

    def options(self, axis: Axis) -> ReadOptions:
        """Return what the readers want to know, with the axis of a recipe."""
        from ramanfit.formats import ReadOptions

        unit = None if axis.unit == "auto" else axis.unit
        return ReadOptions(unit, axis.laser_nm, self.line_spacing, self.select, self.layout, self.axis_column)

    def reader(self, axis: Axis) -> Callable[[str], list[Scan]]:
        """Return the function that opens an export."""
        from ramanfit.formats import open_scans

        return functools.partial(open_scans, options=self.options(axis), stdin_name=self.stdin_name)


class Echem(NamedTuple):
    """The potentiostat's record and how it goes with the scans.

    Attributes
    ----------
    path : str or tuple of str
        One file, or several that follow one another.
    offset_s : float
        Added to the record's times.
    capacity_mah : float or None
        What 100 % of state of charge are; None: from the least charge of the record to its largest.
    first_percent : float or None
        State of charge in the record's first row, where the capacity is given; None: 0.
    units : tuple of str
        Of columns that do not name theirs: ``A``, ``Ah``.
    """

    path: str | tuple[str, ...]
    offset_s: float = 0.0
    capacity_mah: float | None = None
    first_percent: float | None = None
    units: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The files."""
        return (self.path,) if isinstance(self.path, str) else tuple(self.path)


_BESIDE_FITS = (
    "files",
    "echem",
    "verify",
    "jobs",
    "scheduler",
    "executor",
    "keep_going",
    "recipe_files",
    "pick",
    "dark",
    "average",
    "covariates",
    "from_name",
)
"""Fields of a request that no fit depends on, or none that a folder which fills may ask for."""


class Request(NamedTuple):
    """What is fitted, and how.

    Attributes
    ----------
    files : sequence of str
        Exports, folders of them, ``-``; or tables of fits.
    recipe : Recipe
    reading : Reading
    placement : mapping
        Keywords of `ramanfit.scan.schedule.Schedule`: what is known better than the files say.
    echem : Echem or None
    engine : {"varpro", "lmfit"}
    verify : int or None
        So many spectra are fitted with lmfit as well.
    sensitivity : bool
        Whether the fits are repeated with the recipe's alternatives.
    jobs : int
        Number of processes, or of threads where one file is fitted by the compiled core; with an executor: of pieces
        that it does at a time (1: one for each processor here).
    scheduler : str or None
        Address of a running Dask cluster, or its scheduler file, that does the work.
    executor : Submits or None
        Anything with `submit` that does the work: an executor of `concurrent.futures`, a client of Dask.
    keep_going : bool
        Whether to go on after an input that cannot be read.
    recipe_files : tuple of str
        What the recipe was read from, which no result may replace.
    pick : Pick
        Which rows are wanted of the results.
    dark : str or None
        Export of a dark spectrum that is subtracted first; several in it are averaged.
    average : {"all", "point"}, int or None
        What is averaged before the fit: all spectra of a file; those of a file that stand at one place; so many that
        follow one another.
    covariates : str or None
        Table with columns of one's own, one row per file.
    from_name : str or None
        Regular expression whose named groups, found in the names of files, are such columns.
    """

    files: Sequence[str]
    recipe: Recipe
    reading: Reading = Reading()
    placement: Mapping[str, Any] = MappingProxyType({})
    echem: Echem | None = None
    engine: str = "varpro"
    verify: int | None = None
    sensitivity: bool = False
    jobs: int = 1
    scheduler: str | None = None
    executor: Submits | None = None
    keep_going: bool = False
    recipe_files: tuple[str, ...] = ()
    pick: Pick = Pick()
    dark: str | None = None
    average: str | int | None = None
    covariates: str | None = None
    from_name: str | None = None

    @property
    def has_covariates(self) -> bool:
        """Whether columns of one's own are asked for."""
        return self.covariates is not None or self.from_name is not None

    @property
    def files_beside(self) -> list[str]:
        """The files that are read besides `files`: the cell's record, the dark spectrum, the covariates."""
        others = [path for path in (self.dark, self.covariates) if path is not None]
        return [*(self.echem.paths if self.echem else ()), *others]

    def settings(self) -> dict[str, object]:
        """Return what fits depend on beside the exports, as plain values."""
        from ramanfit.recipe.toml import to_dict

        plain = {
            "recipe": to_dict(self.recipe),
            "reading": self.reading._asdict(),
            "placement": {name: str(value) for name, value in self.placement.items()},
        }
        return {name: plain.get(name, value) for name, value in self._asdict().items() if name not in _BESIDE_FITS}

    @classmethod
    def of(cls, files: Files, recipe: NamedRecipe, **options: Any) -> Request:
        """Return a request made of what is easy to type.

        Parameters
        ----------
        files : str, path, or sequence of these
        recipe : str, path, sequence of these, or Recipe
            A shipped recipe by name, or a TOML file; several: as `ramanfit.recipe.toml.load_recipes` takes them.
        **options
            Other attributes of a request; `echem` may be the record's path alone, or several.

        Raises
        ------
        RecipeError
            If there is no such recipe, or it is not valid.
        """
        from ramanfit.recipe.recipe import Recipe
        from ramanfit.recipe.toml import load_recipes, recipe_files

        if not isinstance(recipe, Recipe):
            names = paths_of(recipe)
            options["recipe_files"] = tuple(file for name in names for file in recipe_files(name))
            recipe = load_recipes(names)
        options |= {name: os.fspath(options[name]) for name in ("dark", "covariates") if options.get(name) is not None}
        if (echem := options.get("echem")) is not None and not isinstance(echem, Echem):
            paths = paths_of(echem)
            options["echem"] = Echem(paths[0] if len(paths) == 1 else paths)
        return cls(paths_of(files), recipe, **options)


def paths_of(files: Files) -> tuple[str, ...]:
    """Return one path or several as texts."""
    several = (files,) if isinstance(files, (str, os.PathLike)) else files
    return tuple(os.fspath(path) for path in several)


class Drawing(NamedTuple):
    """What is made of an experiment, and how it looks.

    Attributes
    ----------
    reference : tuple of str
        Exports or tables of a reference.
    quantities : tuple of str
        Columns that are mapped besides the usual ones.
    figures, report : bool
    formats : tuple of str
        Of figures, besides PNG.
    width : {"single", "double"}
        Columns of a journal.
    soc, times_s : tuple of float or None
        Which spectra the waterfall shows; both None: six evenly spaced.
    point : str or None
        Of which point; None: the one with the strongest peaks.
    x : str or None
        What figures over time are drawn against: see `ramanfit.drawing.abscissa`; None: time.
    ends : tuple of str or None
        What lies at the lowest position of the line, and at the highest.
    style : str or None
        A matplotlib style that lies over ours: a file.
    """

    reference: tuple[str, ...] = ()
    quantities: tuple[str, ...] = ()
    figures: bool = True
    report: bool = True
    formats: tuple[str, ...] = ()
    width: str = "double"
    soc: tuple[float, ...] | None = None
    times_s: tuple[float, ...] | None = None
    point: str | None = None
    x: str | None = None
    ends: tuple[str, str] | None = None
    style: str | None = None

    @property
    def read_for_style(self) -> tuple[str, ...]:
        """The style's file, if there is one."""
        return () if self.style is None else (self.style,)


def one_way_to_pick(soc: object, times_s: object) -> None:
    """Make sure that the spectra of a waterfall are picked in one way.

    Raises
    ------
    UsageError
        If both are given.
    """
    if soc is not None and times_s is not None:
        raise UsageError("--soc and --times both pick the spectra of the waterfall: give one")

"""The options of the fitting commands, which reach them as one `ramanfit.experiment.request.Request`.

An option of all of them is declared in `FITTING`; where the request has a field of its name, it fills that field.
"""

from __future__ import annotations

import functools
from typing import Any

import click
from click.core import ParameterSource

from ramanfit.cli.candidates import words
from ramanfit.cli.memory import keep_freed
from ramanfit.cli.options.declare import FITTED, INPUT, OUTPUT, RUNNING, EndingOption, given, grouped
from ramanfit.cli.options.experiment import echem_options
from ramanfit.cli.options.placement import placement_options
from ramanfit.cli.options.reading import dark_option, files, keep_going, reading_options
from ramanfit.cli.options.recipe import given_recipe_files, recipe_options
from ramanfit.cli.options.selection import pick_options
from ramanfit.cli.types import FILE
from ramanfit.experiment.request import Request
from ramanfit.fit.engine import ENGINES


def _averaged(context: click.Context, parameter: click.Parameter, value: str | None) -> str | int | None:
    if value is None:
        return None
    word = value.strip()
    if word in ("all", "point"):
        return word
    if not (word.isascii() and word.isdigit() and len(word) < 10) or int(word) < 2:
        raise click.BadParameter(f"expected all, point or a number of spectra from 2 on, found {value!r}")
    return int(word)


FITTING = (
    files,
    recipe_options,
    reading_options,
    placement_options,
    echem_options,
    pick_options,
    dark_option,
    grouped(
        FITTED,
        click.option(
            "--average",
            metavar="all|N|point",
            shell_complete=words("all", "point"),
            callback=_averaged,
            help="Average repeats before the fit: all spectra of a file, every N, or those at one place.",
        ),
    ),
    grouped(
        INPUT,
        click.option(
            "--covariates",
            type=FILE,
            help="A CSV of columns of your own (temperature, dose, sample), by source or file, and scan, point.",
        ),
        click.option(
            "--from-name",
            metavar="REGEX",
            help="Columns of your own from the names of files, e.g. '(?P<temperature_k>\\d+)K'.",
        ),
    ),
    grouped(
        FITTED,
        click.option(
            "--engine",
            type=click.Choice([*ENGINES]),
            default="varpro",
            help="What minimises: the batched engine, or lmfit, spectrum by spectrum.",
        ),
        click.option(
            "--verify",
            cls=EndingOption,
            type=click.IntRange(min=1),
            metavar="K",
            help="Fit K of the spectra with lmfit as well and say how far it is from the result.",
        ),
        click.option(
            "--sensitivity",
            is_flag=True,
            help="Repeat the fits with the recipe's alternatives: columns ratio_sys, G_center_sys.",
        ),
    ),
    grouped(
        RUNNING,
        click.option("--check", cls=EndingOption, is_flag=True, help="Exit with status 3 when a fit is flagged."),
    ),
    grouped(
        OUTPUT,
        click.option(
            "--meta", type=FILE, help="Write what was done: version, recipe, SHA-256 of the inputs, command line."
        ),
    ),
    grouped(
        RUNNING,
        click.option(
            "-j",
            "--jobs",
            type=click.IntRange(1, 256),
            default=1,
            metavar="N",
            help="Number of processes; of threads where the compiled core fits one file.",
        ),
        click.option(
            "--scheduler",
            cls=EndingOption,
            metavar="ADDRESS",
            help="Hand the work to a running Dask cluster: tcp://host:port, or its scheduler file (`ramanfit manual "
            "cluster`).",
        ),
    ),
    keep_going,
)


def fit_options(command: Any) -> Any:
    """Give a command all options of fitting: they reach it as ``request``, ``check`` and ``meta``."""

    @functools.wraps(command)
    def call(*args: Any, **values: Any) -> Any:
        jobs = click.get_current_context().get_parameter_source("jobs")
        if values["scheduler"] is not None and jobs is ParameterSource.COMMANDLINE:
            raise click.UsageError("--scheduler and --jobs both say who does the work: give one")
        keep_freed()
        asked = {name: values.pop(name) for name in Request._fields if name in values}
        return command(*args, Request(**asked, recipe_files=given_recipe_files()), **values)

    return given(call, FITTING)

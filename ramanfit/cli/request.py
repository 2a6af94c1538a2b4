"""What `fit` and `ratio` are asked for: the same options, handed on as one value."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ramanfit.cli import options
from ramanfit.cli.experiment_options import Echem, echem_options

if TYPE_CHECKING:
    from ramanfit.recipe.recipe import Recipe


class Request(NamedTuple):
    """The options of a fitting command, by the names they have on the command line.

    `placement` holds the keywords of `ramanfit.scan.schedule.Schedule` that were given.
    """

    files: Sequence[str]
    recipe: Recipe
    reading: options.Reading
    placement: dict[str, Any]
    echem: Echem | None
    engine: str
    verify: int | None
    sensitivity: bool
    check: bool
    meta: str | None
    jobs: int
    keep_going: bool


def fit_options(command: Any) -> Any:
    """Give a command all options of fitting; they reach it as ``request``."""

    @functools.wraps(command)
    def call(*args: Any, **values: Any) -> Any:
        own = {name: values.pop(name) for name in Request._fields}
        return command(*args, Request(**own), **values)

    for option in reversed(
        (
            options.files,
            options.recipe_options,
            options.reading_options,
            options.placement_options,
            echem_options,
            options.engine,
            options.verify,
            options.sensitivity,
            options.check,
            options.meta,
            options.jobs,
            options.keep_going,
        )
    ):
        call = option(call)
    return call

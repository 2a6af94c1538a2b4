"""The options of the fitting commands, which reach them as one `ramanfit.experiment.request.Request`."""

from __future__ import annotations

import functools
from typing import Any

from ramanfit.cli import options
from ramanfit.cli.experiment_options import echem_options
from ramanfit.experiment.request import Request


def fit_options(command: Any) -> Any:
    """Give a command all options of fitting: they reach it as ``request``, ``check`` and ``meta``."""

    @functools.wraps(command)
    def call(*args: Any, **values: Any) -> Any:
        asked = {name: values.pop(name) for name in Request._fields if name in values}
        return command(*args, Request(**asked, recipe_files=options.given_recipe_files()), **values)

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

"""How options are declared: where else their values come from, and what becomes of those that belong together."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click
from click.core import ParameterSource

Function = TypeVar("Function", bound=Callable[..., Any])
Declared = Callable[[Any], Any]
"""A decorator that gives a command one option or several."""


INPUT, FITTED, PLACED, CELL = "Input", "What is fitted", "Time and place", "Cell"
OUTPUT, FIGURES, RUNNING = "Output", "Figures", "How it runs"
GROUPS = (INPUT, FITTED, PLACED, CELL, OUTPUT, FIGURES, RUNNING)
"""Titles of the groups that options stand in, in the order of the help."""


class Inherited(click.Option):
    """An option that also reads a variable of the environment, which is blamed only where the value is from it."""

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """Return what an error calls it."""
        source = None if ctx is None else ctx.get_parameter_source(self.name or "")
        if source is ParameterSource.ENVIRONMENT:
            return super().get_error_hint(ctx)
        return click.Parameter.get_error_hint(self, ctx)


class RecipeOption(Inherited):
    """An option that changes settings of the recipe.

    Parameters
    ----------
    *args, **attributes
        As those of a click option.
    keys : tuple of str
        The settings, e.g. ``"baseline.order"``; where there are several, the option's value is as many.
    """

    def __init__(self, *args: Any, keys: tuple[str, ...], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.keys = keys

    def settings(self, value: Any) -> dict[str, object]:
        """Return the settings that a value stands for."""
        return dict(zip(self.keys, value if len(self.keys) > 1 else (value,), strict=True))


class EndingOption(click.Option):
    """An option whose work is done at the end of a command: it is refused by those that go on."""


def inherited(name: str, *args: Any, **attributes: Any) -> Declared:
    """Declare an option that also reads ``RAMANFIT_<OPTION>``."""
    variable = "RAMANFIT_" + name.removeprefix("--").upper().replace("-", "_")
    return click.option(name, *args, **{"cls": Inherited, "envvar": variable, "show_envvar": True, **attributes})


def setting(name: str, *keys: str, **attributes: Any) -> Declared:
    """Declare an option that changes settings of the recipe; see `RecipeOption`."""
    return inherited(name, cls=RecipeOption, keys=keys, **attributes)


def given(command: Function, options: Sequence[Declared]) -> Function:
    """Give a command some options, one by one, in this order."""
    for option in reversed(options):
        command = option(command)
    return command


def grouped(title: str, *options: Declared) -> Callable[[Function], Function]:
    """Return a decorator that gives a command some options, which its help shows under a title."""

    def decorate(command: Any) -> Any:
        before = len(getattr(command, "__click_params__", ()))
        decorated: Any = given(command, options)
        for parameter in decorated.__click_params__[before:]:
            if not group_of(parameter):
                set_group(parameter, title)
        return decorated

    return decorate


def own_option(title: str, *names: str, **attributes: Any) -> Callable[[Function], Function]:
    """Declare one option of a command, in a group of its help."""
    return grouped(title, click.option(*names, **attributes))


def set_group(parameter: click.Parameter, title: str) -> None:
    """Note the group that an option stands in."""
    parameter.help_group = title  # type: ignore[attr-defined]


def group_of(parameter: click.Parameter) -> str:
    """Return the title of the group that an option stands in; empty: it has none."""
    return getattr(parameter, "help_group", "")


def resolved(
    keyword: str, resolve: Callable[..., Any], title: str, options: Sequence[Declared]
) -> Callable[[Function], Function]:
    """Return a decorator: the values of grouped options are turned into one keyword by ``resolve(**values)``."""

    def decorate(command: Any) -> Any:
        @functools.wraps(command)  # click's own notes of the options, too
        def call(*args: Any, **values: Any) -> Any:
            unresolved = {name: values.pop(name) for name in names}
            return command(*args, **values, **{keyword: resolve(**unresolved)})

        before = len(getattr(command, "__click_params__", ()))
        decorated: Any = grouped(title, *options)(call)
        names = dict.fromkeys(parameter.name for parameter in decorated.__click_params__[before:])
        return decorated

    return decorate


def refuse_ending_options() -> None:
    """Refuse what can be judged only at the end, for a command that goes on.

    Raises
    ------
    click.UsageError
        If an `EndingOption` is given.
    """
    context = click.get_current_context()
    for option in context.command.params:
        if isinstance(option, EndingOption) and context.params.get(option.name or ""):
            raise click.UsageError(f"{option.opts[0]} is for commands that end: use it with evolve")

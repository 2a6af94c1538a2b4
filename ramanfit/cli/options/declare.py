"""How options are declared: where else their values come from, and what becomes of those that belong together."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])
Declared = Callable[[Any], Any]
"""A decorator that gives a command one option or several."""


class RecipeOption(click.Option):
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
    return click.option(name, *args, envvar=variable, show_envvar=True, **attributes)


def setting(name: str, *keys: str, **attributes: Any) -> Declared:
    """Declare an option that changes settings of the recipe; see `RecipeOption`."""
    return inherited(name, cls=RecipeOption, keys=keys, **attributes)


def given(command: Function, options: Sequence[Declared]) -> Function:
    """Give a command some options, one by one, in this order."""
    for option in reversed(options):
        command = option(command)
    return command


def resolved(keyword: str, resolve: Callable[..., Any], options: Sequence[Declared]) -> Callable[[Function], Function]:
    """Return a decorator: the values of the options are turned into one keyword by ``resolve(**values)``."""

    def decorate(command: Any) -> Any:
        @functools.wraps(command)  # click's own notes of the options, too
        def call(*args: Any, **values: Any) -> Any:
            unresolved = {name: values.pop(name) for name in names}
            return command(*args, **values, **{keyword: resolve(**unresolved)})

        before = len(getattr(command, "__click_params__", ()))
        decorated: Any = given(call, options)
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

"""Options of the recipe; one that is also a setting of it names the setting's key."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ramanfit.cli.candidates import complete_key, words
from ramanfit.cli.options.declare import FITTED, INPUT, RecipeOption, grouped, inherited, resolved, setting
from ramanfit.cli.options.reading import AXIS
from ramanfit.cli.types import SmoothLength, WidthOrNone, WindowRange
from ramanfit.errors import RecipeError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ramanfit.recipe.recipe import Recipe


OF_SEVERAL = ("fit", "ratio", "evolve")
"""Commands that take several recipes."""


def complete_recipe(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete names of shipped recipes, then files."""
    from click.shell_completion import CompletionItem

    from ramanfit.recipe.toml import shipped_names

    names = [CompletionItem(name) for name in shipped_names() if name.startswith(incomplete)]
    return names or [CompletionItem(incomplete, type="file")]


def complete_baseline(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete names of baselines."""
    from click.shell_completion import CompletionItem

    from ramanfit.fit.baseline_subtract import METHODS

    return [CompletionItem(name) for name in ("fit", *METHODS) if name.startswith(incomplete)]


class RecipeName(click.ParamType):  # type: ignore[type-arg]  # no generic before click 8.2
    """A name or a file; several in ``RAMANFIT_RECIPE`` are separated as in ``PATH``."""

    name = "NAME|FILE"
    envvar_list_splitter = os.pathsep


def _resolve_recipe(recipe: tuple[str, ...], assignments: Sequence[str], **values: Any) -> Recipe:
    from ramanfit.recipe.toml import DEFAULT_RECIPE, load_recipes, takes_smooth, with_overrides

    context = click.get_current_context()
    if len(recipe) > 1 and context.command.name not in OF_SEVERAL:
        names = ", ".join(OF_SEVERAL)
        raise click.UsageError(f"--recipe: expected one recipe, found {len(recipe)}; {names} take several", context)
    try:
        base = load_recipes(recipe or (DEFAULT_RECIPE,))
    except RecipeError as error:
        if context.get_parameter_source("recipe") is not ParameterSource.ENVIRONMENT:
            raise
        raise RecipeError(f"RAMANFIT_RECIPE: {error.message}", hint=error.hint) from None
    typed = _assignments(assignments, "--set")
    from_shell = _assignments(os.environ.get("RAMANFIT_SET", "").split(), "RAMANFIT_SET")
    for option in context.command.params:
        value = values.get(option.name or "")
        if value is None or not isinstance(option, RecipeOption):
            continue
        is_typed = context.get_parameter_source(option.name or "") is not ParameterSource.ENVIRONMENT
        layer = typed if is_typed else from_shell
        for key, its_value in option.settings(value).items():
            if key in layer:
                raise click.UsageError(f"{key} is set twice, by {option.opts[0]} and --set", context)
            layer[key] = its_value
    if not takes_smooth(typed):  # what is typed wins over what is inherited, as over what the recipe says
        from_shell.pop("baseline.smooth_cm1", None)
    if "instrument.fwhm_cm1" in typed:
        from_shell.pop("instrument.source", None)
    return with_overrides(base, {**from_shell, **typed})


def _assignments(texts: Sequence[str], source: str) -> dict[str, object]:
    pairs = [text.partition("=") for text in texts]
    for key, equals, _ in pairs:
        if not key or not equals:
            raise RecipeError(f"{source}: expected KEY=VALUE such as baseline.order=3, found {key + equals!r}")
    return {key.strip(): value.strip() for key, _, value in pairs}


def given_recipe_files() -> tuple[str, ...]:
    """Return the files behind the option ``--recipe`` of the command that runs."""
    from ramanfit.recipe.toml import recipe_files

    given = click.get_current_context().params.get("recipe") or ()
    return tuple(file for name in given for file in recipe_files(name))


recipe_options = resolved(
    "recipe",
    _resolve_recipe,
    FITTED,
    (
        inherited(
            "--recipe",
            metavar="NAME|FILE",
            type=RecipeName(),
            multiple=True,
            shell_complete=complete_recipe,
            help="A shipped recipe or a TOML file; repeated, each is fitted in its own window, and ratios of the last "
            "may name peaks of all.  [default: li-graphite]",
        ),
        click.option(
            "--set",
            "assignments",
            multiple=True,
            metavar="KEY=VALUE",
            shell_complete=complete_key,
            help="Change one setting, e.g. peaks.G.center_max_cm1=1640; may be repeated."
            "  [env var: RAMANFIT_SET, separated by spaces]",
        ),
        setting(
            "--window",
            "window.low_cm1",
            "window.high_cm1",
            type=WindowRange(),
            help="Range that is fitted, in cm-1.  [default: the recipe's]",
        ),
        setting(
            "--baseline-order",
            "baseline.order",
            metavar="N|auto",
            shell_complete=words("auto", "none", *map(str, range(6))),
            help="Order of the polynomial in the fit; auto: by BIC, scan by scan.  [default: the recipe's]",
        ),
        setting(
            "--baseline",
            "baseline.method",
            metavar="NAME",
            shell_complete=complete_baseline,
            help="What to subtract before the fit: `ramanfit list baselines`.  [default: the recipe's]",
        ),
        setting(
            "--smooth",
            "baseline.smooth_cm1",
            type=SmoothLength(),
            metavar="auto|LENGTH|none",
            help="A smooth part of the baseline beside the polynomial: its length in cm-1, auto or none.  [default: "
            "the recipe's]",
        ),
        setting(
            "--instrument-width",
            "instrument.fwhm_cm1",
            "instrument.source",
            type=WidthOrNone(),
            metavar="CM-1|none",
            shell_complete=words("none"),
            help="Width of the spectrometer's profile: Lorentzians are fitted as it shows them, reported as they are."
            "  [default: the recipe's]",
        ),
        setting(
            "--errors",
            "errors.method",
            type=click.Choice(["covariance", "bootstrap", "profile"]),
            help="Where errors come from; bootstrap and profile also give the 95 % interval of the ratio.  [default: "
            "the recipe's]",
        ),
        grouped(INPUT, *AXIS),
    ),
)

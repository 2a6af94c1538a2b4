"""The shared vocabulary: options that mean the same in every command that has them.

Some are handed on one by one (`files`, `jobs` ...). Others are resolved first and reach the command as one keyword:
`recipe_options` as `recipe`, `axis_options` as `axis`, `reading_options` as `reading`, `placement_options` as
`placement`, `output_options` as `output`. Those of experiments are in
`ramanfit.cli.experiment_options`.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from ramanfit.cli.display import Output
from ramanfit.cli.types import DURATION, LENGTH, WAVELENGTH, AxisUnit, Moment, WindowRange
from ramanfit.errors import RecipeError
from ramanfit.experiment.request import Reading

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ramanfit.recipe.parts import Axis
    from ramanfit.recipe.recipe import Recipe

Function = TypeVar("Function", bound=Callable[..., Any])


def _setting(name: str, *args: Any, **attributes: Any) -> Callable[[Function], Function]:
    """Return an option that also reads ``RAMANFIT_<OPTION>``."""
    variable = "RAMANFIT_" + name.removeprefix("--").upper().replace("-", "_")
    return click.option(name, *args, envvar=variable, show_envvar=True, **attributes)


def resolved(
    keyword: str,
    resolve: Callable[..., Any],
    given: Sequence[str],
    options: Sequence[Callable[[Any], Any]],
) -> Callable[[Function], Function]:
    """Return a decorator: the values `given` by `options` are turned into one keyword by ``resolve(**values)``."""

    def decorate(command: Any) -> Any:
        @functools.wraps(command)
        def call(*args: Any, **values: Any) -> Any:
            unresolved = {name: values.pop(name) for name in given}
            return command(*args, **values, **{keyword: resolve(**unresolved)})

        for option in reversed(options):
            call = option(call)
        return call

    return decorate


# -- one by one ---------------------------------------------------------------------------------------------

files = click.argument("files", metavar="FILES...", nargs=-1, required=True, type=click.Path(allow_dash=True))
engine = click.option(
    "--engine",
    type=click.Choice(["varpro", "lmfit"]),
    default="varpro",
    help="What minimises: the batched engine, or lmfit, spectrum by spectrum.",
)
verify = click.option(
    "--verify",
    type=click.IntRange(min=1),
    metavar="K",
    help="Fit K of the spectra with lmfit as well and say how far it is from the result.",
)
sensitivity = click.option(
    "--sensitivity",
    is_flag=True,
    help="Repeat the fits with the recipe's alternatives: columns ratio_sys, G_center_sys.",
)
check = click.option("--check", is_flag=True, help="Exit with status 3 when a fit is flagged.")
meta = click.option(
    "--meta", metavar="FILE", help="Write what was done: version, recipe, SHA-256 of the inputs, command line."
)
jobs = click.option("-j", "--jobs", type=click.IntRange(min=1), default=1, metavar="N", help="Number of processes.")
keep_going = click.option(
    "-k", "--keep-going", is_flag=True, help="Go on after an input that cannot be read; exit with 1 at the end."
)


# -- recipe -------------------------------------------------------------------------------------------------


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


_X_UNIT = _setting(
    "--x-unit",
    type=AxisUnit(),
    metavar="cm-1|nm|auto",
    help="Unit of the axis, where the file does not say or is wrong.",
)
_LASER = _setting("--laser", type=WAVELENGTH, metavar="NM", help="Excitation, to turn an axis in nm into shifts.")
_RECIPE = _setting(
    "--recipe",
    metavar="NAME|FILE",
    shell_complete=complete_recipe,
    help="A shipped recipe or a TOML file.  [default: li-graphite]",
)


def _resolve_recipe(**given: Any) -> Recipe:
    from ramanfit.recipe.toml import DEFAULT_RECIPE, load_recipe, with_overrides

    recipe = load_recipe(given.pop("recipe") or DEFAULT_RECIPE)
    context = click.get_current_context()
    typed: dict[str, object] = _assignments(given.pop("assignments"))
    inherited: dict[str, object] = _assignments(os.environ.get("RAMANFIT_SET", "").split())
    for name, value in given.items():
        if value is not None:
            from_shell = context.get_parameter_source(name) is ParameterSource.ENVIRONMENT
            layer = inherited if from_shell else typed
            for key, setting in _keys(name, value).items():
                if key in layer:
                    option = "--" + name.replace("_", "-")
                    raise click.UsageError(f"{key} is set twice, by {option} and --set", context)
                layer[key] = setting
    return with_overrides(recipe, {**inherited, **typed})


def given_recipe_files() -> tuple[str, ...]:
    """Return the files behind the option ``--recipe`` of the command that runs."""
    from ramanfit.recipe.toml import recipe_files

    given = click.get_current_context().params.get("recipe")
    return tuple(recipe_files(given)) if given else ()


_KEYS = {
    "baseline": "baseline.method",
    "baseline_order": "baseline.order",
    "errors": "errors.method",
    "x_unit": "axis.unit",
    "laser": "axis.laser_nm",
}


def _keys(name: str, value: Any) -> dict[str, object]:
    """Return the recipe's keys that an option sets."""
    if name == "window":
        return {"window.low_cm1": value[0], "window.high_cm1": value[1]}
    return {_KEYS[name]: value}


def _assignments(texts: Sequence[str]) -> dict[str, object]:
    pairs = [text.partition("=") for text in texts]
    for key, equals, _ in pairs:
        if not key or not equals:
            raise RecipeError(f"--set: expected KEY=VALUE such as baseline.order=3, found {key + equals!r}")
    return {key.strip(): value.strip() for key, _, value in pairs}


recipe_options = resolved(
    "recipe",
    _resolve_recipe,
    ("recipe", "assignments", "window", "baseline", "baseline_order", "errors", "x_unit", "laser"),
    (
        _RECIPE,
        click.option(
            "--set",
            "assignments",
            multiple=True,
            metavar="KEY=VALUE",
            help="Change one setting of the recipe, e.g. peaks.G.center_max_cm1=1640; may be repeated."
            "  [env var: RAMANFIT_SET, separated by spaces]",
        ),
        _setting("--window", type=WindowRange(), help="Range that is fitted, in cm-1."),
        _setting(
            "--baseline-order", metavar="N|auto", help="Order of the polynomial in the fit; auto: by BIC, scan by scan."
        ),
        _setting(
            "--baseline",
            metavar="NAME",
            shell_complete=complete_baseline,
            help="What to subtract before the fit: `ramanfit list baselines`.",
        ),
        _setting(
            "--errors",
            type=click.Choice(["covariance", "bootstrap", "profile"]),
            help="Where errors come from; bootstrap and profile also give the 95 % interval of the ratio.",
        ),
        _X_UNIT,
        _LASER,
    ),
)


# -- reading ------------------------------------------------------------------------------------------------


def _resolve_axis(x_unit: str | None, laser: float | None) -> Axis:
    from ramanfit.recipe.parts import Axis

    return Axis(unit=x_unit or "auto", laser_nm=laser)


axis_options = resolved("axis", _resolve_axis, ("x_unit", "laser"), (_X_UNIT, _LASER))
reading_options = resolved(
    "reading",
    Reading,
    Reading._fields,
    (
        _setting(
            "--line-spacing",
            type=click.Choice(["witec", "endpoints"]),
            default="witec",
            help="Pitch of a line of length L and N points: L/N as the instrument has it, or L/(N-1).",
        ),
        click.option("--select", metavar="PATTERN", help="Only measurements whose name matches, e.g. 'Line*'."),
        click.option("--stdin-name", metavar="NAME", default="-", help="What standard input (-) is called."),
    ),
)


# -- time and place -----------------------------------------------------------------------------------------


def _numbered(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value[-1:].isdigit():
        raise click.BadParameter(f"expected a name that ends in a number, such as P1, found {value!r}")
    return value


placement_options = resolved(
    "placement",
    lambda **given: {name: value for name, value in given.items() if value is not None},
    ("period_s", "dwell_s", "order", "step_um", "start_um", "first_point", "rows_are_scans", "t0"),
    (
        _setting("--period", "period_s", type=DURATION, help="From the start of a scan to that of the next."),
        _setting("--dwell", "dwell_s", type=DURATION, help="From the start of a point to that of the next."),
        _setting(
            "--order",
            type=click.Choice(["forward", "reverse", "serpentine"]),
            help="In which order the points of a line were measured.",
        ),
        _setting("--step", "step_um", type=LENGTH, help="Distance between neighbouring points."),
        _setting("--start", "start_um", type=LENGTH, help="Position of the first point."),
        _setting("--first-point", metavar="NAME", callback=_numbered, help="Name of the first point, e.g. P1."),
        click.option(
            "--rows-are-scans", is_flag=True, default=None, help="The lines of a map are one line scan after another."
        ),
        click.option("--t0", type=Moment(), help="When the first scan began, for files that do not say."),
    ),
)


# -- output -------------------------------------------------------------------------------------------------


_FORMS = (
    *(
        click.option(f"--{form}", "form", flag_value=form, default=None, help=text)
        for form, text in (
            ("csv", "Comma-separated values, also on a terminal."),
            ("tsv", "Tab-separated values."),
            ("json", "One JSON array."),
            ("jsonl", "One JSON object per line."),
            ("md", "A Markdown table in human digits."),
            ("tex", "A LaTeX table in human digits."),
        )
    ),
    click.option(
        "--no-header", "header", flag_value=False, default=True, show_default=False, help="Leave out the line of names."
    ),
)
_OUTPUT = (
    click.option(
        "-o",
        "--output",
        "path",
        metavar="FILE",
        default="-",
        show_default=False,
        help="Write to FILE in the form of its ending: .csv .tsv .json .jsonl .md .tex .xlsx .parquet",
    ),
    *_FORMS,
)
output_options = resolved("output", Output.resolve, Output._fields, _OUTPUT)


def unresolved_output_options(command: Function) -> Function:
    """Add the options of `output_options` as they are given: `path`, `form` and `header`."""
    for option in reversed(_OUTPUT):
        command = option(command)
    return command


def form_options(command: Function) -> Function:
    """Add the options for the form of a table on standard output: `form` and `header`."""
    for option in reversed(_FORMS):
        command = option(command)
    return command

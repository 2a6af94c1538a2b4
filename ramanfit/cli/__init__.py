"""The command line: one module per verb, imported when it is asked for.

`COMMANDS` lists the verbs: `ramanfit --help`, the group and completion follow from it, so that none of them imports a
verb, and the help not even click. A new verb is a module of `verbs` with a `command`, and one line here.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ramanfit.cli.group import ramanfit

__all__ = ["COMMANDS", "TOPICS", "ramanfit"]

COMMANDS: dict[str, tuple[str, str]] = {  # name: module, and the first line of its help, as a test makes sure
    "info": ("ramanfit.cli.verbs.info", "Say what is in Raman exports, and what is missing."),
    "fit": ("ramanfit.cli.verbs.fit", "Fit every spectrum: one row per spectrum and peak."),
    "ratio": ("ramanfit.cli.verbs.ratio", "Give I_B/I_G with its standard error: one row per spectrum."),
    "evolve": ("ramanfit.cli.verbs.evolve", "Give position versus time: tables, maps, traces."),
    "compare": ("ramanfit.cli.verbs.compare", "Put several experiments side by side."),
    "bands": ("ramanfit.cli.verbs.bands", "Give intensities at fixed shifts and their growth."),
    "curves": ("ramanfit.cli.verbs.curves", "Give the fits as numbers, for your own figure."),
    "plot": ("ramanfit.cli.verbs.plot", "Draw spectra with their fits."),
    "watch": ("ramanfit.cli.verbs.watch", "Keep evolve up to date while a folder fills."),
    "baseline": ("ramanfit.cli.verbs.baseline", "Write the spectra with the baseline taken off."),
    "export": ("ramanfit.cli.verbs.export", "Write spectra as tidy rows, WITec's text, netCDF or NeXus."),
    "calibrate": ("ramanfit.cli.verbs.calibrate", "Measure an axis's offset and the instrument's width, as a recipe."),
    "simulate": ("ramanfit.cli.verbs.simulate", "Write a synthetic experiment beside its true values."),
    "rerun": ("ramanfit.cli.verbs.rerun", "Make a run again from its record: the same bytes, or what differs."),
    "recipe": ("ramanfit.cli.verbs.recipe", "Name the shipped recipes, or print one as TOML."),
    "manual": ("ramanfit.cli.verbs.manual", "Show the manual, or name its topics."),
    "help": ("ramanfit.cli.verbs.help", "Show what a command does, as its --help."),
    "completion": (
        "ramanfit.cli.verbs.completion",
        "Print the script that completes commands, files and names.",
    ),
    "list": ("ramanfit.cli.verbs.list", "List readers, baselines, shapes, recipes, columns or flags."),
}

TOPICS: dict[str, str] = {  # page of the manual that the help of a command names
    "info": "formats",
    "fit": "columns",
    "ratio": "columns",
    "evolve": "experiment",
    "compare": "tasks",
    "bands": "experiment",
    "curves": "tables",
    "plot": "troubleshooting",
    "watch": "experiment",
    "baseline": "before",
    "export": "formats",
    "calibrate": "recipes",
    "simulate": "start",
    "rerun": "tasks",
    "recipe": "recipes",
}


def __getattr__(name: str) -> Any:
    if name != "ramanfit":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ramanfit.cli.group import ramanfit  # needs click

    return ramanfit

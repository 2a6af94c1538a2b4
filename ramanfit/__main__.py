"""``ramanfit`` and ``python -m ramanfit``."""

from __future__ import annotations

import gc
import os
import sys

# What `ramanfit -q --help` prints, kept here because Click takes four fifths of the time to say it; a test compares.
HELP = """\
Usage: ramanfit [OPTIONS] COMMAND [ARGS]...

  From a WITec Raman export to I_B/I_G with its standard error.

  Examples:
    ramanfit info scan.txt                  what is in the file
    ramanfit fit scan.txt                   positions, widths, heights, areas
    ramanfit ratio day1/ -o ratios.csv      one row per spectrum of a folder
    ramanfit evolve day1/ -o evolution/     maps, traces, bands, report
    ramanfit recipe li-graphite > my.toml   to edit, then --recipe my.toml

Options:
  --version      Show the version and exit.
  -q, --quiet    Say nothing on stderr but errors.
  -v, --verbose  Say more on stderr.
  --debug        Show the traceback of an error.
  -h, --help     Show this message and exit.

Commands:
  info       Say what is in Raman exports, and what is missing.
  fit        Fit every spectrum: one row per spectrum and peak.
  ratio      Give I_B/I_G with its standard error: one row per spectrum.
  evolve     Give position versus time: tables, maps, traces.
  bands      Give intensities at fixed shifts and their growth.
  plot       Draw spectra with their fits.
  watch      Keep evolve up to date while a folder fills.
  baseline   Write the spectra with the baseline taken off.
  export     Write spectra as tidy rows, WITec's text, netCDF or NeXus.
  calibrate  Measure how far an axis is off, as a recipe.
  simulate   Write a synthetic experiment beside its true values.
  recipe     Name the shipped recipes, or print one as TOML.
  list       List readers, baselines, shapes, recipes or columns.
"""


def main() -> None:
    """Run the command line and exit."""
    if sys.argv[1:] in (["-h"], ["--help"]) and _said(HELP):
        sys.exit(0)
    # The fits are many small matrix products: BLAS threads slow those down, fight with --jobs and make -j, and cost
    # start-up time. They are counted when numpy is imported, hence here; whoever sets them keeps the last word.
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    try:
        gc.disable()  # imports leave no garbage: looking for it there, and once more at the end, costs 5 ms of 60
        from ramanfit.cli import ramanfit
        from ramanfit.cli.console import Console, end_on_signals

        gc.freeze()
        gc.enable()
        end_on_signals()
        sys.exit(Console().run(ramanfit, sys.argv[1:]))
    except KeyboardInterrupt:  # before the console was there to hear it
        sys.exit(130)


def _said(text: str) -> bool:
    """Write to standard output; where that fails, the console knows what to do."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except (AttributeError, OSError):  # closed, full, or nobody reads
        return False
    return True


if __name__ == "__main__":
    main()

"""``ramanfit`` and ``python -m ramanfit``."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command line and exit."""
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


if __name__ == "__main__":
    main()

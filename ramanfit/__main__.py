"""``ramanfit`` and ``python -m ramanfit``."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

_HELP = """\
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
"""
_LAST = """
One command: ramanfit help COMMAND.  Manual: ramanfit manual [TOPIC]
"""
_FEW_SEARCHES = 100_000  # objects between searches for garbage: there is little, and looking costs 14 ms of 190
_WIDTH = 80  # of that help; on a narrower terminal Click folds it


def help_text() -> str:
    """Return what `ramanfit -q --help` prints, without Click, which takes four fifths of the time to say it.

    A test compares the two; the commands are those of `ramanfit.cli.COMMANDS`.
    """
    from ramanfit.cli import COMMANDS

    wide = max(map(len, COMMANDS))
    return _HELP + "".join(f"  {name:<{wide}}  {text}\n" for name, (_, text) in COMMANDS.items()) + _LAST


def program() -> NoReturn:
    """Run `main` in a process of its own, and end that at once.

    What a process holds the system takes back whole, Python piece by piece: that would take 7 ms of 120.
    """
    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, int) and not _looked_on():
            atexit._run_exitfuncs()
            os._exit(end.code)
        raise
    raise AssertionError("main ends with SystemExit")


def _looked_on() -> bool:
    """Tell whether somebody waits for an ordinary end: another thread, a debugger, a profiler, the development mode."""
    monitoring = getattr(sys, "monitoring", None)  # from Python 3.12 on
    tools = () if monitoring is None else map(monitoring.get_tool, range(6))
    threading = sys.modules.get("threading")
    others = threading is not None and threading.active_count() > 1
    return bool(others or sys.flags.dev_mode or sys.gettrace() or sys.getprofile() or any(tools))


def main(words: Sequence[str] | None = None) -> None:
    """Run the command line and exit.

    Parameters
    ----------
    words : sequence of str, optional
        What follows the program's name, where that is not what it was started with.
    """
    words = sys.argv[1:] if words is None else list(words)
    if words in (["-h"], ["--help"]) and _has_room() and _said(help_text()):
        sys.exit(0)
    # The fits are many small matrix products: BLAS threads slow those down, fight with --jobs and make -j, and cost
    # start-up time. They are counted when numpy is imported, hence here; whoever sets them keeps the last word.
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    import signal

    heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # not behind nohup
    try:
        if heard:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the console hears it: some imports lose an interrupt
        gc.set_threshold(_FEW_SEARCHES)
        from ramanfit.cli.console import Console, end_on_signals
        from ramanfit.cli.group import ramanfit

        end_on_signals()
        status = Console().run(ramanfit, words)
        gc.freeze()
        if heard:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing is left to do but to end
        sys.exit(status)
    except KeyboardInterrupt:  # before the console was there to hear it
        sys.exit(130)


def _has_room() -> bool:
    columns = os.environ.get("COLUMNS", "")
    try:
        return (
            int(columns if columns.isdigit() and int(columns) else os.get_terminal_size(1).columns or _WIDTH) >= _WIDTH
        )
    except OSError:  # no terminal
        return True


def _said(text: str) -> bool:
    """Write to standard output; where that fails, the console knows what to do."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except (AttributeError, OSError):  # closed, full, or nobody reads
        return False
    return True


if __name__ == "__main__":
    program()

"""The voice on stderr, and the single place where what went wrong becomes an exit status."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import click

from ramanfit.cli.options.declare import RUNNING, grouped
from ramanfit.cli.visible import visible
from ramanfit.errors import RamanfitError, __version__
from ramanfit.experiment.voice import NoProgress

Function = TypeVar("Function", bound=Callable[..., Any])

LONGEST = 4000  # characters of a line
INTERRUPTED = 130  # 128 + SIGINT, what a shell reports after Ctrl-C


class Console:
    """Talks to the person: on stderr, one line at a time; the `ramanfit.experiment.voice.Voice` of the command line.

    Attributes
    ----------
    quiet : bool
        ``-q``: errors alone are said.
    verbose : bool
        ``-v``: details are said too.
    debug : bool
        ``--debug``: an error is preceded by its traceback.
    exit_code : int
        What the program ends with when nothing more goes wrong.
    survived : list of str
        Messages of the errors that it went on after.
    """

    def __init__(self) -> None:
        self.quiet = self.verbose = self.debug = False
        self.exit_code = 0
        self.survived: list[str] = []
        self._noted: list[str] = []

    def say(self, message: str) -> None:
        """Say what was done or assumed."""
        if not self.quiet:
            self._say_noted()
            _to_stderr(f"ramanfit: {_line(message)}", fold=True)

    def note(self, message: str, short: str) -> None:
        """Say what was assumed or passed over: with ``-v`` in full, else in few words, several on one line."""
        if self.verbose:
            self.say(message)
        elif not self.quiet and short not in self._noted:
            self._noted.append(short)

    def wrote(self, path: str, what: str = "") -> None:
        """Say that a file was written; of standard output and devices nothing is said."""
        from ramanfit.tables.sink import is_device

        if not is_device(path):
            self.say(f"wrote {path}{': ' * bool(what)}{what}")

    def detail(self, message: str) -> None:
        """Say something that only ``-v`` asks for."""
        if self.verbose:
            self.say(message)

    def warn(self, message: str) -> None:
        """Say what may make a result wrong."""
        self.say(f"warning: {message}")

    def survive(self, error: RamanfitError) -> None:
        """Say an error and go on: the program will end with its exit status (``--keep-going``)."""
        self._say_noted()
        self._report(error.message, error.hint)
        self.survived.append(error.message)
        self.exit_code = self.exit_code or error.exit_code

    def progress(self, total: int, what: str) -> NoProgress:
        """Return a context manager whose ``advance(n)`` moves a bar, where there is someone to see it.

        Parameters
        ----------
        total : int
            Steps until the end.
        what : str
            E.g. ``"spectra"``.
        """
        if self.quiet or sys.stderr is None or not sys.stderr.isatty():
            return NoProgress()
        from ramanfit.cli.progress import Progress

        return Progress(total, what)

    def run(self, program: click.Command, arguments: Sequence[str]) -> int:
        """Run the command line and return the exit status; nothing but SystemExit escapes."""
        shown, warnings.showwarning = warnings.showwarning, self._hear
        try:
            try:
                _complete(program)
                with program.make_context("ramanfit", list(arguments), obj=self) as context:
                    program.invoke(context)
                self._say_noted()
                return INTERRUPTED if _Interrupts.heard else self.exit_code
            except (Exception, KeyboardInterrupt) as error:
                self._say_noted()
                return self._status(error, bare=not arguments)
        finally:
            warnings.showwarning = shown
            _let_go_of_streams()

    def _say_noted(self) -> None:
        noted, self._noted = self._noted, []
        if noted:
            _to_stderr(f"ramanfit: {_line('; '.join(noted))} (-v: why)", fold=True)

    def _hear(
        self, message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: object, **__: object
    ) -> None:
        """Say a warning of Python's own in one line, as any other."""
        self.warn(f"{category.__name__}: {message} ({filename.replace(os.sep, '/').rpartition('/')[2]}:{lineno})")

    def _status(self, error: BaseException, bare: bool) -> int:
        if isinstance(error, click.exceptions.Exit):
            return error.exit_code
        if _Interrupts.heard or isinstance(error, (KeyboardInterrupt, click.Abort)):
            return INTERRUPTED  # whatever a library made of it
        if isinstance(error, BrokenPipeError):
            return 0  # `| head` has seen enough
        if self.debug:
            import traceback

            for line in traceback.format_exc().rstrip().split("\n"):
                _to_stderr(visible(line))
        if isinstance(error, click.UsageError) and error.ctx is not None:
            if bare:
                _to_stderr(error.ctx.get_help())
            else:
                self._report(_joined(error), f"try '{error.ctx.command_path} --help'")
            return error.exit_code
        if isinstance(error, click.ClickException):
            self._report(_joined(error))
            return error.exit_code
        if isinstance(error, RamanfitError):
            self._report(error.message, error.hint)
            return error.exit_code
        if isinstance(error, OSError):
            where = f"{error.filename}: " if error.filename else ""
            self._report(f"{where}{error.strerror or error}")
        elif isinstance(error, MemoryError):
            self._report("out of memory", "fit fewer files at a time, or with fewer --jobs")
        else:
            self._report(
                f"internal error: {type(error).__name__}: {error}",
                f"this is a defect of ramanfit {__version__}: please report it, with what --debug shows, as an issue "
                "of the repository that it came from",
            )
        return 1

    @staticmethod
    def _report(message: str, hint: str | None = None) -> None:
        _to_stderr(f"ramanfit: {_line(message)}", fold=True)
        if hint:
            _to_stderr(f"  hint: {_line(hint)}", fold=True)


def talk_options(command: Function) -> Function:
    """Give a command ``-q``, ``-v`` and ``--debug``; the group and every command have them."""
    for names, text in (
        (("--debug",), "Show the traceback of an error."),
        (("-v", "--verbose"), "Say more on stderr."),
        (("-q", "--quiet"), "Say nothing on stderr but errors."),
    ):
        option = click.option(*names, is_flag=True, is_eager=True, expose_value=False, callback=_set_talk, help=text)
        command = grouped(RUNNING, option)(command)
    return command


def _set_talk(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and parameter.name:
        setattr(context.ensure_object(Console), parameter.name, True)


class _Interrupts:
    """Whether Ctrl-C was heard: an import, a callback or a library may lose the exception that it is."""

    heard = False

    @classmethod
    def hear(cls, number: int, frame: object) -> None:
        cls.heard = True
        raise KeyboardInterrupt


def _not_again(unraisable: sys.UnraisableHookArgs) -> None:
    """Be silent about an interrupt that met something which cannot raise."""
    if not issubclass(unraisable.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(unraisable)


def end_on_signals() -> None:
    """Let SIGINT, SIGTERM and SIGHUP end the program in order, so that unfinished files are removed."""
    if signal.getsignal(signal.SIGINT) in (signal.SIG_DFL, signal.default_int_handler):
        signal.signal(signal.SIGINT, _Interrupts.hear)
        sys.unraisablehook = _not_again
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # nohup stays nohup
            signal.signal(number, lambda number, _: sys.exit(128 + number))


def _complete(program: click.Command) -> None:
    instruction = os.environ.get("_RAMANFIT_COMPLETE")
    if instruction:
        from ramanfit.cli.shells import answer

        raise click.exceptions.Exit(answer(program, instruction))


def say_written(path: str, what: str = "") -> None:
    """Say, in the voice of the command that runs, that a file was written."""
    context = click.get_current_context(silent=True)
    console = None if context is None else context.find_object(Console)
    if console is not None:
        console.wrote(path, what)


def wrapped(text: str, width: int, below: str = "", first: str = "") -> list[str]:
    """Return a text in lines that are broken between words alone; there is one at least.

    Parameters
    ----------
    text : str
    width : int
    below, first : str
        What later lines, and the first, begin with.
    """
    import textwrap

    lines = textwrap.TextWrapper(
        width, initial_indent=first, subsequent_indent=below, break_long_words=False, break_on_hyphens=False
    ).wrap(text)
    return lines or [first]


def _to_stderr(text: str, *, fold: bool = False) -> None:
    if sys.stderr is not None:
        if fold and sys.stderr.isatty():
            from shutil import get_terminal_size

            indent = " " * (len(text) - len(text.lstrip()))
            text = "\n".join(wrapped(text, get_terminal_size().columns, f"{indent}    ", indent))
        with suppress(OSError):  # a stderr that is full or closed must not change the exit status
            sys.stderr.write(text + "\n")
            sys.stderr.flush()


def _line(text: str) -> str:
    """Return a text as one line that a terminal can show."""
    line = visible(text)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 500]} ... {line[-500:]}"


def _joined(error: click.ClickException) -> str:
    """Return a message of click's, which may have several lines, as one."""
    return " ".join(error.format_message().split("\n"))


def _let_go_of_streams() -> None:
    """Flush; where that fails, point the stream at nothing, so that the interpreter's own flush is silent."""
    for stream in (sys.stdout, sys.stderr):
        if stream is None:
            continue
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                nothing = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nothing, stream.fileno())
                os.close(nothing)

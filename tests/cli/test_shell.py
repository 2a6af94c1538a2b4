"""The shell of the command line, mostly as processes: streams, exit statuses, signals, start-up."""

from __future__ import annotations

import csv
import importlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramanfit.cli import COMMANDS, ramanfit
from ramanfit.cli.console import Console, talk_options
from ramanfit.cli.options.declare import RecipeOption
from ramanfit.cli.options.fitting import fit_options
from ramanfit.cli.options.placement import placement_options
from ramanfit.cli.options.reading import reading_options
from ramanfit.cli.options.recipe import recipe_options
from ramanfit.cli.types import DURATION, LENGTH
from ramanfit.drawing.figures import style
from ramanfit.errors import FlaggedFits, RamanfitError
from ramanfit.experiment.calibration import STANDARDS
from ramanfit.experiment.request import Request
from ramanfit.recipe import parts
from ramanfit.recipe.toml import DEFAULT_RECIPE, load_recipe, shipped_recipes

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
PROGRAM = [sys.executable, "-m", "ramanfit"]
ENVIRONMENT = {
    key: value for key, value in os.environ.items() if not key.startswith(("RAMANFIT_", "NO_COLOR", "PYTHON"))
}
ENVIRONMENT["PYTHONPATH"] = str(ROOT)

GRAPH = """//Exported ASCII-File
[Header]
FileName = x.wip
GraphName = Line--001--Spec.Data 1
SizeX = 2
SizeY = 1
SizeGraph = 3

ScanUnit = µm
ScanLength = 10
ScanStartX = 0
ScanStartY = 0
ScanStartZ = 0
ScanStopX = 10
ScanStopY = 0
ScanStopZ = 0

XAxisUnit = rel. 1/cm
DataUnit = CCD cts

[Data]
X-Axis\tLine--001--Spec.Data 1(0)\tLine--001--Spec.Data 1(1)
 100\t 1\t 2
 200\t 2\t 3
 300\t 3\t 5
"""
NANOMETRES = "X-Axis\tA\nnm\tCCD cts\n 540\t 1\n 541\t 2\n 542\t 4\n"


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = ENVIRONMENT | options.pop("env", {})
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL} | options
    return subprocess.run(
        [*PROGRAM, *arguments], check=False, encoding="utf-8", env=environment, timeout=120, **options
    )


def on_a_terminal(*arguments: str, columns: int = 80, **variables: str) -> str:
    """Run with standard output on a terminal and return what is seen there."""
    pty = pytest.importorskip("pty")  # Windows has none
    ours, theirs = pty.openpty()
    try:
        done = run(
            *arguments,
            stdout=theirs,
            stderr=subprocess.PIPE,
            env={"COLUMNS": str(columns), "TERM": "xterm", **variables},
        )
    finally:
        os.close(theirs)
    assert (done.returncode, done.stderr) == (0, "")
    seen = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux: the other end is closed
            part = b""
        if not part:
            break
        seen += part
    os.close(ours)
    return seen.decode().replace("\r\n", "\n")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "scan.txt"
    path.write_bytes(GRAPH.encode("cp1252"))
    return path


# -- start-up and help --------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["nonsense"]])
def test_nothing_heavy_is_imported_before_a_command(arguments: list[str]) -> None:
    body = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr));"
        f"sys.argv = ['ramanfit', *{arguments}]; from ramanfit.__main__ import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", body], capture_output=True, text=True, env=ENVIRONMENT, check=False)
    loaded = set(done.stderr.split())
    assert ("click" in loaded) is (arguments != ["--help"])
    assert not loaded & {"numpy", "scipy", "pandas", "lmfit", "rich", "matplotlib", "importlib.metadata", "json"}


WAITING = {
    "nobody": "",
    "a profiler": "sys.setprofile(lambda *_: None)",
    "a debugger": "sys.settrace(lambda *_: None)",
    "a thread": "import threading, time; threading.Thread(target=time.sleep, args=(0.2,)).start()",
}


@pytest.mark.parametrize("who", WAITING)
@pytest.mark.parametrize(("arguments", "status"), [(["--version"], 0), (["nonsense"], 2)])
def test_the_program_ends_at_once_where_nobody_waits(who: str, arguments: list[str], status: int) -> None:
    body = (
        "import atexit, os, sys; atexit.register(lambda: print('in order'));"
        "end = os._exit; os._exit = lambda status: (print('at once', flush=True), end(status));"
        f"sys.argv = ['ramanfit', *{arguments}];{WAITING[who]}\nfrom ramanfit.__main__ import program; program()"
    )
    done = subprocess.run([sys.executable, "-c", body], capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert done.returncode == status
    said = done.stdout.splitlines()
    assert said[-2:] == ["in order", "at once"] if who == "nobody" else said[-1:] == ["in order"]
    assert done.stdout.startswith("ramanfit ") is (status == 0)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_the_group_is_that_of_the_commands(name: str) -> None:
    module, text = COMMANDS[name]
    command = importlib.import_module(module).command
    assert command.name == name
    assert command.get_short_help_str(200) == text


@pytest.mark.parametrize("name", ["", *COMMANDS])
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_opens_with_examples(name: str, flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert Console().run(ramanfit, [name, flag] if name else [flag]) == 0
    text = capsys.readouterr().out
    examples, others = text.index("Examples:"), text.index("How it runs:" if name else "Options:")
    assert examples < others
    assert f"ramanfit {name}".rstrip() in text[examples:others]
    assert all(len(line) <= 80 for line in text.splitlines())


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "simulate"])
def test_every_command_talks_and_fails_in_the_same_way(name: str) -> None:
    command = importlib.import_module(COMMANDS[name][0]).command
    spelled = {spelling for parameter in command.params for spelling in parameter.opts}
    assert {"-q", "--quiet", "-v", "--verbose", "--debug"} <= spelled
    no_table = ("baseline", "calibrate", "completion", "export", "help", "manual", "plot", "watch")
    assert {"-o", "--output", "--csv", "--tsv", "--json", "--jsonl"} <= spelled or name in no_table


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_the_help_that_needs_no_click_is_that_of_click(flag: str) -> None:
    assert run(flag).stdout == run("-q", flag).stdout


def test_version() -> None:
    import ramanfit as package

    assert run("--version").stdout == f"ramanfit {package.__version__}\n"


# -- exit statuses and errors -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "status", "first_line", "hint"),
    [
        (["nonsens"], 2, "no command 'nonsens': choose one of", "ramanfit --help"),
        (["inf"], 2, "no command 'inf': did you mean info?", "ramanfit --help"),
        (["info"], 2, "Missing argument 'FILES...'", "ramanfit info --help"),
        (["info", "--bogus", "x"], 2, "No such option", "ramanfit info --help"),
        (["info", "x", "-o", "a.docx"], 2, "a.docx: expected one of the endings .csv", None),
        (["info", "x", "--json", "--no-header"], 2, "--no-header is for csv and tsv", "ramanfit info --help"),
        (["list", "bands"], 2, "Invalid value", "ramanfit list --help"),
        (["recipe", "li-graphit"], 2, "unknown recipe 'li-graphit'", "did you mean li-graphite?"),
        (["info", "nowhere.txt"], 1, "nowhere.txt: No such file or directory", None),
        (
            ["recipe", "silicon", "-o", "nowhere/a.toml"],
            1,
            "nowhere/a.toml: cannot be written: there is no folder nowhere",
            "make",
        ),
    ],
)
def test_an_error_is_one_line_and_a_hint(
    arguments: list[str], status: int, first_line: str, hint: str | None, tmp_path: Path
) -> None:
    done = run(*arguments, cwd=tmp_path)
    lines = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (status, "")
    assert lines[0].startswith(f"ramanfit: {first_line}")
    assert len(lines) == (2 if hint else 1)
    if hint:
        assert lines[1].startswith("  hint: ")
        assert hint in lines[1]
    assert not list(tmp_path.iterdir())


def test_bare_ramanfit_is_wrong_usage_and_shows_the_help() -> None:
    done = run()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == run("--help").stdout


@pytest.mark.parametrize("place", [0, 1])
def test_a_traceback_only_with_debug(place: int) -> None:
    arguments = ["info", "nowhere.txt"]
    assert "Traceback" not in run(*arguments).stderr
    arguments.insert(place, "--debug")
    done = run(*arguments)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("ramanfit: nowhere.txt")


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (RamanfitError("what"), 1, "ramanfit: what\n"),
        (RamanfitError("what", hint="do"), 1, "ramanfit: what\n  hint: do\n"),
        (FlaggedFits("2 fits are flagged"), 3, "ramanfit: 2 fits are flagged\n"),
        (click.UsageError("two\nlines"), 2, "ramanfit: two lines\n  hint: try 'ramanfit --help'\n"),
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(), 0, ""),
        (FileNotFoundError(2, "No such file", "a.txt"), 1, "ramanfit: a.txt: No such file\n"),
        (MemoryError(), 1, "ramanfit: out of memory\n"),
        (ZeroDivisionError("by zero"), 1, "ramanfit: internal error: ZeroDivisionError: by zero\n"),
    ],
)
def test_what_went_wrong_becomes_a_status(
    error: BaseException, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command()
    @talk_options
    def fails() -> None:
        raise error

    assert Console().run(fails, ["-v"]) == status
    stderr = capsys.readouterr().err
    assert stderr.startswith(said)
    assert bool(stderr) == bool(said)
    assert "Traceback" not in stderr


def test_keep_going_does_the_others_and_ends_with_1(export: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_text("no spectrum\n")
    stopped = run("info", str(bad), str(export))
    assert (stopped.returncode, stopped.stdout) == (1, "")
    done = run("info", "-k", str(bad), str(export))
    assert done.returncode == 1
    assert [row["source"] for row in csv.DictReader(io.StringIO(done.stdout))] == [str(export)]
    assert "bad.txt" in done.stderr
    output = tmp_path / "out.csv"
    assert run("info", str(bad), str(export), "-o", str(output)).returncode == 1
    assert not output.exists()


# -- streams ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["list", "columns"], ["recipe", "silicon"], ["--help"], ["info", "FILE"]])
def test_a_closed_pipe_ends_quietly(arguments: list[str], export: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = run(*[str(export) if word == "FILE" else word for word in arguments], "-q", stdout=write)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("arguments", [["list", "columns"], ["recipe", "silicon"], ["--help"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_behind_standard_output_is_one_line(arguments: list[str], unbuffered: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run(*arguments, stdout=full, env={"PYTHONUNBUFFERED": unbuffered})
    assert done.returncode == 1
    assert re.fullmatch(r"ramanfit: (standard output: cannot be written: )?No space left on device\n", done.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_behind_stderr_changes_nothing() -> None:
    with Path("/dev/full").open("wb") as full:
        assert run("list", "nothing", stderr=full).returncode == 2


@pytest.mark.posix
@pytest.mark.parametrize(
    ("redirection", "status"),
    [(">&-", 1), ("2>&-", 0), ("2>&- >&-", 1), ("-o /dev/stdout", 0), ("-o /dev/null >&-", 0)],
)
def test_closed_streams(redirection: str, status: int) -> None:
    line = f'"{sys.executable}" -m ramanfit list shapes {redirection}'
    done = subprocess.run(["sh", "-c", line], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 1


@pytest.mark.posix
def test_head_sees_the_first_line() -> None:
    line = f'set -o pipefail; "{sys.executable}" -m ramanfit list columns | head -1'
    done = subprocess.run(["bash", "-c", line], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "name,unit,meaning\n", "")


@pytest.mark.posix
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_is_quiet_and_leaves_no_file(number: signal.Signals, status: int, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    output.write_text("earlier")
    with subprocess.Popen(
        [*PROGRAM, "info", "-", "-o", str(output)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        time.sleep(2)  # standard input is waited for: during an import CPython may swallow the interrupt
        assert process.poll() is None
        process.send_signal(number)
        assert process.wait(timeout=60) == status
        assert process.stderr.read() == ""
    assert output.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [output]


def test_quiet_leaves_stderr_to_errors(export: Path) -> None:
    spoken, quiet = run("info", str(export)), run("info", str(export), "-q")
    assert "pitch" in spoken.stderr
    assert quiet.stderr == ""
    assert run("-q", "info", str(export)).stderr == ""
    assert spoken.stdout == quiet.stdout


# -- the terminal -------------------------------------------------------------------------------------------


def test_a_terminal_gets_an_aligned_table_and_a_pipe_gets_csv() -> None:
    shown = on_a_terminal("list", "shapes", columns=200, NO_COLOR="1")
    assert shown.split("\n")[0].split() == ["name", "formula"]
    assert run("list", "shapes").stdout.startswith("name,formula\n")
    assert on_a_terminal("list", "shapes", "--csv") == run("list", "shapes").stdout


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colour(variables: dict[str, str], coloured: bool) -> None:
    assert ("\x1b[" in on_a_terminal("list", "columns", **variables)) is coloured


def test_one_row_that_does_not_fit_has_a_line_per_value(export: Path) -> None:
    shown = on_a_terminal("info", "-q", str(export), columns=60, NO_COLOR="1")
    found = dict(line.split(maxsplit=1) for line in shown.splitlines())
    assert found["source"] == str(export)
    assert (found["spectra"], found["channels"]) == ("2", "3")


# -- options ------------------------------------------------------------------------------------------------


def resolved(arguments: Sequence[str], monkeypatch: pytest.MonkeyPatch, **variables: str) -> dict[str, Any]:
    """Return what a command with all shared options is handed."""
    seen: dict[str, Any] = {}

    @click.command()
    @recipe_options
    @reading_options
    @placement_options
    @talk_options
    def command(**values: Any) -> None:
        seen.update(values)

    for name, value in variables.items():
        monkeypatch.setenv(f"RAMANFIT_{name}", value)
    assert Console().run(command, arguments) == 0
    return seen


def test_an_option_wins_over_the_environment_and_that_over_the_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = load_recipe(DEFAULT_RECIPE)
    assert resolved([], monkeypatch)["recipe"] == recipe
    inherited = {"WINDOW": "950,1800", "BASELINE_ORDER": "4", "SET": "axis.shift_cm1=2 detection.min_snr=2.5"}
    found = resolved([], monkeypatch, **inherited)["recipe"]
    assert (found.window.low_cm1, found.window.high_cm1) == (950, 1800)
    assert (found.baseline.order, found.axis.shift_cm1, found.detection.min_snr) == (4, 2, 2.5)
    typed = ["--set", "baseline.order=3", "--window", "1000,1700", "--set", "detection.min_snr=4"]
    found = resolved(typed, monkeypatch, **inherited)["recipe"]
    assert (found.window.low_cm1, found.window.high_cm1) == (1000, 1700)
    assert (found.baseline.order, found.axis.shift_cm1, found.detection.min_snr) == (3, 2, 4)


def test_recipe_options(monkeypatch: pytest.MonkeyPatch) -> None:
    found = resolved(
        ["--recipe", "graphite", "--laser", "532.1nm", "--x-unit", "cm-1", "--set", "peaks.G.center_max_cm1=1650"],
        monkeypatch,
        RECIPE="silicon",
    )["recipe"]
    assert found.name == "graphite"
    assert (found.axis.unit, found.axis.laser_nm) == ("rel. 1/cm", 532.1)
    assert {peak.name: peak.center_max_cm1 for peak in found.peaks}["G"] == 1650
    assert resolved([], monkeypatch)["recipe"].name == "silicon"


@pytest.mark.parametrize(
    ("text", "smooth_cm1"), [("auto", "auto"), ("none", "none"), ("250", 250), ("2.5e2 cm-1", 250), ("80cm-1", 80)]
)
def test_smooth(text: str, smooth_cm1: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolved(["--smooth", text], monkeypatch)["recipe"].baseline.smooth_cm1 == smooth_cm1
    assert resolved([], monkeypatch, SMOOTH=text)["recipe"].baseline.smooth_cm1 == smooth_cm1
    assert resolved(["--smooth", "none"], monkeypatch, SMOOTH=text)["recipe"].baseline.smooth_cm1 == "none"


@pytest.mark.parametrize(("text", "width"), [("5", 5.0), ("4.5 cm-1", 4.5), ("none", None)])
def test_instrument_width(text: str, width: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "" if width is None else "as given with --instrument-width"
    measured = ["--set", "axis.calibration=silicon"]
    for found in (
        resolved(["--instrument-width", text, *measured], monkeypatch)["recipe"],
        resolved(measured, monkeypatch, INSTRUMENT_WIDTH=text)["recipe"],
    ):
        assert (found.instrument.fwhm_cm1, found.instrument.source) == (width, source)
    typed = resolved(["--set", "instrument.fwhm_cm1=3"], monkeypatch, INSTRUMENT_WIDTH=text)["recipe"].instrument
    assert (typed.fwhm_cm1, typed.source) == (3, "")


@pytest.mark.parametrize("text", ["0", "-2", "wide", "5nm", "nan"])
def test_an_instrument_width_is_a_length(text: str) -> None:
    done = run("fit", "x.txt", f"--instrument-width={text}")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"expected none or a width in cm-1 such as 4.5, found {text!r}" in done.stderr


@pytest.mark.parametrize("subtracted", [["--baseline", "arpls"], ["--baseline-order", "auto"]])
def test_a_baseline_that_is_typed_wins_over_a_smooth_part_that_is_inherited(
    subtracted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = resolved(subtracted, monkeypatch, SMOOTH="auto")["recipe"].baseline
    assert found.smooth_cm1 == "none"
    assert subtracted[1] in (found.method, found.order)
    monkeypatch.delenv("RAMANFIT_SMOOTH")
    assert resolved([*subtracted, "--smooth", "none"], monkeypatch)["recipe"].baseline == found


@pytest.mark.parametrize(
    ("arguments", "because"),
    [
        (["--baseline", "arpls"], "baseline.method is 'arpls'"),
        (["--baseline-order", "auto"], "baseline.order is 'auto'"),
        (["--baseline-order", "none"], "baseline.order is 'none'"),
    ],
)
@pytest.mark.parametrize("smooth", ["auto", "250"])
def test_a_smooth_part_needs_a_polynomial_of_one_order(arguments: list[str], because: str, smooth: str) -> None:
    done = run("fit", "x.txt", *arguments, "--smooth", smooth)
    assert (done.returncode, done.stdout) == (2, "")
    found = "'auto'" if smooth == "auto" else "250"
    assert done.stderr == (
        'ramanfit: baseline.smooth_cm1: expected "none" (a smooth part goes with a polynomial of order 0 to 5 in '
        f"the fit, and {because}), found {found}\n"
    )


def test_a_length_is_set_where_the_recipe_has_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, smooth_cm1 in (("250", 250), ("auto", "auto")):
        found = resolved(["--set", f"baseline.smooth_cm1={text}"], monkeypatch)["recipe"].baseline
        assert found.smooth_cm1 == smooth_cm1


def test_what_sets_the_recipe_names_keys_of_it() -> None:
    declared = [parameter for parameter in fitting_command().params if isinstance(parameter, RecipeOption)]
    recipe = load_recipe(DEFAULT_RECIPE)
    keys = [key for option in declared for key in option.keys]
    assert len(set(keys)) == len(keys) >= 8
    for key in keys:
        part, name = key.split(".")
        assert hasattr(getattr(recipe, part), name)
    for option in declared:
        assert option.envvar == f"RAMANFIT_{(option.name or '').upper()}"


def test_an_option_offers_what_its_setting_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    takes: dict[str, set[str]] = {}
    monkeypatch.setattr(parts, "choice", lambda value, valid, key: takes.update({key: {*valid}}))
    load_recipe(DEFAULT_RECIPE)
    compared = set()
    for option in fitting_command().params:
        if isinstance(option, RecipeOption) and (option.keys[0] in takes or isinstance(option.type, click.Choice)):
            words = getattr(option.type, "choices", None) or (option.metavar or "").split("|")
            assert {option.type.convert(word, option, None) for word in words} == takes[option.keys[0]]
            compared.add(option.keys[0])
    assert {"errors.method", "axis.unit"} <= compared


@pytest.mark.parametrize(
    ("command", "name", "there_are"),
    [
        ("plot", "width", style.WIDTHS_IN),
        ("evolve", "width", style.WIDTHS_IN),
        ("evolve", "formats", style.FORMS),
        ("calibrate", "standard", STANDARDS),
    ],
)
def test_an_option_offers_what_there_is(command: str, name: str, there_are: Sequence[str]) -> None:
    (option,) = [p for p in importlib.import_module(COMMANDS[command][0]).command.params if p.name == name]
    assert {*getattr(option.type, "_kind", option.type).choices} == {*there_are}


def fitting_command(seen: dict[str, Any] | None = None) -> click.Command:
    @click.command()
    @fit_options
    def command(request: Request, **values: Any) -> None:
        if seen is not None:
            seen.update(values, request=request)

    return command


def test_every_field_of_a_request_is_an_option_and_what_is_no_field_is_handed_on() -> None:
    seen: dict[str, Any] = {}
    assert Console().run(fitting_command(seen), ["x.txt"]) == 0
    asked = seen.pop("request")
    assert asked == Request(("x.txt",), load_recipe(DEFAULT_RECIPE), placement={})
    assert seen == {"check": False, "meta": None}
    given = ["x.txt", "--recipe", "graphite", "--select", "a", "--step", "1um", "--echem", "c.mpt", "-j", "2", "-k"]
    given += ["--engine", "lmfit", "--verify", "3", "--sensitivity", "--points", "P1"]
    given += ["--dark", "d.txt", "--average", "5", "--covariates", "c.csv", "--from-name", "(?P<t>\\d+)K"]
    assert Console().run(fitting_command(seen), given) == 0
    same = [name for name in Request._fields if getattr(asked, name) == getattr(seen["request"], name)]
    assert same == [
        "files",
        "scheduler",
        "executor",
        "recipe_files",
    ]  # not beside --jobs; for Python


@pytest.mark.parametrize("name", ["fit", "ratio", "evolve", "bands", "curves", "plot", "watch"])
def test_a_fitting_command_has_all_options_of_fitting(name: str) -> None:
    command = importlib.import_module(COMMANDS[name][0]).command
    assert {p.name for p in fitting_command().params} - {p.name for p in command.params} <= {"help"}


def test_placement_hands_on_only_what_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolved([], monkeypatch)["placement"] == {}
    arguments = ["--period", "10min", "--order", "reverse", "--step", "5um", "--start=-500nm", "--first-point", "P1"]
    assert resolved(arguments, monkeypatch, DWELL="25s", PERIOD="1h")["placement"] == {
        "period_s": 600,
        "dwell_s": 25,
        "order": "reverse",
        "step_um": 5,
        "start_um": -0.5,
        "first_point": "P1",
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ["--window", "900"],
        ["--window", "1900,900"],
        ["--dwell", "5um"],
        ["--period=-1s"],
        ["--step", "10min"],
        ["--step", "5 um 3"],
        ["--laser", "green"],
        ["--first-point", "P"],
        ["--set", "baseline.order"],
        ["--set", "baseline.ordre=2"],
        ["--set", "baseline.order=2", "--baseline-order", "3"],
        ["--baseline-order", "9"],
        ["--smooth", "wide"],
        ["--smooth", "0"],
        ["--smooth=-250"],
        ["--smooth", "250 nm"],
        ["--smooth", "1e999"],
        ["--smooth", "250", "--set", "baseline.smooth_cm1=auto"],
    ],
)
def test_a_wrong_value_is_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    @click.command()
    @recipe_options
    @placement_options
    def command(**values: Any) -> None:
        pass

    assert Console().run(command, arguments) == 2
    assert capsys.readouterr().err.startswith("ramanfit: ")


@given(st.integers(0, 99), st.integers(0, 99), st.floats(0, 1e6), st.sampled_from(["", " "]))
def test_durations(hours: int, minutes: int, seconds: float, gap: str) -> None:
    text = gap.join([f"{hours}h", f"{minutes}min", f"{seconds!r}s"])
    assert DURATION.convert(text, None, None) == pytest.approx(hours * 3600 + minutes * 60 + seconds)


@given(st.floats(-1e9, 1e9))
def test_lengths_of_all_units_agree(micrometres: float) -> None:
    expected = pytest.approx(micrometres)
    for text in (f"{micrometres!r}", f"{micrometres!r} um", f"{micrometres / 1e3!r}mm", f"{micrometres * 1e3!r} nm"):
        assert LENGTH.convert(text, None, None) == expected


# -- completion ---------------------------------------------------------------------------------------------


def completed(line: str) -> list[str]:
    words = line.split(" ")
    done = run(
        env={"_RAMANFIT_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [item.partition(",")[2] for item in done.stdout.splitlines()]


def test_completion_of_commands_and_recipes() -> None:
    assert "_RAMANFIT_COMPLETE" in run(env={"_RAMANFIT_COMPLETE": "bash_source"}).stdout
    assert completed("ramanfit ") == list(COMMANDS)
    assert completed("ramanfit recipe ") == list(shipped_recipes())
    assert set(completed("ramanfit fit --recipe li-")) == {name for name in shipped_recipes() if name.startswith("li-")}
    assert completed("ramanfit list sha") == ["shapes"]
    assert completed("ramanfit fit --smooth ") == ["auto", "none"]
    assert completed("ramanfit watch --smooth n") == ["none"]
    assert "arpls" in completed("ramanfit fit --baseline ")


# -- recipe, list, info -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", shipped_recipes())
def test_a_recipe_is_printed_as_it_is_shipped(name: str) -> None:
    import ramanfit as package

    folder = Path(str(package.__file__)).parent / "recipe" / "shipped"
    assert run("recipe", name).stdout.encode() == (folder / f"{name}.toml").read_bytes()


def test_recipe_and_list_name_the_same() -> None:
    named = [row["name"] for row in json.loads(run("recipe", "--json").stdout)]
    assert named == [row["name"] for row in json.loads(run("list", "recipes", "--json").stdout)]
    assert named[0] == DEFAULT_RECIPE
    assert sorted(named) == sorted(path.stem for path in (ROOT / "ramanfit" / "recipe" / "shipped").glob("*.toml"))


@pytest.mark.parametrize("what", ["readers", "baselines", "shapes", "recipes", "columns"])
def test_list(what: str) -> None:
    rows = json.loads(run("list", what, "--json").stdout)
    assert rows
    assert all(row["name"] for row in rows)


def described(*arguments: str, **options: Any) -> list[dict[str, Any]]:
    done = run("info", "--json", *arguments, **options)
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def test_info_of_a_line(export: Path) -> None:
    (row,) = described(str(export))
    expected = {
        "scan": "Line--001--Spec.Data 1",
        "kind": "line",
        "spectra": 2,
        "channels": 3,
        "first_cm1": 100,
        "last_cm1": 300,
        "axis_unit": "rel. 1/cm",
        "first_position_um": 0,
        "last_position_um": 5,
        "started": None,
    }
    assert row.items() >= expected.items()
    assert "--laser" in row["missing"]
    assert "--step" not in row["missing"]
    (row,) = described(str(export), "--line-spacing", "endpoints")
    assert row["last_position_um"] == 10


def test_info_says_which_option_an_axis_in_nm_needs(tmp_path: Path) -> None:
    path = tmp_path / "nm.txt"
    path.write_text(NANOMETRES)
    (row,) = described(str(path))
    assert (row["axis_unit"], row["first_cm1"], row["laser_nm"]) == ("nm", None, None)
    assert "laser: --laser" in row["missing"]
    (row,) = described(str(path), "--laser", "532")
    assert row["first_cm1"] == pytest.approx(1e7 / 532 - 1e7 / 540)
    assert "--laser" not in (row["missing"] or "")
    assert described(str(path), env={"RAMANFIT_LASER": "532"}) == [row]


def test_info_of_standard_input(export: Path) -> None:
    with export.open("rb") as stream:
        (row,) = described("-", "--stdin-name", "piped.txt", stdin=stream)
    assert row["source"] == "piped.txt"
    assert row["spectra"] == 2


def test_info_of_a_folder_counts_what_is_passed_over(export: Path) -> None:
    (export.parent / "notes.txt").write_text("nothing\n")
    done = run("info", str(export.parent))
    assert done.returncode == 0
    assert "1 file with spectra, 1 other file passed over" in done.stderr
    assert len(done.stdout.splitlines()) == 2


@pytest.mark.skipif(not SHARED.exists(), reason="no real exports here")
def test_info_of_a_real_line_scan() -> None:
    (row,) = described(str(SHARED / "data/witec/line_scans/14 Line--018--Spec.Data 1.txt"))
    assert (row["kind"], row["spectra"], row["channels"]) == ("line", 40, 1024)
    assert (row["laser_nm"], row["integration_s"], row["started"]) == (532.067, 2, "2022-03-09 10:10:27")

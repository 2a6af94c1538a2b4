"""Hostile settings: recipes and plans of hostile size, depth and numbers, options without end.

What cannot be is refused at once with its key and status 2; what can be is done in bounded time and memory.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from tests.attack.forks import Forks
from tests.attack.hostile_files import spectrum
from tests.attack.judge import Attack, judged, some_of
from tests.attack.registry import Tried, attack

NUMBERS = (
    "1e308",
    "-1e308",
    "nan",
    "inf",
    "-inf",
    "9" * 400,
    "1e-308",
    "-1",
    "0",
    "1e9",
    '"' + "x" * 1000 + '"',
    "[[[[1]]]]",
    "{a = 1}",
    "true",
)
KEYS = (
    *("axis.shift_cm1", "axis.laser_nm", "instrument.fwhm_cm1", "window.low_cm1", "window.high_cm1", "window.exclude"),
    *(
        "clean.saturation_counts",
        "baseline.order",
        "baseline.margin_cm1",
        "baseline.smooth_cm1",
        "baseline.anchors_cm1",
    ),
    *("detection.min_snr", "detection.low_snr", "errors.samples", "bands.at_cm1", "bands.half_width_cm1"),
    *("bands.dark_counts", "peaks.G.center_cm1", "peaks.G.center_min_cm1", "peaks.G.center_max_cm1"),
    *("peaks.G.fwhm_cm1", "peaks.G.fwhm_min_cm1", "peaks.G.fwhm_max_cm1", "peaks.G.height_min", "peaks.G.height_max"),
    *("peaks.G.fwhm_ratio", "peaks.G.height_ratio", "peaks.G.form"),
)
FILES = {"a.txt": spectrum()}
PEAK = (
    '[[peaks]]\nname = "{}"\ncenter_cm1 = 1590\ncenter_min_cm1 = 1500\ncenter_max_cm1 = 1700\n'
    "fwhm_cm1 = 30\nfwhm_min_cm1 = 5\nfwhm_max_cm1 = 90\n"
)
ESCAPE = r"\u001b[31m"


def _fit(
    name: str,
    *options: str,
    status: tuple[int, ...] = (2,),
    says: tuple[str, ...] = (),
    recipe: str | bytes | None = None,
    fast: bool = True,
    **more: object,
) -> Attack:
    content = recipe.encode() if isinstance(recipe, str) else recipe
    files = FILES if content is None else {**FILES, "r.toml": content}
    arguments = ["fit", "a.txt", *options, *([] if content is None else ["--recipe", "r.toml"])]
    return Attack(name, arguments, files, status, says, fast=fast, **more)  # type: ignore[arg-type]


def _numbers() -> Iterator[Attack]:
    for number, key in enumerate(KEYS):
        for i, value in enumerate(NUMBERS):
            shown = value if len(value) < 12 else f"{value[:9]}..."
            says = (key.split(".")[0],) if i in (2, 3, 4, 5) else ()
            status = (2,) if i in (2, 3, 4, 5) else (0, 1, 2)
            yield _fit(
                f"--set {key}={shown}", "--set", f"{key}={value}", status=status, says=says, fast=(number + i) % 6 == 0
            )


def _recipes() -> Iterator[Attack]:
    head = 'name = "x"\n'
    for name, text in {
        "5 MB of a comment": head + "#" * 5_000_000 + "\n" + PEAK.format("G"),
        "5 MB of a text": f'name = "{"x" * 5_000_000}"\n' + PEAK.format("G"),
        "200,000 keys": head + "".join(f"k{i} = 1\n" for i in range(200_000)),
        "5,000 peaks": head + "".join(PEAK.format(f"P{i}") for i in range(5000)),
        "a name of 100,000 letters": head + PEAK.format("G" * 100_000),
        "arrays in arrays": head + "window = " + "[" * 50_000 + "]" * 50_000,
        "arrays never closed": head + "window = " + "[" * 50_000,
        "tables in tables": head + "window = " + "{a = " * 20_000 + "1" + "}" * 20_000,
        "a key of 100,000 dots": head + "a" + ".a" * 100_000 + " = 1",
        "a table of 100,000 dots": head + "[a" + ".a" * 100_000 + "]",
        "arrays of 100": head + "window = " + "[" * 100 + "1" + "]" * 100,
        "an integer of 5,000 digits": head + "[baseline]\norder = " + "9" * 5000,
        "hex of 5,000 digits": head + "[baseline]\norder = 0x" + "f" * 5000,
        "a date of the year 0": head + "axis = 0000-00-00",
        "a formula of a megabyte": head
        + PEAK.format("G")
        + '[[derived]]\nname = "d"\nformula = "'
        + "1+" * 500_000
        + '1"',
        "a formula of brackets": head + PEAK.format("G") + '[[derived]]\nname = "d"\nformula = "' + "(" * 900 + '1"',
        "a formula of powers": head + PEAK.format("G") + '[[derived]]\nname = "d"\nformula = "9**9**9**9"',
        "a formula of code": head + PEAK.format("G") + '[[derived]]\nname = "d"\nformula = "__import__(\'os\')"',
        "a formula of huge numbers": head
        + PEAK.format("G")
        + '[[derived]]\nname = "d"\nformula = "1e308*1e308*height(G)"',
        "no peaks": head,
        "nothing": "",
        "a list": "[1]",
        "peaks that are a number": head + "peaks = 3",
        "a peak that is a number": head + "peaks = [3]",
        "a key of escapes": head + f'"{ESCAPE}" = 1',
        "a name of escapes": f'name = "{ESCAPE}"\n' + PEAK.format("G") + "[window]\nlow_cm1 = 1800.0",
        "a peak of escapes": head + PEAK.format(ESCAPE),
        "a value of escapes": head + f'[baseline]\nmethod = "{ESCAPE}"\n' + PEAK.format("G"),
        "a syntax error of escapes": head + '"\x1b[31m',
        "a base of escapes": head + f'base = "{ESCAPE}"',
        "a base of a NUL": head + 'base = "a\\u0000b"',
        "a base of 10,000 letters": head + f'base = "{"x" * 10_000}"',
        "a base that is a folder": head + 'base = "."',
        "a base that is a device": head + 'base = "/dev/zero"',
        "a base that is itself": head + 'base = "r.toml"',
        "a base that is itself, by a path": head + 'base = "../../../../../../../../../../../proc/self/cwd/r.toml"',
        "a base that is a number": head + "base = 1",
        "alternatives without end": head + PEAK.format("G") + "[alternatives]\nbaselines = [" + '"3",' * 100_000 + "]",
        "200,000 bands": head + PEAK.format("G") + "[bands]\nat_cm1 = [" + ",".join(map(str, range(200_000))) + "]",
        "200,000 gaps": head
        + PEAK.format("G")
        + "[window]\nexclude = ["
        + ",".join(f"[{900 + i / 1e6}, {900 + (i + 0.5) / 1e6}]" for i in range(200_000))
        + "]",
    }.items():
        allowed = (0, 2) if name in ("a formula of huge numbers", "arrays of 100") else (2,)
        key = ("base",) if name.startswith("a base") else ()
        refused = () if name == "a value of escapes" else (r"r\.toml",)
        yield _fit(f"recipe, {name}", recipe=text, status=allowed, says=refused + key if allowed == (2,) else ())
    yield _fit("recipe, no UTF-8", recipe=b"\xff\xfe\x00", says=(r"r\.toml",))
    yield _fit("recipe, NUL", recipe=b'name = "a\0b"', says=(r"r\.toml",))
    yield _fit("recipe, 100 MB of nothing", recipe=b"\n" * 100_000_000, says=(r"r\.toml",))
    for option in ("/dev/zero", ".", "a.txt", "x" * 5000):
        yield Attack(
            f"--recipe {option[:20]!a}",
            ["ratio", "a.txt", "--recipe", option],
            FILES,
            (2,),
            ("x" * 20,) if "xxx" in option else (),
        )

    def cycle(length: int, closed: bool = True) -> dict[str, bytes]:
        return {
            **FILES,
            **{
                f"r{i}.toml": f'name = "x"\nbase = "r{(i + 1) % length}.toml"\n'.encode()
                for i in range(length - (not closed))
            },
        }

    for length in (1, 2, 3, 1000):
        yield Attack(
            f"bases in a circle of {length}",
            ["ratio", "a.txt", "--recipe", "r0.toml"],
            cycle(length),
            (2,),
            (r"r0\.toml: base",),
        )
    open_end = cycle(1000, closed=False)
    open_end["r999.toml"] = b'name = "x"\nbase = "li-graphite"\n'
    yield Attack(
        "a chain of 1,000 bases", ["ratio", "a.txt", "--recipe", "r0.toml"], open_end, (2,), (r"r0\.toml: base",)
    )
    yield Attack(
        "a circle through links",
        ["ratio", "a.txt", "--recipe", "r0.toml"],
        cycle(2),
        (2,),
        ("base",),
        lambda f: (f / "l.toml").symlink_to("r0.toml"),
    )
    yield Attack(
        "recipes, 300 beside one another",
        ["ratio", "a.txt", *["--recipe", "r.toml"] * 300],
        {**FILES, "r.toml": b'name = "x"\n' + PEAK.format("G").encode()},
        (2,),
        (),
    )
    yield Attack(
        "a circle checked for --meta",
        ["ratio", "a.txt", "--recipe", "r0.toml", "--meta", "out/m.json"],
        cycle(2),
        (2,),
        ("base",),
    )
    yield Attack("--set of a megabyte", ["ratio", "a.txt", "--set", "name=" + "x" * 100_000], FILES, (0, 2))
    yield Attack("--set of an escape", ["ratio", "a.txt", "--set", "\x1b[31m=1"], FILES, (2,))
    yield Attack("--set of deep arrays", ["ratio", "a.txt", "--set", "window.exclude=" + "[" * 30_000], FILES, (2,))
    yield Attack(
        "RAMANFIT_SET of rubbish", ["ratio", "a.txt"], FILES, (2,), (), more={"variables": {"RAMANFIT_SET": "\x1b[2J"}}
    )
    yield Attack(
        "RAMANFIT_RECIPE of a device",
        ["ratio", "a.txt"],
        FILES,
        (2,),
        ("/dev/zero",),
        more={"variables": {"RAMANFIT_RECIPE": "/dev/zero"}},
    )


def _options() -> Iterator[Attack]:
    big = "1000000000"
    huge = "9" * 400
    for name, options in {
        "--average 1e9": ("--average", big),
        "--average of 400 digits": ("--average", huge),
        "--average ٣": ("--average", "٣"),
        "--average ²": ("--average", "²"),
        "--jobs 1e6": ("--jobs", "1000000"),
        "--jobs of 400 digits": ("--jobs", huge),
        "--jobs 0": ("--jobs", "0"),
        "--verify 1e9": ("--verify", big),
        "--verify of 400 digits": ("--verify", huge),
        "--period 1e308d": ("--period", "1e308d"),
        "--period 1e300s": ("--period", "1e300s"),
        "--dwell 1e308s": ("--dwell", "1e308s"),
        "--dwell of 400 digits": ("--dwell", huge),
        "--step 1e308cm": ("--step", "1e308cm"),
        "--step 1e300": ("--step", "1e300"),
        "--start -1e308": ("--start", "-1e308"),
        "--first-point P of 400 digits": ("--first-point", "P" + huge),
        "--first-point P of 5000 digits": ("--first-point", "P" + "9" * 5000),
        "--first-point P²": ("--first-point", "P²"),
        "--first-point empty": ("--first-point", ""),
        "--timezone of a path": ("--timezone", "../../etc/passwd"),
        "--timezone /": ("--timezone", "/etc/localtime"),
        "--timezone escape": ("--timezone", "\x1b[31m"),
        "--timezone empty": ("--timezone", ""),
        "--t0 of the year 1": ("--t0", "0001-01-01T00:00:00"),
        "--t0 of the year 9999": ("--t0", "9999-12-31T23:59:59", "--period", "1000d"),
        "--t0 with a zone": ("--t0", "0001-01-01T00:00:00+23:59"),
        "--window 1e308": ("--window", "-1e308,1e308"),
        "--window of tiny width": ("--window", "1589.9999,1590.0001"),
        "--window of 400 digits": ("--window", f"0,{huge}"),
        "--smooth 1e-300": ("--smooth", "1e-300"),
        "--smooth 1e300": ("--smooth", "1e300"),
        "--smooth 0.001": ("--smooth", "0.001"),
        "--instrument-width 1e300": ("--instrument-width", "1e300"),
        "--instrument-width 1e-300": ("--instrument-width", "1e-300"),
        "--laser 1e308": ("--laser", "1e308", "--x-unit", "nm"),
        "--laser 1e300 um": ("--laser", "1e300um"),
        "--baseline-order of 400 digits": ("--baseline-order", huge),
        "--baseline-order ²": ("--baseline-order", "²"),
        "--baseline-order -1": ("--baseline-order", "-1"),
        "--from 1e308d": ("--from", "1e308d"),
        "--to 1e300": ("--to", "1e300"),
        "--from after --to": ("--from", "10h", "--to", "1h"),
        "--cycle of 400 digits": ("--cycle", huge),
        "--cycle 1e18": ("--cycle", str(10**18)),
        "--points of 100,000 names": ("--points", ",".join(["P1"] * 100_000)),
        "--points of an escape": ("--points", "\x1b[31m"),
        "--columns of 100,000 names": ("--columns", ",".join(["ratio"] * 100_000)),
        "--columns of an escape": ("--columns", "\x1b[31m"),
        "--select of an escape": ("--select", "\x1b[31m"),
        "--select without end": ("--select", "*a" * 5000),
        "--axis-column 1e9": ("--axis-column", big),
        "--axis-column of 5000 digits": ("--axis-column", "9" * 5000),
        "--axis-column ²": ("--axis-column", "²"),
        "--axis-column escape": ("--axis-column", "\x1b[31m"),
        "--from-name without groups": ("--from-name", "("),
        "--from-name of escapes": ("--from-name", "(?P<x>\x1b"),
        "--from-name of 100,000 brackets": ("--from-name", "(" * 100_000),
        "--from-name, repeats of repeats": ("--from-name", "(?P<x>a{1,65000}{1,65000})"),
        "--from-name of 400 digits": ("--from-name", "(?P<x>a{" + huge + "})"),
        "--echem-offset alone": ("--echem-offset", "1e308"),
        "--sensitivity of nothing": ("--sensitivity", "--set", 'alternatives.baselines=["\x1b[31m"]'),
        "--sensitivity, 1e308": ("--sensitivity", "--set", 'alternatives.baselines=["arpls lam=1e308"]'),
        "--output of 5000 letters": ("-o", "out/" + "x" * 5000 + ".csv"),
        "--output of 255 bytes": ("-o", "out/" + "x" * 251 + ".csv"),
        "--errors bootstrap, 10,000": ("--errors", "bootstrap", "--set", "errors.samples=10001"),
    }.items():
        yield _fit(name, *options, status=(0, 1, 2))
    for text in (
        "1e308",
        "nan",
        "inf",
        "-1",
        "x",
        ",",
        ",".join(["900"] * 3),
        ",".join(map(str, range(100_000))),
        "1e400",
        "\x1b[31m",
        "9" * 400,
    ):
        yield Attack(f"bands --at {text[:20]!a}", ["bands", "a.txt", "--at", text], FILES, (0, 1, 2), memory=1 << 30)
    for text in ("1000000000", "9" * 400, "0", "-1"):
        yield Attack(f"plot --worst {text[:12]}", ["plot", "a.txt", "--worst", text, "-o", "out/p.png"], FILES, (0, 2))
        yield Attack(f"plot --scan {text[:12]}", ["plot", "a.txt", "--scan", text, "-o", "out/p.png"], FILES, (0, 1, 2))
    for option, text in (
        ("--soc", "nan"),
        ("--soc", "1e308"),
        ("--times", "1e308"),
        ("--times", "1e300d"),
        ("--soc", "9" * 400),
        ("--times", ",".join(["1"] * 20_000)),
    ):
        yield Attack(
            f"plot --waterfall {option} {text[:12]}",
            ["plot", "a.txt", "--waterfall", option, text, "-o", "out/p.png"],
            FILES,
            (0, 1, 2),
        )
    for word in ("nan", "1e308", "9" * 400, "-1", "\x1b[31m"):
        yield Attack(f"calibrate --line {word[:12]!a}", ["calibrate", "a.txt", "--line", word], FILES, (0, 1, 2))
    for word in ("\x1b[31m", "x" * 10_000, "../../etc/passwd"):
        for command in ("recipe", "manual", "list", word):
            words = [command] if command == word else [command, word]
            yield Attack(f"{command[:12]!a} {word[:12]!a}", words, {}, (2,))


def _baselines() -> Iterator[Attack]:
    methods = (
        "arpls",
        "asls",
        "modpoly",
        "imodpoly",
        "snip",
        "rolling_ball",
        "mor",
        "pspline_asls",
        "mixture_model",
        "dietrich",
        "fabc",
        "golotvin",
        "rubberband",
        "loess",
        "penalized_poly",
        "noise_median",
        "ipsa",
        "corner_cutting",
        "quant_reg",
        "beads",
        "peak_filling",
        "regions",
    )
    options = (
        "lam=1e308",
        "lam=1e-308",
        "lam=nan",
        "max_iter=1000000000",
        "max_iter=1000000000, tol=-1",
        "max_iter=1000000000, tol=0",
        "poly_order=100000",
        "half_window=1000000000",
        "max_half_window=1000000000",
        "num_knots=1000000000",
        "diff_order=1000",
        "spline_degree=100000",
        "p=1e308",
        "\x1b[31m=1",
        "lam=" + "9" * 400,
        "repetitions=1000000000",
        "weights=[1]",
        "x_data=1",
        "lam=1e6" + ", lam=1e6" * 1000,
    )
    for number, method in enumerate(methods):
        for i, text in enumerate(options):
            yield _fit(
                f"--baseline {method}, {text[:40]!a}",
                "-q",
                "--baseline",
                method,
                "--set",
                f"baseline.options={text}",
                status=(0, 1, 2, 3),
                fast=(number + i) % 25 == 0,
            )


def _plans() -> Iterator[Attack]:
    def plan(name: str, text: str, status: tuple[int, ...] = (2,), says: tuple[str, ...] = (r"p\.toml",)) -> Attack:
        point = "" if "[[points]]" in text else '[[points]]\nname = "P1"\n'
        content = f'name = "x"\n{text}\n{point}'.encode()
        return Attack(f"plan, {name}", ["simulate", "p.toml", "-o", "out/s"], {"p.toml": content}, status, says)

    for table, keys in {
        "axis": ("channels", "low_cm1", "high_cm1", "laser_nm"),
        "scan": ("scans", "step_um", "period_s", "dwell_s", "integration_s", "accumulations"),
        "detector": ("offset_counts", "gain", "read_counts", "saturation_counts"),
        "background": ("exponential_counts", "exponential_decay_cm1", "hump_counts", "hump_fwhm_cm1"),
        "spikes": ("rate",),
    }.items():
        for key in keys:
            for value in ("1000000000", "1e308", "nan", "9" * 400, "1e-308"):
                must = value in ("nan", "9" * 400) or (value == "1000000000" and key in ("channels", "scans"))
                yield plan(
                    f"{table}.{key} = {value[:12]}",
                    f"[{table}]\n{key} = {value}",
                    (2,) if must else (0, 1, 2),
                    (key,) if must else (),
                )
    yield plan("a billion scans", "[scan]\nscans = 1000000000", says=("scan.scans",))
    yield plan("a billion channels", "[axis]\nchannels = 1000000000", says=("axis.channels",))
    yield plan(
        "a million scans of a million channels",
        "[scan]\nscans = 1000000\n[axis]\nchannels = 1000000",
        says=("scans|channels",),
    )
    yield plan("50,000 points", "".join(f'[[points]]\nname = "P{i}"\n' for i in range(50_000)))
    yield plan("a polynomial of 100,000 terms", f"[background]\npolynomial = [{'1.0,' * 100_000}]")
    yield plan("a polynomial of 1e308", "[background]\npolynomial = [1e308, 1e308]", (0, 2), ())
    yield plan(
        "a cell recorded every nanosecond",
        "[scan]\nscans = 10\n[cell]\ncapacity_mah = 1.0\ncurrent_ma = 0.001\nvoltage_v = [0.1, 0.2]\ninterval_s = 1e-9",
        (2,),
        (),
    )
    yield plan(
        "a cell of 1e300 s",
        "[cell]\ncapacity_mah = 1.0\ncurrent_ma = 1e-300\nvoltage_v = [0.1, 0.2]\nduration_s = 1e300",
        (2,),
        (),
    )
    yield plan("a seed of 400 digits", f"seed = {'9' * 400}", (0, 2), ())
    yield plan("a name of dots", 'name2 = "../../x"')
    yield plan("arrays in arrays", "scan = " + "[" * 50_000)
    yield plan("of 20 MB", "#" * 20_000_000)
    yield Attack("plan, a device", ["simulate", "/dev/zero", "-o", "out/s"], {}, (1, 2), ("/dev/zero",))
    yield Attack("plan, no standard input", ["simulate", "-", "-o", "out/s"], {}, (1, 2), (), more={"stdin": None})
    yield Attack("plan, a folder", ["simulate", ".", "-o", "out/s"], {}, (1,), ())
    yield Attack(
        "simulate --seed of 400 digits",
        ["simulate", "p.toml", "-o", "out/s", "--seed", "9" * 400],
        {"p.toml": b'name = "x"\n[[points]]\nname = "P1"\n'},
        (0, 2),
        (),
    )


def attacks() -> Iterator[Attack]:
    """All of them."""
    for some in (_numbers, _recipes, _options, _baselines, _plans):
        yield from some()


@attack("hostile settings", 1000)
def run(folder: Path, numbers: random.Random, number: int) -> Iterator[Tried]:
    """Carry out so many of the attacks; yield what was tried and what went wrong."""
    with Forks() as forks:
        yield from judged(some_of(attacks(), numbers, number), forks)

"""Whether two commits do the same, byte for byte.

    python -m tests.same v0.1.0 HEAD [--only TEXT] [--show]

Both commits run the same commands on the same files, each in a folder of its own: every one-liner of the manual, every
option that both have with every command that has it, exports of all kinds (those of ``../shared`` too where it
exists), the Makefile, a restarted `watch`, a terminal. Compared are standard output, standard error, exit status and
every file left behind. `.` as a commit is the working tree. Exit status 1 where anything differs, 2 where an option
has no example here.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"

BASES = {
    "info": "info line",
    "fit": "fit line",
    "ratio": "ratio line",
    "evolve": "evolve day -o out",
    "bands": "bands day",
    "curves": "curves line",
    "plot": "plot line -o out",
    "watch": "watch day -o out --once --interval 0s --no-figures",
    "baseline": "baseline line -o out/",
    "export": "export line",
    "calibrate": "calibrate si.txt",
    "simulate": "simulate plan.toml -o out",
    "rerun": "rerun nowhere.json",
    "recipe": "recipe",
    "list": "list columns",
    "manual": "manual tables",
    "compare": "compare dry.csv wet.csv",
    "completion": "completion bash",
    "help": "help fit",
}
"""A run of every command, to which options are added one by one."""

EXAMPLES: dict[str, list[str]] = {
    "--axis-column": ["--axis-column nonsense"],
    "--at": ["--at 1350,1590"],
    "--average": ["--average 2", "--average all"],
    "--base": ["--base graphite"],
    "--baseline": ["--baseline arpls", "--baseline rubberband --set baseline.margin_cm1=20"],
    "--baseline-order": ["--baseline-order 3", "--baseline-order auto"],
    "--capacity": ["--echem cell.mpt --capacity 4mAh"],
    "--check": ["--check"],
    "--columns": ["--columns ratio,G_center_cm1", "--columns all --md", "--columns nonsense"],
    "--controls": ["--at 1350 --controls 900,2000"],
    "--covariates": ["--covariates mine.csv"],
    "--csv": ["--csv"],
    "--cycle": ["--echem cell.mpt --cycle 0"],
    "--dark": ["--dark 12"],
    "--debug": ["--debug"],
    "--dwell": ["--dwell 25s"],
    "--echem": ["--echem cell.mpt"],
    "--echem-offset": ["--echem cell.mpt --echem-offset -90s"],
    "--echem-units": ["--echem cell.mpt --echem-units A,Ah"],
    "--engine": ["--engine lmfit"],
    "--ends": ["--ends Li,SE"],
    "--errors": ["--errors profile", "--errors bootstrap"],
    "--files-from": ["--files-from nowhere"],
    "--first-point": ["--first-point X3"],
    "--folder": ["--folder day"],
    "--force": ["--force"],
    "--form": ["--form csv", "--form txt", "--form nc", "--form nxs", "--form jsonl"],
    "--from": ["--from 1min"],
    "--format": ["--format svg"],
    "--from-name": ["--from-name '(?P<number>[0-9]+)--'"],
    "--half-width": ["--half-width 8"],
    "--instrument-width": ["--instrument-width 5", "--instrument-width 5 --recipe carbon-bwf"],
    "--interval": ["--interval 0s"],
    "--jobs": ["-j 2"],
    "--json": ["--json"],
    "--jsonl": ["--jsonl"],
    "--keep": ["--keep"],
    "--keep-going": ["-k empty.txt", "-k nowhere/"],
    "--laser": ["--laser 532.05", "--laser 632.8 --x-unit nm"],
    "--layout": ["--layout rows"],
    "--line-spacing": ["--line-spacing endpoints"],
    "--md": ["--md"],
    "--meta": ["--meta run.json"],
    "--name": ["--name first --name second", "--name alone"],
    "--no-figures": ["--no-figures"],
    "--no-header": ["--csv --no-header", "--no-header --json"],
    "--no-report": ["--no-report"],
    "--once": ["--once"],
    "--order": ["--order serpentine", "--order reverse"],
    "--output": ["-o file.csv", "-o file.txt"],
    "--period": ["--period 10min"],
    "--points": ["--points P2,P3", "--points Q9"],
    "--point": ["--point P2", "--point Q9"],
    "--quantity": ["--quantity G_fwhm_cm1", "--quantity nonsense"],
    "--quiet": ["-q"],
    "--recipe": ["--recipe graphite", "--recipe carbon-3", "--recipe li-graphite-doublet", "--recipe carbon-bwf"],
    "--reference": ["--reference pristine", "--standard silicon --reference 520.7"],
    "--rows-are-scans": ["--rows-are-scans"],
    "--scan": ["--scan 0"],
    "--scheduler": ["--scheduler nowhere.json"],
    "--schema": ["--schema"],
    "--seed": ["--seed 5"],
    "--select": ["--select 'Line*'", "--select nothing"],
    "--sensitivity": ["--sensitivity"],
    "--set": ["--set clean.spikes=false", "--set noise.model=white", "--set peaks.G.shape=pseudo-voigt"],
    "--smooth": ["--smooth auto", "--smooth 250", "--smooth auto --baseline arpls"],
    "--soc": ["--soc 20,60 --echem cell.mpt"],
    "--soc-start": ["--echem cell.mpt --capacity 4mAh --soc-start 100"],
    "--standard": ["--standard polystyrene"],
    "--start": ["--start 10um"],
    "--stdin-name": ["--stdin-name other.txt"],
    "--step": ["--step 5um"],
    "--t0": ["--t0 2024-01-15T09:00:00 --echem cell.mpt"],
    "--style": ["--style plain.mplstyle", "--style nowhere.mplstyle"],
    "--tex": ["--tex"],
    "--timezone": ["--echem cell.mpt --timezone Europe/Berlin"],
    "--times": ["--times 0,20min"],
    "--to": ["--to 2min"],
    "--tsv": ["--tsv"],
    "--verbose": ["-v"],
    "--verify": ["--verify 3"],
    "--waterfall": ["--waterfall --times 0"],
    "--width": ["--width single"],
    "--window": ["--window 1000,1800", "--window 1,2"],
    "--worst": ["--worst 4"],
    "--x": ["--x scan", "--x nonsense"],
    "--x-unit": ["--x-unit cm-1"],
}
"""What is added for an option; with every command that has it."""

ELSEWHERE = [
    "ramanfit -h",
    "ramanfit",
    "ramanfit --version",
    "ramanfit nonsense",
    "ramanfit fit",
    "ramanfit fit nowhere.txt",
    "ramanfit fit day -o peaks.csv && ramanfit ratio peaks.csv --json && ramanfit evolve peaks.csv -o again",
    "ramanfit fit day -j 2 --sensitivity -o peaks.csv",
    "ramanfit evolve day --echem cell.mpt -j 2 -o out",
    "ramanfit evolve day --baseline-order auto --format svg -o out",
    "ramanfit evolve day --sensitivity --errors profile --reference pristine -o out",
    "ramanfit evolve day --recipe li-graphite-doublet --csv",
    "ramanfit plot day --worst 4 --baseline arpls -o worst.png",
    "ramanfit bands day --baseline-order auto --recipe graphite",
    "ramanfit fit si.txt --recipe silicon && ramanfit calibrate si.txt -o c.toml && ramanfit fit line --recipe c.toml",
    "ramanfit fit day --recipe base.toml --meta run.json",
    "ramanfit fit line --meta run.json > peaks.csv && ramanfit rerun run.json --json",
    "ramanfit baseline line --keep -o parts/ && ramanfit fit parts",
    "mkdir w && cp day/*--00[01]* w && ramanfit watch w -o live --once --interval 0s && cp day/*--002* w"
    " && ramanfit watch w -o live --once --interval 0s --meta run.json",
    "for r in $(ramanfit recipe --csv --no-header | cut -d , -f 1); do ramanfit recipe $r; done",
    "for k in readers baselines shapes recipes columns; do ramanfit list $k --json; done",
    "for c in info fit ratio evolve bands plot watch baseline export calibrate simulate recipe list;"
    " do ramanfit $c --help; done",
    "for w in 60 80 132; do COLUMNS=$w python3 terminal.py ramanfit ratio day; done",
    "python3 terminal.py ramanfit info line && python3 terminal.py ramanfit list columns",
    "cat line/*Spec* | ramanfit ratio - --stdin-name x.txt",
    "cat line/*Spec* | ramanfit info -",
    "ramanfit fit line -o nowhere/peaks.csv",
    "ramanfit fit line | head -n 1",
]

DRY = """\
source,scan,point,position_um,time_s,ratio,ratio_se
a.txt,0,P1,0,0,1.02,0.01
a.txt,1,P1,0,60,1.14,0.01
"""

TERMINAL = """\
import os, pty, sys
status = pty.spawn(sys.argv[1:])
sys.exit(os.waitstatus_to_exitcode(status))
"""

BASE_RECIPE = 'base = "graphite"\n[window]\nlow_cm1 = 1000\n[baseline]\norder = 3\n'


@dataclass(frozen=True)
class Outcome:
    """What a command said and left behind."""

    status: int
    stdout: bytes
    stderr: bytes
    files: dict[str, str]

    def differences(self, other: Outcome) -> list[str]:
        """Return what differs, in words."""
        differing = [name for name in ("status", "stdout", "stderr") if getattr(self, name) != getattr(other, name)]
        names = sorted(self.files.keys() | other.files.keys())
        return differing + [name for name in names if self.files.get(name) != other.files.get(name)]


class Side:
    """A commit laid out in a folder, with the files that commands are run on."""

    def __init__(self, commit: str, folder: Path) -> None:
        self.commit, self.tree, self.program = commit, folder / "tree", folder / "bin"
        if commit == ".":
            self.tree = ROOT
        else:
            self.tree.mkdir(parents=True)
            archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
            subprocess.run(["tar", "-x", "-C", str(self.tree)], input=archive, check=True)
        self.program.mkdir(parents=True)
        program = self.program / "ramanfit"
        program.write_text(f'#!/bin/sh\nPYTHONPATH="{self.tree}" exec "{sys.executable}" -m ramanfit "$@"\n')
        program.chmod(0o755)

    def options(self) -> dict[str, set[str]]:
        """Return the long options of every command."""
        program = (
            "import json\nfrom ramanfit.cli import ramanfit as g\n"
            "print(json.dumps({n: [o for p in g.get_command(None, n).params for o in [*p.opts, *p.secondary_opts]"
            " if o.startswith('--')] for n in g.list_commands(None)}))"
        )
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONPATH": str(self.tree)},
            cwd=self.program,
            check=True,
            capture_output=True,
        )
        return {name: set(found) for name, found in json.loads(done.stdout).items()}

    def run(self, command: str, work: Path) -> Outcome:
        """Run a command in a folder, which is laid anew."""
        _lay(work)
        before = _digests(work)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("RAMANFIT_") and k != "NO_COLOR"}
        environment |= {"PATH": f"{self.program}{os.pathsep}{os.environ['PATH']}", "TZ": "UTC", "TERM": "xterm"}
        environment["RAMANFIT_CORE"] = "numpy"  # a commit that is laid out has nothing compiled
        environment.setdefault("COLUMNS", "100")
        done = subprocess.run(
            ["bash", "-c", command], cwd=work, env=environment, stdin=subprocess.DEVNULL, capture_output=True
        )
        files = {name: digest for name, digest in _digests(work).items() if before.get(name) != digest}
        return Outcome(done.returncode, done.stdout, done.stderr, files)


def _lay(work: Path) -> None:
    """Lay out what commands read; the same names and times on both sides."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    samples = ROOT / "sample_spectra"
    shutil.copytree(samples, work / "sample_spectra")
    shutil.copytree(samples / "table-s1", work / "line")
    shutil.copytree(samples / "pristine-graphite", work / "pristine")
    (work / "day").mkdir()
    for path in (samples / "operando").iterdir():
        if any(f"--00{k}" in path.name for k in range(3)):
            shutil.copy2(path, work / "day")
    shutil.copy(next((samples / "operando").glob("*.mpt")), work / "cell.mpt")
    shutil.copy(samples / "pristine-graphite" / "plan.toml", work / "plan.toml")
    shift = [500 + 0.5 * k for k in range(100)]
    counts = [100 + 900 / (1 + ((x - 520.1) / 2) ** 2) + 3 * ((7 * k * k) % 11) for k, x in enumerate(shift)]
    (work / "si.txt").write_text("".join(f"{x}\t{y:.3f}\n" for x, y in zip(shift, counts, strict=True)))
    (work / "empty.txt").write_text("")
    (work / "terminal.py").write_text(TERMINAL)
    (work / "dry.csv").write_text(DRY)
    (work / "wet.csv").write_text(DRY.replace("1.14", "1.31"))
    names = sorted(path.name for path in (work / "day").glob("*Spec*"))
    (work / "mine.csv").write_text("".join(f"{line}\n" for line in ("file,sample", *(f"{name},A" for name in names))))
    (work / "plain.mplstyle").write_text("axes.linewidth: 0.5\n")
    (work / "base.toml").write_text(BASE_RECIPE)
    (work / "mine.toml").write_text(BASE_RECIPE.replace("graphite", "li-graphite"))
    for path in work.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))


def _digests(work: Path) -> dict[str, str]:
    return {
        path.relative_to(work).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in work.rglob("*")
        if path.is_file()
    }


def commands(options: dict[str, set[str]]) -> Iterator[str]:
    """Yield every command that is compared."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    manual = (ROOT / "ramanfit" / "manual" / "lines.md").read_text(encoding="utf-8")
    lines = re.findall(r"```sh\n(.*?)```", manual, re.S)[0].splitlines()
    yield from (line.split("  #")[0].rstrip() for line in lines)
    makefile = shlex.quote(re.findall(r"```make\n(.*?)```", readme, re.S)[0])
    yield f"printf %s {makefile} > Makefile; mv day scans; make -s -j2 2> /dev/null"
    for verb, names in options.items():
        if verb not in BASES:  # said at the end
            continue
        yield f"ramanfit {BASES[verb]}"
        for name in sorted(names & EXAMPLES.keys()):
            yield from (f"ramanfit {BASES[verb]} {example}" for example in EXAMPLES[name])
    yield from ELSEWHERE
    if SHARED.is_dir():
        for path in sorted(SHARED.rglob("*")):
            if path.is_file() and path.stat().st_size < 4 << 20:
                name = shlex.quote(str(path))
                yield f"ramanfit info {name} --json; ramanfit ratio {name}; ramanfit export {name} | md5sum"
                if path.suffix in (".mpt", ".mpr", ".csv") or "echem" in path.name or "maccor" in path.name:
                    yield f"ramanfit ratio day --echem {name}"


def main() -> int:
    """Compare two commits; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.same", description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("commits", nargs=2, metavar="COMMIT")
    parser.add_argument("--only", default="", help="only commands that hold this text")
    parser.add_argument("--show", action="store_true", help="show both outputs where they differ")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sides = [Side(commit, folder / str(k)) for k, commit in enumerate(given.commits)]
        first, second = (side.options() for side in sides)
        common = {verb: first[verb] & second[verb] for verb in first if verb in second}
        unknown = sorted({o for names in common.values() for o in names} - EXAMPLES.keys() - {"--help"})
        verbs = sorted(common.keys() - BASES.keys())
        todo = [command for command in dict.fromkeys(commands(common)) if given.only in command]
        apart = 0

        def both(numbered: tuple[int, str]) -> tuple[str, list[str], list[Outcome]]:
            # one after the other in a folder of one name, so that no message can differ by it
            place = folder / "work" / str(numbered[0] % 8)
            outcomes = [side.run(numbered[1], place) for side in sides]
            return numbered[1], outcomes[0].differences(outcomes[1]), outcomes

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for start in range(0, len(todo), 8):  # no two at a time in one folder
                for command, differing, outcomes in pool.map(both, enumerate(todo[start : start + 8])):
                    if not differing:
                        continue
                    apart += 1
                    print(f"differs ({', '.join(differing)}): {command[:300]}")
                    for side, outcome in zip(sides, outcomes, strict=True) if given.show else ():
                        said = (outcome.stdout[-1500:] + b"\n" + outcome.stderr[-1500:]).decode("utf-8", "replace")
                        print(f"--- {side.commit}: status {outcome.status}\n{said}")
        for name in (*unknown, *verbs):
            print(f"no example of {name} here")
        print(f"{len(todo)} commands, {apart} differ")
        return 2 if unknown or verbs else int(apart > 0)


if __name__ == "__main__":
    sys.exit(main())

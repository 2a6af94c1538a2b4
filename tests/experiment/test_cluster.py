"""A Dask cluster of processes on this machine: the bytes of one process, and what is said when a part of it is lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import ramanfit
from ramanfit.errors import RamanfitError, UsageError
from ramanfit.tables.forms import open_writer
from ramanfit.tables.table import Table
from tests.cluster import ENVIRONMENT, ROOT, LocalDask, local_dask, stop

pytest.importorskip("distributed")
pytestmark = pytest.mark.posix

PROGRAM = [sys.executable, "-m", "ramanfit"]
SAMPLES = ROOT / "sample_spectra"
SHIFT = np.linspace(900.0, 1900.0, 300)
FILES = 20
LONG_S = 120.0  # a machine may be busy; nothing here waits for so long


SHORT = "from ramanfit.experiment import cluster\nfrom ramanfit.__main__ import main\ncluster.{} = {}\nmain()"


def write(path: Path, spectra: int, seed: int) -> None:
    """A table of spectra with G, B and shot noise."""
    g, b = 400 / (1 + ((SHIFT - 1590) / 15) ** 2), 250 / (1 + ((SHIFT - 1345) / 65) ** 2)
    counts = np.random.default_rng(seed).poisson(np.tile(700 + g + b, (spectra, 1)))
    np.savetxt(path, np.column_stack([SHIFT, counts.T]), fmt="%.8g", delimiter="\t")


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with many files, and with a large one."""
    folder = tmp_path_factory.mktemp("day")
    (folder / "many").mkdir()
    for i in range(FILES):
        write(folder / "many" / f"s{i:02d}.txt", 1 + i % 3, i)
    write(folder / "large.txt", 2100, 99)  # two blocks
    return folder


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDask]:
    """Two workers that nobody disturbs."""
    with local_dask(tmp_path_factory.mktemp("dask")) as cluster:
        yield cluster


def run(
    *words: object, folder: Path, status: int = 0, stdin: bytes = b"", program: str = ""
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", program] if program else PROGRAM
    done = subprocess.run(
        [*command, *map(str, words)],
        cwd=folder,
        env=ENVIRONMENT,
        input=stdin,
        capture_output=True,
        timeout=LONG_S,
        check=False,
    )
    assert done.returncode == status, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    return done


@pytest.mark.parametrize(
    ("verb", "files"), [("fit", "many"), ("ratio", "large.txt"), ("bands", "many"), ("curves", "many")]
)
def test_the_bytes_are_those_of_one_process(verb: str, files: str, day: Path, dask: LocalDask) -> None:
    alone = run(verb, day / files, folder=day)
    shared = run(verb, day / files, "--scheduler", dask.address, folder=day)
    assert shared.stdout == alone.stdout
    assert shared.stderr == alone.stderr
    if verb == "fit":
        assert run(verb, day / files, "--scheduler", dask.file, folder=day).stdout == alone.stdout


def test_tables_of_a_folder_and_figures_are_the_same(day: Path, dask: LocalDask, tmp_path: Path) -> None:
    for name, more in (("one", ()), ("other", ("--scheduler", dask.file))):
        run(
            "evolve",
            SAMPLES / "operando",
            "--no-figures",
            "--no-report",
            *more,
            "-o",
            tmp_path / name,
            "-q",
            folder=day,
        )
        run("plot", day / "many", "--worst", "2", *more, "-o", tmp_path / f"{name}.png", "-q", folder=day)
    for path in (tmp_path / "one").iterdir():
        if path.name != "run.json":  # it names the command
            assert path.read_bytes() == (tmp_path / "other" / path.name).read_bytes(), path.name
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()


def test_what_workers_do_not_see_is_sent(day: Path, dask: LocalDask) -> None:
    """Relative names mean other files where the workers are; standard input is nowhere but here."""
    alone = run("ratio", "many", "large.txt", folder=day)
    shared = run("ratio", "many", "large.txt", "--scheduler", dask.file, folder=day)
    assert shared.stdout == alone.stdout
    assert shared.stderr.decode().count("spectra are sent from here") == 1
    data = (day / "large.txt").read_bytes()
    for files in (["-"], ["many/s01.txt", "-"]):
        alone = run("ratio", *files, folder=day, stdin=data)
        assert run("ratio", *files, "--scheduler", dask.file, folder=day, stdin=data).stdout == alone.stdout


def test_another_file_of_that_name_is_not_read(day: Path, tmp_path: Path) -> None:
    """Workers in a folder whose files have the same names and sizes, and other counts."""
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        for i in range(4):
            shutil.copy(day / "many" / "s00.txt", folder / f"{i}.txt")
    for path in there.iterdir():
        path.write_bytes(path.read_bytes().replace(b"\t7", b"\t8"))
    names = [f"{i}.txt" for i in range(4)]
    with local_dask(tmp_path / "dask", 0) as dask:
        dask.add_worker(folder=there)
        shared = run("ratio", *names, "--scheduler", dask.file, folder=here)
        assert b"is not seen, or is another file" in shared.stderr
        assert shared.stdout == run("ratio", *names, folder=here).stdout
        assert shared.stdout != run("ratio", *names, folder=there).stdout


def test_an_error_of_a_file_is_the_one_of_one_process(day: Path, dask: LocalDask, tmp_path: Path) -> None:
    shutil.copytree(day / "many", tmp_path / "many")
    (tmp_path / "many" / "s11.txt").write_text("shift\tcounts\n1\t2\n3\tx\n")
    for more, status in (((), 1), (("-k",), 1)):
        alone = run("ratio", tmp_path / "many", *more, folder=day, status=status)
        shared = run("ratio", tmp_path / "many", *more, "--scheduler", dask.file, folder=day, status=status)
        assert (shared.stdout, shared.stderr) == (alone.stdout, alone.stderr)


# -- what is lost on the way --------------------------------------------------------------------------------


def in_the_middle(dask: LocalDask, day: Path, out: Path, answer_s: float = 30) -> subprocess.Popen[str]:
    """A run one of whose two workers hangs, and that has some results."""
    stop(dask.workers[0])
    program, files = SHORT.format("ANSWER_S", answer_s), sorted(map(str, (day / "many").iterdir()))
    process = subprocess.Popen(
        [sys.executable, "-c", program, "fit", *files, "--scheduler", str(dask.file), "-o", str(out)],
        cwd=day,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not {"memory", "processing"} <= {*dask.tasks()}:
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    return process


def test_a_worker_that_is_killed_is_not_missed(day: Path, tmp_path: Path) -> None:
    with local_dask(tmp_path / "dask") as dask:
        process = in_the_middle(dask, day, tmp_path / "out.csv")
        dask.workers[0].kill()
        out, said = process.communicate(timeout=LONG_S)
    assert (process.returncode, out) == (0, ""), said
    assert "distributed" not in said
    run("fit", day / "many", "-o", tmp_path / "alone.csv", folder=day)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "alone.csv").read_bytes()


@pytest.mark.parametrize("way", ["is gone", "hangs"])
def test_a_scheduler_that_is_lost_is_said(way: str, day: Path, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("an earlier result\n")
    with local_dask(tmp_path / "dask") as dask:
        process = in_the_middle(dask, day, tmp_path / "out.csv", 3)
        if way == "hangs":
            stop(dask.scheduler)
        else:
            dask.scheduler.kill()
        began = time.monotonic()
        out, said = process.communicate(timeout=LONG_S)
    assert time.monotonic() - began < 20
    assert (process.returncode, out) == (1, "")
    assert said.splitlines() == [
        f"ramanfit: {dask.address}: the Dask scheduler is gone, was restarted, or hangs",
        "  hint: what was fitted there is lost: see whether it runs, then say the same again",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dask", "out.csv"]
    assert (tmp_path / "out.csv").read_text() == "an earlier result\n"


def test_an_interrupt_takes_the_work_back(day: Path, tmp_path: Path) -> None:
    with local_dask(tmp_path / "dask") as dask:
        process = in_the_middle(dask, day, tmp_path / "out.csv")
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        out, said = process.communicate(timeout=LONG_S)
        assert time.monotonic() - began < 20
        assert (process.returncode, out, said) == (130, "", "")
        deadline = time.monotonic() + LONG_S
        while left := dask.tasks():
            assert time.monotonic() < deadline, left
    assert [path.name for path in tmp_path.iterdir()] == ["dask"]


def ends_its_worker(_: int) -> None:
    os._exit(1)


def test_what_ends_every_worker_is_said(tmp_path: Path) -> None:
    program = (
        "from ramanfit.experiment.cluster import client_of, cluster\n"
        "from ramanfit.errors import RamanfitError\n"
        "from ramanfit import Silent\n"
        "from tests.experiment.test_cluster import ends_its_worker\n"
        "import sys\n"
        "try:\n"
        "    with client_of(sys.argv[1]) as client, cluster(client, Silent()) as hands:\n"
        "        list(hands(ends_its_worker, [1]))\n"
        "except RamanfitError as error:\n"
        "    print(error, error.hint)\n"
    )
    with local_dask(tmp_path / "dask", 2, {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}) as dask:
        done = run(dask.address, folder=tmp_path, program=program)
    assert done.stdout.decode().startswith(f"{dask.address}: one piece of work ended 2 workers one after another")
    assert b"short of memory" in done.stdout
    assert done.stderr == b""


# -- what cannot be begun -----------------------------------------------------------------------------------

BLOCKED = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "{0}":
            raise ModuleNotFoundError("No module named '{0}'", name="{0}")
sys.meta_path.insert(0, Blocked())
"""


def test_workers_with_other_versions_are_named(day: Path, tmp_path: Path) -> None:
    """Another NumPy, another text of ramanfit, none at all: each on a worker of its own."""
    package = tmp_path / "changed" / "ramanfit"
    shutil.copytree(ROOT / "ramanfit", package)
    errors = package / "errors.py"
    errors.write_text(errors.read_text().replace(f'"{ramanfit.__version__}"', '"0.0.9"'))
    old = tmp_path / "old" / "numpy-1.0.dist-info"
    old.mkdir(parents=True)
    (old / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 1.0\n")
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "sitecustomize.py").write_text(BLOCKED.format("ramanfit"))
    says = {
        "changed": f"ramanfit 0.0.9 (*) there, {ramanfit.__version__} (*) here",
        "old": f"numpy 1.0 there, {np.__version__} here",
        "none": "a worker cannot do the work: No module named 'ramanfit'",
    }
    with local_dask(tmp_path / "dask", 0) as dask:
        for name, expected in says.items():
            worker = dask.add_worker({"PYTHONPATH": f"{tmp_path / name}:{ROOT}"}, folder=tmp_path)
            files = day / ("large.txt" if name == "old" else "many")
            done = run("ratio", files, "--scheduler", dask.file, "-o", "x.csv", folder=tmp_path, status=1)
            first, hint = done.stderr.decode().splitlines()
            before, _, after = expected.partition("(*)")
            assert before in first
            assert after.rpartition("(*)")[2] in first
            assert hint.startswith("  hint: install ")
            worker.kill()
            worker.wait()
    assert not (tmp_path / "x.csv").exists()


def test_a_scheduler_that_is_not_there_is_said(day: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "empty.json").write_text("{}")
    with ThreadPoolExecutor(6) as pool:
        says = {
            "tcp://127.0.0.1:9": "tcp://127.0.0.1:9: no Dask scheduler answers: ",
            "nonsense": "nonsense: no Dask scheduler answers: missing port number",
            "http://127.0.0.1:9": "http://127.0.0.1:9: no Dask scheduler answers: unknown address scheme",
            "nowhere.json": "nowhere.json: No such file or directory",
            "broken.json": "broken.json: expected a scheduler file of Dask, found no JSON",
            "empty.json": "empty.json: expected a scheduler file of Dask, found no address in it",
        }
        done = pool.map(
            lambda to: run("ratio", day / "many", "--scheduler", to, "-o", "x.csv", folder=tmp_path, status=1), says
        )
        for expected, one in zip(says.values(), done, strict=True):
            assert one.stderr.decode().startswith(f"ramanfit: {expected}")
            assert len(one.stderr.splitlines()) <= 2
    assert not (tmp_path / "x.csv").exists()


def test_a_cluster_without_workers_is_not_waited_for_for_ever(day: Path, tmp_path: Path) -> None:
    short = (
        "from ramanfit.experiment import cluster\ncluster.NO_WORKER_S = 2\nfrom ramanfit.__main__ import main\nmain()"
    )
    with local_dask(tmp_path / "dask", 0) as dask:
        done = run("ratio", day / "many", "--scheduler", dask.file, folder=tmp_path, status=1, program=short)
    assert done.stderr.decode().splitlines() == [
        f"ramanfit: {dask.address}: no workers yet: waiting",
        f"ramanfit: {dask.address}: this Dask cluster has no workers, for 2 s now",
        f"  hint: start some: dask worker {dask.address}",
    ]


def test_without_dask_the_extra_is_named(day: Path) -> None:
    blocked = BLOCKED.format("distributed") + "from ramanfit.__main__ import main\nmain()"
    done = run("ratio", day / "many", "--scheduler", "tcp://127.0.0.1:9", folder=day, status=1, program=blocked)
    said = "ramanfit: --scheduler needs the package distributed, which is not installed\n"
    assert done.stderr.decode() == f"{said}  hint: pip install 'ramanfit-cli[dask]'\n"


def test_it_is_refused_where_it_cannot_act(day: Path, tmp_path: Path) -> None:
    some = ("--scheduler", "tcp://127.0.0.1:9")
    for jobs in ("1", "2"):
        done = run("fit", day / "many", "-j", jobs, *some, folder=day, status=2)
        assert b"--scheduler and --jobs both say who does the work" in done.stderr
    done = run("watch", day / "many", "-o", tmp_path / "out", *some, folder=day, status=2)
    assert b"--scheduler is for commands that end" in done.stderr
    run("fit", day / "many", "-o", tmp_path / "fits.csv", folder=day)
    done = run("ratio", tmp_path / "fits.csv", *some, folder=day, status=2)
    assert b"--scheduler: a table of fits has nothing left to fit" in done.stderr


# -- from Python --------------------------------------------------------------------------------------------


def csv(table: Table, path: Path) -> bytes:
    with open_writer(path, "csv") as writer:
        writer.write(table)
    return path.read_bytes()


def test_an_executor_from_python(day: Path, tmp_path: Path) -> None:
    expected = csv(ramanfit.ratios(day / "many"), tmp_path / "1.csv")
    with ThreadPoolExecutor(2) as pool:
        assert csv(ramanfit.ratios(day / "many", executor=pool), tmp_path / "2.csv") == expected
        assert csv(ramanfit.ratios(day / "many", executor=pool, jobs=3), tmp_path / "3.csv") == expected
        with pytest.raises(UsageError, match="give one"):
            ramanfit.ratios(day / "many", executor=pool, scheduler="tcp://127.0.0.1:9")
    with pytest.raises(UsageError, match="leave out one"):
        ramanfit.ratios(day / "many", jobs=2, scheduler="tcp://127.0.0.1:9")
    with pytest.raises(RamanfitError, match="no Dask scheduler"):
        ramanfit.ratios(day / "many", scheduler="nonsense")


def test_a_client_from_python(day: Path, dask: LocalDask) -> None:
    """A client that the caller has, and keeps."""
    program = (
        "import sys, ramanfit\nfrom distributed import Client\n"
        "with Client(sys.argv[2], set_as_default=False) as client:\n"
        "    for files in (f'{sys.argv[1]}/many', f'{sys.argv[1]}/large.txt'):\n"
        "        shared = ramanfit.ratios(files, executor=client).to_pandas()\n"
        "        assert shared.equals(ramanfit.ratios(files).to_pandas())\n"
        "    (scan,) = ramanfit.open_scans(f'{sys.argv[1]}/large.txt')\n"
        "    recipe = ramanfit.load_recipe('li-graphite')\n"
        "    shared = ramanfit.fit_scan(scan, recipe, executor=client).result.height\n"
        "    assert (shared == ramanfit.fit_scan(scan, recipe).result.height).all()\n"
        "    assert client.submit(sum, [1, 2]).result() == 3\n"
    )
    assert run(day, dask.address, folder=day, program=program).stderr == b""

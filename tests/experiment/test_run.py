"""Folders that `evolve` writes: one run, one record; what is of another is said."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ramanfit.errors import InputError
from ramanfit.experiment.run import RUN, check_run, check_tables, made_beside, move_in, refuse_foreign_run
from tests.attack.shop import bring, environment, program, run


def make(target: Path, files: dict[str, str]) -> list[str]:
    with made_beside(target) as beside:
        for name, text in files.items():
            (beside / name).write_text(text)
        return move_in(beside, files, target, {"ramanfit": "1", "command": ["x"]})


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_run_names_its_files_and_replaces_the_one_before(tmp_path: Path) -> None:
    target = tmp_path / "out"
    assert make(target, {"a.csv": "1", "b.png": "2"}) == []
    assert names(tmp_path) == {"out"}
    record = json.loads((target / RUN).read_text())
    assert record["command"] == ["x"]
    assert {one["file"]: one["sha256"] for one in record["files"]} == {
        name: hashlib.sha256(text.encode()).hexdigest() for name, text in (("a.csv", "1"), ("b.png", "2"))
    }
    (target / "mine.txt").write_text("mine")
    assert make(target, {"a.csv": "3"}) == []
    assert names(target) == {"a.csv", "mine.txt", RUN}
    assert check_run(target) == []


def test_a_file_that_somebody_changed_is_not_removed(tmp_path: Path) -> None:
    make(tmp_path / "out", {"a.csv": "1", "b.png": "2"})
    (tmp_path / "out" / "b.png").write_text("mine")
    (said,) = make(tmp_path / "out", {"a.csv": "3"})
    assert "b.png: left as it is" in said
    assert (tmp_path / "out" / "b.png").read_text() == "mine"


@pytest.mark.parametrize("name", ["../other.txt", "/etc/hosts", "sub/a.csv", RUN, "..", "a\0b", 3])
def test_a_record_points_nowhere_else(name: object, tmp_path: Path) -> None:
    target = tmp_path / "out"
    (target / "sub").mkdir(parents=True)
    (tmp_path / "other.txt").write_text("x")
    (target / "sub" / "a.csv").write_text("x")
    digest = hashlib.sha256(b"x").hexdigest()
    (target / RUN).write_text(json.dumps({"ramanfit": "1", "files": [{"file": name, "sha256": digest}, 3, {}]}))
    make(target, {"a.csv": "1"})
    assert (tmp_path / "other.txt").exists()
    assert (target / "sub" / "a.csv").exists()


def test_a_mixture_is_named_and_a_file_that_was_removed_is_not_missed(tmp_path: Path) -> None:
    target = tmp_path / "out"
    make(target, {"a.csv": "1", "b.png": "2", "c.csv": "3"})
    (target / "b.png").write_text("of another run")
    (target / "c.csv").unlink()
    (said,) = check_run(target)
    assert "b.png" in said
    assert "a.csv" not in said
    assert "c.csv" not in said
    assert check_tables([str(target / "a.csv")]) == [said]
    assert check_tables([str(target / "foreign.csv")]) == []
    assert check_run(tmp_path) == []


def test_an_interrupted_move_is_noticed_and_its_files_are_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out"
    make(target, {"a.csv": "1", "b.png": "2"})
    moved = Path.replace

    def fails(path: Path, final: Path) -> Path:
        if Path(final).name == "c.svg":
            raise KeyboardInterrupt
        return moved(path, final)

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(KeyboardInterrupt):
        make(target, {"new.svg": "4", "a.csv": "3", "c.svg": "5"})
    monkeypatch.undo()
    assert names(tmp_path) == {"out"}
    assert names(target) == {"a.csv", "b.png", "new.svg", RUN}
    (said,) = check_run(target)
    assert "interrupted" in said
    assert check_tables([str(target / "a.csv")]) == [said]
    (said,) = make(target, {"a.csv": "6"})
    assert "interrupted" in said
    assert names(target) == {"a.csv", RUN}  # new.svg of the run that was interrupted is gone too
    assert check_run(target) == []


def test_a_damaged_record_is_said_and_replaced_and_that_of_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / RUN).write_text('{"ramanfit": "0.1')
    assert "cannot be read" in check_run(tmp_path)[0]
    assert "cannot be read" in make(tmp_path, {"a.csv": "1"})[0]
    assert check_run(tmp_path) == []
    (tmp_path / RUN).write_text('{"epochs": 3}')
    assert check_run(tmp_path) == []
    with pytest.raises(InputError, match="found another file"):
        refuse_foreign_run(tmp_path)


def test_nothing_changes_where_a_file_cannot_be_put_in_place(tmp_path: Path) -> None:
    make(tmp_path / "out", {"a.csv": "1"})
    (tmp_path / "out" / "b.png").mkdir()
    with pytest.raises(InputError, match=r"b\.png: cannot be written"):
        make(tmp_path / "out", {"a.csv": "2", "b.png": "3"})
    assert (tmp_path / "out" / "a.csv").read_text() == "1"
    assert check_run(tmp_path / "out") == []


@pytest.mark.posix
def test_links_and_modes_stay(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere.csv").write_text("0")
    (tmp_path / "elsewhere.csv").chmod(0o640)
    (tmp_path / "out" / "a.csv").symlink_to(tmp_path / "elsewhere.csv")
    make(tmp_path / "out", {"a.csv": "1"})
    assert (tmp_path / "out" / "a.csv").is_symlink()
    assert (tmp_path / "elsewhere.csv").read_text() == "1"
    assert (tmp_path / "elsewhere.csv").stat().st_mode & 0o777 == 0o640


def test_an_error_names_the_target_not_the_passing_folder(tmp_path: Path) -> None:
    def fail() -> None:
        with made_beside(tmp_path / "out") as beside:
            raise InputError(f"{beside / 'a.csv'}: cannot be written: No space left on device")

    with pytest.raises(InputError) as caught:
        fail()
    assert caught.value.message == f"{tmp_path / 'out' / 'a.csv'}: cannot be written: No space left on device"
    assert names(tmp_path) == {"out"}


def test_evolve_as_a_command(tmp_path: Path) -> None:
    bring(range(3), tmp_path / "scans")
    words = program("evolve", "scans", "--no-report", "--no-figures", "--quantity", "redchi2", "-o", "out")
    env = environment("run", tmp_path / "tmp")
    assert run(words, env, tmp_path).returncode == 0
    made = names(tmp_path / "out")
    assert {"map_redchi2.csv", RUN, "ratios.csv"} <= made
    record = json.loads((tmp_path / "out" / RUN).read_text())
    assert {one["file"] for one in record["files"]} == made - {RUN}
    assert {"ramanfit", "command", "recipe", "inputs"} <= record.keys()
    first = (tmp_path / "out" / RUN).read_bytes()
    assert run(words, env, tmp_path).returncode == 0
    assert (tmp_path / "out" / RUN).read_bytes() == first  # no clock
    words = [word for word in words if word not in ("--quantity", "redchi2")]
    assert run(words, env, tmp_path).returncode == 0
    assert names(tmp_path / "out") == made - {"map_redchi2.csv"}
    assert run(program("ratio", "out/ratios.csv"), env, tmp_path).stderr == ""
    (tmp_path / "out" / "peaks.csv").write_text("of another run")
    for reading in (("ratio", "out/ratios.csv"), ("evolve", "out/ratios.csv")):
        done = run(program(*reading), env, tmp_path)
        assert done.returncode == 0
        assert "warning: out: not of the run that run.json names, or changed since: peaks.csv" in done.stderr
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / RUN).write_text('{"epochs": 3}')
    done = run(program("evolve", "scans", "--no-report", "--no-figures", "-o", "other"), env, tmp_path)
    assert done.returncode == 1
    assert "run.json: expected the record of a run, found another file" in done.stderr

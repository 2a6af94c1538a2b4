"""One line in the registry makes a format known everywhere, and every module of a format has its line."""

from __future__ import annotations

import importlib
import io
import re
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

import ramanfit.formats
from ramanfit.errors import InputError
from ramanfit.experiment.export import export
from ramanfit.formats import READERS, ReadOptions, find_exports, open_scans, registry
from ramanfit.formats.bytes_in import Source
from ramanfit.formats.reader import Reader
from ramanfit.formats.registry import FORMATS, Format, begins
from ramanfit.formats.wip.tags import _PROJECTS
from ramanfit.formats.writer import Writer
from ramanfit.scan.scan import Scan

ROOM = Path(ramanfit.formats.__file__).parent


def read(source: Source, options: ReadOptions) -> list[Scan]:
    return [Scan(np.arange(3.0), np.ones((1, 3)), "spectrum", source=source.path)]


def reader(name: str, first: bytes) -> Reader:
    def no_spectrum(source: Source) -> str:
        return "switched off" if b"off" in source.head else ""

    return Reader(name, "all", "nothing", "anything", lambda head: head.startswith(first), read, no_spectrum)


@pytest.fixture
def two_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """A binary format that is also written and a text, with nothing but their modules and a line each."""
    for module, first in (("new_binary", b"\xffNEW"), ("new_text", b"<new>")):
        added = types.ModuleType(f"ramanfit.formats.{module}")
        added.READER = reader(module, first)  # type: ignore[attr-defined]
        added.WRITER = Writer("New", lambda keys, taken, file, timezone: f"{file.write(b'new')} bytes")  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, added.__name__, added)
    lines = Format("new_binary", rb"\xffNEW", (".new",), form="new"), Format("new_text")
    monkeypatch.setattr(registry, "FORMATS", (lines[0], *FORMATS, lines[1]))
    monkeypatch.setitem(registry.FORMS, "new", lines[0])
    monkeypatch.setattr("ramanfit.experiment.export.EXPORT_FORMS", ("csv", "new"))


@pytest.mark.usefixtures("two_more")
@pytest.mark.parametrize("content", [b"\xffNEW\0\1", b"<new> words"])
def test_a_format_of_one_line_is_found_everywhere(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    (tmp_path / "b").write_bytes(content + b"off")
    files, passed = find_exports([str(tmp_path)])
    assert files == [str(tmp_path / "a")]
    assert [item.reason for item in passed] == ["switched off"]
    assert len(open_scans(files[0])) == len(open_scans("-", stream=io.BytesIO(content))) == 1
    assert [one.name for one in ramanfit.formats.READERS] == ["new_binary", *(one.name for one in READERS), "new_text"]


@pytest.mark.usefixtures("two_more")
def test_a_form_of_one_line_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,2\n2,3\n3,4\n")
    export(tmp_path / "a.csv", tmp_path / "a.new")
    assert (tmp_path / "a.new").read_bytes() == b"new"


def test_every_module_with_a_reader_or_a_writer_has_its_line() -> None:
    texts = {path.stem: path.read_text(encoding="utf-8") for path in ROOM.glob("*.py")}
    texts["wip"] = (ROOM / "wip" / "reader.py").read_text(encoding="utf-8")
    for what, listed in (
        ("READER", {f.module for f in FORMATS if f.reads}),
        ("WRITER", {f.module for f in FORMATS if f.form}),
    ):
        assert {name for name, text in texts.items() if f"\n{what} = " in text} == listed


def test_what_a_format_needs_is_an_extra() -> None:
    extras = (
        (ROOM.parents[1] / "pyproject.toml").read_text(encoding="utf-8").partition("[project.optional-dependencies]")[2]
    )
    for one in FORMATS:
        (line,) = [line for line in extras.splitlines() if line.startswith(f"{one.extra} =")] if one.extra else [""]
        assert all(f'"{package}>=' in line for package in one.packages)


def test_what_the_registry_says_of_a_reader_is_so() -> None:
    firsts = {
        "truematch": b"[WITEC_TRUEMATCH_ASCII_HEADER]\r\nVersion = 1.0",
        "bwtek": b"File Version;BWRam4.11",
        "jcamp": b"##TITLE=a\n## jcamp-dx =4.24\n",
    }
    assert {one.module for one in FORMATS if one.opens} == {*firsts}
    for one in FORMATS:
        if one.reads:
            its = importlib.import_module(f"ramanfit.formats.{one.module}").READER
            assert one.owns == (its.owns is not Reader._field_defaults["owns"])
            if one.opens:  # what begins in another way is not its reader's
                assert its.sniff(firsts[one.module])
                assert re.match(one.opens, firsts[one.module])
                assert not its.sniff(b"x" + firsts[one.module])


def test_first_bytes_of_binary_files() -> None:
    assert all(begins("wip", magic) for magic in _PROJECTS)
    assert not begins("wip", b"WIT_PR07")
    header = bytes([0, ord("K"), *[255] * 323, *[0] * 187])
    assert begins("spc", header)
    assert begins("spc", header.replace(b"K", b"L") + b"\n")
    assert not begins("spc", header[:-1])
    assert not begins("spc", header[:-1] + b"\1")
    assert not begins("spc", header.replace(b"K", b"M"))


def test_a_folder_says_why_when_nothing_in_it_is_known(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    with pytest.raises(InputError) as caught:
        find_exports([str(tmp_path)])
    assert "no rows of numbers" in (caught.value.hint or "")


@pytest.mark.parametrize("module", ["ramanfit.formats.registry", "ramanfit.experiment.outputs"])
def test_the_registry_needs_no_numpy(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, {module}; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    assert "numpy" not in done.stdout.split()

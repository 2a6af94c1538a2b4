"""What a folder on the command line stands for."""

from __future__ import annotations

from pathlib import Path

import pytest

from ramanfit.errors import FormatError, InputError
from ramanfit.formats import find_exports, open_scans
from ramanfit.formats.find import natural_key
from tests.wip_writer import Builder

TABLE = "".join(f"{100 + 2 * i}.5\t{700 + i}\n" for i in range(20))
COLUMN = "".join(f"{100 + 2 * i}.5\n" for i in range(20))
HEADER = "//Exported ASCII-File\n[Header]\nGraphName = G\nSizeX = 1\nSizeY = 1\nSizeGraph = 20\nXAxisUnit = rel. 1/cm\n"


def fill(folder: Path, **files: str | bytes) -> list[str]:
    for name, content in files.items():
        file = folder / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [str(folder / name) for name in files]


def found(folder: Path) -> list[str]:
    return [Path(file).name for file in find_exports([str(folder)])[0]]


def test_natural_order() -> None:
    names = ["P10.txt", "P2.txt", "p1.txt", "P.txt", "P2b.txt", "10.txt", "9.txt", "Pü.txt", "P2 10.txt", "P2 9.txt"]
    assert sorted(names, key=natural_key) == [
        *("9.txt", "10.txt", "P.txt", "p1.txt", "P2.txt", "P2 9.txt", "P2 10.txt", "P2b.txt", "P10.txt", "Pü.txt")
    ]


def test_a_folder_in_natural_order_without_its_folders(tmp_path: Path) -> None:
    fill(tmp_path, **{f"P{i}.txt": TABLE for i in (10, 2, 1)})
    (tmp_path / "deeper").mkdir()
    fill(tmp_path / "deeper", **{"P3.txt": TABLE})
    assert found(tmp_path) == ["P1.txt", "P2.txt", "P10.txt"]
    files, _ = find_exports([str(tmp_path / "P10.txt"), str(tmp_path)])
    assert [Path(file).name for file in files] == ["P1.txt", "P2.txt", "P10.txt"]  # each once


def test_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, **{"P1.txt": TABLE})
    monkeypatch.chdir(tmp_path)
    assert find_exports(["."])[0] == ["P1.txt"]
    assert find_exports(["-", "P1.txt", "-", "./P1.txt"])[0] == ["-", "P1.txt"]


def test_what_is_clearly_no_spectrum_is_passed_over(tmp_path: Path) -> None:
    junk: dict[str, str | bytes] = {
        "README.md": "# Notes\n\nSee 2024.\n",
        "recipe.toml": "[axis]\nunit = 'nm'\n",
        "peaks.csv": "source,scan,point,position_um,time_s,peak\na.txt,0,P1,0,12.5,G\n",
        "truth.csv": "point,center_cm1,fwhm_cm1\n" + "".join(f"{i},1590.5,30\n" for i in range(20)),
        "map_ratio.csv": "position_um,0,600\n" + "".join(f"{i},1.5,1.25\n" for i in range(20)),
        "few.csv": "x,y\n1,2\n3,4\n",
        "matrix.txt": "".join(f"{(7 * i) % 11}.5\t{i}\n" for i in range(20)),
        "numbers.txt": COLUMN,
        "figure.png": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "report.pdf": b"%PDF-1.7\n",
        "texts.wip": Builder().build(),
        "cell.mpt": "EC-Lab ASCII FILE\nNb header lines : 3\ntime/s\tEwe/V\n1.5\t2\n2.5\t3\n",
        "P1 Information.txt": "P1\n\nGeneral:\nSystem ID:\t1\n",
        "V Information.txt": "Video Image--001\n\nGeneral:\nSystem ID: \t1\n\nVideo System:\nImage: \t1\n",
        "empty.log": "",
        "notes.txt": "Montag",
        "wide.txt": "Notizen äöü".encode("utf-16"),
    }
    fill(tmp_path, **junk, **{"P1.txt": TABLE, ".hidden.txt": TABLE, "~$P1.txt": TABLE})
    files, passed = find_exports([str(tmp_path)])
    assert [Path(file).name for file in files] == ["P1.txt"]
    assert {Path(over.path).name for over in passed} == junk.keys()
    reasons = {Path(over.path).name: over.reason for over in passed}
    assert all(reasons.values())
    assert "video image" in reasons["V Information.txt"]
    assert reasons["texts.wip"] == "a WITec project without a spectrum: empty"


@pytest.mark.parametrize(
    "content",
    [
        TABLE.replace("\t705\n", "\n"),
        TABLE.replace("\t705\n", "\tabc\n"),
        TABLE.replace("110.5", "98.5"),
        "X-Axis\tS(0)\n",
        "X-Axis\tS(0)\nrel. 1/cm\tCCD cts\n1.5\t2\n",
        HEADER + "\n[Data]\n",
        HEADER,
        "",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
        b"\x1f\x8b\x08\0broken",
        "[WITEC_TRUEMATCH_ASCII_HEADER]\n",
        Builder().build()[:-1],
        b"WIT_PR06" + bytes(100),
    ],
)
def test_a_broken_export_is_told_of(tmp_path: Path, content: str | bytes) -> None:
    fill(tmp_path, **{"P1.txt": content, "P2.txt": TABLE})
    assert found(tmp_path) == ["P1.txt", "P2.txt"]
    with pytest.raises(FormatError):
        open_scans(str(tmp_path / "P1.txt"))


@pytest.mark.parametrize("rows", [8, 5000])
def test_a_table_without_a_last_line_end(tmp_path: Path, rows: int) -> None:
    fill(tmp_path, **{"P1.txt": "\n".join(f"{i}.123456\t{i}.654321" for i in range(rows))})
    assert found(tmp_path) == ["P1.txt"]


def test_split_exports_count_once(tmp_path: Path) -> None:
    names = ["a (Header).txt", "a (X-Axis).txt", "a (Y-Axis).txt", "b-x.dat", "b-y.dat"]
    fill(tmp_path, **dict(zip(names, [HEADER, COLUMN, COLUMN, COLUMN, COLUMN], strict=True)))
    assert found(tmp_path) == ["a (Header).txt", "b-x.dat"]
    paths = [str(tmp_path / name) for name in names]
    for part in paths:
        assert find_exports([part])[0] == [part]
        assert len(open_scans(part)) == 1
    assert find_exports([paths[2], paths[0], paths[4], paths[1], paths[3]])[0] == [paths[2], paths[4]]
    (tmp_path / names[1]).unlink()
    assert "a (Header).txt" in found(tmp_path)
    with pytest.raises(FormatError, match=r"missing: a \(X-Axis\)\.txt"):
        open_scans(paths[0])


def test_a_table_named_like_a_part(tmp_path: Path) -> None:
    fill(tmp_path, **{"n-x.txt": TABLE, "n-y.txt": TABLE})
    assert found(tmp_path) == ["n-x.txt", "n-y.txt"]


def test_folders_without_spectra(tmp_path: Path) -> None:
    empty, junk, nested, good = (tmp_path / name for name in ("empty", "junk", "nested", "good"))
    for folder in (empty, junk, nested, nested / "inside", good):
        folder.mkdir()
    fill(junk, **{"a.md": "# A", "b.toml": "b = 1"})
    fill(good, **{"P1.txt": TABLE})
    with pytest.raises(InputError, match="no spectrum in this folder, 0 files passed over"):
        find_exports([str(empty)])
    with pytest.raises(InputError, match="2 files passed over") as caught:
        find_exports([str(junk)])
    assert "a.md" in (caught.value.hint or "")
    with pytest.raises(InputError) as caught:
        find_exports([str(nested)])
    assert "not searched" in (caught.value.hint or "")
    errors: list[InputError] = []
    files, _ = find_exports([str(empty), str(good), str(junk)], errors=errors)
    assert [Path(file).name for file in files] == ["P1.txt"]
    assert len(errors) == 2


def test_named_files_are_returned_whatever_they_are(tmp_path: Path) -> None:
    named, project = fill(tmp_path, **{"a.md": "# A", "p.wip": "nothing"})
    paths = [named, f"{project}::Line*"]
    assert find_exports(paths) == (paths, [])
    with pytest.raises(InputError, match=r"none\.txt: No such file"):
        find_exports([*paths, str(tmp_path / "none.txt")])
    errors: list[InputError] = []
    assert find_exports([*paths, str(tmp_path / "p.wit")], errors=errors) == (paths, [])
    assert errors[0].hint == f"did you mean {project}?"


@pytest.mark.posix
def test_one_file_under_two_names(tmp_path: Path) -> None:
    (path,) = fill(tmp_path, **{"P1.txt": TABLE})
    (tmp_path / "P2.txt").symlink_to(path)
    assert found(tmp_path) == ["P1.txt"]

"""A report of files, points, peaks, covariates and flags that are called code, in Chromium: nothing runs or leaves."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ramanfit import recipe
from ramanfit.cli import ramanfit
from ramanfit.cli.console import Console
from tests.attack.hostile_files import spectrum
from tests.drawing.browsing import chromium as browser_of

pytestmark = pytest.mark.posix  # such names of files

RUN = "window.ran=1"
FOREIGN = "http://127.0.0.1:9/asked"  # would be asked for, were it a tag
HOSTILE = [
    f"</script><script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f'"><img src={FOREIGN} onerror="{RUN}">',
    f"'-({RUN})-'",
    f'"-({RUN})-"',
    f"`${{{RUN}}}`",
    f"\\';{RUN};//",
    f"<!--<script>{RUN}",
    f"]]><svg onload={RUN}>",
    f"</title></style></textarea><body onload={RUN}>",
    f"javascript:{RUN}",
    f'a" onmouseover="{RUN}" autofocus onfocus="{RUN}',
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"<link rel=stylesheet href={FOREIGN}><style>@import '{FOREIGN}';</style>",
    f"<iframe srcdoc='<script>parent.ran=1</script>' src={FOREIGN}></iframe>",
    f"{{{{{RUN}}}}}",
    f"\u2028{RUN}\u2029",
    f"\x1b[31m\x07\x08\x01\x7f\x9b {RUN}",
    f"\udcff\ud800<script>{RUN}</script>",
    "__proto__",
    "constructor",
    "toString",
]
TOUCHED = """
for (const node of document.querySelectorAll("*")) {
  if (node.matches("a")) continue;  // leads elsewhere in the page
  const box = node.getBoundingClientRect();
  const place = {bubbles: true, clientX: box.x + box.width / 2, clientY: box.y + box.height / 2};
  for (const type of ["pointerover", "pointermove", "mouseover", "mousemove", "focus", "click"])
    node.dispatchEvent(new (type === "focus" ? FocusEvent : PointerEvent)(type, place));
}
"""
OWN = """
const on = [...document.querySelectorAll("*")].flatMap(
  (node) => [...node.attributes].filter((a) => /^on|^srcdoc$/.test(a.name) || /^\\s*javascript:/i.test(a.value)));
return [on.map((a) => a.name), document.querySelectorAll("iframe, img[src=x], img[src^=http], link[href]").length,
        [...document.scripts].filter((script) => /^\\s*window.ran/.test(script.text)).map((script) => script.text)];
"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with browser_of(tmp_path_factory.mktemp("profile")) as found:
        yield found


def harmless(chromium: Any, report: Path, *shown: str) -> None:
    """Open a report, touch everything in it; it ran nothing, asked for nothing, and shows the names as text."""
    chromium.get_log("browser"), chromium.get_log("performance")
    chromium.get(report.as_uri())
    chromium.execute_script(TOUCHED)
    text = chromium.execute_script("return document.documentElement.textContent")
    assert chromium.execute_script("return window.ran") is None
    assert chromium.execute_script(OWN) == [[], 0, []]
    assert [name for name in shown if name not in text] == []
    assert chromium.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in chromium.get_log("performance")]
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert [url for url in asked if url.partition("#")[0] != report.as_uri()] == []


def evolve(folder: Path, *words: str) -> Path:
    assert Console().run(ramanfit, ["evolve", *words, "--no-figures", "-q", "-o", str(folder / "out")]) == 0
    return folder / "out" / "report.html"


def test_names_of_exports_points_and_covariates(chromium: Any, tmp_path: Path) -> None:
    scans = tmp_path / "<script>window.ran=1"
    scans.mkdir()
    files = []
    for i, name in enumerate(HOSTILE):
        files.append(f"{i} {name.replace('/', '_').replace(chr(0xD800), '')}.txt")
        heading = " ".join(name.split()).encode("utf-8", "replace").decode()
        (scans / files[-1]).write_bytes(spectrum(heading, 150 + i))
    with (tmp_path / "c.csv").open("w", encoding="utf-8", errors="surrogateescape", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["file", "</script><b>dose", "sample"])
        writer.writerows([file, i, HOSTILE[i].replace("\ud800", "")] for i, file in enumerate(files))
    report = evolve(tmp_path, str(scans), "-k", "--period", "1min", "--covariates", str(tmp_path / "c.csv"))
    harmless(chromium, report, files[0], files[1])


def test_what_recipes_say(chromium: Any, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(spectrum("P1"))
    shipped = (Path(recipe.__file__).parent / "shipped" / "li-graphite.toml").read_text(encoding="utf-8")
    mine = tmp_path / "r.toml"
    for name in HOSTILE[:-3]:  # which are words
        mine.write_text(shipped.replace('"B"', json.dumps(name)), encoding="utf-8")
        assert Console().run(ramanfit, ["fit", str(tmp_path / "a.txt"), "-q", "--recipe", str(mine)]) == 2
    lines = [line for line in shipped.splitlines() if not line.startswith(("description", "source"))]
    said = json.dumps("\n".join(name for name in HOSTILE if "\udcff" not in name))
    lines[:0] = [f"{key} = {said.replace(chr(0x7F), '')}" for key in ("description", "source")]
    mine.write_text("\n".join(lines).replace('"B"', '"constructor\'"'), encoding="utf-8")
    harmless(chromium, evolve(tmp_path, str(tmp_path / "a.txt"), "--recipe", str(mine)), HOSTILE[0], "constructor'")


def test_tables_with_names_and_flags(chromium: Any, tmp_path: Path) -> None:
    header = ["source", "scan", "point", "position_um", "time_s"]
    values = [f"{peak}_{what}" for peak in "GB" for what in ("center_cm1", "fwhm_cm1", "height")]
    with (tmp_path / "t.csv").open("w", encoding="utf-8", errors="backslashreplace", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([*header, *values, "flags"])
        fits = (1590, 30, 100, 1350, 60, 90)
        writer.writerows([HOSTILE[0], 0, f"{i}{name}", 5 * i, 10, *fits, name] for i, name in enumerate(HOSTILE))
    harmless(chromium, evolve(tmp_path, str(tmp_path / "t.csv")), HOSTILE[0])


@pytest.mark.parametrize("code", [HOSTILE[0], HOSTILE[1], f"<img src={FOREIGN}>", f"<b onclick='{RUN}'>x</b>"])
def test_what_runs_or_leaves_is_seen(code: str, chromium: Any, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(f"<!doctype html><body>{code.removeprefix('</script>')}", encoding="utf-8")
    with pytest.raises(AssertionError):
        harmless(chromium, tmp_path / "report.html")

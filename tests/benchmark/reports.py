"""The report in a browser: how long it takes to open and to step, measured in the page itself; and its size."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from ramanfit.drawing.report import report_html
from tests.benchmark.measure import against
from tests.drawing.browsing import RECORD, chromium
from tests.drawing.test_report import experiment

ROUNDS, STEPS = 3, 20
PIXELS = 100  # of a map's side
CHANNELS = 420
KEYS = """
const [key, times, done] = [arguments[0], arguments[1], arguments[2]];
const spent = [];
const next = () => {
  if (spent.length === times) return done(spent);
  const start = performance.now();
  document.querySelector("#maps .plot").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  requestAnimationFrame(() => setTimeout(() => { spent.push(performance.now() - start); next(); }));
};
next();
"""


def reports() -> Iterator[str]:
    """3,000 spectra of six points and a map of 10,000 pixels: opening, steps by arrow keys, zoom."""
    names = [f"{i % PIXELS}/{i // PIXELS}" for i in range(PIXELS**2)]
    pages = {
        "144 scans of 6 points": experiment(144, 6, channels=700),
        "3,000 spectra": experiment(500, 6, channels=CHANNELS),
        "10,000 pixels": experiment(1, PIXELS**2, channels=CHANNELS, names=names),
    }
    opens = {"3,000 spectra": 2.0, "10,000 pixels": 4.0}
    with tempfile.TemporaryDirectory() as folder, chromium(Path(folder, "profile")) as browser:
        for what, (evolution, spectra) in pages.items():
            page = Path(folder, "report.html")
            page.write_bytes(report_html(evolution, spectra, RECORD, what))
            size = page.stat().st_size / 1e6
            if what not in opens:
                yield against(f"{what} of 700 channels: MB", size, "<=", 2)
                continue
            yield f"{what} of {CHANNELS} channels: {size:.3g} MB"
            opened = []
            for _ in range(ROUNDS):
                browser.get("about:blank")
                browser.get(page.as_uri())
                opened.append(_ready(browser) / 1000)
            yield against(f"{what}: open in s", median(opened), "<=", opens[what])
            for words, key in (("step to the next spectrum", "ArrowRight"), ("zoom in", "+")):
                times = sorted(browser.execute_async_script(KEYS, key, STEPS if key != "+" else 5))
                yield against(f"{what}: {words} in ms, median", median(times), "<=", 50 if key != "+" else 200)
                yield f"{what}: the slowest of these {times[-1]:.3g}"


def _ready(browser: Any) -> float:
    """Milliseconds from the request for a page until all of it is drawn."""
    script = (
        "const done = arguments[0]; const wait = () => document.documentElement.dataset.ready "
        "? requestAnimationFrame(() => setTimeout(() => done(performance.now()))) : setTimeout(wait, 5); wait()"
    )
    return float(browser.execute_async_script(script))

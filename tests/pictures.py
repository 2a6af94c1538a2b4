"""The pictures of the README: the map and the report of the sample experiment, as the README's own line makes them.

``python -m tests.pictures`` makes them anew; the report needs Chromium.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
MANUAL = ROOT / "ramanfit" / "manual"
SAMPLE = ROOT / "sample_spectra" / "operando"
WIDE = 1050  # pixels: half of what is printed
PAGE = (1400, 1000)
SPECTRUM = "#P3/scan-6"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--virtual-time-budget=8000",
)


def evolved(folder: Path) -> Path:
    """Run the README's line; return the folder that it made."""
    (record,) = SAMPLE.glob("*.mpt")
    line = ["evolve", SAMPLE, "--echem", record, "--capacity", "4mAh", "-q", "-o", folder / "evolution"]
    subprocess.run([sys.executable, "-m", "ramanfit", *map(str, line)], cwd=ROOT, check=True)
    return folder / "evolution"


def chromium() -> str | None:
    """Return the browser, if there is one."""
    return next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )


def map_picture(evolution: Path, target: Path) -> None:
    """Make a picture of the map for a screen."""
    with Image.open(evolution / "map.png") as picture:
        small = picture.convert("RGB").resize(
            (WIDE, round(picture.height * WIDE / picture.width)), Image.Resampling.BOX
        )
    small.quantize(128).save(target, optimize=True)


def report_picture(evolution: Path, target: Path) -> None:
    """Make a picture of the report with one spectrum open."""
    program = chromium()
    assert program is not None
    with TemporaryDirectory() as profile:
        size = f"--window-size={PAGE[0]},{PAGE[1]}"
        shot = Path(profile) / "shot.png"
        page = (evolution / "report.html").as_uri() + SPECTRUM
        asked = [program, *FLAGS, f"--user-data-dir={profile}", size, "--hide-scrollbars", f"--screenshot={shot}", page]
        subprocess.run(asked, check=True, capture_output=True, timeout=60)
        with Image.open(shot) as picture:
            picture.convert("RGB").quantize(256).save(target, optimize=True)


def main() -> None:
    """Make both."""
    with TemporaryDirectory() as folder:
        evolution = evolved(Path(folder))
        map_picture(evolution, MANUAL / "map.png")
        report_picture(evolution, MANUAL / "report.png")


if __name__ == "__main__":
    main()

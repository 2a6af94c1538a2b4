"""The report in a headless browser: a page, and what a reader does with it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ramanfit import load_recipe
from ramanfit.drawing.report import report_html
from ramanfit.experiment.events import events_table
from ramanfit.experiment.evolution import Evolution
from ramanfit.experiment.provenance import record_of
from ramanfit.experiment.spectra import Spectra

RECIPE = load_recipe("li-graphite")
RECORD = record_of(RECIPE, [], ["ramanfit", "evolve", "scans of a day/", "-o", "out"])
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update --window-size=1400,1000"
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


def chromium(profile: Path) -> Any:
    binary = next((p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("no Chromium with chromedriver")
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (*QUIET.split(), f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


class Opened:
    """A page in the browser, and what a reader does with it."""

    def __init__(self, browser: Any, path: Path, text: bytes, address: str = "") -> None:
        path.write_bytes(text)
        self.browser, self.folder, self.url = browser, path.parent, path.as_uri()
        browser.get_log("browser"), browser.get_log("performance")
        browser.execute_cdp_cmd(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(path.parent / "saved")}
        )
        browser.get("about:blank")  # an address alone would not load a page again
        browser.get(self.url + address)
        self.wait("return document.documentElement.dataset.ready")

    def wait(self, script: str, *arguments: object) -> Any:
        """Return what a script returns, once that is something."""
        for _ in range(400):
            if found := self.run(script, *arguments):
                return found
            time.sleep(0.02)
        raise AssertionError(f"never came true: {script}")

    def run(self, script: str, *arguments: object) -> Any:
        return self.browser.execute_script(script, *arguments)

    def drawn(self) -> None:
        """Wait until all that was asked for is drawn."""
        self.browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")

    def one(self, selector: str) -> Any:
        return self.browser.find_element("css selector", selector)

    def texts(self, selector: str) -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)"
        return [str(x) for x in self.run(script, selector)]

    @property
    def chosen(self) -> int:
        return int(self.one("#fit").get_attribute("data-row"))

    @property
    def compared(self) -> int:
        return int(self.one("#fit").get_attribute("data-other"))

    @property
    def address(self) -> str:
        return str(self.run("return decodeURIComponent(location.hash)"))

    def click_map(self, quantity: str, across: float, up: float) -> None:
        """Click at parts of a map's width and height, from its lower left corner."""
        from selenium.webdriver import ActionChains

        canvas = self.one(f'#maps [data-quantity="{quantity}"] canvas')
        self.run("arguments[0].scrollIntoView({block: 'center'})", canvas)
        size = canvas.size
        at = round((across - 0.5) * size["width"]), round((0.5 - up) * size["height"])
        ActionChains(self.browser).move_to_element_with_offset(canvas, *at).click().perform()

    def press(self, selector: str, *keys: str) -> None:
        self.one(selector).send_keys(*keys)
        self.drawn()

    def type(self, *keys: str) -> None:
        """Press keys wherever the focus is."""
        from selenium.webdriver import ActionChains

        for key in keys:
            ActionChains(self.browser).send_keys(key).perform()
        self.drawn()

    def with_shift(self, key: str) -> None:
        from selenium.webdriver import ActionChains, Keys

        ActionChains(self.browser).key_down(Keys.SHIFT).send_keys(key).key_up(Keys.SHIFT).perform()
        self.drawn()

    def tab_to(self, selector: str) -> None:
        """Move the focus by the tabulator alone."""
        from selenium.webdriver import Keys

        for _ in range(300):
            if self.run("return document.activeElement.matches(arguments[0])", selector):
                return
            self.type(Keys.TAB)
        raise AssertionError(f"the tabulator does not lead to {selector}")

    def saved(self, section: str, ending: str) -> bytes:
        """Return what a button saves, pressed by a key."""
        from selenium.webdriver import Keys

        folder = self.folder / "saved"
        folder.mkdir(exist_ok=True)  # and never removed: the browser may still be at what it saved before
        for file in folder.glob("*"):
            file.unlink(missing_ok=True)
        self.one(f'#{section} [data-save="{ending}"]').send_keys(Keys.ENTER)
        for _ in range(1500):
            files = [file for file in folder.glob("*") if file.suffix == f".{ending}" and file.stat().st_size]
            if files:
                time.sleep(0.02)
                return files[0].read_bytes()
            time.sleep(0.02)
        raise AssertionError(f"nothing was saved as {ending}")

    def quiet(self) -> None:
        """Nothing was complained about, and nothing asked for but the page itself and what it made."""
        complaints = self.browser.get_log("browser")
        assert complaints == [], complaints
        events = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        sent = [e["params"] for e in events if e["method"] == "Network.requestWillBeSent"]
        asked = [
            e["request"]["url"] for e in sent if e["documentURL"].startswith(self.url)
        ]  # not the browser's own pages
        elsewhere = [url for url in asked if url.partition("#")[0] != self.url and not url.startswith("blob:")]
        assert elsewhere == [], elsewhere


def opened(
    browser: Any,
    folder: Path,
    evolution: Evolution,
    spectra: Spectra,
    title: str = "a day",
    *,
    address: str = "",
    x: str | None = None,
) -> Opened:
    text = report_html(evolution, spectra, RECORD, title, events_table(evolution, RECIPE), x)
    return Opened(browser, folder / "report.html", text, address)


def look(browser: Any, width: int, theme: str) -> None:
    """Show pages at a width, light or dark."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    features = [{"name": "prefers-color-scheme", "value": theme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

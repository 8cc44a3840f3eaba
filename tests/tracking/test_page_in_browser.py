"""The page in headless Chromium: live, through an outage, and where sockets are blocked."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver

from tests.tracking.house import House, Story
from tests.tracking.serving import serving

pytestmark = pytest.mark.browser

CHROMIUM = Path("/usr/bin/chromium")
CHROMEDRIVER = Path("/usr/bin/chromedriver")
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-proxy-server")
DEADLINE_S = 20.0
NO_SOCKETS = """window.WebSocket = class {
  constructor() { setTimeout(() => this.onclose({ code: 1006 }), 1); }
  close() {}
};
Math.random = () => 0.01;"""
"""A network that lets no socket through, and a browser that does not wait long."""


@pytest.fixture(scope="module")
def started_chromium() -> Iterator[webdriver.Chrome]:
    """A headless browser."""
    if not (CHROMIUM.exists() and CHROMEDRIVER.exists()):
        pytest.fail("browser tests need: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in FLAGS:
        options.add_argument(flag)
    service = webdriver.ChromeService(str(CHROMEDRIVER))
    with webdriver.Chrome(options=options, service=service) as browser:
        yield browser


@pytest.fixture
def chromium(started_chromium: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """The browser, knowing nobody, and leaving where it was at the end."""
    yield started_chromium
    started_chromium.delete_all_cookies()
    started_chromium.get("about:blank")


class Page:
    """The page, asked in a thread, because its server runs in the test's loop."""

    def __init__(self, browser: webdriver.Chrome) -> None:
        self._browser = browser

    async def open(self, url: str) -> None:
        await asyncio.to_thread(self._browser.get, url)

    async def run(self, script: str) -> Any:
        return await asyncio.to_thread(self._browser.execute_script, script)

    async def until(self, script: str, wanted: Callable[[Any], bool]) -> Any:
        found: Any = None
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not wanted(found := await self.run(f"return {script}")):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        except TimeoutError:
            message = f"{script} stayed {found!r}"
            raise AssertionError(message) from None
        return found

    async def is_live(self) -> None:
        await self.until("document.getElementById('link')?.dataset.state", "live".__eq__)

    async def shows(self, story: Story) -> None:
        """Wait until the timeline holds each event once, newest first."""
        notes = [f"reason {n}" for n in range(len(story.events) - 1, 0, -1)]
        script = "[...document.querySelectorAll('#timeline li p')].map((p) => p.textContent)"
        await self.until(script, notes.__eq__)

    async def complaints(self) -> list[str]:
        entries: list[Any] = await asyncio.to_thread(self._browser.get_log, "browser")
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]


async def test_the_page_follows_through_an_outage_without_a_reload(
    chromium: webdriver.Chrome,
) -> None:
    house = House(drain_window_s=0.2)
    story = await house.order(3)
    page = Page(chromium)
    async with serving(house) as running:
        port = running.port
        await page.open(f"{running.url}/track/{story.order_id}#token={house.token()}")
        await page.is_live()
        await page.shows(story)
        assert "#" not in await page.run("return location.href + document.cookie")
        await page.run("window.unreloaded = true")
        await story.happen()
        await page.shows(story)
        assert await page.complaints() == []
        running.server.stop()
    await page.until("document.getElementById('link').dataset.state", "live".__ne__)
    await story.happen(3)
    deps = replace(house.deps, subscription=house.feed.subscribe())
    async with serving(deps, port):
        await page.shows(story)
        await page.is_live()
        await story.happen()
        await page.shows(story)
        assert await page.run("return window.unreloaded") is True
        announced = "document.getElementById('announce').textContent"
        await page.until(announced, "Order cancelled".__eq__)


async def test_the_page_goes_over_to_the_stream_where_sockets_are_blocked(
    chromium: webdriver.Chrome,
) -> None:
    house = House()
    story = await house.order(2)
    page = Page(chromium)
    new_document = "Page.addScriptToEvaluateOnNewDocument"
    cdp = chromium.execute_cdp_cmd
    planted = await asyncio.to_thread(cdp, new_document, {"source": NO_SOCKETS})
    async with serving(house) as running:
        await page.open(f"{running.url}/track/{story.order_id}#token={house.token()}")
        await page.is_live()
        assert running.figure("orders_tracking_connections", transport="sse") == 1
        await story.happen(2)
        await page.shows(story)
    await asyncio.to_thread(cdp, "Page.removeScriptToEvaluateOnNewDocument", planted)


async def test_a_link_that_is_no_good_says_so(chromium: webdriver.Chrome) -> None:
    house = House()
    story = await house.order(1)
    page = Page(chromium)
    async with serving(house) as running:
        await page.open(f"{running.url}/track/{story.order_id}#token=junk")
        script = "document.querySelector('[role=alert]')?.textContent ?? ''"
        await page.until(script, lambda text: "no longer valid" in text)
        assert "junk" not in await page.run("return location.href")

"""A customer's story in a browser: ordered, paid in the sheet, cut off on the road, delivered.

`ORDERS_PICTURES=<folder>` keeps pictures of the page on the way.
"""

import asyncio
import base64
import os
import re
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver

from tests.browser.conftest import chromium, started_chromium
from tests.browser.shop import Shop as Storefront
from tests.browser.shop import shop_app
from tests.contract.serving import serving as serving_app
from tests.e2e.conftest import COURIER_STEP_S
from tests.e2e.shop import Shop, mail_address, new_customer, order_body, until
from tests.tracking.wire import Wire, wired

__all__ = ["chromium", "started_chromium"]  # fixtures

pytestmark = pytest.mark.browser

CARD = "4100 2800 0000 1007"
DEADLINE_S = 60.0
SETTLED_S = 1.6
TWO_WAREHOUSES = (("SAREE-KAN-MAR", 1), ("QUILT-JPR-D", 1))
PHONE, DESKTOP = (390, 844), (1200, 900)
SHOWN = """[...document.querySelectorAll('#timeline li b')].map((each) => each.textContent)"""


class Window:
    """The browser, asked in a thread: the line that leads to it runs in the test's loop."""

    def __init__(self, browser: webdriver.Chrome) -> None:
        self.browser = browser

    async def open(self, url: str) -> None:
        await asyncio.to_thread(self.browser.get, url)

    async def run(self, script: str) -> Any:
        return await asyncio.to_thread(self.browser.execute_script, script)

    async def until(self, script: str, wanted: Callable[[Any], bool]) -> Any:
        async def look() -> Any:
            return await self.run(f"return {script}")

        return await until(look, wanted, script, within_s=DEADLINE_S)

    async def until_title(self, *titles: str) -> None:
        await self.until("document.getElementById('title')?.textContent", titles.__contains__)

    async def is_live(self) -> None:
        await self.until("document.getElementById('link')?.dataset.state", "live".__eq__)

    async def picture(self, name: str) -> None:
        """Keep how it looks, on phone and desktop, light and dark, if somebody wants to know."""
        if folder := os.environ.get("ORDERS_PICTURES"):
            await asyncio.to_thread(self._take_pictures, Path(folder), name)

    def _take_pictures(self, folder: Path, name: str) -> None:
        for screen, (width, height) in (("phone", PHONE), ("desktop", DESKTOP)):
            for scheme in ("light", "dark"):
                size = {"width": width, "height": height, "mobile": width < 500}
                factor = {"deviceScaleFactor": 2 if width < 500 else 1}
                self.browser.execute_cdp_cmd(
                    "Emulation.setDeviceMetricsOverride", {**size, **factor}
                )
                features = [{"name": "prefers-color-scheme", "value": scheme}]
                self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
                time.sleep(SETTLED_S)  # another screen size moves things, too
                shot = self.browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
                path = folder / f"tracking-{name}-{screen}-{scheme}.png"
                path.write_bytes(base64.b64decode(shot["data"]))
        self.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.fixture
async def line(shop: Shop) -> AsyncIterator[Wire]:
    """The network between the customer and the tracking service."""
    async with wired(int(shop.client.addresses["tracking"].rsplit(":", 1)[1])) as wire:
        yield wire


def pay_in_the_sheet(shop: Shop, placed: dict[str, Any], browser: webdriver.Chrome) -> Any:
    """Open the shop in another window, pay by card, and return what the shop is told."""
    address, key_id = shop.client.addresses["razorpay_sandbox"], placed["payment"]["key_id"]
    page = browser.current_window_handle
    browser.switch_to.new_window("tab")
    with serving_app(lambda: shop_app(address, key_id)) as url:
        person = Storefront(url=url, browser=browser)
        person.open_sheet(placed["payment"]["razorpay_order_id"])
        person.pay_with_test_card(CARD)
        ((kind, handed_over),) = person.told(1)
    assert kind == "handler"
    browser.close()
    browser.switch_to.window(page)
    return handed_over


async def until_step(shop: Shop, customer: str, order_id: str, *statuses: str) -> None:
    """Scan every parcel once more until the order shows one of these."""

    async def one_more() -> str:
        status: str = (await shop.view(customer, order_id))["status"]
        if status not in statuses:
            for parcel in await shop.parcels(order_id):
                await shop.client.courier("POST", f"shipments/{parcel['awb']}/advance", {})
            await asyncio.sleep(0.5)
        return status

    await until(one_more, statuses.__contains__, f"the order is {statuses}")


async def test_the_page_ends_complete_without_a_reload(
    shop: Shop, line: Wire, chromium: webdriver.Chrome
) -> None:
    await shop.courier_pace(0)  # parcels move by hand
    customer = new_customer()
    placed = await shop.place(customer, order_body(customer, *TWO_WAREHOUSES))
    order_id, page = placed["order_id"], Window(chromium)
    token = placed["tracking"]["token"]
    await page.open(f"http://127.0.0.1:{line.port}/track/{order_id}#token={token}")
    await page.is_live()
    await page.until_title("Waiting for payment")
    assert "token" not in await page.run("return location.href + document.cookie")
    await page.run("window.unreloaded = true")

    handed_over = await asyncio.to_thread(pay_in_the_sheet, shop, placed, chromium)
    answer = await shop.hand_over(customer, placed, handed_over)
    assert answer.status_code == 200, answer.text
    await page.until_title("Order confirmed", "Packed and ready")
    assert await page.run("return document.querySelectorAll('[data-action=cancel]').length") == 1
    await until_step(shop, customer, order_id, "shipped")
    await page.until_title("On its way")
    await page.picture("road")

    line.target = 1  # nobody listens there
    line.cut()
    await page.until("document.getElementById('banner').hidden", lambda hidden: hidden is False)
    await page.picture("cut")
    await until_step(shop, customer, order_id, "delivered", "completed")
    assert "Delivered" not in await page.run("return document.getElementById('title').textContent")
    line.target = int(shop.client.addresses["tracking"].rsplit(":", 1)[1])

    await page.until_title("Delivered")
    await page.is_live()
    assert await page.run("return document.querySelectorAll('#missed-list li').length") >= 1
    await page.picture("delivered")
    await tells_the_whole_log(shop, page, customer, order_id)
    assert await page.run("return window.unreloaded") is True
    await shop.courier_pace(COURIER_STEP_S)


async def tells_the_whole_log(shop: Shop, page: Window, customer: str, order_id: str) -> None:
    """Each event of the log that customers read stands on the page once."""
    log = await shop.assert_whole(customer, order_id)
    words = await page.run("return JSON.parse(document.getElementById('state').textContent).words")
    told = [words["events"][e["type"]]["title"] for e in log if e["type"] in words["events"]]
    await page.until(SHOWN, lambda shown: sorted(shown) == sorted(told))


async def test_the_mailed_link_opens_the_page_and_its_actions_work(
    shop: Shop, chromium: webdriver.Chrome
) -> None:
    await shop.courier_pace(0)
    customer, page = new_customer(), Window(chromium)
    placed = await shop.place(customer, order_body(customer))
    await shop.pay(customer, placed)

    async def mails() -> list[dict[str, Any]]:
        return await shop.client.mails(mail_address(customer))

    (mail, *_) = await until(mails, bool, "the confirmation is mailed")
    link = re.search(r"http://\S+/track/ord_[a-z2-7]{20}\?k=[\w-]{24}", str(mail))
    assert link is not None
    await page.open(link[0])
    await page.is_live()
    assert await page.run("return location.search + document.cookie") == ""
    invoice = "document.querySelector('#documents a')?.getAttribute('href')"
    href = await page.until(invoice, bool)
    fetched = f"return (await fetch('{href}', {{redirect: 'manual'}})).type"
    assert await page.run(fetched) == "opaqueredirect"

    await page.run("document.querySelector('[data-action=cancel]').click()")
    await page.picture("cancel")
    await page.run("document.querySelector('#dialog form').requestSubmit()")
    await page.until_title("Order cancelled")
    await page.until("document.getElementById('dialog').open", lambda is_open: is_open is False)
    await page.until("document.getElementById('actions').childElementCount", (0).__eq__)
    await shop.courier_pace(COURIER_STEP_S)

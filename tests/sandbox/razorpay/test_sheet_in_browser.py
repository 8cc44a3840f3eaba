"""The payment sheet as a shop's page uses it: `new Razorpay({…}).open()` in headless Chromium."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.razorpay.identity import sign_handover
from tests.sandbox.live_server import serving
from tests.sandbox.razorpay.bench import KEY_ID, KEY_SECRET, Bench

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

CHROMIUM = Path("/usr/bin/chromium")
CHROMEDRIVER = Path("/usr/bin/chromedriver")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--window-size=900,760",
    "--no-proxy-server",
)
DEADLINE_S = 15

SHOP = """<!doctype html><title>Shop</title><link rel="icon" href="data:,">
<button id="pay">Pay</button>
<script src="{script}"></script>
<script>
  const told = window.told = [];
  const sheet = new Razorpay({{
    key: "{key}", order_id: "{order_id}", name: "Kaveri Crafts", theme: {{ color: "#0f766e" }},
    handler: (response) => told.push(["handler", response]),
    modal: {{ ondismiss: () => told.push(["dismissed"]) }},
  }});
  sheet.on("payment.failed", (response) => told.push(["failed", response.error]));
  document.getElementById("pay").onclick = () => sheet.open();
</script>"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[webdriver.Chrome]:
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


@pytest_asyncio.fixture(loop_scope="package")
async def shop(razorpay: Bench) -> AsyncIterator[str]:
    """A shop's page that sells the order in its path."""

    async def page(request: Request) -> Response:
        order_id = request.path_params["order_id"]
        script = f"{razorpay.url}/v1/checkout.js"
        return HTMLResponse(SHOP.format(script=script, key=KEY_ID, order_id=order_id))

    async with serving(Starlette(routes=[Route("/{order_id}", page)])) as url:
        yield url


class Customer:
    """A person at the shop's page; every step waits until it is possible."""

    def __init__(self, browser: webdriver.Chrome) -> None:
        self._browser = browser
        self._wait = WebDriverWait(browser, DEADLINE_S)

    def open_sheet(self, url: str) -> None:
        self._browser.get(url)
        self._browser.find_element(By.ID, "pay").click()
        frame = self._wait.until(lambda one: one.find_element(By.TAG_NAME, "iframe"))
        self._browser.switch_to.frame(frame)
        self.see("#step-pay")

    def see(self, selector: str) -> WebElement:
        self._wait.until(lambda one: one.find_element(By.CSS_SELECTOR, selector).is_displayed())
        return self._browser.find_element(By.CSS_SELECTOR, selector)

    def click(self, selector: str) -> None:
        self.see(selector).click()

    def told(self, count: int) -> list[Any]:
        """Return what the shop's callbacks were told, once there are `count` calls."""
        self._browser.switch_to.default_content()
        script = "return JSON.stringify(window.told)"
        self._wait.until(lambda one: len(json.loads(one.execute_script(script))) >= count)
        return list(json.loads(self._browser.execute_script(script)))

    def problems(self) -> list[str]:
        return [entry["message"] for entry in self._log()]

    def _log(self) -> list[dict[str, str]]:
        entries: list[dict[str, str]] = self._browser.get_log("browser")  # type: ignore[no-untyped-call]
        return entries

    def frames(self) -> int:
        return len(self._browser.find_elements(By.TAG_NAME, "iframe"))


async def drive(browser: webdriver.Chrome, steps: Callable[[Customer], None]) -> None:
    """Play a customer in a thread of its own, while the servers go on."""
    await asyncio.to_thread(steps, Customer(browser))


async def test_a_declined_card_is_retried_by_upi_and_the_shop_is_told_of_both(
    razorpay: Bench, shop: str, chromium: webdriver.Chrome
) -> None:
    order = await razorpay.order(149_900)

    def steps(customer: Customer) -> None:
        customer.open_sheet(f"{shop}/{order['id']}")
        customer.click("[data-method=card]")
        assert customer.see("#amount").text == "₹1,499.00"
        customer.click('[data-card="4100 2800 0008 0001"]')
        customer.click("#submit")
        customer.see("#otp input").send_keys("1234")
        customer.click("#otp .main")
        assert "insufficient account balance" in customer.see("#failed-text").text
        customer.click("#retry")
        customer.click("[data-method=upi]")
        customer.click('[data-value="success@razorpay"]')
        customer.click("#submit")
        customer.see("#step-done")
        (failed, error), (handler, response) = customer.told(2)
        assert (failed, error["reason"]) == ("failed", "insufficient_fund")
        assert handler == "handler"
        payment_id = response["razorpay_payment_id"]
        assert response == {
            "razorpay_payment_id": payment_id,
            "razorpay_order_id": order["id"],
            "razorpay_signature": sign_handover(order["id"], payment_id, KEY_SECRET),
        }
        assert customer.frames() == 0
        assert customer.problems() == []

    await drive(chromium, steps)
    paid = await razorpay.ok("GET", f"/v1/orders/{order['id']}")
    assert (paid["status"], paid["attempts"]) == ("paid", 2)


async def test_closing_the_sheet_tells_the_shop_and_cancels_the_attempt(
    razorpay: Bench, shop: str, chromium: webdriver.Chrome
) -> None:
    order = await razorpay.order()

    def steps(customer: Customer) -> None:
        customer.open_sheet(f"{shop}/{order['id']}")
        customer.click("[data-method=card]")
        customer.click('[data-card="4100 2800 0000 1007"]')
        customer.click("#submit")
        customer.see("#otp input")
        customer.click("#close")
        assert customer.told(1) == [["dismissed"]]
        assert customer.frames() == 0

    await drive(chromium, steps)
    (payment,) = (await razorpay.ok("GET", f"/v1/orders/{order['id']}/payments"))["items"]
    assert (payment["status"], payment["error_reason"]) == ("failed", "payment_cancelled")


async def test_a_wrong_upi_id_is_named_in_the_sheet(
    razorpay: Bench, shop: str, chromium: webdriver.Chrome
) -> None:
    order = await razorpay.order()

    def steps(customer: Customer) -> None:
        customer.open_sheet(f"{shop}/{order['id']}")
        customer.see("input[name=vpa]").send_keys("somebody@bank")
        customer.click("#submit")
        assert "success@razorpay" in customer.see("#problem").text

    await drive(chromium, steps)

"""A shop's page around the payment sheet, and a person who uses both."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

import httpx
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.contract.serving import Controls

KEY_ID = "rzp_test_browser000001"
KEY_SECRET = "browser_key_secret"
DEADLINE_S = 20
POLL_S = 0.05

PAGE = """<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1">
<main><h1>Kaveri Crafts</h1><button id="pay">Pay</button></main>
<script src="{sandbox}/v1/checkout.js"></script>
<script>
  const told = window.told = [];
  const given = {options};
  const sheet = new Razorpay({{
    key: "{key}", order_id: "{order_id}", name: "Kaveri Crafts", theme: {{ color: "#0f766e" }},
    handler: (response) => told.push(["handler", response]),
    ...given,
    modal: {{ ...given.modal, ondismiss: (reason) => told.push(["dismissed", reason ?? null]) }},
  }});
  sheet.on("payment.failed", (response) => told.push(["failed", response.error]));
  document.getElementById("pay").onclick = () => sheet.open();
</script>"""


def shop_app(sandbox_url: str, key_id: str) -> Starlette:
    """Return a shop that sells the order in its path with the options of its query."""

    async def page(request: Request) -> Response:
        order_id = request.path_params["order_id"]
        options = request.query_params.get("options", "{}")
        html = PAGE.format(sandbox=sandbox_url, key=key_id, order_id=order_id, options=options)
        return HTMLResponse(html)

    async def back(request: Request) -> Response:
        form = (await request.body()).decode()
        return HTMLResponse(f'<title>Back</title><pre id="form">{form}</pre>')

    routes = [Route("/back", back, methods=["POST"]), Route("/{order_id}", page)]
    return Starlette(routes=routes)


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """The sandbox as the shop's server sees it."""

    url: str
    controls: Controls

    def order(self, amount: int = 149_900) -> str:
        """Create an order and return its id."""
        body = {"amount": amount, "currency": "INR", "receipt": secrets.token_hex(8)}
        return str(self.ask("POST", "orders", body)["id"])

    def payments(self, order_id: str) -> list[dict[str, Any]]:
        """Return the attempts at an order, newest first."""
        return list(self.ask("GET", f"orders/{order_id}/payments")["items"])

    def refund(self, payment_id: str, amount: int) -> str:
        """Refund a part of a payment and return the refund's id."""
        return str(self.ask("POST", f"payments/{payment_id}/refund", {"amount": amount})["id"])

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Make an API call that must succeed."""
        answer = httpx.request(
            method, f"{self.url}/v1/{path}", json=body, auth=(KEY_ID, KEY_SECRET), trust_env=False
        )
        assert answer.status_code == 200, answer.text
        return answer.json()


@dataclass(kw_only=True)
class Shop:
    """A person at the shop's page; every step waits until it is possible."""

    url: str
    browser: webdriver.Chrome

    def open_sheet(self, order_id: str, **options: Any) -> None:
        """Open the shop's page and its sheet, and look into the sheet."""
        query = httpx.QueryParams({"options": json.dumps(options)})
        self.browser.get(f"{self.url}/{order_id}?{query}")
        self.press("#pay")
        frame = self._wait.until(lambda one: one.find_element(By.TAG_NAME, "iframe"))
        self.browser.switch_to.frame(frame)
        self.see("#step-pay, #step-failed")

    def see(self, selector: str) -> WebElement:
        """Return the first visible element of a selector, once there is one."""
        found = self._wait.until(lambda _: self._visible(selector))
        assert found is not None
        return found

    def press(self, selector: str) -> None:
        # A page that redraws itself may replace what was just seen.
        self._wait.until(lambda _: self._pressed(selector))

    def write(self, selector: str, text: str) -> None:
        self.see(selector).send_keys(text)

    def keys(self, *keys: str) -> None:
        """Press keys at whatever has the focus."""
        webdriver.ActionChains(self.browser).send_keys(*keys).perform()

    def tab_to(self, selector: str, limit: int = 25) -> None:
        """Press Tab until an element has the focus."""
        for _ in range(limit):
            if self.browser.execute_script(FOCUSED, selector):
                return
            self.keys(Keys.TAB)
        message = f"{selector} cannot be reached with {limit} presses of Tab"
        raise AssertionError(message)

    def pay_with_test_card(self, number: str, otp: str = "1234") -> None:
        """Choose a card by its button, pay, and answer the bank."""
        self.press("[data-method=card]")
        self.press(f'[data-card="{number}"]')
        self.press("#submit")
        self.write("#otp input", otp)
        self.press("#otp .main")

    def told(self, count: int) -> list[Any]:
        """Return what the shop's callbacks were told, once there are `count` calls."""
        self.browser.switch_to.default_content()
        script = "return JSON.stringify(window.told)"
        self._wait.until(lambda one: len(json.loads(one.execute_script(script))) >= count)
        return list(json.loads(self.browser.execute_script(script)))

    def sheets(self) -> int:
        """Return how many sheets are open on the shop's page."""
        self.browser.switch_to.default_content()
        return len(self.browser.find_elements(By.TAG_NAME, "iframe"))

    def problems(self) -> list[str]:
        """Return what the browser complained of."""
        entries: list[dict[str, str]] = self.browser.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in entries]

    def look(self, *, width: int, height: int, dark: bool = False) -> None:
        """Look through a screen of this size, in the dark or in the light."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def ask(self, script: str, *arguments: Any) -> Any:
        """Run a script where the person is looking."""
        return self.browser.execute_script(script, *arguments)

    @property
    def _wait(self) -> "WebDriverWait[webdriver.Chrome]":
        gone = (StaleElementReferenceException,)
        return WebDriverWait(self.browser, DEADLINE_S, POLL_S, ignored_exceptions=gone)

    def _pressed(self, selector: str) -> bool:
        found = self._visible(selector)
        if found is not None:
            found.click()
        return found is not None

    def _visible(self, selector: str) -> WebElement | None:
        found = self.browser.find_elements(By.CSS_SELECTOR, selector)
        return next((one for one in found if one.is_displayed()), None)


FOCUSED = "return document.activeElement?.matches(arguments[0]) ?? false"

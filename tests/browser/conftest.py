"""Headless Chromium, a Razorpay sandbox, and a shop that sells through its payment sheet."""

from collections.abc import Iterator

import pytest
from selenium import webdriver

from sandbox.razorpay.app import create_app
from sandbox.razorpay.config import RazorpaySandboxConfig
from tests.browser.chromium import headless
from tests.browser.shop import KEY_ID, KEY_SECRET, Sandbox, Shop, shop_app
from tests.contract.serving import Controls, serving

CLOCK_SPEED = 8.0
"""The bank answers a UPI payment after two seconds of the sandbox's clock."""


@pytest.fixture(scope="session")
def started_chromium() -> Iterator[webdriver.Chrome]:
    """One browser for all tests: its start takes longer than a payment."""
    with headless() as browser:
        yield browser


@pytest.fixture
def chromium(started_chromium: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """The browser on a desktop in the light, with nothing said yet."""
    yield started_chromium
    started_chromium.switch_to.default_content()
    started_chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    started_chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    started_chromium.get("about:blank")
    started_chromium.get_log("browser")  # type: ignore[no-untyped-call]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """A Razorpay sandbox whose clock runs fast and whose webhooks go nowhere."""
    config = RazorpaySandboxConfig(
        key_id=KEY_ID, key_secret=KEY_SECRET, webhook_secret="w", clock_speed=CLOCK_SPEED
    )
    with serving(lambda: create_app(config)) as url:
        yield Sandbox(url=url, controls=Controls(url=url))


@pytest.fixture(scope="session")
def shop_url(sandbox: Sandbox) -> Iterator[str]:
    """A shop on an origin of its own."""
    with serving(lambda: shop_app(sandbox.url, KEY_ID)) as url:
        yield url


@pytest.fixture
def shop(shop_url: str, chromium: webdriver.Chrome) -> Shop:
    """The shop as a customer sees it in the browser."""
    return Shop(url=shop_url, browser=chromium)

"""A customer pays a real order through the payment sheet of a shop's page."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from selenium import webdriver

from tests.browser.chromium import headless
from tests.browser.shop import Shop as ShopPage
from tests.browser.shop import shop_app
from tests.contract.serving import serving
from tests.e2e.shop import Shop, new_customer, order_body

pytestmark = pytest.mark.browser


@pytest.fixture
def chromium() -> Iterator[webdriver.Chrome]:
    """A browser that has started before the payment window of an order opens."""
    with headless() as browser:
        yield browser


def pay_by_card(page: ShopPage, razorpay_order_id: str) -> Any:
    """Pay at the shop's page; return what its handler was given."""
    page.open_sheet(razorpay_order_id)
    page.pay_with_test_card("4100 2800 0000 1007")
    ((kind, response),) = page.told(1)
    assert kind == "handler"
    return response


async def test_an_order_is_paid_in_the_payment_sheet_and_goes_on(
    shop: Shop, chromium: webdriver.Chrome
) -> None:
    customer, sandbox = new_customer(), shop.client.addresses["razorpay_sandbox"]
    placed = await shop.place(customer, order_body(customer))
    with serving(lambda: shop_app(sandbox, placed["payment"]["key_id"])) as url:
        page = ShopPage(url=url, browser=chromium)
        razorpay_order_id = placed["payment"]["razorpay_order_id"]
        handover = await asyncio.to_thread(pay_by_card, page, razorpay_order_id)

    answer = await shop.hand_over(customer, placed, handover)

    assert answer.status_code == 200, answer.text
    order = await shop.until_view(
        customer, placed["order_id"], lambda one: one["payment_status"] == "paid", "it is paid"
    )
    assert order["status"] in {"confirmed", "packed", "shipped", "delivered", "completed"}
    (payment,) = await shop.at_razorpay("payments", order_id=razorpay_order_id)
    assert (payment["status"], payment["amount"]) == ("captured", placed["total_paise"])
    assert page.problems() == []

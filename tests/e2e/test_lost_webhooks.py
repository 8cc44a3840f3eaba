"""Both providers lose every webhook: asking for overdue news brings each order to its right end."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.conftest import opened_shop
from tests.e2e.shop import Json, Shop, new_customer, order_body

STEP_S = 0.3


@pytest.fixture
async def deaf_shop(money_stack: Path) -> AsyncIterator[Shop]:
    """A shop that no provider's webhook ever reaches."""
    async with opened_shop(money_stack) as shop:
        await shop.courier_pace(STEP_S)
        lost = {"seed": 1, "webhooks": {"loss": 1.0}}
        await shop.client.razorpay("PUT", "faults", lost)
        await shop.client.courier("PUT", "faults", lost)
        try:
            yield shop
        finally:
            await shop.no_razorpay_faults()
            await shop.client.courier("DELETE", "faults")


async def placed(shop: Shop, method: str = "prepaid") -> tuple[str, Json]:
    customer = new_customer()
    return customer, await shop.place(customer, order_body(customer, method=method))


async def paid_behind_a_closed_browser(shop: Shop) -> None:
    """Nobody hands the payment over, and nobody tells where the parcel is."""
    customer, order = await placed(shop)
    await shop.attempt(order, "captured")
    seen = await shop.until_status(customer, order["order_id"], "completed")
    assert seen["payment_status"] == "paid"


async def paid_twice(shop: Shop) -> None:
    """The second payment goes back, and the bank's word on that is lost, too."""
    customer, order = await placed(shop)
    body = {"order_id": order["payment"]["razorpay_order_id"], "outcome": "captured"}
    await shop.client.razorpay("POST", "payments", body)
    await shop.client.razorpay("POST", "payments", {**body, "second_capture": True})
    seen = await shop.until_view(
        customer,
        order["order_id"],
        lambda view: [each["status"] for each in view["refunds"]] == ["processed"],
        "the second payment is back",
    )
    assert seen["refunds"][0]["amount_paise"] == order["total_paise"]
    await shop.until_status(customer, order["order_id"], "completed")


async def paid_after_the_window(shop: Shop) -> None:
    customer, order = await placed(shop)
    attempt = await shop.attempt(order, "failed")
    await shop.until_status(customer, order["order_id"], "expired")
    path = f"payments/{attempt['razorpay_payment_id']}"
    await shop.client.razorpay("POST", path, {"outcome": "captured"})
    seen = await shop.until_view(
        customer,
        order["order_id"],
        lambda view: view["payment_status"] == "refunded",
        "late money is back",
    )
    assert seen["status"] == "expired"


async def cancelled_after_paying(shop: Shop) -> None:
    customer, order = await placed(shop)
    await shop.pay(customer, order)
    answer = await shop.cancel(customer, order["order_id"])
    wanted = ("refunded", "cancelled") if answer.is_success else ("paid", "completed")
    seen = await shop.until_view(
        customer,
        order["order_id"],
        lambda view: (view["payment_status"], view["status"]) == wanted,
        f"the order is {wanted}",
    )
    assert seen["sequence"]


async def paid_at_the_door(shop: Shop) -> None:
    customer, order = await placed(shop, "cod")
    seen = await shop.until_status(customer, order["order_id"], "completed")
    assert seen["payment_status"] == "cod_collected"


async def test_with_all_webhooks_lost_every_order_still_ends_right(deaf_shop: Shop) -> None:
    shop = deaf_shop
    await asyncio.gather(
        paid_behind_a_closed_browser(shop),
        paid_twice(shop),
        paid_after_the_window(shop),
        cancelled_after_paying(shop),
        paid_at_the_door(shop),
    )
    told = (await shop.client.razorpay("GET", "state"))["webhooks"]["events"]
    assert told
    assert {event["state"] for event in told} <= {"lost"}

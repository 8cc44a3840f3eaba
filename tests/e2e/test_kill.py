"""`kill -9` of the whole stack in the middle of its orders, and a new start on the same data."""

import asyncio
from collections import Counter
from dataclasses import dataclass

from tests.e2e.conftest import opened_shop
from tests.e2e.running import assert_gone, data_folder, orders_up
from tests.e2e.shop import Json, Shop, new_customer, order_body
from tests.services import eventually

STEP_S = 0.5
SETTINGS = {
    "ORDERS_PAYMENT_WINDOW_S": "25",
    "ORDERS_RETURN_WINDOW_S": "2",
    "ORDERS_LATE_PAYMENT_WINDOW_S": "2",
    "ORDERS_AUTO_PACK": "1",
}


@dataclass(kw_only=True)
class Case:
    """One order, and where it must end."""

    customer: str
    placed: Json
    status: str
    payment_status: str

    @property
    def order_id(self) -> str:
        return str(self.placed["order_id"])


async def test_after_kill_9_and_a_new_start_every_order_goes_on() -> None:
    with data_folder("killed") as data:
        with orders_up(data, SETTINGS) as up:
            async with opened_shop(data) as shop:
                cases = await _begin(shop)
                standing = {c.order_id: (await shop.view(c.customer, c.order_id)) for c in cases}
            family = up.kill()
            assert_gone(family)
        assert not all(v["status"] == "completed" for v in standing.values())
        eventually(lambda: not (data / "stack.json").exists(), why="dead addresses are withdrawn")
        with orders_up(data, SETTINGS):
            async with opened_shop(data) as shop:
                await _end(shop, cases)


async def _begin(shop: Shop) -> list[Case]:
    """Place orders and bring each somewhere else; none has ended."""
    await shop.courier_pace(STEP_S)
    bodies = [("prepaid", "paid")] * 3 + [("cod", "cod_collected")] * 3
    cases = await asyncio.gather(*(_case(shop, method, paid) for method, paid in bodies))
    unpaid, paid, handed_over, *cash = cases
    await shop.attempt(paid.placed, "captured")
    await shop.pay(handed_over.customer, handed_over.placed)
    for case in (handed_over, *cash[:2]):
        await shop.until_status(
            case.customer, case.order_id, "shipped", "out_for_delivery", "delivered"
        )
    await shop.courier_pace(0)
    refunded = await _case(shop, "prepaid", "refunded")
    await shop.pay(refunded.customer, refunded.placed)
    await shop.until_status(refunded.customer, refunded.order_id, "packed")
    assert (await shop.cancel(refunded.customer, refunded.order_id)).status_code == 200
    refunded.status = "cancelled"
    unpaid.status, unpaid.payment_status = "expired", "unpaid"
    await shop.courier_pace(STEP_S)
    last = await _case(shop, "prepaid", "paid")
    await shop.attempt(last.placed, "captured")
    return [*cases, refunded, last]


async def _case(shop: Shop, method: str, payment_status: str) -> Case:
    customer = new_customer()
    placed = await shop.place(customer, order_body(customer, method=method))
    return Case(customer=customer, placed=placed, status="completed", payment_status=payment_status)


async def _end(shop: Shop, cases: list[Case]) -> None:
    for case in cases:
        where = (case.status, case.payment_status)

        def arrived(view: Json, where: tuple[str, str] = where) -> bool:
            return (view["status"], view["payment_status"]) == where

        await shop.until_view(case.customer, case.order_id, arrived, f"the order is {where}")
    for case in cases:
        types = [e["type"] for e in await shop.assert_whole(case.customer, case.order_id)]
        once = {t: n for t, n in Counter(types).items() if t != "notification_sent"}
        assert set(once.values()) == {1}, once
        await _assert_no_duplicates(shop, case)


async def _assert_no_duplicates(shop: Shop, case: Case) -> None:
    """Nothing was asked of a provider twice, and nobody got a mail twice."""
    receipts = await shop.at_razorpay("orders", receipt=case.order_id)
    assert len(receipts) == (1 if case.placed["payment"] else 0)
    payments = [
        payment
        for receipt in receipts
        for payment in await shop.at_razorpay("payments", order_id=receipt["id"])
    ]
    refunds = [
        refund["amount"]
        for payment in payments
        for refund in await shop.at_razorpay("refunds", payment_id=payment["id"])
    ]
    owed = [case.placed["total_paise"]] if case.payment_status == "refunded" else []
    assert refunds == owed
    parcels = [parcel["seller_order_id"] for parcel in await shop.parcels(case.order_id)]
    assert len(parcels) == len(set(parcels)) == (0 if case.status == "expired" else 1)
    mails = await shop.client.mails(f"{case.customer}@example.com")
    ids = [mail["headers"]["Message-ID"] for mail in mails]
    assert len(ids) == len(set(ids))

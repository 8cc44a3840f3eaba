"""Settlements and the recon rows behind them."""

from datetime import datetime
from typing import Any

import pytest

from sandbox.razorpay.bank.settling import IST
from tests.sandbox.razorpay.bench import Bench

pytestmark = pytest.mark.asyncio(loop_scope="package")

DAY_S = 86_400


async def settle(razorpay: Bench) -> dict[str, Any]:
    answer = await razorpay.control.post("/_control/settlements")
    return dict(answer.json()["settlement"])


async def recon(razorpay: Bench, settlement: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    day = datetime.fromtimestamp(settlement["created_at"], IST)
    params = {"year": day.year, "month": day.month, "day": day.day, **more}
    answer = await razorpay.ok("GET", "/v1/settlements/recon/combined", params=params)
    assert answer["count"] == len(answer["items"])
    return list(answer["items"])


async def test_rows_balance_to_the_settlement_and_to_the_payments(fresh_razorpay: Bench) -> None:
    razorpay = fresh_razorpay
    payments = [await razorpay.captured_payment(amount) for amount in (100_000, 33_333, 777)]
    await razorpay.ok("POST", f"/v1/payments/{payments[0]}/refund", {"amount": 25_000})
    failed = await razorpay.order()
    await razorpay.pay(failed["id"], "failed")
    await razorpay.advance(10)
    settlement = await settle(razorpay)
    rows = await recon(razorpay, settlement)

    assert sum(one["credit"] - one["debit"] for one in rows) == settlement["amount"]
    assert sum(one["fee"] for one in rows) == settlement["fees"]
    by_type = {kind: [one for one in rows if one["type"] == kind] for kind in ("payment", "refund")}
    assert {one["entity_id"] for one in by_type["payment"]} == set(payments)
    for row in by_type["payment"]:
        payment = await razorpay.ok("GET", f"/v1/payments/{row['entity_id']}")
        order = await razorpay.ok("GET", f"/v1/orders/{payment['order_id']}")
        assert row["credit"] == row["amount"] - row["fee"] == payment["amount"] - payment["fee"]
        assert (row["order_id"], row["order_receipt"]) == (order["id"], order["receipt"])
        assert (row["tax"], row["settlement_utr"]) == (payment["tax"], settlement["utr"])
    (refund,) = by_type["refund"]
    assert (refund["debit"], refund["credit"], refund["payment_id"]) == (25_000, 0, payments[0])


async def test_money_is_settled_two_days_after_capture(fresh_razorpay: Bench) -> None:
    await fresh_razorpay.captured_payment(100_000)
    await fresh_razorpay.advance(2 * DAY_S - 60)
    assert (await fresh_razorpay.ok("GET", "/v1/settlements"))["count"] == 0
    await fresh_razorpay.advance(DAY_S + 60)
    (settlement,) = (await fresh_razorpay.ok("GET", "/v1/settlements"))["items"]
    assert (settlement["amount"], settlement["status"]) == (97_640, "processed")
    one = await fresh_razorpay.ok("GET", f"/v1/settlements/{settlement['id']}")
    assert one == settlement
    assert (await fresh_razorpay.delivery("settlement.processed"))["state"] != "lost"


async def test_nothing_is_settled_twice(fresh_razorpay: Bench) -> None:
    await fresh_razorpay.captured_payment()
    await settle(fresh_razorpay)
    again = await fresh_razorpay.control.post("/_control/settlements")
    assert again.json() == {"settlement": None}
    await fresh_razorpay.advance(4 * DAY_S)
    assert (await fresh_razorpay.ok("GET", "/v1/settlements"))["count"] == 1


async def test_refunds_that_outweigh_captures_wait_for_the_next_settlement(
    fresh_razorpay: Bench,
) -> None:
    razorpay = fresh_razorpay
    payment_id = await razorpay.captured_payment(100_000)
    await settle(razorpay)
    await razorpay.ok("POST", f"/v1/payments/{payment_id}/refund", {"amount": 60_000})
    await razorpay.advance(10)
    assert (await razorpay.control.post("/_control/settlements")).json()["settlement"] is None
    await razorpay.captured_payment(200_000)
    settlement = await settle(razorpay)
    assert settlement["amount"] == 200_000 - 4_720 - 60_000


async def test_money_that_was_never_captured_has_no_row(fresh_razorpay: Bench) -> None:
    order = await fresh_razorpay.order()
    await fresh_razorpay.pay(order["id"], "authorized")
    await fresh_razorpay.advance(3 * DAY_S + 1)
    await fresh_razorpay.captured_payment(1_000)
    rows = await recon(fresh_razorpay, await settle(fresh_razorpay))
    assert [(one["type"], one["amount"]) for one in rows] == [("payment", 1_000)]


async def test_a_month_has_the_rows_of_its_days_and_pages(fresh_razorpay: Bench) -> None:
    for _ in range(3):
        await fresh_razorpay.captured_payment()
    settlement = await settle(fresh_razorpay)
    day = await recon(fresh_razorpay, settlement)
    page = await recon(fresh_razorpay, settlement, count=1, skip=2)
    assert page == day[2:]
    moment = datetime.fromtimestamp(settlement["created_at"], IST)
    params = {"year": moment.year, "month": moment.month, "count": 1000}
    month = await fresh_razorpay.ok("GET", "/v1/settlements/recon/combined", params=params)
    assert month["items"] == day


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("month=4", "year"),
        ("year=2026", "month"),
        ("year=2026&month=13", "month"),
        ("year=2026&month=2&day=30", "day"),
        ("year=2026&month=2&count=1001", "count"),
        ("year=2026&month=2&from=1", "from"),
    ],
)
async def test_a_bad_period_is_named(razorpay: Bench, query: str, field: str) -> None:
    error = await razorpay.refused("GET", f"/v1/settlements/recon/combined?{query}")
    assert error["field"] == field

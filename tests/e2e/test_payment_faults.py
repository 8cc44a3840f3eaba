"""Razorpay misbehaves: webhooks lost, repeated, out of order; answers lost after the effect."""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from typing import Any

import pytest

from tests.e2e.shop import Shop, new_customer, order_body


async def test_with_all_webhooks_lost_the_window_ends_with_the_truth(shop: Shop) -> None:
    payer, idler = new_customer(), new_customer()
    await shop.razorpay_faults(webhooks={"loss": 1.0})
    paid = await shop.place(payer, order_body(payer))
    idle = await shop.place(idler, order_body(idler))
    await shop.attempt(paid, "captured")
    assert (await shop.view(payer, paid["order_id"]))["status"] == "pending_payment"
    order = await shop.until_status(payer, paid["order_id"], "completed")
    assert order["payment_status"] == "paid"
    expired = await shop.until_status(idler, idle["order_id"], "expired")
    assert expired["payment_status"] == "unpaid"
    types = [e["type"] for e in await shop.assert_whole(payer, paid["order_id"])]
    assert types.count("payment_confirmed") == 1
    await shop.assert_whole(idler, idle["order_id"])


async def test_webhooks_repeated_and_out_of_order_are_one_capture(shop: Shop) -> None:
    faults = {"duplicate": 1.0, "reorder": 0.5}
    await shop.razorpay_faults(seed=3, webhooks=faults)
    customers = [new_customer() for _ in range(4)]

    async def buy(customer: str) -> str:
        placed = await shop.place(customer, order_body(customer))
        await shop.attempt(placed, "failed_then_captured")
        order_id: str = placed["order_id"]
        order = await shop.until_status(customer, order_id, "completed")
        captures = [e for e in order["payments"] if e["kind"] == "captured"]
        assert len(captures) == 1
        return order_id

    orders = await asyncio.gather(*map(buy, customers))
    for customer, order_id in zip(customers, orders, strict=True):
        types = [event["type"] for event in await shop.assert_whole(customer, order_id)]
        assert types.count("payment_confirmed") == 1
        assert types.count("order_confirmed") == 1


async def test_answers_lost_after_the_effect_leave_one_order_and_one_refund(shop: Shop) -> None:
    await shop.razorpay_faults(seed=11, http={"lost_answer": 0.5, "only": "POST *"})
    await shop.courier_pace(0)

    async def buy_and_cancel(customer: str) -> dict[str, Any]:
        placed = await shop.place(customer, order_body(customer))
        await shop.attempt(placed, "captured")
        await shop.until_status(customer, placed["order_id"], "confirmed", "packed")
        assert (await shop.cancel(customer, placed["order_id"])).status_code == 200
        await shop.until_view(
            customer,
            placed["order_id"],
            lambda v: v["payment_status"] == "refunded",
            "the money is back",
        )
        return placed

    orders = await asyncio.gather(*(buy_and_cancel(new_customer()) for _ in range(6)))
    requests = (await shop.client.razorpay("GET", "requests"))["items"]
    assert any(each["fault"] == "lost_answer" for each in requests), "no answer was lost"
    for placed in orders:
        receipts = await shop.at_razorpay("orders", receipt=placed["order_id"])
        assert [each["id"] for each in receipts] == [placed["payment"]["razorpay_order_id"]]
        payments = await shop.at_razorpay("payments", order_id=receipts[0]["id"])
        refunds = await shop.at_razorpay("refunds", payment_id=payments[0]["id"])
        assert [each["amount"] for each in refunds] == [placed["total_paise"]]


async def test_money_that_comes_after_the_window_goes_back(shop: Shop) -> None:
    customer = new_customer()
    placed = await shop.place(customer, order_body(customer))
    attempt = await shop.attempt(placed, "failed")
    await shop.until_status(customer, placed["order_id"], "expired")
    await shop.client.razorpay(
        "POST", f"payments/{attempt['razorpay_payment_id']}", {"outcome": "captured"}
    )
    order = await shop.until_view(
        customer,
        placed["order_id"],
        lambda v: v["payment_status"] == "refunded",
        "the late money is back",
    )
    assert order["status"] == "expired"
    refunds = await shop.at_razorpay("refunds", payment_id=attempt["razorpay_payment_id"])
    assert [each["amount"] for each in refunds] == [placed["total_paise"]]
    await shop.assert_whole(customer, placed["order_id"])


def signed(shop: Shop, body: bytes) -> dict[str, str]:
    secret = shop.client.secrets["RAZORPAY_WEBHOOK_SECRET"].encode()
    return {
        "Content-Type": "application/json",
        "X-Razorpay-Signature": hmac.new(secret, body, hashlib.sha256).hexdigest(),
        "X-Razorpay-Event-Id": secrets.token_hex(7),
    }


async def test_webhooks_about_unknown_orders_are_accepted(shop: Shop) -> None:
    entity = {
        "id": f"pay_{secrets.token_hex(7)}",
        "entity": "payment",
        "order_id": f"order_{secrets.token_hex(7)}",
        "amount": 100,
        "currency": "INR",
        "status": "captured",
        "captured": True,
        "method": "upi",
        "amount_refunded": 0,
        "created_at": int(time.time()),
    }
    news = {
        "entity": "event",
        "event": "payment.captured",
        "contains": ["payment"],
        "payload": {"payment": {"entity": entity}},
        "created_at": int(time.time()),
    }
    body = json.dumps(news).encode()
    for _ in range(2):
        answer = await shop.client.api(
            "POST", "/webhooks/razorpay", content=body, headers=signed(shop, body)
        )
        assert answer.status_code == 200, answer.text
    scan = {"awb": "0000000000", "order_id": "nobody-1", "shipment_status_id": 7, "scans": []}
    token = {"x-api-key": shop.client.secrets["COURIER_WEBHOOK_TOKEN"]}
    answer = await shop.client.api("POST", "/webhooks/courier", json=scan, headers=token)
    assert answer.status_code == 200, answer.text
    customer = new_customer()
    placed = await shop.place(customer, order_body(customer, method="cod"))
    await shop.until_status(customer, placed["order_id"], "completed")


@pytest.mark.parametrize(
    ("path", "header"),
    [("razorpay", "X-Razorpay-Signature"), ("courier", "x-api-key")],
)
async def test_forged_webhooks_are_turned_away(shop: Shop, path: str, header: str) -> None:
    for value in (None, "", "f" * 64, "ü".encode("latin-1")):
        headers: dict[str, Any] = {} if value is None else {header: value}
        answer = await shop.client.api("POST", f"/webhooks/{path}", json={}, headers=headers)
        assert answer.status_code == 401, (value, answer.text)


async def test_a_signed_webhook_that_cannot_be_read_is_a_400(shop: Shop) -> None:
    for body in (b'{"event": "payment.capt', b"", b"[]", b"\xff"):
        answer = await shop.client.api(
            "POST", "/webhooks/razorpay", content=body, headers=signed(shop, body)
        )
        assert answer.status_code == 400, (body, answer.text)


async def test_a_webhook_replayed_later_changes_nothing(shop: Shop) -> None:
    customer = new_customer()
    placed = await shop.place(customer, order_body(customer))
    await shop.attempt(placed, "captured")
    await shop.until_status(customer, placed["order_id"], "completed")
    head = len(await shop.assert_whole(customer, placed["order_id"]))
    events = (await shop.client.razorpay("GET", "state"))["webhooks"]["events"]
    mine = [e for e in events if placed["payment"]["razorpay_order_id"] in json.dumps(e)]
    assert mine
    for event in mine:
        await shop.client.razorpay("POST", "webhooks", {"resend": event["id"]})
    beside = await shop.place(customer, order_body(customer, method="cod"))
    await shop.until_status(customer, beside["order_id"], "completed")
    assert len(await shop.log(customer, placed["order_id"])) == head


async def test_parallel_hand_over_and_webhook_are_one_capture(shop: Shop) -> None:
    customer = new_customer()
    placed = await shop.place(customer, order_body(customer))
    handover = await shop.attempt(placed, "captured")
    answers = await asyncio.gather(*(shop.hand_over(customer, placed, handover) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    await shop.until_status(customer, placed["order_id"], "completed")
    types = [event["type"] for event in await shop.assert_whole(customer, placed["order_id"])]
    assert types.count("payment_confirmed") == 1
    again = await shop.hand_over(customer, placed, handover)
    assert again.status_code == 200
    forged = handover | {"razorpay_signature": "f" * 64}
    refused = await shop.hand_over(customer, placed, forged | {"razorpay_payment_id": "pay_X"})
    assert refused.status_code == 422

"""The official SDK, unchanged, against the sandbox."""

import asyncio
from typing import Any

import pytest
import razorpay as sdk

from tests.sandbox.razorpay.bench import KEY_ID, KEY_SECRET, WEBHOOK_SECRET, Bench

pytestmark = pytest.mark.asyncio(loop_scope="package")


def client(razorpay: Bench) -> Any:
    return sdk.Client(auth=(KEY_ID, KEY_SECRET), base_url=razorpay.url)


async def test_order_capture_and_refund_through_the_sdk(fresh_razorpay: Bench) -> None:
    api = client(fresh_razorpay)
    order = await asyncio.to_thread(
        api.order.create, {"amount": 49_900, "currency": "INR", "receipt": "r", "notes": {"a": "b"}}
    )
    handover = await fresh_razorpay.pay(order["id"], "authorized")
    fields = {name: handover[name] for name in handover if name.startswith("razorpay_")}
    assert api.utility.verify_payment_signature(fields)
    payment_id = handover["razorpay_payment_id"]
    captured = await asyncio.to_thread(api.payment.capture, payment_id, 49_900, {"currency": "INR"})
    assert captured["status"] == "captured"
    refund = await asyncio.to_thread(
        api.payment.refund,
        payment_id,
        {"amount": 100},
        headers={"X-Refund-Idempotency": "ord_through_sdk_refund_1"},
    )
    assert (refund["amount"], refund["payment_id"]) == (100, payment_id)
    listed = await asyncio.to_thread(api.order.payments, order["id"])
    assert listed["items"][0]["amount_refunded"] == 100
    found = await asyncio.to_thread(api.order.all, {"receipt": "r"})
    assert found["count"] == 1
    with pytest.raises(sdk.errors.BadRequestError, match="already been captured"):
        await asyncio.to_thread(api.payment.capture, payment_id, 49_900, {"currency": "INR"})
    received = await fresh_razorpay.receiver.wait_for(4)
    for one in received:
        assert api.utility.verify_webhook_signature(one.raw.decode(), one.signature, WEBHOOK_SECRET)


async def test_recon_through_the_sdk(fresh_razorpay: Bench) -> None:
    api = client(fresh_razorpay)
    await fresh_razorpay.captured_payment()
    settled = (await fresh_razorpay.control.post("/_control/settlements")).json()["settlement"]
    assert settled["utr"].startswith(str(settled["created_at"]))
    fetched = await asyncio.to_thread(api.settlement.fetch, settled["id"])
    assert fetched == settled

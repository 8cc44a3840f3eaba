"""From order to refund, over real HTTP."""

import pytest

from sandbox.razorpay.identity import sign, sign_handover
from tests.sandbox.razorpay.bench import KEY_SECRET, WEBHOOK_SECRET, Bench

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_an_order_is_paid_and_refunded_and_the_shop_hears_of_each_step(
    fresh_razorpay: Bench,
) -> None:
    order = await fresh_razorpay.order(49_900)
    assert (order["status"], order["amount_due"], order["notes"]) == ("created", 49_900, [])

    handover = await fresh_razorpay.pay(order["id"])

    payment_id = handover["razorpay_payment_id"]
    assert handover["razorpay_order_id"] == order["id"]
    assert handover["razorpay_signature"] == sign_handover(order["id"], payment_id, KEY_SECRET)
    paid = await fresh_razorpay.ok("GET", f"/v1/orders/{order['id']}")
    assert (paid["status"], paid["amount_paid"], paid["attempts"]) == ("paid", 49_900, 1)
    await fresh_razorpay.receiver.wait_for(3)
    assert fresh_razorpay.receiver.events == [
        "payment.authorized",
        "payment.captured",
        "order.paid",
    ]

    refund = await fresh_razorpay.ok("POST", f"/v1/payments/{payment_id}/refund", {"amount": 9_900})
    assert (refund["status"], refund["speed_processed"]) == ("pending", "normal")
    await fresh_razorpay.advance(10)
    done = await fresh_razorpay.ok("GET", f"/v1/refunds/{refund['id']}")
    assert done["status"] == "processed"
    payment = await fresh_razorpay.ok("GET", f"/v1/payments/{payment_id}")
    assert (payment["status"], payment["refund_status"]) == ("captured", "partial")
    await fresh_razorpay.receiver.wait_for(5)
    assert fresh_razorpay.receiver.events[3:] == ["refund.created", "refund.processed"]


async def test_every_webhook_is_signed_over_its_raw_body(fresh_razorpay: Bench) -> None:
    await fresh_razorpay.captured_payment()

    for webhook in await fresh_razorpay.receiver.wait_for(3):
        assert webhook.signature == sign(webhook.raw, WEBHOOK_SECRET)
        assert list(webhook.body["payload"]) == webhook.body["contains"]
        assert webhook.body["entity"] == "event"

"""From order to refund, over real HTTP."""

from sandbox.razorpay.identity import sign, sign_handover
from tests.sandbox.razorpay.bench import KEY_SECRET, WEBHOOK_SECRET, Bench


async def test_an_order_is_paid_and_refunded_and_the_shop_hears_of_each_step(
    razorpay: Bench,
) -> None:
    order = await razorpay.order(49_900)
    assert (order["status"], order["amount_due"], order["notes"]) == ("created", 49_900, [])

    handover = await razorpay.pay(order["id"])

    payment_id = handover["razorpay_payment_id"]
    assert handover["razorpay_order_id"] == order["id"]
    assert handover["razorpay_signature"] == sign_handover(order["id"], payment_id, KEY_SECRET)
    paid = await razorpay.ok("GET", f"/v1/orders/{order['id']}")
    assert (paid["status"], paid["amount_paid"], paid["attempts"]) == ("paid", 49_900, 1)
    await razorpay.receiver.wait_for(3)
    assert razorpay.receiver.events == ["payment.authorized", "payment.captured", "order.paid"]

    refund = await razorpay.ok("POST", f"/v1/payments/{payment_id}/refund", {"amount": 9_900})
    assert (refund["status"], refund["speed_processed"]) == ("pending", "normal")
    await razorpay.advance(10)
    done = await razorpay.ok("GET", f"/v1/refunds/{refund['id']}")
    assert done["status"] == "processed"
    payment = await razorpay.ok("GET", f"/v1/payments/{payment_id}")
    assert (payment["status"], payment["refund_status"]) == ("captured", "partial")
    await razorpay.receiver.wait_for(5)
    assert razorpay.receiver.events[3:] == ["refund.created", "refund.processed"]


async def test_every_webhook_is_signed_over_its_raw_body(razorpay: Bench) -> None:
    await razorpay.captured_payment()

    for webhook in await razorpay.receiver.wait_for(3):
        assert webhook.signature == sign(webhook.raw, WEBHOOK_SECRET)
        assert list(webhook.body["payload"]) == webhook.body["contains"]
        assert webhook.body["entity"] == "event"

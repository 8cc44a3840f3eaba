"""What every payment gateway promises, the real one and the fake."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import (
    PaymentGatewayUnavailable,
    PaymentRejected,
    PaymentSignatureInvalid,
    RefundRejected,
)
from domain.ids import refund_key
from domain.messages import ConfirmPayment
from domain.payment import PaymentOrder, RefundSpeed
from tests.contract.razorpay.conftest import Merchant

AMOUNT = 149_900


async def placed(merchant: Merchant, order_id: str) -> PaymentOrder:
    expires_at = datetime.now(UTC) + timedelta(minutes=30)
    return await merchant.gateway.create_order(order_id, AMOUNT, expires_at)


async def paid(merchant: Merchant, order_id: str) -> ConfirmPayment:
    order = await placed(merchant, order_id)
    return merchant.pay(order.razorpay_order_id)


async def test_a_new_order_says_how_it_is_paid(merchant: Merchant, order_id: str) -> None:
    order = await placed(merchant, order_id)

    assert order.razorpay_order_id.startswith("order_")
    assert order.key_id.startswith("rzp_test_")
    assert (order.amount_paise, order.currency) == (AMOUNT, "INR")
    assert order.expires_at > datetime.now(UTC)


async def test_creating_an_order_again_takes_up_the_first(
    merchant: Merchant, order_id: str
) -> None:
    first = await placed(merchant, order_id)
    second = await placed(merchant, order_id)

    assert second.razorpay_order_id == first.razorpay_order_id
    assert merchant.orders_made(order_id) == 1


async def test_an_order_whose_answer_was_lost_is_found_again(
    merchant: Merchant, order_id: str
) -> None:
    merchant.lose_answer("create_order")
    with pytest.raises(PaymentGatewayUnavailable):
        await placed(merchant, order_id)

    await placed(merchant, order_id)

    assert merchant.orders_made(order_id) == 1


async def test_an_order_cannot_change_its_amount(merchant: Merchant, order_id: str) -> None:
    order = await placed(merchant, order_id)
    with pytest.raises(PaymentRejected, match="amount"):
        await merchant.gateway.create_order(order_id, AMOUNT + 1, order.expires_at)


async def test_less_than_one_rupee_is_refused(merchant: Merchant, order_id: str) -> None:
    with pytest.raises(PaymentRejected, match="amount"):
        await merchant.gateway.create_order(order_id, 99, datetime.now(UTC))


async def test_an_outage_may_pass(merchant: Merchant, order_id: str) -> None:
    merchant.fail("create_order")
    with pytest.raises(PaymentGatewayUnavailable):
        await placed(merchant, order_id)

    assert merchant.orders_made(order_id) == 0


async def test_attempts_are_told_oldest_first(merchant: Merchant, order_id: str) -> None:
    order = await placed(merchant, order_id)
    first = merchant.pay(order.razorpay_order_id, "failed")
    second = merchant.pay(order.razorpay_order_id, "captured")

    attempts = await merchant.gateway.payments_of(order.razorpay_order_id)

    told = [(attempt.payment_id, attempt.status, attempt.captured) for attempt in attempts]
    assert told == [
        (first.razorpay_payment_id, "failed", False),
        (second.razorpay_payment_id, "captured", True),
    ]
    assert attempts[0].reason
    assert attempts[1].reason is None


async def test_an_order_without_attempts_has_no_payments(merchant: Merchant, order_id: str) -> None:
    order = await placed(merchant, order_id)
    assert list(await merchant.gateway.payments_of(order.razorpay_order_id)) == []


async def test_payments_of_an_unknown_order_are_refused(merchant: Merchant) -> None:
    with pytest.raises(PaymentRejected):
        await merchant.gateway.payments_of("order_00000000000000")


async def test_a_payment_is_told_as_it_now_is(merchant: Merchant, order_id: str) -> None:
    handover = await paid(merchant, order_id)

    payment = await merchant.gateway.payment(handover.razorpay_payment_id)

    assert payment.amount_paise == AMOUNT
    assert payment.captured
    assert payment.razorpay_order_id == handover.razorpay_order_id
    assert payment.method == "upi"
    assert payment.at.tzinfo is not None


async def test_an_unknown_payment_is_refused(merchant: Merchant) -> None:
    with pytest.raises(PaymentRejected):
        await merchant.gateway.payment("pay_00000000000000")


async def test_a_genuine_hand_over_passes(merchant: Merchant, order_id: str) -> None:
    merchant.gateway.verify_handover(await paid(merchant, order_id))


@pytest.mark.parametrize("signature", ["", "0" * 64, "₹"])
async def test_a_forged_hand_over_is_refused(
    merchant: Merchant, order_id: str, signature: str
) -> None:
    genuine = await paid(merchant, order_id)
    forged = ConfirmPayment(
        razorpay_payment_id=genuine.razorpay_payment_id,
        razorpay_order_id=genuine.razorpay_order_id,
        razorpay_signature=signature,
    )
    with pytest.raises(PaymentSignatureInvalid):
        merchant.gateway.verify_handover(forged)


async def test_a_refund_is_made_once_per_key(merchant: Merchant, order_id: str) -> None:
    payment_id = (await paid(merchant, order_id)).razorpay_payment_id
    key = refund_key(order_id, 1)

    first = await merchant.gateway.refund(payment_id, 50_000, key, order_id)
    again = await merchant.gateway.refund(payment_id, 50_000, key, order_id)

    assert again.refund_id == first.refund_id
    assert (first.payment_id, first.amount_paise) == (payment_id, 50_000)
    assert merchant.refunds_made(payment_id) == 1


async def test_a_refund_whose_answer_was_lost_is_not_made_twice(
    merchant: Merchant, order_id: str
) -> None:
    payment_id = (await paid(merchant, order_id)).razorpay_payment_id
    key = refund_key(order_id, 1)
    merchant.lose_answer("refund")
    with pytest.raises(PaymentGatewayUnavailable):
        await merchant.gateway.refund(payment_id, AMOUNT, key, order_id)

    refund = await merchant.gateway.refund(payment_id, AMOUNT, key, order_id)

    assert refund.amount_paise == AMOUNT
    assert merchant.refunds_made(payment_id) == 1


async def test_two_keys_make_two_refunds(merchant: Merchant, order_id: str) -> None:
    payment_id = (await paid(merchant, order_id)).razorpay_payment_id
    for number in (1, 2):
        await merchant.gateway.refund(payment_id, 50_000, refund_key(order_id, number), order_id)

    assert merchant.refunds_made(payment_id) == 2


async def test_a_key_cannot_be_used_for_another_amount(merchant: Merchant, order_id: str) -> None:
    payment_id = (await paid(merchant, order_id)).razorpay_payment_id
    key = refund_key(order_id, 1)
    await merchant.gateway.refund(payment_id, 50_000, key, order_id)

    with pytest.raises(RefundRejected):
        await merchant.gateway.refund(payment_id, 60_000, key, order_id)


async def test_more_than_was_captured_is_refused(merchant: Merchant, order_id: str) -> None:
    payment_id = (await paid(merchant, order_id)).razorpay_payment_id
    with pytest.raises(RefundRejected):
        await merchant.gateway.refund(payment_id, AMOUNT + 1, refund_key(order_id, 1), order_id)


async def test_a_failed_payment_cannot_be_refunded(merchant: Merchant, order_id: str) -> None:
    order = await placed(merchant, order_id)
    failed = merchant.pay(order.razorpay_order_id, "failed")
    with pytest.raises(RefundRejected):
        await merchant.gateway.refund(
            failed.razorpay_payment_id, AMOUNT, refund_key(order_id, 1), order_id
        )


async def test_a_refund_can_be_looked_up(merchant: Merchant, order_id: str) -> None:
    merchant.hold_refunds()
    payment_id = (await paid(merchant, order_id)).razorpay_payment_id
    made = await merchant.gateway.refund(payment_id, AMOUNT, refund_key(order_id, 1), order_id)

    found = await merchant.gateway.refund_status(payment_id, made.refund_id)

    assert found == made
    assert found.status == "pending"


async def test_an_authorized_payment_is_captured_once(merchant: Merchant, order_id: str) -> None:
    order = await placed(merchant, order_id)
    held = merchant.pay(order.razorpay_order_id, "authorized").razorpay_payment_id

    first = await merchant.gateway.capture(held, AMOUNT)
    again = await merchant.gateway.capture(held, AMOUNT)

    assert first.captured
    assert again == first
    assert await merchant.gateway.payment(held) == first


async def test_a_capture_whose_answer_was_lost_is_known_by_the_payment(
    merchant: Merchant, order_id: str
) -> None:
    order = await placed(merchant, order_id)
    held = merchant.pay(order.razorpay_order_id, "authorized").razorpay_payment_id
    merchant.lose_answer("capture")
    with pytest.raises(PaymentGatewayUnavailable):
        await merchant.gateway.capture(held, AMOUNT)

    assert (await merchant.gateway.capture(held, AMOUNT)).captured


@pytest.mark.parametrize("amount", [AMOUNT - 1, AMOUNT + 1])
@pytest.mark.parametrize("outcome", ["authorized", "captured"])
async def test_only_the_whole_payment_can_be_captured(
    merchant: Merchant, order_id: str, outcome: str, amount: int
) -> None:
    order = await placed(merchant, order_id)
    payment_id = merchant.pay(order.razorpay_order_id, outcome).razorpay_payment_id
    with pytest.raises(PaymentRejected):
        await merchant.gateway.capture(payment_id, amount)


async def test_a_failed_payment_cannot_be_captured(merchant: Merchant, order_id: str) -> None:
    order = await placed(merchant, order_id)
    failed = merchant.pay(order.razorpay_order_id, "failed").razorpay_payment_id
    with pytest.raises(PaymentRejected):
        await merchant.gateway.capture(failed, AMOUNT)


async def test_an_unknown_payment_cannot_be_captured(merchant: Merchant) -> None:
    with pytest.raises(PaymentRejected):
        await merchant.gateway.capture("pay_00000000000000", AMOUNT)


@pytest.mark.parametrize("speed", RefundSpeed)
async def test_a_refund_says_its_speed_and_its_key(
    merchant: Merchant, order_id: str, speed: RefundSpeed
) -> None:
    payment_id = (await paid(merchant, order_id)).razorpay_payment_id
    key = refund_key(order_id, 1)

    refund = await merchant.gateway.refund(payment_id, 50_000, key, order_id, speed=speed)

    assert (refund.speed, refund.key) == (speed, key)


async def test_a_refund_that_was_made_keeps_its_speed(merchant: Merchant, order_id: str) -> None:
    payment_id = (await paid(merchant, order_id)).razorpay_payment_id
    key = refund_key(order_id, 1)
    made = await merchant.gateway.refund(payment_id, 50_000, key, order_id)
    again = await merchant.gateway.refund(
        payment_id, 50_000, key, order_id, speed=RefundSpeed.INSTANT
    )
    assert again == made
    assert merchant.refunds_made(payment_id) == 1


async def test_the_refunds_of_a_payment_are_told_oldest_first(
    merchant: Merchant, order_id: str
) -> None:
    payment_id = (await paid(merchant, order_id)).razorpay_payment_id
    assert list(await merchant.gateway.refunds_of(payment_id)) == []
    keys = [refund_key(order_id, number) for number in (1, 2, 3)]
    for key in keys:
        await merchant.gateway.refund(payment_id, 1_000, key, order_id)

    refunds = await merchant.gateway.refunds_of(payment_id)

    assert [refund.key for refund in refunds] == keys
    assert {refund.amount_paise for refund in refunds} == {1_000}


async def test_refunds_of_an_unknown_payment_are_refused(merchant: Merchant) -> None:
    with pytest.raises(PaymentRejected):
        await merchant.gateway.refunds_of("pay_00000000000000")


async def test_an_unknown_refund_is_refused(merchant: Merchant, order_id: str) -> None:
    payment_id = (await paid(merchant, order_id)).razorpay_payment_id
    with pytest.raises(RefundRejected):
        await merchant.gateway.refund_status(payment_id, "rfnd_00000000000000")

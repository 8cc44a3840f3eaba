from dataclasses import replace

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.payments import (
    CreatePaymentOrderInput,
    LookUpPaymentsInput,
    LookUpRefundInput,
    PaymentActivities,
    RefundPaymentInput,
)
from domain.errors import PaymentGatewayUnavailable, StoreUnavailable
from domain.messages import ConfirmPayment
from domain.payment import PaymentOrder
from tests.domain.orders import NOON, ORDER_ID
from tests.fakes.keys import FakePaymentRefs
from tests.fakes.payment_gateway import FakePaymentGateway

CREATE = CreatePaymentOrderInput(order_id=ORDER_ID, amount_paise=100_000, expires_at=NOON)


class ForgetfulRefs(FakePaymentRefs):
    """References whose store is away the first time."""

    def __init__(self) -> None:
        super().__init__()
        self.tries = 0

    async def put(self, razorpay_order_id: str, order_id: str) -> None:
        self.tries += 1
        if self.tries == 1:
            message = "away"
            raise StoreUnavailable(message)
        await super().put(razorpay_order_id, order_id)


class Till:
    def __init__(self, refs: FakePaymentRefs | None = None) -> None:
        self.gateway, self.refs = FakePaymentGateway(), refs or FakePaymentRefs()
        self.activities = PaymentActivities(self.gateway, self.refs)

    async def create(self) -> PaymentOrder:
        return await ActivityEnvironment().run(self.activities.create_payment_order, CREATE)

    async def paid(self, outcome: str = "captured") -> ConfirmPayment:
        return self.gateway.pay((await self.create()).razorpay_order_id, outcome)


async def test_whose_payment_it_is_stands_before_anybody_can_pay() -> None:
    till = Till()
    created = await till.create()
    assert (created.amount_paise, created.expires_at) == (100_000, NOON)
    assert await till.refs.order_id(created.razorpay_order_id) == ORDER_ID


async def test_a_crash_between_gateway_and_reference_ends_in_one_payment_order() -> None:
    till = Till(ForgetfulRefs())
    with pytest.raises(StoreUnavailable):
        await till.create()
    created = await till.create()
    assert len(till.gateway.orders) == 1
    assert await till.refs.order_id(created.razorpay_order_id) == ORDER_ID


async def test_a_hand_over_is_believed_only_as_far_as_the_gateway_confirms_it() -> None:
    till = Till()
    handover = await till.paid("authorized")
    told = await ActivityEnvironment().run(till.activities.confirm_handover, handover)
    assert (told.payment_id, told.status, told.captured) == (
        handover.razorpay_payment_id,
        "authorized",
        False,
    )


async def test_a_forged_hand_over_is_refused_before_the_gateway_is_asked() -> None:
    till = Till()
    forged = replace(await till.paid(), razorpay_signature="f" * 64)
    with pytest.raises(ApplicationError) as refused:
        await ActivityEnvironment().run(till.activities.confirm_handover, forged)
    assert refused.value.type == "PaymentSignatureInvalid"
    assert till.gateway.called("payment") == []


async def test_every_attempt_is_found_oldest_first() -> None:
    till = Till()
    failed, paid = await till.paid("failed"), await till.paid()
    request = LookUpPaymentsInput(razorpay_order_id=paid.razorpay_order_id)
    found = await ActivityEnvironment().run(till.activities.look_up_payments, request)
    assert [payment.payment_id for payment in found.payments] == [
        failed.razorpay_payment_id,
        paid.razorpay_payment_id,
    ]


async def test_a_refund_whose_answer_was_lost_is_made_once() -> None:
    till = Till()
    paid = await till.paid()
    request = RefundPaymentInput(
        order_id=ORDER_ID,
        payment_id=paid.razorpay_payment_id,
        amount_paise=40_000,
        key=f"{ORDER_ID}_refund_1",
    )
    till.gateway.lose_answer("refund", PaymentGatewayUnavailable("lost"))
    with pytest.raises(PaymentGatewayUnavailable):
        await ActivityEnvironment().run(till.activities.refund_payment, request)
    refund = await ActivityEnvironment().run(till.activities.refund_payment, request)
    assert list(till.gateway.refunds.values()) == [refund]

    asked = LookUpRefundInput(payment_id=refund.payment_id, razorpay_refund_id=refund.refund_id)
    assert await ActivityEnvironment().run(till.activities.look_up_refund, asked) == refund

"""Razorpay in memory."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count

from domain.errors import PaymentRejected, PaymentSignatureInvalid, RefundRejected
from domain.messages import ConfirmPayment
from domain.payment import GatewayPayment, GatewayRefund, PaymentOrder, RefundSpeed
from tests.fakes.recording import Recorder

KEY_ID = "rzp_test_fake"
KEY_SECRET = "fake-key-secret"


@dataclass
class FakePaymentGateway(Recorder):
    """A ``PaymentGateway``; ``pay`` plays the customer, ``settle_refund`` the bank."""

    refunds_settle_at_once: bool = True
    refuse_refunds: str | None = None
    orders: dict[str, PaymentOrder] = field(default_factory=dict)
    payments: dict[str, GatewayPayment] = field(default_factory=dict)
    refunds: dict[str, GatewayRefund] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def create_order(
        self, order_id: str, amount_paise: int, expires_at: datetime
    ) -> PaymentOrder:
        async with self._call("create_order", order_id=order_id, amount_paise=amount_paise):
            if amount_paise < 100:
                message = "the amount must be at least ₹1"
                raise PaymentRejected(message)
            known = self.orders.get(order_id)
            if known is None:
                known = PaymentOrder(
                    razorpay_order_id=self._id("order"),
                    key_id=KEY_ID,
                    amount_paise=amount_paise,
                    expires_at=expires_at,
                )
                self.orders[order_id] = known
            if known.amount_paise != amount_paise:
                message = "the order exists with another amount"
                raise PaymentRejected(message)
            return replace(known, expires_at=expires_at)

    async def payments_of(self, razorpay_order_id: str) -> Sequence[GatewayPayment]:
        async with self._call("payments_of", razorpay_order_id=razorpay_order_id):
            self._order(razorpay_order_id)
            return [
                payment
                for payment in self.payments.values()
                if payment.razorpay_order_id == razorpay_order_id
            ]

    async def payment(self, payment_id: str) -> GatewayPayment:
        async with self._call("payment", payment_id=payment_id):
            if payment_id not in self.payments:
                message = "there is no such payment"
                raise PaymentRejected(message)
            return self.payments[payment_id]

    def verify_handover(self, handover: ConfirmPayment) -> None:
        expected = _sign(handover.razorpay_order_id, handover.razorpay_payment_id)
        if handover.razorpay_signature != expected:
            message = "the payment's signature is not valid for this order"
            raise PaymentSignatureInvalid(message)

    async def capture(self, payment_id: str, amount_paise: int) -> GatewayPayment:
        async with self._call("capture", payment_id=payment_id, amount_paise=amount_paise):
            payment = self.payments.get(payment_id)
            if payment is None or payment.amount_paise != amount_paise:
                message = "there is no such payment over this amount"
                raise PaymentRejected(message)
            if not payment.captured:
                self._check_capture(payment)
                payment = replace(payment, status="captured", captured=True)
                self.payments[payment_id] = payment
            return payment

    async def refund(
        self,
        payment_id: str,
        amount_paise: int,
        key: str,
        order_id: str,
        *,
        speed: RefundSpeed = RefundSpeed.NORMAL,
    ) -> GatewayRefund:
        given = {"payment_id": payment_id, "amount_paise": amount_paise, "key": key}
        async with self._call("refund", order_id=order_id, speed=speed, **given):
            if key not in self.refunds:
                self._check_refund(payment_id, amount_paise)
                self.refunds[key] = GatewayRefund(
                    refund_id=self._id("rfnd"),
                    payment_id=payment_id,
                    amount_paise=amount_paise,
                    status="processed" if self.refunds_settle_at_once else "pending",
                    at=datetime.now(UTC),
                    key=key,
                    speed=speed,
                )
            made = self.refunds[key]
            if (made.payment_id, made.amount_paise) != (payment_id, amount_paise):
                message = "another refund was made with this key"
                raise RefundRejected(message)
            return made

    async def refund_status(self, payment_id: str, refund_id: str) -> GatewayRefund:
        async with self._call("refund_status", payment_id=payment_id, refund_id=refund_id):
            for refund in self.refunds.values():
                if (refund.payment_id, refund.refund_id) == (payment_id, refund_id):
                    return refund
            message = "there is no such refund"
            raise RefundRejected(message)

    async def refunds_of(self, payment_id: str) -> Sequence[GatewayRefund]:
        async with self._call("refunds_of", payment_id=payment_id):
            if payment_id not in self.payments:
                message = "there is no such payment"
                raise PaymentRejected(message)
            return [one for one in self.refunds.values() if one.payment_id == payment_id]

    def pay(self, razorpay_order_id: str, outcome: str = "captured") -> ConfirmPayment:
        """Make an attempt that ends as told, and return what the payment sheet hands over."""
        payment = GatewayPayment(
            payment_id=self._id("pay"),
            razorpay_order_id=razorpay_order_id,
            amount_paise=self._order(razorpay_order_id).amount_paise,
            status=outcome,
            captured=outcome == "captured",
            at=datetime.now(UTC),
            method="upi",
            reason="the bank declined" if outcome == "failed" else None,
        )
        self.payments[payment.payment_id] = payment
        return ConfirmPayment(
            razorpay_payment_id=payment.payment_id,
            razorpay_order_id=razorpay_order_id,
            razorpay_signature=_sign(razorpay_order_id, payment.payment_id),
        )

    def settle_refund(self, refund_id: str, status: str = "processed") -> GatewayRefund:
        """Let the bank answer a pending refund."""
        for key, refund in self.refunds.items():
            if refund.refund_id == refund_id:
                self.refunds[key] = replace(refund, status=status)
                return self.refunds[key]
        raise KeyError(refund_id)

    def _check_capture(self, payment: GatewayPayment) -> None:
        if payment.status != "authorized":
            message = "only an authorized payment can be captured"
            raise PaymentRejected(message)
        others = self.payments.values()
        if any(o.captured and o.razorpay_order_id == payment.razorpay_order_id for o in others):
            message = "the order is already paid"
            raise PaymentRejected(message)

    def _check_refund(self, payment_id: str, amount_paise: int) -> None:
        if self.refuse_refunds is not None:
            raise RefundRejected(self.refuse_refunds)
        payment = self.payments.get(payment_id)
        if payment is None or not payment.captured:
            message = "there is no captured payment to refund"
            raise RefundRejected(message)
        made = [one for one in self.refunds.values() if one.payment_id == payment_id]
        if sum(one.amount_paise for one in made) + amount_paise > payment.amount_paise:
            message = "more than was captured"
            raise RefundRejected(message)

    def _order(self, razorpay_order_id: str) -> PaymentOrder:
        for order in self.orders.values():
            if order.razorpay_order_id == razorpay_order_id:
                return order
        message = "there is no such order"
        raise PaymentRejected(message)

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):014d}"


def _sign(razorpay_order_id: str, payment_id: str) -> str:
    message = f"{razorpay_order_id}|{payment_id}".encode()
    return hmac.new(KEY_SECRET.encode(), message, hashlib.sha256).hexdigest()

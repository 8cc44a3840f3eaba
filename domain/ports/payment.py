"""Razorpay, and whose order its orders are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.messages import ConfirmPayment
from domain.payment import GatewayPayment, GatewayRefund, PaymentOrder


class PaymentGateway(Protocol):
    """Razorpay. All calls raise `PaymentGatewayUnavailable` when it gives no usable answer."""

    async def create_order(
        self, order_id: str, amount_paise: int, expires_at: datetime
    ) -> PaymentOrder:
        """Create the Razorpay order (receipt = our order id, automatic capture).

        Razorpay has no idempotency here, so an order with this receipt is looked for first.

        Raises:
            PaymentRejected: Razorpay refuses the request itself.
        """
        ...

    async def payments_of(self, razorpay_order_id: str) -> Sequence[GatewayPayment]:
        """Return every payment attempt on a Razorpay order, oldest first."""
        ...

    async def payment(self, payment_id: str) -> GatewayPayment:
        """Return one payment as it now is.

        Raises:
            PaymentRejected: there is no such payment.
        """
        ...

    def verify_handover(self, handover: ConfirmPayment) -> None:
        """Check the signature over (Razorpay order id, payment id). Local, no call.

        Raises:
            PaymentSignatureInvalid: it was not made with our key.
        """
        ...

    async def refund(
        self, payment_id: str, amount_paise: int, key: str, order_id: str
    ) -> GatewayRefund:
        """Refund a captured payment, at most once per key (X-Refund-Idempotency).

        Raises:
            RefundRejected: Razorpay refuses it for good.
        """
        ...

    async def refund_status(self, payment_id: str, refund_id: str) -> GatewayRefund:
        """Return a refund as it now is."""
        ...


class PaymentRefs(Protocol):
    """Which of our orders a Razorpay order belongs to."""

    async def put(self, razorpay_order_id: str, order_id: str) -> None:
        """Remember the pair. Idempotent."""
        ...

    async def order_id(self, razorpay_order_id: str) -> str | None:
        """Return our order id, or None if we never made that Razorpay order."""
        ...

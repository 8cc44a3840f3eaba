"""Razorpay, what it reports about the account, and whose order its orders are."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from domain.messages import ConfirmPayment
from domain.payment import (
    GatewayDispute,
    GatewayPayment,
    GatewayRefund,
    PaymentOrder,
    RefundSpeed,
)
from domain.settlement import Settlement, SettlementRow


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

    async def capture(self, payment_id: str, amount_paise: int) -> GatewayPayment:
        """Take an authorized payment in full. Idempotent: one that is captured is returned as such.

        Raises:
            PaymentRejected: it is not authorized, its order is paid, or the amount differs.
        """
        ...

    async def refund(
        self,
        payment_id: str,
        amount_paise: int,
        key: str,
        order_id: str,
        *,
        speed: RefundSpeed = RefundSpeed.NORMAL,
    ) -> GatewayRefund:
        """Refund a captured payment, at most once per key (X-Refund-Idempotency).

        A key belongs to one amount; with another speed it returns the refund that was made.
        `INSTANT` falls back to normal at Razorpay where the customer's bank does not take it; the
        refund says how it is processed.

        Raises:
            RefundRejected: Razorpay refuses it for good.
        """
        ...

    async def refund_status(self, payment_id: str, refund_id: str) -> GatewayRefund:
        """Return a refund as it now is.

        Raises:
            RefundRejected: there is no such refund of this payment.
        """
        ...

    async def refunds_of(self, payment_id: str) -> Sequence[GatewayRefund]:
        """Return every refund of a payment, oldest first, also those that we did not ask for.

        Raises:
            PaymentRejected: there is no such payment.
        """
        ...


class PaymentReports(Protocol):
    """What Razorpay reports about the account. All calls only read.

    Raise `PaymentGatewayUnavailable` when it gives no usable answer.
    """

    async def settlement_rows(self, day: date) -> Sequence[SettlementRow]:
        """Return every row of the settlements made on a day of the Indian calendar."""
        ...

    async def settlements(self, since: datetime, until: datetime) -> Sequence[Settlement]:
        """Return the payouts made between two moments, both included, oldest first."""
        ...

    async def dispute(self, dispute_id: str) -> GatewayDispute:
        """Return a dispute as it now is.

        Raises:
            PaymentRejected: there is no such dispute.
        """
        ...

    async def disputes(self, since: datetime) -> Sequence[GatewayDispute]:
        """Return the disputes opened since a moment, oldest first."""
        ...


class PaymentRefs(Protocol):
    """Which of our orders a Razorpay order belongs to."""

    async def put(self, razorpay_order_id: str, order_id: str) -> None:
        """Remember the pair. Idempotent."""
        ...

    async def order_id(self, razorpay_order_id: str) -> str | None:
        """Return our order id, or None if we never made that Razorpay order."""
        ...

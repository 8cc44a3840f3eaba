"""Razorpay behind the port `PaymentGateway`, over its SDK."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from adapters.razorpay_calls import RazorpayCalls, read_pages
from adapters.razorpay_entities import read_payment, read_refund
from adapters.razorpay_session import RazorpayFailure
from adapters.razorpay_signature import verify_handover
from domain.errors import PaymentRejected, PaymentSignatureInvalid, RefundRejected
from domain.messages import ConfirmPayment
from domain.money import CURRENCY
from domain.payment import GatewayPayment, GatewayRefund, PaymentOrder, RefundSpeed

TIMEOUT_S = (3.0, 8.0)
"""To connect and between two bytes; a checkout waits for Razorpay for 10 s at most."""
PAGE = 100
LEAST_CAPTURE_MIN, MOST_CAPTURE_MIN = 12, 7200
"""Razorpay's bounds for the time in which an authorized payment is captured by itself."""

SPEED_WORDS = {RefundSpeed.NORMAL: "normal", RefundSpeed.INSTANT: "optimum"}


class RazorpayGateway:
    """Payment orders, payments and refunds of one Razorpay account.

    Args:
        base_url: without `/v1` and without a slash at the end.
        key_id: public; the payment sheet needs it too.
        key_secret: authenticates calls and signs hand-overs.
        timeout_s: to connect, and to read, in seconds.
    """

    def __init__(
        self,
        base_url: str,
        key_id: str,
        key_secret: str,
        *,
        timeout_s: tuple[float, float] = TIMEOUT_S,
    ) -> None:
        """Start nothing yet."""
        self._key_id = key_id
        self._key_secret = key_secret
        self._calls = RazorpayCalls(base_url, (key_id, key_secret), timeout_s=timeout_s)

    def close(self) -> None:
        """End the threads; calls under way are waited for."""
        self._calls.close()

    async def create_order(
        self, order_id: str, amount_paise: int, expires_at: datetime
    ) -> PaymentOrder:
        """Create the Razorpay order, or take up the one that an earlier try has left."""
        body = _order_body(order_id, amount_paise, expires_at)

        def find_or_create(client: Any) -> tuple[str, int]:
            found = client.order.all({"receipt": order_id, "count": PAGE})["items"]
            # Two of them only if two tries overlapped: every process then picks the same one.
            oldest = min(found, key=lambda order: (order["created_at"], order["id"]), default=None)
            order = oldest or client.order.create(body)
            return str(order["id"]), int(order["amount"])

        razorpay_order_id, amount = await self._calls.ask(find_or_create, refusal=PaymentRejected)
        if amount != amount_paise:
            message = f"Razorpay has {razorpay_order_id} for {order_id} with another amount"
            raise PaymentRejected(message)
        return PaymentOrder(
            razorpay_order_id=razorpay_order_id,
            key_id=self._key_id,
            amount_paise=amount_paise,
            expires_at=expires_at,
        )

    async def payments_of(self, razorpay_order_id: str) -> Sequence[GatewayPayment]:
        """Return every attempt to pay an order, oldest first."""

        def read_all(client: Any) -> list[GatewayPayment]:
            page = client.order.payments(razorpay_order_id, {})
            payments = [read_payment(item) for item in page["items"]]
            # Razorpay lists the newest first; within a second its own order decides.
            payments.reverse()
            return sorted(payments, key=lambda payment: payment.at)

        return await self._calls.ask(read_all, refusal=PaymentRejected)

    async def payment(self, payment_id: str) -> GatewayPayment:
        """Return one payment as it now is."""
        return await self._calls.ask(
            lambda client: read_payment(client.payment.fetch(payment_id, {})),
            refusal=PaymentRejected,
        )

    def verify_handover(self, handover: ConfirmPayment) -> None:
        """Check the signature of the payment sheet's hand-over."""
        genuine = verify_handover(
            handover.razorpay_order_id,
            handover.razorpay_payment_id,
            handover.razorpay_signature,
            key_secret=self._key_secret,
        )
        if not genuine:
            message = "the payment's signature is not valid for this order"
            raise PaymentSignatureInvalid(message)

    async def capture(self, payment_id: str, amount_paise: int) -> GatewayPayment:
        """Take an authorized payment; one that an earlier try has captured is returned as it is."""

        def capture_once(client: Any) -> GatewayPayment:
            try:
                # A fresh dictionary: the SDK's default one is shared by all threads.
                body = {"currency": CURRENCY}
                return read_payment(client.payment.capture(payment_id, amount_paise, body))
            except RazorpayFailure as failure:
                if failure.may_pass:
                    raise
                # The refusal's wording is not documented: the payment itself tells.
                payment = read_payment(client.payment.fetch(payment_id, {}))
                if not payment.captured or payment.amount_paise != amount_paise:
                    raise
                return payment

        return await self._calls.ask(capture_once, refusal=PaymentRejected)

    async def refund(
        self,
        payment_id: str,
        amount_paise: int,
        key: str,
        order_id: str,
        *,
        speed: RefundSpeed = RefundSpeed.NORMAL,
    ) -> GatewayRefund:
        """Refund a captured payment, at most once per key."""

        def refund_once(client: Any) -> GatewayRefund:
            body = {
                "amount": amount_paise,
                "speed": SPEED_WORDS[speed],
                "receipt": key,
                "notes": {"order_id": order_id},
            }
            headers = {"X-Refund-Idempotency": key}
            try:
                return read_refund(client.payment.refund(payment_id, body, headers=headers))
            except RazorpayFailure as failure:
                if failure.may_pass:
                    raise
                made = _refund_made_earlier(client, payment_id, key, amount_paise)
                if made is None:
                    raise
                return made

        return await self._calls.ask(refund_once, refusal=RefundRejected)

    async def refund_status(self, payment_id: str, refund_id: str) -> GatewayRefund:
        """Return a refund as it now is."""
        return await self._calls.ask(
            lambda client: read_refund(client.payment.fetch_refund_id(payment_id, refund_id)),
            refusal=RefundRejected,
        )

    async def refunds_of(self, payment_id: str) -> Sequence[GatewayRefund]:
        """Return every refund of a payment, oldest first."""

        def read_all(client: Any) -> list[GatewayRefund]:
            refunds = [read_refund(entity) for entity in _refunds(client, payment_id)]
            # Newest first, as Razorpay lists them; within a second its own order decides.
            refunds.reverse()
            return sorted(refunds, key=lambda refund: refund.at)

        return await self._calls.ask(read_all, refusal=PaymentRejected)


def _order_body(order_id: str, amount_paise: int, expires_at: datetime) -> dict[str, Any]:
    """Return the request; a payment begun in the window is captured whenever its bank answers.

    What is authorized even later goes back by itself, at Razorpay's cost and not at ours.
    """
    left_min = math.ceil((expires_at - datetime.now(UTC)).total_seconds() / 60)
    capture_min = min(max(left_min, 0) + LEAST_CAPTURE_MIN, MOST_CAPTURE_MIN)
    return {
        "amount": amount_paise,
        "currency": CURRENCY,
        "receipt": order_id,
        "notes": {"order_id": order_id},
        "payment": {
            "capture": "automatic",
            "capture_options": {
                "automatic_expiry_period": capture_min,
                "manual_expiry_period": capture_min,
                "refund_speed": "normal",
            },
        },
    }


def _refund_made_earlier(
    client: Any, payment_id: str, key: str, amount_paise: int
) -> GatewayRefund | None:
    """Return the refund that this key made already, or None.

    Razorpay forgets idempotency keys some day; the refund's receipt, which is the key, remains.
    """
    for entity in _refunds(client, payment_id):
        if entity.get("receipt") == key and entity["amount"] == amount_paise:
            return read_refund(entity)
    return None


def _refunds(client: Any, payment_id: str) -> list[dict[str, Any]]:
    """Return the refunds of a payment, newest first; a page that shifted repeats none."""
    pages = read_pages(
        lambda query: client.payment.fetch_multiple_refund(payment_id, query), size=PAGE, query={}
    )
    return list({entity.get("id"): entity for entity in pages}.values())

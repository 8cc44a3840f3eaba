"""Razorpay's payments and refunds in our words. Standard library only."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from domain.payment import GatewayPayment, GatewayRefund

Entity = Mapping[str, Any]


def moment(unix_s: int) -> datetime:
    """Return Razorpay's unix seconds as an aware UTC datetime."""
    return datetime.fromtimestamp(int(unix_s), UTC)


def read_payment(entity: Entity, at: datetime | None = None) -> GatewayPayment:
    """Return a payment entity; `at` is when it became so, if known better than its creation.

    Raises:
        KeyError, TypeError, ValueError: it is no payment entity.
    """
    status = str(entity["status"])
    return GatewayPayment(
        payment_id=str(entity["id"]),
        razorpay_order_id=entity.get("order_id") or None,
        amount_paise=int(entity["amount"]),
        status=status,
        # The sample payloads set `captured` on authorized and failed payments too: status decides.
        captured=status in {"captured", "refunded"} and bool(entity.get("captured", True)),
        at=at or moment(entity["created_at"]),
        method=entity.get("method") or None,
        reason=entity.get("error_description") or entity.get("error_reason") or None,
    )


def read_refund(entity: Entity, at: datetime | None = None) -> GatewayRefund:
    """Return a refund entity; `at` as for payments.

    Raises:
        KeyError, TypeError, ValueError: it is no refund entity.
    """
    return GatewayRefund(
        refund_id=str(entity["id"]),
        payment_id=str(entity["payment_id"]),
        amount_paise=int(entity["amount"]),
        status=str(entity["status"]),
        at=at or moment(entity["created_at"]),
    )

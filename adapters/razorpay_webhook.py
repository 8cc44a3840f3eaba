"""Razorpay's webhooks: whether one is genuine, and what it tells. Standard library only."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.razorpay_entities import moment, read_dispute, read_payment, read_refund
from adapters.razorpay_signature import verify_signature
from domain.messages import DisputeNews, PaymentNews, RefundNews
from domain.wire import Unreadable

__all__ = ["RazorpayWebhook", "Unreadable", "parse", "verify_signature"]

PAYMENT_EVENTS = frozenset(
    {"payment.authorized", "payment.captured", "payment.failed", "order.paid"}
)
REFUND_EVENTS = frozenset(
    {"refund.created", "refund.processed", "refund.failed", "refund.speed_changed"}
)


DISPUTE_EVENTS = frozenset(
    f"payment.dispute.{what}"
    for what in ("created", "under_review", "action_required", "won", "lost", "closed")
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RazorpayWebhook:
    """One webhook in our words.

    Attributes:
        event: Razorpay's name of it.
        news: for the order's workflow; None for an event that concerns no order (settlements, …).
        razorpay_order_id: the order that was paid; None for a payment without one.
        receipt: our own order id, when the payload says it.
    """

    event: str
    news: PaymentNews | RefundNews | DisputeNews | None = None
    razorpay_order_id: str | None = None
    receipt: str | None = None


def parse(body: bytes | str) -> RazorpayWebhook:
    """Read a webhook whose signature was verified.

    The payload is a snapshot of the moment of the event: the payment itself may be further on, and
    `payment.failed` of one payment can be followed by its `payment.captured`.

    Raises:
        Unreadable: it is not JSON, or not the event that it says it is.
    """
    try:
        document = json.loads(body)
        event = str(document["event"])
        if event not in PAYMENT_EVENTS | REFUND_EVENTS | DISPUTE_EVENTS:
            return RazorpayWebhook(event=event)
        return _read(event, document)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"not a Razorpay webhook: {error!r}"
        raise Unreadable(message) from error


def _read(event: str, document: Mapping[str, Any]) -> RazorpayWebhook:
    payload = document["payload"]
    at = moment(document["created_at"]) if "created_at" in document else None
    news: PaymentNews | RefundNews | DisputeNews
    if event in REFUND_EVENTS:
        news = RefundNews(refund=read_refund(payload["refund"]["entity"], at))
    elif event in DISPUTE_EVENTS:
        news = DisputeNews(
            dispute=read_dispute(payload["dispute"]["entity"], at),
            payment=read_payment(payload["payment"]["entity"]),
        )
    else:
        news = PaymentNews(payment=read_payment(payload["payment"]["entity"], at))
    payment = _entity(payload, "payment")
    order = _entity(payload, "order")
    return RazorpayWebhook(
        event=event,
        news=news,
        razorpay_order_id=payment.get("order_id") or order.get("id") or None,
        receipt=order.get("receipt") or _noted(order) or _noted(payment) or _noted_refund(payload),
    )


def _entity(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    entity: Mapping[str, Any] = payload.get(name, {}).get("entity", {})
    return entity


def _noted_refund(payload: Mapping[str, Any]) -> str | None:
    return _noted(_entity(payload, "refund"))


def _noted(entity: Mapping[str, Any]) -> str | None:
    """Return our order id from the notes, which are an empty list when there are none."""
    notes = entity.get("notes")
    return notes.get("order_id") if isinstance(notes, dict) else None

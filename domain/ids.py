"""Every id and idempotency key, each from one function, each derived and never random."""

import base64
import hashlib
import re

ORDER_ID_PATTERN = re.compile(r"ord_[a-z2-7]{20}")
_SELLER_REFERENCE = re.compile(r"(ord_[a-z2-7]{20})-([0-9]{1,3})(?:-r([0-9]{1,3}))?")


def order_id_for(customer_id: str, idempotency_key: str) -> str:
    """Return the order id that this customer and key always lead to (`ord_` + 20 characters)."""
    digest = hashlib.sha256(f"{customer_id}\n{idempotency_key}".encode()).digest()
    return "ord_" + base64.b32encode(digest).decode().lower()[:20]


def is_order_id(text: str) -> bool:
    """Tell whether a text has the form of an order id; nothing else may reach a look-up."""
    return ORDER_ID_PATTERN.fullmatch(text) is not None


def workflow_id(order_id: str) -> str:
    """Return the id of the one workflow that drives this order."""
    return f"order:{order_id}"


def refund_key(order_id: str, number: int) -> str:
    """Return the key of an order's n-th refund (Razorpay allows letters, digits, `_`, `-`)."""
    return f"{order_id}_refund_{number}"


def seller_reference(order_id: str, shipment: int, rebooking: int = 0) -> str:
    """Return the reference under which the courier knows a shipment.

    A cancelled booking's reference cannot be used again, so each rebooking carries a suffix.
    """
    suffix = f"-r{rebooking}" if rebooking else ""
    return f"{order_id}-{shipment}{suffix}"


def parse_seller_reference(reference: str) -> tuple[str, int] | None:
    """Return (order id, shipment number) of our own reference, or None for somebody else's."""
    match = _SELLER_REFERENCE.fullmatch(reference)
    return (match[1], int(match[2])) if match else None


def event_id(order_id: str, epoch: int, sequence: int) -> str:
    """Return the id of an event: the same for each publish of the same fact."""
    return f"{order_id}:{epoch}:{sequence}"


def notification_key(order_id: str, template: str, occasion: str) -> str:
    """Return the key under which one message of one occasion goes out at most once."""
    return f"{order_id}:{template}:{occasion}"

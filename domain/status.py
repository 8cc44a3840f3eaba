"""The order's customer-facing status: a total, pure function; nothing else sets it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.shipment import ShipmentState


class OrderStatus(StrEnum):
    """Where the order is, in the customer's eyes."""

    PENDING_PAYMENT = "pending_payment"
    CONFIRMED = "confirmed"
    PACKED = "packed"
    SHIPPED = "shipped"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    DELIVERY_FAILED = "delivery_failed"
    RETURNING_TO_ORIGIN = "returning_to_origin"
    RETURNED_TO_ORIGIN = "returned_to_origin"
    RETURN_REQUESTED = "return_requested"
    RETURNED = "returned"


_S = ShipmentState
_O = OrderStatus

LIVE_PARCELS: tuple[tuple[ShipmentState, OrderStatus], ...] = (
    (_S.BOOKED, _O.CONFIRMED),
    (_S.PACKED, _O.PACKED),
    (_S.SHIPPED, _O.SHIPPED),
    (_S.IN_TRANSIT, _O.SHIPPED),
    (_S.ATTEMPT_FAILED, _O.DELIVERY_FAILED),
    (_S.OUT_FOR_DELIVERY, _O.OUT_FOR_DELIVERY),
    (_S.RTO_INITIATED, _O.RETURNING_TO_ORIGIN),
)
"""Live parcels from least to most advanced; the order shows the first that it has."""

ENDED_PARCELS: tuple[tuple[ShipmentState, OrderStatus], ...] = (
    (_S.DELIVERED, _O.DELIVERED),
    (_S.RTO_DELIVERED, _O.RETURNED_TO_ORIGIN),
    (_S.LOST, _O.DELIVERY_FAILED),
    (_S.CANCELLED, _O.CANCELLED),
)
"""Ended parcels by what matters most to the customer; decides when no parcel is live."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderFacts:
    """All that the status depends on."""

    confirmed: bool = False
    expired: bool = False
    cancelled: bool = False
    completed: bool = False
    return_open: bool = False
    all_returned: bool = False
    awaiting_shipment: bool = False
    parcels: Sequence[ShipmentState] = ()


def derive_status(facts: OrderFacts) -> OrderStatus:
    """Return the status of any mixture of facts.

    `awaiting_shipment`: some lines are not booked yet, which is less advanced than any parcel.
    A cancelled order keeps showing the parcels that could not be stopped until they have ended.
    """
    live = [status for state, status in LIVE_PARCELS if state in facts.parcels]
    if facts.cancelled and not live:
        return _ended(facts) if _S.DELIVERED in facts.parcels else _O.CANCELLED
    if facts.expired:
        return _O.EXPIRED
    if not facts.confirmed:
        return _O.PENDING_PAYMENT
    if facts.awaiting_shipment and not facts.cancelled:
        return _O.CONFIRMED
    if live:
        return live[0]
    return _ended(facts)


def _ended(facts: OrderFacts) -> OrderStatus:
    if facts.all_returned:
        return _O.RETURNED
    if facts.return_open:
        return _O.RETURN_REQUESTED
    if facts.completed and _S.DELIVERED in facts.parcels:
        return _O.COMPLETED
    for state, status in ENDED_PARCELS:
        if state in facts.parcels:
            return status
    return _O.CONFIRMED


TRANSITIONS: dict[OrderStatus, frozenset[OrderStatus]] = {
    _O.PENDING_PAYMENT: frozenset({_O.CONFIRMED, _O.EXPIRED, _O.CANCELLED}),
    _O.EXPIRED: frozenset({_O.CONFIRMED}),
    _O.CONFIRMED: frozenset(
        {
            _O.PACKED,
            _O.SHIPPED,
            _O.OUT_FOR_DELIVERY,
            _O.DELIVERED,
            _O.DELIVERY_FAILED,
            _O.RETURNING_TO_ORIGIN,
            _O.RETURNED_TO_ORIGIN,
            _O.CANCELLED,
        }
    ),
    _O.PACKED: frozenset(
        {
            _O.CONFIRMED,
            _O.SHIPPED,
            _O.OUT_FOR_DELIVERY,
            _O.DELIVERED,
            _O.DELIVERY_FAILED,
            _O.RETURNING_TO_ORIGIN,
            _O.RETURNED_TO_ORIGIN,
            _O.CANCELLED,
        }
    ),
    _O.SHIPPED: frozenset(
        {
            _O.OUT_FOR_DELIVERY,
            _O.DELIVERED,
            _O.DELIVERY_FAILED,
            _O.RETURNING_TO_ORIGIN,
            _O.RETURNED_TO_ORIGIN,
        }
    ),
    _O.OUT_FOR_DELIVERY: frozenset(
        {_O.DELIVERED, _O.DELIVERY_FAILED, _O.RETURNING_TO_ORIGIN, _O.RETURNED_TO_ORIGIN}
    ),
    _O.DELIVERY_FAILED: frozenset(
        {
            _O.SHIPPED,
            _O.OUT_FOR_DELIVERY,
            _O.DELIVERED,
            _O.RETURNING_TO_ORIGIN,
            _O.RETURNED_TO_ORIGIN,
            _O.CANCELLED,
        }
    ),
    _O.RETURNING_TO_ORIGIN: frozenset({_O.RETURNED_TO_ORIGIN, _O.DELIVERED, _O.DELIVERY_FAILED}),
    _O.RETURNED_TO_ORIGIN: frozenset({_O.CANCELLED}),
    _O.DELIVERED: frozenset({_O.COMPLETED, _O.RETURN_REQUESTED}),
    _O.RETURN_REQUESTED: frozenset({_O.RETURNED, _O.DELIVERED}),
    _O.RETURNED: frozenset(),
    _O.COMPLETED: frozenset(),
    _O.CANCELLED: frozenset(),
}
"""Every lawful change of status; the state diagram in the docs is drawn from it.

With several parcels the least advanced one may leave the sum (it was lost, or came back), so a few
steps exist that no single parcel could make. A packed order is only confirmed again when some of
its units are cancelled and the rest is booked anew.
"""

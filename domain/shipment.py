"""Parcels: their states, which only move forward, and what the courier tells of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ShipmentState(StrEnum):
    """Where a parcel is."""

    BOOKED = "booked"
    PACKED = "packed"
    SHIPPED = "shipped"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    ATTEMPT_FAILED = "attempt_failed"
    RTO_INITIATED = "rto_initiated"
    RTO_DELIVERED = "rto_delivered"
    LOST = "lost"
    CANCELLED = "cancelled"


S = ShipmentState

FORWARD: dict[ShipmentState, frozenset[ShipmentState]] = {
    S.BOOKED: frozenset({S.PACKED, S.CANCELLED}),
    S.PACKED: frozenset({S.SHIPPED, S.CANCELLED}),
    S.SHIPPED: frozenset({S.IN_TRANSIT, S.OUT_FOR_DELIVERY, S.RTO_INITIATED, S.LOST}),
    S.IN_TRANSIT: frozenset({S.OUT_FOR_DELIVERY, S.RTO_INITIATED, S.LOST}),
    S.OUT_FOR_DELIVERY: frozenset({S.DELIVERED, S.ATTEMPT_FAILED, S.RTO_INITIATED, S.LOST}),
    S.ATTEMPT_FAILED: frozenset(
        {S.IN_TRANSIT, S.OUT_FOR_DELIVERY, S.DELIVERED, S.RTO_INITIATED, S.LOST}
    ),
    S.RTO_INITIATED: frozenset({S.DELIVERED, S.RTO_DELIVERED, S.LOST}),
    S.DELIVERED: frozenset(),
    S.RTO_DELIVERED: frozenset(),
    S.LOST: frozenset(),
    S.CANCELLED: frozenset(),
}
"""The one table of a parcel's steps. A courier that skips scans is followed by `path_to`."""

ENDED = frozenset(state for state, steps in FORWARD.items() if not steps)
BEFORE_PICKUP = frozenset({S.BOOKED, S.PACKED})
NEVER_ARRIVED = frozenset({S.CANCELLED, S.LOST, S.RTO_DELIVERED})
_GOES_ROUND = frozenset({S.IN_TRANSIT, S.OUT_FOR_DELIVERY, S.ATTEMPT_FAILED})
WITH_COURIER = frozenset(FORWARD) - ENDED - BEFORE_PICKUP


@dataclass(frozen=True, kw_only=True, slots=True)
class ShipmentLine:
    """How many of an order line travel in a parcel."""

    sku: str
    quantity: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Shipment:
    """One parcel from one warehouse. `number` counts from 1 within its order.

    `changed_at` is when we took the last step, `scanned_at` the courier's time of its newest scan.
    """

    number: int
    warehouse: str
    lines: tuple[ShipmentLine, ...]
    state: ShipmentState
    reference: str
    awb: str | None = None
    courier: str | None = None
    courier_order_id: str | None = None
    courier_shipment_id: str | None = None
    tracking_url: str | None = None
    label_url: str | None = None
    promised_by: datetime | None = None
    attempts: int = 0
    reason: str | None = None
    changed_at: datetime | None = None
    scanned_at: datetime | None = None

    @property
    def never_arrived(self) -> bool:
        """Tell whether this parcel has ended without reaching the customer."""
        return self.state in NEVER_ARRIVED

    @property
    def ended(self) -> bool:
        """Tell whether nothing more can happen to this parcel."""
        return self.state in ENDED


@dataclass(frozen=True, kw_only=True, slots=True)
class CourierUpdate:
    """What the courier says of one parcel at one moment; the receiver has checked the AWB."""

    shipment: int
    awb: str
    state: ShipmentState
    at: datetime
    text: str = ""


def is_old(update: CourierUpdate, parcel: Shipment) -> bool:
    """Tell a late repeat of an earlier attempt from news, by the courier's own times.

    Time decides only where a parcel can go round, after a failed attempt: the clocks of hubs and
    riders differ, and what lies ahead is believed whatever its time.
    """
    if parcel.attempts == 0 or update.state not in _GOES_ROUND:
        return False
    if parcel.scanned_at is None or update.at > parcel.scanned_at:
        return False
    return update.at < parcel.scanned_at or update.state is parcel.state


def contradicts(update: CourierUpdate, parcel: Shipment) -> bool:
    """Tell whether the courier says what can neither be followed nor passed over.

    Goods that we think cancelled or lost are on their way; a parcel on its way is cancelled; one
    that was delivered has come back or is lost.
    """
    if parcel.state in (S.CANCELLED, S.LOST):
        return update.state in WITH_COURIER or update.state is S.DELIVERED
    if parcel.state is S.DELIVERED:
        return update.state in (S.RTO_DELIVERED, S.LOST)
    return parcel.state in WITH_COURIER and update.state is S.CANCELLED


def path_to(current: ShipmentState, target: ShipmentState) -> tuple[ShipmentState, ...]:
    """Return the shortest lawful steps from one state to another; empty when it is not ahead.

    Couriers skip scans, repeat them and send them late: news that lies behind changes nothing, news
    that lies further ahead passes through the states in between, each with its own event.
    A parcel never goes to `cancelled` or comes back from a failed attempt on the way to elsewhere.
    Only a failed attempt leads to its own state again: whoever asks must know that it is a new one.
    """
    frontier: list[tuple[ShipmentState, ...]] = [(step,) for step in _ordered(current)]
    seen = {current}
    while frontier:
        path = frontier.pop(0)
        if path[-1] is target:
            return path
        if path[-1] in seen or path[-1] in (S.CANCELLED, S.ATTEMPT_FAILED):
            continue
        seen.add(path[-1])
        frontier.extend((*path, step) for step in _ordered(path[-1]))
    return ()


def _ordered(state: ShipmentState) -> list[ShipmentState]:
    """Return the next states in a fixed order: a set's order differs from process to process."""
    rank = list(ShipmentState)
    return sorted(FORWARD[state], key=rank.index)

"""Parts of an order that travel inside events."""

from dataclasses import dataclass
from datetime import datetime

from domain.cart import Address, Customer
from domain.pricing import Quote
from domain.shipment import ShipmentLine


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedOrder:
    """The order as it was placed. Personal data: customer and address."""

    customer: Customer
    shipping_address: Address
    quote: Quote
    placed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Cancellation:
    """Why and by whom an order ended before delivery; `by` is customer, ops or system."""

    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class LineCancellation:
    """Units that one parcel gave up while it was still here; `number` counts from 1 per order.

    `amount_paise` is what they were charged at. What else was in the parcel travels in the parcel
    `replaced_by`; None if nothing is left of it.
    """

    number: int
    shipment: int
    lines: tuple[ShipmentLine, ...]
    amount_paise: int
    reason: str
    by: str
    at: datetime
    replaced_by: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Notification:
    """One message that went out; the recipient is not repeated here."""

    channel: str
    template: str
    occasion: str
    sent_at: datetime

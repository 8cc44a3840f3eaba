"""The courier."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.cart import Address, Customer, PaymentMethod
from domain.catalogue import Warehouse
from domain.pricing import Route
from domain.shipment import CourierUpdate


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteRequest:
    """A way from a warehouse to a pincode."""

    from_pincode: str
    to_pincode: str
    weight_g: int
    cod: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ParcelItem:
    """One line of a parcel as the courier wants it."""

    sku: str
    name: str
    hsn: str
    quantity: int
    unit_price_paise: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BookingRequest:
    """A parcel to be booked. `reference` is ours and unique; booking is idempotent by it."""

    reference: str
    order_id: str
    shipment: int
    ordered_at: datetime
    warehouse: Warehouse
    customer: Customer
    address: Address
    items: tuple[ParcelItem, ...]
    weight_g: int
    amount_paise: int
    payment_method: PaymentMethod


@dataclass(frozen=True, kw_only=True, slots=True)
class Booking:
    """A booked parcel."""

    awb: str
    courier: str
    courier_order_id: str
    courier_shipment_id: str
    tracking_url: str
    label_url: str | None
    promised_by: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Remittance:
    """Cash on delivery that the courier has paid out."""

    amount_paise: int
    utr: str
    at: datetime


class Courier(Protocol):
    """Shiprocket. All calls raise `CourierUnavailable` when it gives no usable answer."""

    async def route(self, request: RouteRequest) -> Route:
        """Return whether and by when a parcel can get there."""
        ...

    async def book(self, request: BookingRequest) -> Booking:
        """Create the order, assign an AWB (trying each serviceable courier), print the label.

        Idempotent by `reference`: whatever exists already is taken up and completed.

        Raises:
            BookingRefused: no courier takes it, or the address or wallet is refused (says which).
        """
        ...

    async def schedule_pickup(self, booking: Booking) -> None:
        """Ask the courier to fetch a packed parcel. A second request counts as success.

        Raises:
            BookingRefused: the courier refuses the pickup.
        """
        ...

    async def cancel(self, booking: Booking) -> None:
        """Cancel a parcel that was not picked up. Idempotent.

        Raises:
            ShipmentTooLate: it is with the courier already.
        """
        ...

    async def track(self, shipment: int, awb: str) -> CourierUpdate | None:
        """Return the parcel's present state, or None while it has none of interest."""
        ...

    async def remittance(self, courier_order_id: str) -> Remittance | None:
        """Return the payout of a COD parcel, or None while it is outstanding."""
        ...

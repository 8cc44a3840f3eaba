"""Parcels: booking, pickup, cancelling, and asking the courier."""

from dataclasses import dataclass
from datetime import datetime

from temporalio import activity

from activities.failures import refusals
from domain.cart import Address, Customer, PaymentMethod
from domain.ports import Booking, BookingRequest, Catalogue, Courier, ParcelItem, Remittance
from domain.shipment import CourierUpdate


@dataclass(frozen=True, kw_only=True, slots=True)
class BookShipmentInput:
    """One parcel of an order, ready to be booked; the warehouse is looked up by its code."""

    reference: str
    order_id: str
    shipment: int
    ordered_at: datetime
    warehouse: str
    customer: Customer
    address: Address
    items: tuple[ParcelItem, ...]
    weight_g: int
    amount_paise: int
    payment_method: PaymentMethod


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackShipmentInput:
    """A parcel that has been silent."""

    shipment: int
    awb: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackShipmentResult:
    """What the courier says of it, if anything."""

    update: CourierUpdate | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LookUpRemittanceInput:
    """A COD parcel whose cash is outstanding."""

    courier_order_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LookUpRemittanceResult:
    """The payout, if it happened."""

    remittance: Remittance | None


class DeliveryActivities:
    """Runs on the `delivery` queue. Idempotent by our reference of the parcel."""

    def __init__(self, courier: Courier, catalogue: Catalogue) -> None:
        """Receive the ports."""
        self._courier = courier
        self._catalogue = catalogue

    @activity.defn
    async def book_shipment(self, request: BookShipmentInput) -> Booking:
        """Book the parcel, print its label and ask for its pickup.

        Fails for good with `BookingRefused`; a repeat takes up whatever exists already.
        """
        warehouse = await self._catalogue.warehouse(request.warehouse)
        with refusals():
            booking = await self._courier.book(
                BookingRequest(
                    reference=request.reference,
                    order_id=request.order_id,
                    shipment=request.shipment,
                    ordered_at=request.ordered_at,
                    warehouse=warehouse,
                    customer=request.customer,
                    address=request.address,
                    items=request.items,
                    weight_g=request.weight_g,
                    amount_paise=request.amount_paise,
                    payment_method=request.payment_method,
                )
            )
            await self._courier.schedule_pickup(booking)
        return booking

    @activity.defn
    async def cancel_shipment(self, booking: Booking) -> None:
        """Cancel a parcel before its pickup. Fails for good with `ShipmentTooLate`."""
        with refusals():
            await self._courier.cancel(booking)

    @activity.defn
    async def track_shipment(self, request: TrackShipmentInput) -> TrackShipmentResult:
        """Ask the courier where a parcel is."""
        with refusals():
            update = await self._courier.track(request.shipment, request.awb)
        return TrackShipmentResult(update=update)

    @activity.defn
    async def look_up_remittance(self, request: LookUpRemittanceInput) -> LookUpRemittanceResult:
        """Ask the courier whether it has paid out a parcel's cash."""
        with refusals():
            remittance = await self._courier.remittance(request.courier_order_id)
        return LookUpRemittanceResult(remittance=remittance)

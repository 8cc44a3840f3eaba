"""Shiprocket in memory."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from domain.errors import BookingRefused, ShipmentTooLate
from domain.ports import Booking, BookingRequest, Remittance, RouteRequest
from domain.pricing import Route, promise
from domain.shipment import WITH_COURIER, CourierUpdate, ShipmentState
from tests.fakes.recording import Recorder


@dataclass
class FakeParcel:
    """A booked parcel as the fake knows it."""

    request: BookingRequest
    booking: Booking
    state: ShipmentState | None = None
    changed_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    pickup_scheduled: bool = False
    remittance: Remittance | None = None


@dataclass
class FakeCourier(Recorder):
    """A ``Courier``; ``move`` plays the van.

    Pincodes that begin with 9 are not served, those with 19 take no cash, as in the sandbox.
    """

    refuse_bookings: str | None = None
    parcels: dict[str, FakeParcel] = field(default_factory=dict)

    async def route(self, request: RouteRequest) -> Route:
        async with self._call("route", request=request):
            if "9" in (request.from_pincode[0], request.to_pincode[0]):
                return Route(serviceable=False, cod=False)
            cod = not request.to_pincode.startswith("19")
            return Route(serviceable=True, cod=cod, promised_by=promise(datetime.now(UTC), 3))

    async def book(self, request: BookingRequest) -> Booking:
        async with self._call("book", request=request):
            known = self.parcels.get(request.reference)
            if known is not None and known.state is ShipmentState.CANCELLED:
                message = f"{request.reference} is cancelled: book again under a new reference"
                raise BookingRefused(message)
            if known is None:
                self._check(request)
                number = 1000 + len(self.parcels)
                booking = Booking(
                    awb=f"AWB{number}",
                    courier="Fake Surface",
                    courier_order_id=str(number),
                    courier_shipment_id=str(number + 500_000),
                    tracking_url=f"https://courier.test/tracking/AWB{number}",
                    label_url=f"https://courier.test/labels/{number}.pdf",
                    promised_by=promise(datetime.now(UTC), 3),
                )
                known = FakeParcel(request=request, booking=booking)
                self.parcels[request.reference] = known
            return known.booking

    async def schedule_pickup(self, booking: Booking) -> None:
        async with self._call("schedule_pickup", booking=booking):
            parcel = self.parcel(booking.awb)
            if parcel.state is ShipmentState.CANCELLED:
                message = "the parcel is cancelled"
                raise BookingRefused(message)
            parcel.pickup_scheduled = True

    async def cancel(self, booking: Booking) -> None:
        async with self._call("cancel", booking=booking):
            parcel = self.parcel(booking.awb)
            if parcel.state is not None and parcel.state is not ShipmentState.CANCELLED:
                message = f"{booking.awb} is with the courier already"
                raise ShipmentTooLate(message)
            parcel.state = ShipmentState.CANCELLED

    async def track(self, shipment: int, awb: str) -> CourierUpdate | None:
        async with self._call("track", shipment=shipment, awb=awb):
            found = [one for one in self.parcels.values() if one.booking.awb == awb]
            if not found or found[0].state is None:
                return None
            return self._update(shipment, found[0], found[0].state)

    async def remittance(self, courier_order_id: str) -> Remittance | None:
        async with self._call("remittance", courier_order_id=courier_order_id):
            for parcel in self.parcels.values():
                if parcel.booking.courier_order_id == courier_order_id:
                    return parcel.remittance
            return None

    def parcel(self, awb: str) -> FakeParcel:
        """Return a parcel by its AWB."""
        return next(one for one in self.parcels.values() if one.booking.awb == awb)

    def move(self, awb: str, state: ShipmentState) -> CourierUpdate:
        """Put a parcel into a state, and return what the webhook would tell."""
        parcel = self.parcel(awb)
        parcel.state, parcel.changed_at = state, datetime.now(UTC)
        return self._update(parcel.request.shipment, parcel, state)

    def remit(self, awb: str) -> Remittance:
        """Pay out the cash of a parcel."""
        parcel = self.parcel(awb)
        parcel.remittance = Remittance(
            amount_paise=parcel.request.amount_paise,
            utr=f"UTR{parcel.booking.courier_order_id}",
            at=datetime.now(UTC) + timedelta(days=8),
        )
        return parcel.remittance

    def is_with_courier(self, awb: str) -> bool:
        """Tell whether the van has it."""
        return self.parcel(awb).state in WITH_COURIER

    def _check(self, request: BookingRequest) -> None:
        if self.refuse_bookings is not None:
            raise BookingRefused(self.refuse_bookings)
        if request.address.pincode.startswith("9"):
            message = f"no courier goes to {request.address.pincode}"
            raise BookingRefused(message)

    def _update(self, shipment: int, parcel: FakeParcel, state: ShipmentState) -> CourierUpdate:
        return CourierUpdate(
            shipment=shipment,
            awb=parcel.booking.awb,
            state=state,
            at=parcel.changed_at,
            text=state.value,
        )

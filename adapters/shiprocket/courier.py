"""The port `Courier` on Shiprocket."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.shiprocket.booking import BookingDesk, offers_of
from adapters.shiprocket.forms import moment, paise
from adapters.shiprocket.session import TIMEOUT_S, ShiprocketRefusal, ShiprocketSession
from adapters.shiprocket.statuses import is_cancellation_asked, is_cancelled_order, state_of
from adapters.shiprocket.webhook import newest_scan
from domain.errors import BookingRefused, CourierUnavailable, ShipmentTooLate
from domain.ports import Booking, BookingRequest, Remittance, RouteRequest
from domain.pricing import Route, promise
from domain.shipment import CourierUpdate, ShipmentState

PUBLIC_SITE = "https://shiprocket.co"
ROUTE_MEMORY_S = 300
ROUTES_REMEMBERED = 10_000
SLAB_G = 500
"""Couriers charge and refuse by half kilograms; routes are asked for and remembered by them too."""
SLOWEST_DAYS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class _Remembered:
    route: Route
    until: float


class ShiprocketCourier:
    """Parcels with Shiprocket's couriers. Close it at the end.

    Args:
        base_url: with the path `/v1/external`.
        email: of the API user.
        timeout_s: for each answer.
        public_site: where customers follow a parcel, should Shiprocket not say so itself.
    """

    def __init__(
        self,
        base_url: str,
        email: str,
        password: str,
        *,
        timeout_s: float = TIMEOUT_S,
        public_site: str = PUBLIC_SITE,
    ) -> None:
        self._session = ShiprocketSession(base_url, email, password, timeout_s=timeout_s)
        self._desk = BookingDesk(self._session, public_site)
        self._routes: dict[tuple[str, str, int], _Remembered] = {}

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def route(self, request: RouteRequest) -> Route:
        """Return whether and by when a parcel can get there; remembered for five minutes.

        `cod` of the answer says whether cash is possible, whatever the request wants.
        """
        slabs = max(1, -(-request.weight_g // SLAB_G))
        key = (request.from_pincode, request.to_pincode, slabs)
        known = self._routes.get(key)
        if known is None or known.until < time.monotonic():
            route = await self._ask_route(*key)
            if len(self._routes) >= ROUTES_REMEMBERED:
                self._routes.clear()
            known = _Remembered(route=route, until=time.monotonic() + ROUTE_MEMORY_S)
            self._routes[key] = known
        return known.route

    async def book(self, request: BookingRequest) -> Booking:
        """Create the order, assign an AWB, print the label."""
        try:
            return await self._desk.book(request)
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            # Whatever was done is taken up by the next try, which may find a readable answer.
            message = f"Shiprocket's answer to {request.reference} is unreadable: {error!r}"
            raise CourierUnavailable(message) from error

    async def schedule_pickup(self, booking: Booking) -> None:
        """Ask for the parcel to be fetched; one that is on its way already needs no pickup."""
        form = {"shipment_id": [booking.courier_shipment_id]}
        try:
            body = await self._session.post("courier/generate/pickup", form)
        except ShiprocketRefusal as refusal:
            if "already" in str(refusal).lower() or await self._is_on_its_way(booking):
                return
            message = f"the courier refuses the pickup of {booking.awb}: {refusal}"
            raise BookingRefused(message) from refusal
        if isinstance(body, dict) and str(body.get("pickup_status")) == "1":
            return
        if "already" not in str(body).lower():
            message = f"the courier refuses the pickup of {booking.awb}: {str(body)[:200]}"
            raise BookingRefused(message)

    async def _is_on_its_way(self, booking: Booking) -> bool:
        told = await self.track(0, booking.awb)
        return told is not None and told.state is not ShipmentState.CANCELLED

    async def cancel(self, booking: Booking) -> None:
        """Cancel a parcel that was not picked up; one that is cancelled already stays so."""
        if await self._is_cancelled(booking):
            return
        try:
            await self._session.post("orders/cancel", {"ids": [int(booking.courier_order_id)]})
        except ShiprocketRefusal as refusal:
            if await self._is_cancelled(booking):
                return
            message = f"{booking.awb} is with the courier already: {refusal}"
            raise ShipmentTooLate(message) from refusal
        # A success may hold a failure: what counts is what the order says afterwards.
        if not await self._is_cancelled(booking, or_asked=True):
            message = f"the courier has not cancelled {booking.awb} yet"
            raise CourierUnavailable(message)

    async def track(self, shipment: int, awb: str) -> CourierUpdate | None:
        """Return the parcel's present state, or the last one that meant something."""
        try:
            body = await self._session.get(f"courier/track/awb/{awb}")
        except ShiprocketRefusal:
            return None
        data = body.get("tracking_data") if isinstance(body, dict) else None
        if not isinstance(data, dict) or str(data.get("track_status")) != "1":
            return None
        activities = data.get("shipment_track_activities")
        oldest_first = list(reversed(activities)) if isinstance(activities, list) else []
        return _present(shipment, awb, data, oldest_first)

    async def remittance(self, courier_order_id: str) -> Remittance | None:
        """Return the payout of a COD parcel, or None while it is outstanding."""
        try:
            shown = await self._desk.show(courier_order_id)
        except ShiprocketRefusal as refusal:
            message = f"Shiprocket does not know order {courier_order_id}: {refusal}"
            raise CourierUnavailable(message) from refusal
        utr, at = shown.get("remittance_utr"), moment(shown.get("remittance_date"))
        amount = paise(shown.get("net_total"))
        if amount is None:
            amount = paise(shown.get("total"))
        if not utr or at is None or amount is None:
            return None
        return Remittance(amount_paise=amount, utr=str(utr), at=at)

    async def _ask_route(self, from_pincode: str, to_pincode: str, slabs: int) -> Route:
        for cod in (True, False):
            query = {
                "pickup_postcode": from_pincode,
                "delivery_postcode": to_pincode,
                "weight": str(slabs * SLAB_G / 1000),
                "cod": str(int(cod)),
            }
            try:
                offers = offers_of(await self._session.get("courier/serviceability/", query))
            except ShiprocketRefusal:
                offers = []
            if offers:
                return Route(serviceable=True, cod=cod, promised_by=_promised_by(offers[0]))
        return Route(serviceable=False, cod=False)

    async def _is_cancelled(self, booking: Booking, *, or_asked: bool = False) -> bool:
        try:
            shown = await self._desk.show(booking.courier_order_id)
        except ShiprocketRefusal:
            # An order that Shiprocket does not know ships nothing.
            return True
        code = shown.get("status_code")
        cancelled = is_cancelled_order(code, shown.get("status"))
        return cancelled and (or_asked or not is_cancellation_asked(code))


def _promised_by(offer: Mapping[str, Any]) -> datetime:
    """Return the end of the day that the courier promises, by date or by number of days."""
    promised = moment(offer.get("etd"))
    if promised is not None:
        return promised
    days = str(offer.get("estimated_delivery_days") or "")
    return promise(datetime.now(UTC), int(days) if days.isdecimal() else SLOWEST_DAYS)


def _present(
    shipment: int, awb: str, data: Mapping[str, Any], oldest_first: list[Any]
) -> CourierUpdate | None:
    newest = newest_scan(oldest_first)
    state = state_of(data.get("shipment_status"), newest.get("sr-status-label"))
    scan = newest
    if state is None:
        # Delayed, untraceable, …: where it was last seen still counts.
        for candidate in reversed(oldest_first):
            state = state_of(candidate.get("sr-status"), candidate.get("sr-status-label"))
            if state is not None:
                scan = candidate
                break
    if state is None:
        return None
    return CourierUpdate(
        shipment=shipment,
        awb=awb,
        state=state,
        at=moment(scan.get("date")) or datetime.now(UTC),
        text=str(scan.get("activity") or ""),
    )

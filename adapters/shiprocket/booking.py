"""Booking a parcel with Shiprocket: order, courier, AWB, label; each takes up what is there."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.shiprocket.forms import moment, order_date, rupees
from adapters.shiprocket.session import ShiprocketRefusal, ShiprocketSession
from adapters.shiprocket.statuses import is_cancelled_order
from domain.cart import PaymentMethod, normalise_phone
from domain.errors import BookingRefused, CourierUnavailable
from domain.ports import Booking, BookingRequest, ParcelItem

PARCEL_CM = (20, 15, 5)
"""Length, breadth, height of the box that we ship in."""
MOST_COURIERS = 6
WALLET_SHORT = 350
AWB_LOOKS = 10
AWB_LOOK_PAUSE_S = 0.5
"""For an AWB that Shiprocket assigns in its own time; after five seconds the caller retries."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Order:
    order_id: str
    shipment_id: str
    has_awb: bool


class BookingDesk:
    """Books parcels over a session. Every call may be repeated after any failure."""

    def __init__(self, session: ShiprocketSession, public_site: str) -> None:
        self._session = session
        self._public_site = public_site

    async def book(self, request: BookingRequest) -> Booking:
        """Create the order, assign an AWB, print the label; see `Courier.book`."""
        order = await self._create(request)
        if not order.has_awb:
            await self._assign(request, order)
        shown = await self.show(order.order_id)
        shipment = one_shipment(shown)
        awb = str(shipment.get("awb") or "")
        if not awb:
            message = f"Shiprocket has no AWB for {request.reference} yet"
            raise CourierUnavailable(message)
        label, tracking = await asyncio.gather(
            self._label(order.shipment_id), self._tracking_url(awb)
        )
        return Booking(
            awb=awb,
            courier=str(shipment.get("courier") or ""),
            courier_order_id=order.order_id,
            courier_shipment_id=order.shipment_id,
            tracking_url=tracking,
            label_url=label,
            promised_by=moment(shipment.get("etd")) or moment(shown.get("etd_date")),
        )

    async def show(self, courier_order_id: str) -> Mapping[str, Any]:
        """Return what Shiprocket knows of an order.

        Raises:
            ShiprocketRefusal: there is no such order.
        """
        body = await self._session.get(f"orders/show/{courier_order_id}")
        return expect(body, "data")

    async def _create(self, request: BookingRequest) -> _Order:
        """Create the order; a used reference answers the old order, whatever has become of it."""
        try:
            body = await self._session.post("orders/create/adhoc", order_form(request))
        except ShiprocketRefusal as refusal:
            found = await self._find(request.reference)
            if found is None:
                message = f"the courier refuses the order: {refusal}"
                raise BookingRefused(message) from refusal
            body = found
        if not isinstance(body, dict) or not body.get("order_id"):
            reason = body.get("message") if isinstance(body, dict) else body
            message = f"the courier refuses the order: {reason}"
            raise BookingRefused(message)
        if is_cancelled_order(body.get("status_code"), body.get("status")):
            message = (
                f"the courier has {request.reference} as {body.get('status')}:"
                " book again under a new reference"
            )
            raise BookingRefused(message)
        return _Order(
            order_id=str(body["order_id"]),
            shipment_id=str(body["shipment_id"]),
            has_awb=bool(body.get("awb_code")),
        )

    async def _find(self, reference: str) -> Mapping[str, Any] | None:
        """Return the order of a reference in the form of a creation's answer, or None."""
        query = {"filter_by": "channel_order_id", "filter": reference}
        body = await self._session.get("orders", query)
        for row in body.get("data", []) if isinstance(body, dict) else []:
            if row.get("channel_order_id") == reference and row.get("shipments"):
                shipment = row["shipments"][0]
                return {
                    "order_id": row["id"],
                    "shipment_id": shipment["id"],
                    "status": row.get("status"),
                    "status_code": row.get("status_code"),
                    "awb_code": shipment.get("awb"),
                }
        return None

    async def _assign(self, request: BookingRequest, order: _Order) -> None:
        """Let the recommended courier take the parcel, or else the next one that does."""
        refusals = []
        for courier_id, name in await self._candidates(request, order):
            form = {"shipment_id": order.shipment_id, "courier_id": courier_id}
            try:
                body = await self._session.post("courier/assign/awb", form)
            except ShiprocketRefusal as refusal:
                # Usually that it has an AWB already; looking is surer than reading the text.
                if await self._has_awb(order):
                    return
                refusals.append(f"{name}: {refusal}")
                continue
            answer = body if isinstance(body, dict) else {}
            reason = _assignment_refusal(answer)
            if reason is None:
                return
            if answer.get("status_code") == WALLET_SHORT:
                message = f"the courier account's wallet is short: {reason}"
                raise BookingRefused(message)
            if answer.get("success"):
                await self._wait_for_awb(request, order)
                return
            refusals.append(f"{name}: {reason}")
        message = f"no courier takes {request.reference}: {'; '.join(refusals)}"
        raise BookingRefused(message)

    async def _candidates(self, request: BookingRequest, order: _Order) -> list[tuple[str, str]]:
        query = {
            "pickup_postcode": request.warehouse.pincode,
            "delivery_postcode": request.address.pincode,
            "order_id": order.order_id,
        }
        try:
            offers = offers_of(await self._session.get("courier/serviceability/", query))
        except ShiprocketRefusal as refusal:
            message = f"no courier goes to {request.address.pincode}: {refusal}"
            raise BookingRefused(message) from refusal
        if not offers:
            message = (
                f"no courier goes from {request.warehouse.pincode} to {request.address.pincode}"
            )
            raise BookingRefused(message)
        return [
            (str(offer["courier_company_id"]), str(offer.get("courier_name", "courier")))
            for offer in offers[:MOST_COURIERS]
        ]

    async def _has_awb(self, order: _Order) -> bool:
        return bool(one_shipment(await self.show(order.order_id)).get("awb"))

    async def _wait_for_awb(self, request: BookingRequest, order: _Order) -> None:
        for _ in range(AWB_LOOKS):
            if await self._has_awb(order):
                return
            await asyncio.sleep(AWB_LOOK_PAUSE_S)
        message = f"Shiprocket is still assigning the AWB of {request.reference}"
        raise CourierUnavailable(message)

    async def _label(self, shipment_id: str) -> str | None:
        """Return the label; a parcel without one is booked all the same."""
        try:
            body = await self._session.post(
                "courier/generate/label", {"shipment_id": [shipment_id]}
            )
        except ShiprocketRefusal:
            return None
        url = body.get("label_url") if isinstance(body, dict) else None
        return str(url) if url else None

    async def _tracking_url(self, awb: str) -> str:
        """Return the page that Shiprocket names for customers, or the one it is known to have."""
        try:
            body = await self._session.get(f"courier/track/awb/{awb}")
        except (ShiprocketRefusal, CourierUnavailable):
            body = {}
        data = body.get("tracking_data") if isinstance(body, dict) else None
        url = data.get("track_url") if isinstance(data, dict) else None
        return str(url or f"{self._public_site}/tracking/{awb}")


def offers_of(body: Any) -> list[Mapping[str, Any]]:
    """Return the couriers of a serviceability answer, the recommended one first; maybe none.

    Without a courier the answer is a 200 with 404 inside, or has no data.
    """
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        return []
    best = str(data.get("recommended_courier_company_id"))
    offers = [
        offer
        for offer in data.get("available_courier_companies") or []
        if isinstance(offer, dict) and str(offer.get("blocked") or 0) == "0"
    ]
    return sorted(offers, key=lambda offer: str(offer.get("courier_company_id")) != best)


def one_shipment(shown: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the shipment of an order; here it is an object, in listings an array."""
    shipments = shown.get("shipments")
    if isinstance(shipments, list):
        shipments = shipments[0] if shipments else {}
    return shipments if isinstance(shipments, dict) else {}


def expect(body: Any, key: str) -> Mapping[str, Any]:
    """Return an inner object.

    Raises:
        CourierUnavailable: the answer has none; what Shiprocket meant by it is anybody's guess.
    """
    inner = body.get(key) if isinstance(body, dict) else None
    if not isinstance(inner, dict):
        message = f"Shiprocket's answer has no {key}: {str(body)[:120]}"
        raise CourierUnavailable(message)
    return inner


def order_form(request: BookingRequest) -> dict[str, Any]:
    """Return the order as Shiprocket takes it; `sub_total` is what is collected at the door."""
    length, breadth, height = PARCEL_CM
    address = request.address
    return {
        "order_id": request.reference,
        "order_date": order_date(request.ordered_at),
        "pickup_location": request.warehouse.pickup_location,
        "billing_customer_name": address.name,
        "billing_last_name": "",
        "billing_address": address.line1,
        "billing_address_2": address.line2 or "",
        "billing_city": address.city,
        "billing_pincode": address.pincode,
        "billing_state": address.state,
        "billing_country": "India",
        "billing_email": request.customer.email,
        "billing_phone": normalise_phone(address.phone) or address.phone,
        "shipping_is_billing": True,
        "order_items": list(_items(request.items)),
        "payment_method": "COD" if request.payment_method is PaymentMethod.COD else "Prepaid",
        "sub_total": rupees(request.amount_paise),
        "length": length,
        "breadth": breadth,
        "height": height,
        "weight": request.weight_g / 1000,
    }


def _items(items: tuple[ParcelItem, ...]) -> Iterator[dict[str, Any]]:
    """Yield one line per SKU: Shiprocket refuses a SKU that stands on two."""
    units: dict[str, int] = {}
    for item in items:
        units[item.sku] = units.get(item.sku, 0) + item.quantity
    for sku, item in {item.sku: item for item in items}.items():
        yield {
            "name": item.name,
            "sku": sku,
            "units": units[sku],
            "selling_price": rupees(item.unit_price_paise),
            "hsn": item.hsn,
        }


def _assignment_refusal(body: Mapping[str, Any]) -> str | None:
    """Return why no AWB was assigned, in whichever of its shapes it is told; None on success."""
    if str(body.get("awb_assign_status")) == "1":
        return None
    response = body.get("response")
    data = response.get("data") if isinstance(response, dict) else response
    reason = data.get("awb_assign_error") if isinstance(data, dict) else data
    return str(reason or body.get("message") or "no reason given")

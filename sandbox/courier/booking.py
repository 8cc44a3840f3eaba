"""Assigning an AWB: who carries the parcel, what it costs, and each way in which it fails."""

from typing import Any, Final

from sandbox.clock import Agenda
from sandbox.courier.account import Account
from sandbox.courier.auth import COMPANY_ID
from sandbox.courier.movement.clockwork import Clockwork
from sandbox.courier.movement.parcel import Parcel
from sandbox.courier.movement.parcels import Parcels
from sandbox.courier.movement.status import ShipmentStatus, order_status_of
from sandbox.courier.network import COURIERS, Quote, Route, quotes
from sandbox.courier.wire.answers import Refused, missing, refused
from sandbox.courier.wire.ist import DAY_S, php_object, plain
from sandbox.courier.wire.order_form import (
    collectable_paise,
    is_blank,
    ships_to_billing,
    wants_quality_check,
)

WALLET_MINIMUM_PAISE: Final = 100_00
ASYNC_BOOKING_S: Final = 1.0
CANNOT_REASSIGN: Final = "Oops! Cannot reassign courier for this shipment."
WALLET_SHORT: Final = (
    "Please recharge your ShipRocket wallet. The minimum required balance is Rs 100."
)
NOT_SERVED: Final = "Courier is not serviceable for the given pickup and delivery pincodes."
COURIER_SAYS_NO: Final = "Courier partner has refused this shipment. Please try another courier."


class Booking:
    """The AWB desk."""

    def __init__(
        self, *, agenda: Agenda, account: Account, parcels: Parcels, clockwork: Clockwork
    ) -> None:
        self._agenda = agenda
        self._account = account
        self._parcels = parcels
        self._clockwork = clockwork

    def resume(self) -> None:
        """Plan again the bookings that were promised before a restart."""
        for parcel in self._parcels:
            if parcel.booking_due_at is not None:
                self._plan(parcel, parcel.booking_due_at)

    def assign(self, form: dict[str, Any]) -> dict[str, Any]:
        """Assign an AWB and take the freight from the wallet.

        Raises:
            Refused: in one of the provider's four shapes, two of which carry status 200.
        """
        parcel = self._bookable(form)
        now = self._agenda.clock.now()
        courier_id = None if is_blank(form.get("courier_id")) else str(form["courier_id"])
        postponed = self._strike(courier_id)
        quote = self._quote(parcel, courier_id)
        if self._account.state.wallet_paise < max(WALLET_MINIMUM_PAISE, quote.rate_paise):
            raise wallet_short()
        if postponed:
            parcel.booking_due_at = now + ASYNC_BOOKING_S
            parcel.booking_courier_id = quote.courier.id
            self._parcels.save(parcel)
            self._plan(parcel, parcel.booking_due_at)
            return {"success": True, "message": "AWB assignment is in progress."}
        if parcel.awb is not None:
            parcel.reassigned_at = now
        self._book(parcel, quote, at=now)
        return {"awb_assign_status": 1, "response": {"data": self._assigned(parcel)}}

    def assigned_data(self, parcel: Parcel) -> dict[str, Any]:
        """Return the body of a successful assignment once more."""
        return self._assigned(parcel)

    def _bookable(self, form: dict[str, Any]) -> Parcel:
        if is_blank(form.get("shipment_id")):
            raise missing(name="shipment_id")
        parcel = self._parcels.of_shipment(form["shipment_id"])
        if parcel is None or parcel.is_over or parcel.booking_due_at is not None:
            raise refused(400, CANNOT_REASSIGN)
        if parcel.awb is not None and not self._may_reassign(parcel, form):
            raise refused(400, CANNOT_REASSIGN)
        return parcel

    def _may_reassign(self, parcel: Parcel, form: dict[str, Any]) -> bool:
        if form.get("status") != "reassign" or parcel.pickup_scheduled_at is not None:
            return False
        last = parcel.reassigned_at
        return last is None or self._agenda.clock.now() - last >= DAY_S

    def _strike(self, courier_id: str | None) -> bool:
        """Let a switched refusal strike; True if the booking is only postponed."""
        refusal = self._account.switches.refuse_booking
        if refusal is None:
            return False
        if refusal.courier_id is not None and str(refusal.courier_id) != courier_id:
            return False
        self._account.set_switches(self._account.switches.after_refusal())
        if refusal.shape == "assign_error":
            raise assign_error(COURIER_SAYS_NO)
        if refusal.shape == "wallet_short":
            raise wallet_short()
        if refusal.shape == "cannot_reassign":
            raise refused(400, CANNOT_REASSIGN)
        return True

    def _quote(self, parcel: Parcel, courier_id: str | None) -> Quote:
        offers = quotes(self.route_of(parcel))
        if courier_id is not None:
            offers = [offer for offer in offers if str(offer.courier.id) == courier_id]
        if not offers:
            raise assign_error(NOT_SERVED)
        return offers[0]

    def route_of(self, parcel: Parcel) -> Route:
        """Return what a courier is asked to carry."""
        form = parcel.form
        if parcel.is_return:
            pickup, delivery = form["pickup_pincode"], form["shipping_pincode"]
        else:
            address = self._account.pickup_address(form["pickup_location"]) or {}
            side = "billing" if ships_to_billing(form) else "shipping"
            pickup, delivery = address.get("pin_code", ""), form[f"{side}_pincode"]
        return Route(
            pickup_pincode=str(pickup).strip(),
            delivery_pincode=str(delivery).strip(),
            weight_kg=float(form["weight"]),
            cash_paise=collectable_paise(form) if parcel.is_cash else None,
            is_return=parcel.is_return,
            wants_quality_check=parcel.is_return and wants_quality_check(form),
        )

    def _plan(self, parcel: Parcel, due_at: float) -> None:
        def book(moment: float) -> None:
            if parcel.booking_due_at != moment:
                return
            parcel.booking_due_at = None
            offers = quotes(self.route_of(parcel))
            chosen = [one for one in offers if one.courier.id == parcel.booking_courier_id]
            self._book(parcel, chosen[0], at=moment)

        self._agenda.plan(due_at, book)

    def _book(self, parcel: Parcel, quote: Quote, *, at: float) -> None:
        if parcel.awb is not None:
            self._account.charge(
                -parcel.charged_paise, at=at, awb=parcel.awb, reason="courier changed"
            )
        awb = f"{quote.courier.awb_prefix}{self._account.next_number()}"
        parcel.awb = awb
        parcel.courier_id = quote.courier.id
        parcel.awb_assigned_at = at
        parcel.charged_paise = quote.rate_paise
        parcel.freight_paise = quote.freight_paise
        parcel.cash_fee_paise = quote.cash_paise
        parcel.charged_weight_kg = quote.charged_weight_kg
        parcel.zone = quote.zone
        parcel.etd = quote.promised_at(at)
        parcel.shipment_status = ShipmentStatus.AWB_ASSIGNED
        panel = order_status_of(ShipmentStatus.AWB_ASSIGNED, is_return=parcel.is_return)
        parcel.order_status = parcel.order_status if panel is None else panel
        self._account.charge(quote.rate_paise, at=at, awb=awb, reason="freight")
        self._parcels.save(parcel)

    def _assigned(self, parcel: Parcel) -> dict[str, Any]:
        at = parcel.awb_assigned_at or 0.0
        return {
            "courier_company_id": parcel.courier_id,
            "awb_code": parcel.awb,
            "cod": int(parcel.is_cash),
            "order_id": parcel.order_id,
            "shipment_id": parcel.shipment_id,
            "awb_code_status": 1,
            "assigned_date_time": php_object(at),
            "applied_weight": parcel.charged_weight_kg,
            "company_id": COMPANY_ID,
            "courier_name": courier_name(parcel),
            "child_courier_name": None,
            "pickup_scheduled_date": plain(at),
            "routing_code": "",
            "rto_routing_code": "",
            "invoice_no": str(parcel.form.get("invoice_number") or parcel.seller_order_id),
            "transporter_id": "",
            "transporter_name": "",
            "shipped_by": self._shipped_by(parcel),
        }

    def _shipped_by(self, parcel: Parcel) -> dict[str, Any]:
        address = self._account.pickup_address(parcel.form.get("pickup_location")) or {}
        sender = {
            "shipper_company_name": "Sandbox Retail",
            "shipper_address_1": address.get("address", ""),
            "shipper_address_2": "",
            "shipper_city": address.get("city", ""),
            "shipper_state": address.get("state", ""),
            "shipper_country": "India",
            "shipper_postcode": address.get("pin_code", ""),
            "shipper_first_mile_activated": 0,
            "shipper_phone": "9876543210",
            "lat": None,
            "long": None,
            "shipper_email": "warehouse@example.com",
        }
        back = {name.replace("shipper", "rto"): sender[name] for name in sender}
        return sender | {name: back[name] for name in back if name.startswith("rto")}


def assign_error(text: str) -> Refused:
    """Build the failure that hides inside a 200."""
    data = {"awb_assign_error": text}
    return Refused(200, {"awb_assign_status": 0, "response": {"data": data}})


def wallet_short() -> Refused:
    """Build the answer to an empty wallet: its own code, inside a 200."""
    return Refused(200, {"message": WALLET_SHORT, "status_code": 350})


def courier_name(parcel: Parcel) -> str:
    """Return the name of the courier that carries a parcel, or an empty text."""
    return next((one.name for one in COURIERS if one.id == parcel.courier_id), "")

"""From an order to a parcel in the courier's van: serviceability, AWB, pickup."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.courier.booking import courier_name
from sandbox.courier.depot import Depot, depot_of
from sandbox.courier.movement.parcel import Parcel
from sandbox.courier.movement.status import ShipmentStatus
from sandbox.courier.network import Route as CourierRoute
from sandbox.courier.network import quotes
from sandbox.courier.wire import ist
from sandbox.courier.wire.answers import (
    Refused,
    invalid,
    read_form,
    refused,
)
from sandbox.courier.wire.order_form import is_blank, is_true
from sandbox.courier.wire.rupees import to_paise
from sandbox.courier.wire.serviceability import serviceability

NOT_SERVICEABLE: Final = (
    "Unfortunately, no courier service is available between the given pickup and delivery pincodes."
)


async def check_serviceability(request: Request) -> Response:
    """GET /courier/serviceability/: offers, the recommended one first."""
    depot = depot_of(request)
    query = dict(request.query_params)
    if errors := _missing(query):
        raise invalid(errors, message="Required field missing")
    offers = quotes(_route(depot, query))
    mode = query.get("mode", "").lower()
    if mode in {"surface", "air"}:
        offers = [one for one in offers if one.courier.is_surface == (mode == "surface")]
    if not offers:
        raise _no_courier(depot)
    return JSONResponse(serviceability(offers, query["delivery_postcode"], now=depot.now()))


async def assign_awb(request: Request) -> Response:
    """POST /courier/assign/awb."""
    return JSONResponse(depot_of(request).booking.assign(await read_form(request)))


async def generate_pickup(request: Request) -> Response:
    """POST /courier/generate/pickup: one shipment; starts the clockwork."""
    form = await read_form(request)
    depot = depot_of(request)
    given = form.get("shipment_id")
    shipment_id = given[0] if isinstance(given, list) and len(given) == 1 else given
    parcel = depot.parcels.of_shipment(shipment_id)
    if parcel is None or parcel.awb is None or parcel.is_over:
        raise refused(400, "Invalid shipment id")
    if parcel.pickup_scheduled_at is not None:
        raise refused(400, "Already in Pickup Queue.")
    schedule_pickup(depot, parcel)
    return JSONResponse({"pickup_status": 1, "response": _pickup(parcel)})


def schedule_pickup(depot: Depot, parcel: Parcel) -> None:
    """Schedule the pickup of a booked parcel for now, and start the clockwork."""
    now = depot.now()
    parcel.pickup_scheduled_at = now
    parcel.pickup_token = f"Reference No: {parcel.shipment_id}_SANDBOX"
    depot.clockwork.start(parcel, at=now)


def _missing(query: dict[str, str]) -> dict[str, list[str]]:
    errors = {
        name: [f"The {name.replace('_', ' ')} field is required."]
        for name in ("pickup_postcode", "delivery_postcode")
        if is_blank(query.get(name))
    }
    if not is_blank(query.get("order_id")):
        return errors
    for name in ("cod", "weight"):
        if is_blank(query.get(name)):
            errors[name] = [f"The {name} field is required when order id is not present."]
    if not is_blank(query.get("weight")) and _weight(query["weight"]) is None:
        errors["weight"] = ["The weight must be a number."]
    return errors


def _weight(text: str) -> float | None:
    try:
        weight = float(text)
    except ValueError:
        return None
    return weight if 0 < weight < float("inf") else None


def _route(depot: Depot, query: dict[str, str]) -> CourierRoute:
    ends = {
        "pickup_pincode": query["pickup_postcode"].strip(),
        "delivery_pincode": query["delivery_postcode"].strip(),
    }
    is_return = is_true(query.get("is_return"))
    if not is_blank(query.get("order_id")):
        parcel = depot.parcels.of_order(query["order_id"])
        if parcel is None:
            raise Refused(200, {"status": 404, "message": "Order does not exist!"})
        known = depot.booking.route_of(parcel)
        return CourierRoute(
            **ends,
            weight_kg=known.weight_kg,
            cash_paise=known.cash_paise,
            is_return=is_return or known.is_return,
            wants_quality_check=known.wants_quality_check,
        )
    cash = (to_paise(query.get("declared_value")) or 0) if is_true(query["cod"]) else None
    return CourierRoute(
        **ends,
        weight_kg=_weight(query["weight"]) or 0.0,
        cash_paise=cash,
        is_return=is_return,
        wants_quality_check=is_return and is_true(query.get("qc_check")),
    )


def _no_courier(depot: Depot) -> Refused:
    if depot.account.switches.no_courier == "http_404":
        return refused(404, NOT_SERVICEABLE)
    return Refused(200, {"status": 404, "message": NOT_SERVICEABLE})


def _pickup(parcel: Parcel) -> dict[str, Any]:
    return {
        "pickup_scheduled_date": ist.plain(parcel.pickup_scheduled_at),
        "pickup_token_number": parcel.pickup_token,
        "status": int(ShipmentStatus.PICKUP_SCHEDULED),
        "others": '{"tier_id":5,"etd_zone":"' + parcel.zone + '"}',
        "pickup_generated_date": ist.php_object(parcel.pickup_scheduled_at or 0.0),
        "data": f"Pickup is confirmed by {courier_name(parcel)} For AWB :- {parcel.awb}",
    }


ROUTES: Final = [
    Route("/courier/serviceability", check_serviceability, methods=["GET"]),
    Route("/courier/serviceability/", check_serviceability, methods=["GET"]),
    Route("/courier/assign/awb", assign_awb, methods=["POST"]),
    Route("/courier/generate/pickup", generate_pickup, methods=["POST"]),
]

"""The calls that do several steps at once, each of which may fail inside a 200."""

from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.courier.booking import courier_name
from sandbox.courier.depot import Depot, depot_of, site_of
from sandbox.courier.movement.parcel import Parcel
from sandbox.courier.routes.orders import take_order
from sandbox.courier.routes.shipping import schedule_pickup
from sandbox.courier.wire import ist
from sandbox.courier.wire.answers import Refused, read_form

Step = tuple[str, Callable[[], object]]


async def create_forward_shipment(request: Request) -> Response:
    """POST /shipments/create/forward-shipment: order, AWB and pickup in one call."""
    return JSONResponse(_ship(depot_of(request), await read_form(request), site_of(request)))


async def create_return_shipment(request: Request) -> Response:
    """POST /shipments/create/return-shipment: the same for a return."""
    body = _ship(depot_of(request), await read_form(request), site_of(request), is_return=True)
    return JSONResponse(body)


def _ship(
    depot: Depot, form: dict[str, Any], site: str, *, is_return: bool = False
) -> dict[str, Any]:
    """Take the order, then try the rest; what fails is named in the payload of a 200."""
    parcel = take_order(depot, form, is_return=is_return)
    booking = {"shipment_id": parcel.shipment_id, "courier_id": form.get("courier_id")}
    steps: list[Step] = [
        ("AWB Assignment", lambda: parcel.awb or depot.booking.assign(booking)),
        ("Pickup Generation", lambda: _schedule_once(depot, parcel)),
    ]
    for action, step in steps:
        try:
            step()
        except Refused as refusal:
            payload = {
                "action": action,
                "error_message": _words_of(refusal),
                "order_id": parcel.order_id,
                "shipment_id": parcel.shipment_id,
            }
            return {"status": 0, "payload": payload}
    return {"status": 1, "payload": _shipped(parcel, site)}


def _schedule_once(depot: Depot, parcel: Parcel) -> None:
    if parcel.pickup_scheduled_at is None:
        schedule_pickup(depot, parcel)


def _words_of(refusal: Refused) -> str:
    inner = refusal.body.get("response", {}).get("data", {}).get("awb_assign_error")
    return str(inner or refusal.body.get("message", ""))


def _shipped(parcel: Parcel, site: str) -> dict[str, Any]:
    name = f"shipping-label-{parcel.awb}.pdf"
    payload = {
        "order_created": 1,
        "awb_generated": 1,
        "label_generated": 1,
        "pickup_generated": 1,
        "manifest_generated": 0,
        "pickup_scheduled_date": ist.plain(parcel.pickup_scheduled_at),
        "pickup_booked_date": None,
        "order_id": parcel.order_id,
        "shipment_id": parcel.shipment_id,
        "awb_code": parcel.awb,
        "courier_company_id": parcel.courier_id,
        "courier_name": courier_name(parcel),
        "assigned_date_time": ist.php_object(parcel.awb_assigned_at or 0.0),
        "applied_weight": parcel.charged_weight_kg,
        "cod": int(parcel.is_cash),
        "label_url": f"{site}/labels/{name}",
        "manifest_url": None,
        "routing_code": "",
        "rto_routing_code": "",
        "pickup_token_number": parcel.pickup_token,
    }
    return payload | ({"is_return": 1} if parcel.is_return else {})


ROUTES: Final = [
    Route("/shipments/create/forward-shipment", create_forward_shipment, methods=["POST"]),
    Route("/shipments/create/return-shipment", create_return_shipment, methods=["POST"]),
]

"""Where a parcel comes from and goes to, changed after its order was made."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.courier.depot import depot_of
from sandbox.courier.movement.parcel import Parcel
from sandbox.courier.wire.answers import invalid, not_iterable, read_form, refused
from sandbox.courier.wire.order_form import SHIPPING_REQUIRED, check_contact, missing_fields

CHANGEABLE: Final = (*SHIPPING_REQUIRED, "shipping_address_2", "shipping_email")


async def update_delivery(request: Request) -> Response:
    """POST /orders/address/update: 202 without a body, until the courier has picked it up."""
    form = await read_form(request)
    errors = missing_fields(form, ("order_id", *SHIPPING_REQUIRED))
    check_contact(form, "shipping", errors)
    depot = depot_of(request)
    parcel = depot.parcels.of_order(form.get("order_id"))
    if not errors and not _can_change(parcel):
        errors = {"order_id": ["The selected order id is invalid."]}
    if errors or parcel is None:
        raise invalid(errors)
    changes: dict[str, Any] = {name: form[name] for name in CHANGEABLE if name in form}
    parcel.form |= changes | {"shipping_is_billing": False}
    depot.parcels.save(parcel)
    return Response(status_code=202)


async def update_pickup(request: Request) -> Response:
    """PATCH /orders/address/pickup: another warehouse, until an AWB is assigned."""
    form = await read_form(request)
    ids = form.get("order_id")
    if not isinstance(ids, list):
        raise not_iterable()
    depot = depot_of(request)
    found = [one for one in (depot.parcels.of_order(i) for i in ids) if one is not None]
    if not found or len(found) < len(ids):
        raise refused(400, "Order Id does not exists")
    if depot.account.pickup_address(form.get("pickup_location")) is None:
        raise refused(400, "Pickup Code does not exist")
    if any(parcel.awb is not None or not _can_change(parcel) for parcel in found):
        raise refused(400, "Pickup location can not be changed")
    for parcel in found:
        parcel.form["pickup_location"] = form["pickup_location"]
        depot.parcels.save(parcel)
    return JSONResponse({"message": "Pickup location Updated"})


def _can_change(parcel: Parcel | None) -> bool:
    return (
        parcel is not None and parcel.is_with_seller and not parcel.is_return and not parcel.is_over
    )


ROUTES: Final = [
    Route("/orders/address/update", update_delivery, methods=["POST"]),
    Route("/orders/address/pickup", update_pickup, methods=["PATCH"]),
]

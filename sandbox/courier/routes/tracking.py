"""Track calls and failed deliveries (NDR)."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.courier.depot import depot_of, site_of
from sandbox.courier.movement.parcel import Parcel
from sandbox.courier.movement.status import ShipmentStatus
from sandbox.courier.wire.answers import invalid, not_iterable, read_form, refused
from sandbox.courier.wire.ist import day
from sandbox.courier.wire.order_form import is_blank
from sandbox.courier.wire.orders import ndr_row
from sandbox.courier.wire.paging import page_of
from sandbox.courier.wire.tracking import tracking

MOST_AWBS: Final = 50
NDR_ACTIONS: Final = ("re-attempt", "return", "fake-attempt")


async def track_awb(request: Request) -> Response:
    """GET /courier/track/awb/{awb}."""
    parcel = depot_of(request).parcels.of_awb(request.path_params["awb"])
    return JSONResponse(tracking(parcel, site=site_of(request)))


async def track_awbs(request: Request) -> Response:
    """POST /courier/track/awbs: unknown ones are simply absent."""
    awbs = (await read_form(request)).get("awbs")
    if not isinstance(awbs, list):
        raise not_iterable()
    if len(awbs) > MOST_AWBS:
        raise invalid({"awbs": [f"The awbs may not have more than {MOST_AWBS} items."]})
    parcels = depot_of(request).parcels
    found = [one for one in (parcels.of_awb(awb) for awb in awbs) if one is not None]
    return JSONResponse(
        {str(parcel.awb): tracking(parcel, site=site_of(request)) for parcel in found}
    )


async def track_shipment(request: Request) -> Response:
    """GET /courier/track/shipment/{id}."""
    parcel = depot_of(request).parcels.of_shipment(request.path_params["shipment_id"])
    return JSONResponse(tracking(parcel, site=site_of(request)))


async def track_order(request: Request) -> Response:
    """GET /courier/track?order_id=: by the seller's own id; the answer is an array."""
    order_id = request.query_params.get("order_id", "")
    if is_blank(order_id):
        raise invalid({"order_id": ["The order id field is required."]})
    parcel = depot_of(request).parcels.of_seller(order_id)
    return JSONResponse([tracking(parcel, site=site_of(request))])


async def list_failed(request: Request) -> Response:
    """GET /ndr/all and /ndr/{awb}: parcels whose last delivery attempt failed."""
    query = dict(request.query_params)
    awb = request.path_params.get("awb") or query.get("search")
    rows = [
        ndr_row(parcel)
        for parcel in depot_of(request).parcels
        if _is_failed(parcel) and (not awb or awb == parcel.awb) and _in_days(parcel, query)
    ]
    return JSONResponse(page_of(rows, query, link=f"{site_of(request)}{request.url.path}"))


async def act_on_failed(request: Request) -> Response:
    """POST /ndr/{awb}/action: try again, or send it back.

    `deferred_date`, `phone` and the address are kept with the attempt; the sandbox's clock is too
    quick for them to matter, so a new attempt follows at the next step.
    """
    form = await read_form(request)
    errors = {
        name: [f"The {name} field is required."]
        for name in ("action", "comments")
        if is_blank(form.get(name))
    }
    if "action" not in errors and form["action"] not in NDR_ACTIONS:
        errors["action"] = ["The selected action is invalid."]
    if errors:
        raise invalid(errors)
    depot = depot_of(request)
    parcel = depot.parcels.of_awb(request.path_params["awb"])
    if parcel is None or not _is_failed(parcel):
        raise refused(400, "AWB is not in NDR")
    _note(parcel, form)
    if form["action"] == "return":
        depot.clockwork.turn_home(parcel)
    else:
        depot.clockwork.try_again(parcel)
    return JSONResponse({"status": "Data Updated Sucessfully"}, status_code=202)


def _is_failed(parcel: Parcel) -> bool:
    return parcel.status is ShipmentStatus.UNDELIVERED and bool(parcel.attempts)


def _in_days(parcel: Parcel, query: dict[str, str]) -> bool:
    raised = day(parcel.attempts[-1].at)
    return query.get("from", "") <= raised <= query.get("to", "9999")


def _note(parcel: Parcel, form: dict[str, Any]) -> None:
    attempt = parcel.attempts[-1]
    attempt.action = str(form["action"])
    attempt.comments = str(form["comments"])
    attempt.details = {
        name: form[name]
        for name in ("phone", "address1", "address2", "deferred_date")
        if not is_blank(form.get(name))
    }


ROUTES: Final = [
    Route("/courier/track/awb/{awb}", track_awb, methods=["GET"]),
    Route("/courier/track/awbs", track_awbs, methods=["POST"]),
    Route("/courier/track/shipment/{shipment_id}", track_shipment, methods=["GET"]),
    Route("/courier/track", track_order, methods=["GET"]),
    Route("/ndr/all", list_failed, methods=["GET"]),
    Route("/ndr/{awb}", list_failed, methods=["GET"]),
    Route("/ndr/{awb}/action", act_on_failed, methods=["POST"]),
]

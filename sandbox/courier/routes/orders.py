"""Orders: create, list, show, cancel; and returns, which are orders the other way round."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.courier.depot import Depot, depot_of, site_of
from sandbox.courier.movement.parcel import Parcel
from sandbox.courier.movement.status import OrderStatus
from sandbox.courier.wire import order_form
from sandbox.courier.wire import orders as order_wire
from sandbox.courier.wire.answers import Refused, invalid, missing, not_iterable, read_form, refused
from sandbox.courier.wire.ist import day
from sandbox.courier.wire.paging import page_of

KNOWN_CHANNELS: Final = frozenset({"38026", "3422553"})
NOT_SHIPPED_BACK: Final = "Cannot cancel the order as it has already been picked up by the courier."


async def create_forward(request: Request) -> Response:
    """POST /orders/create/adhoc: a used order id answers the old order and changes nothing."""
    parcel = take_order(depot_of(request), await read_form(request), is_return=False)
    return JSONResponse(order_wire.created(parcel))


async def create_return(request: Request) -> Response:
    """POST /orders/create/return."""
    parcel = take_order(depot_of(request), await read_form(request), is_return=True)
    return JSONResponse(order_wire.created(parcel))


def take_order(depot: Depot, form: dict[str, Any], *, is_return: bool) -> Parcel:
    """Return the parcel of an order form: a new one, or the one that has its order id already.

    Raises:
        Refused: the form is not in order, or its order id is used and the switch says 422.
    """
    if known := _known_order(depot, form):
        return known
    check = order_form.check_return if is_return else order_form.check_forward
    if errors := check(form):
        raise invalid(errors)
    _check_channel(form)
    if not is_return and depot.account.pickup_address(form["pickup_location"]) is None:
        raise _wrong_pickup(depot)
    if order_form.repeats_a_sku(form):
        raise refused(400, "SKU cannot be repeated")
    parcel = depot.new_parcel(form, is_return=is_return)
    parcel.order_status = OrderStatus.RETURN_PENDING if is_return else OrderStatus.NEW
    depot.parcels.save(parcel)
    return parcel


async def list_orders(request: Request) -> Response:
    """GET /orders, newest first, with the filters of the collection."""
    query = request.query_params
    parcels = [one for one in depot_of(request).parcels if _matches(one, dict(query))]
    parcels.sort(key=lambda one: one.order_id, reverse=query.get("sort", "DESC").upper() != "ASC")
    rows = [order_wire.listed(one) for one in parcels]
    return JSONResponse(page_of(rows, query, link=f"{site_of(request)}{request.url.path}"))


async def show_order(request: Request) -> Response:
    """GET /orders/show/{id}."""
    depot = depot_of(request)
    parcel = depot.parcels.of_order(request.path_params["order_id"])
    if parcel is None:
        raise refused(400, "Order ID not found")
    return JSONResponse(order_wire.details(parcel, now=depot.now()))


async def cancel_orders(request: Request) -> Response:
    """POST /orders/cancel: all or none; 204 or a message by switch; too late after the pickup."""
    form = await read_form(request)
    depot = depot_of(request)
    ids = form.get("ids")
    if order_form.is_blank(ids):
        raise missing(name="ids")
    if not isinstance(ids, list):
        raise not_iterable()
    parcels = [depot.parcels.of_order(one) for one in ids]
    found = [one for one in parcels if one is not None]
    if len(found) < len(parcels):
        raise refused(500, "Trying to get property of non-object")
    if any(not one.is_with_seller and one.panel_status not in CANCELLED for one in found):
        raise refused(400, NOT_SHIPPED_BACK)
    for parcel in found:
        depot.clockwork.cancel(parcel, at=depot.now())
    if depot.account.switches.cancel_answer == "json":
        return JSONResponse({"status_code": 200, "message": "Order cancelled successfully."})
    return Response(status_code=204)


async def cancel_awbs(request: Request) -> Response:
    """POST /orders/cancel/shipment/awbs: promised now, carried out a moment later.

    A parcel that has been picked up by then turns back to its origin instead.
    """
    awbs = (await read_form(request)).get("awbs")
    if order_form.is_blank(awbs):
        raise missing(name="awbs")
    if not isinstance(awbs, list):
        raise not_iterable()
    depot = depot_of(request)
    for awb in awbs:
        if parcel := depot.parcels.of_awb(awb):
            depot.clockwork.request_cancel(parcel)
    text = "Bulk Shipment cancellation is in progress. Please wait for some time."
    return JSONResponse({"message": text})


CANCELLED: Final = frozenset({OrderStatus.CANCELED, OrderStatus.RETURN_CANCELLED})


def _known_order(depot: Depot, form: dict[str, Any]) -> Parcel | None:
    known = depot.parcels.of_seller(str(form.get("order_id", "")).strip())
    if known is not None and depot.account.switches.known_order_id == "refused":
        raise invalid({"order_id": ["The order id has already been taken."]})
    return known


def _check_channel(form: dict[str, Any]) -> None:
    channel = form.get("channel_id")
    if not order_form.is_blank(channel) and str(channel) not in KNOWN_CHANNELS:
        raise refused(400, "Given channel id does not exist")


def _wrong_pickup(depot: Depot) -> Refused:
    text = "Wrong Pickup location entered. Please choose one location from the data given"
    data = {"data": depot.account.pickup_addresses()}
    return Refused(422, {"message": text, "data": data, "status_code": 422})


def _matches(parcel: Parcel, query: dict[str, str]) -> bool:
    created = day(parcel.created_at)
    if created < query.get("from", "") or created > query.get("to", "9999"):
        return False
    needle = query.get("search", "")
    if needle and needle not in {parcel.seller_order_id, parcel.awb, str(parcel.order_id)}:
        return False
    place = query.get("pickup_location", "")
    if place and place != parcel.form.get("pickup_location"):
        return False
    return _passes_filter(parcel, query.get("filter_by", ""), query.get("filter", ""))


def _passes_filter(parcel: Parcel, name: str, value: str) -> bool:
    actual = {
        "status": str(parcel.order_status),
        "payment_method": str(parcel.form.get("payment_method", "")).lower(),
        "delivery_country": str(parcel.form.get("billing_country", "")).lower(),
        "channel_order_id": parcel.seller_order_id.lower(),
    }
    return name not in actual or not value or actual[name] == value.lower()


ROUTES: Final = [
    Route("/orders/create/adhoc", create_forward, methods=["POST"]),
    Route("/orders/create/return", create_return, methods=["POST"]),
    Route("/orders/cancel", cancel_orders, methods=["POST"]),
    Route("/orders/cancel/shipment/awbs", cancel_awbs, methods=["POST"]),
    Route("/orders/show/{order_id}", show_order, methods=["GET"]),
    Route("/orders", list_orders, methods=["GET"]),
]

"""From an order to a parcel in the courier's van: serviceability, AWB, pickup, label, manifest."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.courier.booking import courier_name
from sandbox.courier.depot import Depot, depot_of, site_of
from sandbox.courier.movement.parcel import Parcel
from sandbox.courier.movement.status import ShipmentStatus
from sandbox.courier.network import Route as CourierRoute
from sandbox.courier.network import quotes
from sandbox.courier.wire import ist, paperwork
from sandbox.courier.wire.answers import (
    Refused,
    invalid,
    not_iterable,
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
    now = depot.now()
    parcel.pickup_scheduled_at = now
    parcel.pickup_token = f"Reference No: {parcel.shipment_id}_SANDBOX"
    depot.clockwork.start(parcel, at=now)
    return JSONResponse({"pickup_status": 1, "response": _pickup(parcel, now)})


async def generate_label(request: Request) -> Response:
    """POST /courier/generate/label: one file for all; shipments without an AWB are left out."""
    form = await read_form(request)
    depot = depot_of(request)
    ids = form.get("shipment_id")
    if not isinstance(ids, list):
        raise invalid({"shipment_id": ["The shipment id must be an array."]})
    booked, left_out = _split_by_awb(depot, ids)
    if not booked:
        text = "No valid shipment ids to print label"
        raise Refused(200, {"label_created": 0, "not_created": left_out, "response": text})
    name = "-".join(str(parcel.awb) for parcel in booked)
    return JSONResponse(
        {
            "label_created": 1,
            "label_url": f"{site_of(request)}/labels/shipping-label-{name}.pdf",
            "response": "Label has been created and uploaded successfully!",
            "not_created": left_out,
        }
    )


async def generate_manifest(request: Request) -> Response:
    """POST /manifests/generate: once per shipment, after its pickup was asked for."""
    depot = depot_of(request)
    ids = (await read_form(request)).get("shipment_id")
    listed = ids if isinstance(ids, list) else [ids]
    parcels = [one for one in (depot.parcels.of_shipment(i) for i in listed) if one is not None]
    ready = [one for one in parcels if one.awb and one.pickup_scheduled_at is not None]
    if done := [one.shipment_id for one in ready if one.manifested_at is not None]:
        text = (
            "Manifest already generated for some shipment_ids, Please try again after removin them"
        )
        body = {"message": text, "status_code": 400, "already_manifested_shipment_ids": done}
        raise Refused(400, body)
    if not ready or len(ready) < len(listed):
        return JSONResponse({"status": 1, "manifest_url": ""})
    for parcel in ready:
        _manifest(depot, parcel)
    return JSONResponse({"status": 1, "manifest_url": _manifest_url(request, ready)})


async def print_manifest(request: Request) -> Response:
    """POST /manifests/print: the manifest again, by order ids."""
    depot = depot_of(request)
    ids = (await read_form(request)).get("order_ids")
    if not isinstance(ids, list):
        raise not_iterable()
    parcels = [one for one in (depot.parcels.of_order(i) for i in ids) if one is not None]
    done = [one for one in parcels if one.manifested_at is not None]
    if not done or len(done) < len(ids):
        return JSONResponse({"manifest_url": ""})
    return JSONResponse({"manifest_url": _manifest_url(request, done)})


async def label_file(request: Request) -> Response:
    """GET /labels/shipping-label-{awbs}.pdf: the label itself; needs no token."""
    parcels = _parcels_by_awb(request)
    return Response(paperwork.labels(parcels), media_type="application/pdf")


async def manifest_file(request: Request) -> Response:
    """GET /manifests/manifest-{awbs}.pdf."""
    parcels = _parcels_by_awb(request)
    return Response(paperwork.manifest(parcels), media_type="application/pdf")


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


def _pickup(parcel: Parcel, now: float) -> dict[str, Any]:
    return {
        "pickup_scheduled_date": ist.plain(now),
        "pickup_token_number": parcel.pickup_token,
        "status": int(ShipmentStatus.PICKUP_SCHEDULED),
        "others": '{"tier_id":5,"etd_zone":"' + parcel.zone + '"}',
        "pickup_generated_date": ist.php_object(now),
        "data": f"Pickup is confirmed by {courier_name(parcel)} For AWB :- {parcel.awb}",
    }


def _split_by_awb(depot: Depot, ids: list[object]) -> tuple[list[Parcel], list[object]]:
    booked: list[Parcel] = []
    left_out: list[object] = []
    for one in ids:
        parcel = depot.parcels.of_shipment(one)
        if parcel is not None and parcel.awb is not None:
            booked.append(parcel)
        elif not is_blank(one):
            left_out.append(one)
    return booked, left_out


def _manifest(depot: Depot, parcel: Parcel) -> None:
    parcel.manifested_at = depot.now()
    if parcel.status is ShipmentStatus.PICKUP_SCHEDULED:
        parcel.shipment_status = ShipmentStatus.MANIFEST_GENERATED
    depot.parcels.save(parcel)


def _manifest_url(request: Request, parcels: list[Parcel]) -> str:
    name = "-".join(str(parcel.awb) for parcel in parcels)
    return f"{site_of(request)}/manifests/manifest-{name}.pdf"


def _parcels_by_awb(request: Request) -> list[Parcel]:
    depot = depot_of(request)
    found = [depot.parcels.of_awb(awb) for awb in request.path_params["awbs"].split("-")]
    parcels = [one for one in found if one is not None]
    if len(parcels) < len(found):
        raise refused(404, "404 Not Found")
    return parcels


ROUTES: Final = [
    Route("/courier/serviceability", check_serviceability, methods=["GET"]),
    Route("/courier/serviceability/", check_serviceability, methods=["GET"]),
    Route("/courier/assign/awb", assign_awb, methods=["POST"]),
    Route("/courier/generate/pickup", generate_pickup, methods=["POST"]),
    Route("/courier/generate/label", generate_label, methods=["POST"]),
    Route("/manifests/generate", generate_manifest, methods=["POST"]),
    Route("/manifests/print", print_manifest, methods=["POST"]),
]

FILES: Final = [
    Route("/labels/shipping-label-{awbs}.pdf", label_file, methods=["GET"]),
    Route("/manifests/manifest-{awbs}.pdf", manifest_file, methods=["GET"]),
]

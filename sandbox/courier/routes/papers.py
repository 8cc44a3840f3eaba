"""Labels, manifests and invoices: the calls that make them and the files themselves."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.courier.depot import Depot, depot_of, site_of
from sandbox.courier.movement.parcel import Parcel
from sandbox.courier.movement.status import ShipmentStatus
from sandbox.courier.wire import paperwork
from sandbox.courier.wire.answers import Refused, invalid, not_iterable, read_form, refused
from sandbox.courier.wire.order_form import is_blank

MOST_AT_ONCE: Final = 200
ALREADY_MANIFESTED: Final = (
    "Manifest already generated for some shipment_ids, Please try again after removin them"
)


async def generate_label(request: Request) -> Response:
    """POST /courier/generate/label: one file for all; shipments without an AWB are left out."""
    ids = (await read_form(request)).get("shipment_id")
    if not isinstance(ids, list):
        raise invalid({"shipment_id": ["The shipment id must be an array."]})
    booked, left_out = _split_by_awb(depot_of(request), ids)
    if not booked:
        text = "No valid shipment ids to print label"
        raise Refused(200, {"label_created": 0, "not_created": left_out, "response": text})
    return JSONResponse(
        {
            "label_created": 1,
            "label_url": _url(request, "labels/shipping-label", booked),
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
        body = {"message": ALREADY_MANIFESTED, "status_code": 400}
        raise Refused(400, body | {"already_manifested_shipment_ids": done})
    if not ready or len(ready) < len(listed):
        return JSONResponse({"status": 1, "manifest_url": ""})
    for parcel in ready:
        _manifest(depot, parcel)
    url = _url(request, "manifests/manifest", ready)
    return JSONResponse({"status": 1, "manifest_url": url})


async def print_manifest(request: Request) -> Response:
    """POST /manifests/print: the manifest again, by order ids."""
    depot = depot_of(request)
    ids = (await read_form(request)).get("order_ids")
    if not isinstance(ids, list):
        raise not_iterable()
    done = [one for one in _of_orders(depot, ids) if one.manifested_at is not None]
    if not done or len(done) < len(ids):
        return JSONResponse({"manifest_url": ""})
    return JSONResponse({"manifest_url": _url(request, "manifests/manifest", done)})


async def print_invoice(request: Request) -> Response:
    """POST /orders/print/invoice: the seller's own invoice is what counts; this is a copy."""
    ids = (await read_form(request)).get("ids")
    if not isinstance(ids, list):
        raise not_iterable()
    found = [one for one in _of_orders(depot_of(request), ids) if one.awb is not None]
    if not found:
        body: dict[str, Any] = {"is_invoice_created": False, "not_created": []}
        raise Refused(400, body | {"message": "Invoice could not be created"})
    known = {str(one.order_id) for one in found}
    left_out = [one for one in ids if str(one) not in known]
    url = _url(request, "invoices/invoice", found)
    body = {"is_invoice_created": True, "invoice_url": url, "not_created": left_out}
    return JSONResponse(body)


async def label_with_invoice(request: Request) -> Response:
    """POST /courier/generate/label-invoice: at most 200 shipments."""
    ids = (await read_form(request)).get("shipment_ids")
    if not isinstance(ids, list) or not ids:
        raise Refused(400, {"message": "shipment_ids is required for external requests"})
    if len(ids) > MOST_AT_ONCE:
        raise Refused(400, {"message": "Max 200 shipment_ids allowed per external request"})
    booked, left_out = _split_by_awb(depot_of(request), ids)
    url = _url(request, "labels/shipping-label", booked) if booked else ""
    return JSONResponse(
        {
            "completed": True,
            "file_url": url,
            "error_file_url": "",
            "success_count": len(booked),
            "error_count": len(left_out),
        }
    )


async def label_file(request: Request) -> Response:
    """GET /labels/shipping-label-{awbs}.pdf: the label itself; needs no token."""
    return Response(paperwork.labels(_by_awb(request)), media_type="application/pdf")


async def list_file(request: Request) -> Response:
    """GET /manifests/… and /invoices/…: a list of the parcels."""
    title = request.path_params["kind"].removesuffix("s").capitalize()
    return Response(paperwork.listing(title, _by_awb(request)), media_type="application/pdf")


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


def _of_orders(depot: Depot, ids: list[object]) -> list[Parcel]:
    return [one for one in (depot.parcels.of_order(i) for i in ids) if one is not None]


def _manifest(depot: Depot, parcel: Parcel) -> None:
    parcel.manifested_at = depot.now()
    if parcel.status is ShipmentStatus.PICKUP_SCHEDULED:
        parcel.shipment_status = ShipmentStatus.MANIFEST_GENERATED
    depot.parcels.save(parcel)


def _url(request: Request, stem: str, parcels: list[Parcel]) -> str:
    awbs = "-".join(str(parcel.awb) for parcel in parcels)
    return f"{site_of(request)}/{stem}-{awbs}.pdf"


def _by_awb(request: Request) -> list[Parcel]:
    parcels = depot_of(request).parcels
    found = [parcels.of_awb(awb) for awb in request.path_params["awbs"].split("-")]
    known = [one for one in found if one is not None]
    if len(known) < len(found):
        raise refused(404, "404 Not Found")
    return known


ROUTES: Final = [
    Route("/courier/generate/label", generate_label, methods=["POST"]),
    Route("/courier/generate/label-invoice", label_with_invoice, methods=["POST"]),
    Route("/manifests/generate", generate_manifest, methods=["POST"]),
    Route("/manifests/print", print_manifest, methods=["POST"]),
    Route("/orders/print/invoice", print_invoice, methods=["POST"]),
]

FILES: Final = [
    Route("/labels/shipping-label-{awbs}.pdf", label_file, methods=["GET"]),
    Route("/{kind}/manifest-{awbs}.pdf", list_file, methods=["GET"]),
    Route("/{kind}/invoice-{awbs}.pdf", list_file, methods=["GET"]),
]

"""What one parcel's activities are asked with: its booking, and its tax documents."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.delivery import BookShipmentInput
    from domain import ids
    from domain.documents import DocumentKind, DocumentRequest, parcel_lines
    from domain.order import OrderState
    from domain.ports import Booking, ParcelItem
    from domain.shipment import Shipment


def document_request(
    state: OrderState, number: int, kind: DocumentKind, issued_at: datetime
) -> DocumentRequest:
    """Return the request for a parcel's invoice, or for the credit note that takes it back."""
    invoice, placement = state.invoice_of(number), state.placement
    allocation = state.allocations[number - 1]
    return DocumentRequest(
        order_id=placement.order_id,
        kind=kind,
        shipment=number,
        warehouse=allocation.warehouse,
        lines=parcel_lines(placement.quote.lines, allocation.lines, state.units_before(number)),
        customer=placement.customer,
        address=placement.shipping_address,
        issued_at=issued_at,
        original=invoice.number if invoice else None,
        original_issued_at=invoice.issued_at if invoice else None,
    )


def booking_request(state: OrderState, number: int) -> BookShipmentInput:
    """Return the request to book a parcel; the courier collects its share of the charges."""
    placement, allocation = state.placement, state.allocations[number - 1]
    by_sku = {line.sku: line for line in placement.quote.lines}
    lines = parcel_lines(placement.quote.lines, allocation.lines, state.units_before(number))
    return BookShipmentInput(
        reference=ids.seller_reference(placement.order_id, number),
        order_id=placement.order_id,
        shipment=number,
        ordered_at=placement.placed_at,
        warehouse=allocation.warehouse,
        customer=placement.customer,
        address=placement.shipping_address,
        items=tuple(
            ParcelItem(
                sku=line.sku,
                name=line.name,
                hsn=line.hsn,
                quantity=line.quantity,
                unit_price_paise=by_sku[line.sku].unit_price_paise,
            )
            for line in lines
        ),
        weight_g=sum(
            by_sku[part.sku].weight_g * part.quantity // by_sku[part.sku].quantity
            for part in allocation.lines
        ),
        amount_paise=sum(line.charged_paise for line in lines),
        payment_method=placement.payment_method,
    )


def booking_of(parcel: Shipment) -> Booking:
    """Return what the courier knows a parcel by."""
    return Booking(
        awb=parcel.awb or "",
        courier=parcel.courier or "",
        courier_order_id=parcel.courier_order_id or "",
        courier_shipment_id=parcel.courier_shipment_id or "",
        tracking_url=parcel.tracking_url or "",
        label_url=parcel.label_url,
        promised_by=parcel.promised_by,
    )

"""What a workflow asks of each activity, ready to be sent."""

from activities.delivery import BookShipmentInput
from domain import ids
from domain.documents import DocumentKind, DocumentRequest, parcel_lines
from domain.messages import ConfirmPayment
from domain.notifications import NotificationRequest
from domain.ports import Booking, ParcelItem
from tests.domain.orders import ADDRESS, CUSTOMER, NOON, ORDER_ID, placed

BOOKING = Booking(
    awb="AWB1000",
    courier="Fake Surface",
    courier_order_id="1000",
    courier_shipment_id="501000",
    tracking_url="https://courier.test/tracking/AWB1000",
    label_url=None,
    promised_by=None,
)
HANDOVER = ConfirmPayment(
    razorpay_payment_id="pay_1", razorpay_order_id="order_1", razorpay_signature="0" * 64
)
MAIL = NotificationRequest(
    order_id=ORDER_ID,
    template="order_confirmed",
    occasion="4",
    name="Asha Rao",
    email="asha@example.com",
    facts={"total": "₹999", "promise": ""},
    tracking_url=f"https://shop.test/track/{ORDER_ID}",
)


def parcel_to_book(shipment: int = 1) -> BookShipmentInput:
    return BookShipmentInput(
        reference=ids.seller_reference(ORDER_ID, shipment),
        order_id=ORDER_ID,
        shipment=shipment,
        ordered_at=NOON,
        warehouse="PNQ",
        customer=CUSTOMER,
        address=ADDRESS,
        items=(
            ParcelItem(sku="TEE", name="T-shirt", hsn="6109", quantity=3, unit_price_paise=33_333),
        ),
        weight_g=600,
        amount_paise=100_000,
        payment_method=placed().placement.payment_method,
    )


def document_to_issue(
    kind: DocumentKind = DocumentKind.INVOICE, shipment: int = 1
) -> DocumentRequest:
    state = placed()
    return DocumentRequest(
        order_id=ORDER_ID,
        kind=kind,
        shipment=shipment,
        warehouse="PNQ",
        lines=parcel_lines(state.placement.quote.lines, state.allocations[0].lines, {}),
        customer=CUSTOMER,
        address=ADDRESS,
        issued_at=NOON,
        original=f"PNQ/2627/{shipment:06d}" if kind is DocumentKind.CREDIT_NOTE else None,
    )

"""Orders as their customers see them: a plain reading of the view."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.catalogue import LineBody
from api.schemas.checkout import PaymentBody
from domain.cart import PaymentMethod
from domain.documents import DocumentKind
from domain.lines import LineState
from domain.payment import EntryKind, PaymentStatus, RefundSpeed, RefundStatus
from domain.pricing import OrderLine
from domain.shipment import ShipmentState
from domain.status import OrderStatus
from domain.view import OrderView


class _FromDomain(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ShipmentLineBody(_FromDomain):
    """How many of a line travel in a parcel."""

    sku: str
    quantity: int


class ShipmentBody(_FromDomain):
    """One parcel."""

    number: int
    state: ShipmentState
    warehouse: str
    lines: list[ShipmentLineBody]
    courier: str | None
    awb: str | None
    tracking_url: str | None
    promised_by: datetime | None
    attempts: int
    reason: str | None
    changed_at: datetime | None


class PaymentEntryBody(_FromDomain):
    """One fact about money."""

    kind: EntryKind
    amount_paise: int
    reference: str
    at: datetime
    method: str | None
    reason: str | None


class RefundLineBody(_FromDomain):
    """Which part of a refund is for a line."""

    sku: str
    amount_paise: int


class RefundBody(_FromDomain):
    """Money on its way back. What `lines` do not account for was paid too much."""

    number: int
    amount_paise: int
    status: RefundStatus
    reason: str
    requested_at: datetime
    processed_at: datetime | None
    razorpay_refund_id: str | None
    speed: RefundSpeed = Field(description="What was asked for.")
    speed_processed: RefundSpeed | None = Field(description="What the bank makes of it.")
    reference: str | None = Field(description="The bank's number for it, once known.")
    lines: list[RefundLineBody]


class DocumentBody(_FromDomain):
    """An invoice, or the credit note that corrects the invoice `original`."""

    number: str = Field(examples=["PNQ/2627/000042"])
    kind: DocumentKind
    shipment: int
    amount_paise: int
    issued_at: datetime
    original: str | None


class CustomerDetails(_FromDomain):
    """Who bought."""

    name: str
    email: str
    phone: str
    gstin: str | None


class AddressDetails(_FromDomain):
    """Where the goods go."""

    name: str
    phone: str
    line1: str
    line2: str | None
    city: str
    state: str
    pincode: str


class CancellationBody(_FromDomain):
    """Why and by whom the order ended."""

    reason: str
    by: str
    at: datetime


class LineCancellationBody(_FromDomain):
    """Units that were cancelled before their pickup, and what they were charged at."""

    number: int
    lines: list[ShipmentLineBody]
    amount_paise: int
    reason: str
    by: str
    at: datetime
    shipment: int = Field(description="The parcel that held them; it is cancelled.")
    replaced_by: int | None = Field(description="The parcel that holds the rest of it, if any.")


class OrderLineBody(LineBody):
    """A line as sold, and what became of its units so far; `ordered` is `quantity` once more."""

    ordered: int
    cancelled: int
    shipped: int = Field(description="Handed to the courier, whatever became of them.")
    delivered: int
    returned: int = Field(description="Came back after they were shipped.")
    refunded_paise: int = Field(description="Money that has gone back for this line.")

    @classmethod
    def both_of(cls, line: OrderLine, state: LineState) -> "OrderLineBody":
        """Return the body of a line and of what became of it."""
        return cls(
            **LineBody.of(line).model_dump(),
            ordered=state.ordered,
            cancelled=state.cancelled,
            shipped=state.shipped,
            delivered=state.delivered,
            returned=state.returned,
            refunded_paise=state.refunded_paise,
        )


class OrderSummary(BaseModel):
    """An order in a list."""

    order_id: str
    status: OrderStatus
    payment_status: PaymentStatus
    payment_method: PaymentMethod
    total_paise: int
    currency: str
    items: int = Field(description="Units in all.")
    placed_at: datetime
    promised_by: datetime | None
    sequence: int
    epoch: int
    as_of: datetime


class OrderBody(OrderSummary):
    """An order; `sequence` and `epoch` say up to which event, `as_of` when that happened."""

    customer_id: str
    customer: CustomerDetails
    shipping_address: AddressDetails
    lines: list[OrderLineBody]
    subtotal_paise: int
    discount_paise: int
    shipping_paise: int
    cod_fee_paise: int
    coupon: str | None
    payment: PaymentBody | None = Field(description="What the payment sheet needs, while unpaid.")
    payments: list[PaymentEntryBody]
    shipments: list[ShipmentBody]
    refunds: list[RefundBody]
    documents: list[DocumentBody]
    cancellation: CancellationBody | None
    line_cancellations: list[LineCancellationBody]


class OrderList(BaseModel):
    """A page of orders, newest first; pass `next` as `before` for the following page."""

    orders: list[OrderSummary]
    next: str | None


def summary_of(view: OrderView) -> OrderSummary:
    """Return a view's line in a list."""
    return OrderSummary(**_summary(view))


def order_of(view: OrderView) -> OrderBody:
    """Return a view as its customer sees it."""
    quote = view.quote
    payable = view.payment_order if view.status is OrderStatus.PENDING_PAYMENT else None
    return OrderBody(
        **_summary(view),
        customer_id=view.customer_id,
        customer=CustomerDetails.model_validate(view.customer),
        shipping_address=AddressDetails.model_validate(view.shipping_address),
        lines=[
            OrderLineBody.both_of(line, state)
            for line, state in zip(quote.lines, view.lines, strict=True)
        ],
        subtotal_paise=quote.subtotal_paise,
        discount_paise=quote.discount_paise,
        shipping_paise=quote.shipping_paise,
        cod_fee_paise=quote.cod_fee_paise,
        coupon=quote.coupon,
        payment=PaymentBody.of(payable),
        payments=[PaymentEntryBody.model_validate(entry) for entry in view.payments],
        shipments=[ShipmentBody.model_validate(shipment) for shipment in view.shipments],
        refunds=[RefundBody.model_validate(refund) for refund in view.refunds],
        documents=[DocumentBody.model_validate(document) for document in view.documents],
        cancellation=CancellationBody.model_validate(view.cancellation)
        if view.cancellation
        else None,
        line_cancellations=[
            LineCancellationBody.model_validate(told) for told in view.line_cancellations
        ],
    )


def page_of(views: Sequence[OrderView], limit: int) -> OrderList:
    """Return a page; `next` is set when there may be more."""
    following = views[-1].order_id if len(views) == limit else None
    return OrderList(orders=[summary_of(view) for view in views], next=following)


def _summary(view: OrderView) -> dict[str, Any]:
    return {
        "order_id": view.order_id,
        "status": view.status,
        "payment_status": view.payment_status,
        "payment_method": view.payment_method,
        "total_paise": view.total_paise,
        "currency": view.currency,
        "items": sum(line.quantity for line in view.quote.lines),
        "placed_at": view.placed_at,
        "promised_by": view.promised_by,
        "sequence": view.sequence,
        "epoch": view.epoch,
        "as_of": view.as_of,
    }

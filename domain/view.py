"""The materialised view of an order: a pure fold over its events."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from domain.attention import Attention
from domain.cart import Address, Customer, PaymentMethod
from domain.disputes import loss_of
from domain.documents import Document
from domain.events import EventType, OrderEvent
from domain.lines import LineState, line_states
from domain.payment import GatewayDispute, PaymentEntry, PaymentOrder, PaymentStatus, Refund
from domain.pricing import Quote
from domain.shipment import Shipment
from domain.snapshot import Cancellation, LineCancellation, PlacedOrder
from domain.status import OrderStatus

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderView:
    """An order as everyone reads it: up to event `sequence`, which happened at `as_of`."""

    order_id: str
    customer_id: str
    epoch: int
    sequence: int
    as_of: datetime
    status: OrderStatus
    payment_status: PaymentStatus
    payment_method: PaymentMethod
    total_paise: int
    currency: str
    placed_at: datetime
    customer: Customer
    shipping_address: Address
    quote: Quote
    payment_order: PaymentOrder | None = None
    payments: tuple[PaymentEntry, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    documents: tuple[Document, ...] = ()
    attention: tuple[Attention, ...] = ()
    disputes: tuple[GatewayDispute, ...] = ()
    cancellation: Cancellation | None = None
    line_cancellations: tuple[LineCancellation, ...] = ()
    promised_by: datetime | None = None

    @property
    def lines(self) -> tuple[LineState, ...]:
        """Return what became of each line."""
        return line_states(
            self.quote.lines,
            self.shipments,
            self.line_cancellations,
            self.refunds,
            never_sent=self.status is OrderStatus.CANCELLED and not self.shipments,
        )


class NotNext(ValueError):
    """The event does not follow the view: something is missing between them."""


def fold(view: OrderView | None, event: OrderEvent) -> OrderView:
    """Return the view after an event; an event that the view already holds changes nothing.

    An event of a lower epoch belongs to a log that was replaced; a higher one begins anew.

    Raises:
        NotNext: events before this one have not been folded yet.
    """
    if view is None or event.epoch > view.epoch:
        placed = event.data.order
        if event.sequence != 1 or placed is None:
            msg = f"{event.id} is not the first event of its order"
            raise NotNext(msg)
        return _first(event, placed)
    if event.epoch < view.epoch or event.sequence <= view.sequence:
        return view
    if event.sequence != view.sequence + 1:
        msg = f"{event.id} does not follow sequence {view.sequence}"
        raise NotNext(msg)
    return _next(view, event)


def _first(event: OrderEvent, placed: PlacedOrder) -> OrderView:
    return OrderView(
        order_id=event.order_id,
        customer_id=event.data.customer_id,
        epoch=event.epoch,
        sequence=event.sequence,
        as_of=event.time,
        status=event.data.status,
        payment_status=event.data.payment_status,
        payment_method=placed.quote.payment_method,
        total_paise=placed.quote.total_paise,
        currency=placed.quote.currency,
        placed_at=placed.placed_at,
        customer=placed.customer,
        shipping_address=placed.shipping_address,
        quote=placed.quote,
        promised_by=placed.quote.promised_by,
    )


def _next(view: OrderView, event: OrderEvent) -> OrderView:
    data = event.data
    shipments = _put(view.shipments, data.shipment, "number")
    promises = [s.promised_by for s in shipments if s.promised_by and not s.ended]
    return replace(
        view,
        epoch=event.epoch,
        sequence=event.sequence,
        as_of=max(view.as_of, event.time),
        status=data.status,
        payment_status=data.payment_status,
        payment_order=data.payment_order or view.payment_order,
        payments=(*view.payments, *_entries(event)),
        shipments=shipments,
        refunds=_put(view.refunds, data.refund, "number"),
        documents=_put(view.documents, data.document, "number"),
        attention=_put(view.attention, data.attention, "attention_id"),
        disputes=_put(view.disputes, data.dispute, "dispute_id"),
        cancellation=data.cancellation or view.cancellation,
        line_cancellations=_put(view.line_cancellations, data.line_cancellation, "number"),
        shipping_address=data.address or view.shipping_address,
        promised_by=max(promises) if promises else view.promised_by,
    )


def _entries(event: OrderEvent) -> Iterator[PaymentEntry]:
    """Yield what an event adds to the payments: what it says, or what its dispute has cost."""
    if event.data.payment:
        yield event.data.payment
    closed = event.data.dispute if event.type is EventType.DISPUTE_CLOSED else None
    if closed and (loss := loss_of(closed)):
        yield loss


def _put(items: tuple[_T, ...], item: _T | None, key: str) -> tuple[_T, ...]:
    """Return the items with this one in the place of the one with the same key, or at the end."""
    if item is None:
        return items
    others = [(getattr(item, key) == getattr(old, key), old) for old in items]
    if any(same for same, _ in others):
        return tuple(item if same else old for same, old in others)
    return (*items, item)

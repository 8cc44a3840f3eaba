"""An order's money as its view tells it: what a reconciliation compares with the providers."""

from dataclasses import dataclass, replace
from datetime import datetime

from domain.cart import PaymentMethod
from domain.documents import Document, DocumentKind
from domain.payment import (
    EntryKind,
    GatewayDispute,
    PaymentEntry,
    PaymentLedger,
    PaymentOrder,
    Refund,
    RefundStatus,
)
from domain.shipment import Shipment
from domain.status import OrderStatus
from domain.view import OrderView

PAID_BACK = frozenset({RefundStatus.PROCESSED, RefundStatus.MANUAL})
UNDER_WAY = frozenset({RefundStatus.INITIATED, RefundStatus.FAILED})
ENDED = frozenset(
    {
        OrderStatus.COMPLETED,
        OrderStatus.CANCELLED,
        OrderStatus.EXPIRED,
        OrderStatus.RETURNED_TO_ORIGIN,
    }
)
"""Statuses after which neither goods nor documents move by themselves any more."""
REFUND_STEP = "refund"
"""The step of the attention that a failed refund raises."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderMoney:
    """One order's payments, refunds, cash and tax documents."""

    order_id: str
    status: OrderStatus
    method: PaymentMethod
    placed_at: datetime
    payment_order: PaymentOrder | None = None
    entries: tuple[PaymentEntry, ...] = ()
    refunds: tuple[Refund, ...] = ()
    documents: tuple[Document, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    disputes: tuple[GatewayDispute, ...] = ()

    def captured(self, payment_id: str) -> bool:
        """Tell whether a payment brought money, as far as the order knows."""
        return any(entry.reference == payment_id for entry in self.of_kind(EntryKind.CAPTURED))

    @property
    def ledger(self) -> PaymentLedger:
        """Return the ledger that the entries make; refunds stand beside it, not in it."""
        total = self.payment_order.amount_paise if self.payment_order else 0
        return PaymentLedger(
            method=self.method, total_paise=total, entries=self.entries, disputes=self.disputes
        )

    def of_kind(self, kind: EntryKind) -> tuple[PaymentEntry, ...]:
        """Return the entries of a kind, in the order in which they became known."""
        return tuple(entry for entry in self.entries if entry.kind is kind)

    @property
    def kept_paise(self) -> int:
        """Return received money, captured or in cash, that has not gone back."""
        received = (*self.of_kind(EntryKind.CAPTURED), *self.of_kind(EntryKind.COD_COLLECTED))
        return sum(entry.amount_paise for entry in received) - sum(
            refund.amount_paise for refund in self.refunds if refund.status in PAID_BACK
        )

    @property
    def lost_paise(self) -> int:
        """Return what lost disputes took; the goods were sold all the same."""
        return sum(entry.amount_paise for entry in self.of_kind(EntryKind.DISPUTE_LOST))

    @property
    def invoiced_paise(self) -> int:
        """Return invoices minus credit notes."""
        return sum(
            one.amount_paise if one.kind is DocumentKind.INVOICE else -one.amount_paise
            for one in self.documents
        )

    @property
    def refunds_under_way(self) -> bool:
        """Tell whether money is still on its way back, or waits for a person."""
        return any(refund.status in UNDER_WAY for refund in self.refunds)

    @property
    def ended(self) -> bool:
        """Tell whether only money can still move."""
        return self.status in ENDED


def money_of(view: OrderView) -> OrderMoney:
    """Return the money side of a view."""
    return OrderMoney(
        order_id=view.order_id,
        status=view.status,
        method=view.payment_method,
        placed_at=view.placed_at,
        payment_order=view.payment_order,
        entries=view.payments,
        refunds=tuple(_as_it_stands(refund, view) for refund in view.refunds),
        documents=view.documents,
        shipments=view.shipments,
        disputes=view.disputes,
    )


def _as_it_stands(refund: Refund, view: OrderView) -> Refund:
    """Return a refund that failed as closed once nobody is asked about it any more.

    No event tells that a failed refund was given up for a new one: the answered question does.
    """
    asked = any(each.step == REFUND_STEP and each.resolved_at is None for each in view.attention)
    if refund.status is RefundStatus.FAILED and not asked:
        return replace(refund, status=RefundStatus.CLOSED)
    return refund

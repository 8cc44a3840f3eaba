"""Overdue news: which orders to ask the providers about, when, and what of the answer is new.

Webhooks are hints that may be lost, every one of them. So each order stays on a watch until nothing
can happen to its money or its parcels any more, and is asked about at growing intervals.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from domain.cart import PaymentMethod
from domain.disputes import take_in_dispute
from domain.order_money import OrderMoney
from domain.payment import GatewayDispute, GatewayPayment, GatewayRefund, Refund, RefundStatus
from domain.payment_truth import take_in
from domain.shipment import CourierUpdate, Shipment, contradicts, is_old, path_to


class Concern(StrEnum):
    """What a provider can be asked about an order."""

    PAYMENTS = "payments"
    REFUNDS = "refunds"
    PARCELS = "parcels"


@dataclass(frozen=True, kw_only=True, slots=True)
class OverdueTerms:
    """After how many seconds of silence news counts as overdue.

    Attributes:
        payment_s: from placing an order to the first question; later ones follow at growing gaps.
        refund_s: likewise, from the beginning of a refund.
        parcel_s: from a parcel's last step; again after each such time.
        payable_s: how long after placing an order money for it may arrive.
        longest_s: the longest gap between two questions.
    """

    payment_s: float = 300
    refund_s: float = 1800
    parcel_s: float = 43_200
    payable_s: float = 433_800
    longest_s: float = 21_600


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """An order on the watch, and when each of its concerns was last answered."""

    order_id: str
    asked: Mapping[Concern, datetime] = field(default_factory=dict)


def concerns_due(
    order: OrderMoney, watched: Watched, terms: OverdueTerms, now: datetime
) -> frozenset[Concern]:
    """Return what is to be asked now."""
    due = {concern: due_at(concern, order, watched, terms) for concern in Concern}
    return frozenset(concern for concern, at in due.items() if at is not None and at <= now)


def next_look(
    order: OrderMoney, watched: Watched, terms: OverdueTerms, now: datetime
) -> datetime | None:
    """Return when to look at an order again; None once nothing can happen to it any more.

    An order that only waits for people (to pack, to return) is looked at without asking anybody.
    """
    due = [due_at(concern, order, watched, terms) for concern in Concern]
    times = [at for at in due if at is not None]
    if not times and order.ended and not order.refunds_under_way:
        return None
    idle = now + timedelta(seconds=terms.longest_s)
    return max(now, min([*times, idle]))


def due_at(
    concern: Concern, order: OrderMoney, watched: Watched, terms: OverdueTerms
) -> datetime | None:
    """Return when a concern is to be asked about next, or None if there is nothing to ask."""
    asked = watched.asked.get(concern)
    if concern is Concern.PAYMENTS:
        return _payments_due(order, asked, terms)
    if concern is Concern.REFUNDS:
        begun = [refund.requested_at for refund in open_refunds(order)]
        return _growing(min(begun), asked, terms.refund_s, terms) if begun else None
    moved = [parcel.changed_at or order.placed_at for parcel in live_parcels(order)]
    if not moved:
        return None
    return max([min(moved), *([asked] if asked else [])]) + timedelta(seconds=terms.parcel_s)


def open_refunds(order: OrderMoney) -> tuple[Refund, ...]:
    """Return the refunds that are with Razorpay, as far as the order knows."""
    return tuple(
        refund
        for refund in order.refunds
        if refund.status is RefundStatus.INITIATED and order.captured(refund.payment_id)
    )


def live_parcels(order: OrderMoney) -> tuple[Shipment, ...]:
    """Return the parcels of which the courier may have news."""
    return tuple(parcel for parcel in order.shipments if parcel.awb and not parcel.ended)


def _payments_due(
    order: OrderMoney, asked: datetime | None, terms: OverdueTerms
) -> datetime | None:
    """Return when to ask for payments; one last time when no more money is expected."""
    if order.method is PaymentMethod.COD or order.payment_order is None:
        return None
    last = order.placed_at + timedelta(seconds=terms.payable_s)
    if asked is not None and asked >= last:
        return None
    due = _growing(order.placed_at, asked, terms.payment_s, terms)
    return min(due, max(last, order.placed_at + timedelta(seconds=terms.payment_s)))


def _growing(
    begun: datetime, asked: datetime | None, least_s: float, terms: OverdueTerms
) -> datetime:
    """Return the next of a row of questions whose gaps are half the age of what they ask about."""
    last = max(begun, asked) if asked else begun
    gap_s = min(max((last - begun).total_seconds() / 2, least_s), max(terms.longest_s, least_s))
    return last + timedelta(seconds=gap_s)


def news_of_payments(
    order: OrderMoney, payments: Iterable[GatewayPayment], now: datetime
) -> tuple[GatewayPayment, ...]:
    """Return the payments that tell the order's ledger something it does not know."""
    found = (payment.seen(now) for payment in payments)
    return tuple(one for one in found if take_in(order.ledger, order.payment_order, one)[1])


def is_news_of_dispute(order: OrderMoney, dispute: GatewayDispute) -> bool:
    """Tell whether a dispute tells the order's ledger something it does not know."""
    return take_in_dispute(order.ledger, dispute) != order.ledger


def news_of_refunds(
    order: OrderMoney, refunds: Iterable[GatewayRefund]
) -> tuple[GatewayRefund, ...]:
    """Return the refunds that have ended without the order knowing it, or that it never made.

    A refund is known by its key as well: the order may never have heard its id.
    """
    status = {refund.key: refund.status for refund in order.refunds} | {
        refund.razorpay_refund_id: refund.status for refund in order.refunds
    }
    return tuple(
        refund
        for refund in refunds
        if refund.status != "pending"
        and status.get(refund.refund_id, status.get(refund.key)) in _UNSETTLED
    )


_UNSETTLED = frozenset({None, RefundStatus.INITIATED})


def news_of_parcels(
    order: OrderMoney, updates: Iterable[CourierUpdate]
) -> tuple[CourierUpdate, ...]:
    """Return the courier's words that would move a parcel, or contradict what we think of it."""
    parcels = {(parcel.number, parcel.awb): parcel for parcel in order.shipments}
    found = ((parcels.get((update.shipment, update.awb)), update) for update in updates)
    return tuple(
        update
        for parcel, update in found
        if parcel is not None
        and not is_old(update, parcel)
        and (path_to(parcel.state, update.state) or contradicts(update, parcel))
    )

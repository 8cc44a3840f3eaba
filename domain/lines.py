"""What became of each order line: a reading of parcels, cancellations and refunds."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.cart import PaymentMethod
from domain.order import OrderState
from domain.payment import Refund, RefundLine, RefundStatus
from domain.pricing import OrderLine
from domain.shipment import WITH_COURIER, Shipment, ShipmentState
from domain.snapshot import LineCancellation

SHIPPED = WITH_COURIER | {
    ShipmentState.DELIVERED,
    ShipmentState.RTO_DELIVERED,
    ShipmentState.LOST,
}
"""States of parcels that the courier has picked up, whatever became of them."""

PAID_BACK = frozenset({RefundStatus.PROCESSED, RefundStatus.MANUAL})


@dataclass(frozen=True, kw_only=True, slots=True)
class LineState:
    """One order line: its units, each counted in every state it has reached, and its refunds.

    `returned` came back after it was shipped. Units of a lost parcel stay shipped.
    """

    sku: str
    ordered: int
    cancelled: int = 0
    shipped: int = 0
    delivered: int = 0
    returned: int = 0
    refunded_paise: int = 0


def line_states(
    lines: Sequence[OrderLine],
    parcels: Iterable[Shipment],
    cancellations: Sequence[LineCancellation],
    refunds: Iterable[Refund],
    *,
    never_sent: bool,
) -> tuple[LineState, ...]:
    """Return the state of each line; `never_sent` marks an order cancelled before any parcel.

    A cancelled parcel counts as cancelled unless a cancellation of lines tells which of its units
    were: the others travel in the parcel that took its place.
    """
    parcels = tuple(parcels)
    told = {each.shipment for each in cancellations}
    withdrawn = (p for p in parcels if p.state is ShipmentState.CANCELLED and p.number not in told)
    cancelled = _units(withdrawn) + _units(cancellations)
    shipped = _units(p for p in parcels if p.state in SHIPPED)
    delivered = _units(p for p in parcels if p.state is ShipmentState.DELIVERED)
    returned = _units(p for p in parcels if p.state is ShipmentState.RTO_DELIVERED)
    refunded = refunded_by_line(refund for refund in refunds if refund.status in PAID_BACK)
    return tuple(
        LineState(
            sku=line.sku,
            ordered=line.quantity,
            cancelled=line.quantity if never_sent else cancelled[line.sku],
            shipped=shipped[line.sku],
            delivered=delivered[line.sku],
            returned=returned[line.sku],
            refunded_paise=refunded[line.sku],
        )
        for line in lines
    )


def refunded_by_line(refunds: Iterable[Refund]) -> Counter[str]:
    """Return what these refunds give back for each SKU, in paise."""
    sums: Counter[str] = Counter()
    for refund in refunds:
        for line in refund.lines:
            sums[line.sku] += line.amount_paise
    return sums


def lines_of(state: OrderState) -> tuple[LineState, ...]:
    """Return what became of each line, as the order itself knows it."""
    return line_states(
        state.placement.quote.lines,
        state.shipments.values(),
        state.line_cancellations,
        state.refunds.values(),
        never_sent=state.cancelled_at is not None and not state.shipments,
    )


def refund_lines(state: OrderState, amount_paise: int) -> tuple[RefundLine, ...]:
    """Say for which lines an amount goes back that is about to be refunded, in the order's order.

    Cash was paid only for what arrived, so lines that never did account for none of it. What no
    line accounts for (the order was paid twice, say) belongs to none.
    """
    if state.placement.payment_method is PaymentMethod.COD:
        return ()
    open_or_done = (r for r in state.refunds.values() if r.status is not RefundStatus.CLOSED)
    shared = refunded_by_line(open_or_done)
    shares, left = [], amount_paise
    for sku, credit in _not_owed(state).items():
        share = min(left, max(0, credit - shared[sku]))
        if share:
            shares.append(RefundLine(sku=sku, amount_paise=share))
            left -= share
    return tuple(shares)


def _not_owed(state: OrderState) -> dict[str, int]:
    """Return what the customer was charged for each line and does not owe, or no longer."""
    charges = {line.sku: line.charged_paise for line in state.placement.quote.lines}
    if state.confirmed_at is not None and state.expired_at is None:
        for number in state.parcel_numbers:
            if not state.is_gone(number):
                for sku, charged_paise in state.charges(number).items():
                    charges[sku] -= charged_paise
    return charges


def _units(holders: Iterable[Shipment | LineCancellation]) -> Counter[str]:
    units: Counter[str] = Counter()
    for holder in holders:
        for line in holder.lines:
            units[line.sku] += line.quantity
    return units

"""One settled row against the orders' ledgers: payment, refund, adjustment, and the fee taken."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from domain.money import format_inr
from domain.order_money import OrderMoney
from domain.payment import EntryKind, PaymentEntry, Refund, RefundStatus
from domain.reconciliation import Difference, DifferenceKind, ReconciliationTerms
from domain.settlement import SettlementRow, SettlementRowKind

GST_ON_FEES_PERCENT = 18
ROUNDING_PAISE = 2
"""Fee and tax are rounded one after the other; more than that is not rounding."""
BPS = 10_000

K = DifferenceKind


@dataclass(kw_only=True)
class LedgerIndex:
    """The orders' ledgers by what a row may name."""

    orders: dict[str, OrderMoney] = field(default_factory=dict)
    by_razorpay_order: dict[str, OrderMoney] = field(default_factory=dict)
    captures: dict[str, tuple[OrderMoney, PaymentEntry]] = field(default_factory=dict)
    refunds: dict[str, tuple[OrderMoney, Refund]] = field(default_factory=dict)
    lost: dict[str, tuple[OrderMoney, PaymentEntry]] = field(default_factory=dict)

    @classmethod
    def of(cls, orders: Iterable[OrderMoney]) -> "LedgerIndex":
        """Index these orders."""
        index = cls()
        for order in orders:
            index.orders[order.order_id] = order
            if order.payment_order:
                index.by_razorpay_order[order.payment_order.razorpay_order_id] = order
            for entry in order.of_kind(EntryKind.CAPTURED):
                index.captures[entry.reference] = order, entry
            for refund in order.refunds:
                if refund.razorpay_refund_id:
                    index.refunds[refund.razorpay_refund_id] = order, refund
            for entry in order.of_kind(EntryKind.DISPUTE_LOST):
                index.lost[entry.reference] = order, entry
        return index

    def order_of(self, row: SettlementRow) -> str | None:
        """Return the order that a row belongs to by what Razorpay says of it."""
        if row.receipt in self.orders:
            return row.receipt
        found = self.by_razorpay_order.get(row.razorpay_order_id or "")
        for known in (row.payment_id, row.entity_id):
            if found is None and known in self.captures:
                found = self.captures[known][0]
        return found.order_id if found else None


def row_differences(
    index: LedgerIndex,
    terms: ReconciliationTerms,
    today: Sequence[SettlementRow],
    earlier: Mapping[str, SettlementRow],
) -> Iterator[Difference]:
    """Yield what is wrong with the rows of a day; `earlier` are rows of days before, by entity."""
    seen = dict(earlier)
    for row in today:
        if before := seen.get(row.entity_id):
            where = f"in {before.settlement_id} already"
            yield _about_row(K.DUPLICATE_ROW, index, row, detail=where)
            continue
        seen[row.entity_id] = row
        if row.on_hold:
            yield _about_row(K.ROW_ON_HOLD, index, row)
        yield from _CHECKS.get(row.kind, _unexpected)(index, row)
        if row.kind is SettlementRowKind.PAYMENT and (reason := _fee_problem(row, terms)):
            yield _about_row(K.FEE_UNEXPECTED, index, row, detail=reason)


def _payment(index: LedgerIndex, row: SettlementRow) -> Iterator[Difference]:
    if row.entity_id not in index.captures:
        yield _about_row(K.CAPTURE_UNKNOWN, index, row)
    else:
        order, entry = index.captures[row.entity_id]
        if entry.amount_paise != row.amount_paise:
            yield _differs(order, row, entry.amount_paise)


def _refund(index: LedgerIndex, row: SettlementRow) -> Iterator[Difference]:
    if row.entity_id not in index.refunds:
        yield _about_row(K.REFUND_UNKNOWN, index, row)
        return
    order, refund = index.refunds[row.entity_id]
    if refund.amount_paise != row.amount_paise or row.debit_paise != row.amount_paise:
        yield _differs(order, row, refund.amount_paise)
    if refund.status not in (RefundStatus.PROCESSED, RefundStatus.INITIATED):
        yield _about_row(
            K.REFUND_SETTLED_THOUGH_FAILED, index, row, detail=f"ours is {refund.status}"
        )


def _adjustment(index: LedgerIndex, row: SettlementRow) -> Iterator[Difference]:
    if row.dispute_id is None:
        yield _about_row(K.ROW_UNEXPECTED, index, row, detail=row.description or "an adjustment")
        return
    if row.dispute_id not in index.lost:
        yield _about_row(K.DISPUTE_UNKNOWN, index, row, detail=row.dispute_id)
        return
    order, entry = index.lost[row.dispute_id]
    if entry.amount_paise != row.debit_paise:
        yield _differs(order, row, entry.amount_paise)


def _unexpected(index: LedgerIndex, row: SettlementRow) -> Iterator[Difference]:
    yield _about_row(K.ROW_UNEXPECTED, index, row, detail=f"a {row.kind}")


_CHECKS: dict[SettlementRowKind, Callable[[LedgerIndex, SettlementRow], Iterator[Difference]]] = {
    SettlementRowKind.PAYMENT: _payment,
    SettlementRowKind.REFUND: _refund,
    SettlementRowKind.ADJUSTMENT: _adjustment,
}


def _about_row(
    kind: DifferenceKind, index: LedgerIndex, row: SettlementRow, detail: str = ""
) -> Difference:
    return Difference(
        kind=kind,
        subject=row.entity_id,
        order_id=index.order_of(row),
        found_paise=row.net_paise,
        detail=detail,
    )


def _differs(order: OrderMoney, row: SettlementRow, expected: int) -> Difference:
    return Difference(
        kind=K.AMOUNT_DIFFERS,
        subject=row.entity_id,
        order_id=order.order_id,
        expected_paise=expected,
        found_paise=row.amount_paise,
        detail=f"a {row.kind}",
    )


def _fee_problem(row: SettlementRow, terms: ReconciliationTerms) -> str | None:
    """Return what is wrong with a payment's fee; it contains its GST (18 %)."""
    amount, fee, tax = (format_inr(n) for n in (row.amount_paise, row.fee_paise, row.tax_paise))
    if row.credit_paise != row.amount_paise - row.fee_paise or row.debit_paise:
        return f"the credit is not {amount} less {fee}"
    if not 0 <= row.tax_paise <= row.fee_paise:
        return f"GST of {tax} in a fee of {fee}"
    if row.fee_paise * BPS > row.amount_paise * terms.fee_limit_bps:
        return f"{fee} is more than {terms.fee_limit_bps / 100:g} % of {amount}"
    due = round((row.fee_paise - row.tax_paise) * GST_ON_FEES_PERCENT / 100)
    if abs(row.tax_paise - due) > ROUNDING_PAISE:
        return f"GST of {tax} instead of {format_inr(due)}"
    return None

"""The matching of a day: settled rows against the orders' ledgers, and cash against remittances.

Pure: the same rows, payouts and ledgers give the same report. A day is one of the Indian calendar.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.cash_matching import cash_differences, cash_of_day
from domain.catalogue import indian_day
from domain.order_money import UNDER_WAY, OrderMoney
from domain.payment import EntryKind, PaymentEntry, Refund, RefundStatus
from domain.reconciliation import (
    Difference,
    DifferenceKind,
    ReconciliationReport,
    ReconciliationTerms,
    SettledSum,
)
from domain.settlement import Settlement, SettlementRow, SettlementRowKind
from domain.settlement_checks import LedgerIndex, row_differences

REPEATED_DAYS = 3
"""What is overdue is shown on so many days running, so that one report read late misses nothing."""

K = DifferenceKind


@dataclass(frozen=True, kw_only=True, slots=True)
class DayBooks:
    """Everything that the report of a day follows from.

    Attributes:
        rows: settled on the day and on the days before it, as far back as `first_day` says.
        payouts: the settlements of the day.
        orders: each order whose money moved since `first_day`, and each that a row names.
        ended: the orders to which nothing can happen any more since the day, or shortly before it.
    """

    day: date
    terms: ReconciliationTerms
    rows: Sequence[SettlementRow] = ()
    payouts: Sequence[Settlement] = ()
    orders: Sequence[OrderMoney] = ()
    ended: frozenset[str] = frozenset()


def first_day(day: date, terms: ReconciliationTerms) -> date:
    """Return the first day whose movements of money the report of `day` still looks at."""
    longest = max(terms.settlement_days, terms.remittance_days, terms.refund_days)
    return day - timedelta(days=longest + REPEATED_DAYS)


def reconcile(books: DayBooks) -> ReconciliationReport:
    """Match a day."""
    index = LedgerIndex.of(books.orders)
    rows = sorted(books.rows, key=_place)
    today = [row for row in rows if indian_day(row.settled_at) == books.day]
    earlier = {row.entity_id: row for row in rows if indian_day(row.settled_at) < books.day}
    findings = [*row_differences(index, books.terms, today, earlier)]
    troubled = {difference.subject for difference in findings}
    matched = sum(row.entity_id not in troubled for row in today)
    findings += _payouts(books, today)
    orders = sorted(books.orders, key=lambda order: order.order_id)
    settled = {row.entity_id for row in books.rows} | {row.dispute_id for row in books.rows}
    for order in orders:
        findings += _unsettled(books, order, settled)
        findings += _stuck(books, order)
        findings += _kept(books, order)
        findings += cash_differences(books.day, order, _overdue(books.terms.remittance_days))
    return ReconciliationReport(
        day=books.day,
        rows=len(today),
        matched=matched,
        orders=len(orders),
        settlements=_sums(today),
        cash=tuple(line for order in orders for line in cash_of_day(books.day, order)),
        differences=tuple(findings),
    )


def _place(row: SettlementRow) -> tuple[datetime, str, str, str]:
    return row.settled_at, row.settlement_id, row.kind, row.entity_id


def _payouts(books: DayBooks, today: list[SettlementRow]) -> Iterator[Difference]:
    """Yield payouts that are not the sum of their rows, either way round."""
    nets: dict[str, int] = {}
    for row in today:
        nets[row.settlement_id] = nets.get(row.settlement_id, 0) + row.net_paise
    paid = {one.settlement_id: one.amount_paise for one in books.payouts}
    for settlement_id in sorted(nets.keys() | paid.keys()):
        expected, found = nets.get(settlement_id, 0), paid.get(settlement_id)
        if expected != found:
            yield Difference(
                kind=K.PAYOUT_DIFFERS,
                subject=settlement_id,
                expected_paise=expected,
                found_paise=found,
                detail="" if found is not None else "Razorpay lists no such payout",
            )


def _unsettled(
    books: DayBooks, order: OrderMoney, settled: set[str | None]
) -> Iterator[Difference]:
    """Yield what moved long enough ago and is in no settlement up to the day."""

    def overdue(reference: str, at: datetime | None) -> bool:
        return reference not in settled and _just_overdue(books, at, books.terms.settlement_days)

    for kind, difference in _SETTLED_FACTS.items():
        for entry in order.of_kind(kind):
            if overdue(entry.reference, entry.at):
                yield _of_entry(difference, order, entry)
    for refund in order.refunds:
        razorpay_id = refund.razorpay_refund_id
        done = refund.status is RefundStatus.PROCESSED and razorpay_id is not None
        if done and razorpay_id and overdue(razorpay_id, refund.processed_at):
            yield _of_refund(K.REFUND_NOT_SETTLED, order, refund)


_SETTLED_FACTS = {
    EntryKind.CAPTURED: K.CAPTURE_NOT_SETTLED,
    EntryKind.DISPUTE_LOST: K.DISPUTE_NOT_SETTLED,
}


def _stuck(books: DayBooks, order: OrderMoney) -> Iterator[Difference]:
    for refund in order.refunds:
        if refund.status in UNDER_WAY and _just_overdue(
            books, refund.requested_at, books.terms.refund_days
        ):
            yield _of_refund(K.REFUND_STUCK, order, refund, refund.failure or refund.status.value)


def _kept(books: DayBooks, order: OrderMoney) -> Iterator[Difference]:
    """Yield what an order that has come to its end keeps without a document, or the other way.

    What a lost dispute took is no document's business where the goods stayed with the customer.
    """
    if order.order_id not in books.ended or order.refunds_under_way:
        return
    if order.kept_paise - order.lost_paise <= order.invoiced_paise <= order.kept_paise:
        return
    nothing_sold = order.invoiced_paise == 0 and order.kept_paise > 0
    yield Difference(
        kind=K.MONEY_KEPT if nothing_sold else K.DOCUMENTS_DIFFER,
        subject=order.order_id,
        order_id=order.order_id,
        expected_paise=order.invoiced_paise,
        found_paise=order.kept_paise,
        detail=f"the order is {order.status}",
    )


def _just_overdue(books: DayBooks, at: datetime | None, allowed_days: int) -> bool:
    """Tell whether something fell overdue on the day or shortly before it."""
    return at is not None and (books.day - indian_day(at)).days in _overdue(allowed_days)


def _overdue(allowed_days: int) -> range:
    return range(allowed_days, allowed_days + REPEATED_DAYS + 1)


def _of_entry(kind: DifferenceKind, order: OrderMoney, entry: PaymentEntry) -> Difference:
    return Difference(
        kind=kind,
        subject=entry.reference,
        order_id=order.order_id,
        expected_paise=entry.amount_paise,
        detail=f"{entry.kind} on {indian_day(entry.at)}",
    )


def _of_refund(
    kind: DifferenceKind, order: OrderMoney, refund: Refund, detail: str = ""
) -> Difference:
    return Difference(
        kind=kind,
        subject=refund.razorpay_refund_id or refund.key,
        order_id=order.order_id,
        expected_paise=refund.amount_paise,
        detail=detail or f"refund {refund.number} of {indian_day(refund.requested_at)}",
    )


def _sums(today: list[SettlementRow]) -> tuple[SettledSum, ...]:
    groups: dict[str, list[SettlementRow]] = {}
    for row in today:
        groups.setdefault(row.settlement_id, []).append(row)
    return tuple(_sum(settlement_id, rows) for settlement_id, rows in sorted(groups.items()))


def _sum(settlement_id: str, rows: list[SettlementRow]) -> SettledSum:
    payments = [row for row in rows if row.kind is SettlementRowKind.PAYMENT]
    refunds = [row for row in rows if row.kind is SettlementRowKind.REFUND]
    others = [row for row in rows if row not in payments and row not in refunds]
    return SettledSum(
        settlement_id=settlement_id,
        utr=next((row.utr for row in rows if row.utr), None),
        rows=len(rows),
        captured_paise=sum(row.amount_paise for row in payments),
        fees_paise=sum(row.fee_paise for row in payments),
        tax_paise=sum(row.tax_paise for row in payments),
        refunded_paise=sum(row.debit_paise for row in refunds),
        adjusted_paise=sum(row.net_paise for row in others),
        net_paise=sum(row.net_paise for row in rows),
    )

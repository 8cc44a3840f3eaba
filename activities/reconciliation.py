"""Reading what Razorpay settled, and matching it with the orders' ledgers."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from temporalio import activity

from activities.failures import refusals
from activities.overdue_news import Question
from domain.catalogue import indian_day
from domain.order_money import OrderMoney
from domain.overdue import Concern, Watched
from domain.ports import PaymentReports
from domain.ports.reconciliation import (
    MoneyBooks,
    MoneyWatch,
    ReconciliationReports,
    SettlementBooks,
    SettlementDay,
)
from domain.reconciliation import (
    DifferenceKind,
    ReconciliationReport,
    ReconciliationTerms,
    day_bounds,
)
from domain.settlement import SettlementRow
from domain.settlement_matching import REPEATED_DAYS, DayBooks, first_day, reconcile

SETTLES_LATE = timedelta(hours=2)
"""A day that was read so long after its end is read for good."""
MOST_TOLD = 200
"""Orders told in one reconciliation; more than that is no lost webhook but an outage."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DayInput:
    """The Indian calendar day to reconcile, and the moment at which that is asked."""

    day: date
    now: datetime
    terms: ReconciliationTerms


@dataclass(frozen=True, kw_only=True, slots=True)
class DaysToRead:
    """Days of which not all settlements are known."""

    days: tuple[date, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadDayInput:
    """A day whose settlements are to be read."""

    day: date
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class DayMatched:
    """What was found, in short, and which orders are to be told what they do not know."""

    day: date
    rows: int
    differences: int
    untold: tuple[Question, ...] = ()


class SettlementActivities:
    """Runs on the `payments` queue. Only reads at Razorpay."""

    def __init__(self, reports: PaymentReports, books: SettlementBooks) -> None:
        """Receive the ports."""
        self._reports = reports
        self._books = books

    @activity.defn
    async def read_settlements(self, request: ReadDayInput) -> int:
        """Read and keep a day's rows and payouts; return how many rows there are."""
        since, until = day_bounds(request.day)
        with refusals():
            rows = await self._reports.settlement_rows(request.day)
            payouts = await self._reports.settlements(since, until - timedelta(seconds=1))
        settled = SettlementDay(day=request.day, rows=tuple(rows), payouts=tuple(payouts))
        await self._books.keep(settled, request.now)
        return len(rows)


class ReconciliationActivities:
    """Runs on the `schedules` queue. The same books give the same report."""

    def __init__(
        self,
        money: MoneyBooks,
        watch: MoneyWatch,
        settled: SettlementBooks,
        reports: ReconciliationReports,
    ) -> None:
        """Receive the ports."""
        self._money = money
        self._watch = watch
        self._settled = settled
        self._reports = reports

    @activity.defn
    async def days_to_read(self, request: DayInput) -> DaysToRead:
        """Return the day itself, and those before it that were never read after their end."""
        first = first_day(request.day, request.terms)
        days = [first + timedelta(days=n) for n in range((request.day - first).days + 1)]
        read = await self._settled.read_at(days)
        missing = (
            day
            for day in days
            if day == request.day
            or day not in read
            or read[day] < day_bounds(day)[1] + SETTLES_LATE
        )
        return DaysToRead(days=tuple(missing))

    @activity.defn
    async def match_day(self, request: DayInput) -> DayMatched:
        """Match a day, store its report, and return it in short."""
        rows = await self._settled.rows(first_day(request.day, request.terms), request.day)
        ended = await self._ended(request.day)
        orders = await self._orders(request, rows, ended)
        books = DayBooks(
            day=request.day,
            terms=request.terms,
            rows=rows,
            payouts=await self._settled.payouts(request.day),
            orders=orders,
            ended=ended,
        )
        report = await asyncio.to_thread(reconcile, books)
        await self._reports.save(report, request.now)
        return DayMatched(
            day=report.day,
            rows=report.rows,
            differences=len(report.differences),
            untold=tuple(untold(report, rows, orders))[:MOST_TOLD],
        )

    async def _ended(self, day: date) -> frozenset[str]:
        since, _ = day_bounds(day - timedelta(days=REPEATED_DAYS))
        return frozenset(await self._watch.let_go_between(since, day_bounds(day)[1]))

    async def _orders(
        self, request: DayInput, rows: Iterable[SettlementRow], ended: frozenset[str]
    ) -> tuple[OrderMoney, ...]:
        since, _ = day_bounds(first_day(request.day, request.terms))
        moved = await self._money.moved_between(since, day_bounds(request.day)[1])
        today = [row for row in rows if indian_day(row.settled_at) == request.day]
        references = {
            reference
            for row in today
            for reference in (row.entity_id, row.payment_id, row.razorpay_order_id)
            if reference
        }
        named = await self._money.orders_of(references)
        receipts = {row.receipt for row in today if row.receipt}
        found = await self._money.of({*moved, *named.values(), *receipts, *ended})
        return tuple(found[order_id] for order_id in sorted(found))


def _read_for_good(day: date, read_at: datetime | None) -> bool:
    return read_at is not None and read_at >= day_bounds(day)[1] + SETTLES_LATE


def untold(
    report: ReconciliationReport, rows: Iterable[SettlementRow], orders: Iterable[OrderMoney]
) -> Iterable[Question]:
    """Yield what to ask Razorpay about for orders that have missed a payment or a refund."""
    by_entity = {row.entity_id: row for row in rows}
    known = {order.order_id for order in orders}
    for difference in report.differences:
        row, order_id = by_entity.get(difference.subject), difference.order_id
        if row is None or order_id is None or order_id not in known:
            continue
        watched = Watched(order_id=order_id)
        if difference.kind is DifferenceKind.CAPTURE_UNKNOWN and row.razorpay_order_id:
            yield Question(
                watched=watched,
                concerns=(Concern.PAYMENTS,),
                razorpay_order_id=row.razorpay_order_id,
            )
        if difference.kind is DifferenceKind.REFUND_UNKNOWN and row.payment_id:
            yield Question(
                watched=watched,
                concerns=(Concern.REFUNDS,),
                refunded_payments=(row.payment_id,),
            )

"""What a reconciliation reads and keeps: ledgers, the watch, settled rows, reports."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from domain.order_money import OrderMoney
from domain.overdue import Watched
from domain.reconciliation import ReconciliationReport
from domain.settlement import Settlement, SettlementRow


class MoneyBooks(Protocol):
    """The money of orders as the read model knows it."""

    async def of(self, order_ids: Collection[str]) -> Mapping[str, OrderMoney]:
        """Return the money of these orders; unknown ones are absent."""
        ...

    async def orders_of(self, references: Collection[str]) -> Mapping[str, str]:
        """Return whose these payments, refunds and Razorpay orders are: reference to order id."""
        ...

    async def moved_between(self, since: datetime, until: datetime) -> Sequence[str]:
        """Return the orders with a payment, refund or cash that moved in `[since, until)`."""
        ...


class MoneyWatch(Protocol):
    """The orders to which something may still happen, and when to look at each again."""

    async def enlist(self, oldest: datetime, now: datetime, *, again: bool = False) -> int:
        """Put orders placed since the last call, and never before `oldest`, on the watch.

        Idempotent. `again` goes back to `oldest`, for views that came late. Returns how many were
        looked at.
        """
        ...

    async def due(self, before: datetime, limit: int) -> Sequence[Watched]:
        """Return watched orders whose look is due, the longest due first."""
        ...

    async def looked(self, watched: Watched, next_at: datetime | None, at: datetime) -> None:
        """Record the answers that came and when to look again; None lets the order go.

        Idempotent. An order that was let go comes back with a time.
        """
        ...

    async def let_go_between(self, since: datetime, until: datetime) -> Sequence[str]:
        """Return the orders that were let go in `[since, until)`."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class SettlementDay:
    """All that Razorpay settled on an Indian calendar day, as it was when it was read."""

    day: date
    rows: tuple[SettlementRow, ...]
    payouts: tuple[Settlement, ...]


class SettlementBooks(Protocol):
    """What was read of Razorpay's settlements."""

    async def keep(self, settled: SettlementDay, read_at: datetime) -> None:
        """Keep a day in the place of what an earlier reading found. Idempotent."""
        ...

    async def read_at(self, days: Collection[date]) -> Mapping[date, datetime]:
        """Return when these days were read last; unread ones are absent."""
        ...

    async def rows(self, first: date, last: date) -> Sequence[SettlementRow]:
        """Return the rows settled from one day to another, both included."""
        ...

    async def payouts(self, day: date) -> Sequence[Settlement]:
        """Return the payouts of a day."""
        ...


class ReconciliationReports(Protocol):
    """Reports, one a day."""

    async def save(self, report: ReconciliationReport, at: datetime) -> None:
        """Store a report in the place of an earlier one of its day. Idempotent."""
        ...

    async def load(self, day: date) -> ReconciliationReport | None:
        """Return the report of a day, or None if it was never made."""
        ...

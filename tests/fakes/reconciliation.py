"""Ledgers, the watch, settled rows and reports, in memory."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from domain.events import OrderEvent
from domain.order_money import OrderMoney, money_of
from domain.overdue import Watched
from domain.ports.reconciliation import SettlementDay
from domain.reconciliation import ReconciliationReport
from domain.settlement import Settlement, SettlementRow
from domain.view import OrderView, fold
from tests.fakes.recording import Recorder


@dataclass
class FakeMoneyBooks(Recorder):
    """A ``MoneyBooks`` over what a test puts into ``orders``."""

    orders: dict[str, OrderMoney] = field(default_factory=dict)

    async def of(self, order_ids: Collection[str]) -> Mapping[str, OrderMoney]:
        async with self._call("of", order_ids=sorted(order_ids)):
            known = self.known()
            return {each: known[each] for each in set(order_ids) if each in known}

    async def orders_of(self, references: Collection[str]) -> Mapping[str, str]:
        owners = {
            reference: order.order_id
            for order in self.known().values()
            for reference in _references(order)
        }
        return {each: owners[each] for each in references if each in owners}

    async def moved_between(self, since: datetime, until: datetime) -> Sequence[str]:
        return sorted(
            order.order_id
            for order in self.known().values()
            if any(since <= at < until for at in _moments(order))
        )

    def known(self) -> Mapping[str, OrderMoney]:
        return self.orders


@dataclass
class PublishedMoneyBooks(FakeMoneyBooks):
    """The books that the read model would hold after all that was published."""

    publisher: Recorder = field(default_factory=Recorder)
    _read: int = 0
    _waiting: dict[str, dict[tuple[int, int], OrderEvent]] = field(default_factory=dict)
    _views: dict[str, OrderView] = field(default_factory=dict)

    def known(self) -> Mapping[str, OrderMoney]:
        return {order_id: money_of(view) for order_id, view in self.views().items()}

    def views(self) -> Mapping[str, OrderView]:
        calls = self.publisher.calls
        fresh, self._read = calls[self._read :], len(calls)
        for call in fresh:
            for event in call.arguments.get("events", ()):
                self._take_in(event)
        return self._views

    def _take_in(self, event: OrderEvent) -> None:
        """Fold an event as soon as all before it are there.

        An earlier test's order may go on beside this one: its beginning is not to be seen.
        """
        waiting = self._waiting.setdefault(event.order_id, {})
        waiting[event.epoch, event.sequence] = event
        view = self._views.get(event.order_id)
        epoch = max(event.epoch, view.epoch if view else 0)
        following = view.sequence + 1 if view and view.epoch == epoch else 1
        while (epoch, following) in waiting:
            view = fold(view, waiting.pop((epoch, following)))
            self._views[event.order_id] = view
            following += 1


@dataclass
class FakeMoneyWatch(Recorder):
    """A ``MoneyWatch``; ``placed`` are the orders there are, with the time they were placed."""

    placed: Callable[[], Mapping[str, datetime]] = dict
    next_at: dict[str, datetime] = field(default_factory=dict)
    let_go_at: dict[str, datetime] = field(default_factory=dict)
    watched: dict[str, Watched] = field(default_factory=dict)

    async def enlist(self, oldest: datetime, now: datetime, *, again: bool = False) -> int:
        async with self._call("enlist", oldest=oldest, again=again):
            found = {key: at for key, at in self.placed().items() if at >= oldest}
            for order_id, at in found.items():
                if order_id not in self.watched:
                    self.watched[order_id] = Watched(order_id=order_id)
                    self.next_at[order_id] = at
            return len(found)

    async def due(self, before: datetime, limit: int) -> Sequence[Watched]:
        due = sorted((at, key) for key, at in self.next_at.items() if at < before)
        return [self.watched[key] for _, key in due[:limit]]

    async def looked(self, watched: Watched, next_at: datetime | None, at: datetime) -> None:
        async with self._call("looked", order_id=watched.order_id, next_at=next_at):
            self.watched[watched.order_id] = replace(watched, asked=dict(watched.asked))
            self.next_at.pop(watched.order_id, None)
            self.let_go_at.pop(watched.order_id, None)
            if next_at is None:
                self.let_go_at[watched.order_id] = at
            else:
                self.next_at[watched.order_id] = next_at

    async def let_go_between(self, since: datetime, until: datetime) -> Sequence[str]:
        return sorted(key for key, at in self.let_go_at.items() if since <= at < until)


@dataclass
class FakeSettlementBooks(Recorder):
    """A ``SettlementBooks``."""

    days: dict[date, tuple[SettlementDay, datetime]] = field(default_factory=dict)

    async def keep(self, settled: SettlementDay, read_at: datetime) -> None:
        async with self._call("keep", day=settled.day):
            self.days[settled.day] = settled, read_at

    async def read_at(self, days: Collection[date]) -> Mapping[date, datetime]:
        return {day: self.days[day][1] for day in days if day in self.days}

    async def rows(self, first: date, last: date) -> Sequence[SettlementRow]:
        kept = [settled for day, (settled, _) in sorted(self.days.items()) if first <= day <= last]
        return [row for settled in kept for row in settled.rows]

    async def payouts(self, day: date) -> Sequence[Settlement]:
        return self.days[day][0].payouts if day in self.days else ()


@dataclass
class FakeReconciliationReports:
    """A ``ReconciliationReports``."""

    reports: dict[date, ReconciliationReport] = field(default_factory=dict)

    async def save(self, report: ReconciliationReport, at: datetime) -> None:
        self.reports[report.day] = report

    async def load(self, day: date) -> ReconciliationReport | None:
        return self.reports.get(day)


def _references(order: OrderMoney) -> list[str]:
    found = [entry.reference for entry in order.entries]
    found += [refund.razorpay_refund_id for refund in order.refunds if refund.razorpay_refund_id]
    return [*found, *([order.payment_order.razorpay_order_id] if order.payment_order else [])]


def _moments(order: OrderMoney) -> list[datetime]:
    refunds = [at for r in order.refunds for at in (r.requested_at, r.processed_at) if at]
    return [*(entry.at for entry in order.entries), *refunds]

"""The event log, the heads and the views of orders, in memory."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.cart import normalise_phone
from domain.errors import ImpossibleStep, LogDiverged, OrderNotFound
from domain.events import OrderEvent
from domain.facts import same_fact
from domain.ports import KEPT_DIGESTS, NO_FACTS, OrderQuery, Position
from domain.view import OrderView

NOWHERE = (0, 0)


class FakeEventLog:
    """Implements `EventLog`."""

    def __init__(self) -> None:
        self.events: dict[str, OrderEvent] = {}

    async def append(self, events: Sequence[OrderEvent]) -> None:
        await asyncio.sleep(0)
        changed = [e.id for e in events if not same_fact(self.events.setdefault(e.id, e), e)]
        if changed:
            message = f"stored with other content, a new epoch is needed: {', '.join(changed)}"
            raise ImpossibleStep(message)

    async def read(
        self, order_id: str, epoch: int, after: int, limit: int = 1000
    ) -> Sequence[OrderEvent]:
        await asyncio.sleep(0)
        found = [
            event
            for event in self.events.values()
            if (event.order_id, event.epoch) == (order_id, epoch) and event.sequence > after
        ]
        return sorted(found, key=lambda event: event.sequence)[:limit]


@dataclass(kw_only=True)
class _Head:
    head: tuple[int, int] = NOWHERE
    head_at: datetime | None = None
    seen: tuple[int, int] = NOWHERE
    behind_since: datetime | None = None
    digests: dict[int, str] = field(default_factory=dict)


class FakeOrderHeads:
    """Implements `OrderHeads`."""

    def __init__(self) -> None:
        self.heads: dict[str, _Head] = defaultdict(_Head)

    async def advance(
        self, order_id: str, position: Position, at: datetime, digests: Mapping[int, str] = NO_FACTS
    ) -> None:
        head, place = self.heads[order_id], (position.epoch, position.sequence)
        before = head.digests if head.head[0] == position.epoch else {}
        told_before = any(before.get(each, new) != new for each, new in digests.items())
        if position.epoch < head.head[0] or told_before:
            message = f"{order_id} has published something else up to {position}"
            raise LogDiverged(message)
        newest = max(place, head.head)[1]
        merged = {**before, **digests}
        head.digests = {n: each for n, each in merged.items() if n > newest - KEPT_DIGESTS}
        if place > head.head:
            head.head, head.head_at = place, at
        if head.head > head.seen:
            head.behind_since = head.behind_since or at

    async def behind(self, older_than: datetime, limit: int) -> Sequence[str]:
        late = [
            (head.behind_since, order_id)
            for order_id, head in self.heads.items()
            if head.behind_since is not None and head.behind_since < older_than
        ]
        return [order_id for _, order_id in sorted(late)[:limit]]

    async def oldest_behind(self) -> datetime | None:
        late = [head.behind_since for head in self.heads.values() if head.behind_since]
        return min(late, default=None)

    async def caught_up(self, order_id: str, position: Position) -> None:
        head, place = self.heads[order_id], (position.epoch, position.sequence)
        moved = place > head.seen
        head.seen = max(head.seen, place)
        if head.seen >= head.head:
            head.behind_since = None
        elif moved:
            head.behind_since = head.head_at


class FakeOrderViews:
    """Implements `OrderViews` and `OrderSearch`."""

    def __init__(self, views: Iterable[OrderView] = ()) -> None:
        self.views = {view.order_id: view for view in views}

    async def get(self, order_id: str) -> OrderView | None:
        await asyncio.sleep(0)
        return self.views.get(order_id)

    async def get_many(self, order_ids: Sequence[str]) -> Mapping[str, OrderView]:
        return {each: self.views[each] for each in order_ids if each in self.views}

    async def save(self, view: OrderView, expected: Position | None) -> bool:
        await asyncio.sleep(0)
        if expected is not None and Position.of(view) < expected:
            message = f"a view of {view.order_id} at {Position.of(view)} cannot follow {expected}"
            raise ValueError(message)
        stored = self.views.get(view.order_id)
        if (Position.of(stored) if stored else None) != expected:
            return False
        self.views[view.order_id] = view
        return True

    async def of_customer(
        self, customer_id: str, limit: int = 50, before: str | None = None
    ) -> Sequence[OrderView]:
        return self._page(lambda view: view.customer_id == customer_id, limit, before)

    async def find(self, query: OrderQuery) -> Sequence[OrderView]:
        found = self._page(lambda view: _matches(view, query), len(self.views), None)
        if query.after is None:
            return found[: query.limit]
        if query.after not in self.views:
            message = f"there is no order {query.after} to continue after"
            raise OrderNotFound(message)
        last = _newest_first(self.views[query.after])
        return [view for view in found if _newest_first(view) > last][: query.limit]

    def _page(
        self, wanted: Callable[[OrderView], bool], limit: int, last: str | None
    ) -> list[OrderView]:
        found = sorted(filter(wanted, self.views.values()), key=_newest_first)
        ids = [view.order_id for view in found]
        if last is None:
            return found[:limit]
        if last not in ids:
            message = f"there is no order {last} to continue after"
            raise OrderNotFound(message)
        start = ids.index(last) + 1
        return found[start : start + limit]


def _newest_first(view: OrderView) -> tuple[int, str]:
    """Order as the database does, whose times have milliseconds."""
    return -int(view.placed_at.timestamp() * 1000), view.order_id


def _matches(view: OrderView, query: OrderQuery) -> bool:
    open_attention = any(each.resolved_at is None for each in view.attention)
    return all(
        (
            query.status in (None, view.status),
            query.customer is None or _key(query.customer) in _customer_keys(view),
            query.placed_from is None or query.placed_from <= view.placed_at,
            query.placed_until is None or view.placed_at < query.placed_until,
            query.attention in (None, open_attention),
            query.payment_id is None or query.payment_id in _payment_ids(view),
            query.awb is None or query.awb in {shipment.awb for shipment in view.shipments},
            query.order_id in (None, view.order_id),
            query.total_paise in (None, view.total_paise),
        )
    )


def _customer_keys(view: OrderView) -> set[str]:
    return {_key(each) for each in (view.customer_id, view.customer.phone, view.customer.email)}


def _key(text: str) -> str:
    if phone := normalise_phone(text):
        return phone
    return text.strip().casefold() if "@" in text else text.strip()


def _payment_ids(view: OrderView) -> set[str | None]:
    ids: set[str | None] = {entry.reference for entry in view.payments}
    ids |= {refund.razorpay_refund_id for refund in view.refunds}
    ids.add(view.payment_order.razorpay_order_id if view.payment_order else None)
    return ids

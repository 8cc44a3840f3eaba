"""One board per process, kept only while somebody looks at it.

The wall shows the newest state and promises nothing about the steps between. What was not
announced is put right by reading the newest orders from the store now and then.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, Protocol

from domain.errors import ServiceUnavailable
from domain.ports import Clock, OrderQuery, OrderSearch, OrderViews, Subscription
from domain.wire import JSON
from tracking.settings import TrackingSettings
from tracking.wall.figures import Figures
from tracking.wall.rows import row_of

log = logging.getLogger(__name__)

EVERYTHING: Final = "*"
"""What the wall's subscription adds: the one channel on which every order is announced."""
READ_AT_ONCE: Final = 200


class OpenOrders(Protocol):
    """Counts over the whole store, not only over what the wall shows."""

    async def count(self) -> Mapping[str, int]:
        """Return status → number of open orders, and `attention` → how many need somebody.

        Raises:
            ServiceUnavailable: nobody can say right now.
        """
        ...


class Onlooker:
    """One wall on somebody's screen: which rows it has not seen in their newest state."""

    def __init__(self) -> None:
        self.changed: set[str] = set()
        self.woken = asyncio.Event()

    def tell(self, order_ids: Iterable[str]) -> None:
        """Hear what changed; a slow screen skips states, so nothing grows."""
        self.changed.update(order_ids)
        self.woken.set()


class Wall:
    """The newest orders and how they move."""

    def __init__(
        self,
        *,
        feed: Callable[[], Subscription],
        views: OrderViews,
        search: OrderSearch,
        open_orders: OpenOrders,
        clock: Clock,
        settings: TrackingSettings,
    ) -> None:
        """Hear through a subscription of its own, so that a busy wall holds up no order."""
        self._feed = feed
        self._views = views
        self._search = search
        self._open_orders = open_orders
        self._clock = clock
        self._settings = settings
        self._rows: dict[str, JSON] = {}
        self._counts: Mapping[str, int] = {}
        self._figures = Figures(clock.now())
        self._dirty: dict[str, None] = {}
        self._onlookers: set[Onlooker] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[Onlooker]:
        """Keep the board up to date while somebody looks.

        Raises:
            ServiceUnavailable: the store cannot be read.
        """
        onlooker = Onlooker()
        async with self._lock:
            if not self._onlookers:
                await self._begin()
            self._onlookers.add(onlooker)
        try:
            yield onlooker
        finally:
            self._onlookers.discard(onlooker)
            await asyncio.shield(self._leave())

    def board(self) -> JSON:
        """Return everything: all rows, newest first, and the figures."""
        rows = sorted(self._rows.values(), key=lambda row: str(row["as_of"]), reverse=True)
        return {"orders": rows, "figures": self._document()}

    def changes(self, onlooker: Onlooker) -> JSON:
        """Return the rows that an onlooker lacks, and the figures."""
        onlooker.woken.clear()
        order_ids, onlooker.changed = onlooker.changed, set()
        rows = [self._rows[each] for each in order_ids if each in self._rows]
        return {"orders": rows, "figures": self._document()}

    def _document(self) -> JSON:
        return {**self._figures.document(self._clock.now()), "open": dict(self._counts)}

    # --- while somebody looks --------------------------------------------------------------------

    async def _begin(self) -> None:
        await self._read_newest()
        with suppress(ServiceUnavailable):
            self._counts = await self._open_orders.count()
        self._figures = Figures(self._clock.now())
        self._tasks = [
            asyncio.create_task(work(), name=f"wall-{name}")
            for name, work in (("ear", self._listen), ("ticks", self._tick), ("look", self._look))
        ]

    async def _leave(self) -> None:
        async with self._lock:
            if self._onlookers:
                return
            tasks, self._tasks = self._tasks, []
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._rows.clear()
            self._dirty.clear()

    async def _listen(self) -> None:
        subscription = self._feed()
        await subscription.start()
        try:
            with suppress(ServiceUnavailable):  # it keeps trying, and the looks go on without it
                await subscription.add(EVERYTHING)
            async for events in subscription.messages():
                if events:
                    self._figures.hear(events, self._clock.now())
                    self._dirty[events[0].order_id] = None
        finally:
            await subscription.stop()

    async def _tick(self) -> None:
        """Read what was announced and tell the onlookers; a quiet shop still gets its figures."""
        while True:
            await asyncio.sleep(self._settings.wall_tick_s)
            order_ids = list(self._dirty)[:READ_AT_ONCE]
            try:
                views = await self._views.get_many(order_ids) if order_ids else {}
            except ServiceUnavailable as error:
                log.warning("wall_not_read", extra={"reason": str(error)})
                continue
            for order_id in order_ids:
                self._dirty.pop(order_id, None)
            self._show(row_of(view) for view in views.values())

    async def _look(self) -> None:
        """Count open orders often, read the newest orders now and then."""
        every = self._settings.wall_count_s
        looks = max(1, round(self._settings.wall_refresh_s / every))
        turn = 0
        while True:
            await asyncio.sleep(every)
            turn += 1
            try:
                self._counts = await self._open_orders.count()
                if turn % looks == 0:
                    await self._read_newest()
            except ServiceUnavailable as error:
                log.warning("wall_not_read", extra={"reason": str(error)})

    async def _read_newest(self) -> None:
        limit = self._settings.wall_orders
        newest = await self._search.find(OrderQuery(limit=limit))
        stuck = await self._search.find(OrderQuery(limit=limit, attention=True))
        self._show(row_of(view) for view in [*stuck, *newest])

    def _show(self, rows: Iterable[JSON]) -> None:
        changed = [row["order_id"] for row in rows if self._is_news(row)]
        self._trim()
        for onlooker in self._onlookers:
            onlooker.tell(changed)

    def _is_news(self, row: JSON) -> bool:
        known = self._rows.get(row["order_id"])
        if known is not None and _place(known) >= _place(row):
            return False
        self._rows[row["order_id"]] = row
        return True

    def _trim(self) -> None:
        """Let the orders go that have not moved for longest; those that need somebody stay."""
        too_many = len(self._rows) - self._settings.wall_orders
        if too_many <= 0:
            return
        oldest = sorted(self._rows.values(), key=lambda row: (bool(row["attention"]), row["as_of"]))
        for row in oldest[:too_many]:
            del self._rows[row["order_id"]]


def _place(row: JSON) -> tuple[Any, Any]:
    return row["epoch"], row["sequence"]

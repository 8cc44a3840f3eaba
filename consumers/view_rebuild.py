"""Builds all views anew from the log, beside the live ones, and switches over."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from itertools import groupby

from consumers.view_projection import Folding
from domain.catch_up import contiguous
from domain.events import OrderEvent
from domain.ports import Clock, EventLog, OrderViews, Position, ViewBuilds, WholeLog
from domain.view import OrderView, fold

PAGE = 2_000
HEARD_AFTER_S = 5.0
"""Every writer has heard of a build by then, of its beginning and of its end: they ask each second.

One that was asleep for longer is made up for after the switch.
"""
MADE_UP_FOR = timedelta(minutes=2)

Report = Callable[[int], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rebuilt:
    """What a build did.

    Attributes:
        orders: views that stand in the new version.
        events: events that were read from the log.
        differing: orders whose live view stood at the same place and said something else.
    """

    orders: int
    events: int
    differing: tuple[str, ...]


class ViewRebuild:
    """One build: writers are told, the log is folded, the copy is kept, the switch is made.

    Readers never see an older state: writers fill the new version before the live one, and the
    switch is one step of the store.
    """

    def __init__(
        self,
        *,
        log: EventLog,
        whole_log: WholeLog,
        live: OrderViews,
        builds: ViewBuilds,
        clock: Clock,
        until_heard: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._log = log
        self._whole_log = whole_log
        self._live = live
        self._builds = builds
        self._clock = clock
        self._until_heard = until_heard or _until_heard

    async def run(self, report: Report, *, switch: bool = True) -> Rebuilt:
        """Build and switch; without `switch` only compare, and leave the live views alone.

        Args:
            report: is told how many events each page held.
            switch: whether the new version takes the place of the live one.

        Raises:
            ImpossibleStep: another build is under way.
            StoreUnavailable: the live views are as they were; begin again.
        """
        next_views = await self._builds.begin()
        try:
            await self._until_heard()
            rebuilt = await self._fill(next_views, report)
            if switch:
                await self._switch()
        finally:
            await self._builds.end()
        return rebuilt

    async def _switch(self) -> None:
        await self._builds.keep_live()
        switched_at = self._clock.now()
        await self._builds.switch()
        await self._builds.end()
        await self._until_heard()
        for order_id in await self._whole_log.moved_since(switched_at - MADE_UP_FOR):
            await Folding(self._log, self._live).complete(order_id)

    async def _fill(self, next_views: OrderViews, report: Report) -> Rebuilt:
        orders = events = 0
        differing: list[str] = []
        held: list[OrderEvent] = []
        after: tuple[str, Position] | None = None
        while True:
            page = await self._whole_log.page(after, PAGE)
            held.extend(page)
            # The last order of a full page may go on in the next one.
            unfinished = held[-1].order_id if len(page) == PAGE else None
            logs = [list(group) for _, group in groupby(held, lambda event: event.order_id)]
            held = logs.pop() if unfinished else []
            differing += await self._store(next_views, logs)
            orders, events = orders + len(logs), events + len(page)
            report(len(page))
            if unfinished is None:
                return Rebuilt(orders=orders, events=events, differing=tuple(differing))
            after = (page[-1].order_id, Position.of(page[-1]))

    async def _store(
        self, next_views: OrderViews, logs: Sequence[Sequence[OrderEvent]]
    ) -> list[str]:
        """Store the views of some orders; return those that contradict the live ones."""
        views = [view for log in logs if (view := folded(log)) is not None]
        live = await self._live.get_many([view.order_id for view in views])
        await asyncio.gather(*(self._put(next_views, view) for view in views))
        return [
            view.order_id
            for view in views
            if (shown := live.get(view.order_id)) is not None
            and Position.of(shown) == Position.of(view)
            and shown != view
        ]

    async def _put(self, next_views: OrderViews, view: OrderView) -> None:
        if not await next_views.save(view, None):  # a writer was first, and may have been behind
            await Folding(self._log, next_views).complete(view.order_id, view.epoch)


def folded(log: Sequence[OrderEvent]) -> OrderView | None:
    """Return the view of an order's whole log: the newest epoch that has its beginning."""
    for epoch in sorted({event.epoch for event in log}, reverse=True):
        run = contiguous(log, Position(epoch=epoch, sequence=0))
        if run:
            return reduce(fold, run[1:], fold(None, run[0]))
    return None


async def _until_heard() -> None:
    await asyncio.sleep(HEARD_AFTER_S)

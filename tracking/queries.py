"""Queries relayed to workflows: viewers of one order who ask the same at once cost one query."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.catch_up import contiguous
from domain.errors import OrderNotFound, OrderUnavailable
from domain.events import OrderEvent
from domain.messages import StatusSnapshot
from domain.ports import EventLog, Position
from domain.view import OrderView
from domain.wire import JSON, to_json
from tracking.dependencies import OrderQueries
from tracking.live.rate import Allowance
from tracking.metrics import TrackingMetrics
from tracking.projection import event_shown
from tracking.settings import TrackingSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the workflow says, and the position that it speaks of."""

    result: JSON
    sequence: int


class TooManyQueries(OrderUnavailable):
    """This process asks workflows as often as it may."""


BURST: Final = 2
"""So many seconds' worth of queries may come at once."""
_Key = tuple[str, str]
_Told = StatusSnapshot | Sequence[OrderEvent]


class QueryRelay:
    """Asks workflows on behalf of readers, within a deadline and shared for a moment.

    Whatever position a reader asks from, its order is asked for all of its events: so viewers of
    one order cost one query, however far each of them is.
    """

    def __init__(
        self,
        queries: OrderQueries,
        log: EventLog,
        settings: TrackingSettings,
        metrics: TrackingMetrics,
    ) -> None:
        """Ask through `queries`; a closed order past Temporal's retention is read from the log."""
        self._queries = queries
        self._log = log
        self._settings = settings
        self._metrics = metrics
        self._allowance = Allowance(settings.queries_per_s, int(settings.queries_per_s * BURST))
        self._shared: dict[_Key, asyncio.Task[_Told]] = {}

    async def ask(self, view: OrderView, name: str, sequence: int, *, to_ops: bool) -> Answer:
        """Return the answer for an order whose reader has been checked.

        Raises:
            OrderUnavailable: no answer in time.
            TooManyQueries: too many other orders are asked right now.
        """
        key = (view.order_id, name)
        task = self._shared.get(key)
        if task is not None:
            self._metrics.queries.labels(name, "shared").inc()
        elif not self._allowance.take():
            self._metrics.queries.labels(name, "refused").inc()
            message = "too many queries at once"
            raise TooManyQueries(message)
        else:
            task = asyncio.create_task(self._asked(view, name))
            self._shared[key] = task
            task.add_done_callback(lambda done: self._keep_a_moment(key, done))
        told = await asyncio.shield(task)
        if isinstance(told, StatusSnapshot):
            return Answer(result=to_json(told), sequence=told.sequence)
        return _part_of(told, view, sequence, to_ops=to_ops)

    def _keep_a_moment(self, key: _Key, done: asyncio.Task[_Told]) -> None:
        if not done.cancelled():
            done.exception()  # told to whoever asked; nobody may be left
        loop = asyncio.get_running_loop()
        loop.call_later(self._settings.query_share_s, self._shared.pop, key, None)

    async def _asked(self, view: OrderView, name: str) -> _Told:
        try:
            async with asyncio.timeout(self._settings.query_timeout_s):
                answer: _Told = await (
                    self._status(view) if name == "status" else self._events(view)
                )
        except TimeoutError as error:
            self._metrics.queries.labels(name, "unavailable").inc()
            message = f"order {view.order_id} gave no answer in time"
            raise OrderUnavailable(message) from error
        except OrderUnavailable:
            self._metrics.queries.labels(name, "unavailable").inc()
            raise
        self._metrics.queries.labels(name, "answered").inc()
        return answer

    async def _status(self, view: OrderView) -> StatusSnapshot:
        try:
            return await self._queries.status(view.order_id)
        except OrderNotFound:
            return _status_of(view)

    async def _events(self, view: OrderView) -> Sequence[OrderEvent]:
        try:
            return await self._queries.events_since(view.order_id, 0)
        except OrderNotFound:
            return await self._log.read(view.order_id, view.epoch, 0)


def _part_of(
    events: Sequence[OrderEvent], view: OrderView, sequence: int, *, to_ops: bool
) -> Answer:
    """Return what follows a position, as its reader may see it."""
    since = Position(epoch=max([view.epoch, *(e.epoch for e in events)]), sequence=sequence)
    run = contiguous(events, since)
    shown = [event_shown(event, to_ops=to_ops) for event in run]
    return Answer(result={"events": shown}, sequence=sequence + len(run))


def _status_of(view: OrderView) -> StatusSnapshot:
    """Return what a workflow that is long gone would say."""
    return StatusSnapshot(
        order_id=view.order_id,
        customer_id=view.customer_id,
        status=view.status,
        sequence=view.sequence,
        epoch=view.epoch,
        waits_for="",
    )

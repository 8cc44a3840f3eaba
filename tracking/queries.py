"""Queries relayed to workflows: viewers of one order who ask the same at once cost one query."""

import asyncio
from dataclasses import dataclass

from domain.catch_up import contiguous
from domain.errors import OrderNotFound, OrderUnavailable
from domain.events import OrderEvent
from domain.messages import StatusSnapshot
from domain.ports import EventLog, Position
from domain.view import OrderView
from domain.wire import JSON, to_json
from tracking.dependencies import OrderQueries
from tracking.metrics import TrackingMetrics
from tracking.projection import event_shown
from tracking.settings import TrackingSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the workflow says, and the position that it speaks of."""

    result: JSON
    sequence: int


_Key = tuple[str, str, int, bool]


class QueryRelay:
    """Asks workflows on behalf of readers, within a deadline and shared for a moment."""

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
        self._shared: dict[_Key, asyncio.Task[Answer]] = {}

    async def ask(self, view: OrderView, name: str, sequence: int, *, to_ops: bool) -> Answer:
        """Return the answer for an order whose reader has been checked.

        Raises:
            OrderUnavailable: no answer in time.
        """
        key = (view.order_id, name, sequence, to_ops)
        task = self._shared.get(key)
        if task is None:
            task = asyncio.create_task(self._asked(view, name, sequence, to_ops=to_ops))
            self._shared[key] = task
            task.add_done_callback(lambda done: self._keep_a_moment(key, done))
        else:
            self._metrics.queries.labels(name, "shared").inc()
        return await asyncio.shield(task)

    def _keep_a_moment(self, key: _Key, done: asyncio.Task[Answer]) -> None:
        if not done.cancelled():
            done.exception()  # told to whoever asked; nobody may be left
        loop = asyncio.get_running_loop()
        loop.call_later(self._settings.query_share_s, self._shared.pop, key, None)

    async def _asked(self, view: OrderView, name: str, sequence: int, *, to_ops: bool) -> Answer:
        try:
            async with asyncio.timeout(self._settings.query_timeout_s):
                if name == "status":
                    answer = await self._status(view)
                else:
                    answer = await self._events_since(view, sequence, to_ops=to_ops)
        except TimeoutError as error:
            self._metrics.queries.labels(name, "unavailable").inc()
            message = f"order {view.order_id} gave no answer in time"
            raise OrderUnavailable(message) from error
        except OrderUnavailable:
            self._metrics.queries.labels(name, "unavailable").inc()
            raise
        self._metrics.queries.labels(name, "answered").inc()
        return answer

    async def _status(self, view: OrderView) -> Answer:
        try:
            status = await self._queries.status(view.order_id)
        except OrderNotFound:
            status = _status_of(view)
        return Answer(result=to_json(status), sequence=status.sequence)

    async def _events_since(self, view: OrderView, sequence: int, *, to_ops: bool) -> Answer:
        since = Position(epoch=view.epoch, sequence=sequence)
        stored: list[OrderEvent] = []
        try:
            stored.extend(await self._queries.events_since(view.order_id, sequence))
        except OrderNotFound:
            stored.extend(await self._log.read(view.order_id, view.epoch, sequence))
        events = contiguous(stored, since)
        shown = [event_shown(event, to_ops=to_ops) for event in events]
        return Answer(result={"events": shown}, sequence=sequence + len(events))


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

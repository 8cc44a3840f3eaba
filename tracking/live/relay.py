"""A connection's queries to workflows: one at a time, never in the way of anything else."""

import asyncio
from collections.abc import Callable

from domain.errors import OrderNotFound, ServiceUnavailable
from domain.ports import Caller
from tracking.live import outbound
from tracking.live.closing import FrameRefused, Refusal
from tracking.live.inbound import Query
from tracking.queries import TooManyQueries
from tracking.service import TrackingService


class Relay:
    """Runs the queries of one connection."""

    def __init__(
        self, service: TrackingService, tasks: asyncio.TaskGroup, reply: Callable[[str], None]
    ) -> None:
        """Answer through `reply`."""
        self._service = service
        self._tasks = tasks
        self._reply = reply
        self._running: asyncio.Task[None] | None = None

    def ask(self, caller: Caller, query: Query, *, to_ops: bool) -> None:
        """Begin a query; its answer comes as a `result` or an `error`.

        Raises:
            FrameRefused: another one is on its way.
        """
        if self._running is not None and not self._running.done():
            message = "one query at a time"
            raise FrameRefused(Refusal.BUSY, message, "wait for the answer", query.id)
        self._running = self._tasks.create_task(self._answer(caller, query, to_ops=to_ops))

    async def _answer(self, caller: Caller, query: Query, *, to_ops: bool) -> None:
        try:
            view = await self._service.reading.view(query.order_id, caller)
            answer = await self._service.queries.ask(
                view, query.name, query.sequence, to_ops=to_ops
            )
        except OrderNotFound:
            self._refuse(query, Refusal.NOT_FOUND, "there is no such order", retry=False)
        except TooManyQueries as problem:
            self._refuse(query, Refusal.BUSY, str(problem), retry=True)
        except ServiceUnavailable:
            self._refuse(query, Refusal.UNAVAILABLE, "the order gave no answer in time", retry=True)
        else:
            self._reply(
                outbound.frame(
                    "result",
                    id=query.id,
                    order_id=query.order_id,
                    result=answer.result,
                    sequence=answer.sequence,
                )
            )

    def _refuse(self, query: Query, code: Refusal, message: str, *, retry: bool) -> None:
        self._reply(
            outbound.error(code, message, retry=retry, id=query.id, order_id=query.order_id)
        )

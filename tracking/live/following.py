"""The orders that one connection follows."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from domain.catch_up import Attached
from domain.errors import OrderNotFound, ServiceUnavailable
from domain.ports import Caller, Position, Scope
from domain.ports.envelopes import Enveloped
from tracking.following.batch import Batch
from tracking.following.follower import Follower
from tracking.live import outbound
from tracking.live.closing import FrameRefused, Refusal
from tracking.live.inbound import STRANGE, Subscribe, Unsubscribe, Wish
from tracking.live.newcomers import Newcomers
from tracking.projection import sees_all
from tracking.service import TrackingService

COME_AGAIN_MS: Final = 1000

Send = Callable[[str], Awaitable[None]]
Reply = Callable[[str], None]


class Following:
    """One follower per order, each in a task of its own."""

    def __init__(
        self, service: TrackingService, tasks: asyncio.TaskGroup, send: Send, reply: Reply
    ) -> None:
        """Send frames through `send`, answers through `reply`."""
        self._service = service
        self._tasks = tasks
        self._send = send
        self._reply = reply
        self._backlog = service.backlog()
        self._followers: dict[str, tuple[Follower, asyncio.Task[None]]] = {}
        self._customer: asyncio.Task[None] | None = None
        self._wall: asyncio.Task[None] | None = None

    def subscribe(self, caller: Caller, said: Subscribe) -> None:
        """Begin to follow what a client asks for.

        Raises:
            FrameRefused: too many orders, or not for this caller.
        """
        if said.wall:
            self._watch_wall(caller, said.id)
        elif said.wish is not None:
            self.follow(caller, said.wish, said.id)
        else:
            self._watch_customer(caller, said.id)

    def follow(self, caller: Caller, wish: Wish, reply_to: Any) -> None:
        """Follow an order; one that is followed already gets its verdict again, no second stream.

        Raises:
            FrameRefused: too many orders.
        """
        known = self._followers.get(wish.order_id)
        if known is None and len(self._followers) >= self._service.settings.orders_per_connection:
            message = f"more than {self._service.settings.orders_per_connection} orders"
            raise FrameRefused(Refusal.TOO_MANY_ORDERS, message, "unsubscribe from one", reply_to)
        sink = _Sink(self._send, self._reply, reply_to, to_ops=sees_all(caller))
        follower = Follower(
            wish.order_id,
            wish.since,
            caller=caller,
            sink=sink,
            services=self._service.following,
            backlog=self._backlog,
        )
        task = self._tasks.create_task(self._run(follower, known))
        self._followers[wish.order_id] = (follower, task)

    def unsubscribe(self, said: Unsubscribe) -> None:
        """Follow an order no more, none, or not the wall. Unknown ones are nobody's business."""
        if said.wall:
            _cancel(self._wall)
            return
        if said.order_id is None:
            _cancel(self._customer)
        for known in [said.order_id] if said.order_id is not None else list(self._followers):
            follower, _ = self._followers.pop(known, (None, None))
            if follower is not None:
                follower.stop()

    async def _run(
        self, follower: Follower, before: tuple[Follower, asyncio.Task[None]] | None
    ) -> None:
        """Follow once an earlier follower of the same order has ended, going on where it stood."""
        if before is not None:
            earlier, task = before
            earlier.stop()
            await task
            if follower.since not in (None, STRANGE) and follower.since == earlier.since:
                follower.since = earlier.cursor or earlier.since
        await follower.run()
        if self._followers.get(follower.order_id, (None, None))[0] is follower:
            del self._followers[follower.order_id]

    # --- all orders of a customer ----------------------------------------------------------------

    def _watch_customer(self, caller: Caller, reply_to: Any) -> None:
        if caller.order_id is not None:
            message, remedy = "this link opens one order", "subscribe to that order, or sign in"
            raise FrameRefused(Refusal.FORBIDDEN, message, remedy, reply_to)
        _cancel(self._customer)
        self._customer = self._tasks.create_task(self._follow_customer(caller, reply_to))

    async def _follow_customer(self, caller: Caller, reply_to: Any) -> None:
        """Follow all orders of the caller, each with a verdict of its own, and those to come."""
        newcomers, known = Newcomers(caller.subject), set[str]()
        async with self._service.fanout.following(newcomers):
            while True:
                try:
                    await self._follow_all(caller, known, reply_to)
                except ServiceUnavailable as problem:
                    self._reply(_problem_frame(problem, None, reply_to))
                await newcomers.come()

    async def _follow_all(self, caller: Caller, known: set[str], reply_to: Any) -> None:
        """Follow what is not known yet; what the client let go stays let go."""
        limit = self._service.settings.orders_per_connection
        views = await self._service.deps.views.of_customer(caller.subject, limit)
        for view in views:
            if view.order_id in known:
                continue
            known.add(view.order_id)
            try:
                self.follow(caller, Wish(order_id=view.order_id, since=None), reply_to)
            except FrameRefused as refused:
                self._reply(outbound.refusal(refused))

    # --- the wall --------------------------------------------------------------------------------

    def _watch_wall(self, caller: Caller, reply_to: Any) -> None:
        if caller.scope is not Scope.OPS or caller.order_id is not None:
            message, remedy = "the wall is for ops", "use a token of ops"
            raise FrameRefused(Refusal.FORBIDDEN, message, remedy, reply_to)
        _cancel(self._wall)
        self._wall = self._tasks.create_task(self._show_wall(reply_to))

    async def _show_wall(self, reply_to: Any) -> None:
        """Show the board, then what changes; a slow screen skips states."""
        wall = self._service.wall
        try:
            async with wall.watched() as onlooker:
                await self._send(outbound.wall_subscribed(wall.board(), reply_to))
                while True:
                    await onlooker.woken.wait()
                    await self._send(outbound.frame("wall", **wall.changes(onlooker)))
        except ServiceUnavailable as problem:
            self._reply(_problem_frame(problem, None, reply_to))


class _Sink:
    """Turns what a follower finds into frames. Implements `Sink`."""

    def __init__(self, send: Send, reply: Reply, reply_to: Any, *, to_ops: bool) -> None:
        self._send = send
        self._reply = reply
        self._reply_to = reply_to
        self._to_ops = to_ops

    async def subscribed(self, order_id: str, attachment: Attached[Enveloped]) -> None:
        await self._send(
            outbound.subscribed(order_id, attachment, self._reply_to, to_ops=self._to_ops)
        )

    async def events(self, batch: Batch) -> None:
        await self._send(batch.frame(to_ops=self._to_ops))

    async def live(self, order_id: str, position: Position) -> None:
        await self._send(outbound.live(order_id, position))

    async def refused(self, order_id: str, problem: Exception) -> None:
        self._reply(_problem_frame(problem, order_id, self._reply_to))


def _problem_frame(problem: Exception, order_id: str | None, reply_to: Any) -> str:
    if isinstance(problem, OrderNotFound):
        return outbound.error(
            Refusal.NOT_FOUND,
            "there is no such order",
            remedy="check the order id and who you are signed in as",
            id=reply_to,
            order_id=order_id,
        )
    return outbound.error(
        Refusal.UNAVAILABLE,
        "the order cannot be read right now",
        retry=True,
        remedy="subscribe again",
        retry_after_ms=COME_AGAIN_MS,
        id=reply_to,
        order_id=order_id,
    )


def _cancel(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()

"""One ear per order and process, however many readers; and the check that nothing was missed."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final, Protocol

from domain.errors import ServiceUnavailable
from domain.events import OrderEvent
from domain.ports import OrderViews, Position, Subscription
from domain.ports.events import FIRST_SEQUENCE, customer_room, is_customer_room
from tracking.following.batch import Batch
from tracking.metrics import TrackingMetrics

log = logging.getLogger(__name__)

NOWHERE: Final = Position(epoch=0, sequence=0)
HEADS_AT_ONCE: Final = 500
CHECK_AGAIN_S: Final = 1.0


class Listener(Protocol):
    """Who follows an order; none of these calls waits."""

    @property
    def room(self) -> str:
        """Which order it follows, or whose new ones (`customer_room`)."""
        ...

    def offer(self, batch: Batch) -> None:
        """Hear announced events."""
        ...

    def compare(self, head: Position) -> None:
        """Hear where the view is; of a customer's room, that it is time to look again."""
        ...


class _Room:
    """The readers of one order."""

    __slots__ = ("heard", "listeners", "lock")

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.heard = False
        self.lock = asyncio.Lock()


class Fanout:
    """Hands announcements to all who follow the order, and checks everybody's position."""

    def __init__(
        self,
        subscription: Subscription,
        views: OrderViews,
        *,
        metrics: TrackingMetrics,
        position_check_s: float,
    ) -> None:
        """Hear through this subscription; compare positions with these views."""
        self._subscription = subscription
        self._views = views
        self._metrics = metrics
        self._position_check_s = position_check_s
        self._rooms: dict[str, _Room] = {}
        self._check_wanted = asyncio.Event()
        self.hears = False

    @asynccontextmanager
    async def following(self, listener: Listener) -> AsyncIterator[None]:
        """Let a listener hear its order while the block runs, from before its beginning.

        Without the live feed it goes on all the same: the position check brings what is missed.
        """
        room = self._rooms.setdefault(listener.room, _Room())
        room.listeners.add(listener)
        self._metrics.followed_orders.set(len(self._rooms))
        try:
            async with room.lock:
                if not room.heard:
                    room.heard = True  # also if it fails: the subscription keeps trying
                    await self._hear(listener.room)
            yield
        finally:
            await asyncio.shield(self._leave(room, listener))

    async def _hear(self, order_id: str) -> None:
        try:
            await self._subscription.add(order_id)
        except ServiceUnavailable as error:
            log.warning("live_feed_unconfirmed", extra={"reason": str(error)})

    async def _leave(self, room: _Room, listener: Listener) -> None:
        room.listeners.discard(listener)
        async with room.lock:
            if room.listeners or self._rooms.get(listener.room) is not room:
                return
            # Still under the lock, and in the table until the feed has let go: somebody who comes
            # meanwhile waits for the lock and subscribes anew.
            await self._subscription.remove(listener.room)
            room.heard = False
            if not room.listeners:
                del self._rooms[listener.room]
            self._metrics.followed_orders.set(len(self._rooms))

    async def listen(self) -> None:
        """Hand over announcements until the subscription ends."""
        self.hears = True
        try:
            async for events in self._subscription.messages():
                if events is None:
                    self._metrics.feed_lost.inc()
                    self._check_wanted.set()
                elif events:
                    self._hand_over(events)
        finally:
            self.hears = False

    def _hand_over(self, events: Sequence[OrderEvent]) -> None:
        rooms = [self._rooms.get(events[0].order_id)]
        if events[0].sequence == FIRST_SEQUENCE:
            rooms.append(self._rooms.get(customer_room(events[0].data.customer_id)))
        batch = Batch.of(events)
        self._metrics.feed_lag_s.observe(max(0.0, time.time() - events[-1].time.timestamp()))
        for room in rooms:
            for listener in room.listeners if room else ():
                listener.offer(batch)

    async def check_positions(self) -> None:
        """Compare everybody with the views for ever: now and then, and after each loss."""
        while True:
            pause = self._position_check_s * random.uniform(0.5, 1.5)  # noqa: S311 - jitter
            try:
                async with asyncio.timeout(pause):
                    await self._check_wanted.wait()
            except TimeoutError:
                pass  # nothing was lost as far as anybody knows: the periodic look
            self._check_wanted.clear()
            try:
                await self._check()
            except ServiceUnavailable as error:
                log.warning("position_check_failed", extra={"reason": str(error)})
                await asyncio.sleep(CHECK_AGAIN_S)
                self._check_wanted.set()

    async def _check(self) -> None:
        for name in list(self._rooms):
            if is_customer_room(name):
                for listener in self._rooms[name].listeners:
                    listener.compare(NOWHERE)
        order_ids = [name for name in self._rooms if not is_customer_room(name)]
        for start in range(0, len(order_ids), HEADS_AT_ONCE):
            views = await self._views.get_many(order_ids[start : start + HEADS_AT_ONCE])
            for order_id, view in views.items():
                room = self._rooms.get(order_id)
                for listener in room.listeners if room else ():
                    listener.compare(Position(epoch=view.epoch, sequence=view.sequence))

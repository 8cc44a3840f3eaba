"""The live feed, in memory, with the faults that a real one has."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence

from domain.events import OrderEvent
from domain.ports.events import FIRST_SEQUENCE, customer_room


class FakeLiveFeed:
    """Implements `LiveFeed`. `lose_next` drops announcements, `interrupt` reconnects everybody."""

    def __init__(self) -> None:
        self.announced: list[tuple[OrderEvent, ...]] = []
        self.lose_next = 0
        self._subscriptions: list[FakeSubscription] = []

    async def announce(self, events: Sequence[OrderEvent]) -> None:
        orders: dict[str, list[OrderEvent]] = defaultdict(list)
        for event in events:
            orders[event.order_id].append(event)
        for batch in orders.values():
            self.announced.append(tuple(batch))
            if self.lose_next:
                self.lose_next -= 1
                continue
            for subscription in self._subscriptions:
                subscription.hear(tuple(batch))

    def subscribe(self) -> "FakeSubscription":
        subscription = FakeSubscription()
        self._subscriptions.append(subscription)
        return subscription

    def subscribe_to_all(self) -> "FakeSubscription":
        subscription = FakeSubscription(hears_all=True)
        self._subscriptions.append(subscription)
        return subscription

    def interrupt(self) -> None:
        for subscription in self._subscriptions:
            subscription.reconnect()


class FakeSubscription:
    """Implements `Subscription`."""

    def __init__(self, *, hears_all: bool = False) -> None:
        self.orders: set[str] = set()
        self._hears_all = hears_all
        self._running = False
        self._messages: asyncio.Queue[Sequence[OrderEvent] | type[StopAsyncIteration] | None] = (
            asyncio.Queue()
        )

    async def start(self) -> None:
        self._running = True

    async def stop(self) -> None:
        self._running = False
        self._messages.put_nowait(StopAsyncIteration)

    async def add(self, order_id: str) -> None:
        await asyncio.sleep(0)
        self.orders.add(order_id)

    async def remove(self, order_id: str) -> None:
        self.orders.discard(order_id)

    async def messages(self) -> AsyncIterator[Sequence[OrderEvent] | None]:
        while True:
            message = await self._messages.get()
            if isinstance(message, type):
                return
            yield message

    def hear(self, batch: Sequence[OrderEvent]) -> None:
        names = {batch[0].order_id}
        if batch[0].sequence == FIRST_SEQUENCE:
            names.add(customer_room(batch[0].data.customer_id))
        heard = self._hears_all and self.orders
        if self._running and (heard or names & self.orders):
            self._messages.put_nowait(batch)

    def reconnect(self) -> None:
        if self._running:
            self._messages.put_nowait(None)

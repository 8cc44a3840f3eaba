"""The live feed over Redis Pub/Sub: wakes those who watch an order, and never stands in the way."""

import json
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from adapters.gathering import Gathering
from adapters.redis_subscription import RedisSubscription, channel_of
from domain.errors import StoreUnavailable
from domain.events import OrderEvent
from domain.ports.events import FIRST_SEQUENCE, customer_room
from domain.wire import envelope

log = logging.getLogger(__name__)

WALL: Final = "orders:wall"
"""The channel on which every order is announced."""
ANNOUNCE_TIMEOUT_S: Final = 1.0
"""An announcement later than this is no use: the log is read anyway."""
CONFIRM_TIMEOUT_S: Final = 2.0
"""How long a watcher waits for the feed before going on without it."""


class RedisLiveFeed:
    """Announces events and makes subscriptions. Implements `LiveFeed`."""

    def __init__(self, url: str, *, confirm_timeout_s: float = CONFIRM_TIMEOUT_S) -> None:
        """Use this server; nothing is dialled until the first call."""
        self._url = url
        self._confirm_timeout_s = confirm_timeout_s
        self._announcements = Gathering(self._announce_all)
        self._client = Redis.from_url(
            url,
            protocol=2,
            socket_connect_timeout=ANNOUNCE_TIMEOUT_S,
            socket_timeout=ANNOUNCE_TIMEOUT_S,
            retry=Retry(NoBackoff(), 1),  # once, for a connection that died while it was idle
        )

    async def announce(self, events: Sequence[OrderEvent]) -> None:
        """Tell the watchers of each order, in one message per order. Best effort: never raises.

        Calls at the same moment share their round trip.
        """
        await self._announcements.ask(events)

    async def _announce_all(self, calls: Sequence[Sequence[OrderEvent]]) -> Sequence[None]:
        orders: dict[str, list[OrderEvent]] = defaultdict(list)
        for event in chain.from_iterable(calls):
            orders[event.order_id].append(event)
        if orders:
            await self._publish(orders)
        return [None] * len(calls)

    async def _publish(self, orders: Mapping[str, Sequence[OrderEvent]]) -> None:
        try:
            async with self._client.pipeline(transaction=False) as pipeline:
                for order_id, batch in orders.items():
                    text = _dump(batch)
                    pipeline.publish(channel_of(order_id), text)
                    pipeline.publish(WALL, text)
                    if batch[0].sequence == FIRST_SEQUENCE:
                        room = customer_room(batch[0].data.customer_id)
                        pipeline.publish(channel_of(room), text)
                await pipeline.execute()
        except (RedisError, OSError) as error:
            log.warning("live_feed_announcement_lost", extra={"reason": str(error)})

    def subscribe(self) -> RedisSubscription:
        """Return a subscription that orders can be added to; one per process."""
        return RedisSubscription(self._url, confirm_timeout_s=self._confirm_timeout_s)

    def subscribe_to_all(self) -> RedisSubscription:
        """Return a subscription of its own for the wall: whatever is added, it hears every order.

        Apart from the other one, so that its flood holds nobody up.
        """
        return RedisSubscription(
            self._url, confirm_timeout_s=self._confirm_timeout_s, channel=lambda _: WALL
        )

    async def ping(self) -> None:
        """Return if Redis answers.

        Raises:
            StoreUnavailable: it does not.
        """
        try:
            client: Any = self._client
            await client.ping()
        except (RedisError, OSError) as error:
            message = f"Redis: {error}"
            raise StoreUnavailable(message) from error

    async def close(self) -> None:
        """Disconnect."""
        await self._client.aclose()


def _dump(events: Sequence[OrderEvent]) -> str:
    documents = [envelope(event) for event in events]
    return json.dumps(documents, separators=(",", ":"), ensure_ascii=False)

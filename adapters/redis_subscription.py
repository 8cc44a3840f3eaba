"""A process's ears on the live feed: one Redis connection, heard by one task."""

import asyncio
import json
import logging
import random
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, Final

from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from domain.errors import StoreUnavailable
from domain.events import OrderEvent
from domain.ports.events import is_customer_room
from domain.wire import Unreadable, read_envelope

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S: Final = 2.0
PING_EVERY_S: Final = 10.0
"""A quiet connection is asked this often, so that a dead peer is noticed in twice the time."""
FIRST_PAUSE_S: Final = 0.05
LONGEST_PAUSE_S: Final = 2.0
CHANNELS_AT_ONCE: Final = 500
LARGEST_BACKLOG_BYTES: Final = 16 * 2**20
"""Redis drops a slow subscriber (8 MB for 60 s), so messages wait here, but not without bound."""


class RedisSubscription:
    """One connection, one task that reads it and only hands over. Implements `Subscription`.

    Redis forgets what it sent while nobody was listening, so after each reconnection, once all
    orders are subscribed again, `messages` yields None.
    """

    def __init__(
        self,
        url: str,
        *,
        confirm_timeout_s: float,
        channel: Callable[[str], str] | None = None,
    ) -> None:
        """Listen to this server, from `start` on; `channel` says where a name is announced."""
        self._channel_of = channel or channel_of
        self._pool = ConnectionPool.from_url(
            url,
            protocol=2,
            socket_connect_timeout=CONNECT_TIMEOUT_S,
            socket_timeout=None,
            # The library would reconnect on its own and not say so.
            retry=Retry(NoBackoff(), 0),
        )
        self._confirm_timeout_s = confirm_timeout_s
        self._wanted: dict[str, asyncio.Future[None]] = {}
        self._unanswered: dict[str, deque[asyncio.Future[None]]] = defaultdict(deque)
        self._connection: Any = None
        self._returning: set[str] | None = None
        self._backlog: _Backlog = _Backlog()
        self._listening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect in the background and keep reconnecting until stopped."""
        self._listening = asyncio.create_task(self._listen(), name="live-feed")
        self._listening.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Disconnect and end `messages`."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

    async def add(self, order_id: str) -> None:
        """Hear an order from now on; returns once Redis confirms. Idempotent.

        Raises:
            StoreUnavailable: no confirmation in time. The order stays added: it is heard when Redis
                is back, which `messages` tells by a None.
        """
        channel = self._channel_of(order_id)
        try:
            async with asyncio.timeout(self._confirm_timeout_s):
                if channel not in self._wanted:
                    self._wanted[channel] = asyncio.get_running_loop().create_future()
                    await self._subscribe([channel])
                if channel in self._wanted:
                    await asyncio.shield(self._wanted[channel])
        except TimeoutError as error:
            message = f"Redis did not confirm {channel} within {self._confirm_timeout_s:g} s"
            raise StoreUnavailable(message) from error

    async def remove(self, order_id: str) -> None:
        """Hear an order no more; a message on its way may still arrive. Idempotent."""
        channel = self._channel_of(order_id)
        confirmed = self._wanted.pop(channel, None)
        if confirmed is not None:
            _resolve(confirmed)
            self._is_back([channel])
            await self._send("UNSUBSCRIBE", channel)

    async def messages(self) -> AsyncIterator[Sequence[OrderEvent] | None]:
        """Yield announced batches; None when something may have been missed. For one reader."""
        async for message in self._backlog:
            yield None if message is None else _load(message)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """End `messages` too, so that a fault in here is not mistaken for silence."""
        if not task.cancelled() and (error := task.exception()):
            log.error("live_feed_broken", exc_info=error)
        self._backlog.close()

    async def _listen(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            pool: Any = self._pool
            connection = pool.make_connection()
            try:
                await connection.connect()
                pause = FIRST_PAUSE_S
                await self._take_up(connection)
                await self._read(connection)
            except (RedisError, OSError) as error:
                log.warning("live_feed_disconnected", extra={"reason": str(error)})
            finally:
                self._let_go()
                await connection.disconnect(nowait=True)
            await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - jitter, no secret
            pause = min(LONGEST_PAUSE_S, pause * 2)

    async def _take_up(self, connection: Any) -> None:
        """Subscribe again to whatever is wanted; who waits for a first connection gets no None."""
        self._connection = connection
        channels = list(self._wanted)
        if self._returning is not None:
            self._returning = {*channels, ""}
            self._is_back([""])
        for start in range(0, len(channels), CHANNELS_AT_ONCE):
            await self._subscribe(channels[start : start + CHANNELS_AT_ONCE])

    def _let_go(self) -> None:
        """Forget what the lost connection had confirmed or was asked."""
        self._connection = None
        self._returning = set()
        self._unanswered.clear()
        loop = asyncio.get_running_loop()
        for channel, confirmed in self._wanted.items():
            if confirmed.done():
                self._wanted[channel] = loop.create_future()

    async def _subscribe(self, channels: Sequence[str]) -> None:
        wanted = [channel for channel in channels if channel in self._wanted]
        if self._connection is None or not wanted:
            return  # the next connection takes up all that is wanted
        for channel in wanted:
            self._unanswered[channel].append(self._wanted[channel])
        await self._send("SUBSCRIBE", *wanted)

    async def _send(self, *command: str) -> None:
        """Send to a live connection; one that breaks is noticed by the reader."""
        connection = self._connection
        if connection is None or not connection.is_connected:
            return
        try:
            await connection.send_command(*command, check_health=False)
        except (RedisError, OSError) as error:
            log.warning("live_feed_command_lost", extra={"reason": str(error)})

    async def _read(self, connection: Any) -> None:
        asked = False
        while True:
            reply = await connection.read_response(timeout=PING_EVERY_S)
            if reply is not None:
                asked = False
                self._handle(reply)
            elif asked:
                message = "no answer to a ping"
                raise ConnectionError(message)
            else:
                asked = True
                await self._send("PING")

    def _handle(self, reply: Any) -> None:
        if not isinstance(reply, list):
            return  # the answer to a ping while nothing is subscribed
        kind, channel, payload = reply if len(reply) == 3 else (*reply, None)  # noqa: PLR2004
        if kind == b"message":
            self._backlog.put(payload)
        elif kind == b"subscribe":
            self._confirm(channel.decode())

    def _confirm(self, channel: str) -> None:
        # Answers come in the order of the commands: this one is for the oldest of the channel.
        if self._unanswered[channel]:
            _resolve(self._unanswered[channel].popleft())
        if not self._unanswered[channel]:
            del self._unanswered[channel]
        self._is_back([channel])

    def _is_back(self, channels: Iterable[str]) -> None:
        """Tell the reader once nothing of what a lost connection heard is missing any more."""
        if not self._returning:
            return
        self._returning.difference_update(channels)
        if not self._returning:
            self._backlog.put(None)


class _Backlog:
    """Messages on their way from the reading task; too many of them become one None."""

    def __init__(self) -> None:
        self._messages: deque[bytes | None] = deque()
        self._bytes = 0
        self._closed = False
        self._changed = asyncio.Event()

    def put(self, message: bytes | None) -> None:
        size = len(message) if message is not None else 0
        if self._bytes + size > LARGEST_BACKLOG_BYTES:
            log.warning("live_feed_overflow", extra={"dropped": len(self._messages)})
            self._messages.clear()
            self._bytes = size = 0
            message = None
        if message is not None or not self._messages or self._messages[-1] is not None:
            self._messages.append(message)
            self._bytes += size
        self._changed.set()

    def close(self) -> None:
        self._closed = True
        self._changed.set()

    async def __aiter__(self) -> AsyncIterator[bytes | None]:
        while not self._closed:
            while self._messages:
                message = self._messages.popleft()
                self._bytes -= len(message) if message is not None else 0
                yield message
            self._changed.clear()
            if not self._closed:
                await self._changed.wait()


def channel_of(order_id: str) -> str:
    """Return the channel on which an order is announced, or a customer's first news of one."""
    return order_id if is_customer_room(order_id) else f"order:{order_id}"


def _resolve(confirmed: asyncio.Future[None]) -> None:
    if not confirmed.done():
        confirmed.set_result(None)


def _load(message: bytes) -> Sequence[OrderEvent] | None:
    """Return the events of a message; an unreadable one may have been about anything."""
    try:
        return tuple(read_envelope(document) for document in json.loads(message))
    except (Unreadable, ValueError, TypeError) as error:
        log.warning("live_feed_unreadable", extra={"reason": str(error)})
        return None

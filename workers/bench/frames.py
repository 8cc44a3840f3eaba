"""A WebSocket client that notes when each event of the orders it follows arrives."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tracking.settings import SUBPROTOCOL
from workers.bench.bed import BenchFailed
from workers.bench.figures import Json


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """One event at the client: what, when it happened, and how long it was on its way."""

    order_id: str
    type: str
    milliseconds: float


@dataclass
class Watcher:
    """Follows orders over one connection. Only events pushed live count, not caught-up ones."""

    socket: ClientConnection
    arrivals: list[Arrival] = field(default_factory=list)
    caught_up: int = 0
    _live_since: dict[str, datetime] = field(default_factory=dict)

    async def follow(self, order_id: str) -> None:
        """Subscribe to an order from its first event on."""
        since = {"epoch": 1, "sequence": 0}
        frame = {"type": "subscribe", "id": order_id, "order_id": order_id, "since": since}
        await self.socket.send(json.dumps(frame))

    async def read(self) -> None:
        """Note every frame until cancelled.

        Raises:
            BenchFailed: the service refuses something.
        """
        async for text in self.socket:
            self._note(json.loads(text), datetime.now(UTC))

    def _note(self, frame: Json, now: datetime) -> None:
        match frame["type"]:
            case "live":
                self._live_since[frame["order_id"]] = now
            case "events":
                for event in frame["events"]:
                    self._arrived(frame["order_id"], event, now)
            case "error":
                message = f"the tracking service answered {frame}"
                raise BenchFailed(message)

    def _arrived(self, order_id: str, event: Json, now: datetime) -> None:
        happened = datetime.fromisoformat(event["time"])
        live_since = self._live_since.get(order_id)
        if live_since is None or happened < live_since:
            self.caught_up += 1
            return
        took = (now - happened).total_seconds() * 1000
        self.arrivals.append(Arrival(order_id=order_id, type=event["type"], milliseconds=took))


@contextlib.asynccontextmanager
async def watching(tracking_url: str, token: str) -> AsyncIterator[Watcher]:
    """Watch as the customer of this token while the block runs.

    Raises:
        BenchFailed: the connection broke, or something was refused.
    """
    url = tracking_url.replace("http", "ws", 1) + "/live"
    async with connect(url, subprotocols=[Subprotocol(SUBPROTOCOL)]) as socket:
        await socket.send(json.dumps({"type": "hello", "token": token}))
        watcher = Watcher(socket)
        reading = asyncio.create_task(watcher.read())
        try:
            yield watcher
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading

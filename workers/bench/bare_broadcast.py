"""The least that live tracking could be: what is announced goes to every open WebSocket in turn.

No tokens, no orders, no log, nothing is ever caught up: the yardstick for what all of that costs.
Run as `python -m workers.bench.bare_broadcast PORT REDIS_URL`.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from adapters.redis_feed import RedisLiveFeed
from tracking.following.batch import Batch
from tracking.settings import SUBPROTOCOL


def broadcast(redis_url: str) -> Starlette:
    """Return the application."""
    viewers: set[WebSocket] = set()

    async def live(socket: WebSocket) -> None:
        await socket.accept(subprotocol=SUBPROTOCOL)
        viewers.add(socket)
        try:
            with suppress(WebSocketDisconnect):
                while True:
                    await socket.receive_text()
        finally:
            viewers.discard(socket)

    async def listen(feed: RedisLiveFeed) -> None:
        subscription = feed.subscribe_to_all()
        await subscription.start()
        await subscription.add("*")
        async for events in subscription.messages():
            text = Batch.of(events).frame(to_ops=False) if events else ""
            for socket in list(viewers) if text else ():
                with suppress(WebSocketDisconnect, RuntimeError):
                    await socket.send_text(text)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        feed = RedisLiveFeed(redis_url)
        task = asyncio.create_task(listen(feed))
        yield
        task.cancel()
        await feed.close()

    return Starlette(routes=[WebSocketRoute("/live", live)], lifespan=lifespan)


def main() -> None:
    """Serve until killed, with the same server and options as the tracking service."""
    port, redis_url = sys.argv[1:]
    uvicorn.run(
        broadcast(redis_url),
        host="127.0.0.1",
        port=int(port),
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level="warning",
        backlog=2048,
    )


if __name__ == "__main__":
    main()

"""The process itself on real MongoDB, Redis and Temporal: live, healed, resumed, drained."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from redis.asyncio import Redis

from adapters.mongo.connection import close, connect, ensure_indexes
from adapters.mongo.event_log import MongoEventLog
from adapters.mongo.order_heads import MongoOrderHeads
from adapters.mongo.order_views import MongoOrderViews
from adapters.redis_feed import RedisLiveFeed
from adapters.tokens import TokenIssuer
from consumers.view_projection import ViewProjection
from domain.events import OrderEvent
from tests.fakes.samples import sample_events
from tests.services import TemporalServer
from tests.tracking.house import ASHA, FakeClock
from tests.tracking.serving import Client
from tests.workers.stack_settings import SECRETS
from tracking.settings import SUBPROTOCOL
from workers.stack.ports import free_port

STARTED_WITHIN_S = 20.0
STOPPED_WITHIN_S = 20.0


class LossyFeed:
    """The real feed; a test may let announcements get lost."""

    def __init__(self, feed: RedisLiveFeed) -> None:
        self._feed = feed
        self.lossy = False

    async def announce(self, events: Sequence[OrderEvent]) -> None:
        if not self.lossy:
            await self._feed.announce(events)

    def subscribe(self) -> Any:
        return self._feed.subscribe()


@dataclass
class Process:
    """A running `orders tracking`, and the projection that feeds its stores."""

    child: asyncio.subprocess.Process
    url: str
    projection: ViewProjection
    feed: LossyFeed
    redis: Any
    token: str

    def connect(self) -> websockets.connect:
        url = self.url.replace("http", "ws", 1) + "/live"
        return websockets.connect(url, subprotocols=[SUBPROTOCOL], proxy=None)  # type: ignore[list-item]

    async def commit(self, *events: OrderEvent) -> None:
        await self.projection.apply(events[0].order_id, events)


@pytest.fixture
async def process(
    mongodb_url: str, mongo_database_name: str, redis_url: str, temporal_server: TemporalServer
) -> AsyncIterator[Process]:
    port = free_port()
    variables = {
        **SECRETS,
        "PATH": os.environ["PATH"],
        "MONGODB_URL": mongodb_url,
        "MONGODB_DATABASE": mongo_database_name,
        "REDIS_URL": redis_url,
        "TEMPORAL_ADDRESS": temporal_server.address,
        "ORDERS_TRACKING_PORT": str(port),
    }
    database = connect(mongodb_url, mongo_database_name)
    await ensure_indexes(database)
    feed = LossyFeed(RedisLiveFeed(redis_url))
    root = Path(__file__).parents[2]
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "workers.cli", "tracking"), env=variables, cwd=root
    )
    redis = Redis.from_url(redis_url)
    try:
        url = f"http://127.0.0.1:{port}"
        await _ready(url)
        yield Process(
            child=child,
            url=url,
            projection=ViewProjection(
                log=MongoEventLog(database),
                views=MongoOrderViews(database),
                heads=MongoOrderHeads(database),
                live=feed,
            ),
            feed=feed,
            redis=redis,
            token=TokenIssuer(SECRETS["ORDERS_JWT_SECRET"]).issue(ASHA, now=FakeClock().now()),
        )
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
        await redis.aclose()
        await feed._feed.close()
        await database.client.drop_database(mongo_database_name)
        await close(database)


async def _ready(url: str) -> None:
    async with httpx.AsyncClient() as http, asyncio.timeout(STARTED_WITHIN_S):
        while True:
            try:
                if (await http.get(f"{url}/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)


async def test_a_viewer_misses_nothing_through_loss_reconnection_and_drain(
    process: Process,
) -> None:
    events = sample_events(12, customer_id=ASHA)
    order_id = events[0].order_id
    await process.commit(*events[:3])
    async with process.connect() as socket:
        client = Client(socket)
        await client.hello(process.token, order_id)
        first = await client.until_live()
        assert (first.mode, first.verdict["head"]) == ("snapshot", 3)

        await process.commit(events[3])
        assert await client.sequences(1) == [4]
        await process.commit(events[5])  # early: kept, not folded, not announced
        await process.commit(events[4])
        assert await client.sequences(2) == [5, 6]

        process.feed.lossy = True
        await process.commit(events[6])
        await process.redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        assert await client.sequences(1) == [7]
        process.feed.lossy = False
        await process.commit(events[7])
        assert await client.sequences(1) == [8]

    await process.commit(*events[8:11])
    async with process.connect() as socket:
        client = Client(socket)
        wish = {"order_id": order_id, "since": {"epoch": 1, "sequence": 8}}
        await client.hello(process.token, wish)
        assert (await client.until_live()).sequences == [9, 10, 11]
        process.child.send_signal(signal.SIGTERM)
        assert (await client.next("draining"))["reconnect_after_ms"] <= 5000
        assert await client.closed() == 4200
    async with asyncio.timeout(STOPPED_WITHIN_S):
        assert await process.child.wait() == 0

"""The service on real Redis, real MongoDB and real Temporal, each of which may be hurt."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from redis.asyncio import Redis
from temporalio.client import Client as Temporal
from temporalio.worker import Worker

from adapters.mongo.connection import Database, close, connect, ensure_indexes
from adapters.mongo.envelopes import MongoEnvelopes
from adapters.mongo.event_log import MongoEventLog
from adapters.mongo.link_keys import MongoLinkKeys
from adapters.mongo.open_orders import MongoOpenOrders
from adapters.mongo.order_archive import MongoOrderArchive
from adapters.mongo.order_heads import MongoOrderHeads
from adapters.mongo.order_views import MongoOrderViews
from adapters.redis_feed import RedisLiveFeed
from adapters.tokens import TokenIssuer
from consumers.view_projection import ViewProjection
from domain import ids
from domain.events import EventType, OrderEvent
from domain.order import OrderState
from domain.ports import Scope
from domain.snapshot import Cancellation
from tests.fakes.aws import FakeFiles
from tests.fakes.samples import sample_state
from tests.services import temporary_folder
from tests.tracking.house import ASHA, SECRET, FakeClock
from tests.tracking.order_log import QUEUE, OrderLogWorkflow
from tests.tracking.serving import Running, serving
from tracking.app import Tokens
from tracking.dependencies import Dependencies
from tracking.settings import TrackingSettings
from workers.stack import services
from workers.stack.ports import free_port
from workers.stack.process import ChildProcess
from workers.stack.readiness import wait_until_ready
from workflows.connection import connect as connect_temporal
from workflows.order_client import OrderClient

CHECK_S = 0.2
"""Between two position checks of these tests; what only they bring comes within a second."""


class RedisServer:
    """A Redis of one's own: it may die, and come back on the same port."""

    def __init__(self, folders: Any) -> None:
        self.port = free_port()
        self.url = services.redis_url(self.port)
        self._service = services.redis(self.port, folders)
        self._child: ChildProcess | None = None

    def start(self) -> None:
        """Start, or start again with nothing in it."""
        self._child = ChildProcess(self._service.spec)
        self._child.start()
        wait_until_ready(self._child, self._service.probe, deadline_s=10)

    def kill(self) -> None:
        """Die without a word."""
        if self._child is not None:
            self._child.kill()
            self._child.stop(grace_s=1)
            self._child = None

    async def command(self, *words: str) -> Any:
        """Say something to it."""
        async with Redis.from_url(self.url) as client:
            said: Any = client
            return await said.execute_command(*words)


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


@dataclass(frozen=True, kw_only=True)
class SkewedClock:
    """A clock that goes wrong by so much."""

    by: timedelta

    def now(self) -> datetime:
        return FakeClock().now() + self.by


class Estate:
    """Everything behind the service."""

    def __init__(self, database: Database, temporal: Temporal, redis: RedisServer) -> None:
        self.database, self.temporal, self.redis = database, temporal, redis
        self.views = MongoOrderViews(database)
        self.log = MongoEventLog(database)
        self.links = MongoLinkKeys(database, SECRET)
        self.announcing = RedisLiveFeed(redis.url)
        self.feed = LossyFeed(self.announcing)
        self.issuer = TokenIssuer(SECRET)
        self.projection = ViewProjection(
            log=self.log, views=self.views, heads=MongoOrderHeads(database), live=self.feed
        )
        self.worker = self.new_worker()

    def new_worker(self) -> Worker:
        """Return a worker that answers queries."""
        return Worker(self.temporal, task_queue=QUEUE, workflows=[OrderLogWorkflow])

    def token(self, customer: str = ASHA, **more: Any) -> str:
        return self.issuer.issue(customer, now=FakeClock().now(), **more)

    def ops(self) -> str:
        return self.token("ops_1", scope=Scope.OPS)

    @asynccontextmanager
    async def node(
        self, port: int = 0, skew: timedelta = timedelta(0), **settings: Any
    ) -> AsyncIterator[Running]:
        """Run one process' worth of the service on a real socket."""
        feed = RedisLiveFeed(self.redis.url, confirm_timeout_s=0.3)
        clock = SkewedClock(by=skew)
        given = {
            "position_check_s": CHECK_S,
            "drain_window_s": 0.3,
            "connections_per_customer": 1000,
            **settings,
        }
        deps = Dependencies(
            settings=TrackingSettings(**given),
            clock=clock,
            views=self.views,
            log=self.log,
            envelopes=MongoEnvelopes(self.database),
            queries=OrderClient(self.temporal, MongoOrderArchive(self.database)),
            subscription=feed.subscribe(),
            wall_feed=feed.subscribe_to_all,
            search=self.views,
            open_orders=MongoOpenOrders(self.database, []),
            files=FakeFiles(),
            links=self.links,
            tokens=Tokens(SECRET),
            passes=self.issuer,
            health={"redis": feed.ping},
        )
        try:
            async with serving(deps, port) as running:
                yield running
        finally:
            await feed.close()

    async def order(self, count: int = 1, **changes: Any) -> "Tale":
        """An order of so many events that everybody has heard of."""
        state = sample_state(**{"customer_id": ASHA, **changes})
        tale = Tale(self, state)
        await self.temporal.start_workflow(
            OrderLogWorkflow.run, id=ids.workflow_id(tale.order_id), task_queue=QUEUE
        )
        await tale.told(tale.events)
        await tale.store(*tale.events)
        if count > 1:
            await tale.happen(count - 1)
        return tale


class Tale:
    """One order whose events happen when a test says so: first in its workflow, then elsewhere."""

    def __init__(self, estate: Estate, state: OrderState) -> None:
        self._estate = estate
        self._state = state
        self.order_id = state.placement.order_id

    @property
    def events(self) -> list[OrderEvent]:
        return list(self._state.events)

    @property
    def head(self) -> int:
        return self.events[-1].sequence

    def since(self, sequence: Any, epoch: Any = 1) -> dict[str, Any]:
        """The wish of a reader who stands there."""
        return {"order_id": self.order_id, "since": {"epoch": epoch, "sequence": sequence}}

    async def told(self, events: Sequence[OrderEvent]) -> None:
        await self._handle().signal(OrderLogWorkflow.happened, list(events))

    async def emit(self, times: int = 1, padding: str = "") -> list[OrderEvent]:
        """Let something happen that only the workflow knows; padded, not even that."""
        fresh = []
        for _ in range(times):
            number = len(self._state.events)
            at = FakeClock().now()
            cancellation = Cancellation(reason=f"reason {number}{padding}", by="customer", at=at)
            self._state.emit(EventType.ORDER_CANCELLED, at, cancellation=cancellation)
            fresh.append(self.events[-1])
        if not padding:  # a history has no room for much
            await self.told(fresh)
        return fresh

    async def store(self, *events: OrderEvent) -> None:
        """Let the view hear of events; it folds what is contiguous and announces that."""
        await self._estate.projection.apply(self.order_id, events)

    async def happen(self, times: int = 1, padding: str = "") -> None:
        """Let events happen that everybody hears of, each by itself."""
        for event in await self.emit(times, padding):
            await self.store(event)

    async def forget(self, sequence: int) -> None:
        """Let the log lose an event that the view has folded."""
        await self._estate.database["order_events"].delete_one(
            {"order_id": self.order_id, "sequence": sequence}
        )

    async def restore(self, count: int) -> None:
        """Have another past, of so many events, under a new epoch, as after a repair."""
        self._state.epoch += 1
        again = [replace(event, epoch=self._state.epoch) for event in self.events[:count]]
        self._state.events[:] = again
        await self._handle().signal(OrderLogWorkflow.reset, again)
        await self._estate.projection.apply(self.order_id, again)

    async def close(self) -> None:
        """Let the workflow end."""
        await self._handle().signal(OrderLogWorkflow.end)
        await self._handle().result()

    def _handle(self) -> Any:
        workflow_id = ids.workflow_id(self.order_id)
        return self._estate.temporal.get_workflow_handle_for(OrderLogWorkflow.run, workflow_id)


@asynccontextmanager
async def estate_on(mongodb_url: str, temporal_address: str) -> AsyncIterator[Estate]:
    """An estate of one's own on shared servers; its Redis is its own."""
    name = f"test_{secrets.token_hex(8)}"
    async with AsyncExitStack() as stack:
        redis = RedisServer(stack.enter_context(temporary_folder("redis")))
        redis.start()
        stack.callback(redis.kill)
        database = connect(mongodb_url, name)
        stack.push_async_callback(close, database)
        await ensure_indexes(database)
        stack.push_async_callback(database.client.drop_database, name)
        estate = Estate(database, await connect_temporal(temporal_address), redis)
        stack.push_async_callback(estate.announcing.close)
        await stack.enter_async_context(estate.worker)
        yield estate


async def until(check: Any, why: str = "", within_s: float = 10.0) -> None:
    """Look until it is true."""
    deadline = asyncio.get_running_loop().time() + within_s
    while not check():
        assert asyncio.get_running_loop().time() < deadline, f"not true in time: {why}"
        await asyncio.sleep(0.02)

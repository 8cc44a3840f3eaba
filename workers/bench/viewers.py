"""A thousand viewers of the tracking service: what each costs, how soon each hears, how all return.

Orders are made up: a real order's first event, followed by copies of one scan.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from secrets import token_hex

from adapters.mongo.connection import close, connect, ensure_indexes
from adapters.mongo.event_log import MongoEventLog
from adapters.mongo.order_heads import MongoOrderHeads
from adapters.mongo.order_views import MongoOrderViews
from adapters.redis_feed import RedisLiveFeed
from adapters.settings import Settings
from consumers.view_projection import ViewProjection
from domain import ids
from domain.events import EventType, OrderEvent
from domain.ports import Subscription
from workers.bench.bed import Bed, BenchFailed
from workers.bench.crowd import EVENTS, gathered
from workers.bench.figures import Json, Outcome, Row, at_most, percentile, spread
from workers.bench.served import Served, served
from workers.stack.ports import free_port

NAME = "viewers"
DATABASE = "orders_bench_viewers"
VIEWERS = 1000
IDLE = 2000
IDLE_ORDERS = 100
NEWS = 20
EVERY_S = 0.25
BURST = 200
MISSED = 20
RETURNING_ORDERS = 100
RETURN_LIMIT_S = 2.0
LIMITS = {
    "ORDERS_TRACKING_CONNECTIONS_PER_CUSTOMER": "100000",
    "ORDERS_TRACKING_CONNECTIONS_PER_ADDRESS": "100000",
    "ORDERS_TRACKING_ADMISSIONS_PER_S": "5000",
    "ORDERS_TRACKING_POSITION_CHECK_S": "3600",
}
"""All viewers of the benchmark are one customer at one address; what is timed is the live way."""


_Heard = tuple[list[float], float]
"""How long each waited, and one figure more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """The service under measurement, and the stores behind it."""

    tracking: Served
    bare: Served
    projection: ViewProjection
    feed: RedisLiveFeed
    token: str
    story: Sequence[OrderEvent]

    async def order(self, count: int) -> "Line":
        """An order of so many events that everybody has heard of."""
        order_id = ids.order_id_for("bench", token_hex(12))
        first = replace(self.story[0], order_id=order_id)
        line = Line(events=[first], scan=self.story[-1])
        line.grow(count - 1)
        await self.projection.apply(order_id, line.events)
        return line

    def hello(self, line: "Line", sequence: int) -> bytes:
        """What a viewer says who knows so much of an order."""
        wish = {"order_id": line.order_id, "since": {"epoch": 1, "sequence": sequence}}
        frame = {"type": "hello", "token": self.token, "orders": [wish]}
        return json.dumps(frame).encode()


@dataclass
class Line:
    """A made-up order's events."""

    events: list[OrderEvent]
    scan: OrderEvent

    @property
    def order_id(self) -> str:
        """Return whose they are."""
        return self.events[0].order_id

    def grow(self, count: int) -> list[OrderEvent]:
        """Let the parcel be scanned so many times more."""
        fresh = [
            replace(self.scan, order_id=self.order_id, epoch=1, sequence=len(self.events) + n)
            for n in range(1, count + 1)
        ]
        self.events += fresh
        return fresh


async def measure(bed: Bed, environment: Mapping[str, str]) -> Outcome:
    """Measure the service and, in turn, a bare broadcast with the same clients.

    Raises:
        BenchFailed: a viewer did not hear what it should.
        StoreUnavailable: a store does not answer.
    """
    order_id = (await bed.sample())["order_id"]
    events = await bed.events(order_id)
    scan = next(each for each in events if each.type is EventType.DELIVERY_IN_TRANSIT)
    token = bed.stack.token(events[0].data.customer_id)
    async with _opened(environment, token, [events[0], scan]) as stage:
        idle, idle_bare = await _idle(stage), await _idle_bare(stage)
        line, other = await stage.order(1), await stage.order(1)
        live = await _live(stage, stage.hello(line, 1), line, stage.tracking.port)
        live_bare = await _live(stage, None, other, stage.bare.port)
        back = await _back(stage)
    return _outcome(idle, idle_bare, live, live_bare, back)


async def _idle(stage: Stage) -> Json:
    """Return what connections cost that follow an order and hear nothing."""
    lines = [await stage.order(3) for _ in range(IDLE_ORDERS)]
    hellos = [stage.hello(lines[n % IDLE_ORDERS], 3) for n in range(IDLE)]
    return await _memory(stage.tracking, hellos)


async def _idle_bare(stage: Stage) -> Json:
    return await _memory(stage.bare, [None] * IDLE)


async def _memory(server: Served, hellos: Sequence[bytes | None]) -> Json:
    async with gathered(server.port, hellos[:50]):
        pass  # what is loaded and cached at the first use is nobody's in particular
    before, began = server.resident_kib(), time.perf_counter()
    async with gathered(server.port, hellos):
        took = time.perf_counter() - began
        grown = server.resident_kib() - before
    return {
        "connections": len(hellos),
        "kib_each": round(grown / len(hellos), 1),
        "opened_per_s": round(len(hellos) / took),
    }


async def _live(stage: Stage, hello: bytes | None, line: Line, port: int) -> _Heard:
    """Return milliseconds from publishing to receipt, and deliveries a second of a burst."""
    heard: list[float] = []
    async with gathered(port, [hello] * VIEWERS) as crowd:
        for _ in range(NEWS):
            fresh = line.grow(1)
            await stage.projection.apply(line.order_id, fresh)
            crowd.expect(EVENTS)
            began = time.perf_counter()
            await stage.feed.announce(fresh)
            heard += [(at - began) * 1000 for at in await crowd.all_heard()]
            await asyncio.sleep(EVERY_S)
        fresh = line.grow(BURST)
        await stage.projection.apply(line.order_id, fresh)
        crowd.expect(b'"sequence":%d,' % fresh[-1].sequence)
        began = time.perf_counter()
        for event in fresh:
            await stage.feed.announce([event])
        await crowd.all_heard()
        return heard, BURST * VIEWERS / (time.perf_counter() - began)


async def _back(stage: Stage) -> _Heard:
    """Return seconds until each of all who come back at once is live, and what each cost, in ms.

    Raises:
        BenchFailed: somebody did not get exactly what was missed.
    """
    lines = [await stage.order(1 + MISSED) for _ in range(RETURNING_ORDERS)]
    hellos = [stage.hello(lines[n % RETURNING_ORDERS], 1) for n in range(VIEWERS)]
    began, used = time.perf_counter(), stage.tracking.cpu_s()
    async with gathered(stage.tracking.port, hellos, at_once=VIEWERS, keep=True) as crowd:
        took = [viewer.heard_at - began for viewer in crowd.viewers]
        cost = (stage.tracking.cpu_s() - used) * 1000 / VIEWERS
        for viewer in crowd.viewers:
            _require_exact([json.loads(each) for each in viewer.kept or ()])
    return took, cost


def _require_exact(frames: Sequence[Json]) -> None:
    told = [event["sequence"] for frame in frames for event in frame.get("events", ())]
    if told != list(range(2, MISSED + 2)):
        message = f"a viewer who missed {MISSED} events was told {told}"
        raise BenchFailed(message)


def _outcome(
    idle: Json,
    bare_idle: Json,
    live: _Heard,
    bare_live: _Heard,
    returned: _Heard,
) -> Outcome:
    (heard, rate), (bare_heard, bare_rate) = live, bare_live
    back, cost = returned
    p99_back = percentile(back, 0.99)
    rows = (
        Row(
            what=f"memory of each of {IDLE} connections that follow an order",
            figure=f"{idle['kib_each']} KiB",
            beside=f"bare broadcast: {bare_idle['kib_each']} KiB",
        ),
        Row(
            what="connections opened a second",
            figure=f"{idle['opened_per_s']:,}",
            beside=f"bare broadcast: {bare_idle['opened_per_s']:,}",
        ),
        Row(
            what=f"publish → receipt, {VIEWERS} viewers of one order",
            figure=f"p50 {percentile(heard, 0.5):.0f} ms, p99 {percentile(heard, 0.99):.0f} ms",
            beside=f"bare broadcast: p50 {percentile(bare_heard, 0.5):.0f} ms, "
            f"p99 {percentile(bare_heard, 0.99):.0f} ms",
        ),
        Row(
            what=f"fan-out of a burst to {VIEWERS} viewers",
            figure=f"{rate:,.0f} deliveries/s",
            beside=f"bare broadcast: {bare_rate:,.0f} deliveries/s",
        ),
        Row(
            what=f"{VIEWERS} come back at once, {MISSED} events missed each: p99 until live",
            figure=f"{p99_back:.2f} s (p50 {percentile(back, 0.5):.2f})",
            beside=f"{cost:.2f} ms of processor each; nothing lost, nothing twice",
            target=f"≤ {RETURN_LIMIT_S:g} s",
            verdict=at_most(p99_back, RETURN_LIMIT_S),
        ),
    )
    figures = {
        "idle": idle,
        "idle_bare": bare_idle,
        "publish_to_receipt_ms": spread(heard),
        "publish_to_receipt_bare_ms": spread(bare_heard),
        "deliveries_per_s": round(rate),
        "deliveries_bare_per_s": round(bare_rate),
        "come_back_s": spread(back, 3),
        "come_back_cpu_ms_each": round(cost, 2),
        "viewers": VIEWERS,
        "missed": MISSED,
    }
    return Outcome(name=NAME, rows=rows, figures=figures)


@asynccontextmanager
async def _opened(
    environment: Mapping[str, str], token: str, story: Sequence[OrderEvent]
) -> AsyncIterator[Stage]:
    """Start both servers on a database of their own, beside the shop's."""
    settings = Settings.from_env(environment)
    database = connect(settings.mongodb_url, DATABASE)
    feed = RedisLiveFeed(settings.redis_url)
    port, bare_port = free_port(), free_port()
    own = {**environment, **LIMITS, "MONGODB_DATABASE": DATABASE}
    own |= {"ORDERS_TRACKING_PORT": str(port), "ORDERS_TRACKING_URL": f"http://127.0.0.1:{port}"}
    bare = ("workers.bench.bare_broadcast", str(bare_port), settings.redis_url)
    try:
        await ensure_indexes(database)
        async with (
            served("workers.cli", "tracking", port=port, environment=own) as tracking,
            served(*bare, port=bare_port, environment=environment) as broadcast,
        ):
            yield Stage(
                tracking=tracking,
                bare=broadcast,
                projection=ViewProjection(
                    log=MongoEventLog(database),
                    views=MongoOrderViews(database),
                    heads=MongoOrderHeads(database),
                    live=_Silent(),
                ),
                feed=feed,
                token=token,
                story=story,
            )
    finally:
        await feed.close()
        await close(database)


class _Silent:
    """No announcements: the benchmark makes them itself, and times them."""

    async def announce(self, events: Sequence[OrderEvent]) -> None:
        """Say nothing."""

    def subscribe(self) -> Subscription:
        """Nobody listens through it.

        Raises:
            BenchFailed: somebody tries to.
        """
        message = "the benchmark's own projection has no ears"
        raise BenchFailed(message)

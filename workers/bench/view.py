"""Events that one process applies to the order view per second, the emulator left out."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from secrets import token_hex
from statistics import median

from prometheus_client import CollectorRegistry

from adapters.mongo.connection import Database, close, connect, ensure_indexes
from adapters.settings import Settings
from consumers import order_view
from consumers.metrics import ConsumerMetrics
from consumers.runner import BATCH, Pace
from domain import ids
from domain.events import OrderEvent
from domain.wire import dump_event
from workers.bench.bed import Bed, in_flight
from workers.bench.figures import Outcome, Row, at_least
from workers.run_consumer import connected

NAME = "view"
TARGET = 1000.0
DATABASE = "orders_bench"
"""Beside the shop's own, so that its sweeps do not look at made-up orders."""
BATCHES = 80
ROUNDS = 5
WRITES = 800
AT_ONCE = Pace().batches
"""Batches in flight, as the runner has them."""

Batch = Sequence[Sequence[OrderEvent]]
"""Ten events as the runner hands them over: one list per order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Target:
    consumer: order_view.OrderViewConsumer
    database: Database


async def measure(bed: Bed, environment: Mapping[str, str]) -> Outcome:
    """Apply copies of a real order's first ten events through the consumer's handler.

    Raises:
        BenchFailed: there is no real order to copy.
        StoreUnavailable: a store does not answer.
    """
    order_id = (await bed.sample())["order_id"]
    story = (await bed.events(order_id))[:BATCH]
    async with _opened(environment) as target:
        durable = await _durable_writes(target.database, dump_event(story[0]))
        await _round(target, one_order_each(story, AT_ONCE))
        one = [await _round(target, one_order_each(story, BATCHES)) for _ in range(ROUNDS)]
        ten = [await _round(target, ten_orders_each(story, BATCHES)) for _ in range(ROUNDS)]
    rows = (
        _row("batches of ten events of one order", one, durable),
        _row("batches of one event of ten orders", ten, durable),
    )
    figures = {
        "batches_in_flight": AT_ONCE,
        "batches_per_round": BATCHES,
        "one_order_per_batch_events_per_s_of_each_round": _rounded(one),
        "ten_orders_per_batch_events_per_s_of_each_round": _rounded(ten),
        "durable_inserts_per_s": round(durable),
        "durable_inserts_in_flight": AT_ONCE * BATCH,
    }
    return Outcome(name=NAME, rows=rows, figures=figures)


def one_order_each(story: Sequence[OrderEvent], count: int) -> list[list[Batch]]:
    """Return lanes of one batch each: the whole story of an order of its own."""
    return [[[_copies(story)]] for _ in range(count)]


def ten_orders_each(story: Sequence[OrderEvent], count: int) -> list[list[Batch]]:
    """Return lanes of as many batches as the story is long, each with the next event of ten orders.

    Batches of a lane follow one another, for they are of the same orders.
    """
    lanes: list[list[Batch]] = []
    for _ in range(count // len(story)):
        orders = [_copies(story) for _ in range(BATCH)]
        lanes.append([[[order[step]] for order in orders] for step in range(len(story))])
    return lanes


def _copies(story: Sequence[OrderEvent]) -> list[OrderEvent]:
    order_id = ids.order_id_for("bench", token_hex(12))
    return [replace(event, order_id=order_id) for event in story]


async def _round(target: _Target, lanes: Sequence[Sequence[Batch]]) -> float:
    """Apply all batches; return events per second."""
    events = sum(len(part) for lane in lanes for batch in lane for part in batch)

    async def work(lane: Sequence[Batch]) -> None:
        for batch in lane:
            await asyncio.gather(*(target.consumer.handle(part) for part in batch))

    began = time.perf_counter()
    await in_flight(AT_ONCE, [partial(work, lane) for lane in lanes])
    return events / (time.perf_counter() - began)


async def _durable_writes(database: Database, text: str) -> float:
    """Return single documents per second that MongoDB takes durably, as many in flight."""
    plain = database["bench_writes"]
    document = json.loads(text)
    work: list[Callable[[], Awaitable[object]]] = [
        partial(plain.insert_one, {**document, "_id": token_hex(12)}) for _ in range(WRITES)
    ]
    began = time.perf_counter()
    await in_flight(AT_ONCE * BATCH, work)
    return WRITES / (time.perf_counter() - began)


@asynccontextmanager
async def _opened(environment: Mapping[str, str]) -> AsyncIterator[_Target]:
    """Build the consumer as its process does, on a database of its own."""
    settings = replace(Settings.from_env(environment), mongodb_database=DATABASE)
    database = connect(settings.mongodb_url, DATABASE, driver=settings.mongodb_driver)
    try:
        await ensure_indexes(database)
        async with connected(settings, ConsumerMetrics(CollectorRegistry())) as connections:
            yield _Target(consumer=order_view.build(connections.ports), database=database)
    finally:
        await close(database)


def _rounded(rates: Sequence[float]) -> list[int]:
    return sorted(round(rate) for rate in rates)


def _row(what: str, rates: Sequence[float], durable: float) -> Row:
    rate = median(rates)
    return Row(
        what=what,
        figure=f"{rate:,.0f} events/s",
        beside=f"{durable:,.0f} plain durable inserts/s",
        target=f"≥ {TARGET:,.0f}",
        verdict=at_least(rate, TARGET),
    )

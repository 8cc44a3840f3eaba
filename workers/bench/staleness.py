"""How stale the order view is while orders come in: the age of the oldest event not applied."""

import asyncio
import contextlib
from datetime import UTC, datetime
from functools import partial
from itertools import cycle, islice

from adapters.mongo.order_heads import MongoOrderHeads
from workers.bench.bed import SKUS, Bed, in_flight, new_customer
from workers.bench.figures import Outcome, Row, at_most, percentile, spread

NAME = "staleness"
LIMIT_MS = 1000.0
ORDERS = 120
AT_ONCE = 4
LOOK_EVERY_S = 0.02


async def measure(bed: Bed) -> Outcome:
    """Place and pay orders, so many in flight, and look fifty times a second.

    A look finds 0 while nothing is outstanding; those looks count.

    Raises:
        BenchFailed: an order was not placed.
        StoreUnavailable: MongoDB does not answer.
    """
    stop, samples = asyncio.Event(), list[float]()
    looking = asyncio.create_task(_look(MongoOrderHeads(bed.database), samples, stop))
    began = datetime.now(UTC)
    try:
        skus = islice(cycle(SKUS), ORDERS)
        await in_flight(AT_ONCE, [partial(_order, bed, sku) for sku in skus])
    finally:
        stop.set()
        await looking
    seconds = (datetime.now(UTC) - began).total_seconds()
    p99 = percentile(samples, 0.99)
    row = Row(
        what=f"{ORDERS} orders placed and paid, {AT_ONCE} in flight, {ORDERS / seconds:.1f} a "
        "second, their parcels moving",
        figure=f"p50 {percentile(samples, 0.5):.0f} ms, p99 {p99:.0f} ms",
        target=f"p99 ≤ {LIMIT_MS:g} ms",
        verdict=at_most(p99, LIMIT_MS),
    )
    figures = {
        "orders": ORDERS,
        "in_flight": AT_ONCE,
        "orders_per_s": round(ORDERS / seconds, 2),
        "looks": len(samples),
        "staleness_ms": spread(samples),
    }
    return Outcome(name=NAME, rows=(row,), figures=figures)


async def _order(bed: Bed, sku: str) -> None:
    await bed.pay(await bed.place(new_customer(), sku))


async def _look(heads: MongoOrderHeads, samples: list[float], stop: asyncio.Event) -> None:
    while not stop.is_set():
        since = await heads.oldest_behind()
        age_s = (datetime.now(UTC) - since).total_seconds() if since else 0.0
        samples.append(max(0.0, age_s) * 1000)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_EVERY_S)

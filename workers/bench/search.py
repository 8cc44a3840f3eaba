"""Ops' search over a million orders, each kind of question, beside a read by id."""

import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import reduce

from adapters.mongo.connection import Database, close, connect, ensure_indexes
from adapters.mongo.order_views import NEWEST_FIRST, MongoOrderViews, search_filter
from domain.ports import OrderQuery
from domain.status import OrderStatus
from domain.view import OrderView, fold
from workers.bench.bed import Bed
from workers.bench.figures import Json, Outcome, Row, at_most, percentile, spread
from workers.bench.many_orders import Known, fill_views, known

NAME = "search"
LIMIT_MS = 50.0
ORDERS = int(os.environ.get("ORDERS_BENCH_ORDERS", "1000000"))
ASKED = 200
DATABASE = "orders_bench_search"

Kind = Callable[[Known], OrderQuery]
KINDS: Mapping[str, Kind] = {
    "newest": lambda _: OrderQuery(),
    "status": lambda order: OrderQuery(status=OrderStatus(order.status)),
    "status, a page far down": lambda order: OrderQuery(
        status=OrderStatus.COMPLETED, after=order.order_id
    ),
    "customer id": lambda order: OrderQuery(customer=order.customer_id),
    "phone": lambda order: OrderQuery(customer=order.phone),
    "email": lambda order: OrderQuery(customer=order.email),
    "one day": lambda order: OrderQuery(
        placed_from=order.placed_at, placed_until=order.placed_at + timedelta(days=1)
    ),
    "payment id": lambda order: OrderQuery(payment_id=order.payment_id),
    "AWB": lambda order: OrderQuery(awb=order.awb),
    "total": lambda order: OrderQuery(total_paise=order.total_paise),
    "attention": lambda _: OrderQuery(attention=True),
    "status on a day": lambda order: OrderQuery(
        status=OrderStatus.SHIPPED,
        placed_from=order.placed_at,
        placed_until=order.placed_at + timedelta(days=1),
    ),
}


async def measure(bed: Bed) -> Outcome:
    """Fill a collection with copies of a real order's view, and ask.

    Raises:
        BenchFailed: there is no real order to copy.
        StoreUnavailable: MongoDB does not answer.
    """
    events = await bed.events((await bed.sample())["order_id"])
    view = reduce(fold, events[1:], fold(None, events[0]))
    async with _crowd(bed, view) as (database, filled_s):
        views = MongoOrderViews(database)
        dice = random.Random(1)  # noqa: S311 - no secret
        orders = [known(dice.randrange(ORDERS), view.placed_at) for _ in range(ASKED)]
        by_id = [await _timed(views.get, order.order_id) for order in orders]
        took = {
            name: [await _timed(views.find, kind(order)) for order in orders]
            for name, kind in KINDS.items()
        }
        plans = {name: await _plan(database, kind(orders[0])) for name, kind in KINDS.items()}
    return _outcome(by_id, took, plans, filled_s)


def _outcome(
    by_id: list[float],
    took: Mapping[str, list[float]],
    plans: Mapping[str, Json],
    filled_s: float,
) -> Outcome:
    together = [each for times in took.values() for each in times]
    worst = max(took, key=lambda name: percentile(took[name], 0.99))
    worst_ms = percentile(took[worst], 0.99)
    row = Row(
        what=f"{len(took)} kinds of questions over {ORDERS:,} orders, pages of 50",
        figure=f"p99 {percentile(together, 0.99):.1f} ms, p50 {percentile(together, 0.5):.1f} ms; "
        f"worst kind: {worst}, p99 {worst_ms:.1f} ms",
        beside=f"one view by its id: p50 {percentile(by_id, 0.5):.1f} ms",
        target=f"p99 ≤ {LIMIT_MS:g} ms for each kind",
        verdict=at_most(worst_ms, LIMIT_MS),
    )
    figures = {
        "orders": ORDERS,
        "filled_in_s": round(filled_s, 1),
        "one_view_by_id_ms": spread(by_id),
        "questions_ms": {name: spread(times) for name, times in took.items()},
        "plans": plans,
    }
    return Outcome(name=NAME, rows=(row,), figures=figures)


async def _timed(ask: Callable[..., Awaitable[object]], *arguments: object) -> float:
    """Return how long one call took, in milliseconds."""
    began = time.perf_counter()
    await ask(*arguments)
    return (time.perf_counter() - began) * 1000


async def _plan(database: Database, query: OrderQuery) -> Json:
    """Return how MongoDB answers: the index, and how much it looked at."""
    command = {
        "find": "order_views",
        "filter": search_filter(query),
        "sort": dict(NEWEST_FIRST),
        "limit": query.limit,
    }
    said = await database.command("explain", command, verbosity="executionStats")
    stage, stats = said["queryPlanner"]["winningPlan"], said["executionStats"]
    names = []
    while stage:
        names.append(f"{stage['stage']} {stage.get('indexName', '')}".strip())
        stage = stage.get("inputStage")
    return {
        "stages": names,
        "keys_examined": stats["totalKeysExamined"],
        "documents_examined": stats["totalDocsExamined"],
        "returned": stats["nReturned"],
    }


@asynccontextmanager
async def _crowd(bed: Bed, view: OrderView) -> AsyncIterator[tuple[Database, float]]:
    database = connect(bed.stack.addresses["mongodb"], DATABASE)
    try:
        began = time.monotonic()
        await fill_views(database["order_views"], view, ORDERS)
        await ensure_indexes(database)
        yield database, time.monotonic() - began
    finally:
        await database.client.drop_database(DATABASE)
        await close(database)

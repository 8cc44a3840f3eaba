"""The order views folded anew from a log of a million events."""

import os
import time
from functools import partial

from adapters.mongo.connection import close, connect, ensure_indexes
from adapters.mongo.event_log import MongoEventLog
from adapters.mongo.order_views import MongoOrderViews
from adapters.mongo.view_builds import MongoViewBuilds, MongoWholeLog
from adapters.system_clock import SystemClock
from consumers.view_rebuild import Rebuilt, ViewRebuild
from workers.bench.bed import Bed
from workers.bench.figures import Outcome, Row
from workers.bench.many_orders import fill_log

NAME = "rebuild"
EVENTS = int(os.environ.get("ORDERS_BENCH_EVENTS", "1000000"))
STORY = 10
DATABASE = "orders_bench_rebuild"


async def measure(bed: Bed) -> Outcome:
    """Rebuild twice: once from nothing, and once beside views that are there and compared.

    The log holds copies of a real order's first ten events, under made-up order ids. The pauses in
    which writers hear of a build are left out.

    Raises:
        BenchFailed: there is no real order to copy.
        StoreUnavailable: MongoDB does not answer.
    """
    story = (await bed.events((await bed.sample())["order_id"]))[:STORY]
    database = connect(bed.stack.addresses["mongodb"], DATABASE)
    try:
        await ensure_indexes(database)
        await fill_log(database, story, EVENTS // STORY)
        rebuild = ViewRebuild(
            log=MongoEventLog(database),
            whole_log=MongoWholeLog(database),
            live=MongoOrderViews(database),
            builds=MongoViewBuilds(database),
            clock=SystemClock(),
            until_heard=_at_once,
        )
        first_s, first = await _timed(rebuild)
        second_s, second = await _timed(rebuild)
    finally:
        await database.client.drop_database(DATABASE)
        await close(database)
    row = partial(_row, first.events)
    return Outcome(
        name=NAME,
        rows=(row("the first build", first_s), row("beside live views, compared", second_s)),
        figures={
            "events": first.events,
            "orders": first.orders,
            "first_s": round(first_s, 1),
            "beside_live_s": round(second_s, 1),
            "differing": len(second.differing),
        },
    )


async def _at_once() -> None:
    """Nobody writes here."""


async def _timed(rebuild: ViewRebuild) -> tuple[float, Rebuilt]:
    began = time.monotonic()
    rebuilt = await rebuild.run(lambda _: None)
    return time.monotonic() - began, rebuilt


def _row(events: int, what: str, seconds: float) -> Row:
    return Row(
        what=f"{events:,} events: {what}",
        figure=f"{seconds:,.0f} s, {events / seconds:,.0f} events/s",
    )

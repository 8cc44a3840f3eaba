"""Views built anew beside the live ones, on MongoDB, while writers write and readers read."""

import asyncio
import itertools
import math
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.mongo.connection import Database, close, connect, ensure_indexes
from adapters.mongo.event_log import MongoEventLog
from adapters.mongo.order_heads import MongoOrderHeads
from adapters.mongo.order_views import MongoOrderViews
from adapters.mongo.view_builds import BEFORE, NEXT, MongoViewBuilds, MongoWholeLog
from consumers.view_projection import ViewProjection
from consumers.view_rebuild import Rebuilt, ViewRebuild
from domain.errors import ImpossibleStep
from domain.events import OrderEvent
from domain.ports import NextViews, Position
from tests.consumers.doubles import MemoryLive, TestClock
from tests.consumers.orders import log_of, new_order_id
from tests.consumers.test_order_view import folded


async def at_once() -> None:
    """Everybody has heard already: the writers of these tests ask each time."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """A database under construction."""

    db: Database
    views: MongoOrderViews

    def builds(self) -> MongoViewBuilds:
        ticks = itertools.count(0, 10)
        return MongoViewBuilds(self.db, monotonic=lambda: next(ticks))

    def writer(self, builds: NextViews | None = None) -> ViewProjection:
        return ViewProjection(
            log=MongoEventLog(self.db),
            views=MongoOrderViews(self.db),
            heads=MongoOrderHeads(self.db),
            live=MemoryLive(),
            builds=builds or self.builds(),
        )

    async def rebuild(
        self, *, switch: bool = True, until_heard: Callable[[], Awaitable[None]] = at_once
    ) -> Rebuilt:
        rebuild = ViewRebuild(
            log=MongoEventLog(self.db),
            whole_log=MongoWholeLog(self.db),
            live=self.views,
            builds=self.builds(),
            clock=TestClock(datetime.now(UTC)),
            until_heard=until_heard,
        )
        return await rebuild.run(lambda _: None, switch=switch)

    async def told(self, count: int) -> list[list[OrderEvent]]:
        logs = [log_of(new_order_id()) for _ in range(count)]
        writer = self.writer()
        await asyncio.gather(*(writer.apply(log[0].order_id, log) for log in logs))
        return logs


@pytest.fixture
async def site(mongodb_url: str, mongo_database_name: str) -> AsyncIterator[Site]:
    db = connect(mongodb_url, mongo_database_name)
    await ensure_indexes(db)
    try:
        yield Site(db=db, views=MongoOrderViews(db))
    finally:
        await db.client.drop_database(mongo_database_name)
        await close(db)


async def test_every_view_is_built_again_and_the_old_ones_are_kept(site: Site) -> None:
    logs = await site.told(30)
    rebuilt = await site.rebuild()
    assert (rebuilt.orders, rebuilt.events) == (30, sum(map(len, logs)))
    assert rebuilt.differing == ()
    for log in logs:
        assert await site.views.get(log[0].order_id) == folded(log)
        assert await MongoOrderViews(site.db, BEFORE).get(log[0].order_id) == folded(log)
    assert NEXT not in await site.db.list_collection_names()
    indexes = await site.db["order_views"].index_information()
    assert len(indexes) > 5


async def test_views_that_contradict_their_log_are_named_and_put_right(site: Site) -> None:
    logs = await site.told(3)
    wrong = logs[1][0].order_id
    view = folded(logs[1])
    await site.db["order_views"].delete_one({"_id": wrong})
    await site.views.save(replace(view, total_paise=view.total_paise + 1), None)
    assert (await site.rebuild()).differing == (wrong,)
    assert await site.views.get(wrong) == view
    assert (await site.rebuild()).differing == ()


async def test_comparing_leaves_the_live_views_alone(site: Site) -> None:
    logs = await site.told(2)
    await site.db["order_views"].delete_one({"_id": logs[0][0].order_id})
    rebuilt = await site.rebuild(switch=False)
    assert rebuilt.orders == 2
    assert await site.views.get(logs[0][0].order_id) is None
    assert NEXT not in await site.db.list_collection_names()


async def test_an_order_whose_log_has_a_hole_or_no_beginning_stands_where_its_log_stands(
    site: Site,
) -> None:
    holed, headless = log_of(new_order_id()), log_of(new_order_id())
    log = MongoEventLog(site.db)
    await log.append([*holed[:3], *holed[4:]])
    await log.append(headless[1:])
    rebuilt = await site.rebuild()
    assert rebuilt.orders == 2
    assert await site.views.get(holed[0].order_id) == folded(holed[:3])
    assert await site.views.get(headless[0].order_id) is None


async def test_one_build_at_a_time_and_a_dead_one_can_be_ended(site: Site) -> None:
    await site.told(1)
    builds = site.builds()
    await builds.begin()
    with pytest.raises(ImpossibleStep, match="a build is under way since"):
        await site.rebuild()
    await builds.end()
    assert (await site.rebuild()).orders == 1


async def test_a_build_that_fails_leaves_everything_as_it_was(site: Site) -> None:
    logs = await site.told(2)
    await site.db["order_events"].update_one({"_id": logs[0][0].id}, {"$set": {"envelope": {}}})
    with pytest.raises(ValueError, match="not an order event"):
        await site.rebuild()
    assert await site.views.get(logs[0][0].order_id) == folded(logs[0])
    assert await site.builds().under_construction() is None


async def test_a_writer_that_slept_through_the_build_is_made_up_for(site: Site) -> None:
    log = log_of(new_order_id())
    deaf = MongoViewBuilds(site.db, monotonic=lambda: 0.0)
    assert await deaf.under_construction() is None
    writer = site.writer(deaf)
    await writer.apply(log[0].order_id, log[:2])
    moved_at = datetime.now(UTC) + timedelta(seconds=1)
    heads = MongoOrderHeads(site.db)

    class Late(MongoViewBuilds):
        async def keep_live(self) -> None:
            await heads.advance(log[0].order_id, Position.of(log[2]), moved_at)
            await writer.apply(log[0].order_id, log[2:3])
            await super().keep_live()

    rebuild = ViewRebuild(
        log=MongoEventLog(site.db),
        whole_log=MongoWholeLog(site.db),
        live=site.views,
        builds=Late(site.db),
        clock=TestClock(datetime.now(UTC)),
        until_heard=at_once,
    )
    await rebuild.run(lambda _: None)
    assert await site.views.get(log[0].order_id) == folded(log[:3])


@dataclass(kw_only=True)
class Reader:
    """Looks at all orders until told to stop, and notes each that went back or away."""

    site: Site
    ids: Sequence[str]
    stop: asyncio.Event
    seen: dict[str, Position] = field(default_factory=dict)
    steps_back: list[str] = field(default_factory=list)

    async def watch(self) -> None:
        while not self.stop.is_set():
            views = await self.site.views.get_many(self.ids)
            shown = {order_id: Position.of(view) for order_id, view in views.items()}
            self.steps_back += [
                order_id
                for order_id, place in self.seen.items()
                if order_id not in shown or shown[order_id] < place
            ]
            self.seen = shown


class Writers:
    """Writers that tell their logs in pieces, and can be waited for until they have heard news."""

    def __init__(self, site: Site, logs: Sequence[list[OrderEvent]]) -> None:
        self.site = site
        self.logs = logs
        self.rounds = [0.0, 0.0]
        self.turned = asyncio.Condition()
        self.done = asyncio.Event()

    async def write_all(self) -> None:
        await asyncio.gather(*(self._write(number) for number in range(len(self.rounds))))
        self.done.set()

    async def until_heard(self) -> None:
        """Return once no writer goes on with what it knew before; in production that is a pause."""
        before = list(self.rounds)
        async with self.turned:
            await self.turned.wait_for(
                lambda: (
                    self.done.is_set()
                    or all(now >= then + 1 for now, then in zip(self.rounds, before, strict=True))
                )
            )

    async def _write(self, number: int) -> None:
        dice, writer = random.Random(number), self.site.writer()
        parts = [[log[place : place + 2] for place in range(0, len(log), 2)] for log in self.logs]
        while parts:
            news = [part.pop(0) for part in dice.sample(parts, min(5, len(parts)))]
            await asyncio.gather(*(writer.apply(each[0].order_id, each) for each in news))
            parts = [part for part in parts if part]
            await self._turn(number, 1)
        await self._turn(number, math.inf)

    async def _turn(self, number: int, rounds: float) -> None:
        async with self.turned:
            self.rounds[number] += rounds
            self.turned.notify_all()


async def test_no_reader_sees_a_step_back_while_two_writers_and_rebuilds_are_at_work(
    site: Site,
) -> None:
    logs = [log_of(new_order_id()) for _ in range(40)]
    writers = Writers(site, logs)
    reader = Reader(site=site, ids=[log[0].order_id for log in logs], stop=writers.done)

    async def build() -> int:
        count = 0
        while not writers.done.is_set():
            await site.rebuild(until_heard=writers.until_heard)
            count += 1
        return count

    _, _, builds = await asyncio.gather(writers.write_all(), reader.watch(), build())
    assert builds >= 1
    assert reader.steps_back == []
    for log in logs:
        assert await site.views.get(log[0].order_id) == folded(log)

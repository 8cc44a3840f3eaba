"""A log that is told anew replaces the view, in memory and in MongoDB."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from adapters.mongo.connection import close, connect, ensure_indexes
from adapters.mongo.event_log import MongoEventLog
from adapters.mongo.order_heads import MongoOrderHeads
from adapters.mongo.order_views import MongoOrderViews
from consumers.needs import ConsumerPorts
from consumers.order_view import build
from consumers.view_projection import ViewProjection
from consumers.view_repair import ViewRepair
from consumers.view_sweep import SweepResult, ViewSweep
from domain.ports import Position
from tests.consumers.doubles import World
from tests.consumers.orders import log_of, new_order_id
from tests.consumers.test_order_view import folded


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The consumer's ports over one kind of stores, and the world around them."""

    world: World
    ports: ConsumerPorts

    def sweep(self) -> ViewSweep:
        ports = self.ports
        projection = ViewProjection(
            log=ports.log, views=ports.views, heads=ports.heads, live=ports.live
        )
        repair = ViewRepair(
            projection=projection, events_since=ports.events_since, metrics=ports.metrics
        )
        return ViewSweep(
            heads=ports.heads,
            repair=repair,
            clock=ports.clock,
            timing=ports.view_timing,
            metrics=ports.metrics,
        )


@pytest.fixture(params=["memory", "mongo"])
async def stage(request: pytest.FixtureRequest, mongo_database_name: str) -> AsyncIterator[Stage]:
    world = World()
    if request.param == "memory":
        yield Stage(world=world, ports=world.ports())
        return
    db = connect(request.getfixturevalue("mongodb_url"), mongo_database_name)
    await ensure_indexes(db)
    log, views, heads = MongoEventLog(db), MongoOrderViews(db), MongoOrderHeads(db)
    try:
        yield Stage(world=world, ports=replace(world.ports(), log=log, views=views, heads=heads))
    finally:
        await db.client.drop_database(mongo_database_name)
        await close(db)


@pytest.mark.parametrize("length", [3, 6, 9])
async def test_a_log_told_anew_replaces_the_view_however_long_the_old_one_was(
    stage: Stage, length: int
) -> None:
    order, consumer = new_order_id(), build(stage.ports)
    old, anew = log_of(order, 6), log_of(order, length, epoch=2)
    await consumer.handle(old[:5])
    for event in random.sample(anew, length):
        await consumer.handle([event])
    await consumer.handle(old[5:])
    assert await stage.ports.views.get(order) == folded(anew)
    assert list(await stage.ports.log.read(order, 1, 0)) == old
    assert [e.id for e in stage.world.live.announced] == [e.id for e in (*old[:5], *anew)]


async def test_a_new_epoch_of_which_nothing_arrived_is_pulled_by_the_sweep(stage: Stage) -> None:
    order, world = new_order_id(), stage.world
    await build(stage.ports).handle(log_of(order, 6))
    anew = world.workflows.logs[order] = log_of(order, 4, epoch=2)
    head, now = Position(epoch=2, sequence=4), world.clock.now()
    await stage.ports.heads.advance(order, head, now)
    world.clock.advance(6)
    assert await stage.sweep().once() == SweepResult(behind=1, healed=1)
    assert await stage.ports.views.get(order) == folded(anew)
    assert list(await stage.ports.heads.behind(now + timedelta(days=1), 10)) == []

import asyncio

import pytest

from consumers.needs import ViewTiming
from consumers.order_view import build
from consumers.view_projection import ViewProjection
from consumers.view_repair import HoleWatch, ViewRepair
from consumers.view_sweep import SweepResult, ViewSweep
from domain.errors import OrderUnavailable, StoreUnavailable
from domain.ports import Position
from tests.consumers.doubles import World, eventually
from tests.consumers.orders import log_of, new_order_id
from tests.consumers.test_order_view import folded


class Repairs:
    def __init__(self, world: World, hole_wait_s: float = 0) -> None:
        self.now = 0.0
        self.projection = ViewProjection(
            log=world.log, views=world.views, heads=world.heads, live=world.live
        )
        self.repair = ViewRepair(
            projection=self.projection,
            events_since=world.workflows.events_since,
            metrics=world.metrics,
        )
        self.holes = HoleWatch(
            repair=self.repair,
            projection=self.projection,
            wait_s=hole_wait_s,
            monotonic=lambda: self.now,
        )
        self.sweep = ViewSweep(
            heads=world.heads,
            repair=self.repair,
            clock=world.clock,
            timing=ViewTiming(),
            metrics=world.metrics,
        )


@pytest.fixture
def world() -> World:
    return World()


async def publish(world: World, order: str, length: int, epoch: int = 1) -> None:
    """The workflow has all events and its head is recorded; what arrives is up to the test."""
    world.workflows.logs[order] = log_of(order, length, epoch)
    position = Position(epoch=epoch, sequence=length)
    await world.heads.advance(order, position, world.clock.now())
    world.clock.advance(6)


async def test_a_tail_that_is_lost_for_ever_is_healed_by_the_sweep(world: World) -> None:
    order = new_order_id()
    log = log_of(order, 7)
    await build(world.ports()).handle(log[:4])
    await publish(world, order, 7)
    assert await Repairs(world).sweep.once() == SweepResult(behind=1, healed=1)
    assert world.views.stored[order] == folded(log)
    assert world.live.sequences(order) == [1, 2, 3, 4, 5, 6, 7]
    assert world.workflows.asked == [(order, 4)]
    assert await Repairs(world).sweep.once() == SweepResult(behind=0, healed=0)


async def test_an_order_of_which_nothing_arrived_is_healed_too(world: World) -> None:
    order = new_order_id()
    await publish(world, order, 3)
    await Repairs(world).sweep.once()
    assert world.views.stored[order] == folded(log_of(order, 3))


async def test_a_head_that_was_recorded_just_now_is_left_alone(world: World) -> None:
    order = new_order_id()
    await publish(world, order, 3)
    world.clock.advance(-2)
    assert await Repairs(world).sweep.once() == SweepResult(behind=0, healed=0)
    assert world.workflows.asked == []


async def test_a_view_that_is_complete_but_not_marked_so_is_only_marked(world: World) -> None:
    order = new_order_id()
    await build(world.ports()).handle(log_of(order, 3))
    world.heads.views.clear()
    await publish(world, order, 3)
    await Repairs(world).sweep.once()
    assert world.live.sequences(order) == [1, 2, 3]
    assert (await Repairs(world).sweep.once()).behind == 0


async def test_a_workflow_that_does_not_answer_is_asked_again_at_the_next_sweep(
    world: World,
) -> None:
    order, other = new_order_id(), new_order_id()
    await publish(world, order, 3)
    world.workflows.error = OrderUnavailable("away")
    repairs = Repairs(world)
    assert await repairs.sweep.once() == SweepResult(behind=1, healed=0)
    world.workflows.error = None
    await publish(world, other, 2)
    assert await repairs.sweep.once() == SweepResult(behind=2, healed=2)


async def test_an_order_that_temporal_has_forgotten_does_not_stop_the_sweep(world: World) -> None:
    forgotten, order = new_order_id(), new_order_id()
    await publish(world, forgotten, 3)
    del world.workflows.logs[forgotten]
    await publish(world, order, 3)
    assert await Repairs(world).sweep.once() == SweepResult(behind=2, healed=1)


async def test_a_lost_new_epoch_is_found_by_the_sweep(world: World) -> None:
    order = new_order_id()
    await build(world.ports()).handle(log_of(order, 6))
    await publish(world, order, 4, epoch=2)
    await Repairs(world).sweep.once()
    assert world.views.stored[order] == folded(log_of(order, 4, epoch=2))


async def test_a_hole_is_filled_from_the_workflow_after_a_short_wait(world: World) -> None:
    order = new_order_id()
    log = log_of(order, 5)
    repairs = Repairs(world, hole_wait_s=2)
    world.workflows.logs[order] = log
    await repairs.projection.apply(order, [log[0]])
    progress = await repairs.projection.apply(order, [log[4]])
    assert progress.missing
    repairs.holes.note(order, 1)
    await repairs.holes.look_after_due()
    assert world.workflows.asked == []
    repairs.now = 2
    await repairs.holes.look_after_due()
    assert world.views.stored[order] == folded(log)
    assert world.live.sequences(order) == [1, 2, 3, 4, 5]


async def test_a_new_epoch_whose_beginning_was_lost_is_filled_like_any_hole(world: World) -> None:
    order = new_order_id()
    anew = log_of(order, 5, epoch=2)
    repairs = Repairs(world)
    world.workflows.logs[order] = anew
    await repairs.projection.apply(order, log_of(order, 6))
    progress = await repairs.projection.apply(order, [anew[4]])
    assert progress.missing
    repairs.holes.note(order, 2)
    await repairs.holes.look_after_due()
    assert world.views.stored[order] == folded(anew)
    assert world.heads.views[order] == Position(epoch=2, sequence=5)


async def test_a_hole_that_filled_itself_asks_nobody(world: World) -> None:
    order = new_order_id()
    log = log_of(order, 3)
    repairs = Repairs(world)
    await repairs.projection.apply(order, [log[0], log[2]])
    repairs.holes.note(order, 1)
    await repairs.projection.apply(order, [log[1]])
    await repairs.holes.look_after_due()
    assert world.workflows.asked == []
    assert world.views.stored[order] == folded(log)


async def test_the_store_being_away_leaves_a_hole_to_the_sweep(world: World) -> None:
    order = new_order_id()
    repairs = Repairs(world)
    await repairs.projection.apply(order, [log_of(order, 3)[2]])
    repairs.holes.note(order, 1)
    world.views.error = StoreUnavailable("away")
    await repairs.holes.look_after_due()
    world.views.error = None
    await publish(world, order, 3)
    assert (await repairs.sweep.once()).healed == 1


async def test_the_consumer_repairs_holes_and_tails_by_itself() -> None:
    world = World(timing=ViewTiming(hole_wait_s=0, sweep_every_s=0.01))
    hole, tail = new_order_id(), new_order_id()
    await publish(world, tail, 4)
    world.workflows.logs[hole] = log_of(hole, 3)
    consumer = build(world.ports())
    await consumer.handle([log_of(hole, 3)[2]])
    stop = asyncio.Event()
    loops = [asyncio.create_task(loop(stop)) for loop in consumer.companions()]
    await eventually(lambda: {hole, tail} <= set(world.views.stored))
    stop.set()
    await asyncio.wait_for(asyncio.gather(*loops), 2)
    assert world.views.stored[hole].sequence == 3
    assert world.views.stored[tail].sequence == 4


async def test_a_sweep_that_cannot_read_the_heads_goes_on_at_its_next_turn() -> None:
    world = World(timing=ViewTiming(sweep_every_s=0.01))
    order = new_order_id()
    await publish(world, order, 2)
    world.heads.error = StoreUnavailable("away")
    sweep = ViewSweep(
        heads=world.heads,
        repair=Repairs(world).repair,
        clock=world.clock,
        timing=world.timing,
        metrics=world.metrics,
    )
    stop = asyncio.Event()
    running = asyncio.create_task(sweep.run(stop))
    await asyncio.sleep(0.03)
    assert world.views.stored == {}
    world.heads.error = None
    await eventually(lambda: order in world.views.stored)
    stop.set()
    await asyncio.wait_for(running, 2)

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.order_view import OrderViewConsumer, build
from domain.errors import ImpossibleStep, StoreUnavailable
from domain.events import OrderEvent
from domain.ports import Position
from domain.status import OrderStatus
from domain.view import OrderView, fold
from tests.consumers.doubles import World
from tests.consumers.orders import log_of, new_order_id


def folded(log: Sequence[OrderEvent]) -> OrderView:
    return reduce(fold, log[1:], fold(None, log[0]))


async def deliver(consumer: OrderViewConsumer, *events: OrderEvent) -> None:
    for event in events:
        await consumer.handle([event])


async def test_events_become_the_log_the_view_and_the_announcement() -> None:
    world, order = World(), new_order_id()
    log = log_of(order, 7)
    await build(world.ports()).handle(log)
    assert await world.log.read(order, 1, 0) == log
    assert world.views.stored[order] == folded(log)
    assert world.views.stored[order].status is OrderStatus.SHIPPED
    assert world.live.announced == log
    assert world.heads.views[order] == Position(epoch=1, sequence=7)


async def test_a_repeated_event_changes_nothing_and_is_not_announced_again() -> None:
    world, order = World(), new_order_id()
    log = log_of(order, 3)
    consumer = build(world.ports())
    await deliver(consumer, *log, *log, log[1])
    assert world.live.sequences(order) == [1, 2, 3]
    assert world.views.stored[order] == folded(log)
    assert len(world.views.saved) == 3


async def test_a_too_early_event_waits_in_the_log_until_its_hole_is_filled() -> None:
    world, order = World(), new_order_id()
    log = log_of(order, 5)
    consumer = build(world.ports())
    await deliver(consumer, log[0], log[3], log[4], log[2])
    assert world.views.stored[order].sequence == 1
    assert world.live.sequences(order) == [1]
    await deliver(consumer, log[1])
    assert world.views.stored[order] == folded(log)
    assert world.live.sequences(order) == [1, 2, 3, 4, 5]


async def test_nothing_is_seen_before_the_first_event() -> None:
    world, order = World(), new_order_id()
    log = log_of(order, 3)
    consumer = build(world.ports())
    await deliver(consumer, log[2], log[1])
    assert world.views.stored == {}
    await deliver(consumer, log[0])
    assert world.views.stored[order] == folded(log)


async def test_two_processes_at_once_lose_nothing_and_announce_each_event_once() -> None:
    world, order = World(), new_order_id()
    log = log_of(order, 30)
    processes = [build(world.ports()) for _ in range(3)]
    await asyncio.gather(*(p.handle([event]) for event in log for p in processes))
    assert world.views.stored[order] == folded(log)
    assert sorted(world.live.sequences(order)) == list(range(1, 31))


async def test_a_crash_between_view_and_bookkeeping_is_made_good_by_the_redelivery() -> None:
    world, order = World(), new_order_id()
    log = log_of(order, 2)
    consumer = build(world.ports())
    await consumer.handle(log)
    world.heads.views.clear()
    await consumer.handle(log)
    assert world.heads.views[order] == Position(epoch=1, sequence=2)


async def test_a_crash_after_the_log_and_before_the_view_is_made_good_by_the_redelivery() -> None:
    world, order = World(), new_order_id()
    log = log_of(order, 3)
    await world.log.append(log)
    await build(world.ports()).handle([log[1]])
    assert world.views.stored[order] == folded(log)
    assert world.live.announced == log


async def test_nothing_is_shown_or_announced_that_the_log_did_not_take() -> None:
    world, order = World(), new_order_id()
    world.log.error = StoreUnavailable("away")
    with pytest.raises(StoreUnavailable):
        await build(world.ports()).handle(log_of(order, 2))
    assert world.views.stored == {}
    assert world.live.announced == []


async def test_the_same_event_with_other_content_is_refused_and_the_first_one_stays() -> None:
    world, order = World(), new_order_id()
    log = log_of(order, 2)
    consumer = build(world.ports())
    await consumer.handle(log)
    forged = replace(log[1], data=replace(log[1].data, customer_id="cus_2"))
    with pytest.raises(ImpossibleStep):
        await consumer.handle([forged])
    assert world.views.stored[order] == folded(log)


async def test_the_same_fact_at_another_moment_is_a_repeat_and_the_first_one_stays() -> None:
    world, order = World(), new_order_id()
    log = log_of(order, 3)
    consumer = build(world.ports())
    await consumer.handle(log[:2])
    await consumer.handle([replace(log[1], time=log[1].time + timedelta(days=1)), log[2]])
    assert world.views.stored[order] == folded(log)
    assert await world.log.read(order, 1, 0) == log


async def test_a_deaf_live_feed_does_not_hold_up_the_view() -> None:
    world, order = World(), new_order_id()
    world.live.error = StoreUnavailable("Redis is away")
    log = log_of(order, 3)
    await build(world.ports()).handle(log)
    assert world.views.stored[order] == folded(log)


async def test_a_new_epoch_replaces_the_view_once_its_beginning_is_there() -> None:
    world, order = World(), new_order_id()
    consumer = build(world.ports())
    await consumer.handle(log_of(order, 6))
    anew = log_of(order, 3, epoch=2)
    await deliver(consumer, anew[1])
    assert (world.views.stored[order].epoch, world.views.stored[order].sequence) == (1, 6)
    await deliver(consumer, anew[0], anew[2])
    assert world.views.stored[order] == folded(anew)
    await deliver(consumer, log_of(order, 7)[6])
    assert world.views.stored[order] == folded(anew)
    assert world.heads.views[order] == Position(epoch=2, sequence=3)


async def test_a_view_that_others_keep_moving_is_given_up_for_now() -> None:
    world, order = World(), new_order_id()
    consumer = build(world.ports())
    await consumer.handle(log_of(order, 1))

    def somebody_is_first() -> None:
        view = world.views.stored[order]
        world.views.stored[order] = fold(view, log_of(order, 99)[view.sequence])

    world.views.before_save = somebody_is_first
    with pytest.raises(StoreUnavailable, match="moved on by others"):
        await consumer.handle(log_of(order, 99)[1:])


async def test_a_long_log_is_folded_to_its_end() -> None:
    world, order = World(), new_order_id()
    log = log_of(order, 2100)
    await world.log.append(log[1:])
    await build(world.ports()).handle(log[:1])
    assert world.views.stored[order] == folded(log)
    assert world.live.sequences(order) == list(range(1, 2101))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), length=st.integers(1, 12), seed=st.integers(0, 2**32))
def test_any_permutation_and_duplication_of_a_log_gives_the_same_view(
    data: st.DataObject, length: int, seed: int
) -> None:
    order = new_order_id()
    log = log_of(order, length)
    copies = data.draw(st.lists(st.integers(1, 3), min_size=length, max_size=length))
    delivered = [event for event, n in zip(log, copies, strict=True) for _ in range(n)]
    dice = random.Random(seed)
    dice.shuffle(delivered)

    async def run() -> World:
        world = World()
        consumer = build(world.ports())
        remaining = list(delivered)
        while remaining:
            size = dice.randint(1, 5)
            batch, remaining = remaining[:size], remaining[size:]
            once = {event.id: event for event in batch}
            if dice.random() < 0.5:
                await asyncio.gather(*(consumer.handle([event]) for event in once.values()))
            else:
                await consumer.handle(sorted(once.values(), key=lambda event: event.sequence))
        return world

    world = asyncio.run(run())
    assert world.views.stored[order] == folded(log)
    assert world.live.sequences(order) == [event.sequence for event in log]

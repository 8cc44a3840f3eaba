"""What comes too early is kept, not bounced: the queue gets rid of it, the order does not."""

import asyncio
from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry

from consumers.assembly import Assembly, assemble
from consumers.contract import Loop, NotYet
from consumers.metrics import ConsumerMetrics
from consumers.registry import ConsumerModule
from consumers.runner import Pace
from domain.errors import StoreUnavailable
from domain.events import OrderEvent
from tests.consumers.contracts import contract_like
from tests.consumers.doubles import MemoryQueue, Recording, World, eventually
from tests.consumers.orders import log_of, new_order_id

CONTRACT = contract_like(name="points", max_receive=3)
PACE = Pace(wait_s=0, first_hide_s=0, first_pause_s=0.001, longest_pause_s=0.005)


class Successive(Recording):
    """Handles an event only after the one before it."""

    def __init__(self) -> None:
        super().__init__()
        self.failing = self._missing
        self.broken: Exception | None = None

    def _missing(self, events: Sequence[OrderEvent]) -> Exception | None:
        if self.broken is not None:
            return self.broken
        seen = len(self.sequences(events[0].order_id))
        early = events[0].sequence > seen + 1
        return NotYet(f"{seen + 1} is missing") if early else None


class Rig:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.world = World(metrics=ConsumerMetrics(self.registry))
        self.queue = MemoryQueue(max_receive=CONTRACT.max_receive)
        self.consumer = Successive()

    def process(self) -> Assembly:
        module = ConsumerModule(contract=CONTRACT, build=lambda _: self.consumer)
        return assemble(module, self.queue, self.world.ports(), PACE)

    async def run(self, assembly: Assembly, *loops: Loop) -> None:
        stop = asyncio.Event()
        running = [asyncio.create_task(loop(stop)) for loop in (assembly.runner.run, *loops)]
        await eventually(lambda: self.queue.empty)
        stop.set()
        await asyncio.gather(*running)

    def gauge(self, name: str) -> float | None:
        return self.registry.get_sample_value(name, {"consumer": "points"})


async def test_a_log_that_comes_backwards_is_handled_forwards_and_nothing_dies() -> None:
    rig = Rig()
    log = log_of(new_order_id(), 9)
    process = rig.process()
    for event in reversed(log):
        rig.queue.put_events(event)
        await rig.run(process)
    assert rig.consumer.sequences(log[0].order_id) == list(range(1, 10))
    assert rig.queue.dead == []
    assert rig.world.parked.parked == {}


async def test_an_early_event_is_received_once_however_long_it_waits() -> None:
    rig = Rig()
    early = log_of(new_order_id(), 3)[2]
    rig.queue.put_events(early)
    await rig.run(rig.process())
    assert [held.receives for held in rig.queue.held.values()] == []
    assert rig.queue.deleted == ["m1"]
    assert rig.consumer.batches == []
    assert await rig.world.parked.of_order("points", early.order_id) == [early]


async def test_another_process_hands_it_over_when_it_is_due() -> None:
    rig = Rig()
    first, second = log_of(new_order_id(), 2)
    rig.queue.put_events(second)
    await rig.run(rig.process())
    rig.queue.put_events(first)
    other = rig.process()
    await rig.run(other)
    assert other.parking is not None
    await other.parking.look()
    assert rig.consumer.sequences(first.order_id) == [1]
    rig.world.clock.advance(3)
    await other.parking.look()
    assert rig.consumer.sequences(first.order_id) == [1, 2]
    assert rig.world.parked.parked == {}


async def test_what_stays_early_waits_longer_each_time_and_is_counted() -> None:
    rig = Rig()
    early = log_of(new_order_id(), 2)[1]
    rig.queue.put_events(early)
    process = rig.process()
    await rig.run(process)
    assert process.parking is not None
    for _ in range(20):
        rig.world.clock.advance(3601)
        await process.parking.look()
    assert await rig.world.parked.tries("points", early) == 21
    assert rig.gauge("orders_consumer_parked") == 1
    assert rig.gauge("orders_consumer_parked_oldest_seconds") == 20 * 3601
    (waiting,) = rig.world.parked.parked.values()
    assert (waiting.due - rig.world.clock.now()).total_seconds() == 3600


async def test_an_event_that_fails_when_its_time_has_come_goes_on_waiting() -> None:
    rig = Rig()
    first, second = log_of(new_order_id(), 2)
    rig.queue.put_events(second)
    process = rig.process()
    await rig.run(process)
    assert process.parking is not None
    rig.world.clock.advance(3)
    rig.consumer.broken = ValueError("boom")
    await process.parking.look()
    assert await rig.world.parked.of_order("points", second.order_id) == [second]
    rig.consumer.broken = None
    rig.queue.put_events(first)
    await rig.run(process)
    assert rig.consumer.sequences(first.order_id) == [1, 2]


async def test_while_the_store_is_away_parking_waits_and_the_loop_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("consumers.parking.LOOK_EVERY_S", 0.01)
    rig = Rig()
    first, second = log_of(new_order_id(), 2)
    rig.queue.put_events(second)
    process = rig.process()
    await rig.run(process)
    rig.world.clock.advance(3)
    rig.consumer.broken = StoreUnavailable("MongoDB is away")
    assert process.parking is not None
    stop = asyncio.Event()
    loop = asyncio.create_task(process.parking.run(stop))
    await asyncio.sleep(0.03)
    rig.consumer.broken = None
    rig.queue.put_events(first)
    await rig.run(process)
    await eventually(lambda: rig.world.parked.parked == {})
    stop.set()
    await loop
    assert rig.consumer.sequences(first.order_id) == [1, 2]


async def test_the_loop_and_the_runner_never_have_one_order_at_once() -> None:
    rig = Rig()
    order = new_order_id()
    first, second = log_of(order, 2)
    rig.queue.put_events(second)
    process = rig.process()
    await rig.run(process)
    rig.world.clock.advance(3)
    rig.consumer.gate = asyncio.Event()
    rig.queue.put_events(first)
    running = asyncio.create_task(rig.run(process))
    await eventually(lambda: rig.consumer.running[order] == 1)
    assert process.parking is not None
    looking = asyncio.create_task(process.parking.look())
    await asyncio.sleep(0.02)
    rig.consumer.gate.set()
    await asyncio.gather(running, looking)
    assert rig.consumer.most_at_once[order] == 1
    assert rig.consumer.sequences(order) == [1, 2]

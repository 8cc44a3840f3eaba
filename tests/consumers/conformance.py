"""Delivers one log in every way that SQS may deliver it, to any consumer of order events.

A consumer keeps its promise if all ways leave the same effects behind as the kindest one.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from consumers.batch import planner
from consumers.contract import UnknownType
from consumers.registry import ConsumerModule
from consumers.runner import Pace, Runner
from domain.events import OrderEvent
from domain.wire import dump_event
from tests.consumers.doubles import MemoryQueue, World, eventually

PACE = Pace(wait_s=0, first_hide_s=0, first_pause_s=0.001, longest_pause_s=0.005)
FIFTEEN_DAYS_S = 15 * 86_400
GARBAGE = ("", "{", "[]", "7", '{"type": "order_placed"}', '{"type": []}')

Effects = Mapping[str, object]


def effects_of(world: World) -> Effects:
    """Everything that a consumer may have changed, in a comparable form."""
    return {
        "log": {key: dict(events) for key, events in world.log.stored.items() if events},
        "views": dict(world.views.stored),
        "heads": dict(world.heads.views),
        "announced": sorted(event.id for event in world.live.announced),
        "news": list(world.news.told),
    }


class Stage:
    """One world, a queue, and as many processes of the consumer as a way needs."""

    def __init__(self, module: ConsumerModule, log: Sequence[OrderEvent]) -> None:
        self.module = module
        self.log = list(log)
        self.world = World()
        self.world.workflows.logs[log[0].order_id] = list(log)
        self.queue = MemoryQueue(max_receive=module.contract.max_receive)

    async def handle_all(self, *others: MemoryQueue) -> None:
        """Run a process per queue until nothing is left; what is merely hidden comes back soon."""
        stop, queues = asyncio.Event(), (self.queue, *others)
        running = [asyncio.create_task(self._runner(queue).run(stop)) for queue in queues]

        def empty() -> bool:
            for queue in queues:
                queue.now += 1
            return all(queue.empty for queue in queues)

        await eventually(empty)
        stop.set()
        await asyncio.gather(*running)

    def _runner(self, queue: MemoryQueue) -> Runner:
        contract = self.module.contract
        return Runner(
            contract=contract,
            queue=queue,
            plan=planner(contract, self.module.build(self.world.ports())),
            metrics=self.world.metrics,
            clock=self.world.clock,
            pace=PACE,
        )


async def once(stage: Stage) -> None:
    stage.queue.put_events(*stage.log)
    await stage.handle_all()


async def one_by_one(stage: Stage) -> None:
    for event in stage.log:
        stage.queue.put_events(event)
        await stage.handle_all()


async def twice(stage: Stage) -> None:
    stage.queue.put_events(*stage.log, *stage.log)
    await stage.handle_all()


async def twice_at_once(stage: Stage) -> None:
    other = MemoryQueue()
    for queue in (stage.queue, other):
        queue.put_events(*stage.log)
    await stage.handle_all(other)


async def three_times_shuffled(stage: Stage) -> None:
    deliveries = [*stage.log, *stage.log, *stage.log]
    random.Random(5).shuffle(deliveries)
    stage.queue.put_events(*deliveries)
    await stage.handle_all(stage.queue)


async def backwards(stage: Stage) -> None:
    for event in reversed(stage.log):
        stage.queue.put_events(event)
        await stage.handle_all()


async def with_a_hole_that_fills_late(stage: Stage) -> None:
    stage.queue.put_events(*stage.log[:2], *stage.log[3:])
    await stage.handle_all()
    stage.queue.put_events(stage.log[2])
    await stage.handle_all()


async def crash_between_effect_and_delete(stage: Stage) -> None:
    stage.queue.delete_errors = [ConnectionError("killed")] * 3
    stage.queue.put_events(*stage.log)
    await stage.handle_all()


async def redriven_long_after(stage: Stage) -> None:
    stage.queue.put_events(*stage.log)
    await stage.handle_all()
    stage.world.clock.advance(FIFTEEN_DAYS_S)
    stage.queue.put_events(*stage.log)
    await stage.handle_all()


async def beside_garbage_and_the_future(stage: Stage) -> None:
    first = dump_event(stage.log[0])
    future = [
        first.replace('"type":"order_placed"', '"type":"order_teleported"'),
        first.replace("/schemas/order_placed/1", "/schemas/order_placed/9"),
    ]
    stage.queue.put(*GARBAGE, *future)
    stage.queue.put_events(*stage.log)
    await stage.handle_all()
    parked = stage.module.contract.unknown_type is UnknownType.PARK
    dead = {held.body for held in stage.queue.dead}
    assert dead == {*GARBAGE, *(future if parked else ())}


WAYS: tuple[Callable[[Stage], object], ...] = (
    one_by_one,
    twice,
    twice_at_once,
    three_times_shuffled,
    backwards,
    with_a_hole_that_fills_late,
    crash_between_effect_and_delete,
    redriven_long_after,
    beside_garbage_and_the_future,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a way left behind, beside what the kindest way did."""

    expected: Effects
    found: Effects


async def judge(
    module: ConsumerModule, log: Sequence[OrderEvent], way: Callable[[Stage], object]
) -> Verdict:
    """Deliver a log once, then in this way to a fresh world."""
    kind, unkind = Stage(module, log), Stage(module, log)
    await once(kind)
    delivery = way(unkind)
    assert asyncio.iscoroutine(delivery)
    await delivery
    return Verdict(expected=effects_of(kind.world), found=effects_of(unkind.world))

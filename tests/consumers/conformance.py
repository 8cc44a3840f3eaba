"""Delivers one log in every way that SQS may deliver it, to any consumer of order events.

A consumer keeps its promise if all ways leave the same effects behind as the kindest one. Its
stores are those of production, on a real MongoDB. A consumer gets here by being in the registry; it
says nothing, or how to read its effect (`read_effect(ports)` in its module).
"""

import asyncio
import dataclasses
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry

from adapters.mongo.connection import Database
from consumers.assembly import Assembly, assemble
from consumers.contract import UnknownType
from consumers.metrics import ConsumerMetrics
from consumers.needs import ConsumerPorts
from consumers.registry import ConsumerModule
from consumers.runner import Pace
from domain.errors import StoreUnavailable
from domain.events import OrderEvent, dataschema
from domain.ports import QueueMessage
from domain.wire import dump_event
from tests.consumers.doubles import (
    MemoryLive,
    MemoryNews,
    MemoryQueue,
    TestClock,
    Workflows,
    eventually,
)
from tests.consumers.lives import life_for
from tests.consumers.orders import START
from workers.run_consumer import ports_over

PACE = Pace(wait_s=0, first_hide_s=0, first_pause_s=0.001, longest_pause_s=0.005)
AGES = timedelta(days=500)
GARBAGE = ("", "{", "[]", "7", '{"type": "order_placed"}', '{"type": []}')
BOOKKEEPING = frozenset({"consumer_inbox", "parked_events"})
"""Collections that remember events, which is no effect; what is parked at the end is counted."""
MARKS = frozenset({"saved_as"})
"""Fields that a store draws by lot, to know its own writes again."""

Effects = Mapping[str, object]


class DyingQueue(MemoryQueue):
    """A queue whose consumer is killed just before it acknowledges, when a test says so."""

    def __init__(self, max_receive: int) -> None:
        super().__init__(max_receive)
        self.dying = False
        self.reached = asyncio.Event()

    async def delete(self, messages: Sequence[QueueMessage]) -> None:
        if self.dying:
            self.reached.set()
            await asyncio.Event().wait()
        await super().delete(messages)

    async def hide(self, message: QueueMessage, visibility_s: int) -> None:
        if not self.dying:  # the dead give nothing back
            await super().hide(message, visibility_s)


class Shaky:
    """A store each of whose calls is lost twice: once after it took effect, once before."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self._calls: dict[str, int] = {}

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            turn = self._calls[name] = self._calls.get(name, 0) + 1
            result = await method(*args, **kwargs) if turn != 2 else None
            if turn <= 2:
                message = f"the answer of {name} was lost"
                raise StoreUnavailable(message)
            return result

        return call


class Stage:
    """One world, a queue, and as many processes of the consumer as a way needs."""

    def __init__(
        self, module: ConsumerModule, log: Sequence[OrderEvent], database: Database
    ) -> None:
        self.module = module
        self.log = list(log)
        self.database = database
        self.clock = TestClock(START + timedelta(hours=1))
        self.live, self.news, self.workflows = MemoryLive(), MemoryNews(), Workflows()
        for event in log:
            self.workflows.logs.setdefault(event.order_id, []).append(event)
        self.registry = CollectorRegistry()
        self.ports: ConsumerPorts = ports_over(
            database,
            clock=self.clock,
            live=self.live,
            events_since=self.workflows.events_since,
            news=self.news,
            metrics=ConsumerMetrics(self.registry),
        )
        self.given = self.ports
        self.queue = DyingQueue(module.contract.max_receive)
        self.expected_dead: set[str] = set()
        self.not_promised: set[str] = set()
        self.complaints: list[str] = []
        self._looks = 0

    def process(self, queue: MemoryQueue) -> Assembly:
        """A process of the consumer, which knows nothing of the others."""
        return assemble(self.module, queue, self.given, PACE)

    async def handle_all(self, *others: MemoryQueue) -> None:
        """Run a new process per queue until nothing is left, then what was parked on the way."""
        queues = (self.queue, *others)
        processes = [self.process(queue) for queue in queues]
        stop = asyncio.Event()
        running = [asyncio.create_task(each.runner.run(stop)) for each in processes]

        def empty() -> bool:
            if not self._busy():
                for queue in set(queues):
                    queue.now += 1
            return all(queue.empty for queue in queues) and not self._busy()

        await eventually(empty, within_s=30)
        stop.set()
        await asyncio.gather(*running)
        await self._look_after_parked(processes[0])

    async def kill_before_the_acknowledgement(self) -> None:
        """Run a process until its handler has returned, and end it there, like a power cut."""
        self.queue.dying = True
        self.queue.reached.clear()
        before = asyncio.all_tasks()
        asyncio.create_task(self.process(self.queue).runner.run(asyncio.Event()))  # noqa: RUF006
        await asyncio.wait_for(self.queue.reached.wait(), 10)
        dead = asyncio.all_tasks() - before
        for task in dead:
            task.cancel()
        await asyncio.gather(*dead, return_exceptions=True)
        self.queue.dying = False
        self.queue.now += self.module.contract.visibility_s

    async def effects(self) -> Effects:
        """Everything that the consumer has changed, in a comparable form."""
        read = self.module.read_effect
        stored = await read(self.ports) if read else await stored_in(self.database)
        dead = {held.body for held in self.queue.dead} - self.expected_dead
        waiting = await self.ports.parked.waiting(self.module.contract.name)
        effects = {
            "stored": stored,
            "announced": sorted(event.id for event in self.live.announced),
            "told": sorted(map(str, self.news.told)),
            "dead letters": sorted(dead),
            "parked": waiting.events,
            "complaints": self.complaints,
        }
        return {name: each for name, each in effects.items() if name not in self.not_promised}

    async def _look_after_parked(self, process: Assembly) -> None:
        name = self.module.contract.name
        if process.parking and (await self.ports.parked.waiting(name)).events:
            started = self.clock.now()
            self._looks += 1  # what was tried at the last look is due again at this one
            self.clock.advance(7200 * self._looks)
            await process.parking.look()
            self.clock.time = started

    def _busy(self) -> bool:
        labels = {"consumer": self.module.contract.name}
        gauge = self.registry.get_sample_value("orders_consumer_batches_in_flight", labels)
        return bool(gauge)


async def stored_in(database: Database) -> Mapping[str, object]:
    """Every document of every collection that holds effects."""
    found: dict[str, object] = {}
    for name in sorted(await database.list_collection_names()):
        if name not in BOOKKEEPING:
            documents = await database[name].find().to_list(None)
            found[name] = sorted((_plain(each) for each in documents), key=repr)
    return {name: documents for name, documents in found.items() if documents}


def _plain(value: Any) -> Any:
    """A comparable form: without ids that MongoDB made, with moments of the wall clock as a word.

    Adapters may note when they wrote; the world's own clock stands still far from it.
    """
    if isinstance(value, Mapping):
        kept = {
            name: each
            for name, each in value.items()
            if name not in MARKS and type(each).__name__ != "ObjectId"
        }
        return {name: _plain(each) for name, each in sorted(kept.items())}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, datetime) and abs(datetime.now(UTC) - value) < timedelta(minutes=5):
        return "just now"
    return value


# --- the ways -------------------------------------------------------------------------------------


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
    """Two processes, each with the whole log."""
    other = MemoryQueue(stage.module.contract.max_receive)
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
    hole = len(stage.log) // 2
    stage.queue.put_events(*stage.log[:hole], *stage.log[hole + 1 :])
    await stage.handle_all()
    stage.queue.put_events(stage.log[hole])
    await stage.handle_all()


async def killed_between_effect_and_delete(stage: Stage) -> None:
    stage.queue.put_events(*stage.log)
    await stage.kill_before_the_acknowledgement()
    await stage.kill_before_the_acknowledgement()
    await stage.handle_all()


async def every_answer_of_a_store_lost_once(stage: Stage) -> None:
    """The consumer cannot know whether a lost call took effect; it did, then it did not."""
    stage.queue.max_receive = 1000
    stores: dict[str, Any] = {
        field.name: Shaky(store)
        for field in dataclasses.fields(stage.ports)
        if type(store := getattr(stage.ports, field.name)).__module__.startswith("adapters.")
    }
    stage.given = dataclasses.replace(stage.ports, **stores)
    stage.not_promised |= {"announced"}  # the live feed is best effort: faster than the truth
    await once(stage)
    announced = [event.id for event in stage.live.announced]
    if len(announced) != len(set(announced)):
        stage.complaints.append("announced twice")


async def redriven_after_its_window(stage: Stage) -> None:
    """What the consumer may have forgotten comes again: as nothing, or stays dead."""
    stage.queue.put_events(*stage.log)
    await stage.handle_all()
    window = stage.module.contract.idempotency.window
    stage.clock.time += (window or AGES) + timedelta(days=1)
    stage.queue.put_events(*stage.log)
    if window is not None:
        stage.expected_dead |= {dump_event(event) for event in stage.log}
    await stage.handle_all()


async def beside_garbage(stage: Stage) -> None:
    stage.queue.put(*GARBAGE)
    stage.expected_dead |= set(GARBAGE)
    await once(stage)
    survivors = set(GARBAGE) - {held.body for held in stage.queue.dead}
    stage.complaints += [f"no dead letter: {body!r}" for body in sorted(survivors)]


async def beside_an_unknown_type(stage: Stage) -> None:
    event = stage.log[0]
    kind = f'"type":"{event.type}"'
    await _beside(stage, dump_event(event).replace(kind, '"type":"order_teleported"'))


async def beside_a_schema_version_of_the_future(stage: Stage) -> None:
    event = stage.log[0]
    schema = dataschema(event.type)
    await _beside(stage, dump_event(event).replace(schema, f"{schema.rpartition('/')[0]}/9"))


async def _beside(stage: Stage, future: str) -> None:
    parked = stage.module.contract.unknown_type is UnknownType.PARK
    stage.queue.put(future)
    stage.expected_dead |= {future}
    await once(stage)
    dead = future in {held.body for held in stage.queue.dead}
    if dead != parked:
        stage.complaints.append(
            f"declared {stage.module.contract.unknown_type}, found dead: {dead}"
        )


Way = Callable[[Stage], Awaitable[None]]

WAYS: tuple[Way, ...] = (
    one_by_one,
    twice,
    twice_at_once,
    three_times_shuffled,
    backwards,
    with_a_hole_that_fills_late,
    killed_between_effect_and_delete,
    every_answer_of_a_store_lost_once,
    redriven_after_its_window,
    beside_garbage,
    beside_an_unknown_type,
    beside_a_schema_version_of_the_future,
)


async def with_a_hole_for_good(stage: Stage) -> None:
    """Not a way but a log: nothing is repeated to it, so it is compared with itself, shuffled."""
    await three_times_shuffled(stage)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a way left behind, beside what the kindest way did."""

    expected: Effects
    found: Effects

    @property
    def differences(self) -> list[str]:
        """What is wrong, one line per place; empty for a consumer that keeps its promise.

        A healthy event must not die, whatever the kindest way did with it.
        """
        promised = {name: each for name, each in self.expected.items() if name in self.found}
        expected, found = dict(_flat("", promised)), dict(_flat("", self.found))
        dead = [f"dead letter: {body}" for body in self._list("dead letters")]
        return dead + [
            f"{place}: {found.get(place)!r} instead of {expected.get(place)!r}"
            for place in sorted(expected.keys() | found.keys())
            if found.get(place) != expected.get(place)
        ]

    def _list(self, name: str) -> list[object]:
        found = self.found[name]
        assert isinstance(found, list)
        return found


def _flat(path: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _flat(f"{path}.{name}" if path else str(name), each)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _flat(f"{path}[{number}]", each)
    else:
        yield path, value


class Court:
    """Judges consumers on one database; what the kindest way leaves is found once per log."""

    def __init__(self) -> None:
        self._kindest: dict[tuple[str, tuple[str, ...]], Effects] = {}
        self._lives: dict[str, list[OrderEvent]] = {}

    def life(self, module: ConsumerModule) -> list[OrderEvent]:
        """The log on which a consumer is judged."""
        name = module.contract.name
        if name not in self._lives:
            self._lives[name] = life_for(module.contract)
        return self._lives[name]

    async def judge(self, module: ConsumerModule, way: Way, database: Database) -> Verdict:
        """Deliver the consumer's log once, then in this way to an empty database."""
        log = self.life(module)
        if way is with_a_hole_for_good:
            log = [event for number, event in enumerate(log) if number != len(log) // 2]
        key = (module.contract.name, tuple(event.id for event in log))
        if key not in self._kindest:
            self._kindest[key] = await self._deliver(module, log, once, database)
        return Verdict(
            expected=self._kindest[key], found=await self._deliver(module, log, way, database)
        )

    async def _deliver(
        self, module: ConsumerModule, log: Sequence[OrderEvent], way: Way, database: Database
    ) -> Effects:
        for name in await database.list_collection_names():
            await database[name].delete_many({})
        stage = Stage(module, log, database)
        await way(stage)
        return await stage.effects()

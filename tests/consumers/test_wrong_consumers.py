"""The conformance suite finds every kind of wrong consumer, and lets the right ones pass."""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.mongo.connection import Database
from consumers.batch import Plan, plan_events
from consumers.contract import ConsumerContract, EventConsumer, NotYet
from consumers.needs import ConsumerPorts
from consumers.registry import ConsumerModule
from domain.events import OrderEvent
from domain.ports import Applied, Change
from tests.consumers.conformance import WAYS, Court, Way, with_a_hole_for_good
from tests.consumers.contracts import contract_like

EVERY_WAY = (*WAYS, with_a_hole_for_good)
BY_NAME = {way.__name__: way for way in EVERY_WAY}
CONTRACT = contract_like(name="judged")
REPEATS = {"twice", "twice_at_once", "three_times_shuffled", "redriven_after_its_window"}
LOST = {"every_answer_of_a_store_lost_once"}
KILLED = {"killed_between_effect_and_delete"}
COURTS: dict[str, Court] = defaultdict(Court)
DISORDER = {"backwards", "with_a_hole_that_fills_late"}


@dataclass
class Consumer:
    """Counts events in a document of its own."""

    ports: ConsumerPorts

    async def handle(self, events: Sequence[OrderEvent]) -> None:
        for event in events:
            await self.take(event)

    async def take(self, event: OrderEvent) -> None:
        await self.count(event)

    async def count(self, event: OrderEvent) -> Applied:
        change = Change(key="sum", add={"events": 1, "sequences": event.sequence})
        return await self.ports.records.apply(CONTRACT.name, event, [change])

    async def count_unseen(self, event: OrderEvent) -> None:
        """Count as if there were no inbox."""
        await self.count(replace(event, order_id=f"{event.order_id}{secrets.token_hex(8)}"))


async def read_effect(ports: ConsumerPorts) -> object:
    return {
        "sum": await ports.records.read(CONTRACT.name, "sum"),
        "last": await ports.records.read(CONTRACT.name, "last"),
    }


def module_of(
    build: Callable[[ConsumerPorts], EventConsumer], contract: ConsumerContract = CONTRACT
) -> ConsumerModule:
    return ConsumerModule(contract=contract, build=build, read_effect=read_effect)


class NoMemory(Consumer):
    async def take(self, event: OrderEvent) -> None:
        await self.count_unseen(event)


class MemoryOfTheProcess(Consumer):
    """Forgets everything when it is restarted, and knows nothing of its twin."""

    def __init__(self, ports: ConsumerPorts) -> None:
        super().__init__(ports)
        self.seen: set[str] = set()

    async def take(self, event: OrderEvent) -> None:
        if event.id not in self.seen:
            await self.count_unseen(event)
            self.seen.add(event.id)


class ForgetsAfterADay(Consumer):
    """Has a memory that all processes share, and cleans it too early."""

    seen: dict[str, datetime]

    async def take(self, event: OrderEvent) -> None:
        now = self.ports.clock.now()
        if now - self.seen.get(event.id, now - timedelta(days=9)) > timedelta(days=1):
            await self.count_unseen(event)
            self.seen[event.id] = now


def forgetful(ports: ConsumerPorts) -> ForgetsAfterADay:
    consumer = ForgetsAfterADay(ports)
    # One memory per world: the processes of a delivery share the ports' clock.
    consumer.seen = vars(ports.clock).setdefault("remembered", {})
    return consumer


class ChecksThenActs(Consumer):
    """Between its look and its deed another process does the same."""

    async def take(self, event: OrderEvent) -> None:
        known = await self.ports.records.read(CONTRACT.name, event.id)
        await asyncio.sleep(0.02)
        if known is None:
            marker = replace(event, order_id=f"{event.order_id}{secrets.token_hex(8)}")
            await self.ports.records.apply(CONTRACT.name, marker, [Change(key=event.id)])
            await self.count_unseen(event)


class MarksBeforeItsEffect(Consumer):
    """Whatever happens in between, the effect never comes."""

    async def take(self, event: OrderEvent) -> None:
        if await self.ports.records.apply("marks", event, []) is Applied.DONE:
            await self.count_unseen(event)


class ActsBeforeItsMark(Consumer):
    """Whatever happens in between, the effect comes twice."""

    async def take(self, event: OrderEvent) -> None:
        if await self.ports.records.read("marks", event.id) is None:
            await self.count_unseen(event)
            await self.ports.records.apply("marks", event, [Change(key=event.id)])


class LastDeliveredWins(Consumer):
    async def take(self, event: OrderEvent) -> None:
        change = Change(key="last", put={"status": event.data.status.value, "n": event.sequence})
        await self.ports.records.apply(CONTRACT.name, event, [change])


class ChokesOnHoles(Consumer):
    """Fails while an earlier event is missing, until the queue gives the message up."""

    async def take(self, event: OrderEvent) -> None:
        before = f"{event.order_id}:{event.sequence - 1}"
        if event.sequence > 1 and not await self.ports.records.read(CONTRACT.name, before):
            message = f"{before} is missing"
            raise ValueError(message)
        own = Change(key=f"{event.order_id}:{event.sequence}", put={"here": True})
        await self.ports.records.apply(CONTRACT.name, event, [own])
        await self.count_of(event)

    async def count_of(self, event: OrderEvent) -> None:
        change = Change(key="sum", add={"events": 1})
        await self.ports.records.apply(f"{CONTRACT.name}-sum", event, [change])


class TellsEachTime(Consumer):
    """Its store is right, the outside hears everything again."""

    async def take(self, event: OrderEvent) -> None:
        await self.count(event)
        await self.ports.live.announce([event])


class RefusesRepeats(Consumer):
    """Takes a repeat for an error: it becomes a dead letter that nobody can mend."""

    async def take(self, event: OrderEvent) -> None:
        if await self.count(event) is Applied.REPEATED:
            message = f"{event.id} again"
            raise ValueError(message)


WRONG: dict[str, tuple[Callable[[ConsumerPorts], EventConsumer], set[str]]] = {
    "no memory": (NoMemory, REPEATS | KILLED | LOST),
    "memory of the process": (MemoryOfTheProcess, {"twice_at_once"} | KILLED),
    "forgets after a day": (forgetful, {"redriven_after_its_window"}),
    "checks, then acts": (ChecksThenActs, {"twice_at_once"}),
    "marks before its effect": (MarksBeforeItsEffect, LOST),
    "acts before its mark": (ActsBeforeItsMark, LOST),
    "last delivered wins": (LastDeliveredWins, DISORDER),
    "chokes on holes": (ChokesOnHoles, {"backwards", "with_a_hole_for_good"}),
    "tells each time": (TellsEachTime, REPEATS | KILLED),
    "refuses repeats": (RefusesRepeats, {"twice"}),
}


@pytest.mark.parametrize(
    ("kind", "way"), [(kind, way) for kind, (_, ways) in WRONG.items() for way in sorted(ways)]
)
async def test_a_wrong_consumer_is_found_out(
    kind: str, way: str, conformance_database: Database
) -> None:
    build, _ = WRONG[kind]
    verdict = await COURTS[kind].judge(module_of(build), BY_NAME[way], conformance_database)
    assert verdict.differences != []


# --- what no consumer can do wrong by itself, the runner could ------------------------------------


@pytest.mark.parametrize(
    "way", ["beside_garbage", "beside_an_unknown_type", "beside_a_schema_version_of_the_future"]
)
async def test_a_runner_that_takes_the_unreadable_for_handled_is_found_out(
    way: str, conformance_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lenient(*args: Any, **kwargs: Any) -> Plan:
        plan = plan_events(*args, **kwargs)
        passed_over = [*plan.ignored, *(message for message, _ in plan.unreadable)]
        return Plan(jobs=plan.jobs, ignored=tuple(passed_over))

    monkeypatch.setattr("consumers.batch.plan_events", lenient)
    verdict = await Court().judge(module_of(Consumer), BY_NAME[way], conformance_database)
    assert verdict.differences != []


async def test_a_reader_that_does_not_look_at_versions_is_found_out(
    conformance_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consumers.batch._refuse_future", lambda *_: None)
    way = BY_NAME["beside_a_schema_version_of_the_future"]
    verdict = await Court().judge(module_of(Consumer), way, conformance_database)
    assert verdict.differences != []


class WaitsForTheOneBefore(ChokesOnHoles):
    """The same need, said in the right way: the event is parked and comes back."""

    async def take(self, event: OrderEvent) -> None:
        try:
            await super().take(event)
        except ValueError as error:
            raise NotYet(str(error)) from error


RIGHT: dict[str, ConsumerModule] = {
    "counts in one transaction": module_of(Consumer),
    "waits for the one before": module_of(WaitsForTheOneBefore),
}
REMEMBERS_FOR_A_WHILE = module_of(
    Consumer,
    replace(CONTRACT, idempotency=replace(CONTRACT.idempotency, window=timedelta(days=30))),
)


@pytest.mark.parametrize("kind", RIGHT)
@pytest.mark.parametrize("way", EVERY_WAY, ids=lambda way: way.__name__)
async def test_a_right_consumer_passes(kind: str, way: Way, conformance_database: Database) -> None:
    verdict = await COURTS[kind].judge(RIGHT[kind], way, conformance_database)
    assert verdict.differences == []


async def test_what_is_older_than_a_memory_that_ends_stays_a_dead_letter(
    conformance_database: Database,
) -> None:
    way = BY_NAME["redriven_after_its_window"]
    verdict = await Court().judge(REMEMBERS_FOR_A_WHILE, way, conformance_database)
    assert verdict.differences == []

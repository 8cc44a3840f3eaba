import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry

from consumers.batch import planner
from consumers.contract import ConsumerContract, NotYet, UnknownType
from consumers.metrics import ConsumerMetrics
from consumers.order_view import CONTRACT
from consumers.runner import Pace, Runner
from domain.errors import ImpossibleStep, StoreUnavailable
from domain.events import EventType, OrderEvent
from domain.ports import QueueMessage
from domain.wire import dump_event
from tests.architecture.tree import ROOT
from tests.consumers.contracts import contract_like
from tests.consumers.doubles import MemoryQueue, Recording, TestClock, eventually
from tests.consumers.orders import START, log_of, new_order_id

QUICK = Pace(wait_s=0, first_hide_s=0, first_pause_s=0.001, longest_pause_s=0.01, drain_s=2)


class Rig:
    def __init__(self, contract: ConsumerContract = CONTRACT, pace: Pace = QUICK) -> None:
        self.queue = MemoryQueue(max_receive=contract.max_receive)
        self.consumer = Recording()
        self.clock = TestClock(START)
        self.registry = CollectorRegistry()
        self.contract = contract
        self.runner = Runner(
            contract=contract,
            queue=self.queue,
            plan=planner(contract, self.consumer),
            metrics=ConsumerMetrics(self.registry),
            clock=self.clock,
            pace=pace,
        )
        self.stop = asyncio.Event()

    def messages(self, outcome: str) -> float:
        labels = {"consumer": self.contract.name, "outcome": outcome}
        return self.registry.get_sample_value("orders_consumer_messages_total", labels) or 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.runner.run(self.stop))
        try:
            yield
        finally:
            self.stop.set()
            await asyncio.wait_for(task, 5)


async def test_a_batch_is_handled_per_order_in_sequence_and_then_acknowledged() -> None:
    rig = Rig()
    first, second = log_of(new_order_id(), 4), log_of(new_order_id(), 3)
    rig.queue.put_events(first[2], second[1], first[0], second[0], first[3], first[1], second[2])
    async with rig.running():
        await eventually(lambda: rig.queue.empty)
    assert rig.consumer.batches == [first, second]
    assert rig.messages("handled") == 7


async def test_the_same_event_twice_in_a_batch_is_handed_over_once_and_both_are_acknowledged() -> (
    None
):
    rig = Rig()
    event = log_of(new_order_id(), 1)[0]
    rig.queue.put_events(event, event)
    async with rig.running():
        await eventually(lambda: rig.queue.empty)
    assert rig.consumer.batches == [[event]]
    assert rig.queue.deleted == ["m1", "m2"]


async def test_nothing_is_acknowledged_before_its_handler_returns() -> None:
    rig = Rig()
    rig.consumer.gate = asyncio.Event()
    rig.queue.put_events(*log_of(new_order_id(), 2))
    async with rig.running():
        await eventually(lambda: bool(rig.consumer.running))
        assert rig.queue.deleted == []
        rig.consumer.gate.set()
        await eventually(lambda: rig.queue.empty)


async def test_a_failing_order_leaves_its_neighbours_alone_and_succeeds_later() -> None:
    rig = Rig()
    bad, good = log_of(new_order_id(), 2), log_of(new_order_id(), 2)
    failures = iter([ValueError("boom"), ValueError("boom"), None])
    rig.consumer.failing = lambda events: (
        next(failures, None) if events[0].order_id == bad[0].order_id else None
    )
    rig.queue.put_events(*bad, *good)
    async with rig.running():
        await eventually(lambda: rig.queue.empty)
    assert rig.consumer.batches[0] == good
    assert rig.consumer.sequences(bad[0].order_id) == [2, 1]
    assert rig.messages("failed") == 1
    assert rig.queue.dead == []


async def test_one_bad_event_of_an_order_does_not_drag_the_others_along() -> None:
    rig = Rig(contract_like(max_receive=2))
    order = log_of(new_order_id(), 4)
    rig.consumer.failing = lambda events: (
        ImpossibleStep("other content") if order[2] in events else None
    )
    rig.queue.put_events(*order)
    async with rig.running():
        await eventually(lambda: rig.queue.empty)
    assert [held.body for held in rig.queue.dead] == [dump_event(order[2])]
    assert rig.consumer.sequences(order[0].order_id) == [1, 2, 4]


async def test_a_poison_message_becomes_a_dead_letter_and_the_rest_is_handled() -> None:
    rig = Rig(contract_like(max_receive=3))
    order = log_of(new_order_id(), 3)
    rig.queue.put("{not json", "[]", '{"type": "order_placed"}')
    rig.queue.put_events(*order)
    async with rig.running():
        await eventually(lambda: rig.queue.empty and len(rig.queue.dead) == 3)
    assert {held.receives for held in rig.queue.dead} == {3}
    assert rig.consumer.batches == [order]
    assert rig.messages("unreadable") == 9


async def test_a_handler_that_always_fails_sends_only_its_own_message_to_the_dead_letters() -> None:
    rig = Rig(contract_like(max_receive=3))
    bad, good = log_of(new_order_id(), 1), log_of(new_order_id(), 1)
    rig.consumer.failing = lambda events: (
        RuntimeError("always") if events[0].order_id == bad[0].order_id else None
    )
    rig.queue.put_events(*bad, *good)
    async with rig.running():
        await eventually(lambda: rig.queue.empty)
    assert [held.body for held in rig.queue.dead] == [dump_event(bad[0])]
    assert rig.consumer.batches == [good]


@pytest.mark.parametrize(
    "future",
    [
        ('"type":"order_placed"', '"type":"order_teleported"'),
        ("/schemas/order_placed/1", "/schemas/order_placed/2"),
    ],
)
async def test_what_comes_from_the_future_is_parked_or_passed_over_as_the_contract_says(
    future: tuple[str, str],
) -> None:
    body = dump_event(log_of(new_order_id(), 1)[0]).replace(*future)
    parking = Rig(contract_like(max_receive=2, unknown_type=UnknownType.PARK))
    parking.queue.put(body)
    async with parking.running():
        await eventually(lambda: len(parking.queue.dead) == 1)
    ignoring = Rig(contract_like(unknown_type=UnknownType.IGNORE))
    ignoring.queue.put(body)
    async with ignoring.running():
        await eventually(lambda: ignoring.queue.empty)
    assert ignoring.queue.dead == []
    assert ignoring.messages("ignored") == 1
    assert parking.consumer.batches == ignoring.consumer.batches == []


async def test_a_type_that_is_not_wanted_is_acknowledged_unread() -> None:
    rig = Rig(contract_like(types=frozenset({EventType.PAYMENT_CONFIRMED})))
    order = log_of(new_order_id(), 3)
    rig.queue.put_events(*order)
    async with rig.running():
        await eventually(lambda: rig.queue.empty)
    assert rig.consumer.batches == [[order[1]]]
    assert rig.messages("ignored") == 2


async def test_one_order_is_never_handled_twice_at_once_in_a_process() -> None:
    rig = Rig()
    orders = [log_of(new_order_id(), 12), log_of(new_order_id(), 12)]
    rig.queue.put_events(*(event for pair in zip(*orders, strict=True) for event in pair))
    async with rig.running():
        await eventually(lambda: rig.queue.empty)
    assert [rig.consumer.most_at_once[order[0].order_id] for order in orders] == [1, 1]
    assert [rig.consumer.sequences(order[0].order_id) for order in orders] == [
        list(range(1, 13)),
        list(range(1, 13)),
    ]


async def test_no_more_is_received_than_can_be_handled() -> None:
    rig = Rig(pace=Pace(wait_s=0, batches=2))
    rig.consumer.gate = asyncio.Event()
    rig.queue.put_events(*(log_of(new_order_id(), 1)[0] for _ in range(45)))
    async with rig.running():
        await eventually(lambda: sum(rig.consumer.running.values()) == 20)
        await asyncio.sleep(0.03)
        assert sum(held.receives for held in rig.queue.held.values()) == 20
        rig.consumer.gate.set()
        await eventually(lambda: rig.queue.empty)


async def test_messages_stay_hidden_while_a_slow_handler_runs() -> None:
    rig = Rig(contract_like(visibility_s=1))
    rig.consumer.gate = asyncio.Event()
    rig.queue.put_events(*log_of(new_order_id(), 2))
    async with rig.running():
        await eventually(lambda: len(rig.queue.extended) >= 2)
        rig.consumer.gate.set()
        await eventually(lambda: rig.queue.empty)
    assert rig.queue.extended[:2] == [("m1", 1), ("m2", 1)]


async def test_a_handler_beyond_its_deadline_has_failed() -> None:
    rig = Rig(pace=Pace(wait_s=0, first_hide_s=0, handler_deadline_s=0.01))
    rig.consumer.gate = asyncio.Event()
    rig.queue.put_events(log_of(new_order_id(), 1)[0])
    async with rig.running():
        await eventually(lambda: rig.messages("failed") >= 1)
        rig.consumer.gate.set()
        await eventually(lambda: rig.queue.empty)


async def test_the_longer_a_message_fails_the_longer_it_stays_away() -> None:
    pace = Pace(first_hide_s=1, longest_hide_s=60)
    assert [pace.hide_s(receives) for receives in (1, 2, 3, 4, 10, 1000)] == [1, 2, 4, 8, 60, 60]


async def test_a_failed_message_is_hidden_for_its_backoff() -> None:
    rig = Rig(pace=Pace(wait_s=0, first_hide_s=4))
    rig.consumer.failing = lambda _: NotYet("later")
    rig.queue.put_events(log_of(new_order_id(), 1)[0])
    async with rig.running():
        await eventually(lambda: rig.queue.extended == [("m1", 4)])
        rig.queue.now += 4
        await eventually(lambda: rig.queue.extended == [("m1", 4), ("m1", 8)])


async def test_while_a_service_is_away_polling_slows_down_and_then_recovers() -> None:
    rig = Rig(pace=Pace(wait_s=0, first_hide_s=0, first_pause_s=0.02, longest_pause_s=0.02))
    rig.consumer.failing = lambda _: StoreUnavailable("MongoDB is away")
    rig.queue.put_events(log_of(new_order_id(), 1)[0])
    async with rig.running():
        await eventually(lambda: rig.messages("failed") == 1)
        receives = rig.queue.held["m1"].receives
        rig.consumer.failing = lambda _: None
        await eventually(lambda: rig.queue.empty)
    assert receives == 1


async def test_an_absent_queue_does_not_end_the_consumer() -> None:
    rig = Rig()
    rig.queue.receive_error = ConnectionError("no route")
    rig.queue.put_events(log_of(new_order_id(), 1)[0])
    async with rig.running():
        await asyncio.sleep(0.02)
        rig.queue.receive_error = None
        await eventually(lambda: rig.queue.empty)


async def test_a_lost_acknowledgement_brings_the_message_again() -> None:
    rig = Rig()
    rig.queue.delete_errors = [ConnectionError("reset")]
    event = log_of(new_order_id(), 1)[0]
    rig.queue.put_events(event)
    async with rig.running():
        await eventually(lambda: len(rig.consumer.batches) == 1)
        rig.queue.now += CONTRACT.visibility_s
        await eventually(lambda: rig.queue.empty)
    assert rig.consumer.batches == [[event], [event]]


async def test_a_stop_lets_running_handlers_finish_and_acknowledges_them() -> None:
    rig = Rig()
    rig.consumer.gate = asyncio.Event()
    rig.queue.put_events(*log_of(new_order_id(), 2))
    async with rig.running():
        await eventually(lambda: bool(rig.consumer.running))
        rig.stop.set()
        await asyncio.sleep(0.01)
        rig.consumer.gate.set()
    assert rig.queue.empty


async def test_a_stop_gives_back_what_cannot_finish_within_the_deadline() -> None:
    rig = Rig(pace=Pace(wait_s=0, drain_s=0.01))
    rig.consumer.gate = asyncio.Event()
    rig.queue.put_events(*log_of(new_order_id(), 2))
    async with rig.running():
        await eventually(lambda: bool(rig.consumer.running))
    assert rig.queue.extended == [("m1", 0), ("m2", 0)]
    assert rig.queue.deleted == []


class Stubborn:
    """Does not even listen to being cancelled."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.over = asyncio.Event()

    async def handle(self, _: Sequence[OrderEvent]) -> None:
        self.begun.set()
        while not self.over.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await self.over.wait()


class Hanging(MemoryQueue):
    """A queue whose answers stop coming when a test says so."""

    def __init__(self) -> None:
        super().__init__(max_receive=5)
        self.hangs = False

    async def receive(
        self, *, limit: int, wait_s: int, visibility_s: int
    ) -> Sequence[QueueMessage]:
        if self.hangs:
            await asyncio.Event().wait()
        return await super().receive(limit=limit, wait_s=wait_s, visibility_s=visibility_s)

    async def hide(self, message: QueueMessage, visibility_s: int) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        await super().hide(message, visibility_s)


async def test_a_stop_keeps_its_deadline_whatever_hangs() -> None:
    """The poll never answers, the handler never ends, nothing can be given back."""
    pace = Pace(wait_s=0, drain_s=0.05, give_back_s=0.05)
    queue, consumer, stop = Hanging(), Stubborn(), asyncio.Event()
    runner = Runner(
        contract=CONTRACT,
        queue=queue,
        plan=planner(CONTRACT, consumer),
        metrics=ConsumerMetrics(CollectorRegistry()),
        clock=TestClock(START),
        pace=pace,
    )
    queue.put_events(*log_of(new_order_id(), 3))
    running = asyncio.create_task(runner.run(stop))
    await consumer.begun.wait()
    queue.hangs = True
    stop.set()
    async with asyncio.timeout(pace.deadline_s + 0.5):
        await running
    assert pace.deadline_s == pytest.approx(0.2)
    assert queue.deleted == []
    consumer.over.set()


def test_the_usual_deadline_is_within_what_a_container_is_given_to_stop() -> None:
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    (grace_s,) = re.findall(r"stop_grace_period: (\d+)s", compose)
    assert Pace().deadline_s < int(grace_s)


async def test_lag_is_the_age_of_the_oldest_event_when_it_was_done() -> None:
    rig = Rig()
    rig.clock.advance(10)
    rig.queue.put_events(*log_of(new_order_id(), 2))
    async with rig.running():
        await eventually(lambda: rig.queue.empty)
    lag = rig.registry.get_sample_value(
        "orders_consumer_lag_seconds_sum", {"consumer": "order_view"}
    )
    assert lag == 9


class WithoutHandle:
    async def handle_message(self, body: str) -> None: ...


class WithoutHandleMessage:
    async def handle(self, events: Sequence[OrderEvent]) -> None: ...


def test_a_consumer_must_have_the_method_that_its_contract_asks_for() -> None:
    with pytest.raises(TypeError, match=r"order_view.*handle\(events\)"):
        planner(CONTRACT, WithoutHandle())
    with pytest.raises(TypeError, match=r"needs handle_message\(body\)"):
        planner(contract_like(types=frozenset()), WithoutHandleMessage())

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import pytest

from consumers.batch import Plan, plan_events, plan_messages
from consumers.contract import NotYet
from consumers.order_view import CONTRACT
from domain.errors import StoreUnavailable
from domain.events import OrderEvent
from domain.wire import dump_event
from lambdas.partial_batch import Malformed, answer, failed_in, read_messages
from tests.consumers.orders import log_of, new_order_id
from tests.lambdas.builds import queue_event

Handle = Callable[[Sequence[OrderEvent]], Awaitable[None]]
WITHIN_S = 5.0


class Scripted:
    """A consumer that fails as a test says."""

    def __init__(self, fail: Callable[[OrderEvent], Exception | None] = lambda _: None) -> None:
        self.fail = fail
        self.tried: list[list[int]] = []
        self.handled: list[int] = []

    async def handle(self, events: Sequence[OrderEvent]) -> None:
        self.tried.append([event.sequence for event in events])
        await asyncio.sleep(0)
        for event in events:
            if error := self.fail(event):
                raise error
        self.handled += [event.sequence for event in events]


def plan(consumer: Scripted, bodies: Sequence[str]) -> Plan:
    return plan_events(CONTRACT, consumer, read_messages(queue_event(*bodies)))


async def failed(consumer: Scripted, bodies: Sequence[str]) -> list[str]:
    return await failed_in(plan(consumer, bodies), within_s=WITHIN_S)


def bodies_of(*logs: Sequence[OrderEvent]) -> list[str]:
    return [dump_event(event) for log in logs for event in log]


async def test_a_batch_without_failures_names_nothing() -> None:
    consumer = Scripted()
    assert await failed(consumer, bodies_of(log_of(new_order_id(), 4))) == []
    assert consumer.handled == [1, 2, 3, 4]


async def test_after_a_failed_event_the_later_ones_of_the_same_order_fail_too() -> None:
    bad, good = new_order_id(), new_order_id()
    consumer = Scripted(
        lambda event: ValueError("bad") if (event.order_id, event.sequence) == (bad, 2) else None
    )
    bodies = bodies_of(log_of(bad, 4), log_of(good, 3))
    assert await failed(consumer, bodies) == ["1", "2", "3"]
    assert consumer.tried.count([3]) == 0
    assert sorted(consumer.handled) == [1, 1, 2, 3]


async def test_events_are_handled_in_their_order_whatever_the_order_of_the_batch() -> None:
    consumer = Scripted(lambda event: ValueError("bad") if event.sequence == 3 else None)
    bodies = bodies_of(list(reversed(log_of(new_order_id(), 4))))
    assert await failed(consumer, bodies) == ["1", "0"]
    assert consumer.handled == [1, 2]


async def test_a_service_that_is_away_fails_the_whole_order_without_trying_each_event() -> None:
    consumer = Scripted(lambda _: StoreUnavailable("away"))
    assert await failed(consumer, bodies_of(log_of(new_order_id(), 3))) == ["0", "1", "2"]
    assert consumer.tried == [[1, 2, 3]]


async def test_what_cannot_be_read_is_left_to_the_queue_and_its_neighbours_go_on() -> None:
    consumer = Scripted()
    bodies = ["no json", *bodies_of(log_of(new_order_id(), 2)), '{"type": "from_the_future"}', ""]
    assert sorted(await failed(consumer, bodies)) == ["0", "3", "4"]
    assert consumer.handled == [1, 2]


async def test_work_that_is_not_done_in_time_is_broken_off_and_told() -> None:
    slow, quick = new_order_id(), new_order_id()
    broken_off = asyncio.Event()

    class Slow(Scripted):
        async def handle(self, events: Sequence[OrderEvent]) -> None:
            if events[0].order_id == slow:
                try:
                    await asyncio.Event().wait()
                finally:
                    broken_off.set()
            await super().handle(events)

    bodies = bodies_of(log_of(slow, 2), log_of(quick, 2))
    assert await failed_in(plan(Slow(), bodies), within_s=0.05) == ["0", "1"]
    assert broken_off.is_set()


async def test_without_time_left_everything_comes_again() -> None:
    consumer = Scripted()
    bodies = bodies_of(log_of(new_order_id(), 2))
    assert await failed_in(plan(consumer, bodies), within_s=-1.0) == ["0", "1"]
    assert consumer.handled == []


async def test_a_message_that_cannot_be_placed_yet_fails_alone() -> None:
    class Inbox:
        async def handle_message(self, body: str) -> None:
            if body == "early":
                message = "order unknown"
                raise NotYet(message)

    messages = read_messages(queue_event("a", "early", "b"))
    assert await failed_in(plan_messages(Inbox(), messages), within_s=WITHIN_S) == ["1"]


async def test_the_log_names_the_kind_of_an_unforeseen_error_and_traces_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    order_id = new_order_id()
    consumer = Scripted(lambda _: ValueError("asha@example.com"))
    await failed(consumer, bodies_of(log_of(order_id, 1)))
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.__dict__["subject"] == order_id
    assert record.__dict__["reason"] == "ValueError"
    assert record.exc_info is not None


def test_a_record_becomes_a_message() -> None:
    event = queue_event("body")
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = "7"
    [message] = read_messages(event)
    assert (message.message_id, message.receipt) == ("0", "receipt-0")
    assert (message.body, message.receives) == ("body", 7)


@pytest.mark.parametrize(
    "record", [{"messageId": "1"}, {"messageId": "1", "body": None, "attributes": "x"}]
)
def test_a_record_without_a_body_is_a_message_that_cannot_be_read(record: object) -> None:
    [message] = read_messages({"Records": [record]})
    assert (message.body, message.receives) == ("", 1)


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        "text",
        {},
        {"records": []},
        {"Records": "text"},
        {"Records": ["text"]},
        {"Records": [{}]},
        {"Records": [{"messageId": 1, "body": "x"}]},
    ],
)
def test_what_is_no_event_of_a_queue_fails_as_a_whole(event: object) -> None:
    with pytest.raises(Malformed, match="not an event of an SQS event source"):
        read_messages(event)


def test_the_answer_is_what_the_event_source_reads() -> None:
    assert answer([]) == {"batchItemFailures": []}
    assert answer(["a", "b"]) == {
        "batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]
    }

"""Every event reaches its topic, whole, or the caller hears of it."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import pytest
from botocore.exceptions import ClientError

from adapters.aws import publisher
from adapters.aws.clients import AwsClients
from adapters.aws.provisioner import Provisioner
from adapters.aws.publisher import SnsEventPublisher
from adapters.aws.queue import SqsQueue
from adapters.aws.topology import QueueSpec, Topology
from domain.errors import PublishIncomplete
from domain.events import EventType, OrderEvent, topic
from domain.ports import EventPublisher, QueueMessage
from domain.wire import dump_event, load_event
from tests.contract.aws.conftest import EMULATORS, REGION, clients_of
from tests.contract.aws.made_up import events
from tests.fakes.gateways import FakeEventPublisher

TYPES = (EventType.ORDER_PLACED, EventType.PAYMENT_CONFIRMED, EventType.ORDER_CONFIRMED)


class Wire(Protocol):
    """A publisher, and what came out at the other end."""

    @property
    def publisher(self) -> EventPublisher: ...

    async def arrived(self, wanted: int) -> list[OrderEvent]: ...


@dataclass
class FakeWire:
    publisher: FakeEventPublisher

    async def arrived(self, wanted: int) -> list[OrderEvent]:
        assert len(self.publisher.published) >= wanted
        return self.publisher.published


@dataclass
class SnsWire:
    publisher: SnsEventPublisher
    clients: AwsClients
    queue: SqsQueue

    async def arrived(self, wanted: int) -> list[OrderEvent]:
        return [load_event(message.body) for message in await self.messages(wanted)]

    async def messages(self, wanted: int) -> list[QueueMessage]:
        found: list[QueueMessage] = []
        while len(found) < wanted:
            batch = await self.queue.receive(limit=10, wait_s=2, visibility_s=30)
            assert batch, f"{len(found)} of {wanted} messages arrived"
            found.extend(batch)
        return found

    async def nothing_more(self) -> bool:
        return not await self.queue.receive(limit=10, wait_s=0, visibility_s=30)


@asynccontextmanager
async def wire_over(clients: AwsClients, unique: str) -> AsyncIterator[SnsWire]:
    topics = tuple(topic(kind) for kind in TYPES)
    spec = QueueSpec(name=f"{unique}-all", topics=topics)
    await Provisioner(clients).apply(Topology(topics=topics, queues=(spec,)))
    queue = SqsQueue(clients, spec.name)
    yield SnsWire(publisher=SnsEventPublisher(clients), clients=clients, queue=queue)
    queue.close()
    vars(clients.sns).pop("publish_batch", None)


@pytest.fixture
async def sns_wire(clients: AwsClients, unique: str) -> AsyncIterator[SnsWire]:
    async with wire_over(clients, unique) as wire:
        yield wire


@pytest.fixture(params=["fake", *EMULATORS])
async def wire(request: pytest.FixtureRequest, unique: str) -> AsyncIterator[Wire]:
    if request.param == "fake":
        yield FakeWire(publisher=FakeEventPublisher())
        return
    async with wire_over(clients_of(request, request.param), unique) as wire:
        yield wire


async def test_events_arrive_as_they_were(wire: Wire) -> None:
    sent = events(*TYPES)
    await wire.publisher.publish(sent)

    arrived = await wire.arrived(3)

    assert sorted(arrived, key=lambda event: event.sequence) == sent


async def test_publishing_nothing_is_nothing(wire: Wire) -> None:
    await wire.publisher.publish([])
    assert await wire.arrived(0) == []


async def test_repeating_keeps_each_id(wire: Wire) -> None:
    sent = events(TYPES[0])
    await wire.publisher.publish(sent)
    await wire.publisher.publish(sent)

    assert [event.id for event in await wire.arrived(2)] == [sent[0].id] * 2


async def test_messages_are_raw_and_carry_attributes(sns_wire: SnsWire) -> None:
    await sns_wire.publisher.publish(events(TYPES[1]))

    (message,) = await sns_wire.messages(1)

    assert json.loads(message.body)["specversion"] == "1.0"
    assert message.attributes == {
        "type": "payment_confirmed",
        "status": "confirmed",
        "schema_version": "1",
    }


async def test_more_than_ten_events_of_one_topic_take_several_batches(sns_wire: SnsWire) -> None:
    sent = events(*[TYPES[0]] * 23)
    batches = counted(sns_wire)

    await sns_wire.publisher.publish(sent)

    assert sorted(map(len, batches)) == [3, 10, 10]
    assert len({event.id for event in await sns_wire.arrived(23)}) == 23


async def test_a_batch_stays_under_the_limit_in_bytes(sns_wire: SnsWire) -> None:
    sent = events(*[TYPES[0]] * 4, padding=100_000)
    batches = counted(sns_wire)

    await sns_wire.publisher.publish(sent)

    assert list(map(len, batches)) == [2, 2]
    assert len(await sns_wire.arrived(4)) == 4


async def test_the_bytes_of_attributes_count_and_those_of_letters_beyond_ascii(
    sns_wire: SnsWire,
) -> None:
    """As SNS counts: the body in UTF-8, and name, type and value of each attribute."""
    (event,) = events(TYPES[0])
    body = dump_event(event)
    attributes = ("type", "order_placed", "status", "confirmed", "schema_version", "1")
    expected = len(body.encode()) + sum(map(len, attributes)) + 3 * len("String")
    assert publisher._message(event).size == expected > len(body) + 3 * len("String")


async def test_two_that_just_fit_go_together_and_one_byte_more_goes_alone(
    sns_wire: SnsWire,
) -> None:
    room = publisher.BATCH_BYTES - 2 * publisher._message(events(TYPES[0])[0]).size
    fitting = events(*[TYPES[0]] * 2, padding=room // 2)
    batches = counted(sns_wire)
    await sns_wire.publisher.publish(fitting)
    assert list(map(len, batches)) == [2]
    await sns_wire.publisher.publish(events(*[TYPES[0]] * 2, padding=room // 2 + 1))
    assert list(map(len, batches)) == [2, 1, 1]
    assert len(await sns_wire.arrived(4)) == 4


async def test_an_event_that_no_topic_takes_is_named_and_holds_up_no_other(
    sns_wire: SnsWire,
) -> None:
    sent = events(*[TYPES[0]] * 2)
    (giant,) = events(TYPES[0], padding=publisher.LARGEST_BYTES)
    batches = counted(sns_wire)

    with pytest.raises(PublishIncomplete, match=rf"262,144 bytes, not sent: {giant.id} has 26"):
        await sns_wire.publisher.publish([sent[0], giant, sent[1]])

    assert batches == [["0", "1"]]
    assert len(await sns_wire.arrived(2)) == 2


async def test_only_the_entries_that_failed_are_sent_again(sns_wire: SnsWire) -> None:
    sent = events(*[TYPES[0]] * 5)
    batches = counted(sns_wire, refuse=lambda turn, entry: turn == 0 and entry in {"1", "3"})

    await sns_wire.publisher.publish(sent)

    assert list(map(len, batches)) == [5, 2]
    assert len(await sns_wire.arrived(5)) == 5
    assert await sns_wire.nothing_more()


async def test_what_is_never_accepted_is_named(sns_wire: SnsWire) -> None:
    sent = events(*TYPES)
    counted(sns_wire, refuse=lambda _turn, _entry: True, only=topic(TYPES[2]))

    with pytest.raises(PublishIncomplete, match="1 of 3") as caught:
        await sns_wire.publisher.publish(sent)

    assert sent[2].id in str(caught.value)
    assert sent[0].id not in str(caught.value)
    assert len(await sns_wire.arrived(2)) == 2


async def test_a_passing_outage_is_bridged(sns_wire: SnsWire) -> None:
    sent = events(TYPES[0])
    counted(sns_wire, break_turns={0})

    await sns_wire.publisher.publish(sent)

    assert await sns_wire.arrived(1) == sent


async def test_a_missing_topic_says_what_to_do(sns_wire: SnsWire) -> None:
    with pytest.raises(PublishIncomplete, match="orders provision"):
        await sns_wire.publisher.publish(events(EventType.COD_REMITTED))


async def test_no_answer_at_all_is_told() -> None:
    clients = AwsClients(region=REGION, endpoint_url="http://127.0.0.1:9")
    with pytest.raises(PublishIncomplete, match=r"127\.0\.0\.1:9"):
        await SnsEventPublisher(clients).publish(events(TYPES[0]))
    clients.close()


def counted(
    wire: SnsWire,
    *,
    refuse: Callable[[int, str], bool] = lambda _turn, _entry: False,
    only: str = "",
    break_turns: Sequence[int] | set[int] = (),
) -> list[list[str]]:
    """Count the batches; entries for which ``refuse`` holds go into ``Failed`` instead."""
    batches: list[list[str]] = []
    publish: Any = wire.clients.sns.publish_batch

    def publish_batch(*, TopicArn: str, PublishBatchRequestEntries: list[Any]) -> Any:  # noqa: N803
        turn = len(batches)
        batches.append([entry["Id"] for entry in PublishBatchRequestEntries])
        if turn in break_turns:
            answer: Any = {"Error": {"Code": "ServiceUnavailable", "Message": "away"}}
            raise ClientError(answer, "PublishBatch")
        applies = not only or TopicArn.endswith(f":{only}")
        failed = [e for e in PublishBatchRequestEntries if applies and refuse(turn, e["Id"])]
        passed = [entry for entry in PublishBatchRequestEntries if entry not in failed]
        if passed:
            publish(TopicArn=TopicArn, PublishBatchRequestEntries=passed)
        return {
            "Failed": [
                {"Id": entry["Id"], "Code": "InternalError", "SenderFault": False}
                for entry in failed
            ]
        }

    vars(wire.clients.sns)["publish_batch"] = publish_batch
    return batches

"""What every queue promises, SQS on both emulators and the fake."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from adapters.aws.clients import THREADS, AwsClients
from adapters.aws.provisioner import Provisioner
from adapters.aws.queue import SqsQueue
from adapters.aws.topology import QueueSpec, Topology
from domain.errors import StoreUnavailable
from domain.ports import MessageQueue, QueueMessage
from tests.contract.aws.conftest import EMULATORS, REGION, clients_of
from tests.fakes.gateways import FakeQueue

MAX_RECEIVE = 2


@asynccontextmanager
async def queue_over(clients: AwsClients, unique: str) -> AsyncIterator[SqsQueue]:
    spec = QueueSpec(name=unique, max_receive=MAX_RECEIVE)
    await Provisioner(clients).apply(Topology(queues=(spec,)))
    queue = SqsQueue(clients, unique)
    yield queue
    queue.close()


@pytest.fixture
async def sqs_queue(clients: AwsClients, unique: str) -> AsyncIterator[SqsQueue]:
    async with queue_over(clients, unique) as queue:
        yield queue


@pytest.fixture(params=["fake", *EMULATORS])
async def queue(request: pytest.FixtureRequest, unique: str) -> AsyncIterator[MessageQueue]:
    if request.param == "fake":
        yield FakeQueue(max_receive=MAX_RECEIVE)
        return
    async with queue_over(clients_of(request, request.param), unique) as queue:
        yield queue


async def received(
    queue: MessageQueue, visibility_s: int = 30, wait_s: int = 1
) -> Sequence[QueueMessage]:
    return await queue.receive(limit=10, wait_s=wait_s, visibility_s=visibility_s)


async def test_a_message_arrives_as_it_was_sent(queue: MessageQueue) -> None:
    await queue.send('{"ünïcode": "₹"}', {"type": "courier"})

    (message,) = await received(queue)

    assert message.body == '{"ünïcode": "₹"}'
    assert message.attributes == {"type": "courier"}
    assert message.receives == 1
    assert message.message_id
    assert message.receipt


async def test_an_empty_queue_gives_nothing(queue: MessageQueue) -> None:
    assert list(await received(queue, wait_s=0)) == []


async def test_a_received_message_is_hidden_from_others(queue: MessageQueue) -> None:
    await queue.send("once")
    await received(queue)

    assert list(await received(queue, wait_s=0)) == []


async def test_a_message_shown_again_counts_its_deliveries(queue: MessageQueue) -> None:
    await queue.send("again")
    (first,) = await received(queue)
    await queue.hide(first, 0)

    (second,) = await received(queue)

    assert (second.message_id, second.receives) == (first.message_id, 2)


async def test_an_acknowledged_message_is_gone(queue: MessageQueue) -> None:
    await queue.send("done")
    messages = await received(queue)
    await queue.delete(messages)
    await queue.hide(messages[0], 0)

    assert list(await received(queue, wait_s=0)) == []


async def test_acknowledging_again_is_no_error(queue: MessageQueue) -> None:
    await queue.send("done")
    messages = await received(queue)
    await queue.delete(messages)
    await queue.delete(messages)
    await queue.delete([])
    assert not await queue.receive(limit=10, wait_s=0, visibility_s=5)


async def test_no_more_than_the_limit_is_received(queue: MessageQueue) -> None:
    for number in range(4):
        await queue.send(str(number))

    first = await queue.receive(limit=3, wait_s=1, visibility_s=30)
    rest = await received(queue)

    assert len(first) <= 3
    assert {m.body for m in (*first, *rest)} == {"0", "1", "2", "3"}


async def test_many_messages_are_acknowledged_in_batches(queue: MessageQueue) -> None:
    for number in range(13):
        await queue.send(str(number))
    messages = [*await received(queue), *await received(queue)]
    assert len(messages) == 13

    await queue.delete(messages)
    for message in messages:
        await queue.hide(message, 0)

    assert list(await received(queue, wait_s=0)) == []


async def test_a_message_that_is_never_acknowledged_leaves_the_queue(queue: MessageQueue) -> None:
    await queue.send("poison")
    for _ in range(MAX_RECEIVE):
        (message,) = await received(queue)
        await queue.hide(message, 0)

    assert list(await received(queue, wait_s=0)) == []


async def test_the_dead_letter_queue_takes_it(clients: AwsClients, sqs_queue: SqsQueue) -> None:
    await sqs_queue.send(json.dumps("poison"))
    for _ in range(MAX_RECEIVE):
        (message,) = await received(sqs_queue)
        await sqs_queue.hide(message, 0)
    await received(sqs_queue, wait_s=0)

    dead = SqsQueue(clients, f"{sqs_queue._name}-dlq")
    (letter,) = await received(dead, wait_s=2)
    dead.close()

    assert letter.body == '"poison"'


async def test_a_poll_wakes_when_a_message_comes(sqs_queue: SqsQueue) -> None:
    poll = asyncio.create_task(received(sqs_queue, wait_s=10))
    await asyncio.sleep(0.05)
    started = time.monotonic()
    await sqs_queue.send("wake")

    (message,) = await poll

    assert message.body == "wake"
    assert time.monotonic() - started < 5


async def test_many_polls_of_one_queue_do_not_block_other_calls(sqs_queue: SqsQueue) -> None:
    await received(sqs_queue, wait_s=0)
    polls = [asyncio.create_task(received(sqs_queue, wait_s=1)) for _ in range(THREADS + 4)]
    await asyncio.sleep(0)
    await sqs_queue.send("quick")

    assert not all(poll.done() for poll in polls)
    for poll in polls:
        poll.cancel()
    await asyncio.gather(*polls, return_exceptions=True)


async def test_a_cancelled_poll_gives_back_what_it_still_gets(sqs_queue: SqsQueue) -> None:
    await received(sqs_queue, wait_s=0)
    poll = asyncio.create_task(received(sqs_queue, wait_s=5, visibility_s=600))
    await asyncio.sleep(0.05)
    poll.cancel()
    with pytest.raises(asyncio.CancelledError):
        await poll

    await sqs_queue.send("kept")
    async with asyncio.timeout(8):
        while not (found := await received(sqs_queue)):
            pass

    assert [message.body for message in found] == ["kept"]


async def test_a_missing_queue_says_what_to_do(clients: AwsClients, unique: str) -> None:
    missing = SqsQueue(clients, unique)
    with pytest.raises(StoreUnavailable, match="orders provision"):
        await missing.send("lost")
    with pytest.raises(StoreUnavailable, match="orders provision"):
        await received(missing)
    missing.close()


async def test_no_answer_at_all_is_told() -> None:
    clients = AwsClients(region=REGION, endpoint_url="http://127.0.0.1:9")
    queue = SqsQueue(clients, "any")
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:9"):
        await queue.send("lost")
    queue.close()
    clients.close()

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from adapters.aws.clients import AwsClients
from adapters.aws.queue import SqsQueue
from adapters.settings import Settings
from domain.ports import QueueMessage
from domain.wire import dump_event
from tests.consumers.orders import log_of, new_order_id
from tests.workers.stack_settings import settings_with
from workers import dead_letters
from workers.provision import provision
from workers.stack.errors import StackError


@pytest.fixture(scope="module")
def settings(aws_endpoint_url: str, mongodb_url: str) -> Settings:
    made = settings_with(
        AWS_ENDPOINT_URL=aws_endpoint_url,
        MONGODB_URL=mongodb_url,
        MONGODB_DATABASE="test_dead_letters",
    )
    asyncio.run(provision(made, dry_run=False))
    return made


class Queues:
    """The inbox's queues, from outside; webhooks are nobody else's in these tests."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def bury(self, *bodies: str) -> None:
        async def send(queue: SqsQueue) -> None:
            await asyncio.gather(*(queue.send(body, {"type": "t"}) for body in bodies))

        self._run(lambda queue: send(queue("webhook-inbox-dlq")))

    def waiting(self) -> list[QueueMessage]:
        """Take what waits for the consumer."""

        async def take(queue: SqsQueue) -> list[QueueMessage]:
            messages = await queue.receive(limit=10, wait_s=0, visibility_s=30)
            await queue.delete(messages)
            return list(messages)

        found: list[QueueMessage] = self._run(lambda queue: take(queue("webhook-inbox")))
        return found

    def _run(self, work: Any) -> Any:
        clients = AwsClients(region="ap-south-1", endpoint_url=self._settings.aws_endpoint_url)
        opened: list[SqsQueue] = []

        def queue(name: str) -> SqsQueue:
            opened.append(SqsQueue(clients, name))
            return opened[-1]

        async def run() -> Any:
            call: Coroutine[Any, Any, Any] = work(queue)
            return await call

        try:
            return asyncio.run(run())
        finally:
            for each in opened:
                each.close()
            clients.close()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator has one server: it tells at once whether a queue is empty."""
    monkeypatch.setattr(dead_letters, "WAIT_S", 0)


@pytest.fixture
def queues(settings: Settings) -> Iterator[Queues]:
    yield Queues(settings)
    dead_letters.drop(settings, "webhook_inbox")


def test_looking_leaves_the_letters_where_they_are_and_says_what_they_are_about(
    settings: Settings, queues: Queues
) -> None:
    event = log_of(new_order_id(), 1)[0]
    webhook = '{"source": "razorpay", "event_id": "evt_9", "body": "{}"}'
    queues.bury(dump_event(event), webhook, "{garbage", "[1]")
    dead_letters.list_dead(settings, "webhook_inbox")
    letters = dead_letters.list_dead(settings, "webhook_inbox")
    assert {letter.body: (letter.type, letter.subject) for letter in letters} == {
        dump_event(event): ("order_placed", event.id),
        webhook: ("webhook", "razorpay evt_9"),
        "{garbage": ("unreadable", ""),
        "[1]": ("unreadable", ""),
    }
    assert dead_letters.show(settings, "webhook_inbox", letters[0].message_id) == letters[0]


def test_a_redriven_letter_is_in_its_queue_again_and_dead_no_more(
    settings: Settings, queues: Queues
) -> None:
    queues.bury('{"n": 1}', '{"n": 2}')
    letters = {each.body: each for each in dead_letters.list_dead(settings, "webhook_inbox")}
    wanted = letters['{"n": 1}'].message_id
    sent = dead_letters.redrive(settings, "webhook_inbox", [wanted])
    assert [letter.message_id for letter in sent] == [wanted]
    assert [(m.body, m.attributes) for m in queues.waiting()] == [('{"n": 1}', {"type": "t"})]
    left = dead_letters.list_dead(settings, "webhook_inbox")
    assert [letter.body for letter in left] == ['{"n": 2}']


def test_all_letters_of_a_consumer_can_be_dropped(settings: Settings, queues: Queues) -> None:
    queues.bury(*(f'{{"n": {number}}}' for number in range(12)))
    assert {letter.consumer for letter in dead_letters.list_dead(settings)} == {"webhook_inbox"}
    assert len(dead_letters.drop(settings, "webhook_inbox")) == 12
    assert dead_letters.list_dead(settings) == []
    assert queues.waiting() == []


def test_a_wrong_name_is_told_with_the_right_ones(settings: Settings) -> None:
    with pytest.raises(StackError, match=r"no consumer 'views'.*order_view.*webhook_inbox"):
        dead_letters.list_dead(settings, "views")
    with pytest.raises(StackError, match="no dead letter nothing"):
        dead_letters.show(settings, "webhook_inbox", "nothing")
    with pytest.raises(StackError, match="no dead letter nothing"):
        dead_letters.redrive(settings, "webhook_inbox", ["nothing"])

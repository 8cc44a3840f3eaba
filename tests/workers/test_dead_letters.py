import asyncio
import json
from collections.abc import Coroutine, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from adapters.aws.clients import AwsClients
from adapters.aws.queue import SqsQueue
from adapters.mongo.connection import close, connect
from adapters.settings import Settings
from adapters.system_clock import SystemClock
from consumers.assembly import assemble
from consumers.metrics import ConsumerMetrics
from consumers.registry import discover
from domain.ports import QueueMessage
from domain.wire import dump_event
from tests.consumers.conformance import stored_in
from tests.consumers.doubles import MemoryLive, MemoryNews, Workflows
from tests.consumers.orders import log_of, new_order_id
from tests.workers.stack_settings import settings_with
from workers import dead_letters
from workers.provision import provision
from workers.run_consumer import ports_over
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
    """Queues from outside; those of webhooks if a test names no other."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def bury(
        self,
        *bodies: str,
        queue: str = "webhook-inbox-dlq",
        attributes: Mapping[str, str] = MappingProxyType({"type": "t"}),
    ) -> None:
        async def send(dead: SqsQueue) -> None:
            await asyncio.gather(*(dead.send(body, attributes) for body in bodies))

        self._run(lambda queue_of: send(queue_of(queue)))

    def waiting(self, name: str = "webhook-inbox") -> list[QueueMessage]:
        """Take what waits for the consumer."""

        async def take(queue: SqsQueue) -> list[QueueMessage]:
            messages = await queue.receive(limit=10, wait_s=0, visibility_s=30)
            await queue.delete(messages)
            return list(messages)

        found: list[QueueMessage] = self._run(lambda queue: take(queue(name)))
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
    for consumer in ("webhook_inbox", "order_view"):
        dead_letters.drop(settings, consumer)


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


UNDELIVERED = "order-view-undelivered"
BY_SNS = {
    "RequestID": "5b0e",
    "ErrorCode": "AccessDenied",
    "ErrorMessage": "no permission to send",
}
PUBLISHED = {"type": "order_placed", "status": "pending_payment", "schema_version": "1"}


def test_what_sns_could_not_deliver_is_listed_with_its_reason_and_redriven_as_published(
    settings: Settings, queues: Queues
) -> None:
    """Filled by hand: no emulator delivers to a subscription's dead-letter queue."""
    event = log_of(new_order_id(), 1)[0]
    body = dump_event(event)
    queues.bury(body, queue=UNDELIVERED, attributes={**PUBLISHED, **BY_SNS})
    (letter,) = dead_letters.list_dead(settings, "order_view")
    assert (letter.queue, letter.subject) == (UNDELIVERED, event.id)
    assert letter.why == "AccessDenied: no permission to send"
    assert dead_letters.redrive(settings, "order_view", [letter.message_id]) == [letter]
    (sent,) = queues.waiting("order-view")
    assert (sent.body, sent.attributes) == (body, PUBLISHED)
    assert dead_letters.list_dead(settings, "order_view") == []


def test_an_undelivered_message_in_its_wrapper_is_taken_out_of_it(
    settings: Settings, queues: Queues
) -> None:
    body = dump_event(log_of(new_order_id(), 1)[0])
    attributes = {name: {"Type": "String", "Value": text} for name, text in PUBLISHED.items()}
    wrapper = {"Type": "Notification", "Message": body, "MessageAttributes": attributes}
    queues.bury(json.dumps(wrapper), queue=UNDELIVERED, attributes=BY_SNS)
    (letter,) = dead_letters.list_dead(settings, "order_view")
    assert letter.type == "order_placed"
    dead_letters.redrive(settings, "order_view")
    (sent,) = queues.waiting("order-view")
    assert (sent.body, sent.attributes) == (body, PUBLISHED)


# --- a redriven event and what its consumer has done ----------------------------------------------


class View:
    """The view's consumer on the queue and the database that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def handle_what_waits(self) -> object:
        """Run the consumer until its queue is empty, and return everything that is stored."""
        return asyncio.run(self._run())

    async def _run(self) -> object:
        settings = self._settings
        clients = AwsClients(region="ap-south-1", endpoint_url=settings.aws_endpoint_url)
        database = connect(settings.mongodb_url, settings.mongodb_database)
        ports = ports_over(
            database,
            clock=SystemClock(),
            live=MemoryLive(),
            events_since=Workflows().events_since,
            news=MemoryNews(),
            metrics=ConsumerMetrics(CollectorRegistry()),
        )
        module = discover()["order_view"]
        queue = SqsQueue(clients, module.contract.queue)
        runner = assemble(module, queue, ports).runner
        try:
            while messages := await queue.receive(limit=10, wait_s=0, visibility_s=30):
                await runner.process(messages)
            return await stored_in(database)
        finally:
            queue.close()
            clients.close()
            await close(database)


def test_a_redriven_event_that_was_handled_already_changes_nothing(
    settings: Settings, queues: Queues
) -> None:
    view, log = View(settings), [dump_event(event) for event in log_of(new_order_id(), 6)]
    queues.bury(*log, queue="order-view")
    before = view.handle_what_waits()
    queues.bury(*log[1:4], queue="order-view-dlq")
    queues.bury(log[5], queue=UNDELIVERED, attributes=BY_SNS)
    assert len(dead_letters.redrive(settings, "order_view")) == 4
    assert view.handle_what_waits() == before
    assert dead_letters.list_dead(settings, "order_view") == []
    assert queues.waiting("order-view") == []


def test_a_redriven_event_that_was_never_handled_has_its_effect(
    settings: Settings, queues: Queues
) -> None:
    view, log = View(settings), [dump_event(event) for event in log_of(new_order_id(), 6)]
    queues.bury(*log, queue="order-view")
    whole = view.handle_what_waits()
    late = [dump_event(event) for event in log_of(new_order_id(), 6)]
    queues.bury(*late[:2], *late[3:], queue="order-view")
    holed = view.handle_what_waits()
    queues.bury(late[2], queue=UNDELIVERED, attributes=BY_SNS)
    dead_letters.redrive(settings, "order_view")
    healed = view.handle_what_waits()
    assert _views(holed) == [2, *_views(whole)]
    assert _views(healed) == [*_views(whole), 6]


def _views(stored: object) -> list[int]:
    """How far each view is, ascending."""
    assert isinstance(stored, Mapping)
    return sorted(view["view"]["sequence"] for view in stored["order_views"])

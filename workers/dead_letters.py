"""Looks after dead letters: what is there, what one says, back into its queue, or away with it.

A consumer has two kinds: what it could not handle (`<queue>-dlq`), and what SNS could not put on
its queue (`<queue>-undelivered`), which comes with the reason in its attributes.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from adapters.aws.clients import AwsClients
from adapters.aws.queue import SqsQueue
from adapters.settings import Settings
from consumers.contract import ConsumerContract
from consumers.registry import discover
from domain.ports import MessageQueue, QueueMessage
from workers.stack.errors import StackError

BATCH = 10
HELD_S = 60
"""How long a look keeps messages from others; they are given back before."""
REASON = ("ErrorCode", "ErrorMessage")
SAID_BY_SNS = frozenset({*REASON, "RequestID"})
"""What SNS adds to a message that it could not deliver; not part of the message."""
ENVELOPE = "Notification"
"""The type of the wrapper that SNS puts around a message where delivery is not raw."""
WAIT_S = 1
"""Any wait makes SQS ask all servers of a queue, so that an empty answer means an empty queue."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetter:
    """One message that its consumer could not handle. `body` may hold personal data.

    Attributes:
        subject: the event's id, or the source of a webhook, as far as the body can be read.
        type: the event's type, or "webhook".
        queue: where it lies.
        why: what SNS says about it; empty for what the consumer could not handle: its log says it.
    """

    consumer: str
    message_id: str
    subject: str
    type: str
    body: str
    queue: str = ""
    why: str = ""


def list_dead(settings: Settings, consumer: str | None = None) -> list[DeadLetter]:
    """Return the dead letters of one consumer, or of all; they stay where they are.

    Raises:
        StackError: there is no such consumer.
        StoreUnavailable: the queues do not answer, or are not provisioned.
    """

    async def look(desk: _Desk) -> list[DeadLetter]:
        return [letter for name in desk.names(consumer) for letter in await desk.look(name)]

    return _at_desk(settings, look)


def show(settings: Settings, consumer: str, message_id: str) -> DeadLetter:
    """Return one dead letter with its body.

    Raises:
        StackError: there is no such consumer, or no such message.
    """
    found = [letter for letter in list_dead(settings, consumer) if letter.message_id == message_id]
    if not found:
        message = f"{consumer} has no dead letter {message_id}: see `orders dlq list`"
        raise StackError(message)
    return found[0]


def redrive(
    settings: Settings, consumer: str, message_ids: Sequence[str] | None = None
) -> list[DeadLetter]:
    """Send dead letters (all, or these) back to their queue, and return them.

    Each is sent before it is deleted: after a crash between it is there twice, which a consumer
    does not mind, and never lost.
    """
    return _at_desk(settings, lambda desk: desk.take(consumer, message_ids, send=True))


def drop(
    settings: Settings, consumer: str, message_ids: Sequence[str] | None = None
) -> list[DeadLetter]:
    """Delete dead letters (all, or these) for good, and return them."""
    return _at_desk(settings, lambda desk: desk.take(consumer, message_ids, send=False))


class _Desk:
    def __init__(self, queues: Callable[[str], MessageQueue]) -> None:
        self._contracts = {name: found.contract for name, found in discover().items()}
        self._queues = queues

    def names(self, consumer: str | None) -> list[str]:
        return list(self._contracts) if consumer is None else [self._contract(consumer).name]

    async def look(self, consumer: str) -> list[DeadLetter]:
        contract = self._contract(consumer)
        letters: list[DeadLetter] = []
        for name in _queues(contract):
            async with _received(self._queues(name)) as messages:
                letters += [_letter(consumer, name, message) for message in messages]
        return letters

    async def take(
        self, consumer: str, message_ids: Sequence[str] | None, *, send: bool
    ) -> list[DeadLetter]:
        contract = self._contract(consumer)
        source = self._queues(contract.queue) if send else None
        taken: list[DeadLetter] = []
        for name in _queues(contract):
            taken += await self._take_from(name, message_ids, source, consumer)
        missing = set(message_ids or ()) - {letter.message_id for letter in taken}
        if missing:
            message_text = f"{consumer} has no dead letter {', '.join(sorted(missing))}"
            raise StackError(message_text)
        return taken

    async def _take_from(
        self,
        name: str,
        message_ids: Sequence[str] | None,
        source: MessageQueue | None,
        consumer: str,
    ) -> list[DeadLetter]:
        dead = self._queues(name)
        taken: list[DeadLetter] = []
        async with _received(dead) as messages:
            for message in list(messages):
                if message_ids is not None and message.message_id not in message_ids:
                    continue
                if source is not None:
                    await source.send(*_as_published(message))
                await dead.delete([message])
                messages.remove(message)
                taken.append(_letter(consumer, name, message))
        return taken

    def _contract(self, consumer: str) -> ConsumerContract:
        if consumer not in self._contracts:
            names = ", ".join(self._contracts)
            message = f"there is no consumer {consumer!r}; there are {names}"
            raise StackError(message)
        return self._contracts[consumer]


@asynccontextmanager
async def _received(queue: MessageQueue) -> AsyncIterator[list[QueueMessage]]:
    """Receive everything that can be had; what the block leaves in the list is given back."""
    messages: list[QueueMessage] = []
    try:
        while polled := await queue.receive(limit=BATCH, wait_s=WAIT_S, visibility_s=HELD_S):
            messages.extend(polled)
        yield messages
    finally:
        for message in messages:
            await queue.hide(message, 0)


def _queues(contract: ConsumerContract) -> tuple[str, ...]:
    return (contract.dlq, *([contract.undelivered] if contract.from_topics else ()))


def _letter(consumer: str, queue: str, message: QueueMessage) -> DeadLetter:
    body, _ = _as_published(message)
    event_type, subject = _say(body)
    reasons = (message.attributes.get(name, "") for name in REASON)
    return DeadLetter(
        consumer=consumer,
        message_id=message.message_id,
        subject=subject,
        type=event_type,
        body=message.body,
        queue=queue,
        why=": ".join(reason for reason in reasons if reason),
    )


def _as_published(message: QueueMessage) -> tuple[str, Mapping[str, str]]:
    """Return body and attributes as they were published, without what SNS put around them."""
    own = {name: text for name, text in message.attributes.items() if name not in SAID_BY_SNS}
    try:
        document = json.loads(message.body)
    except ValueError:
        return message.body, own
    if not isinstance(document, dict) or document.get("Type") != ENVELOPE:
        return message.body, own
    wrapped = document.get("MessageAttributes", {})
    return str(document["Message"]), {name: each["Value"] for name, each in wrapped.items()}


def _say(body: str) -> tuple[str, str]:
    try:
        document = json.loads(body)
    except ValueError:
        return "unreadable", ""
    if not isinstance(document, dict):
        return "unreadable", ""
    if "source" in document and "body" in document:
        return "webhook", f"{document['source']} {document.get('event_id', '')}".strip()
    return str(document.get("type", "unreadable")), str(document.get("id", ""))


def _at_desk(settings: Settings, work: Callable[[_Desk], Coroutine[Any, Any, T]]) -> T:
    clients = AwsClients(region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
    queues: list[SqsQueue] = []

    def queue(name: str) -> SqsQueue:
        queues.append(SqsQueue(clients, name))
        return queues[-1]

    try:
        return asyncio.run(work(_Desk(queue)))
    finally:
        for each in queues:
            each.close()
        clients.close()

"""From received messages to the work in them: what is done together, passed over, or unreadable.

Pure, so that a server's runner and a function answer alike.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from consumers.contract import (
    Consumer,
    ConsumerContract,
    EventConsumer,
    MessageConsumer,
    UnknownType,
)
from domain.events import SCHEMA_VERSIONS, EventType, OrderEvent
from domain.ports import Clock, QueueMessage
from domain.wire import Unreadable, read_envelope


class FromTheFuture(Unreadable):
    """An order event of a type or schema version that this version of the code does not know."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What is done as one and acknowledged as one; jobs of one key never run at the same time.

    Where that fails, `parts` are tried one by one, so that one bad message does not drag the others
    into the dead-letter queue.
    """

    key: str
    messages: tuple[QueueMessage, ...]
    run: Callable[[], Awaitable[None]]
    subject: str
    since: datetime | None = None
    parts: "tuple[Job, ...]" = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The work in a batch. `unreadable` stays in the queue until it becomes a dead letter."""

    jobs: tuple[Job, ...] = ()
    ignored: tuple[QueueMessage, ...] = ()
    unreadable: tuple[tuple[QueueMessage, str], ...] = ()


Planner = Callable[[Sequence[QueueMessage]], Plan]


def planner(contract: ConsumerContract, consumer: Consumer, clock: Clock | None = None) -> Planner:
    """Return how a consumer's batches become jobs.

    With a clock, an event that is older than what the consumer remembers is not handled: nobody
    can tell any more whether it was, so it stays a dead letter, for people.

    Raises:
        TypeError: the consumer lacks the method that its contract asks for.
    """
    if contract.from_topics:
        if not hasattr(consumer, "handle"):
            message = f"consumer {contract.name}: it wants event types, so it needs handle(events)"
            raise TypeError(message)
        return lambda messages: plan_events(
            contract,
            consumer,  # type: ignore[arg-type]
            messages,
            forgotten_before=_forgotten_before(contract, clock),
        )
    if not hasattr(consumer, "handle_message"):
        message = f"consumer {contract.name}: without event types it needs handle_message(body)"
        raise TypeError(message)
    return lambda messages: plan_messages(consumer, messages)  # type: ignore[arg-type]


def plan_messages(consumer: MessageConsumer, messages: Sequence[QueueMessage]) -> Plan:
    """Return one job per message."""

    def job(message: QueueMessage) -> Job:
        return Job(
            key=message.message_id,
            messages=(message,),
            run=lambda: consumer.handle_message(message.body),
            subject=message.message_id,
        )

    return Plan(jobs=tuple(job(message) for message in messages))


def _forgotten_before(contract: ConsumerContract, clock: Clock | None) -> datetime | None:
    window = contract.idempotency.window
    return clock.now() - window if clock is not None and window is not None else None


def plan_events(
    contract: ConsumerContract,
    consumer: EventConsumer,
    messages: Sequence[QueueMessage],
    *,
    forgotten_before: datetime | None = None,
) -> Plan:
    """Return one job per order, its events ascending and each once."""
    ignored: list[QueueMessage] = []
    unreadable: list[tuple[QueueMessage, str]] = []
    by_order: dict[str, list[tuple[QueueMessage, OrderEvent]]] = {}
    for message in messages:
        try:
            event = read_event(message.body)
        except FromTheFuture as error:
            if contract.unknown_type is UnknownType.IGNORE:
                ignored.append(message)
            else:
                unreadable.append((message, str(error)))
        except Unreadable as error:
            unreadable.append((message, str(error)))
        else:
            if event.type not in contract.types:
                ignored.append(message)
            elif forgotten_before is not None and event.time < forgotten_before:
                unreadable.append((message, f"{event.id} is older than this consumer remembers"))
            else:
                by_order.setdefault(event.order_id, []).append((message, event))
    jobs = tuple(_job(consumer, order_id, items) for order_id, items in by_order.items())
    return Plan(jobs=jobs, ignored=tuple(ignored), unreadable=tuple(unreadable))


def read_event(body: str) -> OrderEvent:
    """Return the event of a message.

    Raises:
        FromTheFuture: an order event of a type or schema version that we do not know yet.
        Unreadable: not an order event.
    """
    try:
        document = json.loads(body)
    except ValueError as error:
        message = f"not JSON: {error}"
        raise Unreadable(message) from error
    if not isinstance(document, dict):
        message = f"not an order event but a JSON {type(document).__name__}"
        raise Unreadable(message)
    _refuse_future(document.get("type"), document.get("dataschema"))
    return read_envelope(document)


def _refuse_future(event_type: object, schema: object) -> None:
    if not isinstance(event_type, str):
        return
    if event_type not in set(EventType):
        message = f"event type {event_type[:60]!r} is not known to this version"
        raise FromTheFuture(message)
    known = SCHEMA_VERSIONS[EventType(event_type)]
    version = schema.rpartition("/")[2] if isinstance(schema, str) else str(known)
    if version.isdecimal() and int(version) > known:
        message = f"schema version {version[:20]} of {event_type} is newer than {known}"
        raise FromTheFuture(message)


def _job(
    consumer: EventConsumer, order_id: str, items: Sequence[tuple[QueueMessage, OrderEvent]]
) -> Job:
    items = sorted(items, key=lambda item: (item[1].epoch, item[1].sequence))
    events = list({event.id: event for _, event in items}.values())
    return Job(
        key=order_id,
        messages=tuple(message for message, _ in items),
        run=lambda: consumer.handle(events),
        subject=order_id,
        since=min(event.time for event in events),
        parts=tuple(_job(consumer, order_id, [item]) for item in items) if len(items) > 1 else (),
    )

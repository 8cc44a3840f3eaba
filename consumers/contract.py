"""What a consumer promises, in a form that provisioning, documents and tests can read.

A consumer is one module of this package with a `CONTRACT` and a `build(ports)`.
"""

import asyncio
import re
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from domain.events import EventType, OrderEvent, topic

ALL = frozenset(EventType)
"""Every type: the only subscription in which a hole in the sequence means a loss."""

NOT_FROM_TOPICS: frozenset[EventType] = frozenset()
"""The queue is filled by somebody else than SNS; its messages are not order events."""

FOREVER: timedelta | None = None
LONGEST_VISIBILITY_S = 43_200
MOST_RECEIVES = 1000
LONGEST_STAY = timedelta(days=18)
"""Four days in a queue and fourteen among its dead letters: a memory must not be shorter."""
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
_QUEUE = re.compile(r"[a-z][a-z0-9-]{1,66}")
"""SQS allows 80 characters, of which `-undelivered` needs 12."""


class IdempotencyKey(StrEnum):
    """By what a repeat is recognised; never the queue's own message id, which a redrive renews."""

    EVENT_ID = "event.id"
    ORDER_SEQUENCE = "order_id+sequence"
    BUSINESS = "business key"


class Atomicity(StrEnum):
    """How remembering a message and its effect hold together."""

    SAME_DOCUMENT = "same-document"
    SAME_TRANSACTION = "same-transaction"
    CLAIM_THEN_EFFECT = "claim-then-effect"
    PROVIDER_KEY = "provider-key"


class OnDuplicate(StrEnum):
    """What a message that was handled before does."""

    NOTHING = "nothing"
    SAME_EFFECT = "same-effect"


class OnMismatch(StrEnum):
    """What the same key with another content does."""

    KEEP_FIRST = "keep-first"
    PARK = "keep-first-and-park"


class Ordering(StrEnum):
    """What the consumer needs of the sequence; only subscribers of all types can be contiguous."""

    NONE = "none"
    MONOTONIC = "monotonic"
    CONTIGUOUS = "contiguous"


class UnknownType(StrEnum):
    """What happens to a type or schema version from the future: acknowledged, or kept for later."""

    IGNORE = "ignore"
    PARK = "park"


class ContractInvalid(ValueError):
    """A contract contradicts itself or the queue's limits; names the field and the remedy."""


class NotYet(Exception):
    """A handler cannot place a message yet, because what it builds on has not come.

    An event is parked in MongoDB and handed over again when its order moves, for as long as it
    takes. A message of a queue without topics comes back later and, after n tries, to ops. The text
    names ids only, never personal data.
    """


@dataclass(frozen=True, kw_only=True, slots=True)
class Idempotency:
    """How the consumer makes a repeat harmless.

    Attributes:
        key: by what a repeat is recognised.
        scope: within what the key is unique, in words ("order", "consumer").
        store: where the memory is kept, in words ("MongoDB: order_views").
        window: how long a repeat is recognised; `FOREVER` where the effect itself is the memory.
    """

    key: IdempotencyKey
    scope: str
    store: str
    window: timedelta | None
    atomicity: Atomicity
    on_duplicate: OnDuplicate
    on_mismatch: OnMismatch


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueDeclaration:
    """The queue that a consumer needs: provisioning turns this into topology.

    `dlq` takes what the consumer could not handle, `undelivered` what SNS could not put on the
    queue: two queues, because the causes are different people's to mend.
    """

    name: str
    dlq: str
    undelivered: str
    topics: tuple[str, ...]
    visibility_s: int
    max_receive: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsumerContract:
    """One consumer's promise.

    Attributes:
        types: the event types it wants; `ALL`, or `NOT_FROM_TOPICS` for a queue without topics.
        visibility_s: how long a received message stays hidden; extended while a handler runs.
        max_receive: deliveries after which the queue gives a message to the dead-letter queue;
            with the runner's backoff 12 of them take 19 minutes, 15 take 34.
        replay_safe: whether old events may be fed to it again (no effect outside its own store).
        staleness_slo_s: for views: how far behind it may be.
    """

    name: str
    types: frozenset[EventType]
    queue: str
    idempotency: Idempotency
    ordering: Ordering
    unknown_type: UnknownType
    visibility_s: int = 30
    max_receive: int = 12
    replay_safe: bool
    staleness_slo_s: float | None = None

    def __post_init__(self) -> None:
        problems = [text for wrong, text in self._checks() if wrong]
        if problems:
            message = f"contract of consumer {self.name!r}: {'; '.join(problems)}"
            raise ContractInvalid(message)

    def _checks(self) -> tuple[tuple[bool, str], ...]:
        return (
            (not _NAME.fullmatch(self.name), "name: use lower case letters, digits and _"),
            (not _QUEUE.fullmatch(self.queue), "queue: use lower case letters, digits and -"),
            (
                not 1 <= self.visibility_s <= LONGEST_VISIBILITY_S,
                f"visibility_s: use 1 to {LONGEST_VISIBILITY_S}",
            ),
            (not 1 <= self.max_receive <= MOST_RECEIVES, f"max_receive: use 1 to {MOST_RECEIVES}"),
            (
                self.ordering is Ordering.CONTIGUOUS and self.types != ALL,
                "ordering: contiguous needs types=ALL, other subscribers see holes by design",
            ),
            (
                self.idempotency.window is not None and self.idempotency.window < LONGEST_STAY,
                f"idempotency.window: use FOREVER or at least {LONGEST_STAY.days} days, "
                "for so long a message may wait in the queue and its dead letters",
            ),
        )

    @property
    def dlq(self) -> str:
        """Return the name of the dead-letter queue."""
        return f"{self.queue}-dlq"

    @property
    def undelivered(self) -> str:
        """Return the name of the queue for what SNS could not deliver."""
        return f"{self.queue}-undelivered"

    @property
    def from_topics(self) -> bool:
        """Tell whether SNS feeds the queue."""
        return bool(self.types)

    def declaration(self) -> QueueDeclaration:
        """Return the queue to be provisioned."""
        return QueueDeclaration(
            name=self.queue,
            dlq=self.dlq,
            undelivered=self.undelivered,
            topics=tuple(sorted(topic(event_type) for event_type in self.types)),
            visibility_s=self.visibility_s,
            max_receive=self.max_receive,
        )


class EventConsumer(Protocol):
    """Handles order events."""

    async def handle(self, events: Sequence[OrderEvent]) -> None:
        """Handle one order's events of a batch, ascending and each once.

        Returning acknowledges all of them, raising brings all of them back later, `NotYet` has
        them parked. Repeats of
        earlier events, holes and two calls at once from two processes must be harmless.
        """
        ...


class MessageConsumer(Protocol):
    """Handles messages of a queue that no topic feeds."""

    async def handle_message(self, body: str) -> None:
        """Handle one message. Returning acknowledges it, raising brings it back later."""
        ...


Consumer = EventConsumer | MessageConsumer

Loop = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""Something that runs beside a consumer until the event is set."""


@runtime_checkable
class HasCompanions(Protocol):
    """A consumer with loops of its own (a sweep, a repair). Functions leave them to a server."""

    def companions(self) -> Sequence[Loop]:
        """Return the loops to run in the consumer's process."""
        ...

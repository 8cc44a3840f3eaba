"""What every consumer gets from the house: documents of its own, and a place for early events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.events import OrderEvent

Value = str | int | bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A change of one of a consumer's documents, which comes to be with its first change.

    Attributes:
        key: the document.
        add: by how much numbers grow; an absent one counts as 0.
        put: what fields say from now on.
    """

    key: str
    add: Mapping[str, int] = field(default_factory=dict)
    put: Mapping[str, Value] = field(default_factory=dict)


class Applied(StrEnum):
    """What became of an event's changes."""

    DONE = "done"
    REPEATED = "repeated"
    CONTRADICTED = "contradicted"


class ConsumerRecords(Protocol):
    """A consumer's documents, and its inbox: an event changes them once, for ever.

    With it a consumer needs no adapter of its own. The memory of an event and its effect are
    one transaction.
    """

    async def apply(self, consumer: str, event: OrderEvent, changes: Sequence[Change]) -> Applied:
        """Remember the event and make its changes, both or neither.

        `REPEATED`: the same fact was applied before; `CONTRADICTED`: another fact was, under the
        same id. Neither changes anything.
        """
        ...

    async def read(self, consumer: str, key: str) -> Mapping[str, Value] | None:
        """Return a document, or None."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ParkedSum:
    """How many events of a consumer wait, and since when the oldest does."""

    events: int
    oldest: datetime | None = None


class ParkedEvents(Protocol):
    """Events that came before what they build on, kept per consumer until they can be handled."""

    async def park(self, consumer: str, event: OrderEvent, *, now: datetime, due: datetime) -> None:
        """Keep an event, to be tried again at `due`; parking again only moves that. Idempotent."""
        ...

    async def of_order(self, consumer: str, order_id: str) -> Sequence[OrderEvent]:
        """Return an order's parked events, ascending."""
        ...

    async def due(self, consumer: str, now: datetime, limit: int) -> Sequence[str]:
        """Return orders with an event that is due, the longest due first."""
        ...

    async def tries(self, consumer: str, event: OrderEvent) -> int:
        """Return how often this event was parked."""
        ...

    async def release(self, consumer: str, event: OrderEvent) -> None:
        """Forget an event that was handled. Idempotent."""
        ...

    async def waiting(self, consumer: str) -> ParkedSum:
        """Return how much waits."""
        ...

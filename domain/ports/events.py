"""Events on their way out, the log, the views, and the live feed."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

from domain.events import OrderEvent
from domain.status import OrderStatus
from domain.view import OrderView

KEPT_DIGESTS: Final = 100
"""How far back a head remembers what was published; a lost task covers a handful of events."""

NO_FACTS: Final[Mapping[int, str]] = MappingProxyType({})


FIRST_SEQUENCE: Final = 1
_CUSTOMER_ROOM: Final = "customer:"


def customer_room(customer_id: str) -> str:
    """Return the name under which the first event of each order of a customer is announced, too."""
    return f"{_CUSTOMER_ROOM}{customer_id}"


def is_customer_room(name: str) -> bool:
    """Tell such a name from an order id."""
    return name.startswith(_CUSTOMER_ROOM)


class EventPublisher(Protocol):
    """SNS, one topic per type."""

    async def publish(self, events: Sequence[OrderEvent]) -> None:
        """Publish events, batched per topic; repeating keeps each id.

        Raises:
            PublishIncomplete: some were not accepted.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Position:
    """A place in an order's log: everything up to `sequence` of `epoch`. A later epoch is newer."""

    epoch: int
    sequence: int

    @classmethod
    def of(cls, place: OrderView | OrderEvent) -> "Position":
        """Return where a view stands, or an event."""
        return cls(epoch=place.epoch, sequence=place.sequence)

    def __str__(self) -> str:
        """Return `epoch:sequence`, for messages and logs."""
        return f"{self.epoch}:{self.sequence}"


class OrderHeads(Protocol):
    """The newest sequence that each workflow has published, to notice a lost tail."""

    async def advance(
        self, order_id: str, position: Position, at: datetime, digests: Mapping[int, str] = NO_FACTS
    ) -> None:
        """Record the head, and what is about to be published: sequence → `facts.digest`.

        One atomic step per order, never goes back, idempotent. Of the newest epoch the digests of
        the newest `KEPT_DIGESTS` sequences are kept.

        Raises:
            LogDiverged: another digest is recorded for one of these sequences, or a higher epoch;
                nothing is changed.
        """
        ...

    async def behind(self, older_than: datetime, limit: int) -> Sequence[str]:
        """Return orders whose view has not reached a head recorded before this time."""
        ...

    async def caught_up(self, order_id: str, position: Position) -> None:
        """Record how far the view is; never goes back. Idempotent."""
        ...

    async def oldest_behind(self) -> datetime | None:
        """Return since when the view that is behind for longest is; None: all are up to date."""
        ...


class EventLog(Protocol):
    """The append-only log of each order's events, unique on (order, epoch, sequence)."""

    async def append(self, events: Sequence[OrderEvent]) -> None:
        """Store events, in any order, repeats included. Idempotent.

        A repeat may differ in its moments (`facts.same_fact`): the first one stays.

        Raises:
            ImpossibleStep: another fact is stored under the same id; the stored one stays, and all
                other events of the call are stored.
        """
        ...

    async def read(
        self, order_id: str, epoch: int, after: int, limit: int = 1000
    ) -> Sequence[OrderEvent]:
        """Return the stored events after a sequence, ascending; there may be holes."""
        ...


class OrderViews(Protocol):
    """The current state of each order, folded from the log."""

    async def get(self, order_id: str) -> OrderView | None:
        """Return the view, or None if no event of this order has arrived."""
        ...

    async def get_many(self, order_ids: Sequence[str]) -> Mapping[str, OrderView]:
        """Return several views in one read."""
        ...

    async def save(self, view: OrderView, expected: Position | None) -> bool:
        """Store a view if the stored one is at `expected` (None: absent). False: others were first.

        Raises:
            ValueError: the view is older than what it is to replace; a view of a higher epoch is
                newer, whatever its sequence.
        """
        ...

    async def of_customer(
        self, customer_id: str, limit: int = 50, before: str | None = None
    ) -> Sequence[OrderView]:
        """Return a customer's orders, newest first; `before` is an order id for paging."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderQuery:
    """What ops look for; absent fields do not restrict. `after` pages by order id."""

    status: OrderStatus | None = None
    customer: str | None = None
    placed_from: datetime | None = None
    placed_until: datetime | None = None
    attention: bool | None = None
    payment_id: str | None = None
    awb: str | None = None
    order_id: str | None = None
    total_paise: int | None = None
    limit: int = 50
    after: str | None = None


class OrderSearch(Protocol):
    """Ops search over the view."""

    async def find(self, query: OrderQuery) -> Sequence[OrderView]:
        """Return matching orders, newest first. `customer` matches id, phone or email."""
        ...


class LiveFeed(Protocol):
    """Redis: wakes those who watch an order. Never the truth, only faster than it."""

    async def announce(self, events: Sequence[OrderEvent]) -> None:
        """Tell the watchers of one order, in one message. Best effort."""
        ...

    def subscribe(self) -> "Subscription":
        """Return a subscription that orders can be added to; one per process."""
        ...


class Subscription(Protocol):
    """One process's ears on the live feed."""

    async def start(self) -> None:
        """Connect and keep reconnecting until stopped."""
        ...

    async def stop(self) -> None:
        """Disconnect."""
        ...

    async def add(self, order_id: str) -> None:
        """Hear an order from now on; returns once the feed confirms.

        `customer_room(id)` in its place is heard when an order of that customer begins.
        """
        ...

    async def remove(self, order_id: str) -> None:
        """Hear an order no more."""
        ...

    def messages(self) -> AsyncIterator[Sequence[OrderEvent] | None]:
        """Yield announced batches; None after a reconnection: something may have been missed."""
        ...

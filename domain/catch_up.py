"""What a reader missed: position, verdict, and the contiguous events after it.

WebSocket, SSE and `GET /orders/{id}/events` all answer through these functions.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from domain.events import OrderEvent
from domain.ports import EventLog, OrderViews, Position
from domain.view import OrderView

REPLAY_LIMIT = 1000
"""More missed events than this are answered with a snapshot."""


class Mode(StrEnum):
    """The verdict on a reader's position."""

    RESUMED = "resumed"
    SNAPSHOT = "snapshot"
    RESET = "reset"


class Numbered(Protocol):
    """An event, in whatever form: it has its place in its order's log."""

    @property
    def epoch(self) -> int:
        """Return the log that it belongs to."""
        ...

    @property
    def sequence(self) -> int:
        """Return its place in that log."""
        ...


E = TypeVar("E", bound=Numbered)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attached(Generic[E]):
    """Where a reader stands after attaching: events to apply, or a snapshot to start from."""

    mode: Mode
    position: Position
    snapshot: OrderView | None
    events: tuple[E, ...]


Attachment = Attached[OrderEvent]


def contiguous(events: Sequence[E], after: Position) -> tuple[E, ...]:
    """Return the run that follows a position without a hole; repeats are passed over."""
    run: list[E] = []
    expected = after.sequence + 1
    for event in sorted(events, key=lambda event: event.sequence):
        if event.epoch != after.epoch or event.sequence < expected:
            continue
        if event.sequence > expected:
            break
        run.append(event)
        expected += 1
    return tuple(run)


def verdict(since: Position | None, head: Position, limit: int = REPLAY_LIMIT) -> Mode:
    """Judge a reader's position against the head; anything strange is a reset, never silence."""
    if since is None:
        return Mode.SNAPSHOT
    if since.epoch != head.epoch or not 0 <= since.sequence <= head.sequence:
        return Mode.RESET
    if head.sequence - since.sequence > limit:
        return Mode.RESET
    return Mode.RESUMED


async def attach(
    views: OrderViews, log: EventLog, order_id: str, since: Position | None
) -> Attachment | None:
    """Return the verdict and what the reader lacks, or None for an unknown order.

    The view is the head: it only ever holds a contiguous prefix of the log.
    """
    view = await views.get(order_id)
    if view is None:
        return None
    return await attach_to(view, log, since)


async def attach_to(
    view: OrderView, log: EventLog, since: Position | None, limit: int = REPLAY_LIMIT
) -> Attachment:
    """Return the verdict and what the reader lacks, up to a view that has been read already.

    More than `limit` missed events are answered with a snapshot.
    """
    return await attach_by(view, log.read, since, limit)


Read = Callable[[str, int, int, int], Awaitable[Sequence[E]]]
"""Reads an order's log: order id, epoch, after which sequence, at most so many."""


async def attach_by(
    view: OrderView, read: Read[E], since: Position | None, limit: int
) -> Attached[E]:
    """Do the same with any way to read the log."""
    head = Position(epoch=view.epoch, sequence=view.sequence)
    mode = verdict(since, head, limit)
    if mode is not Mode.RESUMED or since is None:
        return Attached(mode=mode, position=head, snapshot=view, events=())
    lacking = head.sequence - since.sequence
    stored = await read(view.order_id, head.epoch, since.sequence, lacking) if lacking else []
    missed = contiguous([e for e in stored if e.sequence <= head.sequence], since)
    return Attached(mode=mode, position=head, snapshot=None, events=missed)


FillHole = Callable[[str, int], Awaitable[Sequence[OrderEvent]]]
"""Asks the workflow for an order's events after a sequence."""


async def newer_than(ask: FillHole, order_id: str, after: Position | None) -> Sequence[OrderEvent]:
    """Ask the workflow for what a reader at `after` lacks; of a later epoch, that is all of it."""
    events = await ask(order_id, after.sequence if after else 0)
    if after is None or (events and all(event.epoch == after.epoch for event in events)):
        return events
    # Nothing after that sequence, or of another epoch: a newer epoch has a log of its own.
    whole = await ask(order_id, 0)
    return [event for event in whole if event.epoch > after.epoch]

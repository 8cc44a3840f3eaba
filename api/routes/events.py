"""An order's event log."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.dependencies import Deps
from api.problems import catalogue as types
from api.problems.openapi import problems
from api.reading import Reading, Wanted, ask_workflow, read_order
from api.schemas.orders import OrderBody, order_of
from api.security import AnyCaller
from domain.catch_up import Mode, attach_to
from domain.events import OrderEvent
from domain.ports import Caller, EventLog, Position, Scope
from domain.wire import JSON, envelope

router = APIRouter(prefix="/orders", tags=["orders"])


class EventsBody(BaseModel):
    """The events after a position, or, if that position makes no sense, the order as it is now."""

    order_id: str
    mode: Mode = Field(description="`reset`: forget what you have, start from `snapshot`.")
    sequence: int
    epoch: int
    events: list[dict[str, Any]] = Field(description="CloudEvents 1.0 envelopes, ascending.")
    snapshot: OrderBody | None


class _TailedLog:
    """An event log together with events that have not arrived in it yet."""

    def __init__(self, log: EventLog, tail: Sequence[OrderEvent]) -> None:
        self._log = log
        self._tail = tail

    async def append(self, events: Sequence[OrderEvent]) -> None:
        """Store events."""
        await self._log.append(events)

    async def read(
        self, order_id: str, epoch: int, after: int, limit: int = 1000
    ) -> Sequence[OrderEvent]:
        """Return the stored events after a sequence, and then the tail."""
        return [*await self._log.read(order_id, epoch, after, limit), *self._tail]


@router.get(
    "/{order_id}/events",
    responses=problems(
        types.INVALID_TOKEN, types.ORDER_NOT_FOUND, types.INVALID_REQUEST, types.ORDER_UNAVAILABLE
    ),
)
async def list_events(
    order_id: str,
    caller: AnyCaller,
    deps: Deps,
    after: Annotated[int, Query(ge=0, le=10**9)] = 0,
    epoch: Annotated[int | None, Query(ge=1, le=10**9)] = None,
) -> EventsBody:
    """List an order's events after a sequence number; `epoch` guards against a repaired log."""
    reading = await read_order(deps, order_id, caller)
    if not Wanted(sequence=after, epoch=epoch).met_by(reading.view):
        reading = await ask_workflow(deps, order_id, reading.view)
    since = Position(epoch=epoch or reading.view.epoch, sequence=after)
    attachment = await attach_to(reading.view, _log(deps.log, reading), since)
    return EventsBody(
        order_id=order_id,
        mode=attachment.mode,
        sequence=attachment.position.sequence,
        epoch=attachment.position.epoch,
        events=[_shown(event, caller) for event in attachment.events],
        snapshot=order_of(attachment.snapshot) if attachment.snapshot else None,
    )


def _log(log: EventLog, reading: Reading) -> EventLog:
    return _TailedLog(log, reading.tail) if reading.tail else log


def _shown(event: OrderEvent, caller: Caller) -> JSON:
    """Return the envelope; what ops note among themselves is not shown to customers."""
    document = envelope(event)
    if caller.scope is not Scope.OPS:
        document["data"].pop("attention", None)
    return document

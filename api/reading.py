"""Reads one order for a caller: from the view; the workflow is asked only where the view lags."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.dependencies import Dependencies
from api.problems.catalogue import SEQUENCE_NOT_REACHED
from api.problems.problem import Problem
from api.security import owns
from domain import ids
from domain.catch_up import contiguous, newer_than
from domain.errors import OrderNotFound
from domain.events import OrderEvent
from domain.ports import Caller, Position
from domain.view import OrderView, fold

PATIENCE_S: Final = 2.0
FIRST_PAUSE_S: Final = 0.02
LONGEST_PAUSE_S: Final = 0.25


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """The least that a reader wants to see; `epoch` None means whichever there is."""

    sequence: int
    epoch: int | None = None

    def met_by(self, view: OrderView | None) -> bool:
        """Tell whether a view is as new as the reader asks; a later epoch is always newer."""
        if view is None:
            return False
        if self.epoch is not None and view.epoch != self.epoch:
            return view.epoch > self.epoch
        return view.sequence >= self.sequence


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """An order as of now; `tail` holds events that the view's store has not seen yet."""

    view: OrderView
    tail: tuple[OrderEvent, ...] = ()


async def read_order(
    deps: Dependencies, order_id: str, caller: Caller, wanted: Wanted | None = None
) -> Reading:
    """Return an order that the caller may see, at least as new as wanted.

    Waits up to two seconds for the view, then asks the workflow once.

    Raises:
        OrderNotFound: unknown, malformed, or somebody else's: not to be told apart.
        Problem: the order has not come as far as the reader claims.
    """
    if not ids.is_order_id(order_id):
        raise OrderNotFound
    view = await deps.views.get(order_id)
    if view is not None and not owns(caller, view.customer_id):
        raise OrderNotFound
    if wanted is not None and view is not None and not wanted.met_by(view):
        view = await _awaited(deps, order_id, wanted) or view
    reading = Reading(view=view) if view else None
    if reading is None or (wanted is not None and not wanted.met_by(reading.view)):
        reading = await ask_workflow(deps, order_id, view)
    if not owns(caller, reading.view.customer_id):
        raise OrderNotFound
    if wanted is not None and not wanted.met_by(reading.view):
        raise Problem(
            SEQUENCE_NOT_REACHED,
            members={"sequence": reading.view.sequence, "epoch": reading.view.epoch},
        )
    return reading


async def _awaited(deps: Dependencies, order_id: str, wanted: Wanted) -> OrderView | None:
    """Poll the view until it is new enough or patience ends; return what there is."""
    view: OrderView | None = None
    pause = FIRST_PAUSE_S
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not wanted.met_by(view):
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
                view = await deps.views.get(order_id)
    except TimeoutError:
        return view
    return view


async def ask_workflow(deps: Dependencies, order_id: str, view: OrderView | None) -> Reading:
    """Return the view with the workflow's own later events folded over it, or its new epoch.

    Raises:
        OrderNotFound: neither knows the order.
    """
    after = Position.of(view) if view else None
    try:
        events = await newer_than(deps.commands.events_since, order_id, after)
    except OrderNotFound:
        if view is None:
            raise
        return Reading(view=view)
    tail = _following(events, after)
    for event in tail:
        view = fold(view, event)
    if view is None:
        raise OrderNotFound
    return Reading(view=view, tail=tail)


def _following(events: Sequence[OrderEvent], after: Position | None) -> tuple[OrderEvent, ...]:
    if not events:
        return ()
    beginning = Position(epoch=events[0].epoch, sequence=0)
    return contiguous(events, max(after or beginning, beginning))

"""Lets a caller steer an order: theirs, and still open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.dependencies import Dependencies
from api.problems.catalogue import IMPOSSIBLE_STEP
from api.problems.problem import Problem
from api.security import owns
from domain import ids
from domain.errors import OrderNotFound
from domain.ports import Caller


@asynccontextmanager
async def steering(deps: Dependencies, order_id: str, caller: Caller) -> AsyncIterator[None]:
    """Run a command inside the block.

    Raises:
        OrderNotFound: unknown, malformed, or somebody else's: not to be told apart.
        Problem: the order is theirs, but its workflow has ended.
    """
    await _require_owner(deps, order_id, caller)
    try:
        yield
    except OrderNotFound as error:
        raise Problem(IMPOSSIBLE_STEP, "the order is closed: nothing can be changed") from error


async def _require_owner(deps: Dependencies, order_id: str, caller: Caller) -> None:
    if not ids.is_order_id(order_id):
        raise OrderNotFound
    view = await deps.views.get(order_id)
    known = view or await deps.commands.status(order_id)
    if not owns(caller, known.customer_id):
        raise OrderNotFound

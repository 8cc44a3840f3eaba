"""Running work in a transaction, again and again until nobody else is in the way."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from pymongo.errors import PyMongoError

from adapters.mongo.connection import Database, Session, begin

_T = TypeVar("_T")

TIME_LIMIT_S: Final = 30.0
"""After this long a conflict is the database's problem and goes to the caller as such."""
FIRST_PAUSE_S: Final = 0.002
LONGEST_PAUSE_S: Final = 0.1


async def in_transaction(db: Database, work: Callable[[Session], Awaitable[_T]]) -> _T:
    """Return what `work` returns, committed; anything that it raises leaves no trace.

    `work` runs again from the start after a conflict with another transaction, with a random
    pause that grows, so it must do nothing outside the session. A commit whose answer is lost is
    repeated once; if the outcome stays unknown, the driver's error is raised and the caller
    repeats the whole call, which its key makes harmless.
    """
    deadline = time.monotonic() + TIME_LIMIT_S
    longest = FIRST_PAUSE_S
    while True:
        try:
            return await _attempt(db, work)
        except PyMongoError as error:
            if not error.has_error_label("TransientTransactionError"):
                raise
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(random.uniform(0, longest))  # noqa: S311 - jitter, no secret
        longest = min(LONGEST_PAUSE_S, longest * 2)


async def _attempt(db: Database, work: Callable[[Session], Awaitable[_T]]) -> _T:
    async with await begin(db) as session:
        try:
            result = await work(session)
            await _commit(session)
        except BaseException:
            # Leaving the block would abort too, but on the event loop's own thread.
            still_open: Any = session.in_transaction
            if still_open:
                await session.abort_transaction()
            raise
        return result


async def _commit(session: Session) -> None:
    try:
        await session.commit_transaction()
    except PyMongoError as error:
        if not error.has_error_label("UnknownTransactionCommitResult"):
            raise
        await session.commit_transaction()

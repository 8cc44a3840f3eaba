"""Calls that meet become one round trip."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

_Request = TypeVar("_Request")
_Answer = TypeVar("_Answer")

MOST: Final = 100
"""Requests of one round: the answers stay far below the server's 16 MB for a reply."""


class Gathering(Generic[_Request, _Answer]):
    """Carries out together what is asked for at the same moment, or while a round is under way.

    No timer holds a lone call back. Each caller gets its own answer or its own error; a round that
    fails as a whole fails all its callers. A caller who goes away does not stop its round.
    """

    def __init__(
        self, carry_out: Callable[[Sequence[_Request]], Awaitable[Sequence[_Answer | Exception]]]
    ) -> None:
        """Use this for each round: it returns one answer or error per request, in their order."""
        self._carry_out = carry_out
        self._waiting: list[tuple[_Request, asyncio.Future[_Answer]]] = []
        self._rounds: asyncio.Task[None] | None = None

    async def ask(self, request: _Request) -> _Answer:
        """Return the answer to one request."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[_Answer] = loop.create_future()
        self._waiting.append((request, answer))
        if self._rounds is None or self._rounds.done():
            self._rounds = loop.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)  # whoever asks in this moment comes along
            together, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                await self._round(together)
            finally:
                for _, answer in together:
                    answer.cancel()  # nothing where it is answered; the end of the process else

    async def _round(self, together: Sequence[tuple[_Request, "asyncio.Future[_Answer]"]]) -> None:
        found: Sequence[_Answer | Exception]
        try:
            found = await self._carry_out([request for request, _ in together])
        except Exception as error:  # noqa: BLE001 - raised again, at each caller
            found = [error] * len(together)
        for (_, answer), each in zip(together, found, strict=True):
            if answer.done():
                continue
            if isinstance(each, Exception):
                answer.set_exception(each)
            else:
                answer.set_result(each)

"""Bounds the body of each request before anything reads it."""

import asyncio
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.middleware.figures import Figures
from api.problems.catalogue import BODY_TOO_LARGE
from api.problems.problem import Problem

MIB: Final = 1024 * 1024
DEFAULT_LIMIT: Final = MIB
WEBHOOK_LIMIT: Final = 6 * MIB
DRAIN_LIMIT: Final = 32 * MIB
"""A body beyond its limit is thrown away up to here, so that the client gets to read the answer."""
BODY_DEADLINE_S: Final = 20.0


class BodyLimit:
    """Refuses bodies over 1 MiB (webhooks 6 MiB) with 413; holds no more than that in memory.

    The body is collected here, so that the size is known before the application begins: a refused
    body has no partial effect. A body that does not arrive in time is refused the same way.
    """

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self._app = app
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body complete, or answer 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = WEBHOOK_LIMIT if scope["path"].startswith("/webhooks/") else DEFAULT_LIMIT
        try:
            async with asyncio.timeout(BODY_DEADLINE_S):
                body = await _collect(scope, receive, limit)
        except TimeoutError:
            body = None
        if body is None:
            self._figures.problems.labels(BODY_TOO_LARGE.slug).inc()
            await _refusal(limit).response()(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)


async def _collect(scope: Scope, receive: Receive, limit: int) -> bytes | None:
    """Return the whole body, or None if it is longer than the limit (or the client left)."""
    if _declared(scope) > DRAIN_LIMIT:
        return None
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        more = message.get("more_body", False)
        if size > DRAIN_LIMIT:
            return None
        if size > limit:
            chunks.clear()
        else:
            chunks.append(chunk)
    return None if size > limit else b"".join(chunks)


def _declared(scope: Scope) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


def _refusal(limit: int) -> Problem:
    return Problem(
        BODY_TOO_LARGE,
        f"the body is longer than {limit // MIB} MiB, or did not arrive in time",
        headers={"Connection": "close"},
    )


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a channel that gives the body once and then what the server says (a disconnect)."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed

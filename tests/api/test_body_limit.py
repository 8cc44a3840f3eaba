"""The body limit below HTTP libraries: what arrives slowly, never ends, or breaks off."""

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from api.middleware import body_limit
from api.middleware.body_limit import DEFAULT_LIMIT, DRAIN_LIMIT, BodyLimit
from api.middleware.figures import Figures


class Exchange:
    """One request, chunk by chunk, and what came back."""

    def __init__(self, *chunks: Message, length: int | None = None) -> None:
        self.chunks = list(chunks)
        self.length = length
        self.sent: list[Message] = []
        self.bodies: list[bytes] = []
        self.received = 0

    async def run(self) -> int:
        await BodyLimit(self.application, Figures())(self.scope(), self.receive, self.send)
        status: int = self.sent[0]["status"]
        return status

    def scope(self) -> Scope:
        headers = [(b"content-length", str(self.length).encode())] if self.length else []
        return {"type": "http", "path": "/orders", "headers": headers}

    async def receive(self) -> Message:
        if not self.chunks:
            await asyncio.Event().wait()
        message = self.chunks.pop(0)
        self.received += len(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    async def application(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        self.bodies.append(message["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})


def chunk(size: int, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": b"x" * size, "more_body": more}


async def test_a_body_of_just_the_limit_passes_whole() -> None:
    exchange = Exchange(chunk(DEFAULT_LIMIT - 1), chunk(1, more=False))
    assert await exchange.run() == 200
    assert len(exchange.bodies[0]) == DEFAULT_LIMIT


async def test_one_byte_more_is_refused_and_the_application_never_hears_of_it() -> None:
    exchange = Exchange(chunk(DEFAULT_LIMIT), chunk(1, more=False))
    assert await exchange.run() == 413
    assert exchange.bodies == []


async def test_a_long_body_is_thrown_away_only_up_to_a_point() -> None:
    chunks = [chunk(1024 * 1024) for _ in range(64)]
    exchange = Exchange(*chunks)
    assert await exchange.run() == 413
    assert exchange.received <= DRAIN_LIMIT + 1024 * 1024


async def test_a_body_that_declares_too_much_is_not_even_begun() -> None:
    exchange = Exchange(chunk(1), length=DRAIN_LIMIT + 1)
    assert await exchange.run() == 413
    assert exchange.received == 0


async def test_a_body_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limit, "BODY_DEADLINE_S", 0.02)
    exchange = Exchange(chunk(1))
    assert await exchange.run() == 413
    assert exchange.bodies == []


async def test_a_client_that_leaves_has_no_effect() -> None:
    exchange = Exchange(chunk(1), {"type": "http.disconnect"})
    await exchange.run()
    assert exchange.bodies == []


async def test_other_traffic_passes_untouched() -> None:
    seen: list[Any] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(receive)

    exchange = Exchange()
    await BodyLimit(application, Figures())({"type": "lifespan"}, exchange.receive, exchange.send)
    assert seen == [exchange.receive]

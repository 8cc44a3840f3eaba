"""The middleware in front of a sandbox's API: records each call and lets faults strike.

It buffers the request, so that a call is recorded also when it never reaches a route, and holds the
answer, so that the effect of a call can be committed and its answer lost.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.clock import Clock
from sandbox.faults import FaultSwitches
from sandbox.recording import RequestRecorder

HTML_502 = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrafficRules:
    """What differs between the providers.

    Attributes:
        covers: whether a path belongs to the provider's API (and is recorded and faulted).
        error_answer: builds the provider's own answer for status 429 or 500.
    """

    covers: Callable[[str], bool]
    error_answer: Callable[[int], Response]


class Traffic:
    """ASGI middleware; put it outermost, so that nothing answers in its place."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        rules: TrafficRules,
        switches: FaultSwitches,
        recorder: RequestRecorder,
        clock: Clock,
    ) -> None:
        self._app = app
        self._rules = rules
        self._switches = switches
        self._recorder = recorder
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, or let a fault strike it."""
        if scope["type"] != "http" or not self._rules.covers(scope["path"]):
            await self._app(scope, receive, send)
            return
        body = await _read_body(receive)
        record = self._record(scope, body)
        target = f"{scope['method']} {scope['path']}"
        fault = self._switches.draw_http(target)
        if fault in {"error_429", "error_500", "reset"}:
            self._recorder.end(record, status=None, fault=fault)
            await self._strike(str(fault), scope, receive, send)
            return
        answer = await self._handle(scope, body)
        self._recorder.end(record, status=_status(answer), fault=fault)
        slow_s = self._switches.slow_s(target)
        if slow_s:
            record["fault"] = fault or "slow"
            await asyncio.sleep(slow_s)
        if fault is not None:
            await self._strike(fault, scope, receive, send)
            return
        for message in answer:
            await send(message)

    def _record(self, scope: Scope, body: bytes) -> dict[str, object]:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        return self._recorder.begin(
            at=self._clock.now(),
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            body=body,
            headers=headers,
        )

    async def _handle(self, scope: Scope, body: bytes) -> list[Message]:
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        async def replay() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, keep)
        return answer

    async def _strike(self, fault: str, scope: Scope, receive: Receive, send: Send) -> None:
        if fault in {"reset", "lost_answer"}:
            await _drop_connection(receive, with_reset=fault == "reset")
        elif fault == "empty_204":
            await Response(status_code=204)(scope, receive, send)
        elif fault == "html_502":
            await HTMLResponse(HTML_502, status_code=502)(scope, receive, send)
        else:
            status = 429 if fault == "error_429" else 500
            await self._rules.error_answer(status)(scope, receive, send)


def _status(answer: list[Message]) -> int | None:
    return next((one["status"] for one in answer if one["type"] == "http.response.start"), None)


async def _read_body(receive: Receive) -> bytes:
    chunks = []
    more = True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


async def _drop_connection(receive: Receive, *, with_reset: bool) -> None:
    """Close the client's TCP connection without an answer, as a broken network would.

    ASGI has no message for that, so this reaches for uvicorn's transport through the bound
    `receive`; without one (an in-process client) the call fails with `ConnectionResetError`.
    """
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        message = "the sandbox dropped the connection on purpose"
        raise ConnectionResetError(message)
    if with_reset:
        linger_off = struct.pack("ii", 1, 0)
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_off)
    transport.abort()
    await receive()  # The disconnect: from here on uvicorn expects no answer.

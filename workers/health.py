"""Health and metrics of a process that serves no HTTP otherwise: workers and consumers."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

NotReadyReason = Callable[[], str | None]
REQUEST_TIMEOUT_S = 5.0
JSON = "application/json"


@contextlib.asynccontextmanager
async def serving_health(
    host: str, port: int, not_ready_reason: NotReadyReason
) -> AsyncIterator[None]:
    """Serve `/healthz`, `/readyz` and `/metrics` while the block runs; port 0 serves nothing.

    `not_ready_reason` returns `None` when the process does its work, else what is missing;
    it is called for each request and must not block.
    """
    if port == 0:
        yield
        return

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError, ValueError):
            request = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), REQUEST_TIMEOUT_S)
            writer.write(_response(request, not_ready_reason))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, host, port)
    try:
        yield
    finally:
        server.close()


def _response(request: bytes, not_ready_reason: NotReadyReason) -> bytes:
    path = request.split(b" ", 2)[1].decode(errors="replace").partition("?")[0]
    if path == "/healthz":
        return _http("200 OK", JSON, json.dumps({"status": "alive"}).encode())
    if path == "/metrics":
        return _http("200 OK", CONTENT_TYPE_LATEST, generate_latest())
    if path != "/readyz":
        return _http("404 Not Found", JSON, json.dumps({"status": "no such page"}).encode())
    reason = not_ready_reason()
    if reason is None:
        return _http("200 OK", JSON, json.dumps({"status": "ready"}).encode())
    body = json.dumps({"status": "not ready", "reason": reason}).encode()
    return _http("503 Service Unavailable", JSON, body)


def _http(status: str, content_type: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body

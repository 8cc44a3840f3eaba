"""Server-sent events for networks that block WebSockets: the same follower, another envelope.

Each event carries the id `<epoch>:<sequence>`, so a browser resumes by itself (`Last-Event-ID`).
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from domain.catch_up import Attached
from domain.errors import InvalidToken, OrderNotFound, ServiceUnavailable
from domain.ports import Position
from domain.ports.envelopes import Enveloped
from domain.status import OrderStatus
from domain.view import OrderView
from tracking.authority import LinkRevoked, Visitor
from tracking.following.batch import Batch, compact
from tracking.following.follower import Follower
from tracking.live import outbound
from tracking.live.closing import PeerGone
from tracking.live.inbound import STRANGE
from tracking.projection import sees_all
from tracking.security import POSITION, address_of
from tracking.service import TrackingService

log = logging.getLogger(__name__)

FEWEST_RETRY_MS: Final = 500
MOST_RETRY_MS: Final = 3000
HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


async def stream(request: Request) -> Response:
    """Answer `GET /orders/{order_id}/stream`."""
    service: TrackingService = request.app.state.service
    try:
        return await _opened(request, service)
    except InvalidToken as error:
        return _refused(401, str(error), {"WWW-Authenticate": "Bearer"})
    except OrderNotFound:
        return _refused(404, "there is no such order", {})
    except ServiceUnavailable as error:
        return _refused(503, str(error), {"Retry-After": "1"})


async def _opened(request: Request, service: TrackingService) -> Response:
    peer = request.client.host if request.client else ""
    address = address_of(request.headers, peer, service.settings.proxies)
    turned = service.connections.refusal(address)
    if turned is not None:
        after = {"Retry-After": str(turned.retry_after_s)}
        return _refused(turned.status, turned.reason, after)
    order_id = request.path_params["order_id"]
    visitor = await service.authority.of(request.headers, request.cookies, order_id)
    caller = visitor.caller
    view = await service.reading.view(order_id, caller)
    since = _position(request)
    if _is_over(view, since):
        return Response(status_code=204)
    if not service.connections.admit(caller.subject):
        return _refused(429, "too many connections", {"Retry-After": "30"})
    return EventStream(service, visitor, view.order_id, since, address)


class EventStream(Response):
    """One stream, from its first line to its end. Implements `Sink` and `Guest`."""

    def __init__(
        self,
        service: TrackingService,
        visitor: Visitor,
        order_id: str,
        since: Position | None,
        address: str,
    ) -> None:
        """Follow an order for an admitted visitor at this address."""
        super().__init__()
        self._service = service
        self._visitor = visitor
        self._caller = caller = visitor.caller
        self._address = address
        self._to_ops = sees_all(caller)
        self._leaving = asyncio.Event()
        self._sending = asyncio.Lock()
        self._asgi_send: Send | None = None
        self._follower = Follower(
            order_id,
            since,
            caller=caller,
            sink=self,
            services=service.following,
            backlog=service.backlog(),
        )

    def dismiss(self, reconnect_after_ms: int) -> None:
        """Ask the browser to come again after so long, and end."""
        self._retry_ms = max(FEWEST_RETRY_MS, reconnect_after_ms)
        self._leaving.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the stream until either side ends it."""
        self._asgi_send = send
        self._retry_ms = random.randint(FEWEST_RETRY_MS, MOST_RETRY_MS)  # noqa: S311 - jitter
        async with self._counted():
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            await self._write(f"retry: {self._retry_ms}\n\n")
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._until_gone(receive))
                    tasks.create_task(self._follow())
                    await self._keep_time()
            except* PeerGone:
                log.debug("stream_left")
            except* _End:
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    @asynccontextmanager
    async def _counted(self) -> AsyncIterator[None]:
        try:
            with self._service.connections.opened(self, "sse", self._address):
                yield
        finally:
            self._service.connections.leave(self._caller.subject)

    async def _follow(self) -> None:
        await self._follower.run()
        raise _End

    async def _until_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        raise PeerGone

    async def _keep_time(self) -> None:
        settings, clock = self._service.settings, self._service.deps.clock
        loop = asyncio.get_running_loop()
        token_s = (self._caller.expires_at - clock.now()).total_seconds()
        ends_at = loop.time() + min(token_s, settings.life_s * random.uniform(1, 2))  # noqa: S311
        while loop.time() < ends_at:
            try:
                async with asyncio.timeout_at(min(ends_at, loop.time() + settings.heartbeat_s)):
                    await self._leaving.wait()
            except TimeoutError:
                if await self._is_revoked():
                    break
                if loop.time() < ends_at:
                    await self._say("hb", {"t": clock.now().isoformat()})
                continue
            await self._write(f"retry: {self._retry_ms}\n")
            await self._say("draining", {"reconnect_after_ms": self._retry_ms})
            raise _End
        raise _End

    async def _is_revoked(self) -> bool:
        try:
            await self._service.authority.confirm(self._visitor)
        except LinkRevoked:
            return True
        except ServiceUnavailable as error:
            log.warning("link_not_confirmed", extra={"reason": str(error)})
        return False

    # --- what the follower sends -----------------------------------------------------------------

    async def subscribed(self, order_id: str, attachment: Attached[Enveloped]) -> None:
        """Send the verdict; a snapshot is a position to resume from, too."""
        position = attachment.position if attachment.snapshot else None
        text = outbound.subscribed(order_id, attachment, None, to_ops=self._to_ops)
        await self._write(_message("subscribed", text, position))

    async def events(self, batch: Batch) -> None:
        """Send events, one message each, in one write."""
        shown = batch.documents(to_ops=self._to_ops)
        await self._write(
            "".join(
                _message(
                    "event",
                    compact(document),
                    Position(epoch=event.epoch, sequence=event.sequence),
                )
                for event, document in zip(batch.events, shown, strict=True)
            )
        )

    async def live(self, order_id: str, position: Position) -> None:
        """Tell that the reader has caught up."""
        await self._write(_message("live", outbound.live(order_id, position), None))

    async def refused(self, order_id: str, problem: Exception) -> None:
        """End; the browser comes again and is told by the status code."""
        log.info("stream_ended", extra={"reason": type(problem).__name__})

    async def _say(self, name: str, fields: dict[str, Any]) -> None:
        await self._write(_message(name, compact(fields), None))

    async def _write(self, text: str) -> None:
        """Hand text to the socket.

        Raises:
            PeerGone: it is not taken in time, or there is nobody.
        """
        if self._asgi_send is None:
            raise PeerGone
        body = {"type": "http.response.body", "body": text.encode(), "more_body": True}
        try:
            async with asyncio.timeout(self._service.settings.send_timeout_s), self._sending:
                await self._asgi_send(body)
        except (TimeoutError, OSError):
            raise PeerGone from None


class _End(Exception):
    """The stream ends in good order."""


def _message(name: str, data: str, position: Position | None) -> str:
    mark = f"id: {position.epoch}:{position.sequence}\n" if position else ""
    return f"event: {name}\n{mark}data: {data}\n\n"


def _position(request: Request) -> Position | None:
    """Return where a reader stands: what its browser remembers, else where its page began."""
    text = request.headers.get("last-event-id") or request.query_params.get("since")
    if not text:
        return None
    found = POSITION.fullmatch(text)
    return Position(epoch=int(found[1]), sequence=int(found[2])) if found else STRANGE


def _is_over(view: OrderView, since: Position | None) -> bool:
    """Tell whether nothing more can come for a reader; a 204 ends a browser's reconnecting."""
    head = Position(epoch=view.epoch, sequence=view.sequence)
    return view.status is OrderStatus.COMPLETED and since == head


def _refused(status: int, detail: str, headers: dict[str, str]) -> Response:
    return JSONResponse({"detail": detail}, status_code=status, headers=headers)

"""One WebSocket: a reader that never waits for anybody, and tasks that answer, follow and time."""

import asyncio
import logging
import random
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from domain.errors import InvalidToken, ServiceUnavailable
from domain.ports import Caller
from tracking.authority import LinkRevoked, Visitor
from tracking.live import outbound
from tracking.live.closing import CloseCode, Closing, FrameRefused, PeerGone, Refusal
from tracking.live.following import Following
from tracking.live.inbound import (
    Hello,
    Inbound,
    Query,
    Refresh,
    Subscribe,
    Unsubscribe,
    read_frame,
)
from tracking.live.rate import Allowance
from tracking.live.relay import Relay
from tracking.projection import sees_all
from tracking.security import TokenExpired
from tracking.service import TrackingService
from tracking.settings import SUBPROTOCOL

log = logging.getLogger(__name__)

FAREWELL_S: Final = 1.0
"""How long a last frame may take; a peer that reads nothing is not waited for."""
HEARTBEAT_SPREAD: Final = 0.2


class Connection:
    """A client, from its handshake to its close frame."""

    def __init__(self, socket: WebSocket, service: TrackingService, address: str) -> None:
        """Serve this socket of a client at this address."""
        self._address = address
        self._visitor: Visitor | None = None
        self._socket = socket
        self._service = service
        self._settings = service.settings
        self._sending = asyncio.Lock()
        self._replies: asyncio.Queue[str] = asyncio.Queue(self._settings.replies_waiting)
        self._allowance = Allowance(self._settings.frames_per_s, self._settings.frames_burst)
        self._dismissed = False
        self._news_of_time = asyncio.Event()
        self._reconnect_after_ms = random.randint(0, 2000)  # noqa: S311 - jitter
        self._warned = False
        self._admitted = False
        self._caller: Caller | None = None
        self._following: Following | None = None
        self._relay: Relay | None = None

    def dismiss(self, reconnect_after_ms: int) -> None:
        """Ask the client to come again after so long, and end. Returns at once."""
        self._reconnect_after_ms = reconnect_after_ms
        self._dismissed = True
        self._news_of_time.set()

    async def serve(self) -> None:
        """Accept the socket and serve it until either side ends."""
        offered = self._socket.scope.get("subprotocols", [])
        spoken = SUBPROTOCOL in offered
        await self._socket.accept(subprotocol=SUBPROTOCOL if spoken else None)
        with self._service.connections.opened(self, "websocket", self._address):
            if offered and not spoken:
                message = f"this service speaks {SUBPROTOCOL}"
                closing: Closing | None = Closing(CloseCode.PROTOCOL_VERSION, message)
            else:
                closing = await self._run()
            if closing is not None:
                await self._close(closing)
        if self._admitted and self._caller is not None:
            self._service.connections.leave(self._caller.subject)

    # --- life and end ----------------------------------------------------------------------------

    async def _run(self) -> Closing | None:
        """Run until something ends the connection; None if the peer did."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._following = Following(self._service, tasks, self.send, self.reply)
                self._relay = Relay(self._service, tasks, self.reply)
                tasks.create_task(self._write_replies())
                tasks.create_task(self._keep_time())
                await self._read()
        except BaseExceptionGroup as group:
            return _reason(group)
        return None

    async def _close(self, closing: Closing) -> None:
        self._service.metrics.closed.labels(str(int(closing.code))).inc()
        if closing.code in (CloseCode.DRAINING, CloseCode.REBALANCE):
            last = outbound.frame("draining", reconnect_after_ms=self._reconnect_after_ms)
        else:
            last = outbound.farewell(closing)
        try:
            async with asyncio.timeout(FAREWELL_S):
                await self.send(last)
                await self._socket.close(int(closing.code), closing.code.reason)
        except (TimeoutError, Closing, PeerGone, WebSocketDisconnect, RuntimeError):
            log.info("farewell_not_heard", extra={"code": int(closing.code)})

    # --- sending ---------------------------------------------------------------------------------

    async def send(self, text: str) -> None:
        """Hand one frame to the socket; cancelled, it has not been sent.

        Raises:
            Closing: the socket does not take it in time.
            PeerGone: there is nobody any more.
        """
        try:
            async with asyncio.timeout(self._settings.send_timeout_s), self._sending:
                await self._socket.send({"type": "websocket.send", "text": text})
        except TimeoutError:
            raise Closing(CloseCode.SLOW_CONSUMER, "frames are not read", "resume") from None
        except (WebSocketDisconnect, RuntimeError):
            raise PeerGone from None

    def reply(self, text: str) -> None:
        """Queue an answer; returns at once.

        Raises:
            Closing: too many answers wait already.
        """
        try:
            self._replies.put_nowait(text)
        except asyncio.QueueFull:
            raise Closing(CloseCode.SLOW_CONSUMER, "answers are not read", "resume") from None

    async def _write_replies(self) -> None:
        while True:
            await self.send(await self._replies.get())

    # --- time ------------------------------------------------------------------------------------

    async def _keep_time(self) -> None:
        """Send heartbeats, warn of the token's end, and end the connection in time."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self._settings.life_s * random.uniform(1, 2)  # noqa: S311 - jitter
        while True:
            beat_at = loop.time() + self._settings.heartbeat_s * _jitter()
            while loop.time() < beat_at:
                await self._sleep_until(min(beat_at, ends_at, loop.time() + self._token_in_s()))
                if self._dismissed:
                    raise Closing(CloseCode.DRAINING)
                if loop.time() >= ends_at:
                    raise Closing(CloseCode.REBALANCE)
                self._watch_token()
            await self._confirm_visitor()
            self.reply(outbound.frame("hb", t=self._service.deps.clock.now().isoformat()))

    async def _confirm_visitor(self) -> None:
        """End the visit of somebody whose mailed link was revoked.

        Raises:
            Closing: it was.
        """
        if self._visitor is None:
            return
        try:
            await self._service.authority.confirm(self._visitor)
        except LinkRevoked as error:
            raise Closing(CloseCode.REVOKED, str(error), "ask for another link") from None
        except ServiceUnavailable as error:
            log.warning("link_not_confirmed", extra={"reason": str(error)})

    async def _sleep_until(self, at: float) -> None:
        """Sleep, unless there is news: a token, or the wish to end."""
        try:
            async with asyncio.timeout_at(at):
                await self._news_of_time.wait()
        except TimeoutError:
            return
        self._news_of_time.clear()

    def _token_in_s(self) -> float:
        """Return how long until the token has to be looked at again."""
        if self._caller is None:
            return self._settings.heartbeat_s
        left = (self._caller.expires_at - self._service.deps.clock.now()).total_seconds()
        return max(0.01, left if self._warned else left - self._settings.token_warning_s)

    def _watch_token(self) -> None:
        if self._caller is None:
            return
        left = self._caller.expires_at - self._service.deps.clock.now()
        if left <= timedelta(0):
            raise Closing(CloseCode.TOKEN_EXPIRED, "the token has expired", "come with a new one")
        if not self._warned and left.total_seconds() <= self._settings.token_warning_s:
            self._warned = True
            expires_at = self._caller.expires_at.isoformat()
            self.reply(outbound.frame("token_expiring", token_expires_at=expires_at))

    # --- reading ---------------------------------------------------------------------------------

    async def _read(self) -> None:
        await self._greet()
        while True:
            text = await self._receive()
            if not self._allowance.take():
                message = f"more than {self._settings.frames_per_s:g} frames a second"
                raise Closing(CloseCode.RATE_LIMITED, message, "send less often")
            try:
                self._handle(read_frame(text))
            except FrameRefused as refused:
                self.reply(outbound.refusal(refused))

    async def _receive(self) -> str | None:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise PeerGone
        text: str | None = message.get("text")
        return text

    async def _greet(self) -> None:
        """Wait for `hello` and welcome its sender.

        Raises:
            Closing: it does not come, is no hello, or its token is no good.
        """
        try:
            async with asyncio.timeout(self._settings.hello_timeout_s):
                first = read_frame(await self._receive())
        except TimeoutError:
            message = f"no hello within {self._settings.hello_timeout_s:g} s"
            raise Closing(CloseCode.HELLO_TIMEOUT, message, "send hello first") from None
        except FrameRefused as refused:
            raise Closing(CloseCode.BAD_FRAME, str(refused), refused.remedy) from None
        if not isinstance(first, Hello):
            raise Closing(CloseCode.BAD_FRAME, "the first frame is not hello", "send hello first")
        self._visitor = await self._identified(first)
        caller = self._visitor.caller
        if not self._service.connections.admit(caller.subject):
            message = f"more than {self._settings.connections_per_customer} connections"
            raise Closing(CloseCode.TOO_MANY_CONNECTIONS, message, "close another page")
        self._caller, self._admitted = caller, True
        self._news_of_time.set()
        await self.send(
            outbound.welcome(
                secrets.token_hex(8),
                caller.expires_at,
                self._service.deps.clock.now(),
                self._settings,
            )
        )
        for wish in first.orders:
            try:
                self._followed.follow(caller, wish, None)
            except FrameRefused as refused:
                self.reply(outbound.refusal(refused))

    @property
    def _followed(self) -> Following:
        if self._following is None:
            raise PeerGone
        return self._following

    async def _identified(self, first: Hello) -> Visitor:
        """Return who says hello; a link's cookie counts for the one order that is asked for.

        Raises:
            Closing: nobody can tell, or it is no longer true.
        """
        order_id = first.orders[0].order_id if len(first.orders) == 1 else None
        socket = self._socket
        try:
            return await self._service.authority.of(
                socket.headers, socket.cookies, order_id, first.token
            )
        except TokenExpired as error:
            raise Closing(CloseCode.TOKEN_EXPIRED, str(error), "come with a new one") from None
        except LinkRevoked as error:
            raise Closing(CloseCode.REVOKED, str(error), "ask for another link") from None
        except InvalidToken as error:
            raise Closing(CloseCode.TOKEN_INVALID, str(error), "sign in again") from None
        except ServiceUnavailable as error:
            log.warning("visitor_not_identified", extra={"reason": str(error)})
            message = "we cannot look you up right now"
            raise Closing(CloseCode.OVERLOADED, message, "come again") from None

    def _handle(self, said: Inbound) -> None:
        caller = self._caller
        if caller is None or self._relay is None:
            raise PeerGone
        if isinstance(said, Subscribe):
            self._followed.subscribe(caller, said)
        elif isinstance(said, Unsubscribe):
            self._followed.unsubscribe(said)
        elif isinstance(said, Query):
            self._relay.ask(caller, said, to_ops=sees_all(caller))
        elif isinstance(said, Refresh):
            self._refresh(caller, said)
        else:
            raise FrameRefused(Refusal.BAD_REQUEST, "hello was said already", "send it once")

    def _refresh(self, caller: Caller, said: Refresh) -> None:
        """Go on with a new token of the same person.

        Raises:
            FrameRefused: it is no good, or somebody else's; the old one goes on to its end.
        """
        try:
            renewed = self._service.deps.tokens.verify(said.token)
        except InvalidToken as error:
            raise FrameRefused(
                Refusal.TOKEN_INVALID, str(error), "send a new token", said.id
            ) from None
        if _who(renewed) != _who(caller):
            message = "the token speaks for somebody else"
            raise FrameRefused(Refusal.TOKEN_INVALID, message, "open another connection", said.id)
        self._caller, self._warned = renewed, False
        self._visitor = Visitor(caller=renewed)
        self._news_of_time.set()
        expires_at = renewed.expires_at.isoformat()
        self.reply(outbound.frame("refreshed", id=said.id, token_expires_at=expires_at))


def _who(caller: Caller) -> tuple[str, str, str | None]:
    return caller.subject, caller.scope.value, caller.order_id


def _jitter() -> float:
    return random.uniform(1 - HEARTBEAT_SPREAD, 1 + HEARTBEAT_SPREAD)  # noqa: S311 - jitter


def _reason(group: BaseExceptionGroup[Any]) -> Closing | None:
    """Return why a connection ended: None if its peer is gone."""
    if group.subgroup(PeerGone) is not None:
        return None
    closings, faults = group.split(Closing)
    if faults is not None or closings is None:
        log.error("connection_failed", exc_info=faults)
        return Closing(CloseCode.INTERNAL, "something went wrong here", "come again")
    return next(_leaves(closings))


def _leaves(group: BaseExceptionGroup[Closing]) -> Iterator[Closing]:
    for each in group.exceptions:
        if isinstance(each, BaseExceptionGroup):
            yield from _leaves(each)
        else:
            yield each

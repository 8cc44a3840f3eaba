"""The server process around the application: its socket, its limits, and how it drains."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Iterator
from types import FrameType
from typing import Final

import uvicorn
from starlette.applications import Starlette

from tracking.service import TrackingService

log = logging.getLogger(__name__)

DEAD_PEER_MS: Final = 15_000
"""A peer that acknowledges nothing for so long is given up by the kernel; nothing else would."""
GRACE_S: Final = 5
PING_S: Final = 20.0
BACKLOG: Final = 2048


class PortTaken(RuntimeError):
    """Somebody else listens there."""


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a bound socket whose connections die with their peers.

    Raises:
        PortTaken: names the port and the setting.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's delay off only where the protocol is named.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_PEER_MS)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        message = (
            f"port {port} on {host} cannot be used ({error.strerror}): set ORDERS_TRACKING_PORT"
        )
        raise PortTaken(message) from error
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


class TrackingServer(uvicorn.Server):
    """A server that sends its connections away before it stops.

    uvicorn alone closes every socket at the first signal, all in the same moment.
    """

    def __init__(self, app: Starlette) -> None:
        """Serve this application."""
        self._service: TrackingService = app.state.service
        self._draining: asyncio.Task[None] | None = None
        settings = self._service.settings
        super().__init__(
            uvicorn.Config(
                app,
                ws="websockets-sansio",
                ws_max_size=settings.frame_bytes,
                ws_per_message_deflate=False,
                ws_ping_interval=PING_S,
                ws_ping_timeout=PING_S,
                lifespan="on",
                log_config=None,
                log_level="warning",  # not a line for each connection
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_S,
            )
        )

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal, then drain and stop; a second signal stops at once."""
        with self._signals():
            await self._serve(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `serve`."""
        yield

    def stop(self) -> None:
        """Begin to drain, then stop. A second call stops at once."""
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain(), name="drain")
        else:
            self.should_exit = True

    async def _drain(self) -> None:
        log.info("draining")
        try:
            await self._service.drain()
        finally:
            self.should_exit = True

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()

        def heard(_number: int, _frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.stop)

        try:
            before = {each: signal.signal(each, heard) for each in (signal.SIGTERM, signal.SIGINT)}
        except ValueError:  # not the main thread: whoever runs us there calls `stop`
            yield
            return
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

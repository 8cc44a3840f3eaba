"""A WebSocket client that costs as little as can be, so that figures are the server's.

No compression, no pings of its own, no fragments: what the tracking service sends to a viewer.
"""

import asyncio
import base64
import os
import struct
from collections.abc import Callable
from typing import Final

SHORT, MEDIUM = 126, 127
TEXT: Final = 0x81
PING: Final = 0x9
NO_MASK: Final = b"\0\0\0\0"
"""The mask that changes nothing: allowed, and it costs no work."""

Hear = Callable[[bytes], None]


class LeanSocket(asyncio.Protocol):
    """One connection; `hear` gets the payload of each text frame as it arrives."""

    def __init__(self, path: str, hear: Hear, first: bytes | None) -> None:
        """Say `first` as soon as the handshake is done."""
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._path, self._hear, self._first = path, hear, first
        self._buffer = bytearray()
        self._upgraded = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            key = base64.b64encode(os.urandom(16)).decode()
            lines = (
                f"GET {self._path} HTTP/1.1",
                "Host: 127.0.0.1",
                "Upgrade: websocket",
                "Connection: Upgrade",
                f"Sec-WebSocket-Key: {key}",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Protocol: orders.v1",
            )
            transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def data_received(self, data: bytes) -> None:
        """Take the handshake apart, then frames."""
        self._buffer += data
        if not self._upgraded and not self._take_handshake():
            return
        while (payload := self._take_frame()) is not None:
            if payload:
                self._hear(payload)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell whoever still waits for the handshake."""
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionResetError("closed in the handshake"))
            self.opened.exception()  # whoever dialled may have given up

    def say(self, text: bytes) -> None:
        """Send a text frame."""
        if self._transport is not None:
            length = len(text)
            head = (
                bytes((TEXT, 0x80 | length))
                if length < SHORT
                else struct.pack("!BBH", TEXT, 0x80 | SHORT, length)
            )
            self._transport.write(head + NO_MASK + text)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    def _take_handshake(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        status = bytes(self._buffer[:12])
        del self._buffer[: end + 4]
        if not status.endswith(b"101"):
            if not self.opened.done():
                self.opened.set_exception(ConnectionRefusedError(status.decode(errors="replace")))
            self.close()
            return False
        self._upgraded = True
        if not self.opened.done():
            self.opened.set_result(None)
        if self._first is not None:
            self.say(self._first)
        return True

    def _take_frame(self) -> bytes | None:
        """Return the next frame's payload, empty for frames that are no text; None: not yet."""
        buffer = self._buffer
        if len(buffer) < 2:  # noqa: PLR2004 - the shortest head
            return None
        length, start = buffer[1] & 0x7F, 2
        if length == SHORT:
            start = 4
            length = int.from_bytes(buffer[2:4], "big")
        elif length == MEDIUM:
            start = 10
            length = int.from_bytes(buffer[2:10], "big")
        if len(buffer) < start + length:
            return None
        kind = buffer[0]
        payload = bytes(buffer[start : start + length])
        del buffer[: start + length]
        if kind & 0xF == PING and self._transport is not None:
            self._transport.write(bytes((0x8A, 0x80 | len(payload))) + NO_MASK + payload)
        return payload if kind == TEXT else b""


async def open_socket(port: int, path: str, hear: Hear, first: bytes | None = None) -> LeanSocket:
    """Return an open connection.

    Raises:
        OSError: it was refused or broken off.
    """
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(
        lambda: LeanSocket(path, hear, first), "127.0.0.1", port
    )
    await socket.opened
    return socket

"""Many lean viewers of one server, and when each of them heard what."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from typing import Final

from workers.bench.bed import BenchFailed
from workers.bench.lean_socket import LeanSocket, open_socket

PATH: Final = "/live"
PATIENCE_S: Final = 60.0
AT_ONCE: Final = 200
LIVE: Final = b'"type":"live"'
EVENTS: Final = b'"type":"events"'


class Viewer:
    """One of them: `kept` holds every frame if asked to, `heard_at` when the awaited one came."""

    __slots__ = ("awaits", "crowd", "heard_at", "kept")

    def __init__(self, crowd: "Crowd", awaits: bytes, *, keep: bool) -> None:
        self.crowd, self.awaits = crowd, awaits
        self.heard_at = 0.0
        self.kept: list[bytes] | None = [] if keep else None

    def hear(self, payload: bytes) -> None:
        """Take a frame."""
        if self.kept is not None:
            self.kept.append(payload)
        if not self.heard_at and self.awaits in payload:
            self.heard_at = time.perf_counter()
            self.crowd.one_heard()


class Crowd:
    """All of them."""

    def __init__(self) -> None:
        self.viewers: list[Viewer] = []
        self.sockets: list[LeanSocket] = []
        self._missing = 0
        self._complete = asyncio.Event()

    def add(self, awaits: bytes, *, keep: bool = False) -> Viewer:
        """Count one more who waits for a frame with this in it."""
        viewer = Viewer(self, awaits, keep=keep)
        self.viewers.append(viewer)
        self._missing += 1
        self._complete.clear()
        return viewer

    def expect(self, awaits: bytes) -> None:
        """Let everybody wait for the next frame with this in it."""
        self._missing = len(self.viewers)
        self._complete.clear()
        for viewer in self.viewers:
            viewer.awaits, viewer.heard_at = awaits, 0.0

    def one_heard(self) -> None:
        """Hear from a viewer that its frame has come."""
        self._missing -= 1
        if not self._missing:
            self._complete.set()

    async def all_heard(self) -> list[float]:
        """Return when each heard what it waited for.

        Raises:
            BenchFailed: somebody did not.
        """
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._complete.wait()
        except TimeoutError:
            awaited = self.viewers[0].awaits
            message = f"{self._missing} of {len(self.viewers)} viewers did not hear {awaited!r}"
            raise BenchFailed(message) from None
        return [viewer.heard_at for viewer in self.viewers]


@contextlib.asynccontextmanager
async def gathered(
    port: int, hellos: Sequence[bytes | None], *, at_once: int = AT_ONCE, keep: bool = False
) -> AsyncIterator[Crowd]:
    """Open connections, say hello on each, and go on once all are live (without hello: open).

    Raises:
        BenchFailed: the server refused one of them.
    """
    crowd, gate = Crowd(), asyncio.Semaphore(at_once)

    async def come(hello: bytes | None) -> None:
        viewer = crowd.add(LIVE, keep=keep)
        async with gate:
            try:
                crowd.sockets.append(await open_socket(port, PATH, viewer.hear, hello))
            except OSError as error:
                message = f"a viewer was turned away: {error}"
                raise BenchFailed(message) from error

    try:
        await asyncio.gather(*(come(hello) for hello in hellos))
        if any(hellos):
            await crowd.all_heard()
        yield crowd
    finally:
        for socket in crowd.sockets:
            socket.close()
        await asyncio.sleep(0.2)  # let both sides see it before the next crowd comes

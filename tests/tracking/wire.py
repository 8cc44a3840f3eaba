"""A line between clients and services that can be cut, go dead, crawl, and lead elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

CHUNK = 4096


class Wire:
    """Passes bytes on to a port; what happens to them is a test's choice."""

    def __init__(self, target: int) -> None:
        """Lead to this port; `target` may be changed for later connections."""
        self.target = target
        self.dead = False
        self.pause_s = 0.0
        self.chunk = CHUNK
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """Break every connection at once, without a word."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        pair = {writer, up_writer}
        self._writers |= pair
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pass(reader, up_writer, slowly=False))
                tasks.create_task(self._pass(up_reader, writer, slowly=True))
        except* (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers -= pair
            for each in pair:
                each.transport.abort()

    async def _pass(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, slowly: bool
    ) -> None:
        while data := await source.read(self.chunk if slowly else CHUNK):
            if slowly and self.pause_s:
                await asyncio.sleep(self.pause_s)
            while self.dead:  # noqa: ASYNC110 - bytes do not pass, and nobody is told
                await asyncio.sleep(0.05)
            sink.write(data)
            await sink.drain()
        sink.transport.abort()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@asynccontextmanager
async def wired(target: int) -> AsyncIterator[Wire]:
    """Lead to a port while the block runs."""
    wire = Wire(target)
    server = await asyncio.start_server(wire._begin, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        server.close()
        wire.cut()
        for task in list(wire._tasks):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*wire._tasks, return_exceptions=True)
        await server.wait_closed()

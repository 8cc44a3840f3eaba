"""The service on a real socket, in the test's own loop, and a client that speaks its protocol."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

from tests.tracking.house import House
from tracking.application import create_app
from tracking.dependencies import Dependencies
from tracking.server import TrackingServer, listening_socket
from tracking.service import TrackingService
from tracking.settings import SUBPROTOCOL

PATIENCE_S = 20.0


@dataclass
class Running:
    """A service that runs."""

    port: int
    server: TrackingServer
    service: TrackingService

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def figure(self, name: str, **labels: str) -> float:
        return self.service.metrics.registry.get_sample_value(name, labels) or 0.0

    @contextlib.asynccontextmanager
    async def connect(self, **options: Any) -> AsyncIterator["Client"]:
        url = f"ws://127.0.0.1:{self.port}/live"
        options = {"subprotocols": [SUBPROTOCOL], "compression": None, "proxy": None, **options}
        async with websockets.connect(url, **options) as socket:
            yield Client(socket)


@contextlib.asynccontextmanager
async def serving(behind: House | Dependencies, port: int = 0) -> AsyncIterator[Running]:
    """Serve while the block runs, on this port or any."""
    deps = behind.deps if isinstance(behind, House) else behind
    app = create_app(deps)
    with listening_socket("127.0.0.1", port) as listener:
        server = TrackingServer(app)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
                    await asyncio.sleep(0.005)
            yield Running(listener.getsockname()[1], server, app.state.service)
        finally:
            server.should_exit = True
            await task


class Client:
    """One WebSocket; frames are dictionaries."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, kind: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def hello(self, token: str | None, *orders: Any, **fields: Any) -> dict[str, Any]:
        wishes = [{"order_id": each} if isinstance(each, str) else each for each in orders]
        await self.send("hello", token=token, client="tests", orders=wishes, **fields)
        return await self.next("welcome")

    async def next(self, kind: str) -> dict[str, Any]:
        """The next frame, which must be of this kind; heartbeats are passed over."""
        return await self.next_of(kind)

    async def next_of(self, *kinds: str) -> dict[str, Any]:
        """The next frame, which must be of one of these kinds."""
        while True:
            async with asyncio.timeout(PATIENCE_S):
                frame: dict[str, Any] = json.loads(await self.socket.recv())
            if frame["type"] == "hb" and "hb" not in kinds:
                continue
            assert frame["type"] in kinds, frame
            return frame

    async def until_live(self) -> "Caught":
        """The verdict and what follows, up to `live`."""
        verdict = await self.next("subscribed")
        caught = Caught(verdict, [])
        while True:
            async with asyncio.timeout(PATIENCE_S):
                frame = json.loads(await self.socket.recv())
            if frame["type"] == "live":
                return caught
            if frame["type"] == "events":
                caught.sequences += [event["sequence"] for event in frame["events"]]

    async def sequences(self, count: int) -> list[int]:
        """The sequences of the next so many events."""
        found: list[int] = []
        while len(found) < count:
            found += [event["sequence"] for event in (await self.next("events"))["events"]]
        return found

    async def silence(self) -> None:
        """Nothing is on its way: what is asked now is answered next."""
        await self.send("nothing of the kind", id="silence")
        assert (await self.next("error"))["id"] == "silence"

    async def closed(self) -> int:
        """The code with which the service closes; what comes before is passed over."""
        with contextlib.suppress(websockets.ConnectionClosed):
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    await self.socket.recv()
        code = self.socket.close_code
        assert code is not None
        return code


@dataclass
class Caught:
    """What a client got on attaching."""

    verdict: dict[str, Any]
    sequences: list[int]

    @property
    def mode(self) -> str:
        mode: str = self.verdict["mode"]
        return mode

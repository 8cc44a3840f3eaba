"""Many clients follow many live orders while processes, Redis and lines die at random.

`python -m tests.tracking.storm --clients 500 --orders 100 --seed 1` runs it at full size and keeps
what it found in `bench/results/`.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import websockets

from tests.services import running_on_free_port, running_temporal
from tests.tracking.estate import Estate, Tale, estate_on
from tests.tracking.house import SECRET
from tests.tracking.wire import Wire, wired
from tests.workers.stack_settings import SECRETS
from tracking.settings import SUBPROTOCOL
from workers.stack import services
from workers.stack.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
NODES = 2
LEAST_EACH = 2
"""So often at least each misfortune strikes."""
CALM_WITHIN_S = 90.0
START_WITHIN_S = 30.0


class Node:
    """A real process of the service, which may be killed and comes back on the same port."""

    def __init__(self, estate: Estate, mongodb_url: str, temporal_address: str) -> None:
        self.port = free_port()
        self._environment = {
            **SECRETS,
            "ORDERS_JWT_SECRET": SECRET,
            "PATH": os.environ["PATH"],
            "MONGODB_URL": mongodb_url,
            "MONGODB_DATABASE": estate.database.name,
            "REDIS_URL": estate.redis.url,
            "TEMPORAL_ADDRESS": temporal_address,
            "ORDERS_TRACKING_PORT": str(self.port),
            "ORDERS_TRACKING_POSITION_CHECK_S": "1",
            "ORDERS_TRACKING_DRAIN_S": "1",
            "ORDERS_TRACKING_CONNECTIONS_PER_CUSTOMER": "100000",
            "ORDERS_TRACKING_CONNECTIONS_PER_ADDRESS": "100000",
            "ORDERS_TRACKING_ADMISSIONS_PER_S": "5000",
        }
        self._child: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start and wait until it takes connections."""
        self._child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "workers.cli", "tracking"),
            env=self._environment,
            cwd=ROOT,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with httpx.AsyncClient() as http, asyncio.timeout(START_WITHIN_S):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await http.get(f"http://127.0.0.1:{self.port}/healthz")).is_success:
                        return
                await asyncio.sleep(0.05)

    async def end(self, number: signal.Signals) -> None:
        """Send it a signal and wait until it is gone."""
        if self._child is not None:
            self._child.send_signal(number)
            await self._child.wait()
            self._child = None


@dataclass
class Viewer:
    """A client that keeps what it was told, and comes back after each loss."""

    tale: Tale
    token: str
    wires: list[Wire]
    dice: random.Random
    told: list[int] = field(default_factory=list)
    connections: int = 0
    resets: int = 0

    async def watch(self, last: int) -> None:
        """Follow until the order's last event was told."""
        while self.told[-1:] != [last]:
            with contextlib.suppress(OSError, TimeoutError, websockets.WebSocketException):
                wire = self.dice.choice(self.wires)
                url = f"ws://127.0.0.1:{wire.port}/live"
                options: dict[str, Any] = {"proxy": None, "compression": None, "open_timeout": 5}
                async with websockets.connect(url, subprotocols=[SUBPROTOCOL], **options) as line:  # type: ignore[list-item]
                    self.connections += 1
                    await self._listen(line, last)
            await asyncio.sleep(self.dice.uniform(0, 0.5))

    async def _listen(self, line: Any, last: int) -> None:
        wish = self.tale.since(len(self.told))
        await line.send(json.dumps({"type": "hello", "token": self.token, "orders": [wish]}))
        while self.told[-1:] != [last]:
            async with asyncio.timeout(30):
                frame = json.loads(await line.recv())
            if frame["type"] == "subscribed" and frame["mode"] != "resumed":
                self.resets += 1
            if frame["type"] == "error":
                return
            self.told += [event["sequence"] for event in frame.get("events", ())]


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a storm did, and whether each client's log is its order's log."""

    clients: int
    orders: int
    events_per_order: int
    seed: int
    seconds: float
    misfortunes: dict[str, int]
    connections: int
    wrong_logs: int
    resets: int

    def document(self) -> dict[str, Any]:
        """Return it for the result file."""
        told = self.clients * self.events_per_order
        return {"at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", **vars(self), "events_told": told}


class Storm:
    """Runs one storm on an estate."""

    def __init__(self, estate: Estate, nodes: list[Node], wires: list[Wire], seed: int) -> None:
        self._estate, self._nodes, self._wires = estate, nodes, wires
        self._dice = random.Random(seed)
        self._seed = seed
        self._struck: Counter[str] = Counter()
        self._viewers: list[Viewer] = []

    async def rage(self, clients: int, orders: int, events: int, least: int = LEAST_EACH) -> Report:
        """Let everything happen at once, then wait until it is calm and everybody is up to date.

        Each misfortune strikes `least` times at least.

        Raises:
            TimeoutError: somebody never heard the end.
        """
        began = time.monotonic()
        tales = [await self._estate.order() for _ in range(orders)]
        token = self._estate.token()
        self._viewers = [
            Viewer(tales[n % orders], token, self._wires, random.Random(self._seed * 10_000 + n))
            for n in range(clients)
        ]
        async with asyncio.TaskGroup() as tasks:
            watching = [tasks.create_task(each.watch(events)) for each in self._viewers]
            living = [tasks.create_task(self._live(tale, events)) for tale in tales]
            await self._strike_until(lambda: all(task.done() for task in living), least)
            async with asyncio.timeout(CALM_WITHIN_S):
                await asyncio.wait(watching)
        right = list(range(1, events + 1))
        return Report(
            clients=clients,
            orders=orders,
            events_per_order=events,
            seed=self._seed,
            seconds=round(time.monotonic() - began, 1),
            misfortunes=dict(self._struck),
            connections=sum(each.connections for each in self._viewers),
            wrong_logs=sum(each.told != right for each in self._viewers),
            resets=sum(each.resets for each in self._viewers),
        )

    async def _live(self, tale: Tale, events: int) -> None:
        """Let an order happen, badly: in bursts, in disorder, twice."""
        coming = await tale.emit(events - 1)
        while coming:
            burst, coming = coming[:3], coming[3:]
            shuffled = self._dice.sample(burst, len(burst)) + burst[:1]
            for event in shuffled:
                await tale.store(event)
                await asyncio.sleep(self._dice.uniform(0, 0.4))

    async def _strike_until(self, is_over: Any, least: int) -> None:
        strikes = {
            "service killed": self._kill_service,
            "service stopped": self._stop_service,
            "redis killed": self._kill_redis,
            "all lines cut": self._cut_lines,
        }
        while not is_over() or any(self._struck[name] < least for name in strikes):
            rare = [name for name in strikes if self._struck[name] < least]
            name = self._dice.choice(rare or list(strikes))
            self._struck[name] += 1
            await strikes[name]()
            await asyncio.sleep(self._dice.uniform(0.1, 0.6))

    async def _kill_service(self) -> None:
        await self._again(self._dice.choice(self._nodes), signal.SIGKILL)

    async def _stop_service(self) -> None:
        await self._again(self._dice.choice(self._nodes), signal.SIGTERM)

    async def _again(self, node: Node, number: signal.Signals) -> None:
        """End a process; its line leads to the other one until it is back."""
        others = [each for each in self._nodes if each is not node]
        for wire in self._wires:
            if wire.target == node.port:
                wire.target = others[0].port
        await node.end(number)
        await node.start()
        for wire, own in zip(self._wires, self._nodes, strict=True):
            wire.target = own.port

    async def _kill_redis(self) -> None:
        await asyncio.to_thread(self._estate.redis.kill)
        await asyncio.sleep(self._dice.uniform(0, 0.5))
        await asyncio.to_thread(self._estate.redis.start)

    async def _cut_lines(self) -> None:
        for wire in self._wires:
            wire.cut()


@contextlib.asynccontextmanager
async def brewing(
    estate: Estate, mongodb_url: str, temporal_address: str, seed: int
) -> AsyncIterator[Storm]:
    """Start the processes and the lines to them."""
    nodes = [Node(estate, mongodb_url, temporal_address) for _ in range(NODES)]
    async with contextlib.AsyncExitStack() as stack:
        for node in nodes:
            await node.start()
            stack.push_async_callback(node.end, signal.SIGKILL)
        wires = [await stack.enter_async_context(wired(node.port)) for node in nodes]
        yield Storm(estate, nodes, wires, seed)


async def _full_size(given: argparse.Namespace, mongodb_url: str, temporal: str) -> Report:
    async with (
        estate_on(mongodb_url, temporal) as estate,
        brewing(estate, mongodb_url, temporal, given.seed) as storm,
    ):
        return await storm.rage(given.clients, given.orders, given.events)


def main() -> None:
    """Run a storm, keep and print what it did; exit 1 if a log is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("clients", 500), ("orders", 100), ("events", 20), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = parser.parse_args()
    with running_on_free_port("mongodb", services.mongodb) as port, running_temporal() as temporal:
        url = services.mongodb_url(port)
        report = asyncio.run(_full_size(arguments, url, temporal.address))
    text = json.dumps(report.document(), indent=2)
    path = ROOT / f"bench/results/storm-{report.clients}-{report.orders}.json"
    path.write_text(text + "\n")
    sys.stdout.write(f"{text}\nresult: {path.relative_to(ROOT)}\n")
    sys.exit(1 if report.wrong_logs else 0)


if __name__ == "__main__":
    main()

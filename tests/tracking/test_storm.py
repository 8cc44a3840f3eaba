"""Many viewers, lost announcements, disorder and cut lines, all at once, by a seed."""

import asyncio
import contextlib
import json
import random
from typing import Any

import pytest
import websockets

from tests.services import TemporalServer
from tests.tracking.estate import estate_on
from tests.tracking.house import House, Story
from tests.tracking.serving import Running, serving
from tests.tracking.storm import brewing

ORDERS = 8
VIEWERS = 4
EVENTS = 30
PATIENCE_S = 20.0


class Viewer:
    """A client that keeps what it has been told, and comes back after each cut."""

    def __init__(self, story: Story, dice: random.Random) -> None:
        self.story = story
        self.told: list[int] = []
        self.cuts = 0
        self._dice = dice

    async def watch(self, running: Running, token: str) -> None:
        """Follow until the order's last event has been told."""
        while not self.told or self.told[-1] < EVENTS:
            with contextlib.suppress(websockets.ConnectionClosed):
                async with running.connect() as client:
                    await client.hello(token, self._wish())
                    await self._listen(client.socket)

    def _wish(self) -> dict[str, Any]:
        position = {"epoch": 1, "sequence": self.told[-1] if self.told else 0}
        return {"order_id": self.story.order_id, "since": position}

    async def _listen(self, socket: Any) -> None:
        while not self.told or self.told[-1] < EVENTS:
            frame = json.loads(await socket.recv())
            if frame["type"] == "subscribed":
                assert frame["mode"] == "resumed"
            for event in frame.get("events", ()):
                self.told.append(event["sequence"])
            if self._dice.random() < 0.1:
                self.cuts += 1
                socket.transport.abort()


async def live_through(story: Story, house: House, dice: random.Random) -> None:
    """Let an order happen, badly: in bursts, in disorder, with announcements lost."""
    while len(story.events) < EVENTS:
        most = EVENTS - len(story.events)
        burst = [story.emit() for _ in range(dice.randint(1, min(4, most)))]
        dice.shuffle(burst)
        for event in burst:
            house.feed.lose_next = int(dice.random() < 0.2)
            await story.commit(event)
        if dice.random() < 0.1:
            house.feed.interrupt()
        await asyncio.sleep(dice.uniform(0, 0.02))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_every_viewers_log_equals_the_orders_log(seed: int) -> None:
    dice = random.Random(seed)
    house = House(position_check_s=0.2, connections_per_customer=1000)
    stories = [await house.order(1) for _ in range(ORDERS)]
    viewers = [Viewer(story, dice) for story in stories for _ in range(VIEWERS)]
    async with serving(house) as running, asyncio.timeout(PATIENCE_S):
        async with asyncio.TaskGroup() as tasks:
            for viewer in viewers:
                tasks.create_task(viewer.watch(running, house.token()))
            for story in stories:
                tasks.create_task(live_through(story, house, dice))
        assert running.figure("orders_tracking_closed_total", code="4106") == 0
    for viewer in viewers:
        assert viewer.told == list(range(1, EVENTS + 1))
    assert sum(viewer.cuts for viewer in viewers) > len(viewers)


async def test_processes_redis_and_lines_die_and_every_log_is_right(
    mongodb_url: str, temporal_server: TemporalServer
) -> None:
    """The same at full size, 500 clients on 100 orders: `python -m tests.tracking.storm`."""
    address = temporal_server.address
    async with (
        estate_on(mongodb_url, address) as estate,
        brewing(estate, mongodb_url, address, seed=7) as storm,
    ):
        report = await storm.rage(clients=60, orders=12, events=12, least=1)
    assert (report.wrong_logs, report.resets) == (0, 0)
    assert min(report.misfortunes.values()) >= 1
    assert report.connections > report.clients

"""Server-sent events: the same guarantees in another envelope."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from domain.status import OrderStatus
from tests.fakes.samples import random_order_id
from tests.tracking.house import House, Story
from tests.tracking.serving import Running, serving

PATIENCE_S = 5.0


class Messages:
    """The messages of one stream."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines
        self.retries: list[int] = []

    async def next(self) -> dict[str, Any]:
        fields: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE_S):
            async for line in self._lines:
                if not line and "event" in fields:
                    data = json.loads(fields["data"])
                    return {"event": fields["event"], "id": fields.get("id"), "data": data}
                name, _, value = line.partition(": ")
                if name == "retry":
                    self.retries.append(int(value))
                fields[name] = value
        raise EOFError

    async def ids(self, count: int) -> list[str | None]:
        return [(await self.next())["id"] for _ in range(count)]


@contextlib.asynccontextmanager
async def listening(
    running: Running, house: House, story: Story, query: str = "", **headers: str
) -> AsyncIterator[Messages]:
    given = {"Authorization": f"Bearer {house.token()}", **headers}
    async with (
        httpx.AsyncClient(base_url=running.url) as http,
        http.stream("GET", f"/orders/{story.order_id}/stream{query}", headers=given) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Messages(answer.aiter_lines())


async def test_a_stream_begins_with_a_snapshot_and_goes_on_live() -> None:
    house = House()
    story = await house.order(2)
    async with serving(house) as running, listening(running, house, story) as stream:
        first = await stream.next()
        assert (first["event"], first["id"]) == ("subscribed", "1:2")
        assert first["data"]["snapshot"]["sequence"] == 2
        assert (await stream.next())["event"] == "live"
        await story.happen(2)
        assert await stream.ids(2) == ["1:3", "1:4"]
        assert 500 <= stream.retries[0] <= 3000


@pytest.mark.parametrize(("query", "headers"), [("", {"Last-Event-ID": "1:1"}), ("?since=1:1", {})])
async def test_a_stream_resumes_after_the_last_id(query: str, headers: dict[str, str]) -> None:
    house = House()
    story = await house.order(4)
    async with (
        serving(house) as running,
        listening(running, house, story, query, **headers) as stream,
    ):
        first = await stream.next()
        assert (first["event"], first["id"], first["data"]["mode"]) == (
            "subscribed",
            None,
            "resumed",
        )
        assert await stream.ids(3) == ["1:2", "1:3", "1:4"]
        assert (await stream.next())["event"] == "live"


async def test_a_strange_last_id_starts_over() -> None:
    house = House()
    story = await house.order(4)
    async with serving(house) as running:
        for strange in ("9:9", "1:99", "x", "1:-1", "1"):
            async with listening(running, house, story, **{"Last-Event-ID": strange}) as stream:
                assert (await stream.next())["data"]["mode"] == "reset", strange


async def test_heartbeats_keep_a_stream_open() -> None:
    house = House(heartbeat_s=0.05)
    story = await house.order(1)
    async with serving(house) as running, listening(running, house, story) as stream:
        seen = [(await stream.next())["event"] for _ in range(4)]
        assert seen == ["subscribed", "live", "hb", "hb"]


async def test_a_stopping_process_ends_its_streams_with_a_hint() -> None:
    house = House(drain_window_s=0.5)
    story = await house.order(1)
    async with serving(house) as running, listening(running, house, story) as stream:
        assert (await stream.next())["event"] == "subscribed"
        assert (await stream.next())["event"] == "live"
        running.server.stop()
        assert (await stream.next())["event"] == "draining"
        with pytest.raises(EOFError):
            await stream.next()


async def test_a_stream_ends_with_its_token() -> None:
    house = House()
    story = await house.order(1)
    token = house.token(lifetime=timedelta(seconds=4))
    async with (
        serving(house) as running,
        listening(running, house, story, Authorization=f"Bearer {token}") as stream,
    ):
        assert (await stream.next())["event"] == "subscribed"
        assert (await stream.next())["event"] == "live"
        with pytest.raises(EOFError):
            await stream.next()


async def test_who_may_not_follow_is_told_by_the_status() -> None:
    house = House(connections_per_customer=0)
    story = await house.order(1)
    foreign = await house.order(1, customer_id="cus_somebody_else")
    mine = {"Authorization": f"Bearer {house.token()}"}
    async with serving(house) as running, httpx.AsyncClient(base_url=running.url) as http:

        async def status(order_id: str, headers: dict[str, str]) -> int:
            return (await http.get(f"/orders/{order_id}/stream", headers=headers)).status_code

        assert await status(story.order_id, {}) == 401
        assert await status(story.order_id, {"Authorization": "Bearer x"}) == 401
        assert await status(foreign.order_id, mine) == 404
        assert await status(random_order_id(), mine) == 404
        assert await status("..", mine) == 404
        assert await status(story.order_id, mine) == 429
        running.service.connections.draining = True
        assert await status(story.order_id, mine) == 503


async def test_a_completed_order_whose_end_is_known_ends_the_reconnecting() -> None:
    house = House()
    story = await house.order(3)
    house.settle(story, OrderStatus.COMPLETED)
    async with serving(house) as running, httpx.AsyncClient(base_url=running.url) as http:
        headers = {"Authorization": f"Bearer {house.token()}", "Last-Event-ID": "1:3"}
        answer = await http.get(f"/orders/{story.order_id}/stream", headers=headers)
        assert answer.status_code == 204

"""The ops wall: everything that moves, newest state only; and what it costs nobody else."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from domain.ports import Scope
from tests.fakes.samples import NOON, sample_events
from tests.tracking.house import House
from tests.tracking.serving import Client, serving
from tracking.wall.figures import Figures

QUICK: dict[str, Any] = {"wall_tick_s": 0.01, "wall_count_s": 0.02, "wall_refresh_s": 0.04}


async def watching(client: Client, house: House) -> dict[str, Any]:
    await client.hello(house.token("ops_1", scope=Scope.OPS))
    await client.send("subscribe", id="w", wall=True)
    return await client.next("subscribed")


async def shown(client: Client, order_id: str, sequence: int) -> dict[str, Any]:
    """The row of an order once it has come so far."""
    while True:
        for row in (await client.next("wall"))["orders"]:
            if (row["order_id"], row["sequence"]) == (order_id, sequence):
                found: dict[str, Any] = row
                return found


async def test_the_wall_begins_with_the_newest_orders_and_shows_what_moves() -> None:
    house = House(**QUICK)
    story = await house.order(2)
    async with serving(house) as running, running.connect() as client:
        board = await watching(client, house)
        assert (board["id"], board["wall"], board["mode"]) == ("w", True, "snapshot")
        assert [row["order_id"] for row in board["orders"]] == [story.order_id]
        await story.happen()
        row = await shown(client, story.order_id, 3)
        newcomer = await house.order(1)
        await shown(client, newcomer.order_id, 1)
    assert "asha" not in str(row).lower()
    assert row["city"] == "Pune"


async def test_what_was_not_announced_appears_all_the_same() -> None:
    house = House(**QUICK)
    story = await house.order(1)
    async with serving(house) as running, running.connect() as client:
        await watching(client, house)
        house.feed.lose_next = 1
        await story.happen()
        await shown(client, story.order_id, 2)


async def test_the_wall_is_for_ops() -> None:
    house = House()
    async with serving(house) as running, running.connect() as client:
        await client.hello(house.token())
        await client.send("subscribe", id="w", wall=True)
        refused = await client.next("error")
        assert (refused["id"], refused["code"]) == ("w", "forbidden")


async def test_the_wall_can_be_left_and_nobody_listens_any_more() -> None:
    house = House(**QUICK)
    story = await house.order(1)
    async with serving(house) as running, running.connect() as client:
        await watching(client, house)
        await client.send("unsubscribe", wall=True)
        async with asyncio.timeout(3):
            while running.service.wall._tasks:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)
        await story.happen()
        await client.send("nothing", id="end")
        while (await client.next_of("wall", "error"))["type"] == "wall":
            pass


async def test_the_wall_keeps_to_its_size_and_keeps_what_needs_somebody() -> None:
    house = House(**{**QUICK, "wall_orders": 3})
    stories = [await house.order(1) for _ in range(5)]
    async with serving(house) as running, running.connect() as client:
        board = await watching(client, house)
        assert len(board["orders"]) == 3
        for story in stories:
            await story.happen()
        last = stories[-1]
        await last.happen()
        await shown(client, last.order_id, 3)
        assert len(running.service.wall.board()["orders"]) <= 3


async def test_its_page_is_for_ops_and_asks_others_to_sign_in() -> None:
    house = House()
    async with serving(house) as running, httpx.AsyncClient(base_url=running.url) as http:
        assert 'action="/session"' in (await http.get("/wall")).text
        http.cookies.set("tracking", house.token())
        customer = await http.get("/wall")
        assert (customer.status_code, "for operations" in customer.text) == (403, True)
        http.cookies.set("tracking", house.token("ops_1", scope=Scope.OPS))
        page = (await http.get("/wall")).text
    assert "wall.js" in page


def test_figures_tell_what_moved_within_a_minute_and_how_late_it_was_heard() -> None:
    figures = Figures(NOON)
    events = sample_events(2)
    assert figures.document(NOON)["lag_ms"] is None
    figures.hear(events[:1], events[0].time + timedelta(milliseconds=250))
    heard = figures.document(NOON + timedelta(seconds=30))
    assert (heard["events_per_min"], heard["placed_per_min"]) == (1, 1)
    assert heard["lag_ms"] == {"p50": 250, "p99": 250}
    later = figures.document(NOON + timedelta(seconds=150))
    assert (later["events_per_min"], later["events_by_minute"]) == (0, [1, 0, 0])


@pytest.mark.parametrize("lost", [False, True])
async def test_an_order_placed_later_is_followed_by_who_follows_all(lost: bool) -> None:
    house = House(position_check_s=0.05 if lost else 3600)
    first = await house.order(2)
    async with serving(house) as running, running.connect() as client:
        await client.hello(house.token())
        await client.send("subscribe", id="all", customer=True)
        assert (await client.until_live()).verdict["order_id"] == first.order_id
        house.feed.lose_next = int(lost)
        second = await house.order(1)
        verdict = (await client.until_live()).verdict
        assert (verdict["order_id"], verdict["id"]) == (second.order_id, "all")
        await second.happen()
        assert await client.sequences(1) == [2]
        await house.order(1, customer_id="cus_somebody_else")
        await client.send("unsubscribe", customer=True)
        await house.order(1)
        await client.silence()

"""What one process takes: in all, from one address, at once; and how often workflows are asked."""

import asyncio
from typing import Any

import httpx
import pytest
import websockets

from tests.tracking.house import House
from tests.tracking.serving import Running, serving
from tracking.live.rate import Allowance
from tracking.security import address_of


async def rejected(running: Running, status: int, **options: Any) -> None:
    with pytest.raises(websockets.InvalidStatus) as caught:
        async with running.connect(**options):
            pass
    assert caught.value.response.status_code == status
    assert int(caught.value.response.headers["retry-after"]) > 0


async def test_a_full_process_sends_newcomers_elsewhere() -> None:
    house = House(connections=2)
    story = await house.order(1)
    async with serving(house) as running:
        async with running.connect() as one, running.connect() as two:
            await one.hello(house.token())
            await two.hello(house.token())
            await rejected(running, 503)
            async with httpx.AsyncClient(base_url=running.url) as http:
                stream = await http.get(f"/orders/{story.order_id}/stream")
            assert (stream.status_code, stream.json()["detail"]) == (503, "full")
            assert running.figure("orders_tracking_rejected_total", reason="full") == 2
        async with running.connect() as later:
            await later.hello(house.token())


async def test_one_address_may_not_take_the_whole_process() -> None:
    house = House(connections_per_address=1, proxies=1)
    async with serving(house) as running:
        here = {"X-Forwarded-For": "203.0.113.7"}
        async with running.connect(additional_headers=here) as one:
            await one.hello(house.token())
            forged = {"X-Forwarded-For": "198.51.100.1, 203.0.113.7"}
            await rejected(running, 429, additional_headers=forged)
            elsewhere = {"X-Forwarded-For": "203.0.113.8"}
            async with running.connect(additional_headers=elsewhere) as two:
                await two.hello(house.token())


@pytest.mark.parametrize(
    ("heard", "proxies", "address"),
    [
        ("", 0, "peer"),
        ("1.1.1.1", 0, "peer"),
        ("1.1.1.1", 1, "1.1.1.1"),
        ("9.9.9.9, 1.1.1.1, 2.2.2.2", 2, "1.1.1.1"),
        ("1.1.1.1", 2, "peer"),
        ("", 1, "peer"),
    ],
)
def test_only_what_our_own_proxies_say_is_believed(heard: str, proxies: int, address: str) -> None:
    assert address_of({"x-forwarded-for": heard}, "peer", proxies) == address


async def test_too_many_newcomers_at_once_come_again_a_little_later() -> None:
    house = House(admissions_per_s=1)
    async with serving(house) as running:
        async with running.connect(), running.connect():
            await rejected(running, 503)
        assert running.figure("orders_tracking_rejected_total", reason="overloaded") == 1


def test_an_allowance_fills_steadily_up_to_its_burst() -> None:
    now = [0.0]
    allowance = Allowance(2, 3, now=lambda: now[0])
    assert [allowance.take() for _ in range(4)] == [True, True, True, False]
    now[0] = 1.0
    assert [allowance.take() for _ in range(3)] == [True, True, False]


async def test_readers_at_different_places_of_one_order_cost_one_query() -> None:
    house = House()
    story = await house.order(4)
    gate = asyncio.Event()
    house.queries.before = gate.wait
    async with serving(house) as running, running.connect() as one, running.connect() as two:
        for client, after in ((one, 1), (two, 3)):
            await client.hello(house.token())
            ask = {"order_id": story.order_id, "args": {"sequence": after}}
            await client.send("query", id="e", name="events_since", **ask)
            await client.silence()  # it has been heard
        gate.set()
        first, second = await one.next("result"), await two.next("result")
    assert [event["sequence"] for event in first["result"]["events"]] == [2, 3, 4]
    assert [event["sequence"] for event in second["result"]["events"]] == [4]
    assert house.queries.asked == [("events_since", story.order_id)]


async def test_workflows_are_not_asked_more_often_than_allowed() -> None:
    house = House(queries_per_s=0.5, query_share_s=0)
    stories = [await house.order(1) for _ in range(3)]
    house.queries.asked.clear()
    async with serving(house) as running, running.connect() as client:
        await client.hello(house.token())
        await client.send("query", id=0, order_id=stories[0].order_id, name="status")
        await client.next("result")
        await client.send("query", id=1, order_id=stories[1].order_id, name="status")
        refused = await client.next("error")
        assert (refused["code"], refused["retry"]) == ("busy", True)
    assert len(house.queries.asked) == 1


async def test_a_replay_longer_than_allowed_is_a_snapshot() -> None:
    house = House(replay_events=5)
    story = await house.order(10)
    async with serving(house) as running, running.connect() as client:
        at = {"epoch": 1, "sequence": 5}
        await client.hello(house.token(), {"order_id": story.order_id, "since": at})
        assert (await client.until_live()).sequences == [6, 7, 8, 9, 10]
        await client.send("unsubscribe", order_id=story.order_id)
        at = {"epoch": 1, "sequence": 4}
        await client.send("subscribe", order_id=story.order_id, since=at)
        assert (await client.until_live()).mode == "reset"

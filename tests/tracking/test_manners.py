"""Tokens, limits, hostile frames, slow readers and the end of a process, over real sockets."""

import asyncio
import json
import socket
from datetime import timedelta
from typing import Any

import pytest
import websockets

from domain.errors import OrderUnavailable
from domain.ports import Scope
from tests.tracking.house import House
from tests.tracking.serving import Running, serving
from tests.tracking.test_following import caught_up, since

OPEN = "orders_tracking_connections"
KINDS = ("token_expiring", "subscribed", "live", "error", "refreshed")


async def refused_with(running: Running, *frames: Any) -> tuple[int, dict[str, Any]]:
    """The close code and the error frame that these first frames lead to."""
    async with running.connect() as client:
        for frame in frames:
            await client.socket.send(frame if isinstance(frame, bytes) else json.dumps(frame))
        error = await client.next("error")
        return await client.closed(), error


BAD_BEGINNINGS: tuple[tuple[Any, int], ...] = (
    ({"type": "subscribe", "order_id": "ord_x"}, 4000),
    ({"type": "hello", "token": 7}, 4000),
    ({"type": "hello", "orders": "all"}, 4000),
    ({"type": "hello", "orders": ["all"]}, 4000),
    (["hello"], 4000),
    ("hello", 4000),
    ({"kind": "hello"}, 4000),
    (b"\x00\x01", 4000),
    ({"type": "hello"}, 4001),
    ({"type": "hello", "token": "not.a.token"}, 4001),
)


async def test_a_bad_beginning_is_named_and_closed() -> None:
    async with serving(House()) as running:
        for frame, code in BAD_BEGINNINGS:
            closed, error = await refused_with(running, frame)
            assert (closed, error["retry"], bool(error["message"])) == (code, False, True), frame


async def test_a_token_that_has_expired_may_be_replaced() -> None:
    house = House()
    async with serving(house) as running:
        expired = house.token(lifetime=timedelta(seconds=-5))
        closed, error = await refused_with(running, {"type": "hello", "token": expired})
    assert (closed, error["code"], error["retry"]) == (4101, "token_expired", True)


async def test_a_token_of_another_signer_is_refused_for_good() -> None:
    house, other = House(), House()
    async with serving(house) as running:
        header, claims, _ = house.token().split(".")
        forged = ".".join((header, claims, other.token().split(".")[2][::-1]))
        closed, _ = await refused_with(running, {"type": "hello", "token": forged})
    assert closed == 4001


async def test_a_token_that_runs_out_while_live_is_announced_and_closed() -> None:
    house = House()
    story = await house.order(2)
    async with serving(house) as running, running.connect() as client:
        await client.hello(house.token(lifetime=timedelta(seconds=1)), story.order_id)
        kinds = {
            (await client.next_of("token_expiring", "subscribed", "live"))["type"] for _ in "123"
        }
        assert kinds == {"token_expiring", "subscribed", "live"}
        assert (await client.next("error"))["code"] == "token_expired"
        assert await client.closed() == 4101


async def test_a_new_token_of_the_same_person_goes_on() -> None:
    house = House()
    story = await house.order(2)
    async with serving(house) as running, running.connect() as client:
        await client.hello(house.token(lifetime=timedelta(seconds=1)), story.order_id)
        await client.send("refresh", id=1, token=house.token("cus_somebody_else"))
        await client.send("refresh", id=2, token=house.token())
        answers = [
            frame
            for frame in [await client.next_of(*KINDS) for _ in range(5)]
            if frame["type"] in {"error", "refreshed"}
        ]
        assert [(a["type"], a["id"]) for a in answers] == [("error", 1), ("refreshed", 2)]
        await asyncio.sleep(0)
        await story.happen()
        assert await client.sequences(1) == [3]


async def test_nobody_waits_for_a_silent_client() -> None:
    async with serving(House(hello_timeout_s=0.05)) as running, running.connect() as client:
        assert await client.closed() == 4102


async def test_another_protocol_is_refused_with_its_code() -> None:
    async with serving(House()) as running, running.connect(subprotocols=["orders.v9"]) as client:
        assert await client.closed() == 4006


async def test_a_client_may_leave_the_subprotocol_out() -> None:
    house = House()
    async with serving(house) as running, running.connect(subprotocols=None) as client:
        await client.hello(house.token())


WRONG_FRAMES: tuple[dict[str, Any], ...] = (
    {"type": "dance", "id": 7},
    {"type": "subscribe", "id": 7},
    {"type": "subscribe", "id": 7, "order_id": 9},
    {"type": "subscribe", "id": 7, "order_id": "ord_x", "customer": True},
    {"type": "subscribe", "id": 7, "wall": True},
    {"type": "query", "id": 7, "order_id": "ord_x", "name": "drop"},
    {"type": "query", "id": 7, "order_id": "ord_x", "name": "status"},
    {"type": "query", "id": 7, "order_id": "ord_x", "name": "events_since", "args": []},
    {"type": "query", "id": 7, "order_id": "x", "name": "status", "args": {"sequence": -1}},
    {"type": "refresh", "id": 7, "token": "x"},
    {"type": "unsubscribe", "id": 7},
    {"type": "hello", "id": 7},
)


async def test_a_wrong_frame_is_answered_and_the_connection_goes_on() -> None:
    house = House(frames_burst=100)
    story = await house.order(2)
    async with serving(house) as running, running.connect() as client:
        await caught_up(client, house, story.order_id)
        for sequence, frame in enumerate(WRONG_FRAMES, start=3):
            await client.socket.send(json.dumps(frame))
            error = await client.next("error")
            assert error.get("id") in (7, None), frame
            assert error["retry"] is False, frame
            await story.happen()
            assert await client.sequences(1) == [sequence], frame


GARBAGE: tuple[tuple[str | bytes, int], ...] = (
    (b"\x00\xff", 4000),
    ("{", 4000),
    ("[" * 4000, 4000),
    ("null", 4000),
    ('{"type": 3}', 4000),
    ("x" * 5000, 1009),
)


async def test_garbage_closes_its_sender_and_nobody_else() -> None:
    house = House()
    story = await house.order(2)
    async with serving(house) as running, running.connect() as neighbour:
        await caught_up(neighbour, house, story.order_id)
        for sequence, (frame, code) in enumerate(GARBAGE, start=3):
            async with running.connect() as client:
                await client.hello(house.token())
                await client.socket.send(frame)
                assert await client.closed() == code, frame
            await story.happen()
            assert await neighbour.sequences(1) == [sequence], frame


async def test_a_flood_is_closed() -> None:
    house = House(frames_burst=5, frames_per_s=1)
    async with serving(house) as running, running.connect() as client:
        await client.hello(house.token())
        for _ in range(10):
            await client.send("dance")
        assert await client.closed() == 4105


async def test_one_person_may_not_hold_too_many_connections() -> None:
    house = House(connections_per_customer=2)
    async with serving(house) as running:
        async with running.connect() as first, running.connect() as second:
            await first.hello(house.token())
            await second.hello(house.token())
            async with running.connect() as third:
                await third.send("hello", token=house.token())
                assert await third.closed() == 4005
        async with running.connect() as later:
            await later.hello(house.token())


async def test_heartbeats_come_by_themselves() -> None:
    house = House(heartbeat_s=0.05)
    async with serving(house) as running, running.connect() as client:
        assert (await client.hello(house.token()))["heartbeat_s"] == 0.05
        assert "t" in await client.next("hb")
        assert "t" in await client.next("hb")


async def test_a_long_life_ends_with_an_invitation() -> None:
    house = House(life_s=0.05)
    async with serving(house) as running, running.connect() as client:
        await client.hello(house.token())
        assert (await client.next("draining"))["reconnect_after_ms"] >= 0
        assert await client.closed() == 4201


async def test_a_reader_that_reads_nothing_does_not_hurt_its_neighbours() -> None:
    house = House(send_timeout_s=0.5, backlog_frames=8)
    story = await house.order(2)
    async with serving(house) as running, running.connect() as neighbour:
        await caught_up(neighbour, house, story.order_id)
        with socket.create_connection(("127.0.0.1", running.port)) as stuck:
            stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            async with running.connect(sock=stuck, max_queue=1) as client:
                await client.hello(house.token(), story.order_id)
                await client.until_live()
                client.socket.transport.pause_reading()
                while not running.figure("orders_tracking_closed_total", code="4104"):
                    await story.commit(story.emit(padding="x" * 50_000))
                    await neighbour.sequences(1)
                client.socket.transport.abort()
        late = story.head["sequence"]
        async with running.connect() as again:
            resumed = await caught_up(again, house, since(story, late - 3))
            assert resumed.sequences == [late - 2, late - 1, late]


async def test_a_query_is_relayed_with_the_position_it_speaks_of() -> None:
    house = House()
    story = await house.order(3)
    async with serving(house) as running, running.connect() as client:
        await client.hello(house.token())
        await client.send("query", id="q", order_id=story.order_id, name="status")
        answer = await client.next("result")
        assert (answer["id"], answer["sequence"]) == ("q", 3)
        assert answer["result"]["waits_for"] == "the payment"
        ask = {"order_id": story.order_id, "name": "events_since", "args": {"sequence": 1}}
        await client.send("query", id="e", **ask)
        answer = await client.next("result")
        assert [event["sequence"] for event in answer["result"]["events"]] == [2, 3]


async def test_many_viewers_who_ask_the_same_cost_one_query() -> None:
    house = House()
    story = await house.order(3)
    gate = asyncio.Event()
    house.queries.before = gate.wait
    async with serving(house) as running, running.connect() as one, running.connect() as two:
        for client in (one, two):
            await client.hello(house.token())
            await client.send("query", id=1, order_id=story.order_id, name="status")
            await client.send("query", id=2, order_id=story.order_id, name="status")
            assert (await client.next("error"))["code"] == "busy"
        gate.set()
        for client in (one, two):
            assert (await client.next("result"))["sequence"] == 3
    assert house.queries.asked == [("status", story.order_id)]


async def test_a_query_that_nobody_answers_is_unavailable_and_holds_nothing_up() -> None:
    house = House(query_timeout_s=0.2)
    story = await house.order(3)
    house.queries.before = asyncio.Event().wait
    async with serving(house) as running, running.connect() as client:
        await caught_up(client, house, story.order_id)
        await client.send("query", id=1, order_id=story.order_id, name="status")
        await story.happen()
        assert await client.sequences(1) == [4]
        error = await client.next("error")
        assert (error["code"], error["retry"]) == ("unavailable", True)


async def test_a_workflow_that_is_away_is_said_so() -> None:
    house = House()
    story = await house.order(3)

    async def away() -> None:
        message = "Temporal is away"
        raise OrderUnavailable(message)

    house.queries.before = away
    async with serving(house) as running, running.connect() as client:
        await client.hello(house.token())
        await client.send("query", id=1, order_id=story.order_id, name="status")
        assert (await client.next("error"))["code"] == "unavailable"


async def test_a_closed_order_is_answered_from_the_view() -> None:
    house = House()
    story = await house.order(3)
    house.queries.events.clear()
    async with serving(house) as running, running.connect() as client:
        await client.hello(house.token("ops_ravi", scope=Scope.OPS))
        await client.send("query", id=1, order_id=story.order_id, name="status")
        assert (await client.next("result"))["sequence"] == 3
        ask = {"order_id": story.order_id, "name": "events_since", "args": {"sequence": 2}}
        await client.send("query", id=2, **ask)
        assert (await client.next("result"))["result"]["events"][0]["sequence"] == 3


async def test_a_stopping_process_sends_everybody_away_and_takes_nobody_new() -> None:
    house = House(drain_window_s=1.0)
    story = await house.order(2)
    async with serving(house) as running, running.connect() as client, running.connect() as other:
        for each in (client, other):
            await caught_up(each, house, story.order_id)
        running.server.stop()
        hints = [(await each.next("draining"))["reconnect_after_ms"] for each in (client, other)]
        assert all(0 <= hint <= 1000 for hint in hints)
        assert [await client.closed(), await other.closed()] == [4200, 4200]


async def test_while_draining_readiness_fails_and_new_sockets_get_503() -> None:
    house = House(drain_window_s=0.5)
    async with serving(house) as running, running.connect() as client:
        await client.hello(house.token())
        running.service.connections.draining = True
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with running.connect():
                pass
        assert refused.value.response.status_code == 503
        assert "Retry-After" in refused.value.response.headers


async def test_a_foreign_page_may_not_open_the_socket() -> None:
    house = House(origins=frozenset({"https://shop.example"}))
    async with serving(house) as running:
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with running.connect(origin="https://evil.example"):
                pass
        assert refused.value.response.status_code == 403
        for origin in ("https://shop.example", running.url):
            async with running.connect(origin=origin) as client:
                await client.hello(house.token())


async def test_who_left_is_forgotten() -> None:
    house = House()
    story = await house.order(2)
    subscription: Any = house.deps.subscription
    async with serving(house) as running:
        async with running.connect() as client:
            await caught_up(client, house, story.order_id)
        async with asyncio.timeout(3):
            while subscription.orders or running.figure(OPEN, transport="websocket"):  # noqa: ASYNC110
                await asyncio.sleep(0.005)

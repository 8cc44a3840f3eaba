"""The ten edge cases of the protocol's notes, one test each, over real sockets and servers."""

import asyncio
import contextlib
import json
import random
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from tests.fakes.samples import random_order_id
from tests.services import TemporalServer
from tests.tracking.estate import Estate, Tale, estate_on, until
from tests.tracking.serving import Caught, Client, Running
from tests.tracking.wire import wired
from tracking import server

SEED = 20261123


@pytest.fixture
async def estate(mongodb_url: str, temporal_server: TemporalServer) -> AsyncIterator[Estate]:
    async with estate_on(mongodb_url, temporal_server.address) as found:
        yield found


async def attached(client: Client, estate: Estate, wish: Any) -> Caught:
    await client.hello(estate.token(), wish)
    return await client.until_live()


async def sequences_until(client: Client, last: int) -> list[int]:
    """What is told from here on, up to a sequence."""
    found: list[int] = []
    while not found or found[-1] < last:
        found += [each["sequence"] for each in (await client.next("events"))["events"]]
    return found


async def readiness(running: Running) -> tuple[int, dict[str, Any]]:
    async with httpx.AsyncClient(base_url=running.url) as http:
        answer = await http.get("/readyz")
    return answer.status_code, answer.json()["checks"]


async def is_ready(running: Running) -> None:
    async with asyncio.timeout(10):
        while (await readiness(running))[0] != 200:  # noqa: ASYNC110 - asked over HTTP
            await asyncio.sleep(0.05)


async def test_1_seam_nothing_is_lost_or_told_twice_while_readers_attach(estate: Estate) -> None:
    """The schedule of every await point stands in `test_seams.py`; here real servers race."""
    dice = random.Random(SEED)
    tale = await estate.order(3)
    last = 40

    async def read(running: Running) -> tuple[int, list[int]]:
        await asyncio.sleep(dice.uniform(0, 0.4))
        since = dice.randint(0, 3)
        async with running.connect() as client:
            caught = await attached(client, estate, tale.since(since))
            told = list(caught.sequences)
            if not told or told[-1] < last:
                told += await sequences_until(client, last)
            return since, told

    async with estate.node() as one, estate.node() as two, asyncio.TaskGroup() as tasks:
        readers = [tasks.create_task(read(node)) for node in [one, two] * 12]
        tasks.create_task(tale.happen(last - 3))
    for reader in readers:
        since, told = reader.result()
        assert told == list(range(since + 1, last + 1))


async def test_2_a_lost_last_announcement_is_found_by_every_node(estate: Estate) -> None:
    tale = await estate.order(3)
    async with estate.node() as one, estate.node() as two:
        async with one.connect() as here, two.connect() as there:
            for client in (here, there):
                await attached(client, estate, tale.since(3))
            estate.feed.lossy = True
            await tale.happen()
            for client in (here, there):
                assert await client.sequences(1) == [4]
        assert one.figure("orders_tracking_gaps_healed_total") == 1
        assert two.figure("orders_tracking_gaps_healed_total") == 1


async def test_3_disorder_at_the_view_is_seen_in_order_and_once(estate: Estate) -> None:
    tale = await estate.order(5)
    async with estate.node() as running, running.connect() as client:
        await attached(client, estate, tale.since(5))
        six, seven, eight = await tale.emit(3)
        await tale.store(six)
        await tale.store(eight)
        assert await client.sequences(1) == [6]
        async with running.connect() as during:
            caught = await attached(during, estate, tale.since(4))
            assert caught.sequences == [5, 6]  # it does not jump the hole
            await tale.store(seven)
            await tale.store(seven)
            assert await sequences_until(during, 8) == [7, 8]
        assert await sequences_until(client, 8) == [7, 8]
        await client.silence()
        await tale.forget(7)  # the log loses it: its workflow still knows
        async with running.connect() as later:
            assert (await attached(later, estate, tale.since(5))).sequences == [6, 7, 8]


async def test_4_redis_may_forget_die_hang_up_and_be_away(estate: Estate) -> None:
    tale = await estate.order(2)
    async with estate.node() as running, running.connect() as client:
        await attached(client, estate, tale.since(2))
        await estate.redis.command("FLUSHALL")
        await tale.happen()
        assert await client.sequences(1) == [3]
        estate.feed.lossy = True
        await tale.happen()
        await estate.redis.command("CLIENT", "KILL", "TYPE", "pubsub")  # as a full buffer does
        assert await client.sequences(1) == [4]
        estate.feed.lossy = False
        estate.redis.kill()
        status, checks = await readiness(running)
        assert (status, checks["redis"] != "ok") == (503, True)
        await tale.happen()  # while live
        assert await client.sequences(1) == [5]
        async with running.connect() as newcomer:  # unreachable at connect and during catch-up
            assert (await attached(newcomer, estate, tale.since(1))).sequences == [2, 3, 4, 5]
        async with estate.node() as begun_without, begun_without.connect() as other:
            assert (await attached(other, estate, tale.since(4))).sequences == [5]
            estate.redis.start()
            await is_ready(running)
            await tale.happen()
            assert [await each.sequences(1) for each in (client, other)] == [[6], [6]]
        # Two losses that follow each other closely may be noticed as one.
        assert running.figure("orders_tracking_feed_lost_total") >= 1


STRANGE: tuple[Any, ...] = (
    {"epoch": 1, "sequence": 99},
    {"epoch": 7, "sequence": 2},
    {"epoch": 1, "sequence": -1},
    {"epoch": 1, "sequence": 2**53 + 1},
    {"epoch": "1", "sequence": 2},
    {"epoch": 1, "sequence": "2"},
    {"epoch": 1},
    "1:2",
    7,
    [1, 2],
)


async def test_5_strange_tokens_are_reset_or_resumed_and_never_silent(estate: Estate) -> None:
    tale, other = await estate.order(4), await estate.order(9)
    async with estate.node() as running, running.connect() as client:
        await client.hello(estate.token())
        for since in STRANGE:
            wish = {"order_id": tale.order_id, "since": since}
            await client.send("subscribe", id=str(since), **wish)
            caught = await client.until_live()
            assert (caught.mode, caught.verdict["head"]) == ("reset", 4), since
        position_of_another_order = tale.since(other.head)
        await client.send("subscribe", **position_of_another_order)
        assert (await client.until_live()).mode == "reset"
        await client.send("subscribe", **tale.since(0))
        assert (await client.until_live()).sequences == [1, 2, 3, 4]
        await estate.database["order_views"].delete_one({"_id": tale.order_id})
        await tale.store()  # the view is built anew from the same log: the position stays good
        await estate.projection.catch_up(tale.order_id, 1)
        async with running.connect() as again:
            assert (await attached(again, estate, tale.since(2))).sequences == [3, 4]
            await tale.restore(3)  # a restored log, a reset workflow: another epoch
            verdict = await again.next("subscribed")
            assert (verdict["mode"], verdict["epoch"], verdict["head"]) == ("reset", 2, 3)
            await again.next("live")
            await tale.happen()
            assert await again.sequences(1) == [4]
        async with running.connect() as resumed:
            assert (await attached(resumed, estate, tale.since(2))).mode == "reset"
        async with running.connect() as resumed:
            assert (await attached(resumed, estate, tale.since(2, epoch=2))).sequences == [3, 4]


def open_sockets(port: int) -> int:
    """How many connections the kernel still keeps for a server of ours."""
    local = f":{port:04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    fields = (line.split() for line in lines)
    return sum(each[1].endswith(local) and each[3] in {"01", "04", "05"} for each in fields)


async def test_6_slow_and_dead_readers_hurt_nobody_and_are_let_go(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "DEAD_PEER_MS", 1500)
    tale = await estate.order(2)
    limits: dict[str, Any] = {
        "send_timeout_s": 0.5,
        "backlog_frames": 8,
        "backlog_bytes": 64 * 1024,
    }
    async with (
        estate.node(**limits) as running,
        running.connect() as neighbour,
        wired(running.port) as wire,
    ):
        await attached(neighbour, estate, tale.since(2))
        with contextlib.ExitStack() as sockets:
            stuck = sockets.enter_context(socket.create_connection(("127.0.0.1", running.port)))
            stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            zero_window = await stalled(running, estate, tale, sock=stuck)
            half_open = await stalled(running, estate, tale, port=wire.port)
            wire.dead = True
            closed = "orders_tracking_closed_total"
            while running.figure(closed, code="4104") < 2:
                await tale.happen(padding="x" * 200_000)
                assert await neighbour.sequences(1) == [tale.head]
            await until(lambda: open_sockets(running.port) <= 1, "sockets are freed", 15)
            assert running.figure("orders_tracking_waiting_frames") == 0
            for each in (zero_window, half_open):
                each.socket.transport.abort()
        async with wired(running.port) as crawling:
            crawling.chunk, crawling.pause_s = 64, 0.005  # some kilobytes a second
            url = f"ws://127.0.0.1:{crawling.port}/live"
            async with websockets.connect(url, proxy=None, compression=None) as slow:
                await Client(slow).hello(estate.token())
        async with running.connect() as again:
            late = tale.head - 2
            assert (await attached(again, estate, tale.since(late))).sequences == [
                late + 1,
                late + 2,
            ]


async def stalled(
    running: Running, estate: Estate, tale: Tale, port: int | None = None, **options: Any
) -> Client:
    """A client that follows and then reads nothing more."""
    url = f"ws://127.0.0.1:{port or running.port}/live"
    quiet: dict[str, Any] = {"proxy": None, "ping_interval": None, "max_queue": 1, **options}
    client = Client(await websockets.connect(url, compression=None, **quiet))
    await attached(client, estate, tale.since(2))
    client.socket.transport.pause_reading()
    return client


class Roamer:
    """A viewer that goes to any node, and comes back after each drain."""

    def __init__(self, estate: Estate, tale: Tale, ports: list[int], last: int) -> None:
        self._estate, self._tale, self._ports, self._last = estate, tale, ports, last
        self.told: list[int] = []
        self.hints: list[int] = []

    async def roam(self) -> None:
        while not self._complete:
            with contextlib.suppress(OSError, websockets.WebSocketException):
                url = f"ws://127.0.0.1:{random.choice(self._ports)}/live"
                async with websockets.connect(url, proxy=None, compression=None) as line:
                    await self._listen(line)
            await asyncio.sleep(0.02)

    @property
    def _complete(self) -> bool:
        return self.told[-1:] == [self._last]

    async def _listen(self, line: Any) -> None:
        wish = self._tale.since(len(self.told))
        await Client(line).send("hello", token=self._estate.token(), orders=[wish])
        while not self._complete:
            frame = json.loads(await line.recv())
            self.told += [event["sequence"] for event in frame.get("events", ())]
            if frame["type"] == "draining":
                self.hints.append(frame["reconnect_after_ms"])


async def test_7_a_rolling_deploy_loses_and_repeats_nothing(estate: Estate) -> None:
    tale, last = await estate.order(1), 60
    ports: list[int] = []
    roamers = [Roamer(estate, tale, ports, last) for _ in range(20)]

    async def slowly() -> None:
        while tale.head < last:
            await tale.happen()
            await asyncio.sleep(0.02)

    async with contextlib.AsyncExitStack() as nodes, asyncio.timeout(30):
        old_nodes = [await nodes.enter_async_context(estate.node()) for _ in range(2)]
        ports += [node.port for node in old_nodes]
        async with asyncio.TaskGroup() as tasks:
            for roamer in roamers:
                tasks.create_task(roamer.roam())
            tasks.create_task(slowly())
            await until(lambda: tale.head > 15, "events flow")
            for number, old in enumerate(old_nodes):  # the next comes up before the old one goes
                ports[number] = (await nodes.enter_async_context(estate.node())).port
                old.server.stop()
                await until(lambda gone=old.server: gone.should_exit, "it has drained")
    assert [each.told for each in roamers if each.told != list(range(1, last + 1))] == []
    hints = [hint for each in roamers for hint in each.hints]
    assert len(set(hints)) > len(hints) / 2  # spread out, not all at once


async def test_8_authority_is_checked_at_every_turn(estate: Estate) -> None:
    tale = await estate.order(2)
    foreign = await estate.order(2, customer_id="cus_somebody_else")
    async with estate.node(token_warning_s=60, heartbeat_s=0.1) as running:
        await a_token_is_renewed_in_band(running, estate, tale)
        async with running.connect() as client:
            await client.hello(estate.token())
            answers = []
            for order_id in (foreign.order_id, random_order_id()):
                await client.send("subscribe", id=1, order_id=order_id)
                frame = await client.next("error")
                answers.append({**frame, "order_id": ""})
            assert answers[0] == answers[1]
        await a_link_is_limited_and_revoked(running, estate, tale, foreign)
        address = f"ws://127.0.0.1:{running.port}/live?token={estate.token()}"
        async with websockets.connect(address, proxy=None) as line:  # a token in the wrong place
            await Client(line).send("hello", orders=[tale.since(2)])
            assert await Client(line).closed() == 4001
        async with running.connect() as nobody:
            await nobody.send("hello", orders=[tale.since(2)])
            assert await nobody.closed() == 4001


async def a_token_is_renewed_in_band(running: Running, estate: Estate, tale: Tale) -> None:
    async with running.connect() as client:
        soon = estate.token(lifetime=timedelta(seconds=3))
        await client.hello(soon, tale.order_id)
        found = [await client.next_of("token_expiring", "subscribed", "live") for _ in range(3)]
        assert "token_expiring" in [frame["type"] for frame in found]
        await client.send("refresh", id="no", token=estate.token("cus_somebody_else"))
        refused = await client.next("error")
        assert (refused["id"], refused["code"]) == ("no", "token_invalid")
        await client.send("refresh", id="yes", token=estate.token())
        await client.next("refreshed")
        await asyncio.sleep(3)  # the first token's life is over: nothing but time can show it
        await tale.happen()
        assert await client.sequences(1) == [3]


async def a_link_is_limited_and_revoked(
    running: Running, estate: Estate, tale: Tale, foreign: Tale
) -> None:
    link = {"Cookie": f"link_{tale.order_id}={await estate.links.key(tale.order_id)}"}
    async with running.connect(additional_headers=link) as guest:
        await guest.hello(None, tale.order_id)
        await guest.until_live()
        await guest.send("subscribe", id=1, order_id=foreign.order_id)
        assert (await guest.next("error"))["code"] == "not_found"
        await estate.links.revoke(tale.order_id)
        assert await guest.closed() == 4003
    async with running.connect(additional_headers=link) as guest:  # revoked while away
        await guest.send("hello", orders=[tale.since(2)])
        assert await guest.closed() == 4003


async def test_9_two_way_load_does_not_stop_the_stream(estate: Estate) -> None:
    tale = await estate.order(2)
    others = [await estate.order(1) for _ in range(3)]
    limits: dict[str, Any] = {"orders_per_connection": 3, "query_timeout_s": 0.5}
    async with estate.node(**limits) as running, running.connect() as client:
        await attached(client, estate, tale.since(2))
        await client.send("query", id="q", order_id=tale.order_id, name="status")
        assert (await client.next("result"))["sequence"] == 2
        await estate.worker.shutdown()  # nobody polls any more
        await client.send("query", id="q", order_id=tale.order_id, name="events_since")
        for _ in range(100):  # while the query hangs, a hundred events arrive
            await tale.store(*await tale.emit())
        told: list[int] = []
        answers: list[str] = []
        while len(told) < 100 or not answers:
            frame = await client.next_of("events", "error")
            told += [event["sequence"] for event in frame.get("events", ())]
            answers += [frame["code"]] if frame["type"] == "error" else []
        assert (told, answers) == (list(range(3, 103)), ["unavailable"])
        await client.send("subscribe", id="again", **tale.since(102))  # no second stream
        assert (await client.until_live()).sequences == []
        for number, other in enumerate(others):
            await client.send("subscribe", id=number, order_id=other.order_id)
        codes = [
            (await client.next_of("subscribed", "live", "error")).get("code") for _ in range(5)
        ]
        assert codes.count("too_many_orders") == 1
        await client.socket.send(['{"type": "un', 'known", "id": 5}'])  # in two fragments
        assert (await client.next("error"))["code"] == "unknown_type"
        await hostile_neighbours(running, estate)
        await tale.store(*await tale.emit())
        assert await client.sequences(1) == [103]


async def hostile_neighbours(running: Running, estate: Estate) -> None:
    """Each gets its close code; who else is here does not notice."""
    for frame, code in ((b"\xff\x00", 4000), ("x" * 5000, 1009), ("{", 4000)):
        async with running.connect() as rude:
            await rude.hello(estate.token())
            await rude.socket.send(frame)
            assert await rude.closed() == code
    async with running.connect() as rude:
        await rude.hello(estate.token())
        await rude.socket.send(b"\xc3\x28", text=True)  # no UTF-8
        assert await rude.closed() == 1007
    async with running.connect() as flood:
        await flood.hello(estate.token())
        with contextlib.suppress(websockets.ConnectionClosed):
            for number in range(10_000):
                await flood.send("subscribe", id=number, order_id=random_order_id())
        assert await flood.closed() in {4104, 4105}


async def test_10_storm_and_long_absence_are_caught_up_exactly(estate: Estate) -> None:
    tales = [await estate.order(1) for _ in range(5)]
    for tale in tales:
        await tale.store(*await tale.emit(20))

    async def back(running: Running, tale: Tale) -> list[int]:
        async with running.connect() as client:
            return (await attached(client, estate, tale.since(1))).sequences

    generous: dict[str, Any] = {"replay_events": 50, "admissions_per_s": 1000}
    async with (
        estate.node(**generous) as running,
        estate.node(skew=timedelta(minutes=7)) as fast_clock,
        estate.node(skew=timedelta(minutes=-7)) as slow_clock,
    ):
        storm = await asyncio.gather(*(back(running, tales[n % 5]) for n in range(150)))
        assert {tuple(told) for told in storm} == {tuple(range(2, 22))}
        for skewed in (fast_clock, slow_clock):
            assert await back(skewed, tales[0]) == list(range(2, 22))
        tale = tales[0]
        await tale.store(*await tale.emit(60))
        async with running.connect() as client:  # above the replay cap
            caught = await attached(client, estate, tale.since(1))
            assert (caught.mode, caught.verdict["snapshot"]["sequence"]) == ("reset", 81)
        async with running.connect() as hidden_tab:  # a day later: an old place, a short way
            assert (await attached(hidden_tab, estate, tale.since(40))).mode == "resumed"
        over = tales[1]
        await over.close()  # its workflow is over: view and log answer
        async with running.connect() as client:
            assert (await attached(client, estate, over.since(10))).sequences[-1] == 21
        await emitting_faster_than_one_reads(estate, running, tales[2])


async def emitting_faster_than_one_reads(estate: Estate, running: Running, tale: Tale) -> None:
    """Catch-up while the same order goes on."""
    last = tale.head + 80

    async def go_on() -> None:
        for event in await tale.emit(80):
            await tale.store(event)

    async with wired(running.port) as wire:
        wire.chunk, wire.pause_s = 512, 0.001
        url = f"ws://127.0.0.1:{wire.port}/live"
        async with websockets.connect(url, proxy=None, compression=None) as line:
            going_on = asyncio.create_task(go_on())
            client = Client(line)
            caught = await attached(client, estate, tale.since(1))
            told = [*caught.sequences]
            if told[-1] < last:
                told += await sequences_until(client, last)
            await going_on
    assert told == list(range(2, last + 1))

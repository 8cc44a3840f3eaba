import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from redis.asyncio import Redis

import adapters.redis_subscription as ears
from adapters.redis_feed import WALL, RedisLiveFeed
from domain.errors import StoreUnavailable
from domain.events import OrderEvent
from domain.ports.events import customer_room
from domain.wire import load_event
from tests.fakes.feed import FakeLiveFeed
from tests.fakes.samples import random_order_id, sample_events
from tests.services import running, temporary_folder
from workers.stack import services
from workers.stack.ports import free_port

PATIENCE_S = 5.0
Feed = RedisLiveFeed | FakeLiveFeed


@pytest.fixture(params=["fake", "redis"])
async def feed(request: pytest.FixtureRequest) -> AsyncIterator[Feed]:
    if request.param == "fake":
        yield FakeLiveFeed()
        return
    live = RedisLiveFeed(request.getfixturevalue("redis_url"))
    yield live
    await live.close()


@pytest.fixture
async def redis_feed(redis_url: str) -> AsyncIterator[RedisLiveFeed]:
    live = RedisLiveFeed(redis_url)
    yield live
    await live.close()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    async with Redis.from_url(redis_url) as client:
        yield client


class Listener:
    """A subscription and what it hears."""

    def __init__(self, feed: Feed, *, to_all: bool = False) -> None:
        self.subscription = feed.subscribe_to_all() if to_all else feed.subscribe()
        self._heard: Any = self.subscription.messages()

    async def next(self) -> Sequence[OrderEvent] | None:
        async with asyncio.timeout(PATIENCE_S):
            heard: Sequence[OrderEvent] | None = await anext(self._heard)
        return None if heard is None else list(heard)

    async def close(self) -> None:
        await self.subscription.stop()
        await self._heard.aclose()


@asynccontextmanager
async def listening(feed: Feed, *orders: str, to_all: bool = False) -> AsyncIterator[Listener]:
    listener = Listener(feed, to_all=to_all)
    await listener.subscription.start()
    for order in orders:
        await listener.subscription.add(order)
    try:
        yield listener
    finally:
        await listener.close()


async def test_what_is_announced_after_the_confirmation_is_heard_in_order(feed: Feed) -> None:
    events = sample_events(6)
    async with listening(feed, events[0].order_id) as listener:
        await feed.announce(events[:2])
        await feed.announce(events[2:])
        assert await listener.next() == events[:2]
        assert await listener.next() == events[2:]


async def test_only_the_added_orders_are_heard(feed: Feed) -> None:
    mine, other = sample_events(1), sample_events(1)
    async with listening(feed, mine[0].order_id) as listener:
        await feed.announce(other)
        await feed.announce(mine)
        assert await listener.next() == mine


async def test_whoever_is_added_to_the_wall_it_hears_every_order(feed: Feed) -> None:
    one, other = sample_events(1), sample_events(1)
    async with listening(feed, "*", to_all=True) as listener:
        await feed.announce(one)
        await feed.announce(other)
        assert [await listener.next(), await listener.next()] == [one, other]


async def test_a_customers_room_hears_how_each_of_their_orders_begins(feed: Feed) -> None:
    mine = sample_events(2, customer_id="cus_room")
    others = sample_events(1, customer_id="cus_other")
    second = sample_events(1, customer_id="cus_room")
    async with listening(feed, customer_room("cus_room")) as listener:
        await feed.announce(others)
        await feed.announce(mine[:1])
        await feed.announce(mine[1:])
        await feed.announce(second)
        assert [await listener.next(), await listener.next()] == [mine[:1], second]


async def test_events_of_several_orders_are_told_apart(feed: Feed) -> None:
    one, other = sample_events(2), sample_events(2)
    async with listening(feed, one[0].order_id, other[0].order_id) as listener:
        await feed.announce([one[0], other[0], one[1], other[1]])
        assert [await listener.next(), await listener.next()] == [one, other]
        await feed.announce([])


async def test_an_order_can_be_left_and_taken_up_again(feed: Feed) -> None:
    first, left, third = sample_events(3)
    order = first.order_id
    async with listening(feed, order) as listener:
        await feed.announce([first])
        assert await listener.next() == [first]
        await listener.subscription.remove(order)
        await listener.subscription.remove(order)
        other = sample_events(1)
        await listener.subscription.add(other[0].order_id)  # confirmed after the removal
        await feed.announce([left])
        await listener.subscription.add(order)
        await listener.subscription.add(order)
        await feed.announce([third])
        assert await listener.next() == [third]


async def test_two_subscriptions_both_hear(feed: Feed) -> None:
    events = sample_events(1)
    order = events[0].order_id
    async with listening(feed, order) as one, listening(feed, order) as other:
        await feed.announce(events)
        assert await one.next() == await other.next() == events


async def test_the_messages_end_when_the_subscription_is_stopped(feed: Feed) -> None:
    subscription = feed.subscribe()
    await subscription.start()
    async with aclosing(subscription.messages()) as heard:  # type: ignore[type-var]  # a generator
        waiting = asyncio.create_task(anext(heard, "the end"))
        await asyncio.sleep(0)
        await subscription.stop()
        async with asyncio.timeout(PATIENCE_S):
            assert await waiting == "the end"


async def cut_subscribers(redis: Any) -> None:
    """Kick everybody who listens, as Redis does with a slow one."""
    await redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")


async def test_a_lost_connection_comes_back_with_all_orders_and_says_so(
    redis_feed: RedisLiveFeed, redis: Any
) -> None:
    orders = [sample_events(1) for _ in range(20)]
    async with listening(redis_feed, *(events[0].order_id for events in orders)) as listener:
        for _ in range(3):
            await cut_subscribers(redis)
            assert await listener.next() is None
            for events in orders:
                await redis_feed.announce(events)
            assert [await listener.next() for _ in orders] == orders


async def test_an_order_left_during_an_interruption_does_not_hide_the_return(
    redis_feed: RedisLiveFeed, redis: Any
) -> None:
    kept, left = sample_events(1), sample_events(1)
    async with listening(redis_feed, kept[0].order_id, left[0].order_id) as listener:
        await cut_subscribers(redis)
        await listener.subscription.remove(left[0].order_id)
        assert await listener.next() is None
        await redis_feed.announce(left)
        await redis_feed.announce(kept)
        assert await listener.next() == kept


async def test_each_batch_is_one_message_on_the_order_and_one_on_the_wall(
    redis_feed: RedisLiveFeed, redis: Any
) -> None:
    events = sample_events(3)
    async with redis.pubsub() as raw:
        await raw.subscribe(f"order:{events[0].order_id}", WALL)
        await redis_feed.announce(events)
        heard: dict[str, bytes] = {}
        async with asyncio.timeout(PATIENCE_S):
            async for message in raw.listen():
                if message["type"] == "message":
                    heard[message["channel"].decode()] = message["data"]
                if len(heard) == 2:
                    break
    assert heard[WALL] == heard[f"order:{events[0].order_id}"]
    assert heard[WALL].count(b'"specversion"') == 3


async def test_an_unreadable_message_counts_as_one_that_was_missed(
    redis_feed: RedisLiveFeed, redis: Any
) -> None:
    order = random_order_id()
    async with listening(redis_feed, order) as listener:
        for text in ("no json", '[{"type": "of_tomorrow"}]', "7"):
            await redis.publish(f"order:{order}", text)
            assert await listener.next() is None


async def test_a_reader_that_is_far_too_slow_is_told_that_it_missed_something(
    redis_feed: RedisLiveFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ears, "LARGEST_BACKLOG_BYTES", 10_000)
    events = sample_events(40)
    order = events[0].order_id
    async with listening(redis_feed, order, end := random_order_id()) as listener:
        for event in events:
            await redis_feed.announce([event])
        await listener.subscription.remove(end)
        await listener.subscription.add(end)  # confirmed after the reading task has seen them all
        heard: list[Sequence[OrderEvent] | None] = []
        while not heard or heard[-1] != events[-1:]:
            heard.append(await listener.next())
        assert heard[0] is None
        assert 1 < len(heard) < 40


async def test_without_redis_nobody_is_held_up_and_its_return_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, logger="adapters")
    port = free_port()
    feed = RedisLiveFeed(services.redis_url(port), confirm_timeout_s=0.1)
    events = sample_events(1)
    await feed.announce(events)
    assert "live_feed_announcement_lost" in caplog.messages
    with pytest.raises(StoreUnavailable, match="Redis"):
        await feed.ping()
    async with listening(feed) as listener:
        with pytest.raises(StoreUnavailable, match="did not confirm"):
            await listener.subscription.add(events[0].order_id)
        with temporary_folder("redis") as folders:
            build = services.redis(port, folders)
            with running(build):
                assert await listener.next() is None
                await feed.ping()
                await feed.announce(events)
                assert await listener.next() == events
            with running(build):
                assert await listener.next() is None
    await feed.close()


async def test_a_peer_that_answers_nothing_is_given_up(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ears, "PING_EVERY_S", 0.05)
    calls = asyncio.Semaphore(0)

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.release()
        while command := await reader.read(4096):
            if b"CLIENT" in command:
                writer.write(b"+OK\r\n" * command.count(b"SETINFO"))
        writer.close()

    server = await asyncio.start_server(swallow, "127.0.0.1", port := free_port())
    subscription = RedisLiveFeed(f"redis://127.0.0.1:{port}/0").subscribe()
    await subscription.start()
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(3):
            await calls.acquire()
    await subscription.stop()
    server.close()


def test_the_envelope_of_an_announcement_is_that_of_the_event() -> None:
    event = sample_events(1)[0]
    from adapters.redis_feed import _dump

    assert load_event(_dump([event])[1:-1]) == event

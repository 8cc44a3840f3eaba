import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from adapters.mongo.connection import Database
from adapters.mongo.order_heads import MongoOrderHeads
from domain.errors import LogDiverged
from domain.ports import KEPT_DIGESTS, OrderHeads, Position
from tests.contract.mongo.plans import stages
from tests.fakes.views import FakeOrderHeads

START = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def heads(database: Database | None) -> OrderHeads:
    return FakeOrderHeads() if database is None else MongoOrderHeads(database)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def place(sequence: int, epoch: int = 1) -> Position:
    return Position(epoch=epoch, sequence=sequence)


async def behind(heads: OrderHeads, minutes: float) -> list[str]:
    return list(await heads.behind(at(minutes), 10))


async def test_an_order_is_behind_until_its_view_reaches_the_head(heads: OrderHeads) -> None:
    await heads.advance("a", place(3), at(0))
    assert await behind(heads, 0) == []
    assert await behind(heads, 1) == ["a"]
    await heads.caught_up("a", place(2))
    assert await behind(heads, 1) == ["a"]
    await heads.caught_up("a", place(3))
    assert await behind(heads, 1) == []


async def test_a_view_that_was_quicker_than_the_head_is_not_behind(heads: OrderHeads) -> None:
    await heads.caught_up("a", place(3))
    await heads.advance("a", place(3), at(0))
    assert await behind(heads, 1) == []
    await heads.advance("a", place(4), at(1))
    assert await behind(heads, 2) == ["a"]


async def test_neither_head_nor_view_goes_back(heads: OrderHeads) -> None:
    await heads.advance("a", place(5), at(0))
    await heads.caught_up("a", place(5))
    await heads.advance("a", place(4), at(1))
    await heads.caught_up("a", place(2))
    assert await behind(heads, 9) == []
    await heads.advance("a", place(6), at(2))
    await heads.advance("a", place(3), at(3))
    await heads.caught_up("a", place(5))
    assert await behind(heads, 9) == ["a"]


async def test_a_head_that_keeps_moving_does_not_hide_a_view_that_stands_still(
    heads: OrderHeads,
) -> None:
    for minute in range(5):
        await heads.advance("a", place(minute + 1), at(minute))
    assert await behind(heads, 1) == ["a"]


async def test_a_view_that_follows_closely_is_not_called_behind(heads: OrderHeads) -> None:
    await heads.advance("a", place(1), at(0))
    await heads.advance("a", place(2), at(5))
    await heads.caught_up("a", place(1))
    assert await behind(heads, 4) == []
    assert await behind(heads, 6) == ["a"]


async def test_a_new_epoch_is_ahead_of_every_sequence_of_the_old(heads: OrderHeads) -> None:
    await heads.caught_up("a", place(900))
    await heads.advance("a", place(2, epoch=2), at(0))
    assert await behind(heads, 1) == ["a"]
    await heads.caught_up("a", place(2, epoch=2))
    assert await behind(heads, 1) == []


async def test_what_was_recorded_under_a_sequence_cannot_be_told_otherwise(
    heads: OrderHeads,
) -> None:
    await heads.advance("a", place(2), at(0), {1: "aa", 2: "bb"})
    await heads.advance("a", place(2), at(0), {1: "aa", 2: "bb"})
    await heads.advance("a", place(4), at(0), {3: "cc", 4: "dd"})
    with pytest.raises(LogDiverged, match="a has published something else up to 1:5"):
        await heads.advance("a", place(5), at(1), {4: "other", 5: "ee"})
    await heads.caught_up("a", place(4))
    assert await behind(heads, 9) == []
    await heads.advance("a", place(5), at(1), {4: "dd", 5: "another"})
    await heads.advance("a", place(1), at(1), {1: "aa"})
    with pytest.raises(LogDiverged):
        await heads.advance("a", place(2), at(1), {2: "other"})


async def test_a_new_epoch_may_tell_everything_anew_and_ends_the_old_one(
    heads: OrderHeads,
) -> None:
    await heads.advance("a", place(2), at(0), {1: "aa", 2: "bb"})
    await heads.advance("a", place(1, epoch=2), at(0), {1: "other"})
    await heads.advance("a", place(2, epoch=2), at(0), {2: "new"})
    with pytest.raises(LogDiverged):
        await heads.advance("a", place(2), at(0), {1: "aa", 2: "bb"})
    with pytest.raises(LogDiverged):
        await heads.advance("a", place(3, epoch=2), at(0), {1: "aa"})


async def test_a_view_that_was_there_first_does_not_stand_in_the_way(heads: OrderHeads) -> None:
    await heads.caught_up("a", place(2))
    await heads.advance("a", place(3), at(0), {3: "cc"})
    with pytest.raises(LogDiverged):
        await heads.advance("a", place(3), at(0), {3: "other"})


async def test_only_the_newest_sequences_are_remembered(heads: OrderHeads) -> None:
    last = 2 * KEPT_DIGESTS
    for first in range(1, last, 40):
        batch = range(first, first + 40)
        await heads.advance("a", place(batch[-1]), at(0), dict.fromkeys(batch, "d"))
    await heads.advance("a", place(last - KEPT_DIGESTS), at(0), {last - KEPT_DIGESTS: "other"})
    with pytest.raises(LogDiverged):
        await heads.advance("a", place(last), at(0), {last - KEPT_DIGESTS + 1: "other"})


async def test_of_two_attempts_at_once_only_one_story_is_recorded(heads: OrderHeads) -> None:
    for number in range(10):
        told = await asyncio.gather(
            *(heads.advance(f"o{number}", place(1), at(0), {1: each}) for each in "ababab"),
            return_exceptions=True,
        )
        first = [each is None for each in told[::2]]
        second = [each is None for each in told[1::2]]
        assert sorted([first, second]) == [[False] * 3, [True] * 3]


async def test_the_longest_behind_come_first(heads: OrderHeads) -> None:
    for minute, order in ((3, "c"), (1, "a"), (2, "b")):
        await heads.advance(order, place(1), at(minute))
    assert list(await heads.behind(at(9), 2)) == ["a", "b"]


async def test_concurrent_first_writes_of_one_order_are_all_kept(heads: OrderHeads) -> None:
    await asyncio.gather(
        *(heads.advance("a", place(n), at(n)) for n in range(1, 9)),
        *(heads.caught_up("a", place(n)) for n in range(1, 8)),
    )
    assert await behind(heads, 99) == ["a"]
    await heads.caught_up("a", place(8))
    assert await behind(heads, 99) == []


async def test_the_sweep_reads_only_the_orders_that_are_behind(mongo_database: Database) -> None:
    heads = MongoOrderHeads(mongo_database)
    for number in range(30):
        await heads.advance(f"o{number}", place(1), at(0))
        if number != 7:
            await heads.caught_up(f"o{number}", place(1))
    plan = await mongo_database.command(
        "explain",
        {
            "find": "order_heads",
            "filter": {"behind_since": {"$lt": at(1)}},
            "sort": {"behind_since": 1},
        },
    )
    assert "COLLSCAN" not in stages(plan)
    assert plan["executionStats"]["totalKeysExamined"] == 1


async def test_the_view_that_is_behind_for_longest_says_since_when(heads: OrderHeads) -> None:
    assert await heads.oldest_behind() is None
    for order_id, minutes in (("b", 2), ("a", 1), ("c", 3)):
        await heads.advance(order_id, place(3), at(minutes))
    assert await heads.oldest_behind() == at(1)
    await heads.caught_up("a", place(3))
    assert await heads.oldest_behind() == at(2)
    for order_id in ("b", "c"):
        await heads.caught_up(order_id, place(3))
    assert await heads.oldest_behind() is None

import asyncio
from collections.abc import Sequence

import pytest

from adapters.gathering import MOST, Gathering
from domain.errors import StoreUnavailable


class Store:
    """Doubles numbers; `open` lets its rounds end."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.asked = asyncio.Event()
        self.failure: Exception | None = None

    async def double(self, numbers: Sequence[int]) -> Sequence[int | Exception]:
        self.rounds.append(list(numbers))
        self.asked.set()
        await self.open.wait()
        if self.failure:
            raise self.failure
        return [ValueError("odd") if number % 2 else 2 * number for number in numbers]


async def test_calls_of_one_moment_are_one_round_and_each_gets_its_own_answer() -> None:
    store = Store()
    gathering = Gathering(store.double)
    assert await asyncio.gather(*(gathering.ask(n) for n in (2, 4, 6))) == [4, 8, 12]
    assert store.rounds == [[2, 4, 6]]


async def test_calls_during_a_round_make_the_next_one() -> None:
    store = Store()
    store.open.clear()
    gathering = Gathering(store.double)
    first = asyncio.create_task(gathering.ask(2))
    await store.asked.wait()
    later = [asyncio.create_task(gathering.ask(n)) for n in (4, 6)]
    await asyncio.sleep(0)
    store.open.set()
    assert await asyncio.gather(first, *later) == [4, 8, 12]
    assert store.rounds == [[2], [4, 6]]


async def test_one_bad_call_does_not_fail_its_neighbours() -> None:
    gathering = Gathering(Store().double)
    good, bad = await asyncio.gather(gathering.ask(2), gathering.ask(3), return_exceptions=True)
    assert good == 4
    assert isinstance(bad, ValueError)


async def test_a_round_that_fails_fails_its_callers_and_not_the_next_round() -> None:
    store = Store()
    store.failure = StoreUnavailable("away")
    gathering = Gathering(store.double)
    failed = await asyncio.gather(gathering.ask(2), gathering.ask(4), return_exceptions=True)
    assert [str(each) for each in failed] == ["away", "away"]
    store.failure = None
    assert await gathering.ask(2) == 4


async def test_a_caller_who_goes_away_does_not_stop_the_round_of_the_others() -> None:
    store = Store()
    store.open.clear()
    gathering = Gathering(store.double)
    leaving, staying = (asyncio.create_task(gathering.ask(n)) for n in (2, 4))
    await store.asked.wait()
    leaving.cancel()
    store.open.set()
    assert await staying == 8
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_a_round_has_a_bound() -> None:
    store = Store()
    gathering = Gathering(store.double)
    asked = range(0, 2 * (MOST + 5), 2)
    assert await asyncio.gather(*(gathering.ask(n) for n in asked)) == [2 * n for n in asked]
    assert [len(each) for each in store.rounds] == [MOST, 5]

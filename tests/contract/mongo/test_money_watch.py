"""Which orders are watched, and when each is looked at."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.mongo.connection import Database
from adapters.mongo.money_watch import MongoMoneyWatch
from adapters.mongo.order_views import MongoOrderViews
from domain.overdue import Concern, Watched
from domain.ports.reconciliation import MoneyWatch
from tests.fakes.reconciliation import FakeMoneyWatch
from tests.fakes.samples import sample_events, sample_view

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
LONG_AGO = START - timedelta(days=9)


class Watch:
    """The watch, and how orders come to be placed."""

    def __init__(self, database: Database | None) -> None:
        self._placed: dict[str, datetime] = {}
        self._views = MongoOrderViews(database) if database is not None else None
        self.watch: MoneyWatch = (
            MongoMoneyWatch(database)
            if database is not None
            else FakeMoneyWatch(placed=self.placed)
        )

    def placed(self) -> Mapping[str, datetime]:
        return self._placed

    async def place(self, at: datetime) -> str:
        view = replace(sample_view(sample_events(1)), placed_at=at)
        self._placed[view.order_id] = at
        if self._views is not None:
            assert await self._views.save(view, None)
        return view.order_id

    async def due(self, before: datetime = START, limit: int = 10) -> list[str]:
        return [each.order_id for each in await self.watch.due(before, limit)]


@pytest.fixture
def house(database: Database | None) -> Watch:
    return Watch(database)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


async def test_orders_are_watched_from_the_moment_they_are_placed(house: Watch) -> None:
    second, first = await house.place(START - minutes(1)), await house.place(START - minutes(2))
    await house.watch.enlist(LONG_AGO, START)
    assert await house.due() == [first, second]
    assert await house.due(limit=1) == [first]
    assert await house.due(START - minutes(1.5)) == [first]


async def test_orders_from_before_the_horizon_are_not_watched(house: Watch) -> None:
    await house.place(START - minutes(10))
    assert await house.watch.enlist(START - minutes(5), START) == 0
    assert await house.due() == []


async def test_a_view_that_comes_late_is_still_watched(house: Watch) -> None:
    await house.watch.enlist(LONG_AGO, START)
    late = await house.place(START - minutes(50))
    await house.watch.enlist(LONG_AGO, START)
    assert await house.due() == [late]


async def test_a_view_that_comes_a_day_late_is_watched_after_a_look_back(house: Watch) -> None:
    await house.watch.enlist(LONG_AGO, START)
    late = await house.place(START - timedelta(days=1))
    await house.watch.enlist(LONG_AGO, START, again=True)
    assert await house.due() == [late]


async def test_more_orders_than_are_written_at_once_come_all(house: Watch) -> None:
    for number in range(501):
        await house.place(START - timedelta(seconds=number + 1))
    assert await house.watch.enlist(LONG_AGO, START) == 501
    assert len(await house.due(limit=1000)) == 501


async def test_an_order_is_due_again_when_the_look_said_so(house: Watch) -> None:
    order_id = await house.place(START - minutes(9))
    await house.watch.enlist(LONG_AGO, START)
    (watched,) = await house.watch.due(START, 10)
    assert watched == Watched(order_id=order_id)
    seen = replace(watched, asked={Concern.PAYMENTS: START})
    await house.watch.looked(seen, START + minutes(5), START)
    assert await house.due(START + minutes(5)) == []
    assert await house.watch.due(START + minutes(6), 10) == [seen]


async def test_an_order_that_was_let_go_is_not_enlisted_again(house: Watch) -> None:
    order_id = await house.place(START - minutes(9))
    await house.watch.enlist(LONG_AGO, START)
    for _ in range(2):
        await house.watch.looked(Watched(order_id=order_id), None, START)
    await house.watch.enlist(LONG_AGO, START, again=True)
    assert await house.due(START + minutes(99)) == []
    assert list(await house.watch.let_go_between(START, START + minutes(1))) == [order_id]
    assert list(await house.watch.let_go_between(START - minutes(1), START)) == []


async def test_an_order_that_was_let_go_can_come_back(house: Watch) -> None:
    watched = Watched(order_id=await house.place(START - minutes(9)))
    await house.watch.looked(watched, None, START)
    await house.watch.looked(watched, START, START)
    assert await house.due(START + minutes(1)) == [watched.order_id]
    assert list(await house.watch.let_go_between(LONG_AGO, START + minutes(1))) == []

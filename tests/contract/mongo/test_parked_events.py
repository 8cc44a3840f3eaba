"""What came too early waits, in order, and is found again when it is due."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.mongo.connection import Database
from adapters.mongo.parked_events import MongoParkedEvents
from domain.ports import ParkedEvents, ParkedSum
from tests.consumers.orders import log_of, new_order_id
from tests.fakes.consumers import FakeParkedEvents

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def parked(database: Database | None) -> ParkedEvents:
    return FakeParkedEvents() if database is None else MongoParkedEvents(database)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def test_an_orders_events_come_back_ascending_and_whole(parked: ParkedEvents) -> None:
    order = new_order_id()
    log = log_of(order, 5)
    for event in (log[4], log[1], log[2]):
        await parked.park("points", event, now=NOW, due=NOW)
    await parked.park("points", log_of(new_order_id(), 1)[0], now=NOW, due=NOW)
    await parked.park("figures", log[0], now=NOW, due=NOW)
    assert list(await parked.of_order("points", order)) == [log[1], log[2], log[4]]


async def test_parking_again_moves_only_the_time(parked: ParkedEvents) -> None:
    (event,) = log_of(new_order_id(), 1)
    assert await parked.tries("points", event) == 0
    await parked.park("points", event, now=NOW, due=at(2))
    await parked.park("points", event, now=at(2), due=at(6))
    assert await parked.tries("points", event) == 2
    assert list(await parked.due("points", at(5), 10)) == []
    assert list(await parked.due("points", at(6), 10)) == [event.order_id]
    assert await parked.waiting("points") == ParkedSum(events=1, oldest=NOW)


async def test_the_longest_due_comes_first_and_each_order_once(parked: ParkedEvents) -> None:
    first, second = new_order_id(), new_order_id()
    for seconds, event in enumerate([*log_of(first, 2), *log_of(second, 2)]):
        await parked.park("points", event, now=NOW, due=at(-seconds))
    assert list(await parked.due("points", NOW, 10)) == [second, first]
    assert list(await parked.due("points", NOW, 2)) == [second]
    assert list(await parked.due("figures", NOW, 10)) == []


async def test_what_was_handled_waits_no_more(parked: ParkedEvents) -> None:
    (event,) = log_of(new_order_id(), 1)
    await parked.park("points", event, now=NOW, due=NOW)
    await parked.release("points", event)
    await parked.release("points", event)
    assert list(await parked.of_order("points", event.order_id)) == []
    assert await parked.waiting("points") == ParkedSum(events=0)

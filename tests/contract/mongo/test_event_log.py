import asyncio
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.mongo.connection import Database
from adapters.mongo.event_log import MongoEventLog
from domain.errors import ImpossibleStep
from domain.ports import EventLog
from tests.fakes.samples import NOON, random_order_id, sample_events
from tests.fakes.views import FakeEventLog


@pytest.fixture
def log(database: Database | None) -> EventLog:
    return FakeEventLog() if database is None else MongoEventLog(database)


async def test_what_was_stored_is_read_back_whole_and_in_sequence(log: EventLog) -> None:
    events = sample_events(12)
    await log.append(random.sample(events, len(events)))
    assert list(await log.read(events[0].order_id, 1, 0)) == events


async def test_a_reader_gets_what_follows_its_place_up_to_its_limit(log: EventLog) -> None:
    events = sample_events(8)
    await log.append(events)
    assert list(await log.read(events[0].order_id, 1, 3, limit=2)) == events[3:5]
    assert list(await log.read(events[0].order_id, 1, 8)) == []


async def test_orders_and_epochs_have_logs_of_their_own(log: EventLog) -> None:
    events = sample_events(2)
    again = [replace(event, epoch=2) for event in events]
    await log.append([*events, *again, *sample_events(3)])
    assert list(await log.read(events[0].order_id, 1, 0)) == events
    assert list(await log.read(events[0].order_id, 2, 0)) == again
    assert list(await log.read(random_order_id(), 1, 0)) == []


async def test_repeats_change_nothing_and_holes_stay_visible(log: EventLog) -> None:
    events = sample_events(5)
    await log.append([events[0], events[0], events[4]])
    await log.append([events[4], events[1]])
    await log.append([])
    found = await log.read(events[0].order_id, 1, 0)
    assert [event.sequence for event in found] == [1, 2, 5]


async def test_concurrent_appends_of_the_same_events_store_each_once(log: EventLog) -> None:
    events = sample_events(10)
    await asyncio.gather(*(log.append(random.sample(events, len(events))) for _ in range(6)))
    assert list(await log.read(events[0].order_id, 1, 0)) == events


async def test_a_repeat_with_other_moments_is_the_same_fact_and_the_first_stays(
    log: EventLog,
) -> None:
    events = sample_events(3)
    later = sample_events(3, order_id=events[0].order_id, placed_at=NOON + timedelta(seconds=4))
    await log.append([events[0], events[1], later[1]])
    await log.append(later)
    found = list(await log.read(events[0].order_id, 1, 0))
    assert found == [events[0], events[1], later[2]]


async def test_other_content_under_a_stored_id_is_reported_and_the_first_stays(
    log: EventLog,
) -> None:
    events = sample_events(3)
    other = sample_events(3, order_id=events[0].order_id, customer_id="cus_bela")
    await log.append(events[:2])
    with pytest.raises(ImpossibleStep, match=f"other content.*{events[1].id}"):
        await log.append([other[1], events[2]])
    assert list(await log.read(events[0].order_id, 1, 0)) == events


async def test_two_contents_in_one_call_are_reported(log: EventLog) -> None:
    events = sample_events(2)
    other = sample_events(2, order_id=events[0].order_id, customer_id="cus_bela")
    with pytest.raises(ImpossibleStep, match="other content"):
        await log.append([events[0], other[0]])

"""An event changes a consumer's documents once, whoever delivers it how often."""

import asyncio
from dataclasses import replace

import pytest

from adapters.mongo.connection import Database
from adapters.mongo.consumer_records import MongoConsumerRecords
from domain.ports import Applied, Change, ConsumerRecords
from domain.status import OrderStatus
from tests.consumers.orders import log_of, new_order_id
from tests.fakes.consumers import FakeConsumerRecords


@pytest.fixture
def records(database: Database | None) -> ConsumerRecords:
    return FakeConsumerRecords() if database is None else MongoConsumerRecords(database)


ONE = Change(key="days", add={"orders": 1, "paise": 149_900}, put={"last": "o1"})


async def test_an_event_makes_its_changes(records: ConsumerRecords) -> None:
    first, second, _ = log_of(new_order_id(), 3)
    assert await records.read("points", "days") is None
    assert await records.apply("points", first, [ONE]) is Applied.DONE
    assert await records.apply("points", second, [ONE, Change(key="b")]) is Applied.DONE
    assert await records.read("points", "days") == {"orders": 2, "paise": 299_800, "last": "o1"}
    assert await records.read("points", "b") == {}


async def test_a_repeat_changes_nothing(records: ConsumerRecords) -> None:
    (event,) = log_of(new_order_id(), 1)
    await records.apply("points", event, [ONE])
    assert await records.apply("points", event, [ONE]) is Applied.REPEATED
    assert (await records.read("points", "days") or {})["orders"] == 1


async def test_another_fact_under_the_same_id_is_told_and_changes_nothing(
    records: ConsumerRecords,
) -> None:
    (event,) = log_of(new_order_id(), 1)
    other = replace(event, data=replace(event.data, status=OrderStatus.CANCELLED))
    await records.apply("points", event, [ONE])
    assert await records.apply("points", other, [ONE]) is Applied.CONTRADICTED
    assert (await records.read("points", "days") or {})["orders"] == 1


async def test_consumers_have_each_their_own_memory_and_documents(
    records: ConsumerRecords,
) -> None:
    (event,) = log_of(new_order_id(), 1)
    await records.apply("points", event, [ONE])
    assert await records.apply("figures", event, [ONE]) is Applied.DONE
    assert await records.read("figures", "days") == await records.read("points", "days")


async def test_many_at_once_count_each_event_once(records: ConsumerRecords) -> None:
    events = log_of(new_order_id(), 8)
    answers = await asyncio.gather(
        *(records.apply("points", event, [ONE]) for event in [*events, *events])
    )
    assert sorted(answers) == [Applied.DONE] * 8 + [Applied.REPEATED] * 8
    assert (await records.read("points", "days") or {})["orders"] == 8

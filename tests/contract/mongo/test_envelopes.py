import asyncio

from adapters.mongo.connection import Database
from adapters.mongo.envelopes import MongoEnvelopes
from adapters.mongo.event_log import MongoEventLog
from domain.ports.envelopes import Enveloped
from tests.fakes.samples import random_order_id, sample_events


async def test_envelopes_are_what_the_log_holds_in_order_and_up_to_a_limit(
    mongo_database: Database,
) -> None:
    events = sample_events(6)
    order_id = events[0].order_id
    log, envelopes = MongoEventLog(mongo_database), MongoEnvelopes(mongo_database)
    await log.append([events[3], events[0], events[1], events[5]])
    await log.append(sample_events(2))
    stored = [Enveloped.of(event) for event in await log.read(order_id, 1, 0)]
    assert await envelopes.read(order_id, 1, 0, 1000) == stored
    assert [each.sequence for each in await envelopes.read(order_id, 1, 1, 3)] == [2, 4]
    assert await envelopes.read(order_id, 2, 0, 10) == []
    assert await envelopes.read(random_order_id(), 1, 0, 10) == []


async def test_readers_who_ask_at_once_each_get_their_own_part(mongo_database: Database) -> None:
    one, other = sample_events(8), sample_events(3)
    await MongoEventLog(mongo_database).append([*one, *other])
    envelopes = MongoEnvelopes(mongo_database)
    asked = [(one, 0, 100), (one, 6, 100), (one, 2, 3), (other, 1, 100), (other, 3, 100)]
    reads = (envelopes.read(story[0].order_id, 1, after, limit) for story, after, limit in asked)
    parts = await asyncio.gather(*reads)
    assert [[each.sequence for each in part] for part in parts] == [
        [1, 2, 3, 4, 5, 6, 7, 8],
        [7, 8],
        [3, 4, 5],
        [2, 3],
        [],
    ]
    owners = [{each.order_id for each in part} for part in parts[:4]]
    assert owners == [{story[0].order_id} for story, _, _ in asked[:4]]

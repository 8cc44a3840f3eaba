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
    assert [each.sequence for each in await envelopes.read(order_id, 1, 1, 2)] == [2, 4]
    assert await envelopes.read(order_id, 2, 0, 10) == []
    assert await envelopes.read(random_order_id(), 1, 0, 10) == []

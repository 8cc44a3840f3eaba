import asyncio
import traceback
from datetime import UTC, datetime

import pytest

from adapters.mongo.checkouts import MongoPaymentRefs
from adapters.mongo.connection import (
    INDEXES,
    Database,
    Session,
    close,
    connect,
    ensure_indexes,
    guarded,
    ping,
)
from adapters.mongo.transactions import in_transaction
from domain.errors import StoreUnavailable
from workers.stack.ports import free_port


async def test_an_unreachable_database_is_unavailable_and_says_why() -> None:
    url = f"mongodb://127.0.0.1:{free_port()}/?directConnection=true"
    db = connect(url, "orders", selection_timeout_ms=100)
    try:
        with pytest.raises(StoreUnavailable, match="Connection refused"):
            await MongoPaymentRefs(db).order_id("order_1")
    finally:
        await close(db)


async def test_writes_wait_for_the_majority_and_times_come_back_aware(
    mongo_database: Database,
) -> None:
    assert mongo_database.write_concern.document == {"w": "majority"}
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    await mongo_database["sent_mail"].insert_one({"_id": "one", "sent_at": at})
    found = await mongo_database["sent_mail"].find_one({"_id": "one"})
    assert found is not None
    assert (found["sent_at"], found["sent_at"].tzinfo is None) == (at, False)
    await ping(mongo_database)


async def test_several_processes_may_make_the_indexes_at_once(
    mongodb_url: str, mongo_database_name: str
) -> None:
    db = connect(mongodb_url, mongo_database_name)
    try:
        await asyncio.gather(*(ensure_indexes(db) for _ in range(4)))
        await ensure_indexes(db)
        assert set(await db.list_collection_names()) == set(INDEXES)
        made = await db["order_views"].index_information()
        assert len(made) == 1 + len(INDEXES["order_views"])
    finally:
        await db.client.drop_database(mongo_database_name)
        await close(db)


async def test_work_that_fails_leaves_no_trace(mongo_database: Database) -> None:
    refs = mongo_database["payment_refs"]

    async def work(session: Session) -> None:
        await refs.insert_one({"_id": "order_1"}, session=session)
        message = "changed my mind"
        raise LookupError(message)

    with pytest.raises(LookupError):
        await in_transaction(mongo_database, work)
    assert await refs.count_documents({}) == 0


async def test_conflicting_work_is_done_again_until_all_of_it_is_done(
    mongo_database: Database,
) -> None:
    refs = mongo_database["payment_refs"]
    await refs.insert_one({"_id": "counter", "count": 0})
    attempts = 0

    async def work(session: Session) -> None:
        nonlocal attempts
        attempts += 1
        found = await refs.find_one({"_id": "counter"}, session=session)
        assert found is not None
        changed = {"$set": {"count": found["count"] + 1}}
        await refs.update_one({"_id": "counter"}, changed, session=session)

    await asyncio.gather(*(in_transaction(mongo_database, work) for _ in range(10)))
    found = await refs.find_one({"_id": "counter"})
    assert found is not None
    assert found["count"] == 10
    assert attempts > 10


async def test_an_error_of_the_database_does_not_quote_what_was_written(
    mongo_database: Database,
) -> None:
    @guarded
    async def write_twice() -> None:
        await mongo_database["sent_mail"].insert_many([{"_id": 1, "name": "Asha Rao"}] * 2)

    with pytest.raises(StoreUnavailable) as failed:
        await write_twice()
    assert str(failed.value) == "MongoDB: BulkWriteError, code 65"
    assert "Asha" not in "".join(traceback.format_exception(failed.value))

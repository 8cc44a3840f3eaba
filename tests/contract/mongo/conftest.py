"""Each test finds an empty database with its indexes; the fakes begin as empty."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from adapters.mongo.connection import Database, close, connect, ensure_indexes

BOTH = ("fake", "mongo")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def indexed_database_name(mongodb_url: str) -> str:
    """Make the indexes once: that takes longer than most tests."""
    db = connect(mongodb_url, "test_contract")
    await ensure_indexes(db)
    await close(db)
    return "test_contract"


@pytest.fixture
async def mongo_database(mongodb_url: str, indexed_database_name: str) -> AsyncIterator[Database]:
    """The database, emptied afterwards."""
    db = connect(mongodb_url, indexed_database_name)
    try:
        yield db
    finally:
        for name in await db.list_collection_names():
            await db[name].delete_many({})
        await close(db)


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest) -> Database | None:
    """The real database, or None where the fakes are to be used."""
    if request.param == "fake":
        return None
    db: Database = request.getfixturevalue("mongo_database")
    return db

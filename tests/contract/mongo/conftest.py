"""Each test gets a database of its own; the fakes begin as empty."""

from collections.abc import AsyncIterator

import pytest

from adapters.mongo.connection import Database, close, connect, ensure_indexes

BOTH = ("fake", "mongo")


@pytest.fixture
async def mongo_database(mongodb_url: str, mongo_database_name: str) -> AsyncIterator[Database]:
    """A database with its indexes, dropped afterwards."""
    db = connect(mongodb_url, mongo_database_name)
    await ensure_indexes(db)
    try:
        yield db
    finally:
        await db.client.drop_database(mongo_database_name)
        await close(db)


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest) -> Database | None:
    """The real database, or None where the fakes are to be used."""
    if request.param == "fake":
        return None
    db: Database = request.getfixturevalue("mongo_database")
    return db

"""Each test finds an empty database with its indexes; the fakes begin as empty.

Real databases are reached by each driver that can be chosen.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from adapters.mongo.connection import DRIVERS, Database, close, connect, ensure_indexes

FAKE = "fake"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def indexed_database_name(mongodb_url: str) -> str:
    """Make the indexes once: that takes longer than most tests."""
    db = connect(mongodb_url, "test_contract")
    await ensure_indexes(db)
    await close(db)
    return "test_contract"


@asynccontextmanager
async def opened(url: str, name: str, driver: str) -> AsyncIterator[Database]:
    """The database, emptied afterwards."""
    db = connect(url, name, driver=driver)
    try:
        yield db
    finally:
        for each in await db.list_collection_names():
            await db[each].delete_many({})
        await close(db)


@pytest.fixture(params=DRIVERS)
async def mongo_database(
    request: pytest.FixtureRequest, mongodb_url: str, indexed_database_name: str
) -> AsyncIterator[Database]:
    """The real database, once by each driver."""
    async with opened(mongodb_url, indexed_database_name, request.param) as db:
        yield db


@pytest.fixture(params=(FAKE, *DRIVERS))
async def database(
    request: pytest.FixtureRequest, mongodb_url: str, indexed_database_name: str
) -> AsyncIterator[Database | None]:
    """The real database by each driver, and None where the fakes are to be used."""
    if request.param == FAKE:
        yield None
        return
    async with opened(mongodb_url, indexed_database_name, request.param) as db:
        yield db

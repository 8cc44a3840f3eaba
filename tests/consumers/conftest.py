from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from adapters.mongo.connection import Database, close, connect, ensure_indexes
from tests.consumers.conformance import Court


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def conformance_database_name(mongodb_url: str) -> str:
    """Make the indexes once: that takes longer than most tests."""
    db = connect(mongodb_url, "test_conformance")
    await ensure_indexes(db)
    await close(db)
    return "test_conformance"


@pytest.fixture
async def conformance_database(
    mongodb_url: str, conformance_database_name: str
) -> AsyncIterator[Database]:
    """The stores of the consumers; each delivery empties them first."""
    db = connect(mongodb_url, conformance_database_name)
    try:
        yield db
    finally:
        await close(db)


@pytest.fixture(scope="session")
def court() -> Court:
    return Court()

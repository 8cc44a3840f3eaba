"""Puts the sample catalogue, its stock and its coupons into the database."""

import asyncio

from adapters.mongo.connection import close, connect, ensure_indexes
from adapters.mongo.seeding import seed_catalogue
from adapters.settings import Settings


def run(settings: Settings) -> None:
    """Seed the catalogue. Safe to repeat: what is there already stays as it is.

    Raises:
        StoreUnavailable: the database does not answer.
    """
    asyncio.run(_seed(settings))


async def _seed(settings: Settings) -> None:
    database = connect(
        settings.mongodb_url, settings.mongodb_database, driver=settings.mongodb_driver
    )
    try:
        await ensure_indexes(database)
        await seed_catalogue(database)
    finally:
        await close(database)

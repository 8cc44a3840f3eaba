"""Opens every side from which a running stack can be looked at."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.mongo.connection import Database, close, connect
from adapters.mongo.order_archive import MongoOrderArchive
from workers.soak.evidence import Sources
from workers.soak.stack_client import Json, StackClient
from workflows.connection import connect as connect_temporal
from workflows.order_client import OrderClient

DATABASE = "orders"


class StockBooks:
    """The stock ledger and the coupon redemptions of a stack, by order."""

    def __init__(self, database: Database) -> None:
        """Read this database."""
        self._movements = database["stock_movements"]
        self._redemptions = database["coupon_redemptions"]

    async def movements(self, order_id: str) -> list[Json]:
        """Return every stock movement of an order."""
        return await self._movements.find({"order_id": order_id}).to_list(None)

    async def redemption(self, order_id: str) -> Json | None:
        """Return the order's coupon redemption, if it has one."""
        return await self._redemptions.find_one({"_id": order_id, "code": {"$exists": True}})


@asynccontextmanager
async def opened_sources(data: Path) -> AsyncIterator[Sources]:
    """Look at the stack that keeps its data here, while the block runs."""
    async with StackClient.of(data) as stack:
        temporal = await connect_temporal(stack.addresses["temporal"])
        database = connect(stack.addresses["mongodb"], DATABASE)
        try:
            truth = OrderClient(temporal, MongoOrderArchive(database))
            yield Sources(stack=stack, truth=truth, shelves=StockBooks(database))
        finally:
            await close(database)

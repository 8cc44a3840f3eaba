"""How many orders are open, by status: counted from the index, for the ops wall."""

from collections.abc import Mapping, Sequence

from adapters.mongo.connection import Collection, Database, Document, aggregate, guarded

ATTENTION = "attention"


class MongoOpenOrders:
    """Counts over all views whose status is one of these."""

    def __init__(self, db: Database, statuses: Sequence[str]) -> None:
        """Read from this database, whose indexes exist."""
        self._views: Collection = db["order_views"]
        self._statuses = list(statuses)

    @guarded
    async def count(self) -> Mapping[str, int]:
        """Return status → number of open orders, and `attention` → how many need somebody."""
        pipeline: list[Document] = [
            {"$match": {"status": {"$in": self._statuses}}},
            {"$group": {"_id": "$status", "orders": {"$sum": 1}}},
        ]
        found = await aggregate(self._views, pipeline)
        counts = {document["_id"]: int(document["orders"]) for document in found}
        return {**counts, ATTENTION: await self._views.count_documents({"attention": True})}

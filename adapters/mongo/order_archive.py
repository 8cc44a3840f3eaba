"""Final states of closed orders."""

from pymongo.errors import DuplicateKeyError

from adapters.mongo.connection import Collection, Database, guarded
from domain.order import OrderState
from domain.wire import from_json, to_json


class MongoOrderArchive:
    """Implements `OrderArchive`."""

    def __init__(self, db: Database) -> None:
        """Write to this database."""
        self._orders: Collection = db["order_archive"]

    @guarded
    async def store(self, state: OrderState) -> None:
        """Store or replace an order's final state. Idempotent; an older state changes nothing."""
        place = [state.epoch, state.sequence]
        try:
            await self._orders.replace_one(
                {"_id": state.order_id, "place": {"$lte": place}},
                {"_id": state.order_id, "place": place, "state": to_json(state)},
                upsert=True,
            )
        except DuplicateKeyError:
            return  # a later closing of this order was stored before this late repeat

    @guarded
    async def load(self, order_id: str) -> OrderState | None:
        """Return the stored state, or None."""
        found = await self._orders.find_one({"_id": order_id})
        return from_json(OrderState, found["state"]) if found else None

"""The idempotency keys of checkout as the API uses them: looked up before they are claimed."""

from adapters.mongo.checkouts import MongoCheckouts
from adapters.mongo.connection import guarded
from domain.ports import CheckoutRecord
from domain.wire import from_json


class MongoCheckoutLedger(MongoCheckouts):
    """Implements `Checkouts`, with a look-up that claims nothing."""

    @guarded
    async def find(self, customer_id: str, key: str) -> CheckoutRecord | None:
        """Return the record of a customer's key, or None if it was never claimed."""
        stored = await self._checkouts.find_one({"_id": {"customer_id": customer_id, "key": key}})
        return from_json(CheckoutRecord, stored) if stored else None

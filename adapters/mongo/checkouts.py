"""What a checkout leaves behind: its idempotency key, and its Razorpay order's way back to us."""

from pymongo import ReturnDocument

from adapters.mongo.connection import Collection, Database, Document, guarded
from domain.errors import ImpossibleStep
from domain.ports import CheckoutRecord
from domain.wire import from_json, to_json


class MongoCheckouts:
    """Idempotency keys, kept for ever. Implements `Checkouts`."""

    def __init__(self, db: Database) -> None:
        """Write to this database."""
        self._checkouts: Collection = db["checkouts"]

    @guarded
    async def claim(self, record: CheckoutRecord) -> CheckoutRecord:
        """Store the record if the (customer, key) is new; return the stored one either way."""
        stored = await self._checkouts.find_one_and_update(
            {"_id": _id(record.customer_id, record.key)},
            {"$setOnInsert": to_json(record)},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return from_json(CheckoutRecord, stored)

    @guarded
    async def find(self, customer_id: str, key: str) -> CheckoutRecord | None:
        """Return the record of a customer's key, or None if it was never claimed."""
        stored = await self._checkouts.find_one({"_id": _id(customer_id, key)})
        return from_json(CheckoutRecord, stored) if stored else None

    @guarded
    async def settle(self, customer_id: str, key: str, answer: str) -> None:
        """Store the final answer as JSON text; the first one stays."""
        await self._checkouts.update_one(
            {"_id": _id(customer_id, key), "answer": None}, {"$set": {"answer": answer}}
        )


class MongoPaymentRefs:
    """Razorpay order id to order id. Implements `PaymentRefs`."""

    def __init__(self, db: Database) -> None:
        """Write to this database."""
        self._refs: Collection = db["payment_refs"]

    @guarded
    async def put(self, razorpay_order_id: str, order_id: str) -> None:
        """Remember the pair. Idempotent.

        Raises:
            ImpossibleStep: the Razorpay order is another order's; money must not change hands.
        """
        stored = await self._refs.find_one_and_update(
            {"_id": razorpay_order_id},
            {"$setOnInsert": {"order_id": order_id}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        if stored["order_id"] != order_id:
            message = f"Razorpay order {razorpay_order_id} belongs to {stored['order_id']}"
            raise ImpossibleStep(message)

    @guarded
    async def order_id(self, razorpay_order_id: str) -> str | None:
        """Return our order id, or None if we never made that Razorpay order."""
        found = await self._refs.find_one({"_id": razorpay_order_id})
        return found["order_id"] if found else None


def _id(customer_id: str, key: str) -> Document:
    return {"customer_id": customer_id, "key": key}

"""Events that came too early, by consumer."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import ASCENDING

from adapters.mongo.connection import Collection, Database, guarded
from domain.events import OrderEvent
from domain.ports import ParkedSum
from domain.wire import dump_event, load_event


class MongoParkedEvents:
    """Implements `ParkedEvents`; unique on consumer and event id."""

    def __init__(self, db: Database) -> None:
        """Write to this database, whose indexes exist."""
        self._parked: Collection = db["parked_events"]

    @guarded
    async def park(self, consumer: str, event: OrderEvent, *, now: datetime, due: datetime) -> None:
        """Keep an event, to be tried again at `due`; parking again only moves that. Idempotent."""
        await self._parked.update_one(
            {"_id": _id(consumer, event)},
            {
                "$setOnInsert": {
                    "consumer": consumer,
                    "order_id": event.order_id,
                    "epoch": event.epoch,
                    "sequence": event.sequence,
                    "event": dump_event(event),
                    "parked_at": now,
                },
                "$set": {"due": due},
                "$inc": {"tries": 1},
            },
            upsert=True,
        )

    @guarded
    async def of_order(self, consumer: str, order_id: str) -> Sequence[OrderEvent]:
        """Return an order's parked events, ascending."""
        found = self._parked.find({"consumer": consumer, "order_id": order_id})
        ascending = found.sort([("epoch", ASCENDING), ("sequence", ASCENDING)])
        return [load_event(each["event"]) for each in await ascending.to_list(None)]

    @guarded
    async def due(self, consumer: str, now: datetime, limit: int) -> Sequence[str]:
        """Return orders with an event that is due, the longest due first."""
        found = self._parked.find({"consumer": consumer, "due": {"$lte": now}}, {"order_id": 1})
        rows = await found.sort("due", ASCENDING).limit(limit).to_list(None)
        return list(dict.fromkeys(each["order_id"] for each in rows))

    @guarded
    async def tries(self, consumer: str, event: OrderEvent) -> int:
        """Return how often this event was parked."""
        found = await self._parked.find_one({"_id": _id(consumer, event)}, {"tries": 1})
        return int(found["tries"]) if found else 0

    @guarded
    async def release(self, consumer: str, event: OrderEvent) -> None:
        """Forget an event that was handled. Idempotent."""
        await self._parked.delete_one({"_id": _id(consumer, event)})

    @guarded
    async def waiting(self, consumer: str) -> ParkedSum:
        """Return how much waits."""
        events = await self._parked.count_documents({"consumer": consumer})
        oldest = await self._parked.find_one(
            {"consumer": consumer}, sort=[("parked_at", ASCENDING)]
        )
        return ParkedSum(events=events, oldest=oldest["parked_at"] if oldest else None)


def _id(consumer: str, event: OrderEvent) -> str:
    return f"{consumer}|{event.id}"

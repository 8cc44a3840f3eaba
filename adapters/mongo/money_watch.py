"""Which orders something may still happen to. Implements `MoneyWatch`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from pymongo import ASCENDING, UpdateOne

from adapters.mongo.connection import Collection, Database, Document, guarded
from domain.overdue import Concern, Watched

VIEWS_COME_WITHIN: Final = timedelta(hours=1)
"""Views are written after their orders are placed; later ones are found by the daily look back."""
BATCH: Final = 500
MARK: Final = "enlisted"


class MongoMoneyWatch:
    """One small document per order, with the time of its next look; none when it was let go."""

    def __init__(self, db: Database) -> None:
        """Write to this database, whose indexes exist."""
        self._views: Collection = db["order_views"]
        self._watch: Collection = db["money_watch"]
        self._marks: Collection = db["money_watch_marks"]

    @guarded
    async def enlist(self, oldest: datetime, now: datetime, *, again: bool = False) -> int:
        """Put orders placed since the last call on the watch; the first look is due at once."""
        mark = None if again else await self._marks.find_one({"_id": MARK})
        since = max(oldest, mark["until"] - VIEWS_COME_WITHIN) if mark else oldest
        found = self._views.find({"placed_at": {"$gte": since}}, {"placed_at": 1})
        seen, batch = 0, list[UpdateOne]()
        async for view in found:
            fresh = {"placed_at": view["placed_at"], "next_at": view["placed_at"], "asked": {}}
            batch.append(UpdateOne({"_id": view["_id"]}, {"$setOnInsert": fresh}, upsert=True))
            seen += 1
            if len(batch) == BATCH:
                await self._watch.bulk_write(batch, ordered=False)
                batch = []
        if batch:
            await self._watch.bulk_write(batch, ordered=False)
        await self._marks.update_one({"_id": MARK}, {"$max": {"until": now}}, upsert=True)
        return seen

    @guarded
    async def due(self, before: datetime, limit: int) -> Sequence[Watched]:
        """Return watched orders whose look is due, the longest due first."""
        found = self._watch.find({"next_at": {"$lt": before}}).sort("next_at", ASCENDING)
        return [_watched(each) for each in await found.limit(limit).to_list(None)]

    @guarded
    async def looked(self, watched: Watched, next_at: datetime | None, at: datetime) -> None:
        """Record the answers that came and when to look again; None lets the order go."""
        fields: Document = {"asked": {key.value: when for key, when in watched.asked.items()}}
        change: Document = (
            {"$set": fields | {"let_go_at": at}, "$unset": {"next_at": ""}}
            if next_at is None
            else {"$set": fields | {"next_at": next_at}, "$unset": {"let_go_at": ""}}
        )
        await self._watch.update_one({"_id": watched.order_id}, change, upsert=True)

    @guarded
    async def let_go_between(self, since: datetime, until: datetime) -> Sequence[str]:
        """Return the orders that were let go in `[since, until)`."""
        found = self._watch.find({"let_go_at": {"$gte": since, "$lt": until}}, {"_id": 1})
        return sorted([each["_id"] async for each in found])


def _watched(document: Document) -> Watched:
    asked = {Concern(key): when for key, when in document["asked"].items()}
    return Watched(order_id=document["_id"], asked=asked)

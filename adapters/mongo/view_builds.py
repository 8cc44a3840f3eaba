"""A next version of the views beside the live one."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from pymongo.errors import DuplicateKeyError

from adapters.mongo.connection import (
    INDEXES,
    Collection,
    Database,
    Document,
    aggregate,
    guarded,
)
from adapters.mongo.order_views import LIVE, MongoOrderViews
from domain.errors import ImpossibleStep
from domain.events import OrderEvent
from domain.ports import Position
from domain.wire import read_envelope

NEXT: Final = "order_views_next"
BEFORE: Final = "order_views_before"
BUILD: Final = {"_id": LIVE}
KNOWN_FOR_S: Final = 1.0
"""How long a writer goes on with what it knows of a build."""


class MongoViewBuilds:
    """Implements `ViewBuilds` and `NextViews`.

    Three collections: `order_views` is live, `order_views_next` under construction,
    `order_views_before` a copy of what the last switch replaced. Renaming a collection over another
    is one step on the server, so readers need to know nothing of builds.
    """

    def __init__(self, db: Database, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Build in this database."""
        self._db = db
        self._builds: Collection = db["view_builds"]
        self._next = MongoOrderViews(db, NEXT)
        self._monotonic = monotonic
        self._asked_at = float("-inf")
        self._under_way = False

    @guarded
    async def under_construction(self) -> MongoOrderViews | None:
        """Return the views that are being built, or None; asks once a second."""
        now = self._monotonic()
        if now - self._asked_at >= KNOWN_FOR_S:
            self._under_way = await self._builds.find_one(BUILD) is not None
            self._asked_at = now
        return self._next if self._under_way else None

    @guarded
    async def begin(self) -> MongoOrderViews:
        """Return empty views to fill."""
        await self._db.drop_collection(NEXT)
        await self._db[NEXT].create_indexes(INDEXES[LIVE])
        try:
            await self._builds.insert_one({**BUILD, "begun_at": datetime.now(UTC)})
        except DuplicateKeyError:
            since = (await self._builds.find_one(BUILD) or {}).get("begun_at")
            message = f"a build is under way since {since}; if it has died, end it first"
            raise ImpossibleStep(message) from None
        return self._next

    @guarded
    async def keep_live(self) -> None:
        """Copy the live views on the server."""
        await aggregate(self._db[LIVE], [{"$out": BEFORE}])

    @guarded
    async def switch(self) -> None:
        """Rename the new views over the live ones."""
        await self._db.client.admin.command(
            "renameCollection",
            f"{self._db.name}.{NEXT}",
            to=f"{self._db.name}.{LIVE}",
            dropTarget=True,
        )

    @guarded
    async def end(self) -> None:
        """Tell writers that no build is under way; drop what is left of it."""
        await self._builds.delete_one(BUILD)
        await self._db.drop_collection(NEXT)


class MongoWholeLog:
    """Implements `WholeLog` along the log's unique index."""

    def __init__(self, db: Database) -> None:
        """Read this database."""
        self._events: Collection = db["order_events"]
        self._heads: Collection = db["order_heads"]

    @guarded
    async def page(self, after: tuple[str, Position] | None, limit: int) -> Sequence[OrderEvent]:
        """Return events by order, epoch and sequence, from after a place on."""
        order = [("order_id", 1), ("epoch", 1), ("sequence", 1)]
        found = self._events.find(_later(after) if after else {}).sort(order).limit(limit)
        return [read_envelope(each["envelope"]) for each in await found.to_list(None)]

    @guarded
    async def moved_since(self, moment: datetime) -> Sequence[str]:
        """Return the orders whose workflow has published since a moment. Reads all heads."""
        found = self._heads.find({"head_at": {"$gte": moment}}, {"_id": 1})
        return [each["_id"] for each in await found.to_list(None)]


def _later(after: tuple[str, Position]) -> Document:
    order_id, place = after
    return {
        "order_id": {"$gte": order_id},  # bounds the index; the rest decides at the edge
        "$or": [
            {"order_id": {"$gt": order_id}},
            {"epoch": {"$gt": place.epoch}},
            {"epoch": place.epoch, "sequence": {"$gt": place.sequence}},
        ],
    }

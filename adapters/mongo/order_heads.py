"""How far each order's workflow has published, and how far its view has followed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from pymongo.errors import DuplicateKeyError

from adapters.mongo.connection import Collection, Database, guarded
from domain.ports import Position

_EPOCH: Final = 10**9
"""More than any sequence: a position as one number that MongoDB can compare."""
_HEAD: Final = {"$ifNull": ["$head", 0]}
_SEEN: Final = {"$ifNull": ["$seen", 0]}


class MongoOrderHeads:
    """Implements `OrderHeads`.

    `behind_since` exists only while the view is behind, and is indexed, so the sweep's question
    costs as much as there are orders behind, however many orders there are.
    """

    def __init__(self, db: Database) -> None:
        """Write to this database, whose indexes exist."""
        self._heads: Collection = db["order_heads"]

    @guarded
    async def advance(self, order_id: str, position: Position, at: datetime) -> None:
        """Record the head; never goes back. Idempotent."""
        head = _number(position)
        newer = {"$gt": [head, _HEAD]}
        # A view that was behind an older head already has been behind since then.
        since = {"$ifNull": ["$behind_since", at]}
        await self._write(
            order_id,
            {
                "head_at": {"$cond": [newer, at, "$head_at"]},
                "behind_since": {
                    "$cond": [{"$gt": [{"$max": [head, _HEAD]}, _SEEN]}, since, "$$REMOVE"]
                },
                "head": {"$max": [head, _HEAD]},
            },
        )

    @guarded
    async def behind(self, older_than: datetime, limit: int) -> Sequence[str]:
        """Return orders whose view has not reached a head recorded before this time."""
        found = self._heads.find({"behind_since": {"$lt": older_than}}, {"_id": 1})
        return [each["_id"] for each in await found.sort("behind_since").limit(limit).to_list(None)]

    @guarded
    async def caught_up(self, order_id: str, position: Position) -> None:
        """Record how far the view is; never goes back. Idempotent."""
        seen = {"$max": [_number(position), _SEEN]}
        moved = {"$gt": [_number(position), _SEEN]}
        # When each missing head came is not kept: a view that moves counts from the newest.
        since = {"$cond": [moved, "$head_at", "$behind_since"]}
        await self._write(
            order_id,
            {
                "behind_since": {"$cond": [{"$gt": [_HEAD, seen]}, since, "$$REMOVE"]},
                "seen": seen,
            },
        )

    async def _write(self, order_id: str, fields: dict[str, Any]) -> None:
        """Set fields from their present values, in one step on the server."""
        try:
            await self._heads.update_one({"_id": order_id}, [{"$set": fields}], upsert=True)
        except DuplicateKeyError:  # two writers met in creating the document
            await self._heads.update_one({"_id": order_id}, [{"$set": fields}], upsert=True)


def _number(position: Position) -> int:
    return position.epoch * _EPOCH + position.sequence

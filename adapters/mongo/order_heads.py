"""How far each order's workflow has published, and how far its view has followed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError

from adapters.gathering import Gathering
from adapters.mongo.connection import Collection, Database, Document, guarded
from domain.errors import LogDiverged
from domain.ports import KEPT_DIGESTS, NO_FACTS, Position

_EPOCH: Final = 10**9
"""More than any sequence: a position as one number that MongoDB can compare."""
_HEAD: Final = {"$ifNull": ["$head", 0]}
_SEEN: Final = {"$ifNull": ["$seen", 0]}


class MongoOrderHeads:
    """Implements `OrderHeads`.

    `behind_since` exists only while the view is behind, and is indexed, so the sweep's question
    costs as much as there are orders behind, however many orders there are. `digests` maps the
    newest sequences of the head's epoch to what was published under them.
    """

    def __init__(self, db: Database) -> None:
        """Write to this database, whose indexes exist."""
        self._heads: Collection = db["order_heads"]
        self._catching_up = Gathering(self._caught_up_all)

    @guarded
    async def advance(
        self, order_id: str, position: Position, at: datetime, digests: Mapping[int, str] = NO_FACTS
    ) -> None:
        """Record the head, and what is about to be published: sequence → `facts.digest`.

        One step on the server, never goes back, idempotent.

        Raises:
            LogDiverged: another digest is recorded for one of these sequences, or a higher epoch;
                nothing is changed.
        """
        head = _number(position)
        newer = {"$gt": [head, _HEAD]}
        # A view that was behind an older head already has been behind since then.
        since = {"$ifNull": ["$behind_since", at]}
        written = await self._write(
            {"_id": order_id, "$or": [_of_older_epoch(position), _agreeing(position, digests)]},
            {
                "digests": _kept(position, digests),
                "head_at": {"$cond": [newer, at, "$head_at"]},
                "behind_since": {
                    "$cond": [{"$gt": [{"$max": [head, _HEAD]}, _SEEN]}, since, "$$REMOVE"]
                },
                "head": {"$max": [head, _HEAD]},
            },
        )
        if not written:
            message = f"{order_id} has published something else up to {position}"
            raise LogDiverged(message)

    @guarded
    async def behind(self, older_than: datetime, limit: int) -> Sequence[str]:
        """Return orders whose view has not reached a head recorded before this time."""
        found = self._heads.find({"behind_since": {"$lt": older_than}}, {"_id": 1})
        return [each["_id"] for each in await found.sort("behind_since").limit(limit).to_list(None)]

    @guarded
    async def oldest_behind(self) -> datetime | None:
        """Return since when the view that is behind for longest is; one read along the index."""
        behind = {"behind_since": {"$exists": True}}
        found = await self._heads.find_one(behind, sort=[("behind_since", 1)])
        since: datetime | None = found["behind_since"] if found else None
        return since

    async def caught_up(self, order_id: str, position: Position) -> None:
        """Record how far the view is; never goes back. Idempotent.

        Calls for several orders at the same moment share their round trip.
        """
        await self._catching_up.ask((order_id, position))

    @guarded
    async def _caught_up_all(self, calls: Sequence[tuple[str, Position]]) -> Sequence[None]:
        writes = [UpdateOne({"_id": each[0]}, _caught_up(each[1]), upsert=True) for each in calls]
        try:
            await self._heads.bulk_write(writes, ordered=False)
        except BulkWriteError:  # two writers met in creating a head; both are there now
            await self._heads.bulk_write(writes, ordered=False)
        return [None] * len(calls)

    async def _write(self, selector: Document, fields: dict[str, Any]) -> bool:
        """Set fields from their present values, in one step on the server.

        False: the order's document is there, but the selector does not fit it.
        """
        try:
            await self._heads.update_one(selector, [{"$set": fields}], upsert=True)
        except DuplicateKeyError:  # it does not fit, or two writers met in creating it
            updated = await self._heads.update_one(selector, [{"$set": fields}])
            return updated.matched_count == 1
        return True


def _number(position: Position) -> int:
    return position.epoch * _EPOCH + position.sequence


def _caught_up(position: Position) -> list[Document]:
    seen = {"$max": [_number(position), _SEEN]}
    moved = {"$gt": [_number(position), _SEEN]}
    # When each missing head came is not kept: a view that moves counts from the newest.
    since = {"$cond": [moved, "$head_at", "$behind_since"]}
    behind_since = {"$cond": [{"$gt": [_HEAD, seen]}, since, "$$REMOVE"]}
    return [{"$set": {"behind_since": behind_since, "seen": seen}}]


def _of_older_epoch(position: Position) -> Document:
    """Return the filter for a head of a lower epoch, or none at all: nothing can contradict."""
    return {"head": {"$not": {"$gte": position.epoch * _EPOCH}}}


def _agreeing(position: Position, digests: Mapping[int, str]) -> Document:
    """Return the filter for a head of this epoch under which nothing else has been published."""
    recorded = {
        f"digests.{sequence}": {"$in": [None, digest]} for sequence, digest in digests.items()
    }
    first, end = position.epoch * _EPOCH, (position.epoch + 1) * _EPOCH
    return {"head": {"$gte": first, "$lt": end}, **recorded}


def _kept(position: Position, digests: Mapping[int, str]) -> Document:
    """Return the digests to be stored: those of this epoch, the newest `KEPT_DIGESTS`."""
    first = position.epoch * _EPOCH
    before = {"$cond": [{"$gte": [_HEAD, first]}, {"$ifNull": ["$digests", {}]}, {}]}
    new = {"$literal": {str(sequence): digest for sequence, digest in digests.items()}}
    place = {"$add": [first, {"$toLong": "$$each.k"}]}
    oldest = {"$subtract": [{"$max": [_number(position), _HEAD]}, KEPT_DIGESTS]}
    return {
        "$arrayToObject": {
            "$filter": {
                "input": {"$objectToArray": {"$mergeObjects": [before, new]}},
                "as": "each",
                "cond": {"$gt": [place, oldest]},
            }
        }
    }

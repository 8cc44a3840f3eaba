"""The append-only log of orders' events."""

from collections.abc import Sequence

from pymongo.errors import BulkWriteError

from adapters.mongo.connection import DUPLICATE_KEY, Collection, Database, Document, guarded
from domain.errors import ImpossibleStep
from domain.events import OrderEvent
from domain.wire import envelope, read_envelope


class MongoEventLog:
    """One document per event, its id being the key. Implements `EventLog`.

    The envelope is kept as it was published, times to the microsecond; what is queried stands
    beside it.
    """

    def __init__(self, db: Database) -> None:
        """Write to this database, whose indexes exist."""
        self._events: Collection = db["order_events"]

    @guarded
    async def append(self, events: Sequence[OrderEvent]) -> None:
        """Store events, in any order, repeats included. Idempotent.

        Raises:
            ImpossibleStep: an event is stored with other content under the same id; the stored one
                stays, and all other events of the call are stored.
        """
        documents = {event.id: _document(event) for event in events}
        _require_equal([_document(event) for event in events], documents)
        if not documents:
            return
        try:
            await self._events.insert_many(list(documents.values()), ordered=False)
        except BulkWriteError as error:
            errors = error.details["writeErrors"]
            if any(each["code"] != DUPLICATE_KEY for each in errors):
                raise
            repeats = [documents[each["op"]["_id"]] for each in errors]
            _require_equal(repeats, await self._stored(repeats))

    @guarded
    async def read(
        self, order_id: str, epoch: int, after: int, limit: int = 1000
    ) -> Sequence[OrderEvent]:
        """Return the stored events after a sequence, ascending; there may be holes."""
        found = self._events.find(
            {"order_id": order_id, "epoch": epoch, "sequence": {"$gt": after}}
        )
        documents = await found.sort("sequence").limit(limit).to_list(None)
        return [read_envelope(document["envelope"]) for document in documents]

    async def _stored(self, repeats: Sequence[Document]) -> dict[str, Document]:
        ids = [document["_id"] for document in repeats]
        found = await self._events.find({"_id": {"$in": ids}}).to_list(None)
        return {document["_id"]: document for document in found}


def _document(event: OrderEvent) -> Document:
    return {
        "_id": event.id,
        "order_id": event.order_id,
        "epoch": event.epoch,
        "sequence": event.sequence,
        "type": event.type.value,
        "time": event.time,
        "envelope": envelope(event),
    }


def _require_equal(repeats: Sequence[Document], stored: dict[str, Document]) -> None:
    changed = [
        each["_id"] for each in repeats if each["envelope"] != stored[each["_id"]]["envelope"]
    ]
    if changed:
        message = f"stored with other content, a new epoch is needed: {', '.join(changed)}"
        raise ImpossibleStep(message)

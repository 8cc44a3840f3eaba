"""The append-only log of orders' events."""

from collections.abc import Sequence

from pymongo.errors import BulkWriteError

from adapters.mongo.connection import DUPLICATE_KEY, Collection, Database, Document, guarded
from domain.errors import ImpossibleStep
from domain.events import OrderEvent
from domain.facts import same_fact
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

        A repeat may differ in its moments (`facts.same_fact`): the first one stays.

        Raises:
            ImpossibleStep: another fact is stored under the same id; the stored one stays, and all
                other events of the call are stored.
        """
        firsts: dict[str, OrderEvent] = {}
        for event in events:
            firsts.setdefault(event.id, event)
        await self._insert(firsts)
        _require_same(events, firsts)

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

    async def _insert(self, events: dict[str, OrderEvent]) -> None:
        if not events:
            return
        documents = [_document(event) for event in events.values()]
        try:
            await self._events.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            errors = error.details["writeErrors"]
            if any(each["code"] != DUPLICATE_KEY for each in errors):
                raise
            repeats = [events[each["op"]["_id"]] for each in errors]
            _require_same(repeats, await self._stored(repeats))

    async def _stored(self, repeats: Sequence[OrderEvent]) -> dict[str, OrderEvent]:
        ids = [event.id for event in repeats]
        found = await self._events.find({"_id": {"$in": ids}}).to_list(None)
        return {document["_id"]: read_envelope(document["envelope"]) for document in found}


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


def _require_same(repeats: Sequence[OrderEvent], stored: dict[str, OrderEvent]) -> None:
    changed = [event.id for event in repeats if not same_fact(event, stored[event.id])]
    if changed:
        message = f"stored with other content, a new epoch is needed: {', '.join(changed)}"
        raise ImpossibleStep(message)

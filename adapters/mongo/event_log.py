"""The append-only log of orders' events."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from pymongo.errors import BulkWriteError

from adapters.gathering import Gathering
from adapters.mongo.connection import DUPLICATE_KEY, Collection, Database, Document, guarded
from domain.errors import ImpossibleStep
from domain.events import OrderEvent
from domain.facts import same_fact
from domain.wire import envelope, read_envelope


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    order_id: str
    epoch: int
    after: int
    limit: int

    def selector(self) -> Document:
        place = {"order_id": self.order_id, "epoch": self.epoch}
        return {**place, "sequence": {"$gt": self.after}}

    def has(self, document: Document) -> bool:
        place = (document["order_id"], document["epoch"])
        return place == (self.order_id, self.epoch) and int(document["sequence"]) > self.after


class MongoEventLog:
    """One document per event, its id being the key. Implements `EventLog`.

    The envelope is kept as it was published, times to the microsecond; what is queried stands
    beside it. Calls for several orders at the same moment share their round trips.
    """

    def __init__(self, db: Database) -> None:
        """Write to this database, whose indexes exist."""
        self._events: Collection = db["order_events"]
        self._appends = Gathering(self._append_all)
        self._reads = Gathering(self._read_all)

    async def append(self, events: Sequence[OrderEvent]) -> None:
        """Store events, in any order, repeats included. Idempotent.

        A repeat may differ in its moments (`facts.same_fact`): the first one stays.

        Raises:
            ImpossibleStep: another fact is stored under the same id; the stored one stays, and all
                other events of the call are stored.
        """
        await self._appends.ask(events)

    async def read(
        self, order_id: str, epoch: int, after: int, limit: int = 1000
    ) -> Sequence[OrderEvent]:
        """Return the stored events after a sequence, ascending; there may be holes."""
        return await self._reads.ask(
            _Page(order_id=order_id, epoch=epoch, after=after, limit=limit)
        )

    @guarded
    async def _append_all(
        self, calls: Sequence[Sequence[OrderEvent]]
    ) -> Sequence[ImpossibleStep | None]:
        firsts: dict[str, OrderEvent] = {}
        for event in chain.from_iterable(calls):
            firsts.setdefault(event.id, event)
        stored = {**firsts, **await self._insert(firsts)}
        return [_contradiction(events, stored) for events in calls]

    async def _insert(self, events: dict[str, OrderEvent]) -> dict[str, OrderEvent]:
        """Insert what is new; return what was there before under the same ids."""
        if not events:
            return {}
        documents = [_document(event) for event in events.values()]
        try:
            await self._events.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            errors = error.details["writeErrors"]
            if any(each["code"] != DUPLICATE_KEY for each in errors):
                raise
            return await self._stored([each["op"]["_id"] for each in errors])
        return {}

    async def _stored(self, ids: Sequence[str]) -> dict[str, OrderEvent]:
        found = await self._events.find({"_id": {"$in": ids}}).to_list(None)
        return {document["_id"]: read_envelope(document["envelope"]) for document in found}

    @guarded
    async def _read_all(self, pages: Sequence[_Page]) -> Sequence[Sequence[OrderEvent]]:
        # No page can lack anything while there is room left for more than the smallest asks for.
        room = min(page.limit for page in pages)
        found = self._events.find({"$or": [page.selector() for page in pages]})
        documents = await found.sort("sequence").limit(room).to_list(None)
        if len(documents) == room and len(pages) > 1:
            return [(await self._read_all([page]))[0] for page in pages]
        return [
            [read_envelope(each["envelope"]) for each in documents if page.has(each)]
            for page in pages
        ]


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


def _contradiction(
    events: Sequence[OrderEvent], stored: dict[str, OrderEvent]
) -> ImpossibleStep | None:
    changed = [event.id for event in events if not same_fact(event, stored[event.id])]
    if not changed:
        return None
    return ImpossibleStep(f"stored with other content, a new epoch is needed: {', '.join(changed)}")

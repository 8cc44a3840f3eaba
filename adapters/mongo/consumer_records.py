"""The documents of consumers that have no store of their own, with their inbox."""

from collections.abc import Mapping, Sequence

from pymongo.errors import DuplicateKeyError

from adapters.mongo.connection import Collection, Database, Document, Session, guarded
from adapters.mongo.transactions import in_transaction
from domain.events import OrderEvent
from domain.facts import digest
from domain.ports import Applied, Change
from domain.ports.consumers import Value


class MongoConsumerRecords:
    """Implements `ConsumerRecords`.

    The inbox holds one small row per consumer and event, for ever: a dead letter may come back
    after any time.
    """

    def __init__(self, db: Database) -> None:
        """Write to this database, whose collections exist."""
        self._db = db
        self._inbox: Collection = db["consumer_inbox"]
        self._records: Collection = db["consumer_records"]

    @guarded
    async def apply(self, consumer: str, event: OrderEvent, changes: Sequence[Change]) -> Applied:
        """Remember the event and make its changes, both or neither."""
        row = {"_id": f"{consumer}|{event.id}", "fact": digest(event)}

        async def work(session: Session) -> None:
            await self._inbox.insert_one(row, session=session)
            for change in changes:
                await self._records.update_one(
                    {"_id": _id(consumer, change.key)},
                    _update(consumer, change),
                    upsert=True,
                    session=session,
                )

        try:
            await in_transaction(self._db, work)
        except DuplicateKeyError:
            known = await self._inbox.find_one({"_id": row["_id"]})
            if known is None:  # two met in creating one document: the other was first
                return await self.apply(consumer, event, changes)
            return Applied.REPEATED if known["fact"] == row["fact"] else Applied.CONTRADICTED
        return Applied.DONE

    @guarded
    async def read(self, consumer: str, key: str) -> Mapping[str, Value] | None:
        """Return a document, or None."""
        found = await self._records.find_one({"_id": _id(consumer, key)})
        return found.get("fields", {}) if found else None


def _id(consumer: str, key: str) -> str:
    return f"{consumer}|{key}"


def _update(consumer: str, change: Change) -> Document:
    grown = {f"fields.{name}": number for name, number in change.add.items()}
    said = {f"fields.{name}": value for name, value in change.put.items()}
    update: Document = {"$set": {"consumer": consumer, "key": change.key, **said}}
    if grown:
        update["$inc"] = grown
    return update

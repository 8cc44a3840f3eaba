"""The event log read as it is sent on, without making events of it and documents again."""

from collections.abc import Sequence

from adapters.mongo.connection import Collection, Database, guarded
from domain.ports.envelopes import Enveloped


class MongoEnvelopes:
    """Implements `EnvelopeLog` over the collection that `MongoEventLog` writes."""

    def __init__(self, db: Database) -> None:
        """Read from this database, whose indexes exist."""
        self._events: Collection = db["order_events"]

    @guarded
    async def read(self, order_id: str, epoch: int, after: int, limit: int) -> Sequence[Enveloped]:
        """Return the stored envelopes after a sequence, ascending; there may be holes."""
        found = self._events.find(
            {"order_id": order_id, "epoch": epoch, "sequence": {"$gt": after}},
            {"_id": 0, "sequence": 1, "envelope": 1},
        )
        documents = await found.sort("sequence").limit(limit).to_list(None)
        return [
            Enveloped(
                order_id=order_id,
                epoch=epoch,
                sequence=document["sequence"],
                document=document["envelope"],
            )
            for document in documents
        ]

"""The event log read as it is sent on, without making events of it and documents again."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.gathering import Gathering
from adapters.mongo.connection import Collection, Database, Document, guarded
from domain.ports.envelopes import Enveloped

FEW: Final = 100
"""So many envelopes at most are read together with those of others; more come in a read alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wanted:
    order_id: str
    epoch: int
    after: int
    limit: int


class MongoEnvelopes:
    """Implements `EnvelopeLog` over the collection that `MongoEventLog` writes.

    Readers who come back at the same moment share a round trip, and readers of one order the
    documents, too. A read begins after it was asked for, so it misses nothing stored before.
    """

    def __init__(self, db: Database) -> None:
        """Read from this database, whose indexes exist."""
        self._events: Collection = db["order_events"]
        self._reads: Gathering[_Wanted, Sequence[Enveloped]] = Gathering(self._read_all)

    async def read(self, order_id: str, epoch: int, after: int, limit: int) -> Sequence[Enveloped]:
        """Return the stored envelopes after a sequence, ascending; there may be holes."""
        wanted = _Wanted(order_id=order_id, epoch=epoch, after=after, limit=limit)
        if limit <= FEW:
            return await self._reads.ask(wanted)
        return (await self._read_all([wanted]))[0]

    @guarded
    async def _read_all(self, wanted: Sequence[_Wanted]) -> Sequence[Sequence[Enveloped]]:
        shown = {"_id": 0, "order_id": 1, "epoch": 1, "sequence": 1, "envelope": 1}
        found = await self._events.find({"$or": _selectors(wanted)}, shown).to_list(None)
        logs: dict[tuple[str, int], list[Enveloped]] = defaultdict(list)
        for document in found:
            logs[document["order_id"], document["epoch"]].append(_enveloped(document))
        for log in logs.values():
            log.sort(key=lambda each: each.sequence)
        return [_part(logs[each.order_id, each.epoch], each) for each in wanted]


def _selectors(wanted: Sequence[_Wanted]) -> list[Document]:
    """Return one selector per log: from where its most backward reader stands.

    Sequences have no gaps, so a reader's limit is a place in the log, too; where there is a hole,
    its reader gets less, which it can tell.
    """
    spans: dict[tuple[str, int], tuple[int, int]] = {}
    for each in wanted:
        first, last = spans.get((each.order_id, each.epoch), (each.after, 0))
        spans[each.order_id, each.epoch] = (
            min(first, each.after),
            max(last, each.after + each.limit),
        )
    return [
        {"order_id": order_id, "epoch": epoch, "sequence": {"$gt": first, "$lte": last}}
        for (order_id, epoch), (first, last) in spans.items()
    ]


def _part(log: Sequence[Enveloped], wanted: _Wanted) -> list[Enveloped]:
    last = wanted.after + wanted.limit
    return [each for each in log if wanted.after < each.sequence <= last]


def _enveloped(document: Any) -> Enveloped:
    return Enveloped(
        order_id=document["order_id"],
        epoch=document["epoch"],
        sequence=document["sequence"],
        document=document["envelope"],
    )

"""What every consumer gets from the house, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.events import OrderEvent
from domain.facts import digest
from domain.ports import Applied, Change, ParkedSum
from domain.ports.consumers import Value


@dataclass
class FakeConsumerRecords:
    """A ``ConsumerRecords``."""

    inbox: dict[tuple[str, str], str] = field(default_factory=dict)
    stored: dict[tuple[str, str], dict[str, Value]] = field(default_factory=dict)

    async def apply(self, consumer: str, event: OrderEvent, changes: Sequence[Change]) -> Applied:
        known = self.inbox.get((consumer, event.id))
        if known is not None:
            return Applied.REPEATED if known == digest(event) else Applied.CONTRADICTED
        self.inbox[consumer, event.id] = digest(event)
        for change in changes:
            fields = self.stored.setdefault((consumer, change.key), {})
            fields.update(change.put)
            for name, number in change.add.items():
                fields[name] = int(fields.get(name, 0)) + number
        return Applied.DONE

    async def read(self, consumer: str, key: str) -> Mapping[str, Value] | None:
        return self.stored.get((consumer, key))


@dataclass(frozen=True, kw_only=True)
class _Parked:
    event: OrderEvent
    parked_at: datetime
    due: datetime
    tries: int


@dataclass
class FakeParkedEvents:
    """A ``ParkedEvents``."""

    parked: dict[tuple[str, str], _Parked] = field(default_factory=dict)

    async def park(self, consumer: str, event: OrderEvent, *, now: datetime, due: datetime) -> None:
        key = (consumer, event.id)
        fresh = _Parked(event=event, parked_at=now, due=due, tries=0)
        known = self.parked.get(key, fresh)
        self.parked[key] = replace(known, due=due, tries=known.tries + 1)

    async def of_order(self, consumer: str, order_id: str) -> Sequence[OrderEvent]:
        events = [each.event for each in self._of(consumer) if each.event.order_id == order_id]
        return sorted(events, key=lambda event: (event.epoch, event.sequence))

    async def due(self, consumer: str, now: datetime, limit: int) -> Sequence[str]:
        due = sorted((each for each in self._of(consumer) if each.due <= now), key=_due)
        return list(dict.fromkeys(each.event.order_id for each in due[:limit]))

    async def tries(self, consumer: str, event: OrderEvent) -> int:
        known = self.parked.get((consumer, event.id))
        return known.tries if known else 0

    async def release(self, consumer: str, event: OrderEvent) -> None:
        self.parked.pop((consumer, event.id), None)

    async def waiting(self, consumer: str) -> ParkedSum:
        since = [each.parked_at for each in self._of(consumer)]
        return ParkedSum(events=len(since), oldest=min(since, default=None))

    def _of(self, consumer: str) -> list[_Parked]:
        return [each for (name, _), each in self.parked.items() if name == consumer]


def _due(parked: _Parked) -> datetime:
    return parked.due

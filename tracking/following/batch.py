"""A run of events on its way to readers; its text is made once, however many they are."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from domain.events import OrderEvent
from domain.ports import Position
from domain.ports.envelopes import Enveloped
from domain.wire import JSON
from tracking.projection import document_shown

OVERHEAD_BYTES: Final = 1024
"""What a frame is taken to weigh beside its text."""


def compact(document: object) -> str:
    """Return JSON text without spaces."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


class Batch:
    """Events of one order and one epoch, ascending."""

    __slots__ = ("_texts", "events")

    def __init__(self, events: Sequence[Enveloped]) -> None:
        """Keep the events; there is at least one."""
        self.events = tuple(events)
        self._texts: dict[bool, str] = {}

    @classmethod
    def of(cls, events: Sequence[OrderEvent]) -> "Batch":
        """Put events into a batch."""
        return cls([Enveloped.of(event) for event in events])

    @property
    def happened_at(self) -> datetime:
        """Return when the newest one happened."""
        return datetime.fromisoformat(self.events[-1].document["time"])

    @property
    def end(self) -> Position:
        """Return the position after these events."""
        return Position(epoch=self.events[-1].epoch, sequence=self.events[-1].sequence)

    @property
    def weight(self) -> int:
        """Return about how many bytes these events take."""
        return OVERHEAD_BYTES + len(self.frame(to_ops=False))

    def frame(self, *, to_ops: bool) -> str:
        """Return the `events` frame."""
        if to_ops not in self._texts:
            self._texts[to_ops] = compact(
                {
                    "type": "events",
                    "order_id": self.events[0].order_id,
                    "epoch": self.events[0].epoch,
                    "events": self.documents(to_ops=to_ops),
                }
            )
        return self._texts[to_ops]

    def documents(self, *, to_ops: bool) -> list[JSON]:
        """Return the envelopes as their reader may see them."""
        return [document_shown(event.document, to_ops=to_ops) for event in self.events]

    def parts(self, limit: int) -> Iterator["Batch"]:
        """Return the same events in batches of at most so many."""
        if len(self.events) <= limit:
            yield self
            return
        for start in range(0, len(self.events), limit):
            yield Batch(self.events[start : start + limit])

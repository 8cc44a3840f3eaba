"""The event log as it is sent on: envelopes that nobody needs to understand on the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.events import OrderEvent
from domain.wire import JSON, envelope


@dataclass(frozen=True, kw_only=True, slots=True)
class Enveloped:
    """An event's place in its order's log, and its CloudEvents document as it stands there."""

    order_id: str
    epoch: int
    sequence: int
    document: JSON

    @classmethod
    def of(cls, event: OrderEvent) -> "Enveloped":
        """Put an event into its envelope."""
        return cls(
            order_id=event.order_id,
            epoch=event.epoch,
            sequence=event.sequence,
            document=envelope(event),
        )


class EnvelopeLog(Protocol):
    """What `EventLog` holds, without taking it apart: a thousand readers come back at once."""

    async def read(self, order_id: str, epoch: int, after: int, limit: int) -> Sequence[Enveloped]:
        """Return the stored envelopes of the next `limit` sequences, ascending, as far as stored.

        Raises:
            StoreUnavailable: nobody can say right now.
        """
        ...

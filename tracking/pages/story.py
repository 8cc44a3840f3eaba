"""What has happened to an order, as lines of a timeline; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.events import EventData, OrderEvent
from domain.status import OrderStatus
from tracking.pages.formats import rupees
from tracking.pages.wording import EVENTS, METHODS, STATUSES


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One line: what, when it happened, and the detail that tells it from others of its kind."""

    sequence: int
    type: str
    time: datetime
    status: OrderStatus
    note: str


def entries_of(events: Sequence[OrderEvent]) -> tuple[Entry, ...]:
    """Return a line for each event, in the order of the log."""
    return tuple(
        Entry(
            sequence=event.sequence,
            type=event.type.value,
            time=event.time,
            status=event.data.status,
            note=note_of(event.data),
        )
        for event in events
    )


def note_of(data: EventData) -> str:
    """Return the detail of an event; `noteOf` in `track.js` says the same."""
    parts: list[str | None]
    if data.payment:
        method = data.payment.method or ""
        amount = rupees(data.payment.amount_paise)
        parts = [amount, METHODS.get(method, method), data.payment.reason]
    elif data.refund:
        parts = [rupees(data.refund.amount_paise)]
    elif data.document:
        parts = [data.document.number]
    elif data.cancellation:
        parts = [data.cancellation.reason]
    elif data.line_cancellation:
        cancelled = data.line_cancellation
        units = (f"{line.quantity} × {line.sku}" for line in cancelled.lines)
        parts = [*units, rupees(cancelled.amount_paise)]
    elif data.address:
        parts = [data.address.city]
    elif data.shipment:
        parcel = data.shipment
        parts = [f"Parcel {parcel.number}", parcel.courier, parcel.reason]
    else:
        parts = []
    return " · ".join(part for part in parts if part)


def newest_first(entries: Sequence[Entry]) -> list[Entry]:
    """Return what customers read, by when it happened: a late scan finds its place lower down."""
    shown = [entry for entry in entries if entry.type in EVENTS]
    return sorted(shown, key=lambda entry: (entry.time, entry.sequence), reverse=True)


def reached(entries: Sequence[Entry], status: OrderStatus) -> dict[int, datetime | None]:
    """Return each milestone reached and when; progress never goes back, whatever came later."""
    found: dict[int, datetime | None] = {}
    for entry in entries:
        for stage in range(STATUSES[entry.status].stage + 1):
            found.setdefault(stage, entry.time)
    for stage in range(STATUSES[status].stage + 1):
        found.setdefault(stage, None)
    return found

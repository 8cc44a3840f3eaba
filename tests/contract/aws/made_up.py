"""Events for tests."""

import secrets
from datetime import UTC, datetime

from domain.events import SUBJECTS, EventData, EventType, OrderEvent
from domain.ids import order_id_for
from domain.payment import PaymentStatus
from domain.status import OrderStatus
from tests.consumers.lives import sample

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def events(*types: EventType, padding: int = 0) -> list[OrderEvent]:
    """Events of one new order, in sequence; ``padding`` characters make each of them large."""
    order_id = order_id_for("customer", secrets.token_hex(8))
    return [
        OrderEvent(
            order_id=order_id, epoch=1, sequence=n, type=kind, time=NOW, data=_data(kind, padding)
        )
        for n, kind in enumerate(types, 1)
    ]


def _data(event_type: EventType, padding: int) -> EventData:
    subjects = {name: sample(name) for name in SUBJECTS[event_type]}
    return EventData(
        status=OrderStatus.CONFIRMED,
        payment_status=PaymentStatus.PAID,
        customer_id="c₹stomer" + "x" * padding,
        **subjects,
    )

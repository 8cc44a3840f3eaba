"""What the wall shows of an order: enough to act on, and nothing that names the customer."""

from domain.status import OrderStatus
from domain.view import OrderView
from domain.wire import JSON, to_json

SETTLED = frozenset(
    {
        OrderStatus.COMPLETED,
        OrderStatus.CANCELLED,
        OrderStatus.EXPIRED,
        OrderStatus.RETURNED,
        OrderStatus.RETURNED_TO_ORIGIN,
    }
)
"""Nobody waits for these; all others are counted as open."""


def row_of(view: OrderView) -> JSON:
    """Return an order's row. Walls have visitors: a city, but no name, address or number."""
    attention = [each for each in view.attention if each.resolved_at is None]
    return {
        "order_id": view.order_id,
        "epoch": view.epoch,
        "sequence": view.sequence,
        "as_of": view.as_of.isoformat(),
        "placed_at": view.placed_at.isoformat(),
        "promised_by": view.promised_by.isoformat() if view.promised_by else None,
        "status": view.status.value,
        "payment_status": view.payment_status.value,
        "payment_method": view.payment_method.value,
        "total_paise": view.total_paise,
        "items": sum(line.quantity for line in view.quote.lines),
        "city": view.shipping_address.city,
        "parcels": [
            {"number": each.number, "state": each.state.value, "courier": each.courier}
            for each in view.shipments
        ],
        "attention": to_json(attention),
    }

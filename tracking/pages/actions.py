"""What a customer may do, by the state of the order: one table for the page and its script.

A row here is all that a new action takes: the page asks what the row asks for and posts it to the
API. The API decides; the table only keeps the page from offering what cannot work.
"""

from dataclasses import dataclass
from typing import Final

from domain.shipment import ShipmentState
from domain.status import OrderStatus
from domain.view import OrderView

_S = OrderStatus
_P = ShipmentState


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One thing that is asked: free text, or a choice of (value, title) where there are options."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...] = ()
    most: int = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """One thing a customer may do.

    Offered while the order has one of `statuses` and, if it has parcels at all, one of them is in
    one of `parcels` (empty: whatever they are in). `path` follows the order's address at the API.
    """

    name: str
    title: str
    tone: str
    statuses: tuple[OrderStatus, ...]
    parcels: tuple[ShipmentState, ...]
    path: str
    question: str
    explains: str
    confirm: str
    fields: tuple[Field, ...]


ACTIONS: Final = (
    Action(
        name="cancel",
        title="Cancel the order",
        tone="bad",
        statuses=(_S.PENDING_PAYMENT, _S.CONFIRMED, _S.PACKED),
        parcels=(_P.BOOKED, _P.PACKED),
        path="/cancel",
        question="Cancel this order?",
        explains="What you have paid goes back the way it came. This cannot be undone.",
        confirm="Yes, cancel it",
        fields=(
            Field(
                name="reason",
                label="Why, if you like to say",
                options=(
                    ("changed my mind", "I changed my mind"),
                    ("ordered by mistake", "I ordered by mistake"),
                    ("found it elsewhere", "I found it elsewhere"),
                    ("takes too long", "It takes too long"),
                    ("another reason", "Another reason"),
                ),
            ),
        ),
    ),
)


def offered(view: OrderView) -> tuple[Action, ...]:
    """Return what this order allows now; `offered` in `track.js` says the same."""
    states = {parcel.state for parcel in view.shipments}
    return tuple(
        action
        for action in ACTIONS
        if view.status in action.statuses
        and (not states or not action.parcels or states & set(action.parcels))
    )

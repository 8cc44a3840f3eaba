"""What the page says: one table for the server's first paint and for the script after it."""

from dataclasses import dataclass
from typing import Final

from domain.documents import DocumentKind
from domain.events import EventType
from domain.payment import PaymentStatus, RefundStatus
from domain.shipment import ShipmentState
from domain.status import OrderStatus
from domain.wire import JSON, to_json
from tracking.pages.actions import ACTIONS

STAGES: Final = ("Placed", "Confirmed", "Packed", "Shipped", "Out for delivery", "Delivered")
"""The milestones of the progress line; everything else is a branch off it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """How a status looks: how far it is at least, its tone, its headline and what comes next."""

    stage: int
    tone: str
    title: str
    next: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """How an event looks in the timeline."""

    title: str
    tone: str = "plain"


_S = OrderStatus
STATUSES: Final[dict[OrderStatus, Words]] = {
    status: Words(stage=stage, tone=tone, title=title, next=following)
    for status, stage, tone, title, following in (
        (_S.PENDING_PAYMENT, 0, "wait", "Waiting for payment", "We start as soon as it is paid."),
        (_S.CONFIRMED, 1, "good", "Order confirmed", "We are packing your order."),
        (_S.PACKED, 2, "good", "Packed and ready", "The courier picks it up next."),
        (_S.SHIPPED, 3, "good", "On its way", "Your parcel is travelling to your city."),
        (_S.OUT_FOR_DELIVERY, 4, "good", "Out for delivery", "Please keep your phone at hand."),
        (_S.DELIVERED, 5, "done", "Delivered", "Enjoy it!"),
        (_S.COMPLETED, 5, "done", "Delivered", "Everything is settled. Thank you!"),
        (_S.CANCELLED, 0, "bad", "Order cancelled", "What you have paid goes back to you."),
        (_S.EXPIRED, 0, "bad", "Order expired", "It was not paid in time. Nothing was charged."),
        (
            _S.DELIVERY_FAILED,
            3,
            "wait",
            "Delivery did not work out",
            "The courier will try again; we keep you posted.",
        ),
        (
            _S.RETURNING_TO_ORIGIN,
            3,
            "bad",
            "On its way back to us",
            "Your money comes back once the parcel has arrived.",
        ),
        (
            _S.RETURNED_TO_ORIGIN,
            3,
            "bad",
            "Returned to us",
            "What you have paid goes back to you.",
        ),
        (_S.RETURN_REQUESTED, 5, "wait", "Return requested", "We arrange the pickup."),
        (_S.RETURNED, 5, "plain", "Returned", "Your refund is on its way."),
    )
}

_E = EventType
EVENTS: Final[dict[EventType, Happening]] = {
    _E.ORDER_PLACED: Happening(title="Order placed"),
    _E.PAYMENT_AUTHORIZED: Happening(title="Payment authorised"),
    _E.PAYMENT_CONFIRMED: Happening(title="Payment received", tone="good"),
    _E.PAYMENT_FAILED: Happening(title="A payment attempt failed", tone="wait"),
    _E.ORDER_EXPIRED: Happening(title="Order expired", tone="bad"),
    _E.ORDER_REVIVED: Happening(title="Order revived", tone="good"),
    _E.ORDER_CONFIRMED: Happening(title="Order confirmed", tone="good"),
    _E.INVOICE_GENERATED: Happening(title="Invoice issued"),
    _E.DELIVERY_BOOKED: Happening(title="Courier booked"),
    _E.DELIVERY_PACKED: Happening(title="Parcel packed"),
    _E.DELIVERY_SHIPPED: Happening(title="Handed to the courier", tone="good"),
    _E.DELIVERY_IN_TRANSIT: Happening(title="Moving through the network"),
    _E.DELIVERY_OUT_FOR_DELIVERY: Happening(title="Out for delivery", tone="good"),
    _E.DELIVERY_DELIVERED: Happening(title="Delivered", tone="good"),
    _E.DELIVERY_ATTEMPT_FAILED: Happening(title="Delivery attempt failed", tone="wait"),
    _E.DELIVERY_REDELIVERY_CHOSEN: Happening(title="New delivery arranged"),
    _E.DELIVERY_RTO_INITIATED: Happening(title="Parcel is coming back to us", tone="bad"),
    _E.DELIVERY_RTO_DELIVERED: Happening(title="Parcel has come back to us", tone="bad"),
    _E.DELIVERY_LOST: Happening(title="The courier has lost the parcel", tone="bad"),
    _E.DELIVERY_CANCELLED: Happening(title="Parcel cancelled", tone="bad"),
    _E.ORDER_CANCELLED: Happening(title="Order cancelled", tone="bad"),
    _E.ORDER_LINES_CANCELLED: Happening(title="A part of the order cancelled", tone="wait"),
    _E.REFUND_INITIATED: Happening(title="Refund started"),
    _E.REFUND_PROCESSED: Happening(title="Refund paid", tone="good"),
    _E.REFUND_FAILED: Happening(title="Refund delayed, we are on it", tone="wait"),
    _E.COD_COLLECTED: Happening(title="Cash received", tone="good"),
    _E.RETURN_REQUESTED: Happening(title="Return requested"),
    _E.RETURN_WITHDRAWN: Happening(title="Return withdrawn"),
    _E.RETURN_PICKED_UP: Happening(title="Return picked up"),
    _E.RETURN_RECEIVED: Happening(title="Return received"),
    _E.RETURN_REFUSED: Happening(title="Return refused", tone="bad"),
    _E.CREDIT_NOTE_GENERATED: Happening(title="Credit note issued"),
    _E.ADDRESS_CHANGED: Happening(title="Address changed"),
    _E.ORDER_COMPLETED: Happening(title="Order completed", tone="good"),
}
"""What customers care to read; other events move the page without a line of their own."""

SILENT: Final = frozenset(
    {
        _E.PAYMENT_REQUESTED,
        _E.INVOICE_GENERATION_QUEUED,
        _E.COD_REMITTED,
        _E.DISPUTE_OPENED,
        _E.DISPUTE_CLOSED,
        _E.NOTIFICATION_SENT,
        _E.ORDER_ATTENTION_RAISED,
        _E.ORDER_ATTENTION_RESOLVED,
    }
)

_P = ShipmentState
PARCELS: Final[dict[ShipmentState, Happening]] = {
    _P.BOOKED: Happening(title="Being prepared"),
    _P.PACKED: Happening(title="Packed"),
    _P.SHIPPED: Happening(title="Shipped", tone="good"),
    _P.IN_TRANSIT: Happening(title="In transit", tone="good"),
    _P.OUT_FOR_DELIVERY: Happening(title="Out for delivery", tone="good"),
    _P.DELIVERED: Happening(title="Delivered", tone="done"),
    _P.ATTEMPT_FAILED: Happening(title="Attempt failed", tone="wait"),
    _P.RTO_INITIATED: Happening(title="Coming back", tone="bad"),
    _P.RTO_DELIVERED: Happening(title="Came back", tone="bad"),
    _P.LOST: Happening(title="Lost", tone="bad"),
    _P.CANCELLED: Happening(title="Cancelled", tone="bad"),
}

PARCEL_STEPS: Final[dict[ShipmentState, int]] = {
    _P.BOOKED: 1,
    _P.PACKED: 2,
    _P.SHIPPED: 3,
    _P.IN_TRANSIT: 3,
    _P.OUT_FOR_DELIVERY: 4,
    _P.DELIVERED: 5,
    _P.ATTEMPT_FAILED: 4,
    _P.RTO_INITIATED: 3,
    _P.RTO_DELIVERED: 5,
    _P.LOST: 3,
    _P.CANCELLED: 1,
}
"""How many of a parcel's five steps are filled."""

PAYMENTS: Final[dict[PaymentStatus, str]] = {
    PaymentStatus.UNPAID: "Not paid yet",
    PaymentStatus.AUTHORIZED: "Payment authorised",
    PaymentStatus.PAID: "Paid",
    PaymentStatus.OVERPAID: "Paid twice, the rest goes back",
    PaymentStatus.PARTIALLY_REFUNDED: "Partly refunded",
    PaymentStatus.REFUNDED: "Refunded",
    PaymentStatus.COD_DUE: "Cash on delivery",
    PaymentStatus.COD_COLLECTED: "Paid in cash",
    PaymentStatus.COD_REMITTED: "Paid in cash",
}

REFUNDS: Final = {
    RefundStatus.INITIATED.value: "Refund on its way",
    RefundStatus.PROCESSED.value: "Refunded",
    RefundStatus.MANUAL.value: "Refunded",
    RefundStatus.FAILED.value: "Refund delayed, we are on it",
}
"""One that is closed is not shown: another one has taken its place."""

DOCUMENTS: Final = {
    DocumentKind.INVOICE.value: "Tax invoice",
    DocumentKind.CREDIT_NOTE.value: "Credit note",
}

METHODS: Final = {
    "upi": "UPI",
    "card": "card",
    "netbanking": "net banking",
    "wallet": "wallet",
    "emi": "EMI",
    "paylater": "pay later",
}
"""Razorpay's words for ways of paying; an unknown one is shown as it is."""

ENDED: Final = frozenset(
    {_S.COMPLETED, _S.CANCELLED, _S.EXPIRED, _S.RETURNED, _S.RETURNED_TO_ORIGIN, _S.DELIVERED}
)
"""After these nobody waits for a promised date any more."""


LATE: Final = "Later than promised ({}). We are sorry and look into it."


def words_for_scripts() -> JSON:
    """Return all tables as the page's script reads them."""
    return {
        "stages": list(STAGES),
        "statuses": {key.value: to_json(words) for key, words in STATUSES.items()},
        "events": {key.value: to_json(words) for key, words in EVENTS.items()},
        "parcels": {key.value: to_json(words) for key, words in PARCELS.items()},
        "payments": {key.value: words for key, words in PAYMENTS.items()},
        "parcel_steps": {key.value: step for key, step in PARCEL_STEPS.items()},
        "refunds": dict(REFUNDS),
        "documents": dict(DOCUMENTS),
        "actions": to_json(ACTIONS),
        "methods": dict(METHODS),
        "ended": sorted(ENDED),
        "late": LATE,
    }

"""Every event of an order: types, envelope, and what each type speaks about.

This table is the single source: topics, schemas, documents and subscriptions derive from it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain import ids
from domain.attention import Attention
from domain.cart import Address
from domain.documents import Document
from domain.payment import GatewayDispute, PaymentEntry, PaymentOrder, PaymentStatus, Refund
from domain.shipment import Shipment
from domain.snapshot import Cancellation, LineCancellation, Notification, PlacedOrder
from domain.status import OrderStatus

SOURCE = "/orders"
SPEC_VERSION = "1.0"


class EventType(StrEnum):
    """The wire names, past tense; four of them come from the platform's first version."""

    ORDER_PLACED = "order_placed"
    PAYMENT_REQUESTED = "payment_requested"
    PAYMENT_AUTHORIZED = "payment_authorized"
    PAYMENT_CONFIRMED = "payment_confirmed"
    PAYMENT_FAILED = "payment_failed"
    ORDER_EXPIRED = "order_expired"
    ORDER_REVIVED = "order_revived"
    ORDER_CONFIRMED = "order_confirmed"
    INVOICE_GENERATION_QUEUED = "invoice_generation_queued"
    INVOICE_GENERATED = "invoice_generated"
    DELIVERY_BOOKED = "delivery_booked"
    DELIVERY_PACKED = "delivery_packed"
    DELIVERY_SHIPPED = "delivery_shipped"
    DELIVERY_IN_TRANSIT = "delivery_in_transit"
    DELIVERY_OUT_FOR_DELIVERY = "delivery_out_for_delivery"
    DELIVERY_DELIVERED = "delivery_delivered"
    DELIVERY_ATTEMPT_FAILED = "delivery_attempt_failed"
    DELIVERY_REDELIVERY_CHOSEN = "delivery_redelivery_chosen"
    DELIVERY_RTO_INITIATED = "delivery_rto_initiated"
    DELIVERY_RTO_DELIVERED = "delivery_rto_delivered"
    DELIVERY_LOST = "delivery_lost"
    DELIVERY_CANCELLED = "delivery_cancelled"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_LINES_CANCELLED = "order_lines_cancelled"
    REFUND_INITIATED = "refund_initiated"
    REFUND_PROCESSED = "refund_processed"
    REFUND_FAILED = "refund_failed"
    COD_COLLECTED = "cod_collected"
    COD_REMITTED = "cod_remitted"
    RETURN_REQUESTED = "return_requested"
    RETURN_WITHDRAWN = "return_withdrawn"
    RETURN_PICKED_UP = "return_picked_up"
    RETURN_RECEIVED = "return_received"
    RETURN_REFUSED = "return_refused"
    CREDIT_NOTE_GENERATED = "credit_note_generated"
    ADDRESS_CHANGED = "address_changed"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_CLOSED = "dispute_closed"
    NOTIFICATION_SENT = "notification_sent"
    ORDER_ATTENTION_RAISED = "order_attention_raised"
    ORDER_ATTENTION_RESOLVED = "order_attention_resolved"
    ORDER_COMPLETED = "order_completed"


@dataclass(frozen=True, kw_only=True, slots=True)
class EventData:
    """What an event says. The first three stand in each event; of the others what it is about.

    A subject is always whole (the parcel, the refund as it now is), never a difference, so a reader
    that overwrites by number is right whatever it has seen before.
    """

    status: OrderStatus
    payment_status: PaymentStatus
    customer_id: str
    order: PlacedOrder | None = None
    payment_order: PaymentOrder | None = None
    payment: PaymentEntry | None = None
    shipment: Shipment | None = None
    refund: Refund | None = None
    document: Document | None = None
    attention: Attention | None = None
    notification: Notification | None = None
    cancellation: Cancellation | None = None
    line_cancellation: LineCancellation | None = None
    address: Address | None = None
    dispute: GatewayDispute | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderEvent:
    """One fact about one order. `sequence` counts from 1 without gaps within order and epoch."""

    order_id: str
    epoch: int
    sequence: int
    type: EventType
    time: datetime
    data: EventData

    @property
    def id(self) -> str:
        """Return the event's id, equal for each publish of this fact."""
        return ids.event_id(self.order_id, self.epoch, self.sequence)


def topic(event_type: EventType) -> str:
    """Return the name of the topic that carries this type."""
    return f"orders-{event_type}"


def dataschema(event_type: EventType) -> str:
    """Return what an event of this type names as its `dataschema`."""
    return f"/schemas/{event_type}/{SCHEMA_VERSIONS[event_type]}"


SCHEMA_VERSIONS: dict[EventType, int] = dict.fromkeys(EventType, 1)
"""The version of each type's form. An addition keeps it; what breaks a reader raises it by one:
`SCHEMA_VERSIONS |= {EventType.REFUND_FAILED: 2}`. docs/events.md says what breaks a reader."""

SUBJECTS: dict[EventType, frozenset[str]] = {
    event_type: frozenset(names.split())
    for event_type, names in {
        EventType.ORDER_PLACED: "order",
        EventType.PAYMENT_REQUESTED: "payment_order",
        EventType.PAYMENT_AUTHORIZED: "payment",
        EventType.PAYMENT_CONFIRMED: "payment",
        EventType.PAYMENT_FAILED: "payment",
        EventType.ORDER_EXPIRED: "cancellation",
        EventType.ORDER_REVIVED: "",
        EventType.ORDER_CONFIRMED: "",
        EventType.INVOICE_GENERATION_QUEUED: "shipment",
        EventType.INVOICE_GENERATED: "document",
        EventType.DELIVERY_BOOKED: "shipment",
        EventType.DELIVERY_PACKED: "shipment",
        EventType.DELIVERY_SHIPPED: "shipment",
        EventType.DELIVERY_IN_TRANSIT: "shipment",
        EventType.DELIVERY_OUT_FOR_DELIVERY: "shipment",
        EventType.DELIVERY_DELIVERED: "shipment",
        EventType.DELIVERY_ATTEMPT_FAILED: "shipment",
        EventType.DELIVERY_REDELIVERY_CHOSEN: "shipment",
        EventType.DELIVERY_RTO_INITIATED: "shipment",
        EventType.DELIVERY_RTO_DELIVERED: "shipment",
        EventType.DELIVERY_LOST: "shipment",
        EventType.DELIVERY_CANCELLED: "shipment",
        EventType.ORDER_CANCELLED: "cancellation",
        EventType.ORDER_LINES_CANCELLED: "line_cancellation",
        EventType.REFUND_INITIATED: "refund",
        EventType.REFUND_PROCESSED: "refund",
        EventType.REFUND_FAILED: "refund",
        EventType.COD_COLLECTED: "payment",
        EventType.COD_REMITTED: "payment",
        EventType.RETURN_REQUESTED: "",
        EventType.RETURN_WITHDRAWN: "",
        EventType.RETURN_PICKED_UP: "",
        EventType.RETURN_RECEIVED: "",
        EventType.RETURN_REFUSED: "",
        EventType.CREDIT_NOTE_GENERATED: "document",
        EventType.ADDRESS_CHANGED: "address",
        EventType.DISPUTE_OPENED: "dispute",
        EventType.DISPUTE_CLOSED: "dispute",
        EventType.NOTIFICATION_SENT: "notification",
        EventType.ORDER_ATTENTION_RAISED: "attention",
        EventType.ORDER_ATTENTION_RESOLVED: "attention",
        EventType.ORDER_COMPLETED: "",
    }.items()
}
"""The subjects that an event of each type must carry."""

"""Shiprocket's two status tables, kept apart on purpose, and which pairs belong together.

`ShipmentStatus` (table A) numbers `shipment_status`, `shipment_status_id` and `sr-status`.
`OrderStatus` (table B) numbers `status_code` of orders and NDR rows and `current_status_id`.
The same number means different things: 20 is "Pickup Exception" in A and "In Transit" in B.
"""

from enum import IntEnum
from typing import Final


class ShipmentStatus(IntEnum):
    """Table A: where a shipment is."""

    AWB_ASSIGNED = 1
    LABEL_GENERATED = 2
    PICKUP_SCHEDULED = 3
    PICKUP_QUEUED = 4
    MANIFEST_GENERATED = 5
    SHIPPED = 6
    DELIVERED = 7
    CANCELED = 8
    RTO_INITIATED = 9
    RTO_DELIVERED = 10
    PENDING = 11
    LOST = 12
    PICKUP_ERROR = 13
    RTO_ACKNOWLEDGED = 14
    PICKUP_RESCHEDULED = 15
    CANCELLATION_REQUESTED = 16
    OUT_FOR_DELIVERY = 17
    IN_TRANSIT = 18
    OUT_FOR_PICKUP = 19
    PICKUP_EXCEPTION = 20
    UNDELIVERED = 21
    DELAYED = 22
    PARTIAL_DELIVERED = 23
    DESTROYED = 24
    DAMAGED = 25
    FULFILLED = 26
    PICKUP_BOOKED = 27
    REACHED_AT_DESTINATION_HUB = 38
    MISROUTED = 39
    RTO_NDR = 40
    RTO_OFD = 41
    PICKED_UP = 42
    SELF_FULFILLED = 43
    DISPOSED_OFF = 44
    CANCELLED_BEFORE_DISPATCHED = 45
    RTO_IN_TRANSIT = 46
    QC_FAILED = 47
    REACHED_WAREHOUSE = 48
    CUSTOM_CLEARED = 49
    IN_FLIGHT = 50
    HANDOVER_TO_COURIER = 51
    SHIPMENT_BOOKED = 52
    IN_TRANSIT_OVERSEAS = 54
    CONNECTION_ALIGNED = 55
    REACHED_OVERSEAS_WAREHOUSE = 56
    CUSTOM_CLEARED_OVERSEAS = 57
    BOX_PACKING = 59
    FC_ALLOCATED = 60
    PICKLIST_GENERATED = 61
    READY_TO_PACK = 62
    PACKED = 63
    FC_MANIFEST_GENERATED = 67
    PROCESSED_AT_WAREHOUSE = 68
    HANDOVER_EXCEPTION = 71
    PACKED_EXCEPTION = 72
    RTO_LOCK = 75
    UNTRACEABLE = 76
    ISSUE_RELATED_TO_THE_RECIPIENT = 77
    REACHED_BACK_AT_SELLER_CITY = 78
    RIDER_STATE_79 = 79
    RIDER_STATE_80 = 80
    RIDER_STATE_81 = 81
    RIDER_STATE_82 = 82
    RIDER_STATE_83 = 83

    @property
    def label(self) -> str:
        """The text of the official list, in title case."""
        return _SHIPMENT_LABELS.get(self, _words(self.name))

    @property
    def scan_label(self) -> str:
        """The text of `sr-status-label`, whose spelling differs from the list in places."""
        return _SCAN_LABELS.get(self, self.label.upper())


class OrderStatus(IntEnum):
    """Table B: where an order is in the seller's panel."""

    NEW = 1
    INVOICED = 2
    READY_TO_SHIP = 3
    PICKUP_SCHEDULED = 4
    CANCELED = 5
    SHIPPED = 6
    DELIVERED = 7
    EPAYMENT_FAILED = 8
    RETURNED = 9
    UNMAPPED = 10
    UNFULFILLABLE = 11
    PICKUP_QUEUE = 12
    PICKUP_RESCHEDULED = 13
    PICKUP_ERROR = 14
    RTO_INITIATED = 15
    RTO_DELIVERED = 16
    RTO_ACKNOWLEDGED = 17
    CANCELLATION_REQUESTED = 18
    OUT_FOR_DELIVERY = 19
    IN_TRANSIT = 20
    RETURN_PENDING = 21
    RETURN_INITIATED = 22
    RETURN_PICKUP_QUEUED = 23
    RETURN_PICKUP_ERROR = 24
    RETURN_IN_TRANSIT = 25
    RETURN_DELIVERED = 26
    RETURN_CANCELLED = 27
    RETURN_PICKUP_GENERATED = 28
    RETURN_CANCELLATION_REQUESTED = 29
    RETURN_PICKUP_CANCELLED = 30
    RETURN_PICKUP_RESCHEDULED = 31
    RETURN_PICKED_UP = 32
    LOST = 33
    OUT_FOR_PICKUP = 34
    PICKUP_EXCEPTION = 35
    UNDELIVERED = 36
    DELIVERY_DELAYED = 37
    PARTIAL_DELIVERED = 38
    DESTROYED = 39
    DAMAGED = 40
    FULFILLED = 41
    ARCHIVED = 42
    REACHED_DESTINATION_HUB = 43
    MISROUTED = 44
    RTO_OFD = 45
    RTO_NDR = 46
    RETURN_OUT_FOR_PICKUP = 47
    RETURN_OUT_FOR_DELIVERY = 48
    RETURN_PICKUP_EXCEPTION = 49
    RETURN_UNDELIVERED = 50
    PICKED_UP = 51
    SELF_FULFILLED = 52
    DISPOSED_OFF = 53
    CANCELED_BEFORE_DISPATCHED = 54
    RTO_IN_TRANSIT = 55
    QC_FAILED = 57
    REACHED_WAREHOUSE = 58
    CUSTOM_CLEARED = 59
    IN_FLIGHT = 60
    HANDOVER_TO_COURIER = 61
    BOOKED = 62
    IN_TRANSIT_OVERSEAS = 64
    CONNECTION_ALIGNED = 65
    REACHED_OVERSEAS_WAREHOUSE = 66
    CUSTOM_CLEARED_OVERSEAS = 67
    RETURN_ACKNOWLEDGED = 68
    BOX_PACKING = 69
    PICKUP_BOOKED = 70
    DARKSTORE_SCHEDULED = 71
    ALLOCATION_IN_PROGRESS = 72
    FC_ALLOCATED = 73
    PICKLIST_GENERATED = 74
    READY_TO_PACK = 75
    PACKED = 76
    FC_MANIFEST_GENERATED = 80
    PROCESSED_AT_WAREHOUSE = 81
    PACKED_EXCEPTION = 82
    HANDOVER_EXCEPTION = 83
    RTO_LOCK = 87
    UNTRACEABLE = 88
    ISSUE_RELATED_TO_THE_RECIPIENT = 89
    REACHED_BACK_AT_SELLER_CITY = 90

    @property
    def label(self) -> str:
        """The text of the official list, in title case."""
        return _ORDER_LABELS.get(self, _words(self.name))


def _words(name: str) -> str:
    return " ".join(
        word if word in {"RTO", "NDR", "OFD", "FC", "QC", "AWB"} else word.capitalize()
        for word in name.split("_")
    )


_SHIPMENT_LABELS: Final = {
    ShipmentStatus.AWB_ASSIGNED: "AWB Assigned",
    ShipmentStatus.ISSUE_RELATED_TO_THE_RECIPIENT: "Issue Related To The Recipient",
}
_SCAN_LABELS: Final = {
    ShipmentStatus.RTO_IN_TRANSIT: "RTO IN INTRANSIT",
    ShipmentStatus.RTO_NDR: "RTO_NDR",
    ShipmentStatus.CANCELED: "CANCELLED",
}
_ORDER_LABELS: Final = {
    OrderStatus.EPAYMENT_FAILED: "ePayment Failed",
    OrderStatus.RTO_IN_TRANSIT: "RTO In-Transit",
    OrderStatus.CANCELED_BEFORE_DISPATCHED: "Canceled before Dispatched",
}

_FORWARD: Final = {
    ShipmentStatus.AWB_ASSIGNED: OrderStatus.READY_TO_SHIP,
    ShipmentStatus.LABEL_GENERATED: OrderStatus.READY_TO_SHIP,
    ShipmentStatus.PICKUP_QUEUED: OrderStatus.PICKUP_QUEUE,
    ShipmentStatus.MANIFEST_GENERATED: OrderStatus.PICKUP_SCHEDULED,
    ShipmentStatus.PENDING: OrderStatus.NEW,
    ShipmentStatus.DELAYED: OrderStatus.DELIVERY_DELAYED,
    ShipmentStatus.REACHED_AT_DESTINATION_HUB: OrderStatus.REACHED_DESTINATION_HUB,
    ShipmentStatus.CANCELLED_BEFORE_DISPATCHED: OrderStatus.CANCELED_BEFORE_DISPATCHED,
    ShipmentStatus.SHIPMENT_BOOKED: OrderStatus.BOOKED,
}
_REVERSE: Final = {
    ShipmentStatus.AWB_ASSIGNED: OrderStatus.RETURN_INITIATED,
    ShipmentStatus.LABEL_GENERATED: OrderStatus.RETURN_INITIATED,
    ShipmentStatus.PICKUP_SCHEDULED: OrderStatus.RETURN_PICKUP_GENERATED,
    ShipmentStatus.MANIFEST_GENERATED: OrderStatus.RETURN_PICKUP_GENERATED,
    ShipmentStatus.PICKUP_QUEUED: OrderStatus.RETURN_PICKUP_QUEUED,
    ShipmentStatus.PICKUP_ERROR: OrderStatus.RETURN_PICKUP_ERROR,
    ShipmentStatus.PICKUP_RESCHEDULED: OrderStatus.RETURN_PICKUP_RESCHEDULED,
    ShipmentStatus.PICKUP_EXCEPTION: OrderStatus.RETURN_PICKUP_EXCEPTION,
    ShipmentStatus.OUT_FOR_PICKUP: OrderStatus.RETURN_OUT_FOR_PICKUP,
    ShipmentStatus.PICKED_UP: OrderStatus.RETURN_PICKED_UP,
    ShipmentStatus.SHIPPED: OrderStatus.RETURN_IN_TRANSIT,
    ShipmentStatus.IN_TRANSIT: OrderStatus.RETURN_IN_TRANSIT,
    ShipmentStatus.OUT_FOR_DELIVERY: OrderStatus.RETURN_OUT_FOR_DELIVERY,
    ShipmentStatus.UNDELIVERED: OrderStatus.RETURN_UNDELIVERED,
    ShipmentStatus.DELIVERED: OrderStatus.RETURN_DELIVERED,
    ShipmentStatus.CANCELED: OrderStatus.RETURN_CANCELLED,
    ShipmentStatus.CANCELLED_BEFORE_DISPATCHED: OrderStatus.RETURN_CANCELLED,
    ShipmentStatus.CANCELLATION_REQUESTED: OrderStatus.RETURN_CANCELLATION_REQUESTED,
    ShipmentStatus.PENDING: OrderStatus.RETURN_PENDING,
}

TERMINAL: Final = frozenset(
    {
        ShipmentStatus.DELIVERED,
        ShipmentStatus.CANCELED,
        ShipmentStatus.RTO_DELIVERED,
        ShipmentStatus.LOST,
        ShipmentStatus.DESTROYED,
        ShipmentStatus.DAMAGED,
        ShipmentStatus.QC_FAILED,
    }
)
"""Statuses after which the sandbox moves a parcel no further."""

ON_THE_WAY_HOME: Final = frozenset(
    {
        ShipmentStatus.RTO_ACKNOWLEDGED,
        ShipmentStatus.RTO_IN_TRANSIT,
        ShipmentStatus.RTO_NDR,
        ShipmentStatus.RTO_OFD,
        ShipmentStatus.RTO_DELIVERED,
        ShipmentStatus.RTO_LOCK,
        ShipmentStatus.REACHED_BACK_AT_SELLER_CITY,
        ShipmentStatus.LOST,
        ShipmentStatus.DAMAGED,
        ShipmentStatus.DESTROYED,
    }
)
"""What can still become of a parcel that returns to its origin."""

BEFORE_PICKUP: Final = frozenset(
    {
        ShipmentStatus.PENDING,
        ShipmentStatus.AWB_ASSIGNED,
        ShipmentStatus.LABEL_GENERATED,
        ShipmentStatus.PICKUP_SCHEDULED,
        ShipmentStatus.PICKUP_QUEUED,
        ShipmentStatus.MANIFEST_GENERATED,
        ShipmentStatus.OUT_FOR_PICKUP,
    }
)
"""Statuses in which the seller still holds the parcel and may cancel it for nothing."""


def order_status_of(shipment: ShipmentStatus, *, is_return: bool = False) -> OrderStatus | None:
    """Return the table B status that goes with a table A one.

    None where table B has no counterpart (rider states of hyperlocal delivery).
    """
    if is_return and shipment in _REVERSE:
        return _REVERSE[shipment]
    if shipment in _FORWARD:
        return _FORWARD[shipment]
    return OrderStatus.__members__.get(shipment.name)

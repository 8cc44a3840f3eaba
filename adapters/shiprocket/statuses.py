"""Shiprocket's status numbers in our words. Standard library only.

Two tables share their numbers and mean different things by them: 20 is "Pickup Exception" in table
A and "In Transit" in table B. Shipments (`shipment_status`, `shipment_status_id`, `sr-status`)
speak A, orders (`status_code`, a webhook's `current_status_id`) speak B. We route on A, or else on
the text. None says, on purpose, that a status moves no parcel of ours.
"""

from domain.shipment import ShipmentState as S

SHIPMENT_TABLE: dict[int, tuple[str, S | None]] = {
    1: ("AWB Assigned", None),
    2: ("Label Generated", None),
    3: ("Pickup Scheduled", None),
    4: ("Pickup Queued", None),
    5: ("Manifest Generated", None),
    6: ("Shipped", S.SHIPPED),
    7: ("Delivered", S.DELIVERED),
    8: ("Canceled", S.CANCELLED),
    9: ("RTO Initiated", S.RTO_INITIATED),
    10: ("RTO Delivered", S.RTO_DELIVERED),
    11: ("Pending", None),
    12: ("Lost", S.LOST),
    13: ("Pickup Error", None),
    # Whoever acknowledges: goods are back, and money due, only at "RTO Delivered".
    14: ("RTO Acknowledged", S.RTO_INITIATED),
    15: ("Pickup Rescheduled", None),
    # A request may be refused by the courier; 8 and 45 say that it was not.
    16: ("Cancellation Requested", None),
    17: ("Out For Delivery", S.OUT_FOR_DELIVERY),
    18: ("In Transit", S.IN_TRANSIT),
    19: ("Out For Pickup", None),
    20: ("Pickup Exception", None),
    21: ("Undelivered", S.ATTEMPT_FAILED),
    # Late, but where is not said; it may even be before the pickup.
    22: ("Delayed", None),
    # Only a person can find out which part; the order stays open until they do.
    23: ("Partial Delivered", None),
    24: ("Destroyed", S.LOST),
    25: ("Damaged", S.LOST),
    # Set by hand in the seller's panel, without a courier having carried anything.
    26: ("Fulfilled", None),
    27: ("Pickup Booked", None),
    38: ("Reached At Destination Hub", S.IN_TRANSIT),
    39: ("Misrouted", S.IN_TRANSIT),
    40: ("RTO NDR", S.RTO_INITIATED),
    41: ("RTO OFD", S.RTO_INITIATED),
    42: ("Picked Up", S.SHIPPED),
    43: ("Self Fulfilled", None),
    44: ("Disposed Off", S.LOST),
    45: ("Cancelled Before Dispatched", S.CANCELLED),
    46: ("RTO In Transit", S.RTO_INITIATED),
    # At the customer's door, of goods on their way back: concerns returns alone.
    47: ("QC Failed", None),
    48: ("Reached Warehouse", S.IN_TRANSIT),
    49: ("Custom Cleared", S.IN_TRANSIT),
    50: ("In Flight", S.IN_TRANSIT),
    51: ("Handover to Courier", S.SHIPPED),
    52: ("Shipment Booked", None),
    54: ("In Transit Overseas", S.IN_TRANSIT),
    55: ("Connection Aligned", S.IN_TRANSIT),
    56: ("Reached Overseas Warehouse", S.IN_TRANSIT),
    57: ("Custom Cleared Overseas", S.IN_TRANSIT),
    # 59 to 68 and 72 happen inside Shiprocket's own fulfilment centres, which we do not use.
    59: ("Box Packing", None),
    60: ("FC Allocated", None),
    61: ("Picklist Generated", None),
    62: ("Ready To Pack", None),
    63: ("Packed", None),
    67: ("FC Manifest Generated", None),
    68: ("Processed At Warehouse", None),
    71: ("Handover Exception", None),
    72: ("Packed Exception", None),
    75: ("RTO Lock", S.RTO_INITIATED),
    # It may turn up again; "Lost" is said by 12.
    76: ("Untraceable", None),
    77: ("Issue Related To The Recipient", S.ATTEMPT_FAILED),
    78: ("Reached Back At Seller City", S.RTO_INITIATED),
    # Riders within a city, a service that we do not book; their texts are not published.
    79: ("Rider State 79", None),
    80: ("Rider State 80", None),
    81: ("Rider State 81", None),
    82: ("Rider State 82", None),
    83: ("Rider State 83", None),
}
"""Table A: number → its text and what it means for a parcel of ours."""

ORDER_TABLE: dict[int, str] = {
    1: "New", 2: "Invoiced", 3: "Ready To Ship", 4: "Pickup Scheduled", 5: "Canceled",
    6: "Shipped", 7: "Delivered", 8: "ePayment Failed", 9: "Returned", 10: "Unmapped",
    11: "Unfulfillable", 12: "Pickup Queue", 13: "Pickup Rescheduled", 14: "Pickup Error",
    15: "RTO Initiated", 16: "RTO Delivered", 17: "RTO Acknowledged", 18: "Cancellation Requested",
    19: "Out for Delivery", 20: "In Transit", 21: "Return Pending", 22: "Return Initiated",
    23: "Return Pickup Queued", 24: "Return Pickup Error", 25: "Return In Transit",
    26: "Return Delivered", 27: "Return Cancelled", 28: "Return Pickup Generated",
    29: "Return Cancellation Requested", 30: "Return Pickup Cancelled",
    31: "Return Pickup Rescheduled", 32: "Return Picked Up", 33: "Lost", 34: "Out For Pickup",
    35: "Pickup Exception", 36: "Undelivered", 37: "Delivery Delayed", 38: "Partial Delivered",
    39: "Destroyed", 40: "Damaged", 41: "Fulfilled", 42: "Archived",
    43: "Reached Destination Hub", 44: "Misrouted", 45: "RTO OFD", 46: "RTO NDR",
    47: "Return Out For Pickup", 48: "Return Out For Delivery", 49: "Return Pickup Exception",
    50: "Return Undelivered", 51: "Picked Up", 52: "Self Fulfilled", 53: "Disposed Off",
    54: "Canceled before Dispatched", 55: "RTO In-Transit", 57: "QC Failed",
    58: "Reached Warehouse", 59: "Custom Cleared", 60: "In Flight", 61: "Handover to Courier",
    62: "Booked", 64: "In Transit Overseas", 65: "Connection Aligned",
    66: "Reached Overseas Warehouse", 67: "Custom Cleared Overseas", 68: "Return Acknowledged",
    69: "Box Packing", 70: "Pickup Booked", 71: "Darkstore Scheduled",
    72: "Allocation in Progress", 73: "FC Allocated", 74: "Picklist Generated",
    75: "Ready to Pack", 76: "Packed", 80: "FC Manifest Generated", 81: "Processed At Warehouse",
    82: "Packed Exception", 83: "Handover Exception", 87: "RTO Lock", 88: "Untraceable",
    89: "Issue Related To The Recipient", 90: "Reached Back At Seller City",
}  # fmt: skip
"""Table B: number → its text."""

CANCELLATION_REQUESTED = 18
CANCELLED_ORDERS = frozenset({5, CANCELLATION_REQUESTED, 54})
"""Numbers of table B under which an order carries no parcel any more, or soon will not."""


def normalise(text: str) -> str:
    """Return a status text in one spelling: `RTO_NDR` → `RTO NDR`, `Canceled` → `CANCELLED`."""
    spaced = text.upper().replace("_", " ").replace("-", " ")
    spelt = " ".join(spaced.split()).replace("CANCELED", "CANCELLED")
    return spelt.replace("RTO IN INTRANSIT", "RTO IN TRANSIT")


_BY_TEXT: dict[str, S | None] = {
    **{normalise(text): None for text in ORDER_TABLE.values()},
    **{normalise(text): state for text, state in SHIPMENT_TABLE.values()},
    "REACHED DESTINATION HUB": S.IN_TRANSIT,
}


def state_of(number: object, *texts: object) -> S | None:
    """Return what a shipment's status means: by table A's number, else by the first known text.

    None for a status that moves no parcel, and for one that nobody has heard of.
    """
    known = SHIPMENT_TABLE.get(_number(number))
    if known is not None:
        return known[1]
    for text in texts:
        if isinstance(text, str) and normalise(text) in _BY_TEXT:
            return _BY_TEXT[normalise(text)]
    return None


def is_cancelled_order(status_code: object, status: object) -> bool:
    """Tell from an order's status (table B) whether it was cancelled."""
    number = _number(status_code)
    if number in ORDER_TABLE:
        return number in CANCELLED_ORDERS
    return isinstance(status, str) and normalise(status).startswith("CANCELLED")


def is_cancellation_asked(status_code: object) -> bool:
    """Tell whether the cancellation is only asked for: the courier may still refuse it."""
    return _number(status_code) == CANCELLATION_REQUESTED


def _number(value: object) -> int:
    """Return a number that may come as text; -1 for none (`"NA"`, null)."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return -1
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdecimal() else -1

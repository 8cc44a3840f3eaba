import pytest

from sandbox.courier.movement.status import OrderStatus, ShipmentStatus, order_status_of

TABLE_A = {
    1: "AWB Assigned", 2: "Label Generated", 3: "Pickup Scheduled", 4: "Pickup Queued",
    5: "Manifest Generated", 6: "Shipped", 7: "Delivered", 8: "Canceled", 9: "RTO Initiated",
    10: "RTO Delivered", 11: "Pending", 12: "Lost", 13: "Pickup Error", 14: "RTO Acknowledged",
    15: "Pickup Rescheduled", 16: "Cancellation Requested", 17: "Out For Delivery",
    18: "In Transit", 19: "Out For Pickup", 20: "Pickup Exception", 21: "Undelivered",
    22: "Delayed", 23: "Partial Delivered", 24: "Destroyed", 25: "Damaged", 26: "Fulfilled",
    27: "Pickup Booked", 38: "Reached At Destination Hub", 39: "Misrouted", 40: "RTO NDR",
    41: "RTO OFD", 42: "Picked Up", 43: "Self Fulfilled", 44: "Disposed Off",
    45: "Cancelled Before Dispatched", 46: "RTO In Transit", 47: "QC Failed",
    48: "Reached Warehouse", 49: "Custom Cleared", 50: "In Flight", 51: "Handover To Courier",
    52: "Shipment Booked", 54: "In Transit Overseas", 55: "Connection Aligned",
    56: "Reached Overseas Warehouse", 57: "Custom Cleared Overseas", 59: "Box Packing",
    60: "FC Allocated", 61: "Picklist Generated", 62: "Ready To Pack", 63: "Packed",
    67: "FC Manifest Generated", 68: "Processed At Warehouse", 71: "Handover Exception",
    72: "Packed Exception", 75: "RTO Lock", 76: "Untraceable",
    77: "Issue Related To The Recipient", 78: "Reached Back At Seller City",
    79: "Rider State 79", 80: "Rider State 80", 81: "Rider State 81", 82: "Rider State 82",
    83: "Rider State 83",
}  # fmt: skip
TABLE_B = {
    1: "New", 2: "Invoiced", 3: "Ready To Ship", 4: "Pickup Scheduled", 5: "Canceled",
    6: "Shipped", 7: "Delivered", 8: "ePayment Failed", 9: "Returned", 10: "Unmapped",
    11: "Unfulfillable", 12: "Pickup Queue", 13: "Pickup Rescheduled", 14: "Pickup Error",
    15: "RTO Initiated", 16: "RTO Delivered", 17: "RTO Acknowledged",
    18: "Cancellation Requested", 19: "Out For Delivery", 20: "In Transit",
    21: "Return Pending", 22: "Return Initiated", 23: "Return Pickup Queued",
    24: "Return Pickup Error", 25: "Return In Transit", 26: "Return Delivered",
    27: "Return Cancelled", 28: "Return Pickup Generated", 29: "Return Cancellation Requested",
    30: "Return Pickup Cancelled", 31: "Return Pickup Rescheduled", 32: "Return Picked Up",
    33: "Lost", 34: "Out For Pickup", 35: "Pickup Exception", 36: "Undelivered",
    37: "Delivery Delayed", 38: "Partial Delivered", 39: "Destroyed", 40: "Damaged",
    41: "Fulfilled", 42: "Archived", 43: "Reached Destination Hub", 44: "Misrouted",
    45: "RTO OFD", 46: "RTO NDR", 47: "Return Out For Pickup", 48: "Return Out For Delivery",
    49: "Return Pickup Exception", 50: "Return Undelivered", 51: "Picked Up",
    52: "Self Fulfilled", 53: "Disposed Off", 54: "Canceled before Dispatched",
    55: "RTO In-Transit", 57: "QC Failed", 58: "Reached Warehouse", 59: "Custom Cleared",
    60: "In Flight", 61: "Handover To Courier", 62: "Booked", 64: "In Transit Overseas",
    65: "Connection Aligned", 66: "Reached Overseas Warehouse", 67: "Custom Cleared Overseas",
    68: "Return Acknowledged", 69: "Box Packing", 70: "Pickup Booked",
    71: "Darkstore Scheduled", 72: "Allocation In Progress", 73: "FC Allocated",
    74: "Picklist Generated", 75: "Ready To Pack", 76: "Packed", 80: "FC Manifest Generated",
    81: "Processed At Warehouse", 82: "Packed Exception", 83: "Handover Exception",
    87: "RTO Lock", 88: "Untraceable", 89: "Issue Related To The Recipient",
    90: "Reached Back At Seller City",
}  # fmt: skip


def test_table_a_numbers_shipments_completely() -> None:
    assert {int(one): one.label for one in ShipmentStatus} == TABLE_A


def test_table_b_numbers_orders_completely() -> None:
    assert {int(one): one.label for one in OrderStatus} == TABLE_B


def test_every_shipment_status_has_its_order_status_but_the_riders() -> None:
    alone = {int(one) for one in ShipmentStatus if order_status_of(one) is None}
    assert alone == {79, 80, 81, 82, 83}
    assert all(
        order_status_of(one, is_return=True) is not None
        for one in ShipmentStatus
        if int(one) not in alone
    )


@pytest.mark.parametrize(
    ("shipment", "is_return", "order"),
    [
        (18, False, 20), (18, True, 25), (16, False, 18), (10, False, 16), (42, False, 51),
        (42, True, 32), (7, False, 7), (7, True, 26), (21, False, 36), (12, False, 33),
        (25, False, 40), (46, False, 55), (9, False, 15), (17, False, 19), (8, False, 5),
        (8, True, 27), (3, False, 4), (3, True, 28), (47, True, 57), (1, False, 3),
    ],
)  # fmt: skip
def test_the_tables_meet_where_they_mean_the_same(
    shipment: int, is_return: bool, order: int
) -> None:
    assert order_status_of(ShipmentStatus(shipment), is_return=is_return) == order


def test_scan_labels_keep_the_providers_own_spelling() -> None:
    labels = {int(one): one.scan_label for one in ShipmentStatus}
    assert (labels[46], labels[40], labels[8]) == ("RTO IN INTRANSIT", "RTO_NDR", "CANCELLED")
    assert labels[7] == "DELIVERED"

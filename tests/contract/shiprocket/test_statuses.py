"""Every number of both tables has a meaning that somebody chose."""

import re

import pytest

from adapters.shiprocket.statuses import (
    CANCELLED_ORDERS,
    ORDER_TABLE,
    SHIPMENT_TABLE,
    is_cancelled_order,
    normalise,
    state_of,
)
from domain.shipment import ShipmentState as S
from sandbox.courier.movement.status import OrderStatus, ShipmentStatus

# The official lists, as numbers; 28 to 37, 53, 58, … were never given out.
TABLE_A = {*range(1, 28), *range(38, 53), *range(54, 58), *range(59, 64)} | {
    *(67, 68, 71, 72, 75, 76, 77, 78, 79, 80, 81, 82, 83)
}
TABLE_B = {*range(1, 56), *range(57, 63), *range(64, 77), *range(80, 84), *range(87, 91)}


def words(text: str) -> str:
    return re.sub("[^A-Z]", "", normalise(text))


def test_no_shipment_status_was_forgotten() -> None:
    assert set(SHIPMENT_TABLE) == TABLE_A


def test_no_order_status_was_forgotten() -> None:
    assert set(ORDER_TABLE) == TABLE_B


def test_the_sandbox_knows_the_same_numbers_by_the_same_names() -> None:
    named = {int(one): words(one.name) for one in ShipmentStatus if one < 79}
    assert named == {n: words(text) for n, (text, _) in SHIPMENT_TABLE.items() if n < 79}
    panel = {int(one): words(one.label) for one in OrderStatus}
    assert panel == {number: words(text) for number, text in ORDER_TABLE.items()}


def test_every_state_that_a_courier_can_tell_is_told_by_some_status() -> None:
    told = {state for _, state in SHIPMENT_TABLE.values() if state is not None}
    assert told == set(S) - {S.BOOKED, S.PACKED}


@pytest.mark.parametrize(
    ("number", "state"),
    [
        (6, S.SHIPPED),
        (42, S.SHIPPED),
        ("18", S.IN_TRANSIT),
        (17, S.OUT_FOR_DELIVERY),
        (7, S.DELIVERED),
        (21, S.ATTEMPT_FAILED),
        (9, S.RTO_INITIATED),
        (46, S.RTO_INITIATED),
        (10, S.RTO_DELIVERED),
        (12, S.LOST),
        (25, S.LOST),
        (8, S.CANCELLED),
        (45, S.CANCELLED),
        (16, None),
        (20, None),
        (1, None),
    ],
)
def test_numbers_are_those_of_table_a(number: object, state: S | None) -> None:
    assert state_of(number) is state
    assert state_of(number, "DELIVERED") is state


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("DELIVERED", S.DELIVERED),
        ("Delivered", S.DELIVERED),
        ("RTO_NDR", S.RTO_INITIATED),
        ("RTO IN INTRANSIT", S.RTO_INITIATED),
        ("RTO In-Transit", S.RTO_INITIATED),
        ("IN TRANSIT-", S.IN_TRANSIT),
        ("Canceled", S.CANCELLED),
        ("CANCELLED", S.CANCELLED),
        ("Reached Destination Hub", S.IN_TRANSIT),
        ("RETURN DELIVERED", None),
        ("A NEW WORD", None),
    ],
)
@pytest.mark.parametrize("number", [None, "NA", "", 999, True, {}])
def test_without_a_known_number_the_text_decides(
    number: object, text: str, state: S | None
) -> None:
    assert state_of(number, None, text) is state


@pytest.mark.parametrize("number", sorted(TABLE_B))
def test_an_order_is_cancelled_by_its_own_table(number: int) -> None:
    assert is_cancelled_order(number, None) is (number in CANCELLED_ORDERS)
    assert is_cancelled_order(str(number), "CANCELED") is (number in CANCELLED_ORDERS)


def test_without_a_number_an_orders_text_decides() -> None:
    assert is_cancelled_order(None, "CANCELED")
    assert is_cancelled_order(None, "Cancelled before dispatched")
    assert not is_cancelled_order(None, "NEW")
    assert not is_cancelled_order(None, None)

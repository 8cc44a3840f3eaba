from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cancellation import Cut, cut_parcel
from domain.cart import PaymentMethod
from domain.lines import LineState, lines_of, refund_lines
from domain.order import OrderState
from domain.payment import RefundLine, RefundStatus
from domain.shipment import ShipmentLine, ShipmentState
from domain.view import OrderView, fold
from tests.domain.journeys import journey
from tests.domain.orders import (
    NOON,
    ONE_PARCEL,
    TWO_PARCELS,
    book,
    confirmed,
    placed,
    receive,
    refund_of,
)

S = ShipmentState


def lines(state: OrderState) -> dict[str, LineState]:
    return {line.sku: line for line in lines_of(state)}


def charged(state: OrderState) -> dict[str, int]:
    return {line.sku: line.charged_paise for line in state.placement.quote.lines}


@pytest.mark.parametrize(
    ("parcel_state", "counts"),
    [
        (None, (0, 0, 0, 0)),
        (S.BOOKED, (0, 0, 0, 0)),
        (S.PACKED, (0, 0, 0, 0)),
        (S.SHIPPED, (0, 3, 0, 0)),
        (S.IN_TRANSIT, (0, 3, 0, 0)),
        (S.OUT_FOR_DELIVERY, (0, 3, 0, 0)),
        (S.ATTEMPT_FAILED, (0, 3, 0, 0)),
        (S.RTO_INITIATED, (0, 3, 0, 0)),
        (S.DELIVERED, (0, 3, 3, 0)),
        (S.RTO_DELIVERED, (0, 3, 0, 3)),
        (S.LOST, (0, 3, 0, 0)),
        (S.CANCELLED, (3, 0, 0, 0)),
    ],
)
def test_a_line_counts_what_its_parcel_has_gone_through(
    parcel_state: ShipmentState | None, counts: tuple[int, int, int, int]
) -> None:
    state = confirmed()
    if parcel_state:
        book(state, 1, parcel_state)
    tee = lines(state)["TEE"]
    assert tee.ordered == 3
    assert (tee.cancelled, tee.shipped, tee.delivered, tee.returned) == counts


def test_of_a_cut_parcel_only_the_cut_counts_as_cancelled() -> None:
    state = confirmed()
    rest = (ShipmentLine(sku="TEE", quantity=2), ShipmentLine(sku="MUG", quantity=2))
    cut = Cut(shipment=1, lines=(ShipmentLine(sku="TEE", quantity=1),), rest=rest)
    cut_parcel(state, cut, reason="fewer", by="customer", at=NOON)
    book(state, 1, S.CANCELLED)
    book(state, 2, S.DELIVERED)
    found = lines(state)
    assert (found["TEE"].cancelled, found["TEE"].delivered) == (1, 2)
    assert (found["MUG"].cancelled, found["MUG"].delivered) == (0, 2)


def test_an_order_cancelled_before_any_parcel_has_cancelled_all() -> None:
    state = placed()
    assert [line.cancelled for line in lines_of(state)] == [0, 0]
    state.cancelled_at = NOON
    assert [line.cancelled for line in lines_of(state)] == [3, 2]


# --- for which lines a refund is -----------------------------------------------------------------


def test_a_refund_is_for_the_lines_that_are_not_owed_any_more() -> None:
    state = confirmed(TWO_PARCELS)
    book(state, 2, S.LOST)
    due = state.refund_due_paise
    told = refund_lines(state, due)
    assert sum(line.amount_paise for line in told) == due
    assert {line.sku: line.amount_paise for line in told} == state.charges(2)


def test_a_refund_in_two_parts_is_for_each_line_once() -> None:
    state = confirmed()
    state.cancelled_at = NOON
    first = replace(refund_of(1, 50_000, RefundStatus.PROCESSED), lines=refund_lines(state, 50_000))
    assert first.lines == (RefundLine(sku="TEE", amount_paise=50_000),)
    state.refunds[1] = first
    total = sum(charged(state).values())
    second = refund_lines(state, total - 50_000)
    assert {line.sku: line.amount_paise for line in second} == {
        "TEE": charged(state)["TEE"] - 50_000,
        "MUG": charged(state)["MUG"],
    }


@pytest.mark.parametrize(
    ("status", "again"), [(RefundStatus.FAILED, False), (RefundStatus.CLOSED, True)]
)
def test_a_refund_that_a_new_one_replaces_is_for_no_line(status: RefundStatus, again: bool) -> None:
    state = confirmed()
    state.cancelled_at = NOON
    total = sum(charged(state).values())
    state.refunds[1] = replace(refund_of(1, total, status), lines=refund_lines(state, total))
    assert bool(refund_lines(state, total)) is again


def test_what_was_paid_too_much_is_for_no_line() -> None:
    state = confirmed()
    receive(state, 12_345, "pay_2")
    assert refund_lines(state, 12_345) == ()


def test_money_for_an_expired_order_is_for_its_lines() -> None:
    state = placed()
    state.expired_at = NOON
    receive(state, 100)
    assert refund_lines(state, 100) == (RefundLine(sku="TEE", amount_paise=100),)


def test_cash_that_was_never_collected_is_for_no_line() -> None:
    state = confirmed(ONE_PARCEL, PaymentMethod.COD)
    book(state, 1, S.RTO_DELIVERED)
    assert refund_lines(state, 100) == ()


@pytest.mark.parametrize("status", RefundStatus)
def test_a_line_shows_the_money_that_has_gone_back(status: RefundStatus) -> None:
    state = confirmed()
    shares = (RefundLine(sku="MUG", amount_paise=500),)
    state.refunds[1] = replace(refund_of(1, 500, status), lines=shares)
    arrived = status in (RefundStatus.PROCESSED, RefundStatus.MANUAL)
    assert lines(state)["MUG"].refunded_paise == (500 if arrived else 0)
    assert lines(state)["TEE"].refunded_paise == 0


# --- on any way ----------------------------------------------------------------------------------


@given(seed=st.integers(0, 2**32), steps=st.integers(0, 40))
def test_no_unit_is_lost_or_counted_twice_and_the_view_says_the_same(seed: int, steps: int) -> None:
    state = journey(seed, steps)
    for line in lines_of(state):
        assert 0 <= line.delivered + line.returned <= line.shipped
        assert line.shipped + line.cancelled <= line.ordered
        assert line.cancelled >= 0
    view: OrderView | None = None
    for event in state.events:
        view = fold(view, event)
    assert view is not None
    assert view.lines == lines_of(state)

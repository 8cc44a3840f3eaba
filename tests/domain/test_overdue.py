"""When an order is asked about, and what of the answer is news to it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.order_money import OrderMoney
from domain.overdue import (
    Concern,
    OverdueTerms,
    Watched,
    concerns_due,
    is_news_of_dispute,
    live_parcels,
    news_of_parcels,
    news_of_payments,
    news_of_refunds,
    next_look,
    open_refunds,
)
from domain.payment import (
    EntryKind,
    GatewayDispute,
    GatewayPayment,
    GatewayRefund,
    RefundStatus,
)
from domain.shipment import CourierUpdate, ShipmentState
from domain.status import OrderStatus
from tests.domain.ledgers import NOON, cash_order, days_ago, entry, order, parcel, refund_of

TERMS = OverdueTerms(
    payment_s=300, refund_s=1800, parcel_s=43_200, payable_s=432_000, longest_s=21_600
)
NOBODY: dict[Concern, datetime] = {}


def pending(age: timedelta, **more: Any) -> OrderMoney:
    return order(**{"status": OrderStatus.PENDING_PAYMENT, "placed_at": NOON - age} | more)


def due(one: OrderMoney, asked: dict[Concern, datetime] = NOBODY, now: datetime = NOON) -> set[str]:
    return set(concerns_due(one, Watched(order_id=one.order_id, asked=asked), TERMS, now))


def look(
    one: OrderMoney, asked: dict[Concern, datetime] = NOBODY, now: datetime = NOON
) -> datetime | None:
    return next_look(one, Watched(order_id=one.order_id, asked=asked), TERMS, now)


@pytest.mark.parametrize(
    ("age_s", "asked_s_ago", "expected"),
    [
        (299, None, False),
        (300, None, True),
        (599, 299, False),
        (600, 300, True),
        (3600, 1201, True),
        (3600, 1199, False),
        (86_400 * 4, 21_600, True),
        (86_400 * 4, 21_599, False),
    ],
)
def test_payments_are_asked_for_at_growing_gaps(
    age_s: int, asked_s_ago: int | None, expected: bool
) -> None:
    one = pending(timedelta(seconds=age_s))
    asked = {} if asked_s_ago is None else {Concern.PAYMENTS: NOON - timedelta(seconds=asked_s_ago)}
    assert due(one, asked) == ({Concern.PAYMENTS} if expected else set())


@pytest.mark.parametrize("status", [OrderStatus.EXPIRED, OrderStatus.CANCELLED])
def test_an_order_that_was_given_up_is_asked_about_while_money_may_still_come(
    status: OrderStatus,
) -> None:
    over = timedelta(seconds=TERMS.payable_s)
    assert due(pending(over - timedelta(hours=1), status=status)) == {Concern.PAYMENTS}
    # One last time at the end, and then never again.
    asked_before_end = {Concern.PAYMENTS: NOON - timedelta(hours=2)}
    assert due(pending(over + timedelta(hours=1), status=status), asked_before_end)
    asked_after_end = {Concern.PAYMENTS: NOON - timedelta(minutes=30)}
    given_up = pending(over + timedelta(hours=1), status=status)
    assert not due(given_up, asked_after_end)
    assert look(given_up, asked_after_end) is None


def test_a_payable_time_shorter_than_the_first_gap_still_gets_its_question() -> None:
    terms = replace(TERMS, payable_s=10)
    one = pending(timedelta(seconds=300))
    watched = Watched(order_id=one.order_id)
    assert concerns_due(one, watched, terms, NOON) == {Concern.PAYMENTS}
    assert not concerns_due(one, watched, terms, NOON - timedelta(seconds=1))


def test_an_order_without_anything_to_pay_online_is_not_asked_about() -> None:
    assert not due(cash_order(placed_at=days_ago(1)))
    assert not due(pending(timedelta(days=1), payment_order=None))


def refunding(days: float, status: RefundStatus = RefundStatus.INITIATED) -> OrderMoney:
    return order(
        entry(EntryKind.CAPTURED, 1000_00, "pay_1", days=30),
        refunds=(refund_of("pay_1", 100_00, days=days, status=status, razorpay_id=None),),
        status=OrderStatus.CANCELLED,
        placed_at=days_ago(30),
    )


PAYMENTS_DONE = {Concern.PAYMENTS: days_ago(1)}


@pytest.mark.parametrize(
    ("seconds", "status", "expected"),
    [
        (1799, RefundStatus.INITIATED, set()),
        (1800, RefundStatus.INITIATED, {Concern.REFUNDS}),
        (9999, RefundStatus.PROCESSED, set()),
        (9999, RefundStatus.FAILED, set()),
    ],
)
def test_a_refund_is_asked_about_while_it_is_under_way(
    seconds: int, status: RefundStatus, expected: set[str]
) -> None:
    assert due(refunding(seconds / 86_400, status), PAYMENTS_DONE) == expected


def test_cash_that_goes_back_by_hand_is_not_asked_for_at_razorpay() -> None:
    by_hand = refund_of("cash", 1_00, status=RefundStatus.INITIATED, razorpay_id=None)
    assert not open_refunds(cash_order(refunds=(by_hand,)))


@pytest.mark.parametrize(
    ("state", "hours", "asked_hours_ago", "expected"),
    [
        (ShipmentState.IN_TRANSIT, 11, None, set()),
        (ShipmentState.IN_TRANSIT, 12, None, {Concern.PARCELS}),
        (ShipmentState.IN_TRANSIT, 30, 11, set()),
        (ShipmentState.IN_TRANSIT, 30, 12, {Concern.PARCELS}),
        (ShipmentState.DELIVERED, 30, None, set()),
    ],
)
def test_a_silent_parcel_is_asked_about(
    state: ShipmentState, hours: float, asked_hours_ago: float | None, expected: set[str]
) -> None:
    one = cash_order(shipments=(parcel(state, days=hours / 24),), placed_at=days_ago(2))
    asked = {Concern.PARCELS: days_ago(asked_hours_ago / 24)} if asked_hours_ago else {}
    assert due(one, asked) == expected


def test_a_parcel_without_a_number_or_a_time_is_no_silent_one() -> None:
    assert not live_parcels(cash_order(shipments=(parcel(ShipmentState.BOOKED, awb=None),)))
    fresh = replace(parcel(ShipmentState.BOOKED), changed_at=None)
    assert due(cash_order(shipments=(fresh,), placed_at=days_ago(1))) == {Concern.PARCELS}


def test_an_order_that_waits_for_people_is_looked_at_now_and_then() -> None:
    returnable = cash_order(status=OrderStatus.DELIVERED)
    assert look(returnable) == NOON + timedelta(seconds=TERMS.longest_s)
    stuck = refunding(9, RefundStatus.FAILED)
    assert look(stuck, PAYMENTS_DONE) == NOON + timedelta(seconds=TERMS.longest_s)


def test_an_order_to_which_nothing_can_happen_is_let_go() -> None:
    assert look(cash_order(status=OrderStatus.COMPLETED)) is None
    assert look(refunding(9, RefundStatus.PROCESSED), PAYMENTS_DONE) is None


@given(st.integers(1, 60 * 86_400), st.integers(0, 60 * 86_400))
def test_the_next_look_is_never_in_the_past_and_after_an_answer_lies_ahead(
    age_s: int, asked_s: int
) -> None:
    one = pending(timedelta(seconds=age_s), status=OrderStatus.EXPIRED)
    later = look(one, {Concern.PAYMENTS: NOON})
    assert later is None or later > NOON
    anytime = look(one, {Concern.PAYMENTS: NOON - timedelta(seconds=min(asked_s, age_s))})
    assert anytime is None or anytime >= NOON


def test_asking_costs_few_questions_however_long_money_may_come() -> None:
    asked: dict[Concern, datetime] = {}
    one, now, questions = pending(timedelta(0), status=OrderStatus.EXPIRED), NOON, 0
    while (then := look(one, asked, now)) is not None:
        now, questions = then, questions + 1
        assert due(one, asked, now) == {Concern.PAYMENTS}
        asked = {Concern.PAYMENTS: now}
        assert questions < 100
    assert (now - NOON).total_seconds() == TERMS.payable_s
    assert questions < 35


# --- what is news ---------------------------------------------------------------------------------


def payment(status: str, one: OrderMoney, payment_id: str = "pay_1") -> GatewayPayment:
    assert one.payment_order is not None
    return GatewayPayment(
        payment_id=payment_id,
        razorpay_order_id=one.payment_order.razorpay_order_id,
        amount_paise=1000_00,
        status=status,
        captured=status == "captured",
        at=days_ago(2),
    )


CAPTURED = entry(EntryKind.CAPTURED, 1000_00, "pay_1")
FAILED = entry(EntryKind.FAILED, 1000_00, "pay_1")


@pytest.mark.parametrize(
    ("known", "status", "news"),
    [
        ((), "created", False),
        ((), "captured", True),
        ((), "failed", True),
        ((FAILED,), "failed", False),
        ((FAILED,), "captured", True),
        ((CAPTURED,), "captured", False),
        ((CAPTURED,), "refunded", False),
        ((entry(EntryKind.CAPTURED, 1000_00, "pay_0"),), "captured", True),
    ],
)
def test_only_what_the_ledger_does_not_know_is_news(
    known: tuple[Any, ...], status: str, news: bool
) -> None:
    one = order(*known)
    assert bool(news_of_payments(one, [payment(status, one)], NOON)) is news


def test_a_payment_of_another_order_is_no_news() -> None:
    assert not news_of_payments(order(), [payment("captured", order())], NOON)


def gateway_refund(status: str, refund_id: str = "rfnd_1", key: str | None = None) -> GatewayRefund:
    return GatewayRefund(
        refund_id=refund_id,
        payment_id="pay_1",
        amount_paise=100_00,
        status=status,
        at=NOON,
        key=key,
    )


@pytest.mark.parametrize(
    ("known", "status", "news"),
    [
        (RefundStatus.INITIATED, "pending", False),
        (RefundStatus.INITIATED, "processed", True),
        (RefundStatus.INITIATED, "failed", True),
        (RefundStatus.PROCESSED, "processed", False),
        (RefundStatus.FAILED, "failed", False),
        (RefundStatus.CLOSED, "failed", False),
        (None, "pending", False),
        (None, "processed", True),
    ],
)
@pytest.mark.parametrize("by_key", [True, False])
def test_only_an_end_that_the_order_does_not_know_is_news(
    known: RefundStatus | None, status: str, news: bool, by_key: bool
) -> None:
    razorpay_id = None if by_key else "rfnd_1"
    refunds = () if known is None else (
        refund_of("pay_1", 100_00, status=known, razorpay_id=razorpay_id),
    )  # fmt: skip
    key = "ord_1_refund_1" if by_key else None
    found = news_of_refunds(order(CAPTURED, refunds=refunds), [gateway_refund(status, key=key)])
    assert bool(found) is news


def test_two_refunds_that_never_heard_their_ids_are_told_apart_by_their_keys() -> None:
    done = refund_of("pay_1", 1_00, number=1, razorpay_id="rfnd_0")
    open_one = refund_of("pay_1", 1_00, number=2, razorpay_id=None, status=RefundStatus.INITIATED)
    told = [
        gateway_refund("processed", "rfnd_0", "ord_1_refund_1"),
        gateway_refund("processed", "rfnd_1", "ord_1_refund_2"),
    ]
    found = news_of_refunds(order(CAPTURED, refunds=(done, open_one)), told)
    assert [each.refund_id for each in found] == ["rfnd_1"]


@pytest.mark.parametrize(
    ("state", "told", "news"),
    [
        (ShipmentState.PACKED, ShipmentState.SHIPPED, True),
        (ShipmentState.BOOKED, ShipmentState.DELIVERED, True),
        (ShipmentState.IN_TRANSIT, ShipmentState.SHIPPED, False),
        (ShipmentState.IN_TRANSIT, ShipmentState.IN_TRANSIT, False),
        (ShipmentState.IN_TRANSIT, ShipmentState.CANCELLED, True),
        (ShipmentState.DELIVERED, ShipmentState.DELIVERED, False),
        (ShipmentState.LOST, ShipmentState.DELIVERED, True),
    ],
)
def test_only_what_moves_or_contradicts_a_parcel_is_news(
    state: ShipmentState, told: ShipmentState, news: bool
) -> None:
    one = cash_order(shipments=(parcel(state),))
    update = CourierUpdate(shipment=1, awb="AWB1", state=told, at=NOON)
    assert bool(news_of_parcels(one, [update])) is news


def test_news_of_a_strange_parcel_or_an_earlier_attempt_is_none() -> None:
    strange = CourierUpdate(shipment=1, awb="AWB9", state=ShipmentState.DELIVERED, at=NOON)
    assert not news_of_parcels(cash_order(shipments=(parcel(ShipmentState.SHIPPED),)), [strange])
    tried = replace(parcel(ShipmentState.ATTEMPT_FAILED), attempts=1, scanned_at=NOON)
    old = CourierUpdate(
        shipment=1, awb="AWB1", state=ShipmentState.OUT_FOR_DELIVERY, at=days_ago(1)
    )
    assert not news_of_parcels(cash_order(shipments=(tried,)), [old])


# --- disputes -------------------------------------------------------------------------------------


def dispute(status: str, at: datetime = NOON) -> GatewayDispute:
    return GatewayDispute(
        dispute_id="disp_1",
        payment_id="pay_1",
        amount_paise=100_00,
        deducted_paise=0,
        status=status,
        phase="chargeback",
        reason_code="goods_not_received",
        at=at,
    )


@pytest.mark.parametrize(
    ("known", "told", "news"),
    [
        ((), "open", True),
        (("open",), "open", False),
        (("open",), "lost", True),
        (("won",), "open", False),
    ],
)
def test_a_dispute_is_news_until_the_order_knows_how_it_stands(
    known: tuple[str, ...], told: str, news: bool
) -> None:
    one = order(CAPTURED, disputes=tuple(dispute(status) for status in known))
    assert is_news_of_dispute(one, dispute(told)) is news

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.attention import Attention, AttentionAction
from domain.cart import PaymentMethod
from domain.documents import Document, DocumentKind
from domain.errors import ImpossibleStep
from domain.events import EventType
from domain.order import Allocation, OrderState, Terms
from domain.payment import EntryKind, PaymentEntry, RefundStatus
from domain.shipment import FORWARD, NEVER_ARRIVED, ShipmentState
from domain.snapshot import Cancellation
from domain.status import OrderStatus
from tests.domain.journeys import journey
from tests.domain.orders import (
    NOON,
    ONE_PARCEL,
    ORDER_ID,
    TWO_PARCELS,
    book,
    confirmed,
    give_back,
    part,
    placed,
    placement_of,
    receive,
    refund_of,
)

S = ShipmentState
TOTAL = placement_of().quote.total_paise
THREE_WAYS = (part("PNQ", TEE=1), part("BLR", TEE=1, MUG=1), part("DEL", TEE=1, MUG=1))


@pytest.mark.parametrize("allocations", [ONE_PARCEL, TWO_PARCELS, THREE_WAYS], ids=len)
def test_the_values_of_all_parcels_sum_to_the_total(allocations: tuple[Allocation, ...]) -> None:
    state = placed(allocations)
    values = [state.parcel_value_paise(number) for number in range(1, len(allocations) + 1)]
    assert sum(values) == TOTAL
    assert all(value > 0 for value in values)


def test_a_later_parcel_counts_what_earlier_ones_took() -> None:
    state = placed(THREE_WAYS)
    assert state.units_before(1) == {}
    assert state.units_before(2) == {"TEE": 1}
    assert state.units_before(3) == {"TEE": 2, "MUG": 1}


# --- what is owed, and what is due back -------------------------------------------------------


def test_before_confirmation_nothing_is_owed_and_nothing_due_back() -> None:
    state = placed()
    assert (state.owed_paise, state.refund_due_paise) == (0, 0)
    receive(state, TOTAL)
    assert (state.owed_paise, state.refund_due_paise) == (0, 0)


@pytest.mark.parametrize("end", ["expired_at", "cancelled_at"])
def test_money_for_an_order_that_ended_unconfirmed_is_due_back_in_full(end: str) -> None:
    state = placed()
    setattr(state, end, NOON)
    assert state.refund_due_paise == 0
    receive(state, TOTAL)
    assert (state.owed_paise, state.refund_due_paise) == (0, TOTAL)


@pytest.mark.parametrize("state_of_parcel", [None, *ShipmentState])
def test_a_confirmed_order_owes_its_total_until_its_parcel_is_gone(
    state_of_parcel: ShipmentState | None,
) -> None:
    state = confirmed()
    if state_of_parcel:
        book(state, parcel_state=state_of_parcel)
    gone = state_of_parcel in NEVER_ARRIVED
    assert state.owed_paise == (0 if gone else TOTAL)
    assert state.refund_due_paise == (TOTAL if gone else 0)


@pytest.mark.parametrize("states", list(product([None, *ShipmentState], repeat=2)), ids=str)
def test_of_two_parcels_each_owes_its_own_share(
    states: tuple[ShipmentState | None, ShipmentState | None],
) -> None:
    state = confirmed(TWO_PARCELS)
    for number, parcel_state in enumerate(states, 1):
        if parcel_state:
            book(state, number, parcel_state)
    staying = [n for n, parcel_state in enumerate(states, 1) if parcel_state not in NEVER_ARRIVED]
    owed = sum(state.parcel_value_paise(number) for number in staying)
    assert state.owed_paise == owed
    assert state.refund_due_paise == TOTAL - owed


@pytest.mark.parametrize("first", [S.CANCELLED, S.DELIVERED])
def test_a_parcel_that_was_never_booked_is_gone_with_the_cancelled_order(
    first: ShipmentState,
) -> None:
    state = confirmed(TWO_PARCELS)
    book(state, 1, first)
    assert state.refund_due_paise == (state.parcel_value_paise(1) if first is S.CANCELLED else 0)
    state.cancelled_at = NOON
    kept = state.parcel_value_paise(1) if first is S.DELIVERED else 0
    assert (state.owed_paise, state.refund_due_paise) == (kept, TOTAL - kept)


def test_an_order_cancelled_before_any_booking_owes_nothing() -> None:
    state = confirmed(TWO_PARCELS)
    state.cancelled_at = NOON
    assert (state.owed_paise, state.refund_due_paise) == (0, TOTAL)


def test_an_overpaid_order_gets_exactly_the_excess_back() -> None:
    state = confirmed()
    receive(state, 12_345, "pay_2")
    assert state.refund_due_paise == 12_345


@pytest.mark.parametrize(
    ("status", "due"),
    [
        (RefundStatus.INITIATED, TOTAL - 500),
        (RefundStatus.FAILED, TOTAL - 500),
        (RefundStatus.CLOSED, TOTAL),
    ],
)
def test_a_refund_on_its_way_is_not_due_a_second_time(status: RefundStatus, due: int) -> None:
    state = confirmed()
    book(state, parcel_state=S.LOST)
    state.refunds[1] = refund_of(1, 500, status)
    assert state.refund_due_paise == due


@pytest.mark.parametrize("status", [RefundStatus.PROCESSED, RefundStatus.MANUAL])
def test_a_refund_that_arrived_counts_once_through_the_ledger(status: RefundStatus) -> None:
    state = confirmed()
    book(state, parcel_state=S.LOST)
    state.refunds[1] = refund_of(1, 500, status)
    give_back(state, 500)
    assert state.refund_due_paise == TOTAL - 500


def test_more_given_back_than_due_is_never_a_negative_refund() -> None:
    state = confirmed()
    give_back(state, 100)
    assert state.refund_due_paise == 0


def test_cash_is_due_back_only_once_it_was_collected() -> None:
    state = confirmed(method=PaymentMethod.COD)
    book(state, parcel_state=S.RTO_DELIVERED)
    assert state.refund_due_paise == 0
    collected = PaymentEntry(
        kind=EntryKind.COD_COLLECTED, amount_paise=TOTAL, reference="AWB1", at=NOON
    )
    state.ledger = state.ledger.record(collected)
    assert state.refund_due_paise == TOTAL


@given(seed=st.integers(0, 2**32), steps=st.integers(0, 40))
def test_no_money_is_made_or_lost_on_any_way(seed: int, steps: int) -> None:
    state = journey(seed, steps)
    assert 0 <= state.owed_paise <= TOTAL
    assert 0 <= state.refund_due_paise <= state.ledger.kept_paise
    over = state.cancelled_at or state.expired_at or state.confirmed_at
    if over:
        kept_in_the_end = state.ledger.kept_paise - state.refund_due_paise
        assert kept_in_the_end == min(state.ledger.kept_paise, state.owed_paise)


# --- parcels ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("current", "target"), list(product(ShipmentState, repeat=2)))
def test_a_parcel_moves_exactly_as_the_table_allows(
    current: ShipmentState, target: ShipmentState
) -> None:
    state = confirmed()
    book(state, parcel_state=current)
    if target not in FORWARD[current]:
        with pytest.raises(ImpossibleStep, match=f"parcel 1 cannot go from {current} to {target}"):
            state.move(1, target, NOON)
        assert state.shipments[1].state is current
        return
    moved = state.move(1, target, NOON, "as scanned")
    assert (moved.state, moved.changed_at, moved.reason) == (target, NOON, "as scanned")
    assert state.shipments[1] is moved
    assert moved.attempts == (1 if target is S.ATTEMPT_FAILED else 0)


def test_failed_attempts_are_counted_and_an_old_reason_does_not_stay() -> None:
    state = confirmed()
    book(state, parcel_state=S.OUT_FOR_DELIVERY)
    state.move(1, S.ATTEMPT_FAILED, NOON, "nobody at home")
    state.move(1, S.OUT_FOR_DELIVERY, NOON)
    assert state.shipments[1].reason is None
    state.move(1, S.ATTEMPT_FAILED, NOON, "nobody at home")
    assert state.shipments[1].attempts == 2


# --- events, documents, attention -------------------------------------------------------------


def test_a_new_order_has_no_event_and_waits_for_its_payment() -> None:
    state = OrderState.of(placement_of())
    assert (state.order_id, state.sequence, state.status) == (
        ORDER_ID,
        0,
        OrderStatus.PENDING_PAYMENT,
    )
    assert state.ledger.total_paise == TOTAL


@pytest.mark.parametrize(
    ("after", "sequences"),
    [(0, [1, 2, 3]), (2, [3]), (3, []), (99, []), (-1, [1, 2, 3]), (-99, [1, 2, 3])],
)
def test_events_are_asked_for_from_any_position(after: int, sequences: list[int]) -> None:
    state = placed()
    state.emit(EventType.ORDER_CONFIRMED, NOON)
    state.emit(EventType.ORDER_COMPLETED, NOON)
    assert [event.sequence for event in state.events_since(after)] == sequences


def test_a_new_epoch_tells_the_whole_log_anew() -> None:
    state = journey(4)
    before, state.published = list(state.events), state.sequence
    held_elsewhere = state.events
    state.begin_epoch()
    assert (state.epoch, state.published) == (2, 0)
    assert [event.id for event in state.events] == [
        f"{ORDER_ID}:2:{number}" for number in range(1, len(before) + 1)
    ]
    assert [replace(event, epoch=1) for event in state.events] == before
    assert state.events is held_elsewhere, "whoever publishes goes on from the same list"
    assert state.emit(EventType.ORDER_COMPLETED, NOON).id == f"{ORDER_ID}:2:{len(before) + 1}"


def test_each_parcel_has_its_own_invoice_and_credit_note() -> None:
    state = confirmed(TWO_PARCELS)
    documents = {
        (shipment, kind): Document(
            number=f"PNQ/2627/{shipment}{kind[0]}",
            kind=kind,
            shipment=shipment,
            amount_paise=1,
            issued_at=NOON,
        )
        for shipment, kind in [
            (1, DocumentKind.INVOICE),
            (2, DocumentKind.INVOICE),
            (2, DocumentKind.CREDIT_NOTE),
        ]
    }
    state.documents = list(documents.values())
    assert state.invoice_of(1) == documents[1, DocumentKind.INVOICE]
    assert state.credit_note_of(1) is None
    assert state.credit_note_of(2) == documents[2, DocumentKind.CREDIT_NOTE]
    assert state.invoice_of(3) is None


def test_attention_is_open_until_it_is_resolved() -> None:
    state = confirmed()
    raised = Attention(
        attention_id="a1",
        step="booking",
        reason="the address is incomplete",
        suggestion="Correct it",
        actions=(AttentionAction.RETRY,),
        raised_at=NOON,
    )
    state.attention["a1"] = raised
    assert list(state.open_attention) == [raised]
    state.attention["a1"] = replace(raised, resolved_at=NOON)
    assert list(state.open_attention) == []


def test_a_cancellation_that_is_asked_for_does_not_yet_change_the_status() -> None:
    state = confirmed()
    book(state, parcel_state=S.PACKED)
    state.cancellation = Cancellation(reason="no", by="customer", at=NOON)
    assert state.status is OrderStatus.PACKED


def test_the_terms_of_production_need_only_one_timer_at_the_end() -> None:
    terms = Terms()
    assert terms.return_window_s > terms.payment_window_s + terms.late_payment_window_s


def test_a_new_epoch_tells_the_same_facts_from_the_first_on() -> None:
    state = journey(5, steps=20)
    before, state.published = list(state.events), len(state.events)
    state.begin_epoch()
    assert (state.epoch, state.published, state.sequence) == (2, 0, len(before))
    assert state.events == [replace(event, epoch=2) for event in before]
    assert state.emit(EventType.ORDER_ATTENTION_RESOLVED, NOON).id.endswith(f":2:{len(before) + 1}")

import random
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import EventType, OrderEvent
from domain.order import OrderState
from domain.view import NotNext, OrderView, fold
from tests.domain.journeys import journey
from tests.domain.orders import NOON, ORDER_ID, book, confirmed, placed

SEEDS = st.integers(0, 2**32)


def view_of(events: Iterable[OrderEvent]) -> OrderView:
    view: OrderView | None = None
    for event in events:
        view = fold(view, event)
    assert view is not None
    return view


@given(seed=SEEDS)
def test_the_view_of_all_events_shows_every_axis_of_the_order(seed: int) -> None:
    state = journey(seed)
    view = view_of(state.events)
    assert (view.order_id, view.epoch, view.sequence) == (ORDER_ID, 1, state.sequence)
    assert view.status is state.status
    assert view.payment_status is state.ledger.status
    assert view.payment_order == state.payment_order
    assert {parcel.number: parcel for parcel in view.shipments} == state.shipments
    assert {refund.number: refund for refund in view.refunds} == state.refunds
    assert list(view.documents) == state.documents
    assert {each.attention_id: each for each in view.attention} == state.attention
    assert view.total_paise == state.placement.quote.total_paise
    assert view.as_of == state.events[-1].time
    if state.cancellation:
        assert view.cancellation == state.cancellation


@given(seed=SEEDS, dice=st.randoms(use_true_random=False))
def test_events_delivered_twice_and_in_any_order_end_in_the_same_view(
    seed: int, dice: random.Random
) -> None:
    events = journey(seed).events
    deliveries = dice.sample(events * 2, len(events) * 2)
    view: OrderView | None = None
    waiting = deliveries
    while waiting:
        refused = []
        for event in waiting:
            try:
                view = fold(view, event)
            except NotNext:
                refused.append(event)
        assert len(refused) < len(waiting), "nothing that waits can be folded"
        waiting = refused
    assert view == view_of(events)


@given(seed=SEEDS)
def test_what_the_view_holds_already_changes_nothing(seed: int) -> None:
    events = journey(seed).events
    view = view_of(events)
    assert all(fold(view, event) is view for event in events)


def test_a_hole_is_refused_by_name() -> None:
    events = journey(1).events
    with pytest.raises(NotNext, match=f"{ORDER_ID}:1:5 does not follow sequence 2"):
        fold(view_of(events[:2]), events[4])


@pytest.mark.parametrize("position", [0, 1])
def test_a_view_begins_with_the_order_as_it_was_placed(position: int) -> None:
    event = replace(
        journey(1).events[position], data=replace(journey(1).events[1].data, order=None)
    )
    with pytest.raises(NotNext, match="is not the first event"):
        fold(None, event)


def _in_epoch(epoch: int, state: OrderState) -> list[OrderEvent]:
    return [replace(event, epoch=epoch) for event in state.events]


def test_an_event_of_a_replaced_log_changes_nothing() -> None:
    view = view_of(_in_epoch(2, journey(1, steps=5)))
    late = journey(2, steps=20).events
    assert all(fold(view, event) is view for event in late)


def test_a_new_epoch_begins_anew_and_only_with_its_first_event() -> None:
    old = view_of(journey(1).events)
    new = _in_epoch(2, journey(2))
    with pytest.raises(NotNext):
        fold(old, new[1])
    view = old
    for event in new:
        view = fold(view, event)
    assert view == view_of(new)


def test_time_never_runs_back_in_a_view() -> None:
    state = placed()
    earlier = state.emit(EventType.ORDER_CONFIRMED, NOON.replace(hour=11))
    assert view_of([state.events[0], earlier]).as_of == NOON


def test_the_promise_is_that_of_the_latest_parcel_on_its_way() -> None:
    state = confirmed()
    first = book(state)
    state.emit(EventType.DELIVERY_BOOKED, NOON, shipment=first)
    assert view_of(state.events).promised_by == first.promised_by
    second = replace(first, number=2, promised_by=NOON.replace(month=12))
    state.emit(EventType.DELIVERY_BOOKED, NOON, shipment=second)
    assert view_of(state.events).promised_by == second.promised_by

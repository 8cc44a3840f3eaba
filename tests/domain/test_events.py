import re
from dataclasses import fields

import pytest

from domain.events import SUBJECTS, EventData, EventType, topic
from domain.status import OrderStatus
from domain.wire import dump_event, envelope, load_event
from tests.domain.journeys import journey
from tests.domain.orders import NOON, ORDER_ID, placed

DESIGNED = (
    "order_placed payment_requested payment_authorized payment_confirmed payment_failed "
    "order_expired order_revived order_confirmed invoice_generation_queued invoice_generated "
    "delivery_booked delivery_packed delivery_shipped delivery_in_transit "
    "delivery_out_for_delivery delivery_delivered delivery_attempt_failed "
    "delivery_redelivery_chosen delivery_rto_initiated delivery_rto_delivered delivery_lost "
    "delivery_cancelled order_cancelled order_lines_cancelled refund_initiated refund_processed "
    "refund_failed "
    "cod_collected cod_remitted return_requested return_withdrawn return_picked_up "
    "return_received return_refused credit_note_generated address_changed dispute_opened "
    "dispute_closed notification_sent order_attention_raised order_attention_resolved "
    "order_completed"
)
"""The wire names, which other systems rely on; one that goes or changes breaks them."""

IN_EVERY_EVENT = {"status", "payment_status", "customer_id"}


def test_the_wire_names_never_change() -> None:
    assert [event_type.value for event_type in EventType] == DESIGNED.split()


def test_every_type_says_what_it_is_about_and_nothing_unknown() -> None:
    known = {each.name for each in fields(EventData)} - IN_EVERY_EVENT
    assert set(SUBJECTS) == set(EventType)
    assert set().union(*SUBJECTS.values()) == known


@pytest.mark.parametrize("event_type", EventType)
def test_every_type_has_a_topic_of_its_own_that_sns_allows(event_type: EventType) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,256}", topic(event_type))
    assert topic(event_type) == f"orders-{event_type.value}"


def test_the_envelope_is_a_cloud_event() -> None:
    document = envelope(placed().events[0])
    data = document.pop("data")
    assert document == {
        "specversion": "1.0",
        "id": f"{ORDER_ID}:1:1",
        "source": "/orders",
        "type": "order_placed",
        "subject": ORDER_ID,
        "time": "2026-11-23T12:00:00+00:00",
        "sequence": 1,
        "epoch": 1,
        "dataschema": "/schemas/order_placed/1",
        "datacontenttype": "application/json",
    }
    assert data.keys() == {*IN_EVERY_EVENT, "order"}
    assert data["status"] == "pending_payment"


@pytest.mark.parametrize("seed", range(20))
def test_each_event_carries_the_subjects_of_its_type_and_no_other(seed: int) -> None:
    for event in journey(seed).events:
        carried = {
            each.name for each in fields(EventData) if getattr(event.data, each.name) is not None
        }
        assert carried - IN_EVERY_EVENT == SUBJECTS[event.type], event.id


@pytest.mark.parametrize("seed", range(10))
def test_events_count_from_one_without_gaps_and_survive_the_wire(seed: int) -> None:
    events = journey(seed).events
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert [load_event(dump_event(event)) for event in events] == events


def test_an_event_keeps_its_id_and_the_status_of_its_moment() -> None:
    state = placed()
    first = state.events[0]
    state.confirmed_at = NOON
    second = state.emit(EventType.ORDER_CONFIRMED, NOON)
    assert (first.id, second.id) == (f"{ORDER_ID}:1:1", f"{ORDER_ID}:1:2")
    assert first.data.status is OrderStatus.PENDING_PAYMENT
    assert second.data.status is OrderStatus.CONFIRMED


def test_an_event_cannot_carry_a_subject_that_nobody_knows() -> None:
    with pytest.raises(TypeError, match="parcel"):
        placed().emit(EventType.DELIVERY_BOOKED, NOON, parcel="one")

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.attention import Attention, AttentionAction
from domain.events import EventType, OrderEvent
from domain.facts import digest, same_fact
from tests.fakes.samples import sample_events

LATER = timedelta(seconds=7)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def placed() -> OrderEvent:
    return sample_events(1)[0]


def raised(**changes: Any) -> OrderEvent:
    attention = Attention(
        attention_id="a1",
        step="book",
        reason="no courier takes it",
        suggestion="correct the address",
        actions=(AttentionAction.RETRY,),
        raised_at=NOW,
    )
    event = placed()
    data = replace(event.data, order=None, attention=replace(attention, **changes))
    return replace(event, type=EventType.ORDER_ATTENTION_RAISED, data=data)


def assert_same(one: OrderEvent, other: OrderEvent, *, same: bool) -> None:
    assert same_fact(one, other) is same
    assert (digest(one) == digest(other)) is same


def test_the_moment_of_an_event_is_no_part_of_the_fact() -> None:
    event = placed()
    assert_same(event, replace(event, time=event.time + LATER), same=True)


def test_a_moment_deep_in_the_data_is_no_part_of_the_fact() -> None:
    event = placed()
    order = event.data.order
    assert order is not None
    moved = replace(order, placed_at=order.placed_at + LATER)
    assert_same(event, replace(event, data=replace(event.data, order=moved)), same=True)
    assert_same(raised(), raised(raised_at=NOW + LATER), same=True)


def test_a_moment_in_a_mapping_is_no_part_of_the_fact_and_its_keys_are() -> None:
    def told(customer: Any) -> OrderEvent:
        event = placed()
        return replace(event, data=replace(event.data, order=None, customer_id=customer))

    assert_same(told({"seen": NOW}), told({"seen": NOW + LATER}), same=True)
    assert_same(told({"seen": NOW}), told({"left": NOW}), same=False)


def test_the_place_in_the_log_is_no_part_of_the_fact() -> None:
    event = placed()
    assert_same(event, replace(event, epoch=2, sequence=9), same=True)


@pytest.mark.parametrize(
    "change",
    [
        {"reason": "the pincode is not served"},
        {"actions": (AttentionAction.RETRY, AttentionAction.SKIP)},
        {"resolved_at": NOW},
    ],
    ids=lambda change: next(iter(change)),
)
def test_anything_else_makes_it_another_fact(change: dict[str, Any]) -> None:
    assert_same(raised(), raised(**change), same=False)


def test_another_type_is_another_fact() -> None:
    event = placed()
    assert_same(event, replace(event, type=EventType.ORDER_REVIVED), same=False)


def test_the_form_of_a_digest_stays_as_it_is_written_in_the_heads() -> None:
    assert digest(raised()) == "157afaab96f914c6"

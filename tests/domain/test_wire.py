import importlib
import json
import pkgutil
import types
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import domain
from domain.catch_up import Attached
from domain.events import EventType, OrderEvent
from domain.messages import RefundNews
from domain.order import OrderState, Terms
from domain.overdue import Watched
from domain.payment import GatewayRefund
from domain.pricing import OrderLine
from domain.settlement_matching import DayBooks
from domain.status import OrderFacts
from domain.tax import TaxSplit
from domain.view import OrderView
from domain.wire import (
    Unreadable,
    dump_event,
    envelope,
    from_json,
    load_event,
    read_envelope,
    to_json,
)
from tests.domain.journeys import journey
from tests.domain.orders import NOON, placed
from tests.domain.test_view import view_of

STAYS_AT_HOME = {Attached, DayBooks, OrderFacts, Watched}
"""Made anew for each question, or carried by Temporal's converter: never in this JSON."""


def _dataclasses() -> Iterator[type[Any]]:
    for module in pkgutil.iter_modules(domain.__path__, "domain."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and is_dataclass(value) and value.__module__ == module.name:
                yield value


TRAVELLERS = sorted(set(_dataclasses()) - STAYS_AT_HOME, key=lambda cls: cls.__qualname__)
PLAIN = {
    datetime: st.datetimes(timezones=st.just(UTC)),
    str: st.text(max_size=8),
    float: st.floats(allow_nan=False),
}
SMALL = settings(
    max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@cache
def made_up(annotation: Any) -> st.SearchStrategy[Any]:
    """Return anything that a field of this type may hold; collections are kept small."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return st.one_of([made_up(each) for each in reversed(arguments)])
    if origin is not None:
        return _collection(origin, *arguments)
    if isinstance(annotation, type) and is_dataclass(annotation):
        hints = get_type_hints(annotation)
        parts = {each.name: made_up(hints[each.name]) for each in fields(annotation)}
        return st.builds(annotation, **parts)
    return PLAIN[annotation] if annotation in PLAIN else st.from_type(annotation)


def _collection(origin: Any, first: Any, second: Any = None) -> st.SearchStrategy[Any]:
    if origin in (tuple, list):
        return st.lists(made_up(first), max_size=2).map(origin)
    return st.dictionaries(made_up(first), made_up(second), max_size=2)


@pytest.mark.parametrize("cls", TRAVELLERS, ids=lambda cls: cls.__name__)
@SMALL
@given(data=st.data())
def test_every_object_of_the_domain_survives_the_wire(cls: Any, data: st.DataObject) -> None:
    thing = data.draw(made_up(cls))
    text = json.dumps(to_json(thing))
    assert from_json(cls, json.loads(text)) == thing


@pytest.mark.parametrize("seed", range(5))
def test_whole_orders_and_views_survive_the_wire(seed: int) -> None:
    state = journey(seed, steps=40)
    view = view_of(state.events)
    assert from_json(OrderState, json.loads(json.dumps(to_json(state)))) == state
    assert from_json(OrderView, json.loads(json.dumps(to_json(view)))) == view


@pytest.mark.parametrize("cls", TRAVELLERS, ids=lambda cls: cls.__name__)
@SMALL
@given(data=st.data())
def test_a_missing_field_is_named_and_an_unknown_one_passed_over(
    cls: Any, data: st.DataObject
) -> None:
    thing = data.draw(made_up(cls))
    document = to_json(thing)
    assert from_json(cls, {**document, "a_field_of_tomorrow": [1, {"x": None}]}) == thing
    for name in _required(cls):
        poorer = {key: value for key, value in document.items() if key != name}
        with pytest.raises(Unreadable, match=rf"{cls.__name__}\.{name} is missing"):
            from_json(cls, poorer)


def _required(cls: type[Any]) -> list[str]:
    hints = get_type_hints(cls)
    return [
        each.name
        for each in fields(cls)
        if each.default is MISSING
        and each.default_factory is MISSING
        and type(None) not in get_args(hints[each.name])
    ]


def test_absent_fields_are_left_out() -> None:
    document = to_json(placed().events[0].data)
    assert document.keys() == {"status", "payment_status", "customer_id", "order"}
    assert "line2" not in document["order"]["shipping_address"]


def test_times_money_and_enums_have_plain_forms() -> None:
    class Colour(StrEnum):
        RED = "red"

    form = {1: NOON, "day": date(2026, 4, 1), "colours": (Colour.RED,), "paise": 99_900}
    assert to_json(form) == {
        "1": "2026-11-23T12:00:00+00:00",
        "day": "2026-04-01",
        "colours": ["red"],
        "paise": 99_900,
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Parcelled:
    """Every kind of field that the reader knows."""

    text: str = ""
    number: int = 0
    share: float = 0.0
    flag: bool = False
    moment: datetime = NOON
    day: date = date(2026, 4, 1)
    kind: EventType = EventType.ORDER_PLACED
    lines: tuple[str, ...] = ()
    queue: list[int] | None = None
    units: dict[int, str] | None = None
    terms: Terms | None = None


GOOD = Parcelled(share=0.5, flag=True, queue=[1], units={7: "x"}, terms=Terms(), lines=("a", "b"))


def test_every_kind_of_field_survives_the_wire() -> None:
    assert from_json(Parcelled, json.loads(json.dumps(to_json(GOOD)))) == GOOD
    assert from_json(Parcelled, {}) == Parcelled()
    assert from_json(Parcelled, {"moment": NOON, "terms": None}).moment is NOON


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", 5),
        ("text", None),
        ("text", ["a"]),
        ("number", 1.5),
        ("number", "many"),
        ("number", True),
        ("number", None),
        ("share", "half"),
        ("flag", 1),
        ("moment", "yesterday"),
        ("moment", 1_700_000_000),
        ("moment", "2026-11-23T12:00:00"),
        ("day", "23/11/2026"),
        ("kind", "order_eaten"),
        ("lines", "ab"),
        ("lines", {"a": 1}),
        ("lines", ["a", 1]),
        ("queue", [1.5]),
        ("units", [1]),
        ("units", {"seven": "x"}),
        ("terms", "none"),
        ("terms", ["payment_window_s"]),
        ("terms", {"auto_pack": "yes"}),
    ],
)
def test_a_field_of_another_type_is_unreadable(field: str, value: object) -> None:
    with pytest.raises(Unreadable, match="not a Parcelled"):
        from_json(Parcelled, {**to_json(GOOD), field: value})


@pytest.mark.parametrize("document", [None, 5, "text", [], [["number", 1]]])
def test_what_is_not_an_object_is_unreadable(document: object) -> None:
    with pytest.raises(Unreadable):
        from_json(Parcelled, document)
    with pytest.raises(Unreadable, match="not an order event"):
        read_envelope(document)


def test_a_field_inside_is_named_where_it_is_missing() -> None:
    news = RefundNews(
        refund=GatewayRefund(
            refund_id="rfnd_1", payment_id="pay_1", amount_paise=5, status="processed", at=NOON
        )
    )
    document = to_json(news)
    del document["refund"]["amount_paise"]
    with pytest.raises(
        Unreadable, match=r"not a RefundNews: .*GatewayRefund\.amount_paise is miss"
    ):
        from_json(RefundNews, document)


# --- events -----------------------------------------------------------------------------------

EVENT = placed().events[0]


def test_an_event_reads_the_same_as_text_and_bytes() -> None:
    text = dump_event(EVENT)
    assert load_event(text) == load_event(text.encode()) == EVENT
    assert ": " not in text.split('"data"')[0]


def test_an_event_keeps_every_script_as_it_is() -> None:
    state = placed()
    reason = "पता अधूरा है"
    state.shipments = {}
    event = OrderEvent(
        order_id=state.order_id,
        epoch=1,
        sequence=2,
        type=EventType.NOTIFICATION_SENT,
        time=NOON,
        data=replace(EVENT.data, customer_id=reason),
    )
    assert reason in dump_event(event)
    assert load_event(dump_event(event)) == event


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subject", None),
        ("subject", 5),
        ("epoch", "one"),
        ("sequence", 1.5),
        ("sequence", None),
        ("type", "order_eaten"),
        ("time", "2026-11-23T12:00:00"),
        ("time", None),
        ("data", None),
        ("data", {}),
    ],
)
def test_an_envelope_with_a_wrong_field_is_unreadable(field: str, value: object) -> None:
    with pytest.raises(Unreadable, match="not an order event"):
        read_envelope({**envelope(EVENT), field: value})


@pytest.mark.parametrize("text", ["", "{", "\x00", b"\xff\xfe"])
def test_what_is_not_json_is_unreadable(text: str | bytes) -> None:
    with pytest.raises(Unreadable, match="not JSON"):
        load_event(text)


def test_a_large_amount_keeps_its_last_paisa() -> None:
    line = to_json(TaxSplit(taxable_paise=2**53 + 1))
    assert from_json(TaxSplit, json.loads(json.dumps(line))).taxable_paise == 2**53 + 1
    with pytest.raises(Unreadable):
        from_json(OrderLine, line)

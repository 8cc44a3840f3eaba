"""Each event fits the schema that it names; whatever it should not be does not."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft7Validator, ValidationError

from domain import event_schemas
from domain.event_schemas import closed, schema_of
from domain.events import SUBJECTS, EventType, dataschema
from domain.wire import envelope
from tests.domain.journeys import journey
from tests.domain.orders import placed

Document = dict[str, Any]


def judge(event_type: EventType, document: Document) -> None:
    checker = Draft7Validator.FORMAT_CHECKER
    Draft7Validator(closed(schema_of(event_type)), format_checker=checker).validate(document)


@pytest.mark.parametrize("seed", range(20))
def test_every_event_fits_its_schema_and_says_nothing_that_the_schema_does_not_name(
    seed: int,
) -> None:
    for event in journey(seed).events:
        judge(event.type, envelope(event))


def without(name: str) -> Callable[[Document], object]:
    return lambda document: document["data"].pop(name)


SPOILED: dict[str, Callable[[Document], object]] = {
    "without its subject": without("order"),
    "without a status": without("status"),
    "without a sequence": lambda document: document.pop("sequence"),
    "sequence 0": lambda document: document.update(sequence=0),
    "another type": lambda document: document.update(type="order_expired"),
    "a time that is a number": lambda document: document.update(time=1),
    "another version": lambda document: document.update(dataschema="/schemas/order_placed/2"),
    "a status unheard of": lambda document: document["data"].update(status="teleported"),
    "a field unheard of": lambda document: document["data"].update(surprise=1),
    "an amount in letters": lambda document: quote(document).update(total_paise="1"),
    "an amount in rupees": lambda document: quote(document).update(total_paise=14.99),
    "nobody's order": lambda document: document["data"]["order"]["customer"].pop("name"),
    "lines that are no list": lambda document: quote(document).update(lines={}),
}


def quote(document: Document) -> Document:
    found: Document = document["data"]["order"]["quote"]
    return found


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=list(SPOILED))
def test_what_is_not_such_an_event_does_not_fit(spoil: Callable[[Document], object]) -> None:
    document = envelope(placed().events[0])
    judge(EventType.ORDER_PLACED, document)
    spoil(document)
    with pytest.raises(ValidationError):
        judge(EventType.ORDER_PLACED, document)


@pytest.mark.parametrize("event_type", EventType)
def test_every_type_has_a_schema_of_its_own_that_events_point_at(event_type: EventType) -> None:
    schema = schema_of(event_type)
    Draft7Validator.check_schema(schema)
    assert schema["$id"] == dataschema(event_type)
    assert schema["properties"]["dataschema"] == {"const": dataschema(event_type)}
    data = schema["properties"]["data"]
    assert {"status", "payment_status", "customer_id"} | SUBJECTS[event_type] == set(
        data["required"]
    )


def test_readers_may_meet_values_and_fields_that_are_new() -> None:
    document = envelope(placed().events[0])
    document["data"]["status"] = "teleported"
    document["data"]["surprise"] = 1
    Draft7Validator(schema_of(EventType.ORDER_PLACED)).validate(document)


@dataclasses.dataclass(frozen=True)
class Family:
    """A type that holds itself.

    More about it.
    """

    name: str
    weight: float
    known: bool
    ages: dict[str, int]
    children: "list[Family]"


def test_every_form_a_field_can_have_is_described() -> None:
    definitions: dict[str, Document] = {}
    reference = event_schemas._schema(Family, definitions)
    family = definitions["Family"]
    assert reference == {"$ref": "#/definitions/Family"}
    assert family["description"] == "A type that holds itself."
    assert family["properties"] == {
        "name": {"type": "string"},
        "weight": {"type": "number"},
        "known": {"type": "boolean"},
        "ages": {"type": "object", "additionalProperties": {"type": "integer"}},
        "children": {"type": "array", "items": reference},
    }


def test_a_field_that_json_cannot_say_is_refused() -> None:
    with pytest.raises(TypeError, match=r"complex.*event_schemas"):
        event_schemas._schema(complex, {})

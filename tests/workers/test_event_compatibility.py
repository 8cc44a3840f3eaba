"""A change that breaks a published schema is told with what broke; an addition is not."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from domain.event_schemas import VALUES, schema_of
from domain.events import EventType
from workers.event_compatibility import SchemaBroken, breaks, check

Document = dict[str, Any]
SHIPPED = EventType.DELIVERY_SHIPPED


def changed(change: Callable[[Document], object]) -> Document:
    schema = deepcopy(schema_of(SHIPPED))
    change(schema)
    return schema


def shipment(schema: Document) -> Document:
    found: Document = schema["definitions"]["Shipment"]
    return found


def data(schema: Document) -> Document:
    found: Document = schema["properties"]["data"]
    return found


def awb(schema: Document) -> Document:
    found: Document = shipment(schema)["properties"]["awb"]
    return found


ADDITIONS: dict[str, Callable[[Document], object]] = {
    "a field": lambda schema: shipment(schema)["properties"].update(weight={"type": "integer"}),
    "now always there": lambda schema: shipment(schema)["required"].append("awb"),
    "a value": lambda schema: shipment(schema)["properties"]["state"][VALUES].append("on_the_moon"),
    "a subject": lambda schema: data(schema)["properties"].update(cart={"type": "string"}),
    "other words": lambda schema: shipment(schema).update(description="other words"),
}


@pytest.mark.parametrize("change", ADDITIONS.values(), ids=list(ADDITIONS))
def test_an_addition_keeps_the_version(change: Callable[[Document], object]) -> None:
    assert breaks(schema_of(SHIPPED), changed(change)) == []


BREAKS: list[tuple[Callable[[Document], object], str]] = [
    (lambda schema: shipment(schema)["properties"].pop("awb"), "data.shipment.awb is gone"),
    (
        lambda schema: shipment(schema)["required"].remove("number"),
        "data.shipment.number was always there and now may be absent",
    ),
    (
        lambda schema: awb(schema).update(type="integer"),
        "data.shipment.awb: type was 'string' and now is 'integer'",
    ),
    (
        lambda schema: shipment(schema)["properties"].update(
            promised_by={"type": "string", "format": "date"}
        ),
        "data.shipment.promised_by: format was 'date-time' and now is 'date'",
    ),
    (
        lambda schema: shipment(schema)["properties"]["state"][VALUES].remove("lost"),
        "data.shipment.state no longer says 'lost'",
    ),
    (
        lambda schema: schema["definitions"]["ShipmentLine"]["properties"].pop("sku"),
        "data.shipment.lines[].sku is gone",
    ),
    (lambda schema: data(schema)["properties"].pop("shipment"), "data.shipment is gone"),
    (lambda schema: schema["properties"]["sequence"].pop("minimum"), "sequence: minimum was 1"),
    (
        lambda schema: schema["properties"]["source"].update(const="/shop"),
        "source: const was '/orders' and now is '/shop'",
    ),
    (
        lambda schema: data(schema)["properties"].update(shipment={"type": "string"}),
        "data.shipment: type was 'object' and now is 'string'",
    ),
]


@pytest.mark.parametrize(("change", "text"), BREAKS, ids=[text for _, text in BREAKS])
def test_what_a_reader_relied_on_cannot_go(change: Callable[[Document], object], text: str) -> None:
    found = breaks(schema_of(SHIPPED), changed(change))
    assert any(line.startswith(text) for line in found), found


def test_a_type_may_hold_itself() -> None:
    person = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "children": {"type": "array", "items": {"$ref": "#/definitions/Person"}},
        },
    }
    schema = {"$ref": "#/definitions/Person", "definitions": {"Person": person}}
    other = deepcopy(schema)
    assert breaks(schema, other) == []
    other["definitions"]["Person"]["required"] = []  # type: ignore[index]  # a nested document
    assert breaks(schema, other) == ["name was always there and now may be absent"]


def test_the_text_says_what_broke_where_and_what_to_do() -> None:
    current = changed(lambda schema: shipment(schema)["properties"].pop("awb"))
    with pytest.raises(SchemaBroken) as told:
        check({SHIPPED: schema_of(SHIPPED)}, {SHIPPED: current})
    text = str(told.value)
    assert "delivery_shipped: data.shipment.awb is gone" in text
    assert "SCHEMA_VERSIONS" in text
    assert "python -m workers.event_documents" in text


def test_a_type_without_a_published_schema_of_its_version_breaks_nothing() -> None:
    check({}, {SHIPPED: schema_of(SHIPPED)})

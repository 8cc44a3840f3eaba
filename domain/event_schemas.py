"""The JSON Schema of each event type, read off the types in `domain/events.py`.

Draft 7, which AsyncAPI 3 takes as it is. A schema is open: a reader passes over what it does not
know, be it a property or a value of `x-extensible-enum`.
"""

import inspect
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from domain.events import SOURCE, SPEC_VERSION, SUBJECTS, EventData, EventType, dataschema

Schema = dict[str, Any]

DIALECT: Final = "http://json-schema.org/draft-07/schema#"
VALUES: Final = "x-extensible-enum"
"""The values there are now; more may come without a new version."""

_PLAIN: Final[Mapping[Any, Schema]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    float: {"type": "number"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
}


def schema_of(event_type: EventType) -> Schema:
    """Return the schema of this type's envelope, in the version that is published now."""
    definitions: dict[str, Schema] = {}
    properties: Schema = {
        "specversion": {"const": SPEC_VERSION},
        "id": {"type": "string", "description": "<order_id>:<epoch>:<sequence>"},
        "source": {"const": SOURCE},
        "type": {"const": event_type.value},
        "subject": {"type": "string", "description": "The order id."},
        "time": {"type": "string", "format": "date-time"},
        "sequence": {"type": "integer", "minimum": 1},
        "epoch": {"type": "integer", "minimum": 1},
        "dataschema": {"const": dataschema(event_type)},
        "datacontenttype": {"const": "application/json"},
        "data": _data(event_type, definitions),
    }
    return {
        "$schema": DIALECT,
        "$id": dataschema(event_type),
        "title": event_type.value,
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "definitions": dict(sorted(definitions.items())),
    }


def closed(schema: Schema) -> Schema:
    """Return the schema with nothing allowed that it does not name, for the producer's tests."""
    shut = {key: closed(each) if isinstance(each, dict) else each for key, each in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        shut["additionalProperties"] = False
    if VALUES in schema:
        shut["enum"] = schema[VALUES]
    return shut


def _data(event_type: EventType, definitions: dict[str, Schema]) -> Schema:
    """Return what every event says, and the subjects that this type must carry."""
    hints = get_type_hints(EventData)
    named = [
        each.name
        for each in fields(EventData)
        if not _is_optional(hints[each.name]) or each.name in SUBJECTS[event_type]
    ]
    return {
        "type": "object",
        "required": named,
        "properties": {name: _schema(_present(hints[name]), definitions) for name in named},
    }


def _schema(annotation: Any, definitions: dict[str, Schema]) -> Schema:
    if annotation in _PLAIN:
        return dict(_PLAIN[annotation])
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (tuple, list):
        return {"type": "array", "items": _schema(arguments[0], definitions)}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": _schema(arguments[1], definitions)}
    if is_dataclass(annotation) and isinstance(annotation, type):
        return _object(annotation, definitions)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return {"type": "string", VALUES: [each.value for each in annotation]}
    message = f"{annotation!r} has no JSON Schema: add it to domain/event_schemas.py"
    raise TypeError(message)


def _object(cls: type, definitions: dict[str, Schema]) -> Schema:
    name = cls.__name__
    if name not in definitions:
        definitions[name] = {}  # taken, so that a type may hold itself
        hints = get_type_hints(cls)
        names = [each.name for each in fields(cls)]
        definitions[name] = {
            "type": "object",
            "description": inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0],
            "required": [each for each in names if not _is_optional(hints[each])],
            "properties": {each: _schema(_present(hints[each]), definitions) for each in names},
        }
    return {"$ref": f"#/definitions/{name}"}


def _is_optional(annotation: Any) -> bool:
    return type(None) in get_args(annotation)


def _present(annotation: Any) -> Any:
    """Return the type of a field where it is not None; absent fields are left out on the wire."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation
    (only,) = (each for each in get_args(annotation) if each is not type(None))
    return only

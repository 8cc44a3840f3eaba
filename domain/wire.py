"""JSON forms of domain objects: the CloudEvents envelope, and dataclasses to and from plain JSON.

Standard library only, so that servers, consumers and functions share one form.
"""

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from operator import attrgetter, methodcaller
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from domain.events import SOURCE, SPEC_VERSION, EventData, EventType, OrderEvent, dataschema

JSON = dict[str, Any]
_T = TypeVar("_T")


class Unreadable(ValueError):
    """A document is not of the expected form; says where."""


def to_json(value: Any) -> Any:
    """Return the JSON form: dataclasses as objects without their absent (None) fields."""
    kind: Any = type(value)
    return _writer(kind)(value)


def from_json(cls: type[_T], document: Any) -> _T:
    """Return the dataclass that a JSON form describes; unknown fields are passed over.

    Raises:
        Unreadable: a field is missing or of another type.
    """
    try:
        annotation: Any = cls
        result: _T = _reader(annotation)(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        msg = f"not a {cls.__name__}: {error}"
        raise Unreadable(msg) from error
    return result


def envelope(event: OrderEvent) -> JSON:
    """Return the event as a CloudEvents 1.0 JSON document."""
    return {
        "specversion": SPEC_VERSION,
        "id": event.id,
        "source": SOURCE,
        "type": event.type.value,
        "subject": event.order_id,
        "time": event.time.isoformat(),
        "sequence": event.sequence,
        "epoch": event.epoch,
        "dataschema": dataschema(event.type),
        "datacontenttype": "application/json",
        "data": to_json(event.data),
    }


def dump_event(event: OrderEvent) -> str:
    """Return the envelope as compact JSON text."""
    return json.dumps(envelope(event), separators=(",", ":"), ensure_ascii=False)


def read_envelope(document: Any) -> OrderEvent:
    """Return the event of a CloudEvents document.

    Raises:
        Unreadable: it is not an order event, or of a type that this version does not know.
    """
    try:
        return OrderEvent(
            order_id=_reader(str)(document["subject"]),
            epoch=_reader(int)(document["epoch"]),
            sequence=_reader(int)(document["sequence"]),
            type=EventType(document["type"]),
            time=_reader(datetime)(document["time"]),
            data=from_json(EventData, document["data"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        msg = f"not an order event: {error}"
        raise Unreadable(msg) from error


def load_event(text: str | bytes) -> OrderEvent:
    """Return the event of an envelope's text.

    Raises:
        Unreadable: it is not JSON, or not an order event.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        msg = f"not JSON: {error}"
        raise Unreadable(msg) from error
    return read_envelope(document)


@cache
def _writer(cls: Any) -> Callable[[Any], Any]:
    """Return how values of exactly this class are written; events are written all day."""
    if issubclass(cls, Enum):
        return attrgetter("value")
    if issubclass(cls, datetime | date):
        return methodcaller("isoformat")
    if is_dataclass(cls):
        return _dataclass_writer(tuple(cls.__dataclass_fields__))
    if issubclass(cls, Mapping):
        return lambda pairs: {str(key): to_json(item) for key, item in pairs.items()}
    if issubclass(cls, list | tuple):
        return lambda items: [to_json(item) for item in items]
    return _as_it_is


def _dataclass_writer(names: tuple[str, ...]) -> Callable[[Any], Any]:
    def write(value: Any) -> Any:
        pairs = ((name, getattr(value, name)) for name in names)
        return {name: to_json(item) for name, item in pairs if item is not None}

    return write


def _as_it_is(value: Any) -> Any:
    return value


@cache
def _reader(annotation: Any) -> Callable[[Any], Any]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return _optional_reader(next(a for a in arguments if a is not type(None)))
    if origin in (tuple, list, dict):
        return _collection_reader(origin, *map(_reader, arguments))
    if is_dataclass(annotation) and isinstance(annotation, type):
        return _dataclass_reader(annotation)
    if annotation in (datetime, date):
        return _moment_reader(annotation)
    return _plain_reader(annotation)


def _collection_reader(
    build: Any, item: Callable[[Any], Any], value: Any = None
) -> Callable[[Any], Any]:
    if build is dict:
        return lambda pairs: {item(k): value(v) for k, v in pairs.items()}

    def read(items: Any) -> Any:
        if not isinstance(items, list | tuple):
            msg = f"{items!r} is not a list"
            raise TypeError(msg)
        return build(item(each) for each in items)

    return read


def _optional_reader(annotation: Any) -> Callable[[Any], Any]:
    read = _reader(annotation)
    return lambda value: None if value is None else read(value)


def _moment_reader(annotation: Any) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        moment = value if isinstance(value, annotation) else annotation.fromisoformat(value)
        if isinstance(moment, datetime) and moment.tzinfo is None:
            msg = f"{value!r} has no time zone"
            raise ValueError(msg)
        return moment

    return read


def _whole_number(value: Any) -> int:
    """Return an integer, also from its text: JSON has no other keys. Nothing is ever cut off."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        msg = f"{value!r} is not a whole number"
        raise TypeError(msg)
    return int(value)


def _plain_reader(annotation: Any) -> Callable[[Any], Any]:
    if annotation is int:
        return _whole_number
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return annotation

    def read(value: Any) -> Any:
        if annotation in (str, bool, float) and not isinstance(value, annotation):
            msg = f"{value!r} is not {annotation.__name__}"
            raise TypeError(msg)
        return value

    return read


def _dataclass_reader(cls: Any) -> Callable[[Any], Any]:
    hints = get_type_hints(cls)
    readers = [(each.name, _reader(hints[each.name])) for each in fields(cls)]
    absent = {
        each.name: None
        for each in fields(cls)
        if each.default is MISSING and type(None) in get_args(hints[each.name])
    }
    required = {
        each.name
        for each in fields(cls)
        if each.default is MISSING and each.default_factory is MISSING
    } - absent.keys()

    def read(document: Any) -> Any:
        if not isinstance(document, Mapping):
            msg = f"{document!r} is not an object"
            raise TypeError(msg)
        values: JSON = dict(absent)
        for name, reader in readers:
            if name in document:
                values[name] = reader(document[name])
            elif name in required:
                msg = f"{cls.__name__}.{name} is missing"
                raise KeyError(msg)
        return cls(**values)

    return read

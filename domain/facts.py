"""When two versions of an event are the same fact: moments apart, they say the same.

A workflow task that is lost runs again and emits its events again, at other moments. Whether it
then tells the same story is decided here, for the log and for the heads alike.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, Final

from domain.events import OrderEvent
from domain.wire import to_json

DIGEST_LENGTH: Final = 16
MOMENT: Final = "moment"


def same_fact(one: OrderEvent, other: OrderEvent) -> bool:
    """Tell whether two events under one id differ in nothing but moments."""
    if one.type is not other.type:
        return False
    return one.data == other.data or _timeless(one.data) == _timeless(other.data)


def digest(event: OrderEvent) -> str:
    """Return 16 hexadecimal digits that are equal for the same fact, whatever its id and moments.

    Written into the heads, so its form stays: changed, it would call each order's last events
    another story, which costs those orders one new epoch.
    """
    fact = {"type": event.type.value, "data": _timeless(event.data)}
    text = json.dumps(fact, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]


def _timeless(value: Any) -> Any:
    """Return the JSON form with each moment as a mark: that there is one is part of the fact."""
    if isinstance(value, datetime):
        return MOMENT
    if is_dataclass(value):
        pairs = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: _timeless(item) for name, item in pairs if item is not None}
    if isinstance(value, Mapping):
        return {str(key): _timeless(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_timeless(item) for item in value]
    return to_json(value)

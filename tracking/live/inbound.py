"""What clients may say, read strictly; only a strange position is no fault but leads to a reset."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from domain.ports import Position
from tracking.live.closing import CloseCode, Closing, FrameRefused, Refusal

LONGEST_ID: Final = 64
STRANGE: Final = Position(epoch=-1, sequence=-1)
"""A position that no log has."""
QUERIES: Final = ("status", "events_since")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """An order to be followed, from a position or from a snapshot."""

    order_id: str
    since: Position | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Hello:
    """The first frame. Without a token the handshake speaks: its header, its cookie."""

    token: str | None
    orders: tuple[Wish, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscribe:
    """Follow one order, all orders of the customer, or the wall."""

    id: Any
    wish: Wish | None
    wall: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsubscribe:
    """Follow no more: one order, the wall, or (with neither) all orders."""

    order_id: str | None = None
    wall: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """Ask an order's workflow."""

    id: Any
    order_id: str
    name: str
    sequence: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Refresh:
    """Go on with a new token."""

    id: Any
    token: str


Inbound = Hello | Subscribe | Unsubscribe | Query | Refresh


def read_frame(text: str | None) -> Inbound:
    """Return what a text frame says.

    Raises:
        Closing: binary, not JSON, or not an object with a type.
        FrameRefused: an unknown type, or a wrong field (named).
    """
    document = _object_of(text)
    read = _READERS.get(document["type"])
    if read is None:
        raise FrameRefused(
            Refusal.UNKNOWN_TYPE,
            f"there is no frame {document['type'][:LONGEST_ID]!r}",
            f"send one of {', '.join(_READERS)}",
            _id_of(document),
        )
    return read(document)


def _object_of(text: str | None) -> dict[str, Any]:
    if text is None:
        raise Closing(CloseCode.BAD_FRAME, "a binary frame", "send JSON as text")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise Closing(CloseCode.BAD_FRAME, "not JSON", "send one JSON object") from None
    if not isinstance(document, dict) or not isinstance(document.get("type"), str):
        raise Closing(CloseCode.BAD_FRAME, "not a frame", "send an object with a type")
    return document


def _id_of(document: Mapping[str, Any]) -> Any:
    """Return the client's own name for a frame; it is echoed, so it has to be small."""
    given = document.get("id")
    if isinstance(given, str):
        return given[:LONGEST_ID]
    return given if isinstance(given, int) and abs(given) < 2**53 else None


def _hello(document: Mapping[str, Any]) -> Hello:
    token, orders = document.get("token"), document.get("orders") or []
    if token is not None and not isinstance(token, str):
        raise _wrong(document, "token", "a string")
    if not isinstance(orders, list):
        raise _wrong(document, "orders", "a list")
    if not all(isinstance(each, dict) for each in orders):
        raise _wrong(document, "orders", "a list of objects")
    return Hello(token=token, orders=tuple(_wish(each, document) for each in orders))


def _subscribe(document: Mapping[str, Any]) -> Subscribe:
    named = [name for name in ("order_id", "customer", "wall") if document.get(name)]
    if len(named) != 1:
        raise _wrong(document, "order_id", "given, or else customer: true or wall: true")
    wish = _wish(document, document) if named == ["order_id"] else None
    return Subscribe(id=_id_of(document), wish=wish, wall=named == ["wall"])


def _unsubscribe(document: Mapping[str, Any]) -> Unsubscribe:
    if document.get("wall") is True:
        return Unsubscribe(wall=True)
    if document.get("customer") is True:
        return Unsubscribe()
    return Unsubscribe(order_id=_text(document, "order_id", document))


def _query(document: Mapping[str, Any]) -> Query:
    name, args = document.get("name"), document.get("args") or {}
    if name not in QUERIES:
        raise _wrong(document, "name", f"one of {', '.join(QUERIES)}")
    sequence = args.get("sequence", 0) if isinstance(args, dict) else None
    if type(sequence) is not int or not 0 <= sequence < 2**53:
        raise _wrong(document, "args.sequence", "a whole number from 0")
    order_id = _text(document, "order_id", document)
    return Query(id=_id_of(document), order_id=order_id, name=name, sequence=sequence)


def _refresh(document: Mapping[str, Any]) -> Refresh:
    return Refresh(id=_id_of(document), token=_text(document, "token", document))


def _wish(item: Mapping[str, Any], document: Mapping[str, Any]) -> Wish:
    return Wish(order_id=_text(item, "order_id", document), since=_position(item.get("since")))


def _position(since: Any) -> Position | None:
    """Return a position; anything that is none becomes one that leads to a reset."""
    if since is None:
        return None
    if not isinstance(since, dict):
        return STRANGE
    epoch, sequence = since.get("epoch"), since.get("sequence")
    if type(epoch) is not int or type(sequence) is not int:
        return STRANGE
    return Position(epoch=epoch, sequence=sequence)


def _text(item: Mapping[str, Any], name: str, document: Mapping[str, Any]) -> str:
    value = item.get(name)
    if not isinstance(value, str) or not value:
        raise _wrong(document, name, "a string")
    return value


def _wrong(document: Mapping[str, Any], name: str, wanted: str) -> FrameRefused:
    return FrameRefused(
        Refusal.BAD_REQUEST, f"{name} must be {wanted}", f"correct {name}", _id_of(document)
    )


_READERS: dict[str, Callable[[Mapping[str, Any]], Inbound]] = {
    "hello": _hello,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "query": _query,
    "refresh": _refresh,
}

"""Switches that only this provider needs: its documented ways to answer differently.

Wire format of `PUT /_control/switches`, any subset:

    {"cancel_answer": "empty", "known_order_id": "old_order", "no_courier": "inside_200",
     "login": "open", "rate_limit": null,
     "refuse_booking": {"count": 1, "shape": "assign_error", "courier_id": null},
     "wallet": "1500.00"}
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from sandbox.faults import ControlError

CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "cancel_answer": ("empty", "json"),
    "known_order_id": ("old_order", "refused"),
    "no_courier": ("inside_200", "http_404"),
    "login": ("open", "blocked"),
}
SHAPES: Final = ("assign_error", "wallet_short", "cannot_reassign", "async")


@dataclass(frozen=True, kw_only=True, slots=True)
class BookingRefusal:
    """The next `count` AWB assignments fail in `shape`, with one courier only if `courier_id`."""

    count: int
    shape: str = "assign_error"
    courier_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Switches:
    """How the provider answers where its documents and its users disagree.

    Attributes:
        cancel_answer: an order's cancellation answers 204 ("empty") or a message ("json").
        known_order_id: a used seller order id answers the old order with 200, or 422 ("refused").
        no_courier: serviceability without a courier is 404 inside a 200, or a plain 404.
        login: "blocked" answers every login with the firewall's 403.
        rate_limit: calls allowed per minute before 429; None allows all.
        refuse_booking: see `BookingRefusal`.
    """

    cancel_answer: str = "empty"
    known_order_id: str = "old_order"
    no_courier: str = "inside_200"
    login: str = "open"
    rate_limit: int | None = None
    refuse_booking: BookingRefusal | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what the store and the control surface show."""
        return asdict(self)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "Switches":
        """Build from what `as_json` gave."""
        fields = dict(body)
        refusal = fields.get("refuse_booking")
        fields["refuse_booking"] = BookingRefusal(**refusal) if refusal else None
        return cls(**fields)

    def with_changes(self, body: Mapping[str, Any]) -> "Switches":
        """Return these switches with some changed.

        Raises:
            ControlError: a switch is unknown or its value is unusable.
        """
        changes: dict[str, Any] = {}
        for name, value in body.items():
            if name in CHOICES:
                changes[name] = _choice(name, value, CHOICES[name])
            elif name == "rate_limit":
                changes[name] = None if value is None else _count(name, value)
            elif name == "refuse_booking":
                changes[name] = None if value is None else _refusal(value)
            else:
                known = ", ".join([*CHOICES, "rate_limit", "refuse_booking", "wallet"])
                raise ControlError(field=name, problem="unknown", remedy=f"Known are {known}")
        return replace(self, **changes)

    def after_refusal(self) -> "Switches":
        """Return these switches with one booking refusal used up."""
        refusal = self.refuse_booking
        if refusal is None or refusal.count <= 1:
            return replace(self, refuse_booking=None)
        return replace(self, refuse_booking=replace(refusal, count=refusal.count - 1))


def probability(name: str, value: object) -> float:
    """Read a probability.

    Raises:
        ControlError: it is not a number from 0 to 1.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        problem = f"not a probability: {value!r}"
        raise ControlError(field=name, problem=problem, remedy="Send a number from 0 to 1")
    return float(value)


def _choice(name: str, value: object, choices: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in choices:
        remedy = f"Send one of {', '.join(choices)}"
        raise ControlError(field=name, problem=f"unknown value: {value!r}", remedy=remedy)
    return value


def _count(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        problem = f"not a positive whole number: {value!r}"
        raise ControlError(field=name, problem=problem, remedy="Send 1 or more")
    return value


def _refusal(value: object) -> BookingRefusal:
    if isinstance(value, int):
        return BookingRefusal(count=_count("refuse_booking", value))
    if not isinstance(value, Mapping):
        remedy = 'Send a count, or {"count": 1, "shape": "assign_error"}'
        raise ControlError(
            field="refuse_booking", problem=f"not an object: {value!r}", remedy=remedy
        )
    unknown = set(value) - {"count", "shape", "courier_id"}
    if unknown:
        remedy = "Known are count, shape, courier_id"
        raise ControlError(field=f"refuse_booking.{min(unknown)}", problem="unknown", remedy=remedy)
    courier_id = value.get("courier_id")
    return BookingRefusal(
        count=_count("refuse_booking.count", value.get("count", 1)),
        shape=_choice("refuse_booking.shape", value.get("shape", "assign_error"), SHAPES),
        courier_id=None if courier_id is None else _count("refuse_booking.courier_id", courier_id),
    )

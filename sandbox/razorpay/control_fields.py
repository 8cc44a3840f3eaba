"""Readers of what a control request sends; each refuses with the field and the remedy."""

from collections.abc import Mapping

from sandbox.control import ControlError


def read_object(body: object, known: tuple[str, ...]) -> dict[str, object]:
    """Return a JSON object with known fields only; raises ControlError otherwise."""
    if not isinstance(body, dict):
        remedy = f"Send an object with {', '.join(known)}"
        raise ControlError(field="body", problem="not a JSON object", remedy=remedy)
    for name in body:
        if name not in known:
            remedy = f"Known are {', '.join(known)}"
            raise ControlError(field=str(name), problem="unknown", remedy=remedy)
    return body


def read_choice(
    body: Mapping[str, object], name: str, allowed: tuple[str, ...], default: str | None = None
) -> str:
    """Return one of the allowed words; raises ControlError otherwise."""
    value = body.get(name, default)
    if not isinstance(value, str) or value not in allowed:
        remedy = f"Send one of {', '.join(allowed)}"
        raise ControlError(field=name, problem=f"not allowed: {value!r}", remedy=remedy)
    return value


def read_number(body: Mapping[str, object], name: str, default: float) -> float:
    """Return a number of 0 or more; raises ControlError otherwise."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        problem = f"not a number of 0 or more: {value!r}"
        raise ControlError(field=name, problem=problem, remedy="Send a number")
    return value

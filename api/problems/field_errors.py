"""Validation errors of the framework in our words: which field, what is wrong, what to do."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from domain.errors import FieldError

IDEMPOTENCY_HEADER: Final = "Idempotency-Key"

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("this field is missing", "send it"),
    "extra_forbidden": ("this field is unknown", "leave it out"),
    "int_type": ("this is not a whole number", "send a number such as 2, without quotes"),
    "int_from_float": ("this is not a whole number", "send a number such as 2"),
    "int_parsing": ("this is not a whole number", "send digits only, such as 2"),
    "int_parsing_size": ("this number is too large", "send a smaller one"),
    "int_overflow": ("this number is too large", "send a smaller one"),
    "finite_number": ("this is not a number", "send a number such as 2"),
    "string_type": ("this is not text", "send a JSON string"),
    "string_unicode": ("this text is not valid Unicode", "send well-formed characters"),
    "list_type": ("this is not a list", "send a JSON array"),
    "model_type": ("this is not an object", "send a JSON object"),
    "model_attributes_type": ("this is not an object", "send a JSON object"),
    "dict_type": ("this is not an object", "send a JSON object"),
    "bool_parsing": ("this is neither true nor false", "send true or false"),
    "datetime_from_date_parsing": ("this is not a time", "send one such as 2026-01-31T09:30:00Z"),
    "datetime_parsing": ("this is not a time", "send one such as 2026-01-31T09:30:00Z"),
    "timezone_aware": ("this time has no zone", "send one such as 2026-01-31T09:30:00Z"),
}
_BOUNDS: Final[Mapping[str, str]] = {
    "string_too_long": "send at most {max_length} characters",
    "string_too_short": "send at least {min_length} characters",
    "greater_than_equal": "send {ge} or more",
    "less_than_equal": "send {le} or less",
    "enum": "send one of {expected}",
    "literal_error": "send one of {expected}",
}


def field_errors(errors: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """Return the framework's errors with the client's own field paths."""
    return [_field_error(error) for error in errors]


def field_path(location: Sequence[str | int]) -> str:
    """Return `items[0].quantity` for `("body", "items", 0, "quantity")`."""
    path = ""
    for part in location[1:]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.removeprefix(".") or str(location[0] if location else "body")


def _field_error(error: Mapping[str, Any]) -> FieldError:
    kind, context = str(error["type"]), error.get("ctx", {})
    path = field_path(error["loc"])
    if kind in _WORDS:
        message, remedy = _WORDS[kind]
    elif kind in _BOUNDS:
        message, remedy = "this is out of range", _BOUNDS[kind].format_map(context)
    else:
        message, remedy = _own_words(error, context)
    return FieldError(field=path, message=message, remedy=remedy)


def _own_words(error: Mapping[str, Any], context: Mapping[str, Any]) -> tuple[str, str]:
    """Return the words of our own validators: `what is wrong; what to do`."""
    reason = str(context.get("error", error["msg"]))
    message, _, remedy = reason.partition("; ")
    return message, remedy or "see the schema in /openapi.json"

"""Readers of request fields; each refuses what Razorpay refuses."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sandbox.razorpay.api.errors import invalid_input

SMALLEST_PAISE = 100
MOST_NOTES = 15
LONGEST_NOTE = 256
DEFAULT_COUNT = 10
LARGEST_COUNT = 100
PAGE_FIELDS = ("from", "to", "count", "skip")

Fields = Mapping[str, object]


def refuse_unknown(given: Iterable[str], known: Collection[str]) -> None:
    """Refuse fields that the call does not know.

    Raises:
        ApiError: 400, naming them as Razorpay does.
    """
    unknown = [name for name in given if name not in known]
    if unknown:
        description = f"{', '.join(unknown)} is/are not required and should not be sent"
        raise invalid_input(description, unknown[0])


def amount_paise(fields: Fields, name: str = "amount") -> int:
    """Return a needed amount in paise, at least one rupee; raises ApiError otherwise."""
    value = _needed(fields, name)
    if isinstance(value, bool) or not isinstance(value, int):
        description = f"The {name} must be an integer."
        raise invalid_input(description, name)
    if value < SMALLEST_PAISE:
        description = f"The {name} must be at least INR 1.00"
        raise invalid_input(description, name)
    return value


def currency(fields: Fields) -> str:
    """Return the needed currency; this account takes INR only."""
    value = _needed(fields, "currency")
    if value != "INR":
        description = "The currency is not supported by this account"
        raise invalid_input(description, "currency")
    return "INR"


def text(fields: Fields, name: str, longest: int) -> str | None:
    """Return an optional text of limited length."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        description = f"The {name} must be a string."
        raise invalid_input(description, name)
    if len(value) > longest:
        description = f"The {name} may not be greater than {longest} characters."
        raise invalid_input(description, name)
    return value


def choice(fields: Fields, name: str, allowed: tuple[str, ...], default: str) -> str:
    """Return one of the allowed words."""
    value = fields.get(name)
    if value is None:
        return default
    if not isinstance(value, str) or value not in allowed:
        description = f"The selected {name} is invalid."
        raise invalid_input(description, name)
    return value


def notes(fields: Fields) -> dict[str, object]:
    """Return notes: at most 15 pairs of at most 256 characters; absent, null and `[]` are none."""
    value = fields.get("notes")
    if value is None or value == []:
        return {}
    if not isinstance(value, dict):
        description = "The notes must be an array."
        raise invalid_input(description, "notes")
    if len(value) > MOST_NOTES:
        description = f"Number of fields in notes should be less than or equal to {MOST_NOTES}"
        raise invalid_input(description, "notes")
    for note in value.values():
        if isinstance(note, dict | list) or len(str(note)) > LONGEST_NOTE:
            description = f"Each value in notes may not be greater than {LONGEST_NOTE} characters"
            raise invalid_input(description, "notes")
    return value


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Which part of a list is asked for; moments are unix seconds."""

    since: int | None = None
    until: int | None = None
    count: int = DEFAULT_COUNT
    skip: int = 0


def page(
    query: Iterable[tuple[str, str]], extra: Collection[str] = (), largest: int = LARGEST_COUNT
) -> Page:
    """Read the paging parameters of a list call; `extra` are the call's own parameters."""
    given = dict(query)
    refuse_unknown(given, (*PAGE_FIELDS, *extra))
    count = _whole(given, "count")
    if count is not None and count < 1:
        description = "The count must be at least 1."
        raise invalid_input(description, "count")
    if count is not None and count > largest:
        description = f"The count may not be greater than {largest}."
        raise invalid_input(description, "count")
    return Page(
        since=_whole(given, "from"),
        until=_whole(given, "to"),
        count=DEFAULT_COUNT if count is None else count,
        skip=_whole(given, "skip") or 0,
    )


class Listed(Protocol):
    """What a list call can show."""

    created_at: int

    def as_json(self) -> dict[str, object]:
        """Return the wire form."""


Item = TypeVar("Item", bound=Listed)


def select(items: Iterable[Item], wanted: Page) -> list[Item]:
    """Return the items of a page, newest first."""
    matching = [
        one
        for one in items
        if (wanted.since is None or one.created_at >= wanted.since)
        and (wanted.until is None or one.created_at <= wanted.until)
    ]
    # Sorted upwards, then turned: of two items of the same second the later one counts as newer.
    matching.sort(key=lambda one: one.created_at)
    matching.reverse()
    return matching[wanted.skip : wanted.skip + wanted.count]


def collection(items: Iterable[dict[str, object]]) -> dict[str, object]:
    """Return the envelope of a list answer."""
    listed = list(items)
    return {"entity": "collection", "count": len(listed), "items": listed}


def _needed(fields: Fields, name: str) -> object:
    value = fields.get(name)
    if value is None or value == "":
        description = f"The {name} field is required."
        raise invalid_input(description, name)
    return value


def _whole(given: Mapping[str, str], name: str) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal()):
        description = f"The {name} must be an integer."
        raise invalid_input(description, name)
    return int(value)

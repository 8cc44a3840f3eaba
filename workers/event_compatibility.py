"""Whether a changed event schema still keeps what its published version promised to readers.

Pure. A reader is written against the published schema: it must be able to read every event that
fits the current one, and must go on finding what it was promised.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from domain.event_schemas import VALUES, Schema
from domain.events import EventType

KEYWORDS = ("type", "format", "const", "minimum")
ADVICE = """\
Readers that were written against the published version would break. Either keep what it promises
(add a new optional field beside the old one), or publish a new version: raise the type's number in
SCHEMA_VERSIONS (domain/events.py), let domain/wire.py go on reading the old form, and run
`python -m workers.event_documents`. The published file stays as it is."""


class SchemaBroken(Exception):
    """A published version of event schemas would be broken; says what, and what to do."""


def check(published: Mapping[EventType, Schema], current: Mapping[EventType, Schema]) -> None:
    """Compare each type's current schema with the published one of the same version.

    Raises:
        SchemaBroken: lists every break of every type.
    """
    lines = [
        f"  {event_type}: {text}"
        for event_type, schema in published.items()
        for text in breaks(schema, current[event_type])
    ]
    if lines:
        unique = "\n".join(dict.fromkeys(lines))
        message = f"published event schemas would be broken:\n{unique}\n{ADVICE}"
        raise SchemaBroken(message)


def breaks(published: Schema, current: Schema) -> list[str]:
    """Return what a reader of the published schema would stumble over, one text per place."""
    return list(_Comparison(published, current).of(published, current, ""))


class _Comparison:
    def __init__(self, published: Schema, current: Schema) -> None:
        self._published = published
        self._current = current
        self._open: set[tuple[str, str]] = set()

    def of(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        references = (old.get("$ref", ""), new.get("$ref", ""))
        if references in self._open:  # a type that holds itself
            return
        if any(references):
            self._open.add(references)
        old, new = _resolved(old, self._published), _resolved(new, self._current)
        yield from _of_keywords(old, new, path or "the event")
        yield from self._of_properties(old, new, path)
        for keyword in ("items", "additionalProperties"):
            if isinstance(old.get(keyword), dict) and isinstance(new.get(keyword), dict):
                yield from self.of(old[keyword], new[keyword], f"{path}[]")
        self._open.discard(references)

    def _of_properties(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        promised = set(old.get("required", ())) - set(new.get("required", ()))
        for name, schema in old.get("properties", {}).items():
            where = f"{path}.{name}".lstrip(".")
            if name not in new.get("properties", {}):
                yield f"{where} is gone"
                continue
            if name in promised:
                yield f"{where} was always there and now may be absent"
            yield from self.of(schema, new["properties"][name], where)


def _of_keywords(old: Schema, new: Schema, where: str) -> Iterator[str]:
    for keyword in KEYWORDS:
        if keyword in old and old[keyword] != new.get(keyword):
            yield f"{where}: {keyword} was {old[keyword]!r} and now is {new.get(keyword)!r}"
    gone = [value for value in old.get(VALUES, ()) if value not in new.get(VALUES, ())]
    if gone:
        yield f"{where} no longer says {', '.join(map(repr, gone))}"


def _resolved(schema: Schema, document: Schema) -> Schema:
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return schema
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    resolved: Schema = found
    return resolved

"""Whether what is published fits the schema that it names, and says nothing beyond it."""

from functools import cache

from jsonschema import Draft7Validator

from domain.event_schemas import closed, schema_of
from domain.events import EventType, OrderEvent
from domain.wire import envelope


def check_form(event: OrderEvent) -> None:
    """Fail where an event breaks the contract that consumers rely on."""
    errors = [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message}"
        for error in _validator(event.type).iter_errors(envelope(event))
    ]
    assert not errors, f"{event.type} breaks its schema: {'; '.join(errors)}"


@cache
def _validator(event_type: EventType) -> Draft7Validator:
    return Draft7Validator(closed(schema_of(event_type)))

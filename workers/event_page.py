"""The page about events for people: types, fields, consumers and their promises.

Pure: `workers/event_documents.py` writes it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from consumers.contract import ALL, ConsumerContract
from domain.event_schemas import VALUES, Schema, schema_of
from domain.events import SUBJECTS, EventType, dataschema, topic

INTRODUCTION = """\
# Events

Generated from `domain/events.py` and the contracts in `consumers/` by
`python -m workers.event_documents`; do not edit.

Each transition of an order is published to SNS as a CloudEvents 1.0 JSON document, one topic per
type. Delivery is at least once and may be out of order; `sequence` counts from 1 without gaps per
order and epoch, so a reader can always tell what it has seen and what it lacks.

| field | meaning |
|---|---|
| `id` | `<order_id>:<epoch>:<sequence>`, the same for each publish of the same fact |
| `source` | `/orders` |
| `type` | one of the names below |
| `subject` | the order id |
| `time` | when it happened, UTC |
| `sequence`, `epoch` | its place in the order's log |
| `dataschema` | `/schemas/<type>/<version>`, the form of this event: [`schemas/`](schemas) |
| `data` | `status`, `payment_status`, `customer_id`, and the subject of the event, always whole |

SNS message attributes: `type`, `status`, `schema_version`. Subscriptions deliver raw.

For machines: [`asyncapi.json`](asyncapi.json) (AsyncAPI 3: topics, messages, queues, and each
consumer's promise as `x-idempotency`), and [Terraform](../deploy/terraform/events.tf.json) of the
same topics and queues.
"""

VERSIONS = """\
## When an event's form changes

A schema is open: readers pass over fields and values that they do not know. So an addition keeps
the version: a new field, a new value of a list of values, a field that now is always there. What a
reader relied on is a promise, and breaking it takes a new version: a field that goes, that may now
be absent, that changes its type or meaning, a value that is no longer used. `make test` compares
each schema with the published file of its version and says what broke and what to do:

1. raise the type's number in `SCHEMA_VERSIONS` (`domain/events.py`);
2. let `domain/wire.py` go on reading the old form, for the event log keeps it for ever;
3. `python -m workers.event_documents` adds the new file. The old one stays as it is;
4. deploy consumers before the order worker. One that does not know a version yet parks it or passes
   over it, as its contract says.
"""

ADDING = """\
## Adding a consumer

One new module in `consumers/` with a `CONTRACT` and a `build(ports)` that returns an object with
`handle(events)`. `orders provision` makes its queue, dead-letter queue and subscriptions,
`orders consumer NAME` runs it, and nothing else changes. The handler gets one order's events of a
batch, ascending and each once; returning acknowledges them, raising brings them back later. It must
not mind repeats, holes, or being called at the same time in another process.

With `ports.records` it needs no store of its own: the memory of an event and its effect are one
transaction. The conformance suite (`tests/consumers/test_conformance.py`) finds it by itself and
delivers its events in thirteen unkind ways; whatever it keeps in MongoDB has to come out the same.
A consumer whose effect lies elsewhere says how to read it: `read_effect(ports)` in its module.

## Dead letters

A message that cannot be read, or whose handler failed as often as the contract allows, ends in
`<queue>-dlq`, and its neighbours go on. What SNS could not put on the queue at all (no permission,
no queue) ends in `<queue>-undelivered`, with the reason in its attributes. `orders dlq
list|show|redrive|drop` looks after both. A redriven message that was handled already changes
nothing.

An event that comes before what it builds on is no dead letter: a handler that raises `NotYet` has
it parked in MongoDB (`parked_events`), and gets it again when its order moves, and from time to
time.
"""


def render(contracts: Mapping[str, ConsumerContract]) -> str:
    """Return the page as it should be."""
    return "\n".join(
        [
            INTRODUCTION,
            "## Types\n",
            *_table(("type", "topic", "carries", "schema", "heard by"), _types(contracts)),
            "",
            "## Consumers\n",
            *_table(("", *(f"`{name}`" for name in contracts)), _promises(contracts)),
            "",
            ADDING,
            "## Subjects\n",
            *_subjects(),
            VERSIONS.rstrip("\n"),
            "",
        ]
    )


def _types(contracts: Mapping[str, ConsumerContract]) -> Iterable[tuple[str, ...]]:
    for event_type in EventType:
        carries = ", ".join(f"`{name}`" for name in sorted(SUBJECTS[event_type]))
        heard_by = ", ".join(name for name, c in contracts.items() if event_type in c.types)
        path = dataschema(event_type).removeprefix("/")
        schema = f"[{path.rpartition('/')[2]}]({path}.json)"
        yield f"`{event_type}`", f"`{topic(event_type)}`", carries or "–", schema, heard_by or "–"


def _promises(contracts: Mapping[str, ConsumerContract]) -> Iterable[tuple[str, ...]]:
    columns = [_promise(contract) for contract in contracts.values()]
    for name in columns[0]:
        yield name, *(column[name] for column in columns)


def _promise(contract: ConsumerContract) -> dict[str, str]:
    memory = contract.idempotency
    slo = contract.staleness_slo_s
    return {
        "events": _wanted(contract),
        "queue": f"`{contract.queue}`",
        "dead-letter queue": f"`{contract.dlq}` after {contract.max_receive} deliveries",
        "undelivered": f"`{contract.undelivered}`" if contract.from_topics else "–",
        "a repeat is known by": memory.key,
        "within": memory.scope,
        "remembered in": memory.store,
        "for": "ever" if memory.window is None else str(memory.window),
        "memory and effect": memory.atomicity,
        "on a repeat": memory.on_duplicate,
        "on other content": memory.on_mismatch,
        "ordering": contract.ordering,
        "unknown types": contract.unknown_type,
        "visibility": f"{contract.visibility_s} s, extended while a handler runs",
        "replay-safe": "yes" if contract.replay_safe else "no",
        "at most behind": f"{slo:g} s (p99)" if slo is not None else "–",
    }


def _wanted(contract: ConsumerContract) -> str:
    if contract.types == ALL:
        return "all"
    return ", ".join(f"`{name}`" for name in sorted(contract.types)) or "none: not fed by topics"


def _subjects() -> Iterable[str]:
    """What the subjects consist of, each type once; optional fields are absent, never null."""
    definitions: dict[str, Schema] = {}
    for event_type in EventType:
        definitions |= schema_of(event_type)["definitions"]
    for name, schema in sorted(definitions.items()):
        yield f"### `{name}`\n"
        yield f"{schema['description']}\n"
        required = set(schema["required"])
        rows = (
            (f"`{field}`", _form(form), "always" if field in required else "if known")
            for field, form in schema["properties"].items()
        )
        yield from _table(("field", "is", "there"), rows)
        yield ""


def _form(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return f"`{schema['$ref'].rpartition('/')[2]}`"
    if VALUES in schema:
        return ", ".join(f"`{value}`" for value in schema[VALUES])
    if schema["type"] == "array":
        return f"list of {_form(schema['items'])}"
    if schema["type"] == "object":
        return f"map to {_form(schema['additionalProperties'])}"
    return str(schema.get("format", schema["type"]))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterable[str]:
    yield _row(head)
    yield _row(("---",) * len(head))
    yield from map(_row, rows)


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"

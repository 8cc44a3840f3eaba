"""Writes `docs/events.md` from the event table and the consumers' contracts.

`python -m workers.event_documents` renews the page; a test fails while it is stale.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from consumers.contract import ALL, ConsumerContract
from consumers.registry import discover
from domain.events import SCHEMA_VERSION, SUBJECTS, EventType, topic

PAGE = Path(__file__).resolve().parents[1] / "docs" / "events.md"

INTRODUCTION = f"""\
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
| `dataschema` | `/schemas/<type>/<version>`; this version is {SCHEMA_VERSION} |
| `data` | `status`, `payment_status`, `customer_id`, and the subject of the event, always whole |

SNS message attributes: `type`, `status`, `schema_version`. Subscriptions deliver raw.
"""

ADDING = """\
## Adding a consumer

One new module in `consumers/` with a `CONTRACT` and a `build(ports)` that returns an object with
`handle(events)`. `orders provision` makes its queue, dead-letter queue and subscriptions,
`orders consumer NAME` runs it, and nothing else changes. The handler gets one order's events of a
batch, ascending and each once; returning acknowledges them, raising brings them back later. It must
not mind repeats, holes, or being called at the same time in another process.

## Dead letters

A message that cannot be read, or whose handler failed as often as the contract allows, ends in
`<queue>-dlq`, and its neighbours go on. `orders dlq list|show|redrive|drop` looks after them. A
redriven message that was handled already changes nothing.
"""


def render() -> str:
    """Return the page as it should be."""
    contracts = {name: found.contract for name, found in discover().items()}
    return "\n".join(
        [
            INTRODUCTION,
            "## Types\n",
            *_table(("type", "topic", "carries", "heard by"), _types(contracts)),
            "",
            "## Consumers\n",
            *_table(("", *(f"`{name}`" for name in contracts)), _promises(contracts)),
            "",
            ADDING,
        ]
    )


def _types(contracts: Mapping[str, ConsumerContract]) -> Iterable[tuple[str, ...]]:
    for event_type in EventType:
        carries = ", ".join(f"`{name}`" for name in sorted(SUBJECTS[event_type]))
        heard_by = ", ".join(name for name, c in contracts.items() if event_type in c.types)
        yield f"`{event_type}`", f"`{topic(event_type)}`", carries or "–", heard_by or "–"


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


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterable[str]:
    yield _row(head)
    yield _row(("---",) * len(head))
    yield from map(_row, rows)


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")

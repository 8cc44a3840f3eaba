"""Writes `docs/order-status.md` from the tables of parcels and orders.

`python -m workers.status_document` renews the page; a test fails while it is stale.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from domain.shipment import FORWARD
from domain.status import ENDED_PARCELS, LIVE_PARCELS, TRANSITIONS

_State = TypeVar("_State", bound=StrEnum)

PAGE = Path(__file__).resolve().parents[1] / "docs" / "order-status.md"

INTRODUCTION = """\
# The states of an order

Generated from `domain/shipment.py` and `domain/status.py` by
`python -m workers.status_document`; do not edit.

Nothing sets an order's status: `derive_status` computes it from the payment, the parcels and the
marks of the order. With several parcels an order shows its least advanced live one.
"""

PARCELS = """\
## One parcel

A parcel moves only forward. A courier that skips scans is followed through the states between, one
event each (`path_to`); one that repeats itself changes nothing.
"""

ORDERS = """\
## The order

Every change that a customer can see. A test walks the lives of orders with up to three parcels and
finds exactly these. The least advanced parcel may leave the sum (it was lost, or came back), so
some steps exist that no single parcel could make.
"""

SHOWN = """\
## What an order shows

| the least advanced live parcel is | the order is |
|---|---|
"""

ENDED = """\

When no parcel is live, the first of these that applies:

| a parcel was | the order is |
|---|---|
"""


def render() -> str:
    """Return the page as it should be."""
    return "\n".join(
        [
            INTRODUCTION,
            PARCELS,
            _diagram(FORWARD),
            ORDERS,
            _diagram(TRANSITIONS),
            SHOWN + _rows(LIVE_PARCELS) + ENDED + _rows(ENDED_PARCELS),
        ]
    )


def _diagram(table: Mapping[_State, frozenset[_State]]) -> str:
    steps = list(table.items())
    lines = [f"    {first} --> {then}" for first, following in steps for then in sorted(following)]
    ends = [f"    {state} --> [*]" for state, following in steps if not following]
    begin = f"    [*] --> {next(iter(table))}"
    return "\n".join(["```mermaid", "stateDiagram-v2", begin, *lines, *ends, "```", ""])


def _rows(pairs: Iterable[tuple[StrEnum, StrEnum]]) -> str:
    return "".join(f"| `{parcel}` | `{order}` |\n" for parcel, order in pairs)


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")

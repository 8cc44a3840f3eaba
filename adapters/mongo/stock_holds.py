"""The document that says what an order has of the stock, and the movements that follow from it."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from adapters.mongo.connection import Document
from adapters.mongo.stock_ledger import Movement, MovementKind
from domain.catalogue import StockLevel
from domain.errors import ImpossibleStep
from domain.order import Allocation
from domain.wire import from_json


class HoldState(StrEnum):
    """What an order has of the stock."""

    HELD = "held"
    COMMITTED = "committed"
    RELEASED = "released"


def receipt(reference: str, level: StockLevel) -> Movement:
    """Return the movement of delivered units onto a shelf."""
    return Movement(
        order_id=reference,
        sku=level.sku,
        warehouse=level.warehouse,
        kind=MovementKind.RECEIVE,
        quantity=level.available,
    )


def shelf_of(level: StockLevel) -> tuple[str, str]:
    """Return the SKU and warehouse of a level."""
    return level.sku, level.warehouse


def first_answer(hold: Document) -> tuple[Allocation, ...]:
    """Return what the first hold answered.

    Raises:
        ImpossibleStep: the order's stock was released.
    """
    if hold["state"] == HoldState.RELEASED:
        message = f"the stock of order {hold['_id']} was released; it cannot be held again"
        raise ImpossibleStep(message)
    return allocations_of(hold)


def never_held(order_id: str) -> Document:
    """Return the document that keeps a late hold from taking anything."""
    return {
        "_id": order_id,
        "state": HoldState.RELEASED.value,
        "round": 0,
        "allocations": [],
        "held_at": None,
    }


def allocations_of(hold: Document) -> tuple[Allocation, ...]:
    """Return where the units of a hold come from."""
    return tuple(from_json(Allocation, each) for each in hold["allocations"])


def units_of(allocations: Iterable[Allocation]) -> Counter[tuple[str, str]]:
    """Count units per (SKU, warehouse)."""
    units: Counter[tuple[str, str]] = Counter()
    for allocation in allocations:
        for line in allocation.lines:
            units[line.sku, allocation.warehouse] += line.quantity
    return units


def round_of(hold: Document) -> Document:
    """Return the selector of the movements since the order was last held."""
    return {"order_id": hold["_id"], "round": hold["round"]}


def movements_of(
    hold: Document,
    kind: MovementKind,
    units: Counter[tuple[str, str]] | None = None,
    shipment: int = 0,
) -> list[Movement]:
    """Return movements of these units, or of all that was allocated."""
    wanted = units_of(allocations_of(hold)) if units is None else units
    return [
        Movement(
            order_id=hold["_id"],
            sku=sku,
            warehouse=warehouse,
            kind=kind,
            quantity=quantity,
            round=hold["round"],
            shipment=shipment,
        )
        for (sku, warehouse), quantity in wanted.items()
        if quantity
    ]

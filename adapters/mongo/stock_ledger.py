"""The stock documents and the ledger of movements that explains them.

A stock document (one per SKU and warehouse) counts `on_hand` and, of these, `held`. Each change of
it is a movement in the same transaction: at any moment the sums of the movements are the stock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from pymongo.errors import BulkWriteError

from adapters.mongo.connection import DUPLICATE_KEY, Collection, Database, Document, Session


class MovementKind(StrEnum):
    """Why stock changed."""

    RECEIVE = "receive"
    HOLD = "hold"
    RELEASE = "release"
    COMMIT = "commit"
    RETURN = "return"
    RESTOCK = "restock"


_EFFECTS: dict[MovementKind, tuple[int, int]] = {
    MovementKind.RECEIVE: (1, 0),
    MovementKind.HOLD: (0, 1),
    MovementKind.RELEASE: (0, -1),
    MovementKind.COMMIT: (-1, -1),
    MovementKind.RETURN: (1, 0),
    MovementKind.RESTOCK: (1, 0),
}
"""What one unit of each kind does to (on_hand, held)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """One change of one stock document. `round` counts an order's holds, `shipment` its parcels."""

    order_id: str
    sku: str
    warehouse: str
    kind: MovementKind
    quantity: int
    round: int = 1
    shipment: int = 0


class Short(Exception):
    """A shelf has too few free units for a hold; names the SKU."""

    def __init__(self, sku: str) -> None:
        super().__init__(sku)
        self.sku = sku


class Recorded(Exception):
    """One of the movements was made before; the transaction must be given up."""


class StockLedger:
    """Applies movements, always inside the caller's transaction."""

    def __init__(self, db: Database) -> None:
        """Write to this database."""
        self._stock: Collection = db["stock"]
        self._movements: Collection = db["stock_movements"]

    async def apply(self, movements: Sequence[Movement], session: Session) -> None:
        """Change the stock and record why.

        Shelves are touched in a fixed order, so that two orders never wait for one another.

        Raises:
            Short: a hold exceeds what is free; the transaction must be given up.
            Recorded: one of these movements was made before.
        """
        for movement in sorted(movements, key=_shelf):
            await self._change(movement, session)
        if not movements:
            return
        try:
            await self._movements.insert_many([_document(m) for m in movements], session=session)
        except BulkWriteError as error:
            codes = {each["code"] for each in error.details["writeErrors"]}
            if codes == {DUPLICATE_KEY}:
                raise Recorded from error
            raise

    async def _change(self, movement: Movement, session: Session) -> None:
        on_hand, held = (unit * movement.quantity for unit in _EFFECTS[movement.kind])
        selector: Document = {"_id": _shelf(movement)}
        if movement.kind is MovementKind.HOLD:
            free = {"$subtract": ["$on_hand", "$held"]}
            selector["$expr"] = {"$gte": [free, movement.quantity]}
        result = await self._stock.update_one(
            selector,
            {
                "$inc": {"on_hand": on_hand, "held": held},
                "$setOnInsert": {"sku": movement.sku, "warehouse": movement.warehouse},
            },
            upsert=movement.kind is MovementKind.RECEIVE,
            session=session,
        )
        if result.matched_count == 0 and result.upserted_id is None:
            raise Short(movement.sku)


def _shelf(movement: Movement) -> str:
    return f"{movement.sku}@{movement.warehouse}"


def _document(movement: Movement) -> Document:
    on_hand, held = (unit * movement.quantity for unit in _EFFECTS[movement.kind])
    return {
        "order_id": movement.order_id,
        "sku": movement.sku,
        "warehouse": movement.warehouse,
        "kind": movement.kind.value,
        "round": movement.round,
        "shipment": movement.shipment,
        "on_hand": on_hand,
        "held": held,
        "at": datetime.now(UTC),
    }

"""Stock of orders: held before payment, committed when it is sure, given back when it is not."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from pymongo.errors import DuplicateKeyError

from adapters.mongo.catalogue import read_level
from adapters.mongo.connection import Collection, Database, Document, Session, guarded
from adapters.mongo.stock_holds import (
    HoldState,
    allocations_of,
    first_answer,
    movements_of,
    never_held,
    receipt,
    round_of,
    shelf_of,
    units_of,
)
from adapters.mongo.stock_ledger import MovementKind, Recorded, Short, StockLedger
from adapters.mongo.transactions import in_transaction
from domain.allocation import allocate
from domain.cart import CartItem
from domain.catalogue import StockLevel
from domain.errors import ImpossibleStep, OutOfStock
from domain.order import Allocation
from domain.wire import to_json

TURNS: Final = 4
"""Transactions at a time per process: more of them only get in one another's way on a hot SKU."""


class MongoInventory:
    """Stock with no oversell: a shelf is changed only if it has enough. Implements `Inventory`.

    What an order has of the stock stands in `stock_holds`; each change of it writes that document,
    so two changes of one order never happen side by side.
    """

    def __init__(self, db: Database) -> None:
        """Write to this database, whose indexes exist."""
        self._db = db
        self._stock: Collection = db["stock"]
        self._warehouses: Collection = db["warehouses"]
        self._holds: Collection = db["stock_holds"]
        self._movements: Collection = db["stock_movements"]
        self._ledger = StockLedger(db)
        self._turns = asyncio.Semaphore(TURNS)
        self._pincodes: Mapping[str, str] = {}

    @guarded
    async def receive(self, reference: str, levels: Sequence[StockLevel]) -> None:
        """Put delivered units on shelves. Idempotent by reference, SKU and warehouse."""

        async def work(session: Session) -> None:
            key = {"order_id": reference, "kind": MovementKind.RECEIVE.value}
            booked = await self._movements.find(key, session=session).to_list(None)
            before = {(movement["sku"], movement["warehouse"]) for movement in booked}
            new = [receipt(reference, each) for each in levels if shelf_of(each) not in before]
            await self._ledger.apply(new, session)

        try:
            await in_transaction(self._db, work)
        except Recorded:  # somebody booked the same delivery in between
            await in_transaction(self._db, work)

    @guarded
    async def held_before(self, moment: datetime, limit: int) -> Sequence[str]:
        """Return orders whose stock has been held, and only held, since before this time."""
        forgotten = {"state": HoldState.HELD.value, "held_at": {"$lt": moment}}
        found = await self._holds.find(forgotten, {"_id": 1}).sort("held_at").to_list(limit)
        return [hold["_id"] for hold in found]

    @guarded
    async def hold(
        self, order_id: str, items: Sequence[CartItem], pincode: str
    ) -> tuple[Allocation, ...]:
        """Hold all lines or none, in as few warehouses as possible; return where from.

        Idempotent by order: a repeat returns the first allocation.

        Raises:
            OutOfStock: some lines are short; nothing is held.
            ImpossibleStep: the order's stock was released already.
        """
        while True:
            if found := await self._holds.find_one({"_id": order_id}):
                return first_answer(found)
            levels = await self._levels(item.sku for item in items)
            allocations = allocate(items, levels, await self._places(levels), pincode)
            try:
                await self._take(order_id, allocations)
            except (Short, Recorded, DuplicateKeyError):
                continue  # somebody took the units, or held for this order, since we looked
            return allocations

    @guarded
    async def commit(self, order_id: str) -> None:
        """Turn the hold into sold stock. Idempotent; a released order's stock is held again first.

        Raises:
            OutOfStock: the hold had been released and stock no longer allows it.
            ImpossibleStep: nothing was ever held for this order.
        """
        while True:
            try:
                async with self._turns:
                    await in_transaction(self._db, lambda session: self._commit(order_id, session))
            except Short:
                await self._refuse_short(order_id)
            else:
                return

    @guarded
    async def release(self, order_id: str) -> None:
        """Give back whatever the order has: its hold, or committed goods not yet restocked.

        Idempotent, also when it never happened; later holds then fail.
        """
        while True:
            try:
                async with self._turns:
                    await in_transaction(self._db, lambda session: self._release(order_id, session))
            except DuplicateKeyError:
                continue  # a hold came in between
            return

    @guarded
    async def restock(self, order_id: str, shipment: int, allocation: Allocation) -> None:
        """Put a parcel's committed goods back on the shelf. Idempotent by order and shipment.

        Raises:
            ImpossibleStep: the order was never committed, or has less of these goods.
        """
        async with self._turns:
            await in_transaction(
                self._db, lambda session: self._restock(order_id, shipment, allocation, session)
            )

    async def _levels(self, skus: Iterable[str]) -> list[StockLevel]:
        found = await self._stock.find({"sku": {"$in": list(skus)}}).to_list(None)
        return [read_level(document) for document in found]

    async def _places(self, levels: Iterable[StockLevel]) -> Mapping[str, str]:
        """Return each warehouse's PIN code; read again when a new warehouse appears."""
        if not {level.warehouse for level in levels} <= self._pincodes.keys():
            found = await self._warehouses.find().to_list(None)
            self._pincodes = {document["_id"]: document["pincode"] for document in found}
        return self._pincodes

    async def _take(self, order_id: str, allocations: tuple[Allocation, ...]) -> None:
        hold = {
            "_id": order_id,
            "state": HoldState.HELD.value,
            "round": 1,
            "allocations": to_json(allocations),
            "held_at": datetime.now(UTC),
        }
        movements = movements_of(hold, MovementKind.HOLD)

        async def work(session: Session) -> None:
            await self._ledger.apply(movements, session)
            await self._holds.insert_one(hold, session=session)

        async with self._turns:
            await in_transaction(self._db, work)

    async def _commit(self, order_id: str, session: Session) -> None:
        hold = await self._holds.find_one({"_id": order_id}, session=session)
        if hold is None or not hold["allocations"]:
            message = f"nothing was ever held for order {order_id}"
            raise ImpossibleStep(message)
        if hold["state"] == HoldState.COMMITTED:
            return
        if hold["state"] == HoldState.RELEASED:
            hold["round"] += 1
            await self._ledger.apply(movements_of(hold, MovementKind.HOLD), session)
        await self._ledger.apply(movements_of(hold, MovementKind.COMMIT), session)
        await self._turn(hold, HoldState.COMMITTED, session)

    async def _refuse_short(self, order_id: str) -> None:
        """Name the SKUs that keep a released order from being held again; none if they are back."""
        hold = await self._holds.find_one({"_id": order_id}) or {"allocations": []}
        wanted = units_of(allocations_of(hold))
        levels = await self._levels(sku for sku, _ in wanted)
        free = {(level.sku, level.warehouse): level.available for level in levels}
        short = sorted({place[0] for place, units in wanted.items() if free[place] < units})
        if short:
            raise OutOfStock(short)

    async def _release(self, order_id: str, session: Session) -> None:
        hold = await self._holds.find_one({"_id": order_id}, session=session)
        if hold is None:
            await self._holds.insert_one(never_held(order_id), session=session)
            return
        if hold["state"] == HoldState.RELEASED:
            return
        if hold["state"] == HoldState.HELD:
            await self._ledger.apply(movements_of(hold, MovementKind.RELEASE), session)
        else:
            left = await self._left(hold, session)
            await self._ledger.apply(movements_of(hold, MovementKind.RETURN, left), session)
        await self._turn(hold, HoldState.RELEASED, session)

    async def _restock(
        self, order_id: str, shipment: int, allocation: Allocation, session: Session
    ) -> None:
        hold = await self._holds.find_one({"_id": order_id}, session=session)
        if hold is None or hold["state"] == HoldState.HELD:
            message = f"order {order_id} has no committed stock to put back"
            raise ImpossibleStep(message)
        if hold["state"] == HoldState.RELEASED or await self._restocked(hold, shipment, session):
            return
        units = units_of([allocation])
        if units - await self._left(hold, session):
            message = f"order {order_id} has less of parcel {shipment} than is to be put back"
            raise ImpossibleStep(message)
        movements = movements_of(hold, MovementKind.RESTOCK, units, shipment)
        await self._ledger.apply(movements, session)
        await self._turn(hold, HoldState.COMMITTED, session)

    async def _restocked(self, hold: Document, shipment: int, session: Session) -> bool:
        key = {**round_of(hold), "kind": MovementKind.RESTOCK.value, "shipment": shipment}
        return await self._movements.find_one(key, session=session) is not None

    async def _left(self, hold: Document, session: Session) -> Counter[tuple[str, str]]:
        """Return the committed units that have not been put back yet."""
        left = units_of(allocations_of(hold))
        key = {**round_of(hold), "kind": MovementKind.RESTOCK.value}
        for movement in await self._movements.find(key, session=session).to_list(None):
            left[movement["sku"], movement["warehouse"]] -= movement["on_hand"]
        return left

    async def _turn(self, hold: Document, stage: HoldState, session: Session) -> None:
        """Write the hold, also if only its goods changed: concurrent changes then conflict."""
        await self._holds.update_one(
            {"_id": hold["_id"]},
            {"$set": {"state": stage.value, "round": hold["round"]}, "$inc": {"version": 1}},
            session=session,
        )

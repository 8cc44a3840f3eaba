import asyncio
import random
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.mongo.catalogue import MongoCatalogue
from adapters.mongo.connection import Database
from adapters.mongo.inventory import MongoInventory
from adapters.mongo.seeding import seed_catalogue
from domain.cart import CartItem
from domain.catalogue import StockLevel
from domain.errors import ImpossibleStep, OutOfStock
from domain.order import Allocation
from domain.shipment import ShipmentLine
from tests.fakes.stock import FakeCatalogue, FakeInventory, Shop

PUNE = "411045"
MYSURU = "570001"


def delivery(sku: str, **units: int) -> list[StockLevel]:
    return [
        StockLevel(sku=sku, warehouse=code, available=quantity) for code, quantity in units.items()
    ]


class Warehouses:
    """The inventory under test, with a few shelves of its own."""

    def __init__(self, inventory: Any, catalogue: Any) -> None:
        self.inventory = inventory
        self.catalogue = catalogue

    async def fill(self, sku: str, **units: int) -> None:
        await self.inventory.receive("delivery-1", delivery(sku, **units))

    async def free(self, *skus: str) -> dict[tuple[str, str], int]:
        levels = await self.catalogue.stock(skus)
        return {(level.sku, level.warehouse): level.available for level in levels}


@pytest.fixture
async def shop(database: Database | None) -> Warehouses:
    if database is None:
        empty = Shop(stock=())
        return Warehouses(FakeInventory(empty), FakeCatalogue(empty))
    for rank, (code, pincode) in enumerate(
        {"PNQ": "411001", "BLR": "560001", "DEL": "110001"}.items()
    ):
        await database["warehouses"].insert_one({"_id": code, "pincode": pincode, "rank": rank})
    return Warehouses(MongoInventory(database), MongoCatalogue(database))


def order_id() -> str:
    return f"ord_{secrets.token_hex(10)}"


def items(**quantities: int) -> Sequence[CartItem]:
    return tuple(CartItem(sku=sku, quantity=quantity) for sku, quantity in quantities.items())


def part(warehouse: str, **quantities: int) -> Allocation:
    lines = tuple(ShipmentLine(sku=sku, quantity=n) for sku, n in quantities.items())
    return Allocation(warehouse=warehouse, lines=lines)


async def test_a_hold_takes_units_out_of_sale_in_the_nearest_warehouse(shop: Warehouses) -> None:
    await shop.fill("TEE", PNQ=5, BLR=5)
    assert await shop.inventory.hold(order_id(), items(TEE=2), PUNE) == (part("PNQ", TEE=2),)
    assert await shop.free("TEE") == {("TEE", "PNQ"): 3, ("TEE", "BLR"): 5}


async def test_a_repeated_hold_returns_the_first_allocation_and_takes_nothing(
    shop: Warehouses,
) -> None:
    await shop.fill("TEE", PNQ=5, BLR=5)
    order = order_id()
    first = await shop.inventory.hold(order, items(TEE=4), PUNE)
    assert await shop.inventory.hold(order, items(TEE=4), PUNE) == first
    assert await shop.free("TEE") == {("TEE", "PNQ"): 1, ("TEE", "BLR"): 5}


async def test_concurrent_repeats_of_a_hold_take_the_units_once(shop: Warehouses) -> None:
    await shop.fill("TEE", PNQ=50)
    order = order_id()
    answers = await asyncio.gather(
        *(shop.inventory.hold(order, items(TEE=4), PUNE) for _ in range(8))
    )
    assert answers == [(part("PNQ", TEE=4),)] * 8
    assert await shop.free("TEE") == {("TEE", "PNQ"): 46}


async def test_nothing_is_held_when_one_line_is_short(shop: Warehouses) -> None:
    await shop.fill("TEE", PNQ=5)
    await shop.fill("MUG", PNQ=1, BLR=1)
    with pytest.raises(OutOfStock) as refused:
        await shop.inventory.hold(order_id(), items(TEE=2, MUG=3, PEN=1), PUNE)
    assert refused.value.skus == ("MUG", "PEN")
    assert set((await shop.free("TEE", "MUG")).values()) == {5, 1}


async def test_a_short_order_can_be_held_once_goods_have_arrived(shop: Warehouses) -> None:
    order = order_id()
    with pytest.raises(OutOfStock):
        await shop.inventory.hold(order, items(TEE=1), PUNE)
    await shop.fill("TEE", BLR=1)
    assert await shop.inventory.hold(order, items(TEE=1), PUNE) == (part("BLR", TEE=1),)


async def test_committed_units_are_gone_for_good(shop: Warehouses) -> None:
    await shop.fill("TEE", PNQ=5)
    order = order_id()
    await shop.inventory.hold(order, items(TEE=2), PUNE)
    await shop.inventory.commit(order)
    await shop.inventory.commit(order)
    assert await shop.free("TEE") == {("TEE", "PNQ"): 3}
    assert await shop.inventory.hold(order, items(TEE=2), PUNE) == (part("PNQ", TEE=2),)


async def test_an_order_that_never_held_cannot_be_committed(shop: Warehouses) -> None:
    with pytest.raises(ImpossibleStep, match="ever held"):
        await shop.inventory.commit(order_id())


async def test_released_units_are_on_sale_again_once(shop: Warehouses) -> None:
    await shop.fill("TEE", PNQ=5)
    order = order_id()
    await shop.inventory.hold(order, items(TEE=2), PUNE)
    await shop.inventory.release(order)
    await shop.inventory.release(order)
    assert await shop.free("TEE") == {("TEE", "PNQ"): 5}


@pytest.mark.parametrize("held_before", [True, False])
async def test_a_late_hold_after_the_release_takes_nothing(
    shop: Warehouses, *, held_before: bool
) -> None:
    await shop.fill("TEE", PNQ=5)
    order = order_id()
    if held_before:
        await shop.inventory.hold(order, items(TEE=2), PUNE)
    await shop.inventory.release(order)
    with pytest.raises(ImpossibleStep, match="released"):
        await shop.inventory.hold(order, items(TEE=2), PUNE)
    assert await shop.free("TEE") == {("TEE", "PNQ"): 5}


async def test_a_hold_racing_its_release_leaves_nothing_held(shop: Warehouses) -> None:
    await shop.fill("TEE", PNQ=50)
    orders = [order_id() for _ in range(10)]
    holds = [shop.inventory.hold(order, items(TEE=1), PUNE) for order in orders]
    releases = [shop.inventory.release(order) for order in orders]
    answers = await asyncio.gather(*holds, *releases, return_exceptions=True)
    unexpected = [a for a in answers if isinstance(a, Exception)]
    assert all(isinstance(each, ImpossibleStep) for each in unexpected)
    assert await shop.free("TEE") == {("TEE", "PNQ"): 50}


async def test_a_commit_after_the_release_holds_the_same_units_again(shop: Warehouses) -> None:
    await shop.fill("TEE", PNQ=5)
    order = order_id()
    for _ in range(2):
        await _try_hold(shop, order)
        await shop.inventory.release(order)
        await shop.inventory.commit(order)
        assert await shop.free("TEE") == {("TEE", "PNQ"): 3}


async def _try_hold(shop: Warehouses, order: str) -> None:
    assert await shop.inventory.hold(order, items(TEE=2), PUNE) == (part("PNQ", TEE=2),)


async def test_a_commit_after_the_release_fails_when_the_units_are_sold(shop: Warehouses) -> None:
    await shop.fill("TEE", PNQ=2)
    await shop.fill("MUG", PNQ=9)
    late, quick = order_id(), order_id()
    await shop.inventory.hold(late, items(TEE=2, MUG=1), PUNE)
    await shop.inventory.release(late)
    await shop.inventory.hold(quick, items(TEE=1), PUNE)
    with pytest.raises(OutOfStock) as refused:
        await shop.inventory.commit(late)
    assert refused.value.skus == ("TEE",)
    assert await shop.free("TEE", "MUG") == {("TEE", "PNQ"): 1, ("MUG", "PNQ"): 9}


async def test_the_release_of_a_commit_whose_answer_was_lost_gives_the_goods_back(
    shop: Warehouses,
) -> None:
    await shop.fill("TEE", PNQ=5)
    order = order_id()
    await shop.inventory.hold(order, items(TEE=2), PUNE)
    await shop.inventory.commit(order)
    await shop.inventory.release(order)
    assert await shop.free("TEE") == {("TEE", "PNQ"): 5}


async def test_each_parcel_goes_back_on_its_shelf_once(shop: Warehouses) -> None:
    await shop.fill("TEE", PNQ=5)
    await shop.fill("SAREE", BLR=5)
    order = order_id()
    parcels = await shop.inventory.hold(order, items(TEE=2, SAREE=1), PUNE)
    await shop.inventory.commit(order)
    await shop.inventory.restock(order, 1, parcels[0])
    await shop.inventory.restock(order, 1, parcels[0])
    assert await shop.free("TEE", "SAREE") == {("TEE", "PNQ"): 5, ("SAREE", "BLR"): 4}
    await shop.inventory.restock(order, 2, parcels[1])
    await shop.inventory.release(order)
    assert await shop.free("TEE", "SAREE") == {("TEE", "PNQ"): 5, ("SAREE", "BLR"): 5}


async def test_of_a_cut_parcel_the_cut_goes_back_first_and_the_rest_under_its_own_number(
    shop: Warehouses,
) -> None:
    await shop.fill("TEE", PNQ=9)
    order = order_id()
    (parcel,) = await shop.inventory.hold(order, items(TEE=5), PUNE)
    await shop.inventory.commit(order)
    for number, units, free in ((1, 2, 6), (2, 1, 7), (3, 2, 9)):
        for _ in range(2):
            await shop.inventory.restock(order, number, part(parcel.warehouse, TEE=units))
            assert await shop.free("TEE") == {("TEE", "PNQ"): free}
    with pytest.raises(ImpossibleStep, match="less of parcel 4"):
        await shop.inventory.restock(order, 4, part(parcel.warehouse, TEE=1))


async def test_cuts_side_by_side_each_go_back_once(shop: Warehouses) -> None:
    await shop.fill("TEE", PNQ=6)
    order = order_id()
    (parcel,) = await shop.inventory.hold(order, items(TEE=6), PUNE)
    await shop.inventory.commit(order)
    cuts = [(number, part(parcel.warehouse, TEE=1)) for number in (1, 2, 3)] * 2
    await asyncio.gather(*(shop.inventory.restock(order, n, cut) for n, cut in cuts))
    assert await shop.free("TEE") == {("TEE", "PNQ"): 3}


async def test_no_more_goes_back_than_was_sold(shop: Warehouses) -> None:
    await shop.fill("TEE", PNQ=5)
    order = order_id()
    (parcel,) = await shop.inventory.hold(order, items(TEE=2), PUNE)
    with pytest.raises(ImpossibleStep, match="no committed stock"):
        await shop.inventory.restock(order, 1, parcel)
    await shop.inventory.commit(order)
    await shop.inventory.restock(order, 1, parcel)
    with pytest.raises(ImpossibleStep, match="less of parcel 2"):
        await shop.inventory.restock(order, 2, parcel)
    assert await shop.free("TEE") == {("TEE", "PNQ"): 5}


async def test_a_delivery_is_received_once(shop: Warehouses) -> None:
    await shop.fill("TEE", PNQ=5)
    await shop.fill("TEE", PNQ=5)
    assert await shop.free("TEE") == {("TEE", "PNQ"): 5}


async def test_two_hundred_buyers_of_one_hundred_units_buy_exactly_one_hundred(
    shop: Warehouses,
) -> None:
    await shop.fill("HOT", PNQ=60, BLR=40)
    began = time.monotonic()
    answers = await asyncio.gather(
        *(shop.inventory.hold(order_id(), items(HOT=1), MYSURU) for _ in range(200)),
        return_exceptions=True,
    )
    took_s = time.monotonic() - began
    refused = [a.skus for a in answers if isinstance(a, OutOfStock)]
    assert (len(refused), set(refused)) == (100, {("HOT",)})
    assert Counter(a[0].warehouse for a in answers if isinstance(a, tuple)) == {
        "PNQ": 60,
        "BLR": 40,
    }
    assert set((await shop.free("HOT")).values()) == {0}
    assert took_s < 20


async def test_two_processes_with_one_hot_sku_do_not_oversell(mongo_database: Database) -> None:
    await mongo_database["warehouses"].insert_one({"_id": "PNQ", "pincode": "411001"})
    one, other = MongoInventory(mongo_database), MongoInventory(mongo_database)
    await one.receive("delivery-1", delivery("HOT", PNQ=10))
    answers = await asyncio.gather(
        *(each.hold(order_id(), items(HOT=1), PUNE) for each in (one, other) * 10),
        return_exceptions=True,
    )
    assert sum(isinstance(a, tuple) for a in answers) == 10
    assert sum(isinstance(a, OutOfStock) for a in answers) == 10


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_the_movements_sum_to_the_stock(
    mongo_database: Database, seed: int
) -> None:
    await seed_catalogue(mongo_database)
    inventory = MongoInventory(mongo_database)
    await inventory.receive("delivery-1", delivery("HOT", PNQ=6, BLR=6))
    dice = random.Random(seed)
    orders = [order_id() for _ in range(5)]

    async def step() -> None:
        order = dice.choice(orders)
        quantity = 1 + orders.index(order)
        action = dice.choice(("hold", "hold", "commit", "release", "restock"))
        try:
            if action == "hold":
                await inventory.hold(order, items(HOT=quantity), PUNE)
            elif action == "restock":
                await inventory.restock(order, 1, part("PNQ", HOT=1))
            else:
                await getattr(inventory, action)(order)
        except (OutOfStock, ImpossibleStep):
            return

    for _ in range(6):
        await asyncio.gather(*(step() for _ in range(6)))
    assert await booked(mongo_database) == await counted(mongo_database)


async def booked(db: Database) -> dict[str, tuple[int, int]]:
    """Sum the movements of each shelf: (on hand, held)."""
    sums: dict[str, tuple[int, int]] = {}
    for movement in await db["stock_movements"].find().to_list(None):
        shelf = f"{movement['sku']}@{movement['warehouse']}"
        on_hand, held = sums.get(shelf, (0, 0))
        sums[shelf] = (on_hand + movement["on_hand"], held + movement["held"])
    return sums


async def counted(db: Database) -> dict[str, tuple[int, int]]:
    """Read each shelf, which can never be overdrawn."""
    shelves = await db["stock"].find().to_list(None)
    assert all(0 <= shelf["held"] <= shelf["on_hand"] for shelf in shelves)
    return {shelf["_id"]: (shelf["on_hand"], shelf["held"]) for shelf in shelves}


async def test_only_old_holds_that_were_neither_sold_nor_released_are_forgotten(
    shop: Warehouses,
) -> None:
    await shop.fill("TEE", PNQ=10)
    forgotten, sold, released = order_id(), order_id(), order_id()
    for order in (forgotten, sold, released):
        await shop.inventory.hold(order, [CartItem(sku="TEE", quantity=1)], PUNE)
    await shop.inventory.commit(sold)
    await shop.inventory.release(released)

    soon, now = datetime.now(UTC) + timedelta(minutes=1), datetime.now(UTC) - timedelta(hours=1)
    assert await shop.inventory.held_before(soon, 10) == [forgotten]
    assert await shop.inventory.held_before(now, 10) == []

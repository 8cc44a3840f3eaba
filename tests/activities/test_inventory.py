from dataclasses import replace

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.inventory import (
    HoldStockInput,
    InventoryActivities,
    OrderReference,
    RedeemCouponInput,
    RestockInput,
    RestoreCouponInput,
)
from domain.cart import CartItem
from tests.domain.orders import NOON, ORDER_ID
from tests.fakes.stock import FakeCoupons, FakeInventory, Shop

SKU = "TEE-BLK-M"
ORDER = OrderReference(order_id=ORDER_ID)
RESTORE = RestoreCouponInput(order_id=ORDER_ID)
REDEEM = RedeemCouponInput(order_id=ORDER_ID, code="WELCOME10", discount_paise=1_000, at=NOON)


class Counter:
    """The activities of a shop with a few T-shirts in one warehouse."""

    def __init__(self) -> None:
        self.shop = Shop()
        self.shop.on_hand.clear()
        self.shop.on_hand[SKU, "PNQ"] = 5
        activities = InventoryActivities(FakeInventory(self.shop), FakeCoupons(self.shop))
        self.activities = activities

    @property
    def free(self) -> int:
        return self.shop.levels([SKU])[0].available

    @property
    def granted(self) -> int:
        return self.shop.coupons["WELCOME10"].granted_paise


def hold(quantity: int) -> HoldStockInput:
    items = (CartItem(sku=SKU, quantity=quantity),)
    return HoldStockInput(order_id=ORDER_ID, items=items, pincode="411001")


async def test_stock_is_held_once_and_a_repeat_gets_the_same_answer() -> None:
    counter = Counter()
    first = await ActivityEnvironment().run(counter.activities.hold_stock, hold(2))
    again = await ActivityEnvironment().run(counter.activities.hold_stock, hold(2))
    assert first == again
    assert [(a.warehouse, a.lines[0].quantity) for a in first.allocations] == [("PNQ", 2)]
    assert counter.free == 3


async def test_a_short_shelf_holds_nothing_and_names_the_line() -> None:
    counter = Counter()
    with pytest.raises(ApplicationError) as refused:
        await ActivityEnvironment().run(counter.activities.hold_stock, hold(6))
    assert (refused.value.type, refused.value.details) == ("OutOfStock", ([SKU],))
    assert counter.free == 5


async def test_every_undo_tolerates_that_its_step_never_happened() -> None:
    counter = Counter()
    await ActivityEnvironment().run(counter.activities.release_stock, ORDER)
    await ActivityEnvironment().run(counter.activities.restore_coupon, RESTORE)
    assert (counter.free, counter.granted) == (5, 0)


async def test_what_is_sold_comes_back_parcel_by_parcel_and_once() -> None:
    counter = Counter()
    held = await ActivityEnvironment().run(counter.activities.hold_stock, hold(2))
    await ActivityEnvironment().run(counter.activities.commit_stock, ORDER)
    request = RestockInput(order_id=ORDER_ID, shipment=1, allocation=held.allocations[0])
    assert counter.free == 3
    for _ in range(2):
        await ActivityEnvironment().run(counter.activities.restock, request)
        assert counter.free == 5


async def test_a_revived_order_takes_its_discount_anew_and_an_old_repeat_takes_nothing() -> None:
    counter = Counter()
    await ActivityEnvironment().run(counter.activities.redeem_coupon, REDEEM)
    await ActivityEnvironment().run(counter.activities.restore_coupon, RESTORE)
    second = replace(REDEEM, life=2)
    for request in (second, second, REDEEM):
        await ActivityEnvironment().run(counter.activities.redeem_coupon, request)
    await ActivityEnvironment().run(counter.activities.restore_coupon, RESTORE)
    assert counter.granted == 1_000
    await ActivityEnvironment().run(
        counter.activities.restore_coupon, RestoreCouponInput(order_id=ORDER_ID, life=2)
    )
    assert counter.granted == 0


async def test_a_discount_is_taken_once_and_given_back_once() -> None:
    counter = Counter()
    for _ in range(2):
        await ActivityEnvironment().run(counter.activities.redeem_coupon, REDEEM)
        assert counter.granted == 1_000
    for _ in range(2):
        await ActivityEnvironment().run(counter.activities.restore_coupon, RESTORE)
        assert counter.granted == 0

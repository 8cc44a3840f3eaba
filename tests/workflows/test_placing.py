from dataclasses import replace

import pytest

from domain.catalogue import StockLevel
from domain.errors import CommandRefused, OrderNotFound, PaymentGatewayUnavailable
from domain.events import EventType
from domain.messages import CancelOrder
from domain.status import OrderStatus
from tests.workflows.house import House


def _scarce(house: House, sku: str, units: int) -> None:
    for key in [key for key in house.shop.on_hand if key[0] == sku]:
        house.shop.on_hand[key] = 0
    house.shop.on_hand[sku, "PNQ"] = units


async def test_an_order_without_stock_is_refused_and_was_never_there(house: House) -> None:
    _scarce(house, "TEE-BLK-M", 1)
    before = house.free_units()
    answer, handle = await house.check_out(await house.placement(("TEE-BLK-M", 2)))

    assert answer.refusal is not None
    assert answer.refusal.type == "OutOfStock"
    assert answer.refusal.skus == ("TEE-BLK-M",)
    assert await handle.result() is None
    assert house.published() == []
    assert house.free_units() == before
    assert house.gateway.orders == {}


async def test_a_refused_checkout_repeats_its_answer_after_the_run_has_ended(house: House) -> None:
    _scarce(house, "TEE-BLK-M", 0)
    placement = await house.placement()
    first, handle = await house.check_out(placement)
    await handle.result()

    _scarce(house, "TEE-BLK-M", 50)
    again, _ = await house.check_out(placement)

    assert again == first


async def test_a_used_up_coupon_refuses_the_order_and_gives_the_stock_back(house: House) -> None:
    placement = await house.placement(coupon="WELCOME10")
    coupon = house.shop.coupons["WELCOME10"]
    house.shop.coupons["WELCOME10"] = replace(coupon, granted_paise=coupon.budget_paise)
    before = house.free_units()

    answer, handle = await house.check_out(placement)

    assert answer.refusal is not None
    assert answer.refusal.type == "CouponRefused"
    assert await handle.result() is None
    assert house.free_units() == before


async def test_a_checkout_repeated_while_the_order_lives_gets_the_same_answer(
    house: House,
) -> None:
    placement = await house.placement()
    first, _ = await house.check_out(placement)
    again, _ = await house.check_out(placement)
    assert again == first
    assert len(house.gateway.called("create_order")) == 1


async def test_razorpay_away_for_a_while_only_delays_the_answer(house: House) -> None:
    house.gateway.fail("create_order", PaymentGatewayUnavailable("away"), times=2)
    answer, _ = await house.check_out(await house.placement())
    assert answer.payment is not None
    assert len(house.gateway.called("create_order")) == 3


async def test_a_lost_answer_of_razorpay_creates_no_second_order(house: House) -> None:
    house.gateway.lose_answer("create_order", PaymentGatewayUnavailable("lost"))
    answer, _ = await house.check_out(await house.placement())
    assert answer.payment is not None
    assert len(house.gateway.orders) == 1


async def test_cancelling_before_payment_gives_stock_and_coupon_back(house: House) -> None:
    before = house.free_units()
    placement = await house.placement(coupon="WELCOME10")
    answer, _ = await house.check_out(placement)
    assert house.free_units() != before

    cancelled = await house.orders.cancel(
        answer.order_id, CancelOrder(reason="changed my mind", by="customer"), "k1"
    )

    assert cancelled.status is OrderStatus.CANCELLED
    await house.until_event(answer.order_id, EventType.ORDER_CANCELLED)
    await house.until_free(before)
    assert house.shop.coupons["WELCOME10"].granted_paise == 0


async def test_a_cancelled_order_cannot_be_cancelled_again(house: House) -> None:
    answer, _ = await house.check_out(await house.placement())
    command = CancelOrder(reason="changed my mind", by="customer")
    await house.orders.cancel(answer.order_id, command, "k1")
    repeated = await house.orders.cancel(answer.order_id, command, "k1")
    assert repeated.status is OrderStatus.CANCELLED
    with pytest.raises(CommandRefused, match="cancelled already"):
        await house.orders.cancel(answer.order_id, command, "k2")


async def test_an_unknown_order_answers_nothing(house: House) -> None:
    with pytest.raises(OrderNotFound):
        await house.orders.status("ord_aaaaaaaaaaaaaaaaaaaa")
    with pytest.raises(OrderNotFound):
        await house.orders.events_since("ord_aaaaaaaaaaaaaaaaaaaa", 0)


async def test_a_cart_from_two_warehouses_is_allocated_to_two_parcels(house: House) -> None:
    house.shop.on_hand.clear()
    for level in (
        StockLevel(sku="TEE-BLK-M", warehouse="PNQ", available=5),
        StockLevel(sku="BOTTLE-CU-1L", warehouse="BLR", available=5),
    ):
        house.shop.on_hand[level.sku, level.warehouse] = level.available
    answer, _ = await house.check_out(await house.placement(("TEE-BLK-M", 1), ("BOTTLE-CU-1L", 1)))
    await house.pay(answer)
    await house.until_event(answer.order_id, EventType.DELIVERY_PACKED, times=2)
    warehouses = {r["request"].warehouse.code for r in house.courier.called("book")}
    assert warehouses == {"PNQ", "BLR"}

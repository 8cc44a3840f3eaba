import asyncio
import secrets
from datetime import UTC, date, datetime
from typing import Any

import pytest

from adapters.mongo.catalogue import MongoCatalogue
from adapters.mongo.connection import Database
from adapters.mongo.coupons import MongoCoupons
from adapters.mongo.seeding import seed_catalogue
from domain.errors import CouponRefused, ImpossibleStep
from tests.fakes.stock import FakeCatalogue, FakeCoupons, Shop

TODAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
BUDGET = 50_000_00


class Till:
    def __init__(self, coupons: Any, catalogue: Any) -> None:
        self.coupons = coupons
        self.catalogue = catalogue

    async def granted(self, code: str = "WELCOME10") -> int:
        coupon = (await self.catalogue.snapshot([], code)).coupon
        return int(coupon.granted_paise)


@pytest.fixture
async def till(database: Database | None) -> Till:
    if database is None:
        shop = Shop()
        return Till(FakeCoupons(shop), FakeCatalogue(shop))
    await seed_catalogue(database)
    return Till(MongoCoupons(database), MongoCatalogue(database))


def order_id() -> str:
    return f"ord_{secrets.token_hex(10)}"


async def test_a_discount_is_taken_once_per_order(till: Till) -> None:
    order = order_id()
    await till.coupons.redeem(order, "WELCOME10", 500, TODAY)
    await till.coupons.redeem(order, "WELCOME10", 500, TODAY)
    await till.coupons.redeem(order_id(), "WELCOME10", 70, TODAY)
    assert await till.granted() == 570


async def test_a_discount_given_back_can_be_granted_to_others(till: Till) -> None:
    order = order_id()
    await till.coupons.redeem(order, "WELCOME10", BUDGET, TODAY)
    await till.coupons.restore(order)
    await till.coupons.restore(order)
    assert await till.granted() == 0
    await till.coupons.redeem(order_id(), "WELCOME10", BUDGET, TODAY)


@pytest.mark.parametrize("redeemed_before", [True, False])
async def test_a_late_retry_after_the_undo_takes_nothing(
    till: Till, *, redeemed_before: bool
) -> None:
    order = order_id()
    if redeemed_before:
        await till.coupons.redeem(order, "WELCOME10", 500, TODAY)
    await till.coupons.restore(order)
    with pytest.raises(ImpossibleStep, match="given back"):
        await till.coupons.redeem(order, "WELCOME10", 500, TODAY)
    assert await till.granted() == 0


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("NOSUCH", "there is no coupon 'NOSUCH'"),
        ("EXPIRED10", "expired on 31 Dec 2024"),
        ("USEDUP10", "used up"),
    ],
)
async def test_a_coupon_that_is_not_good_is_refused_with_the_reason(
    till: Till, code: str, reason: str
) -> None:
    order = order_id()
    with pytest.raises(CouponRefused, match=reason):
        await till.coupons.redeem(order, code, 100, TODAY)
    await till.coupons.redeem(order, "WELCOME10", 100, TODAY)
    assert await till.granted() == 100


async def test_concurrent_orders_never_overdraw_the_budget(till: Till) -> None:
    answers = await asyncio.gather(
        *(till.coupons.redeem(order_id(), "WELCOME10", BUDGET // 10, TODAY) for _ in range(25)),
        return_exceptions=True,
    )
    assert sum(isinstance(a, CouponRefused) for a in answers) == 15
    assert sum(a is None for a in answers) == 10
    assert await till.granted() == BUDGET


async def test_a_redemption_racing_its_undo_leaves_nothing_granted(till: Till) -> None:
    orders = [order_id() for _ in range(8)]
    answers = await asyncio.gather(
        *(till.coupons.redeem(order, "WELCOME10", 500, TODAY) for order in orders),
        *(till.coupons.restore(order) for order in orders),
        return_exceptions=True,
    )
    assert {type(a) for a in answers} <= {type(None), ImpossibleStep}
    assert await till.granted() == 0


async def test_the_coupon_comes_with_its_dates_and_budget(till: Till) -> None:
    coupon = (await till.catalogue.snapshot([], "EXPIRED10")).coupon
    assert (coupon.valid_until, coupon.percent_off) == (date(2024, 12, 31), 10)


async def test_a_revived_order_takes_its_discount_anew(till: Till) -> None:
    order = order_id()
    await till.coupons.redeem(order, "WELCOME10", 500, TODAY)
    await till.coupons.restore(order)
    for _ in range(2):
        await till.coupons.redeem(order, "WELCOME10", 500, TODAY, life=2)
    assert await till.granted() == 500
    await till.coupons.restore(order, life=2)
    assert await till.granted() == 0
    with pytest.raises(ImpossibleStep, match="given back"):
        await till.coupons.redeem(order, "WELCOME10", 500, TODAY, life=2)


async def test_late_repeats_of_an_earlier_life_change_nothing(till: Till) -> None:
    order = order_id()
    await till.coupons.redeem(order, "WELCOME10", 500, TODAY)
    await till.coupons.restore(order)
    await till.coupons.redeem(order, "WELCOME10", 500, TODAY, life=2)
    await till.coupons.redeem(order, "WELCOME10", 500, TODAY)
    await till.coupons.restore(order)
    assert await till.granted() == 500


async def test_a_spent_budget_revives_no_discount(till: Till) -> None:
    order = order_id()
    await till.coupons.redeem(order, "WELCOME10", 500, TODAY)
    await till.coupons.restore(order)
    await till.coupons.redeem(order_id(), "WELCOME10", BUDGET, TODAY)
    with pytest.raises(CouponRefused):
        await till.coupons.redeem(order, "WELCOME10", 500, TODAY, life=2)
    await till.coupons.restore(order, life=2)
    assert await till.granted() == BUDGET

"""Two hundred buyers at once, one hundred units; on a stack where no hold expires meanwhile."""

import asyncio
from collections import Counter

import httpx

from tests.e2e.conftest import SETTINGS, opened_shop
from tests.e2e.running import data_folder, orders_up
from tests.e2e.shop import Shop, new_customer, new_key, order_body

BUYERS, UNITS = 200, 100
AT_ONCE = 10
"""Calls in flight: a small machine answers so many within the API's ten seconds."""
PATIENCE_S = 180.0
"""A tenth of it is usual on two free cores; the rest is for a machine that does other things."""


async def test_of_two_hundred_buyers_exactly_one_hundred_get_a_unit() -> None:
    settings = SETTINGS | {"ORDERS_PAYMENT_WINDOW_S": "1800"}
    with data_folder("hot") as data, orders_up(data, settings):
        async with opened_shop(data) as shop:
            await _rush(shop)


async def _rush(shop: Shop) -> None:
    sku = await shop.new_product(UNITS)
    gate = asyncio.Semaphore(AT_ONCE)

    async def buy(customer: str) -> httpx.Response:
        """Order one unit; a busy shop is asked again under the same key, as it says."""
        key = new_key()
        while True:
            async with gate:
                answer = await shop.order(customer, order_body(customer, (sku, 1)), key)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return answer
            await asyncio.sleep(float(answer.headers["Retry-After"]))

    async with asyncio.timeout(PATIENCE_S):
        answers = await asyncio.gather(*(buy(new_customer()) for _ in range(BUYERS)))
    assert Counter(answer.status_code for answer in answers) == {201: UNITS, 409: BUYERS - UNITS}
    for refused in (answer.json() for answer in answers if answer.status_code == 409):
        assert refused["type"] == "/problems/out-of-stock"
        assert refused["lines"] == [{"sku": sku, "requested": 1}]
    sold = {answer.json()["order_id"] for answer in answers if answer.status_code == 201}
    assert len(sold) == UNITS
    found = shop.database["stock_movements"].find({"sku": sku, "kind": "hold"})
    assert sorted([hold["order_id"] async for hold in found]) == sorted(sold)
    assert await shop.available(sku) == 0

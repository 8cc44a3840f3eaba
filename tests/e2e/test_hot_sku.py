"""Two hundred buyers at once, one hundred units."""

import asyncio
from collections import Counter

import httpx

from tests.e2e.shop import Shop, new_customer, new_key, order_body, until
from tests.e2e.test_repeated_checkouts import new_product

BUYERS, UNITS = 200, 100
AT_ONCE = 10
"""Calls in flight: a small machine answers so many within the API's ten seconds."""
PATIENCE_S = 120.0
"""A quarter of it is usual; the rest is for a machine that does other things as well."""


async def test_of_two_hundred_buyers_exactly_one_hundred_get_a_unit(shop: Shop) -> None:
    sku = await new_product(shop, UNITS)
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

    async def holds() -> list[str]:
        found = shop.database["stock_movements"].find({"sku": sku, "kind": "hold"})
        return [movement["order_id"] async for movement in found]

    assert sorted(await holds()) == sorted(sold)

    async def left() -> int:
        units: int = (await shop.client.api("GET", f"/products/{sku}")).json()["available"]
        return units

    await until(left, lambda units: units == UNITS, "unpaid orders expire and give back")

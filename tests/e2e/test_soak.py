"""A small soak: random customers under faults, and every order checked from all sides."""

from pathlib import Path

import pytest

from tests.e2e.conftest import PAYMENT_WINDOW_S
from tests.e2e.shop import Shop
from workers.soak.plans import plan_orders
from workers.soak.run import SoakOptions, soak
from workers.soak.sources import opened_sources

ORDERS, SEED = 30, 7


@pytest.mark.soak
async def test_thirty_orders_under_faults_end_lawfully(shop: Shop, stack_data: Path) -> None:
    said: list[str] = []
    options = SoakOptions(orders=ORDERS, seed=SEED, payment_window_s=PAYMENT_WINDOW_S)
    async with opened_sources(stack_data) as sources:
        result = await soak(sources, options, said.append)
    assert not result.findings, "\n".join(result.findings)
    assert result.ended.total() + result.refused.total() == ORDERS
    assert result.struck.total() > 0, "no fault struck: the soak has shown nothing"


def test_a_seed_means_the_same_customers_each_time() -> None:
    once, again = plan_orders(50, SEED, "a"), plan_orders(50, SEED, "a")
    assert once == again
    assert once != plan_orders(50, SEED + 1, "a")
    assert {plan.paying for plan in plan_orders(300, SEED, "a")} == set(type(once[0].paying))

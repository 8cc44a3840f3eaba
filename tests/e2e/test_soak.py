"""A small soak: random customers under faults, every order checked from all sides."""

from pathlib import Path

import pytest

from adapters.settings import Settings
from workers.environment import load_environment
from workers.soak.on_own_stack import PAYMENT_WINDOW_S, SETTINGS
from workers.soak.plans import Dispute, Paying, plan_orders
from workers.soak.run import SoakOptions, soak
from workers.soak.sources import opened_sources

ORDERS, SEED = 30, 7


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_orders_under_faults_end_lawfully(money_stack: Path) -> None:
    said: list[str] = []
    options = SoakOptions(
        orders=ORDERS,
        seed=SEED,
        payment_window_s=PAYMENT_WINDOW_S,
        data=money_stack,
        settings=Settings.from_env(load_environment(money_stack) | dict(SETTINGS)),
    )
    async with opened_sources(money_stack) as sources:
        result = await soak(sources, options, said.append)
    assert not result.findings, "\n".join(result.findings)
    assert result.ended.total() + result.refused.total() == ORDERS
    assert result.struck.total() > 0, "no fault struck: the soak has shown nothing"
    assert result.reconciliation["rows"] > 0, "nothing was settled"


def test_a_seed_means_the_same_customers_each_time() -> None:
    once, again = plan_orders(50, SEED, "a"), plan_orders(50, SEED, "a")
    assert once == again
    assert once != plan_orders(50, SEED + 1, "a")


def test_a_seed_has_customers_of_every_kind() -> None:
    plans = plan_orders(400, SEED, "a")
    assert {plan.paying for plan in plans} == set(Paying)
    assert {plan.dispute for plan in plans} == {None, *Dispute}
    assert any(plan.cancels_units for plan in plans)
    assert any(plan.cancels_after_s is not None and not plan.cancels_units for plan in plans)
    assert not [plan for plan in plans if plan.dispute and plan.cancels_after_s is not None]

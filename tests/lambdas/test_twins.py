from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from workers.lambda_proof.twins import Directory, Twins, Way, differences, ledger_of, plan_twins
from workers.soak.plans import Journey, Paying

Json = dict[str, Any]
OURS, THEIRS = "ord_" + "a" * 20, "ord_" + "b" * 20


def view(**changes: Any) -> Json:
    plain: Json = {
        "status": "completed",
        "payment_status": "paid",
        "total_paise": 149_900,
        "payments": [
            {"kind": "authorized", "amount_paise": 149_900, "payment_id": "pay_1"},
            {"kind": "captured", "amount_paise": 149_900, "payment_id": "pay_1"},
        ],
        "refunds": [],
        "shipments": [
            {"number": 1, "state": "delivered", "lines": [{"sku": "TEE-BLK-M", "quantity": 1}]}
        ],
        "documents": [{"kind": "invoice", "amount_paise": 149_900, "number": "INV-1"}],
    }
    return plain | changes


def placed(twins: Twins, razorpay_order_id: str = "order_AAAAAAAAAAAAAA") -> Twins:
    twins.functions.order_id, twins.server.order_id = OURS, THEIRS
    twins.functions.checkout = {"payment": {"razorpay_order_id": razorpay_order_id}}
    return twins


def test_twins_differ_in_nothing_but_their_customer_and_key() -> None:
    for twins in plan_twins(50, 3, "run"):
        ours, theirs = twins.functions.plan, twins.server.plan
        assert ours.customer != theirs.customer
        assert ours.key != theirs.key
        assert replace(ours, customer="", key="") == replace(theirs, customer="", key="")


def test_nothing_in_twins_depends_on_a_moment() -> None:
    plans = [twins.functions.plan for twins in plan_twins(200, 3, "run")]
    assert not {Paying.WALKS_AWAY, Paying.PAYS_LATE} & {plan.paying for plan in plans}
    assert {plan.cancels_after_s for plan in plans} == {None}
    assert {plan.journey for plan in plans} == {Journey.HAPPY}
    assert {twins.journey for twins in plan_twins(200, 3, "run")} == set(Journey)
    assert {Paying.AT_THE_DOOR, Paying.FAILS_FIRST} <= {plan.paying for plan in plans}


@pytest.mark.parametrize(
    ("body", "way"),
    [
        (f'{{"order_id":"{OURS}-1-r2"}}', Way.FUNCTIONS),
        (f'{{"order_id":"{THEIRS}-1"}}', Way.SERVER),
        ('{"entity":{"order_id":"order_AAAAAAAAAAAAAA"}}', Way.FUNCTIONS),
        ('{"entity":{"order_id":"order_ZZZZZZZZZZZZZZ"}}', Way.SERVER),
        ("no order at all", Way.SERVER),
    ],
)
def test_a_webhook_takes_the_way_of_its_order(body: str, way: Way) -> None:
    [twins] = plan_twins(1, 1, "run")
    directory = Directory([twins])
    assert directory.way_of(body.encode()) is Way.SERVER
    placed(twins)
    assert directory.way_of(body.encode()) is way


def compared(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    [twins] = plan_twins(1, 1, "run")
    return differences([placed(twins)], {OURS: dict(ours), THEIRS: dict(theirs)})


def test_ids_and_passing_states_are_not_compared() -> None:
    other = view(
        payments=[{"kind": "captured", "amount_paise": 149_900, "payment_id": "pay_2"}],
        documents=[{"kind": "invoice", "amount_paise": 149_900, "number": "INV-2"}],
    )
    assert compared(view(), other) == []


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("status", "cancelled"),
        ("payment_status", "refunded"),
        ("total_paise", 1),
        ("payments", [{"kind": "captured", "amount_paise": 1}]),
        ("payments", view()["payments"] * 2),
        ("refunds", [{"amount_paise": 1, "status": "processed"}]),
        ("shipments", [{"number": 1, "state": "lost", "lines": []}]),
        ("documents", []),
    ],
)
def test_a_ledger_that_differs_is_found(name: str, other: object) -> None:
    [found] = compared(view(), view(**{name: other}))
    assert f"{OURS} and {THEIRS}: {name} is " in found
    assert name in ledger_of(view())


def test_an_order_that_only_one_way_was_refused_is_found() -> None:
    [twins] = plan_twins(1, 1, "run")
    twins.functions.refused = twins.server.refused = "/problems/out-of-stock"
    assert differences([twins], {}) == []
    twins.server.refused = ""
    assert "refused as ('/problems/out-of-stock', '')" in differences([twins], {})[0]

import asyncio
import secrets
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.mongo.checkouts import MongoCheckouts, MongoPaymentRefs
from adapters.mongo.connection import Database
from domain.errors import ImpossibleStep
from domain.ports import CheckoutRecord, Checkouts, PaymentRefs
from tests.fakes.keys import FakeCheckouts, FakePaymentRefs


@pytest.fixture
def checkouts(database: Database | None) -> Checkouts:
    return FakeCheckouts() if database is None else MongoCheckouts(database)


@pytest.fixture
def payment_refs(database: Database | None) -> PaymentRefs:
    return FakePaymentRefs() if database is None else MongoPaymentRefs(database)


def record(key: str = "") -> CheckoutRecord:
    return CheckoutRecord(
        customer_id="cus_asha",
        key=key or secrets.token_hex(8),
        order_id=f"ord_{secrets.token_hex(10)}",
        body_sha256=secrets.token_hex(32),
        created_at=datetime.now(UTC),
    )


async def test_a_new_key_leads_to_its_own_order(checkouts: Checkouts) -> None:
    asked = record()
    assert await checkouts.claim(asked) == asked


async def test_a_key_keeps_its_first_body_and_order(checkouts: Checkouts) -> None:
    first = record()
    await checkouts.claim(first)
    assert await checkouts.claim(record(first.key)) == first


async def test_the_same_key_of_another_customer_is_another_key(checkouts: Checkouts) -> None:
    first = record()
    await checkouts.claim(first)
    other = replace(record(first.key), customer_id="cus_bela")
    assert await checkouts.claim(other) == other


async def test_of_concurrent_claims_one_wins_and_all_see_it(checkouts: Checkouts) -> None:
    key = secrets.token_hex(8)
    asked = [record(key) for _ in range(12)]
    answers = await asyncio.gather(*map(checkouts.claim, asked))
    assert len(set(answers)) == 1
    assert answers[0] in asked


async def test_the_first_answer_stays_for_ever(checkouts: Checkouts) -> None:
    first = record("Order № 1 $where.x")
    await checkouts.claim(first)
    await checkouts.settle(first.customer_id, first.key, '{"refusal": "OutOfStock"}')
    await checkouts.settle(first.customer_id, first.key, '{"refusal": null}')
    assert await checkouts.claim(record(first.key)) == replace(
        first, answer='{"refusal": "OutOfStock"}'
    )


async def test_a_key_can_be_looked_up_without_claiming_it(checkouts: Checkouts) -> None:
    first = record()
    assert await checkouts.find(first.customer_id, first.key) is None
    await checkouts.claim(first)
    assert await checkouts.find(first.customer_id, first.key) == first


async def test_a_razorpay_order_leads_back_to_its_order(payment_refs: PaymentRefs) -> None:
    await payment_refs.put("order_1", "ord_a")
    await payment_refs.put("order_1", "ord_a")
    assert await payment_refs.order_id("order_1") == "ord_a"
    assert await payment_refs.order_id("order_2") is None


async def test_a_razorpay_order_never_changes_hands(payment_refs: PaymentRefs) -> None:
    await payment_refs.put("order_1", "ord_a")
    with pytest.raises(ImpossibleStep, match="belongs to ord_a"):
        await payment_refs.put("order_1", "ord_b")
    assert await payment_refs.order_id("order_1") == "ord_a"

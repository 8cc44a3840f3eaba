"""Every call under every fault: it may work later, does then, and has had its effect once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.errors import PaymentGatewayUnavailable
from domain.ids import refund_key
from tests.contract.razorpay.conftest import FAULTS, Merchant

AMOUNT = 149_900


@dataclass(frozen=True)
class Scene:
    """A merchant with an order, a held payment of it, or a paid one with a refund."""

    merchant: Merchant
    order_id: str
    razorpay_order_id: str
    payment_id: str = ""
    refund_id: str = ""


Act = Callable[[Scene], Awaitable[Any]]
EXPIRES_AT = datetime.now(UTC) + timedelta(minutes=30)


async def ordered(merchant: Merchant, order_id: str) -> Scene:
    order = await merchant.gateway.create_order(order_id, AMOUNT, EXPIRES_AT)
    return Scene(merchant, order_id, order.razorpay_order_id)


async def held(merchant: Merchant, order_id: str) -> Scene:
    scene = await ordered(merchant, order_id)
    paid = merchant.pay(scene.razorpay_order_id, "authorized")
    return Scene(merchant, order_id, scene.razorpay_order_id, paid.razorpay_payment_id)


async def paid(merchant: Merchant, order_id: str) -> Scene:
    scene = await ordered(merchant, order_id)
    paid = merchant.pay(scene.razorpay_order_id)
    return Scene(merchant, order_id, scene.razorpay_order_id, paid.razorpay_payment_id)


async def refunded(merchant: Merchant, order_id: str) -> Scene:
    scene = await paid(merchant, order_id)
    made = await refund(scene)
    return Scene(merchant, order_id, scene.razorpay_order_id, scene.payment_id, made.refund_id)


async def nothing(merchant: Merchant, order_id: str) -> Scene:
    return Scene(merchant, order_id, "")


async def create_order(scene: Scene) -> Any:
    return await scene.merchant.gateway.create_order(scene.order_id, AMOUNT, EXPIRES_AT)


async def payments_of(scene: Scene) -> Any:
    return await scene.merchant.gateway.payments_of(scene.razorpay_order_id)


async def payment(scene: Scene) -> Any:
    return await scene.merchant.gateway.payment(scene.payment_id)


async def capture(scene: Scene) -> Any:
    return await scene.merchant.gateway.capture(scene.payment_id, AMOUNT)


async def refund(scene: Scene) -> Any:
    key = refund_key(scene.order_id, 1)
    return await scene.merchant.gateway.refund(scene.payment_id, AMOUNT, key, scene.order_id)


async def refund_status(scene: Scene) -> Any:
    return await scene.merchant.gateway.refund_status(scene.payment_id, scene.refund_id)


async def refunds_of(scene: Scene) -> Any:
    return await scene.merchant.gateway.refunds_of(scene.payment_id)


CALLS: dict[str, tuple[Callable[[Merchant, str], Awaitable[Scene]], Act]] = {
    "create_order": (nothing, create_order),
    "payments_of": (paid, payments_of),
    "payment": (paid, payment),
    "capture": (held, capture),
    "refund": (paid, refund),
    "refund_status": (refunded, refund_status),
    "refunds_of": (refunded, refunds_of),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", CALLS)
async def test_a_call_that_met_a_fault_works_when_it_is_made_again(
    merchant: Merchant, order_id: str, call: str, fault: str
) -> None:
    prepare, act = CALLS[call]
    scene = await prepare(merchant, order_id)
    merchant.strike(call, fault)
    with pytest.raises(PaymentGatewayUnavailable):
        await act(scene)

    first = await act(scene)
    again = await act(scene)

    assert again == first
    assert merchant.orders_made(order_id) == 1
    expected = {"refund": 1, "refund_status": 1, "refunds_of": 1}
    if scene.payment_id:
        assert merchant.refunds_made(scene.payment_id) == expected.get(call, 0)
        payments = await merchant.gateway.payments_of(scene.razorpay_order_id)
        assert [one.payment_id for one in payments] == [scene.payment_id]

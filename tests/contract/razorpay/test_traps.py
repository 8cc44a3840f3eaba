"""What the SDK would get wrong, over real HTTP; and the faults of a bad day."""

import asyncio
import secrets
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.razorpay_calls import RazorpayCalls
from adapters.razorpay_gateway import RazorpayGateway
from domain.errors import PaymentGatewayUnavailable, PaymentRejected, RefundRejected
from domain.ids import order_id_for, refund_key
from domain.payment import RefundSpeed
from tests.contract.razorpay.conftest import FAULTS, KEY_SECRET, SandboxMerchant
from tests.contract.scripted import scripted

AMOUNT = 149_900
SOON = timedelta(minutes=30)


@pytest.mark.parametrize("kind", FAULTS)
async def test_a_fault_while_looking_for_the_order_leaves_one(
    sandbox_merchant: SandboxMerchant, order_id: str, kind: str
) -> None:
    expires_at = datetime.now(UTC) + SOON
    sandbox_merchant.strike("find_order", kind)
    with pytest.raises(PaymentGatewayUnavailable):
        await sandbox_merchant.gateway.create_order(order_id, AMOUNT, expires_at)

    await sandbox_merchant.gateway.create_order(order_id, AMOUNT, expires_at)

    assert sandbox_merchant.orders_made(order_id) == 1


@pytest.mark.parametrize("kind", FAULTS)
async def test_the_sdk_sends_nothing_twice(sandbox_merchant: SandboxMerchant, kind: str) -> None:
    payment_id = f"pay_{secrets.token_hex(7)}"
    sandbox_merchant.strike("payment", kind, limit=None)
    with pytest.raises(PaymentGatewayUnavailable):
        await sandbox_merchant.gateway.payment(payment_id)

    assert len(sandbox_merchant.controls.requests("GET", f"/v1/payments/{payment_id}")) == 1


async def test_a_refund_is_sent_with_its_key(
    sandbox_merchant: SandboxMerchant, order_id: str
) -> None:
    gateway, key = sandbox_merchant.gateway, refund_key(order_id, 1)
    order = await gateway.create_order(order_id, AMOUNT, datetime.now(UTC) + SOON)
    payment_id = sandbox_merchant.pay(order.razorpay_order_id).razorpay_payment_id

    await gateway.refund(payment_id, AMOUNT, key, order_id, speed=RefundSpeed.INSTANT)

    path = f"/v1/payments/{payment_id}/refund"
    (record,) = sandbox_merchant.controls.requests("POST", path)
    assert record["headers"]["x-refund-idempotency"] == key
    assert record["body"] == {
        "amount": AMOUNT,
        "speed": "optimum",
        "receipt": key,
        "notes": {"order_id": order_id},
    }


async def test_parallel_captures_keep_their_own_amounts(sandbox_merchant: SandboxMerchant) -> None:
    gateway, expires_at = sandbox_merchant.gateway, datetime.now(UTC) + SOON
    held = {}
    for paise in range(10_000, 10_030):
        order_id = order_id_for("captures", f"{expires_at}{paise}")
        order = await gateway.create_order(order_id, paise, expires_at)
        paid = sandbox_merchant.pay(order.razorpay_order_id, "authorized")
        held[paid.razorpay_payment_id] = paise

    captured = await asyncio.gather(*(gateway.capture(one, held[one]) for one in held))

    assert {one.payment_id: one.amount_paise for one in captured if one.captured} == held


async def test_each_thread_has_a_client_of_its_own() -> None:
    calls = RazorpayCalls("http://127.0.0.1:9/", ("k", "s"), timeout_s=(1, 1), threads=4)
    together = threading.Barrier(4, timeout=10)

    def look(client: Any) -> tuple[int, int, str]:
        together.wait()
        return threading.get_ident(), id(client), client.base_url

    seen = await asyncio.gather(*(calls.ask(look, refusal=PaymentRejected) for _ in range(8)))
    calls.close()

    pairs = {(thread, client) for thread, client, _ in seen}
    assert len({thread for thread, _ in pairs}) == len({client for _, client in pairs}) == 4
    assert len(pairs) == 4
    assert {url for *_, url in seen} == {"http://127.0.0.1:9"}


async def test_a_silent_razorpay_is_given_up_after_the_timeout(
    sandbox_merchant: SandboxMerchant,
) -> None:
    sandbox_merchant.controls.faults(only="GET /v1/payments/*", slow_s=1.5)
    with pytest.raises(PaymentGatewayUnavailable, match="ReadTimeout"):
        await sandbox_merchant.impatient.payment("pay_00000000000000")


async def test_a_refund_still_in_progress_is_asked_again_later(
    sandbox_merchant: SandboxMerchant, order_id: str
) -> None:
    gateway, key = sandbox_merchant.gateway, refund_key(order_id, 1)
    order = await gateway.create_order(order_id, AMOUNT, datetime.now(UTC) + SOON)
    payment_id = sandbox_merchant.pay(order.razorpay_order_id).razorpay_payment_id
    sandbox_merchant.controls.put("refunds", {"work_s": 0.4})

    tries = [gateway.refund(payment_id, AMOUNT, key, order_id) for _ in range(2)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "GatewayRefund",
        "PaymentGatewayUnavailable",
    ]
    assert sandbox_merchant.refunds_made(payment_id) == 1


async def test_a_short_balance_needs_a_person(
    sandbox_merchant: SandboxMerchant, order_id: str
) -> None:
    gateway = sandbox_merchant.gateway
    order = await gateway.create_order(order_id, AMOUNT, datetime.now(UTC) + SOON)
    payment_id = sandbox_merchant.pay(order.razorpay_order_id).razorpay_payment_id
    sandbox_merchant.controls.put("refunds", {"balance_short": True})

    with pytest.raises(RefundRejected, match="invalid request sent"):
        await gateway.refund(payment_id, AMOUNT, refund_key(order_id, 1), order_id)


async def test_refused_keys_may_pass_once_they_are_set_right(
    razorpay_sandbox_url: str, order_id: str
) -> None:
    gateway = RazorpayGateway(razorpay_sandbox_url, "rzp_test_other", KEY_SECRET)
    with pytest.raises(PaymentGatewayUnavailable, match="Authentication failed"):
        await gateway.create_order(order_id, AMOUNT, datetime.now(UTC) + SOON)
    gateway.close()


async def test_parallel_calls_keep_their_own_amounts(sandbox_merchant: SandboxMerchant) -> None:
    gateway, expires_at = sandbox_merchant.gateway, datetime.now(UTC) + SOON
    amounts = {order_id_for("parallel", f"{expires_at}{n}"): 10_000 + n for n in range(40)}

    orders = await asyncio.gather(
        *(gateway.create_order(order_id, paise, expires_at) for order_id, paise in amounts.items())
    )

    made = [order.razorpay_order_id for order in orders]
    assert len(set(made)) == len(amounts)
    known = sandbox_merchant.controls.state()["orders"]
    by_id = known if isinstance(known, dict) else {order["id"]: order for order in known}
    told = {by_id[one]["receipt"]: by_id[one]["amount"] for one in made}
    assert told == amounts


async def test_nothing_is_printed_when_the_network_fails(
    capfd: pytest.CaptureFixture[str], order_id: str
) -> None:
    gateway = RazorpayGateway("http://127.0.0.1:9", "rzp_test_none", KEY_SECRET)
    with pytest.raises(PaymentGatewayUnavailable, match="no answer"):
        await gateway.create_order(order_id, AMOUNT, datetime.now(UTC) + SOON)
    gateway.close()
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (204, b""),
        (200, b"<html>maintenance</html>"),
        (200, b'{"id": "pay_00000000000000"}'),
        (200, b"[]"),
        (302, b""),
        (404, b"<html>not here</html>"),
        (400, b'{"message": "not Razorpay\'s form"}'),
        (502, b'{"error": {"code": "GATEWAY_ERROR", "description": "down", "field": null}}'),
        (400, b'{"error": {"code": "SERVER_ERROR", "description": "down"}}'),
    ],
)
async def test_an_answer_that_is_not_razorpays_may_pass(status: int, body: bytes) -> None:
    with scripted({"*": (status, body)}) as url:
        gateway = RazorpayGateway(url, "rzp_test_none", KEY_SECRET)
        with pytest.raises(PaymentGatewayUnavailable):
            await gateway.payment("pay_00000000000000")
        gateway.close()


async def test_a_refusal_names_the_field_and_the_reason() -> None:
    error = {
        "code": "BAD_REQUEST_ERROR",
        "description": "The receipt is too long.",
        "field": "receipt",
        "reason": "input_validation_failed",
    }
    with scripted({"*": (400, {"error": error})}) as url:
        gateway = RazorpayGateway(url, "rzp_test_none", KEY_SECRET)
        with pytest.raises(PaymentRejected, match=r"receipt.*input_validation_failed"):
            await gateway.payment("pay_00000000000000")
        gateway.close()


@pytest.mark.parametrize("amount", [AMOUNT, AMOUNT - 1])
async def test_a_refund_whose_key_was_forgotten_is_known_by_its_receipt(
    order_id: str, amount: int
) -> None:
    refund = {
        "id": "rfnd_00000000000000",
        "payment_id": "pay_00000000000000",
        "amount": amount,
        "status": "processed",
        "receipt": refund_key(order_id, 1),
        "created_at": 1_790_000_000,
    }
    refusal = {
        "code": "BAD_REQUEST_ERROR",
        "description": "The payment has been fully refunded already",
    }
    answers = {
        "POST /v1/payments/pay_00000000000000/refund": (400, {"error": refusal}),
        "GET /v1/payments/pay_00000000000000/refunds": (200, {"items": [{}, refund]}),
    }
    with scripted(answers) as url:
        gateway = RazorpayGateway(url, "rzp_test_none", KEY_SECRET)
        again = gateway.refund("pay_00000000000000", AMOUNT, refund_key(order_id, 1), order_id)
        if amount == AMOUNT:
            assert (await again).refund_id == "rfnd_00000000000000"
        else:
            with pytest.raises(RefundRejected, match="fully refunded"):
                await again
        gateway.close()

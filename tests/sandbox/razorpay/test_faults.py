"""HTTP faults: what the client sees, and what has happened all the same."""

import secrets
import time

import httpx
import pytest

from tests.sandbox.razorpay.bench import Bench

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def create(razorpay: Bench, receipt: str) -> httpx.Response:
    body = {"amount": 10_000, "currency": "INR", "receipt": receipt}
    return await razorpay.api.post("/v1/orders", json=body)


async def orders_with(razorpay: Bench, receipt: str) -> int:
    await razorpay.control.delete("/_control/faults")
    found = await razorpay.ok("GET", "/v1/orders", params={"receipt": receipt})
    return int(found["count"])


async def test_a_lost_answer_hides_an_order_that_exists(fresh_razorpay: Bench) -> None:
    await fresh_razorpay.faults(http={"lost_answer": 1})
    receipt = secrets.token_hex(8)
    with pytest.raises(httpx.RemoteProtocolError):
        await create(fresh_razorpay, receipt)
    assert await orders_with(fresh_razorpay, receipt) == 1


async def test_a_reset_connection_has_no_effect(fresh_razorpay: Bench) -> None:
    await fresh_razorpay.faults(http={"reset": 1})
    receipt = secrets.token_hex(8)
    with pytest.raises(httpx.ReadError):
        await create(fresh_razorpay, receipt)
    assert await orders_with(fresh_razorpay, receipt) == 0


@pytest.mark.parametrize(
    ("switch", "status", "code"),
    [("error_429", 429, "BAD_REQUEST_ERROR"), ("error_500", 500, "SERVER_ERROR")],
)
async def test_a_refusal_has_no_effect_and_razorpays_form(
    fresh_razorpay: Bench, switch: str, status: int, code: str
) -> None:
    await fresh_razorpay.faults(http={switch: 1})
    receipt = secrets.token_hex(8)
    answer = await create(fresh_razorpay, receipt)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "retry-after" not in answer.headers
    assert await orders_with(fresh_razorpay, receipt) == 0


async def test_a_502_is_html_and_hides_an_order_that_exists(fresh_razorpay: Bench) -> None:
    await fresh_razorpay.faults(http={"html_502": 1})
    receipt = secrets.token_hex(8)
    answer = await create(fresh_razorpay, receipt)
    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")
    assert await orders_with(fresh_razorpay, receipt) == 1


async def test_a_204_says_nothing_and_hides_an_order_that_exists(fresh_razorpay: Bench) -> None:
    await fresh_razorpay.faults(http={"empty_204": 1})
    receipt = secrets.token_hex(8)
    answer = await create(fresh_razorpay, receipt)
    assert (answer.status_code, answer.content) == (204, b"")
    assert await orders_with(fresh_razorpay, receipt) == 1


async def test_a_slow_answer_comes_after_the_effect(fresh_razorpay: Bench) -> None:
    await fresh_razorpay.faults(http={"slow_s": 0.2, "only": "POST *"})
    receipt = secrets.token_hex(8)
    started = time.monotonic()
    answer = await create(fresh_razorpay, receipt)
    assert answer.status_code == 200
    assert time.monotonic() - started >= 0.2
    with pytest.raises(httpx.ReadTimeout):
        await fresh_razorpay.api.post(
            "/v1/orders",
            json={"amount": 10_000, "currency": "INR", "receipt": receipt},
            timeout=0.05,
        )
    assert await orders_with(fresh_razorpay, receipt) == 2


async def test_a_fault_can_be_aimed_and_limited(fresh_razorpay: Bench) -> None:
    payment_id = await fresh_razorpay.captured_payment()
    await fresh_razorpay.faults(
        http={"error_500": 1, "only": "POST /v1/payments/*/refund", "limit": 1}
    )
    await fresh_razorpay.order()
    path = f"/v1/payments/{payment_id}/refund"
    first = await fresh_razorpay.api.post(path, json={"amount": 100})
    second = await fresh_razorpay.api.post(path, json={"amount": 100})
    assert (first.status_code, second.status_code) == (500, 200)


async def test_the_same_seed_gives_the_same_faults(fresh_razorpay: Bench) -> None:
    runs = []
    for seed in (7, 7, 8):
        await fresh_razorpay.faults(seed=seed, http={"error_500": 0.5})
        answers = [await fresh_razorpay.api.get("/v1/orders") for _ in range(20)]
        runs.append([one.status_code for one in answers])
    assert runs[0] == runs[1] != runs[2]
    assert {*runs[0]} == {200, 500}


async def test_a_retry_after_a_lost_answer_with_the_same_key_refunds_once(
    fresh_razorpay: Bench,
) -> None:
    payment_id = await fresh_razorpay.captured_payment()
    path = f"/v1/payments/{payment_id}/refund"
    key = {"X-Refund-Idempotency": "ord_lost_answer_refund_1"}
    await fresh_razorpay.faults(http={"lost_answer": 1, "limit": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        await fresh_razorpay.api.post(path, json={"amount": 100}, headers=key)
    refund = await fresh_razorpay.ok("POST", path, {"amount": 100}, headers=key)
    listed = await fresh_razorpay.ok("GET", f"/v1/payments/{payment_id}/refunds")
    assert [one["id"] for one in listed["items"]] == [refund["id"]]


async def test_every_api_call_is_recorded_and_nothing_else(fresh_razorpay: Bench) -> None:
    receipt = secrets.token_hex(8)
    await create(fresh_razorpay, receipt)
    await fresh_razorpay.faults(http={"reset": 1, "limit": 1})
    with pytest.raises(httpx.ReadError):
        await create(fresh_razorpay, receipt)
    await fresh_razorpay.api.get("/v1/nowhere", params={"a": "b"})
    await fresh_razorpay.control.get("/")

    recorded = (await fresh_razorpay.control.get("/_control/requests")).json()
    shown = [
        (one["method"], one["path"], one["query"], one["status"], one["fault"])
        for one in recorded["items"]
    ]
    assert shown == [
        ("POST", "/v1/orders", "", 200, None),
        ("POST", "/v1/orders", "", None, "reset"),
        ("GET", "/v1/nowhere", "a=b", 400, None),
    ]
    assert recorded["items"][0]["body"]["receipt"] == receipt
    assert "authorization" not in recorded["items"][0]["headers"]

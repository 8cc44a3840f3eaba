"""Refunds and their idempotency header."""

import asyncio
import secrets
from typing import Any

import pytest

from tests.sandbox.razorpay.bench import Bench

pytestmark = pytest.mark.asyncio(loop_scope="package")

HALF_A_YEAR_S = 184 * 86_400


def keyed(key: str) -> dict[str, Any]:
    return {"headers": {"X-Refund-Idempotency": key}}


def fresh_key() -> str:
    return f"ord_{secrets.token_hex(6)}_refund_1"


async def behave(razorpay: Bench, **behaviour: Any) -> None:
    answer = await razorpay.control.put("/_control/refunds", json=behaviour)
    assert answer.status_code == 200, answer.text


async def test_a_refund_without_amount_returns_all_that_is_left(razorpay: Bench) -> None:
    payment_id = await razorpay.captured_payment(50_000)
    path = f"/v1/payments/{payment_id}/refund"
    part = await razorpay.ok("POST", path, {"amount": 12_345, "receipt": "r1", "notes": {"a": "b"}})
    rest = await razorpay.ok("POST", path)
    assert (part["receipt"], part["notes"], part["batch_id"]) == ("r1", {"a": "b"}, None)
    assert (rest["amount"], rest["notes"]) == (37_655, [])
    payment = await razorpay.ok("GET", f"/v1/payments/{payment_id}")
    assert (payment["status"], payment["refund_status"]) == ("refunded", "full")


@pytest.mark.parametrize(
    ("body", "description"),
    [
        ({"amount": 50_001}, "The refund amount provided is greater than amount captured"),
        ({"amount": 99}, "The amount must be at least INR 1.00"),
        ({"amount": 10.5}, "The amount must be an integer."),
        ({"speed": "fast"}, "The selected speed is invalid."),
        ({"colour": "red"}, "colour is/are not required and should not be sent"),
        ({"receipt": "r" * 41}, "The receipt may not be greater than 40 characters."),
    ],
)
async def test_a_bad_refund_is_refused_and_returns_nothing(
    razorpay: Bench, body: dict[str, Any], description: str
) -> None:
    payment_id = await razorpay.captured_payment(50_000)
    error = await razorpay.refused("POST", f"/v1/payments/{payment_id}/refund", body)
    assert error["description"] == description
    assert (await razorpay.ok("GET", f"/v1/payments/{payment_id}/refunds"))["count"] == 0


async def test_never_more_than_was_captured(razorpay: Bench) -> None:
    payment_id = await razorpay.captured_payment(50_000)
    path = f"/v1/payments/{payment_id}/refund"
    await razorpay.ok("POST", path, {"amount": 30_000})
    error = await razorpay.refused("POST", path, {"amount": 20_001})
    assert error["description"] == "The refund amount provided is greater than amount captured"
    await razorpay.ok("POST", path, {"amount": 20_000})
    error = await razorpay.refused("POST", path, {"amount": 100})
    assert error["description"] == "The payment has been fully refunded already"


@pytest.mark.parametrize("outcome", ["failed", "authorized", "pending"])
async def test_money_that_was_not_captured_cannot_be_refunded(
    razorpay: Bench, outcome: str
) -> None:
    order = await razorpay.order()
    payment_id = (await razorpay.pay(order["id"], outcome))["razorpay_payment_id"]
    error = await razorpay.refused("POST", f"/v1/payments/{payment_id}/refund", {})
    assert error["description"] == "The payment status should be captured for action to be taken"


async def test_the_same_key_and_body_get_the_same_answer_and_one_refund(razorpay: Bench) -> None:
    payment_id = await razorpay.captured_payment()
    path, key = f"/v1/payments/{payment_id}/refund", fresh_key()
    answers = [await razorpay.ok("POST", path, {"amount": 5_000}, **keyed(key)) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    listed = await razorpay.ok("GET", f"/v1/payments/{payment_id}/refunds")
    assert [one["id"] for one in listed["items"]] == [answers[0]["id"]]


async def test_without_a_key_each_call_is_a_refund(razorpay: Bench) -> None:
    payment_id = await razorpay.captured_payment()
    for _ in range(2):
        await razorpay.ok("POST", f"/v1/payments/{payment_id}/refund", {"amount": 5_000})
    assert (await razorpay.ok("GET", f"/v1/payments/{payment_id}/refunds"))["count"] == 2


async def test_the_same_key_with_another_body_is_409(razorpay: Bench) -> None:
    payment_id = await razorpay.captured_payment()
    path, key = f"/v1/payments/{payment_id}/refund", fresh_key()
    await razorpay.ok("POST", path, {"amount": 5_000}, **keyed(key))
    answer = await razorpay.api.post(path, json={"amount": 5_001}, **keyed(key))
    assert answer.status_code == 409
    error = answer.json()["error"]
    assert error["description"] == (
        "Different request with the same idempotency key has already been processed."
    )
    assert (error["code"], error["source"], error["step"], error["reason"]) == (
        "BAD_REQUEST_ERROR",
        "NA",
        "NA",
        "NA",
    )


async def test_a_key_still_in_flight_is_409(fresh_razorpay: Bench) -> None:
    await behave(fresh_razorpay, work_s=0.2)
    payment_id = await fresh_razorpay.captured_payment()
    path, key = f"/v1/payments/{payment_id}/refund", fresh_key()
    answers = await asyncio.gather(
        *(fresh_razorpay.api.post(path, json={"amount": 5_000}, **keyed(key)) for _ in range(2))
    )
    assert sorted(one.status_code for one in answers) == [200, 409]
    refused = next(one for one in answers if one.status_code == 409)
    assert refused.json()["error"]["description"] == (
        "Another request with the same idempotency key is still in progress."
    )
    assert (await fresh_razorpay.ok("GET", f"/v1/payments/{payment_id}/refunds"))["count"] == 1


@pytest.mark.parametrize("key", ["", "short", "ninechars", "has space in it", "dots.are.refused!"])
async def test_a_malformed_key_is_400(razorpay: Bench, key: str) -> None:
    payment_id = await razorpay.captured_payment()
    error = await razorpay.refused("POST", f"/v1/payments/{payment_id}/refund", {}, **keyed(key))
    assert "idempotency key" in error["description"]
    assert (await razorpay.ok("GET", f"/v1/payments/{payment_id}/refunds"))["count"] == 0


async def test_a_refused_request_does_not_use_its_key_up(razorpay: Bench) -> None:
    payment_id = await razorpay.captured_payment()
    path, key = f"/v1/payments/{payment_id}/refund", fresh_key()
    await razorpay.refused("POST", path, {"amount": 99_999_999}, **keyed(key))
    await razorpay.ok("POST", path, {"amount": 5_000}, **keyed(key))


async def test_the_second_route_refunds_with_the_payment_in_the_body(razorpay: Bench) -> None:
    payment_id = await razorpay.captured_payment()
    body, key = {"payment_id": payment_id, "amount": 5_000}, fresh_key()
    first = await razorpay.ok("POST", "/v1/refunds", body, **keyed(key))
    again = await razorpay.ok("POST", "/v1/refunds", body, **keyed(key))
    assert (first["payment_id"], first["id"]) == (payment_id, again["id"])


async def test_a_refund_is_read_under_its_payment_and_by_itself(razorpay: Bench) -> None:
    payment_id = await razorpay.captured_payment()
    refund = await razorpay.ok("POST", f"/v1/payments/{payment_id}/refund", {"amount": 5_000})
    by_payment = await razorpay.ok("GET", f"/v1/payments/{payment_id}/refunds/{refund['id']}")
    assert by_payment["id"] == refund["id"]
    other = await razorpay.captured_payment()
    error = await razorpay.refused("GET", f"/v1/payments/{other}/refunds/{refund['id']}")
    assert error["description"] == "The id provided does not exist"
    path = f"/v1/refunds/{refund['id']}"
    assert (await razorpay.ok("PATCH", path, {"notes": {"a": "b"}}))["notes"] == {"a": "b"}
    assert (await razorpay.refused("PATCH", path, {"amount": 1}))["field"] == "amount"


async def test_a_normal_refund_is_pending_then_processed(fresh_razorpay: Bench) -> None:
    await behave(fresh_razorpay, settle_s=60)
    payment_id = await fresh_razorpay.captured_payment()
    refund = await fresh_razorpay.ok("POST", f"/v1/payments/{payment_id}/refund", {})
    assert (refund["status"], refund["acquirer_data"]) == ("pending", {"arn": None})
    await fresh_razorpay.advance(50)
    path = f"/v1/refunds/{refund['id']}"
    assert (await fresh_razorpay.ok("GET", path))["status"] == "pending"
    await fresh_razorpay.advance(15)
    done = await fresh_razorpay.ok("GET", path)
    assert (done["status"], set(done["acquirer_data"])) == ("processed", {"rrn"})
    listed = await fresh_razorpay.ok("GET", "/v1/refunds")
    assert [one["id"] for one in listed["items"]] == [refund["id"]]


async def test_an_account_may_answer_processed_at_once(fresh_razorpay: Bench) -> None:
    await behave(fresh_razorpay, settle_s=0)
    payment_id = await fresh_razorpay.captured_payment()
    refund = await fresh_razorpay.ok("POST", f"/v1/payments/{payment_id}/refund", {})
    assert refund["status"] == "processed"
    await fresh_razorpay.receiver.wait_for(5)
    assert fresh_razorpay.receiver.events[3:] == ["refund.created", "refund.processed"]


async def test_an_optimum_refund_is_instant_where_the_method_allows(fresh_razorpay: Bench) -> None:
    await behave(fresh_razorpay, settle_s=600)
    by_upi = await fresh_razorpay.captured_payment()
    by_bank = await fresh_razorpay.captured_payment(method="netbanking")
    body = {"speed": "optimum"}
    instant = await fresh_razorpay.ok("POST", f"/v1/payments/{by_upi}/refund", body)
    normal = await fresh_razorpay.ok("POST", f"/v1/payments/{by_bank}/refund", body)
    await fresh_razorpay.advance(5)

    speeds = [(one["speed_requested"], one["speed_processed"]) for one in (instant, normal)]
    assert speeds == [("optimum", "instant"), ("optimum", "normal")]
    statuses = [
        (await fresh_razorpay.ok("GET", f"/v1/refunds/{one['id']}"))["status"]
        for one in (instant, normal)
    ]
    assert statuses == ["processed", "pending"]
    changed = await fresh_razorpay.delivery("refund.speed_changed")
    assert changed["state"] in {"pending", "delivered"}


async def test_a_refund_that_the_bank_refuses_fails_and_frees_its_amount(
    fresh_razorpay: Bench,
) -> None:
    await behave(fresh_razorpay, fail_next=1)
    payment_id = await fresh_razorpay.captured_payment()
    refund = await fresh_razorpay.ok("POST", f"/v1/payments/{payment_id}/refund", {})
    await fresh_razorpay.advance(10)
    assert (await fresh_razorpay.ok("GET", f"/v1/refunds/{refund['id']}"))["status"] == "failed"
    payment = await fresh_razorpay.ok("GET", f"/v1/payments/{payment_id}")
    assert (payment["status"], payment["amount_refunded"]) == ("captured", 0)
    again = await fresh_razorpay.ok("POST", f"/v1/payments/{payment_id}/refund", {})
    await fresh_razorpay.advance(10)
    assert (await fresh_razorpay.ok("GET", f"/v1/refunds/{again['id']}"))["status"] == "processed"
    await fresh_razorpay.receiver.wait_for(7)
    assert fresh_razorpay.receiver.events.count("refund.failed") == 1


async def test_a_refund_of_an_old_payment_fails(fresh_razorpay: Bench) -> None:
    payment_id = await fresh_razorpay.captured_payment()
    await fresh_razorpay.advance(HALF_A_YEAR_S)
    refund = await fresh_razorpay.ok("POST", f"/v1/payments/{payment_id}/refund", {})
    await fresh_razorpay.advance(10)
    assert (await fresh_razorpay.ok("GET", f"/v1/refunds/{refund['id']}"))["status"] == "failed"


async def test_a_short_balance_gives_razorpays_vague_refusal(fresh_razorpay: Bench) -> None:
    payment_id = await fresh_razorpay.captured_payment()
    await behave(fresh_razorpay, balance_short=True)
    error = await fresh_razorpay.refused("POST", f"/v1/payments/{payment_id}/refund", {})
    assert error["description"] == "invalid request sent"
    await behave(fresh_razorpay, balance_short=False)
    await fresh_razorpay.ok("POST", f"/v1/payments/{payment_id}/refund", {})


@pytest.mark.parametrize(
    ("body", "field"), [({"settle_s": -1}, "settle_s"), ({"colour": 1}, "colour"), ([], "body")]
)
async def test_a_bad_behaviour_is_named(razorpay: Bench, body: Any, field: str) -> None:
    answer = await razorpay.control.put("/_control/refunds", json=body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)

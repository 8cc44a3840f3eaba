"""`/v1/orders`."""

import secrets
from typing import Any

import pytest

from tests.sandbox.razorpay.bench import Bench

pytestmark = pytest.mark.asyncio(loop_scope="package")

GOOD: dict[str, Any] = {"amount": 49_900, "currency": "INR"}


@pytest.mark.parametrize(
    ("change", "field", "description"),
    [
        ({"amount": None}, "amount", "The amount field is required."),
        ({"amount": 99}, "amount", "The amount must be at least INR 1.00"),
        ({"amount": 0}, "amount", "The amount must be at least INR 1.00"),
        ({"amount": -5}, "amount", "The amount must be at least INR 1.00"),
        ({"amount": 499.5}, "amount", "The amount must be an integer."),
        ({"amount": 49900.0}, "amount", "The amount must be an integer."),
        ({"amount": "49900"}, "amount", "The amount must be an integer."),
        ({"amount": True}, "amount", "The amount must be an integer."),
        ({"currency": None}, "currency", "The currency field is required."),
        ({"currency": "EUR"}, "currency", "The currency is not supported by this account"),
        ({"receipt": 12}, "receipt", "The receipt must be a string."),
        ({"notes": "text"}, "notes", "The notes must be an array."),
        (
            {"colour": "red"},
            "colour",
            "colour is/are not required and should not be sent",
        ),
        (
            {"a": 1, "b": 2},
            "a",
            "a, b is/are not required and should not be sent",
        ),
        (
            {"receipt": "r" * 41},
            "receipt",
            "The receipt may not be greater than 40 characters.",
        ),
        (
            {"notes": {str(n): "x" for n in range(16)}},
            "notes",
            "Number of fields in notes should be less than or equal to 15",
        ),
        (
            {"notes": {"long": "x" * 257}},
            "notes",
            "Each value in notes may not be greater than 256 characters",
        ),
        (
            {"partial_payment": True},
            "partial_payment",
            "Partial payment is not enabled on this account",
        ),
        ({"payment": "automatic"}, "payment", "The payment must be an array."),
        ({"payment": {"capture": "later"}}, "capture", "The selected capture is invalid."),
        (
            {"payment": {"capture": "automatic"}},
            "automatic_expiry_period",
            "The automatic_expiry_period field is required.",
        ),
        (
            {
                "payment": {
                    "capture": "automatic",
                    "capture_options": {"automatic_expiry_period": 11},
                }
            },
            "automatic_expiry_period",
            "The automatic_expiry_period must be between 12 and 7200.",
        ),
        (
            {
                "payment": {
                    "capture": "automatic",
                    "capture_options": {"automatic_expiry_period": 30, "manual_expiry_period": 20},
                }
            },
            "manual_expiry_period",
            "The manual_expiry_period must be at least the automatic_expiry_period.",
        ),
        (
            {"payment": {"capture": "manual", "capture_options": {"colour": 1}}},
            "colour",
            "colour is/are not required and should not be sent",
        ),
    ],
)
async def test_a_bad_field_is_named(
    razorpay: Bench, change: dict[str, Any], field: str, description: str
) -> None:
    error = await razorpay.refused("POST", "/v1/orders", GOOD | change)
    assert (error["field"], error["description"]) == (field, description)


async def test_a_refused_order_does_not_exist(razorpay: Bench) -> None:
    receipt = secrets.token_hex(8)
    await razorpay.refused("POST", "/v1/orders", GOOD | {"receipt": receipt, "colour": "red"})
    found = await razorpay.ok("GET", "/v1/orders", params={"receipt": receipt})
    assert found["items"] == []


async def test_creating_twice_with_one_receipt_makes_two_orders_that_the_receipt_finds(
    razorpay: Bench,
) -> None:
    receipt = secrets.token_hex(8)
    first = await razorpay.order(receipt=receipt)
    second = await razorpay.order(receipt=receipt)

    assert first["id"] != second["id"]
    found = await razorpay.ok("GET", "/v1/orders", params={"receipt": receipt})
    assert found["count"] == 2
    assert [one["id"] for one in found["items"]] == [second["id"], first["id"]]


async def test_notes_are_a_list_when_empty_and_an_object_when_set(razorpay: Bench) -> None:
    bare = await razorpay.order(notes={})
    assert bare["notes"] == []
    edited = await razorpay.ok("PATCH", f"/v1/orders/{bare['id']}", {"notes": {"gift": "yes"}})
    assert edited["notes"] == {"gift": "yes"}
    error = await razorpay.refused("PATCH", f"/v1/orders/{bare['id']}", {"amount": 1})
    assert error["field"] == "amount"


async def test_lists_are_paged_newest_first(fresh_razorpay: Bench) -> None:
    ids = []
    for _ in range(12):
        ids.append((await fresh_razorpay.order())["id"])
        await fresh_razorpay.advance(10)

    default = await fresh_razorpay.ok("GET", "/v1/orders")
    assert default["count"] == 10
    assert [one["id"] for one in default["items"]] == ids[:1:-1]
    page = await fresh_razorpay.ok("GET", "/v1/orders", params={"count": 3, "skip": 2})
    assert [one["id"] for one in page["items"]] == ids[9:6:-1]
    moment = page["items"][0]["created_at"]
    exact = await fresh_razorpay.ok("GET", "/v1/orders", params={"from": moment, "to": moment})
    assert [one["id"] for one in exact["items"]] == [ids[9]]


async def test_the_authorized_filter_and_expansion_show_payments(fresh_razorpay: Bench) -> None:
    untouched = await fresh_razorpay.order()
    tried = await fresh_razorpay.order()
    await fresh_razorpay.pay(tried["id"], "failed")
    held = await fresh_razorpay.order()
    payment = await fresh_razorpay.pay(held["id"], "authorized")

    with_one = await fresh_razorpay.ok(
        "GET", "/v1/orders", params={"authorized": 1, "expand[]": "payments"}
    )
    assert [one["id"] for one in with_one["items"]] == [held["id"]]
    expanded = with_one["items"][0]["payments"]
    assert [one["id"] for one in expanded["items"]] == [payment["razorpay_payment_id"]]
    without = await fresh_razorpay.ok("GET", "/v1/orders", params={"authorized": 0})
    assert {one["id"] for one in without["items"]} == {untouched["id"], tried["id"]}
    error = await fresh_razorpay.refused("GET", "/v1/orders?authorized=yes")
    assert error["field"] == "authorized"


async def test_every_attempt_counts_and_is_listed(razorpay: Bench) -> None:
    order = await razorpay.order()
    failed = await razorpay.pay(order["id"], "failed")
    tried = await razorpay.ok("GET", f"/v1/orders/{order['id']}")
    assert (tried["status"], tried["attempts"], tried["amount_due"]) == ("attempted", 1, 49_900)
    captured = await razorpay.pay(order["id"], "captured")

    paid = await razorpay.ok("GET", f"/v1/orders/{order['id']}")
    assert (paid["status"], paid["attempts"], paid["amount_due"]) == ("paid", 2, 0)
    payments = await razorpay.ok("GET", f"/v1/orders/{order['id']}/payments")
    assert [(one["id"], one["status"]) for one in payments["items"]] == [
        (captured["razorpay_payment_id"], "captured"),
        (failed["razorpay_payment_id"], "failed"),
    ]


async def test_an_order_stays_paid_after_its_refund(razorpay: Bench) -> None:
    payment_id = await razorpay.captured_payment()
    payment = await razorpay.ok("GET", f"/v1/payments/{payment_id}")
    await razorpay.ok("POST", f"/v1/payments/{payment_id}/refund", {})
    order = await razorpay.ok("GET", f"/v1/orders/{payment['order_id']}")
    assert (order["status"], order["amount_paid"]) == ("paid", 49_900)

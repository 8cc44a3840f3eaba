"""The life of a payment: capture, failure, late authorization, money that nobody takes."""

from typing import Any

import pytest

from sandbox.razorpay.identity import sign_handover
from tests.sandbox.razorpay.bench import KEY_SECRET, Bench

pytestmark = pytest.mark.asyncio(loop_scope="package")

DAY_S = 86_400


async def fetched(razorpay: Bench, payment: dict[str, Any]) -> dict[str, Any]:
    return await razorpay.ok("GET", f"/v1/payments/{payment['razorpay_payment_id']}")


async def authorized(razorpay: Bench) -> str:
    order = await razorpay.order()
    return str((await razorpay.pay(order["id"], "authorized"))["razorpay_payment_id"])


async def test_an_authorized_payment_is_signed_but_not_captured(razorpay: Bench) -> None:
    order = await razorpay.order()
    handover = await razorpay.pay(order["id"], "authorized")
    payment = await fetched(razorpay, handover)
    signature = sign_handover(order["id"], payment["id"], KEY_SECRET)
    assert handover["razorpay_signature"] == signature
    assert (payment["status"], payment["captured"], payment["fee"]) == ("authorized", False, None)


async def test_a_captured_payment_knows_its_fee_which_contains_its_tax(razorpay: Bench) -> None:
    payment_id = await razorpay.captured_payment(100_000)
    payment = await razorpay.ok("GET", f"/v1/payments/{payment_id}")
    assert (payment["status"], payment["captured"]) == ("captured", True)
    assert (payment["fee"], payment["tax"]) == (2_360, 360)


async def test_a_failed_payment_is_not_signed_and_says_why(razorpay: Bench) -> None:
    order = await razorpay.order()
    handover = await razorpay.pay(order["id"], "failed")
    payment = await fetched(razorpay, handover)

    assert "razorpay_signature" not in handover
    assert handover["error"]["metadata"] == {"order_id": order["id"], "payment_id": payment["id"]}
    assert (payment["status"], payment["error_code"]) == ("failed", "BAD_REQUEST_ERROR")
    assert (payment["error_source"], payment["error_step"], payment["error_reason"]) == (
        "bank",
        "payment_authorization",
        "payment_failed",
    )


@pytest.mark.parametrize("method", ["card", "upi", "netbanking", "wallet"])
async def test_each_method_carries_its_own_data(razorpay: Bench, method: str) -> None:
    order = await razorpay.order()
    payment = await fetched(razorpay, await razorpay.pay(order["id"], method=method))
    present = {name for name in ("card", "upi", "bank", "wallet", "vpa") if payment.get(name)}
    expected = {
        "card": ({"card"}, {"auth_code", "rrn"}),
        "upi": ({"upi", "vpa"}, {"rrn", "upi_transaction_id"}),
        "netbanking": ({"bank"}, {"bank_transaction_id"}),
        "wallet": ({"wallet"}, {"transaction_id"}),
    }
    assert payment["method"] == method
    assert (present, set(payment["acquirer_data"])) == expected[method]


@pytest.mark.parametrize(
    ("body", "field", "description"),
    [
        ({"currency": "INR"}, "amount", "The amount field is required."),
        ({"amount": 49_900}, "currency", "The currency field is required."),
        ({"amount": 499.0, "currency": "INR"}, "amount", "The amount must be an integer."),
        (
            {"amount": 49_899, "currency": "INR"},
            "amount",
            "Capture amount must be equal to the amount authorized",
        ),
        (
            {"amount": 49_900, "currency": "INR", "notes": {}},
            "notes",
            "notes is/are not required and should not be sent",
        ),
    ],
)
async def test_a_bad_capture_is_refused_and_captures_nothing(
    razorpay: Bench, body: dict[str, Any], field: str, description: str
) -> None:
    payment_id = await authorized(razorpay)
    error = await razorpay.refused("POST", f"/v1/payments/{payment_id}/capture", body)
    assert (error["field"], error["description"]) == (field, description)
    payment = await razorpay.ok("GET", f"/v1/payments/{payment_id}")
    assert payment["status"] == "authorized"


async def test_a_payment_is_captured_once(razorpay: Bench) -> None:
    payment_id = await authorized(razorpay)
    body = {"amount": 49_900, "currency": "INR"}
    captured = await razorpay.ok("POST", f"/v1/payments/{payment_id}/capture", body)
    assert (captured["status"], captured["captured"]) == ("captured", True)
    error = await razorpay.refused("POST", f"/v1/payments/{payment_id}/capture", body)
    assert error["description"] == "This payment has already been captured"


async def test_a_failed_payment_cannot_be_captured(razorpay: Bench) -> None:
    order = await razorpay.order()
    payment_id = (await razorpay.pay(order["id"], "failed"))["razorpay_payment_id"]
    error = await razorpay.refused(
        "POST", f"/v1/payments/{payment_id}/capture", {"amount": 49_900, "currency": "INR"}
    )
    assert "authorized and not yet captured" in error["description"]


@pytest.mark.parametrize(
    ("first", "said"), [("captured", "already paid"), ("authorized", "authorized payment")]
)
async def test_a_second_payment_is_refused_while_the_first_stands(
    razorpay: Bench, first: str, said: str
) -> None:
    order = await razorpay.order()
    await razorpay.pay(order["id"], first)
    answer = await razorpay.control.post(
        "/_control/payments", json={"order_id": order["id"], "outcome": "captured"}
    )
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["field"] == "order_id"
    assert said in error["problem"]
    assert "second_capture" in error["remedy"]


async def test_a_second_capture_can_be_forced(razorpay: Bench) -> None:
    order = await razorpay.order()
    first = await fetched(razorpay, await razorpay.pay(order["id"]))
    second = await fetched(razorpay, await razorpay.pay(order["id"], second_capture=True))
    assert first["id"] != second["id"]
    assert [one["status"] for one in (first, second)] == ["captured", "captured"]
    paid = await razorpay.ok("GET", f"/v1/orders/{order['id']}")
    assert (paid["amount_paid"], paid["amount_due"], paid["attempts"]) == (49_900, 0, 2)


async def test_failed_then_captured_happens_on_one_payment_id(fresh_razorpay: Bench) -> None:
    order = await fresh_razorpay.order()
    handover = await fresh_razorpay.pay(order["id"], "failed_then_captured")
    received = await fresh_razorpay.receiver.wait_for(4)

    assert [one.event for one in received] == [
        "payment.failed",
        "payment.authorized",
        "payment.captured",
        "order.paid",
    ]
    about = {one.body["payload"]["payment"]["entity"]["id"] for one in received}
    assert about == {handover["razorpay_payment_id"]}
    payment = await fetched(fresh_razorpay, handover)
    assert (payment["status"], payment["error_code"]) == ("captured", None)


async def test_without_the_banks_answer_a_payment_fails_after_ten_minutes(
    fresh_razorpay: Bench,
) -> None:
    order = await fresh_razorpay.order()
    handover = await fresh_razorpay.pay(order["id"], "pending")
    assert (await fetched(fresh_razorpay, handover))["status"] == "created"
    await fresh_razorpay.advance(590)
    assert (await fetched(fresh_razorpay, handover))["status"] == "created"
    await fresh_razorpay.advance(15)
    payment = await fetched(fresh_razorpay, handover)
    assert (payment["status"], payment["error_reason"]) == ("failed", "payment_timed_out")


async def test_a_late_yes_of_the_bank_pays_the_order(fresh_razorpay: Bench) -> None:
    order = await fresh_razorpay.order()
    payment_id = (await fresh_razorpay.pay(order["id"], "pending"))["razorpay_payment_id"]
    await fresh_razorpay.advance(2 * DAY_S)
    answer = await fresh_razorpay.control.post(
        f"/_control/payments/{payment_id}", json={"outcome": "captured"}
    )
    assert answer.status_code == 200
    assert (await fresh_razorpay.ok("GET", f"/v1/orders/{order['id']}"))["status"] == "paid"


async def test_after_three_days_the_bank_says_nothing_any_more(fresh_razorpay: Bench) -> None:
    order = await fresh_razorpay.order()
    payment_id = (await fresh_razorpay.pay(order["id"], "pending"))["razorpay_payment_id"]
    await fresh_razorpay.advance(3 * DAY_S + 1)
    answer = await fresh_razorpay.control.post(
        f"/_control/payments/{payment_id}", json={"outcome": "captured"}
    )
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "outcome")


async def test_a_late_yes_beside_a_paid_order_goes_back_to_the_customer(
    fresh_razorpay: Bench,
) -> None:
    order = await fresh_razorpay.order()
    slow = await fresh_razorpay.pay(order["id"], "pending")
    await fresh_razorpay.pay(order["id"])
    await fresh_razorpay.control.post(
        f"/_control/payments/{slow['razorpay_payment_id']}", json={"outcome": "captured"}
    )
    payment = await fetched(fresh_razorpay, slow)
    assert (payment["status"], payment["amount_refunded"]) == ("refunded", 49_900)
    paid = await fresh_razorpay.ok("GET", f"/v1/orders/{order['id']}")
    assert paid["amount_paid"] == 49_900


async def test_money_that_nobody_captures_goes_back_after_three_days(
    fresh_razorpay: Bench,
) -> None:
    order = await fresh_razorpay.order()
    handover = await fresh_razorpay.pay(order["id"], "authorized")
    await fresh_razorpay.advance(3 * DAY_S - 60)
    assert (await fetched(fresh_razorpay, handover))["status"] == "authorized"
    await fresh_razorpay.advance(60)
    payment = await fetched(fresh_razorpay, handover)
    assert (payment["status"], payment["captured"]) == ("refunded", False)
    assert (payment["refund_status"], payment["fee"]) == ("full", None)
    received = await fresh_razorpay.receiver.wait_for(3)
    assert [one.event for one in received][1:] == ["refund.created", "refund.processed"]


async def test_the_orders_own_capture_settings_win(fresh_razorpay: Bench) -> None:
    options = {"automatic_expiry_period": 12, "manual_expiry_period": 60}
    capture = {"capture": "automatic", "capture_options": options}
    order = await fresh_razorpay.order(payment=capture)
    handover = await fresh_razorpay.pay(order["id"], "pending")
    await fresh_razorpay.advance(13 * 60)
    path = f"/_control/payments/{handover['razorpay_payment_id']}"
    await fresh_razorpay.control.post(path, json={"outcome": "authorized"})
    assert (await fetched(fresh_razorpay, handover))["status"] == "authorized"
    await fresh_razorpay.advance(48 * 60)
    assert (await fetched(fresh_razorpay, handover))["status"] == "refunded"


async def test_only_the_notes_of_a_payment_change(razorpay: Bench) -> None:
    payment_id = await razorpay.captured_payment()
    path = f"/v1/payments/{payment_id}"
    assert (await razorpay.ok("PATCH", path, {"notes": {"a": "b"}}))["notes"] == {"a": "b"}
    error = await razorpay.refused("PATCH", path, {"amount": 1})
    assert error["field"] == "amount"


async def test_payments_are_listed_newest_first(fresh_razorpay: Bench) -> None:
    first = await fresh_razorpay.captured_payment()
    second = await fresh_razorpay.captured_payment()
    listed = await fresh_razorpay.ok("GET", "/v1/payments", params={"count": 5})
    assert [one["id"] for one in listed["items"]] == [second, first]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"outcome": "captured"}, "order_id"),
        ({"order_id": "order_AAAAAAAAAAAAAA", "outcome": "captured"}, "order_id"),
        ({"order_id": "", "outcome": "won"}, "order_id"),
        ({"order_id": "x", "outcome": "captured", "amount": 5}, "amount"),
        ([], "body"),
    ],
)
async def test_a_bad_control_request_names_field_and_remedy(
    razorpay: Bench, body: Any, field: str
) -> None:
    answer = await razorpay.control.post("/_control/payments", json=body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["field"] == field
    assert error["problem"]
    assert error["remedy"]


@pytest.mark.parametrize(
    "change", [{"outcome": "won"}, {"outcome": None}, {"method": "cheque"}, {"method": ["card"]}]
)
async def test_an_outcome_or_method_that_does_not_exist_is_named(
    razorpay: Bench, change: dict[str, Any]
) -> None:
    order = await razorpay.order()
    body = {"order_id": order["id"], "outcome": "captured"} | change
    answer = await razorpay.control.post("/_control/payments", json=body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, next(iter(change)))
    again = await razorpay.ok("GET", f"/v1/orders/{order['id']}")
    assert again["attempts"] == 0


HOUR_S = 3_600


async def late(razorpay: Bench, order_id: str, after_s: float) -> str:
    return str((await razorpay.pay(order_id, "late", after_s=after_s))["razorpay_payment_id"])


async def test_a_late_answer_makes_a_failed_payment_a_captured_one(fresh_razorpay: Bench) -> None:
    order = await fresh_razorpay.order()
    payment_id = await late(fresh_razorpay, order["id"], HOUR_S)
    await fresh_razorpay.advance(601)
    failed = await fresh_razorpay.ok("GET", f"/v1/payments/{payment_id}")
    assert (failed["status"], failed["error_reason"]) == ("failed", "payment_timed_out")
    await fresh_razorpay.advance(HOUR_S)
    paid = await fresh_razorpay.ok("GET", f"/v1/payments/{payment_id}")
    assert (paid["status"], paid["error_code"]) == ("captured", None)
    await fresh_razorpay.receiver.wait_for(4)
    assert fresh_razorpay.receiver.events == [
        "payment.failed",
        "payment.authorized",
        "payment.captured",
        "order.paid",
    ]


async def test_a_late_answer_after_the_window_of_automatic_capture_waits_and_goes_back(
    fresh_razorpay: Bench,
) -> None:
    options = {"automatic_expiry_period": 12, "manual_expiry_period": 120}
    block = {"capture": "automatic", "capture_options": options}
    order = await fresh_razorpay.order(payment=block)
    payment_id = await late(fresh_razorpay, order["id"], HOUR_S)
    await fresh_razorpay.advance(HOUR_S + 1)
    held = await fresh_razorpay.ok("GET", f"/v1/payments/{payment_id}")
    assert (held["status"], held["captured"]) == ("authorized", False)
    await fresh_razorpay.advance(HOUR_S)
    back = await fresh_razorpay.ok("GET", f"/v1/payments/{payment_id}")
    assert (back["status"], back["refund_status"]) == ("refunded", "full")


async def test_a_late_answer_for_an_order_that_is_paid_goes_back_at_once(
    fresh_razorpay: Bench,
) -> None:
    order = await fresh_razorpay.order()
    payment_id = await late(fresh_razorpay, order["id"], HOUR_S)
    await fresh_razorpay.advance(601)
    await fresh_razorpay.pay(order["id"])
    await fresh_razorpay.advance(HOUR_S)
    back = await fresh_razorpay.ok("GET", f"/v1/payments/{payment_id}")
    assert (back["status"], back["captured"]) == ("refunded", False)


async def test_razorpay_asks_the_bank_for_three_days(razorpay: Bench) -> None:
    order = await razorpay.order()
    body = {"order_id": order["id"], "outcome": "late", "after_s": 3 * 86_400 + 1}
    answer = await razorpay.control.post("/_control/payments", json=body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "after_s")

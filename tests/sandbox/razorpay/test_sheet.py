"""The calls of the payment sheet's page, and the published test data."""

from typing import Any

import pytest

from sandbox.razorpay.identity import sign_handover
from tests.sandbox.razorpay.bench import KEY_ID, KEY_SECRET, Bench

pytestmark = pytest.mark.asyncio(loop_scope="package")

GOOD_CARD = {"number": "4100 2800 0000 1007", "expiry": "12 / 39", "cvv": "123"}


async def post(razorpay: Bench, path: str, body: Any, status: int = 200) -> dict[str, Any]:
    answer = await razorpay.control.post(f"/_sheet/{path}", json=body)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


async def start(razorpay: Bench, order_id: str, **how: Any) -> str:
    started = await post(razorpay, "payments", {"key": KEY_ID, "order_id": order_id, **how})
    return str(started["payment_id"])


async def payment_of(razorpay: Bench, payment_id: str) -> dict[str, Any]:
    return await razorpay.ok("GET", f"/v1/payments/{payment_id}")


@pytest.mark.parametrize("otp", ["1234", "1234567890"])
async def test_the_good_card_pays_with_an_otp_of_four_to_ten_digits(
    razorpay: Bench, otp: str
) -> None:
    order = await razorpay.order()
    payment_id = await start(razorpay, order["id"], method="card", card=GOOD_CARD)
    done = await post(razorpay, f"payments/{payment_id}/otp", {"otp": otp})
    assert done["razorpay_signature"] == sign_handover(order["id"], payment_id, KEY_SECRET)
    payment = await payment_of(razorpay, payment_id)
    assert (payment["status"], payment["card"]["last4"]) == ("captured", "1007")


@pytest.mark.parametrize("otp", ["", "123", "12a4", "12345678901"])
async def test_another_otp_fails_the_payment(razorpay: Bench, otp: str) -> None:
    order = await razorpay.order()
    payment_id = await start(razorpay, order["id"], method="card", card=GOOD_CARD)
    done = await post(razorpay, f"payments/{payment_id}/otp", {"otp": otp})
    assert "razorpay_signature" not in done
    assert done["error"]["reason"] == "incorrect_otp"
    assert (await payment_of(razorpay, payment_id))["status"] == "failed"


@pytest.mark.parametrize(
    ("number", "network", "international"),
    [
        ("4100280000001007", "Visa", False),
        ("5500670000001002", "MasterCard", False),
        ("6527658900001005", "RuPay", False),
        ("36082800091007", "Diners Club", False),
        ("5555555555554444", "MasterCard", True),
        ("4012888888881881", "Visa", True),
    ],
)
async def test_the_good_cards_of_each_network_pay(
    razorpay: Bench, number: str, network: str, international: bool
) -> None:
    order = await razorpay.order(100_000)
    payment_id = await start(
        razorpay, order["id"], method="card", card=GOOD_CARD | {"number": number}
    )
    await post(razorpay, f"payments/{payment_id}/otp", {"otp": "1234"})
    payment = await payment_of(razorpay, payment_id)
    assert (payment["status"], payment["international"]) == ("captured", international)
    card = payment["card"]
    assert (card["network"], card["international"]) == (network, international)
    assert payment["fee"] == (3_540 if international else 2_360)


@pytest.mark.parametrize(
    ("number", "reason", "code"),
    [
        ("4100280000090000", "payment_timed_out", "BAD_REQUEST_ERROR"),
        ("4100280000080001", "insufficient_fund", "BAD_REQUEST_ERROR"),
        ("4100280000070002", "payment_cancelled", "BAD_REQUEST_ERROR"),
        ("4100280000060003", "card_declined", "BAD_REQUEST_ERROR"),
        ("4100280000030006", "card_disabled_for_online_payments", "BAD_REQUEST_ERROR"),
        ("4100280000010008", "card_number_invalid", "BAD_REQUEST_ERROR"),
        ("4100280000020007", "gateway_technical_error", "GATEWAY_ERROR"),
        ("4100280000000009", "authentication_failed", "GATEWAY_ERROR"),
        ("5305620000050001", "insufficient_fund", "BAD_REQUEST_ERROR"),
        ("5305620000090007", "gateway_technical_error", "GATEWAY_ERROR"),
    ],
)
@pytest.mark.parametrize("answer", [("otp", {"otp": "1234"}), ("bank", {"outcome": "failure"})])
async def test_the_other_test_cards_fail_as_documented(
    razorpay: Bench, number: str, reason: str, code: str, answer: tuple[str, dict[str, str]]
) -> None:
    order = await razorpay.order()
    card = GOOD_CARD | {"number": number}
    payment_id = await start(razorpay, order["id"], method="card", card=card)
    path, body = answer
    done = await post(razorpay, f"payments/{payment_id}/{path}", body)
    assert (done["error"]["reason"], done["error"]["code"]) == (reason, code)
    assert done["error"]["metadata"] == {"order_id": order["id"], "payment_id": payment_id}
    assert (await payment_of(razorpay, payment_id))["error_reason"] == reason


async def test_the_bank_can_decline_a_good_card(razorpay: Bench) -> None:
    order = await razorpay.order()
    payment_id = await start(razorpay, order["id"], method="card", card=GOOD_CARD)
    done = await post(razorpay, f"payments/{payment_id}/bank", {"outcome": "failure"})
    assert (done["error"]["reason"], done["error"]["source"]) == ("payment_failed", "bank")


@pytest.mark.parametrize(
    ("vpa", "status"), [("success@razorpay", "captured"), ("failure@razorpay", "failed")]
)
async def test_the_test_upi_ids_answer_after_a_moment(
    fresh_razorpay: Bench, monkeypatch: pytest.MonkeyPatch, vpa: str, status: str
) -> None:
    monkeypatch.setattr("sandbox.razorpay.checkout.sheet.BANK_ANSWER_S", 60)
    order = await fresh_razorpay.order()
    payment_id = await start(fresh_razorpay, order["id"], method="upi", vpa=vpa)
    poll = f"/_sheet/payments/{payment_id}"
    assert (await fresh_razorpay.control.get(poll)).json()["status"] == "created"
    await fresh_razorpay.advance(61)
    assert (await fresh_razorpay.control.get(poll)).json()["status"] == status
    assert (await payment_of(fresh_razorpay, payment_id))["vpa"] == vpa


@pytest.mark.parametrize(
    "how", [{"method": "netbanking", "bank": "HDFC"}, {"method": "wallet", "wallet": "phonepe"}]
)
@pytest.mark.parametrize(("outcome", "status"), [("success", "captured"), ("failure", "failed")])
async def test_the_page_of_a_bank_or_wallet_decides(
    razorpay: Bench, how: dict[str, str], outcome: str, status: str
) -> None:
    order = await razorpay.order()
    payment_id = await start(razorpay, order["id"], **how)
    await post(razorpay, f"payments/{payment_id}/bank", {"outcome": "perhaps"}, status=400)
    done = await post(razorpay, f"payments/{payment_id}/bank", {"outcome": outcome})
    assert ("razorpay_signature" in done) is (outcome == "success")
    payment = await payment_of(razorpay, payment_id)
    assert (payment["status"], payment["method"]) == (status, how["method"])


async def test_an_app_is_asked_by_intent(fresh_razorpay: Bench) -> None:
    order = await fresh_razorpay.order()
    payment_id = await start(fresh_razorpay, order["id"], method="upi", app="gpay")
    await fresh_razorpay.advance(3)
    payment = await payment_of(fresh_razorpay, payment_id)
    assert (payment["status"], payment["upi"]["flow"]) == ("captured", "intent")


@pytest.mark.parametrize(
    ("given", "contact"),
    [("9900012345", "+919900012345"), ("+1 415 555 2671", "+14155552671"), ("", "+919000090000")],
)
async def test_a_phone_number_gets_its_country_code(
    razorpay: Bench, given: str, contact: str
) -> None:
    order = await razorpay.order()
    how = {"method": "card", "card": GOOD_CARD, "contact": given}
    payment_id = await start(razorpay, order["id"], **how)
    assert (await payment_of(razorpay, payment_id))["contact"] == contact


async def test_a_payment_abandoned_in_the_sheet_fails_as_cancelled(razorpay: Bench) -> None:
    order = await razorpay.order()
    payment_id = await start(razorpay, order["id"], method="card", card=GOOD_CARD)
    done = await post(razorpay, f"payments/{payment_id}/cancel", {})
    assert done["error"]["reason"] == "payment_cancelled"
    late = await post(razorpay, f"payments/{payment_id}/otp", {"otp": "1234"})
    assert late["status"] == "failed"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"method": "cheque"}, "method"),
        ({"method": "upi", "vpa": "somebody@bank"}, "vpa"),
        ({"method": "netbanking", "bank": "NONE"}, "bank"),
        ({"method": "wallet"}, "wallet"),
        ({"method": "card"}, "card[number]"),
        ({"method": "card", "card": GOOD_CARD | {"number": "4111 1111 1111 1111"}}, "card[number]"),
        ({"method": "card", "card": GOOD_CARD | {"expiry": "01 / 20"}}, "card[expiry]"),
        ({"method": "card", "card": GOOD_CARD | {"expiry": "13 / 39"}}, "card[expiry]"),
        ({"method": "card", "card": GOOD_CARD | {"cvv": "12"}}, "card[cvv]"),
        ({"method": "card", "card": GOOD_CARD | {"number": "340256000401007"}}, "card[cvv]"),
        ({"method": "upi", "app": "nobody"}, "app"),
        ({"method": "upi", "vpa": "success@razorpay", "contact": "12"}, "contact"),
        ({"method": "upi", "vpa": "success@razorpay", "email": "nobody"}, "email"),
    ],
)
async def test_bad_input_is_named_and_is_no_attempt(
    razorpay: Bench, change: dict[str, Any], field: str
) -> None:
    order = await razorpay.order()
    body = {"key": KEY_ID, "order_id": order["id"], **change}
    refused = await post(razorpay, "payments", body, status=400)
    assert refused["error"]["field"] == field
    assert (await razorpay.ok("GET", f"/v1/orders/{order['id']}"))["attempts"] == 0


async def test_the_sheet_shows_what_is_due_and_refuses_what_cannot_be_paid(
    razorpay: Bench,
) -> None:
    order = await razorpay.order(12_345)
    shown = await post(razorpay, "orders", {"key": KEY_ID, "order_id": order["id"]})
    assert (shown["amount"], shown["currency"]) == (12_345, "INR")
    await post(razorpay, "orders", {"key": "rzp_test_other", "order_id": order["id"]}, status=401)
    await post(razorpay, "orders", {"key": KEY_ID, "order_id": "order_1"}, status=400)
    await razorpay.pay(order["id"])
    paid = await post(razorpay, "orders", {"key": KEY_ID, "order_id": order["id"]}, status=400)
    assert "already paid" in paid["error"]["description"]


async def test_script_page_and_assets_are_served(razorpay: Bench) -> None:
    script = await razorpay.control.get("/v1/checkout.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "window.Razorpay" in script.text
    for path in ("/_sheet", "/_sheet/assets/sheet.js", "/_sheet/assets/sheet.css"):
        assert (await razorpay.control.get(path)).status_code == 200


async def test_card_numbers_are_neither_kept_nor_recorded(fresh_razorpay: Bench) -> None:
    order = await fresh_razorpay.order()
    await start(fresh_razorpay, order["id"], method="card", card=GOOD_CARD)
    for path in ("state", "requests"):
        assert "2800" not in (await fresh_razorpay.control.get(f"/_control/{path}")).text

"""The ledger page: what it shows, and what its buttons would do."""

import html
import json
import re
from typing import Any

import pytest

from tests.sandbox.razorpay.bench import KEY_ID, Bench

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def page(razorpay: Bench) -> str:
    return (await razorpay.control.get("/")).text


def buttons(text: str) -> dict[str, tuple[str, Any]]:
    """Return the buttons of the page: name to the path and body that it posts."""
    found = re.findall(r'data-post="([^"]+)" data-body="([^"]*)"[^>]*>([^<]+)<', text)
    return {name: (path, json.loads(html.unescape(body))) for path, body, name in found}


async def press(razorpay: Bench, name: str) -> None:
    path, body = buttons((await razorpay.control.get("/_ledger")).text)[name]
    answer = await razorpay.control.post(path, json=body)
    assert answer.status_code == 200, answer.text


async def test_the_ledger_page_shows_orders_payments_refunds_and_webhooks(
    fresh_razorpay: Bench,
) -> None:
    order = await fresh_razorpay.order(12_345_678, receipt="<b>bold</b>")
    payment_id = (await fresh_razorpay.pay(order["id"]))["razorpay_payment_id"]
    refund = await fresh_razorpay.ok("POST", f"/v1/payments/{payment_id}/refund", {"amount": 500})
    await fresh_razorpay.control.post("/_control/settlements")
    await fresh_razorpay.faults(http={"slow_s": 0.001})
    shown_page = await page(fresh_razorpay)
    for shown in (
        order["id"], payment_id, refund["id"], "₹1,23,456.78", "payment.captured",
        "&lt;b&gt;bold", "http.slow_s 0.001", KEY_ID, "setl_",
    ):  # fmt: skip
        assert shown in shown_page
    assert "<b>bold" not in shown_page
    inner = (await fresh_razorpay.control.get("/_ledger")).text
    assert order["id"] in inner


async def test_a_person_can_capture_late_fail_a_refund_and_fight_a_dispute(
    fresh_razorpay: Bench,
) -> None:
    razorpay = fresh_razorpay
    order = await razorpay.order(100_000)
    failed = await razorpay.pay(order["id"], "failed")
    payment_id = failed["razorpay_payment_id"]
    await press(razorpay, "Capture late")
    captured = await razorpay.ok("GET", f"/v1/payments/{payment_id}")
    assert captured["status"] == "captured"

    refund = await razorpay.ok("POST", f"/v1/payments/{payment_id}/refund", {"amount": 500})
    await press(razorpay, "Fail")
    assert (await razorpay.ok("GET", f"/v1/refunds/{refund['id']}"))["status"] == "failed"

    await press(razorpay, "Dispute")
    await press(razorpay, "Review")
    await press(razorpay, "Ask for more")
    await press(razorpay, "Won")
    (dispute,) = (await razorpay.ok("GET", "/v1/disputes"))["items"]
    assert (dispute["payment_id"], dispute["status"]) == (payment_id, "won")


async def test_attempts_at_webhooks_are_told_with_their_answers(fresh_razorpay: Bench) -> None:
    fresh_razorpay.receiver.answer = lambda _: 503
    await fresh_razorpay.captured_payment()
    await fresh_razorpay.receiver.wait_for(1)
    fresh_razorpay.receiver.answer = lambda _: 204
    await fresh_razorpay.advance(60)
    await fresh_razorpay.receiver.wait_for(4)
    shown = (await fresh_razorpay.control.get("/_ledger")).text
    for mark in (">503<", ">204<", "HTTP 503", "Resend"):
        assert mark in shown
    before = len(fresh_razorpay.receiver.received)
    await press(fresh_razorpay, "Resend")
    await fresh_razorpay.receiver.wait_for(before + 1)


async def test_a_disabled_hook_is_shown_and_can_be_enabled(fresh_razorpay: Bench) -> None:
    await fresh_razorpay.control.post("/_control/webhooks", json={"enabled": False})
    assert 'class="alarm"> disabled' in await page(fresh_razorpay)
    await press(fresh_razorpay, "Enable")
    assert (await fresh_razorpay.state())["webhooks"]["enabled"] is True


async def test_the_sums_balance(fresh_razorpay: Bench) -> None:
    razorpay = fresh_razorpay
    payment_id = await razorpay.captured_payment(100_000)
    await razorpay.ok("POST", f"/v1/payments/{payment_id}/refund", {"amount": 10_000})
    made = await razorpay.control.post(
        "/_control/disputes", json={"payment_id": payment_id, "amount": 5_000}
    )
    await razorpay.ok("POST", f"/v1/disputes/{made.json()['id']}/accept")
    await razorpay.advance(5)
    assert sums(await page(razorpay)) == {
        "Captured": "₹1,000.00",
        "Refunded": "₹100.00",
        "Fees and tax": "₹23.60",
        "Adjustments": "-₹50.00",
        "Settled": "₹0.00",
        "In the balance": "₹826.40",
    }
    await razorpay.control.post("/_control/settlements")
    settled = sums(await page(razorpay))
    assert (settled["Settled"], settled["In the balance"]) == ("₹826.40", "₹0.00")


def sums(text: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", text))


async def test_the_page_is_sent_again_only_when_something_changed(fresh_razorpay: Bench) -> None:
    first = await fresh_razorpay.control.get("/_ledger")
    known = {"if-none-match": first.headers["etag"]}
    assert (await fresh_razorpay.control.get("/_ledger", headers=known)).status_code == 304
    await fresh_razorpay.order()
    assert (await fresh_razorpay.control.get("/_ledger", headers=known)).status_code == 200
    assert "<time" in (await fresh_razorpay.control.get("/_ledger/clock")).text

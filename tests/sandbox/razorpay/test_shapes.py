"""Every body that the sandbox sends has the documented form, so that drift is seen."""

from datetime import datetime
from typing import Any

import pytest

from sandbox.razorpay.bank.settling import IST
from tests.sandbox.razorpay import shapes
from tests.sandbox.razorpay.bench import Bench
from tests.sandbox.razorpay.shapes import Mismatch, collection_of, mismatches

pytestmark = pytest.mark.asyncio(loop_scope="package")

METHODS = ("card", "upi", "netbanking", "wallet")
HOUR_S = 3_600


async def form(razorpay: Bench, path: str, shape: shapes.Shape) -> dict[str, Any]:
    """Read something and hold it against its documented form."""
    body = await razorpay.ok("GET", path)
    assert mismatches(body, shape) == []
    return body


@pytest.mark.parametrize("notes", [{}, {"order": "ord_1"}])
async def test_orders(razorpay: Bench, notes: dict[str, str]) -> None:
    order = await razorpay.order(notes=notes)
    assert mismatches(order, shapes.ORDER) == []
    await razorpay.pay(order["id"], "failed")
    await form(razorpay, f"/v1/orders/{order['id']}", shapes.ORDER)
    listed = await form(
        razorpay, f"/v1/orders?receipt={order['receipt']}", collection_of(shapes.ORDER)
    )
    assert listed["count"] == 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("outcome", ["pending", "failed", "authorized", "captured"])
async def test_payments(razorpay: Bench, method: str, outcome: str) -> None:
    order = await razorpay.order()
    made = await razorpay.pay(order["id"], outcome, method=method)
    path = f"/v1/payments/{made['razorpay_payment_id']}"
    payment = await form(razorpay, path, shapes.PAYMENT)
    assert ("card" in payment, "upi" in payment) == (method == "card", method == "upi")
    assert (payment["fee"] is None) is (outcome != "captured")
    await form(razorpay, f"/v1/orders/{order['id']}/payments", collection_of(shapes.PAYMENT))
    if outcome == "authorized":
        body = {"amount": order["amount"], "currency": "INR"}
        captured = await razorpay.ok("POST", f"{path}/capture", body)
        assert mismatches(captured, shapes.PAYMENT) == []


@pytest.mark.parametrize("speed", ["normal", "optimum"])
async def test_refunds(razorpay: Bench, speed: str) -> None:
    payment_id = await razorpay.captured_payment()
    path = f"/v1/payments/{payment_id}"
    refund = await razorpay.ok("POST", f"{path}/refund", {"amount": 1_000, "speed": speed})
    assert mismatches(refund, shapes.REFUND) == []
    assert refund["speed_requested"] == speed
    await form(razorpay, f"/v1/refunds/{refund['id']}", shapes.REFUND)
    await form(razorpay, f"{path}/refunds", collection_of(shapes.REFUND))
    refunded = await form(razorpay, path, shapes.PAYMENT)
    assert refunded["refund_status"] == "partial"


async def test_disputes(fresh_razorpay: Bench) -> None:
    payment_id = await fresh_razorpay.captured_payment()
    await fresh_razorpay.control.post("/_control/disputes", json={"payment_id": payment_id})
    listed = await form(fresh_razorpay, "/v1/disputes", collection_of(shapes.DISPUTE))
    path = f"/v1/disputes/{listed['items'][0]['id']}"
    await form(fresh_razorpay, path, shapes.DISPUTE)
    evidence = {"action": "submit", "summary": "delivered", "shipping_proof": ["doc_1"]}
    contested = await fresh_razorpay.ok("PATCH", f"{path}/contest", evidence)
    assert mismatches(contested, shapes.DISPUTE) == []


async def test_settlements_and_their_rows(fresh_razorpay: Bench) -> None:
    razorpay = fresh_razorpay
    payments = [await razorpay.captured_payment(100_000, method=one) for one in METHODS]
    await razorpay.ok("POST", f"/v1/payments/{payments[0]}/refund", {"amount": 5_000})
    made = await razorpay.control.post("/_control/disputes", json={"payment_id": payments[1]})
    await razorpay.ok("POST", f"/v1/disputes/{made.json()['id']}/accept")
    await razorpay.advance(5)
    await razorpay.control.post("/_control/settlements")
    listed = await form(razorpay, "/v1/settlements", collection_of(shapes.SETTLEMENT))
    at = (await razorpay.control.get("/_control/state")).json()["now"]
    day = datetime.fromtimestamp(at, IST)
    path = f"/v1/settlements/recon/combined?year={day.year}&month={day.month:02d}&day={day.day}"
    rows = (await razorpay.ok("GET", path))["items"]
    kinds = {"payment": shapes.RECON_ROW, "refund": shapes.RECON_ROW}
    assert {one["type"] for one in rows} == {"payment", "refund", "adjustment"}
    for row in rows:
        assert mismatches(row, kinds.get(row["type"], shapes.ADJUSTMENT_ROW)) == []
    assert sum(one["credit"] - one["debit"] for one in rows) == listed["items"][0]["amount"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/orders", {"amount": 1, "currency": "INR"}, 400),
        ("POST", "/v1/orders", {"amount": 100.5, "currency": "INR"}, 400),
        ("POST", "/v1/orders", {"amount": 100, "currency": "INR", "colour": "red"}, 400),
        ("GET", "/v1/orders/order_00000000000000", None, 400),
        ("GET", "/v1/orders/order_1", None, 400),
        ("GET", "/v1/nowhere", None, 400),
        ("DELETE", "/v1/orders", None, 400),
        ("POST", "/v1/payments/pay_00000000000000/refund", {}, 400),
        ("GET", "/v1/payments?count=101", None, 400),
    ],
)
async def test_errors(razorpay: Bench, method: str, path: str, body: Any, status: int) -> None:
    answer = await razorpay.api.request(method, path, json=body)
    assert answer.status_code == status
    assert mismatches(answer.json(), shapes.ERROR) == []


@pytest.mark.parametrize("fault", ["error_429", "error_500"])
async def test_faults_speak_as_razorpay_does(fresh_razorpay: Bench, fault: str) -> None:
    await fresh_razorpay.faults(http={fault: 1})
    answer = await fresh_razorpay.api.get("/v1/orders")
    assert answer.status_code == int(fault.removeprefix("error_"))
    assert mismatches(answer.json(), shapes.ERROR) == []


async def test_wrong_keys_are_told_in_two_words(razorpay: Bench) -> None:
    answer = await razorpay.control.get("/v1/orders", auth=("rzp_test_x", "y"))
    assert answer.status_code == 401
    assert mismatches(answer.json(), shapes.WRONG_KEYS) == []


async def test_every_webhook(fresh_razorpay: Bench) -> None:
    razorpay = fresh_razorpay
    for method in METHODS:
        await tell_of_a_sale(razorpay, method)
    await tell_of_disputes(razorpay)
    for status in ("started", "updated", "resolved"):
        body = {"method": "upi", "status": status}
        await razorpay.control.post("/_control/downtimes", json=body)
    await razorpay.control.post("/_control/settlements")
    told = {one["event"] for one in (await razorpay.state())["webhooks"]["events"]}
    assert told == set(shapes.EVENTS)
    count = len((await razorpay.state())["webhooks"]["events"])
    for received in await razorpay.receiver.wait_for(count):
        assert mismatches(received.body, shapes.webhook(received.event)) == [], received.event


async def tell_of_a_sale(razorpay: Bench, method: str) -> None:
    """Fail, pay, refund at both speeds, and let refunds slow down and fail."""
    order = await razorpay.order(100_000)
    await razorpay.pay(order["id"], "failed", method=method)
    paid = await razorpay.pay(order["id"], method=method)
    behaviour = {"slow_next": 1, "fail_next": 0, "settle_s": 60}
    await razorpay.control.put("/_control/refunds", json=behaviour)
    path = f"/v1/payments/{paid['razorpay_payment_id']}/refund"
    await razorpay.ok("POST", path, {"amount": 1_000, "speed": "optimum"})
    await razorpay.advance(HOUR_S)
    await razorpay.control.put("/_control/refunds", json={"slow_next": 0, "fail_next": 1})
    await razorpay.ok("POST", path, {"amount": 1_000})
    await razorpay.advance(HOUR_S)


async def tell_of_disputes(razorpay: Bench) -> None:
    """Let disputes end in every way."""
    for end in ("won", "lost", "closed"):
        payment_id = await razorpay.captured_payment(1_000, method="card")
        made = await razorpay.control.post("/_control/disputes", json={"payment_id": payment_id})
        for status in ("under_review", "action_required", end):
            path = f"/_control/disputes/{made.json()['id']}"
            answer = await razorpay.control.post(path, json={"status": status})
            assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"amount": "49900"}, Mismatch(".amount", "odd: '49900'")),
        ({"notes": {}}, Mismatch(".notes", "odd: {}")),
        ({"colour": "red"}, Mismatch(".colour", "unknown")),
        ({"created_at": 1.5}, Mismatch(".created_at", "odd: 1.5")),
    ],
)
async def test_drift_is_seen(razorpay: Bench, change: dict[str, Any], problem: Mismatch) -> None:
    order = await razorpay.order()
    assert mismatches(order | change, shapes.ORDER) == [problem]
    del order["status"]
    assert mismatches(order, shapes.ORDER) == [Mismatch(".status", "missing")]

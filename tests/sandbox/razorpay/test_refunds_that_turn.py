"""Refunds whose end is not what their beginning promised."""

from typing import Any

import pytest

from tests.sandbox.razorpay.bench import Bench

pytestmark = pytest.mark.asyncio(loop_scope="package")

HOUR_S = 3_600


async def behave(razorpay: Bench, **how: Any) -> None:
    answer = await razorpay.control.put("/_control/refunds", json=how)
    assert answer.status_code == 200, answer.text


async def refunded(razorpay: Bench, **how: Any) -> dict[str, Any]:
    payment_id = await razorpay.captured_payment(100_000)
    body = {"amount": 40_000, **how}
    return await razorpay.ok("POST", f"/v1/payments/{payment_id}/refund", body)


async def now(razorpay: Bench, refund: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the refund and its payment as they are now."""
    return (
        await razorpay.ok("GET", f"/v1/refunds/{refund['id']}"),
        await razorpay.ok("GET", f"/v1/payments/{refund['payment_id']}"),
    )


async def recon(razorpay: Bench) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Settle, and return the settlement with its rows."""
    settled = (await razorpay.control.post("/_control/settlements")).json()["settlement"]
    state = await razorpay.state()
    rows = [one for one in state["adjustments"] if one["settlement_id"] == settled["id"]]
    return settled, rows


async def test_a_processed_refund_can_come_back(fresh_razorpay: Bench) -> None:
    await behave(fresh_razorpay, bounce_next=1, bounce_s=HOUR_S)
    refund = await refunded(fresh_razorpay)
    await fresh_razorpay.advance(5)
    processed, payment = await now(fresh_razorpay, refund)
    assert (processed["status"], payment["amount_refunded"]) == ("processed", 40_000)
    await fresh_razorpay.advance(HOUR_S)
    failed, payment = await now(fresh_razorpay, refund)
    assert (failed["status"], payment["amount_refunded"]) == ("failed", 0)
    await fresh_razorpay.receiver.wait_for(6)
    assert fresh_razorpay.receiver.events[3:] == [
        "refund.created",
        "refund.processed",
        "refund.failed",
    ]


async def test_a_refund_that_came_back_before_its_settlement_was_never_debited(
    fresh_razorpay: Bench,
) -> None:
    await behave(fresh_razorpay, settle_s=0)
    refund = await refunded(fresh_razorpay)
    await fresh_razorpay.control.post(
        f"/_control/refunds/{refund['id']}", json={"outcome": "failed"}
    )
    settled, adjustments = await recon(fresh_razorpay)
    assert (settled["amount"], adjustments) == (97_640, [])


async def test_a_refund_that_came_back_after_its_settlement_is_credited(
    fresh_razorpay: Bench,
) -> None:
    await behave(fresh_razorpay, settle_s=0)
    refund = await refunded(fresh_razorpay)
    first, _ = await recon(fresh_razorpay)
    assert first["amount"] == 97_640 - 40_000
    await fresh_razorpay.control.post(
        f"/_control/refunds/{refund['id']}", json={"outcome": "failed"}
    )
    second, (adjustment,) = await recon(fresh_razorpay)
    assert (second["amount"], adjustment["amount"]) == (40_000, 40_000)
    assert refund["id"] in adjustment["description"]


async def test_an_instant_refund_that_the_bank_delays_goes_on_at_normal_speed(
    fresh_razorpay: Bench,
) -> None:
    await behave(fresh_razorpay, slow_next=1, settle_s=HOUR_S)
    refund = await refunded(fresh_razorpay, speed="optimum")
    assert (refund["speed_requested"], refund["speed_processed"]) == ("optimum", "instant")
    await fresh_razorpay.advance(5)
    slowed, _ = await now(fresh_razorpay, refund)
    assert (slowed["status"], slowed["speed_processed"]) == ("pending", "normal")
    await fresh_razorpay.advance(HOUR_S)
    done, _ = await now(fresh_razorpay, refund)
    assert (done["status"], done["speed_processed"]) == ("processed", "normal")
    await fresh_razorpay.receiver.wait_for(6)
    assert fresh_razorpay.receiver.events[3:] == [
        "refund.created",
        "refund.speed_changed",
        "refund.processed",
    ]


@pytest.mark.parametrize("outcome", ["processed", "failed"])
async def test_a_pending_refund_ends_by_hand(fresh_razorpay: Bench, outcome: str) -> None:
    await behave(fresh_razorpay, settle_s=HOUR_S)
    refund = await refunded(fresh_razorpay)
    path = f"/_control/refunds/{refund['id']}"
    ended = (await fresh_razorpay.control.post(path, json={"outcome": outcome})).json()
    assert ended["status"] == outcome
    await fresh_razorpay.advance(2 * HOUR_S)
    assert (await now(fresh_razorpay, refund))[0] == ended


async def test_a_failed_refund_does_not_move_again(razorpay: Bench) -> None:
    refund = await refunded(razorpay)
    path = f"/_control/refunds/{refund['id']}"
    assert (await razorpay.control.post(path, json={"outcome": "failed"})).status_code == 200
    again = await razorpay.control.post(path, json={"outcome": "processed"})
    assert (again.status_code, again.json()["error"]["problem"]) == (400, "already failed")


@pytest.mark.parametrize(
    ("name", "body"), [("rfnd_00000000000000", {"outcome": "failed"}), ("rfnd_1", {"outcome": "x"})]
)
async def test_a_refund_that_cannot_be_ended_is_named(
    razorpay: Bench, name: str, body: dict[str, str]
) -> None:
    answer = await razorpay.control.post(f"/_control/refunds/{name}", json=body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "outcome")


async def test_what_was_never_captured_does_not_come_back(fresh_razorpay: Bench) -> None:
    order = await fresh_razorpay.order()
    payment_id = (await fresh_razorpay.pay(order["id"], "authorized"))["razorpay_payment_id"]
    await fresh_razorpay.advance(3 * 86_400 + 1)
    (refund,) = (await fresh_razorpay.ok("GET", f"/v1/payments/{payment_id}/refunds"))["items"]
    path = f"/_control/refunds/{refund['id']}"
    answer = await fresh_razorpay.control.post(path, json={"outcome": "failed"})
    assert answer.status_code == 400


async def test_an_uncaptured_payment_goes_back_at_the_speed_of_its_order(
    fresh_razorpay: Bench,
) -> None:
    options = {"manual_expiry_period": 12, "refund_speed": "optimum"}
    order = await fresh_razorpay.order(payment={"capture": "manual", "capture_options": options})
    payment_id = (await fresh_razorpay.pay(order["id"], "authorized"))["razorpay_payment_id"]
    await fresh_razorpay.advance(13 * 60)
    (refund,) = (await fresh_razorpay.ok("GET", f"/v1/payments/{payment_id}/refunds"))["items"]
    assert (refund["speed_requested"], refund["speed_processed"]) == ("optimum", "instant")
    assert refund["status"] == "processed"

"""Webhooks: envelope, signature, retries, disabling, and what may befall them."""

import asyncio
from typing import Any

import pytest

from sandbox.razorpay.identity import sign
from tests.sandbox.razorpay.bench import WEBHOOK_SECRET, Bench, Shops, bench, until

pytestmark = pytest.mark.asyncio(loop_scope="package")

PREVIOUS_SECRET = "bench_webhook_secret_before"


async def deliveries(razorpay: Bench, event: str) -> list[dict[str, Any]]:
    events = (await razorpay.state())["webhooks"]["events"]
    return [dict(one) for one in events if one["event"] == event]


async def wait_for_attempts(razorpay: Bench, event: str, count: int) -> None:
    """Wait until the sandbox has recorded attempts, which is a moment after they arrived."""
    seen: list[int] = []

    for _ in range(500):
        seen = [len(one["attempts"]) for one in await deliveries(razorpay, event)]
        if sum(seen) >= count:
            return
    pytest.fail(f"{event}: {seen} attempts, {count} expected")


async def test_the_envelope_names_what_it_contains(fresh_razorpay: Bench) -> None:
    order = await fresh_razorpay.order(notes={"cart": "c1"})
    handover = await fresh_razorpay.pay(order["id"])
    *_, paid = await fresh_razorpay.receiver.wait_for(3)

    assert set(paid.body) == {
        "entity", "account_id", "event", "contains", "payload", "created_at",
    }  # fmt: skip
    assert paid.body["contains"] == ["payment", "order"]
    assert paid.body["account_id"].startswith("acc_")
    entities = {name: one["entity"] for name, one in paid.body["payload"].items()}
    assert entities["payment"]["id"] == handover["razorpay_payment_id"]
    assert (entities["order"]["id"], entities["order"]["status"]) == (order["id"], "paid")
    assert entities["order"]["notes"] == {"cart": "c1"}
    assert isinstance(paid.body["created_at"], int)


async def test_a_payload_is_a_snapshot_of_its_own_moment(fresh_razorpay: Bench) -> None:
    await fresh_razorpay.captured_payment()
    received = await fresh_razorpay.receiver.wait_for(3)
    statuses = [one.body["payload"]["payment"]["entity"]["status"] for one in received]
    assert statuses == ["authorized", "captured", "captured"]


async def test_the_irregularities_of_the_real_samples_are_there(fresh_razorpay: Bench) -> None:
    payment_id = await fresh_razorpay.captured_payment(method="card")
    await fresh_razorpay.ok("POST", f"/v1/payments/{payment_id}/refund", {"amount": 100})
    received = await fresh_razorpay.receiver.wait_for(4)
    payments = {one.event: one.body["payload"]["payment"]["entity"] for one in received}

    assert payments["payment.authorized"]["captured"] is True
    assert payments["payment.captured"]["error_code"] == ""
    assert payments["payment.captured"]["base_amount"] == 49_900
    assert "acquirer_data" not in payments["order.paid"]
    assert payments["refund.created"]["refund_status"] == "partial"


async def test_speed_changed_keeps_its_moment_inside_the_payload(fresh_razorpay: Bench) -> None:
    payment_id = await fresh_razorpay.captured_payment(method="netbanking")
    path = f"/v1/payments/{payment_id}/refund"
    await fresh_razorpay.ok("POST", path, {"speed": "optimum"})
    received = await fresh_razorpay.receiver.wait_for(5)
    changed = next(one for one in received if one.event == "refund.speed_changed")
    assert "created_at" not in changed.body
    assert isinstance(changed.body["payload"]["created_at"], int)


async def test_a_failed_delivery_is_repeated_with_growing_gaps_and_the_same_bytes(
    fresh_razorpay: Bench,
) -> None:
    fresh_razorpay.receiver.answer = lambda _: 503
    order = await fresh_razorpay.order()
    await fresh_razorpay.pay(order["id"], "failed")
    await wait_for_attempts(fresh_razorpay, "payment.failed", 1)
    for attempt, gap_s in enumerate((5, 10, 20), start=2):
        await fresh_razorpay.advance(gap_s * 0.2)
        assert len(fresh_razorpay.receiver.received) == attempt - 1
        await fresh_razorpay.advance(gap_s * 0.8)
        await wait_for_attempts(fresh_razorpay, "payment.failed", attempt)

    received = fresh_razorpay.receiver.received
    assert len({one.event_id for one in received}) == 1
    assert len({one.raw for one in received}) == 1
    assert {one.signature for one in received} == {sign(received[0].raw, WEBHOOK_SECRET)}

    fresh_razorpay.receiver.answer = lambda _: 204
    await fresh_razorpay.advance(40)
    await fresh_razorpay.receiver.wait_for(5)
    await wait_for_attempts(fresh_razorpay, "payment.failed", 5)
    assert (await fresh_razorpay.delivery("payment.failed"))["state"] == "delivered"


async def test_an_answer_after_five_seconds_is_too_late(
    fresh_razorpay: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.razorpay.webhooks.hook.ANSWER_LIMIT_S", 0.05)
    fresh_razorpay.receiver.delay_s = 0.3
    order = await fresh_razorpay.order()
    await fresh_razorpay.pay(order["id"], "failed")
    await wait_for_attempts(fresh_razorpay, "payment.failed", 1)
    (attempt,) = (await fresh_razorpay.delivery("payment.failed"))["attempts"]
    assert (attempt["status"], attempt["problem"]) == (None, "no answer within 0.05 s")


async def test_after_a_day_without_a_taker_the_hook_is_disabled_until_enabled_by_hand(
    fresh_razorpay: Bench,
) -> None:
    fresh_razorpay.receiver.answer = lambda _: 500
    order = await fresh_razorpay.order()
    await fresh_razorpay.pay(order["id"], "failed")
    for attempt in range(1, 40):
        await wait_for_attempts(fresh_razorpay, "payment.failed", attempt)
        if not (await fresh_razorpay.state())["webhooks"]["enabled"]:
            break
        await fresh_razorpay.advance(min(5 * 2 ** (attempt - 1), 4 * 3600))
    failed = await fresh_razorpay.delivery("payment.failed")
    hours = (failed["attempts"][-1]["at"] - failed["created_at"]) / 3600
    assert (failed["state"], 20 <= hours <= 24) == ("failed", True)

    fresh_razorpay.receiver.answer = lambda _: 200
    received = len(fresh_razorpay.receiver.received)
    await fresh_razorpay.captured_payment()
    assert (await fresh_razorpay.delivery("payment.captured"))["state"] == "skipped"
    await fresh_razorpay.control.post("/_control/webhooks", json={"enabled": True})
    await fresh_razorpay.captured_payment()
    await fresh_razorpay.receiver.wait_for(received + 3)


async def test_an_event_can_be_sent_again_on_request(fresh_razorpay: Bench) -> None:
    await fresh_razorpay.captured_payment()
    first, *_ = await fresh_razorpay.receiver.wait_for(3)
    answer = await fresh_razorpay.control.post(
        "/_control/webhooks", json={"resend": first.event_id}
    )
    assert answer.status_code == 200
    *_, again = await fresh_razorpay.receiver.wait_for(4)
    assert (again.event_id, again.raw) == (first.event_id, first.raw)
    answer = await fresh_razorpay.control.post("/_control/webhooks", json={"resend": "nothing"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "resend")


async def test_without_a_url_events_are_recorded_and_sent_to_nobody(shops: Shops) -> None:
    async with bench(shops, webhook_url=None) as razorpay:
        await razorpay.captured_payment()
        assert (await razorpay.delivery("order.paid"))["state"] == "unsubscribed"


async def test_lost_webhooks_never_arrive(fresh_razorpay: Bench) -> None:
    await fresh_razorpay.faults(webhooks={"loss": 1, "only": "payment.*"})
    await fresh_razorpay.captured_payment()
    await fresh_razorpay.receiver.wait_for(1)
    await fresh_razorpay.advance(3600)
    assert (await fresh_razorpay.delivery("payment.captured"))["state"] == "lost"
    assert fresh_razorpay.receiver.events == ["order.paid"]


async def test_duplicates_share_id_and_bytes(fresh_razorpay: Bench) -> None:
    await fresh_razorpay.faults(webhooks={"duplicate": 1})
    order = await fresh_razorpay.order()
    await fresh_razorpay.pay(order["id"], "failed")
    first, second = await fresh_razorpay.receiver.wait_for(2)
    assert (first.event_id, first.raw) == (second.event_id, second.raw)


async def test_a_reordered_webhook_is_overtaken(fresh_razorpay: Bench) -> None:
    await fresh_razorpay.faults(webhooks={"reorder": 1, "only": "payment.authorized"})
    await fresh_razorpay.captured_payment()
    await fresh_razorpay.receiver.wait_for(3)
    assert fresh_razorpay.receiver.events[0] == "payment.captured"
    assert "payment.authorized" in fresh_razorpay.receiver.events


async def test_a_reordered_webhook_that_nothing_overtakes_arrives_all_the_same(
    fresh_razorpay: Bench,
) -> None:
    await fresh_razorpay.faults(webhooks={"reorder": 1})
    order = await fresh_razorpay.order()
    await fresh_razorpay.pay(order["id"], "failed")
    assert fresh_razorpay.receiver.events == []
    await fresh_razorpay.advance(5)
    await fresh_razorpay.receiver.wait_for(1)


async def test_a_delay_runs_on_the_sandbox_clock(fresh_razorpay: Bench) -> None:
    await fresh_razorpay.faults(webhooks={"delay_s": 600})
    order = await fresh_razorpay.order()
    await fresh_razorpay.pay(order["id"], "failed")
    await fresh_razorpay.advance(590)
    assert fresh_razorpay.receiver.events == []
    await fresh_razorpay.advance(11)
    await fresh_razorpay.receiver.wait_for(1)


async def test_a_wrong_signature_is_repeated_with_the_right_one_once_the_fault_is_gone(
    fresh_razorpay: Bench,
) -> None:
    def strict(one: Any) -> int:
        return 200 if one.signature == sign(one.raw, WEBHOOK_SECRET) else 401

    fresh_razorpay.receiver.answer = strict
    await fresh_razorpay.faults(webhooks={"wrong_signature": 1})
    order = await fresh_razorpay.order()
    await fresh_razorpay.pay(order["id"], "failed")
    await wait_for_attempts(fresh_razorpay, "payment.failed", 1)
    await fresh_razorpay.control.delete("/_control/faults")
    await fresh_razorpay.advance(5)
    await wait_for_attempts(fresh_razorpay, "payment.failed", 2)
    delivered = await fresh_razorpay.delivery("payment.failed")
    assert [one["status"] for one in delivered["attempts"]] == [401, 200]


async def test_the_old_secret_signs_when_the_switch_says_so(shops: Shops) -> None:
    async with bench(shops, webhook_secret_previous=PREVIOUS_SECRET) as razorpay:
        await razorpay.faults(webhooks={"old_secret": 1, "limit": 1})
        await razorpay.captured_payment()
        first, second, _ = await razorpay.receiver.wait_for(3)
        assert first.signature == sign(first.raw, PREVIOUS_SECRET)
        assert second.signature == sign(second.raw, WEBHOOK_SECRET)


async def test_events_from_before_a_rotation_keep_the_old_secret(fresh_razorpay: Bench) -> None:
    fresh_razorpay.receiver.answer = lambda _: 500
    order = await fresh_razorpay.order()
    await fresh_razorpay.pay(order["id"], "failed")
    await wait_for_attempts(fresh_razorpay, "payment.failed", 1)
    await fresh_razorpay.control.post("/_control/webhooks", json={"secret": "rotated_secret"})
    fresh_razorpay.receiver.answer = lambda _: 200
    await fresh_razorpay.advance(5)
    *_, retried = await fresh_razorpay.receiver.wait_for(2)
    assert retried.signature == sign(retried.raw, WEBHOOK_SECRET)
    await fresh_razorpay.pay(order["id"], "failed")
    *_, later = await fresh_razorpay.receiver.wait_for(3)
    assert later.signature == sign(later.raw, "rotated_secret")


async def test_a_stuck_order_does_not_hold_up_another(fresh_razorpay: Bench) -> None:
    stuck, quick = await fresh_razorpay.order(), await fresh_razorpay.order()

    def picky(one: Any) -> int:
        about = one.body["payload"]["payment"]["entity"]["order_id"]
        return 500 if about == stuck["id"] else 200

    fresh_razorpay.receiver.answer = picky
    await fresh_razorpay.pay(stuck["id"], "failed")
    await fresh_razorpay.pay(quick["id"], "failed")
    await until(lambda: len(fresh_razorpay.receiver.received) >= 2)
    await wait_for_attempts(fresh_razorpay, "payment.failed", 2)
    states = [one["state"] for one in await deliveries(fresh_razorpay, "payment.failed")]
    assert states == ["pending", "delivered"]


async def test_a_jump_of_the_clock_makes_every_attempt_that_fell_due(
    fresh_razorpay: Bench,
) -> None:
    misses = iter([503, 503])
    fresh_razorpay.receiver.answer = lambda _: next(misses, 200)
    order = await fresh_razorpay.order()
    await fresh_razorpay.pay(order["id"], "failed")
    await fresh_razorpay.receiver.wait_for(1)
    await fresh_razorpay.advance(3 * 86_400)
    await fresh_razorpay.receiver.wait_for(3)
    await until_delivered(fresh_razorpay)
    assert (await fresh_razorpay.state())["webhooks"]["enabled"] is True


async def until_delivered(razorpay: Bench) -> None:
    """Wait until the sandbox has noted the receiver's last answer."""
    async with asyncio.timeout(10):
        # Polls over HTTP: the sandbox tells nobody.
        while (await razorpay.delivery("payment.failed"))["state"] != "delivered":  # noqa: ASYNC110
            await asyncio.sleep(0.01)

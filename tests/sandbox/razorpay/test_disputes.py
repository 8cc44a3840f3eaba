"""Disputes: opened by the bank, answered by the merchant, deducted when lost."""

from datetime import datetime
from typing import Any

import pytest

from sandbox.razorpay.bank.settling import IST
from tests.sandbox.razorpay.bench import Bench

pytestmark = pytest.mark.asyncio(loop_scope="package")

WEEK_S = 7 * 86_400


async def disputed(razorpay: Bench, **how: Any) -> dict[str, Any]:
    payment_id = await razorpay.captured_payment(100_000)
    answer = await razorpay.control.post(
        "/_control/disputes", json={"payment_id": payment_id} | how
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_dispute_is_reported_with_its_deadline(fresh_razorpay: Bench) -> None:
    dispute = await disputed(fresh_razorpay, amount=40_000)
    *_, created = await fresh_razorpay.receiver.wait_for(4)
    assert (created.event, created.body["contains"]) == (
        "payment.dispute.created",
        ["payment", "dispute"],
    )
    told = created.body["payload"]["dispute"]["entity"]
    assert (told["id"], told["status"], told["amount"]) == (dispute["id"], "open", 40_000)
    assert told["respond_by"] - told["created_at"] == pytest.approx(WEEK_S, abs=2)
    assert await fresh_razorpay.ok("GET", f"/v1/disputes/{dispute['id']}") == dispute
    listed = await fresh_razorpay.ok("GET", "/v1/disputes")
    assert [one["id"] for one in listed["items"]] == [dispute["id"]]


async def test_a_contested_dispute_goes_under_review_and_is_won(fresh_razorpay: Bench) -> None:
    dispute = await disputed(fresh_razorpay)
    path = f"/v1/disputes/{dispute['id']}"
    draft = await fresh_razorpay.ok("PATCH", f"{path}/contest", {"summary": "it was delivered"})
    assert (draft["status"], draft["evidence"]["summary"]) == ("open", "it was delivered")
    assert draft["evidence"]["submitted_at"] is None
    proof = {"action": "submit", "shipping_proof": ["doc_EFtmUsbwpXwBH9"]}
    sent = await fresh_razorpay.ok("PATCH", f"{path}/contest", proof)
    assert sent["status"] == "under_review"
    assert sent["evidence"]["submitted_at"] >= sent["created_at"]
    await fresh_razorpay.refused("POST", f"{path}/accept", {})
    await fresh_razorpay.control.post(f"/_control/disputes/{dispute['id']}", json={"status": "won"})
    won = await fresh_razorpay.ok("GET", path)
    assert (won["status"], won["amount_deducted"]) == ("won", 0)
    await fresh_razorpay.receiver.wait_for(6)
    assert fresh_razorpay.receiver.events[4:] == [
        "payment.dispute.under_review",
        "payment.dispute.won",
    ]


async def test_an_accepted_dispute_leaves_the_balance_in_the_next_settlement(
    fresh_razorpay: Bench,
) -> None:
    dispute = await disputed(fresh_razorpay, amount=40_000)
    lost = await fresh_razorpay.ok("POST", f"/v1/disputes/{dispute['id']}/accept")
    assert (lost["status"], lost["amount_deducted"]) == ("lost", 40_000)
    settled = (await fresh_razorpay.control.post("/_control/settlements")).json()["settlement"]
    assert settled["amount"] == 97_640 - 40_000
    day = datetime.fromtimestamp(settled["created_at"], IST)
    params = {"year": day.year, "month": day.month, "day": day.day}
    rows = (await fresh_razorpay.ok("GET", "/v1/settlements/recon/combined", params=params))[
        "items"
    ]
    assert sum(one["credit"] - one["debit"] for one in rows) == settled["amount"]
    (row,) = [one for one in rows if one["type"] == "adjustment"]
    assert (row["debit"], row["credit"], row["amount"]) == (40_000, 0, 40_000)
    assert (row["dispute_id"], row["payment_id"]) == (dispute["id"], dispute["payment_id"])
    assert row["entity_id"].startswith("adj_")


async def test_silence_loses_a_dispute_at_its_deadline(fresh_razorpay: Bench) -> None:
    dispute = await disputed(fresh_razorpay, respond_in_s=3_600)
    path = f"/v1/disputes/{dispute['id']}"
    await fresh_razorpay.advance(3_500)
    assert (await fresh_razorpay.ok("GET", path))["status"] == "open"
    await fresh_razorpay.advance(110)
    assert (await fresh_razorpay.ok("GET", path))["status"] == "lost"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"payment_id": "pay_1"}, "payment_id"),
        ({"amount": 100_001}, "amount"),
        ({"amount": 0}, "amount"),
        ({"phase": "war"}, "phase"),
        ({"colour": 1}, "colour"),
    ],
)
async def test_a_bad_dispute_is_named(razorpay: Bench, change: dict[str, Any], field: str) -> None:
    payment_id = await razorpay.captured_payment(100_000)
    body = {"payment_id": payment_id} | change
    answer = await razorpay.control.post("/_control/disputes", json=body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)


async def test_an_ended_dispute_moves_no_more(razorpay: Bench) -> None:
    dispute = await disputed(razorpay)
    path = f"/_control/disputes/{dispute['id']}"
    assert (await razorpay.control.post(path, json={"status": "closed"})).status_code == 200
    assert (await razorpay.control.post(path, json={"status": "won"})).status_code == 400
    error = await razorpay.refused("PATCH", f"/v1/disputes/{dispute['id']}/contest", {})
    assert error["description"] == "Action not allowed when dispute is in closed status."


async def test_insufficient_evidence_opens_a_dispute_again_until_a_new_deadline(
    fresh_razorpay: Bench,
) -> None:
    dispute = await disputed(fresh_razorpay, respond_in_s=3_600)
    path = f"/v1/disputes/{dispute['id']}"
    await fresh_razorpay.ok("PATCH", f"{path}/contest", {"action": "submit"})
    await fresh_razorpay.control.post(
        f"/_control/disputes/{dispute['id']}",
        json={"status": "action_required", "respond_in_s": 7_200},
    )
    again = await fresh_razorpay.ok("GET", path)
    assert again["status"] == "open"
    assert again["respond_by"] >= dispute["respond_by"] + 3_600
    await fresh_razorpay.advance(7_100)
    assert (await fresh_razorpay.ok("GET", path))["status"] == "open"
    await fresh_razorpay.advance(110)
    assert (await fresh_razorpay.ok("GET", path))["status"] == "lost"
    await fresh_razorpay.receiver.wait_for(7)
    assert fresh_razorpay.receiver.events[3:] == [
        "payment.dispute.created",
        "payment.dispute.under_review",
        "payment.dispute.action_required",
        "payment.dispute.lost",
    ]


async def test_a_dispute_says_why(razorpay: Bench) -> None:
    dispute = await disputed(razorpay, reason_code="duplicate_processing", phase="fraud")
    assert (dispute["reason_code"], dispute["phase"]) == ("duplicate_processing", "fraud")


async def test_more_than_the_dispute_is_not_contested(razorpay: Bench) -> None:
    dispute = await disputed(razorpay, amount=40_000)
    path = f"/v1/disputes/{dispute['id']}/contest"
    error = await razorpay.refused("PATCH", path, {"amount": 40_001})
    assert error["description"] == "contest amount cannot be greater than dispute amount."
    kept = await razorpay.ok("PATCH", path, {"amount": 30_000})
    assert kept["evidence"]["amount"] == 30_000
    error = await razorpay.refused("PATCH", path, {"shipping_proof": "doc_1"})
    assert error["field"] == "shipping_proof"
    error = await razorpay.refused("PATCH", path, {"invalid_proof_type": []})
    assert error["description"] == "invalid_proof_type is/are not required and should not be sent"

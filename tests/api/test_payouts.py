from typing import Any

import pytest

from domain.errors import CommandRefused, OrderNotFound, OrderUnavailable
from domain.messages import PayoutDetails
from domain.payouts import Beneficiary, Payout
from tests.api.shop import ShopFront, fields_of, problem_type

PROPOSAL: dict[str, Any] = {
    "refund": 1,
    "amount_paise": 103_800,
    "beneficiary": {"name": "Asha Rao", "upi": "asha@okhdfc"},
    "reason": "the parcel was lost",
}
ACCOUNT = {"name": "Asha Rao", "account_number": "50100012345678", "ifsc": "hdfc0001234"}


async def payouts_of(front: ShopFront) -> str:
    order_id = (await front.placed(payment_method="cod"))["order_id"]
    return f"/ops/orders/{order_id}/payouts"


async def test_a_proposal_reaches_the_order_in_the_proposers_name(front: ShopFront) -> None:
    path = await payouts_of(front)
    response = await front.post(
        path, PROPOSAL | {"beneficiary": ACCOUNT}, headers=front.ops, key="k1"
    )
    assert response.status_code == 200, response.text
    [call] = front.payouts.called("propose_payout")
    assert call["key"] == "k1"
    command = call["command"]
    assert (command.refund, command.amount_paise, command.by) == (1, 103_800, "asha-of-ops")
    assert command.beneficiary == Beneficiary(
        name="Asha Rao", account_number="50100012345678", ifsc="HDFC0001234"
    )


async def test_a_decision_and_a_payment_repeat_under_a_key_of_their_own(front: ShopFront) -> None:
    path = await payouts_of(front)
    other = front.bearer("ravi-of-ops", "ops")
    decided = await front.http.post(
        f"{path}/2/decision", json={"decision": "approve"}, headers=other
    )
    paid = await front.http.post(f"{path}/2/paid", json={"utr": "HDFCN5202611231"}, headers=other)
    assert (decided.status_code, paid.status_code) == (200, 200)
    [decision] = front.payouts.called("decide_payout")
    [payment] = front.payouts.called("record_payout")
    assert (decision["command"].by, decision["key"]) == ("ravi-of-ops", "2-approve")
    assert (payment["command"].utr, payment["key"]) == ("HDFCN5202611231", "2-paid")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"refund": 0}, "refund"),
        ({"amount_paise": 1.5}, "amount_paise"),
        ({"amount_paise": "100"}, "amount_paise"),
        ({"reason": " "}, "reason"),
        ({"beneficiary": {"upi": "asha@okhdfc"}}, "beneficiary.name"),
        ({"beneficiary": {"name": "A"}}, "beneficiary"),
        ({"beneficiary": ACCOUNT | {"upi": "asha@okhdfc"}}, "beneficiary"),
        ({"beneficiary": {"name": "A", "upi": "asha"}}, "beneficiary.upi"),
        ({"beneficiary": ACCOUNT | {"account_number": "12"}}, "beneficiary.account_number"),
        ({"beneficiary": ACCOUNT | {"ifsc": "HDFC1"}}, "beneficiary.ifsc"),
        ({"beneficiary": {"name": "A", "account_number": "50100012345678"}}, "beneficiary.ifsc"),
        ({"approved_by": "me"}, "approved_by"),
    ],
)
async def test_a_wrong_proposal_is_refused_with_the_field_and_without_the_account(
    front: ShopFront, change: dict[str, Any], field: str
) -> None:
    response = await front.post(await payouts_of(front), PROPOSAL | change, headers=front.ops)
    assert response.status_code == 422, response.text
    assert fields_of(response) == [field]
    assert "50100012345678" not in response.text
    assert front.payouts.called("propose_payout") == []


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("1/decision", {"decision": "refuse"}, "note"),
        ("1/decision", {"decision": "withdraw", "note": ""}, "note"),
        ("1/decision", {"decision": "perhaps"}, "decision"),
        ("1/paid", {"utr": "short"}, "utr"),
        ("1/paid", {"utr": "HDFC N5202611231"}, "utr"),
        ("1/paid", {}, "utr"),
    ],
)
async def test_a_wrong_decision_or_utr_is_named(
    front: ShopFront, path: str, body: dict[str, Any], field: str
) -> None:
    response = await front.post(f"{await payouts_of(front)}/{path}", body, headers=front.ops)
    assert response.status_code == 422, response.text
    assert fields_of(response) == [field]


async def test_a_proposal_needs_a_key_and_the_scope_ops(front: ShopFront) -> None:
    path = await payouts_of(front)
    keyless = await front.http.post(path, json=PROPOSAL, headers=front.ops)
    assert problem_type(keyless) == "idempotency-key-invalid"
    customer = await front.post(path, PROPOSAL)
    assert (customer.status_code, problem_type(customer)) == (403, "forbidden")
    assert (await front.get(path)).status_code == 403


async def test_the_orders_refusal_is_told_with_its_reason(front: ShopFront) -> None:
    refusal = CommandRefused("ImpossibleStep", "you proposed payout 1: a second person has to …")
    front.payouts.fail("decide_payout", refusal)
    response = await front.post(
        f"{await payouts_of(front)}/1/decision", {"decision": "approve"}, headers=front.ops
    )
    assert (response.status_code, problem_type(response)) == (409, "impossible-step")
    assert "second person" in response.json()["detail"]


async def test_whoever_approves_sees_the_account_and_the_list_of_what_was_paid(
    front: ShopFront,
) -> None:
    path = await payouts_of(front)
    beneficiary = Beneficiary(name="Asha Rao", upi="asha@okhdfc")
    payout = Payout(
        number=1,
        refund=1,
        amount_paise=103_800,
        beneficiary=beneficiary.masked,
        reason="lost",
        proposed_by="asha-of-ops",
        proposed_at=front.clock.now(),
    )
    front.payouts.known = [
        PayoutDetails(payout=payout, beneficiary=beneficiary),
        PayoutDetails(payout=payout),
    ]
    response = await front.get(path, headers=front.ops)
    first, second = response.json()["payouts"]
    assert first["pay_to"]["upi"] == "asha@okhdfc"
    assert (first["beneficiary"], first["status"]) == ("a•••@okhdfc", "proposed")
    assert second["pay_to"] is None


@pytest.mark.parametrize(
    ("error", "status"), [(OrderNotFound("gone"), 404), (OrderUnavailable("busy"), 503)]
)
async def test_an_order_that_cannot_be_asked_is_told_as_such(
    front: ShopFront, error: Exception, status: int
) -> None:
    path = await payouts_of(front)
    front.payouts.fail("payouts", error)
    assert (await front.get(path, headers=front.ops)).status_code == status
    assert (await front.get("/ops/orders/ord_1/payouts", headers=front.ops)).status_code == 404

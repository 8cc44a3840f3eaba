"""Cash with its fee and its way back, and disputes, over the public API of a real stack."""

from typing import Any

import httpx

from domain.ports import Scope
from sandbox.courier.wire.order_form import collectable_paise
from tests.e2e.shop import Shop, new_customer, new_key, order_body, until
from workers.demo.stories import PUNE

ACCOUNT = {"name": "Asha Rao", "account_number": "50100012345678", "ifsc": "HDFC0001234"}


async def _as(shop: Shop, person: str, method: str, path: str, **options: Any) -> httpx.Response:
    """Call the API as one person of ops."""
    token = shop.client.token(person, Scope.OPS)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_key()}
    return await shop.client.api(method, path, headers=headers, **options)


async def _attention(shop: Shop, order_id: str, step: str) -> dict[str, Any]:
    """Wait until an order asks ops about a step; return the question."""

    async def look() -> list[dict[str, Any]]:
        answer = await shop.client.ops("GET", "/ops/orders", params={"order_id": order_id})
        [order] = answer.json()["orders"]
        return [each for each in order["attention"] if each["step"] == step]

    return (await until(look, bool, f"attention on {step}"))[0]


async def test_cash_is_collected_with_its_fee_and_goes_back_by_two_people(shop: Shop) -> None:
    customer = new_customer()
    cart = {"items": [{"sku": "TEE-BLK-M", "quantity": 1}], "pincode": PUNE["pincode"]}
    quoted = (
        await shop.client.api("POST", "/quotes", json=cart | {"payment_method": "cod"})
    ).json()
    assert quoted["cod_fee_paise"] == 40_00
    placed = await shop.place(customer, order_body(customer, method="cod"))
    order_id = placed["order_id"]
    assert placed["total_paise"] == quoted["total_paise"]
    order = await shop.until_status(customer, order_id, "completed")
    assert order["cod_fee_paise"] == 40_00
    [parcel] = await shop.parcels(order_id)
    assert collectable_paise(parcel["form"]) == placed["total_paise"]
    assert order["documents"][0]["amount_paise"] == placed["total_paise"]

    path = f"/ops/orders/{order_id}/payouts"
    proposal = {"amount_paise": 100_00, "beneficiary": ACCOUNT, "reason": "arrived torn"}
    proposed = await _as(shop, "asha", "POST", path, json=proposal)
    assert proposed.status_code == 200, proposed.text
    approve = {"decision": "approve"}
    alone = await _as(shop, "asha", "POST", f"{path}/1/decision", json=approve)
    assert alone.status_code == 409
    assert "a second person has to approve it" in alone.json()["detail"]
    waiting = await _attention(shop, order_id, "payout")
    assert "waits for approval of payout 1 to HDFC ••5678" in waiting["reason"]
    [shown] = (await _as(shop, "ravi", "GET", path)).json()["payouts"]
    assert shown["pay_to"]["account_number"] == ACCOUNT["account_number"]
    approved = await _as(shop, "ravi", "POST", f"{path}/1/decision", json=approve)
    assert approved.status_code == 200, approved.text
    paid = await _as(shop, "asha", "POST", f"{path}/1/paid", json={"utr": "HDFCN5202611231"})
    assert paid.status_code == 200, paid.text

    order = await shop.until_view(
        customer,
        order_id,
        lambda view: view["payment_status"] == "partially_refunded",
        "the payout stands in the view",
    )
    [refund] = order["refunds"]
    assert (refund["status"], refund["amount_paise"]) == ("manual", 100_00)
    log = await shop.client.log(order_id)
    assert ACCOUNT["account_number"] not in str(log)
    await shop.assert_whole(customer, order_id)


async def test_a_dispute_is_told_with_its_deadline_and_a_loss_stands_in_the_ledger(
    shop: Shop,
) -> None:
    customer = new_customer()
    placed = await shop.place(customer, order_body(customer))
    order_id = placed["order_id"]
    handover = await shop.attempt(placed, "captured")
    await shop.until_status(customer, order_id, "completed")

    payment_id = handover["razorpay_payment_id"]
    dispute = await shop.client.razorpay("POST", "disputes", {"payment_id": payment_id})
    asked = await _attention(shop, order_id, "dispute")
    assert dispute["id"] in asked["reason"]
    assert asked["respond_by"]
    await shop.client.razorpay("POST", f"disputes/{dispute['id']}", {"status": "lost"})

    lost = await shop.until_view(
        customer, order_id, lambda view: view["payment_status"] == "refunded", "the loss is booked"
    )
    assert [entry["kind"] for entry in lost["payments"]][-1] == "dispute_lost"
    assert lost["payments"][-1]["amount_paise"] == placed["total_paise"]
    assert await shop.at_razorpay("refunds", payment_id=payment_id) == []
    types = [event["type"] for event in await shop.assert_whole(customer, order_id)]
    assert types.count("dispute_opened") == types.count("dispute_closed") == 1

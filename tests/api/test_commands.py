from typing import Any

import pytest

from domain.errors import CommandRefused, OrderUnavailable
from tests.api.doubles import GOOD_SIGNATURE
from tests.api.shop import ShopFront, fields_of, problem_type


def handover(**changes: Any) -> dict[str, Any]:
    return {
        "razorpay_payment_id": "pay_29QQoUBi66xm2f",
        "razorpay_order_id": "order_9A33XWu170gUtm",
        "razorpay_signature": GOOD_SIGNATURE,
    } | changes


async def test_a_genuine_hand_over_confirms_the_order(front: ShopFront) -> None:
    order_id = (await front.placed())["order_id"]
    response = await front.post(f"/orders/{order_id}/payment", handover())
    assert response.status_code == 200
    assert response.json()["status"] == "confirmed"
    assert response.json()["sequence"] == 3


async def test_a_forged_hand_over_is_refused_by_field(front: ShopFront) -> None:
    order_id = (await front.placed())["order_id"]
    response = await front.post(
        f"/orders/{order_id}/payment", handover(razorpay_signature="0" * 64)
    )
    assert response.status_code == 422
    assert problem_type(response) == "payment-signature-invalid"
    assert fields_of(response) == ["razorpay_signature"]


@pytest.mark.parametrize(
    "field", ["razorpay_payment_id", "razorpay_order_id", "razorpay_signature"]
)
@pytest.mark.parametrize("value", ["", 7, None, "x" * 1000])
async def test_a_wrong_field_of_a_hand_over_is_named(
    front: ShopFront, field: str, value: Any
) -> None:
    order_id = (await front.placed())["order_id"]
    response = await front.post(f"/orders/{order_id}/payment", handover(**{field: value}))
    assert response.status_code == 422
    assert fields_of(response) == [field]


async def test_a_customer_cancels_once_however_often_they_ask(front: ShopFront) -> None:
    order_id = (await front.placed())["order_id"]
    first = await front.post(f"/orders/{order_id}/cancel", {"reason": "too late"}, key="k")
    second = await front.post(f"/orders/{order_id}/cancel", {"reason": "too late"}, key="k")
    assert first.status_code == 200
    assert first.json() == second.json()
    command = front.orders.called("cancel")[0]
    assert (command["command"].by, command["key"]) == ("customer", "k")


async def test_a_refused_cancellation_says_why(front: ShopFront) -> None:
    order_id = (await front.placed())["order_id"]
    await front.post(f"/orders/{order_id}/cancel", {"reason": "too late"})
    response = await front.post(f"/orders/{order_id}/cancel", {"reason": "again"})
    assert response.status_code == 409
    assert problem_type(response) == "impossible-step"
    assert response.json()["detail"] == "the order is cancelled already"


async def test_a_closed_order_refuses_commands_instead_of_vanishing(front: ShopFront) -> None:
    order_id = (await front.placed())["order_id"]
    front.orders.states.clear()
    response = await front.post(f"/orders/{order_id}/cancel", {"reason": "far too late"})
    assert response.status_code == 409
    assert problem_type(response) == "impossible-step"


async def test_ops_may_cancel_for_a_customer(front: ShopFront) -> None:
    order_id = (await front.placed())["order_id"]
    response = await front.post(f"/orders/{order_id}/cancel", {"reason": "fraud"}, front.ops)
    assert response.status_code == 200
    assert front.orders.called("cancel")[0]["command"].by == "ops"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reason"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 201}, "reason"),
        ({"reason": 7}, "reason"),
        ({"reason": "part of it", "lines": []}, "lines"),
        ({"reason": "part of it", "lines": [{"sku": "TEE"}]}, "lines[0].quantity"),
        ({"reason": "part of it", "lines": [{"sku": "TEE", "quantity": 0}]}, "lines[0].quantity"),
        ({"reason": "part of it", "lines": [{"sku": "TEE", "quantity": "1"}]}, "lines[0].quantity"),
        ({"reason": "part of it", "lines": [{"sku": "", "quantity": 1}]}, "lines[0].sku"),
        ({"reason": "part of it", "lines": [{"sku": "A", "quantity": 1}] * 2}, "lines[1].sku"),
        ({"reason": "part of it", "lines": [{"sku": "A", "quantity": 1}] * 101}, "lines"),
    ],
)
async def test_a_wrong_cancellation_is_refused_by_field(
    front: ShopFront, body: dict[str, Any], field: str
) -> None:
    order_id = (await front.placed())["order_id"]
    response = await front.post(f"/orders/{order_id}/cancel", body)
    assert response.status_code == 422
    assert fields_of(response) == [field]


async def test_lines_are_passed_on_as_they_were_asked_for(front: ShopFront) -> None:
    order_id = (await front.placed())["order_id"]
    lines = [{"sku": "TEE-BLK-M", "quantity": 1}, {"sku": "MUG", "quantity": 2}]
    await front.post(f"/orders/{order_id}/cancel", {"reason": "fewer", "lines": lines})
    command = front.orders.called("cancel")[0]["command"]
    assert [(line.sku, line.quantity) for line in command.lines] == [("TEE-BLK-M", 1), ("MUG", 2)]


@pytest.mark.parametrize(
    ("kind", "problem"),
    [("LineNotCancellable", "line-not-cancellable"), ("ShipmentTooLate", "shipment-too-late")],
)
async def test_a_line_that_cannot_be_cancelled_is_named(
    front: ShopFront, kind: str, problem: str
) -> None:
    order_id = (await front.placed())["order_id"]
    reason = "lines[0].quantity: 3 of TEE-BLK-M asked for, 2 left to cancel"
    front.orders.fail("cancel", CommandRefused(kind=kind, message=reason))
    lines = [{"sku": "TEE-BLK-M", "quantity": 3}]
    response = await front.post(f"/orders/{order_id}/cancel", {"reason": "x", "lines": lines})
    assert (response.status_code, problem_type(response)) == (409, problem)
    assert fields_of(response) == ["lines[0].quantity"]
    assert response.json()["errors"][0]["message"] == "3 of TEE-BLK-M asked for, 2 left to cancel"


async def test_a_cancellation_needs_a_key(front: ShopFront) -> None:
    order_id = (await front.placed())["order_id"]
    response = await front.http.post(
        f"/orders/{order_id}/cancel", json={"reason": "x"}, headers=front.bearer()
    )
    assert response.status_code == 400
    assert problem_type(response) == "idempotency-key-invalid"


async def test_an_order_that_does_not_answer_is_asked_again_later(front: ShopFront) -> None:
    order_id = (await front.placed())["order_id"]
    front.orders.fail("cancel", OrderUnavailable("the order gave no answer in time"))
    response = await front.post(f"/orders/{order_id}/cancel", {"reason": "x"})
    assert response.status_code == 503
    assert response.headers["retry-after"]

from typing import Any

import pytest

from domain.attention import Attention, AttentionAction
from tests.api.shop import ShopFront, fields_of, problem_type


async def needing_attention(front: ShopFront) -> str:
    order_id: str = (await front.placed())["order_id"]
    await front.orders.raise_attention(
        order_id,
        Attention(
            attention_id="a1",
            step="booking",
            reason="the courier refuses the address",
            suggestion="correct it and retry",
            actions=(AttentionAction.RETRY, AttentionAction.CANCEL),
            raised_at=front.clock.now(),
        ),
    )
    return order_id


async def test_ops_find_what_waits_for_a_person(front: ShopFront) -> None:
    waiting = await needing_attention(front)
    await front.placed()
    body = (await front.get("/ops/orders?attention=true", headers=front.ops)).json()
    [order] = body["orders"]
    assert order["order_id"] == waiting
    assert order["attention"][0]["reason"] == "the courier refuses the address"
    assert order["temporal_ui_url"].endswith(f"/workflows/order%3A{waiting}")


async def test_every_filter_reaches_the_search(front: ShopFront) -> None:
    filters = {
        "status": "confirmed",
        "customer": "asha@example.com",
        "placed_from": "2026-01-01T00:00:00Z",
        "placed_until": "2026-12-31T23:59:59+05:30",
        "attention": "false",
        "payment_id": "pay_1",
        "awb": "59629792084",
        "order_id": "ord_aaaaaaaaaaaaaaaaaaaa",
        "total_paise": "149900",
        "limit": "7",
        "after": "ord_bbbbbbbbbbbbbbbbbbbb",
    }
    response = await front.get("/ops/orders", headers=front.ops, params=filters)
    assert response.status_code == 200, response.text
    query = front.orders.views.called("find")[0]["query"]
    assert (query.status, query.customer, query.attention) == (
        "confirmed",
        "asha@example.com",
        False,
    )
    assert (query.payment_id, query.awb, query.limit) == ("pay_1", "59629792084", 7)
    assert query.placed_from < query.placed_until
    assert query.total_paise == 149900


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ("status=lost", "status"),
        ("placed_from=yesterday", "placed_from"),
        ("placed_from=2026-01-01T00:00:00", "placed_from"),
        ("limit=0", "limit"),
        ("limit=1000", "limit"),
        ("attention=perhaps", "attention"),
        ("after=1", "after"),
        ("total_paise=-1", "total_paise"),
        ("total_paise=14.99", "total_paise"),
        ("colour=red", "colour"),
    ],
)
async def test_a_wrong_filter_is_named(front: ShopFront, filters: str, field: str) -> None:
    response = await front.get(f"/ops/orders?{filters}", headers=front.ops)
    assert response.status_code == 422
    assert fields_of(response) == [field]


async def test_ops_see_everything_and_the_way_into_the_temporal_ui(front: ShopFront) -> None:
    order_id = await needing_attention(front)
    body = (await front.get(f"/ops/orders/{order_id}", headers=front.ops)).json()
    assert body["order"]["customer"]["email"] == "asha@example.com"
    assert body["order"]["attention"][0]["attention_id"] == "a1"
    assert body["temporal_ui_url"] == (
        f"http://temporal.test:8233/namespaces/default/workflows/order%3A{order_id}"
    )


async def test_ops_answer_an_attention_once(front: ShopFront) -> None:
    order_id = await needing_attention(front)
    body = {"attention_id": "a1", "action": "retry", "note": "address corrected"}
    response = await front.http.post(
        f"/ops/orders/{order_id}/resolve", json=body, headers=front.ops
    )
    assert response.status_code == 200
    called = front.orders.called("resolve_attention")[0]
    assert called["command"].by == "asha-of-ops"
    assert called["key"] == "resolve-a1-retry"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"attention_id": "a1", "action": "ignore"}, "action"),
        ({"attention_id": "", "action": "retry"}, "attention_id"),
        ({"action": "retry"}, "attention_id"),
        ({"attention_id": "a1", "action": "skip", "note": 7}, "note"),
    ],
)
async def test_a_wrong_decision_is_refused_by_field(
    front: ShopFront, body: dict[str, Any], field: str
) -> None:
    order_id = await needing_attention(front)
    response = await front.post(f"/ops/orders/{order_id}/resolve", body, front.ops)
    assert response.status_code == 422
    assert fields_of(response) == [field]


async def test_an_attention_that_is_not_open_cannot_be_answered(front: ShopFront) -> None:
    order_id = await needing_attention(front)
    body = {"attention_id": "a9", "action": "retry"}
    response = await front.post(f"/ops/orders/{order_id}/resolve", body, front.ops)
    assert response.status_code == 409
    assert problem_type(response) == "command-refused"


async def test_the_warehouse_says_packed(front: ShopFront) -> None:
    order_id = (await front.placed())["order_id"]
    await front.orders.book(order_id)
    packed = await front.post(f"/ops/orders/{order_id}/packed", {"shipment": 1}, front.ops)
    missing = await front.post(f"/ops/orders/{order_id}/packed", {"shipment": 2}, front.ops)
    assert packed.status_code == 200
    assert missing.status_code == 409


async def test_an_unknown_order_is_not_found_for_ops_too(front: ShopFront) -> None:
    for path in ("", "/resolve", "/packed"):
        body: dict[str, Any] = {"attention_id": "a1", "action": "retry"}
        if path == "/packed":
            body = {"shipment": 1}
        response = await front.http.request(
            "POST" if path else "GET",
            f"/ops/orders/ord_aaaaaaaaaaaaaaaaaaaa{path}",
            json=body if path else None,
            headers=front.ops,
        )
        assert response.status_code == 404
        assert problem_type(response) == "order-not-found"

"""The same checkout again: each repeat gets the first answer, whatever has happened since."""

import time

import pytest

from tests.e2e.shop import Shop, new_customer, new_key, order_body, until


async def test_a_repeat_while_the_order_is_open_is_the_same_order(shop: Shop) -> None:
    customer, key = new_customer(), new_key()
    first = await shop.order(customer, order_body(customer), key)
    again = await shop.order(customer, order_body(customer), key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    receipts = await shop.at_razorpay("orders", receipt=first.json()["order_id"])
    assert [each["amount"] for each in receipts] == [first.json()["total_paise"]]


async def test_a_repeat_after_the_run_has_closed_is_the_same_order(shop: Shop) -> None:
    customer, key = new_customer(), new_key()
    await shop.courier_pace(0)
    body = order_body(customer, method="cod")
    first = await shop.place(customer, body, key)
    assert (await shop.cancel(customer, first["order_id"])).status_code == 200
    await shop.until_closed(first["order_id"])
    head = (await shop.view(customer, first["order_id"]))["sequence"]
    again = await shop.order(customer, body, key)
    assert (again.status_code, again.json()) == (201, first)
    listed = (await shop.client.api("GET", "/orders", customer=customer)).json()["orders"]
    assert [(each["order_id"], each["sequence"]) for each in listed] == [(first["order_id"], head)]


async def test_a_refusal_stands_for_its_key_even_when_goods_arrive(shop: Shop) -> None:
    customer, key, sku = new_customer(), new_key(), await shop.new_product(1)
    body = order_body(customer, ("TEE-BLK-M", 1), (sku, 2))
    first = await shop.order(customer, body, key)
    assert first.status_code == 409, first.text
    assert first.json()["lines"] == [{"sku": sku, "requested": 2}]
    await shop.receive(sku, 5)
    again = await shop.order(customer, body, key)
    assert (again.status_code, again.json()) == (409, first.json())
    assert (await shop.order(customer, body, new_key())).status_code == 201

    async def listed() -> int:
        answer = await shop.client.api("GET", "/orders", customer=customer)
        return len(answer.json()["orders"])

    await until(listed, lambda count: count == 1, "the one order that was placed is listed")


@pytest.mark.parametrize("method", ["prepaid", "cod"])
async def test_the_same_key_with_another_body_is_refused(shop: Shop, method: str) -> None:
    customer, key = new_customer(), new_key()
    first = await shop.place(customer, order_body(customer, method=method), key)
    other = await shop.order(customer, order_body(customer, ("TEE-BLK-M", 2), method=method), key)
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    again = await shop.order(customer, order_body(customer, method=method), key)
    assert (again.status_code, again.json()) == (201, first)


async def test_two_customers_may_use_the_same_key(shop: Shop) -> None:
    key, one, two = new_key(), new_customer(), new_customer()
    first = await shop.place(one, order_body(one), key)
    second = await shop.place(two, order_body(two), key)
    assert first["order_id"] != second["order_id"]


async def test_a_checkout_during_an_outage_of_razorpay_ends_as_one_order(shop: Shop) -> None:
    customer, key = new_customer(), new_key()
    await shop.razorpay_faults(http={"error_500": 1.0})
    began = time.monotonic()
    away = await shop.order(customer, order_body(customer), key)
    assert 8 < time.monotonic() - began < 20
    assert away.status_code == 503, away.text
    assert int(away.headers["Retry-After"]) > 0
    assert away.json()["type"] == "/problems/order-unavailable"
    await shop.no_razorpay_faults()
    placed = await shop.place(customer, order_body(customer), key)
    receipts = await shop.at_razorpay("orders", receipt=placed["order_id"])
    assert [each["id"] for each in receipts] == [placed["payment"]["razorpay_order_id"]]
    await shop.pay(customer, placed)
    await shop.until_status(customer, placed["order_id"], "completed")
    await shop.assert_whole(customer, placed["order_id"])

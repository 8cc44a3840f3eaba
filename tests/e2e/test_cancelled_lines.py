"""Some units of an order are cancelled on a real stack: money, stock, parcels and papers agree."""

from tests.e2e.shop import Json, Shop, new_customer, new_key, order_body, until


async def _cancel(
    shop: Shop, customer: str, order_id: str, key: str, lines: list[Json]
) -> tuple[int, Json]:
    body = {"reason": "one too many", "lines": lines}
    path = f"/orders/{order_id}/cancel"
    answer = await shop.client.api("POST", path, customer=customer, key=key, json=body)
    return answer.status_code, answer.json()


async def test_one_unit_of_a_packed_order_is_refunded_once_and_the_rest_arrives(shop: Shop) -> None:
    customer, key = new_customer(), new_key()
    lamp, wick = await shop.new_product(5), await shop.new_product(5)
    await shop.courier_pace(0)
    placed = await shop.place(customer, order_body(customer, (lamp, 3), (wick, 1)))
    order_id = placed["order_id"]
    await shop.pay(customer, placed)
    await shop.until_status(customer, order_id, "packed")
    assert len(await shop.parcels(order_id)) == 1

    await shop.courier_pace(0.25)  # for parcels that are booked from now on
    one = [{"sku": lamp, "quantity": 1}]
    status, told = await _cancel(shop, customer, order_id, key, one)
    assert status == 200, told
    assert (await _cancel(shop, customer, order_id, key, one))[1] == told
    status, refused = await _cancel(
        shop, customer, order_id, new_key(), [{"sku": lamp, "quantity": 3}]
    )
    assert (status, refused["type"]) == (409, "/problems/line-not-cancellable")
    assert [error["field"] for error in refused["errors"]] == ["lines[0].quantity"]

    order = await shop.until_status(customer, order_id, "completed")
    (cut,) = order["line_cancellations"]
    assert cut["lines"] == one
    lamps, wicks = order["lines"]
    assert (lamps["quantity"], lamps["cancelled"], lamps["delivered"]) == (3, 1, 2)
    assert (wicks["quantity"], wicks["cancelled"], wicks["delivered"]) == (1, 0, 1)
    assert (lamps["refunded_paise"], wicks["refunded_paise"]) == (cut["amount_paise"], 0)

    payment = next(e["reference"] for e in order["payments"] if e["kind"] == "captured")
    refunds = await shop.at_razorpay("refunds", payment_id=payment)
    assert [each["amount"] for each in refunds] == [cut["amount_paise"]]
    assert order["payment_status"] == "partially_refunded"
    papers = sum(
        d["amount_paise"] * (-1 if d["kind"] == "credit_note" else 1) for d in order["documents"]
    )
    assert papers == order["total_paise"] - cut["amount_paise"]
    await until(lambda: shop.available(lamp), lambda units: units == 3, "one lamp is back")
    assert len(await shop.parcels(order_id)) == 2
    await shop.assert_whole(customer, order_id)

import asyncio
import secrets
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import OrderUnavailable, StoreUnavailable
from domain.ports import CheckoutRecord
from domain.status import OrderStatus
from tests.api.shop import SKU, ShopFront, fields_of, order_body, problem_type


async def test_a_prepaid_checkout_answers_with_what_the_payment_sheet_needs(
    front: ShopFront,
) -> None:
    response = await front.order()
    assert response.status_code == 201
    body = response.json()
    assert body["status"] == "pending_payment"
    assert body["total_paise"] == 2 * 449_00 + 49_00
    assert body["payment"]["amount_paise"] == body["total_paise"]
    assert set(body["payment"]) == {
        "razorpay_order_id",
        "key_id",
        "amount_paise",
        "currency",
        "expires_at",
    }
    assert response.headers["location"] == f"/orders/{body['order_id']}"


async def test_the_tracking_part_leads_to_this_order_and_speaks_for_this_customer(
    front: ShopFront,
) -> None:
    body = await front.placed()
    tracking = body["tracking"]
    assert tracking["url"] == f"http://tracking.test:8001/track/{body['order_id']}"
    assert tracking["websocket_url"] == "ws://tracking.test:8001/live"
    own = await front.get(
        f"/orders/{body['order_id']}", headers={"Authorization": f"Bearer {tracking['token']}"}
    )
    assert own.status_code == 200


async def test_cash_on_delivery_has_nothing_to_pay_now(front: ShopFront) -> None:
    body = await front.placed(payment_method="cod")
    assert body["payment"] is None
    assert body["status"] == "confirmed"


@pytest.mark.parametrize("known", [False, True])
async def test_a_new_customer_has_a_lower_limit_for_cash(front: ShopFront, known: bool) -> None:
    settings = front.app.state.dependencies.settings
    front.app.state.dependencies = replace(
        front.app.state.dependencies, settings=replace(settings, cod_first_order_limit_paise=900_00)
    )
    earlier = (await front.placed())["order_id"]
    if known:
        views = front.orders.views.views
        views[earlier] = replace(views[earlier], status=OrderStatus.COMPLETED)
    response = await front.order(payment_method="cod")
    if known:
        assert response.status_code == 201, response.text
    else:
        assert (response.status_code, fields_of(response)) == (422, ["payment_method"])
        assert "up to ₹900, this order is ₹987" in response.json()["detail"]
    assert (await front.order()).status_code == 201


async def test_the_fee_and_the_minimum_of_cash_are_settings(front: ShopFront) -> None:
    settings = front.app.state.dependencies.settings
    front.app.state.dependencies = replace(
        front.app.state.dependencies,
        settings=replace(settings, cod_fee_paise=1_50, cod_minimum_paise=948_50),
    )
    order = await front.placed(payment_method="cod")
    assert order["total_paise"] == 2 * 449_00 + 49_00 + 1_50
    shown = (await front.get(f"/orders/{order['order_id']}")).json()
    assert shown["cod_fee_paise"] == 1_50
    small = await front.order(payment_method="cod", items=[{"sku": SKU, "quantity": 1}])
    assert (small.status_code, fields_of(small)) == (422, ["payment_method"])


async def test_the_workflow_gets_canonical_state_and_phone(front: ShopFront) -> None:
    body = order_body()
    body["shipping_address"]["state"] = " maharashtra "
    await front.post("/orders", body)
    placement = front.orders.called("checkout")[0]["placement"]
    assert placement.shipping_address.state == "Maharashtra"
    assert placement.shipping_address.phone == "9876543210"


async def test_a_business_is_supplied_where_its_gstin_is_registered(front: ShopFront) -> None:
    customer = {"name": "Asha Rao", "email": "asha@example.com", "phone": "9876543210"}
    await front.placed(customer=customer | {"gstin": " 29aapfu0939f1zr "})
    placement = front.orders.called("checkout")[0]["placement"]
    assert placement.customer.gstin == "29AAPFU0939F1ZR"
    assert placement.shipping_address.state == "Maharashtra"
    assert placement.quote.tax.cgst_paise == 0 < placement.quote.tax.igst_paise


async def test_the_same_key_and_body_get_the_same_order_and_answer(front: ShopFront) -> None:
    key = secrets.token_hex(8)
    first, second = await front.order(key), await front.order(key)
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert front.orders.started == 1


async def test_spelling_and_order_of_fields_do_not_make_another_body(front: ShopFront) -> None:
    key = secrets.token_hex(8)
    first = await front.order(key)
    respelt = dict(reversed(order_body().items()))
    respelt["customer"]["phone"] = "+91-9876543210"
    respelt["coupon"] = ""
    second = await front.post("/orders", respelt, key=key)
    assert second.status_code == 201
    assert second.json() == first.json()


async def test_the_same_key_with_another_body_is_refused(front: ShopFront) -> None:
    key = secrets.token_hex(8)
    await front.order(key)
    response = await front.order(key, items=[{"sku": SKU, "quantity": 3}])
    assert response.status_code == 422
    assert problem_type(response) == "idempotency-key-reused"
    assert front.orders.started == 1


async def test_the_same_key_of_two_customers_makes_two_orders(front: ShopFront) -> None:
    key = secrets.token_hex(8)
    first = await front.order(key)
    second = await front.post("/orders", order_body(), front.bearer("cus_other"), key)
    assert second.status_code == 201
    assert second.json()["order_id"] != first.json()["order_id"]


async def test_out_of_stock_names_the_lines_and_stays_the_answer_of_its_key(
    front: ShopFront,
) -> None:
    front.shop.on_hand.clear()
    key = secrets.token_hex(8)
    first = await front.order(key)
    assert first.status_code == 409
    assert problem_type(first) == "out-of-stock"
    assert first.json()["lines"] == [{"sku": SKU, "requested": 2}]
    front.shop.on_hand[SKU, "PNQ"] = 50
    again = await front.order(key)
    assert (again.status_code, again.json()) == (409, first.json())


async def test_a_replay_does_not_ask_the_catalogue_or_the_workflow_again(
    front: ShopFront,
) -> None:
    key = secrets.token_hex(8)
    first = await front.order(key)
    front.shop.products.clear()
    second = await front.order(key)
    assert second.json() == first.json()
    assert len(front.orders.called("checkout")) == 1


async def test_a_wrong_cart_may_be_corrected_under_the_same_key(front: ShopFront) -> None:
    key = secrets.token_hex(8)
    refused = await front.order(key, coupon="NO-SUCH-COUPON")
    assert refused.status_code == 422
    assert problem_type(refused) == "coupon-refused"
    assert fields_of(refused) == ["coupon"]
    assert (await front.order(key)).status_code == 201


async def test_an_order_that_gives_no_answer_is_a_503_and_the_key_re_attaches(
    front: ShopFront,
) -> None:
    key = secrets.token_hex(8)
    front.orders.lose_answer("checkout", OrderUnavailable("the order gave no answer in 10 s"))
    response = await front.order(key)
    assert response.status_code == 503
    assert problem_type(response) == "order-unavailable"
    assert int(response.headers["retry-after"]) > 0
    again = await front.order(key)
    assert again.status_code == 201
    assert front.orders.started == 1


async def test_a_lost_answer_is_found_again_when_the_cart_can_no_longer_be_priced(
    front: ShopFront,
) -> None:
    key = secrets.token_hex(8)
    front.checkouts.fail("settle", StoreUnavailable("away"))
    assert (await front.order(key)).status_code == 503
    front.shop.products.clear()
    again = await front.order(key)
    assert again.status_code == 201
    assert again.json()["payment"]["amount_paise"] == again.json()["total_paise"]


async def test_a_key_whose_answer_was_lost_never_starts_the_order_again(front: ShopFront) -> None:
    key = secrets.token_hex(8)
    front.checkouts.fail("settle", StoreUnavailable("away"))
    assert (await front.order(key)).status_code == 503
    front.orders.forget()
    again = await front.order(key)
    assert again.status_code == 201
    assert front.orders.started == 1
    assert (await front.order(key)).json() == again.json()


async def test_a_key_without_an_order_may_still_be_refused_for_its_cart(
    front: ShopFront,
) -> None:
    key = secrets.token_hex(8)
    front.orders.fail("checkout", OrderUnavailable("away"))
    assert (await front.order(key)).status_code == 503
    front.shop.products.clear()
    refused = await front.order(key)
    assert refused.status_code == 422
    assert fields_of(refused) == ["items[0].sku"]


async def test_a_twin_that_was_faster_gives_its_answer(front: ShopFront) -> None:
    key = secrets.token_hex(8)
    first = await front.order(key)
    stored = front.checkouts.records.pop((front.customer, key))
    claim = front.checkouts.claim

    async def claim_late(record: CheckoutRecord) -> CheckoutRecord:
        front.checkouts.records[front.customer, key] = stored
        return await claim(record)

    front.checkouts.claim = claim_late  # type: ignore[method-assign]
    assert (await front.order(key)).json() == first.json()
    assert len(front.orders.called("checkout")) == 1


async def test_a_coupon_that_runs_out_meanwhile_is_refused_by_the_workflow_for_ever(
    front: ShopFront,
) -> None:
    key = secrets.token_hex(8)
    front.add_coupon("LAST-ONE")
    front.orders.refuse_next("CouponRefused", "coupon LAST-ONE is used up")
    first = await front.order(key, coupon="LAST-ONE")
    again = await front.order(key, coupon="LAST-ONE")
    assert (first.status_code, problem_type(first)) == (422, "coupon-refused")
    assert fields_of(first) == ["coupon"]
    assert again.json() == first.json()


@pytest.mark.parametrize("method", ["find", "claim", "settle"])
async def test_a_store_that_is_away_is_a_503_and_the_key_stays_good(
    front: ShopFront, method: str
) -> None:
    key = secrets.token_hex(8)
    front.checkouts.fail(method, StoreUnavailable("mongodb://10.0.0.1 is away"))
    response = await front.order(key)
    assert response.status_code == 503
    assert problem_type(response) == "service-unavailable"
    assert "10.0.0.1" not in response.text
    assert (await front.order(key)).status_code == 201
    assert front.orders.started == 1


async def test_an_empty_catalogue_is_our_fault(front: ShopFront) -> None:
    front.shop.warehouses.clear()
    assert (await front.order()).status_code == 503


async def test_concurrent_repeats_make_one_order(front: ShopFront) -> None:
    key = secrets.token_hex(8)
    answers = await asyncio.gather(*(front.order(key) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["order_id"] for answer in answers}) == 1
    assert front.orders.started == 1


async def test_two_hundred_buyers_of_one_hundred_units_are_told_who_was_late(
    front: ShopFront,
) -> None:
    front.shop.on_hand.clear()
    front.shop.on_hand[SKU, "PNQ"] = 100
    answers = await asyncio.gather(
        *(front.order(items=[{"sku": SKU, "quantity": 1}]) for _ in range(200))
    )
    codes = [answer.status_code for answer in answers]
    assert (codes.count(201), codes.count(409)) == (100, 100)
    late = next(answer for answer in answers if answer.status_code == 409)
    assert late.json()["lines"] == [{"sku": SKU, "requested": 1}]


async def test_without_the_courier_prepaid_still_works_and_cash_waits(front: ShopFront) -> None:
    front.routes.go_away()
    assert (await front.order()).status_code == 201
    response = await front.order(payment_method="cod")
    assert response.status_code == 503
    assert problem_type(response) == "courier-unavailable"
    assert len(front.orders.called("checkout")) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"payment_method": "cod"}, "payment_method"),
        ({}, "shipping_address.pincode"),
    ],
)
async def test_a_place_that_is_not_served_is_refused_by_field(
    front: ShopFront, changes: dict[str, str], field: str
) -> None:
    if field == "payment_method":
        front.routes.without_cash.add("411001")
    else:
        front.routes.unserved.add("411001")
    response = await front.order(**changes)
    assert response.status_code == 422
    assert fields_of(response) == [field]


async def test_only_customers_place_orders(front: ShopFront) -> None:
    response = await front.post("/orders", order_body(), front.ops)
    assert response.status_code == 403
    assert problem_type(response) == "forbidden"


async def test_the_tracking_token_lives_for_an_hour_at_least(front: ShopFront) -> None:
    body = await front.placed()
    front.clock.advance(timedelta(minutes=59))
    replay_token = front.token()
    assert replay_token
    claims = front.dependencies().tokens.verify(body["tracking"]["token"])
    assert claims.subject == front.customer
    assert claims.expires_at > front.clock.now()

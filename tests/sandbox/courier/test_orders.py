from typing import Any

import pytest

from tests.sandbox.courier.seller import Seller, order_form, return_form

REQUIRED = [
    "order_id", "order_date", "pickup_location", "billing_customer_name", "billing_address",
    "billing_city", "billing_pincode", "billing_state", "billing_country", "billing_email",
    "billing_phone", "shipping_is_billing", "order_items", "payment_method", "sub_total",
    "length", "breadth", "height", "weight",
]  # fmt: skip


@pytest.mark.parametrize("field", REQUIRED)
@pytest.mark.parametrize("blank", [None, ""])
async def test_a_missing_field_is_named(seller: Seller, field: str, blank: str | None) -> None:
    answer = await seller.post("/orders/create/adhoc", order_form(**{field: blank}))
    body = answer.json()
    assert (answer.status_code, body["status_code"]) == (422, 422)
    assert body["message"] == "Oops! Invalid Data."
    assert body["errors"][field] == [f"The {field.replace('_', ' ')} field is required."]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("order_id", "x" * 51), ("order_date", "23-11-2026"), ("billing_city", "x" * 31),
        ("billing_pincode", "4110"), ("billing_pincode", 41100111), ("billing_email", "nobody"),
        ("billing_phone", "12345"), ("payment_method", "cod"), ("payment_method", "UPI"),
        ("payment_method", ["COD"]),
        ("sub_total", "1e400"), ("weight", {}),
        ("sub_total", "much"), ("sub_total", -1), ("length", 0.5), ("weight", 0),
        ("weight", "heavy"), ("weight", "nan"), ("shipping_charges", -5),
        ("order_items", "KURTA"), ("order_items", ["KURTA"]),
    ],
)  # fmt: skip
async def test_an_unusable_value_is_named(seller: Seller, field: str, value: object) -> None:
    answer = await seller.post("/orders/create/adhoc", order_form(**{field: value}))
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"units": 0}, "units"), ({"units": ""}, "units"), ({"sku": ""}, "sku"),
        ({"name": None}, "name"), ({"selling_price": "free"}, "selling_price"),
    ],
)  # fmt: skip
async def test_an_unusable_line_is_named(
    seller: Seller, changes: dict[str, Any], field: str
) -> None:
    item = order_form()["order_items"][0] | changes
    answer = await seller.post("/orders/create/adhoc", order_form(order_items=[item]))
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [f"order_items.0.{field}"]


async def test_another_shipping_address_must_be_complete(seller: Seller) -> None:
    answer = await seller.post("/orders/create/adhoc", order_form(shipping_is_billing=False))
    assert set(answer.json()["errors"]) == {
        "shipping_customer_name", "shipping_address", "shipping_city", "shipping_pincode",
        "shipping_state", "shipping_country", "shipping_phone",
    }  # fmt: skip


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"null", b'{"order_id": NaN}'])
async def test_a_body_that_is_no_form_counts_as_empty(seller: Seller, body: bytes) -> None:
    answer = await seller.http.post("/v1/external/orders/create/adhoc", content=body)
    assert answer.status_code == 422
    assert set(REQUIRED) <= set(answer.json()["errors"])


async def test_a_repeated_sku_is_refused(seller: Seller) -> None:
    item = order_form()["order_items"][0]
    answer = await seller.post("/orders/create/adhoc", order_form(order_items=[item, item]))
    assert (answer.status_code, answer.json()["message"]) == (400, "SKU cannot be repeated")


async def test_a_foreign_channel_and_an_unknown_warehouse_are_refused(seller: Seller) -> None:
    channel = await seller.post("/orders/create/adhoc", order_form(channel_id=12345))
    assert (channel.status_code, channel.json()["message"]) == (
        400, "Given channel id does not exist",
    )  # fmt: skip
    pickup = await seller.post("/orders/create/adhoc", order_form(pickup_location="Atlantis"))
    assert pickup.status_code == 422
    assert "Pune" in {one["pickup_location"] for one in pickup.json()["data"]["data"]}


async def test_a_used_order_id_answers_the_old_order_and_changes_nothing(seller: Seller) -> None:
    form = order_form()
    first = await seller.created(**form)
    again = await seller.post("/orders/create/adhoc", form | {"sub_total": 1, "weight": 9})
    assert (again.status_code, again.json()) == (200, first)
    assert (await seller.show(first["order_id"]))["net_total"] == "999.00"


async def test_a_used_order_id_answers_even_a_cancelled_order(seller: Seller) -> None:
    form = order_form()
    first = await seller.created(**form)
    assert (await seller.post("/orders/cancel", {"ids": [first["order_id"]]})).status_code == 204
    again = await seller.created(**form)
    assert (again["order_id"], again["status"], again["status_code"]) == (
        first["order_id"], "CANCELED", 5,
    )  # fmt: skip


async def test_a_used_order_id_is_refused_by_switch(seller: Seller) -> None:
    form = order_form()
    await seller.created(**form)
    await seller.switch(known_order_id="refused")
    again = await seller.post("/orders/create/adhoc", form)
    assert again.status_code == 422
    assert again.json()["errors"]["order_id"] == ["The order id has already been taken."]


async def test_amounts_are_rupees_and_types_wander(seller: Seller) -> None:
    order = await seller.created(sub_total="1499.50", shipping_charges=49, total_discount="48.50")
    shown = await seller.show(order["order_id"])
    assert (shown["total"], shown["net_total"]) == (1500, "1500.00")
    assert isinstance(shown["customer_pincode"], str)
    assert shown["shipments"]["awb"] is None
    assert shown["awb_data"]["awb"] == ""
    listed = (await seller.get("/orders", search=shown["channel_order_id"])).json()
    assert listed["data"][0]["shipments"][0]["awb"] == ""
    assert isinstance(listed["data"][0]["shipments"], list)


async def test_orders_are_listed_in_pages_and_filtered(seller: Seller) -> None:
    forms = [order_form() for _ in range(3)]
    ids = [(await seller.created(**form))["order_id"] for form in forms]
    page = (await seller.get("/orders", per_page=2, page=1)).json()
    assert [row["id"] for row in page["data"]] == [ids[2], ids[1]]
    pagination = page["meta"]["pagination"]
    assert (pagination["count"], pagination["per_page"]) == (2, 2)
    assert pagination["links"]["next"].endswith("/orders?page=2")
    found = await seller.get("/orders", filter_by="channel_order_id", filter=forms[0]["order_id"])
    assert [row["id"] for row in found.json()["data"]] == [ids[0]]
    assert (await seller.get("/orders", search="nothing", page="x")).json()["data"] == []


@pytest.mark.parametrize("order_id", ["00000001", "abc", "9" * 30])
async def test_an_unknown_order_is_a_400(seller: Seller, order_id: str) -> None:
    answer = await seller.get(f"/orders/show/{order_id}")
    assert (answer.status_code, answer.json()["message"]) == (400, "Order ID not found")


async def test_cancelling_says_what_is_wrong_with_the_call(seller: Seller) -> None:
    missing = await seller.post("/orders/cancel", {})
    assert (missing.status_code, list(missing.json()["errors"])) == (422, ["ids"])
    unknown = await seller.post("/orders/cancel", {"ids": [12312312]})
    assert unknown.status_code == 500
    scalar = await seller.post("/orders/cancel", {"ids": "12312312"})
    assert (scalar.status_code, scalar.json()["message"]) == (
        500, "Invalid argument supplied for foreach()",
    )  # fmt: skip


async def test_cancelling_by_awb_happens_a_moment_later(seller: Seller) -> None:
    data = await seller.dispatched()
    awb = data["awb_code"]
    answer = await seller.post("/orders/cancel/shipment/awbs", {"awbs": [awb, "unknown"]})
    assert "in progress" in answer.json()["message"]
    assert (await seller.track(awb))["shipment_status"] == 3
    await seller.pass_time(1.1)
    assert (await seller.track(awb))["shipment_status"] == 8


async def test_cancelling_by_awb_turns_a_parcel_home_that_was_picked_up_meanwhile(
    seller: Seller,
) -> None:
    data = await seller.dispatched()
    awb = data["awb_code"]
    await seller.post("/orders/cancel/shipment/awbs", {"awbs": [awb]})
    await seller.advance(awb, "picked_up")
    await seller.pass_time(1.1)
    assert (await seller.track(awb))["shipment_status"] == 42
    assert (await seller.advance(awb))["shipment_status"] == 9
    await seller.advance(awb, "rto_delivered")
    assert (await seller.show(data["order_id"]))["status"] == "RTO DELIVERED"


async def test_the_delivery_address_can_change_until_the_pickup(seller: Seller) -> None:
    data = await seller.booked()
    change = {
        "order_id": data["order_id"], "shipping_customer_name": "Ravi",
        "shipping_phone": "9988998899", "shipping_address": "7, Park Street",
        "shipping_city": "Mumbai", "shipping_state": "Maharashtra",
        "shipping_country": "India", "shipping_pincode": 400001,
    }  # fmt: skip
    answer = await seller.post("/orders/address/update", change)
    assert (answer.status_code, answer.content) == (202, b"")
    await seller.pick_up(data["shipment_id"])
    assert (await seller.track(data["awb_code"]))["shipment_track"][0]["destination"] == "Mumbai"
    missing = await seller.post("/orders/address/update", change | {"shipping_country": ""})
    assert list(missing.json()["errors"]) == ["shipping_country"]
    await seller.advance(data["awb_code"], "picked_up")
    late = await seller.post("/orders/address/update", change)
    assert (late.status_code, list(late.json()["errors"])) == (422, ["order_id"])


async def test_the_warehouse_can_change_until_an_awb_is_assigned(seller: Seller) -> None:
    order = await seller.created()
    path = "/v1/external/orders/address/pickup"
    body = {"order_id": [order["order_id"]], "pickup_location": "Delhi"}
    assert (await seller.http.patch(path, json=body)).json()["message"] == "Pickup location Updated"
    assert (await seller.show(order["order_id"]))["pickup_location"] == "Delhi"
    wrong = await seller.http.patch(path, json=body | {"pickup_location": "Mumbai"})
    assert (wrong.status_code, wrong.json()["message"]) == (400, "Pickup Code does not exist")
    scalar = await seller.http.patch(path, json=body | {"order_id": "1"})
    assert scalar.status_code == 500
    unknown = await seller.http.patch(path, json=body | {"order_id": [1]})
    assert unknown.json()["message"] == "Order Id does not exists"
    await seller.post("/courier/assign/awb", {"shipment_id": order["shipment_id"]})
    assert (await seller.http.patch(path, json=body)).status_code == 400


async def test_a_return_is_an_order_the_other_way_round(seller: Seller) -> None:
    form = return_form()
    answer = await seller.post("/orders/create/return", form)
    body = answer.json()
    assert (answer.status_code, body["status"], body["status_code"]) == (
        200, "RETURN PENDING", 21,
    )  # fmt: skip
    assert body["company_name"]
    shown = await seller.show(body["order_id"])
    assert (shown["is_return"], shown["customer_city"]) == (1, "Bengaluru")


@pytest.mark.parametrize("field", ["pickup_customer_name", "pickup_email", "shipping_pincode"])
async def test_a_return_with_a_hole_is_refused(seller: Seller, field: str) -> None:
    answer = await seller.post("/orders/create/return", return_form(**{field: None}))
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


async def test_a_return_that_is_to_be_checked_needs_a_picture(seller: Seller) -> None:
    item = return_form()["order_items"][0] | {"qc_enable": True}
    answer = await seller.post("/orders/create/return", return_form(order_items=[item]))
    assert list(answer.json()["errors"]) == ["order_items.0.qc_product_image"]

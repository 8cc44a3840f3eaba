from typing import Any

import pytest

from tests.sandbox.courier.seller import Seller, order_form, return_form

DELHIVERY, BLUE_DART, XPRESSBEES, INDIA_POST = 43, 1, 51, 225


async def assign(seller: Seller, shipment_id: int, **more: Any) -> tuple[int, dict[str, Any]]:
    answer = await seller.post("/courier/assign/awb", {"shipment_id": shipment_id} | more)
    body: dict[str, Any] = answer.json()
    return answer.status_code, body


async def offers(seller: Seller, delivery: str, **more: Any) -> dict[str, Any]:
    query = {"pickup_postcode": "411001", "delivery_postcode": delivery, "cod": 0, "weight": 0.5}
    body: dict[str, Any] = (await seller.get("/courier/serviceability/", **query | more)).json()
    return body


def ids(body: dict[str, Any]) -> list[int]:
    return [one["courier_company_id"] for one in body["data"]["available_courier_companies"]]


@pytest.mark.parametrize("pickup", ["411001", "560001", "110001"])
@pytest.mark.parametrize("delivery", ["560034", "400001", "799001", "194101"])
async def test_every_warehouse_reaches_every_usual_pincode(
    seller: Seller, pickup: str, delivery: str
) -> None:
    body = await offers(seller, delivery, pickup_postcode=pickup)
    assert body["status"] == 200
    assert ids(body) == [DELHIVERY, BLUE_DART, XPRESSBEES, INDIA_POST]
    assert body["data"]["recommended_courier_company_id"] == DELHIVERY


async def test_offers_differ_in_price_and_promise(seller: Seller) -> None:
    body = await offers(seller, "560034")
    rows = body["data"]["available_courier_companies"]
    assert len({row["rate"] for row in rows}) == 4
    assert len({row["etd"] for row in rows}) >= 3
    assert all(isinstance(row["estimated_delivery_days"], str) for row in rows)
    dear = await offers(seller, "194101")
    assert (
        dear["data"]["available_courier_companies"][0]["rate"]
        > body["data"]["available_courier_companies"][0]["rate"]
    )
    heavy = await offers(seller, "560034", weight="1.4")
    assert heavy["data"]["available_courier_companies"][0]["charge_weight"] == 1.5
    assert heavy["data"]["available_courier_companies"][0]["freight_charge"] == pytest.approx(
        rows[0]["freight_charge"] * 3, abs=0.02
    )


async def test_cash_costs_a_fee_and_not_every_courier_takes_it(seller: Seller) -> None:
    body = await offers(seller, "560034", cod=1, declared_value=10_000)
    assert ids(body) == [DELHIVERY, BLUE_DART, XPRESSBEES]
    first = body["data"]["available_courier_companies"][0]
    assert first["cod_charges"] == 150
    assert first["rate"] == pytest.approx(first["freight_charge"] + 150)


@pytest.mark.parametrize("delivery", ["190001", "194101", "744101"])
async def test_some_places_are_not_served_with_cash(seller: Seller, delivery: str) -> None:
    assert (await offers(seller, delivery))["status"] == 200
    assert (await offers(seller, delivery, cod=1))["status"] == 404


@pytest.mark.parametrize("delivery", ["000000", "999999", "12345", "abcdef"])
async def test_no_courier_is_a_404_inside_a_200_or_by_switch_a_plain_one(
    seller: Seller, delivery: str
) -> None:
    query = {"pickup_postcode": 411001, "delivery_postcode": delivery, "cod": 0, "weight": 1}
    inside = await seller.get("/courier/serviceability/", **query)
    assert (inside.status_code, inside.json()["status"]) == (200, 404)
    await seller.switch(no_courier="http_404")
    plain = await seller.get("/courier/serviceability/", **query)
    assert (plain.status_code, plain.json()["status_code"]) == (404, 404)


async def test_serviceability_names_what_is_missing(seller: Seller) -> None:
    answer = await seller.get("/courier/serviceability/", pickup_postcode=411001)
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"delivery_postcode", "cod", "weight"}
    wrong = await seller.get(
        "/courier/serviceability/", pickup_postcode=411001, delivery_postcode=560034, cod=0,
        weight="-1",
    )  # fmt: skip
    assert list(wrong.json()["errors"]) == ["weight"]


async def test_serviceability_of_an_order_needs_no_weight(seller: Seller) -> None:
    order = await seller.created(payment_method="COD")
    ends = {"pickup_postcode": 411001, "delivery_postcode": 560034}
    found = await seller.get("/courier/serviceability/", order_id=order["order_id"], **ends)
    assert ids(found.json()) == [DELHIVERY, BLUE_DART, XPRESSBEES]
    unknown = await seller.get("/courier/serviceability/", order_id=1, **ends)
    assert unknown.json() == {"status": 404, "message": "Order does not exist!"}


async def test_returns_and_modes_narrow_the_choice(seller: Seller) -> None:
    assert ids(await offers(seller, "560034", is_return=1)) == [DELHIVERY, XPRESSBEES]
    assert ids(await offers(seller, "560034", is_return=1, qc_check=1)) == [DELHIVERY]
    assert ids(await offers(seller, "560034", mode="Air")) == [BLUE_DART]


async def test_the_wallet_falls_by_the_offered_rate(seller: Seller) -> None:
    before = await seller.wallet_paise()
    body = await offers(seller, "560034", weight=0.45)
    data = await seller.booked()
    rate = body["data"]["available_courier_companies"][0]["rate"]
    assert before - await seller.wallet_paise() == round(rate * 100)
    entries = (await seller.state())["wallet"]["entries"]
    assert [one["reason"] for one in entries if one["awb"] == data["awb_code"]] == ["freight"]


async def test_every_awb_is_different(seller: Seller) -> None:
    awbs = {(await seller.booked())["awb_code"] for _ in range(5)}
    assert len(awbs) == 5


async def test_a_refusal_may_hide_inside_a_200(seller: Seller) -> None:
    order = await seller.created()
    await seller.switch(refuse_booking={"count": 1, "shape": "assign_error"})
    status, body = await assign(seller, order["shipment_id"])
    assert (status, body["awb_assign_status"]) == (200, 0)
    assert body["response"]["data"]["awb_assign_error"]
    status, body = await assign(seller, order["shipment_id"])
    assert (status, body["awb_assign_status"]) == (200, 1)


async def test_one_courier_may_refuse_and_the_next_take_it(seller: Seller) -> None:
    order = await seller.created()
    await seller.switch(refuse_booking={"count": 5, "courier_id": DELHIVERY})
    _, body = await assign(seller, order["shipment_id"], courier_id=DELHIVERY)
    assert body["awb_assign_status"] == 0
    _, body = await assign(seller, order["shipment_id"], courier_id=BLUE_DART)
    assert body["response"]["data"]["courier_company_id"] == BLUE_DART


async def test_a_refusal_without_a_courier_strikes_any(seller: Seller) -> None:
    order = await seller.created()
    await seller.switch(refuse_booking=2)
    for courier_id in (DELHIVERY, BLUE_DART):
        _, body = await assign(seller, order["shipment_id"], courier_id=courier_id)
        assert body["awb_assign_status"] == 0
    _, body = await assign(seller, order["shipment_id"], courier_id=XPRESSBEES)
    assert body["awb_assign_status"] == 1


async def test_a_courier_that_does_not_go_there_says_so_inside_a_200(seller: Seller) -> None:
    cash = await seller.created(payment_method="COD", billing_pincode="190001")
    status, body = await assign(seller, cash["shipment_id"])
    assert (status, body["awb_assign_status"]) == (200, 0)
    prepaid = await seller.created()
    _, body = await assign(seller, prepaid["shipment_id"], courier_id=999)
    assert body["awb_assign_status"] == 0


@pytest.mark.parametrize("switched", [False, True])
async def test_a_short_wallet_has_a_code_of_its_own(seller: Seller, switched: bool) -> None:
    order = await seller.created()
    if switched:
        await seller.switch(refuse_booking={"count": 1, "shape": "wallet_short"})
    else:
        await seller.switch(wallet="99.99")
    status, body = await assign(seller, order["shipment_id"])
    assert (status, body["status_code"]) == (200, 350)
    assert "awb_assign_status" not in body
    await seller.switch(wallet="500")
    _, body = await assign(seller, order["shipment_id"])
    assert body["awb_assign_status"] == 1


async def test_a_second_assignment_is_refused_and_the_order_tells_its_awb(seller: Seller) -> None:
    data = await seller.booked()
    status, body = await assign(seller, data["shipment_id"])
    assert (status, body["message"]) == (
        400, "Oops! Cannot reassign courier for this shipment.",
    )  # fmt: skip
    shown = await seller.show(data["order_id"])
    assert shown["shipments"]["awb"] == shown["awb_data"]["awb"] == data["awb_code"]
    assert (shown["status"], shown["status_code"]) == ("READY TO SHIP", 3)


async def test_the_reassign_refusal_can_be_switched_on(seller: Seller) -> None:
    order = await seller.created()
    await seller.switch(refuse_booking={"count": 1, "shape": "cannot_reassign"})
    assert (await assign(seller, order["shipment_id"]))[0] == 400
    assert (await seller.show(order["order_id"]))["shipments"]["awb"] is None


async def test_an_assignment_may_come_true_only_later(seller: Seller) -> None:
    order = await seller.created()
    await seller.switch(refuse_booking={"count": 1, "shape": "async"})
    status, body = await assign(seller, order["shipment_id"])
    assert (status, body["success"]) == (200, True)
    assert (await assign(seller, order["shipment_id"]))[0] == 400
    assert (await seller.show(order["order_id"]))["shipments"]["awb"] is None
    await seller.pass_time(1.1)
    awb = (await seller.show(order["order_id"]))["shipments"]["awb"]
    assert (await seller.track(awb))["shipment_status"] == 1


async def test_a_courier_can_be_changed_once_a_day(seller: Seller) -> None:
    before = await seller.wallet_paise()
    data = await seller.booked()
    change = {"status": "reassign", "courier_id": BLUE_DART}
    _, body = await assign(seller, data["shipment_id"], **change)
    second = body["response"]["data"]
    assert second["courier_company_id"] == BLUE_DART
    assert second["awb_code"] != data["awb_code"]
    assert (await seller.track(data["awb_code"]))["track_status"] == 0
    assert (await assign(seller, data["shipment_id"], **change))[0] == 400
    await seller.pass_time(86_400)
    assert (await assign(seller, data["shipment_id"], **change))[1]["awb_assign_status"] == 1
    assert (await seller.post("/orders/cancel", {"ids": [data["order_id"]]})).status_code == 204
    assert await seller.wallet_paise() == before


async def test_an_assignment_needs_a_known_shipment(seller: Seller) -> None:
    empty = await seller.post("/courier/assign/awb", {"shipment_id": ""})
    assert (empty.status_code, list(empty.json()["errors"])) == (422, ["shipment_id"])
    assert (await assign(seller, 11111111))[0] == 400
    order = await seller.created()
    await seller.post("/orders/cancel", {"ids": [order["order_id"]]})
    assert (await assign(seller, order["shipment_id"]))[0] == 400


async def test_pickup_comes_after_the_awb_and_only_once(seller: Seller) -> None:
    order = await seller.created()
    body = {"shipment_id": [order["shipment_id"]]}
    early = await seller.post("/courier/generate/pickup", body)
    assert (early.status_code, early.json()["message"]) == (400, "Invalid shipment id")
    await assign(seller, order["shipment_id"])
    assert (await seller.post("/courier/generate/pickup", body)).status_code == 200
    again = await seller.post("/courier/generate/pickup", body)
    assert (again.status_code, again.json()["message"]) == (400, "Already in Pickup Queue.")
    unknown = await seller.post("/courier/generate/pickup", {"shipment_id": [""]})
    assert unknown.status_code == 400


async def test_a_manifest_is_made_once_and_printed_again(seller: Seller) -> None:
    data = await seller.booked()
    body = {"shipment_id": [data["shipment_id"]]}
    early = await seller.post("/manifests/generate", body)
    assert early.json() == {"status": 1, "manifest_url": ""}
    await seller.pick_up(data["shipment_id"])
    made = (await seller.post("/manifests/generate", body)).json()
    file = await seller.http.get(made["manifest_url"])
    assert file.content.startswith(b"%PDF-")
    again = await seller.post("/manifests/generate", body)
    assert again.status_code == 400
    assert again.json()["already_manifested_shipment_ids"] == [data["shipment_id"]]
    printed = await seller.post("/manifests/print", {"order_ids": [data["order_id"]]})
    assert printed.json()["manifest_url"] == made["manifest_url"]
    assert (await seller.post("/manifests/print", {"order_ids": [1]})).json()["manifest_url"] == ""
    assert (await seller.post("/manifests/print", {"order_ids": "1"})).status_code == 500


async def test_labels_and_invoices_need_an_awb(seller: Seller) -> None:
    order = await seller.created()
    body = {"shipment_id": [order["shipment_id"]]}
    none = await seller.post("/courier/generate/label", body)
    assert (none.status_code, none.json()["label_created"]) == (200, 0)
    scalar = await seller.post("/courier/generate/label", {"shipment_id": order["shipment_id"]})
    assert scalar.json()["errors"] == {"shipment_id": ["The shipment id must be an array."]}
    invoice = await seller.post("/orders/print/invoice", {"ids": [order["order_id"]]})
    assert (invoice.status_code, invoice.json()["is_invoice_created"]) == (400, False)
    data = await seller.booked()
    both = await seller.post(
        "/courier/generate/label",
        {"shipment_id": [data["shipment_id"], order["shipment_id"]]},
    )
    assert (both.json()["label_created"], both.json()["not_created"]) == (
        1, [order["shipment_id"]],
    )  # fmt: skip
    invoice = await seller.post("/orders/print/invoice", {"ids": [data["order_id"]]})
    assert (await seller.http.get(invoice.json()["invoice_url"])).content.startswith(b"%PDF-")
    combined = await seller.post(
        "/courier/generate/label-invoice", {"shipment_ids": [data["shipment_id"], 1]}
    )
    assert (combined.json()["success_count"], combined.json()["error_count"]) == (1, 1)
    assert (await seller.post("/courier/generate/label-invoice", {})).status_code == 400
    assert (await seller.http.get("/labels/shipping-label-404.pdf")).status_code == 404


async def test_one_call_can_do_it_all_and_say_inside_a_200_where_it_failed(seller: Seller) -> None:
    await seller.switch(refuse_booking=1)
    form = order_form()
    failed = await seller.post("/shipments/create/forward-shipment", form)
    assert (failed.status_code, failed.json()["status"]) == (200, 0)
    assert failed.json()["payload"]["action"] == "AWB Assignment"
    assert "refused" in failed.json()["payload"]["error_message"]
    done = (await seller.post("/shipments/create/forward-shipment", form)).json()
    assert done["status"] == 1
    assert (await seller.track(done["payload"]["awb_code"]))["shipment_status"] == 3
    back = (await seller.post("/shipments/create/return-shipment", return_form())).json()
    assert (back["status"], back["payload"]["is_return"]) == (1, 1)
    hole = await seller.post("/shipments/create/forward-shipment", order_form(order_date=None))
    assert hole.status_code == 422


async def test_a_new_warehouse_can_be_added_and_used(seller: Seller) -> None:
    address = {
        "pickup_location": "Chennai", "name": "Depot", "email": "depot@example.com",
        "phone": "9876543210", "address": "1, Mount Road", "city": "Chennai",
        "state": "Tamil Nadu", "country": "India", "pin_code": "600001",
    }  # fmt: skip
    added = (await seller.post("/settings/company/addpickup", address)).json()
    assert (added["success"], added["address"]["pickup_code"]) == (True, "Chennai")
    assert (await seller.booked(pickup_location="Chennai"))["awb_code"]
    listed = (await seller.get("/settings/company/pickup")).json()["data"]["shipping_address"]
    assert {"Pune", "Bengaluru", "Delhi", "Chennai"} <= {one["pickup_location"] for one in listed}
    again = await seller.post("/settings/company/addpickup", address | {"city": ""})
    assert set(again.json()["errors"]) == {"pickup_location", "city"}

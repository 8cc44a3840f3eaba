import jwt
import pytest

from tests.sandbox.courier.seller import TOKEN, Seller, order_form, until

TEN_DAYS_S = 10 * 86_400


async def test_a_parcel_goes_from_login_to_the_door(seller: Seller) -> None:
    await seller.script("happy", 0.02)
    offers = await seller.get(
        "/courier/serviceability/", pickup_postcode=411001, delivery_postcode=560034, cod=0,
        weight="0.45",
    )  # fmt: skip
    recommended = offers.json()["data"]["recommended_courier_company_id"]
    order = await seller.created()
    assert (order["status"], order["status_code"], order["awb_code"]) == ("NEW", 1, None)

    booked = await seller.post(
        "/courier/assign/awb", {"shipment_id": order["shipment_id"], "courier_id": recommended}
    )
    data = booked.json()["response"]["data"]
    assert booked.json()["awb_assign_status"] == 1
    assert data["courier_company_id"] == recommended
    awb = data["awb_code"]

    pickup = await seller.pick_up(order["shipment_id"])
    assert (pickup["pickup_status"], pickup["response"]["status"]) == (1, 3)
    last = await seller.receiver.wait_for(awb, 7)

    assert seller.receiver.statuses(awb) == [3, 42, 6, 18, 17, 7]
    assert set(seller.receiver.keys) == {TOKEN}
    assert (last["current_status"], last["current_status_id"]) == ("DELIVERED", 7)
    assert [scan["sr-status"] for scan in last["scans"]] == ["3", "42", "6", "18", "17", "7"]
    tracked = await seller.track(awb)
    assert tracked["track_status"] == 1
    assert [scan["sr-status"] for scan in tracked["shipment_track_activities"]] == [
        "7", "17", "18", "6", "42", "3",
    ]  # fmt: skip
    assert tracked["shipment_track"][0]["current_status"] == "Delivered"


async def test_the_webhook_carries_both_tables_and_the_sellers_own_id(seller: Seller) -> None:
    form = order_form()
    data = await seller.dispatched(order_id=form["order_id"])
    awb = data["awb_code"]
    await seller.advance(awb, "in_transit")
    body = await seller.receiver.wait_for(awb, 18)
    assert (body["current_status"], body["current_status_id"]) == ("IN TRANSIT", 20)
    assert (body["shipment_status"], body["shipment_status_id"]) == ("IN TRANSIT", 18)
    assert (body["order_id"], body["sr_order_id"]) == (form["order_id"], data["order_id"])
    assert (body["is_return"], body["courier_name"]) == (0, "Delhivery Surface")
    assert "id" not in body
    await until(lambda: len(seller.receiver.of(awb)) == 4)
    assert [len(one["scans"]) for one in seller.receiver.of(awb)] == [1, 2, 3, 4]


async def test_a_login_is_good_for_ten_days_of_the_clock(seller: Seller) -> None:
    token = await seller.log_in()
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == TEN_DAYS_S
    await seller.pass_time(TEN_DAYS_S - 60)
    assert (await seller.get("/orders")).status_code == 200
    await seller.pass_time(61)
    refused = await seller.get("/orders")
    assert (refused.status_code, refused.json()["message"]) == (401, "Unauthenticated.")
    await seller.log_in()
    assert (await seller.get("/orders")).status_code == 200


async def test_the_label_is_a_real_pdf_that_names_the_awb(seller: Seller) -> None:
    data = await seller.booked()
    made = await seller.post("/courier/generate/label", {"shipment_id": [data["shipment_id"]]})
    assert (made.json()["label_created"], made.json()["not_created"]) == (1, [])
    file = await seller.http.get(made.json()["label_url"])
    assert file.headers["content-type"] == "application/pdf"
    assert file.content.startswith(b"%PDF-")
    assert file.content.rstrip().endswith(b"%%EOF")
    assert data["awb_code"] in made.json()["label_url"]


@pytest.mark.parametrize(("answer", "status"), [("empty", 204), ("json", 200)])
async def test_an_order_can_be_cancelled_until_it_is_picked_up(
    seller: Seller, answer: str, status: int
) -> None:
    await seller.switch(cancel_answer=answer)
    before = await seller.wallet_paise()
    data = await seller.dispatched()
    cancelled = await seller.post("/orders/cancel", {"ids": [data["order_id"]]})
    assert cancelled.status_code == status
    assert bool(cancelled.content) is (answer == "json")
    shown = await seller.show(data["order_id"])
    assert (shown["status"], shown["status_code"]) == ("CANCELED", 5)
    assert await seller.wallet_paise() == before
    body = await seller.receiver.wait_for(data["awb_code"], 8)
    assert body["current_status_id"] == 5


async def test_after_the_pickup_an_order_can_no_longer_be_cancelled(seller: Seller) -> None:
    data = await seller.dispatched()
    await seller.advance(data["awb_code"], "picked_up")
    refused = await seller.post("/orders/cancel", {"ids": [data["order_id"]]})
    assert refused.status_code == 400
    assert (await seller.track(data["awb_code"]))["shipment_status"] == 42

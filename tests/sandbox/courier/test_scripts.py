import pytest

from tests.sandbox.courier.seller import DAY_S, Seller, return_form


async def played(seller: Seller, awb: str) -> list[int]:
    """Advance a parcel by hand until its script holds no more; return its statuses."""
    while True:
        answer = await seller.http.post(f"/_control/shipments/{awb}/advance")
        if answer.status_code != 200:
            break
    scans = (await seller.track(awb))["shipment_track_activities"]
    return [int(scan["sr-status"]) for scan in reversed(scans)]


async def returned(seller: Seller, **changes: object) -> str:
    """Create, book and schedule a return; returns its AWB."""
    order = (await seller.post("/orders/create/return", return_form(**changes))).json()
    booked = await seller.post("/courier/assign/awb", {"shipment_id": order["shipment_id"]})
    await seller.pick_up(order["shipment_id"])
    awb: str = booked.json()["response"]["data"]["awb_code"]
    return awb


@pytest.mark.parametrize(
    ("script", "statuses"),
    [
        ("happy", [3, 42, 6, 18, 17, 7]),
        ("not_at_home", [3, 42, 6, 18, 17, 21, 17, 7]),
        ("awaits_customer", [3, 42, 6, 18, 17, 21]),
        ("rto", [3, 42, 6, 18, 17, 21, 17, 21, 17, 21, 9, 46, 41, 10]),
        ("lost", [3, 42, 6, 18, 12]),
        ("damaged", [3, 42, 6, 18, 25]),
        ("return_failed_check", [3, 42, 6, 18, 17, 7]),
        ("cod_late", [3, 42, 6, 18, 17, 7]),
    ],
)
async def test_each_script_ends_where_it_says(
    seller: Seller, script: str, statuses: list[int]
) -> None:
    await seller.script(script, 0)
    data = await seller.dispatched()
    assert await played(seller, data["awb_code"]) == statuses


@pytest.mark.parametrize(
    ("script", "statuses", "panel"),
    [
        ("happy", [3, 19, 42, 18, 17, 7], "RETURN DELIVERED"),
        ("rto", [3, 19, 42, 18, 17, 7], "RETURN DELIVERED"),
        ("return_failed_check", [3, 19, 47], "QC FAILED"),
        ("not_at_home", [3, 19, 20, 19, 42, 18, 17, 7], "RETURN DELIVERED"),
        ("lost", [3, 19, 42, 18, 12], "LOST"),
        ("damaged", [3, 19, 42, 18, 25], "DAMAGED"),
    ],
)
async def test_returns_have_scripts_of_their_own(
    seller: Seller, script: str, statuses: list[int], panel: str
) -> None:
    await seller.script(script, 0)
    awb = await returned(seller)
    assert await played(seller, awb) == statuses
    tracked = await seller.track(awb)
    shown = await seller.show(tracked["shipment_track"][0]["order_id"])
    assert (shown["status"], shown["is_return"]) == (panel, 1)
    assert bool(tracked["qc_response"]["qc_failed_reason"]) is (panel == "QC FAILED")


async def test_parcels_move_by_themselves_a_step_at_a_time(seller: Seller) -> None:
    await seller.script("happy", 60)
    data = await seller.dispatched()
    awb = data["awb_code"]
    assert (await seller.track(awb))["shipment_status"] == 3
    for status in (42, 6, 18, 17, 7):
        await seller.pass_time(50)
        assert (await seller.track(awb))["shipment_status"] != status
        await seller.pass_time(10)
        assert (await seller.track(awb))["shipment_status"] == status


async def test_a_jump_of_the_clock_plays_the_whole_script_with_true_dates(seller: Seller) -> None:
    await seller.script("happy", 3600)
    data = await seller.dispatched()
    await seller.pass_time(DAY_S)
    tracked = await seller.track(data["awb_code"])
    dates = [scan["date"] for scan in reversed(tracked["shipment_track_activities"])]
    assert dates == sorted(dates)
    assert len(set(dates)) == 6
    assert tracked["shipment_track"][0]["delivered_date"] == dates[-1]


async def test_a_stopped_clockwork_moves_nothing(seller: Seller) -> None:
    data = await seller.dispatched()
    await seller.pass_time(DAY_S)
    assert (await seller.track(data["awb_code"]))["shipment_status"] == 3


async def test_a_script_without_awb_is_for_later_parcels_only(seller: Seller) -> None:
    early = (await seller.dispatched())["awb_code"]
    await seller.script("lost", 0)
    late = (await seller.dispatched())["awb_code"]
    assert (await played(seller, early))[-1] == 7
    assert (await played(seller, late))[-1] == 12


async def test_a_script_with_awb_is_for_one_parcel_from_where_it_stands(seller: Seller) -> None:
    awb = (await seller.dispatched())["awb_code"]
    other = (await seller.dispatched())["awb_code"]
    await seller.advance(awb, "in_transit")
    await seller.script("damaged", 0, awb=awb)
    assert await played(seller, awb) == [3, 42, 6, 18, 25]
    assert (await played(seller, other))[-1] == 7


async def test_a_script_can_be_chosen_before_the_pickup(seller: Seller) -> None:
    data = await seller.booked()
    await seller.script("lost", 0, awb=data["awb_code"])
    await seller.pick_up(data["shipment_id"])
    assert (await played(seller, data["awb_code"]))[-1] == 12


@pytest.mark.parametrize(
    ("to", "statuses"),
    [
        (None, [3, 42]),
        ("delivered", [3, 42, 6, 18, 17, 7]),
        ("Out For Delivery", [3, 42, 6, 18, 17]),
        (18, [3, 42, 6, 18]),
        ("not_at_home", [3, 42, 6, 18, 17, 21]),
        ("attempt_failed", [3, 42, 6, 18, 17, 21]),
        ("lost", [3, 42, 6, 18, 12]),
        ("rto_delivered", [3, 42, 6, 18, 9, 46, 41, 10]),
        ("cancelled", [3, 8]),
        ("delayed", [3, 22]),
    ],
)
async def test_a_person_can_put_a_parcel_where_it_could_come_to(
    seller: Seller, to: str | None, statuses: list[int]
) -> None:
    awb = (await seller.dispatched())["awb_code"]
    parcel = await seller.advance(awb, to)
    assert [scan["status"] for scan in parcel["scans"]] == statuses


async def test_a_second_failed_attempt_needs_a_second_van(seller: Seller) -> None:
    awb = (await seller.dispatched())["awb_code"]
    await seller.advance(awb, "not_at_home")
    parcel = await seller.advance(awb, "not_at_home")
    assert [scan["status"] for scan in parcel["scans"]][-4:] == [17, 21, 17, 21]
    assert len(parcel["attempts"]) == 2
    assert (await played(seller, awb))[-2:] == [17, 7]


async def test_a_failed_delivery_is_listed_until_it_is_over(seller: Seller) -> None:
    awb = (await seller.dispatched(payment_method="COD"))["awb_code"]
    await seller.advance(awb, "not_at_home")
    rows = (await seller.get("/ndr/all", search=awb)).json()["data"]
    assert [(row["status"], row["status_code"], row["attempts"]) for row in rows] == [
        ("UNDELIVERED", 36, 1)
    ]
    assert rows[0]["awb_code"] == awb
    assert rows[0]["payment_method"] == "cod"
    assert [one["ndr_attempt"] for one in rows[0]["history"]] == [1]
    assert (await seller.get(f"/ndr/{awb}")).json()["data"] == rows
    await seller.advance(awb, "delivered")
    assert (await seller.get("/ndr/all", search=awb)).json()["data"] == []


async def test_a_customer_who_answers_gets_one_more_attempt(seller: Seller) -> None:
    await seller.script("awaits_customer", 0)
    awb = (await seller.dispatched())["awb_code"]
    await played(seller, awb)
    action = {"action": "re-attempt", "comments": "After six", "phone": "9000000001"}
    answer = await seller.post(f"/ndr/{awb}/action", action)
    assert (answer.status_code, answer.json()) == (202, {"status": "Data Updated Sucessfully"})
    assert (await played(seller, awb))[-3:] == [21, 17, 7]
    parcels = (await seller.state())["parcels"]
    kept = next(one for one in parcels if one["awb"] == awb)["attempts"][0]
    assert (kept["action"], kept["details"]) == ("re-attempt", {"phone": "9000000001"})


async def test_a_customer_who_refuses_sends_the_parcel_home(seller: Seller) -> None:
    awb = (await seller.dispatched())["awb_code"]
    await seller.advance(awb, "not_at_home")
    await seller.post(f"/ndr/{awb}/action", {"action": "return", "comments": "Not wanted"})
    assert (await played(seller, awb))[-5:] == [21, 9, 46, 41, 10]


async def test_the_way_home_costs_the_freight_once_more(seller: Seller) -> None:
    before = await seller.wallet_paise()
    data = await seller.dispatched(payment_method="COD")
    paid = before - await seller.wallet_paise()
    await seller.advance(data["awb_code"], "rto_delivered")
    charges = (await seller.show(data["order_id"]))["awb_data"]["charges"]
    freight = round(float(charges["freight_charges"]) * 100)
    assert paid == freight + round(float(charges["cod_charges"]) * 100)
    assert before - await seller.wallet_paise() == paid + freight


@pytest.mark.parametrize(
    ("action", "field"),
    [
        ({"comments": "x"}, "action"),
        ({"action": "re-attempt"}, "comments"),
        ({"action": "explode", "comments": "x"}, "action"),
    ],
)
async def test_an_ndr_action_must_be_complete(
    seller: Seller, action: dict[str, str], field: str
) -> None:
    answer = await seller.post("/ndr/123/action", action)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


async def test_an_ndr_action_needs_a_failed_delivery(seller: Seller) -> None:
    awb = (await seller.dispatched())["awb_code"]
    answer = await seller.post(f"/ndr/{awb}/action", {"action": "re-attempt", "comments": "please"})
    assert answer.status_code == 400


@pytest.mark.parametrize(("script", "days"), [("happy", 8), ("cod_late", 21)])
async def test_cash_reaches_the_seller_days_after_the_delivery(
    seller: Seller, script: str, days: int
) -> None:
    await seller.script(script, 0)
    data = await seller.dispatched(payment_method="COD")
    await seller.pass_days(30)
    await seller.advance(data["awb_code"], "delivered")
    await seller.pass_days(days - 60 / DAY_S)
    before = await seller.show(data["order_id"])
    assert {before[f"remittance_{one}"] for one in ("date", "utr", "status")} == {""}
    await seller.pass_time(61)
    after = await seller.show(data["order_id"])
    assert after["remittance_utr"]
    assert after["remittance_status"] == "Remittance Success"
    assert len(after["remittance_date"]) == 10


@pytest.mark.parametrize(
    ("changes", "end"),
    [({}, "delivered"), ({"payment_method": "COD"}, "rto_delivered")],
)
async def test_nothing_is_remitted_without_cash_at_the_door(
    seller: Seller, changes: dict[str, str], end: str
) -> None:
    data = await seller.dispatched(**changes)
    await seller.advance(data["awb_code"], end)
    await seller.pass_days(60)
    assert (await seller.show(data["order_id"]))["remittance_utr"] == ""


async def test_every_track_call_tells_the_same_truth(seller: Seller) -> None:
    data = await seller.dispatched()
    awb = data["awb_code"]
    await seller.advance(awb, "in_transit")
    by_awb = (await seller.get(f"/courier/track/awb/{awb}")).json()
    by_shipment = (await seller.get(f"/courier/track/shipment/{data['shipment_id']}")).json()
    many = (await seller.post("/courier/track/awbs", {"awbs": [awb, "1"]})).json()
    shown = await seller.show(data["order_id"])
    by_order = (await seller.get("/courier/track", order_id=shown["channel_order_id"])).json()
    assert by_awb == by_shipment == many[awb] == by_order[0]
    assert (set(many), len(by_order)) == ({awb}, 1)
    assert by_awb["tracking_data"]["shipment_track"][0]["current_status"] == "IN TRANSIT"


async def test_an_unknown_parcel_is_a_failure_inside_a_200(seller: Seller) -> None:
    for path in ("/courier/track/awb/1", "/courier/track/shipment/0"):
        answer = await seller.get(path)
        assert answer.status_code == 200
        assert answer.json()["tracking_data"]["track_status"] == 0
        assert "no activities" in answer.json()["tracking_data"]["error"]
    assert (await seller.post("/courier/track/awbs", {"awbs": ["1"]})).json() == {}
    assert (await seller.post("/courier/track/awbs", {"awbs": "1"})).status_code == 500
    assert (await seller.post("/courier/track/awbs", {"awbs": ["1"] * 51})).status_code == 422
    assert (await seller.get("/courier/track")).status_code == 422

from typing import Any

import httpx
import pytest

from sandbox.courier.config import CourierSandboxConfig, SettingsRefused
from tests.sandbox.courier.seller import (
    EMAIL,
    PASSWORD,
    Seller,
    WebhookReceiver,
    order_form,
    selling,
)


async def test_a_login_needs_the_right_credentials(seller: Seller) -> None:
    path = "/v1/external/auth/login"
    for body in ({}, {"email": EMAIL, "password": "other"}, {"email": "x", "password": PASSWORD}):
        answer = await seller.http.post(path, json=body)
        assert (answer.status_code, "token" in answer.json()) == (400, False)


async def test_the_firewall_blocks_logins_by_switch(seller: Seller) -> None:
    await seller.switch(login="blocked")
    good = {"email": EMAIL, "password": PASSWORD}
    answer = await seller.http.post("/v1/external/auth/login", json=good)
    assert answer.status_code == 403


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer a.b.c", "Basic YTpi"])
async def test_every_call_needs_a_token(seller: Seller, header: str) -> None:
    answer = await seller.http.get("/v1/external/orders", headers={"authorization": header})
    assert (answer.status_code, answer.json()["message"]) == (401, "Unauthenticated.")


async def test_a_token_ends_with_its_logout(seller: Seller) -> None:
    assert (await seller.post("/auth/logout", {})).status_code == 200
    assert (await seller.get("/orders")).status_code == 401


@pytest.mark.parametrize("path", ["/nowhere", "/courier/track/awb/", "/orders/show/"])
async def test_a_wrong_path_is_a_404(seller: Seller, path: str) -> None:
    answer = await seller.get(path)
    assert (answer.status_code, answer.json()) == (
        404, {"message": "404 Not Found", "status_code": 404},
    )  # fmt: skip


async def test_answers_carry_the_rate_limit(seller: Seller) -> None:
    answer = await seller.get("/orders")
    assert answer.headers["x-ratelimit-limit"] == "180"
    assert int(answer.headers["x-ratelimit-remaining"]) >= 0


async def test_a_rate_limit_is_enforced_by_switch_until_the_minute_is_over(
    own_receiver: WebhookReceiver,
) -> None:
    async with selling(own_receiver) as seller:
        await seller.pass_time(60)
        await seller.switch(rate_limit=2)
        statuses = [(await seller.get("/orders")).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        await seller.pass_time(60)
        assert (await seller.get("/orders")).status_code == 200


async def test_an_answer_may_be_lost_after_its_effect(seller: Seller) -> None:
    order = await seller.created()
    await seller.faults(http={"lost_answer": 1, "only": "POST */courier/assign/awb"})
    with pytest.raises(httpx.TransportError):
        await seller.post("/courier/assign/awb", {"shipment_id": order["shipment_id"]})
    assert (await seller.show(order["order_id"]))["shipments"]["awb"]


@pytest.mark.parametrize(
    ("fault", "status"), [("error_500", 500), ("error_429", 429), ("html_502", 502)]
)
async def test_the_provider_has_bad_days_by_switch(seller: Seller, fault: str, status: int) -> None:
    await seller.faults(http={fault: 1})
    answer = await seller.get("/orders")
    assert answer.status_code == status
    assert answer.text.startswith("<html>") is (fault == "html_502")
    await seller.http.delete("/_control/faults")
    assert (await seller.get("/orders")).status_code == 200


async def test_every_call_is_recorded_without_its_password(seller: Seller) -> None:
    form = order_form()
    await seller.created(**form)
    recorded = (await seller.http.get("/_control/requests")).json()["items"]
    mine = [
        one
        for one in recorded
        if isinstance(one["body"], dict) and one["body"].get("order_id") == form["order_id"]
    ]
    assert [(one["method"], one["path"], one["status"]) for one in mine] == [
        ("POST", "/v1/external/orders/create/adhoc", 200)
    ]
    logins = [one for one in recorded if one["path"].endswith("/auth/login")]
    assert logins
    assert {one["body"].get("password") for one in logins} <= {"***", None}
    assert PASSWORD not in str(recorded)


async def test_the_state_shows_every_parcel_and_the_wallet(seller: Seller) -> None:
    data = await seller.dispatched()
    state = await seller.state()
    parcel = next(one for one in state["parcels"] if one["awb"] == data["awb_code"])
    assert parcel["shipment_id"] == data["shipment_id"]
    total = sum(one["amount_paise"] for one in state["wallet"]["entries"])
    assert total < 0
    assert state["wallet"]["balance_paise"] == await seller.wallet_paise()
    assert state["script"] == {"script": "happy", "step_s": 0.0}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"script": "teleport"}, "script"),
        ({"script": "happy", "step_s": -1}, "step_s"),
        ({"script": "happy", "step_s": "fast"}, "step_s"),
        ({"script": "happy", "step_s": True}, "step_s"),
        ({"script": "happy", "awb": "none"}, "awb"),
        ({"speed": 2}, "speed"),
        ([], "body"),
    ],
)
async def test_a_script_that_cannot_be_is_refused_by_field(
    seller: Seller, body: Any, field: str
) -> None:
    answer = await seller.http.put("/_control/script", json=body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)
    assert answer.json()["error"]["remedy"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"cancel_answer": "shout"}, "cancel_answer"),
        ({"rate_limit": 0}, "rate_limit"),
        ({"refuse_booking": {"count": 0}}, "refuse_booking.count"),
        ({"refuse_booking": {"shape": "odd"}}, "refuse_booking.shape"),
        ({"refuse_booking": {"courier_id": "x"}}, "refuse_booking.courier_id"),
        ({"refuse_booking": {"times": 2}}, "refuse_booking.times"),
        ({"refuse_booking": "yes"}, "refuse_booking"),
        ({"wallet": "full"}, "wallet"),
        ({"gravity": 0}, "gravity"),
    ],
)
async def test_a_switch_that_cannot_be_is_refused_by_field(
    seller: Seller, body: Any, field: str
) -> None:
    answer = await seller.http.put("/_control/switches", json=body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)


async def test_advancing_says_why_it_cannot(seller: Seller) -> None:
    async def error(awb: str, body: dict[str, str]) -> str:
        answer = await seller.http.post(f"/_control/shipments/{awb}/advance", json=body)
        assert answer.status_code == 400
        return str(answer.json()["error"]["problem"])

    data = await seller.booked()
    awb = data["awb_code"]
    assert "no parcel" in await error("1", {})
    assert "no scheduled pickup" in await error(awb, {})
    await seller.pick_up(data["shipment_id"])
    assert "no such status" in await error(awb, {"to": "the moon"})
    await seller.advance(awb, "picked_up")
    assert "picked up" in await error(awb, {"to": "cancelled"})
    await seller.advance(awb, "in_transit")
    assert "never comes to Shipped" in await error(awb, {"to": "shipped"})
    delivered = await seller.advance(awb, "delivered")
    assert (await seller.advance(awb, "delivered"))["scans"] == delivered["scans"]
    assert "the end" in await error(awb, {})


async def test_a_parcel_on_its_way_home_is_not_delivered(seller: Seller) -> None:
    awb = (await seller.dispatched())["awb_code"]
    await seller.advance(awb, "rto_initiated")
    answer = await seller.http.post(f"/_control/shipments/{awb}/advance", json={"to": "delivered"})
    assert answer.status_code == 400
    assert "never comes to Delivered" in answer.json()["error"]["problem"]
    assert (await seller.advance(awb, "rto_delivered"))["shipment_status"] == 10


async def test_switches_go_back_to_rest(seller: Seller) -> None:
    await seller.switch(cancel_answer="json", rate_limit=1000, refuse_booking=3)
    rest = (await seller.http.delete("/_control/switches")).json()
    assert (rest["cancel_answer"], rest["rate_limit"], rest["refuse_booking"]) == (
        "empty", None, None,
    )  # fmt: skip


async def test_the_page_shows_parcels_with_a_button_for_what_may_happen(seller: Seller) -> None:
    form = order_form(order_id="<b>ord-1</b>")
    data = await seller.dispatched(**form)
    page = await seller.http.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert f'data-awb="{data["awb_code"]}" data-to="undelivered">Not at home<' in page.text
    assert "&lt;b&gt;ord-1" in page.text
    assert "<b>ord-1" not in page.text
    await seller.advance(data["awb_code"], "delivered")
    assert f'data-awb="{data["awb_code"]}"' not in (await seller.http.get("/")).text


GOOD = {"SHIPROCKET_EMAIL": EMAIL, "SHIPROCKET_PASSWORD": PASSWORD}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"SHIPROCKET_EMAIL": "ops@realshop.in"}, "SHIPROCKET_EMAIL"),
        ({"SHIPROCKET_EMAIL": ""}, "SHIPROCKET_EMAIL"),
        ({"SHIPROCKET_PASSWORD": ""}, "SHIPROCKET_PASSWORD"),
        ({"COURIER_STEP_S": "fast"}, "COURIER_STEP_S"),
        ({"COURIER_STEP_S": "-1"}, "COURIER_STEP_S"),
        ({"COURIER_WEBHOOK_URL": "nowhere"}, "COURIER_WEBHOOK_URL"),
        ({"COURIER_WEBHOOK_URL": "http://127.0.0.1/shiprocket"}, "COURIER_WEBHOOK_URL"),
        ({"COURIER_WEBHOOK_URL": "http://usr.test/hook"}, "COURIER_WEBHOOK_URL"),
    ],
)
def test_a_setting_it_must_not_start_with_is_named(changes: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsRefused) as refusal:
        CourierSandboxConfig.from_environ(GOOD | changes)
    assert refusal.value.name == named
    assert named in str(refusal.value)


def test_settings_have_their_defaults() -> None:
    config = CourierSandboxConfig.from_environ(GOOD)
    assert (config.step_s, config.data_path, config.webhook_url) == (2.0, None, None)

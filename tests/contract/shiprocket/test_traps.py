"""What Shiprocket's users report: failures inside a 200, odd repeats, the faults of a bad day."""

import asyncio

import pytest

from adapters.shiprocket import booking as booking_module
from adapters.shiprocket.courier import ShiprocketCourier
from adapters.shiprocket.session import ShiprocketSession
from domain.cart import PaymentMethod
from domain.errors import BookingRefused, CourierUnavailable
from domain.ports import ParcelItem, RouteRequest
from tests.contract.shiprocket.conftest import (
    API,
    EMAIL,
    PASSWORD,
    ROUTES,
    TIMEOUT_S,
    Parcels,
    SandboxNetwork,
)

FAULTS = ["html_502", "error_429", "error_500", "reset", "lost_answer"]
STEPS = [
    "POST /v1/external/orders/create/adhoc",
    "GET /v1/external/courier/serviceability/",
    "POST /v1/external/courier/assign/awb",
    "GET /v1/external/orders/show/*",
    "POST /v1/external/courier/generate/label",
]


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("step", STEPS)
async def test_a_fault_at_any_step_leaves_one_parcel_that_is_taken_up(
    sandbox_network: SandboxNetwork, parcels: Parcels, step: str, kind: str
) -> None:
    sandbox_network.controls.faults(only=step, **{kind: 1})
    with pytest.raises(CourierUnavailable):
        await sandbox_network.courier.book(parcels.request())

    booking = await sandbox_network.courier.book(parcels.request())

    stored = [one for one in sandbox_network.stored() if one["awb"] == booking.awb]
    assert [one["seller_order_id"] for one in stored] == [parcels.request().reference]
    assert sandbox_network.parcels(parcels.order_id) == 1


async def test_a_missing_tracking_page_falls_back_on_the_public_one(
    sandbox_network: SandboxNetwork, parcels: Parcels
) -> None:
    sandbox_network.controls.faults(only="GET /v1/external/courier/track/*", html_502=1)
    booking = await sandbox_network.courier.book(parcels.request())
    assert booking.tracking_url == f"https://shiprocket.co/tracking/{booking.awb}"


async def test_a_silent_shiprocket_is_given_up_after_the_timeout(
    sandbox_network: SandboxNetwork, parcels: Parcels
) -> None:
    sandbox_network.controls.faults(only="POST /v1/external/orders/create/adhoc", slow_s=1.5)
    with pytest.raises(CourierUnavailable, match="ReadTimeout"):
        await sandbox_network.courier.book(parcels.request())


async def test_the_next_courier_takes_what_the_recommended_one_refuses(
    sandbox_network: SandboxNetwork, parcels: Parcels
) -> None:
    sandbox_network.switches(refuse_booking={"count": 1, "shape": "assign_error"})

    booking = await sandbox_network.courier.book(parcels.request())

    assert booking.courier == "Blue Dart"


async def test_when_every_courier_refuses_each_is_named(
    sandbox_network: SandboxNetwork, parcels: Parcels
) -> None:
    sandbox_network.switches(refuse_booking={"count": 9, "shape": "assign_error"})
    with pytest.raises(BookingRefused, match=r"Delhivery.*refused.*Blue Dart"):
        await sandbox_network.courier.book(parcels.request())

    sandbox_network.switches(refuse_booking=None)
    assert (await sandbox_network.courier.book(parcels.request())).awb


async def test_a_short_wallet_is_named_and_nobody_else_is_asked(
    sandbox_network: SandboxNetwork, parcels: Parcels
) -> None:
    sandbox_network.switches(wallet="20")
    before = sandbox_network.calls("/courier/assign/awb")

    with pytest.raises(BookingRefused, match="wallet"):
        await sandbox_network.courier.book(parcels.request())

    assert sandbox_network.calls("/courier/assign/awb") == before + 1


async def test_an_awb_that_is_there_already_is_taken_up(
    sandbox_network: SandboxNetwork, parcels: Parcels
) -> None:
    sandbox_network.controls.faults(only="POST /v1/external/courier/assign/awb", lost_answer=1)
    with pytest.raises(CourierUnavailable):
        await sandbox_network.courier.book(parcels.request())
    awb = sandbox_network.stored()[-1]["awb"]
    before = sandbox_network.calls("/courier/assign/awb")

    booking = await sandbox_network.courier.book(parcels.request())

    assert booking.awb == awb
    assert sandbox_network.calls("/courier/assign/awb") == before


async def test_a_refusal_to_reassign_is_looked_into(
    sandbox_network: SandboxNetwork, parcels: Parcels
) -> None:
    sandbox_network.switches(refuse_booking={"count": 1, "shape": "cannot_reassign"})

    booking = await sandbox_network.courier.book(parcels.request())

    assert booking.courier == "Blue Dart"


async def test_an_awb_that_comes_later_is_waited_for(
    sandbox_network: SandboxNetwork, parcels: Parcels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(booking_module, "AWB_LOOK_PAUSE_S", 0.15)
    sandbox_network.switches(refuse_booking={"count": 1, "shape": "async"})

    assert (await sandbox_network.courier.book(parcels.request())).awb


async def test_an_awb_that_takes_too_long_is_looked_for_again(
    sandbox_network: SandboxNetwork, parcels: Parcels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(booking_module, "AWB_LOOKS", 1)
    monkeypatch.setattr(booking_module, "AWB_LOOK_PAUSE_S", 0)
    sandbox_network.switches(refuse_booking={"count": 1, "shape": "async"})
    with pytest.raises(CourierUnavailable, match="still assigning"):
        await sandbox_network.courier.book(parcels.request())

    sandbox_network.controls.post("clock", {"advance_s": 5})

    assert (await sandbox_network.courier.book(parcels.request())).awb
    assert sandbox_network.parcels(parcels.order_id) == 1


async def test_a_used_reference_that_is_refused_is_looked_up(
    sandbox_network: SandboxNetwork, parcels: Parcels
) -> None:
    first = await sandbox_network.courier.book(parcels.request())
    sandbox_network.switches(known_order_id="refused")

    assert await sandbox_network.courier.book(parcels.request()) == first


async def test_a_refused_field_is_named(sandbox_network: SandboxNetwork, parcels: Parcels) -> None:
    with pytest.raises(BookingRefused, match=r"billing_pincode: .*6 digits"):
        await sandbox_network.courier.book(parcels.request(pincode="5600"))


async def test_a_sku_on_two_lines_is_sent_on_one(
    sandbox_network: SandboxNetwork, parcels: Parcels
) -> None:
    line = ParcelItem(sku="CUP", name="Cup", hsn="6912", quantity=2, unit_price_paise=19_999)

    await sandbox_network.courier.book(parcels.request(items=(line, line)))

    (item,) = sandbox_network.stored()[-1]["form"]["order_items"]
    assert (item["units"], item["selling_price"]) == (4, 199.99)


async def test_amounts_go_out_in_rupees(sandbox_network: SandboxNetwork, parcels: Parcels) -> None:
    await sandbox_network.courier.book(parcels.request(method=PaymentMethod.COD))

    form = sandbox_network.stored()[-1]["form"]
    assert (form["sub_total"], form["payment_method"], form["weight"]) == (1499.05, "COD", 1.25)
    assert form["billing_phone"] == "9876543210"


@pytest.mark.parametrize("answer", ["empty", "json"])
async def test_both_answers_to_a_cancellation_count(
    sandbox_network: SandboxNetwork, parcels: Parcels, answer: str
) -> None:
    sandbox_network.switches(cancel_answer=answer)
    booking = await sandbox_network.courier.book(parcels.request())

    await sandbox_network.courier.cancel(booking)

    assert sandbox_network.stored()[-1]["shipment_status"] == 8


@pytest.mark.parametrize("answer", ["inside_200", "http_404"])
async def test_both_answers_of_nobody_count(
    sandbox_network: SandboxNetwork, parcels: Parcels, answer: str
) -> None:
    sandbox_network.switches(no_courier=answer)
    request = RouteRequest(from_pincode="411001", to_pincode="900001", weight_g=400, cod=False)

    assert not (await sandbox_network.courier.route(request)).serviceable
    with pytest.raises(BookingRefused, match="900001"):
        await sandbox_network.courier.book(parcels.request(pincode="900001"))


async def test_a_route_is_asked_for_once(sandbox_network: SandboxNetwork) -> None:
    before = sandbox_network.calls("/courier/serviceability")
    for weight_g in (100, 500):
        await sandbox_network.courier.route(
            RouteRequest(from_pincode="411001", to_pincode="560001", weight_g=weight_g, cod=True)
        )
    assert sandbox_network.calls("/courier/serviceability") == before + 1


async def test_a_parcel_that_is_only_delayed_is_where_it_was(
    sandbox_network: SandboxNetwork, parcels: Parcels
) -> None:
    booking = await sandbox_network.courier.book(parcels.request())
    await sandbox_network.courier.schedule_pickup(booking)
    sandbox_network.advance(booking.awb, "in_transit")
    sandbox_network.advance(booking.awb, "untraceable")

    update = await sandbox_network.courier.track(1, booking.awb)

    assert update is not None
    assert update.state == "in_transit"


async def test_one_login_serves_many_calls(sandbox_network: SandboxNetwork) -> None:
    before = sandbox_network.calls("/auth/login")
    await asyncio.gather(*(sandbox_network.courier.track(1, f"X{n}") for n in range(10)))
    await sandbox_network.courier.track(1, "X")
    assert sandbox_network.calls("/auth/login") == before + 1


async def test_a_token_that_ended_early_is_renewed_once(sandbox_network: SandboxNetwork) -> None:
    await sandbox_network.courier.track(1, "X")
    sandbox_network.controls.post("clock", {"advance_s": 11 * 86_400})
    before = sandbox_network.calls("/auth/login")

    await asyncio.gather(*(sandbox_network.courier.track(1, f"X{n}") for n in range(5)))

    assert sandbox_network.calls("/auth/login") == before + 1


async def test_a_token_is_renewed_before_it_ends(courier_sandbox_url: str) -> None:
    day_s, now = 86_400, [0.0]
    session = ShiprocketSession(courier_sandbox_url + API, EMAIL, PASSWORD, now=lambda: now[0])
    await session.get("account/details/wallet-balance")
    first, renew_at = session._token, session._renew_at
    assert renew_at > 9 * day_s
    now[0] = renew_at

    await session.get("account/details/wallet-balance")

    assert session._token != first
    await session.close()


async def test_a_refused_login_is_not_tried_again_at_once(
    sandbox_network: SandboxNetwork, courier_sandbox_url: str
) -> None:
    stranger = ShiprocketCourier(courier_sandbox_url + API, EMAIL, "wrong", timeout_s=TIMEOUT_S)
    before = sandbox_network.calls("/auth/login")
    with pytest.raises(CourierUnavailable, match="SHIPROCKET_EMAIL"):
        await stranger.track(1, "X")
    with pytest.raises(CourierUnavailable, match="next try"):
        await stranger.track(1, "X")
    await stranger.close()

    assert sandbox_network.calls("/auth/login") == before + 1


async def test_a_firewall_before_the_login_may_pass(sandbox_network: SandboxNetwork) -> None:
    sandbox_network.switches(login="blocked")
    with pytest.raises(CourierUnavailable, match="Request blocked"):
        await sandbox_network.courier.track(1, "X")


async def test_no_answer_at_all_is_told() -> None:
    courier = ShiprocketCourier(f"http://127.0.0.1:9{API}", EMAIL, PASSWORD)
    with pytest.raises(CourierUnavailable, match="ConnectError"):
        await courier.track(1, "X")
    await courier.close()


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("call", ["schedule_pickup", "cancel"])
async def test_a_fault_while_acting_on_a_parcel_may_pass(
    sandbox_network: SandboxNetwork, parcels: Parcels, call: str, kind: str
) -> None:
    booking = await sandbox_network.courier.book(parcels.request())
    act = getattr(sandbox_network.courier, call)
    sandbox_network.controls.faults(only=ROUTES[call], **{kind: 1})
    with pytest.raises(CourierUnavailable):
        await act(booking)

    await act(booking)

    (stored,) = [one for one in sandbox_network.stored() if one["awb"] == booking.awb]
    assert stored["shipment_status"] == {"schedule_pickup": 3, "cancel": 8}[call]

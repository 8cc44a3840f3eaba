"""Answers that were seen or are to be feared: failures inside a 200, missing parts, other types."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.shiprocket.courier import ShiprocketCourier
from domain.errors import BookingRefused, CourierUnavailable, ShipmentTooLate
from domain.ports import Booking, RouteRequest
from tests.contract.scripted import Answer, scripted
from tests.contract.shiprocket.conftest import EMAIL, PASSWORD, Parcels

BOOKING = Booking(
    awb="AWB1",
    courier="Surface",
    courier_order_id="11",
    courier_shipment_id="22",
    tracking_url="https://courier.test/AWB1",
    label_url=None,
    promised_by=None,
)
CREATED = {"order_id": 11, "shipment_id": 22, "status": "NEW", "status_code": 1}
OFFER = {"courier_company_id": 1, "courier_name": "Surface", "blocked": "0"}
SHIPMENT = {"awb": "AWB1", "courier": "Surface", "etd": ""}
USUAL: dict[str, Answer] = {
    "POST /auth/login": (200, {"token": "no-jwt"}),
    "POST /orders/create/adhoc": (200, CREATED),
    "GET /courier/serviceability/": (200, {"data": {"available_courier_companies": [OFFER]}}),
    "POST /courier/assign/awb": (200, {"awb_assign_status": "1"}),
    "GET /orders/show/11": (200, {"data": {"shipments": [SHIPMENT], "etd_date": "2026-12-01"}}),
    "POST /courier/generate/label": (200, {"label_created": 1, "label_url": "https://l.test/1"}),
    "GET /courier/track/awb/AWB1": (200, {"tracking_data": {"track_status": 0, "error": "none"}}),
}
ROUTE = RouteRequest(from_pincode="411001", to_pincode="560001", weight_g=1, cod=False)


@asynccontextmanager
async def courier_answering(answers: Mapping[str, Answer]) -> AsyncIterator[ShiprocketCourier]:
    with scripted({**USUAL, **answers}) as url:
        courier = ShiprocketCourier(url, EMAIL, PASSWORD)
        yield courier
        await courier.close()


async def test_usual_answers_book(parcels: Parcels) -> None:
    async with courier_answering({}) as courier:
        booking = await courier.book(parcels.request())
    assert (booking.awb, booking.courier_order_id, booking.courier_shipment_id) == (
        "AWB1",
        "11",
        "22",
    )
    assert booking.label_url == "https://l.test/1"
    assert booking.tracking_url == "https://shiprocket.co/tracking/AWB1"
    assert booking.promised_by == datetime(2026, 12, 1, 18, 29, 59, tzinfo=UTC)


@pytest.mark.parametrize("body", [{"message": "Wrong pickup"}, ["Wrong pickup"]], ids=type)
async def test_an_order_without_a_number_is_refused(parcels: Parcels, body: Any) -> None:
    async with courier_answering({"POST /orders/create/adhoc": (200, body)}) as courier:
        with pytest.raises(BookingRefused, match="Wrong pickup"):
            await courier.book(parcels.request())


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("POST /orders/create/adhoc", {"order_id": 11}),
        ("GET /courier/serviceability/", {"data": {"available_courier_companies": [{"x": 1}]}}),
    ],
    ids=repr,
)
async def test_an_answer_without_its_numbers_may_come_right(
    parcels: Parcels, call: str, body: Any
) -> None:
    async with courier_answering({call: (200, body)}) as courier:
        with pytest.raises(CourierUnavailable, match="unreadable"):
            await courier.book(parcels.request())


@pytest.mark.parametrize("status", [5, 18, 54])
async def test_an_order_that_is_cancelled_or_soon_will_be_is_not_used(
    parcels: Parcels, status: int
) -> None:
    body = CREATED | {"status_code": status, "status": "whatever"}
    async with courier_answering({"POST /orders/create/adhoc": (200, body)}) as courier:
        with pytest.raises(BookingRefused, match="new reference"):
            await courier.book(parcels.request())


@pytest.mark.parametrize(
    "body", [{}, {"data": []}, {"data": {"available_courier_companies": None}}, []], ids=repr
)
async def test_no_offer_in_any_shape_is_no_courier(parcels: Parcels, body: Any) -> None:
    async with courier_answering({"GET /courier/serviceability/": (200, body)}) as courier:
        assert not (await courier.route(ROUTE)).serviceable
        with pytest.raises(BookingRefused, match="no courier goes"):
            await courier.book(parcels.request())


async def test_a_blocked_courier_is_no_offer() -> None:
    blocked = {"data": {"available_courier_companies": [OFFER | {"blocked": 1}]}}
    async with courier_answering({"GET /courier/serviceability/": (200, blocked)}) as courier:
        assert not (await courier.route(ROUTE)).serviceable


@pytest.mark.parametrize("days", ["4", None, "soon"])
async def test_a_promise_without_a_date_counts_days(days: str | None) -> None:
    offers = {"data": {"available_courier_companies": [OFFER | {"estimated_delivery_days": days}]}}
    async with courier_answering({"GET /courier/serviceability/": (200, offers)}) as courier:
        promised_by = (await courier.route(ROUTE)).promised_by
    assert promised_by is not None
    ahead = promised_by - datetime.now(UTC)
    expected = timedelta(days=4 if days == "4" else 10)
    assert abs(ahead - expected) < timedelta(days=1)


@pytest.mark.parametrize(
    "body",
    [
        {"awb_assign_status": 0, "response": {"data": {"awb_assign_error": "too heavy"}}},
        {"awb_assign_status": 0, "response": {"data": "too heavy"}},
        {"awb_assign_status": 0, "response": "too heavy"},
        {"status_code": 400, "message": "too heavy"},
    ],
    ids=repr,
)
async def test_a_refused_awb_says_why_in_any_shape(parcels: Parcels, body: Any) -> None:
    async with courier_answering({"POST /courier/assign/awb": (200, body)}) as courier:
        with pytest.raises(BookingRefused, match="Surface: too heavy"):
            await courier.book(parcels.request())


async def test_an_answer_that_is_no_object_is_a_refusal(parcels: Parcels) -> None:
    async with courier_answering({"POST /courier/assign/awb": (200, [])}) as courier:
        with pytest.raises(BookingRefused, match="no reason given"):
            await courier.book(parcels.request())


@pytest.mark.parametrize(
    "shown",
    [{"data": {"shipments": [{"awb": None}]}}, {"data": {"shipments": []}}, {"data": {}}],
    ids=repr,
)
async def test_an_awb_that_does_not_show_is_looked_for_later(parcels: Parcels, shown: Any) -> None:
    async with courier_answering({"GET /orders/show/11": (200, shown)}) as courier:
        with pytest.raises(CourierUnavailable, match="no AWB"):
            await courier.book(parcels.request())


@pytest.mark.parametrize("shown", [{}, {"data": "gone"}, []], ids=repr)
async def test_an_order_that_does_not_show_is_looked_for_later(
    parcels: Parcels, shown: Any
) -> None:
    async with courier_answering({"GET /orders/show/11": (200, shown)}) as courier:
        with pytest.raises(CourierUnavailable, match="has no data"):
            await courier.book(parcels.request())


@pytest.mark.parametrize(
    "answer",
    [(400, {"message": "no label"}), (200, {"label_created": 0}), (200, [])],
    ids=repr,
)
async def test_a_parcel_without_label_is_booked_all_the_same(
    parcels: Parcels, answer: Answer
) -> None:
    async with courier_answering({"POST /courier/generate/label": answer}) as courier:
        assert (await courier.book(parcels.request())).label_url is None


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        ((200, {"pickup_status": 1}), False),
        ((200, {"pickup_status": "1"}), False),
        ((200, {"pickup_status": 0, "message": "Already in Pickup Queue."}), False),
        ((400, {"message": "Already in Pickup Queue."}), False),
        ((200, {"pickup_status": 0, "message": "no van"}), True),
        ((400, {"message": "Invalid shipment id"}), True),
    ],
    ids=repr,
)
async def test_a_pickup_is_scheduled_or_refused(answer: Answer, refused: bool) -> None:
    async with courier_answering({"POST /courier/generate/pickup": answer}) as courier:
        if not refused:
            await courier.schedule_pickup(BOOKING)
            return
        with pytest.raises(BookingRefused, match="AWB1"):
            await courier.schedule_pickup(BOOKING)


async def test_an_order_that_shiprocket_does_not_know_needs_no_cancelling() -> None:
    unknown = (400, {"message": "Order ID not found"})
    async with courier_answering({"GET /orders/show/11": unknown}) as courier:
        await courier.cancel(BOOKING)


async def test_a_refused_cancellation_is_too_late() -> None:
    answers: dict[str, Answer] = {
        "GET /orders/show/11": (200, {"data": CREATED}),
        "POST /orders/cancel": (400, {"message": "picked up"}),
    }
    async with courier_answering(answers) as courier:
        with pytest.raises(ShipmentTooLate, match="picked up"):
            await courier.cancel(BOOKING)


@pytest.mark.parametrize(
    "answer",
    [
        (400, {"message": "no such AWB"}),
        (200, []),
        (200, {"tracking_data": "none"}),
        (200, {"tracking_data": {"track_status": 1, "shipment_track_activities": None}}),
        (200, {"tracking_data": {"track_status": 1, "shipment_status": 3}}),
    ],
    ids=repr,
)
async def test_nothing_to_track_is_nothing_to_tell(answer: Answer) -> None:
    async with courier_answering({"GET /courier/track/awb/AWB1": answer}) as courier:
        assert await courier.track(1, "AWB1") is None


async def test_a_state_without_scans_is_told_as_of_now() -> None:
    data = {"track_status": "1", "shipment_status": "7", "shipment_track_activities": []}
    answer = (200, {"tracking_data": data})
    async with courier_answering({"GET /courier/track/awb/AWB1": answer}) as courier:
        update = await courier.track(1, "AWB1")
    assert update is not None
    assert update.state == "delivered"
    assert datetime.now(UTC) - update.at < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("shown", "paise"),
    [
        ({"net_total": "1,499.05", "total": 1}, 149_905),
        ({"net_total": "", "total": 1499}, 149_900),
        ({}, None),
    ],
    ids=repr,
)
async def test_a_payout_counts_once_it_has_an_amount(
    shown: dict[str, Any], paise: int | None
) -> None:
    remitted = {"remittance_utr": "UTR1", "remittance_date": "2026-12-01"}
    answer = (200, {"data": remitted | shown})
    async with courier_answering({"GET /orders/show/11": answer}) as courier:
        remittance = await courier.remittance("11")
    assert (remittance.amount_paise if remittance else None) == paise


async def test_a_payout_of_an_unknown_order_may_show_later() -> None:
    unknown = (400, {"message": "Order ID not found"})
    async with courier_answering({"GET /orders/show/11": unknown}) as courier:
        with pytest.raises(CourierUnavailable, match="11"):
            await courier.remittance("11")


@pytest.mark.parametrize(
    "answer",
    [(200, {}), (200, []), (200, {"token": None}), (403, b"<html>go away</html>")],
    ids=repr,
)
async def test_a_login_without_token_may_pass(answer: Answer) -> None:
    async with courier_answering({"POST /auth/login": answer}) as courier:
        with pytest.raises(CourierUnavailable):
            await courier.track(1, "AWB1")


async def test_a_token_that_never_works_is_given_up() -> None:
    refused = (401, {"message": "Unauthenticated."})
    async with courier_answering({"GET /courier/track/awb/AWB1": refused}) as courier:
        with pytest.raises(CourierUnavailable, match="Unauthenticated"):
            await courier.track(1, "AWB1")


async def test_a_refusal_without_words_is_a_refusal(parcels: Parcels) -> None:
    answers: dict[str, Answer] = {
        "POST /orders/create/adhoc": (422, ["?"]),
        "GET /orders": (200, {"data": []}),
    }
    async with courier_answering(answers) as courier:
        with pytest.raises(BookingRefused, match="no reason given"):
            await courier.book(parcels.request())

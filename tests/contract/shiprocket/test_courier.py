"""What every courier promises, Shiprocket and the fake."""

from datetime import UTC, datetime

import pytest

from domain.cart import PaymentMethod
from domain.errors import BookingRefused, CourierUnavailable, ShipmentTooLate
from domain.ports import Booking, RouteRequest
from domain.shipment import ShipmentState
from tests.contract.shiprocket.conftest import TABLE_A, Network, Parcels

S = ShipmentState


def to(pincode: str, *, cod: bool = False) -> RouteRequest:
    return RouteRequest(from_pincode="411001", to_pincode=pincode, weight_g=900, cod=cod)


async def handed_over(network: Network, parcels: Parcels, state: S = S.SHIPPED) -> Booking:
    booking = await network.courier.book(parcels.request())
    await network.courier.schedule_pickup(booking)
    network.move(booking.awb, state)
    return booking


@pytest.mark.parametrize("cod", [True, False])
async def test_a_served_pincode_has_a_promise(network: Network, cod: bool) -> None:
    route = await network.courier.route(to("560034", cod=cod))

    assert route.serviceable
    assert route.cod
    assert route.promised_by is not None
    assert route.promised_by > datetime.now(UTC)


@pytest.mark.parametrize("cod", [True, False])
async def test_some_pincodes_take_no_cash(network: Network, cod: bool) -> None:
    route = await network.courier.route(to("190001", cod=cod))
    assert (route.serviceable, route.cod) == (True, False)


async def test_a_pincode_that_nobody_serves_says_so(network: Network) -> None:
    route = await network.courier.route(to("999999"))
    assert (route.serviceable, route.cod, route.promised_by) == (False, False, None)


async def test_an_unanswered_question_may_pass(network: Network) -> None:
    network.fail("route")
    with pytest.raises(CourierUnavailable):
        await network.courier.route(to("600001"))
    assert (await network.courier.route(to("600001"))).serviceable


async def test_a_booking_says_all_that_the_customer_needs(
    network: Network, parcels: Parcels
) -> None:
    booking = await network.courier.book(parcels.request())

    assert booking.awb
    assert booking.courier
    assert booking.awb in booking.tracking_url
    assert booking.tracking_url.startswith("http")
    assert booking.label_url is not None
    assert booking.promised_by is not None


async def test_booking_again_takes_up_the_parcel(network: Network, parcels: Parcels) -> None:
    first = await network.courier.book(parcels.request())
    again = await network.courier.book(parcels.request())

    assert again == first
    assert network.parcels(parcels.order_id) == 1


async def test_a_booking_whose_answer_was_lost_is_taken_up(
    network: Network, parcels: Parcels
) -> None:
    network.lose_answer("book")
    with pytest.raises(CourierUnavailable):
        await network.courier.book(parcels.request())

    assert (await network.courier.book(parcels.request())).awb
    assert network.parcels(parcels.order_id) == 1


async def test_an_outage_books_nothing(network: Network, parcels: Parcels) -> None:
    network.fail("book")
    with pytest.raises(CourierUnavailable):
        await network.courier.book(parcels.request())
    assert network.parcels(parcels.order_id) == 0


async def test_an_address_that_nobody_serves_is_refused(network: Network, parcels: Parcels) -> None:
    with pytest.raises(BookingRefused, match="999999"):
        await network.courier.book(parcels.request(pincode="999999"))


async def test_a_cancelled_reference_cannot_be_booked_again(
    network: Network, parcels: Parcels
) -> None:
    booking = await network.courier.book(parcels.request())
    await network.courier.cancel(booking)

    with pytest.raises(BookingRefused, match="new reference"):
        await network.courier.book(parcels.request())
    anew = await network.courier.book(parcels.request(rebooking=1))
    assert anew.awb != booking.awb


async def test_a_pickup_can_be_asked_for_twice(network: Network, parcels: Parcels) -> None:
    booking = await network.courier.book(parcels.request())
    await network.courier.schedule_pickup(booking)
    await network.courier.schedule_pickup(booking)


async def test_a_cancelled_parcel_is_not_fetched(network: Network, parcels: Parcels) -> None:
    booking = await network.courier.book(parcels.request())
    await network.courier.cancel(booking)
    with pytest.raises(BookingRefused):
        await network.courier.schedule_pickup(booking)


async def test_cancelling_twice_is_cancelling_once(network: Network, parcels: Parcels) -> None:
    booking = await network.courier.book(parcels.request())
    await network.courier.cancel(booking)
    await network.courier.cancel(booking)
    with pytest.raises(BookingRefused):
        await network.courier.schedule_pickup(booking)


async def test_a_cancellation_whose_answer_was_lost_is_not_too_late(
    network: Network, parcels: Parcels
) -> None:
    booking = await network.courier.book(parcels.request())
    network.lose_answer("cancel")
    with pytest.raises(CourierUnavailable):
        await network.courier.cancel(booking)
    await network.courier.cancel(booking)


async def test_a_parcel_on_its_way_cannot_be_cancelled(network: Network, parcels: Parcels) -> None:
    booking = await handed_over(network, parcels)
    with pytest.raises(ShipmentTooLate, match=booking.awb):
        await network.courier.cancel(booking)


async def test_a_booked_parcel_has_nothing_to_tell(network: Network, parcels: Parcels) -> None:
    booking = await network.courier.book(parcels.request())
    assert await network.courier.track(1, booking.awb) is None


async def test_an_unknown_parcel_has_nothing_to_tell(network: Network) -> None:
    assert await network.courier.track(1, "NOBODYS") is None


@pytest.mark.parametrize("state", TABLE_A)
async def test_tracking_tells_where_a_parcel_is(
    network: Network, parcels: Parcels, state: S
) -> None:
    booking = await handed_over(network, parcels, state)

    update = await network.courier.track(1, booking.awb)

    assert update is not None
    assert (update.shipment, update.awb, update.state) == (1, booking.awb, state)
    assert update.at.tzinfo is not None
    assert update.text


async def test_cash_is_remitted_days_after_delivery(network: Network, parcels: Parcels) -> None:
    request = parcels.request(method=PaymentMethod.COD)
    booking = await network.courier.book(request)
    await network.courier.schedule_pickup(booking)
    network.move(booking.awb, S.DELIVERED)
    assert await network.courier.remittance(booking.courier_order_id) is None

    network.remit(booking.awb)

    remittance = await network.courier.remittance(booking.courier_order_id)
    assert remittance is not None
    assert remittance.amount_paise == request.amount_paise
    assert remittance.utr
    assert remittance.at.tzinfo is not None

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.delivery import DeliveryActivities, LookUpRemittanceInput, TrackShipmentInput
from domain.errors import CourierUnavailable
from domain.ports import Booking
from domain.shipment import ShipmentState
from tests.activities.requests import parcel_to_book
from tests.domain.orders import ADDRESS, CUSTOMER
from tests.fakes.courier import FakeCourier
from tests.fakes.stores import FakeCatalogue


class Depot:
    def __init__(self) -> None:
        self.courier = FakeCourier()
        self.activities = DeliveryActivities(self.courier, FakeCatalogue())

    async def book(self) -> Booking:
        return await ActivityEnvironment().run(self.activities.book_shipment, parcel_to_book())


async def test_a_booking_names_the_warehouse_and_ends_with_a_pickup() -> None:
    depot = Depot()
    booking = await depot.book()
    parcel = depot.courier.parcel(booking.awb)
    assert parcel.pickup_scheduled
    assert parcel.request.warehouse == await FakeCatalogue().warehouse("PNQ")
    assert (parcel.request.customer, parcel.request.address) == (CUSTOMER, ADDRESS)
    assert parcel.request.reference == parcel_to_book().reference


@pytest.mark.parametrize("method", ["book", "schedule_pickup"])
async def test_a_lost_answer_books_no_second_parcel(method: str) -> None:
    depot = Depot()
    depot.courier.lose_answer(method, CourierUnavailable("lost"))
    with pytest.raises(CourierUnavailable):
        await depot.book()
    booking = await depot.book()
    assert [parcel.booking for parcel in depot.courier.parcels.values()] == [booking]


async def test_a_parcel_that_no_courier_takes_has_no_pickup() -> None:
    depot = Depot()
    depot.courier.refuse_bookings = "no courier goes there"
    with pytest.raises(ApplicationError) as refused:
        await depot.book()
    assert (refused.value.type, refused.value.message) == (
        "BookingRefused",
        "no courier goes there",
    )
    assert depot.courier.called("schedule_pickup") == []


async def test_a_parcel_is_cancelled_before_its_pickup_and_not_after() -> None:
    early, late = Depot(), Depot()
    cancelled, gone = await early.book(), await late.book()
    for _ in range(2):
        await ActivityEnvironment().run(early.activities.cancel_shipment, cancelled)
    assert early.courier.parcel(cancelled.awb).state is ShipmentState.CANCELLED

    late.courier.move(gone.awb, ShipmentState.SHIPPED)
    with pytest.raises(ApplicationError) as refused:
        await ActivityEnvironment().run(late.activities.cancel_shipment, gone)
    assert refused.value.type == "ShipmentTooLate"


async def test_a_silent_parcel_is_asked_for() -> None:
    depot = Depot()
    booking = await depot.book()
    request = TrackShipmentInput(shipment=1, awb=booking.awb)
    silent = await ActivityEnvironment().run(depot.activities.track_shipment, request)
    assert silent.update is None
    told = depot.courier.move(booking.awb, ShipmentState.IN_TRANSIT)
    found = await ActivityEnvironment().run(depot.activities.track_shipment, request)
    assert found.update == told


async def test_cash_is_asked_for_until_it_is_paid_out() -> None:
    depot = Depot()
    booking = await depot.book()
    request = LookUpRemittanceInput(courier_order_id=booking.courier_order_id)
    before = await ActivityEnvironment().run(depot.activities.look_up_remittance, request)
    assert before.remittance is None
    paid = depot.courier.remit(booking.awb)
    after = await ActivityEnvironment().run(depot.activities.look_up_remittance, request)
    assert after.remittance == paid

"""Refusals end the retries, failures do not: for every activity and every error of a port."""

from collections.abc import Callable
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.delivery import (
    DeliveryActivities,
    LookUpRemittanceInput,
    TrackShipmentInput,
)
from activities.events import EventActivities, PublishEventsInput
from activities.failures import refusals
from activities.inventory import (
    HoldStockInput,
    InventoryActivities,
    OrderReference,
    RedeemCouponInput,
    RestockInput,
    RestoreCouponInput,
)
from activities.invoicing import InvoicingActivities
from activities.notifications import NotificationActivities
from activities.payments import (
    CreatePaymentOrderInput,
    LookUpPaymentsInput,
    LookUpRefundInput,
    PaymentActivities,
    RefundPaymentInput,
)
from domain.cart import CartItem
from domain.errors import (
    REFUSALS,
    BookingRefused,
    CommandRefused,
    InvalidCart,
    OrderError,
    OutOfStock,
    ServiceUnavailable,
    StoreUnavailable,
)
from tests.activities.requests import BOOKING, HANDOVER, MAIL, document_to_issue, parcel_to_book
from tests.domain.orders import NOON, ONE_PARCEL, ORDER_ID, placed
from tests.fakes.keys import FakeSentMail
from tests.fakes.links import FakeLinkKeys
from tests.fakes.stores import FakeCatalogue


class Failing:
    """Any port, of which every method raises one error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(*_: object, **__: object) -> Any:
            raise self._error

        return call


ORDER = OrderReference(order_id=ORDER_ID)
HOLD = HoldStockInput(order_id=ORDER_ID, items=(CartItem(sku="TEE", quantity=1),), pincode="411001")
RESTOCK = RestockInput(order_id=ORDER_ID, shipment=1, allocation=ONE_PARCEL[0])
REDEEM = RedeemCouponInput(order_id=ORDER_ID, code="TEN", discount_paise=1, at=NOON)
CREATE = CreatePaymentOrderInput(order_id=ORDER_ID, amount_paise=100, expires_at=NOON)
REFUND = RefundPaymentInput(order_id=ORDER_ID, payment_id="pay_1", amount_paise=1, key="k")
PAYMENTS = LookUpPaymentsInput(razorpay_order_id="order_1")
REFUND_OF = LookUpRefundInput(payment_id="pay_1", razorpay_refund_id="rfnd_1")
TRACK = TrackShipmentInput(shipment=1, awb="AWB1000")
CASH = LookUpRemittanceInput(courier_order_id="1000")


def _calls(port: Any) -> dict[str, tuple[Callable[..., Any], Any]]:
    """Return every activity with a request, on ports of which the decisive one is this."""
    stock = InventoryActivities(port, port)
    money = PaymentActivities(port, port)
    parcels = DeliveryActivities(port, FakeCatalogue())
    papers = InvoicingActivities(port, port, port, FakeCatalogue())
    mails = NotificationActivities(port, FakeSentMail(), FakeLinkKeys())
    events = EventActivities(port, port, port)
    return {
        "hold_stock": (stock.hold_stock, HOLD),
        "commit_stock": (stock.commit_stock, ORDER),
        "release_stock": (stock.release_stock, ORDER),
        "restock": (stock.restock, RESTOCK),
        "redeem_coupon": (stock.redeem_coupon, REDEEM),
        "restore_coupon": (stock.restore_coupon, RestoreCouponInput(order_id=ORDER_ID)),
        "create_payment_order": (money.create_payment_order, CREATE),
        "confirm_handover": (money.confirm_handover, HANDOVER),
        "look_up_payments": (money.look_up_payments, PAYMENTS),
        "refund_payment": (money.refund_payment, REFUND),
        "look_up_refund": (money.look_up_refund, REFUND_OF),
        "book_shipment": (parcels.book_shipment, parcel_to_book()),
        "cancel_shipment": (parcels.cancel_shipment, BOOKING),
        "track_shipment": (parcels.track_shipment, TRACK),
        "look_up_remittance": (parcels.look_up_remittance, CASH),
        "issue_document": (papers.issue_document, document_to_issue()),
        "send_notification": (mails.send_notification, MAIL),
        "publish_events": (
            events.publish_events,
            PublishEventsInput(events=tuple(placed().events)),
        ),
    }


ACTIVITIES = list(_calls(Failing(StoreUnavailable())))


@pytest.mark.parametrize("name", ACTIVITIES)
async def test_a_refusal_is_final_and_known_by_its_class_name(name: str) -> None:
    activity, request = _calls(Failing(BookingRefused("no courier goes there")))[name]
    with pytest.raises(ApplicationError, match="no courier goes there") as failed:
        await ActivityEnvironment().run(activity, request)
    assert failed.value.type == "BookingRefused"
    assert failed.value.non_retryable


@pytest.mark.parametrize("error", [StoreUnavailable("away"), OSError("no route"), KeyError("bug")])
@pytest.mark.parametrize("name", ACTIVITIES)
async def test_a_failure_passes_through_and_is_retried(name: str, error: Exception) -> None:
    activity, request = _calls(Failing(error))[name]
    with pytest.raises(type(error)) as failed:
        await ActivityEnvironment().run(activity, request)
    assert failed.value is error


REFUSED: list[OrderError] = [
    OutOfStock(["TEE", "MUG"]) if cls is OutOfStock else cls("why")
    for cls in OrderError.__subclasses__()
    if cls not in (InvalidCart, CommandRefused)
]


@pytest.mark.parametrize("error", REFUSED, ids=lambda error: type(error).__name__)
def test_every_refusal_keeps_its_name_and_words(error: OrderError) -> None:
    with pytest.raises(ApplicationError) as failed, refusals():
        raise error
    assert failed.value.type == type(error).__name__
    assert failed.value.type in REFUSALS
    assert failed.value.message == str(error)
    assert failed.value.non_retryable
    assert failed.value.__cause__ is error


@pytest.mark.parametrize("cls", ServiceUnavailable.__subclasses__(), ids=lambda cls: cls.__name__)
def test_no_failure_becomes_a_refusal(cls: type[ServiceUnavailable]) -> None:
    error = cls("away")
    with pytest.raises(ServiceUnavailable) as failed, refusals():
        raise error
    assert failed.value is error


async def test_an_empty_shelf_names_the_lines_that_are_short() -> None:
    activity, request = _calls(Failing(OutOfStock(["TEE", "MUG"])))["hold_stock"]
    with pytest.raises(ApplicationError) as failed:
        await ActivityEnvironment().run(activity, request)
    assert failed.value.type == "OutOfStock"
    assert failed.value.details == (["TEE", "MUG"],)

"""The lines of the timeline and the parcels of the page."""

from dataclasses import replace
from typing import Any

import pytest

from domain.documents import Document, DocumentKind
from domain.events import EventData
from domain.payment import EntryKind, PaymentEntry, PaymentStatus, Refund, RefundStatus
from domain.shipment import Shipment, ShipmentLine, ShipmentState
from domain.snapshot import Cancellation, LineCancellation
from domain.status import OrderStatus
from tests.fakes.samples import ADDRESS, NOON, sample_events, sample_view
from tracking.pages.rendering import order_page
from tracking.pages.story import entries_of, note_of

PARCEL = Shipment(
    number=1,
    warehouse="PNQ",
    lines=(ShipmentLine(sku="TEE-BLK-M", quantity=2),),
    state=ShipmentState.IN_TRANSIT,
    reference="ord_x-1",
    awb="190421762242",
    courier="Delhivery Surface",
    tracking_url="https://courier.example/190421762242",
    promised_by=NOON,
    reason="Bag added to trip",
)
PAYMENT = PaymentEntry(
    kind=EntryKind.CAPTURED, amount_paise=1_499_00, reference="pay_1", at=NOON, method="upi"
)
FAILED = replace(PAYMENT, kind=EntryKind.FAILED, method="hologram", reason="declined")
REFUND = Refund(
    number=1,
    key="k",
    payment_id="pay_1",
    amount_paise=50_00,
    reason="cancelled",
    status=RefundStatus.INITIATED,
    requested_at=NOON,
)
INVOICE = Document(
    number="PNQ/2627/000042",
    kind=DocumentKind.INVOICE,
    shipment=1,
    amount_paise=1_499_00,
    issued_at=NOON,
)
CANCELLED = LineCancellation(
    number=1,
    shipment=1,
    lines=(ShipmentLine(sku="TEE", quantity=1), ShipmentLine(sku="MUG", quantity=2)),
    amount_paise=333_33,
    reason="too many",
    by="customer",
    at=NOON,
)


@pytest.mark.parametrize(
    ("subject", "note"),
    [
        ({}, ""),
        ({"payment": PAYMENT}, "₹1,499 · UPI"),
        ({"payment": FAILED}, "₹1,499 · hologram · declined"),
        ({"refund": REFUND}, "₹50"),
        ({"document": INVOICE}, "PNQ/2627/000042"),
        ({"cancellation": Cancellation(reason="too late", by="customer", at=NOON)}, "too late"),
        ({"line_cancellation": CANCELLED}, "1 × TEE · 2 × MUG · ₹333.33"),
        ({"address": ADDRESS}, "Pune"),
        ({"shipment": PARCEL}, "Parcel 1 · Delhivery Surface · Bag added to trip"),
    ],
)
def test_each_event_tells_what_it_is_about(subject: dict[str, Any], note: str) -> None:
    data = EventData(
        status=OrderStatus.CONFIRMED,
        payment_status=PaymentStatus.PAID,
        customer_id="cus_asha",
        **subject,
    )
    assert note_of(data) == note


def page_with(*parcels: Shipment) -> str:
    events = sample_events(1)
    view = replace(sample_view(events), shipments=parcels, promised_by=NOON)
    return order_page(view, entries_of(events), NOON).partition('<script type="application/json"')[
        0
    ]


def test_a_parcel_shows_its_content_courier_and_promise() -> None:
    page = page_with(PARCEL)
    for text in ("Your parcel", "In transit", "× 2", "Delhivery Surface", "190421762242"):
        assert text in page
    assert "Expected by Mon 23 Nov" in page
    assert 'href="https://courier.example/190421762242"' in page


def test_several_parcels_are_counted_and_an_ended_one_promises_nothing() -> None:
    delivered = replace(PARCEL, number=2, state=ShipmentState.DELIVERED)
    page = page_with(PARCEL, delivered)
    assert "Your 2 parcels" in page
    assert page.count("<p>Expected by") == 1


def test_a_parcel_without_a_courier_says_so() -> None:
    assert "The courier is being booked." in page_with(replace(PARCEL, awb=None))


def test_a_courier_cannot_plant_a_script_address() -> None:
    page = page_with(replace(PARCEL, tracking_url="javascript:alert(1)"))
    assert "javascript:" not in page


def test_an_order_without_parcels_hides_their_section() -> None:
    assert 'id="parcels-section" hidden' in page_with()


def test_a_view_older_than_its_log_lets_the_script_begin_anew() -> None:
    events = sample_events(3)
    page = order_page(sample_view(events), entries_of(events[:2]), NOON)
    assert '"since":{"epoch":1,"sequence":0}' in page


def test_cancelled_units_stand_beside_what_was_ordered() -> None:
    events = sample_events(1)
    view = replace(sample_view(events), line_cancellations=(CANCELLED,))
    page = order_page(view, entries_of(events), NOON)
    cancelled = page.partition('id="cancelled"')[2].partition("</ul>")[0]
    assert "<span>Cancelled: TEE × 1, MUG × 2</span><span>-₹333.33</span>" in cancelled

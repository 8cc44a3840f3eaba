from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from domain.cart import PaymentMethod
from domain.events import EventType, OrderEvent
from domain.notifications import TEMPLATES, NotificationRequest, compose_mail, notification_for
from domain.order import OrderState
from domain.payment import RefundSpeed, RefundStatus
from domain.shipment import ShipmentLine, ShipmentState
from domain.snapshot import Cancellation, LineCancellation
from tests.domain.orders import NOON, ORDER_ID, book, confirmed, placement_of, refund_of

NASTY = "<script>alert('x')</script>&{total}\"%s"
CANCELLED_LINE = LineCancellation(
    number=1,
    shipment=1,
    lines=(ShipmentLine(sku="TEE", quantity=1),),
    amount_paise=33_333,
    reason=NASTY,
    by="customer",
    at=NOON,
)


def request_for(event_type: EventType, **subjects: Any) -> NotificationRequest:
    state = confirmed()
    request = notification_for(state, state.emit(event_type, NOON, **subjects))
    assert request is not None
    return request


def any_request(event_type: EventType) -> NotificationRequest:
    """Return a request with everything that an event of its type may say."""
    subjects: dict[str, Any] = {
        "refund": refund_of(1, 12_50, RefundStatus.PROCESSED),
        "shipment": book(confirmed(), parcel_state=ShipmentState.SHIPPED),
        "cancellation": Cancellation(reason=NASTY, by="customer", at=NOON),
        "line_cancellation": CANCELLED_LINE,
    }
    return request_for(event_type, **subjects)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> _Tags:
    parser = _Tags()
    parser.feed(html)
    parser.close()
    return parser


@pytest.mark.parametrize(
    ("method", "replaced_by", "words"),
    [
        (
            PaymentMethod.PREPAID,
            2,
            "We have cancelled 1 × Tee. What you paid for it, ₹333.33, goes back the way it came."
            " The rest of that parcel comes as planned.",
        ),
        (PaymentMethod.COD, None, "We have cancelled 1 × Tee. You pay ₹333.33 less at the door."),
    ],
)
def test_a_cancelled_line_is_named_with_what_becomes_of_its_price(
    method: PaymentMethod, replaced_by: int | None, words: str
) -> None:
    state = confirmed(method=method)
    told = replace(CANCELLED_LINE, replaced_by=replaced_by)
    event = state.emit(EventType.ORDER_LINES_CANCELLED, NOON, line_cancellation=told)
    assert f"\n\n{words}\n\n" in compose_mail("k", _told(state, event)).text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Banks show it within five to seven working days."),
        ({"speed_processed": RefundSpeed.NORMAL}, "five to seven working days"),
        ({"speed_processed": RefundSpeed.INSTANT}, "on your account within minutes"),
        (
            {"status": RefundStatus.MANUAL, "reference": "UTR112233445566"},
            "by bank transfer, reference UTR112233445566",
        ),
    ],
)
def test_a_refund_says_how_it_comes(changes: dict[str, Any], words: str) -> None:
    state = confirmed()
    refund = replace(refund_of(1, 1250, RefundStatus.PROCESSED), **changes)
    event = state.emit(EventType.REFUND_PROCESSED, NOON, refund=refund)
    assert words in compose_mail("k", _told(state, event)).text


@pytest.mark.parametrize("event_type", TEMPLATES)
def test_every_template_has_words_without_gaps(event_type: EventType) -> None:
    request = any_request(event_type)
    mail = compose_mail("key", request)
    assert (mail.key, mail.to) == ("key", "asha@example.com")
    assert mail.subject[0].isupper()
    for words in (mail.text, read(mail.html).text):
        assert "{" not in words
        assert "None" not in words
        assert "Dear Asha Rao," in words
    assert request.tracking_url in mail.text
    assert f"href='{request.tracking_url}'" in mail.html


@pytest.mark.parametrize("event_type", sorted(set(EventType) - set(TEMPLATES)))
def test_of_any_other_event_the_customer_is_not_told(event_type: EventType) -> None:
    state = confirmed()
    assert notification_for(state, state.emit(event_type, NOON)) is None


def test_a_message_is_named_by_its_event_and_links_to_its_order() -> None:
    request = any_request(EventType.DELIVERY_SHIPPED)
    assert (request.order_id, request.template, request.occasion) == (
        ORDER_ID,
        "parcel_shipped",
        "2",
    )
    assert request.tracking_url == f"https://shop.test/track/{ORDER_ID}"


def test_the_words_say_what_happened() -> None:
    shipped = compose_mail("k", any_request(EventType.DELIVERY_SHIPPED))
    assert "Bluedart has picked up your parcel (tracking number AWB1)." in shipped.text
    refunded = compose_mail("k", any_request(EventType.REFUND_PROCESSED))
    assert "We have refunded ₹12.50." in refunded.text
    cancelled = compose_mail("k", any_request(EventType.ORDER_CANCELLED))
    assert f"order of ₹{_rupees(placement_of().quote.total_paise)} is cancelled" in cancelled.text


def _rupees(paise: int) -> str:
    return f"{paise // 100:,}.{paise % 100:02d}"


def test_a_promise_is_a_day_in_india() -> None:
    # 20:00 UTC on the 26th is already the 27th there.
    parcel = replace(book(confirmed()), promised_by=datetime(2026, 11, 26, 20, 0, tzinfo=UTC))
    mail = compose_mail("k", request_for(EventType.DELIVERY_SHIPPED, shipment=parcel))
    assert "It should be with you by Fri 27 Nov." in mail.text


def test_without_a_parcel_the_quote_promises_and_without_both_nobody_does() -> None:
    promised = compose_mail("k", request_for(EventType.ORDER_CONFIRMED))
    assert "It should be with you by Fri 27 Nov." in promised.text
    state = confirmed()
    quote = replace(state.placement.quote, promised_by=None)
    state.placement = replace(state.placement, quote=quote)
    silent = _told(state, state.emit(EventType.ORDER_CONFIRMED, NOON))
    assert "should be with you" not in compose_mail("k", silent).text


def _told(state: OrderState, event: OrderEvent) -> NotificationRequest:
    request = notification_for(state, event)
    assert request is not None
    return request


def test_a_parcel_without_a_courier_s_name_is_with_the_courier() -> None:
    parcel = replace(book(confirmed()), courier=None, awb=None)
    mail = compose_mail("k", request_for(EventType.DELIVERY_OUT_FOR_DELIVERY, shipment=parcel))
    assert "The courier is out with your parcel." in mail.text


@pytest.mark.parametrize("event_type", TEMPLATES)
def test_what_customers_and_couriers_write_is_text_and_never_markup(event_type: EventType) -> None:
    plain = any_request(event_type)
    nasty = replace(
        plain,
        name=NASTY,
        order_id=NASTY,
        facts=dict.fromkeys(plain.facts, NASTY),
        tracking_url=f"https://shop.test/'><b>{NASTY}",
    )
    written = compose_mail("k", nasty)
    assert read(written.html).tags == read(compose_mail("k", plain).html).tags
    assert f"Dear {NASTY}," in read(written.html).text
    assert f"Dear {NASTY}," in written.text
    assert written.subject == compose_mail("k", plain).subject

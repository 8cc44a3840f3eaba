import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

import pytest
from prometheus_client import CollectorRegistry

from consumers.batch import planner
from consumers.contract import NotYet
from consumers.metrics import ConsumerMetrics
from consumers.needs import CourierNotice, RazorpayNotice
from consumers.runner import Pace, Runner
from consumers.webhook_inbox import CONTRACT, build
from domain.errors import OrderNotFound, OrderUnavailable
from domain.messages import DisputeNews, PaymentNews, RefundNews
from domain.payment import GatewayDispute, GatewayPayment, GatewayRefund
from domain.shipment import CourierUpdate, ShipmentState
from domain.wire import Unreadable
from tests.consumers.doubles import MemoryQueue, World, eventually
from tests.consumers.orders import AWB, START, log_of, new_order_id, parcel
from tests.consumers.test_order_view import folded

PAYMENT = PaymentNews(
    payment=GatewayPayment(
        payment_id="pay_1",
        razorpay_order_id="order_1",
        amount_paise=149_900,
        status="captured",
        captured=True,
        at=START,
    )
)
REFUND = RefundNews(
    refund=GatewayRefund(
        refund_id="rfnd_1", payment_id="pay_1", amount_paise=149_900, status="processed", at=START
    )
)
CAPTURED = RazorpayNotice(event="payment.captured", news=PAYMENT, razorpay_order_id="order_1")


T = TypeVar("T")


class Inbox:
    """The consumer with readers that return what a test says, whatever the body."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.world = World(metrics=ConsumerMetrics(self.registry))

    async def receive(self, source: str, *, age_s: float = 0) -> None:
        received_at = self.world.clock.now() - timedelta(seconds=age_s)
        body = {
            "source": source,
            "received_at": received_at.isoformat(),
            "body": "the raw body",
            "event_id": "evt_1",
        }
        await build(self.world.ports()).handle_message(json.dumps(body))

    async def razorpay(self, notice: RazorpayNotice, *, age_s: float = 0) -> None:
        self.world.read_razorpay = _reading("the raw body", notice)
        await self.receive("razorpay", age_s=age_s)

    async def courier(self, scan: CourierNotice | None) -> None:
        self.world.read_courier = lambda body, _: _reading("the raw body", scan)(body)
        await self.receive("courier")

    def verdicts(self, source: str, verdict: str) -> float | None:
        labels = {"source": source, "verdict": verdict}
        return self.registry.get_sample_value("orders_webhook_inbox_total", labels)


def _reading(body: str, answer: T) -> Callable[[str], T]:
    def read(text: str) -> T:
        assert text == body
        return answer

    return read


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def order() -> str:
    return new_order_id()


async def test_a_payment_reaches_the_order_that_its_razorpay_order_was_made_for(
    inbox: Inbox, order: str
) -> None:
    await inbox.world.refs.put("order_1", order)
    await inbox.razorpay(CAPTURED)
    assert inbox.world.news.told == [(order, PAYMENT)]
    assert inbox.verdicts("razorpay", "signalled") == 1


async def test_a_refund_reaches_its_order(inbox: Inbox, order: str) -> None:
    await inbox.world.refs.put("order_1", order)
    await inbox.razorpay(
        RazorpayNotice(event="refund.processed", news=REFUND, razorpay_order_id="order_1")
    )
    assert inbox.world.news.told == [(order, REFUND)]


async def test_a_dispute_reaches_the_order_of_its_payment(inbox: Inbox, order: str) -> None:
    dispute = GatewayDispute(
        dispute_id="disp_1",
        payment_id="pay_1",
        amount_paise=149_900,
        deducted_paise=0,
        status="open",
        phase="chargeback",
        reason_code="fraud",
        at=START,
    )
    news = DisputeNews(dispute=dispute, payment=PAYMENT.payment)
    await inbox.world.refs.put("order_1", order)
    await inbox.razorpay(
        RazorpayNotice(event="payment.dispute.created", news=news, razorpay_order_id="order_1")
    )
    assert inbox.world.news.told == [(order, news)]


async def test_the_receipt_never_routes_because_customers_can_write_notes(
    inbox: Inbox, order: str
) -> None:
    other = new_order_id()
    await inbox.world.refs.put("order_1", order)
    await inbox.razorpay(replace(CAPTURED, receipt=other))
    assert inbox.world.news.told == [(order, PAYMENT)]


@pytest.mark.parametrize(
    "notice",
    [
        RazorpayNotice(event="settlement.processed"),
        RazorpayNotice(event="payment.captured", news=PAYMENT),
    ],
)
async def test_a_webhook_that_concerns_no_order_is_acknowledged(
    inbox: Inbox, notice: RazorpayNotice
) -> None:
    await inbox.razorpay(notice)
    assert inbox.world.news.told == []
    assert inbox.verdicts("razorpay", "no_order") == 1


async def test_an_unknown_razorpay_order_is_waited_for_and_then_recorded(inbox: Inbox) -> None:
    with pytest.raises(NotYet, match="order_1"):
        await inbox.razorpay(CAPTURED, age_s=5)
    await inbox.razorpay(CAPTURED, age_s=121)
    assert inbox.world.news.told == []
    assert inbox.verdicts("razorpay", "unknown_order") == 1


async def test_money_for_a_receipt_of_ours_is_never_passed_over(inbox: Inbox, order: str) -> None:
    notice = replace(CAPTURED, receipt=order)
    with pytest.raises(NotYet):
        await inbox.razorpay(notice, age_s=86_400)
    await inbox.world.refs.put("order_1", order)
    await inbox.razorpay(notice, age_s=86_400)
    assert inbox.world.news.told == [(order, PAYMENT)]


async def test_news_of_an_order_that_never_was_goes_to_ops(inbox: Inbox, order: str) -> None:
    await inbox.world.refs.put("order_1", order)
    inbox.world.news.error = OrderNotFound("no")
    with pytest.raises(NotYet, match=order):
        await inbox.razorpay(CAPTURED)


async def test_temporal_being_away_is_a_matter_of_waiting(inbox: Inbox, order: str) -> None:
    await inbox.world.refs.put("order_1", order)
    inbox.world.news.error = OrderUnavailable("away")
    with pytest.raises(OrderUnavailable):
        await inbox.razorpay(CAPTURED)


def scan_of(
    order: str,
    state: ShipmentState = ShipmentState.SHIPPED,
    *,
    awb: str = AWB,
    at: datetime = START,
) -> CourierNotice:
    update = CourierUpdate(shipment=1, awb=awb, state=state, at=at, text="Pickup complete")
    return CourierNotice(reference=f"{order}-1", update=update)


async def show(inbox: Inbox, order: str, state: ShipmentState, **changes: object) -> None:
    """Let the view show one parcel in this state."""
    view = folded(log_of(order, 3))
    shipments = (parcel(order, state, **changes),)
    inbox.world.views.stored[order] = replace(view, shipments=shipments)


async def test_a_scan_that_moves_a_parcel_reaches_its_order(inbox: Inbox, order: str) -> None:
    await show(inbox, order, ShipmentState.PACKED)
    await inbox.courier(scan_of(order))
    update = CourierUpdate(
        shipment=1, awb=AWB, state=ShipmentState.SHIPPED, at=START, text="Pickup complete"
    )
    assert inbox.world.news.told == [(order, update)]


async def test_a_scan_for_a_parcel_that_the_view_does_not_show_yet_is_handed_on(
    inbox: Inbox, order: str
) -> None:
    await inbox.courier(scan_of(order))
    await show(inbox, order, ShipmentState.BOOKED, awb=None)
    await inbox.courier(scan_of(order))
    assert len(inbox.world.news.told) == 2


@pytest.mark.parametrize(
    ("state", "scanned"),
    [
        (ShipmentState.SHIPPED, ShipmentState.SHIPPED),
        (ShipmentState.OUT_FOR_DELIVERY, ShipmentState.SHIPPED),
        (ShipmentState.DELIVERED, ShipmentState.OUT_FOR_DELIVERY),
        (ShipmentState.ATTEMPT_FAILED, ShipmentState.OUT_FOR_DELIVERY),
        (ShipmentState.ATTEMPT_FAILED, ShipmentState.ATTEMPT_FAILED),
    ],
)
async def test_a_scan_that_changes_nothing_sends_no_signal(
    inbox: Inbox, order: str, state: ShipmentState, scanned: ShipmentState
) -> None:
    await show(inbox, order, state)
    await inbox.courier(scan_of(order, scanned, at=START - timedelta(seconds=1)))
    assert inbox.world.news.told == []
    assert inbox.verdicts("courier", "no_advance") == 1


async def test_a_second_attempt_after_a_failed_one_is_news(inbox: Inbox, order: str) -> None:
    await show(inbox, order, ShipmentState.ATTEMPT_FAILED)
    await inbox.courier(scan_of(order, ShipmentState.ATTEMPT_FAILED, at=START + timedelta(days=1)))
    assert len(inbox.world.news.told) == 1


async def test_a_scan_without_meaning_sends_no_signal(inbox: Inbox, order: str) -> None:
    await inbox.courier(CourierNotice(reference=f"{order}-1", update=None))
    assert inbox.world.news.told == []
    assert inbox.verdicts("courier", "no_meaning") == 1


async def test_somebody_elses_parcel_is_recorded_and_acknowledged(inbox: Inbox) -> None:
    await inbox.courier(replace(scan_of("x"), reference="1373900_150876814"))
    await inbox.courier(None)
    assert inbox.world.news.told == []
    assert inbox.verdicts("courier", "foreign_parcel") == 2


async def test_a_scan_of_an_earlier_booking_is_passed_over(inbox: Inbox, order: str) -> None:
    await show(inbox, order, ShipmentState.BOOKED, reference=f"{order}-1-r1")
    await inbox.courier(scan_of(order, ShipmentState.CANCELLED, awb="another"))
    assert inbox.world.news.told == []
    assert inbox.verdicts("courier", "earlier_booking") == 1


async def test_an_awb_that_does_not_fit_is_not_believed(inbox: Inbox, order: str) -> None:
    await show(inbox, order, ShipmentState.PACKED)
    with pytest.raises(NotYet, match="another AWB"):
        await inbox.courier(scan_of(order, awb="forged"))
    assert inbox.world.news.told == []


async def test_a_parcel_of_our_form_whose_order_never_was_goes_to_ops(
    inbox: Inbox, order: str
) -> None:
    inbox.world.news.error = OrderNotFound("no")
    with pytest.raises(NotYet, match=f"{order}-1"):
        await inbox.courier(scan_of(order))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        '{"source": "razorpay"}',
        '{"source": "fax", "received_at": "2026-11-23T06:00:00Z", "body": "", "event_id": ""}',
        '{"source": "razorpay", "received_at": "yesterday", "body": "", "event_id": ""}',
        '{"source": "razorpay", "received_at": "2026-11-23T06:00:00Z", "body": 1, "event_id": ""}',
        '{"source": "razorpay", "received_at": "2026-11-23T06:00:00", "body": "", "event_id": ""}',
    ],
)
async def test_a_message_that_is_none_of_ours_is_unreadable(inbox: Inbox, body: str) -> None:
    with pytest.raises(Unreadable):
        await build(inbox.world.ports()).handle_message(body)


async def test_on_its_queue_a_webhook_waits_for_its_order_and_garbage_dies_alone(
    inbox: Inbox, order: str
) -> None:
    inbox.world.read_razorpay = _reading("the raw body", CAPTURED)
    queue = MemoryQueue(max_receive=CONTRACT.max_receive)
    received_at = inbox.world.clock.now().isoformat()
    webhook = {"source": "razorpay", "received_at": received_at, "body": "the raw body"}
    queue.put("{garbage", json.dumps({**webhook, "event_id": "evt_1"}))
    runner = Runner(
        contract=CONTRACT,
        queue=queue,
        plan=planner(CONTRACT, build(inbox.world.ports())),
        metrics=inbox.world.metrics,
        clock=inbox.world.clock,
        pace=Pace(wait_s=0, first_hide_s=0),
    )
    stop = asyncio.Event()
    running = asyncio.create_task(runner.run(stop))
    await eventually(lambda: any(held.receives > 2 for held in queue.held.values()))
    await inbox.world.refs.put("order_1", order)
    await eventually(lambda: queue.empty)
    stop.set()
    await running
    assert inbox.world.news.told == [(order, PAYMENT)]
    assert [held.body for held in queue.dead] == ["{garbage"]

"""Telling orders what they do not know: one that cannot be reached holds up no other."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

from temporalio.testing import ActivityEnvironment

from activities.overdue_news import (
    Answer,
    EnlistInput,
    OverdueNewsActivities,
    OverduePageInput,
    RazorpayNewsActivities,
    TellDisputesInput,
    TellOrdersInput,
    Told,
)
from domain.errors import OrderNotFound, OrderUnavailable, PaymentGatewayUnavailable
from domain.order_money import OrderMoney
from domain.overdue import Concern, OverdueTerms, Watched
from domain.payment import EntryKind, GatewayDispute, GatewayPayment
from domain.ports import OrderNews
from domain.status import OrderStatus
from tests.domain.ledgers import NOON, entry, order
from tests.fakes.gateways import FakePaymentGateway
from tests.fakes.payment_reports import FakePaymentReports
from tests.fakes.reconciliation import FakeMoneyBooks, FakeMoneyWatch

TERMS = OverdueTerms(payment_s=60)
SOON = NOON + timedelta(seconds=60)


@dataclass
class Ears:
    """The orders, of which some hear, and some cannot be reached."""

    deaf: dict[str, Exception] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)

    async def payment_event(self, order_id: str, _: Any) -> None:
        if order_id in self.deaf:
            raise self.deaf[order_id]
        self.heard.append(order_id)

    dispute_event = payment_event


@dataclass
class Desk:
    """The activities over fakes."""

    ears: Ears = field(default_factory=Ears)
    books: FakeMoneyBooks = field(default_factory=FakeMoneyBooks)
    watch: FakeMoneyWatch = field(default_factory=FakeMoneyWatch)

    def add(self, *orders: OrderMoney) -> None:
        for one in orders:
            self.books.orders[one.order_id] = one
            self.watch.watched[one.order_id] = Watched(order_id=one.order_id)
            self.watch.next_at[one.order_id] = one.placed_at

    @property
    def activities(self) -> OverdueNewsActivities:
        return OverdueNewsActivities(self.books, self.watch, cast("OrderNews", self.ears))

    async def tell(self, *answers: Answer) -> Told:
        request = TellOrdersInput(answers=answers, now=NOON, terms=TERMS)
        told: Told = await ActivityEnvironment().run(self.activities.tell_orders, request)
        return told


def captured(one: OrderMoney) -> Answer:
    assert one.payment_order is not None
    payment = GatewayPayment(
        payment_id=f"pay_{one.order_id}",
        razorpay_order_id=one.payment_order.razorpay_order_id,
        amount_paise=1000_00,
        status="captured",
        captured=True,
        at=NOON,
    )
    return Answer(
        watched=Watched(order_id=one.order_id), answered=(Concern.PAYMENTS,), payments=(payment,)
    )


async def test_an_order_that_cannot_be_reached_holds_up_no_other() -> None:
    desk, gone, silent, well = Desk(), order(), order(), order()
    desk.add(gone, silent, well)
    desk.ears.deaf = {
        gone.order_id: OrderNotFound("gone"),
        silent.order_id: OrderUnavailable("no answer in time"),
    }
    assert await desk.tell(*map(captured, (gone, silent, well))) == Told(told=1, failed=2)
    assert desk.ears.heard == [well.order_id]
    # Whoever was not reached counts as not asked, and is asked about again soon.
    assert Concern.PAYMENTS not in desk.watch.watched[gone.order_id].asked
    assert desk.watch.watched[well.order_id].asked == {Concern.PAYMENTS: NOON}
    assert desk.watch.next_at[silent.order_id] == SOON


async def test_an_order_without_a_view_is_looked_at_again_soon() -> None:
    desk = Desk()
    assert await desk.tell(Answer(watched=Watched(order_id="ord_new"))) == Told()
    assert desk.watch.next_at["ord_new"] == SOON


async def test_what_was_not_answered_is_asked_again_soon() -> None:
    desk, one = Desk(), order(status=OrderStatus.PENDING_PAYMENT)
    desk.add(one)
    await desk.tell(Answer(watched=Watched(order_id=one.order_id)))
    assert desk.watch.next_at[one.order_id] == SOON


async def test_an_order_to_which_nothing_can_happen_is_let_go() -> None:
    long_ago = NOON - timedelta(days=30)
    desk, one = Desk(), order(status=OrderStatus.EXPIRED, placed_at=long_ago)
    desk.add(one)
    await desk.tell(Answer(watched=Watched(order_id=one.order_id), answered=(Concern.PAYMENTS,)))
    assert desk.watch.let_go_at == {one.order_id: NOON}


async def test_a_page_says_what_to_ask_and_survives_an_order_without_a_view() -> None:
    desk, one = Desk(), order(status=OrderStatus.PENDING_PAYMENT)
    desk.add(one)
    desk.watch.watched["ord_new"] = Watched(order_id="ord_new")
    desk.watch.next_at["ord_new"] = NOON - timedelta(days=9)
    request = OverduePageInput(before=NOON, now=NOON, limit=9, terms=TERMS)
    page: Any = await ActivityEnvironment().run(desk.activities.overdue_page, request)
    unseen, asked = page.questions
    assert (unseen.watched.order_id, unseen.concerns) == ("ord_new", ())
    assert one.payment_order is not None
    assert asked.razorpay_order_id == one.payment_order.razorpay_order_id


async def test_orders_come_onto_the_watch() -> None:
    desk = Desk(watch=FakeMoneyWatch(placed=lambda: {"ord_1": NOON}))
    request = EnlistInput(oldest=NOON, now=NOON, again=True)
    assert await ActivityEnvironment().run(desk.activities.enlist_orders, request) == 1
    assert desk.watch.called("enlist") == [{"oldest": NOON, "again": True}]


def dispute(payment_id: str) -> GatewayDispute:
    return GatewayDispute(
        dispute_id=f"disp_{payment_id}",
        payment_id=payment_id,
        amount_paise=100_00,
        deducted_paise=0,
        status="open",
        phase="chargeback",
        reason_code="fraud",
        at=NOON,
    )


async def test_disputes_reach_their_orders_whatever_befalls_one_of_them() -> None:
    desk, gateway = Desk(), FakePaymentGateway()
    paid = []
    for number in (1, 2):
        created = await gateway.create_order(f"ord_x{number}", 1000_00, NOON)
        paid.append(gateway.pay(created.razorpay_order_id).razorpay_payment_id)
        desk.add(order(entry(EntryKind.CAPTURED, 1000_00, paid[-1])))
    reports = FakePaymentReports(
        known_disputes=[dispute(payment_id) for payment_id in (*paid, "pay_of_nobody")]
    )
    gateway.fail("payment", PaymentGatewayUnavailable("away"))
    activities = RazorpayNewsActivities(gateway, reports, desk.books, cast("OrderNews", desk.ears))
    told = await ActivityEnvironment().run(activities.tell_disputes, TellDisputesInput(now=NOON))
    assert told == Told(told=1, failed=1)
    assert len(desk.ears.heard) == 1

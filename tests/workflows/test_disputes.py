"""Disputes through the real workflow: told with their deadline, and true in the ledger."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from domain.attention import Attention, AttentionAction
from domain.events import EventType, OrderEvent
from domain.facts import same_fact
from domain.messages import CancelOrder, CheckoutAnswer, DisputeNews, ResolveAttention
from domain.money import format_inr
from domain.payment import GatewayDispute, PaymentStatus
from domain.status import OrderStatus
from domain.view import OrderView, fold
from tests.workflows.house import HAPPY, TERMS, Handle, House, eventually

CANCEL = CancelOrder(reason="changed my mind", by="customer")
QUICK = replace(TERMS, payment_window_s=4, late_payment_window_s=0, return_window_s=1)
OPENED = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Disputed:
    """A paid order and a dispute about its payment."""

    def __init__(self, house: House, answer: CheckoutAnswer, handle: Handle, paid: str) -> None:
        self.house, self.handle = house, handle
        self.order_id, self.total, self.payment_id = answer.order_id, answer.total_paise, paid

    async def tell(
        self, status: str, day: int = 0, paise: int | None = None, dispute_id: str = "disp_1"
    ) -> None:
        """Let Razorpay tell what has become of the dispute on a day."""
        amount = self.total if paise is None else paise
        dispute = GatewayDispute(
            dispute_id=dispute_id,
            payment_id=self.payment_id,
            amount_paise=amount,
            deducted_paise=amount if status == "lost" else 0,
            status=status,
            phase="chargeback",
            reason_code="goods_not_received",
            at=OPENED + timedelta(days=day),
            respond_by=OPENED + timedelta(days=7),
        )
        news = DisputeNews(dispute=dispute, payment=self.house.gateway.payments[self.payment_id])
        await self.house.orders.dispute_event(self.order_id, news)

    async def view(self) -> OrderView:
        view: OrderView | None = None
        for event in await self.house.events(self.order_id):
            view = fold(view, event)
        assert view is not None
        return view

    async def questions(self) -> list[Attention]:
        return list((await self.view()).attention)

    async def until_questions(self, count: int) -> list[Attention]:
        async def asked() -> bool:
            return len(await self.questions()) >= count

        await eventually(asked, f"{count} questions")
        return await self.questions()

    async def skip(self, attention_id: str) -> None:
        note = ResolveAttention(
            attention_id=attention_id, action=AttentionAction.SKIP, note="evidence sent"
        )
        await self.house.orders.resolve_attention(self.order_id, note, attention_id)

    async def disputes_told(self) -> list[str]:
        return [t for t in await self.house.types(self.order_id) if t.startswith("dispute")]


async def _packed(house: House) -> Disputed:
    answer, handle = await house.check_out(await house.placement(terms=QUICK))
    paid = await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    return Disputed(house, answer, handle, paid)


async def _completed(house: House) -> Disputed:
    order = await _packed(house)
    await house.move(order.order_id, *HAPPY)
    assert await order.handle.result() is OrderStatus.COMPLETED
    return order


async def test_a_dispute_is_told_to_ops_with_its_deadline(house: House) -> None:
    order = await _packed(house)
    for _ in range(2):
        await order.tell("open")
    [asked] = await order.until_questions(1)
    assert (asked.step, asked.respond_by) == ("dispute", OPENED + timedelta(days=7))
    assert f"claims {format_inr(order.total)} of {order.payment_id}" in asked.reason
    assert "answer by 30 Nov 2026 12:00 UTC" in asked.reason
    view = await order.view()
    assert [each.status for each in view.disputes] == ["open"]
    assert view.payment_status is PaymentStatus.PAID
    assert await order.disputes_told() == ["dispute_opened"]


@pytest.mark.parametrize("end", ["won", "closed"])
async def test_a_dispute_that_is_not_lost_closes_its_question_and_costs_nothing(
    house: House, end: str
) -> None:
    order = await _packed(house)
    await order.tell("open")
    await order.until_questions(1)
    await order.tell("under_review", day=1)
    await order.tell(end, day=9)
    await house.until_event(order.order_id, EventType.DISPUTE_CLOSED)
    view = await order.view()
    assert view.attention[0].note == f"Razorpay reports the dispute as {end}"
    assert ([d.status for d in view.disputes], view.payment_status) == ([end], PaymentStatus.PAID)


async def test_a_lost_dispute_takes_its_money_and_asks_about_the_parcel(house: House) -> None:
    order = await _packed(house)
    await order.tell("open")
    await order.tell("lost", day=9)
    questions = await order.until_questions(2)
    assert questions[0].resolved_at is not None
    assert "is lost, the order is not paid for any more" in questions[1].reason
    view = await order.view()
    assert view.payment_status is PaymentStatus.REFUNDED
    [loss] = [e for e in view.payments if e.kind.value == "dispute_lost"]
    assert (loss.amount_paise, loss.reference) == (order.total, "disp_1")
    assert await order.disputes_told() == ["dispute_opened", "dispute_closed"]


async def test_a_dispute_that_opens_and_ends_at_once_asks_nobody_for_an_answer(
    house: House,
) -> None:
    order = await _packed(house)
    await asyncio.gather(order.tell("open"), order.tell("won", day=9))
    await house.until_event(order.order_id, EventType.DISPUTE_CLOSED)
    assert [asked.resolved_at is None for asked in await order.questions()] in ([], [False])


@pytest.mark.parametrize("order_of_news", list(permutations(range(3))))
async def test_news_of_a_dispute_in_any_order_ends_alike(
    house: House, order_of_news: tuple[int, ...]
) -> None:
    order = await _packed(house)
    news = [("open", 0), ("under_review", 1), ("lost", 9)]
    for number in (*order_of_news, *order_of_news):
        await order.tell(*news[number])
    await house.until_event(order.order_id, EventType.DISPUTE_CLOSED)
    view = await order.view()
    assert [d.status for d in view.disputes] == ["lost"]
    assert [e.kind.value for e in view.payments] == ["captured", "dispute_lost"]
    assert await order.disputes_told() == ["dispute_opened", "dispute_closed"]


@pytest.mark.parametrize("end", ["lost", "won"])
async def test_disputed_money_is_not_refunded_until_the_dispute_has_ended(
    house: House, end: str
) -> None:
    order = await _packed(house)
    await order.tell("open")
    await order.until_questions(1)
    await house.orders.cancel(order.order_id, CANCEL, "k1")
    assert house.gateway.refunds == {}
    await order.tell(end, day=9)
    await house.until_event(order.order_id, EventType.DISPUTE_CLOSED)
    if end == "won":
        await house.until_event(order.order_id, EventType.REFUND_PROCESSED)
    refunds = [each["amount_paise"] for each in house.gateway.called("refund")]
    assert refunds == ([order.total] if end == "won" else [])
    assert (await order.view()).payment_status is PaymentStatus.REFUNDED


async def test_the_end_of_one_dispute_leaves_the_question_about_another_open(
    house: House,
) -> None:
    order = await _packed(house)
    await order.tell("open", paise=20_000)
    await order.tell("open", paise=10_000, dispute_id="disp_2")
    await order.until_questions(2)
    await order.tell("won", day=9, paise=20_000)
    await house.until_event(order.order_id, EventType.DISPUTE_CLOSED)
    assert [asked.resolved_at is None for asked in await order.questions()] == [False, True]
    assert len((await order.view()).disputes) == 2


async def test_a_part_in_dispute_leaves_the_rest_to_be_refunded(house: House) -> None:
    order = await _packed(house)
    await order.tell("open", paise=20_000)
    await order.until_questions(1)
    await house.orders.cancel(order.order_id, CANCEL, "k1")
    await house.until_event(order.order_id, EventType.REFUND_PROCESSED)
    await order.tell("lost", day=9, paise=20_000)
    await house.until_event(order.order_id, EventType.DISPUTE_CLOSED)
    refunds = [each["amount_paise"] for each in house.gateway.called("refund")]
    assert refunds == [order.total - 20_000]


async def test_a_dispute_lost_after_the_refund_is_raised_as_money_gone_twice(
    house: House,
) -> None:
    order = await _packed(house)
    await house.orders.cancel(order.order_id, CANCEL, "k1")
    await house.until_event(order.order_id, EventType.REFUND_PROCESSED)
    await order.tell("lost", day=9)
    [asked] = await order.until_questions(1)
    assert "the money went back twice" in asked.reason
    assert len(house.gateway.refunds) == 1


async def test_a_dispute_resumes_a_closed_order_and_stays_open_until_seen(house: House) -> None:
    order = await _completed(house)
    before: list[OrderEvent] = await house.events(order.order_id)
    await order.tell("open")
    [asked] = await order.until_questions(1)
    assert asked.resolved_at is None
    await order.skip("a1")
    resumed = house.handle(order.order_id)
    assert await resumed.result() is OrderStatus.COMPLETED
    after = await house.events(order.order_id)
    # A query of a closed run replays it, and a replayed event may differ in its moments.
    assert all(map(same_fact, before, after))
    assert [event.sequence for event in after] == list(range(1, len(after) + 1))

    await order.tell("won", day=9)
    assert await house.handle(order.order_id).result() is OrderStatus.COMPLETED
    assert await order.disputes_told() == ["dispute_opened", "dispute_closed"]


async def test_a_dispute_brings_the_capture_that_was_never_heard_of(house: House) -> None:
    answer, handle = await house.check_out(await house.placement(terms=QUICK))
    assert answer.payment is not None
    handover = house.gateway.pay(answer.payment.razorpay_order_id)
    order = Disputed(house, answer, handle, handover.razorpay_payment_id)
    await order.tell("open")
    await order.until_questions(1)
    assert (await house.types(answer.order_id)).count("payment_confirmed") == 1


async def test_a_dispute_about_a_payment_that_is_not_ours_changes_nothing(house: House) -> None:
    order = await _packed(house)
    payment = house.gateway.payments[order.payment_id]
    foreign = replace(payment, payment_id="pay_other", razorpay_order_id="order_other")
    house.gateway.payments["pay_other"] = foreign
    before = await house.types(order.order_id)
    await Disputed(house, _answer(order), order.handle, "pay_other").tell("open")
    await order.tell("under_review")
    assert await house.types(order.order_id) == [*before, "dispute_opened"]


def _answer(order: Disputed) -> CheckoutAnswer:
    return CheckoutAnswer(
        order_id=order.order_id,
        status=OrderStatus.PACKED,
        sequence=1,
        epoch=1,
        total_paise=order.total,
    )

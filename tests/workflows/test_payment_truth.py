"""The truth about payment, through the real workflow: whoever tells it, in any order."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.attention import AttentionAction
from domain.events import EventType
from domain.messages import CancelOrder, CheckoutAnswer, PaymentNews, ResolveAttention
from domain.payment import GatewayPayment, PaymentStatus
from domain.status import OrderStatus
from tests.workflows.house import TERMS, House

RAISED = EventType.ORDER_ATTENTION_RAISED
LIVES = {
    "captured at once": ("authorized", "captured"),
    "failed, then captured": ("failed", "captured"),
    "late authorisation": ("failed", "authorized", "captured"),
}


def _snapshots(payment: GatewayPayment, life: tuple[str, ...]) -> list[GatewayPayment]:
    """Return what Razorpay would tell of each step of a payment's life, ten seconds apart."""
    return [
        replace(
            payment,
            status=status,
            captured=status == "captured",
            at=payment.at + timedelta(seconds=10 * step),
        )
        for step, status in enumerate(life)
    ]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES)
async def test_webhooks_and_handovers_in_any_order_make_one_capture(
    house: House, life: tuple[str, ...], seed: int
) -> None:
    dice = random.Random(seed)
    answer, _ = await house.check_out(await house.placement())
    assert answer.payment is not None
    handover = house.gateway.pay(answer.payment.razorpay_order_id)
    news = _snapshots(house.gateway.payments[handover.razorpay_payment_id], life)
    house.gateway.payments[handover.razorpay_payment_id] = news[-1]
    heard = [*dice.choices(news, k=4), news[-1]]
    dice.shuffle(heard)
    for each in heard:
        await house.orders.payment_event(answer.order_id, PaymentNews(payment=each))
        if dice.random() < 0.5:
            await house.orders.confirm_payment(answer.order_id, handover)

    await house.until_status(answer.order_id, OrderStatus.PACKED)
    await house.orders.confirm_payment(answer.order_id, handover)

    events = await house.events(answer.order_id)
    assert events[-1].data.payment_status is PaymentStatus.PAID
    confirmed = [event for event in events if event.type is EventType.PAYMENT_CONFIRMED]
    assert [event.data.payment.amount_paise for event in confirmed if event.data.payment] == [
        answer.total_paise
    ]
    assert house.gateway.refunds == {}


async def test_the_last_of_several_attempts_pays(house: House) -> None:
    answer, _ = await house.check_out(await house.placement())
    for _ in range(2):
        await house.pay(answer, "failed")
    paid = await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    entries = [e.data.payment for e in await house.events(answer.order_id) if e.data.payment]
    assert [entry.kind.value for entry in entries] == ["failed", "failed", "captured"]
    assert entries[-1].reference == paid


async def _pay(house: House, answer: CheckoutAnswer, **differing: object) -> str:
    assert answer.payment is not None
    handover = house.gateway.pay(answer.payment.razorpay_order_id)
    payment_id = handover.razorpay_payment_id
    payment = house.gateway.payments[payment_id]
    house.gateway.payments[payment_id] = replace(payment, **differing)  # type: ignore[arg-type]
    await house.tell(answer.order_id, payment_id)
    return payment_id


async def test_too_little_confirms_nothing_and_goes_back(fast_house: House) -> None:
    house = fast_house
    answer, handle = await house.start(await house.placement())
    await _pay(house, answer, amount_paise=answer.total_paise - 1)
    assert await handle.result() is OrderStatus.EXPIRED
    assert EventType.ORDER_CONFIRMED not in [event.type for event in house.published()]
    refunds = house.gateway.called("refund")
    assert [each["amount_paise"] for each in refunds] == [answer.total_paise - 1]
    assert house.published()[-1].data.payment_status is PaymentStatus.REFUNDED


async def test_too_much_goes_back_and_the_order_goes_on(house: House) -> None:
    answer, _ = await house.check_out(await house.placement())
    await _pay(house, answer, amount_paise=answer.total_paise + 500)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    await house.until_event(answer.order_id, EventType.REFUND_PROCESSED)
    assert [each["amount_paise"] for each in house.gateway.called("refund")] == [500]


async def test_another_currency_confirms_nothing_and_is_raised_once(house: House) -> None:
    terms = replace(TERMS, payment_window_s=2, late_payment_window_s=0)
    answer, handle = await house.check_out(await house.placement(terms=terms))
    payment_id = await _pay(house, answer, currency="USD")
    await house.tell(answer.order_id, payment_id)
    await house.until_event(answer.order_id, RAISED)
    await house.until_status(answer.order_id, OrderStatus.EXPIRED)
    [asked] = [
        event.data.attention
        for event in await house.events(answer.order_id)
        if event.data.attention
    ]
    assert asked.reason.startswith(f"{payment_id} was captured in USD, not in INR")
    assert house.gateway.refunds == {}
    skip = ResolveAttention(attention_id="a1", action=AttentionAction.SKIP, note="rfnd_by_hand")
    await house.orders.resolve_attention(answer.order_id, skip, "k1")
    assert await handle.result() is OrderStatus.EXPIRED


@pytest.mark.parametrize("revive", [True, False])
async def test_a_late_capture_whose_webhook_was_lost_is_found_before_the_order_closes(
    fast_house: House, revive: bool
) -> None:
    house = fast_house
    terms = replace(TERMS, revive_late_payments=revive)
    answer, handle = await house.start(await house.placement(terms=terms))
    await house.skip(timedelta(hours=1))
    await house.until_status(answer.order_id, OrderStatus.EXPIRED)
    assert answer.payment is not None
    house.gateway.pay(answer.payment.razorpay_order_id)
    house.courier.deliver_everything = True

    ended = await handle.result()

    assert ended is (OrderStatus.COMPLETED if revive else OrderStatus.EXPIRED)
    refunds = [each["amount_paise"] for each in house.gateway.called("refund")]
    assert refunds == ([] if revive else [answer.total_paise])


async def test_a_capture_that_crossed_a_cancellation_is_found_and_refunded(house: House) -> None:
    terms = replace(TERMS, payment_window_s=3, late_payment_window_s=0)
    answer, handle = await house.check_out(await house.placement(terms=terms))
    await house.orders.cancel(answer.order_id, CancelOrder(reason="no", by="customer"), "k1")
    assert answer.payment is not None
    house.gateway.pay(answer.payment.razorpay_order_id)
    assert await handle.result() is OrderStatus.CANCELLED
    refunds = [each["amount_paise"] for each in house.gateway.called("refund")]
    assert refunds == [answer.total_paise]


@pytest.mark.parametrize("end", ["refunded", "failed", "captured"])
async def test_an_authorization_is_followed_to_its_end_and_nothing_is_sent_for_it(
    fast_house: House, end: str
) -> None:
    house = fast_house
    terms = replace(TERMS, revive_late_payments=False)
    answer, handle = await house.start(await house.placement(terms=terms))
    payment_id = await house.pay(answer, "authorized")
    await house.skip(timedelta(hours=2))
    await house.until_status(answer.order_id, OrderStatus.EXPIRED)
    last = replace(house.gateway.payments[payment_id], status=end, captured=end == "captured")
    house.gateway.payments[payment_id] = last

    assert await handle.result() is OrderStatus.EXPIRED

    status = house.published()[-1].data.payment_status
    assert status is (PaymentStatus.REFUNDED if end == "captured" else PaymentStatus.UNPAID)
    assert len(house.gateway.called("refund")) == (end == "captured")
    assert house.courier.booked == {}


async def test_an_authorization_that_never_ends_does_not_keep_the_run_open(
    fast_house: House,
) -> None:
    house = fast_house
    answer, handle = await house.start(await house.placement())
    await house.pay(answer, "authorized")
    assert await handle.result() is OrderStatus.EXPIRED
    looks = len(house.gateway.called("payments_of"))
    assert looks == 1 + 5 + 3, "at the window's end, its graces, and late"
    assert house.courier.booked == {}

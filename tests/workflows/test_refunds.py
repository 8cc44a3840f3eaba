"""Money going back: once, never more than came in, as fast as agreed, and by hand if need be."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.attention import AttentionAction
from domain.errors import CommandRefused, PaymentGatewayUnavailable
from domain.events import EventType
from domain.messages import CancelOrder, CheckoutAnswer, RefundNews, ResolveAttention
from domain.payment import GatewayRefund, PaymentStatus, RefundSpeed, RefundStatus, bank_reference
from domain.status import OrderStatus
from tests.workflows.house import TERMS, House, eventually
from tests.workflows.lines import CART, only, until_refunded, view_of

CANCEL = CancelOrder(reason="changed my mind", by="customer")


async def _packed(house: House, **terms: object) -> CheckoutAnswer:
    chosen = replace(TERMS, **terms)  # type: ignore[arg-type]
    answer, _ = await house.check_out(await house.placement(*CART, terms=chosen))
    await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    return answer


async def _from_dashboard(house: House, order_id: str, payment_id: str, paise: int) -> None:
    """Refund at Razorpay without us, and let the webhook tell."""
    made = GatewayRefund(
        refund_id=f"rfnd_dashboard{len(house.gateway.refunds)}",
        payment_id=payment_id,
        amount_paise=paise,
        status="processed",
        at=await house.now(),
    )
    house.gateway.refunds[made.refund_id] = made
    await house.orders.refund_event(order_id, RefundNews(refund=made))


def _gone(house: House, payment_id: str) -> int:
    refunds = house.gateway.refunds.values()
    return sum(refund.amount_paise for refund in refunds if refund.payment_id == payment_id)


# --- never more than came in, never twice --------------------------------------------------------


async def test_a_refund_is_split_over_payments_that_alone_have_too_little(house: House) -> None:
    answer = await _packed(house)
    (first,), total = house.gateway.payments, answer.total_paise
    await _from_dashboard(house, answer.order_id, first, 60_000)
    await house.until_event(answer.order_id, EventType.REFUND_PROCESSED)
    second = await house.pay(answer)
    await house.until_event(answer.order_id, EventType.REFUND_PROCESSED, times=2)
    assert (_gone(house, first), _gone(house, second)) == (60_000, total - 60_000)

    await house.orders.cancel(answer.order_id, CANCEL, "k1")
    await until_refunded(house, answer.order_id, total)
    asked = [(r["payment_id"], r["amount_paise"]) for r in house.gateway.called("refund")]
    assert asked[0] == (second, total - 60_000)
    # The last two go back side by side.
    assert sorted(asked[1:]) == sorted([(first, total - 60_000), (second, 60_000)])
    assert (_gone(house, first), _gone(house, second)) == (total, total)
    view = await view_of(house, answer.order_id)
    assert view.payment_status is PaymentStatus.REFUNDED


async def test_what_was_refunded_elsewhere_is_not_refunded_again(house: House) -> None:
    answer = await _packed(house)
    (payment_id,) = house.gateway.payments
    await _from_dashboard(house, answer.order_id, payment_id, 10_000)
    await house.until_event(answer.order_id, EventType.REFUND_PROCESSED)
    await house.orders.cancel(answer.order_id, CANCEL, "k1")
    await house.until_event(answer.order_id, EventType.REFUND_PROCESSED, times=2)
    assert _gone(house, payment_id) == answer.total_paise
    assert [r["amount_paise"] for r in house.gateway.called("refund")] == [
        answer.total_paise - 10_000
    ]


async def test_a_failed_refund_that_somebody_made_elsewhere_is_given_up(house: House) -> None:
    answer = await _packed(house)
    (payment_id,) = house.gateway.payments
    house.gateway.refuse_refunds = "invalid request sent"
    await house.orders.cancel(answer.order_id, CANCEL, "k1")
    await house.until_event(answer.order_id, EventType.REFUND_FAILED)
    house.gateway.refuse_refunds = None
    await _from_dashboard(house, answer.order_id, payment_id, answer.total_paise)
    await house.until_event(answer.order_id, EventType.ORDER_ATTENTION_RESOLVED)
    view = await view_of(house, answer.order_id)
    assert view.payment_status is PaymentStatus.REFUNDED
    assert _gone(house, payment_id) == answer.total_paise
    assert len(house.gateway.called("refund")) == 1


async def test_a_refund_in_flight_is_counted_before_the_next_one(house: House) -> None:
    house.gateway.refunds_settle_at_once = False
    answer = await _packed(house)
    await house.orders.cancel(answer.order_id, only(TEE=1), "k1")
    await house.until_refund_asked()
    await house.until_event(answer.order_id, EventType.DELIVERY_PACKED, times=2)
    await house.orders.cancel(answer.order_id, CANCEL, "k2")
    await house.until_refund_asked(2)
    assert sum(r.amount_paise for r in house.gateway.refunds.values()) == answer.total_paise
    for refund in list(house.gateway.refunds.values()):
        settled = house.gateway.settle_refund(refund.refund_id)
        await house.orders.refund_event(answer.order_id, RefundNews(refund=settled))
    await until_refunded(house, answer.order_id, answer.total_paise)
    view = await view_of(house, answer.order_id)
    assert {r.reason for r in view.refunds} == {"ordered too many", CANCEL.reason}


async def test_news_by_our_key_ends_a_refund_whose_answer_was_lost(house: House) -> None:
    house.gateway.refunds_settle_at_once = False
    house.gateway.lose_answer("refund", PaymentGatewayUnavailable("lost"), times=1)
    answer = await _packed(house)
    await house.orders.cancel(answer.order_id, CANCEL, "k1")
    await house.until_refund_asked()
    (made,) = house.gateway.refunds.values()
    told = replace(made, status="processed", reference="ARN74332746043")
    for news in (told, told, replace(told, status="pending")):
        await house.orders.refund_event(answer.order_id, RefundNews(refund=news))
    await house.until_event(answer.order_id, EventType.REFUND_PROCESSED)

    async def repeated() -> bool:
        return len(house.gateway.called("refund")) == 2

    await eventually(repeated, "the repeat with the same key")
    types = await house.types(answer.order_id)
    assert types.count("refund_processed") == 1
    (refund,) = (await view_of(house, answer.order_id)).refunds
    assert (refund.reference, refund.razorpay_refund_id) == ("ARN74332746043", made.refund_id)


# --- speed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", RefundSpeed)
async def test_refunds_are_asked_for_at_the_speed_of_the_orders_terms(
    house: House, speed: RefundSpeed
) -> None:
    answer = await _packed(house, refund_speed=speed)
    await house.orders.cancel(answer.order_id, CANCEL, "k1")
    await house.until_event(answer.order_id, EventType.REFUND_PROCESSED)
    assert [r["speed"] for r in house.gateway.called("refund")] == [speed]
    (refund,) = (await view_of(house, answer.order_id)).refunds
    assert (refund.speed, refund.speed_processed) == (speed, speed)

    async def told() -> bool:
        return any("refund is on its way" in mail.subject for mail in house.mail.mails)

    await eventually(told, "the mail")
    (mail,) = [m for m in house.mail.mails if "refund is on its way" in m.subject]
    assert ("within minutes" in mail.text) is (speed is RefundSpeed.INSTANT)


async def test_an_instant_refund_that_failed_is_retried_at_normal_speed(house: House) -> None:
    house.gateway.refuse_refunds = "the customer's account takes no instant refunds"
    answer = await _packed(house, refund_speed=RefundSpeed.INSTANT)
    await house.orders.cancel(answer.order_id, CANCEL, "k1")
    await house.until_event(answer.order_id, EventType.ORDER_ATTENTION_RAISED)
    house.gateway.refuse_refunds = None
    retry = ResolveAttention(attention_id="a1", action=AttentionAction.RETRY, note="")
    await house.orders.resolve_attention(answer.order_id, retry, "k2")
    await house.until_event(answer.order_id, EventType.REFUND_PROCESSED)
    asked = house.gateway.called("refund")
    assert [r["speed"] for r in asked] == [RefundSpeed.INSTANT, RefundSpeed.NORMAL]
    assert [r["key"] for r in asked] == [
        f"{answer.order_id}_refund_1",
        f"{answer.order_id}_refund_2",
    ]
    await until_refunded(house, answer.order_id, answer.total_paise)


# --- by hand -------------------------------------------------------------------------------------


@pytest.mark.parametrize("note", ["", "   ", "paid", "UTR 123", "I called the bank"])
async def test_a_refund_paid_by_hand_needs_the_banks_reference(house: House, note: str) -> None:
    house.gateway.refuse_refunds = "payment older than six months"
    answer = await _packed(house)
    await house.orders.cancel(answer.order_id, CANCEL, "k1")
    await house.until_event(answer.order_id, EventType.ORDER_ATTENTION_RAISED)
    skip = ResolveAttention(attention_id="a1", action=AttentionAction.SKIP, note=note)
    with pytest.raises(CommandRefused, match=r"^note: give the bank's reference \(UTR\)"):
        await house.orders.resolve_attention(answer.order_id, skip, "k2")
    paid = replace(skip, note="NEFT of today, UTR SBIN0001234567")
    await house.orders.resolve_attention(answer.order_id, paid, "k3")
    await until_refunded(house, answer.order_id, answer.total_paise)
    (refund,) = (await view_of(house, answer.order_id)).refunds
    assert (refund.status, refund.reference) == (RefundStatus.MANUAL, "SBIN0001234567")
    assert house.gateway.refunds == {}


@pytest.mark.parametrize(
    ("note", "reference"),
    [
        ("112233445566", "112233445566"),
        ("UTR: SBINR52026112300012345.", "SBINR52026112300012345"),
        ("paid on 23 Nov, RRN 330912", "330912"),
        ("by transfer", None),
        ("UTR 12345", None),
        ("ABCDEFGHIJ", None),
        ("9" * 36, None),
    ],
)
def test_a_bank_reference_is_found_in_a_note(note: str, reference: str | None) -> None:
    assert bank_reference(note) == reference


# --- a coupon of an order that is revived --------------------------------------------------------


async def test_a_revived_order_redeems_its_coupon_anew(fast_house: House) -> None:
    house = fast_house
    placement = await house.placement(coupon="WELCOME10")
    answer, handle = await house.start(placement)
    await house.skip(timedelta(hours=1))
    await house.until_status(answer.order_id, OrderStatus.EXPIRED)
    assert _granted(house) == 0
    house.courier.deliver_everything = True
    await house.pay(answer)
    assert await handle.result() is OrderStatus.COMPLETED
    assert _granted(house) == placement.quote.discount_paise > 0


async def test_a_spent_coupon_revives_no_order_and_its_money_goes_back(fast_house: House) -> None:
    house = fast_house
    before = house.free_units()
    answer, handle = await house.start(await house.placement(coupon="WELCOME10"))
    await house.skip(timedelta(hours=1))
    await house.until_status(answer.order_id, OrderStatus.EXPIRED)
    coupon = house.shop.coupons["WELCOME10"]
    spent = replace(coupon, granted_paise=coupon.budget_paise)
    house.shop.coupons["WELCOME10"] = spent
    await house.pay(answer)
    assert await handle.result() is OrderStatus.EXPIRED
    assert [r["amount_paise"] for r in house.gateway.called("refund")] == [answer.total_paise]
    assert house.shop.coupons["WELCOME10"] == spent
    assert house.free_units() == before


async def test_a_revival_without_stock_gives_its_coupon_back(fast_house: House) -> None:
    house = fast_house
    answer, handle = await house.start(await house.placement(coupon="WELCOME10"))
    await house.skip(timedelta(hours=1))
    await house.until_status(answer.order_id, OrderStatus.EXPIRED)
    house.shop.on_hand.clear()
    await house.pay(answer)
    assert await handle.result() is OrderStatus.EXPIRED
    assert _granted(house) == 0


def _granted(house: House) -> int:
    return house.shop.coupons["WELCOME10"].granted_paise

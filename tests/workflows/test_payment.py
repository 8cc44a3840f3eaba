import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.attention import AttentionAction
from domain.errors import CommandRefused, OrderNotFound, PaymentGatewayUnavailable
from domain.events import EventType
from domain.facts import same_fact
from domain.messages import CancelOrder, ConfirmPayment, RefundNews, ResolveAttention
from domain.status import OrderStatus
from tests.workflows.house import TERMS, House


async def test_an_order_that_nobody_pays_expires_and_gives_everything_back(
    fast_house: House,
) -> None:
    house = fast_house
    before = house.free_units()
    answer, handle = await house.start(await house.placement(coupon="WELCOME10"))
    assert await handle.result() is OrderStatus.EXPIRED
    assert house.free_units() == before
    assert house.shop.coupons["WELCOME10"].granted_paise == 0
    assert len(house.gateway.called("payments_of")) == 2  # at the end of each window
    assert EventType.ORDER_EXPIRED in [event.type for event in house.published()]
    assert answer.order_id in house.stores.archive


async def test_a_payment_whose_webhook_was_lost_is_found_at_the_end_of_the_window(
    fast_house: House,
) -> None:
    house = fast_house
    answer, handle = await house.start(await house.placement())
    assert answer.payment is not None
    house.gateway.pay(answer.payment.razorpay_order_id)
    house.courier.deliver_everything = True
    assert await handle.result() is OrderStatus.COMPLETED


async def test_an_attempt_that_is_still_open_extends_the_window(fast_house: House) -> None:
    house = fast_house
    answer, handle = await house.start(await house.placement())
    assert answer.payment is not None
    house.gateway.pay(answer.payment.razorpay_order_id, "authorized")
    house.gateway.fail_attempts_after_looks = 1

    assert await handle.result() is OrderStatus.EXPIRED

    events = {event.type: event for event in house.published()}
    opened = events[EventType.ORDER_PLACED].time
    waited = events[EventType.ORDER_EXPIRED].time - opened
    assert waited > timedelta(seconds=TERMS.payment_window_s) + timedelta(minutes=11)


async def test_a_failed_attempt_leaves_the_order_payable(house: House) -> None:
    answer, _ = await house.check_out(await house.placement())
    await house.pay(answer, "failed")
    await house.until_event(answer.order_id, EventType.PAYMENT_FAILED)
    await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)


async def test_webhook_handover_and_repeats_count_one_capture(house: House) -> None:
    answer, _ = await house.check_out(await house.placement())
    assert answer.payment is not None
    handover = house.gateway.pay(answer.payment.razorpay_order_id)
    for _ in range(2):
        await house.tell(answer.order_id, handover.razorpay_payment_id)
        confirmed = await house.orders.confirm_payment(answer.order_id, handover)
        assert confirmed.status is not OrderStatus.PENDING_PAYMENT
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    assert (await house.types(answer.order_id)).count("payment_confirmed") == 1


async def test_a_handover_that_overtakes_the_placing_waits_for_it(house: House) -> None:
    placement = await house.placement()
    house.gateway.lose_answer("create_order", PaymentGatewayUnavailable("no answer"), times=2)
    placing = asyncio.create_task(house.orders.checkout(placement))
    async with asyncio.timeout(20):
        while placement.order_id not in house.gateway.orders:  # noqa: ASYNC110 - a double
            await asyncio.sleep(0.05)
    handover = house.gateway.pay(house.gateway.orders[placement.order_id].razorpay_order_id)
    confirmed = await house.orders.confirm_payment(placement.order_id, handover)
    assert confirmed.status is not OrderStatus.PENDING_PAYMENT
    assert (await placing).payment is not None


async def test_a_failure_told_after_the_capture_changes_nothing(house: House) -> None:
    answer, _ = await house.check_out(await house.placement())
    payment_id = await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    captured = house.gateway.payments[payment_id]
    house.gateway.payments[payment_id] = replace(captured, status="failed", captured=False)
    await house.tell(answer.order_id, payment_id)
    assert "payment_failed" not in await house.types(answer.order_id)


async def test_a_forged_handover_is_refused(house: House) -> None:
    answer, _ = await house.check_out(await house.placement())
    assert answer.payment is not None
    forged = ConfirmPayment(
        razorpay_payment_id="pay_forged",
        razorpay_order_id=answer.payment.razorpay_order_id,
        razorpay_signature="0" * 64,
    )
    with pytest.raises(CommandRefused) as refused:
        await house.orders.confirm_payment(answer.order_id, forged)
    assert refused.value.type == "PaymentSignatureInvalid"


async def test_a_forged_handover_does_not_take_the_place_of_the_genuine_one(house: House) -> None:
    answer, _ = await house.check_out(await house.placement())
    assert answer.payment is not None
    genuine = house.gateway.pay(answer.payment.razorpay_order_id)
    with pytest.raises(CommandRefused):
        await house.orders.confirm_payment(
            answer.order_id, replace(genuine, razorpay_signature="0" * 64)
        )
    confirmed = await house.orders.confirm_payment(answer.order_id, genuine)
    assert confirmed.status is not OrderStatus.PENDING_PAYMENT


async def test_a_command_repeated_after_the_end_gets_its_first_answer(house: House) -> None:
    terms = replace(TERMS, payment_window_s=2, late_payment_window_s=0)
    answer, handle = await house.check_out(await house.placement(terms=terms))
    command = CancelOrder(reason="changed my mind", by="customer")
    first = await house.orders.cancel(answer.order_id, command, "k1")
    await handle.result()
    assert await house.orders.cancel(answer.order_id, command, "k1") == first
    with pytest.raises(OrderNotFound):
        await house.orders.cancel(answer.order_id, command, "k2")


async def test_a_handover_of_another_order_is_refused(house: House) -> None:
    mine, _ = await house.check_out(await house.placement())
    other, _ = await house.check_out(await house.placement())
    assert other.payment is not None
    handover = house.gateway.pay(other.payment.razorpay_order_id)
    with pytest.raises(CommandRefused, match="another order"):
        await house.orders.confirm_payment(mine.order_id, handover)


async def test_a_second_capture_is_refunded_and_the_first_kept(house: House) -> None:
    answer, _ = await house.check_out(await house.placement())
    await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    second = await house.pay(answer)
    await house.until_event(answer.order_id, EventType.REFUND_PROCESSED)
    refunds = house.gateway.called("refund")
    assert [r["amount_paise"] for r in refunds] == [answer.total_paise]
    assert refunds[0]["key"] == f"{answer.order_id}_refund_1"
    assert second in house.gateway.payments


async def test_money_that_comes_after_expiry_revives_the_order(fast_house: House) -> None:
    house = fast_house
    answer, handle = await house.start(await house.placement())
    await house.skip(timedelta(hours=1))
    await house.until_status(answer.order_id, OrderStatus.EXPIRED)
    house.courier.deliver_everything = True
    await house.pay(answer)
    assert await handle.result() is OrderStatus.COMPLETED
    types = [event.type.value for event in house.published()]
    assert types.index("order_revived") == types.index("order_confirmed") - 1


@pytest.mark.parametrize("reason", ["no stock", "not a setting"])
async def test_late_money_that_cannot_revive_the_order_goes_back(
    fast_house: House, reason: str
) -> None:
    house = fast_house
    terms = replace(TERMS, revive_late_payments=reason == "no stock")
    answer, handle = await house.start(await house.placement(terms=terms))
    await house.skip(timedelta(hours=1))
    await house.until_status(answer.order_id, OrderStatus.EXPIRED)
    house.shop.on_hand.clear()
    await house.pay(answer)
    assert await handle.result() is OrderStatus.EXPIRED
    assert [r["amount_paise"] for r in house.gateway.called("refund")] == [answer.total_paise]
    assert house.published()[-2].type is EventType.REFUND_PROCESSED


async def test_money_for_a_closed_order_resumes_it_and_goes_back(fast_house: House) -> None:
    house = fast_house
    answer, handle = await house.start(await house.placement())
    assert await handle.result() is OrderStatus.EXPIRED
    before = house.published()

    house.shop.on_hand.clear()
    await house.pay(answer)
    resumed = house.handle(answer.order_id)
    assert await resumed.result() is OrderStatus.EXPIRED

    after = house.published()
    assert all(map(same_fact, before, after))
    assert [event.sequence for event in after] == list(range(1, len(after) + 1))
    assert EventType.REFUND_PROCESSED in [event.type for event in after[len(before) :]]


async def test_a_pending_refund_ends_with_its_webhook(house: House) -> None:
    house.gateway.refunds_settle_at_once = False
    answer, _ = await house.check_out(await house.placement())
    await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    await house.pay(answer)
    await house.until_event(answer.order_id, EventType.REFUND_INITIATED)
    await house.until_refund_known(answer.order_id)
    refund_id = next(iter(house.gateway.refunds.values())).refund_id
    news = RefundNews(refund=house.gateway.settle_refund(refund_id))
    for _ in range(2):
        await house.orders.refund_event(answer.order_id, news)
    await house.until_event(answer.order_id, EventType.REFUND_PROCESSED)
    assert (await house.types(answer.order_id)).count("refund_processed") == 1


async def test_a_refund_told_of_before_its_answer_arrives_is_not_forgotten(house: House) -> None:
    house.gateway.refunds_settle_at_once = False
    house.gateway.lose_answer("refund", PaymentGatewayUnavailable("lost"), times=2)
    answer, _ = await house.check_out(await house.placement())
    await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    await house.pay(answer)
    await house.until_event(answer.order_id, EventType.REFUND_INITIATED)
    await house.until_refund_asked()
    early = replace(next(iter(house.gateway.refunds.values())), status="processed")
    for news in (early, replace(early, status="pending")):
        await house.orders.refund_event(answer.order_id, RefundNews(refund=news))
    await house.until_event(answer.order_id, EventType.REFUND_PROCESSED)
    assert len(house.gateway.refunds) == 1


@pytest.mark.parametrize("action", [AttentionAction.RETRY, AttentionAction.SKIP])
async def test_a_rejected_refund_waits_for_a_person(house: House, action: AttentionAction) -> None:
    house.gateway.refuse_refunds = "payment older than six months"
    answer, _ = await house.check_out(await house.placement())
    await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    await house.pay(answer)
    await house.until_event(answer.order_id, EventType.ORDER_ATTENTION_RAISED)

    house.gateway.refuse_refunds = None
    command = ResolveAttention(attention_id="a1", action=action, note="UTR 112233445566")
    await house.orders.resolve_attention(answer.order_id, command, "k1")

    await house.until_event(answer.order_id, EventType.REFUND_PROCESSED)
    done = [r for r in house.gateway.refunds.values() if r.status == "processed"]
    assert len(done) == (1 if action is AttentionAction.RETRY else 0)


async def test_an_answer_that_is_not_offered_is_refused(house: House) -> None:
    answer, _ = await house.check_out(await house.placement())
    command = ResolveAttention(attention_id="a9", action=AttentionAction.RETRY, note="")
    with pytest.raises(CommandRefused, match="'a9' is open"):
        await house.orders.resolve_attention(answer.order_id, command, "k1")

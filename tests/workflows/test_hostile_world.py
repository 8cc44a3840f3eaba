"""What the world does although it should not: contradictions, bad moments, outsiders."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateStage

from domain import ids
from domain.attention import AttentionAction
from domain.cart import PaymentMethod
from domain.errors import (
    CommandRefused,
    DocumentRefused,
    MailRefused,
    PaymentGatewayUnavailable,
)
from domain.events import EventType
from domain.messages import CancelOrder, CheckoutAnswer, OrderInput, RefundNews, ResolveAttention
from domain.order import OrderState
from domain.payment import GatewayRefund, Refund, RefundStatus
from domain.payment_truth import entry_of
from domain.ports import Remittance
from domain.shipment import CourierUpdate, ShipmentState
from domain.snapshot import Cancellation
from domain.status import OrderStatus
from tests.workflows.house import HAPPY, TERMS, House
from workflows import policies
from workflows.order import CHECKOUT, OrderWorkflow
from workflows.policies import ORDERS_QUEUE

S = ShipmentState
CANCEL = CancelOrder(reason="changed my mind", by="customer")
RAISED = EventType.ORDER_ATTENTION_RAISED
SKIP = ResolveAttention(attention_id="a1", action=AttentionAction.SKIP, note="settled by hand")


async def _packed(house: House) -> str:
    answer, _ = await house.check_out(await house.placement())
    await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    return answer.order_id


async def test_a_cancelled_parcel_that_moves_all_the_same_is_raised(house: House) -> None:
    order_id = await _packed(house)
    await house.orders.cancel(order_id, CANCEL, "k1")
    await house.until_event(order_id, EventType.REFUND_PROCESSED)
    await house.move(order_id, S.SHIPPED, S.SHIPPED)
    await house.until_event(order_id, RAISED)
    assert (await house.types(order_id)).count(RAISED.value) == 1
    await house.orders.resolve_attention(order_id, SKIP, "k2")


async def test_a_parcel_that_the_courier_cancels_on_its_way_is_raised(house: House) -> None:
    order_id = await _packed(house)
    await house.move(order_id, S.SHIPPED, S.CANCELLED)
    await house.until_event(order_id, RAISED)
    assert (await house.status(order_id)).status is OrderStatus.SHIPPED


async def test_a_parcel_on_its_way_back_may_be_delivered_after_all(house: House) -> None:
    order_id = await _packed(house)
    await house.move(order_id, S.SHIPPED, S.RTO_INITIATED, S.DELIVERED)
    await house.until_status(order_id, OrderStatus.DELIVERED)
    assert house.gateway.called("refund") == []


async def test_what_lies_ahead_is_believed_whatever_its_time(house: House) -> None:
    order_id = await _packed(house)
    await house.move(order_id, S.SHIPPED, S.OUT_FOR_DELIVERY)
    awb = house.courier.booked[ids.seller_reference(order_id, 1)].awb
    earlier = datetime.now(UTC) - timedelta(hours=1)
    update = CourierUpdate(shipment=1, awb=awb, state=S.DELIVERED, at=earlier)
    await house.orders.courier_event(order_id, update)
    await house.until_status(order_id, OrderStatus.DELIVERED)


async def test_a_parcel_that_stays_silent_is_given_up_by_a_person_and_refunded(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "PARCEL_SILENCE", timedelta(seconds=0.5))
    order_id = await _packed(house)
    await house.move(order_id, S.SHIPPED)
    await house.until_event(order_id, RAISED)
    await house.orders.resolve_attention(order_id, SKIP, "k1")
    await house.until_event(order_id, EventType.REFUND_PROCESSED)
    assert len(house.gateway.called("refund")) == 1


async def test_money_that_comes_while_the_run_closes_is_not_archived_and_forgotten(
    house: House,
) -> None:
    terms = replace(TERMS, payment_window_s=2, late_payment_window_s=0)
    answer, handle = await house.check_out(await house.placement(terms=terms))
    await house.orders.cancel(answer.order_id, CANCEL, "k1")
    await house.until_archived()
    await house.pay(answer)
    assert await handle.result() is OrderStatus.CANCELLED
    assert [r.amount_paise for r in house.gateway.refunds.values()] == [answer.total_paise]
    assert house.stores.archive[answer.order_id].ledger.kept_paise == 0


async def test_late_money_while_the_run_closes_still_revives_the_order(house: House) -> None:
    terms = replace(TERMS, payment_window_s=2, late_payment_window_s=0)
    answer, _ = await house.check_out(await house.placement(terms=terms))
    await house.until_archived()
    await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)


@pytest.mark.parametrize("status", [RefundStatus.INITIATED, RefundStatus.FAILED])
async def test_a_refund_left_open_by_an_earlier_run_is_carried_on(
    house: House, status: RefundStatus
) -> None:
    """The state of a cancelled order as continue-as-new would carry it, its refund half done."""
    placement = await house.placement()
    order = await house.gateway.create_order(
        placement.order_id, placement.quote.total_paise, placement.placed_at
    )
    payment = house.gateway.payments[house.gateway.pay(order.razorpay_order_id).razorpay_payment_id]
    state = OrderState.of(placement)
    entry = entry_of(payment)
    assert entry is not None
    state.payment_order, state.ledger = order, state.ledger.record(entry)
    state.payment_deadline = state.cancelled_at = placement.placed_at
    state.cancellation = Cancellation(reason="no", by="customer", at=placement.placed_at)
    state.emit(EventType.ORDER_CANCELLED, placement.placed_at, cancellation=state.cancellation)
    state.refunds[1] = Refund(
        number=1,
        key=ids.refund_key(placement.order_id, 1),
        payment_id=payment.payment_id,
        amount_paise=payment.amount_paise,
        reason="no",
        status=status,
        requested_at=placement.placed_at,
    )
    await house.client.start_workflow(
        OrderWorkflow.run,
        OrderInput(resumed=state),
        id=ids.workflow_id(placement.order_id),
        task_queue=ORDERS_QUEUE,
    )
    if status is RefundStatus.FAILED:
        await house.until_event(placement.order_id, RAISED)
        retry = replace(SKIP, action=AttentionAction.RETRY)
        await house.orders.resolve_attention(placement.order_id, retry, "k1")
    await house.until_event(placement.order_id, EventType.REFUND_PROCESSED)
    assert [r.amount_paise for r in house.gateway.refunds.values()] == [payment.amount_paise]


async def test_a_refund_made_outside_stops_an_unpaid_order_from_going_out_unseen(
    house: House,
) -> None:
    answer, _ = await house.check_out(await house.placement())
    payment_id = await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    foreign = GatewayRefund(
        refund_id="rfnd_dashboard",
        payment_id=payment_id,
        amount_paise=answer.total_paise,
        status="processed",
        at=datetime.now(UTC),
    )
    await house.orders.refund_event(answer.order_id, RefundNews(refund=foreign))
    await house.until_event(answer.order_id, EventType.REFUND_PROCESSED)
    await house.until_event(answer.order_id, RAISED)
    await house.orders.cancel(answer.order_id, CANCEL, "k1")
    await house.until_event(answer.order_id, EventType.ORDER_CANCELLED)
    assert house.gateway.refunds == {}


async def test_a_payment_refunded_before_we_heard_of_it_confirms_nothing(
    fast_house: House,
) -> None:
    house = fast_house
    answer, handle = await house.start(await house.placement())
    assert answer.payment is not None
    handover = house.gateway.pay(answer.payment.razorpay_order_id)
    paid = house.gateway.payments[handover.razorpay_payment_id]
    house.gateway.payments[paid.payment_id] = replace(paid, status="refunded")
    assert await handle.result() is OrderStatus.EXPIRED
    assert house.courier.booked == {}


async def test_a_cancellation_while_placing_is_answered_when_placing_fails(
    fast_house: House,
) -> None:
    house = fast_house
    house.gateway.fail("create_order", PaymentGatewayUnavailable("away"), times=10_000)
    placement = await house.placement()
    handle = await house.client.start_workflow(
        OrderWorkflow.run,
        OrderInput(placement=placement),
        id=ids.workflow_id(placement.order_id),
        task_queue=ORDERS_QUEUE,
    )
    checkout = await handle.start_update(
        CHECKOUT,
        id=CHECKOUT,
        result_type=CheckoutAnswer,
        wait_for_stage=WorkflowUpdateStage.ACCEPTED,
    )
    cancel = await handle.start_update(
        OrderWorkflow.cancel, CANCEL, wait_for_stage=WorkflowUpdateStage.ACCEPTED
    )
    assert await handle.result() is None
    refusal = (await checkout.result()).refusal
    assert refusal is not None
    assert refusal.type == "PaymentRejected"
    with pytest.raises(WorkflowUpdateFailedError):
        await cancel.result()


async def test_a_refused_credit_note_of_a_cancelled_order_waits_for_a_person(
    house: House,
) -> None:
    order_id = await _packed(house)
    house.register.fail("register", DocumentRefused("the series is closed"))
    cancelled = await house.orders.cancel(order_id, CANCEL, "k1")
    assert cancelled.status is OrderStatus.CANCELLED
    await house.until_event(order_id, RAISED)
    assert "order_attention_resolved" not in await house.types(order_id)


async def test_an_invoice_cannot_be_skipped(house: House) -> None:
    house.register.fail("register", DocumentRefused("the series is closed"))
    answer, _ = await house.check_out(await house.placement())
    await house.pay(answer)
    await house.until_event(answer.order_id, RAISED)
    with pytest.raises(CommandRefused, match="choose retry, cancel"):
        await house.orders.resolve_attention(answer.order_id, SKIP, "k1")


async def test_a_short_remittance_is_raised_and_then_settled(house: House) -> None:
    terms = replace(TERMS, return_window_s=1)
    placement = await house.placement(method=PaymentMethod.COD, terms=terms)
    answer, handle = await house.check_out(placement)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    booking = house.courier.booked[ids.seller_reference(answer.order_id, 1)]
    house.courier.remittances[booking.courier_order_id] = Remittance(
        amount_paise=answer.total_paise - 40_00, utr="UTR1", at=datetime.now(UTC)
    )
    await house.move(answer.order_id, *HAPPY)
    await house.until_event(answer.order_id, RAISED)
    await house.orders.resolve_attention(answer.order_id, SKIP, "k1")
    assert await handle.result() is OrderStatus.COMPLETED


async def test_an_attempt_that_never_ends_does_not_keep_the_stock_for_ever(
    fast_house: House,
) -> None:
    house = fast_house
    answer, handle = await house.start(await house.placement())
    assert answer.payment is not None
    house.gateway.pay(answer.payment.razorpay_order_id, "created")
    assert await handle.result() is OrderStatus.EXPIRED
    assert len(house.gateway.called("payments_of")) < 10


async def test_a_pending_refund_does_not_hold_up_the_next(house: House) -> None:
    house.gateway.refunds_settle_at_once = False
    answer, _ = await house.check_out(await house.placement())
    await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    for _ in range(2):
        await house.pay(answer)
    await house.until_refund_asked(times=2)
    assert "refund_processed" not in await house.types(answer.order_id)


async def test_a_refund_that_the_bank_returns_is_raised_and_sent_again(house: House) -> None:
    order_id = await _packed(house)
    await house.orders.cancel(order_id, CANCEL, "k1")
    await house.until_event(order_id, EventType.REFUND_PROCESSED)
    made = next(iter(house.gateway.refunds.values()))
    returned = replace(made, status="failed")
    await house.orders.refund_event(order_id, RefundNews(refund=returned))
    await house.until_event(order_id, RAISED)
    retry = replace(SKIP, action=AttentionAction.RETRY)
    house.gateway.payments = {
        key: replace(payment, status="captured") for key, payment in house.gateway.payments.items()
    }
    house.gateway.refunds = {}
    await house.orders.resolve_attention(order_id, retry, "k3")
    await house.until_event(order_id, EventType.REFUND_PROCESSED, times=2)


async def test_money_on_its_way_back_revives_nothing(fast_house: House) -> None:
    house = fast_house
    house.gateway.refunds_settle_at_once = False
    answer, _ = await house.start(await house.placement())
    await house.skip(timedelta(hours=1))
    await house.until_status(answer.order_id, OrderStatus.EXPIRED)
    stock = dict(house.shop.on_hand)
    house.shop.on_hand.clear()
    await house.pay(answer)
    await house.until_refund_asked()
    house.shop.on_hand.update(stock)
    await house.pay(answer, "failed")
    await house.until_event(answer.order_id, EventType.PAYMENT_FAILED)
    assert (await house.status(answer.order_id)).status is OrderStatus.EXPIRED
    assert house.courier.booked == {}


async def test_a_mail_that_ops_mended_does_not_silence_the_later_ones(house: House) -> None:
    house.mail.fail("send", MailRefused("550 no such mailbox"), times=1)
    answer, _ = await house.check_out(await house.placement())
    await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    retry = replace(SKIP, action=AttentionAction.RETRY)
    await house.orders.resolve_attention(answer.order_id, retry, "k1")
    await house.until_event(answer.order_id, EventType.ORDER_ATTENTION_RESOLVED)
    await house.move(answer.order_id, *HAPPY)
    await house.until_event(answer.order_id, EventType.DELIVERY_DELIVERED)
    await house.until_mails(4)


async def test_an_order_whose_parcel_the_courier_cancels_is_cancelled_and_told(
    house: House,
) -> None:
    order_id = await _packed(house)
    await house.move(order_id, S.CANCELLED)
    await house.until_event(order_id, EventType.ORDER_CANCELLED)
    await house.until_event(order_id, EventType.REFUND_PROCESSED)
    assert (await house.status(order_id)).status is OrderStatus.CANCELLED

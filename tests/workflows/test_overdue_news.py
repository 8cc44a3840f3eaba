"""With every webhook lost, a round over the watch tells the orders what they do not know."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.cart import PaymentMethod
from domain.errors import CommandRefused, StoreUnavailable
from domain.events import EventType
from domain.messages import CancelOrder
from domain.overdue import Concern, OverdueTerms
from domain.payment import GatewayDispute
from domain.shipment import CourierUpdate, ShipmentState
from domain.status import OrderStatus
from tests.workflows.house import TERMS, House, eventually
from workflows.overdue_news import OverdueNewsWorkflow, OverdueRound
from workflows.policies import SCHEDULES_QUEUE

AT_ONCE = OverdueTerms(payment_s=0, refund_s=0, parcel_s=0, payable_s=3600, longest_s=0)
A_DAY = 86_400.0


async def round_over(house: House, **more: Any) -> OverdueRound:
    """Run one round."""
    values: dict[str, Any] = {"terms": AT_ONCE, "every_s": A_DAY}
    return await house.client.execute_workflow(
        OverdueNewsWorkflow.run,
        OverdueRound(**values | more),
        id=f"overdue-{uuid4().hex}",
        task_queue=SCHEDULES_QUEUE,
    )


async def until_known(house: House, order_id: str, event_type: EventType) -> None:
    """Wait until the read model would know of an event."""

    async def published() -> bool:
        return any(
            (event.order_id, event.type) == (order_id, event_type) for event in house.published()
        )

    await eventually(published, f"{event_type} published")


async def place(house: House, **more: Any) -> tuple[str, str]:
    """Place a prepaid order; return its id and its Razorpay order."""
    answer, _ = await house.check_out(await house.placement(**more))
    assert answer.payment is not None
    await until_known(house, answer.order_id, EventType.PAYMENT_REQUESTED)
    return answer.order_id, answer.payment.razorpay_order_id


async def test_a_payment_that_nobody_told_of_is_found(house: House) -> None:
    order_id, razorpay_order_id = await place(house)
    house.gateway.pay(razorpay_order_id)
    done = await round_over(house)
    assert (done.asked, done.told.told, done.told.failed, done.unanswered) == (1, 1, 0, 0)
    await house.until_event(order_id, EventType.ORDER_CONFIRMED)


async def test_an_order_that_knows_all_is_left_in_peace(house: House) -> None:
    order_id, razorpay_order_id = await place(house)
    handover = house.gateway.pay(razorpay_order_id, "failed")
    await house.tell(order_id, handover.razorpay_payment_id)
    await until_known(house, order_id, EventType.PAYMENT_FAILED)
    done = await round_over(house)
    assert (done.asked, done.told.told) == (1, 0)
    history = await house.handle(order_id).fetch_history()
    signals = [
        e for e in history.events if e.HasField("workflow_execution_signaled_event_attributes")
    ]
    assert len(signals) == 1, "only the news that the order was told by its webhook"


async def test_one_order_that_fails_stops_no_other(house: House) -> None:
    broken, _ = await place(house)
    order_id, razorpay_order_id = await place(house)
    del house.gateway.orders[broken]
    house.gateway.pay(razorpay_order_id)
    done = await round_over(house)
    assert (done.asked, done.unanswered, done.told.told) == (2, 1, 1)
    await house.until_event(order_id, EventType.ORDER_CONFIRMED)
    assert Concern.PAYMENTS not in house.watch.watched[broken].asked
    assert Concern.PAYMENTS in house.watch.watched[order_id].asked


async def test_a_long_round_goes_on_page_by_page_in_run_after_run(house: House) -> None:
    placed = [await place(house) for _ in range(3)]
    for _, razorpay_order_id in placed:
        house.gateway.pay(razorpay_order_id)
    done = await round_over(house, page=1, pages_per_run=1)
    assert (done.asked, done.told.told) == (3, 3)


async def test_a_refund_that_nobody_told_of_is_found_by_its_key(house: House) -> None:
    house.gateway.refunds_settle_at_once = False
    order_id, razorpay_order_id = await place(house)
    twice = [house.gateway.pay(razorpay_order_id) for _ in range(2)]
    for handover in twice:
        await house.tell(order_id, handover.razorpay_payment_id)
    await house.until_refund_asked()
    await until_known(house, order_id, EventType.REFUND_INITIATED)
    (made,) = house.gateway.refunds.values()
    assert (await round_over(house)).told.told == 0
    house.gateway.settle_refund(made.refund_id)
    assert (await round_over(house)).told.told == 1
    await house.until_event(order_id, EventType.REFUND_PROCESSED)


async def test_money_that_came_after_the_end_of_the_window_goes_back(house: House) -> None:
    hurried = replace(TERMS, payment_window_s=1, revive_late_payments=False)
    order_id, razorpay_order_id = await place(house, terms=hurried)
    await house.until_status(order_id, OrderStatus.EXPIRED)
    house.gateway.pay(razorpay_order_id)
    assert (await round_over(house)).told.told == 1
    await house.until_event(order_id, EventType.REFUND_PROCESSED)


async def test_a_parcel_that_nobody_told_of_is_found(house: House) -> None:
    answer, _ = await house.check_out(await house.placement(method=PaymentMethod.COD))
    order_id = answer.order_id
    await until_known(house, order_id, EventType.DELIVERY_PACKED)
    (booking,) = house.courier.booked.values()
    house.courier.tracking[booking.awb] = CourierUpdate(
        shipment=1, awb=booking.awb, state=ShipmentState.DELIVERED, at=datetime.now(UTC)
    )
    assert (await round_over(house)).told.told == 1
    await house.until_event(order_id, EventType.COD_COLLECTED)


async def test_a_dispute_that_nobody_told_of_is_found_once_an_hour(house: House) -> None:
    order_id, razorpay_order_id = await place(house)
    payment_id = house.gateway.pay(razorpay_order_id).razorpay_payment_id
    await house.tell(order_id, payment_id)
    await until_known(house, order_id, EventType.PAYMENT_CONFIRMED)
    now = datetime.now(UTC)
    house.payment_reports.known_disputes.append(
        GatewayDispute(
            dispute_id="disp_1",
            payment_id=payment_id,
            amount_paise=100,
            deducted_paise=0,
            status="open",
            phase="chargeback",
            reason_code="fraud",
            at=now,
            respond_by=now + timedelta(days=7),
        )
    )
    an_hour_turns = 2 * now.timestamp()
    assert (await round_over(house, every_s=an_hour_turns)).told.told == 1
    await house.until_event(order_id, EventType.DISPUTE_OPENED)
    await until_known(house, order_id, EventType.DISPUTE_OPENED)
    assert (await round_over(house, every_s=an_hour_turns)).told.told == 0
    assert len(house.payment_reports.called("disputes")) == 2
    await round_over(house, every_s=now.timestamp())
    assert len(house.payment_reports.called("disputes")) == 2


@pytest.mark.parametrize("state", [ShipmentState.DELIVERED, ShipmentState.LOST])
async def test_a_cancellation_is_answered_when_the_parcel_ends_in_one_jump(
    house: House, state: ShipmentState
) -> None:
    house.register.fail("register", StoreUnavailable("failover"), times=2)
    answer, _ = await house.check_out(await house.placement(method=PaymentMethod.COD))
    await house.until_event(answer.order_id, EventType.DELIVERY_BOOKED)
    command = CancelOrder(reason="no", by="customer")
    cancelling = asyncio.create_task(house.orders.cancel(answer.order_id, command, "k"))
    await asyncio.sleep(0.3)
    await house.move(answer.order_id, state)
    with pytest.raises(CommandRefused, match="picked up"):
        await cancelling

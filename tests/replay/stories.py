"""Lives of orders that are kept as histories: each is played to its end in a house of fakes."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

from domain import ids
from domain.attention import AttentionAction
from domain.cart import PaymentMethod
from domain.events import EventType
from domain.messages import (
    CancelOrder,
    DecidePayout,
    DisputeNews,
    ProposePayout,
    RecordPayout,
    ResolveAttention,
)
from domain.payment import GatewayDispute
from domain.payouts import Beneficiary, PayoutDecision
from domain.ports import Remittance
from domain.shipment import ShipmentLine, ShipmentState
from domain.status import OrderStatus
from tests.workflows.house import HAPPY, TERMS, Handle, House, eventually

QUICK = replace(TERMS, payment_window_s=5, late_payment_window_s=0, return_window_s=6)
IMPATIENT = replace(TERMS, payment_window_s=1, late_payment_window_s=5, return_window_s=2)

Story = Callable[[House], Awaitable[Handle]]


async def prepaid(house: House) -> Handle:
    """Paid by hand-over and webhook, delivered, completed."""
    answer, handle = await house.check_out(await house.placement(terms=QUICK))
    assert answer.payment is not None
    handover = house.gateway.pay(answer.payment.razorpay_order_id)
    await house.orders.confirm_payment(answer.order_id, handover)
    await house.tell(answer.order_id, handover.razorpay_payment_id)
    await _deliver(house, answer.order_id)
    return await _ended(handle, OrderStatus.COMPLETED)


async def cash_on_delivery(house: House) -> Handle:
    """Delivered for cash, which the courier pays out."""
    placement = await house.placement(method=PaymentMethod.COD, terms=QUICK)
    answer, handle = await house.check_out(placement)
    await _packed(house, answer.order_id)
    booking = house.courier.booked[ids.seller_reference(answer.order_id, 1)]
    house.courier.remittances[booking.courier_order_id] = Remittance(
        amount_paise=answer.total_paise, utr="UTR0001", at=datetime.now(UTC)
    )
    await _deliver(house, answer.order_id)
    return await _ended(handle, OrderStatus.COMPLETED)


async def cancelled(house: House) -> Handle:
    """Cancelled by the customer before its pickup, with a coupon; refunded and restocked."""
    answer, handle = await house.check_out(await house.placement(coupon="WELCOME10", terms=QUICK))
    await house.pay(answer)
    await _packed(house, answer.order_id)
    await house.orders.cancel(answer.order_id, CancelOrder(reason="no", by="customer"), "k1")
    return await _ended(handle, OrderStatus.CANCELLED)


async def expired(house: House) -> Handle:
    """Never paid, after one failed attempt."""
    answer, handle = await house.check_out(await house.placement(terms=IMPATIENT))
    await house.pay(answer, "failed")
    return await _ended(handle, OrderStatus.EXPIRED)


async def courier_refused(house: House) -> Handle:
    """Refused by the courier, corrected by ops, then delivered after a failed attempt."""
    house.courier.refusals = ["the address is incomplete"]
    answer, handle = await house.check_out(await house.placement(terms=QUICK))
    await house.pay(answer)
    await house.until_event(answer.order_id, EventType.ORDER_ATTENTION_RAISED)
    retry = ResolveAttention(attention_id="a1", action=AttentionAction.RETRY, note="corrected")
    await house.orders.resolve_attention(answer.order_id, retry, "k1")
    await _packed(house, answer.order_id)
    missed = (ShipmentState.OUT_FOR_DELIVERY, ShipmentState.ATTEMPT_FAILED)
    await _move(house, answer.order_id, *missed)
    await _move(house, answer.order_id, ShipmentState.DELIVERED)
    return await _ended(handle, OrderStatus.COMPLETED)


async def revived(house: House) -> Handle:
    """Expired, then paid late, revived and delivered."""
    answer, handle = await house.check_out(await house.placement(terms=IMPATIENT))
    await house.until_status(answer.order_id, OrderStatus.EXPIRED)
    await house.pay(answer)
    await _deliver(house, answer.order_id)
    return await _ended(handle, OrderStatus.COMPLETED)


async def two_parcels(house: House) -> Handle:
    """Sent in two parcels: one delivered, one lost and refunded."""
    house.shop.on_hand.clear()
    house.shop.on_hand["TEE-BLK-M", "PNQ"] = 5
    house.shop.on_hand["BOTTLE-CU-1L", "BLR"] = 5
    placement = await house.placement(("TEE-BLK-M", 1), ("BOTTLE-CU-1L", 1), terms=QUICK)
    answer, handle = await house.check_out(placement)
    await house.pay(answer)
    await house.until_event(answer.order_id, EventType.DELIVERY_PACKED, times=2)
    await _move(house, answer.order_id, *HAPPY)
    await _move(house, answer.order_id, ShipmentState.SHIPPED, ShipmentState.LOST, number=2)
    await house.until_event(answer.order_id, EventType.REFUND_PROCESSED)
    return await _ended(handle, OrderStatus.COMPLETED)


async def lines_cancelled(house: House) -> Handle:
    """Of a packed parcel one unit is cancelled and refunded; the rest is sent as another parcel."""
    placement = await house.placement(("TEE-BLK-M", 3), ("BOTTLE-CU-1L", 1), terms=QUICK)
    answer, handle = await house.check_out(placement)
    await house.pay(answer)
    await _packed(house, answer.order_id)
    fewer = (ShipmentLine(sku="TEE-BLK-M", quantity=1),)
    command = CancelOrder(reason="one too many", by="customer", lines=fewer)
    await house.orders.cancel(answer.order_id, command, "k1")
    await house.until_event(answer.order_id, EventType.REFUND_PROCESSED)
    await house.until_event(answer.order_id, EventType.DELIVERY_PACKED, times=2)
    await _move(house, answer.order_id, *HAPPY, number=2)
    return await _ended(handle, OrderStatus.COMPLETED)


async def resumed(house: House) -> Handle:
    """Paid after its run had closed: begun again from its stored state, and refunded."""
    unforgiving = replace(IMPATIENT, late_payment_window_s=0, revive_late_payments=False)
    answer, handle = await house.check_out(await house.placement(terms=unforgiving))
    await _ended(handle, OrderStatus.EXPIRED)
    await house.pay(answer)
    return await _ended(house.handle(answer.order_id), OrderStatus.EXPIRED)


async def paid_back_in_cash(house: House) -> Handle:
    """Delivered for cash, a part of which goes back by a payout at the second attempt."""
    placement = await house.placement(method=PaymentMethod.COD, terms=QUICK)
    answer, handle = await house.check_out(placement)
    await _deliver(house, answer.order_id)
    desk, order_id = house.orders, answer.order_id
    proposal = ProposePayout(
        refund=None,
        amount_paise=10_000,
        beneficiary=Beneficiary(name="Asha Rao", upi="asha@okhdfc"),
        reason="arrived torn",
        by="asha",
    )
    for number, decision in enumerate((PayoutDecision.REFUSE, PayoutDecision.APPROVE), 1):
        await desk.propose_payout(order_id, proposal, f"proposal {number}")
        command = DecidePayout(payout=number, decision=decision, by="ravi", note="looked at")
        await desk.decide_payout(order_id, command, f"decision {number}")
    paid = RecordPayout(payout=2, utr="HDFCN5202611231", by="asha")
    await desk.record_payout(order_id, paid, "paid")
    booking = house.courier.booked[ids.seller_reference(order_id, 1)]
    house.courier.remittances[booking.courier_order_id] = Remittance(
        amount_paise=answer.total_paise, utr="UTR0000000001", at=datetime.now(UTC)
    )
    return await _ended(handle, OrderStatus.COMPLETED)


async def disputed(house: House) -> Handle:
    """Delivered, then disputed by the customer's bank and lost."""
    answer, handle = await house.check_out(await house.placement(terms=QUICK))
    payment_id = await house.pay(answer)
    await _packed(house, answer.order_id)
    payment = house.gateway.payments[payment_id]
    opened = GatewayDispute(
        dispute_id="disp_1",
        payment_id=payment_id,
        amount_paise=answer.total_paise,
        deducted_paise=0,
        status="open",
        phase="chargeback",
        reason_code="goods_not_received",
        at=payment.at,
    )
    lost = replace(opened, status="lost", deducted_paise=answer.total_paise)
    for dispute in (opened, lost):
        news = DisputeNews(dispute=dispute, payment=payment)
        await house.orders.dispute_event(answer.order_id, news)
    await house.until_event(answer.order_id, EventType.DISPUTE_CLOSED)
    await house.until_event(answer.order_id, EventType.ORDER_ATTENTION_RAISED, times=2)
    skip = ResolveAttention(attention_id="a2", action=AttentionAction.SKIP, note="written off")
    await house.orders.resolve_attention(answer.order_id, skip, "k1")
    await _deliver(house, answer.order_id)
    return await _ended(handle, OrderStatus.COMPLETED)


STORIES: dict[str, Story] = {
    story.__name__: story
    for story in (
        prepaid,
        cash_on_delivery,
        cancelled,
        expired,
        courier_refused,
        revived,
        two_parcels,
        lines_cancelled,
        resumed,
        paid_back_in_cash,
        disputed,
    )
}


async def _packed(house: House, order_id: str) -> None:
    await house.until_event(order_id, EventType.DELIVERY_PACKED)


async def _deliver(house: House, order_id: str) -> None:
    await _packed(house, order_id)
    await _move(house, order_id, *HAPPY)


async def _move(house: House, order_id: str, *states: ShipmentState, number: int = 1) -> None:
    """Let the courier tell of each step once the one before has been published."""
    for state in states:
        await house.move(order_id, state, number=number)
        await _published(house, EventType(f"delivery_{state}"), number)


async def _published(house: House, event_type: EventType, number: int) -> None:
    async def out() -> bool:
        return any(
            event.type is event_type
            and event.data.shipment
            and event.data.shipment.number == number
            for event in house.published()
        )

    await eventually(out, f"{event_type} of parcel {number}")


async def _ended(handle: Handle, status: OrderStatus) -> Handle:
    """Wait for the end of the run; its own id is kept, so that a later run is another history."""
    ended = await handle.result()
    assert ended is status, f"{handle.id} ended as {ended}"
    return handle

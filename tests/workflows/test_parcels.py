from datetime import UTC, datetime, timedelta

import pytest

from domain.attention import AttentionAction
from domain.cart import PaymentMethod
from domain.errors import CommandRefused, CourierUnavailable
from domain.events import EventType
from domain.messages import CancelOrder, MarkPacked, ResolveAttention
from domain.order import Terms
from domain.ports import Remittance
from domain.shipment import CourierUpdate, ShipmentState
from domain.status import OrderStatus
from tests.workflows.house import HAPPY, House

CANCEL = CancelOrder(reason="changed my mind", by="customer")


async def _packed(house: House, **options: object) -> str:
    answer, _ = await house.check_out(await house.placement(**options))  # type: ignore[arg-type]
    if answer.payment:
        await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    return answer.order_id


async def test_an_order_cancelled_before_pickup_is_refunded_restocked_and_credited(
    house: House,
) -> None:
    before = house.free_units()
    order_id = await _packed(house)
    answer = await house.orders.cancel(order_id, CANCEL, "k1")

    assert answer.status is OrderStatus.CANCELLED
    await house.until_event(order_id, EventType.REFUND_PROCESSED)
    await house.until_free(before)
    types = await house.types(order_id)
    assert types.index("delivery_cancelled") < types.index("credit_note_generated")
    assert types.index("delivery_cancelled") < types.index("order_cancelled")
    assert len(house.courier.cancelled) == 1
    kept = sum(p.amount_paise for p in house.gateway.payments.values()) - sum(
        r.amount_paise for r in house.gateway.refunds.values()
    )
    assert kept == 0


async def test_a_parcel_with_the_courier_can_no_longer_be_cancelled(house: House) -> None:
    order_id = await _packed(house)
    await house.move(order_id, ShipmentState.SHIPPED)
    await house.until_status(order_id, OrderStatus.SHIPPED)
    with pytest.raises(CommandRefused, match="picked up"):
        await house.orders.cancel(order_id, CANCEL, "k1")
    assert house.gateway.refunds == {}


async def test_a_pickup_that_wins_the_race_against_a_cancellation_keeps_the_order(
    house: House,
) -> None:
    order_id = await _packed(house)
    house.courier.picked_up.update(booking.awb for booking in house.courier.booked.values())
    with pytest.raises(CommandRefused) as refused:
        await house.orders.cancel(order_id, CANCEL, "k1")
    assert refused.value.type == "ShipmentTooLate"
    await house.move(order_id, *HAPPY)
    await house.until_status(order_id, OrderStatus.DELIVERED)
    assert house.gateway.refunds == {}


async def test_a_courier_that_refuses_raises_attention_until_ops_retry(house: House) -> None:
    house.courier.refusals = ["the address is incomplete"]
    answer, _ = await house.check_out(await house.placement())
    await house.pay(answer)
    await house.until_event(answer.order_id, EventType.ORDER_ATTENTION_RAISED)
    retry = ResolveAttention(attention_id="a1", action=AttentionAction.RETRY, note="corrected")
    await house.orders.resolve_attention(answer.order_id, retry, "k1")
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    with pytest.raises(CommandRefused, match="'a1' is open"):
        await house.orders.resolve_attention(answer.order_id, retry, "k2")


@pytest.mark.parametrize("who", ["ops", "customer"])
async def test_a_refused_booking_that_is_given_up_is_refunded(house: House, who: str) -> None:
    before = house.free_units()
    house.courier.refusals = ["no courier serves this address"]
    answer, _ = await house.check_out(await house.placement())
    await house.pay(answer)
    await house.until_event(answer.order_id, EventType.ORDER_ATTENTION_RAISED)
    if who == "ops":
        give_up = ResolveAttention(attention_id="a1", action=AttentionAction.CANCEL, note="no way")
        await house.orders.resolve_attention(answer.order_id, give_up, "k1")
    else:
        await house.orders.cancel(answer.order_id, CANCEL, "k1")
    await house.until_event(answer.order_id, EventType.REFUND_PROCESSED)
    await house.until_status(answer.order_id, OrderStatus.CANCELLED)
    await house.until_free(before)
    assert (await house.types(answer.order_id)).count("order_attention_resolved") == 1


async def test_skipping_a_booking_is_not_offered(house: House) -> None:
    house.courier.refusals = ["no"]
    answer, _ = await house.check_out(await house.placement())
    await house.pay(answer)
    await house.until_event(answer.order_id, EventType.ORDER_ATTENTION_RAISED)
    skip = ResolveAttention(attention_id="a1", action=AttentionAction.SKIP, note="")
    with pytest.raises(CommandRefused, match="choose retry, cancel"):
        await house.orders.resolve_attention(answer.order_id, skip, "k1")


async def test_an_attention_is_raised_again_each_day(fast_house: House) -> None:
    house = fast_house
    house.courier.refusals = ["no"]
    answer, _ = await house.start(await house.placement())
    await house.pay(answer)
    await house.until_event(answer.order_id, EventType.ORDER_ATTENTION_RAISED)
    await house.skip(timedelta(hours=25))
    await house.until_event(answer.order_id, EventType.ORDER_ATTENTION_RAISED, times=2)


async def test_the_warehouse_packs_when_packing_is_not_automatic(house: House) -> None:
    answer, _ = await house.check_out(await house.placement(terms=Terms()))
    await house.pay(answer)
    packed = MarkPacked(shipment=1)
    await house.until_event(answer.order_id, EventType.INVOICE_GENERATED)
    with pytest.raises(CommandRefused, match="no parcel 2"):
        await house.orders.mark_packed(answer.order_id, MarkPacked(shipment=2), "k0")
    told = await house.orders.mark_packed(answer.order_id, packed, "k1")
    assert told.status is OrderStatus.PACKED
    with pytest.raises(CommandRefused, match="packed already"):
        await house.orders.mark_packed(answer.order_id, packed, "k2")


async def test_scans_that_are_skipped_repeated_or_late_move_a_parcel_only_forward(
    house: House,
) -> None:
    order_id = await _packed(house)
    out, shipped = ShipmentState.OUT_FOR_DELIVERY, ShipmentState.SHIPPED
    await house.move(order_id, out, shipped, out, ShipmentState.DELIVERED, shipped)
    await house.until_status(order_id, OrderStatus.DELIVERED)
    types = [name for name in await house.types(order_id) if name.startswith("delivery_")]
    assert types[2:] == ["delivery_shipped", "delivery_out_for_delivery", "delivery_delivered"]


async def test_news_of_another_awb_changes_nothing(house: House) -> None:
    order_id = await _packed(house)
    booking = next(iter(house.courier.booked.values()))
    reference, other = next(iter(house.courier.booked)), "AWB-OF-SOMEBODY"
    house.courier.booked[reference] = type(booking)(
        awb=other,
        courier="x",
        courier_order_id="1",
        courier_shipment_id="1",
        tracking_url="",
        label_url=None,
        promised_by=None,
    )
    await house.move(order_id, ShipmentState.SHIPPED)
    assert (await house.status(order_id)).status is OrderStatus.PACKED


async def test_a_silent_parcel_is_asked_for(fast_house: House) -> None:
    house = fast_house
    house.courier.deliver_everything = True
    answer, handle = await house.start(await house.placement())
    await house.pay(answer)
    assert await handle.result() is OrderStatus.COMPLETED
    assert len(house.courier.called("track")) == 1


async def test_a_parcel_that_comes_back_is_restocked_credited_and_refunded(house: House) -> None:
    before = house.free_units()
    order_id = await _packed(house)
    await house.move(
        order_id,
        ShipmentState.SHIPPED,
        ShipmentState.OUT_FOR_DELIVERY,
        ShipmentState.ATTEMPT_FAILED,
        ShipmentState.RTO_INITIATED,
    )
    await house.until_status(order_id, OrderStatus.RETURNING_TO_ORIGIN)
    assert house.gateway.refunds == {}
    await house.move(order_id, ShipmentState.RTO_DELIVERED)
    await house.until_event(order_id, EventType.REFUND_PROCESSED)
    await house.until_event(order_id, EventType.CREDIT_NOTE_GENERATED)
    await house.until_status(order_id, OrderStatus.RETURNED_TO_ORIGIN)
    await house.until_free(before)


async def test_of_two_parcels_the_lost_one_is_refunded_and_the_other_delivered(
    house: House,
) -> None:
    house.shop.on_hand.clear()
    house.shop.on_hand["TEE-BLK-M", "PNQ"] = 5
    house.shop.on_hand["BOTTLE-CU-1L", "BLR"] = 5
    placement = await house.placement(("TEE-BLK-M", 1), ("BOTTLE-CU-1L", 1))
    answer, _ = await house.check_out(placement)
    await house.pay(answer)
    await house.until_event(answer.order_id, EventType.DELIVERY_PACKED, times=2)
    await house.move(answer.order_id, *HAPPY, number=1)
    await house.until_event(answer.order_id, EventType.DELIVERY_DELIVERED)
    assert (await house.status(answer.order_id)).status is OrderStatus.PACKED
    await house.move(answer.order_id, ShipmentState.SHIPPED, ShipmentState.LOST, number=2)
    await house.until_event(answer.order_id, EventType.REFUND_PROCESSED)
    await house.until_status(answer.order_id, OrderStatus.DELIVERED)

    lost = (await house.events(answer.order_id))[-1]
    shares = {line.sku: line.charged_paise for line in placement.quote.lines}
    refunded = [r["amount_paise"] for r in house.gateway.called("refund")]
    assert len(refunded) == 1
    assert refunded[0] in shares.values()
    assert lost.sequence > 0


async def test_cash_is_due_then_collected_then_remitted(fast_house: House) -> None:
    house = fast_house
    placement = await house.placement(method=PaymentMethod.COD)
    answer, handle = await house.start(placement)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    await house.move(answer.order_id, *HAPPY)
    await house.until_status(answer.order_id, OrderStatus.DELIVERED)
    booking = next(iter(house.courier.booked.values()))
    await house.skip(timedelta(days=8))
    house.courier.remittances[booking.courier_order_id] = Remittance(
        amount_paise=answer.total_paise, utr="UTR0001", at=datetime.now(UTC)
    )
    assert await handle.result() is OrderStatus.COMPLETED
    statuses = [event.data.payment_status.value for event in house.published()]
    assert list(dict.fromkeys(statuses)) == ["cod_due", "cod_collected", "cod_remitted"]


async def test_cancelling_the_workflow_cancels_the_order_and_undoes_it(house: House) -> None:
    before = house.free_units()
    order_id = await _packed(house)
    await house.handle(order_id).cancel()
    await house.until_event(order_id, EventType.REFUND_PROCESSED)
    await house.until_event(order_id, EventType.CREDIT_NOTE_GENERATED)
    await house.until_free(before)
    assert (await house.status(order_id)).status is OrderStatus.CANCELLED


async def test_cancelling_the_workflow_of_a_shipped_order_lets_it_arrive(house: House) -> None:
    order_id = await _packed(house)
    await house.move(order_id, ShipmentState.SHIPPED)
    await house.until_status(order_id, OrderStatus.SHIPPED)
    await house.handle(order_id).cancel()
    await house.move(order_id, *HAPPY[1:])
    await house.until_status(order_id, OrderStatus.DELIVERED)
    assert house.gateway.refunds == {}


async def test_an_order_whose_only_parcel_came_back_cannot_be_cancelled(house: House) -> None:
    order_id = await _packed(house)
    back = (ShipmentState.SHIPPED, ShipmentState.RTO_INITIATED, ShipmentState.RTO_DELIVERED)
    await house.move(order_id, *back)
    await house.until_status(order_id, OrderStatus.RETURNED_TO_ORIGIN)
    with pytest.raises(CommandRefused, match="already"):
        await house.orders.cancel(order_id, CANCEL, "k1")


async def test_of_two_parcels_the_one_still_here_is_cancelled_and_refunded(house: House) -> None:
    house.shop.on_hand.clear()
    house.shop.on_hand["TEE-BLK-M", "PNQ"] = 5
    house.shop.on_hand["BOTTLE-CU-1L", "BLR"] = 5
    answer, _ = await house.check_out(await house.placement(("TEE-BLK-M", 1), ("BOTTLE-CU-1L", 1)))
    await house.pay(answer)
    await house.until_event(answer.order_id, EventType.DELIVERY_PACKED, times=2)
    first = house.courier.booked[f"{answer.order_id}-1"].awb
    house.courier.picked_up.add(first)

    told = await house.orders.cancel(answer.order_id, CANCEL, "k1")

    assert "the rest is with the courier" in told.message
    await house.until_event(answer.order_id, EventType.REFUND_PROCESSED)
    await house.move(answer.order_id, *HAPPY, number=1)
    await house.until_status(answer.order_id, OrderStatus.DELIVERED)
    refunded = sum(r.amount_paise for r in house.gateway.refunds.values())
    assert 0 < refunded < answer.total_paise


async def test_a_late_repeat_of_a_failed_attempt_is_not_another_attempt(house: House) -> None:
    order_id = await _packed(house)
    failed = ShipmentState.ATTEMPT_FAILED
    await house.move(order_id, ShipmentState.SHIPPED, ShipmentState.OUT_FOR_DELIVERY)
    first = datetime.now(UTC)
    await house.move(order_id, failed, ShipmentState.OUT_FOR_DELIVERY)
    awb = house.courier.booked[f"{order_id}-1"].awb
    late = CourierUpdate(shipment=1, awb=awb, state=failed, at=first)
    await house.orders.courier_event(order_id, late)
    await house.move(order_id, ShipmentState.DELIVERED)
    await house.until_status(order_id, OrderStatus.DELIVERED)
    assert (await house.types(order_id)).count("delivery_attempt_failed") == 1


async def test_a_parcel_given_up_beside_one_that_is_on_its_way_is_refunded(house: House) -> None:
    house.shop.on_hand.clear()
    house.shop.on_hand["TEE-BLK-M", "PNQ"] = 5
    house.shop.on_hand["BOTTLE-CU-1L", "BLR"] = 5
    house.courier.refused_warehouses = {"BLR"}
    answer, _ = await house.check_out(await house.placement(("TEE-BLK-M", 1), ("BOTTLE-CU-1L", 1)))
    await house.pay(answer)
    await house.until_event(answer.order_id, EventType.DELIVERY_PACKED)
    await house.until_event(answer.order_id, EventType.ORDER_ATTENTION_RAISED)
    number = next(int(ref.rsplit("-", 1)[1]) for ref in house.courier.booked)
    await house.move(answer.order_id, ShipmentState.SHIPPED, number=number)
    await house.until_event(answer.order_id, EventType.DELIVERY_SHIPPED)

    give_up = ResolveAttention(attention_id="a1", action=AttentionAction.CANCEL, note="no courier")
    await house.orders.resolve_attention(answer.order_id, give_up, "k1")

    await house.until_event(answer.order_id, EventType.REFUND_PROCESSED)
    await house.move(answer.order_id, *HAPPY[1:], number=number)
    await house.until_status(answer.order_id, OrderStatus.DELIVERED)
    refunded = sum(r.amount_paise for r in house.gateway.refunds.values())
    assert 0 < refunded < answer.total_paise


async def test_a_parcel_that_moves_before_its_booking_is_answered_is_followed(house: House) -> None:
    house.courier.lose_answer("schedule_pickup", CourierUnavailable("lost"))
    answer, _ = await house.check_out(await house.placement())
    await house.pay(answer)
    await house.until_booked(answer.order_id)
    await house.move(answer.order_id, *HAPPY)
    await house.until_status(answer.order_id, OrderStatus.DELIVERED)


async def test_a_parcel_that_could_not_be_stopped_while_booking_still_gets_its_invoice(
    house: House,
) -> None:
    house.courier.fail("book", CourierUnavailable("slow"), times=1)
    answer, _ = await house.check_out(await house.placement())
    await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.CONFIRMED)
    house.courier.pick_up_at_once = True
    with pytest.raises(CommandRefused):
        await house.orders.cancel(answer.order_id, CANCEL, "k1")
    await house.move(answer.order_id, *HAPPY)
    await house.until_status(answer.order_id, OrderStatus.DELIVERED)
    await house.until_event(answer.order_id, EventType.INVOICE_GENERATED)
    assert len(house.register.documents) == 1

from dataclasses import replace

from domain.attention import AttentionAction
from domain.cart import PaymentMethod
from domain.errors import MailRefused
from domain.events import EventType
from domain.messages import ResolveAttention
from domain.status import OrderStatus
from tests.workflows.house import HAPPY, TERMS, House


async def test_a_prepaid_order_is_paid_delivered_and_completed(fast_house: House) -> None:
    house = fast_house
    answer, handle = await house.start(await house.placement())
    assert answer.payment is not None
    assert answer.status is OrderStatus.PENDING_PAYMENT

    await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    await house.move(answer.order_id, *HAPPY)

    assert await handle.result() is OrderStatus.COMPLETED
    types = [event.type.value for event in house.published()]
    assert [name for name in types if name != "notification_sent"] == [
        "order_placed",
        "payment_requested",
        "payment_confirmed",
        "order_confirmed",
        "delivery_booked",
        "invoice_generation_queued",
        "invoice_generated",
        "delivery_packed",
        "delivery_shipped",
        "delivery_in_transit",
        "delivery_out_for_delivery",
        "delivery_delivered",
        "order_completed",
    ]
    assert types.count("notification_sent") == 4
    assert house.stores.heads[answer.order_id].sequence == len(types)


async def test_a_cash_order_is_confirmed_at_once(fast_house: House) -> None:
    house = fast_house
    placement = await house.placement(method=PaymentMethod.COD)
    answer, handle = await house.start(placement)
    assert answer.payment is None
    assert answer.status is OrderStatus.CONFIRMED
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    assert handle.id.endswith(answer.order_id)


async def test_an_address_that_is_refused_for_good_is_raised_to_a_person_once(
    house: House,
) -> None:
    house.mail.fail("send", MailRefused("550 no such mailbox"), times=20)
    answer, _ = await house.check_out(await house.placement())
    await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    await house.move(answer.order_id, *HAPPY)
    await house.until_status(answer.order_id, OrderStatus.DELIVERED)
    types = await house.types(answer.order_id)
    assert types.count(EventType.ORDER_ATTENTION_RAISED.value) == 1
    assert len(house.mail.called("send")) == 1


async def test_an_order_does_not_close_while_something_waits_for_a_person(house: House) -> None:
    terms = replace(TERMS, payment_window_s=2, late_payment_window_s=0, return_window_s=1)
    house.mail.fail("send", MailRefused("550 no such mailbox"), times=20)
    answer, handle = await house.check_out(await house.placement(terms=terms))
    await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    await house.move(answer.order_id, *HAPPY)
    await house.until_status(answer.order_id, OrderStatus.COMPLETED)
    assert answer.order_id not in house.stores.archive

    skip = ResolveAttention(attention_id="a1", action=AttentionAction.SKIP, note="phoned them")
    await house.orders.resolve_attention(answer.order_id, skip, "k1")

    assert await handle.result() is OrderStatus.COMPLETED
    assert answer.order_id in house.stores.archive

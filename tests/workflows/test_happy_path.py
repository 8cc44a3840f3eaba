from domain.cart import PaymentMethod
from domain.errors import MailRefused
from domain.events import EventType
from domain.status import OrderStatus
from tests.workflows.house import HAPPY, House


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

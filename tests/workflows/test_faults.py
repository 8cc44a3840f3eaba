"""Every activity crashes after its effect and before its answer; nothing happens twice."""

from datetime import timedelta

import pytest

from domain.errors import (
    CourierUnavailable,
    MailUnavailable,
    PaymentGatewayUnavailable,
    PublishIncomplete,
    StoreUnavailable,
)
from domain.events import EventType
from domain.messages import CancelOrder
from domain.status import OrderStatus
from tests.fakes.recording import Recorder
from tests.workflows.house import HAPPY, House
from tests.workflows.lines import CART, assert_all_true, only, until_at_rest

CRASHES = [
    ("inventory", "hold", StoreUnavailable("crash")),
    ("inventory", "commit", StoreUnavailable("crash")),
    ("gateway", "create_order", PaymentGatewayUnavailable("crash")),
    ("courier", "book", CourierUnavailable("crash")),
    ("courier", "schedule_pickup", CourierUnavailable("crash")),
    ("register", "register", StoreUnavailable("crash")),
    ("files", "put", StoreUnavailable("crash")),
    ("mail", "send", MailUnavailable("crash")),
    ("mail", "mark_sent", StoreUnavailable("crash")),
    ("publisher", "publish", PublishIncomplete("crash")),
    ("stores", "store", StoreUnavailable("crash")),
]
CRASHES_OF_CANCELLATION = [
    ("inventory", "restock", StoreUnavailable("crash")),
    ("gateway", "refund", PaymentGatewayUnavailable("crash")),
    ("courier", "cancel", CourierUnavailable("crash")),
    ("register", "register", StoreUnavailable("crash")),
]


def _crash(house: House, port: str, method: str, error: Exception) -> None:
    recorder = getattr(house, port)
    assert isinstance(recorder, Recorder)
    recorder.lose_answer(method, error)


@pytest.mark.parametrize(("port", "method", "error"), CRASHES, ids=str)
async def test_a_crash_after_the_effect_repeats_nothing(
    fast_house: House, port: str, method: str, error: Exception
) -> None:
    house = fast_house
    _crash(house, port, method, error)
    before = house.free_units()
    answer, handle = await house.start(await house.placement())
    await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    await house.move(answer.order_id, *HAPPY)
    assert await handle.result() is OrderStatus.COMPLETED

    sold = {key: before[key] - units for key, units in house.free_units().items()}
    assert sum(sold.values()) == 2
    assert len(house.gateway.orders) == 1
    assert len(house.courier.booked) == 1
    assert len(house.register.documents) == 1
    events = house.published()
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert events[-1].type is EventType.ORDER_COMPLETED
    assert len({mail.key for mail in house.mail.mails}) == 4


@pytest.mark.parametrize(("port", "method", "error"), CRASHES_OF_CANCELLATION, ids=str)
async def test_a_crash_while_cancelling_undoes_once(
    fast_house: House, port: str, method: str, error: Exception
) -> None:
    house = fast_house
    before = house.free_units()
    answer, handle = await house.start(await house.placement())
    await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    _crash(house, port, method, error)
    await house.orders.cancel(answer.order_id, CancelOrder(reason="no", by="customer"), "k1")
    assert await handle.result() is OrderStatus.CANCELLED

    assert house.free_units() == before
    assert [r.amount_paise for r in house.gateway.refunds.values()] == [answer.total_paise]
    assert len(house.register.documents) == 2


CRASHES_OF_CUTTING = [
    *CRASHES_OF_CANCELLATION,
    ("courier", "book", CourierUnavailable("crash")),
    ("courier", "schedule_pickup", CourierUnavailable("crash")),
    ("files", "put", StoreUnavailable("crash")),
    ("publisher", "publish", PublishIncomplete("crash")),
]


@pytest.mark.parametrize(("port", "method", "error"), CRASHES_OF_CUTTING, ids=str)
async def test_a_crash_while_lines_are_cancelled_cancels_each_unit_once(
    fast_house: House, port: str, method: str, error: Exception
) -> None:
    house = fast_house
    before = house.free_units()
    answer, handle = await house.start(await house.placement(*CART))
    await house.pay(answer)
    order_id = answer.order_id
    await house.until_status(order_id, OrderStatus.PACKED)
    _crash(house, port, method, error)
    await house.orders.cancel(order_id, only(TEE=2), "k1")
    await until_at_rest(house, order_id)
    await house.move(order_id, *HAPPY, number=2)
    assert await handle.result() is OrderStatus.COMPLETED

    view = await assert_all_true(house, order_id, before)
    assert [line.delivered for line in view.lines] == [1, 2]
    assert len(house.gateway.refunds) == 1
    assert len(house.courier.booked) == 2


async def test_an_outage_of_the_topics_stops_no_order_and_does_not_fill_the_history(
    fast_house: House,
) -> None:
    house = fast_house
    house.publisher.fail("publish", PublishIncomplete("away"), times=1000)
    answer, handle = await house.start(await house.placement())
    await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    await house.move(answer.order_id, *HAPPY)
    await house.until_status(answer.order_id, OrderStatus.DELIVERED)
    length = (await handle.describe()).history_length
    await house.skip(timedelta(minutes=45))
    assert (await handle.describe()).history_length <= length + 6
    tried = len(house.publisher.called("publish"))
    assert tried > 10

    house.publisher.recover()
    assert await handle.result() is OrderStatus.COMPLETED
    events = house.published()
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))

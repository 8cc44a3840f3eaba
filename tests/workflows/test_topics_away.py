"""While SNS is away orders go on, their histories do not notice how long, and nothing is lost."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from temporalio.api.enums.v1 import EventType as HistoryEvent

from domain.errors import PublishIncomplete
from domain.events import OrderEvent
from domain.status import OrderStatus
from tests.workflows.house import HAPPY, Handle, House

OUTAGES = (timedelta(seconds=5), timedelta(minutes=5))


@dataclass
class Life:
    """An order that was placed, paid and delivered while nothing could be published.

    Attributes:
        begun: the history's length when everything had happened and only SNS was missing.
        ended: the same at the end of the outage.
        kinds: what the whole history consists of.
        events: what arrived afterwards.
    """

    begun: int
    ended: int
    kinds: Counter[str]
    events: list[OrderEvent]


async def lived_through(house: House, outage: timedelta) -> Life:
    arrived = house.publisher.published
    arrived.clear()
    house.publisher.fail("publish", PublishIncomplete("SNS is away"), times=10_000)
    answer, handle = await house.start(await house.placement())
    await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    await house.move(answer.order_id, *HAPPY)
    await house.until_status(answer.order_id, OrderStatus.DELIVERED)
    await house.skip(timedelta(seconds=1))
    begun = (await handle.describe()).history_length
    await house.skip(outage)
    ended = (await handle.describe()).history_length
    assert arrived == []
    house.publisher.recover()
    assert await handle.result() is OrderStatus.COMPLETED
    return Life(begun=begun, ended=ended, kinds=await kinds_of(handle), events=list(arrived))


async def kinds_of(handle: Handle) -> Counter[str]:
    """Count the history's events without those of workflow tasks: signals may share one."""
    names = [HistoryEvent.Name(event.event_type) async for event in handle.fetch_history_events()]
    return Counter(name for name in names if "WORKFLOW_TASK" not in name)


async def test_the_history_is_as_long_after_five_minutes_as_after_five_seconds(
    fast_house: House,
) -> None:
    short, long = [await lived_through(fast_house, outage) for outage in OUTAGES]
    assert (short.ended - short.begun, long.ended - long.begun) == (0, 0)
    assert long.kinds == short.kinds
    tries = len(fast_house.publisher.called("publish"))
    assert tries > 12, "the outage was tried against all the while"


async def test_afterwards_every_event_arrives_once_and_in_order(fast_house: House) -> None:
    life = await lived_through(fast_house, OUTAGES[1])
    assert len(life.events) >= 12
    assert [event.sequence for event in life.events] == list(range(1, len(life.events) + 1))

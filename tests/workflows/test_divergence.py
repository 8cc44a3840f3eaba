"""A workflow task that is lost has published already; the order's log stays one true story."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from adapters.mongo.connection import Database, close, connect
from domain import ids
from domain.cart import PaymentMethod
from domain.events import EventType, OrderEvent
from domain.messages import CancelOrder, OrderInput
from domain.order import OrderState, Placement
from domain.ports import Position, Remittance
from domain.snapshot import Cancellation
from domain.status import OrderStatus
from domain.view import OrderView, fold
from tests.fakes.samples import sample_events
from tests.services import TemporalServer
from tests.workflows.house import HAPPY, TERMS, Handle, House
from tests.workflows.mongo_house import MongoHouse, StraightToTheView
from workflows.order import OrderWorkflow
from workflows.policies import ORDERS_QUEUE

CANCEL = CancelOrder(reason="changed my mind", by="customer")
ROOT = Path(__file__).parents[2]


def folded(log: Sequence[OrderEvent]) -> OrderView:
    return reduce(fold, log[1:], fold(None, log[0]))


async def assert_replays(handle: Handle) -> None:
    replayer = Replayer(workflows=[OrderWorkflow], data_converter=pydantic_data_converter)
    await replayer.replay_workflow(await handle.fetch_history())


async def live_to_the_end(house: House, placement: Placement) -> Handle:
    answer, handle = await house.start(placement)
    await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    await house.move(answer.order_id, *HAPPY)
    assert await handle.result() is OrderStatus.COMPLETED
    return handle


# --- another story was recorded -------------------------------------------------------------------


@pytest.mark.parametrize("sequence", [1, 4, 9])
async def test_an_order_whose_past_was_published_otherwise_is_told_anew(
    fast_house: House, sequence: int, caplog: pytest.LogCaptureFixture
) -> None:
    house, placement = fast_house, await fast_house.placement()
    head, now = Position(epoch=1, sequence=sequence), await house.now()
    await house.stores.recorded.advance(placement.order_id, head, now, {sequence: "other"})

    with caplog.at_level(logging.WARNING):
        handle = await live_to_the_end(house, placement)

    told = house.published()
    old = [event for event in told if event.epoch == 1]
    new = [event for event in told if event.epoch == 2]
    assert [event.sequence for event in old] == list(range(1, len(old) + 1))
    assert len(old) < sequence
    assert [event.sequence for event in new] == list(range(1, len(new) + 1))
    assert [replace(event, epoch=2) for event in old] == new[: len(old)]
    assert new[-1].type is EventType.ORDER_COMPLETED
    assert folded(new).status is OrderStatus.COMPLETED
    archived = house.stores.archive[placement.order_id]
    assert (archived.epoch, archived.events, archived.published) == (2, new, len(new))
    assert [r.getMessage().split(" ")[0] for r in caplog.records].count("log_diverged") == 1
    assert len({mail.key for mail in house.mail.mails}) == 4
    await assert_replays(handle)


async def test_a_new_epoch_that_was_told_otherwise_too_is_followed_by_the_next(
    fast_house: House,
) -> None:
    house, placement = fast_house, await fast_house.placement()
    head, now = Position(epoch=2, sequence=3), await house.now()
    await house.stores.recorded.advance(placement.order_id, head, now, {3: "other"})

    handle = await live_to_the_end(house, placement)

    told = house.published()
    assert {event.epoch for event in told} <= {2, 3}
    new = [event for event in told if event.epoch == 3]
    assert [event.sequence for event in new] == list(range(1, len(new) + 1))
    assert house.stores.heads[placement.order_id] == Position(epoch=3, sequence=len(new))
    await assert_replays(handle)


async def test_a_log_of_any_length_is_told_anew_in_batches(fast_house: House) -> None:
    house = fast_house
    state = OrderState.of(await house.placement(method=PaymentMethod.COD))
    state.cancellation = Cancellation(reason="no", by="customer", at=await house.now())
    for event in sample_events(230, order_id=state.order_id):
        state.events.append(event)
    state.published = 229
    head = Position(epoch=1, sequence=230)
    await house.stores.recorded.advance(state.order_id, head, await house.now(), {230: "other"})

    handle = await house.client.start_workflow(
        OrderWorkflow.run,
        OrderInput(resumed=state),
        id=ids.workflow_id(state.order_id),
        task_queue=ORDERS_QUEUE,
    )
    assert await handle.result() is OrderStatus.CANCELLED

    calls = [call["events"] for call in house.publisher.called("publish")]
    assert [len(events) for events in calls[:2]] == [100, 100]
    told = [event.id for events in calls for event in events]
    archived = house.stores.archive[state.order_id]
    assert len(archived.events) >= 230
    assert told == [f"{state.order_id}:2:{n}" for n in range(1, len(archived.events) + 1)]


# --- a worker is killed between its publish and the end of its workflow task --------------------


@dataclass(frozen=True, kw_only=True)
class Survivors:
    """What is left after a worker was killed: the order, and a house that can take over."""

    house: MongoHouse
    view: StraightToTheView
    handle: Handle
    order_id: str

    async def log(self, epoch: int) -> list[OrderEvent]:
        return list(await self.view.log.read(self.order_id, epoch, 0))


@pytest.fixture
async def database(mongodb_url: str, mongo_database_name: str) -> AsyncIterator[Database]:
    db = connect(mongodb_url, mongo_database_name)
    try:
        yield db
    finally:
        await db.client.drop_database(mongo_database_name)
        await close(db)


@pytest.fixture
async def survivors(
    temporal_server: TemporalServer, mongodb_url: str, database: Database
) -> Survivors:
    """An order whose worker died after it had published the confirmation."""
    client = await Client.connect(temporal_server.address, data_converter=pydantic_data_converter)
    view = StraightToTheView(database)
    house = MongoHouse(client=client, db=database, topics=view)
    terms = replace(TERMS, return_window_s=1)
    placement = await house.placement(method=PaymentMethod.COD, terms=terms)
    house.courier.remittances["1001"] = Remittance(
        amount_paise=placement.quote.total_paise, utr="UTR0001", at=datetime.now(UTC)
    )
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.workflows.mongo_house"),
        *(temporal_server.address, mongodb_url, database.name),
        cwd=ROOT,
    )
    try:
        handle = await client.start_workflow(
            OrderWorkflow.run,
            OrderInput(placement=placement),
            id=ids.workflow_id(placement.order_id),
            task_queue=ORDERS_QUEUE,
            task_timeout=timedelta(seconds=3),
        )
        assert await asyncio.wait_for(worker.wait(), 60) == -signal.SIGKILL
    finally:
        with contextlib.suppress(ProcessLookupError):
            worker.kill()
    survivors = Survivors(house=house, view=view, handle=handle, order_id=placement.order_id)
    assert [event.type for event in await survivors.log(1)][-1] is EventType.ORDER_CONFIRMED
    return survivors


async def test_a_worker_killed_after_its_publish_leaves_one_log_in_one_epoch(
    survivors: Survivors,
) -> None:
    house, order_id = survivors.house, survivors.order_id
    first = await survivors.log(1)
    async with house.open():
        await house.until_status(order_id, OrderStatus.PACKED)
        await house.move(order_id, *HAPPY)
        assert await asyncio.wait_for(survivors.handle.result(), 60) is OrderStatus.COMPLETED
    log = await survivors.log(1)
    assert [event.sequence for event in log] == list(range(1, len(log) + 1))
    assert log[: len(first)] == first
    assert log[-1].type is EventType.COD_REMITTED
    assert await survivors.log(2) == []
    assert await survivors.view.views.get(order_id) == folded(log)
    await assert_replays(survivors.handle)


async def test_a_cancellation_that_joins_the_lost_task_is_told_in_a_new_epoch(
    survivors: Survivors,
) -> None:
    house, order_id = survivors.house, survivors.order_id
    cancelling = asyncio.create_task(survivors.handle.execute_update("cancel", CANCEL))
    await survivors.handle.describe()
    async with house.open():
        await asyncio.wait_for(cancelling, 60)
        assert await asyncio.wait_for(survivors.handle.result(), 60) is OrderStatus.CANCELLED
    log = await survivors.log(2)
    assert [event.type for event in log][:2] == [EventType.ORDER_PLACED, EventType.ORDER_CANCELLED]
    assert [event.sequence for event in log] == list(range(1, len(log) + 1))
    assert await survivors.view.views.get(order_id) == folded(log)
    assert [event.type for event in await survivors.log(1)][-1] is EventType.ORDER_CONFIRMED
    await assert_replays(survivors.handle)

"""A house whose heads, log and views stand in MongoDB, so that they outlive a killed worker.

Run as a program it is the orders worker that dies: `python -m tests.workflows.mongo_house
<temporal address> <mongodb url> <database>` ends by SIGKILL once it has published a confirmation.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from adapters.mongo.connection import Database, connect, ensure_indexes
from adapters.mongo.event_log import MongoEventLog
from adapters.mongo.order_heads import MongoOrderHeads
from adapters.mongo.order_views import MongoOrderViews
from consumers.view_projection import ViewProjection
from domain.events import EventType, OrderEvent
from domain.ports import EventPublisher
from tests.consumers.doubles import MemoryLive
from tests.workflows.house import House
from workers.wiring import ActivityPorts, activities_of, workflows_of
from workflows.policies import ORDERS_QUEUE


class StraightToTheView:
    """Topics, queues and the `order_view` consumer in one step: published is folded."""

    def __init__(self, db: Database) -> None:
        self.log, self.views = MongoEventLog(db), MongoOrderViews(db)
        self._projection = ViewProjection(
            log=self.log, views=self.views, heads=MongoOrderHeads(db), live=MemoryLive()
        )

    async def publish(self, events: Sequence[OrderEvent]) -> None:
        await self._projection.apply(events[0].order_id, events)


class LastWords:
    """Publishes, and dies before anybody hears that it has, once an order is confirmed."""

    def __init__(self, inner: EventPublisher) -> None:
        self._inner = inner

    async def publish(self, events: Sequence[OrderEvent]) -> None:
        await self._inner.publish(events)
        if any(event.type is EventType.ORDER_CONFIRMED for event in events):
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class MongoHouse(House):
    """A house that publishes into MongoDB."""

    topics: EventPublisher = field(kw_only=True)
    db: Database = field(kw_only=True)

    def ports(self) -> ActivityPorts:
        heads = MongoOrderHeads(self.db)
        return replace(super().ports(), publisher=self.topics, heads=heads)


async def _work_until_killed(address: str, mongodb_url: str, database: str) -> None:
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    db = connect(mongodb_url, database)
    await ensure_indexes(db)
    house = MongoHouse(client=client, db=db, topics=LastWords(StraightToTheView(db)))
    async with Worker(
        client,
        task_queue=ORDERS_QUEUE,
        workflows=workflows_of(ORDERS_QUEUE),
        activities=activities_of(ORDERS_QUEUE, house.ports()),
    ):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_work_until_killed(*sys.argv[1:4]))

from dataclasses import replace

from adapters.mongo.connection import Database
from adapters.mongo.open_orders import MongoOpenOrders
from adapters.mongo.order_views import MongoOrderViews
from domain.attention import Attention, AttentionAction
from domain.status import OrderStatus
from tests.fakes.samples import NOON, sample_events, sample_view

STUCK = Attention(
    attention_id="a1",
    step="book_shipment",
    reason="the courier refuses the address",
    suggestion="correct the address",
    actions=(AttentionAction.RETRY,),
    raised_at=NOON,
)


async def test_open_orders_are_counted_by_status_and_those_that_need_somebody(
    mongo_database: Database,
) -> None:
    views = MongoOrderViews(mongo_database)
    for status in (OrderStatus.CONFIRMED, OrderStatus.CONFIRMED, OrderStatus.COMPLETED):
        await views.save(replace(sample_view(sample_events(1)), status=status), None)
    shipped = replace(sample_view(sample_events(1)), status=OrderStatus.SHIPPED)
    await views.save(replace(shipped, attention=(STUCK,)), None)
    counts = MongoOpenOrders(mongo_database, ["confirmed", "shipped"])
    assert await counts.count() == {"confirmed": 2, "shipped": 1, "attention": 1}
    assert await MongoOpenOrders(mongo_database, ["packed"]).count() == {"attention": 1}

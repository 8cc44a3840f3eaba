import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.mongo.connection import Database
from adapters.mongo.order_views import NEWEST_FIRST, MongoOrderViews, search_filter
from domain.attention import Attention, AttentionAction
from domain.errors import OrderNotFound
from domain.payment import EntryKind, PaymentEntry, PaymentOrder, Refund, RefundStatus
from domain.ports import OrderQuery, Position
from domain.shipment import Shipment, ShipmentLine, ShipmentState
from domain.status import OrderStatus
from domain.view import OrderView
from tests.contract.mongo.plans import stages
from tests.fakes.samples import CUSTOMER, NOON, random_order_id, sample_events, sample_view
from tests.fakes.views import FakeOrderViews

Views = MongoOrderViews | FakeOrderViews


@pytest.fixture
def views(database: Database | None) -> Views:
    return FakeOrderViews() if database is None else MongoOrderViews(database)


def placed(minutes: int = 0, **changes: Any) -> OrderView:
    return sample_view(sample_events(1, placed_at=NOON + timedelta(minutes=minutes), **changes))


def at(sequence: int, epoch: int = 1) -> Position:
    return Position(epoch=epoch, sequence=sequence)


def busy(view: OrderView) -> OrderView:
    """Return the view with something of everything."""
    parcel = Shipment(
        number=1,
        warehouse="PNQ",
        lines=(ShipmentLine(sku="TEE-BLK-M", quantity=2),),
        state=ShipmentState.SHIPPED,
        reference=f"{view.order_id}-1",
        awb=f"AWB{view.order_id[-6:]}",
        changed_at=NOON,
    )
    refund = Refund(
        number=1,
        key=f"{view.order_id}_refund_1",
        payment_id="pay_1",
        amount_paise=100,
        reason="cancelled",
        status=RefundStatus.INITIATED,
        requested_at=NOON,
        razorpay_refund_id=f"rfnd_{view.order_id[-6:]}",
    )
    attention = Attention(
        attention_id="a1",
        step="book",
        reason="no courier takes it",
        suggestion="correct the address",
        actions=(AttentionAction.RETRY, AttentionAction.CANCEL),
        raised_at=NOON,
    )
    entry = PaymentEntry(
        kind=EntryKind.CAPTURED,
        amount_paise=view.total_paise,
        reference=f"pay_{view.order_id[-6:]}",
        at=NOON,
    )
    request = PaymentOrder(
        razorpay_order_id=f"order_{view.order_id[-6:]}",
        key_id="rzp_test_1",
        amount_paise=view.total_paise,
        expires_at=NOON,
    )
    return replace(
        view,
        status=OrderStatus.SHIPPED,
        shipments=(parcel,),
        refunds=(refund,),
        attention=(attention,),
        payments=(entry,),
        payment_order=request,
    )


async def test_a_view_is_read_back_whole(views: Views) -> None:
    view = busy(placed())
    assert await views.save(view, None)
    assert await views.get(view.order_id) == view
    assert await views.get(random_order_id()) is None


async def test_several_views_come_in_one_read_without_the_unknown(views: Views) -> None:
    one, other = placed(), placed()
    for view in (one, other, placed()):
        await views.save(view, None)
    found = await views.get_many([one.order_id, other.order_id, random_order_id()])
    assert dict(found) == {one.order_id: one, other.order_id: other}


async def test_a_view_is_replaced_only_from_where_it_was_read(views: Views) -> None:
    events = sample_events(3)
    first, second, third = (sample_view(events[:n]) for n in (1, 2, 3))
    assert not await views.save(second, at(1))
    assert await views.save(first, None)
    assert not await views.save(first, None)
    assert not await views.save(third, at(2))
    assert await views.save(second, at(1))
    assert not await views.save(third, at(1))
    assert await views.get(first.order_id) == second


async def test_a_view_never_goes_back(views: Views) -> None:
    events = sample_events(3)
    await views.save(sample_view(events), None)
    with pytest.raises(ValueError, match="1:2 cannot follow 1:3"):
        await views.save(sample_view(events[:2]), at(3))
    assert await views.get(events[0].order_id) == sample_view(events)


async def test_a_view_of_a_higher_epoch_replaces_a_longer_one_of_the_epoch_that_was_read(
    views: Views,
) -> None:
    old = sample_events(3)
    anew = [replace(event, epoch=2) for event in old]
    await views.save(sample_view(old), None)
    assert not await views.save(sample_view(anew[:1]), at(1))
    assert not await views.save(sample_view(anew), at(3, epoch=2))
    assert await views.save(sample_view(anew[:1]), at(3))
    assert not await views.save(sample_view(anew[:2]), at(1))
    assert await views.save(sample_view(anew[:2]), at(1, epoch=2))
    with pytest.raises(ValueError, match="1:3 cannot follow 2:2"):
        await views.save(sample_view(old), at(2, epoch=2))
    assert await views.get(old[0].order_id) == sample_view(anew[:2])


async def test_of_concurrent_writers_one_wins(views: Views) -> None:
    events = sample_events(2)
    first = await asyncio.gather(*(views.save(sample_view(events[:1]), None) for _ in range(6)))
    second = await asyncio.gather(*(views.save(sample_view(events), at(1)) for _ in range(6)))
    assert (sum(first), sum(second)) == (1, 1)


async def test_a_customer_sees_own_orders_newest_first_page_by_page(views: Views) -> None:
    mine = [placed(minutes=n // 2) for n in range(7)]
    for view in (*mine, placed(minutes=2, customer_id="cus_bela")):
        await views.save(view, None)
    expected = sorted(mine, key=lambda view: (-view.placed_at.timestamp(), view.order_id))
    pages: list[OrderView] = []
    last: str | None = None
    while page := await views.of_customer("cus_asha", limit=3, before=last):
        pages.extend(page)
        last = page[-1].order_id
    assert pages == expected


async def test_paging_from_somebody_elses_order_is_refused(views: Views) -> None:
    other = placed(customer_id="cus_bela")
    for view in (placed(), other):
        await views.save(view, None)
    for last in (other.order_id, random_order_id()):
        with pytest.raises(OrderNotFound):
            await views.of_customer("cus_asha", before=last)
        assert await views.of_customer("cus_nobody") == []


ORDER = "ord_abcdefghijklmnopqr"
FOUND = replace(
    busy(placed(order_id=ORDER, customer_id="cus_find_me")),
    customer=replace(CUSTOMER, phone="+919822011223", email="Bela@X.in"),
    total_paise=777_77,
)
KNOWN = {
    "status": OrderQuery(status=OrderStatus.SHIPPED),
    "customer id": OrderQuery(customer="cus_find_me"),
    "phone": OrderQuery(customer="09822011223"),
    "email": OrderQuery(customer="bela@x.IN "),
    "latest date": OrderQuery(placed_until=NOON + timedelta(minutes=1)),
    "dates": OrderQuery(placed_from=NOON, placed_until=NOON + timedelta(seconds=1)),
    "attention": OrderQuery(attention=True),
    "payment": OrderQuery(payment_id="pay_mnopqr"),
    "Razorpay order": OrderQuery(payment_id="order_mnopqr"),
    "refund": OrderQuery(payment_id="rfnd_mnopqr"),
    "AWB": OrderQuery(awb="AWBmnopqr"),
    "order id": OrderQuery(order_id=ORDER),
    "total": OrderQuery(total_paise=777_77),
    "three things": OrderQuery(status=OrderStatus.SHIPPED, attention=True, customer="cus_find_me"),
}
UNKNOWN = {
    "status": OrderQuery(status=OrderStatus.DELIVERED),
    "customer id": OrderQuery(customer="cus_FIND_me"),
    "email": OrderQuery(customer="nobody@x.in"),
    "dates": OrderQuery(placed_from=NOON + timedelta(minutes=10)),
    "payment": OrderQuery(payment_id="pay_other"),
    "AWB": OrderQuery(awb="AWB"),
    "order id": OrderQuery(order_id="ord_zzzzzzzzzzzzzzzzzzzz"),
    "total": OrderQuery(total_paise=777_78),
    "one thing of two": OrderQuery(status=OrderStatus.SHIPPED, attention=False),
}
PLANNED = {
    "nothing": OrderQuery(),
    "no attention": OrderQuery(attention=False),
    "status and dates": OrderQuery(status=OrderStatus.SHIPPED, attention=True, placed_from=NOON),
    **KNOWN,
}


@pytest.mark.parametrize("query", KNOWN.values(), ids=KNOWN)
async def test_ops_find_an_order_by_anything_they_know(views: Views, query: OrderQuery) -> None:
    for view in (placed(minutes=5), FOUND, placed(minutes=9)):
        await views.save(view, None)
    assert await views.find(query) == [FOUND]


@pytest.mark.parametrize("query", UNKNOWN.values(), ids=UNKNOWN)
async def test_a_search_without_a_match_is_empty(views: Views, query: OrderQuery) -> None:
    for view in (placed(minutes=5), FOUND):
        await views.save(view, None)
    assert await views.find(query) == []


async def test_resolved_attention_is_no_attention(views: Views) -> None:
    resolved = replace(FOUND, attention=(replace(FOUND.attention[0], resolved_at=NOON),))
    await views.save(resolved, None)
    assert await views.find(OrderQuery(attention=True)) == []
    assert await views.find(OrderQuery(attention=False)) == [resolved]


async def test_a_search_is_paged_newest_first_also_while_orders_arrive(views: Views) -> None:
    old = [placed(minutes=n // 3) for n in range(8)]
    for view in old:
        await views.save(view, None)
    first = await views.find(OrderQuery(limit=5))
    await views.save(placed(minutes=60), None)
    rest = await views.find(OrderQuery(limit=5, after=first[-1].order_id))
    assert [*first, *rest] == sorted(
        old, key=lambda view: (-view.placed_at.timestamp(), view.order_id)
    )
    with pytest.raises(OrderNotFound):
        await views.find(OrderQuery(after=random_order_id()))


@pytest.mark.parametrize("query", PLANNED.values(), ids=PLANNED)
async def test_no_search_reads_the_whole_collection_or_sorts(
    mongo_database: Database, query: OrderQuery
) -> None:
    views = MongoOrderViews(mongo_database)
    for minute in range(20):
        await views.save(placed(minutes=minute), None)
    plan = await mongo_database.command(
        "explain",
        {
            "find": "order_views",
            "filter": search_filter(query),
            "sort": dict(NEWEST_FIRST),
            "limit": 5,
        },
    )
    assert stages(plan) & {"COLLSCAN", "SORT"} == set()

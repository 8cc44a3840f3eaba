"""The money of orders, read off their views. Implements `MoneyBooks`."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from adapters.mongo.connection import Collection as MongoCollection
from adapters.mongo.connection import Database, Document, guarded
from adapters.mongo.order_views import MongoOrderViews
from domain.order_money import OrderMoney, money_of

BATCH: Final = 500
"""Views read at once: each is some kilobytes."""


class MongoMoneyBooks:
    """Reads what `MongoOrderViews` keeps; the moments of a view are ISO text in UTC."""

    def __init__(self, db: Database) -> None:
        """Read this database, whose indexes exist."""
        self._views: MongoCollection = db["order_views"]
        self._orders = MongoOrderViews(db)

    async def of(self, order_ids: Collection[str]) -> Mapping[str, OrderMoney]:
        """Return the money of these orders; unknown ones are absent."""
        wanted, found = sorted(set(order_ids)), dict[str, OrderMoney]()
        for start in range(0, len(wanted), BATCH):
            views = await self._orders.get_many(wanted[start : start + BATCH])
            found.update({order_id: money_of(view) for order_id, view in views.items()})
        return found

    @guarded
    async def orders_of(self, references: Collection[str]) -> Mapping[str, str]:
        """Return whose these payments, refunds and Razorpay orders are."""
        wanted, owners = sorted(set(references)), dict[str, str]()
        for start in range(0, len(wanted), BATCH):
            part = set(wanted[start : start + BATCH])
            query = self._views.find({"payment_ids": {"$in": sorted(part)}}, {"payment_ids": 1})
            async for document in query:
                owners.update(dict.fromkeys(part & set(document["payment_ids"]), document["_id"]))
        return owners

    @guarded
    async def moved_between(self, since: datetime, until: datetime) -> Sequence[str]:
        """Return the orders with a payment, refund or cash that moved in `[since, until)`."""
        moved: set[str] = set()
        for moments in _moments(since, until):
            moved.update([each["_id"] async for each in self._views.find(moments, {"_id": 1})])
        return sorted(moved)


def _moments(since: datetime, until: datetime) -> Iterator[Document]:
    span = {"$gte": _text(since), "$lt": _text(until)}
    yield {"view.payments": {"$elemMatch": {"at": span}}}
    yield {"view.refunds": {"$elemMatch": {"requested_at": span}}}
    yield {"view.refunds": {"$elemMatch": {"processed_at": span}}}


def _text(moment: datetime) -> str:
    """Return a moment as views hold it: text of one offset sorts by time."""
    return moment.astimezone(UTC).isoformat()

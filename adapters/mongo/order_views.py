"""The views of orders, and the questions asked of them."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from secrets import token_hex
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError

from adapters.gathering import Gathering
from adapters.mongo.connection import Collection, Database, Document, guarded
from domain.cart import normalise_phone
from domain.errors import OrderNotFound
from domain.ports import OrderQuery, Position
from domain.view import OrderView
from domain.wire import from_json, to_json

LIVE: Final = "order_views"
NEWEST_FIRST: Final = [("placed_at", DESCENDING), ("_id", ASCENDING)]


class MongoOrderViews:
    """Implements `OrderViews` and `OrderSearch`.

    The view is kept whole; what is searched stands beside it, each field under an index that ends
    in the order of the answer. Pages follow the last order shown, not a count.
    """

    def __init__(self, db: Database, collection: str = LIVE) -> None:
        """Write to this database, whose indexes exist."""
        self._views: Collection = db[collection]
        self._gets = Gathering(self._get_all)
        self._saves = Gathering(self._save_all)

    async def get(self, order_id: str) -> OrderView | None:
        """Return the view, or None if no event of this order has arrived."""
        return await self._gets.ask(order_id)

    async def _get_all(self, order_ids: Sequence[str]) -> Sequence[OrderView | None]:
        found = await self.get_many(order_ids)
        return [found.get(order_id) for order_id in order_ids]

    @guarded
    async def get_many(self, order_ids: Sequence[str]) -> Mapping[str, OrderView]:
        """Return several views in one read; unknown orders are absent."""
        found = await self._views.find({"_id": {"$in": list(order_ids)}}).to_list(None)
        return {document["_id"]: _view(document) for document in found}

    async def save(self, view: OrderView, expected: Position | None) -> bool:
        """Store a view if the stored one is at `expected` (None: absent). False: others were first.

        Raises:
            ValueError: the view is older than what it is to replace.
        """
        if expected is not None and Position.of(view) < expected:
            message = f"a view of {view.order_id} at {Position.of(view)} cannot follow {expected}"
            raise ValueError(message)
        return await self._saves.ask((view, expected))

    @guarded
    async def _save_all(self, saves: Sequence[tuple[OrderView, Position | None]]) -> Sequence[bool]:
        marks = [token_hex(8) for _ in saves]
        writes = [_write(*save, mark) for save, mark in zip(saves, marks, strict=True)]
        with suppress(BulkWriteError):  # two writers met in creating a view; the marks tell who won
            result = await self._views.bulk_write(writes, ordered=False)
            if result.modified_count + result.upserted_count == len(saves):
                return [True] * len(saves)
        ids = [view.order_id for view, _ in saves]
        found = await self._views.find({"_id": {"$in": ids}}, {"saved_as": 1}).to_list(None)
        stored = {document["_id"]: document["saved_as"] for document in found}
        return [stored.get(order_id) == mark for order_id, mark in zip(ids, marks, strict=True)]

    @guarded
    async def of_customer(
        self, customer_id: str, limit: int = 50, before: str | None = None
    ) -> Sequence[OrderView]:
        """Return a customer's orders, newest first; `before` is an order id for paging.

        Raises:
            OrderNotFound: `before` is not an order of this customer.
        """
        mine: Document = {"customer_id": customer_id}
        last = None if before is None else {**mine, "_id": before}
        return await self._page(mine, limit, last)

    @guarded
    async def find(self, query: OrderQuery) -> Sequence[OrderView]:
        """Return matching orders, newest first. `customer` matches id, phone or email.

        Raises:
            OrderNotFound: there is no order `after`.
        """
        last = None if query.after is None else {"_id": query.after}
        return await self._page(search_filter(query), query.limit, last)

    async def _page(self, selector: Document, limit: int, last: Document | None) -> list[OrderView]:
        if last is not None:
            selector = {"$and": [selector, await self._after(last)]}
        found = self._views.find(selector).sort(NEWEST_FIRST).limit(limit)
        return [_view(document) for document in await found.to_list(None)]

    async def _after(self, last: Document) -> Document:
        """Return the filter for what comes after an order in the order of the answer."""
        found = await self._views.find_one(last, {"placed_at": 1})
        if found is None:
            message = f"there is no order {last['_id']} to continue after"
            raise OrderNotFound(message)
        placed_at = found["placed_at"]
        return {
            "placed_at": {"$lte": placed_at},  # bounds the index; the rest decides at the edge
            "$or": [
                {"placed_at": {"$lt": placed_at}},
                {"_id": {"$gt": found["_id"]}},
            ],
        }


def search_filter(query: OrderQuery) -> Document:
    """Return the filter of a search; each part has its index."""
    wanted = {
        "_id": query.order_id,
        "status": query.status.value if query.status else None,
        "customer_keys": _customer_key(query.customer) if query.customer else None,
        "attention": query.attention,
        "payment_ids": query.payment_id,
        "awbs": query.awb,
        "total_paise": query.total_paise,
    }
    selector = {field: value for field, value in wanted.items() if value is not None}
    placed: dict[str, Any] = {}
    if query.placed_from is not None:
        placed["$gte"] = query.placed_from
    if query.placed_until is not None:
        placed["$lt"] = query.placed_until
    return {**selector, "placed_at": placed} if placed else selector


def _customer_key(text: str) -> str:
    """Return how an id, phone or email is indexed; ids keep their case."""
    if phone := normalise_phone(text):
        return phone
    return text.strip().casefold() if "@" in text else text.strip()


def _write(
    view: OrderView, expected: Position | None, mark: str
) -> UpdateOne | ReplaceOne[Document]:
    document = {**view_document(view), "saved_as": mark}
    if expected is None:
        return UpdateOne({"_id": view.order_id}, {"$setOnInsert": document}, upsert=True)
    place = {"epoch": expected.epoch, "sequence": expected.sequence}
    return ReplaceOne({"_id": view.order_id, **place}, document)


def view_document(view: OrderView) -> Document:
    """Return how a view is stored: whole, with what is searched beside it."""
    customer = view.customer
    return {
        "_id": view.order_id,
        "sequence": view.sequence,
        "epoch": view.epoch,
        "placed_at": view.placed_at,
        "customer_id": view.customer_id,
        "customer_keys": sorted(
            {_customer_key(each) for each in (view.customer_id, customer.phone, customer.email)}
        ),
        "status": view.status.value,
        "total_paise": view.total_paise,
        "attention": any(each.resolved_at is None for each in view.attention),
        "payment_ids": _payment_ids(view),
        "awbs": sorted({shipment.awb for shipment in view.shipments if shipment.awb}),
        "view": to_json(view),
    }


def _payment_ids(view: OrderView) -> list[str]:
    """Return every id under which Razorpay knows this order's money."""
    ids = {entry.reference for entry in view.payments}
    ids.update(refund.razorpay_refund_id for refund in view.refunds if refund.razorpay_refund_id)
    if view.payment_order:
        ids.add(view.payment_order.razorpay_order_id)
    return sorted(ids)


def _view(document: Document) -> OrderView:
    return from_json(OrderView, document["view"])

"""The handle on the database, its indexes, and the translation of the driver's errors.

Either driver serves: Motor, or PyMongo's own `AsyncMongoClient`, which follows it. Types are
Motor's. What the two do differently (starting a session with its transaction, aggregating, closing
the client) stands in `begin`, `aggregate` and `close`.
"""

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from bson.errors import BSONError
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorClientSession,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
)
from pymongo import ASCENDING, DESCENDING, AsyncMongoClient, IndexModel
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from domain.errors import StoreUnavailable

Document = dict[str, Any]
Client = AsyncIOMotorClient[Document]
Database = AsyncIOMotorDatabase[Document]
Collection = AsyncIOMotorCollection[Document]
Session = AsyncIOMotorClientSession

_P = ParamSpec("_P")
_T = TypeVar("_T")

MOTOR: Final = "motor"
PYMONGO: Final = "pymongo"
DRIVERS: Final = (MOTOR, PYMONGO)
DUPLICATE_KEY: Final = 11000
"""The server's code for a second document with a unique key."""
NAMESPACE_EXISTS: Final = 48
"""The server's code for a collection that is there already."""
CONNECT_TIMEOUT_MS: Final = 3_000
SELECTION_TIMEOUT_MS: Final = 5_000
"""Long enough for an election, short enough for a caller who waits."""
SOCKET_TIMEOUT_MS: Final = 10_000
LET_GO_KEPT_S: Final = 60 * 86_400
"""Longer than any order is looked for among those that nothing can happen to any more."""

_NEWEST_FIRST: Final = (("placed_at", DESCENDING), ("_id", ASCENDING))


def _search_index(field: str) -> IndexModel:
    """One filter of the search, then the order of its answer: no sorting, any page at once."""
    return IndexModel([(field, ASCENDING), *_NEWEST_FIRST])


INDEXES: Final[dict[str, list[IndexModel]]] = {
    "products": [],
    "warehouses": [],
    "stock": [IndexModel([("sku", ASCENDING), ("warehouse", ASCENDING)], unique=True)],
    "stock_holds": [IndexModel([("state", ASCENDING), ("held_at", ASCENDING)])],
    "stock_movements": [
        IndexModel(
            [
                ("order_id", ASCENDING),
                ("sku", ASCENDING),
                ("warehouse", ASCENDING),
                ("kind", ASCENDING),
                ("round", ASCENDING),
                ("shipment", ASCENDING),
            ],
            unique=True,
        ),
        IndexModel([("sku", ASCENDING), ("warehouse", ASCENDING)]),
    ],
    "coupons": [],
    "coupon_redemptions": [],
    "checkouts": [],
    "payment_refs": [],
    "order_heads": [IndexModel([("behind_since", ASCENDING)], sparse=True)],
    "order_events": [
        IndexModel(
            [("order_id", ASCENDING), ("epoch", ASCENDING), ("sequence", ASCENDING)], unique=True
        )
    ],
    "order_views": [
        IndexModel(list(_NEWEST_FIRST)),
        *map(
            _search_index,
            (
                "customer_id",
                "customer_keys",
                "status",
                "attention",
                "payment_ids",
                "awbs",
                "total_paise",
            ),
        ),
        *(
            IndexModel([(moment, ASCENDING)], sparse=True)
            for moment in (
                "view.payments.at",
                "view.refunds.requested_at",
                "view.refunds.processed_at",
            )
        ),
    ],
    "view_builds": [],
    "order_archive": [],
    "tax_documents": [
        IndexModel([("key", ASCENDING)], unique=True),
        IndexModel([("document.request.order_id", ASCENDING)]),
        IndexModel([("document.request.original", ASCENDING)]),
    ],
    "document_series": [],
    "money_watch": [
        IndexModel([("next_at", ASCENDING)], sparse=True),
        IndexModel([("let_go_at", ASCENDING)], expireAfterSeconds=LET_GO_KEPT_S),
    ],
    "money_watch_marks": [],
    "settlement_days": [],
    "settlement_rows": [IndexModel([("day", ASCENDING), ("reading", ASCENDING)])],
    "reconciliation_reports": [],
    "sent_mail": [],
    "link_keys": [],
    "consumer_inbox": [],
    "consumer_records": [],
    "parked_events": [
        IndexModel([("consumer", ASCENDING), ("order_id", ASCENDING)]),
        IndexModel([("consumer", ASCENDING), ("due", ASCENDING)]),
        IndexModel([("consumer", ASCENDING), ("parked_at", ASCENDING)]),
    ],
}
"""Every collection with its indexes besides `_id`; transactions need collections that exist."""


def connect(
    url: str,
    database: str,
    *,
    driver: str = MOTOR,
    selection_timeout_ms: int = SELECTION_TIMEOUT_MS,
) -> Database:
    """Return a handle; nothing is dialled until the first call.

    Writes are acknowledged by the majority and reads see only such writes, so that nothing that was
    read is undone by a failover. Times come back as aware UTC datetimes. A call fails when no
    server can be reached for `selection_timeout_ms`. `driver` is one of `DRIVERS`.
    """
    make: Any = AsyncMongoClient if driver == PYMONGO else AsyncIOMotorClient
    client: Client = make(
        url,
        tz_aware=True,
        w="majority",
        readConcernLevel="majority",
        retryWrites=True,
        retryReads=True,
        connectTimeoutMS=CONNECT_TIMEOUT_MS,
        serverSelectionTimeoutMS=selection_timeout_ms,
        socketTimeoutMS=SOCKET_TIMEOUT_MS,
        waitQueueTimeoutMS=SOCKET_TIMEOUT_MS,
        appname="retail-orders",
    )
    return client[database]


async def close(db: Database) -> None:
    """Close the client of a handle."""
    client: Any = db.client
    closing = client.close()
    if inspect.isawaitable(closing):
        await closing


async def aggregate(collection: Collection, pipeline: Sequence[Document]) -> list[Document]:
    """Return all documents of a pipeline."""
    running: Any = collection.aggregate(pipeline)
    cursor = await running if inspect.isawaitable(running) else running
    found: list[Document] = await cursor.to_list(None)
    return found


async def begin(db: Database) -> Session:
    """Start a session with a transaction in it: reads of one moment, a commit by the majority."""
    client: Any = db.client
    starting = client.start_session()
    session: Session = await starting if inspect.isawaitable(starting) else starting
    begun: Any = session.start_transaction(
        read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority")
    )
    if inspect.isawaitable(begun):
        await begun
    return session


def guarded(
    method: Callable[_P, Awaitable[_T]],
) -> Callable[_P, Coroutine[Any, Any, _T]]:
    """Make a method raise `StoreUnavailable` where the driver fails. Wraps each public method.

    A driver error inside a method that means something (a duplicate key) is handled there first.
    Of the driver's error only the kind is passed on, for some quote whole documents, with names
    and addresses in them.
    """

    @wraps(method)
    async def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return await method(*args, **kwargs)
        except (PyMongoError, BSONError) as error:
            raise StoreUnavailable(_reason(error)) from None

    return call


def _reason(error: PyMongoError | BSONError) -> str:
    kind = f"MongoDB: {type(error).__name__}"
    if isinstance(error, OperationFailure):
        return f"{kind}, code {error.code} {(error.details or {}).get('codeName', '')}".rstrip()
    if isinstance(error, ConnectionFailure):
        return f"{kind}: {error}"
    return kind


@guarded
async def ping(db: Database) -> None:
    """Return if the database answers.

    Raises:
        StoreUnavailable: it does not.
    """
    await db.command("ping")


@guarded
async def ensure_indexes(db: Database) -> None:
    """Create the collections and indexes that are missing. Idempotent, safe to run side by side."""
    existing = set(await db.list_collection_names())
    for name, indexes in INDEXES.items():
        if name not in existing:
            await _create_collection(db, name)
        if indexes:
            await db[name].create_indexes(indexes)


async def _create_collection(db: Database, name: str) -> None:
    try:
        await db.create_collection(name, check_exists=False)
    except OperationFailure as error:
        if error.code != NAMESPACE_EXISTS:  # another process was first
            raise

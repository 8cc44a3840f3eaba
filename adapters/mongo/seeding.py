"""Fills an empty shop, and leaves a filled one as it is."""

from collections.abc import Sequence
from typing import Any, Final

from pymongo import UpdateOne

from adapters.mongo import sample_catalogue
from adapters.mongo.connection import Collection, Database, Document, guarded
from adapters.mongo.inventory import MongoInventory
from domain.wire import to_json

REFERENCE: Final = "opening-stock"
"""The delivery note under which the first stock is booked, once per shelf."""


@guarded
async def seed_catalogue(db: Database) -> None:
    """Add the sample products, warehouses, coupons and stock that are missing.

    Idempotent: what exists keeps its price, its budget and its stock.
    """
    warehouses = enumerate(sample_catalogue.WAREHOUSES)
    await _add(db["warehouses"], [{**_keyed(w, "code"), "rank": rank} for rank, w in warehouses])
    await _add(db["products"], [_keyed(each, "sku") for each in sample_catalogue.PRODUCTS])
    await _add(db["coupons"], [_keyed(each, "code") for each in sample_catalogue.COUPONS])
    await MongoInventory(db).receive(REFERENCE, sample_catalogue.STOCK)


def _keyed(value: Any, key: str) -> Document:
    document: Document = to_json(value)
    document["_id"] = document.pop(key)
    return document


async def _add(collection: Collection, documents: Sequence[Document]) -> None:
    await collection.bulk_write(
        [UpdateOne({"_id": each["_id"]}, {"$setOnInsert": each}, upsert=True) for each in documents]
    )

"""Fills an empty shop, and leaves a filled one as it is."""

from typing import Any, Final

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
    for rank, warehouse in enumerate(sample_catalogue.WAREHOUSES):
        await _add(db["warehouses"], {**_keyed(warehouse, "code"), "rank": rank})
    for product in sample_catalogue.PRODUCTS:
        await _add(db["products"], _keyed(product, "sku"))
    for coupon in sample_catalogue.COUPONS:
        await _add(db["coupons"], _keyed(coupon, "code"))
    inventory = MongoInventory(db)
    for level in sample_catalogue.STOCK:
        await inventory.receive(REFERENCE, level.sku, level.warehouse, level.available)


def _keyed(value: Any, key: str) -> Document:
    document: Document = to_json(value)
    document["_id"] = document.pop(key)
    return document


async def _add(collection: Collection, document: Document) -> None:
    await collection.update_one({"_id": document["_id"]}, {"$setOnInsert": document}, upsert=True)

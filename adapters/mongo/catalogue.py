"""Products, warehouses, coupons and what is on the shelves, as read by pricing and the shop."""

from collections.abc import Sequence
from datetime import UTC, datetime

from adapters.mongo.connection import Collection, Database, Document, guarded
from domain.catalogue import CatalogueSnapshot, Coupon, Product, StockLevel, Warehouse
from domain.wire import from_json


class MongoCatalogue:
    """The catalogue. Implements `Catalogue`."""

    def __init__(self, db: Database) -> None:
        """Read from this database."""
        self._products: Collection = db["products"]
        self._warehouses: Collection = db["warehouses"]
        self._coupons: Collection = db["coupons"]
        self._stock: Collection = db["stock"]

    @guarded
    async def products(self) -> Sequence[Product]:
        """Return everything on sale, by SKU."""
        found = await self._products.find().sort("_id").to_list(None)
        return [_product(document) for document in found]

    @guarded
    async def warehouse(self, code: str) -> Warehouse:
        """Return one warehouse.

        Raises:
            KeyError: there is none of this code.
        """
        found = await self._warehouses.find_one({"_id": code})
        if found is None:
            raise KeyError(code)
        return read_warehouse(found)

    @guarded
    async def snapshot(self, skus: Sequence[str], coupon: str | None) -> CatalogueSnapshot:
        """Return what pricing needs; unknown SKUs and coupons are simply absent."""
        products = await self._products.find({"_id": {"$in": list(skus)}}).sort("_id").to_list(None)
        warehouses = await self._warehouses.find().sort("rank").to_list(None)
        found = await self._coupons.find_one({"_id": coupon}) if coupon is not None else None
        return CatalogueSnapshot(
            products=tuple(_product(document) for document in products),
            warehouses=tuple(read_warehouse(document) for document in warehouses),
            coupon=read_coupon(found) if found else None,
            taken_at=datetime.now(UTC),
        )

    @guarded
    async def stock(self, skus: Sequence[str]) -> Sequence[StockLevel]:
        """Return the units that can be ordered now, per SKU and warehouse."""
        found = await self._stock.find({"sku": {"$in": list(skus)}}).sort("_id").to_list(None)
        return [read_level(document) for document in found]


def read_level(document: Document) -> StockLevel:
    """Return what a stock document leaves to be ordered."""
    return StockLevel(
        sku=document["sku"],
        warehouse=document["warehouse"],
        available=document["on_hand"] - document["held"],
    )


def read_warehouse(document: Document) -> Warehouse:
    """Return the warehouse of a document."""
    return from_json(Warehouse, {**document, "code": document["_id"]})


def read_coupon(document: Document) -> Coupon:
    """Return the coupon of a document, with what it has granted so far."""
    return from_json(Coupon, {**document, "code": document["_id"]})


def _product(document: Document) -> Product:
    return from_json(Product, {**document, "sku": document["_id"]})

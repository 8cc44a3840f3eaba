from datetime import UTC, date, datetime

import pytest

from adapters.mongo import sample_catalogue
from adapters.mongo.catalogue import MongoCatalogue
from adapters.mongo.connection import Database, ensure_indexes
from adapters.mongo.seeding import seed_catalogue
from domain.cart import CartItem, PaymentMethod
from domain.gstin import gstin_errors
from domain.ports import Catalogue
from domain.pricing import PricingRequest, Route, price_cart
from domain.tax import STATE_CODES
from tests.fakes.stock import FakeCatalogue

CURRENT_RATES = {0, 5, 18, 40}


@pytest.fixture
async def catalogue(database: Database | None) -> Catalogue:
    if database is None:
        return FakeCatalogue()
    await seed_catalogue(database)
    return MongoCatalogue(database)


async def test_products_come_by_sku(catalogue: Catalogue) -> None:
    products = await catalogue.products()
    assert tuple(products) == sample_catalogue.PRODUCTS
    assert [product.sku for product in products] == sorted(product.sku for product in products)


async def test_a_snapshot_prices_a_cart_and_leaves_out_what_is_unknown(
    catalogue: Catalogue,
) -> None:
    before = datetime.now(UTC)
    snapshot = await catalogue.snapshot(["TEE-BLK-M", "NOSUCH"], "WELCOME10")
    assert [product.sku for product in snapshot.products] == ["TEE-BLK-M"]
    assert snapshot.warehouses == sample_catalogue.WAREHOUSES
    assert snapshot.taken_at >= before
    request = PricingRequest(
        items=(CartItem(sku="TEE-BLK-M", quantity=2),),
        payment_method=PaymentMethod.PREPAID,
        place_of_supply="Maharashtra",
        route=Route(serviceable=True, cod=True),
        cod_limit_paise=0,
        coupon="WELCOME10",
    )
    assert price_cart(request, snapshot).total_paise == 2 * 599_00 * 9 // 10


async def test_an_unknown_coupon_is_absent(catalogue: Catalogue) -> None:
    assert (await catalogue.snapshot([], "NOSUCH")).coupon is None
    assert (await catalogue.snapshot([], None)).coupon is None


async def test_a_warehouse_is_found_by_its_code(catalogue: Catalogue) -> None:
    assert await catalogue.warehouse("BLR") == sample_catalogue.WAREHOUSES[1]
    with pytest.raises(KeyError):
        await catalogue.warehouse("NOSUCH")


async def test_stock_is_told_per_warehouse(catalogue: Catalogue) -> None:
    levels = await catalogue.stock(["SAREE-KAN-MAR", "QUILT-JPR-D", "NOSUCH"])
    places = {(level.sku, level.warehouse) for level in levels if level.available > 0}
    assert places == {
        ("QUILT-JPR-D", "PNQ"),
        ("QUILT-JPR-D", "DEL"),
        ("SAREE-KAN-MAR", "BLR"),
    }


async def test_seeding_again_changes_nothing(mongo_database: Database) -> None:
    await seed_catalogue(mongo_database)
    await mongo_database["products"].update_one(
        {"_id": "TEE-BLK-M"}, {"$set": {"price_paise": 1_00}}
    )
    await mongo_database["stock"].update_one({"_id": "TEE-BLK-M@PNQ"}, {"$inc": {"on_hand": -7}})
    await ensure_indexes(mongo_database)
    await seed_catalogue(mongo_database)
    product = await mongo_database["products"].find_one({"_id": "TEE-BLK-M"})
    shelf = await mongo_database["stock"].find_one({"_id": "TEE-BLK-M@PNQ"})
    assert product is not None
    assert shelf is not None
    assert product["price_paise"] == 1_00
    assert shelf["on_hand"] == 4_993
    assert await mongo_database["stock_movements"].count_documents({}) == len(
        sample_catalogue.STOCK
    )


def test_the_sample_shop_is_believable() -> None:
    for warehouse in sample_catalogue.WAREHOUSES:
        assert warehouse.gstin[:2] == STATE_CODES[warehouse.state]
        assert not list(gstin_errors(warehouse.gstin))
    today = [product.as_of(date(2026, 11, 23)) for product in sample_catalogue.PRODUCTS]
    assert {product.gst_rate for product in today} <= CURRENT_RATES
    # Notification 78/2020: six digits are enough for a seller of any turnover.
    assert all(len(product.hsn) == 6 and product.hsn.isdigit() for product in today)
    assert all(product.weight_g > 0 < product.price_paise for product in sample_catalogue.PRODUCTS)

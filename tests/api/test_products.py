from dataclasses import replace

from domain.catalogue import TaxChange, indian_day
from tests.api.shop import SKU, ShopFront, problem_type


async def test_the_catalogue_lists_prices_and_what_can_be_ordered_now(front: ShopFront) -> None:
    products = (await front.http.get("/products")).json()["products"]
    coffee = next(product for product in products if product["sku"] == SKU)
    assert coffee["price_paise"] == 449_00
    assert coffee["gst_rate"] == 5
    assert coffee["available"] == sum(level.available for level in front.shop.levels([SKU]))


async def test_the_catalogue_tells_the_rate_of_the_day(front: ShopFront) -> None:
    change = TaxChange(valid_from=indian_day(front.clock.now()), gst_rate=18, hsn="090122")
    coffee = front.shop.products[SKU]
    front.shop.products[SKU] = replace(coffee, tax_changes=(change,))
    body = (await front.http.get(f"/products/{SKU}")).json()
    assert (body["gst_rate"], body["hsn"]) == (18, "090122")
    assert body["price_paise"] == coffee.price_paise


async def test_held_stock_cannot_be_ordered_any_more(front: ShopFront) -> None:
    before = (await front.http.get(f"/products/{SKU}")).json()["available"]
    await front.placed(items=[{"sku": SKU, "quantity": 2}])
    after = (await front.http.get(f"/products/{SKU}")).json()["available"]
    assert after == before - 2


async def test_an_unknown_product_is_not_found(front: ShopFront) -> None:
    response = await front.http.get("/products/NO-SUCH%00SKU")
    assert response.status_code == 404
    assert problem_type(response) == "not-found"

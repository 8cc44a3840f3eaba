from dataclasses import replace
from typing import Any

import pytest

from tests.api.shop import SKU, ShopFront, fields_of, problem_type


def quote(**changes: Any) -> dict[str, Any]:
    return {
        "items": [{"sku": SKU, "quantity": 2}],
        "pincode": "560001",
        "payment_method": "prepaid",
        "coupon": None,
    } | changes


async def test_anyone_gets_a_price_with_its_parts(front: ShopFront) -> None:
    response = await front.http.post("/quotes", json=quote())
    assert response.status_code == 200
    body = response.json()
    assert body["total_paise"] == 2 * 449_00 + 49_00
    assert sum(line["charged_paise"] for line in body["lines"]) == body["total_paise"]
    assert sum(body["tax"].values()) == body["total_paise"]
    assert body["tax"]["igst_paise"] > 0
    assert body["promised_by"]
    assert body["cod_allowed"] is True


async def test_the_quoted_total_is_what_the_order_costs(front: ShopFront) -> None:
    quoted = (await front.http.post("/quotes", json=quote(pincode="411001"))).json()
    assert (await front.placed())["total_paise"] == quoted["total_paise"]


async def test_a_state_that_is_named_decides_the_tax(front: ShopFront) -> None:
    within = (await front.http.post("/quotes", json=quote(state="maharashtra"))).json()
    assert within["tax"]["igst_paise"] == 0
    assert within["tax"]["cgst_paise"] == within["tax"]["sgst_paise"] > 0


async def test_the_gstin_of_a_business_decides_the_tax(front: ShopFront) -> None:
    async def tax(**customer: Any) -> Any:
        body = quote(state="Maharashtra", customer=customer)
        return (await front.http.post("/quotes", json=body)).json()["tax"]

    assert (await tax(gstin="27aapfu0939f1zv", name="Asha"))["igst_paise"] == 0
    assert (await tax(gstin=None))["igst_paise"] == 0
    abroad = await tax(gstin="29AAPFU0939F1ZR")
    assert abroad["cgst_paise"] == 0 < abroad["igst_paise"]


async def test_a_shop_bound_to_e_invoicing_sells_to_consumers_alone(front: ShopFront) -> None:
    dependencies = front.dependencies()
    bound = replace(dependencies.settings, e_invoicing=True)
    front.app.state.dependencies = replace(dependencies, settings=bound)
    refused = await front.http.post("/quotes", json=quote(customer={"gstin": "27AAPFU0939F1ZV"}))
    assert (refused.status_code, fields_of(refused)) == (422, ["customer.gstin"])
    assert (await front.http.post("/quotes", json=quote())).status_code == 200


async def test_a_quote_works_without_the_courier(front: ShopFront) -> None:
    front.routes.go_away()
    for method in ("prepaid", "cod"):
        response = await front.http.post("/quotes", json=quote(payment_method=method))
        assert response.status_code == 200
        assert response.json()["promised_by"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pincode": "1"}, "pincode"),
        ({"state": "Atlantis"}, "state"),
        ({"items": []}, "items"),
        ({"items": [{"sku": SKU, "quantity": 0}]}, "items[0].quantity"),
        ({"coupon": "NO-SUCH-COUPON"}, "coupon"),
        ({"payment_method": "barter"}, "payment_method"),
        ({"discount_paise": 1}, "discount_paise"),
        ({"customer": {"gstin": "27ABCDE1234F1Z5"}}, "customer.gstin"),
    ],
)
async def test_a_wrong_field_of_a_quote_is_named(
    front: ShopFront, changes: dict[str, Any], field: str
) -> None:
    response = await front.http.post("/quotes", json=quote(**changes))
    assert response.status_code == 422
    assert fields_of(response) == [field]


async def test_a_place_that_nobody_serves_is_named_as_the_quotes_own_field(
    front: ShopFront,
) -> None:
    front.routes.unserved.add("560001")
    response = await front.http.post("/quotes", json=quote())
    assert response.status_code == 422
    assert problem_type(response) == "invalid-cart"
    assert fields_of(response) == ["pincode"]

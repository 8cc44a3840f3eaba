from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cart import CartItem, PaymentMethod
from domain.catalogue import CatalogueSnapshot, Coupon, Product
from domain.errors import CouponRefused, InvalidCart
from domain.pricing import PricingRequest, Quote, Route, price_cart, promise
from domain.tax import TaxSplit
from tests.domain.orders import NOON, PUNE

TEE = Product(sku="TEE", name="T-shirt", price_paise=49_900, gst_rate=5, hsn="6109", weight_g=200)
LAMP = Product(
    sku="LAMP", name="Lamp", price_paise=118_000, gst_rate=18, hsn="9405", weight_g=1_500
)
TEN_OFF = Coupon(
    code="TEN",
    percent_off=10,
    valid_from=date(2026, 11, 1),
    valid_until=date(2026, 11, 30),
    budget_paise=100_000,
)
EVERYWHERE = Route(serviceable=True, cod=True, promised_by=NOON)


def cart(*quantities: tuple[str, int], **changes: Any) -> PricingRequest:
    values: dict[str, Any] = {
        "items": tuple(CartItem(sku=sku, quantity=quantity) for sku, quantity in quantities),
        "payment_method": PaymentMethod.PREPAID,
        "place_of_supply": "Maharashtra",
        "route": EVERYWHERE,
        "cod_limit_paise": 500_000,
    }
    return PricingRequest(**values | changes)


def catalogue(*products: Product, coupon: Coupon | None = None) -> CatalogueSnapshot:
    return CatalogueSnapshot(
        products=products or (TEE, LAMP), warehouses=(PUNE,), coupon=coupon, taken_at=NOON
    )


def sums_hold(quote: Quote) -> bool:
    return (
        quote.subtotal_paise - quote.discount_paise + quote.shipping_paise + quote.cod_fee_paise
        == quote.total_paise
        == quote.tax.total_paise
        == sum(line.charged_paise for line in quote.lines)
    )


def test_a_prepaid_cart_is_priced_to_the_paisa() -> None:
    quote = price_cart(cart(("TEE", 2), ("LAMP", 1)), catalogue())
    assert (quote.subtotal_paise, quote.discount_paise) == (217_800, 0)
    assert (quote.shipping_paise, quote.cod_fee_paise, quote.total_paise) == (0, 0, 217_800)
    # 99,800 at 5 %: 95,047.6 → 95,048 + 4,752. 118,000 at 18 %: 100,000 + 18,000.
    assert quote.tax == TaxSplit(taxable_paise=195_048, cgst_paise=11_376, sgst_paise=11_376)
    assert (quote.currency, quote.promised_by, quote.coupon) == ("INR", NOON, None)
    tee, lamp = quote.lines
    assert (tee.quantity, tee.unit_price_paise, tee.gross_paise) == (2, 49_900, 99_800)
    assert (tee.weight_g, lamp.weight_g) == (400, 1_500)


def test_a_cart_to_another_state_bears_integrated_tax() -> None:
    quote = price_cart(cart(("LAMP", 1), place_of_supply="Goa"), catalogue())
    assert quote.tax == TaxSplit(taxable_paise=100_000, igst_paise=18_000)


@pytest.mark.parametrize(
    ("price", "fee"), [(99_899, 4_900), (99_900, 0), (99_901, 0), (100, 4_900)]
)
def test_shipping_is_free_from_999_rupees_on(price: int, fee: int) -> None:
    quote = price_cart(cart(("TEE", 1)), catalogue(replace(TEE, price_paise=price)))
    assert quote.shipping_paise == fee
    assert quote.total_paise == price + fee


def test_the_threshold_of_free_shipping_counts_after_the_discount() -> None:
    offer = cart(("TEE", 2), coupon="TEN")
    dear = replace(TEE, price_paise=52_000)
    quote = price_cart(offer, catalogue(dear, coupon=TEN_OFF))
    assert (quote.subtotal_paise, quote.discount_paise) == (104_000, 10_400)
    assert quote.shipping_paise == 4_900


def test_cash_on_delivery_costs_its_fee() -> None:
    quote = price_cart(cart(("TEE", 1), payment_method=PaymentMethod.COD), catalogue())
    assert (quote.cod_fee_paise, quote.total_paise) == (4_000, 49_900 + 4_900 + 4_000)
    assert quote.cod_allowed
    assert sums_hold(quote)


@pytest.mark.parametrize(("limit", "allowed"), [(58_800, True), (58_799, False)])
def test_cash_on_delivery_is_offered_up_to_its_limit(limit: int, allowed: bool) -> None:
    request = cart(("TEE", 1), payment_method=PaymentMethod.COD, cod_limit_paise=limit)
    if allowed:
        assert price_cart(request, catalogue()).cod_allowed
        return
    with pytest.raises(InvalidCart) as refused:
        price_cart(request, catalogue())
    assert [error.field for error in refused.value.errors] == ["payment_method"]
    assert refused.value.errors[0].remedy == "choose prepaid"


@pytest.mark.parametrize(("least", "allowed"), [(58_800, True), (58_801, False)])
def test_cash_on_delivery_is_offered_from_its_minimum(least: int, allowed: bool) -> None:
    request = cart(("TEE", 1), payment_method=PaymentMethod.COD, cod_minimum_paise=least)
    if allowed:
        assert price_cart(request, catalogue()).cod_allowed
        return
    with pytest.raises(InvalidCart, match=r"is offered from ₹588\.01, this order is ₹588"):
        price_cart(request, catalogue())


@pytest.mark.parametrize("fee", [0, 1, 7_777])
def test_the_fee_of_cash_is_a_charge_of_its_own_divided_over_the_lines(fee: int) -> None:
    request = cart(("TEE", 1), ("LAMP", 1), payment_method=PaymentMethod.COD, cod_fee_paise=fee)
    quote = price_cart(request, catalogue())
    assert quote.cod_fee_paise == fee == sum(line.cod_fee_paise for line in quote.lines)
    assert quote.tax.total_paise == quote.total_paise
    assert sums_hold(quote)


def test_whether_cash_is_offered_is_judged_with_its_fee_for_prepaid_carts_too() -> None:
    request = cart(("TEE", 1), cod_limit_paise=58_799)
    assert not price_cart(request, catalogue()).cod_allowed
    assert price_cart(replace(request, cod_limit_paise=58_800), catalogue()).cod_allowed


def test_cash_on_delivery_is_refused_where_the_courier_takes_none() -> None:
    route = Route(serviceable=True, cod=False)
    with pytest.raises(InvalidCart, match="payment_method"):
        price_cart(cart(("TEE", 1), payment_method=PaymentMethod.COD, route=route), catalogue())
    assert not price_cart(cart(("TEE", 1), route=route), catalogue()).cod_allowed


@pytest.mark.parametrize("method", list(PaymentMethod))
def test_a_place_that_no_courier_serves_is_refused(method: PaymentMethod) -> None:
    nowhere = Route(serviceable=False, cod=False)
    with pytest.raises(InvalidCart, match=r"shipping_address\.pincode: no courier"):
        price_cart(cart(("TEE", 1), payment_method=method, route=nowhere), catalogue())


def test_a_coupon_takes_its_percentage_off() -> None:
    quote = price_cart(cart(("TEE", 1), coupon="TEN"), catalogue(coupon=TEN_OFF))
    assert (quote.discount_paise, quote.coupon) == (4_990, "TEN")
    assert quote.lines[0].discount_paise == 4_990
    assert sums_hold(quote)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"valid_from": date(2026, 11, 24)}, "valid from 24 Nov 2026"),
        ({"valid_until": date(2026, 11, 22)}, "expired on 22 Nov 2026"),
        ({"granted_paise": 100_000 - 4_989}, "used up"),
    ],
)
def test_a_coupon_that_cannot_be_used_is_refused_with_its_reason(
    changes: dict[str, Any], reason: str
) -> None:
    coupon = replace(TEN_OFF, **changes)
    with pytest.raises(CouponRefused, match=reason):
        price_cart(cart(("TEE", 1), coupon="TEN"), catalogue(coupon=coupon))


@pytest.mark.parametrize(
    "changes",
    [
        {"valid_from": NOON.date()},
        {"valid_until": NOON.date()},
        {"granted_paise": 100_000 - 4_990},
    ],
)
def test_a_coupon_holds_on_its_first_and_last_day_and_to_its_last_paisa(
    changes: dict[str, Any],
) -> None:
    coupon = replace(TEN_OFF, **changes)
    quote = price_cart(cart(("TEE", 1), coupon="TEN"), catalogue(coupon=coupon))
    assert quote.discount_paise == 4_990


def test_an_unknown_coupon_is_refused_and_not_repeated_in_full() -> None:
    with pytest.raises(CouponRefused, match="there is no coupon") as refused:
        price_cart(cart(("TEE", 1), coupon="X" * 500), catalogue())
    assert len(str(refused.value)) < 100


@given(
    prices=st.lists(st.integers(1, 50_000_00), min_size=1, max_size=6),
    quantity=st.integers(1, 100),
    percent=st.integers(0, 100),
    method=st.sampled_from(PaymentMethod),
    place=st.sampled_from(["Maharashtra", "Ladakh"]),
)
def test_every_quote_sums_exactly_and_no_line_is_negative(
    prices: list[int], quantity: int, percent: int, method: PaymentMethod, place: str
) -> None:
    products = [
        replace(TEE, sku=f"SKU-{number}", price_paise=price, gst_rate=(0, 5, 18, 40)[number % 4])
        for number, price in enumerate(prices)
    ]
    request = cart(
        *((product.sku, quantity) for product in products),
        payment_method=method,
        place_of_supply=place,
        cod_limit_paise=10**12,
        coupon="ANY",
    )
    coupon = replace(TEN_OFF, percent_off=percent, budget_paise=10**12)
    quote = price_cart(request, catalogue(*products, coupon=coupon))
    assert sums_hold(quote)
    assert quote.total_paise >= 0
    assert all(line.charged_paise >= 0 for line in quote.lines)


@pytest.mark.parametrize("hour", [0, 6, 18])
def test_a_promise_ends_with_the_day_in_india(hour: int) -> None:
    now = datetime(2026, 11, 23, hour, 29, tzinfo=UTC)
    assert promise(now, 3) == datetime(2026, 11, 26, 18, 29, 59, tzinfo=UTC)


@pytest.mark.parametrize("days", [0, 1, 7])
def test_a_promise_made_after_midnight_in_india_counts_from_that_day(days: int) -> None:
    # 18:30 UTC on the 23rd is 00:00 on the 24th in India.
    now = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
    assert promise(now, days) == datetime(2026, 11, 24, 18, 29, 59, tzinfo=UTC) + timedelta(days)

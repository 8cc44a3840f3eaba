from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cart import (
    CartItem,
    address_errors,
    customer_errors,
    item_errors,
    normalise_phone,
    pincode_errors,
    require_valid,
)
from domain.errors import FieldError, InvalidCart
from tests.domain.orders import ADDRESS, CUSTOMER

KNOWN = {"TEE", "MUG"}


def item(sku: str = "TEE", quantity: int = 1) -> CartItem:
    return CartItem(sku=sku, quantity=quantity)


@pytest.mark.parametrize(
    ("items", "fields"),
    [
        ([], ["items"]),
        ([item(quantity=0)], ["items[0].quantity"]),
        ([item(quantity=-1)], ["items[0].quantity"]),
        ([item(quantity=101)], ["items[0].quantity"]),
        ([item("CAP")], ["items[0].sku"]),
        ([item(), item("MUG"), item()], ["items[2].sku"]),
        ([item("CAP"), item("CAP")], ["items[0].sku", "items[1].sku"]),
        ([item(), item("CAP", 0)], ["items[1].sku", "items[1].quantity"]),
    ],
)
def test_each_wrong_line_is_named(items: list[CartItem], fields: list[str]) -> None:
    assert [error.field for error in item_errors(items, KNOWN)] == fields


@pytest.mark.parametrize("quantity", [1, 100])
def test_a_cart_with_lawful_lines_has_no_errors(quantity: int) -> None:
    assert list(item_errors([item(quantity=quantity), item("MUG")], KNOWN)) == []


def test_a_cart_has_at_most_fifty_lines() -> None:
    skus = [f"SKU-{number}" for number in range(51)]
    too_many, fifty = [item(sku) for sku in skus], [item(sku) for sku in skus[:50]]
    assert [e.field for e in item_errors(too_many, skus)] == ["items"]
    assert list(item_errors(fifty, skus)) == []


def test_a_huge_unknown_sku_is_not_repeated_in_full() -> None:
    (error,) = item_errors([item("X" * 10_000)], KNOWN)
    assert len(error.message) < 100


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", "x" * 101),
        ("email", ""),
        ("email", "asha"),
        ("email", "asha@"),
        ("email", "asha@example"),
        ("email", "asha@@example.com"),
        ("email", "asha rao@example.com"),
        ("email", "asha@example.com\n"),
        ("email", "asha@example.com,other@example.com"),
        ("email", "<asha@example.com>"),
        ("email", "a" * 65 + "@example.com"),
        ("email", "a@" + "example." * 32 + "com"),
        ("phone", ""),
        ("phone", "5876543210"),
        ("phone", "987654321"),
        ("phone", "98765432100"),
        ("phone", "+1 9876543210"),
        ("phone", "९८७६५४३२१०"),
        ("gstin", "27ABCDE1234F1Z5"),
        ("gstin", "27aapfu0939f1zv"),
        ("gstin", ""),
    ],
)
def test_each_wrong_detail_of_the_buyer_is_named(field: str, value: str) -> None:
    changed: dict[str, Any] = {field: value}
    errors = list(customer_errors(replace(CUSTOMER, **changed)))
    assert [error.field for error in errors] == [f"customer.{field}"]
    assert errors[0].remedy.startswith("send")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("phone", "12345"),
        ("line1", "12"),
        ("line1", "x" * 121),
        ("line2", "x" * 121),
        ("city", ""),
        ("city", "x" * 31),
        ("state", "Bombay"),
        ("pincode", "011001"),
        ("pincode", "41100"),
        ("pincode", "4110011"),
        ("pincode", "411 001"),
        ("pincode", "411001\n"),
        ("pincode", "४११००१"),
        ("pincode", "4११२२१"),
    ],
)
def test_each_wrong_field_of_the_address_is_named(field: str, value: str) -> None:
    changed: dict[str, Any] = {field: value}
    errors = list(address_errors(replace(ADDRESS, **changed)))
    assert [error.field for error in errors] == [f"shipping_address.{field}"]
    assert errors[0].remedy


@pytest.mark.parametrize("line2", [None, "", "Near the bank"])
def test_a_good_buyer_and_address_have_no_errors(line2: str | None) -> None:
    assert list(customer_errors(CUSTOMER)) == []
    assert list(customer_errors(replace(CUSTOMER, gstin="27AAPFU0939F1ZV"))) == []
    assert list(address_errors(replace(ADDRESS, line2=line2))) == []


@pytest.mark.parametrize("size", ["shortest", "longest"])
def test_a_name_or_address_may_be_as_short_and_as_long_as_is_said(size: str) -> None:
    limits = {"name": (1, 100), "line1": (3, 120), "line2": (0, 120), "city": (1, 30)}
    texts: dict[str, Any] = {
        field: "x" * (least if size == "shortest" else most)
        for field, (least, most) in limits.items()
    }
    assert list(address_errors(replace(ADDRESS, **texts))) == []
    assert list(customer_errors(replace(CUSTOMER, name=texts["name"]))) == []


def test_errors_of_another_address_stand_under_its_own_name() -> None:
    (error,) = address_errors(replace(ADDRESS, city=""), "pickup_address")
    assert error.field == "pickup_address.city"


@pytest.mark.parametrize(
    "written",
    [
        "9876543210",
        "09876543210",
        "+919876543210",
        "+91 9876543210",
        "+91-9876543210",
        " 9876543210 ",
    ],
)
def test_a_mobile_number_is_kept_as_its_ten_digits(written: str) -> None:
    assert normalise_phone(written) == "9876543210"


@given(text=st.text(max_size=20))
def test_whatever_is_taken_for_a_phone_or_pincode_is_plain_digits(text: str) -> None:
    phone = normalise_phone(text)
    assert phone is None or (len(phone) == 10 and phone.isascii() and phone.isdecimal())
    if not list(pincode_errors(text, "pincode")):
        assert text.isascii()
        assert 100_000 <= int(text) <= 999_999


def test_all_errors_are_raised_at_once() -> None:
    bad = replace(CUSTOMER, name="", email="x")
    with pytest.raises(InvalidCart) as refused:
        require_valid(customer_errors(bad))
    assert [error.field for error in refused.value.errors] == ["customer.name", "customer.email"]
    assert str(refused.value) == (
        "customer.name: the text is empty or too long; customer.email: this is not an email address"
    )


def test_nothing_is_raised_without_errors() -> None:
    none: tuple[FieldError, ...] = ()
    require_valid(none)

"""What a customer sends to be priced, and every way in which it can be wrong."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from domain.errors import FieldError, InvalidCart
from domain.gstin import gstin_errors
from domain.tax import canonical_state

MAX_LINES = 50
MAX_QUANTITY = 100
MAX_EMAIL = 254
_PINCODE = re.compile(r"[1-9][0-9]{5}")
_PHONE = re.compile(r"(?:\+91[ -]?|0)?([6-9][0-9]{9})")
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}"
)


class PaymentMethod(StrEnum):
    """How the customer pays."""

    PREPAID = "prepaid"
    COD = "cod"


@dataclass(frozen=True, kw_only=True, slots=True)
class CartItem:
    """One SKU and how many of it."""

    sku: str
    quantity: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Customer:
    """Who buys. Personal data: only inside payloads, never in ids, attributes or logs.

    With a `gstin` the buyer is a business, and its state decides the place of supply.
    """

    name: str
    email: str
    phone: str
    gstin: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where the goods go; for a buyer without GSTIN `state` is the place of supply."""

    name: str
    phone: str
    line1: str
    city: str
    state: str
    pincode: str
    line2: str | None = None


def normalise_phone(text: str) -> str | None:
    """Return the ten digits of an Indian mobile number, or None if it is not one."""
    match = _PHONE.fullmatch(text.strip())
    return match[1] if match else None


def item_errors(items: Collection[CartItem], known_skus: Collection[str]) -> Iterator[FieldError]:
    """Yield everything that is wrong with a cart's lines."""
    if not items:
        yield FieldError(
            field="items", message="the cart is empty", remedy="send at least one item"
        )
    if len(items) > MAX_LINES:
        yield FieldError(
            field="items",
            message=f"{len(items)} lines are too many",
            remedy=f"send at most {MAX_LINES} lines per order",
        )
    seen: set[str] = set()
    for index, item in enumerate(items):
        if item.sku in seen:
            yield FieldError(
                field=f"items[{index}].sku",
                message=f"SKU {item.sku} stands on two lines",
                remedy="send each SKU once, with the summed quantity",
            )
        elif item.sku not in known_skus:
            yield FieldError(
                field=f"items[{index}].sku",
                message=f"there is no SKU {item.sku[:64]!r}",
                remedy="take SKUs from GET /products",
            )
        seen.add(item.sku)
        if not 1 <= item.quantity <= MAX_QUANTITY:
            yield FieldError(
                field=f"items[{index}].quantity",
                message=f"quantity {item.quantity} is out of range",
                remedy=f"send a whole number from 1 to {MAX_QUANTITY}",
            )


def customer_errors(customer: Customer) -> Iterator[FieldError]:
    """Yield everything that is wrong with the buyer's details."""
    yield from _length_error("customer.name", customer.name, 1, 100)
    if len(customer.email) > MAX_EMAIL or not _EMAIL.fullmatch(customer.email):
        yield FieldError(
            field="customer.email",
            message="this is not an email address",
            remedy="send one such as asha@example.com",
        )
    yield from _phone_error("customer.phone", customer.phone)
    if customer.gstin is not None:
        yield from gstin_errors(customer.gstin)


def address_errors(address: Address, prefix: str = "shipping_address") -> Iterator[FieldError]:
    """Yield everything that is wrong with a delivery address."""
    yield from _length_error(f"{prefix}.name", address.name, 1, 100)
    yield from _phone_error(f"{prefix}.phone", address.phone)
    yield from _length_error(f"{prefix}.line1", address.line1, 3, 120)
    if address.line2 is not None:
        yield from _length_error(f"{prefix}.line2", address.line2, 0, 120)
    yield from _length_error(f"{prefix}.city", address.city, 1, 30)
    if canonical_state(address.state) is None:
        yield FieldError(
            field=f"{prefix}.state",
            message="this is not a state or union territory of India",
            remedy="send its full name, such as Maharashtra",
        )
    yield from pincode_errors(address.pincode, f"{prefix}.pincode")


def pincode_errors(pincode: str, field: str) -> Iterator[FieldError]:
    """Yield what is wrong with a PIN code's form."""
    if not _PINCODE.fullmatch(pincode):
        yield FieldError(
            field=field,
            message="this is not a PIN code",
            remedy="send six digits that do not begin with 0, such as 411001",
        )


def require_valid(errors: Iterable[FieldError]) -> None:
    """Raise all errors at once, if there are any.

    Raises:
        InvalidCart: with each wrong field.
    """
    found = tuple(errors)
    if found:
        raise InvalidCart(found)


def _phone_error(field: str, phone: str) -> Iterator[FieldError]:
    if normalise_phone(phone) is None:
        yield FieldError(
            field=field,
            message="this is not an Indian mobile number",
            remedy="send ten digits beginning with 6 to 9, such as 9876543210",
        )


def _length_error(field: str, text: str, least: int, most: int) -> Iterator[FieldError]:
    if not least <= len(text.strip()) or len(text) > most:
        yield FieldError(
            field=field,
            message="the text is empty or too long" if least else "the text is too long",
            remedy=f"send {least} to {most} characters",
        )

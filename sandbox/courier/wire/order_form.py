"""What the provider demands of an order before it takes it, and in which words it refuses."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sandbox.courier.wire.ist import is_order_date
from sandbox.courier.wire.rupees import to_paise

Errors = dict[str, list[str]]

FORWARD_REQUIRED: Final = (
    "order_id", "order_date", "pickup_location", "billing_customer_name", "billing_address",
    "billing_city", "billing_pincode", "billing_state", "billing_country", "billing_email",
    "billing_phone", "shipping_is_billing", "order_items", "payment_method", "sub_total",
    "length", "breadth", "height", "weight",
)  # fmt: skip
SHIPPING_REQUIRED: Final = (
    "shipping_customer_name", "shipping_address", "shipping_city", "shipping_pincode",
    "shipping_state", "shipping_country", "shipping_phone",
)  # fmt: skip
RETURN_REQUIRED: Final = (
    "order_id", "order_date", "pickup_customer_name", "pickup_address", "pickup_city",
    "pickup_state", "pickup_country", "pickup_pincode", "pickup_email", "pickup_phone",
    *SHIPPING_REQUIRED, "order_items", "payment_method", "sub_total",
    "length", "breadth", "height", "weight",
)  # fmt: skip
ITEM_REQUIRED: Final = ("name", "sku", "units", "selling_price")
AMOUNTS: Final = (
    "sub_total", "shipping_charges", "giftwrap_charges", "transaction_charges", "total_discount",
)  # fmt: skip

LONGEST: Final = {"order_id": 50, "billing_city": 30, "pickup_city": 30, "shipping_city": 30}
SMALLEST_SIDE_CM: Final = 0.5
_MAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE: Final = re.compile(r"(?:\+?91|0)?[6-9]\d{9}")


def check_forward(form: Mapping[str, Any]) -> Errors:
    """Return what is wrong with an order to be shipped, field by field; empty if nothing is."""
    required: tuple[str, ...] = FORWARD_REQUIRED
    if not is_blank(form.get("shipping_is_billing")) and not ships_to_billing(form):
        required += SHIPPING_REQUIRED
    errors = missing_fields(form, required)
    check_contact(form, "billing", errors)
    if not ships_to_billing(form):
        check_contact(form, "shipping", errors)
    if form.get("payment_method") not in ("COD", "Prepaid"):
        _add(errors, "payment_method", "The selected payment method is invalid.")
    _check_order(form, errors)
    return errors


def check_return(form: Mapping[str, Any]) -> Errors:
    """Return what is wrong with a return, field by field; empty if nothing is."""
    errors = missing_fields(form, RETURN_REQUIRED)
    check_contact(form, "pickup", errors)
    check_contact(form, "shipping", errors)
    if str(form.get("payment_method")).lower() != "prepaid":
        _add(errors, "payment_method", "The selected payment method is invalid.")
    _check_order(form, errors)
    for index, item in enumerate(_items(form)):
        if is_true(item.get("qc_enable")) and is_blank(item.get("qc_product_image")):
            name = f"order_items.{index}.qc_product_image"
            errors.setdefault(name, []).append(
                f"The {name} field is required when qc enable is true."
            )
    return errors


def repeats_a_sku(form: Mapping[str, Any]) -> bool:
    """Tell whether two lines carry the same SKU, which the provider refuses."""
    skus = [str(item.get("sku")) for item in _items(form)]
    return len(set(skus)) < len(skus)


def ships_to_billing(form: Mapping[str, Any]) -> bool:
    """Tell whether the parcel goes to the billing address."""
    return is_true(form.get("shipping_is_billing"))


def wants_quality_check(form: Mapping[str, Any]) -> bool:
    """Tell whether any line of a return is to be checked at the customer's door."""
    return any(is_true(item.get("qc_enable")) for item in _items(form))


def collectable_paise(form: Mapping[str, Any]) -> int:
    """Return the order's total: what a courier collects if it is cash on delivery."""
    amount = {name: to_paise(form.get(name)) or 0 for name in AMOUNTS}
    charges = amount["shipping_charges"] + amount["giftwrap_charges"]
    charges += amount["transaction_charges"]
    return amount["sub_total"] + charges - amount["total_discount"]


def is_true(value: object) -> bool:
    """Read the provider's booleans: true, 1, "1", "true"."""
    return str(value).lower() in {"true", "1"}


def is_blank(value: object) -> bool:
    """Tell whether the provider counts a value as missing."""
    return value is None or value in ("", []) or (isinstance(value, str) and not value.strip())


def missing_fields(form: Mapping[str, Any], names: Sequence[str]) -> Errors:
    """Return a complaint for each of these fields that is missing."""
    return {
        name: [f"The {_spoken(name)} field is required."]
        for name in names
        if is_blank(form.get(name))
    }


def check_contact(form: Mapping[str, Any], side: str, errors: Errors) -> None:
    """Add what is wrong with one side's pincode, mail and phone."""
    pincode = str(form.get(f"{side}_pincode", "")).strip()
    if not re.fullmatch(r"\d{6}", pincode):
        _add(errors, f"{side}_pincode", f"The {side} pincode must be 6 digits.")
    mail = form.get(f"{side}_email")
    if not is_blank(mail) and not _MAIL.fullmatch(str(mail)):
        _add(errors, f"{side}_email", f"The {side} email must be a valid email address.")
    phone = re.sub(r"[\s-]", "", str(form.get(f"{side}_phone", "")))
    if not _PHONE.fullmatch(phone):
        _add(errors, f"{side}_phone", f"The {side} phone is not a valid mobile number.")


def _items(form: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    items = form.get("order_items")
    if not isinstance(items, Sequence) or isinstance(items, str):
        return []
    return [item for item in items if isinstance(item, Mapping)]


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _add(errors: Errors, name: str, text: str) -> None:
    """Add a complaint unless the field is already reported as missing."""
    if name not in errors:
        errors[name] = [text]


def _check_order(form: Mapping[str, Any], errors: Errors) -> None:
    for name, longest in LONGEST.items():
        if len(str(form.get(name, ""))) > longest:
            text = f"The {_spoken(name)} may not be greater than {longest} characters."
            _add(errors, name, text)
    if not is_order_date(form.get("order_date")):
        _add(errors, "order_date", "The order date does not match the format Y-m-d H:i.")
    for name in ("length", "breadth", "height"):
        _check_more_than(form, name, SMALLEST_SIDE_CM, errors)
    _check_more_than(form, "weight", 0, errors)
    for name in AMOUNTS:
        amount = to_paise(form.get(name))
        if not is_blank(form.get(name)) and (amount is None or amount < 0):
            _add(errors, name, f"The {_spoken(name)} must be at least 0.")
    _check_items(form, errors)


def _check_more_than(form: Mapping[str, Any], name: str, limit: float, errors: Errors) -> None:
    try:
        value = float(form.get(name, ""))
    except (TypeError, ValueError):
        _add(errors, name, f"The {name} must be a number.")
        return
    if not limit < value < float("inf"):
        _add(errors, name, f"The {name} must be greater than {limit}.")


def _check_items(form: Mapping[str, Any], errors: Errors) -> None:
    given = form.get("order_items")
    if not isinstance(given, list) or len(_items(form)) != len(given):
        _add(errors, "order_items", "The order items must be an array.")
        return
    for index, item in enumerate(_items(form)):
        prefix = f"order_items.{index}."
        for name in ITEM_REQUIRED:
            if is_blank(item.get(name)):
                _add(errors, prefix + name, f"The {prefix}{name} field is required.")
        units = str(item.get("units", ""))
        if not units.isdecimal() or int(units) < 1:
            _add(errors, f"{prefix}units", f"The {prefix}units must be at least 1.")
        price = to_paise(item.get("selling_price"))
        if price is None or price < 0:
            _add(errors, f"{prefix}selling_price", f"The {prefix}selling_price must be a number.")

"""What a customer wants to buy: the bodies of quotes and orders."""

import hashlib
import json
from collections.abc import Iterator
from typing import Annotated, Any, Final, Self

from pydantic import ConfigDict, Field

from api.schemas.body import RequestBody, Text
from domain.cart import (
    MAX_LINES,
    MAX_QUANTITY,
    Address,
    CartItem,
    Customer,
    PaymentMethod,
    address_errors,
    customer_errors,
    normalise_phone,
    pincode_errors,
)
from domain.errors import FieldError
from domain.gstin import gstin_errors, normalise_gstin
from domain.tax import canonical_state

QUOTE_EXAMPLE: Final[dict[str, Any]] = {
    "items": [{"sku": "COFFEE-FIL-500", "quantity": 2}],
    "pincode": "411001",
    "payment_method": "prepaid",
    "coupon": None,
}
ORDER_EXAMPLE: Final[dict[str, Any]] = {
    "items": [{"sku": "COFFEE-FIL-500", "quantity": 2}],
    "customer": {"name": "Asha Rao", "email": "asha@example.com", "phone": "9876543210"},
    "shipping_address": {
        "name": "Asha Rao",
        "phone": "9876543210",
        "line1": "12 MG Road",
        "line2": "Near the clock tower",
        "city": "Pune",
        "state": "Maharashtra",
        "pincode": "411001",
    },
    "payment_method": "prepaid",
    "coupon": None,
}
Method = Annotated[PaymentMethod, Field(strict=False, examples=["prepaid"])]


class ItemBody(RequestBody):
    """One SKU and how many of it."""

    sku: Text = Field(examples=["COFFEE-FIL-500"])
    quantity: int = Field(examples=[2], json_schema_extra={"minimum": 1, "maximum": MAX_QUANTITY})

    def item(self) -> CartItem:
        """Return the line for the domain to judge."""
        return CartItem(sku=self.sku, quantity=self.quantity)


Items = Annotated[list[ItemBody], Field(json_schema_extra={"minItems": 1, "maxItems": MAX_LINES})]


class CustomerBody(RequestBody):
    """Who buys. A business sends its GSTIN, which the invoice then shows."""

    name: Text = Field(examples=["Asha Rao"])
    email: Text = Field(examples=["asha@example.com"])
    phone: Text = Field(examples=["9876543210"])
    gstin: Text | None = Field(default=None, examples=["27AAPFU0939F1ZV"])

    def customer(self) -> Customer:
        """Return the buyer with normalised phone and GSTIN; wrong ones are left for the domain."""
        return Customer(
            name=self.name,
            email=self.email,
            phone=normalise_phone(self.phone) or self.phone,
            gstin=normalise_gstin(self.gstin) if self.gstin else None,
        )


class QuoteCustomerBody(RequestBody):
    """Who would buy: the GSTIN decides the kind of tax, the rest is not needed for a price."""

    gstin: Text | None = Field(default=None, examples=["27AAPFU0939F1ZV"])
    name: Text | None = None
    email: Text | None = None
    phone: Text | None = None


class AddressBody(RequestBody):
    """Where the goods go, in India."""

    name: Text = Field(examples=["Asha Rao"])
    phone: Text = Field(examples=["9876543210"])
    line1: Text = Field(examples=["12 MG Road"])
    line2: Text | None = Field(default=None, examples=["Near the clock tower"])
    city: Text = Field(examples=["Pune"])
    state: Text = Field(examples=["Maharashtra"])
    pincode: Text = Field(examples=["411001"])

    def address(self) -> Address:
        """Return the address with canonical state and phone; wrong ones are left for the domain."""
        return Address(
            name=self.name,
            phone=normalise_phone(self.phone) or self.phone,
            line1=self.line1,
            line2=self.line2 or None,
            city=self.city,
            state=canonical_state(self.state) or self.state,
            pincode=self.pincode,
        )


class QuoteRequest(RequestBody):
    """A cart to be priced.

    The tax split follows the buyer's GSTIN, else `state`, else the PIN code's postal circle.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [QUOTE_EXAMPLE]})

    items: Items
    pincode: Text = Field(examples=["411001"])
    payment_method: Method = PaymentMethod.PREPAID
    coupon: Text | None = Field(default=None, examples=["WELCOME10"])
    state: Text | None = Field(default=None, examples=["Maharashtra"])
    customer: QuoteCustomerBody | None = None

    @property
    def gstin(self) -> str | None:
        """Return the buyer's GSTIN as it is printed, if there is one."""
        given = self.customer.gstin if self.customer else None
        return normalise_gstin(given) if given else None

    def errors(self) -> Iterator[FieldError]:
        """Yield what is wrong besides the lines."""
        yield from pincode_errors(self.pincode, "pincode")
        if self.state is not None and canonical_state(self.state) is None:
            yield FieldError(
                field="state",
                message="this is not a state or union territory of India",
                remedy="send its full name, such as Maharashtra",
            )
        if self.gstin is not None:
            yield from gstin_errors(self.gstin)


class OrderRequest(RequestBody):
    """A cart to be ordered. Prices are never taken from the client."""

    model_config = ConfigDict(json_schema_extra={"examples": [ORDER_EXAMPLE]})

    items: Items
    customer: CustomerBody
    shipping_address: AddressBody
    payment_method: Method
    coupon: Text | None = Field(default=None, examples=[None])

    def errors(self) -> Iterator[FieldError]:
        """Yield what is wrong besides the lines."""
        yield from customer_errors(self.customer.customer())
        yield from address_errors(self.shipping_address.address())

    def digest(self) -> str:
        """Return the SHA-256 of the order's meaning: spacing and key order do not change it."""
        meaning = self.normalised().model_dump(mode="json", exclude_none=True)
        text = json.dumps(meaning, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def normalised(self) -> Self:
        """Return the same order in its canonical spelling."""
        customer, address = self.customer.customer(), self.shipping_address.address()
        return self.model_copy(
            update={
                "customer": self.customer.model_copy(
                    update={"phone": customer.phone, "gstin": customer.gstin}
                ),
                "shipping_address": self.shipping_address.model_copy(
                    update={
                        "phone": address.phone,
                        "state": address.state,
                        "line2": address.line2,
                    }
                ),
                "coupon": self.coupon or None,
            }
        )

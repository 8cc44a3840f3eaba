"""The pictures of documents in docs/tax.md: `python -m tests.adapters.invoice_pictures` draws them.

The orders are made up; goods, prices, rates and warehouses are those of the sample shop.
"""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2

from adapters.invoice_pdf import InvoicePdf
from adapters.mongo.sample_catalogue import PRODUCTS, WAREHOUSES
from domain.cart import Address, CartItem, Customer, PaymentMethod
from domain.catalogue import CatalogueSnapshot, Coupon
from domain.credit_notes import compose_credit_note, part_of
from domain.documents import (
    DocumentKind,
    DocumentRequest,
    TaxDocument,
    compose_invoice,
    parcel_lines,
)
from domain.pricing import PricingRequest, Route, price_cart
from domain.shipment import ShipmentLine
from domain.tax import place_of_supply

IMAGES = Path(__file__).parents[2] / "docs" / "images"
ISSUED = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SCALE = 1.35
COUPON = Coupon(
    code="WELCOME10",
    percent_off=10,
    valid_from=ISSUED.date(),
    valid_until=ISSUED.date(),
    budget_paise=10**9,
)


def consumer() -> TaxDocument:
    """An invoice within Maharashtra: a name in Devanagari, two rates, a discount."""
    address = Address(
        name="आशा श्रीवास्तव",
        phone="9876543210",
        line1="फ्लॅट ३०२, लेकव्ह्यू सोसायटी",
        line2="14 Lakshmi Road",
        city="Pune",
        state="Maharashtra",
        pincode="411030",
    )
    buyer = Customer(name="आशा श्रीवास्तव", email="asha@example.com", phone="9876543210")
    cart = {"LAMP-DESK-LED": 1, "KURTA-LIN-M": 2, "COFFEE-FIL-500": 3}
    return invoice("PNQ/2627/000042", buyer, address, cart, coupon="WELCOME10")


def business() -> TaxDocument:
    """An invoice from Maharashtra to a business in Karnataka."""
    address = Address(
        name="Goods-in, Malleswaram Cafe",
        phone="9876543211",
        line1="221, 8th Cross, Sampige Road",
        city="Bengaluru",
        state="Karnataka",
        pincode="560003",
    )
    buyer = Customer(
        name="Malleswaram Coffee Works LLP",
        email="accounts@example.com",
        phone="9876543211",
        gstin="29AAPFU0939F1ZR",
    )
    cart = {"COFFEE-FIL-500": 20, "BOTTLE-CU-1L": 6, "EARBUD-ANC-WHT": 1, "COOKER-SS-5L": 2}
    return invoice("PNQ/2627/000043", buyer, address, cart)


def credit_note() -> TaxDocument:
    """A credit note for one of two kurtas."""
    original = consumer()
    request = replace(
        original.request,
        kind=DocumentKind.CREDIT_NOTE,
        lines=part_of(original.request.lines, {"KURTA-LIN-M": 1}, {}),
        issued_at=datetime(2026, 12, 3, 6, 0, tzinfo=UTC),
        original=original.number,
        occasion="refund-1",
    )
    return compose_credit_note("CPNQ/2627/000007", request, original)


def invoice(
    number: str, buyer: Customer, address: Address, cart: dict[str, int], coupon: str | None = None
) -> TaxDocument:
    """Price a cart and invoice all of it from Pune."""
    catalogue = CatalogueSnapshot(
        products=PRODUCTS, warehouses=WAREHOUSES, coupon=COUPON, taken_at=ISSUED
    )
    priced = price_cart(
        PricingRequest(
            items=tuple(CartItem(sku=sku, quantity=count) for sku, count in cart.items()),
            payment_method=PaymentMethod.PREPAID,
            place_of_supply=place_of_supply(address.state, buyer.gstin),
            route=Route(serviceable=True, cod=True),
            cod_limit_paise=0,
            coupon=coupon,
        ),
        catalogue,
    )
    parcel = tuple(ShipmentLine(sku=sku, quantity=count) for sku, count in cart.items())
    request = DocumentRequest(
        order_id="ord_k3v7m2q5x4w6y7z2abcd",
        kind=DocumentKind.INVOICE,
        shipment=1,
        warehouse="PNQ",
        lines=parcel_lines(priced.lines, parcel, {}),
        customer=buyer,
        address=address,
        issued_at=ISSUED,
    )
    return compose_invoice(number, request, WAREHOUSES[0])


PICTURES = {
    "invoice-consumer": consumer,
    "invoice-business": business,
    "credit-note": credit_note,
}


def draw_all() -> None:
    """Write each document's first page as a picture."""
    for name, make in PICTURES.items():
        content = InvoicePdf("Rangoli Retail Private Limited").render(make())
        with pypdfium2.PdfDocument(content) as pdf:
            pdf[0].render(scale=SCALE).to_pil().save(IMAGES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    draw_all()

"""Tax documents: what an invoice or credit note holds, and how an invoice is put together."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.cart import Address, Customer
from domain.catalogue import Product, Warehouse, indian_day
from domain.errors import DocumentRefused
from domain.money import share_between
from domain.pricing import OrderLine
from domain.shipment import ShipmentLine
from domain.tax import TaxSplit, place_of_supply, split_inclusive, state_of_code


class DocumentKind(StrEnum):
    """Rule 46 invoice or section 34 credit note."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """An issued document, as events and views know it."""

    number: str
    kind: DocumentKind
    shipment: int
    amount_paise: int
    issued_at: datetime
    original: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentRequest:
    """What to write. The same (order, shipment, kind, occasion) always gives the same number.

    A credit note names the number and date of the invoice that it corrects (CGST Rule 53). One that
    takes back a part of its parcel has an `occasion` of its own, such as `refund-2`.
    """

    order_id: str
    kind: DocumentKind
    shipment: int
    warehouse: str
    lines: tuple["DocumentLine", ...]
    customer: Customer
    address: Address
    issued_at: datetime
    original: str | None = None
    original_issued_at: datetime | None = None
    occasion: str = ""

    @property
    def key(self) -> str:
        """Return the idempotency key under which the number was taken."""
        whole = f"{self.order_id}:{self.shipment}:{self.kind}"
        return f"{whole}:{self.occasion}" if self.occasion else whole

    @property
    def place_of_supply(self) -> str:
        """Return the state whose tax is due."""
        return place_of_supply(self.address.state, self.customer.gstin)


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentLine:
    """A parcel's part of an order line: quantity and the charge for it, GST included."""

    sku: str
    name: str
    hsn: str
    gst_rate: int
    quantity: int
    gross_paise: int
    discount_paise: int
    other_charges_paise: int

    @property
    def charged_paise(self) -> int:
        """Return what the customer pays for this line of the document."""
        return self.gross_paise - self.discount_paise + self.other_charges_paise


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxedLine:
    """A document line with its tax."""

    line: DocumentLine
    tax: TaxSplit


@dataclass(frozen=True, kw_only=True, slots=True)
class Void:
    """Why and when a document was declared void; its number is never used again."""

    reason: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxDocument:
    """Everything that is printed (CGST Rule 46, Rule 53)."""

    number: str
    request: DocumentRequest
    supplier: Warehouse
    lines: tuple[TaxedLine, ...]
    void: Void | None = None

    @property
    def tax(self) -> TaxSplit:
        """Return the document's tax in all."""
        total = TaxSplit()
        for line in self.lines:
            total += line.tax
        return total

    def summary(self) -> Document:
        """Return what events and views keep of it."""
        return Document(
            number=self.number,
            kind=self.request.kind,
            shipment=self.request.shipment,
            amount_paise=self.tax.total_paise,
            issued_at=self.request.issued_at,
            original=self.request.original,
        )


def compose_invoice(number: str, request: DocumentRequest, supplier: Warehouse) -> TaxDocument:
    """Put an invoice together: the tax follows the supplying warehouse and the place of supply.

    Raises:
        DocumentRefused: the warehouse's GSTIN is not of the warehouse's state.
    """
    if state_of_code(supplier.gstin[:2]) != supplier.state:
        msg = f"warehouse {supplier.code}: GSTIN {supplier.gstin} is not of {supplier.state}"
        raise DocumentRefused(msg)
    return TaxDocument(
        number=number,
        request=request,
        supplier=supplier,
        lines=tuple(
            TaxedLine(
                line=line,
                tax=split_inclusive(
                    line.charged_paise,
                    line.gst_rate,
                    supplier_state=supplier.state,
                    place_of_supply=request.place_of_supply,
                ),
            )
            for line in request.lines
        ),
    )


def refuse_without_irn(request: DocumentRequest) -> None:
    """Refuse a document to a business, for a supplier who is bound to e-invoicing.

    Such a document is none without the invoice reference number (IRN) that a registration portal
    gives it (CGST Rule 48(4) and (5)), and no portal is connected.

    Raises:
        DocumentRefused: the buyer is registered.
    """
    if request.customer.gstin is not None:
        msg = (
            "a document to a registered buyer needs an IRN (CGST Rule 48(4)):"
            " register it with the e-invoice portal by hand"
        )
        raise DocumentRefused(msg)


def at_rates_of_supply(request: DocumentRequest, products: Iterable[Product]) -> DocumentRequest:
    """Return the request with the HSN and rates of the day on which it is issued, in India.

    Goods are supplied when they leave with their invoice (CGST s.12(2), s.14(b)), so a rate that
    changed since the order applies; the price, which includes it, stays. A SKU that is not sold any
    more keeps what the order says.
    """
    day = indian_day(request.issued_at)
    current = {product.sku: product.as_of(day) for product in products}

    def dated(line: DocumentLine) -> DocumentLine:
        product = current.get(line.sku)
        if product is None:
            return line
        return replace(line, gst_rate=product.gst_rate, hsn=product.hsn)

    return replace(request, lines=tuple(dated(line) for line in request.lines))


def parcel_lines(
    order_lines: tuple[OrderLine, ...],
    parcel: tuple[ShipmentLine, ...],
    already_sent: dict[str, int],
) -> tuple[DocumentLine, ...]:
    """Return a parcel's share of the order's charges, to the paisa.

    `already_sent` counts the units of each SKU in parcels with a lower number. A share is the
    difference of two cumulative roundings, so the parcels of a line sum to its charge exactly.
    """
    by_sku = {line.sku: line for line in order_lines}
    shares = []
    for part in parcel:
        line, before = by_sku[part.sku], already_sent.get(part.sku, 0)
        after = before + part.quantity
        shares.append(
            DocumentLine(
                sku=line.sku,
                name=line.name,
                hsn=line.hsn,
                gst_rate=line.gst_rate,
                quantity=part.quantity,
                gross_paise=line.unit_price_paise * part.quantity,
                discount_paise=share_between(line.discount_paise, line.quantity, before, after),
                other_charges_paise=share_between(
                    line.shipping_paise + line.cod_fee_paise, line.quantity, before, after
                ),
            )
        )
    return tuple(shares)

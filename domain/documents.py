"""Tax documents: invoices and the credit notes that correct them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from domain.cart import Address, Customer
from domain.catalogue import Warehouse
from domain.errors import DocumentRefused
from domain.pricing import OrderLine
from domain.shipment import ShipmentLine
from domain.tax import TaxSplit, split_inclusive

APRIL = 4
MAX_NUMBER = 16


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
    """What to write. The same (order, shipment, kind) always gives the same number.

    A credit note names the number and date of the invoice that it corrects (CGST Rule 53).
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

    @property
    def key(self) -> str:
        """Return the idempotency key under which the number was taken."""
        return f"{self.order_id}:{self.shipment}:{self.kind}"


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
class TaxDocument:
    """Everything that is printed (CGST Rule 46, Rule 53)."""

    number: str
    request: DocumentRequest
    supplier: Warehouse
    lines: tuple[TaxedLine, ...]

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


def compose(number: str, request: DocumentRequest, supplier: Warehouse) -> TaxDocument:
    """Put a document together: the tax follows the supplying warehouse and the delivery state."""
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
                    place_of_supply=request.address.state,
                ),
            )
            for line in request.lines
        ),
    )


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
                discount_paise=_share(line.discount_paise, line.quantity, before, after),
                other_charges_paise=_share(
                    line.shipping_paise + line.cod_fee_paise, line.quantity, before, after
                ),
            )
        )
    return tuple(shares)


def financial_year(day: date) -> str:
    """Return the Indian financial year of a day, April to March: `2627` for 2026-27."""
    start = day.year if day.month >= APRIL else day.year - 1
    return f"{start % 100:02d}{(start + 1) % 100:02d}"


def document_number(kind: DocumentKind, warehouse: Warehouse, year: str, serial: int) -> str:
    """Return a document's number: `PNQ/2627/000042`, of a credit note `CPNQ/2627/000042`.

    Raises:
        DocumentRefused: longer than the 16 characters of Rule 46; warehouse codes have three.
    """
    prefix = "C" if kind is DocumentKind.CREDIT_NOTE else ""
    number = f"{prefix}{warehouse.code}/{year}/{serial:06d}"
    if len(number) > MAX_NUMBER:
        msg = f"document number {number} has more than {MAX_NUMBER} characters"
        raise DocumentRefused(msg)
    return number


def _share(amount: int, quantity: int, before: int, after: int) -> int:
    return amount * after // quantity - amount * before // quantity

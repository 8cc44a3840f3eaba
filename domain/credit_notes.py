"""Credit notes: the whole of an invoice, or a part of it, taken back to the paisa.

Sources: CGST s.34 (a credit note takes back what an invoice charged, at the tax that it charged),
Rule 53(1A) (it names number and date of that invoice); s.34(2) (the tax can be taken back until the
30th of November after the end of the financial year of the supply).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from domain.catalogue import indian_day
from domain.documents import (
    DocumentKind,
    DocumentLine,
    DocumentRequest,
    TaxDocument,
    TaxedLine,
)
from domain.errors import DocumentRefused
from domain.money import share_between
from domain.tax import TaxSplit, share_of_split

APRIL, NOVEMBER = 4, 11


def last_day_for_tax(invoiced_on: date) -> date:
    """Return the last day of a credit note that takes tax back."""
    year_ends = invoiced_on.year + (invoiced_on.month >= APRIL)
    return date(year_ends, NOVEMBER, 30)


def part_of(
    lines: Iterable[DocumentLine], units: Mapping[str, int], earlier: Mapping[str, int]
) -> tuple[DocumentLine, ...]:
    """Return the part of an invoice's lines that these units of each SKU make up.

    `earlier` counts the units that former credit notes of this invoice took back. A part is the
    difference of two cumulative roundings: whatever is given back piece by piece sums to the
    invoice's line exactly.

    Raises:
        DocumentRefused: a SKU that the invoice does not have, or more units than are left of it.
    """
    by_sku = {line.sku: line for line in lines}
    return tuple(
        _units_of(by_sku.get(sku), sku, earlier.get(sku, 0), quantity)
        for sku, quantity in units.items()
        if quantity
    )


def compose_credit_note(
    number: str,
    request: DocumentRequest,
    original: TaxDocument | None,
    earlier: Sequence[TaxDocument] = (),
) -> TaxDocument:
    """Put a credit note together from the invoice as it was issued.

    Supplier, buyer, HSN, rate and kind of tax are the invoice's, whatever they are by now; the tax
    of each line is its cumulative share of the invoice's tax. Notes that take the whole line back
    sum to it part by part, as long as each is of four paise or more.

    Raises:
        DocumentRefused: the invoice is unknown, void or of another parcel; too late for the tax;
            or the notes would take back more than the invoice has.
    """
    invoice = _require_open(request, original)
    lines = tuple(_as_invoiced(line, invoice) for line in request.lines)
    return TaxDocument(
        number=number,
        request=replace(
            request,
            lines=lines,
            customer=invoice.request.customer,
            address=invoice.request.address,
            original=invoice.number,
            original_issued_at=invoice.request.issued_at,
        ),
        supplier=invoice.supplier,
        lines=tuple(_credited(line, invoice, earlier) for line in lines),
    )


def _units_of(line: DocumentLine | None, sku: str, before: int, quantity: int) -> DocumentLine:
    if line is None or quantity < 0 or before + quantity > line.quantity:
        left = 0 if line is None else line.quantity - before
        msg = f"{quantity} × {sku} cannot be credited: the invoice has {left} of it left"
        raise DocumentRefused(msg)
    after = before + quantity

    def share(amount_paise: int) -> int:
        return share_between(amount_paise, line.quantity, before, after)

    return replace(
        line,
        quantity=quantity,
        gross_paise=share(line.gross_paise),
        discount_paise=share(line.discount_paise),
        other_charges_paise=share(line.other_charges_paise),
    )


def _require_open(request: DocumentRequest, original: TaxDocument | None) -> TaxDocument:
    if original is None or original.request.kind is not DocumentKind.INVOICE:
        msg = f"a credit note needs the invoice that it corrects; {request.original} is none"
        raise DocumentRefused(msg)
    same_parcel = (request.order_id, request.shipment) == (
        original.request.order_id,
        original.request.shipment,
    )
    if original.void is not None or not same_parcel:
        why = "is void" if same_parcel else "is of another parcel"
        msg = f"invoice {original.number} {why}, so no credit note can correct it"
        raise DocumentRefused(msg)
    deadline = last_day_for_tax(indian_day(original.request.issued_at))
    if indian_day(request.issued_at) > deadline:
        msg = (
            f"the tax of invoice {original.number} could be taken back until {deadline:%d %b %Y}"
            " (CGST s.34(2)); write a commercial credit note without tax by hand"
        )
        raise DocumentRefused(msg)
    return original


def _as_invoiced(line: DocumentLine, invoice: TaxDocument) -> DocumentLine:
    charged = next((taxed.line for taxed in invoice.lines if taxed.line.sku == line.sku), None)
    if charged is None:
        msg = f"invoice {invoice.number} has no {line.sku}"
        raise DocumentRefused(msg)
    return replace(line, hsn=charged.hsn, gst_rate=charged.gst_rate)


def _credited(
    line: DocumentLine, invoice: TaxDocument, earlier: Sequence[TaxDocument]
) -> TaxedLine:
    """Tax a line of the note by the invoice's line, of which earlier notes took their part."""
    charged = next(taxed for taxed in invoice.lines if taxed.line.sku == line.sku)
    former = [taxed for note in earlier for taxed in note.lines if taxed.line.sku == line.sku]
    units = sum(taxed.line.quantity for taxed in former)
    taken = sum((taxed.tax for taxed in former), TaxSplit())
    left_paise = charged.tax.total_paise - taken.total_paise
    if not 0 <= line.quantity <= charged.line.quantity - units:
        left = charged.line.quantity - units
        msg = f"{line.quantity} × {line.sku} cannot be credited: {invoice.number} has {left} left"
        raise DocumentRefused(msg)
    if not 0 <= line.charged_paise <= left_paise:
        msg = (
            f"{line.charged_paise} paise of {line.sku} cannot be credited:"
            f" {invoice.number} has {left_paise} left"
        )
        raise DocumentRefused(msg)
    return TaxedLine(line=line, tax=share_of_split(charged.tax, taken, line.charged_paise))

"""The upper part: what it is, who sold, who bought, where it went."""

from datetime import datetime, timedelta, timezone

from adapters.invoice_pdf.sheet import MARGIN, MUTED, NAME, STRONG, WIDTH, Ink, Sheet, Style
from domain.cart import Address, Customer
from domain.catalogue import Warehouse
from domain.documents import DocumentKind, TaxDocument
from domain.tax import STATE_CODES

IST = timezone(timedelta(hours=5, minutes=30))
TITLES = {DocumentKind.INVOICE: "Tax invoice", DocumentKind.CREDIT_NOTE: "Credit note"}
GUTTER = 6.0
TITLE = Style(size=17, bold=True)
ACCENTED_TITLE = Style(size=17, bold=True, ink=Ink.ACCENT)


def draw_heading(sheet: Sheet, document: TaxDocument, seller_name: str) -> float:
    """Draw everything above the lines; return the y below it."""
    y = _draw_banner(sheet, document, seller_name)
    y = _draw_facts(sheet, document, y + 5)
    return _draw_parties(sheet, document, seller_name, y + 5)


def issued_on(document: TaxDocument) -> str:
    """Return the date of issue, which is the date in India."""
    return in_india(document.request.issued_at)


def in_india(moment: datetime) -> str:
    """Return the date that a moment has in India."""
    return moment.astimezone(IST).strftime("%d %b %Y")


def state_with_code(state: str) -> str:
    """Return a state as tax documents name it: `Karnataka (29)`."""
    return f"{state} ({STATE_CODES[state]})"


def _draw_banner(sheet: Sheet, document: TaxDocument, seller_name: str) -> float:
    sheet.ground(MARGIN, MARGIN, 1.6, 13.5, Ink.ACCENT)
    sheet.write_at(MARGIN + 5, MARGIN - 0.2, 110, seller_name, TITLE)
    sheet.write_at(MARGIN + 5, MARGIN + 8.6, 110, f"GSTIN {document.supplier.gstin}", MUTED)
    right = MARGIN + WIDTH - 70
    title = TITLES[document.request.kind]
    sheet.write_at(right, MARGIN - 0.2, 70, title, ACCENTED_TITLE, "R")
    sheet.write_at(right, MARGIN + 8.6, 70, "Original for recipient", MUTED, "R")
    return MARGIN + 14.5


def _draw_facts(sheet: Sheet, document: TaxDocument, y: float) -> float:
    request = document.request
    facts = [
        ("Number", document.number),
        ("Date", issued_on(document)),
        ("Order", f"{request.order_id} / {request.shipment}"),
        ("Place of supply", state_with_code(request.address.state)),
    ]
    if request.original is not None:
        facts.insert(2, ("Original invoice", request.original))
        if request.original_issued_at is not None:
            facts.insert(3, ("Invoice date", in_india(request.original_issued_at)))
    height = 12.5
    sheet.ground(MARGIN, y, WIDTH, height, Ink.TINT)
    widths = _shares([len(value) for _, value in facts])
    x = MARGIN + 4
    for (name, value), width in zip(facts, widths, strict=True):
        below = sheet.label_at(x, y + 2.4, width, name)
        sheet.write_at(x, below + 0.4, width, value, STRONG)
        x += width
    return y + height


def _shares(lengths: list[int]) -> list[float]:
    """Divide the width by how long the texts are, with a least share for each."""
    weights = [max(length, 12) + 4 for length in lengths]
    return [(WIDTH - 8) * weight / sum(weights) for weight in weights]


def _draw_parties(sheet: Sheet, document: TaxDocument, seller_name: str, y: float) -> float:
    request = document.request
    width = (WIDTH - 2 * GUTTER) / 3
    parties = (
        ("Sold by", seller_name, _supplier_lines(document.supplier)),
        ("Billed to", request.customer.name, _buyer_lines(request.customer, request.address)),
        ("Delivered to", request.address.name, _address_lines(request.address)),
    )
    lowest = y
    for index, (label, name, lines) in enumerate(parties):
        x = MARGIN + index * (width + GUTTER)
        below = sheet.label_at(x, y, width, label)
        below = sheet.write_at(x, below + 0.8, width, name, NAME)
        lowest = max(lowest, sheet.write_at(x, below + 0.5, width, "\n".join(lines)))
    return lowest + 5


def _supplier_lines(supplier: Warehouse) -> list[str]:
    return [
        supplier.name,
        supplier.address,
        f"{supplier.city} {supplier.pincode}",
        state_with_code(supplier.state),
        f"GSTIN {supplier.gstin}",
    ]


def _buyer_lines(customer: Customer, address: Address) -> list[str]:
    registered = f"GSTIN {customer.gstin}" if customer.gstin else "Unregistered"
    return [*_address_lines(address), registered]


def _address_lines(address: Address) -> list[str]:
    return [
        *filter(None, (address.line1, address.line2)),
        f"{address.city} {address.pincode}",
        state_with_code(address.state),
    ]

"""The upper part: what it is, who sold, who bought, where it went."""

from datetime import datetime, timedelta, timezone

from adapters.invoice_pdf.sheet import (
    MARGIN,
    MUTED,
    NAME,
    SMALL,
    STRONG,
    WIDTH,
    Ink,
    Sheet,
    Style,
)
from adapters.invoice_pdf.titles import title_of
from domain.cart import Address
from domain.catalogue import Warehouse
from domain.documents import DocumentRequest, TaxDocument
from domain.tax import code_of_state, state_of_code

IST = timezone(timedelta(hours=5, minutes=30))
GUTTER = 6.0
TITLE = Style(size=17, bold=True)
ACCENTED_TITLE = Style(size=17, bold=True, ink=Ink.ACCENT)
LONG_TITLE = Style(size=12.5, bold=True, ink=Ink.ACCENT)
SHORT = 14
"""A title of more characters is set smaller."""

Facts = list[tuple[str, str]]


def draw_heading(sheet: Sheet, document: TaxDocument, seller_name: str) -> float:
    """Draw everything above the lines; return the y below it."""
    y = _draw_banner(sheet, document, seller_name)
    y = _draw_facts(sheet, document, y + 5)
    return _draw_parties(sheet, document, seller_name, y + 5)


def draw_continuation(sheet: Sheet, document: TaxDocument, seller_name: str) -> float:
    """Draw what tells a further page whose it is; return the y below it."""
    sheet.ground(MARGIN, MARGIN, 1.6, 8.5, Ink.ACCENT)
    sheet.write_at(MARGIN + 5, MARGIN - 0.2, WIDTH / 2, seller_name, STRONG)
    gstin = f"GSTIN {document.supplier.gstin}"
    sheet.write_at(MARGIN + 5, MARGIN + 4.2, WIDTH / 2, gstin, SMALL)
    right = MARGIN + WIDTH / 2
    title = f"{title_of(document)} {document.number}, continued"
    sheet.write_at(right, MARGIN - 0.2, WIDTH / 2, title, STRONG, "R")
    below = f"{issued_on(document)} · {document.request.customer.name}"
    sheet.write_at(right, MARGIN + 4.2, WIDTH / 2, below, SMALL, "R")
    return MARGIN + 11.5


def issued_on(document: TaxDocument) -> str:
    """Return the date of issue, which is the date in India."""
    return in_india(document.request.issued_at)


def in_india(moment: datetime) -> str:
    """Return the date that a moment has in India."""
    return moment.astimezone(IST).strftime("%d %b %Y")


def state_with_code(state: str) -> str:
    """Return a state as tax documents name it: `Karnataka (29)`."""
    return f"{state} ({code_of_state(state)})"


def _draw_banner(sheet: Sheet, document: TaxDocument, seller_name: str) -> float:
    title = title_of(document)
    width = 70.0
    below = sheet.write_at(MARGIN + 5, MARGIN - 0.2, WIDTH - width - 8, seller_name, TITLE)
    gstin = f"GSTIN {document.supplier.gstin}"
    below = sheet.write_at(MARGIN + 5, below + 0.9, WIDTH - width - 8, gstin, MUTED)
    sheet.ground(MARGIN, MARGIN, 1.6, below - MARGIN - 0.5, Ink.ACCENT)
    right = MARGIN + WIDTH - width
    style = ACCENTED_TITLE if len(title) <= SHORT else LONG_TITLE
    sheet.write_at(right, MARGIN - 0.2, width, title, style, "R")
    sheet.write_at(right, MARGIN + 8.6, width, "Original for recipient", MUTED, "R")
    return below + 0.5


def _draw_facts(sheet: Sheet, document: TaxDocument, y: float) -> float:
    """Draw the band of facts; a credit note has a second row about its invoice."""
    rows = [_own_facts(document)]
    if document.request.original is not None:
        rows.append(_facts_of_original(document.request))
    widths = [_shares([len(value) for _, value in facts]) for facts in rows]
    heights = [
        max(
            sheet.height_of(width - 2, value, STRONG)
            for (_, value), width in zip(facts, shares, strict=True)
        )
        + 6.0
        for facts, shares in zip(rows, widths, strict=True)
    ]
    sheet.ground(MARGIN, y, WIDTH, sum(heights) + 2.5, Ink.TINT)
    y += 2.4
    for facts, shares, height in zip(rows, widths, heights, strict=True):
        x = MARGIN + 4
        for (name, value), width in zip(facts, shares, strict=True):
            below = sheet.label_at(x, y, width, name)
            sheet.write_at(x, below + 0.4, width - 2, value, STRONG)
            x += width
        y += height
    return y


def _own_facts(document: TaxDocument) -> Facts:
    request = document.request
    return [
        ("Number", document.number),
        ("Date", issued_on(document)),
        ("Order / parcel", f"{request.order_id} / {request.shipment}"),
        ("Place of supply", state_with_code(request.place_of_supply)),
        ("Reverse charge", "No"),
    ]


def _facts_of_original(request: DocumentRequest) -> Facts:
    facts = [("Original invoice", request.original or "")]
    if request.original_issued_at is not None:
        facts.append(("Date of original invoice", in_india(request.original_issued_at)))
    return facts


def _shares(lengths: list[int]) -> list[float]:
    """Divide the width by how long the texts are, with a least share for each."""
    weights = [min(max(length, 10), 30) + 4 for length in lengths]
    return [(WIDTH - 8) * weight / sum(weights) for weight in weights]


def _draw_parties(sheet: Sheet, document: TaxDocument, seller_name: str, y: float) -> float:
    request = document.request
    width = (WIDTH - 2 * GUTTER) / 3
    parties = (
        ("Sold by", seller_name, _supplier_lines(document.supplier)),
        ("Billed to", request.customer.name, _buyer_lines(request)),
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


def _buyer_lines(request: DocumentRequest) -> list[str]:
    """Return who pays: a business by its registration, which may be in another state."""
    gstin = request.customer.gstin
    if gstin is None:
        return [*_address_lines(request.address), "Unregistered"]
    registered = state_of_code(gstin[:2])
    lines = [f"GSTIN {gstin}"]
    if registered is not None:
        lines.append(f"Registered in {state_with_code(registered)}")
    if registered != request.address.state:
        return lines
    return [*_address_lines(request.address), *lines]


def _address_lines(address: Address) -> list[str]:
    return [
        *filter(None, (address.line1, address.line2)),
        f"{address.city} {address.pincode}",
        state_with_code(address.state),
    ]

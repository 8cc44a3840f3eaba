"""The lower part: the sum in figures and words, the summary by HSN, what the law wants said."""

from collections.abc import Sequence

from adapters.invoice_pdf.amounts import figure, in_words, percentage, rupees
from adapters.invoice_pdf.columns import TaxColumn
from adapters.invoice_pdf.sheet import BODY, BOTTOM, MARGIN, MUTED, SMALL, WIDTH, Ink, Sheet, Style
from domain.documents import DocumentKind, TaxDocument
from domain.tax import TaxSplit

SUMS = 74.0
WORDS = WIDTH - SUMS - 10
ROW = 5.2
CLOSING = 24.0
ON_ACCENT = Style(size=10, bold=True, ink=Ink.PAPER)
GRAND_TOTAL = Style(size=13, bold=True, ink=Ink.PAPER)
WORDS_STYLE = Style(size=9.5)
DECLARATION = (
    "Unit prices, discounts and charges include GST. Tax is not payable under reverse charge."
    " Issued electronically in accordance with the"
    " Information Technology Act, 2000; no signature is required (CGST Rule 46)."
)
PURPOSE = {
    DocumentKind.INVOICE: "Amount in words",
    DocumentKind.CREDIT_NOTE: "Amount credited, in words",
}


def draw_totals(
    sheet: Sheet, document: TaxDocument, columns: Sequence[TaxColumn], seller_name: str, y: float
) -> None:
    """Draw everything below the lines, on a new page if it does not fit."""
    summary = by_hsn(document)
    sums = ROW * (len(columns) + 1) + 12
    if y + 4 + sums > BOTTOM:
        sheet.add_page()
        y = MARGIN
    sums_end = _draw_sums(sheet, document, columns, y + 4)
    words_end = _draw_words(sheet, document, y + 4)
    y = max(sums_end, words_end) + 6
    if y + ROW * (len(summary) + 2) + CLOSING > BOTTOM:
        sheet.add_page()
        y = MARGIN
    y = _draw_hsn(sheet, summary, columns, y)
    _draw_closing(sheet, seller_name, y + 6)


def by_hsn(document: TaxDocument) -> dict[tuple[str, int], TaxSplit]:
    """Return the tax of each HSN and rate, in the order in which they come up."""
    summary: dict[tuple[str, int], TaxSplit] = {}
    for taxed in document.lines:
        key = (taxed.line.hsn, taxed.line.gst_rate)
        summary[key] = summary.get(key, TaxSplit()) + taxed.tax
    return summary


def _draw_sums(
    sheet: Sheet, document: TaxDocument, columns: Sequence[TaxColumn], y: float
) -> float:
    tax = document.tax
    rows = [("Taxable value", tax.taxable_paise)]
    rows += [(column.name, column.amount(tax)) for column in columns]
    x = MARGIN + WIDTH - SUMS
    for name, amount in rows:
        sheet.write_at(x + 4, y, SUMS / 2, name, MUTED)
        sheet.write_at(x, y, SUMS - 4, figure(amount), align="R")
        y += ROW
    y += 1
    sheet.ground(x, y, SUMS, 11, Ink.ACCENT)
    is_invoice = document.request.kind is DocumentKind.INVOICE
    title = "Total" if is_invoice else "Total credited"
    sheet.write_at(x + 4, y + 3.3, SUMS / 2, title, ON_ACCENT)
    total = rupees(tax.total_paise)
    sheet.write_at(x + 20, y + 2.6, SUMS - 24, total, GRAND_TOTAL, "R")
    return y + 11


def _draw_words(sheet: Sheet, document: TaxDocument, y: float) -> float:
    y = sheet.label_at(MARGIN, y, WORDS, PURPOSE[document.request.kind])
    return sheet.write_at(MARGIN, y + 0.8, WORDS, in_words(document.tax.total_paise), WORDS_STYLE)


def _draw_hsn(
    sheet: Sheet,
    summary: dict[tuple[str, int], TaxSplit],
    columns: Sequence[TaxColumn],
    y: float,
) -> float:
    names = ["HSN", "Taxable value"]
    for column in columns:
        names += ["Rate", column.name]
    names.append("Tax in all")
    width = WIDTH / len(names)
    _draw_row(sheet, names, width, y, is_head=True)
    y += ROW
    sheet.rule(y - 0.6)
    for (hsn, rate), tax in summary.items():
        cells = [hsn, figure(tax.taxable_paise)]
        for column in columns:
            cells += [percentage(column.rate(rate)), figure(column.amount(tax))]
        cells.append(figure(tax.tax_paise))
        _draw_row(sheet, cells, width, y + 0.4)
        y += ROW
    sheet.rule(y + 0.4)
    return y + 0.4


def _draw_row(
    sheet: Sheet, cells: Sequence[str], width: float, y: float, *, is_head: bool = False
) -> None:
    for index, text in enumerate(cells):
        x = MARGIN + index * width
        align = "R" if index else "L"
        if is_head:
            sheet.label_at(x, y + 0.6, width, text, align)
        else:
            sheet.write_at(x, y, width, text, BODY, align)


def _draw_closing(sheet: Sheet, seller_name: str, y: float) -> None:
    sheet.write_at(MARGIN, y, WIDTH - 72, DECLARATION, SMALL)
    right = MARGIN + WIDTH - 60
    below = sheet.write_at(right, y, 60, f"For {seller_name}", Style(size=8, bold=True), "R")
    sheet.write_at(right, below + 6, 60, "Authorised signatory", SMALL, "R")

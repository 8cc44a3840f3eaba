"""The lower part: the sum in figures and words, the summary by HSN, what the law wants said."""

from collections.abc import Callable, Sequence

from adapters.invoice_pdf.amounts import figure, percentage, rupees
from adapters.invoice_pdf.columns import TaxColumn
from adapters.invoice_pdf.sheet import (
    BODY,
    BOTTOM,
    MARGIN,
    MUTED,
    SMALL,
    STRONG,
    WIDTH,
    Ink,
    Sheet,
    Style,
)
from domain.amount_in_words import amount_in_words
from domain.documents import DocumentKind, TaxDocument
from domain.tax import TaxSplit

SUMS = 74.0
WORDS = WIDTH - SUMS - 10
ROW = 5.2
CLOSING = 30.0
GAP = 4.0
SIGNATURE = 60.0
ON_ACCENT = Style(size=10, bold=True, ink=Ink.PAPER)
GRAND_TOTAL = Style(size=13, bold=True, ink=Ink.PAPER)
WORDS_STYLE = Style(size=8.8)
DECLARATION = (
    "Unit prices, discounts and charges include GST. Tax is not payable under reverse charge."
    " Issued electronically in accordance with the"
    " Information Technology Act, 2000; no signature is required (CGST Rule 46)."
)
NO_IRN = (
    " No invoice reference number (IRN) and QR code: this supplier is not bound to e-invoicing"
    " (CGST Rule 48(4))."
)
PURPOSE = {
    DocumentKind.INVOICE: "Amount in words",
    DocumentKind.CREDIT_NOTE: "Amount credited, in words",
}
Begin = Callable[[], float]


class Totals:
    """Draws everything below the lines, on a new page where it does not fit."""

    def __init__(
        self, sheet: Sheet, document: TaxDocument, columns: Sequence[TaxColumn], begin_page: Begin
    ) -> None:
        """Draw for this document; `begin_page` opens a further page."""
        self._sheet = sheet
        self._document = document
        self._columns = columns
        self._begin_page = begin_page

    def draw(self, seller_name: str, y: float) -> None:
        """Draw sums, words, summary, and the closing."""
        sums = ROW * (len(self._columns) + 1) + 12
        y = self._room_for(sums + GAP, y)
        y = max(self._draw_sums(y + GAP), self._draw_words(y + GAP)) + 6
        y = self._draw_hsn(y)
        y = self._room_for(CLOSING, y)
        self._draw_closing(seller_name, y + 6)

    def _room_for(self, height: float, y: float) -> float:
        return self._begin_page() if y + height > BOTTOM else y

    def _draw_sums(self, y: float) -> float:
        sheet, tax = self._sheet, self._document.tax
        rows = [("Taxable value", tax.taxable_paise)]
        rows += [(column.name, column.amount(tax)) for column in self._columns]
        x = MARGIN + WIDTH - SUMS
        for name, amount in rows:
            sheet.write_at(x + 4, y, SUMS / 2, name, MUTED)
            sheet.write_at(x, y, SUMS - 4, figure(amount), align="R")
            y += ROW
        y += 1
        sheet.ground(x, y, SUMS, 11, Ink.ACCENT)
        is_invoice = self._document.request.kind is DocumentKind.INVOICE
        title = "Total" if is_invoice else "Total credited"
        sheet.write_at(x + 4, y + 3.3, SUMS / 2, title, ON_ACCENT)
        total = rupees(tax.total_paise)
        sheet.write_at(x + 20, y + 2.6, SUMS - 24, total, GRAND_TOTAL, "R")
        return y + 11

    def _draw_words(self, y: float) -> float:
        sheet, document = self._sheet, self._document
        y = sheet.label_at(MARGIN, y, WORDS, PURPOSE[document.request.kind])
        words = amount_in_words(document.tax.total_paise)
        y = sheet.write_at(MARGIN, y + 0.8, WORDS, words, WORDS_STYLE)
        y = sheet.label_at(MARGIN, y + 2.4, WORDS, "Tax in words")
        return sheet.write_at(MARGIN, y + 0.8, WORDS, amount_in_words(document.tax.tax_paise))

    def _draw_hsn(self, y: float) -> float:
        """Draw the summary by HSN; its head stands again on each further page."""
        document = self._document
        y = self._draw_hsn_head(self._room_for(3 * ROW, y))
        for (hsn, rate), tax in by_hsn(document).items():
            if y + 2 * ROW > BOTTOM:
                y = self._draw_hsn_head(self._begin_page())
            cells = [hsn, figure(tax.taxable_paise)]
            for column in self._columns:
                cells += [percentage(column.rate(rate)), figure(column.amount(tax))]
            cells.append(figure(tax.tax_paise))
            self._draw_row(cells, y + 0.4)
            y += ROW
        self._sheet.rule(y + 0.2)
        sums = ["Total", figure(document.tax.taxable_paise)]
        for column in self._columns:
            sums += ["", figure(column.amount(document.tax))]
        sums.append(figure(document.tax.tax_paise))
        self._draw_row(sums, y + 0.9, STRONG)
        y += ROW + 1.2
        self._sheet.rule(y)
        return y

    def _draw_hsn_head(self, y: float) -> float:
        names = ["HSN", "Taxable value"]
        for column in self._columns:
            names += ["Rate", column.name]
        width = WIDTH / (len(names) + 1)
        for index, name in enumerate([*names, "Tax in all"]):
            self._sheet.label_at(
                MARGIN + index * width, y + 0.6, width, name, "R" if index else "L"
            )
        self._sheet.rule(y + ROW - 0.6)
        return y + ROW

    def _draw_row(self, cells: Sequence[str], y: float, style: Style = BODY) -> None:
        width = WIDTH / len(cells)
        for index, text in enumerate(cells):
            x = MARGIN + index * width
            self._sheet.write_at(x, y, width, text, style, "R" if index else "L")

    def _draw_closing(self, seller_name: str, y: float) -> None:
        sheet, gstin = self._sheet, self._document.request.customer.gstin
        text = DECLARATION + (NO_IRN if gstin else "")
        sheet.write_at(MARGIN, y, WIDTH - SIGNATURE - 12, text, SMALL)
        right = MARGIN + WIDTH - SIGNATURE
        name = Style(size=8, bold=True)
        below = sheet.write_at(right, y, SIGNATURE, f"For {seller_name}", name, "R") + 8
        sheet.rule(below, left=right)
        sheet.write_at(right, below + 1, SIGNATURE, "Authorised signatory", SMALL, "R")


def by_hsn(document: TaxDocument) -> dict[tuple[str, int], TaxSplit]:
    """Return the tax of each HSN and rate, in the order in which they come up."""
    summary: dict[tuple[str, int], TaxSplit] = {}
    for taxed in document.lines:
        key = (taxed.line.hsn, taxed.line.gst_rate)
        summary[key] = summary.get(key, TaxSplit()) + taxed.tax
    return summary

"""The lines of a document, over as many pages as they take."""

from collections.abc import Callable, Sequence

from adapters.invoice_pdf.amounts import figure, percentage, rupees
from adapters.invoice_pdf.columns import TaxColumn
from adapters.invoice_pdf.sheet import BOTTOM, MARGIN, MUTED, SMALL, STRONG, WIDTH, Ink, Sheet
from domain.documents import DocumentLine, TaxDocument, TaxedLine
from domain.tax import TaxSplit

NUMBER, HSN, QUANTITY, AMOUNT, TAX = 7.0, 16.0, 15.0, 25.0, 22.0
PADDING = 2.2
HEAD = 8.0
CARRY = 7.0
"""Height of a line of sums carried from page to page."""

Begin = Callable[[], float]
"""Opens a further page and returns the y below its heading."""


class LineTable:
    """Draws the table; the item's column takes what the others leave."""

    def __init__(self, sheet: Sheet, columns: Sequence[TaxColumn], begin_page: Begin) -> None:
        """Set the widths for these taxes."""
        self._sheet = sheet
        self._columns = columns
        self._begin_page = begin_page
        fixed = NUMBER + HSN + QUANTITY + 2 * AMOUNT + TAX * len(columns)
        self._item = WIDTH - fixed
        self._widths = [NUMBER, self._item, HSN, QUANTITY, AMOUNT, *[TAX] * len(columns), AMOUNT]

    def draw(self, document: TaxDocument, y: float) -> float:
        """Draw head and lines, with the sums so far where a page ends; return the y below them."""
        y = self._draw_head(y)
        so_far = TaxSplit()
        for number, line in enumerate(document.lines, 1):
            if y + self._height(line) + CARRY > BOTTOM:
                self._draw_carry("Carried forward", so_far, y)
                y = self._draw_head(self._begin_page())
                y = self._draw_carry("Brought forward", so_far, y)
            y = self._draw_line(number, line, y)
            so_far += line.tax
        return y

    def _draw_head(self, y: float) -> float:
        texts = ["", "Item", "HSN"]
        figures = ["Qty", "Taxable value", *(column.name for column in self._columns), "Total"]
        aligns = ["L"] * len(texts) + ["R"] * len(figures)
        x = MARGIN
        for name, width, align in zip([*texts, *figures], self._widths, aligns, strict=True):
            self._sheet.label_at(x, y + 2.2, width, name, align)
            x += width
        self._sheet.rule(y + HEAD - 1, ink=Ink.ACCENT, weight=0.4)
        return y + HEAD - 1

    def _draw_line(self, number: int, taxed: TaxedLine, y: float) -> float:
        line, sheet, top = taxed.line, self._sheet, y + PADDING
        sheet.write_at(MARGIN, top, NUMBER, str(number), MUTED)
        below = sheet.write_at(MARGIN + NUMBER, top, self._item - 3, line.name, STRONG)
        sheet.write_at(MARGIN + NUMBER, below + 0.4, self._item - 3, details(line), SMALL)
        x = MARGIN + NUMBER + self._item
        sheet.write_at(x, top, HSN, line.hsn)
        quantity = f"{line.quantity} nos" if line.quantity else "–"
        sheet.write_at(x + HSN, top, QUANTITY, quantity, align="R")
        x += HSN + QUANTITY
        sheet.write_at(x, top, AMOUNT, figure(taxed.tax.taxable_paise), align="R")
        x += AMOUNT
        for column in self._columns:
            self._draw_tax(column, taxed, x, top)
            x += TAX
        sheet.write_at(x, top, AMOUNT, figure(taxed.tax.total_paise), STRONG, "R")
        bottom = y + self._height(taxed)
        sheet.rule(bottom)
        return bottom

    def _draw_tax(self, column: TaxColumn, taxed: TaxedLine, x: float, y: float) -> None:
        amount = figure(column.amount(taxed.tax))
        below = self._sheet.write_at(x, y, TAX, amount, align="R")
        rate = percentage(column.rate(taxed.line.gst_rate))
        self._sheet.write_at(x, below + 0.4, TAX, rate, SMALL, "R")

    def _draw_carry(self, name: str, sums: TaxSplit, y: float) -> float:
        sheet, top = self._sheet, y + 1.6
        sheet.write_at(MARGIN + NUMBER, top, self._item, name, MUTED)
        x = MARGIN + WIDTH - 2 * AMOUNT - TAX * len(self._columns)
        sheet.write_at(x, top, AMOUNT, figure(sums.taxable_paise), MUTED, "R")
        x += AMOUNT
        for column in self._columns:
            sheet.write_at(x, top, TAX, figure(column.amount(sums)), MUTED, "R")
            x += TAX
        sheet.write_at(x, top, AMOUNT, figure(sums.total_paise), STRONG, "R")
        sheet.rule(y + CARRY)
        return y + CARRY

    def _height(self, taxed: TaxedLine) -> float:
        line, width = taxed.line, self._item - 3
        text = self._sheet.height_of(width, line.name, STRONG)
        small = self._sheet.height_of(width, details(line), SMALL)
        return text + small + 2 * PADDING + 0.4


def details(line: DocumentLine) -> str:
    """Return what lies between the unit's price and the line's total, all of it with GST."""
    parts = [_price(line)]
    if line.discount_paise:
        parts.append(f"less {rupees(line.discount_paise)} discount")
    if line.other_charges_paise:
        parts.append(f"shipping and fees {rupees(line.other_charges_paise)}")
    return f"SKU {line.sku}\n{', '.join(parts)}"


def _price(line: DocumentLine) -> str:
    if line.quantity and line.gross_paise % line.quantity == 0:
        return f"{rupees(line.gross_paise // line.quantity)} each"
    return f"{rupees(line.gross_paise)} in all"

"""The PDF of a tax document behind the port `DocumentRenderer`."""

from adapters.invoice_pdf.columns import tax_columns
from adapters.invoice_pdf.heading import draw_continuation, draw_heading, in_india
from adapters.invoice_pdf.lines import LineTable
from adapters.invoice_pdf.sheet import Sheet
from adapters.invoice_pdf.titles import title_of
from adapters.invoice_pdf.totals import Totals
from domain.documents import TaxDocument

SELLER_NAME = "Retail Orders"


class InvoicePdf:
    """Draws tax invoices and credit notes; pure, and safe to use from several threads.

    Args:
        seller_name: the legal name under which the GSTINs of all warehouses are registered.
    """

    def __init__(self, seller_name: str = SELLER_NAME) -> None:
        self._seller_name = seller_name

    def render(self, document: TaxDocument) -> bytes:
        """Return the PDF: the same bytes for the same document."""
        sheet = self._sheet(document)

        def begin_page() -> float:
            sheet.add_page()
            return draw_continuation(sheet, document, self._seller_name)

        columns = tax_columns(document)
        y = draw_heading(sheet, document, self._seller_name)
        y = LineTable(sheet, columns, begin_page).draw(document, y)
        Totals(sheet, document, columns, begin_page).draw(self._seller_name, y)
        if document.void is not None:
            sheet.stamp("VOID", f"{document.void.reason}, {in_india(document.void.at)}")
        return sheet.finish()

    def _sheet(self, document: TaxDocument) -> Sheet:
        title = f"{title_of(document)} {document.number}"
        sheet = Sheet(f"{title} · {self._seller_name} · all amounts in Indian rupees")
        sheet.set_creation_date(document.request.issued_at)
        sheet.set_title(title)
        sheet.set_author(self._seller_name)
        sheet.set_subject(f"Order {document.request.order_id}, parcel {document.request.shipment}")
        sheet.set_lang("en-IN")
        return sheet

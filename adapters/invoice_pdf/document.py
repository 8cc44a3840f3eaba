"""The PDF of a tax document behind the port `DocumentRenderer`."""

from adapters.invoice_pdf.columns import tax_columns
from adapters.invoice_pdf.heading import TITLES, draw_heading
from adapters.invoice_pdf.lines import LineTable
from adapters.invoice_pdf.sheet import Sheet
from adapters.invoice_pdf.totals import draw_totals
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
        title = f"{TITLES[document.request.kind]} {document.number}"
        sheet = Sheet(f"{title} · {self._seller_name} · all amounts in Indian rupees")
        sheet.set_creation_date(document.request.issued_at)
        sheet.set_title(title)
        sheet.set_author(self._seller_name)
        sheet.set_subject(f"Order {document.request.order_id}, parcel {document.request.shipment}")
        sheet.set_lang("en-IN")
        same_state = document.supplier.state == document.request.address.state
        columns = tax_columns(document.tax, same_state=same_state)
        y = draw_heading(sheet, document, self._seller_name)
        y = LineTable(sheet, columns).draw(document, y)
        draw_totals(sheet, document, columns, self._seller_name, y)
        return sheet.finish()

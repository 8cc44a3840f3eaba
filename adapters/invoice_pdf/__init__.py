"""Tax invoices and credit notes as PDF (CGST Rules 46 and 53)."""

from adapters.invoice_pdf.document import InvoicePdf

__all__ = ["InvoicePdf"]

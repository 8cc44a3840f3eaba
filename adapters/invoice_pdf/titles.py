"""What a document calls itself.

Sources: CGST s.31(3)(c) with Rule 49 (a supply without tax is billed by a bill of supply), Rule 46A
(goods with and without tax to an unregistered buyer: one invoice-cum-bill of supply).
"""

from domain.documents import DocumentKind, TaxDocument


def title_of(document: TaxDocument) -> str:
    """Return the title in the law's words."""
    if document.request.kind is DocumentKind.CREDIT_NOTE:
        return "Credit note"
    taxed = [line.line.gst_rate > 0 for line in document.lines]
    if not any(taxed):
        return "Bill of supply"
    if not all(taxed) and document.request.customer.gstin is None:
        return "Invoice-cum-bill of supply"
    return "Tax invoice"

"""Tax documents: number, PDF, file."""

import asyncio

from temporalio import activity

from activities.failures import refusals
from domain.documents import Document, DocumentKind, DocumentRequest, at_rates_of_supply
from domain.ports import Catalogue, DocumentFiles, DocumentRegister, DocumentRenderer


def document_file(number: str) -> str:
    """Return the key of a document's file."""
    return f"documents/{number}.pdf"


class InvoicingActivities:
    """Runs on the `invoicing` queue. Idempotent by (order, parcel, kind of document)."""

    def __init__(
        self,
        register: DocumentRegister,
        renderer: DocumentRenderer,
        files: DocumentFiles,
        catalogue: Catalogue,
    ) -> None:
        """Receive the ports."""
        self._register = register
        self._renderer = renderer
        self._files = files
        self._catalogue = catalogue

    @activity.defn
    async def issue_document(self, request: DocumentRequest) -> Document:
        """Take the number, render the PDF, store it. An invoice has the rates of its own day.

        A crash between number and file leaves the number with this request: the repeat finds it.
        """
        supplier = await self._catalogue.warehouse(request.warehouse)
        if request.kind is DocumentKind.INVOICE:
            skus = [line.sku for line in request.lines]
            sold = (await self._catalogue.snapshot(skus, None)).products
            request = at_rates_of_supply(request, sold)
        with refusals():
            document = await self._register.register(request, supplier)
        content = await asyncio.to_thread(self._renderer.render, document)
        await self._files.put(document_file(document.number), content, "application/pdf")
        return document.summary()

"""Tax documents: number, PDF, file."""

import asyncio

from temporalio import activity

from activities.failures import refusals
from domain.documents import Document, DocumentRequest
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
        """Take the number, render the PDF, store it.

        A crash between number and file leaves the number with this request: the repeat finds it.
        """
        supplier = await self._catalogue.warehouse(request.warehouse)
        with refusals():
            document = await self._register.register(request, supplier)
        content = await asyncio.to_thread(self._renderer.render, document)
        await self._files.put(document_file(document.number), content, "application/pdf")
        return document.summary()

"""The books of tax documents: their series, what no order knows of, and declaring one void."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

from activities.invoicing import document_file
from adapters.aws.clients import AwsClients
from adapters.aws.files import S3Files
from adapters.invoice_pdf import InvoicePdf
from adapters.mongo.connection import close, connect
from adapters.mongo.documents import MongoDocumentRegister
from adapters.mongo.order_views import MongoOrderViews
from adapters.settings import Settings
from domain.documents import TaxDocument, Void
from domain.errors import DocumentRefused
from domain.ports import DocumentFiles, DocumentRegister, DocumentRenderer, OrderViews
from domain.ports.documents import DocumentBooks, DocumentClaim, SeriesReport

SETTLED_AFTER: Final = timedelta(hours=1)
"""By then an order has told of its document, or ops know why not."""


class TaxBooks:
    """What bookkeeping asks of the register, and the one thing that it may change."""

    def __init__(
        self,
        register: DocumentRegister,
        books: DocumentBooks,
        views: OrderViews,
        renderer: DocumentRenderer,
        files: DocumentFiles,
    ) -> None:
        """Receive the ports; `register` and `books` are two sides of one thing."""
        self._register = register
        self._books = books
        self._views = views
        self._renderer = renderer
        self._files = files

    async def series(self, year: str) -> Sequence[SeriesReport]:
        """Return every series of a financial year (`2627`)."""
        return await self._books.series(year)

    async def unclaimed(self, year: str, now: datetime) -> Sequence[DocumentClaim]:
        """Return the documents that count although no order knows of them.

        Such a one is left when a person gave a parcel up while its invoice was being printed.
        """
        claims = await self._books.claims(year)
        settled = [claim for claim in claims if now - claim.issued_at >= SETTLED_AFTER]
        return [claim for claim in settled if not await self._known(claim.number, claim.order_id)]

    async def declare_void(self, number: str, reason: str, now: datetime) -> TaxDocument:
        """Declare a document void that no order counts on, and stamp its file. Idempotent.

        Raises:
            DocumentRefused: there is none of this number, or an order or a credit note counts it;
                what an order counts is taken back by a credit note.
        """
        document = await self._register.find(number)
        if document is not None and await self._known(number, document.request.order_id):
            msg = f"order {document.request.order_id} counts on {number}: it needs a credit note"
            raise DocumentRefused(msg)
        document = await self._books.declare_void(number, Void(reason=reason, at=now))
        content = await asyncio.to_thread(self._renderer.render, document)
        await self._files.put(document_file(number), content, "application/pdf")
        return document

    async def _known(self, number: str, order_id: str) -> bool:
        view = await self._views.get(order_id)
        return view is not None and number in {one.number for one in view.documents}


@asynccontextmanager
async def tax_books(settings: Settings) -> AsyncIterator[TaxBooks]:
    """Open the books of a deployment while the block runs."""
    database = connect(
        settings.mongodb_url, settings.mongodb_database, driver=settings.mongodb_driver
    )
    aws = AwsClients(region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
    register = MongoDocumentRegister(database)
    try:
        yield TaxBooks(
            register,
            register,
            MongoOrderViews(database),
            InvoicePdf(settings.seller_name),
            S3Files(aws, settings.s3_bucket),
        )
    finally:
        aws.close()
        await close(database)

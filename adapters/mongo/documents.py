"""The register of tax documents: consecutive numbers, each with its document."""

from datetime import timedelta
from typing import Final

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from adapters.mongo.connection import Collection, Database, Session, guarded
from adapters.mongo.transactions import in_transaction
from domain.catalogue import Warehouse
from domain.documents import (
    DocumentRequest,
    TaxDocument,
    compose,
    document_number,
    financial_year,
)
from domain.wire import from_json, to_json

INDIA: Final = timedelta(hours=5, minutes=30)
"""Financial years turn at midnight in India."""


class MongoDocumentRegister:
    """Implements `DocumentRegister`.

    A number and its document are written in one transaction: a series has neither gap nor repeat,
    whatever crashes in between.
    """

    def __init__(self, db: Database) -> None:
        """Write to this database, whose indexes exist."""
        self._db = db
        self._documents: Collection = db["tax_documents"]
        self._series: Collection = db["document_series"]

    @guarded
    async def register(self, request: DocumentRequest, supplier: Warehouse) -> TaxDocument:
        """Take the next number of the warehouse's series and store the document with it.

        A series belongs to one warehouse, kind and financial year (of India) of `issued_at`.
        Idempotent by `request.key`: a repeat returns the stored document.
        """

        async def work(session: Session) -> TaxDocument:
            stored = await self._documents.find_one({"key": request.key}, session=session)
            if stored is not None:
                return _document(stored)
            return await self._issue(request, supplier, session)

        try:
            return await in_transaction(self._db, work)
        except DuplicateKeyError:  # a repeat of this very request was quicker
            return await in_transaction(self._db, work)

    @guarded
    async def find(self, number: str) -> TaxDocument | None:
        """Return a document by its number."""
        found = await self._documents.find_one({"_id": number})
        return _document(found) if found else None

    async def _issue(
        self, request: DocumentRequest, supplier: Warehouse, session: Session
    ) -> TaxDocument:
        year = financial_year((request.issued_at + INDIA).date())
        series = await self._series.find_one_and_update(
            {"_id": f"{supplier.code}:{request.kind}:{year}"},
            {"$inc": {"last": 1}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        number = document_number(request.kind, supplier, year, series["last"])
        document = compose(number, request, supplier)
        await self._documents.insert_one(
            {"_id": number, "key": request.key, "document": to_json(document)}, session=session
        )
        return document


def _document(stored: dict[str, object]) -> TaxDocument:
    return from_json(TaxDocument, stored["document"])

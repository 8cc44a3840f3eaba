"""The register of tax documents: consecutive numbers, each with its document."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from adapters.mongo.connection import Collection, Database, Document, Session, guarded
from adapters.mongo.transactions import in_transaction
from domain.catalogue import Warehouse, indian_day
from domain.credit_notes import compose_credit_note
from domain.document_number import document_number, financial_year, series_of
from domain.documents import (
    DocumentKind,
    DocumentRequest,
    TaxDocument,
    Void,
    compose_invoice,
    refuse_without_irn,
)
from domain.errors import DocumentRefused
from domain.ports.documents import DocumentClaim, SeriesReport
from domain.wire import from_json, to_json


class MongoDocumentRegister:
    """Implements `DocumentRegister`.

    A number and its document are written in one transaction: a series has neither gap nor repeat,
    whatever crashes in between. A credit note also counts up on its invoice, so that two of them
    never read the same rest and take it twice.
    """

    def __init__(self, db: Database, *, e_invoicing: bool = False) -> None:
        """Write to this database, whose indexes exist.

        With `e_invoicing` documents to businesses are refused: they need an IRN.
        """
        self._db = db
        self._e_invoicing = e_invoicing
        self._documents: Collection = db["tax_documents"]
        self._series: Collection = db["document_series"]

    @guarded
    async def register(self, request: DocumentRequest, supplier: Warehouse) -> TaxDocument:
        """Take the next number of the warehouse's series and store the document with it.

        A series belongs to one warehouse, kind and financial year (of India) of `issued_at`.
        Idempotent by `request.key`: a repeat returns the stored document.
        """
        if self._e_invoicing:
            refuse_without_irn(request)

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

    @guarded
    async def of_order(self, order_id: str) -> Sequence[TaxDocument]:
        """Return all documents of an order, void ones too, in the order of their issue."""
        found = await self._documents.find({"document.request.order_id": order_id}).to_list(None)
        documents = [_document(each) for each in found]
        return sorted(documents, key=lambda one: (one.request.issued_at, one.number))

    @guarded
    async def declare_void(self, number: str, void: Void) -> TaxDocument:
        """Declare a document void and free its key; the number stays taken. Idempotent."""

        async def work(session: Session) -> TaxDocument:
            stored = await self._documents.find_one({"_id": number}, session=session)
            if stored is None:
                msg = f"there is no document {number}"
                raise DocumentRefused(msg)
            if stored["document"].get("void"):
                return _document(stored)
            if await self._notes(number, session):
                msg = f"a credit note corrects {number}, so it cannot be declared void"
                raise DocumentRefused(msg)
            changes = {
                "key": f"{stored['key']}#{number}",
                "document.void": to_json(void),
            }
            changed = await self._documents.find_one_and_update(
                {"_id": number},
                {"$set": changes},
                return_document=ReturnDocument.AFTER,
                session=session,
            )
            return _document(changed)

        return await in_transaction(self._db, work)

    @guarded
    async def claims(self, year: str) -> Sequence[DocumentClaim]:
        """Return every document of a financial year that is not void, by number."""
        of_year = {"_id": {"$regex": f"^[^/]+/{re.escape(year)}/"}, "document.void": None}
        wanted = {"document.request.order_id": True, "document.request.issued_at": True}
        found = await self._documents.find(of_year, projection=wanted).sort("_id").to_list(None)
        return [_claim(each) for each in found]

    @guarded
    async def series(self, year: str) -> Sequence[SeriesReport]:
        """Return every series of a financial year, by name."""
        counted = await self._series.find({"year": year}).sort("name").to_list(None)
        return [await self._report(series) for series in counted]

    async def _issue(
        self, request: DocumentRequest, supplier: Warehouse, session: Session
    ) -> TaxDocument:
        original: TaxDocument | None = None
        notes: list[TaxDocument] = []
        if request.kind is DocumentKind.CREDIT_NOTE:
            original = await self._take_hold(request.original, session)
            notes = await self._notes(request.original, session)
        number = await self._next_number(request, supplier, session)
        if request.kind is DocumentKind.CREDIT_NOTE:
            document = compose_credit_note(number, request, original, notes)
        else:
            document = compose_invoice(number, request, supplier)
        await self._documents.insert_one(
            {"_id": number, "key": request.key, "document": to_json(document)}, session=session
        )
        return document

    async def _next_number(
        self, request: DocumentRequest, supplier: Warehouse, session: Session
    ) -> str:
        year = financial_year(indian_day(request.issued_at))
        series = await self._series.find_one_and_update(
            {"_id": f"{supplier.code}:{request.kind}:{year}"},
            {
                "$inc": {"last": 1},
                "$set": {"name": series_of(request.kind, supplier, year), "year": year},
            },
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        return document_number(request.kind, supplier, year, series["last"])

    async def _take_hold(self, number: str | None, session: Session) -> TaxDocument | None:
        """Return an invoice and count up on it: whoever else corrects it now has to wait."""
        found = await self._documents.find_one_and_update(
            {"_id": number}, {"$inc": {"corrections": 1}}, session=session
        )
        return _document(found) if found else None

    async def _notes(self, number: str | None, session: Session) -> list[TaxDocument]:
        found = self._documents.find(
            {"document.request.original": number, "document.void": None}, session=session
        )
        return [_document(each) for each in await found.to_list(None)]

    async def _report(self, series: Document) -> SeriesReport:
        name, last = series["name"], series["last"]
        begins_with: dict[str, Any] = {"$gte": f"{name}/", "$lt": f"{name}0"}  # "0" follows "/"
        found = await self._documents.find(
            {"_id": begins_with}, projection={"document.void": True}
        ).to_list(None)
        serials = {int(each["_id"].rpartition("/")[2]) for each in found}
        return SeriesReport(
            name=name,
            last=last,
            documents=len(found),
            void=sum(1 for each in found if each["document"].get("void")),
            missing=tuple(sorted(set(range(1, last + 1)) - serials)),
        )


def _claim(stored: Document) -> DocumentClaim:
    request = stored["document"]["request"]
    return DocumentClaim(
        number=stored["_id"],
        order_id=request["order_id"],
        issued_at=datetime.fromisoformat(request["issued_at"]),
    )


def _document(stored: Document) -> TaxDocument:
    return from_json(TaxDocument, stored["document"])

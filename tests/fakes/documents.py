"""The register of tax documents, in memory."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from domain.catalogue import Warehouse, indian_day
from domain.credit_notes import compose_credit_note
from domain.document_number import document_number, financial_year, series_of
from domain.documents import (
    DocumentKind,
    DocumentRequest,
    TaxDocument,
    Void,
    compose_invoice,
)
from domain.errors import DocumentRefused
from domain.ports.documents import DocumentClaim, SeriesReport


class FakeDocumentRegister:
    """Implements `DocumentRegister`. `documents` are those that count, by key."""

    def __init__(self) -> None:
        self.documents: dict[str, TaxDocument] = {}
        self.void: dict[str, TaxDocument] = {}
        self.last: Counter[tuple[str, str]] = Counter()

    async def register(self, request: DocumentRequest, supplier: Warehouse) -> TaxDocument:
        await asyncio.sleep(0)
        if request.key in self.documents:
            return self.documents[request.key]
        year = financial_year(indian_day(request.issued_at))
        series = (year, series_of(request.kind, supplier, year))
        number = document_number(request.kind, supplier, year, self.last[series] + 1)
        document = self._composed(number, request, supplier)
        self.last[series] += 1
        self.documents[request.key] = document
        return document

    async def find(self, number: str) -> TaxDocument | None:
        return next((one for one in self._all() if one.number == number), None)

    async def of_order(self, order_id: str) -> Sequence[TaxDocument]:
        found = [one for one in self._all() if one.request.order_id == order_id]
        return sorted(found, key=lambda one: (one.request.issued_at, one.number))

    async def declare_void(self, number: str, void: Void) -> TaxDocument:
        document = await self.find(number)
        if document is None:
            message = f"there is no document {number}"
            raise DocumentRefused(message)
        if document.void is None:
            if self._notes(number):
                message = f"a credit note corrects {number}"
                raise DocumentRefused(message)
            del self.documents[document.request.key]
            self.void[number] = replace(document, void=void)
        return self.void.get(number, document)

    async def claims(self, year: str) -> Sequence[DocumentClaim]:
        counting = [one for one in self.documents.values() if f"/{year}/" in one.number]
        return [
            DocumentClaim(
                number=one.number,
                order_id=one.request.order_id,
                issued_at=one.request.issued_at,
            )
            for one in sorted(counting, key=lambda one: one.number)
        ]

    async def series(self, year: str) -> Sequence[SeriesReport]:
        return [
            self._report(name, last)
            for (of, name), last in sorted(self.last.items())
            if of == year and last
        ]

    def _composed(self, number: str, request: DocumentRequest, supplier: Warehouse) -> TaxDocument:
        if request.kind is DocumentKind.INVOICE:
            return compose_invoice(number, request, supplier)
        original = next((one for one in self._all() if one.number == request.original), None)
        return compose_credit_note(number, request, original, self._notes(request.original))

    def _all(self) -> list[TaxDocument]:
        return [*self.documents.values(), *self.void.values()]

    def _notes(self, number: str | None) -> list[TaxDocument]:
        return [one for one in self.documents.values() if one.request.original == number]

    def _report(self, name: str, last: int) -> SeriesReport:
        numbers = [one for one in self._all() if one.number.rpartition("/")[0] == name]
        return SeriesReport(
            name=name,
            last=last,
            documents=len(numbers),
            void=sum(1 for one in numbers if one.void),
            missing=(),
        )

"""The register of tax documents, in memory."""

import asyncio
from collections import Counter
from datetime import timedelta

from domain.catalogue import Warehouse
from domain.documents import (
    DocumentRequest,
    TaxDocument,
    compose,
    document_number,
    financial_year,
)


class FakeDocumentRegister:
    """Implements `DocumentRegister`."""

    def __init__(self) -> None:
        self.documents: dict[str, TaxDocument] = {}
        self.series: Counter[tuple[str, str, str]] = Counter()

    async def register(self, request: DocumentRequest, supplier: Warehouse) -> TaxDocument:
        await asyncio.sleep(0)
        if request.key in self.documents:
            return self.documents[request.key]
        year = financial_year((request.issued_at + timedelta(hours=5, minutes=30)).date())
        series = (supplier.code, request.kind.value, year)
        self.series[series] += 1
        number = document_number(request.kind, supplier, year, self.series[series])
        self.documents[request.key] = compose(number, request, supplier)
        return self.documents[request.key]

    async def find(self, number: str) -> TaxDocument | None:
        return next((d for d in self.documents.values() if d.number == number), None)

from dataclasses import replace

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.invoicing import InvoicingActivities, document_file
from adapters.mongo import sample_catalogue
from domain.catalogue import TaxChange, Warehouse
from domain.documents import Document, DocumentKind, DocumentRequest, TaxDocument
from domain.errors import DocumentRefused, StoreUnavailable
from tests.activities.requests import document_to_issue
from tests.domain.orders import NOON, placed
from tests.fakes.aws import FakeFiles
from tests.fakes.documents import FakeDocumentRegister
from tests.fakes.stores import FakeCatalogue


class Press:
    """A renderer that prints a document's number."""

    def render(self, document: TaxDocument) -> bytes:
        return f"%PDF {document.number}".encode()


class FullRegister(FakeDocumentRegister):
    """A register whose series has no number left."""

    async def register(self, request: DocumentRequest, supplier: Warehouse) -> TaxDocument:
        message = f"the series of {supplier.code} is full"
        raise DocumentRefused(message)


class Office:
    def __init__(self) -> None:
        self.register, self.press, self.files = FakeDocumentRegister(), Press(), FakeFiles()
        self.catalogue = FakeCatalogue()
        self.activities = InvoicingActivities(self.register, self.press, self.files, self.catalogue)

    async def issue(self, request: DocumentRequest) -> Document:
        return await ActivityEnvironment().run(self.activities.issue_document, request)


async def test_an_invoice_has_its_number_its_amount_and_its_file() -> None:
    office = Office()
    issued = await office.issue(document_to_issue())
    assert (issued.number, issued.kind, issued.issued_at) == (
        "PNQ/2627/000001",
        DocumentKind.INVOICE,
        NOON,
    )
    assert issued.amount_paise == placed().placement.quote.total_paise
    stored = office.files.stored[document_file(issued.number)]
    assert stored == (b"%PDF PNQ/2627/000001", "application/pdf")


async def test_a_repeat_issues_the_same_document() -> None:
    office = Office()
    first, again = [await office.issue(document_to_issue()) for _ in range(2)]
    assert first == again
    assert len(office.register.documents) == len(office.files.stored) == 1


async def test_a_crash_between_number_and_file_wastes_no_number() -> None:
    office = Office()
    office.files.fail("put", StoreUnavailable("away"))
    with pytest.raises(StoreUnavailable):
        await office.issue(document_to_issue())
    assert office.files.stored == {}
    assert (await office.issue(document_to_issue())).number == "PNQ/2627/000001"
    assert list(office.files.stored) == ["documents/PNQ/2627/000001.pdf"]


async def test_each_parcel_and_kind_has_a_document_of_its_own() -> None:
    office = Office()
    numbers = [
        (await office.issue(document_to_issue(kind, shipment))).number
        for kind in DocumentKind
        for shipment in (1, 2)
    ]
    assert numbers == ["PNQ/2627/000001", "PNQ/2627/000002", "CPNQ/2627/000001", "CPNQ/2627/000002"]


async def test_an_invoice_has_the_rates_of_the_day_on_which_the_goods_leave() -> None:
    office = Office()
    change = TaxChange(valid_from=NOON.date(), gst_rate=18, hsn="610910")
    tee = sample_catalogue.PRODUCTS[-1]
    office.catalogue.shop.products["TEE"] = replace(tee, sku="TEE", tax_changes=(change,))
    await office.issue(document_to_issue())
    (invoice,) = office.register.documents.values()
    rates = {line.line.sku: (line.line.gst_rate, line.line.hsn) for line in invoice.lines}
    assert rates == {"TEE": (18, "610910"), "MUG": (5, "6109")}
    assert invoice.tax.total_paise == placed().placement.quote.total_paise


async def test_a_credit_note_has_the_rates_of_its_invoice_even_after_a_change() -> None:
    office = Office()
    await office.issue(document_to_issue())
    change = TaxChange(valid_from=NOON.date(), gst_rate=18, hsn="610910")
    tee = sample_catalogue.PRODUCTS[-1]
    office.catalogue.shop.products["TEE"] = replace(tee, sku="TEE", tax_changes=(change,))
    await office.issue(document_to_issue(DocumentKind.CREDIT_NOTE))
    invoice, note = office.register.documents.values()
    assert note.tax == invoice.tax
    assert {line.line.gst_rate for line in note.lines} == {5}


async def test_a_credit_note_without_its_invoice_is_refused_for_good() -> None:
    with pytest.raises(ApplicationError, match="needs the invoice") as refused:
        await Office().issue(document_to_issue(DocumentKind.CREDIT_NOTE))
    assert refused.value.type == "DocumentRefused"


async def test_a_document_that_may_not_be_written_is_refused_for_good() -> None:
    office = Office()
    office.activities = InvoicingActivities(
        FullRegister(), office.press, office.files, FakeCatalogue()
    )
    with pytest.raises(ApplicationError) as refused:
        await office.issue(document_to_issue())
    assert refused.value.type == "DocumentRefused"
    assert office.files.stored == {}

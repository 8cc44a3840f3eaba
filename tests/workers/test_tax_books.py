from dataclasses import replace
from datetime import timedelta

import pytest

from activities.invoicing import document_file
from domain.documents import DocumentKind, DocumentRequest, TaxDocument
from domain.errors import DocumentRefused
from domain.events import EventType
from domain.view import fold
from tests.activities.requests import document_to_issue
from tests.domain.orders import NOON, PUNE
from tests.fakes.aws import FakeFiles
from tests.fakes.samples import sample_state, sample_view
from tests.fakes.stores import FakeDocumentRegister, FakeOrderViews
from workers.tax_books import TaxBooks

LATER = NOON + timedelta(hours=2)


class Stamp:
    """Says whether it printed a void document."""

    def render(self, document: TaxDocument) -> bytes:
        return f"{document.number} {'void' if document.void else 'counts'}".encode()


class Desk:
    """The books over fakes."""

    def __init__(self) -> None:
        self.register, self.views, self.files = (
            FakeDocumentRegister(),
            FakeOrderViews(),
            FakeFiles(),
        )
        self.books = TaxBooks(self.register, self.register, self.views, Stamp(), self.files)

    async def invoice_that_is_known(self) -> TaxDocument:
        state = sample_state()
        document = await self.issue(replace(document_to_issue(), order_id=state.order_id))
        view = sample_view(state.events)
        told = state.emit(EventType.INVOICE_GENERATED, NOON, document=document.summary())
        await self.views.save(fold(view, told), None)
        return document

    async def issue(self, request: DocumentRequest) -> TaxDocument:
        return await self.register.register(request, PUNE)


async def test_a_document_that_no_order_knows_is_found_once_orders_had_time_to_tell() -> None:
    desk = Desk()
    await desk.invoice_that_is_known()
    orphan = await desk.issue(document_to_issue())
    assert await desk.books.unclaimed("2627", NOON + timedelta(minutes=59)) == []
    (found,) = await desk.books.unclaimed("2627", LATER)
    assert (found.number, found.order_id) == (orphan.number, orphan.request.order_id)
    assert await desk.books.unclaimed("2728", LATER) == []


async def test_it_is_declared_void_and_its_file_says_so() -> None:
    desk = Desk()
    orphan = await desk.issue(document_to_issue())
    void = await desk.books.declare_void(orphan.number, "given up by ops", LATER)
    assert await desk.books.declare_void(orphan.number, "another reason", LATER) == void
    assert void.void is not None
    assert (void.void.reason, void.void.at) == ("given up by ops", LATER)
    content = b"PNQ/2627/000001 void"
    assert desk.files.stored == {document_file(orphan.number): (content, "application/pdf")}
    assert await desk.books.unclaimed("2627", LATER) == []
    (series,) = await desk.books.series("2627")
    assert (series.last, series.void) == (1, 1)


async def test_what_an_order_or_a_credit_note_counts_on_is_not_declared_void() -> None:
    desk = Desk()
    known = await desk.invoice_that_is_known()
    with pytest.raises(DocumentRefused, match="it needs a credit note"):
        await desk.books.declare_void(known.number, "mistake", LATER)
    other = await desk.issue(document_to_issue())
    note = replace(other.request, kind=DocumentKind.CREDIT_NOTE, original=other.number)
    await desk.issue(note)
    with pytest.raises(DocumentRefused, match="a credit note corrects"):
        await desk.books.declare_void(other.number, "mistake", LATER)
    with pytest.raises(DocumentRefused, match="there is no document"):
        await desk.books.declare_void("PNQ/2627/000999", "mistake", LATER)
    assert desk.files.stored == {}

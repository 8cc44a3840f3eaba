import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from adapters.mongo import sample_catalogue
from adapters.mongo.connection import Database
from adapters.mongo.documents import MongoDocumentRegister
from domain.credit_notes import part_of
from domain.documents import DocumentKind, DocumentLine, DocumentRequest, TaxDocument, Void
from domain.errors import DocumentRefused
from domain.ports import DocumentRegister
from domain.ports.documents import DocumentBooks, DocumentClaim, SeriesReport
from domain.tax import TaxSplit
from tests.fakes.documents import FakeDocumentRegister
from tests.fakes.samples import ADDRESS, CUSTOMER, NOON, random_order_id

PUNE, BENGALURU, DELHI = sample_catalogue.WAREHOUSES
NEW_YEAR_IN_INDIA = datetime(2027, 3, 31, 18, 30, tzinfo=UTC)


class Register(DocumentRegister, DocumentBooks, Protocol):
    """Both sides of the register."""


@pytest.fixture
def register(database: Database | None) -> Register:
    return FakeDocumentRegister() if database is None else MongoDocumentRegister(database)


def request(**changes: object) -> DocumentRequest:
    line = DocumentLine(
        sku="TEE-BLK-M",
        name="Cotton T-shirt, black, M",
        hsn="6109",
        gst_rate=5,
        quantity=2,
        gross_paise=1_198_00,
        discount_paise=0,
        other_charges_paise=0,
    )
    values: dict[str, object] = {
        "order_id": random_order_id(),
        "kind": DocumentKind.INVOICE,
        "shipment": 1,
        "warehouse": "PNQ",
        "lines": (line,),
        "customer": CUSTOMER,
        "address": ADDRESS,
        "issued_at": NOON,
    }
    return DocumentRequest(**values | changes)  # type: ignore[arg-type]  # a test's own fields


def credit(
    invoiced: DocumentRequest, number: str, units: int = 2, occasion: str = ""
) -> DocumentRequest:
    lines = part_of(invoiced.lines, {"TEE-BLK-M": units}, {})
    return replace(
        invoiced,
        kind=DocumentKind.CREDIT_NOTE,
        original=number,
        lines=lines,
        occasion=occasion,
    )


async def test_numbers_of_a_series_follow_one_another(register: Register) -> None:
    issued = [await register.register(request(), PUNE) for _ in range(3)]
    assert [document.number for document in issued] == [
        "PNQ/2627/000001",
        "PNQ/2627/000002",
        "PNQ/2627/000003",
    ]


async def test_warehouses_kinds_and_financial_years_have_series_of_their_own(
    register: Register,
) -> None:
    invoiced = request()
    last_of_year = request(issued_at=NEW_YEAR_IN_INDIA - timedelta(microseconds=1))
    numbers = [
        (await register.register(each, supplier)).number
        for each, supplier in (
            (invoiced, PUNE),
            (request(), BENGALURU),
            (credit(invoiced, "PNQ/2627/000001"), PUNE),
            (last_of_year, PUNE),
            (request(issued_at=NEW_YEAR_IN_INDIA), PUNE),
        )
    ]
    assert numbers == [
        "PNQ/2627/000001",
        "BLR/2627/000001",
        "CPNQ/2627/000001",
        "PNQ/2627/000002",
        "PNQ/2728/000001",
    ]


async def test_a_repeat_returns_the_stored_document_and_takes_no_number(
    register: Register,
) -> None:
    asked = request()
    first = await register.register(asked, PUNE)
    later = replace(asked, issued_at=NOON + timedelta(hours=1))
    assert await register.register(later, PUNE) == first
    assert (await register.register(request(), PUNE)).number == "PNQ/2627/000002"


async def test_a_document_is_found_whole_by_its_number(register: Register) -> None:
    document = await register.register(request(), DELHI)
    assert document.tax.igst_paise > 0
    assert await register.find(document.number) == document
    assert await register.find("PNQ/2627/999999") is None


async def test_fifty_at_once_leave_no_gap_and_no_repeat(register: Register) -> None:
    asked = [request() for _ in range(50)]
    issued = await asyncio.gather(*(register.register(each, PUNE) for each in asked))
    serials = sorted(int(document.number.rpartition("/")[2]) for document in issued)
    assert serials == list(range(1, 51))


async def test_concurrent_repeats_of_one_request_share_a_number(
    register: Register,
) -> None:
    asked = request()
    issued = await asyncio.gather(*(register.register(asked, PUNE) for _ in range(8)))
    assert {document.number for document in issued} == {"PNQ/2627/000001"}
    assert (await register.register(request(), PUNE)).number == "PNQ/2627/000002"


async def test_a_credit_note_is_a_part_of_its_invoice_and_names_it(register: Register) -> None:
    invoiced = request()
    invoice = await register.register(invoiced, PUNE)
    # A later change of the warehouse, the buyer or the rate does not reach the note.
    asked = credit(invoiced, invoice.number, 1, occasion="refund-1")
    note = await register.register(
        replace(asked, customer=replace(CUSTOMER, name="Other")), replace(PUNE, name="Moved")
    )
    assert (note.number, note.request.original) == ("CPNQ/2627/000001", invoice.number)
    assert note.request.original_issued_at == invoice.request.issued_at
    assert (note.request.customer, note.supplier) == (CUSTOMER, PUNE)
    # ₹1,198.00 at 5 %: tax 5,704.76 → 5,705 paise, halves of 2,852; one of two units: 1,426 each.
    assert invoice.tax == TaxSplit(taxable_paise=1_140_96, cgst_paise=28_52, sgst_paise=28_52)
    assert note.tax == TaxSplit(taxable_paise=570_48, cgst_paise=14_26, sgst_paise=14_26)


async def test_credit_notes_never_exceed_their_invoice(register: Register) -> None:
    invoiced = request()
    number = (await register.register(invoiced, PUNE)).number
    for occasion in ("refund-1", "refund-2"):
        await register.register(credit(invoiced, number, 1, occasion=occasion), PUNE)
    with pytest.raises(DocumentRefused, match="has 0 left"):
        await register.register(credit(invoiced, number, 1, occasion="refund-3"), PUNE)
    notes = [one for one in await register.of_order(invoiced.order_id) if one.request.original]
    assert [one.number for one in notes] == ["CPNQ/2627/000001", "CPNQ/2627/000002"]
    assert sum((one.tax for one in notes), TaxSplit()) == TaxSplit(
        taxable_paise=1_140_96, cgst_paise=28_52, sgst_paise=28_52
    )
    assert (await register.register(request(), PUNE)).number == "PNQ/2627/000002"


async def test_ten_credit_notes_at_once_take_no_unit_twice(register: Register) -> None:
    invoiced = request()
    number = (await register.register(invoiced, PUNE)).number
    outcomes = await asyncio.gather(
        *(
            register.register(credit(invoiced, number, 1, occasion=f"refund-{n}"), PUNE)
            for n in range(10)
        ),
        return_exceptions=True,
    )
    issued = [one for one in outcomes if isinstance(one, TaxDocument)]
    assert sorted(one.number for one in issued) == ["CPNQ/2627/000001", "CPNQ/2627/000002"]
    assert sum(isinstance(one, DocumentRefused) for one in outcomes) == 8


@pytest.mark.parametrize("known", ["PNQ/2627/000999", None])
async def test_a_credit_note_for_no_invoice_is_refused_and_takes_no_number(
    register: Register, known: str | None
) -> None:
    asked = replace(request(), kind=DocumentKind.CREDIT_NOTE, original=known)
    with pytest.raises(DocumentRefused, match="needs the invoice"):
        await register.register(asked, PUNE)
    assert await register.series("2627") == []


VOID = Void(reason="printed twice", at=NOON)


async def test_a_void_number_stays_taken_and_its_request_takes_the_next(
    register: Register,
) -> None:
    asked = request()
    first = await register.register(asked, PUNE)
    declared = await register.declare_void(first.number, VOID)
    assert declared == replace(first, void=VOID) == await register.find(first.number)
    again = await register.declare_void(first.number, Void(reason="other", at=NOON))
    assert again.void == VOID
    second = await register.register(asked, PUNE)
    assert (second.number, second.void) == ("PNQ/2627/000002", None)
    assert [one.number for one in await register.of_order(asked.order_id)] == [
        "PNQ/2627/000001",
        "PNQ/2627/000002",
    ]


async def test_what_is_void_or_corrected_cannot_be_undone(register: Register) -> None:
    invoiced = request()
    number = (await register.register(invoiced, PUNE)).number
    await register.register(credit(invoiced, number), PUNE)
    with pytest.raises(DocumentRefused, match="credit note corrects"):
        await register.declare_void(number, VOID)
    with pytest.raises(DocumentRefused, match="no document"):
        await register.declare_void("PNQ/2627/000777", VOID)
    other = request()
    void = (await register.register(other, PUNE)).number
    await register.declare_void(void, VOID)
    with pytest.raises(DocumentRefused, match="is void"):
        await register.register(credit(other, void), PUNE)


async def test_a_voided_credit_note_frees_what_it_took(register: Register) -> None:
    invoiced = request()
    number = (await register.register(invoiced, PUNE)).number
    note = await register.register(credit(invoiced, number), PUNE)
    await register.declare_void(note.number, VOID)
    again = await register.register(credit(invoiced, number), PUNE)
    assert (again.number, again.tax) == ("CPNQ/2627/000002", note.tax)


async def test_the_series_of_a_year_are_told_as_a_tax_return_declares_them(
    register: Register,
) -> None:
    invoiced = request()
    first = await register.register(invoiced, PUNE)
    await register.register(credit(invoiced, first.number), PUNE)
    for _ in range(2):
        await register.register(request(), PUNE)
    await register.register(request(issued_at=NEW_YEAR_IN_INDIA), PUNE)
    await register.declare_void("PNQ/2627/000003", VOID)
    assert await register.series("2627") == [
        SeriesReport(name="CPNQ/2627", last=1, documents=1, void=0, missing=()),
        SeriesReport(name="PNQ/2627", last=3, documents=3, void=1, missing=()),
    ]
    assert await register.series("2526") == []


async def test_the_documents_of_a_year_that_count_are_listed_with_their_orders(
    register: Register,
) -> None:
    asked = [request(), request(), request(issued_at=NEW_YEAR_IN_INDIA)]
    for each in asked:
        await register.register(each, PUNE)
    await register.declare_void("PNQ/2627/000001", VOID)
    assert await register.claims("2627") == [
        DocumentClaim(
            number="PNQ/2627/000002",
            order_id=asked[1].order_id,
            issued_at=asked[1].issued_at,
        )
    ]


async def test_a_number_that_was_lost_would_be_reported(mongo_database: Database) -> None:
    register = MongoDocumentRegister(mongo_database)
    for _ in range(3):
        await register.register(request(), PUNE)
    await mongo_database["tax_documents"].delete_one({"_id": "PNQ/2627/000002"})
    (report,) = await register.series("2627")
    assert report.missing == (2,)


async def test_a_business_gets_no_document_where_an_irn_would_be_needed(
    mongo_database: Database,
) -> None:
    register = MongoDocumentRegister(mongo_database, e_invoicing=True)
    business = request(customer=replace(CUSTOMER, gstin="29AAPFU0939F1ZR"))
    with pytest.raises(DocumentRefused, match="needs an IRN"):
        await register.register(business, PUNE)
    assert (await register.register(request(), PUNE)).number == "PNQ/2627/000001"

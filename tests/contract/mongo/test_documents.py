import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.mongo import sample_catalogue
from adapters.mongo.connection import Database
from adapters.mongo.documents import MongoDocumentRegister
from domain.documents import DocumentKind, DocumentLine, DocumentRequest
from domain.ports import DocumentRegister
from tests.fakes.documents import FakeDocumentRegister
from tests.fakes.samples import ADDRESS, CUSTOMER, NOON, random_order_id

PUNE, BENGALURU, DELHI = sample_catalogue.WAREHOUSES
NEW_YEAR_IN_INDIA = datetime(2027, 3, 31, 18, 30, tzinfo=UTC)


@pytest.fixture
def register(database: Database | None) -> DocumentRegister:
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


async def test_numbers_of_a_series_follow_one_another(register: DocumentRegister) -> None:
    issued = [await register.register(request(), PUNE) for _ in range(3)]
    assert [document.number for document in issued] == [
        "PNQ/2627/000001",
        "PNQ/2627/000002",
        "PNQ/2627/000003",
    ]


async def test_warehouses_kinds_and_financial_years_have_series_of_their_own(
    register: DocumentRegister,
) -> None:
    note = request(kind=DocumentKind.CREDIT_NOTE, original="PNQ/2627/000001")
    last_of_year = request(issued_at=NEW_YEAR_IN_INDIA - timedelta(microseconds=1))
    numbers = [
        (await register.register(each, supplier)).number
        for each, supplier in (
            (request(), PUNE),
            (request(), BENGALURU),
            (note, PUNE),
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
    register: DocumentRegister,
) -> None:
    asked = request()
    first = await register.register(asked, PUNE)
    later = replace(asked, issued_at=NOON + timedelta(hours=1))
    assert await register.register(later, PUNE) == first
    assert (await register.register(request(), PUNE)).number == "PNQ/2627/000002"


async def test_a_document_is_found_whole_by_its_number(register: DocumentRegister) -> None:
    document = await register.register(request(), DELHI)
    assert document.tax.igst_paise > 0
    assert await register.find(document.number) == document
    assert await register.find("PNQ/2627/999999") is None


async def test_fifty_at_once_leave_no_gap_and_no_repeat(register: DocumentRegister) -> None:
    asked = [request() for _ in range(50)]
    issued = await asyncio.gather(*(register.register(each, PUNE) for each in asked))
    serials = sorted(int(document.number.rpartition("/")[2]) for document in issued)
    assert serials == list(range(1, 51))


async def test_concurrent_repeats_of_one_request_share_a_number(
    register: DocumentRegister,
) -> None:
    asked = request()
    issued = await asyncio.gather(*(register.register(asked, PUNE) for _ in range(8)))
    assert {document.number for document in issued} == {"PNQ/2627/000001"}
    assert (await register.register(request(), PUNE)).number == "PNQ/2627/000002"

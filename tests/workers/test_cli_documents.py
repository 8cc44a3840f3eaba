from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner, Result

from adapters.settings import Settings
from domain.ports.documents import DocumentClaim, SeriesReport
from workers import tax_books
from workers.cli import create_app
from workers.stack.dev_secrets import GENERATED

WHOLE = SeriesReport(name="PNQ/2627", last=42, documents=42, void=1, missing=())
CLAIM = DocumentClaim(
    number="PNQ/2627/000007",
    order_id="ord_abcdefghij0123456789",
    issued_at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
)


class Books:
    """Tells what the test put in, and remembers what was asked."""

    def __init__(self) -> None:
        self.reports: Sequence[SeriesReport] = (WHOLE,)
        self.left: Sequence[DocumentClaim] = ()
        self.asked: list[tuple[str, ...]] = []

    async def series(self, year: str) -> Sequence[SeriesReport]:
        self.asked.append(("series", year))
        return self.reports

    async def unclaimed(self, year: str, _now: datetime) -> Sequence[DocumentClaim]:
        self.asked.append(("unclaimed", year))
        return self.left

    async def declare_void(self, number: str, reason: str, _now: datetime) -> None:
        self.asked.append(("void", number, reason))


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch) -> Books:
    opened = Books()

    @asynccontextmanager
    async def open_books(_settings: Settings) -> AsyncIterator[Books]:
        yield opened

    for name, make in GENERATED.items():
        monkeypatch.setenv(name, make())
    monkeypatch.setattr(tax_books, "tax_books", open_books)
    return opened


def orders(*arguments: str) -> Result:
    return CliRunner().invoke(create_app(), ["documents", *arguments], catch_exceptions=False)


def test_the_series_are_shown_with_their_first_and_last_number(books: Books) -> None:
    shown = orders("series", "--year", "2627")
    assert shown.exit_code == 0
    for cell in ("PNQ/2627/000001", "PNQ/2627/000042", "42", "none"):
        assert cell in shown.output
    assert books.asked == [("series", "2627")]


def test_a_missing_number_is_a_failure(books: Books) -> None:
    books.reports = (SeriesReport(name="PNQ/2627", last=3, documents=2, void=0, missing=(2,)),)
    assert orders("series", "--year", "2627").exit_code == 1


def test_without_a_year_the_current_one_is_shown(books: Books) -> None:
    orders("series")
    ((_, year),) = books.asked
    assert len(year) == 4
    assert (int(year[:2]) + 1) % 100 == int(year[2:])


def test_documents_that_no_order_knows_are_listed_and_a_failure(books: Books) -> None:
    assert orders("check").exit_code == 0
    books.left = (CLAIM,)
    shown = orders("check")
    assert shown.exit_code == 1
    assert "PNQ/2627/000007  ord_abcdefghij0123456789  2026-11-23 09:30 UTC" in shown.output


def test_a_document_is_declared_void_with_its_reason(books: Books) -> None:
    shown = orders("void", "PNQ/2627/000007", "--reason", "printed twice")
    assert shown.output.strip() == "PNQ/2627/000007 is void"
    assert books.asked == [("void", "PNQ/2627/000007", "printed twice")]

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.document_number import document_number, financial_year
from domain.documents import DocumentKind
from domain.errors import DocumentRefused
from tests.domain.orders import PUNE


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2026, 3, 31), "2526"),
        (date(2026, 4, 1), "2627"),
        (date(2026, 12, 31), "2627"),
        (date(2027, 1, 1), "2627"),
        (date(2027, 3, 31), "2627"),
        (date(2099, 4, 1), "9900"),
    ],
)
def test_the_financial_year_turns_on_the_first_of_april(day: date, year: str) -> None:
    assert financial_year(day) == year


def test_invoices_and_credit_notes_count_in_series_of_their_own() -> None:
    assert document_number(DocumentKind.INVOICE, PUNE, "2627", 42) == "PNQ/2627/000042"
    assert document_number(DocumentKind.CREDIT_NOTE, PUNE, "2627", 42) == "CPNQ/2627/000042"


@given(
    kind=st.sampled_from(DocumentKind),
    code=st.from_regex(r"[A-Z]{2,4}", fullmatch=True),
    serial=st.integers(1, 10_000_000),
)
def test_a_number_never_exceeds_the_sixteen_characters_of_rule_46(
    kind: DocumentKind, code: str, serial: int
) -> None:
    warehouse = replace(PUNE, code=code)
    prefix = "C" if kind is DocumentKind.CREDIT_NOTE else ""
    if len(f"{prefix}{code}/2627/{serial:06}") > 16:
        with pytest.raises(DocumentRefused, match="more than 16 characters"):
            document_number(kind, warehouse, "2627", serial)
        return
    number = document_number(kind, warehouse, "2627", serial)
    assert set(number) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/")


@pytest.mark.parametrize("code", ["pnq", "P_Q", "P Q", "पुण"])
def test_a_number_has_none_but_lawful_characters(code: str) -> None:
    with pytest.raises(DocumentRefused, match="characters other than"):
        document_number(DocumentKind.INVOICE, replace(PUNE, code=code), "2627", 1)

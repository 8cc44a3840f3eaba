"""The serial numbers of tax documents.

Source: CGST Rule 46(b) and Rule 53(1A): consecutive within a financial year, in one or several
series, of at most sixteen characters, which are letters, digits, `-` and `/`.
"""

import re
from datetime import date

from domain.catalogue import Warehouse
from domain.documents import DocumentKind
from domain.errors import DocumentRefused

APRIL = 4
MAX_NUMBER = 16
LAWFUL = re.compile(r"[A-Z0-9/-]{1,16}")


def financial_year(day: date) -> str:
    """Return the Indian financial year of a day, April to March: `2627` for 2026-27."""
    start = day.year if day.month >= APRIL else day.year - 1
    return f"{start % 100:02d}{(start + 1) % 100:02d}"


def series_of(kind: DocumentKind, warehouse: Warehouse, year: str) -> str:
    """Return what all numbers of a series begin with: `PNQ/2627`, of credit notes `CPNQ/2627`."""
    prefix = "C" if kind is DocumentKind.CREDIT_NOTE else ""
    return f"{prefix}{warehouse.code}/{year}"


def document_number(kind: DocumentKind, warehouse: Warehouse, year: str, serial: int) -> str:
    """Return a document's number: `PNQ/2627/000042`, of a credit note `CPNQ/2627/000042`.

    Raises:
        DocumentRefused: longer than Rule 46 allows, or of other characters; warehouse codes have
            three capital letters or digits.
    """
    number = f"{series_of(kind, warehouse, year)}/{serial:06d}"
    if len(number) > MAX_NUMBER:
        msg = f"document number {number} has more than {MAX_NUMBER} characters"
        raise DocumentRefused(msg)
    if not LAWFUL.fullmatch(number):
        msg = f"document number {number} has characters other than A-Z, 0-9, - and /"
        raise DocumentRefused(msg)
    return number

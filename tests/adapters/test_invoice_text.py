"""The invoice as a customer's viewer reads it back from the file."""

import re
from dataclasses import replace
from itertools import pairwise

import pypdfium2
import pytest

from adapters.invoice_pdf import InvoicePdf
from adapters.invoice_pdf.readable import readable
from domain.cart import Customer
from domain.documents import DocumentKind, TaxDocument, Void
from tests.adapters.test_invoice_pdf import (
    BUYER_GSTIN,
    LATE_ON_31_MARCH,
    SELLER,
    document,
    lines,
)

A4_MM = (210, 297)
POINTS_PER_MM = 72 / 25.4


def pages(document: TaxDocument) -> list[str]:
    """Return each page's text, as one line."""
    with pypdfium2.PdfDocument(InvoicePdf(SELLER).render(document)) as pdf:
        sizes = {tuple(round(side / POINTS_PER_MM) for side in page.get_size()) for page in pdf}
        assert sizes == {A4_MM}
        return [" ".join(page.get_textpage().get_text_range().split()) for page in pdf]


def text(document: TaxDocument) -> str:
    return " ".join(pages(document))


def test_all_particulars_of_rule_46_can_be_read_in_the_file() -> None:
    read = text(document(gstin="27AAPFU0939F1ZV"))
    for particular in (
        "Tax invoice",
        f"{SELLER} GSTIN 27AAPFU0939F1ZV",
        "Gate 4, Chakan Road",
        "PNQ/2627/000042",
        "01 Apr 2027",
        "ord_k3v7m2q5x4w6y7z2abcd / 1",
        "Asha Rao",
        "GSTIN 27AAPFU0939F1ZV Registered in Maharashtra (27)",
        "Ravi Rao Flat 302, Lakeview 4th Cross Bengaluru 560034",
        "PLACE OF SUPPLY",
        "REVERSE CHARGE No",
        "Kettle of kind 1",
        "8516",
        "2 nos",
        "less ₹150.00 discount",
        "1,184.76",
        "9%",
        "106.62",
        "₹2,796.00",
        "Rupees two thousand seven hundred and ninety-six only",
        "Rupees two hundred and seventy-nine and eighty paise only",
        "Tax is not payable under reverse charge",
        f"For {SELLER}",
        "Authorised signatory",
        "Page 1 of 1",
        "this supplier is not bound to e-invoicing",
    ):
        assert particular.casefold() in read.casefold(), particular


def test_a_consumer_is_not_told_of_e_invoicing() -> None:
    assert "IRN" not in text(document())


def test_a_business_registered_elsewhere_is_supplied_there() -> None:
    read = text(document(gstin=BUYER_GSTIN))
    assert f"GSTIN {BUYER_GSTIN}" in read
    assert "Registered in Karnataka (29)" in read
    assert "IGST" in read
    assert "SGST" not in read


def test_a_credit_note_names_number_and_date_of_its_invoice() -> None:
    (read,) = pages(document(kind=DocumentKind.CREDIT_NOTE))
    assert "Credit note" in read
    assert "ORIGINAL INVOICE PNQ/2627/000042 DATE OF ORIGINAL INVOICE 01 Apr 2027" in read
    assert "Tax invoice" not in read


def test_every_page_says_whose_it_is_and_carries_the_sums() -> None:
    whole = document(of=lines(40))
    read = pages(whole)
    assert len(read) > 2
    for number, page in enumerate(read, 1):
        assert f"Page {number} of {len(read)}" in page
        assert "TAXABLE VALUE" in page
        assert ("PNQ/2627/000042, continued" in page) == (number > 1)
    sums = r"(?:[\d,]+\.\d\d ?){4}"
    for page, following in pairwise(read):
        carried = re.search(f"Carried forward ({sums})", page)
        brought = re.search(f"Brought forward ({sums})", following)
        assert carried
        assert brought
        assert carried[1].strip() == brought[1].strip()
    last = re.search(f"Brought forward ({sums})", read[-1])
    assert last
    left = len(re.findall(r"Kettle of kind", read[-1]))
    assert last[1].split()[-1] == f"{(40 - left) * 1398:,}.00"
    assert "₹55,920.00" in read[-1]


def test_a_document_that_fits_carries_nothing() -> None:
    assert "Carried forward" not in text(document())


@pytest.mark.parametrize("name", ["आशा श्रीवास्तव", "আশা", "Zoë Müller", "ಕನ್ನಡ"])
def test_names_in_other_scripts_are_in_the_file(name: str) -> None:
    buyer = Customer(name=name, email="asha@example.com", phone="9876543210")
    whole = document()
    assert readable(name) in text(replace(whole, request=replace(whole.request, customer=buyer)))


def test_very_long_names_stay_on_the_page() -> None:
    long = tuple(replace(line, name="Handwoven " * 12, sku="S" * 60) for line in lines(9))
    read = pages(document(of=long, name="W" * 100))
    assert sum(page.count("Handwoven") for page in read) == 9 * 12


@pytest.mark.parametrize(
    ("rates", "gstin", "title"),
    [
        ((18, 5), None, "Tax invoice"),
        ((18, 0), None, "Invoice-cum-bill of supply"),
        ((18, 0), BUYER_GSTIN, "Tax invoice"),
        ((0, 0), None, "Bill of supply"),
    ],
)
def test_the_title_follows_what_is_taxed(
    rates: tuple[int, ...], gstin: str | None, title: str
) -> None:
    taxed = tuple(replace(line, gst_rate=rate) for line, rate in zip(lines(2), rates, strict=True))
    read = text(document(of=taxed, gstin=gstin))
    assert f"{title} PNQ/2627/000042 · {SELLER}" in read


def test_a_void_document_says_so_on_each_page() -> None:
    void = Void(reason="Printed twice", at=LATE_ON_31_MARCH)
    read = pages(replace(document(of=lines(40)), void=void))
    assert all("VOID" in page and "Printed twice, 01 Apr 2027" in page for page in read)


def test_money_taken_back_without_goods_has_no_quantity() -> None:
    only_money = tuple(replace(line, quantity=0) for line in lines(1))
    read = text(document(of=only_money))
    assert "₹1,499.00 in all" in read
    assert "0 nos" not in read

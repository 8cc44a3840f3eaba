"""What a tax document must say (CGST Rules 46 and 53), and that it is always the same file."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.invoice_pdf import InvoicePdf
from adapters.invoice_pdf.amounts import figure, percentage, rupees
from adapters.invoice_pdf.sheet import BOTTOM, MARGIN, WIDTH, Sheet
from domain.cart import Address, Customer
from domain.catalogue import Warehouse
from domain.credit_notes import compose_credit_note
from domain.documents import (
    DocumentKind,
    DocumentLine,
    DocumentRequest,
    TaxDocument,
    compose_invoice,
)

SELLER = "Rangoli Retail Private Limited"
BUYER_GSTIN = "29AAPFU0939F1ZR"
LATE_ON_31_MARCH = datetime(2027, 3, 31, 19, 30, tzinfo=UTC)


def supplier(state: str = "Maharashtra") -> Warehouse:
    return Warehouse(
        code="PNQ",
        name="Pune Fulfilment Centre",
        gstin="04AAPFU0939F1Z3" if state == "Chandigarh" else "27AAPFU0939F1ZV",
        address="Gate 4, Chakan Road",
        city="Pune",
        state=state,
        pincode="411001",
        pickup_location="Pune",
    )


def lines(count: int = 2) -> tuple[DocumentLine, ...]:
    return tuple(
        DocumentLine(
            sku=f"SKU-{number}",
            name=f"Kettle of kind {number}",
            hsn="8516" if number % 2 else "7418",
            gst_rate=18 if number % 2 else 5,
            quantity=2,
            gross_paise=2 * 74_950,
            discount_paise=15_000,
            other_charges_paise=4_900,
        )
        for number in range(1, count + 1)
    )


def document(
    *,
    place: str = "Maharashtra",
    supplied_from: str = "Maharashtra",
    kind: DocumentKind = DocumentKind.INVOICE,
    of: tuple[DocumentLine, ...] | None = None,
    gstin: str | None = None,
    name: str = "Asha Rao",
) -> TaxDocument:
    request = DocumentRequest(
        order_id="ord_k3v7m2q5x4w6y7z2abcd",
        kind=DocumentKind.INVOICE,
        shipment=1,
        warehouse="PNQ",
        lines=lines() if of is None else of,
        customer=Customer(name=name, email="asha@example.com", phone="9876543210", gstin=gstin),
        address=Address(
            name="Ravi Rao",
            phone="9876543211",
            line1="Flat 302, Lakeview",
            line2="4th Cross",
            city="Bengaluru",
            state=place,
            pincode="560034",
        ),
        issued_at=LATE_ON_31_MARCH,
    )
    invoice = compose_invoice("PNQ/2627/000042", request, supplier(supplied_from))
    if kind is DocumentKind.INVOICE:
        return invoice
    returned = replace(request, kind=kind, original=invoice.number)
    return compose_credit_note("CPNQ/2627/000007", returned, invoice)


class Pen:
    """Every text that was written, and where."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.places: list[tuple[int, float, float, float]] = []

    @property
    def page(self) -> str:
        return "\n".join(self.texts)


@pytest.fixture
def pen(monkeypatch: pytest.MonkeyPatch) -> Pen:
    pen, write_at = Pen(), Sheet.write_at

    def recorded(
        sheet: Sheet, x: float, y: float, width: float, text: str, *style: Any, **more: Any
    ) -> float:
        bottom = write_at(sheet, x, y, width, text, *style, **more)
        pen.texts.append(text)
        pen.places.append((sheet.page_no(), x, x + width, bottom))
        return bottom

    monkeypatch.setattr(Sheet, "write_at", recorded)
    return pen


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_an_invoice_says_everything_that_rule_46_asks_for(pen: Pen) -> None:
    InvoicePdf(SELLER).render(document())

    for particular in (
        "Tax invoice",
        SELLER,
        "Pune Fulfilment Centre",
        "Gate 4, Chakan Road",
        "Pune 411001",
        "GSTIN 27AAPFU0939F1ZV",
        "PNQ/2627/000042",
        "01 Apr 2027",
        "Asha Rao",
        "Ravi Rao",
        "Flat 302, Lakeview",
        "Bengaluru 560034",
        "Maharashtra (27)",
        "8516",
        "Kettle of kind 1",
        "2 nos",
        "1,184.76",
        "9%",
        "106.62",
        "1,398.00",
        "₹2,796.00",
        "Rupees two thousand seven hundred and ninety-six only",
        "not payable under reverse charge",
        f"For {SELLER}",
        "Original for recipient",
        "Unregistered",
    ):
        assert particular in pen.page, particular


def test_a_line_says_how_its_total_came_about(pen: Pen) -> None:
    InvoicePdf(SELLER).render(document())
    assert "SKU SKU-1\n₹749.50 each, less ₹150.00 discount, shipping and fees ₹49.00" in pen.texts


def test_within_a_state_tax_is_central_and_state(pen: Pen) -> None:
    InvoicePdf(SELLER).render(document())
    assert {"CGST", "SGST"} <= set(pen.texts)
    assert not {"IGST", "UTGST"} & set(pen.texts)


def test_across_states_tax_is_integrated(pen: Pen) -> None:
    InvoicePdf(SELLER).render(document(place="Karnataka"))
    assert "IGST" in pen.texts
    assert "18%" in pen.texts
    assert not {"CGST", "SGST", "UTGST"} & set(pen.texts)
    assert "Karnataka (29)" in pen.texts


def test_a_territory_without_legislature_has_its_own_tax(pen: Pen) -> None:
    InvoicePdf(SELLER).render(document(place="Chandigarh", supplied_from="Chandigarh"))
    assert {"CGST", "UTGST"} <= set(pen.texts)
    assert not {"IGST", "SGST"} & set(pen.texts)


def test_a_registered_buyer_is_named_with_their_number(pen: Pen) -> None:
    InvoicePdf(SELLER).render(document(gstin=BUYER_GSTIN))
    assert f"GSTIN {BUYER_GSTIN}" in pen.page
    assert "Unregistered" not in pen.page


def test_a_credit_note_names_the_invoice_that_it_corrects(pen: Pen) -> None:
    InvoicePdf(SELLER).render(document(kind=DocumentKind.CREDIT_NOTE))
    assert {"Credit note", "ORIGINAL INVOICE", "PNQ/2627/000042", "Total credited"} <= set(
        pen.texts
    )
    assert "Tax invoice" not in pen.texts


def test_the_summary_adds_up_each_hsn_and_rate(pen: Pen) -> None:
    whole = document(of=lines(4))
    InvoicePdf(SELLER).render(whole)
    of_8516 = [line.tax for line in whole.lines if line.line.hsn == "8516"]
    assert len(of_8516) == 2
    assert figure(sum(tax.taxable_paise for tax in of_8516)) in pen.texts
    assert figure(sum(tax.tax_paise for tax in of_8516)) in pen.texts


@pytest.mark.parametrize("count", [1, 3, 12, 13, 14, 15, 16, 17, 18, 19, 20, 50])
def test_nothing_is_written_outside_the_page(pen: Pen, count: int) -> None:
    pdf = InvoicePdf(SELLER).render(document(of=lines(count)))

    assert pages(pdf) == max(page for page, *_ in pen.places)
    for _, left, right, bottom in pen.places:
        assert left >= MARGIN
        assert right <= MARGIN + WIDTH + 5
        assert bottom <= BOTTOM + 12
    assert [text for text in pen.texts if text.isdecimal() and len(text) < 4] == [
        str(number) for number in range(1, count + 1)
    ]


def test_the_same_document_is_the_same_file() -> None:
    first = InvoicePdf(SELLER).render(document())
    assert InvoicePdf(SELLER).render(document()) == first
    assert InvoicePdf("Another").render(document()) != first


def test_a_file_does_not_depend_on_the_process_that_wrote_it() -> None:
    """Sets have another order in each process; the time of writing is another, too."""
    script = (
        "from hashlib import sha256;"
        "from adapters.invoice_pdf import InvoicePdf;"
        "from tests.adapters.test_invoice_pdf import document;"
        "print(sha256(InvoicePdf('आशा').render(document(name='आशा আশা'))).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_it_is_a_pdf_that_says_what_it_is() -> None:
    pdf = InvoicePdf(SELLER).render(document())
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")
    assert b"D:20270331193000" in pdf
    assert pages(pdf) == 1


def test_a_name_in_another_script_does_not_stop_the_invoice() -> None:
    assert InvoicePdf(SELLER).render(document(name="आशा 😀")).startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("paise", "printed"),
    [(0, "0.00"), (5, "0.05"), (10_000, "100.00"), (14_990_005, "1,49,900.05"), (-500, "-5.00")],
)
def test_figures_always_have_paise(paise: int, printed: str) -> None:
    assert figure(paise) == printed


def test_a_negative_amount_has_its_sign_first() -> None:
    assert rupees(-500) == "-₹5.00"


@pytest.mark.parametrize(("rate", "printed"), [(9, "9%"), (2.5, "2.5%"), (0, "0%")])
def test_rates_have_no_idle_decimals(rate: float, printed: str) -> None:
    assert percentage(rate) == printed

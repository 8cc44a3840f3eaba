from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.credit_notes import compose_credit_note, last_day_for_tax, part_of
from domain.documents import (
    DocumentKind,
    DocumentLine,
    DocumentRequest,
    TaxDocument,
    Void,
    compose_invoice,
)
from domain.errors import DocumentRefused
from domain.tax import TaxSplit
from tests.domain.orders import ADDRESS, CUSTOMER, NOON, ORDER_ID, PUNE

STATES = ("Maharashtra", "Goa")


def line(sku: str = "TEE", quantity: int = 3, **changes: int) -> DocumentLine:
    values: dict[str, int] = {
        "gst_rate": 18,
        "gross_paise": 1_000_00,
        "discount_paise": 100_01,
        "other_charges_paise": 49_00,
    }
    return DocumentLine(sku=sku, name=sku, hsn="610910", quantity=quantity, **values | changes)


def invoice_of(*lines: DocumentLine, state: str = "Maharashtra") -> TaxDocument:
    request = DocumentRequest(
        order_id=ORDER_ID,
        kind=DocumentKind.INVOICE,
        shipment=1,
        warehouse="PNQ",
        lines=lines,
        customer=CUSTOMER,
        address=replace(ADDRESS, state=state),
        issued_at=NOON,
    )
    return compose_invoice("PNQ/2627/000001", request, PUNE)


def asked(invoice: TaxDocument, *lines: DocumentLine) -> DocumentRequest:
    return replace(
        invoice.request, kind=DocumentKind.CREDIT_NOTE, lines=lines, original=invoice.number
    )


def credit(invoice: TaxDocument, units: Mapping[str, int], *earlier: TaxDocument) -> TaxDocument:
    taken: dict[str, int] = {}
    for note in earlier:
        for part in note.request.lines:
            taken[part.sku] = taken.get(part.sku, 0) + part.quantity
    lines = part_of(invoice.request.lines, units, taken)
    number = f"CPNQ/2627/{len(earlier) + 1:06d}"
    return compose_credit_note(number, asked(invoice, *lines), invoice, earlier)


def total(*documents: TaxDocument) -> TaxSplit:
    return sum((document.tax for document in documents), TaxSplit())


def test_a_credit_note_for_all_of_an_invoice_is_its_mirror() -> None:
    invoice = invoice_of(line(), line("MUG", 1, gst_rate=5))
    note = credit(invoice, {"TEE": 3, "MUG": 1})
    assert note.tax == invoice.tax
    assert note.lines == invoice.lines
    assert note.summary().original == invoice.number
    assert note.request.original_issued_at == invoice.request.issued_at


def test_parts_are_differences_of_cumulative_roundings() -> None:
    # ₹1,000.00 - ₹100.01 + ₹49.00 = ₹948.99 for three. Of 100,000: 33,333, 33,333, 33,334; of
    # 10,001: 3,333, 3,334, 3,334; of 4,900: 1,633, 1,633, 1,634.
    invoice = invoice_of(line())
    first = credit(invoice, {"TEE": 1})
    second = credit(invoice, {"TEE": 1}, first)
    third = credit(invoice, {"TEE": 1}, first, second)
    assert [note.tax.total_paise for note in (first, second, third)] == [316_33, 316_32, 316_34]
    # 94,899 × 100/118 = 80,422.88 → tax 14,476, halves of 7,238: 2,412, 2,413, 2,413.
    assert [note.tax.cgst_paise for note in (first, second, third)] == [24_12, 24_13, 24_13]
    assert total(first, second, third) == invoice.tax


def test_units_that_are_not_asked_for_stay() -> None:
    invoice = invoice_of(line(), line("MUG", 1))
    assert [each.sku for each in credit(invoice, {"TEE": 0, "MUG": 1}).request.lines] == ["MUG"]


@pytest.mark.parametrize(
    ("units", "earlier", "message"),
    [
        ({"TEE": 4}, {}, "4 × TEE cannot be credited: the invoice has 3 of it left"),
        ({"TEE": 2}, {"TEE": 2}, "2 × TEE cannot be credited: the invoice has 1 of it left"),
        ({"TEE": -1}, {}, "-1 × TEE cannot be credited"),
        ({"HAT": 1}, {}, "1 × HAT cannot be credited: the invoice has 0 of it left"),
    ],
)
def test_what_an_invoice_does_not_have_left_has_no_part(
    units: dict[str, int], earlier: dict[str, int], message: str
) -> None:
    with pytest.raises(DocumentRefused, match=message):
        part_of((line(),), units, earlier)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (line("HAT"), "has no HAT"),
        (line(quantity=4), "4 × TEE cannot be credited: PNQ/2627/000001 has 3 left"),
        (line(quantity=-1), "-1 × TEE cannot be credited"),
        (line(gross_paise=1_000_01), "94900 paise of TEE cannot be credited"),
        (line(gross_paise=0), "-5101 paise of TEE cannot be credited"),
    ],
)
def test_a_credit_beyond_the_invoice_is_refused(wrong: DocumentLine, message: str) -> None:
    invoice = invoice_of(line())
    with pytest.raises(DocumentRefused, match=message):
        compose_credit_note("CPNQ/2627/000001", asked(invoice, wrong), invoice)


def test_money_may_be_taken_back_without_goods() -> None:
    invoice = invoice_of(line())
    reduced = line(quantity=0, gross_paise=118_00, discount_paise=0, other_charges_paise=0)
    note = compose_credit_note("CPNQ/2627/000001", asked(invoice, reduced), invoice)
    # 11,800 of 94,899 of halves of 7,238: 899.99 → 899.
    assert note.tax == TaxSplit(taxable_paise=100_02, cgst_paise=8_99, sgst_paise=8_99)


def test_the_tax_of_the_invoice_is_taken_back_whatever_the_request_says() -> None:
    invoice = invoice_of(line())
    other = replace(line(gst_rate=5), hsn="999999")
    note = compose_credit_note("CPNQ/2627/000001", asked(invoice, other), invoice)
    assert note.lines == invoice.lines


def test_a_credit_note_needs_an_invoice_that_counts() -> None:
    invoice = invoice_of(line())
    note = credit(invoice, {"TEE": 1})
    for original in (None, note):
        with pytest.raises(DocumentRefused, match="needs the invoice that it corrects"):
            compose_credit_note("CPNQ/2627/000002", asked(invoice, line()), original)
    void = replace(invoice, void=Void(reason="twice", at=NOON))
    with pytest.raises(DocumentRefused, match="is void"):
        compose_credit_note("CPNQ/2627/000002", asked(invoice, line()), void)
    elsewhere = replace(asked(invoice, line()), shipment=2)
    with pytest.raises(DocumentRefused, match="is of another parcel"):
        compose_credit_note("CPNQ/2627/000002", elsewhere, invoice)


@pytest.mark.parametrize(
    ("invoiced", "last"),
    [
        (date(2026, 4, 1), date(2027, 11, 30)),
        (date(2026, 11, 23), date(2027, 11, 30)),
        (date(2027, 3, 31), date(2027, 11, 30)),
        (date(2027, 4, 1), date(2028, 11, 30)),
    ],
)
def test_tax_can_be_taken_back_until_november_after_the_financial_year(
    invoiced: date, last: date
) -> None:
    assert last_day_for_tax(invoiced) == last


def test_a_credit_note_after_that_day_in_india_is_refused() -> None:
    invoice = invoice_of(line())
    in_time = replace(asked(invoice, line()), issued_at=datetime(2027, 11, 30, 18, 29, tzinfo=UTC))
    assert compose_credit_note("CPNQ/2728/000001", in_time, invoice).tax == invoice.tax
    late = replace(in_time, issued_at=datetime(2027, 11, 30, 18, 30, tzinfo=UTC))
    with pytest.raises(DocumentRefused, match="until 30 Nov 2027") as refused:
        compose_credit_note("CPNQ/2728/000001", late, invoice)
    assert "commercial credit note" in str(refused.value)


@given(
    amounts=st.lists(st.integers(0, 9_000_00), min_size=1, max_size=8),
    rate=st.sampled_from([0, 5, 12, 18, 28, 40]),
    state=st.sampled_from(STATES),
)
def test_whatever_is_taken_back_in_amounts_never_exceeds_and_sums_exactly(
    amounts: list[int], rate: int, state: str
) -> None:
    """Any amounts, down to a paisa; goods go back with the last."""
    whole = line(gross_paise=sum(amounts), discount_paise=0, other_charges_paise=0, gst_rate=rate)
    invoice = invoice_of(whole, state=state)
    notes: list[TaxDocument] = []
    for amount in amounts:
        part = replace(whole, quantity=0, gross_paise=amount)
        note = compose_credit_note("CPNQ/2627/000001", asked(invoice, part), invoice, notes)
        notes.append(note)
        assert note.tax.total_paise == amount
        assert note.tax.cgst_paise == note.tax.sgst_paise
        assert min(note.tax.taxable_paise, note.tax.cgst_paise, note.tax.igst_paise) >= 0
        assert total(*notes).cgst_paise <= invoice.tax.cgst_paise
        assert total(*notes).igst_paise <= invoice.tax.igst_paise
    assert total(*notes).total_paise == invoice.tax.total_paise
    if all(amount == 0 or amount >= 4 for amount in amounts):
        assert total(*notes) == invoice.tax


@given(
    units=st.lists(st.integers(1, 5), min_size=1, max_size=6),
    price=st.integers(100, 50_000_00),
    percent=st.integers(0, 90),
    other=st.integers(0, 9_900),
    rate=st.sampled_from([0, 5, 18, 40]),
    state=st.sampled_from(STATES),
)
def test_units_taken_back_one_note_after_another_sum_to_the_invoice(
    units: list[int], price: int, percent: int, other: int, rate: int, state: str
) -> None:
    gross = price * sum(units)
    sold = line(
        quantity=sum(units),
        gross_paise=gross,
        discount_paise=gross * percent // 100,
        other_charges_paise=other,
        gst_rate=rate,
    )
    invoice = invoice_of(sold, state=state)
    notes: list[TaxDocument] = []
    for quantity in units:
        notes.append(credit(invoice, {"TEE": quantity}, *notes))
    assert total(*notes) == invoice.tax
    with pytest.raises(DocumentRefused):
        credit(invoice, {"TEE": 1}, *notes)

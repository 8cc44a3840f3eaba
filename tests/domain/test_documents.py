from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalogue import Product, TaxChange
from domain.documents import (
    DocumentKind,
    DocumentLine,
    DocumentRequest,
    at_rates_of_supply,
    compose_invoice,
    parcel_lines,
    refuse_without_irn,
)
from domain.errors import DocumentRefused
from domain.shipment import ShipmentLine
from domain.tax import TaxSplit
from tests.domain.orders import ADDRESS, CUSTOMER, NOON, ORDER_ID, PUNE, order_line


def document_line(charged: int, rate: int) -> DocumentLine:
    return DocumentLine(
        sku="TEE",
        name="T-shirt",
        hsn="6109",
        gst_rate=rate,
        quantity=1,
        gross_paise=charged + 500,
        discount_paise=600,
        other_charges_paise=100,
    )


def request(kind: DocumentKind = DocumentKind.INVOICE, shipment: int = 1) -> DocumentRequest:
    return DocumentRequest(
        order_id=ORDER_ID,
        kind=kind,
        shipment=shipment,
        warehouse="PNQ",
        lines=(document_line(105_00, 5), document_line(118_00, 18)),
        customer=CUSTOMER,
        address=ADDRESS,
        issued_at=NOON,
        original="PNQ/2627/000001" if kind is DocumentKind.CREDIT_NOTE else None,
    )


def test_each_document_of_a_parcel_has_a_key_of_its_own() -> None:
    keys = {request(kind, shipment).key for kind in DocumentKind for shipment in (1, 2)}
    assert len(keys) == 4
    assert request().key == f"{ORDER_ID}:1:invoice"
    assert replace(request(), issued_at=NOON.replace(year=2027)).key == request().key


def test_a_document_taxes_each_line_from_warehouse_to_delivery_state() -> None:
    local = compose_invoice("PNQ/2627/000001", request(), PUNE)
    assert [line.tax for line in local.lines] == [
        TaxSplit(taxable_paise=100_00, cgst_paise=2_50, sgst_paise=2_50),
        TaxSplit(taxable_paise=100_00, cgst_paise=9_00, sgst_paise=9_00),
    ]
    away = replace(request(), address=replace(ADDRESS, state="Goa"))
    assert compose_invoice("PNQ/2627/000002", away, PUNE).tax == TaxSplit(
        taxable_paise=200_00, igst_paise=23_00
    )


def test_a_document_is_kept_as_number_amount_and_what_it_corrects() -> None:
    document = compose_invoice("PNQ/2627/000007", request(), PUNE)
    summary = document.summary()
    assert (summary.number, summary.kind) == ("PNQ/2627/000007", DocumentKind.INVOICE)
    assert (summary.shipment, summary.original) == (1, None)
    assert summary.amount_paise == 105_00 + 118_00 == document.tax.total_paise
    assert summary.issued_at == NOON


def test_a_registered_buyer_is_supplied_where_the_registration_is() -> None:
    # The goods stay in Maharashtra, but on the word of a buyer who is registered in Karnataka.
    buyer = replace(CUSTOMER, gstin="29AAPFU0939F1ZR")
    invoice = compose_invoice("PNQ/2627/000001", replace(request(), customer=buyer), PUNE)
    assert invoice.request.place_of_supply == "Karnataka"
    assert invoice.tax == TaxSplit(taxable_paise=200_00, igst_paise=23_00)


def test_a_warehouse_whose_gstin_is_of_another_state_supplies_nothing() -> None:
    with pytest.raises(DocumentRefused, match="GSTIN 27AAPFU0939F1ZV is not of Goa"):
        compose_invoice("PNQ/2627/000001", request(), replace(PUNE, state="Goa"))


def test_who_is_bound_to_e_invoicing_writes_to_consumers_alone() -> None:
    refuse_without_irn(request())
    business = replace(request(), customer=replace(CUSTOMER, gstin="29AAPFU0939F1ZR"))
    with pytest.raises(DocumentRefused, match="needs an IRN"):
        refuse_without_irn(business)


BEFORE_MIDNIGHT = datetime(2026, 11, 30, 18, 29, 59, tzinfo=UTC)
AT_MIDNIGHT = datetime(2026, 11, 30, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("issued_at", "rate", "hsn"), [(BEFORE_MIDNIGHT, 5, "6109"), (AT_MIDNIGHT, 18, "610910")]
)
def test_a_rate_changes_at_midnight_in_india_for_what_leaves_then(
    issued_at: datetime, rate: int, hsn: str
) -> None:
    change = TaxChange(valid_from=date(2026, 12, 1), gst_rate=18, hsn="610910")
    tee = Product(
        sku="TEE",
        name="T-shirt",
        price_paise=105_00,
        gst_rate=5,
        hsn="6109",
        weight_g=1,
        tax_changes=(change,),
    )
    dated = at_rates_of_supply(replace(request(), issued_at=issued_at), [tee])
    assert {(line.gst_rate, line.hsn) for line in dated.lines} == {(rate, hsn)}
    assert [line.charged_paise for line in dated.lines] == [105_00, 118_00]


def test_what_is_not_sold_any_more_keeps_the_rate_of_its_order() -> None:
    assert at_rates_of_supply(request(), []) == request()


@st.composite
def _split_lines(draw: st.DrawFn) -> tuple[int, list[int], int, int, int]:
    """Return a unit price, the units per parcel, a discount, shipping, and a fee."""
    units = draw(st.lists(st.integers(1, 9), min_size=1, max_size=6))
    price = draw(st.integers(1, 10_000_00))
    discount = draw(st.integers(0, price * sum(units)))
    return price, units, discount, draw(st.integers(0, 9_900)), draw(st.integers(0, 4_000))


@given(made=_split_lines())
def test_the_parcels_of_a_line_sum_to_its_charges_exactly(
    made: tuple[int, list[int], int, int, int],
) -> None:
    price, units, discount, shipping, fee = made
    line = order_line(
        "TEE",
        sum(units),
        unit_price_paise=price,
        gross_paise=price * sum(units),
        discount_paise=discount,
        shipping_paise=shipping,
        cod_fee_paise=fee,
    )
    shares = [
        parcel_lines((line,), (ShipmentLine(sku="TEE", quantity=n),), {"TEE": sum(units[:index])})[
            0
        ]
        for index, n in enumerate(units)
    ]
    assert [share.quantity for share in shares] == units
    assert sum(share.gross_paise for share in shares) == line.gross_paise
    assert sum(share.discount_paise for share in shares) == discount
    assert sum(share.other_charges_paise for share in shares) == shipping + fee
    assert sum(share.charged_paise for share in shares) == line.charged_paise
    assert all(share.discount_paise >= 0 and share.other_charges_paise >= 0 for share in shares)


def test_a_parcel_says_of_its_lines_what_the_order_says() -> None:
    lines = (order_line("TEE", 3), order_line("MUG", 2, gst_rate=18, hsn="6912"))
    (mug,) = parcel_lines(lines, (ShipmentLine(sku="MUG", quantity=1),), {"TEE": 3})
    assert (mug.sku, mug.name, mug.hsn, mug.gst_rate, mug.quantity) == ("MUG", "Mug", "6912", 18, 1)
    assert mug.gross_paise == 33_333

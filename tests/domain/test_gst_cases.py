"""Each case of the table goes through pricing, the invoices of its parcels, and a credit note."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from domain.cart import CartItem, PaymentMethod
from domain.catalogue import CatalogueSnapshot, Coupon, Product, TaxChange, Warehouse, indian_day
from domain.credit_notes import compose_credit_note, part_of
from domain.document_number import document_number, financial_year
from domain.documents import (
    DocumentKind,
    DocumentRequest,
    TaxDocument,
    at_rates_of_supply,
    compose_invoice,
    parcel_lines,
)
from domain.gstin import check_character
from domain.pricing import PricingRequest, Quote, Route, price_cart
from domain.shipment import ShipmentLine
from domain.tax import STATE_CODES, place_of_supply
from tests.domain.gst_cases import PAGE, Case, Invoice, Item, Row, cases, shown
from tests.domain.orders import ADDRESS, CUSTOMER, ORDER_ID, PUNE

CODES = {"Maharashtra": "PNQ", "Karnataka": "BLR", "Delhi": "DEL", "Chandigarh": "IXC"}


def warehouse(state: str) -> Warehouse:
    stem = f"{STATE_CODES[state]}AAKCR4821M1Z"
    return replace(PUNE, code=CODES[state], state=state, gstin=stem + check_character(stem))


def product(item: Item) -> Product:
    return Product(
        sku=item.sku,
        name=item.sku.title(),
        price_paise=item.price_paise,
        gst_rate=item.rate,
        hsn="610910",
        weight_g=100,
        tax_changes=tuple(
            TaxChange(valid_from=on, gst_rate=rate, hsn="610910") for on, rate in item.changes
        ),
    )


def priced(case: Case) -> Quote:
    coupon = Coupon(
        code="OFF",
        percent_off=case.percent_off,
        valid_from=date(2020, 1, 1),
        valid_until=date(2040, 1, 1),
        budget_paise=10**9,
    )
    request = PricingRequest(
        items=tuple(CartItem(sku=item.sku, quantity=item.quantity) for item in case.items),
        payment_method=PaymentMethod(case.method),
        place_of_supply=place_of_supply(case.to, case.gstin),
        route=Route(serviceable=True, cod=True),
        cod_limit_paise=10**9,
        coupon="OFF" if case.percent_off else None,
    )
    catalogue = CatalogueSnapshot(
        products=tuple(product(item) for item in case.items),
        warehouses=(warehouse(case.invoices[0].supplied_from),),
        coupon=coupon,
        taken_at=case.ordered,
    )
    return price_cart(request, catalogue)


def issued(case: Case, quote: Quote) -> list[TaxDocument]:
    """Return the invoices of the case's parcels."""
    before: dict[str, int] = {}
    documents = []
    for number, invoice in enumerate(case.invoices, 1):
        parcel = tuple(ShipmentLine(sku=row.sku, quantity=row.units) for row in invoice.rows)
        request = DocumentRequest(
            order_id=ORDER_ID,
            kind=DocumentKind.INVOICE,
            shipment=number,
            warehouse=CODES[invoice.supplied_from],
            lines=parcel_lines(quote.lines, parcel, before),
            customer=replace(CUSTOMER, gstin=case.gstin),
            address=replace(ADDRESS, state=case.to),
            issued_at=case.sent,
        )
        dated = at_rates_of_supply(request, [product(item) for item in case.items])
        supplier = warehouse(invoice.supplied_from)
        year = financial_year(indian_day(case.sent))
        serial = document_number(DocumentKind.INVOICE, supplier, year, 1)
        documents.append(compose_invoice(serial, dated, supplier))
        for line in parcel:
            before[line.sku] = before.get(line.sku, 0) + line.quantity
    return documents


def rows(document: TaxDocument) -> tuple[Row, ...]:
    return tuple(
        Row(
            sku=each.line.sku,
            units=each.line.quantity,
            charged=each.line.charged_paise,
            taxable=each.tax.taxable_paise,
            cgst=each.tax.cgst_paise,
            sgst=each.tax.sgst_paise,
            utgst=each.tax.utgst_paise,
            igst=each.tax.igst_paise,
        )
        for each in document.lines
    )


def credited(document: TaxDocument, invoice: Invoice) -> TaxDocument:
    units = {row.sku: row.units for row in invoice.credit}
    request = replace(
        document.request,
        kind=DocumentKind.CREDIT_NOTE,
        lines=part_of(document.request.lines, units, {}),
        original=document.number,
    )
    return compose_credit_note("CPNQ/2627/000001", request, document)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_case_has_the_values_that_were_worked_out_by_hand(case: Case) -> None:
    quote = priced(case)
    documents = issued(case, quote)
    for document, invoice in zip(documents, case.invoices, strict=True):
        assert rows(document) == invoice.rows
        assert invoice.number in (None, document.number)
        if invoice.credit:
            assert rows(credited(document, invoice)) == invoice.credit
    assert sum(document.tax.total_paise for document in documents) == quote.total_paise


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_hand_worked_values_of_a_case_sum(case: Case) -> None:
    def sums(rows: Sequence[Row]) -> bool:
        return all(
            row.charged == row.taxable + row.cgst + row.sgst + row.utgst + row.igst for row in rows
        )

    assert all(sums((*invoice.rows, *invoice.credit)) for invoice in case.invoices)
    ordered = {item.sku: item.quantity for item in case.items}
    sent = [row for invoice in case.invoices for row in invoice.rows]
    assert {s: sum(r.units for r in sent if r.sku == s) for s in ordered} == ordered


def test_the_table_has_every_kind_of_case() -> None:
    all_rows = [row for case in cases() for invoice in case.invoices for row in invoice.rows]
    assert all(any(getattr(row, tax) for row in all_rows) for tax in ("sgst", "utgst", "igst"))
    assert len(cases()) >= 20
    assert all(case.source and case.working for case in cases())


def test_the_page_shows_the_cases_as_they_are() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == shown(page), "run: python -m tests.domain.gst_cases"

"""Any cart, any allocation, any cancellation of parts: every paisa of tax is accounted for."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.cart import CartItem, PaymentMethod
from domain.catalogue import CatalogueSnapshot, Coupon, Product, TaxChange
from domain.credit_notes import compose_credit_note, part_of
from domain.documents import (
    DocumentKind,
    DocumentRequest,
    TaxDocument,
    at_rates_of_supply,
    compose_invoice,
    parcel_lines,
)
from domain.pricing import PricingRequest, Quote, Route, price_cart
from domain.shipment import ShipmentLine
from domain.tax import STATE_CODES, WITHOUT_LEGISLATURE, TaxSplit, code_of_state, place_of_supply
from tests.domain.orders import ADDRESS, CUSTOMER, NOON, ORDER_ID
from tests.domain.test_gst_cases import CODES, warehouse

RATES = st.sampled_from([0, 5, 12, 18, 28, 40])
GSTINS = st.sampled_from([None, "27AAPFU0939F1ZV", "29AAPFU0939F1ZR", "04AAPFU0939F1Z3"])
COUPON = Coupon(
    code="OFF",
    percent_off=0,
    valid_from=date(2020, 1, 1),
    valid_until=date(2040, 1, 1),
    budget_paise=10**12,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sale:
    """An order, and which of its units come from where."""

    products: tuple[Product, ...]
    quote: Quote
    parcels: tuple[tuple[str, dict[str, int]], ...]
    place: str
    gstin: str | None


@st.composite
def sales(draw: st.DrawFn) -> Sale:
    products = tuple(
        Product(
            sku=f"SKU-{number}",
            name=f"Thing {number}",
            price_paise=draw(st.integers(1, 90_000_00)),
            gst_rate=draw(RATES),
            hsn="610910",
            weight_g=100,
            tax_changes=draw(
                st.sampled_from([(), (TaxChange(valid_from=NOON.date(), gst_rate=18, hsn="1"),)])
            ),
        )
        for number in range(draw(st.integers(1, 4)))
    )
    states = draw(st.lists(st.sampled_from(sorted(CODES)), min_size=1, max_size=3, unique=True))
    parcels: dict[str, dict[str, int]] = {state: {} for state in states}
    for product in products:
        for state in draw(st.lists(st.sampled_from(states), min_size=1, max_size=6)):
            parcels[state][product.sku] = parcels[state].get(product.sku, 0) + 1
    sent = tuple((state, units) for state, units in parcels.items() if units)
    quantities = sum((Counter(units) for _, units in sent), Counter[str]())
    gstin, place = draw(GSTINS), draw(st.sampled_from(sorted(STATE_CODES)))
    request = PricingRequest(
        items=tuple(CartItem(sku=each.sku, quantity=quantities[each.sku]) for each in products),
        payment_method=draw(st.sampled_from(PaymentMethod)),
        place_of_supply=place_of_supply(place, gstin),
        route=Route(serviceable=True, cod=True),
        cod_limit_paise=10**12,
        coupon="OFF",
    )
    catalogue = CatalogueSnapshot(
        products=products,
        warehouses=tuple(warehouse(state) for state in states),
        coupon=replace(COUPON, percent_off=draw(st.integers(0, 100))),
        taken_at=NOON - timedelta(days=2),
    )
    quote = price_cart(request, catalogue)
    return Sale(products=products, quote=quote, parcels=sent, place=place, gstin=gstin)


def invoices(sale: Sale) -> list[TaxDocument]:
    before: Counter[str] = Counter()
    documents = []
    for number, (state, units) in enumerate(sale.parcels, 1):
        parcel = tuple(ShipmentLine(sku=sku, quantity=count) for sku, count in units.items())
        request = DocumentRequest(
            order_id=ORDER_ID,
            kind=DocumentKind.INVOICE,
            shipment=number,
            warehouse=CODES[state],
            lines=parcel_lines(sale.quote.lines, parcel, before),
            customer=replace(CUSTOMER, gstin=sale.gstin),
            address=replace(ADDRESS, state=sale.place),
            issued_at=NOON,
        )
        dated = at_rates_of_supply(request, sale.products)
        documents.append(compose_invoice(f"{CODES[state]}/2627/000001", dated, warehouse(state)))
        before.update(units)
    return documents


@given(sales())
def test_the_invoices_of_an_order_sum_to_what_it_costs(sale: Sale) -> None:
    issued = invoices(sale)
    assert sum(one.tax.total_paise for one in issued) == sale.quote.total_paise
    assert sale.quote.tax.total_paise == sale.quote.total_paise
    for number, line in enumerate(sale.quote.lines):
        parts = [each.line for one in issued for each in one.lines if each.line.sku == line.sku]
        assert sum(part.charged_paise for part in parts) == line.charged_paise, number
        assert sum(part.quantity for part in parts) == line.quantity


@given(sales())
def test_each_line_bears_the_taxes_of_its_route_and_nothing_is_negative(sale: Sale) -> None:
    place = place_of_supply(sale.place, sale.gstin)
    for one in invoices(sale):
        for each in one.lines:
            tax = each.tax
            assert tax.total_paise == each.line.charged_paise
            assert min(tax.taxable_paise, tax.cgst_paise, tax.igst_paise) >= 0
            # CGST + SGST or UTGST in equal halves within the place of supply, IGST across.
            assert tax.cgst_paise == tax.sgst_paise + tax.utgst_paise
            assert not (tax.igst_paise and tax.cgst_paise)
            if one.supplier.state == place:
                assert tax.igst_paise == 0
                in_territory = code_of_state(place) in WITHOUT_LEGISLATURE
                assert (tax.sgst_paise if in_territory else tax.utgst_paise) == 0
            else:
                assert tax.cgst_paise == 0
            exact = each.line.charged_paise * 100 / (100 + each.line.gst_rate)
            assert abs(tax.taxable_paise - exact) <= 1.5


@given(sale=sales(), data=st.data())
def test_invoices_less_credit_notes_are_never_negative_and_end_at_nothing(
    sale: Sale, data: st.DataObject
) -> None:
    for invoice in invoices(sale):
        left = Counter({line.sku: line.quantity for line in invoice.request.lines})
        notes: list[TaxDocument] = []
        while any(left.values()):
            units = {
                sku: data.draw(st.integers(0, count), label=sku) for sku, count in left.items()
            }
            if not any(units.values()):
                units = dict(left)
            taken = {line.sku: line.quantity - left[line.sku] for line in invoice.request.lines}
            request = replace(
                invoice.request,
                kind=DocumentKind.CREDIT_NOTE,
                lines=part_of(invoice.request.lines, units, taken),
                original=invoice.number,
            )
            notes.append(compose_credit_note("CPNQ/2627/000001", request, invoice, notes))
            left.subtract(units)
            rest = invoice.tax.total_paise - sum(note.tax.total_paise for note in notes)
            assert rest >= 0
            assert _taxes(notes) <= invoice.tax.tax_paise
        assert sum(note.tax.total_paise for note in notes) == invoice.tax.total_paise
        if all(each.line.charged_paise >= 4 for note in notes for each in note.lines):
            assert sum((note.tax for note in notes), TaxSplit()) == invoice.tax


def _taxes(notes: list[TaxDocument]) -> int:
    return sum(note.tax.tax_paise for note in notes)

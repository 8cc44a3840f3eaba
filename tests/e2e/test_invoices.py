"""Invoices and credit notes of a real stack, read back from the files that customers download."""

from datetime import UTC, datetime

import pypdfium2

from adapters.mongo.documents import MongoDocumentRegister
from domain.catalogue import indian_day
from domain.document_number import financial_year
from tests.e2e.shop import Json, Shop, new_customer, order_body

BUSINESS = "29AAPFU0939F1ZR"


async def _printed(shop: Shop, customer: str, order_id: str) -> list[str]:
    """Return the text of each of an order's documents, in the order of their issue."""
    path = f"/orders/{order_id}/invoices"
    listed = (await shop.client.api("GET", path, customer=customer)).json()["invoices"]
    texts = []
    for each in listed:
        answer = await shop.client.api("GET", each["url"], customer=customer)
        file = await shop.client.http.get(answer.headers["location"])
        with pypdfium2.PdfDocument(file.content) as pdf:
            texts.append(" ".join(pdf[0].get_textpage().get_text_range().split()))
    return texts


def _documents(view: Json, kind: str) -> list[Json]:
    return [document for document in view["documents"] if document["kind"] == kind]


async def test_a_business_gets_its_gstin_on_the_invoice_and_the_tax_of_its_state(
    shop: Shop,
) -> None:
    customer = new_customer()
    body = order_body(customer, ("LAMP-DESK-LED", 1))
    body["customer"] |= {"gstin": BUSINESS.lower(), "name": "आशा उद्योग"}
    placed = await shop.place(customer, body)
    await shop.pay(customer, placed)
    order_id = placed["order_id"]
    await shop.until_view(customer, order_id, lambda v: bool(v["documents"]), "it is invoiced")
    (text,) = await _printed(shop, customer, order_id)
    # ₹1,899.00 × 18/118 = 289.677…; to Pune, but on the word of a buyer in Karnataka.
    for particular in (
        f"GSTIN {BUSINESS}",
        "Registered in Karnataka (29)",
        "PLACE OF SUPPLY Karnataka (29)",
        "आशा उद्योग",
        "940521",
        "1,609.32",
        "289.68",
        "₹1,899.00",
    ):
        assert particular in text, particular
    assert "SGST" not in text


async def test_a_cancelled_parcel_is_credited_by_a_note_that_names_its_invoice(
    shop: Shop,
) -> None:
    customer = new_customer()
    await shop.courier_pace(0)
    placed = await shop.place(customer, order_body(customer, ("KURTA-LIN-M", 2)))
    order_id = placed["order_id"]
    await shop.pay(customer, placed)
    await shop.until_view(customer, order_id, lambda v: bool(v["documents"]), "it is invoiced")
    assert (await shop.cancel(customer, order_id)).status_code == 200
    view = await shop.until_view(
        customer, order_id, lambda v: bool(_documents(v, "credit_note")), "it is credited"
    )
    (invoice,), (note,) = _documents(view, "invoice"), _documents(view, "credit_note")
    assert note["amount_paise"] == invoice["amount_paise"] == placed["total_paise"]
    assert note["original"] == invoice["number"]
    text = (await _printed(shop, customer, order_id))[-1]
    assert f"Credit note {note['number']}" in text
    assert f"ORIGINAL INVOICE {invoice['number']} DATE OF ORIGINAL INVOICE" in text
    assert "₹2,998.00" in text
    year = financial_year(indian_day(datetime.now(UTC)))
    series = await MongoDocumentRegister(shop.database).series(year)
    assert {one.name[:4] for one in series} >= {"CPNQ", "PNQ/"}
    assert all(one.missing == () and one.documents == one.last for one in series)

import re

import pytest

from sandbox.courier.wire.pdf import Page, document
from sandbox.courier.wire.rupees import as_number, as_text, to_paise
from tests.sandbox.courier.seller import Seller, return_form


def objects(file: bytes) -> dict[int, bytes]:
    """Read a PDF the way a viewer does: through its cross-reference table."""
    match = re.search(rb"startxref\n(\d+)\n%%EOF\n\Z", file)
    assert match is not None
    table = file[int(match[1]) :]
    header = re.match(rb"xref\n0 (\d+)\n", table)
    assert header is not None
    found = {}
    for number in range(1, int(header[1])):
        start = len(header[0]) + number * 20
        entry = table[start : start + 20]
        assert entry.endswith(b" 00000 n \n")
        body = file[int(entry[:10]) :]
        assert body.startswith(b"%d 0 obj\n" % number)
        found[number] = body[: body.index(b"\nendobj")]
    return found


def test_a_pdf_can_be_read_through_its_table() -> None:
    pages = [Page(width=288, height=432) for _ in range(2)]
    pages[0].line("AWB 190421 (two) \\ ₹", size=18, bold=True)
    pages[0].bars("190421")
    found = objects(document(pages))
    assert b"/Kids [5 0 R 7 0 R] /Count 2" in found[2]
    stream = re.search(rb"/Length (\d+) >>\nstream\n(.*)\nendstream\Z", found[6], re.DOTALL)
    assert stream is not None
    assert int(stream[1]) == len(stream[2])
    assert b"(AWB 190421 \\(two\\) \\\\ ?) Tj" in stream[2]
    assert stream[2].count(b" re f") == 6


async def test_a_label_tells_the_courier_what_to_do(seller: Seller) -> None:
    data = await seller.booked(payment_method="COD", billing_customer_name="Asha (2nd)")
    made = await seller.post("/courier/generate/label", {"shipment_id": [data["shipment_id"]]})
    file = (await seller.http.get(made.json()["label_url"])).content
    text = objects(file)[6]
    for words in (data["awb_code"], "Delhivery Surface", "560034", "COD: Rs 999.00", "9876543210"):
        assert words.encode() in text
    assert b"Asha \\(2nd\\)" in text


async def test_a_returns_label_names_the_warehouse(seller: Seller) -> None:
    order = (await seller.post("/orders/create/return", return_form())).json()
    await seller.post("/courier/assign/awb", {"shipment_id": order["shipment_id"]})
    made = await seller.post("/courier/generate/label", {"shipment_id": [order["shipment_id"]]})
    file = (await seller.http.get(made.json()["label_url"])).content
    assert b"Pune warehouse" in objects(file)[6]
    assert b"PREPAID" in objects(file)[6]


async def test_one_file_holds_the_labels_of_many(seller: Seller) -> None:
    ids = [(await seller.booked())["shipment_id"] for _ in range(3)]
    made = await seller.post("/courier/generate/label", {"shipment_id": ids})
    file = (await seller.http.get(made.json()["label_url"])).content
    assert b"/Count 3" in objects(file)[2]


@pytest.mark.parametrize(
    ("rupees", "paise"),
    [
        (0, 0), ("1499.50", 149950), (123.9, 12390), (0.29, 29), (" 7 ", 700), ("0.005", 1),
        ("much", None), (None, None), (True, None), ("nan", None), ("1e400", None), ([], None),
    ],
)  # fmt: skip
def test_rupees_are_read_to_the_paisa(rupees: object, paise: int | None) -> None:
    assert to_paise(rupees) == paise


def test_rupees_are_written_as_text_or_as_a_number() -> None:
    assert (as_text(149950), as_text(-5), as_text(0)) == ("1499.50", "-0.05", "0.00")
    assert (as_number(34500), as_number(12390)) == (345, 123.9)

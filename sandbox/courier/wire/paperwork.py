"""The papers that travel with a parcel: labels and manifests as real PDF files."""

from collections.abc import Sequence
from typing import Any

from fpdf import FPDF

from sandbox.courier.booking import courier_name
from sandbox.courier.movement.parcel import Parcel
from sandbox.courier.wire import ist
from sandbox.courier.wire.order_form import collectable_paise, ships_to_billing
from sandbox.courier.wire.rupees import as_text


def labels(parcels: Sequence[Parcel]) -> bytes:
    """Return a PDF with one 4 x 6 inch label per parcel."""
    pdf = FPDF(unit="mm", format=(101.6, 152.4))
    for parcel in parcels:
        pdf.add_page()
        _label(pdf, parcel)
    return bytes(pdf.output())


def listing(title: str, parcels: Sequence[Parcel]) -> bytes:
    """Return a PDF with a title and one line per parcel: a manifest, a copy of an invoice."""
    pdf = FPDF(unit="mm", format="A4")
    pdf.add_page()
    _line(pdf, title, size=18, bold=True)
    for parcel in parcels:
        _line(pdf, f"{parcel.awb}   {courier_name(parcel)}   order {parcel.seller_order_id}")
    return bytes(pdf.output())


def _label(pdf: FPDF, parcel: Parcel) -> None:
    to = _recipient(parcel)
    pay = f"COD: Rs {as_text(collectable_paise(parcel.form))}" if parcel.is_cash else "PREPAID"
    _line(pdf, courier_name(parcel), size=14, bold=True)
    _line(pdf, f"AWB {parcel.awb}", size=18, bold=True)
    _bars(pdf, str(parcel.awb))
    _line(pdf, f"To: {to['name']}", size=12, bold=True)
    _line(pdf, f"{to['address']}, {to['city']}, {to['state']} {to['pincode']}")
    _line(pdf, f"Phone: {to['phone']}")
    _line(pdf, pay, size=14, bold=True)
    _line(pdf, f"Order {parcel.seller_order_id}, {parcel.form['weight']} kg")
    _line(pdf, f"Booked {ist.plain(parcel.awb_assigned_at)} IST")


def _recipient(parcel: Parcel) -> dict[str, str]:
    form: dict[str, Any] = parcel.form
    to_billing = not parcel.is_return and ships_to_billing(form)
    side = "billing" if to_billing else "shipping"
    names = ("address", "city", "state", "pincode", "phone")
    found = {name: str(form.get(f"{side}_{name}") or "") for name in names}
    return found | {"name": str(form.get(f"{side}_customer_name") or "")}


def _bars(pdf: FPDF, awb: str) -> None:
    """Draw the AWB as interleaved bars, for the look of it."""
    digits = awb if len(awb) % 2 == 0 else f"0{awb}"
    pdf.interleaved2of5(digits, x=pdf.l_margin, y=pdf.get_y() + 1, w=0.7, h=14)
    pdf.set_y(pdf.get_y() + 18)


def _line(pdf: FPDF, text: str, *, size: int = 10, bold: bool = False) -> None:
    pdf.set_font("Helvetica", style="B" if bold else "", size=size)
    printable = text.encode("latin-1", "replace").decode("latin-1")
    pdf.multi_cell(w=0, h=size * 0.5, text=printable, new_x="LMARGIN", new_y="NEXT")

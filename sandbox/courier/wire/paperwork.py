"""The papers that travel with a parcel: labels and manifests as real PDF files."""

from collections.abc import Sequence
from typing import Final

from sandbox.courier.booking import courier_name
from sandbox.courier.movement.parcel import Parcel
from sandbox.courier.wire import ist
from sandbox.courier.wire.order_form import collectable_paise, ships_to_billing
from sandbox.courier.wire.pdf import Page, document
from sandbox.courier.wire.rupees import as_text

LABEL: Final = (288.0, 432.0)
"""4 x 6 inches in points, the usual size of a label printer."""
A4: Final = (595.28, 841.89)


def labels(parcels: Sequence[Parcel]) -> bytes:
    """Return a PDF with one label per parcel."""
    return document([_label(parcel) for parcel in parcels])


def listing(title: str, parcels: Sequence[Parcel]) -> bytes:
    """Return a PDF with a title and one line per parcel: a manifest, a copy of an invoice."""
    page = Page(width=A4[0], height=A4[1])
    page.line(title, size=18, bold=True)
    for parcel in parcels:
        page.line(f"{parcel.awb}   {courier_name(parcel)}   order {parcel.seller_order_id}")
    return document([page])


def _label(parcel: Parcel) -> Page:
    page = Page(width=LABEL[0], height=LABEL[1])
    side = "billing" if not parcel.is_return and ships_to_billing(parcel.form) else "shipping"
    to = {name: str(value or "") for name, value in parcel.form.items() if name.startswith(side)}
    page.line(courier_name(parcel), size=14, bold=True)
    page.line(f"AWB {parcel.awb}", size=18, bold=True)
    page.bars(str(parcel.awb))
    page.line(f"To: {to.get(f'{side}_customer_name', '')}", size=12, bold=True)
    for name in ("address", "address_2", "city"):
        page.line(to.get(f"{side}_{name}", ""))
    page.line(f"{to.get(f'{side}_state', '')} {to.get(f'{side}_pincode', '')}", bold=True)
    page.line(f"Phone: {to.get(f'{side}_phone', '')}")
    cash = f"COD: Rs {as_text(collectable_paise(parcel.form))}" if parcel.is_cash else "PREPAID"
    page.line(cash, size=14, bold=True)
    page.line(f"Order {parcel.seller_order_id}")
    page.line(f"{parcel.form['weight']} kg, booked {ist.plain(parcel.awb_assigned_at)} IST")
    return page

"""One card per parcel: what is in it, who carries it, how far it is and when it is due."""

from collections.abc import Sequence
from html import escape

from domain.shipment import Shipment
from domain.view import OrderView
from tracking.pages.formats import day
from tracking.pages.wording import PARCEL_STEPS, PARCELS


def parcels_title(shipments: Sequence[Shipment]) -> str:
    """Return the heading over all parcels."""
    return "Your parcel" if len(shipments) < 2 else f"Your {len(shipments)} parcels"  # noqa: PLR2004


def parcel_card(parcel: Shipment, view: OrderView) -> str:
    """Return a parcel's card; `parcelOf` in `track.js` draws the same."""
    words = PARCELS[parcel.state]
    step = PARCEL_STEPS[parcel.state]
    names = {line.sku: line.name for line in view.quote.lines}
    items = "".join(
        f"<li>{escape(names.get(line.sku, line.sku))} <span>× {line.quantity}</span></li>"
        for line in parcel.lines
    )
    promise = (
        f"<p>Expected by {day(parcel.promised_by)}</p>"
        if parcel.promised_by and not parcel.ended
        else ""
    )
    return f"""<article class="card parcel" data-number="{parcel.number}" data-tone="{words.tone}">
<header><h3>Parcel {parcel.number}</h3>
<p class="chip">{words.title}</p></header>
<p class="mini" data-step="{step}" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i></p>
<ul class="items">{items}</ul>
{promise}<p class="soft">{_courier(parcel)}</p>
</article>"""


def _courier(parcel: Shipment) -> str:
    if not parcel.awb:
        return "The courier is being booked."
    text = f"{escape(parcel.courier or 'Courier')} · <code>{escape(parcel.awb)}</code>"
    if parcel.tracking_url and parcel.tracking_url.startswith(("https://", "http://")):
        url = escape(parcel.tracking_url, quote=True)
        link = f'href="{url}" rel="noreferrer noopener" target="_blank"'
        text += f" <a {link}>Follow it at the courier</a>"
    return text
